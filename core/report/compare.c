#include "report/compare.h"

#include "report/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[ND_CHANGE_KINDS] = {"same",    "better", "worse", "differs",
                                                   "unknown", "gone",   "new"};

const char *nd_change_name(enum nd_change_kind kind)
{
    return names[kind];
}

enum nd_change_kind nd_change_of(const char *operator, double earlier, double earlier_uncertainty,
                                 double later, double later_uncertainty)
{
    bool less = strcmp(operator, "at_most") == 0 || strcmp(operator, "below") == 0;
    bool more = strcmp(operator, "at_least") == 0 || strcmp(operator, "above") == 0 ||
                strcmp(operator, "is_true") == 0;
    if (!isfinite(earlier) || !isfinite(later))
        return ND_CHANGE_UNKNOWN;
    if (fabs(later - earlier) <= earlier_uncertainty + later_uncertainty)
        return ND_CHANGE_SAME;
    if (!less && !more)
        return ND_CHANGE_DIFFERS;
    return (later < earlier) == less ? ND_CHANGE_BETTER : ND_CHANGE_WORSE;
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

static double number_of(const json_t *verdict, const char *key)
{
    const json_t *value = json_object_get(verdict, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static double uncertainty_of(const json_t *verdict)
{
    double value = number_of(verdict, "uncertainty");
    return isfinite(value) ? value : 0;
}

static enum nd_change_kind change_between(const json_t *earlier, const json_t *later)
{
    if (earlier == NULL || later == NULL)
        return earlier == NULL ? ND_CHANGE_NEW : ND_CHANGE_GONE;
    if (strcmp(nd_str_of(earlier, "unit"), nd_str_of(later, "unit")) != 0 ||
        strcmp(nd_str_of(earlier, "statistic"), nd_str_of(later, "statistic")) != 0)
        return ND_CHANGE_DIFFERS;
    return nd_change_of(nd_str_of(later, "operator"), number_of(earlier, "measured"),
                        uncertainty_of(earlier), number_of(later, "measured"),
                        uncertainty_of(later));
}

static json_t *side(const json_t *verdict)
{
    static const char *const keys[] = {"measured", "uncertainty", "limit", "grade", "seq"};
    json_t *out = verdict != NULL ? json_object() : json_null();
    for (size_t i = 0; verdict != NULL && i < sizeof keys / sizeof keys[0]; i++)
        json_object_set(out, keys[i], json_object_get(verdict, keys[i]));
    return out;
}

static void add_row(json_t *rows, size_t *counts, const json_t *earlier, const json_t *later)
{
    static const char *const keys[] = {"sentence",  "step", "objective",
                                       "statistic", "unit", "operator"};
    const json_t *one = later != NULL ? later : earlier;
    enum nd_change_kind kind = change_between(earlier, later);
    json_t *row = json_object();
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        json_object_set(row, keys[i], json_object_get(one, keys[i]));
    json_object_set_new(row, "earlier", side(earlier));
    json_object_set_new(row, "later", side(later));
    json_object_set_new(row, "change", json_string(nd_change_name(kind)));
    json_array_append_new(rows, row);
    counts[kind]++;
}

static json_t *head_of(const json_t *model)
{
    const json_t *run = json_object_get(model, "run");
    const json_t *drill = json_object_get(model, "drill");
    return json_pack("{s:O?, s:O?, s:O?, s:O?, s:O?, s:O?, s:O?, s:O?}", "run",
                     json_object_get(run, "id"), "drill", json_object_get(drill, "id"), "title",
                     json_object_get(drill, "title"), "revision",
                     json_object_get(drill, "revision"), "wall", json_object_get(run, "wall"),
                     "mode", json_object_get(run, "mode"), "simulated",
                     json_object_get(run, "simulated"), "outcome", json_object_get(run, "outcome"));
}

json_t *nd_compare(const json_t *earlier, const json_t *later)
{
    json_t *a = nd_verdicts_by_key(earlier);
    json_t *b = nd_verdicts_by_key(later);
    json_t *rows = json_array();
    json_t *counts_json = json_object();
    size_t counts[ND_CHANGE_KINDS] = {0};
    const char *key = NULL;
    json_t *verdict = NULL;
    json_object_foreach(b, key, verdict) add_row(rows, counts, json_object_get(a, key), verdict);
    json_object_foreach(a, key, verdict)
    {
        if (json_object_get(b, key) == NULL)
            add_row(rows, counts, verdict, NULL);
    }
    for (size_t i = 0; i < ND_CHANGE_KINDS; i++)
        json_object_set_new(counts_json, names[i], json_integer((json_int_t)counts[i]));
    json_decref(a);
    json_decref(b);
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "schema", "netdrill.compare/1", "earlier",
                     head_of(earlier), "later", head_of(later), "rows", rows, "counts",
                     counts_json);
}
