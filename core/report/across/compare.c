#include "report/across/compare.h"

#include "report/words/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[ND_CHANGE_KINDS] = {"same",         "better", "worse", "differs",
                                                   "incomparable", "gone",   "new"};

#define Z_95 1.96 /* of the normal distribution, two-sided 95 % */

const char *nd_change_name(enum nd_change_kind kind)
{
    return names[kind];
}

double nd_change_by_chance(const struct nd_measure *earlier, const struct nd_measure *later)
{
    double sum = 0;
    const struct nd_measure *const both[] = {earlier, later};
    for (size_t i = 0; i < 2; i++) {
        double n = both[i]->trials;
        if (!(n > 0))
            return 0;
        double p = (both[i]->value * n + 1) / (n + 2);
        sum += p * (1 - p) / (n + 2);
    }
    return Z_95 * sqrt(sum);
}

/* Both shares moved towards the middle by one success and one failure each, as the interval has it.
 */
static bool within_chance(const struct nd_measure *earlier, const struct nd_measure *later)
{
    double half = nd_change_by_chance(earlier, later);
    double before = (earlier->value * earlier->trials + 1) / (earlier->trials + 2);
    double after = (later->value * later->trials + 1) / (later->trials + 2);
    return half > 0 && fabs(after - before) <= half;
}

enum nd_change_kind nd_change_of(const char *operator, const struct nd_measure * earlier,
                                 const struct nd_measure *later)
{
    bool less = strcmp(operator, "at_most") == 0 || strcmp(operator, "below") == 0;
    bool more = strcmp(operator, "at_least") == 0 || strcmp(operator, "above") == 0 ||
                strcmp(operator, "is_true") == 0;
    if (!isfinite(earlier->value) || !isfinite(later->value))
        return ND_CHANGE_INCOMPARABLE;
    double apart = fabs(later->value - earlier->value);
    double rounding = 1e-12 * fmax(fabs(earlier->value), fabs(later->value));
    if (apart <= earlier->uncertainty + later->uncertainty + rounding ||
        within_chance(earlier, later))
        return ND_CHANGE_SAME;
    if (!less && !more)
        return earlier->met == later->met ? ND_CHANGE_DIFFERS
               : later->met               ? ND_CHANGE_BETTER
                                          : ND_CHANGE_WORSE;
    return (later->value < earlier->value) == less ? ND_CHANGE_BETTER : ND_CHANGE_WORSE;
}

static char *key_of(const json_t *verdict, size_t number)
{
    const json_t *sentence = json_object_get(verdict, "sentence");
    const char *words = nd_str_of(sentence, *nd_str_of(sentence, "en") != '\0' ? "en" : "zh");
    return nd_printf("%s\x1f%s\x1f%zu", nd_str_of(verdict, "step"), words, number);
}

json_t *nd_verdicts_by_key(const json_t *model)
{
    json_t *map = json_object();
    size_t i = 0;
    json_t *verdict = NULL;
    json_array_foreach(json_object_get(model, "verdicts"), i, verdict)
    {
        size_t number = 0;
        char *key = key_of(verdict, number);
        while (json_object_get(map, key) != NULL) {
            free(key);
            key = key_of(verdict, ++number);
        }
        json_object_set(map, key, verdict);
        free(key);
    }
    return map;
}

/* Met or too late, as a verdict has it; NULL: it was not due, and tells nothing. */
static const char *clock_grade(const char *verdict)
{
    return strcmp(verdict, "met") == 0                                      ? "met"
           : strcmp(verdict, "late") == 0 || strcmp(verdict, "missed") == 0 ? "missed"
                                                                            : NULL;
}

static json_t *clock_of(const json_t *duty)
{
    const char *grade = clock_grade(nd_str_of(duty, "verdict"));
    json_t *step = json_sprintf("%s.%s", nd_str_of(duty, "profile"), nd_str_of(duty, "duty"));
    return json_pack("{s:O?, s:o, s:s, s:s, s:s, s:O?, s:O?, s:I, s:s, s:O?, s:O?}", "sentence",
                     json_object_get(duty, "title"), "step", step, "statistic", "clock", "unit",
                     "ns", "operator", "at_most", "limit", json_object_get(duty, "limit_ns"),
                     "measured", json_object_get(duty, "took_ns"), "uncertainty",
                     nd_int_of(duty, "within_ns"), "grade", grade != NULL ? grade : "unknown",
                     "why", json_object_get(duty, "why"), "seq", json_object_get(duty, "seq"));
}

json_t *nd_measures_by_key(const json_t *model)
{
    json_t *map = nd_verdicts_by_key(model);
    size_t i = 0;
    json_t *duty = NULL;
    json_array_foreach(json_object_get(model, "obligations"), i, duty)
    {
        if (!json_is_integer(json_object_get(duty, "limit_ns")) ||
            clock_grade(nd_str_of(duty, "verdict")) == NULL)
            continue;
        char *key = nd_printf("\x1f%s\x1f%s\x1f%s\x1f%lld", nd_str_of(duty, "profile"),
                              nd_str_of(duty, "duty"), nd_str_of(duty, "case"),
                              (long long)nd_int_of(duty, "number"));
        json_object_set_new(map, key, clock_of(duty));
        free(key);
    }
    return map;
}

/* ---- one expectation ---- */

static double number_of(const json_t *verdict, const char *key)
{
    const json_t *value = json_object_get(verdict, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

/* How many probes a share of a series is of: those due in the window asked about. */
static double trials_of(const json_t *model, const json_t *verdict)
{
    const char *statistic = nd_str_of(verdict, "statistic");
    const json_t *from = json_object_get(verdict, "from_rel_ns");
    const json_t *till = json_object_get(verdict, "till_rel_ns");
    bool share = strcmp(statistic, "share") == 0 || strcmp(statistic, "loss") == 0;
    if (!share || !json_is_integer(from) || !json_is_integer(till))
        return 0;
    json_t *series = nd_series_of(model, json_object_get(verdict, "series"));
    double every = (double)nd_int_of(series, "every_ns");
    double span = (double)(json_integer_value(till) - json_integer_value(from));
    double trials =
        every > 0 && span > 0 ? fmin(floor(span / every), (double)nd_int_of(series, "count")) : 0;
    json_decref(series);
    return trials;
}

static struct nd_measure measure_of(const json_t *model, const json_t *verdict)
{
    double uncertainty = number_of(verdict, "uncertainty");
    return (struct nd_measure){.value = number_of(verdict, "measured"),
                               .uncertainty = isfinite(uncertainty) ? uncertainty : 0,
                               .trials = trials_of(model, verdict),
                               .met = strcmp(nd_str_of(verdict, "grade"), "met") == 0};
}

static json_t *side(const json_t *model, const json_t *verdict)
{
    static const char *const keys[] = {"measured", "uncertainty", "limit", "grade", "seq"};
    if (verdict == NULL)
        return json_null();
    json_t *out = json_object();
    double trials = trials_of(model, verdict);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        json_object_set(out, keys[i], json_object_get(verdict, keys[i]));
    json_object_set_new(out, "trials", trials > 0 ? json_integer((json_int_t)trials) : json_null());
    return out;
}

/* ---- the two runs ---- */

struct comparing {
    const json_t *models[2];
    bool other_drill, other_network;
    json_t *rows;
    size_t counts[ND_CHANGE_KINDS];
};

static const json_t *run_of(const json_t *model)
{
    return json_object_get(model, "run");
}

/* Why two measurements are not of one thing; NULL: they are. */
static const char *apart_by(const struct comparing *c, const json_t *earlier, const json_t *later)
{
    static const char *const keys[] = {"unit", "statistic", "operator"};
    if (c->other_drill || c->other_network)
        return c->other_drill ? "drill" : "simulated";
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(nd_str_of(earlier, keys[i]), nd_str_of(later, keys[i])) != 0)
            return keys[i];
    }
    return NULL;
}

/* Whether a run did not come to an end of its own. */
static bool cut_short(const json_t *model)
{
    static const char *const cut[] = {"aborted", "refused", "died", "running"};
    bool is = json_object_get(json_object_get(model, "safety"), "aborted") != NULL;
    for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++)
        is = is || strcmp(nd_str_of(run_of(model), "outcome"), cut[i]) == 0;
    return is;
}

/* Why a run has nothing on an expectation that the other one has; NULL: it did not expect it. */
static const char *missing_because(const json_t *model, const json_t *other)
{
    const json_t *step =
        nd_entry_of(json_object_get(model, "steps"), "id", nd_str_of(other, "step"));
    const char *state = nd_str_of(step, "state");
    if (strcmp(state, "skipped") == 0 || strcmp(state, "failed") == 0 ||
        strcmp(state, "cancelled") == 0)
        return state;
    return cut_short(model) ? "not_reached" : NULL;
}

static const char *detail_of(const char *reason, const json_t *earlier, const json_t *later)
{
    const char *why = nd_str_of(later, "why");
    if (reason == NULL || strcmp(reason, "unmeasured") != 0)
        return NULL;
    return *why != '\0' ? why : nd_str_of(earlier, "why");
}

/* The kind, and its reason where it needs one. */
static enum nd_change_kind judge(const struct comparing *c, const json_t *earlier,
                                 const json_t *later, const char **reason)
{
    *reason = NULL;
    if (earlier == NULL || later == NULL) {
        *reason = missing_because(c->models[later == NULL], later != NULL ? later : earlier);
        return *reason != NULL ? ND_CHANGE_INCOMPARABLE
               : later == NULL ? ND_CHANGE_GONE
                               : ND_CHANGE_NEW;
    }
    *reason = apart_by(c, earlier, later);
    if (*reason != NULL)
        return ND_CHANGE_INCOMPARABLE;
    const struct nd_measure a = measure_of(c->models[0], earlier);
    const struct nd_measure b = measure_of(c->models[1], later);
    enum nd_change_kind kind = nd_change_of(nd_str_of(later, "operator"), &a, &b);
    *reason = kind == ND_CHANGE_INCOMPARABLE ? "unmeasured" : NULL;
    return kind;
}

static void add_row(struct comparing *c, const json_t *earlier, const json_t *later)
{
    static const char *const keys[] = {"sentence",  "step", "objective",
                                       "statistic", "unit", "operator"};
    const json_t *one = later != NULL ? later : earlier;
    const char *reason = NULL;
    enum nd_change_kind kind = judge(c, earlier, later, &reason);
    const char *detail = detail_of(reason, earlier, later);
    double chance = 0;
    json_t *row = json_object();
    if (earlier != NULL && later != NULL && kind != ND_CHANGE_INCOMPARABLE) {
        const struct nd_measure a = measure_of(c->models[0], earlier);
        const struct nd_measure b = measure_of(c->models[1], later);
        chance = nd_change_by_chance(&a, &b);
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        json_object_set(row, keys[i], json_object_get(one, keys[i]));
    json_object_set_new(row, "earlier", side(c->models[0], earlier));
    json_object_set_new(row, "later", side(c->models[1], later));
    json_object_set_new(row, "change", json_string(nd_change_name(kind)));
    json_object_set_new(row, "by_chance", chance > 0 ? json_real(chance) : json_null());
    json_object_set_new(row, "reason", reason != NULL ? json_string(reason) : json_null());
    json_object_set_new(row, "detail",
                        detail != NULL && *detail != '\0' ? json_string(detail) : json_null());
    json_array_append_new(c->rows, row);
    c->counts[kind]++;
}

static json_t *head_of(const json_t *model)
{
    static const char *const of_run[] = {"wall",    "mode",       "simulated",       "outcome",
                                         "version", "parameters", "scenario_sha256", "site_sha256"};
    const json_t *drill = json_object_get(model, "drill");
    char date[ND_DATE_TEXT];
    json_t *head =
        json_pack("{s:O?, s:O?, s:O?, s:O?, s:s}", "run", json_object_get(run_of(model), "id"),
                  "drill", json_object_get(drill, "id"), "title", json_object_get(drill, "title"),
                  "revision", json_object_get(drill, "revision"), "date", nd_run_date(model, date));
    json_object_set_new(head, "cut_short", json_boolean(cut_short(model)));
    for (size_t i = 0; i < sizeof of_run / sizeof of_run[0]; i++)
        json_object_set(head, of_run[i], json_object_get(run_of(model), of_run[i]));
    return head;
}

/* What is another in the later run than in the earlier one. */
static json_t *conditions_of(const json_t *earlier, const json_t *later)
{
    static const char *const keys[][2] = {
        {"drill", "drill"},           {"revision", "revision"},  {"scenario", "scenario_sha256"},
        {"parameters", "parameters"}, {"site", "site_sha256"},   {"simulated", "simulated"},
        {"version", "version"},       {"cut_short", "cut_short"}};
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const json_t *a = json_object_get(earlier, keys[i][1]);
        const json_t *b = json_object_get(later, keys[i][1]);
        if (a != b && !json_equal(a, b))
            json_array_append_new(list, json_string(keys[i][0]));
    }
    return list;
}

json_t *nd_compare(const json_t *earlier, const json_t *later)
{
    json_t *a = nd_measures_by_key(earlier);
    json_t *b = nd_measures_by_key(later);
    json_t *heads[] = {head_of(earlier), head_of(later)};
    struct comparing c = {
        .models = {earlier, later},
        .other_drill = strcmp(nd_str_of(heads[0], "drill"), nd_str_of(heads[1], "drill")) != 0,
        .other_network = json_is_true(json_object_get(heads[0], "simulated")) !=
                         json_is_true(json_object_get(heads[1], "simulated")),
        .rows = json_array()};
    json_t *counts_json = json_object();
    const char *key = NULL;
    json_t *verdict = NULL;
    json_object_foreach(b, key, verdict) add_row(&c, json_object_get(a, key), verdict);
    json_object_foreach(a, key, verdict)
    {
        if (json_object_get(b, key) == NULL)
            add_row(&c, verdict, NULL);
    }
    for (size_t i = 0; i < ND_CHANGE_KINDS; i++)
        json_object_set_new(counts_json, names[i], json_integer((json_int_t)c.counts[i]));
    json_decref(a);
    json_decref(b);
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "schema", "netdrill.compare/1", "conditions",
                     conditions_of(heads[0], heads[1]), "earlier", heads[0], "later", heads[1],
                     "rows", c.rows, "counts", counts_json);
}
