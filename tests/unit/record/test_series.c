#include "base/units.h"
#include "run/series.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Slots of 100 ms; 'o' answered, 'x' lost, '-' not sent. */
static struct nd_series *make(const char *slots)
{
    const struct nd_series_info info = {.id = 1,
                                        .name = "s",
                                        .plugin = "p",
                                        .verb = "v",
                                        .reading = "rtt",
                                        .unit = "ns",
                                        .every = ND_MS(100)};
    struct nd_series *series = nd_series_new(&info);
    for (int64_t i = 0; slots[i] != '\0'; i++) {
        struct nd_sample sample = {.series = 1, .slot = i, .due = ND_MS(100) * i, .value = NAN};
        sample.sent = sample.due + ND_MS(1);
        sample.outcome = slots[i] == 'o' ? 0 : ND_ETIME;
        if (slots[i] == 'o')
            sample.value = (double)ND_MS(i + 1);
        if (slots[i] == '-') {
            sample.outcome = ND_OUTCOME_NOT_SENT;
            sample.sent = 0;
        }
        nd_series_add(series, &sample);
    }
    return series;
}

static double ask(const struct nd_series *series, enum nd_stat stat)
{
    struct nd_answer answer = nd_series_ask(series, stat, 0, INT64_MAX);
    assert_true(answer.known);
    return answer.value;
}

static void test_interruptions(void **state)
{
    (void)state;
    struct nd_interruption list[4];
    struct nd_series *series = make("oooxxxooxo");
    assert_int_equal(nd_series_interruptions(series, 0, INT64_MAX, list, 4), 2);
    assert_int_equal(list[0].last_good, ND_MS(201));
    assert_int_equal(list[0].from, ND_MS(301));
    assert_int_equal(list[0].last_lost, ND_MS(501));
    assert_int_equal(list[0].till, ND_MS(601));
    assert_int_equal(list[0].lost, 3);
    assert_true(ask(series, ND_STAT_INTERRUPTION) == (double)ND_MS(300));
    assert_true(ask(series, ND_STAT_INTERRUPTION_SUM) == (double)ND_MS(400));
    assert_true(ask(series, ND_STAT_INTERRUPTIONS) == 2);
    struct nd_answer answer = nd_series_ask(series, ND_STAT_INTERRUPTION, 0, INT64_MAX);
    assert_true(answer.uncertainty == (double)ND_MS(100));
    nd_series_free(series);
}

static void test_not_sent_is_no_interruption(void **state)
{
    (void)state;
    struct nd_series *series = make("oo---oo");
    assert_true(ask(series, ND_STAT_INTERRUPTION) == 0);
    assert_true(ask(series, ND_STAT_MISSED) == 3);
    assert_true(ask(series, ND_STAT_LOSS) == 0);
    nd_series_free(series);
    /* Missed slots within an interruption widen what is not known about its edges. */
    series = make("oo-x-oo");
    struct nd_answer answer = nd_series_ask(series, ND_STAT_INTERRUPTION, 0, INT64_MAX);
    assert_true(answer.value == (double)ND_MS(200));
    assert_true(answer.uncertainty == (double)ND_MS(200));
    nd_series_free(series);
}

static void test_open_end(void **state)
{
    (void)state;
    struct nd_series *series = make("ooxx");
    struct nd_answer answer = nd_series_ask(series, ND_STAT_INTERRUPTION, 0, INT64_MAX);
    assert_true(answer.open);
    assert_true(answer.value == (double)ND_MS(199)); /* to the next slot that would be due */
    nd_series_free(series);
}

static void test_windows(void **state)
{
    (void)state;
    struct nd_series *series = make("ooooxxxxoo");
    struct nd_answer answer = nd_series_ask(series, ND_STAT_LOSS, ND_MS(400), ND_MS(800));
    assert_true(answer.known && answer.value == 1 && answer.count == 4);
    answer = nd_series_ask(series, ND_STAT_SHARE, ND_MS(350), ND_MS(500));
    assert_true(answer.value == 0);
    assert_false(nd_series_ask(series, ND_STAT_SHARE, ND_SEC(5), ND_SEC(6)).known);
    assert_false(nd_series_ask(series, ND_STAT_P50, ND_MS(400), ND_MS(800)).known);
    nd_series_free(series);
}

static void test_values(void **state)
{
    (void)state;
    struct nd_series *series = make("oooooooooo"); /* 1 ms to 10 ms */
    assert_true(ask(series, ND_STAT_MIN) == (double)ND_MS(1));
    assert_true(ask(series, ND_STAT_P50) == (double)ND_MS(5));
    assert_true(ask(series, ND_STAT_P95) == (double)ND_MS(10));
    assert_true(ask(series, ND_STAT_MAX) == (double)ND_MS(10));
    assert_true(ask(series, ND_STAT_MEAN) == 5.5e6);
    assert_true(ask(series, ND_STAT_JITTER) == (double)ND_MS(1));
    nd_series_free(series);
    assert_int_equal(nd_stat_find("longest_gap"), ND_STAT_LONGEST_GAP);
    assert_int_equal(nd_stat_find("p98"), -1);
}

/* Against a plain count, on random slots. */
static void test_property(void **state)
{
    (void)state;
    unsigned seed = 3;
    for (int round = 0; round < 300; round++) {
        char slots[64];
        int len = rand_r(&seed) % 60 + 1;
        int runs = 0;
        int lost = 0;
        int sent = 0;
        char before = 'o';
        for (int i = 0; i < len; i++) {
            slots[i] = "oox-"[rand_r(&seed) % 4];
            sent += slots[i] != '-';
            lost += slots[i] == 'x';
            runs += slots[i] == 'x' && before != 'x';
            before = slots[i] != '-' ? slots[i] : before;
        }
        slots[len] = '\0';
        struct nd_series *series = make(slots);
        struct nd_answer answer = nd_series_ask(series, ND_STAT_LOSS, 0, INT64_MAX);
        assert_int_equal(answer.count, sent);
        assert_int_equal(answer.count - answer.answered, lost);
        assert_int_equal(nd_series_interruptions(series, 0, INT64_MAX, NULL, 0), runs);
        nd_series_free(series);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interruptions), cmocka_unit_test(test_not_sent_is_no_interruption),
        cmocka_unit_test(test_open_end),      cmocka_unit_test(test_windows),
        cmocka_unit_test(test_values),        cmocka_unit_test(test_property),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
