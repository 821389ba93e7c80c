#include "report/model/model.h"

#include "plan/site.h"
#include "report/model/cuts.h"
#include "report/words/packed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How much of the time each operator's services were there: all time, and without what was lost
 * because of the drill's own faults while they were in force. A probe stands for its interval, so
 * that a service counts by the time it was observed, not by how often it was asked; services are
 * joined by adding up what was observed and what of it was down, never by averaging shares. */

#define ROUNDING 1e-9 /* of a share that a scenario wrote in percent */

/* missing: not sent by us, or not kept. width: by how much what was down may be off. */
static json_t *probes_json(int64_t sent, int64_t answered, int64_t missing, nd_ns width)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "sent", (json_int_t)sent, "answered",
                     (json_int_t)answered, "missing", (json_int_t)missing, "uncertainty_ns",
                     (json_int_t)width);
}

void nd_model_share_series(json_t *out, const struct nd_tally *tally, const struct nd_cuts *cuts,
                           int64_t slots)
{
    int64_t missing = slots - tally->count;
    json_object_set_new(out, "all_time",
                        probes_json(tally->count, tally->answered, missing, cuts->sum_width));
    if (cuts->forced != 0 || cuts->rest_width != cuts->sum_width)
        json_object_set_new(
            out, "without_injected",
            probes_json(tally->count - cuts->forced, tally->answered, missing, cuts->rest_width));
    json_object_set_new(out, "minutes",
                        json_pack("{s:I, s:I}", "counted", (json_int_t)tally->minutes, "good",
                                  (json_int_t)tally->minutes_good));
}

/* ---- operators ---- */

/* Whose a series is: the operator of its target, else of the host it was measured from. */
static const char *operator_of(const struct nd_site *site, const json_t *series)
{
    const struct nd_site_target *target = nd_site_target_find(site, nd_str_of(series, "target"));
    const struct nd_vantage *vantage = nd_site_vantage_find(site, nd_str_of(series, "vantage"));
    if (target != NULL && target->operator_name != NULL)
        return target->operator_name;
    return vantage != NULL ? vantage->operator_name : NULL;
}

struct sum {
    json_int_t sent, answered, missing;
    double observed, down, width; /* ns */
};

static void add_to(struct sum *sum, const json_t *tally, double every)
{
    json_int_t sent = nd_int_of(tally, "sent");
    json_int_t answered = nd_int_of(tally, "answered");
    sum->sent += sent;
    sum->answered += answered;
    sum->missing += nd_int_of(tally, "missing");
    sum->observed += (double)sent * every;
    sum->down += (double)(sent - answered) * every;
    sum->width += (double)nd_int_of(tally, "uncertainty_ns");
}

static json_t *number_or_null(double number, bool known)
{
    return known ? json_real(number) : json_null();
}

/* target: NAN when none is declared. */
static json_t *share_json(const char *definition, const struct sum *sum, double target)
{
    bool known = sum->observed > 0;
    json_int_t slots = sum->sent + sum->missing;
    double share = known ? (sum->observed - sum->down) / sum->observed : 0;
    double width = known ? fmin(sum->width / sum->observed, 1) : 0;
    json_t *out = json_pack(
        "{s:s, s:o, s:o, s:I, s:I, s:I, s:o, s:I, s:I, s:o}", "definition", definition,
        "availability", number_or_null(share, known), "uncertainty", number_or_null(width, known),
        "sent", sum->sent, "answered", sum->answered, "missing", sum->missing, "missing_share",
        number_or_null(slots > 0 ? (double)sum->missing / (double)slots : 0, slots > 0),
        "observed_ns", (json_int_t)llround(sum->observed), "down_ns",
        (json_int_t)llround(sum->down), "target", number_or_null(target, !isnan(target)));
    if (isnan(target))
        return out;
    json_object_set_new(out, "grade",
                        json_string(!known                       ? "unknown"
                                    : share >= target - ROUNDING ? "met"
                                                                 : "missed"));
    json_object_set_new(
        out, "within_uncertainty",
        json_boolean(known && width > 0 && fabs(share - target) <= width + ROUNDING));
    return out;
}

static bool is_of(const json_t *entry, const char *name)
{
    json_t *operator= nd_part(entry, "operator");
    const char *own = json_string_value(operator);
    bool is = own == NULL || name == NULL ? own == name : strcmp(own, name) == 0;
    json_decref(operator);
    return is;
}

/* One operator's entry, from all of its series. name: NULL for what belongs to none. */
static json_t *operator_json(const json_t *model, const char *name, const json_t *target)
{
    static const char *const definitions[] = {"all_time", "without_injected"};
    struct sum sums[2] = {{0}};
    json_int_t minutes = 0;
    json_int_t good = 0;
    json_t *ids = json_array();
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(json_object_get(model, "series"), i, entry)
    {
        if (!is_of(entry, name))
            continue;
        json_t *series = nd_unpacked(entry);
        json_array_append(ids, json_object_get(series, "id"));
        for (size_t d = 0; d < 2; d++) {
            const json_t *probes = json_object_get(series, definitions[d]);
            probes = probes != NULL ? probes : json_object_get(series, definitions[0]);
            add_to(&sums[d], probes, (double)nd_int_of(series, "every_ns"));
        }
        minutes += nd_int_of(json_object_get(series, "minutes"), "counted");
        good += nd_int_of(json_object_get(series, "minutes"), "good");
        json_decref(series);
    }
    json_t *shares = json_array();
    for (size_t d = 0; d < 2; d++)
        json_array_append_new(
            shares, share_json(definitions[d], &sums[d],
                               json_is_number(target) ? json_number_value(target) : (double)NAN));
    json_object_set_new(json_array_get(shares, 0), "minutes",
                        json_pack("{s:I, s:I}", "counted", minutes, "good", good));
    return json_pack("{s:s?, s:I, s:o, s:o}", "name", name, "services",
                     (json_int_t)json_array_size(ids), "series", ids, "shares", shares);
}

static void add_operators(json_t *model, const struct nd_site *site, const json_t *targets)
{
    json_t *list = json_object_get(model, "operators");
    bool owned = json_object_size(targets) != 0;
    bool unowned = false;
    size_t i = 0;
    json_t *measured = json_object_get(model, "series");
    for (i = 0; i < json_array_size(measured); i++) {
        json_t *series = nd_unpacked(json_array_get(measured, i));
        const char *name = operator_of(site, series);
        json_object_set_new(series, "operator", name != NULL ? json_string(name) : json_null());
        nd_repack(measured, i, series);
        owned = owned || name != NULL;
        unowned = unowned || name == NULL;
    }
    for (i = 0; owned && i < site->operators.count; i++) {
        const struct nd_operator *one = &site->operators.at[i];
        json_t *entry = operator_json(model, one->name, json_object_get(targets, one->name));
        json_object_set_new(entry, "title",
                            json_pack("{s:s?, s:s?}", "zh", one->title.zh, "en", one->title.en));
        json_array_append_new(list, entry);
    }
    if (owned && unowned) {
        const struct nd_page pages[] = {{NULL, ND_LANG_ZH, NULL}, {NULL, ND_LANG_EN, NULL}};
        json_t *entry = operator_json(model, NULL, NULL);
        json_object_set_new(entry, "title",
                            json_pack("{s:s, s:s}", "zh", nd_msg(&pages[0], ND_MSG_NO_TELECOM),
                                      "en", nd_msg(&pages[1], ND_MSG_NO_TELECOM)));
        json_array_append_new(list, entry);
    }
}

static void add_people(json_t *model, const struct nd_site *site)
{
    json_t *list = json_array();
    for (size_t i = 0; i < site->people.count; i++) {
        const struct nd_person *one = &site->people.at[i];
        if (one->title.zh != NULL || one->title.en != NULL)
            json_array_append_new(list,
                                  json_pack("{s:s, s:{s:s?, s:s?}}", "name", one->name, "title",
                                            "zh", one->title.zh, "en", one->title.en));
    }
    json_object_set_new(model, "people", list);
}

void nd_model_site(json_t *model, const struct nd_rundir *dir, const json_t *plan)
{
    struct nd_diags diags = {0};
    char *path = nd_rundir_file(dir, "site.yaml");
    struct nd_site *site = access(path, R_OK) == 0 ? nd_site_load(path, &diags) : NULL;
    if (site != NULL) {
        add_people(model, site);
        add_operators(model, site, json_object_get(plan, "availability"));
    }
    free(path);
    nd_diags_deinit(&diags);
    nd_site_free(site);
}
