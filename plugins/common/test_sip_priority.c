#include "sip_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Where a Resource-Priority stands in its namespace. */

/* IANA's registry "SIP Parameters", each namespace's values with their numeric value. */
static const struct {
    const char *text;
    int numeric;
} registry[] = {{"drsn.routine", 5},
                {"drsn.priority", 4},
                {"drsn.immediate", 3},
                {"drsn.flash", 2},
                {"drsn.flash-override", 1},
                {"drsn.flash-override-override", 0},
                {"dsn.routine", 4},
                {"dsn.priority", 3},
                {"dsn.immediate", 2},
                {"dsn.flash", 1},
                {"dsn.flash-override", 0},
                {"q735.4", 4},
                {"q735.3", 3},
                {"q735.2", 2},
                {"q735.1", 1},
                {"q735.0", 0},
                {"ets.4", 4},
                {"ets.3", 3},
                {"ets.2", 2},
                {"ets.1", 1},
                {"ets.0", 0},
                {"wps.4", 4},
                {"wps.3", 3},
                {"wps.2", 2},
                {"wps.1", 1},
                {"wps.0", 0},
                {"esnet.0", 4},
                {"esnet.1", 3},
                {"esnet.2", 2},
                {"esnet.3", 1},
                {"esnet.4", 0},
                {"mcpttp.0", 15},
                {"mcpttp.1", 14},
                {"mcpttp.7", 8},
                {"mcpttp.14", 1},
                {"mcpttp.15", 0},
                {"mcpttq.0", 15},
                {"mcpttq.1", 14},
                {"mcpttq.7", 8},
                {"mcpttq.14", 1},
                {"mcpttq.15", 0}};

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int rank, count; /* -1: unknown namespace */
    } cases[] = {{"ets.0", 1, 5},        {"ets.4", 5, 5},      {"wps.0", 1, 5},
                 {"q735.0", 1, 5},       {"mcpttp.15", 1, 16}, {"mcpttp.0", 16, 16},
                 {"mcpttq.14", 2, 16},   {"esnet.4", 1, 5},    {"dsn.flash-override", 1, 5},
                 {"drsn.routine", 6, 6}, {"ets.5", 0, 5},      {"mcpttp.", 0, 16},
                 {"mcpttp", 0, 16},      {"x.1", 0, -1},       {"et.0", 0, -1},
                 {"DSN.Flash", 2, 5}};
    for (size_t i = 0; i < sizeof registry / sizeof registry[0]; i++) {
        struct sip_rank rank;
        assert_int_equal(sip_rank(registry[i].text, &rank), 1);
        assert_int_equal(rank.rank, registry[i].numeric + 1);
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sip_rank rank;
        assert_int_equal(sip_rank(cases[i].text, &rank), cases[i].count > 0);
        assert_int_equal(rank.rank, cases[i].rank);
        assert_int_equal(rank.count, cases[i].count > 0 ? cases[i].count : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
