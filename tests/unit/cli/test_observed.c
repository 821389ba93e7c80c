#include "cli/observed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* When something was seen: as a moment of the drill, or by the clock of the place. */

#define SECOND 1000000000LL

static void test_moments(void **state)
{
    /* From 23:50:30 to 00:20:30 by a clock 8 h ahead: midnight falls into it. */
    const struct nd_played played = {
        .t0 = 7, .wall_ns = 1795535430 * SECOND, .last = 1800 * SECOND, .offset_min = 480};
    const struct {
        const char *text;
        nd_ns moment; /* -1: refused */
    } rows[] = {{"T+00:20", 1200 * SECOND},
                {"T+00:00:01.5", 3 * SECOND / 2},
                {"T+00:31", -1},
                {"23:50:30", 0},
                {"23:50", 0}, /* the minute that it began in */
                {"23:51", 30 * SECOND},
                {"00:10", 1170 * SECOND},
                {"00:10:05", 1175 * SECOND},
                {"23:50:29", -1},
                {"23:49", -1},
                {"00:21", -1},
                {"14:05", -1},
                {"2026-11-25T00:10", 1170 * SECOND},
                {"2026-11-25 00:10:05", 1175 * SECOND},
                {"2026-11-24T00:10", -1},
                {"2026-11-26T00:10", -1},
                {"25:00", -1},
                {"00:10 and more", -1},
                {"", -1}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct nd_fail why = {0};
        nd_ns moment = -1;
        nd_err err = nd_played_moment(&played, rows[i].text, false, &moment, &why);
        if (err != (rows[i].moment >= 0 ? ND_OK : ND_EARG) ||
            (err == ND_OK && moment != rows[i].moment))
            fail_msg("'%s': %d, %lld: %s", rows[i].text, err, (long long)moment, why.text);
    }
    const struct nd_played unbegun = {.t0 = -1, .wall_ns = -1};
    nd_ns moment = 0;
    assert_int_equal(nd_played_moment(&unbegun, "T+00:00", false, &moment, NULL), ND_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_moments)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
