/* The axis of a bullet chart, and where values stand on it. */
#include "report/page/scale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SEC  1e9
#define MIN  (60 * SEC)
#define HOUR (60 * MIN)

static void assert_near(double a, double b, double error)
{
    assert_true(fabs(a - b) <= error);
}

static struct nd_scale_want plain(double value, double limit)
{
    return (struct nd_scale_want){.value = value, .limit = limit, .warn = (double)NAN};
}

static struct nd_scale_want length(double value, double limit)
{
    struct nd_scale_want want = plain(value, limit);
    want.time = true;
    return want;
}

static struct nd_scale_want share(double value, double limit)
{
    struct nd_scale_want want = plain(value, limit);
    want.share = true;
    return want;
}

static void assert_scale(const struct nd_scale_want *want, double from, double to, bool tenfolds)
{
    struct nd_scale scale = nd_scale_for(want);
    assert_near(scale.from, from, fabs(from) * 1e-9);
    assert_near(scale.to, to, fabs(to) * 1e-9);
    assert_int_equal(scale.tenfolds, tenfolds);
    assert_true(scale.from < scale.to);
}

static void linear(void **state)
{
    (void)state;
    const struct {
        struct nd_scale_want want;
        double from, to;
    } rows[] = {
        {plain(4.3, 4), 0, 5},
        {plain(40, 100), 0, 150},
        {plain(0, 10), 0, 15},
        {plain(0, 0), 0, 1},
        {plain(7, 0), 0, 10},
        {plain(-3, 2), -4, 2.5},
        {plain(-3, -2), -4, 0},
        {plain(20, 1), 0, 25},
        {plain((double)NAN, 60), 0, 80},
        {plain((double)INFINITY, 60), 0, 80},
        {plain(-(double)INFINITY, 60), 0, 80},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_scale(&rows[i].want, rows[i].from, rows[i].to, false);
}

static void with_uncertainty_and_warning(void **state)
{
    (void)state;
    struct nd_scale_want want = plain(90, 100);
    want.width = 60; /* 150 */
    assert_scale(&want, 0, 200, false);
    want = plain(5, 10);
    want.width = 8; /* from -3 */
    assert_scale(&want, -4, 15, false);
    want = plain(1, 2);
    want.warn = 9;
    assert_scale(&want, 0, 15, false);
}

static void shares(void **state)
{
    (void)state;
    const struct {
        struct nd_scale_want want;
        double from, to;
    } rows[] = {{share(1, 1), 0, 1},       {share(0, 0), 0, 0.01},
                {share(0.5, 0.8), 0, 1},   {share(0.02, 0.05), 0, 0.06},
                {share(1, 0.99), 0.98, 1}, {share(0.9995, 0.999), 0.998, 1},
                {share(0.93, 1), 0.85, 1}, {share(0.2, 1), 0, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_scale(&rows[i].want, rows[i].from, rows[i].to, false);
}

static void tenfolds(void **state)
{
    (void)state;
    const struct {
        struct nd_scale_want want;
        double from, to;
    } rows[] = {{plain(1, 21), 0.1, 100},
                {plain(21, 1), 0.1, 100},
                {length(1 * SEC, 1 * MIN), 1e8, 10 * MIN},
                {length(7 * SEC, 15 * MIN), 1 * SEC, 1 * HOUR},
                {length(10e6, 1 * SEC), 1e6, 10 * SEC},
                {length(1.11 * SEC, 1 * HOUR), 1e8, 10 * HOUR},
                {length(1e3, 1 * HOUR), 36e6, 10 * HOUR}, /* the value is off the scale */
                {plain(1e12, 3), 1, 1e6}};                /* and here on the other side */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_scale(&rows[i].want, rows[i].from, rows[i].to, true);
}

static void lengths_are_round(void **state)
{
    (void)state;
    const struct nd_scale_want wants[] = {length(50 * SEC, 1 * MIN),  length(1 * HOUR, 1 * HOUR),
                                          length(20 * SEC, 30 * SEC), length(0, 15 * MIN),
                                          length(0, 50 * HOUR),       length(400e6, 300e6)};
    const double ends[] = {1.5 * MIN, 1.5 * HOUR, 40 * SEC, 20 * MIN, 60 * HOUR, 500e6};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        assert_scale(&wants[i], 0, ends[i], false);
    /* Between 100 ms and 10 min: 1 s, 10 s, 1 min. */
    const struct nd_scale_want want = length(1 * SEC, 1 * MIN);
    const struct nd_scale scale = nd_scale_for(&want);
    const double marks[] = {1 * SEC, 10 * SEC, 1 * MIN};
    double at = scale.from;
    for (size_t i = 0; i < 3; i++) {
        at = nd_scale_tenfold(&scale, at, true);
        assert_near(at, marks[i], 1);
    }
    assert_true(isnan(nd_scale_tenfold(&scale, at, true)));
    const struct nd_scale line = {0, 10, false};
    assert_true(isnan(nd_scale_tenfold(&line, 1, false)));
}

static void places(void **state)
{
    (void)state;
    enum nd_scale_side side = ND_SCALE_ON;
    const struct nd_scale line = {-10, 30, false};
    assert_near(nd_scale_at(&line, -10, &side), 0, 0);
    assert_near(nd_scale_at(&line, 0, &side), 0.25, 1e-12);
    assert_near(nd_scale_at(&line, 30, &side), 1, 0);
    assert_int_equal(side, ND_SCALE_ON);
    assert_near(nd_scale_at(&line, (double)INFINITY, &side), 1, 0);
    assert_int_equal(side, ND_SCALE_ABOVE);
    assert_near(nd_scale_at(&line, -10.5, &side), 0, 0);
    assert_int_equal(side, ND_SCALE_BELOW);
    const struct nd_scale log = {1, 10000, true};
    assert_near(nd_scale_at(&log, 10, &side), 0.25, 1e-12);
    assert_near(nd_scale_at(&log, 1, &side), 0, 1e-12);
    assert_int_equal(side, ND_SCALE_ON);
    assert_near(nd_scale_at(&log, 0, &side), 0, 0);
    assert_int_equal(side, ND_SCALE_BELOW);
    assert_near(nd_scale_at(&log, 20000, NULL), 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear), cmocka_unit_test(with_uncertainty_and_warning),
        cmocka_unit_test(shares), cmocka_unit_test(tenfolds),
        cmocka_unit_test(places), cmocka_unit_test(lengths_are_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
