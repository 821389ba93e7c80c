#include "report/across/compare.h"
#include "report/report.h"
#include "report/words/words.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What two measurements tell of each other, and why some tell nothing. */

#define NONE ((double)NAN)

static void test_kinds(void **state)
{
    (void)state;
    const struct {
        const char *operator;
        struct nd_measure earlier, later;
        enum nd_change_kind kind;
    } rows[] = {{"at_most", {40, 0, 0, false}, {20, 0, 0, true}, ND_CHANGE_BETTER},
                {"below", {20, 0, 0, true}, {40, 0, 0, false}, ND_CHANGE_WORSE},
                {"at_least", {0.8, 0, 0, true}, {0.9, 0, 0, true}, ND_CHANGE_BETTER},
                {"above", {0.9, 0, 0, true}, {0.8, 0, 0, true}, ND_CHANGE_WORSE},
                {"is_true", {0, 0, 0, false}, {1, 0, 0, true}, ND_CHANGE_BETTER},
                /* Within both uncertainties together, the edge among them, in spite of rounding. */
                {"at_most", {40, 10, 0, true}, {20, 10, 0, true}, ND_CHANGE_SAME},
                {"at_most", {40, 10, 0, true}, {20, 9, 0, true}, ND_CHANGE_BETTER},
                {"at_most", {0.3, 0.1, 0, true}, {0.1, 0.1, 0, true}, ND_CHANGE_SAME},
                {"at_most", {0, 0, 0, true}, {0, 0, 0, true}, ND_CHANGE_SAME},
                {"at_least", {-5, 0, 0, false}, {-1, 0, 0, true}, ND_CHANGE_BETTER},
                /* Met or missed tells of 'equals' what more and less do not. */
                {"equals", {200, 0, 0, true}, {404, 0, 0, false}, ND_CHANGE_WORSE},
                {"equals", {404, 0, 0, false}, {200, 0, 0, true}, ND_CHANGE_BETTER},
                {"equals", {404, 0, 0, false}, {403, 0, 0, false}, ND_CHANGE_DIFFERS},
                {"equals", {200, 0, 0, true}, {200, 0, 0, true}, ND_CHANGE_SAME},
                {"at_most", {NONE, 0, 0, false}, {20, 0, 0, true}, ND_CHANGE_INCOMPARABLE},
                {"at_most", {20, 0, 0, true}, {NONE, 0, 0, false}, ND_CHANGE_INCOMPARABLE},
                {"at_most", {INFINITY, 0, 0, false}, {20, 0, 0, true}, ND_CHANGE_INCOMPARABLE},
                /* One lost of 20 is none lost of 20 by chance; 300 of 1000 are not 200 of 1000. */
                {"at_least", {0.95, 0, 20, true}, {1, 0, 20, true}, ND_CHANGE_SAME},
                {"at_most", {0.3, 0, 1000, true}, {0.2, 0, 1000, true}, ND_CHANGE_BETTER},
                {"at_most", {0.3, 0, 20, true}, {0.2, 0, 20, true}, ND_CHANGE_SAME},
                {"at_least", {1, 0, 20, true}, {0, 0, 20, false}, ND_CHANGE_WORSE},
                /* A number of probes that is known of one alone tells nothing of chance. */
                {"at_least", {0.95, 0, 20, true}, {1, 0, 0, true}, ND_CHANGE_BETTER}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum nd_change_kind kind =
            nd_change_of(rows[i].operator, & rows[i].earlier, &rows[i].later);
        if (kind != rows[i].kind)
            print_error("row %zu: %s, expected %s\n", i, nd_change_name(kind),
                        nd_change_name(rows[i].kind));
        assert_int_equal(kind, rows[i].kind);
    }
}

/* 7 of 10 and 1 of 10, by hand. */
static void test_chance(void **state)
{
    (void)state;
    const struct nd_measure some = {0.7, 0, 10, true};
    const struct nd_measure few = {0.1, 0, 10, true};
    const struct nd_measure none = {0.1, 0, 0, true};
    double p1 = 8.0 / 12;
    double p2 = 2.0 / 12;
    double half = 1.96 * sqrt(p1 * (1 - p1) / 12 + p2 * (1 - p2) / 12);
    assert_float_equal(nd_change_by_chance(&some, &few), half, 1e-12);
    assert_float_equal(half, 0.3404, 5e-4);
    assert_float_equal(nd_change_by_chance(&some, &none), 0, 0);
}

struct verdict {
    const char *sentence, *operator, * unit, *statistic, *why; /* NULL: absent */
    double measured;
};

/* A run of drill d with verdicts of step s; those of a statistic are of a series of 20 probes. */
static json_t *model_of(const char *outcome, bool simulated, const struct verdict *verdicts,
                        size_t count)
{
    json_t *model =
        json_pack("{s:{s:s, s:s, s:b}, s:{s:s}, s:[{s:i, s:i, s:i}], s:[], s:[]}", "run", "id",
                  "20260101T000000Z-d-0000", "outcome", outcome, "simulated", simulated, "drill",
                  "id", "d", "series", "id", 3, "every_ns", 1000, "count", 20, "steps", "verdicts");
    assert_non_null(model);
    for (size_t i = 0; i < count; i++) {
        const struct verdict *v = &verdicts[i];
        json_t *one = json_pack(
            "{s:{s:s}, s:s, s:s, s:s, s:s?, s:s?, s:s?, s:o, s:i, s:i, s:i}", "sentence", "en",
            v->sentence, "step", "s", "grade", "met", "operator",
            v->operator!= NULL ? v->operator: "at_most", "unit", v->unit, "statistic", v->statistic,
            "why", v->why, "measured", isfinite(v->measured) ? json_real(v->measured) : json_null(),
            "series", 3, "from_rel_ns", 0, "till_rel_ns", 20000);
        assert_non_null(one);
        json_array_append_new(json_object_get(model, "verdicts"), one);
    }
    return model;
}

static const char *change_in(const json_t *compared, const char *sentence, const char *key)
{
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(json_object_get(compared, "rows"), i, row)
    {
        if (strcmp(nd_str_of(json_object_get(row, "sentence"), "en"), sentence) == 0)
            return nd_str_of(row, key);
    }
    return "not there";
}

static void test_reasons(void **state)
{
    (void)state;
    static const struct verdict before[] = {
        {"a", NULL, "ns", NULL, NULL, 5},          {"unit", NULL, "ns", NULL, NULL, 5},
        {"statistic", NULL, NULL, "p99", NULL, 5}, {"operator", NULL, NULL, NULL, NULL, 5},
        {"unmeasured", NULL, NULL, NULL, NULL, 5}, {"share", NULL, NULL, "loss", NULL, 0.05},
        {"only before", NULL, NULL, NULL, NULL, 5}};
    static const struct verdict after[] = {{"a", NULL, "ns", NULL, NULL, 4},
                                           {"unit", NULL, "1", NULL, NULL, 5},
                                           {"statistic", NULL, NULL, "p50", NULL, 5},
                                           {"operator", "at_least", NULL, NULL, NULL, 5},
                                           {"unmeasured", NULL, NULL, NULL, "nobody asked", NONE},
                                           {"share", NULL, NULL, "loss", NULL, 0},
                                           {"only after", NULL, NULL, NULL, NULL, 5}};
    json_t *earlier = model_of("ok", false, before, sizeof before / sizeof before[0]);
    json_t *later = model_of("ok", false, after, sizeof after / sizeof after[0]);
    json_t *compared = nd_compare(earlier, later);
    assert_string_equal(change_in(compared, "a", "change"), "better");
    assert_string_equal(change_in(compared, "unit", "reason"), "unit");
    assert_string_equal(change_in(compared, "statistic", "reason"), "statistic");
    assert_string_equal(change_in(compared, "operator", "reason"), "operator");
    assert_string_equal(change_in(compared, "unmeasured", "reason"), "unmeasured");
    assert_string_equal(change_in(compared, "unmeasured", "detail"), "nobody asked");
    assert_string_equal(change_in(compared, "share", "change"), "same"); /* of 20 probes */
    assert_string_equal(change_in(compared, "only before", "change"), "gone");
    assert_string_equal(change_in(compared, "only after", "change"), "new");
    assert_int_equal(json_array_size(json_object_get(compared, "conditions")), 0);
    json_decref(compared);
    json_decref(earlier);
    json_decref(later);
}

/* Runs that ended too soon, on other networks, of other drills. */
static void test_runs(void **state)
{
    (void)state;
    static const struct verdict both = {"a", NULL, NULL, NULL, NULL, 5};
    json_t *whole = model_of("ok", false, &both, 1);
    json_t *aborted = model_of("aborted", false, NULL, 0);
    json_t *skipped = model_of("ok", false, NULL, 0);
    json_t *simulated = model_of("ok", true, &both, 1);
    json_t *other = model_of("ok", false, &both, 1);
    json_array_append_new(json_object_get(skipped, "steps"),
                          json_pack("{s:s, s:s}", "id", "s", "state", "skipped"));
    json_object_set_new(json_object_get(other, "drill"), "id", json_string("e"));
    const struct {
        const json_t *earlier, *later;
        const char *reason, *condition;
    } rows[] = {{whole, aborted, "not_reached", "cut_short"},
                {aborted, whole, "not_reached", "cut_short"},
                {whole, skipped, "skipped", NULL},
                {whole, simulated, "simulated", "simulated"},
                {whole, other, "drill", "drill"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *compared = nd_compare(rows[i].earlier, rows[i].later);
        const json_t *conditions = json_object_get(compared, "conditions");
        assert_string_equal(change_in(compared, "a", "change"), "incomparable");
        assert_string_equal(change_in(compared, "a", "reason"), rows[i].reason);
        if (rows[i].condition != NULL)
            assert_string_equal(json_string_value(json_array_get(conditions, 0)),
                                rows[i].condition);
        json_decref(compared);
    }
    json_decref(whole);
    json_decref(aborted);
    json_decref(skipped);
    json_decref(simulated);
    json_decref(other);
}

static void add_clock(json_t *model, const char *duty, const char *verdict, json_int_t took)
{
    json_t *one = json_pack("{s:s, s:s, s:s, s:i, s:{s:s}, s:s, s:I, s:i}", "profile", "p", "duty",
                            duty, "case", "", "number", 1, "title", "en", duty, "verdict", verdict,
                            "limit_ns", (json_int_t)900, "within_ns", 10);
    assert_non_null(one);
    if (took >= 0)
        json_object_set_new(one, "took_ns", json_integer(took));
    json_array_append_new(json_object_get(model, "obligations"), one);
}

/* Regulatory clocks are compared as what is measured is; those that were not due tell nothing. */
static void test_clocks(void **state)
{
    (void)state;
    json_t *earlier = model_of("ok", false, NULL, 0);
    json_t *later = model_of("ok", false, NULL, 0);
    json_object_set_new(earlier, "obligations", json_array());
    json_object_set_new(later, "obligations", json_array());
    add_clock(earlier, "notify", "met", 800);
    add_clock(later, "notify", "met", 600);
    add_clock(earlier, "notice", "late", 905);
    add_clock(later, "notice", "met", 890); /* within both checks' intervals */
    add_clock(earlier, "update", "met", 100);
    add_clock(later, "update", "missed", -1);
    add_clock(later, "explain", "not_due", -1);
    json_t *compared = nd_compare(earlier, later);
    assert_string_equal(change_in(compared, "notify", "change"), "better");
    assert_string_equal(change_in(compared, "notice", "change"), "same");
    assert_string_equal(change_in(compared, "update", "reason"), "unmeasured");
    assert_string_equal(change_in(compared, "explain", "change"), "not there");
    json_decref(compared);
    json_decref(earlier);
    json_decref(later);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kinds), cmocka_unit_test(test_chance),
                                       cmocka_unit_test(test_reasons),
                                       cmocka_unit_test(test_clocks), cmocka_unit_test(test_runs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
