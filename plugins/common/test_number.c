#include "number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_numbers(void **state)
{
    (void)state;
    static const char *const emergencies[] = {"110", "112", "118",  "119", "911", "000",
                                              "08",  "999", "+112", "1",   "165"};
    for (size_t i = 0; i < sizeof emergencies / sizeof emergencies[0]; i++)
        assert_true(number_emergency(emergencies[i]));
    assert_false(number_emergency("0912345678"));
    assert_false(number_emergency("+886912345678"));
    assert_true(number_diallable("+886912345678"));
    assert_true(number_diallable("112"));
    static const char *const bad[] = {"",     "+",       "1 1 2",   "*31#112",
                                      "112;", "112\rAT", "tel:112", "123456789012345678901"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(number_diallable(bad[i]));
}

static void test_agreed(void **state)
{
    (void)state;
    static const struct nd_note yes[] = {{"emergency_calls_agreed", "true"}, {NULL, NULL}};
    static const struct nd_note other[] = {{"emergency_calls_agreed", "yes"}, {NULL, NULL}};
    assert_true(number_agreed(&(struct nd_target){.facts = yes}));
    /* Only the one word that was asked for. */
    assert_false(number_agreed(&(struct nd_target){.facts = other}));
    assert_false(number_agreed(&(struct nd_target){.facts = other + 1}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_numbers),
                                       cmocka_unit_test(test_agreed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
