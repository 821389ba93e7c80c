#include "report/internal.h"

#include "plan/site.h"
#include "record/undo.h"
#include "run/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How much of the time each operator's services were there: all time, and without what was lost
 * because of the drill's own faults while they were in force. A probe stands for its interval, so
 * that a service counts by the time it was observed, not by how often it was asked; services are
 * joined by adding up what was observed and what of it was down, never by averaging shares. */

#define MINUTE   ND_SEC(60)
#define ROUNDING 1e-9 /* of a share that a scenario wrote in percent */

struct span {
    nd_ns from, till;
};

struct faults {
    struct ND_VEC(struct span) list;
};

/* When changes of the drill were in force, on the run clock, up to one probe interval after they
 * were read back as restored. The lab's own building is none. */
static void find_faults(const json_t *model, nd_ns t0, nd_ns every, struct faults *faults)
{
    size_t i = 0;
    json_t *change = NULL;
    json_array_foreach(json_object_get(model, "changes"), i, change)
    {
        const json_t *began = json_object_get(change, "began_rel_ns");
        const json_t *back = json_object_get(change, "verified_rel_ns");
        if (!json_is_integer(began) ||
            nd_undo_is_lab(nd_str_of(change, "plugin"), nd_str_of(change, "verb")))
            continue;
        nd_vec_push(&faults->list,
                    (struct span){json_integer_value(began) + t0,
                                  json_is_integer(back) ? json_integer_value(back) + t0 + every
                                                        : INT64_MAX});
    }
}

static bool in_force(const struct faults *faults, nd_ns moment)
{
    bool in = false;
    for (size_t i = 0; i < faults->list.count && !in; i++)
        in = moment >= faults->list.at[i].from && moment <= faults->list.at[i].till;
    return in;
}

/* Probes sent, answered, and missing: not sent by us, or not kept. */
struct tally {
    int64_t sent, answered, missing;
    nd_ns width; /* by how much what was down may be off: the wider edge of each interruption */
};

static struct tally count_all(const struct nd_series *series)
{
    struct tally tally = {0};
    for (size_t i = 0; i < nd_series_count(series); i++) {
        int32_t outcome = nd_series_sample(series, i).outcome;
        tally.sent += outcome <= ND_OUTCOME_ANSWERED;
        tally.answered += outcome == ND_OUTCOME_ANSWERED;
        tally.missing += outcome > ND_OUTCOME_ANSWERED;
    }
    return tally;
}

static nd_ns larger(nd_ns a, nd_ns b)
{
    return a > b ? a : b;
}

/* Takes out what an injected interruption lost while a change was in force. What it lost after that
 * counts, from when no change was in force any more. *slot: where to look from. */
static void leave_out(const struct nd_series *series, const struct faults *faults,
                      const struct nd_interruption *one, size_t *slot, struct tally *tally)
{
    int64_t out = 0;
    nd_ns end = one->till >= 0 ? one->till - one->last_lost : 0;
    for (; *slot < nd_series_count(series); ++*slot) {
        struct nd_sample sample = nd_series_sample(series, *slot);
        if (sample.outcome >= ND_OUTCOME_ANSWERED || sample.sent < one->from)
            continue;
        if (sample.sent > one->last_lost)
            break;
        out += in_force(faults, sample.sent);
    }
    tally->sent -= out;
    tally->width += out < one->lost ? end : 0;
}

static json_t *tally_json(const struct tally *tally)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "sent", (json_int_t)tally->sent, "answered",
                     (json_int_t)tally->answered, "missing", (json_int_t)tally->missing,
                     "uncertainty_ns", (json_int_t)tally->width);
}

/* Minutes of the series by the rule of availability_minutes, and how many of them were good. */
static json_t *minutes_json(const struct nd_series *series)
{
    const struct nd_series_info *info = nd_series_info(series);
    nd_ns end = info->opened + (nd_ns)nd_series_count(series) * info->every;
    json_int_t counted = 0;
    json_int_t good = 0;
    for (nd_ns from = info->opened; from < end; from += MINUTE) {
        struct nd_answer answer =
            nd_series_ask(series, ND_STAT_AVAILABILITY_MINUTES, from, from + MINUTE);
        counted += answer.known;
        good += answer.known && answer.value > 0;
    }
    return json_pack("{s:I, s:I}", "counted", counted, "good", good);
}

void nd_model_share_series(json_t *out, const struct nd_series *series, const json_t *model,
                           nd_ns t0)
{
    const json_t *classes = json_object_get(out, "interruptions");
    size_t count = nd_series_interruptions(series, 0, INT64_MAX, NULL, 0);
    struct nd_interruption *list = nd_alloc(count * sizeof *list);
    struct faults faults = {.list = {0}};
    struct tally all = count_all(series);
    struct tally rest = all;
    size_t slot = 0;
    nd_series_interruptions(series, 0, INT64_MAX, list, count);
    find_faults(model, t0, nd_series_info(series)->every, &faults);
    for (size_t i = 0; i < count; i++) {
        const struct nd_interruption *one = &list[i];
        nd_ns start = one->last_good >= 0 ? one->from - one->last_good : 0;
        nd_ns width = larger(start, one->till >= 0 ? one->till - one->last_lost : 0);
        all.width += width;
        if (strcmp(nd_str_of(json_array_get(classes, i), "class"), "injected") == 0)
            leave_out(series, &faults, one, &slot, &rest);
        else
            rest.width += width;
    }
    free(list);
    nd_vec_free(&faults.list);
    json_object_set_new(out, "all_time", tally_json(&all));
    json_object_set_new(out, "without_injected", tally_json(&rest));
    json_object_set_new(out, "minutes", minutes_json(series));
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

static bool is_of(const json_t *series, const char *name)
{
    const char *own = json_string_value(json_object_get(series, "operator"));
    return own == NULL || name == NULL ? own == name : strcmp(own, name) == 0;
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
    json_t *series = NULL;
    json_array_foreach(json_object_get(model, "series"), i, series)
    {
        if (!is_of(series, name))
            continue;
        json_array_append(ids, json_object_get(series, "id"));
        for (size_t d = 0; d < 2; d++)
            add_to(&sums[d], json_object_get(series, definitions[d]),
                   (double)nd_int_of(series, "every_ns"));
        minutes += nd_int_of(json_object_get(series, "minutes"), "counted");
        good += nd_int_of(json_object_get(series, "minutes"), "good");
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
    json_t *series = NULL;
    json_array_foreach(json_object_get(model, "series"), i, series)
    {
        const char *name = operator_of(site, series);
        json_object_set_new(series, "operator", name != NULL ? json_string(name) : json_null());
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

void nd_model_share(json_t *model, const struct nd_rundir *dir, const json_t *plan)
{
    struct nd_diags diags = {0};
    char *path = nd_rundir_file(dir, "site.yaml");
    struct nd_site *site = access(path, R_OK) == 0 ? nd_site_load(path, &diags) : NULL;
    if (site != NULL)
        add_operators(model, site, json_object_get(plan, "availability"));
    free(path);
    nd_diags_deinit(&diags);
    nd_site_free(site);
}
