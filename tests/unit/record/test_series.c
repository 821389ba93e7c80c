#include "base/units.h"
#include "run/fold.h"
#include "run/series.h"
#include "run/tally.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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

struct list {
    struct nd_interruption at[4];
    size_t count;
};

static void list_one(void *ctx, const struct nd_interruption *one)
{
    struct list *list = ctx;
    assert_true(list->count < 4);
    list->at[list->count++] = *one;
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
    struct list list = {.count = 0};
    struct nd_tally tally = {.interrupted = list_one, .ctx = &list};
    struct nd_series *series = make("oooxxxooxo");
    nd_series_tally(series, 0, INT64_MAX, &tally);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.at[0].last_good, ND_MS(201));
    assert_int_equal(list.at[0].from, ND_MS(301));
    assert_int_equal(list.at[0].last_lost, ND_MS(501));
    assert_int_equal(list.at[0].till, ND_MS(601));
    assert_int_equal(list.at[0].lost, 3);
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

static void test_availability(void **state)
{
    (void)state;
    struct nd_series *series = make("oooxxxxooo"); /* 0.4 s of 1 s */
    assert_true(fabs(ask(series, ND_STAT_AVAILABILITY) - 0.6) < 1e-9);
    assert_true(ask(series, ND_STAT_AVAILABILITY_MINUTES) == 0); /* 40 % of its minute lost */
    nd_series_free(series);
    series = make("oooooooxoo");
    assert_true(ask(series, ND_STAT_AVAILABILITY_MINUTES) == 1);
    nd_series_free(series);
}

static void test_readings(void **state)
{
    (void)state;
    struct nd_series *series = make("ooxooooooo");
    size_t forward = nd_series_declare(series, "forward", "ns");
    size_t lost = nd_series_declare(series, "lost_forward", "1");
    assert_int_equal(nd_series_declare(series, "forward", "ns"), forward);
    static const int64_t slots[] = {0, 1, 4, 3, 5, 2}; /* 2 was lost: a late answer's */
    for (size_t i = 0; i < 6; i++) {
        nd_series_read(series, forward, slots[i], (double)slots[i]);
        nd_series_read(series, lost, slots[i], slots[i] >= 3 ? 1 : 0);
    }
    struct nd_answer answer = nd_series_ask_reading(series, forward, ND_STAT_MAX, 0, ND_MS(500));
    assert_true(answer.known && answer.value == 4);
    answer = nd_series_ask_reading(series, forward, ND_STAT_JITTER, 0, INT64_MAX);
    assert_true(answer.value == 1.25); /* 0 1 3 4 5: in order, without 2 */
    assert_true(ask(series, ND_STAT_LOSS_FORWARD) == 0.1);
    assert_false(nd_series_ask(series, ND_STAT_LOSS_BACKWARD, 0, INT64_MAX).known);
    assert_true(nd_series_ask(series, ND_STAT_LOSS_FORWARD, ND_MS(400), INT64_MAX).value == 0);
    nd_series_free(series);
}

/* Rows that could not be stored: nothing is known of them, and the rest keeps its place. */
static void test_rows_not_kept(void **state)
{
    (void)state;
    struct nd_series *series = make("oo");
    const struct nd_sample sample = {.series = 1, .slot = 5, .sent = ND_MS(501), .value = 9};
    nd_series_add(series, &sample);
    assert_true(ask(series, ND_STAT_COUNT) == 3);
    assert_true(ask(series, ND_STAT_MISSED) == 0);
    assert_true(ask(series, ND_STAT_INTERRUPTION) == 0);
    assert_int_equal(nd_series_sample(series, 5).due, ND_MS(500));
    nd_series_free(series);
}

/* ---- many values ---- */

static void test_sketch_is_within_its_error(void **state)
{
    (void)state;
    static const double qs[] = {0, 0.5, 0.9, 0.95, 0.99, 0.999, 1};
    unsigned seed = 7;
    for (int shape = 0; shape < 4; shape++) {
        struct nd_sketch sketch = {.count = 0};
        double *values = calloc(20000, sizeof *values);
        for (size_t i = 0; i < 20000; i++) {
            double u = (rand_r(&seed) + 1.0) / (RAND_MAX + 2.0);
            values[i] = shape == 0   ? u * 1e6
                        : shape == 1 ? -log(u) * 1e7
                        : shape == 2 ? pow(10, u * 12 - 3)
                                     : (u - 0.3) * 200; /* both signs */
            nd_sketch_add(&sketch, values[i]);
        }
        for (size_t i = 0; i < sizeof qs / sizeof qs[0]; i++) {
            double exact = nd_fold_quantile(values, 20000, qs[i]);
            double got = nd_sketch_quantile(&sketch, qs[i]);
            assert_true(fabs(got - exact) <= ND_SKETCH_ERROR * fabs(exact) * (1 + 1e-9));
        }
        free(values);
        nd_sketch_deinit(&sketch);
    }
}

/* ---- voice ---- */

static struct nd_series *make_voice(const char *codec, const char *slots, nd_ns trip, nd_ns late)
{
    char options[96];
    snprintf(options, sizeof options, "{\"codec\":\"%s\",\"buffer\":\"60ms\"}", codec);
    const struct nd_series_info info = {
        .id = 1, .name = "v", .unit = "ns", .every = ND_MS(20), .options = options};
    struct nd_series *series = nd_series_new(&info);
    for (int64_t i = 0; slots[i] != '\0'; i++) {
        struct nd_sample sample = {.slot = i, .sent = ND_MS(20) * i, .value = NAN};
        sample.outcome = slots[i] == 'x' ? ND_ETIME : 0;
        if (slots[i] != 'x')
            sample.value = (double)(slots[i] == 'l' ? trip + late : trip);
        nd_series_add(series, &sample);
    }
    return series;
}

static void test_voice(void **state)
{
    (void)state;
    struct nd_series *series = make_voice("g711", "oooooooooo", ND_MS(40), 0);
    /* 20 network + 60 buffer + 20 packet = 100 ms: R = 93.2 - 2.4 */
    assert_true(ask(series, ND_STAT_MOUTH_TO_EAR) == (double)ND_MS(100));
    assert_true(fabs(ask(series, ND_STAT_R_FACTOR) - 90.8) < 1e-9);
    assert_true(fabs(ask(series, ND_STAT_MOS) - 4.358) < 0.001);
    nd_series_free(series);
    /* One packet lost, one too late for the buffer, apart: 20 % at random. */
    series = make_voice("g711", "oxoooolooo", ND_MS(40), ND_MS(61));
    assert_true(fabs(ask(series, ND_STAT_VOICE_LOSS) - 0.2) < 1e-9);
    assert_true(fabs(ask(series, ND_STAT_BURST_RATIO) - 1) < 1e-9);
    assert_true(fabs(ask(series, ND_STAT_R_FACTOR) - (90.8 - 95 * 20 / (20 + 25.1))) < 1e-6);
    nd_series_free(series);
    /* Within the buffer it is heard; in a burst, losses hurt more. */
    series = make_voice("g711", "oxxxxolooo", ND_MS(40), ND_MS(59));
    assert_true(fabs(ask(series, ND_STAT_VOICE_LOSS) - 0.4) < 1e-9);
    assert_true(fabs(ask(series, ND_STAT_BURST_RATIO) - (4 * 0.6)) < 1e-9);
    nd_series_free(series);
    /* A satellite's delay: over 177.3 ms the steeper slope is added. */
    series = make_voice("evs", "oooooooooo", ND_MS(600), 0);
    double expected = 93.2 - .024 * 392 - .11 * (392 - 177.3);
    assert_true(fabs(ask(series, ND_STAT_R_FACTOR) - expected) < 1e-6);
    nd_series_free(series);
    series = make_voice("g711", "xxxx", 0, 0);
    assert_true(ask(series, ND_STAT_MOS) == 1);
    assert_false(nd_series_ask(series, ND_STAT_MOUTH_TO_EAR, 0, INT64_MAX).known);
    nd_series_free(series);
    series = make("oo");
    assert_false(nd_series_is_voice(series));
    nd_series_free(series);
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
        struct nd_tally tally = {.every = ND_MS(100)};
        nd_series_tally(series, 0, INT64_MAX, &tally);
        assert_int_equal(tally.interruptions, runs);
        nd_series_free(series);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interruptions),
        cmocka_unit_test(test_not_sent_is_no_interruption),
        cmocka_unit_test(test_open_end),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_availability),
        cmocka_unit_test(test_readings),
        cmocka_unit_test(test_rows_not_kept),
        cmocka_unit_test(test_sketch_is_within_its_error),
        cmocka_unit_test(test_voice),
        cmocka_unit_test(test_property),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
