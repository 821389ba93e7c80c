#include "run/threshold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Thresholds as people write them: the table is the grammar. */

static void test_good(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum nd_stat stat;
        const char *operator_name;
        enum nd_limit_kind kind;
        double limit;
    } table[] = {
        {"p(95)<300ms", ND_STAT_P95, "below", ND_LIMIT_LENGTH, 300e6},
        {"p(99.9) <= 1.5s", ND_STAT_P999, "at_most", ND_LIMIT_LENGTH, 1.5e9},
        {"p50>10", ND_STAT_P50, "above", ND_LIMIT_COUNT, 10},
        {"mean>=100kbit/s", ND_STAT_MEAN, "at_least", ND_LIMIT_RATE, 100e3},
        {"loss<1%", ND_STAT_LOSS, "below", ND_LIMIT_SHARE, 0.01},
        {"share==100%", ND_STAT_SHARE, "equals", ND_LIMIT_SHARE, 1},
        {" interruption <= 180s ", ND_STAT_INTERRUPTION, "at_most", ND_LIMIT_LENGTH, 180e9},
        {"longest_gap<250ms", ND_STAT_LONGEST_GAP, "below", ND_LIMIT_LENGTH, 250e6},
        {"interruptions==0", ND_STAT_INTERRUPTIONS, "equals", ND_LIMIT_COUNT, 0},
        {"answered>=50", ND_STAT_ANSWERED, "at_least", ND_LIMIT_COUNT, 50},
        {"mos>=3.6", ND_STAT_MOS, "at_least", ND_LIMIT_COUNT, 3.6},
        {"availability>=99.9%", ND_STAT_AVAILABILITY, "at_least", ND_LIMIT_SHARE, 0.999},
        {"mouth_to_ear<=300ms", ND_STAT_MOUTH_TO_EAR, "at_most", ND_LIMIT_LENGTH, 300e6},
        {"loss<1% for 10s", ND_STAT_LOSS, "below", ND_LIMIT_SHARE, 0.01},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct nd_threshold got;
        struct nd_fail why = {0};
        if (nd_threshold_parse(table[i].text, &got, &why) != ND_OK)
            fail_msg("'%s': %s", table[i].text, why.text);
        assert_int_equal(got.stat, table[i].stat);
        assert_string_equal(got.operator_name, table[i].operator_name);
        assert_int_equal(got.kind, table[i].kind);
        assert_float_equal(got.limit, table[i].limit, 1e-12);
        assert_int_equal(got.hold, strstr(table[i].text, "for") != NULL ? 10000000000 : 0);
    }
}

static void test_bad(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } table[] = {
        {"", "expected a statistic"},
        {"loss", "<, <=, >, >= or =="},
        {"loss=1%", "<, <=, >, >= or =="},
        {"<1%", "expected a statistic"},
        {"los<1%", "did you mean 'loss'"},
        {"p(97)<1s", "p(99.9)"},
        {"p()<1s", "expected a statistic"},
        {"p(95<1s", "expected a statistic"},
        {"loss<1", "1"},
        {"loss<300ms", "300ms"},
        {"loss<1% for", "length"},
        {"loss<1% for ever", "ever"},
        {"interruption<=180", "180"},
        {"answered>=50%", "50%"},
        {"p(95)<", ""},
        {"p(95)<=<1s", ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct nd_threshold got;
        struct nd_fail why = {0};
        if (nd_threshold_parse(table[i].text, &got, &why) != ND_EPARSE)
            fail_msg("'%s' was read", table[i].text);
        if (strstr(why.text, table[i].words) == NULL || why.text[0] == '\0')
            fail_msg("'%s': '%s' does not say '%s'", table[i].text, why.text, table[i].words);
    }
    char longest[400];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    struct nd_threshold got;
    assert_int_equal(nd_threshold_parse(longest, &got, NULL), ND_EPARSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
