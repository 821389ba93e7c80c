#include "make_drill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The site's policy before each act, in the engine. */

static struct drill_kit kit;
static struct nd_site site;
static nd_err results[4]; /* of the calls, in the order of their steps */
static size_t calls;
static const char *restore_by;

static enum nd_body_state changes(struct nd_task *task, int stage, struct nd_fail *why,
                                  double *value)
{
    (void)why;
    (void)value;
    if (stage == 0) {
        nd_task_call(task,
                     drill_kit_call(task, kit.plugins, "change", "1", "x",
                                    restore_by != NULL ? "restore_by" : NULL, restore_by, NULL));
        return ND_BODY_WAITS;
    }
    results[calls++] = nd_task_result(task)->err;
    return ND_BODY_DONE;
}

static enum nd_body_state measures(struct nd_task *task, int stage, struct nd_fail *why,
                                   double *value)
{
    (void)stage;
    (void)value;
    struct nd_call_spec *spec = drill_kit_call(task, kit.plugins, "probe", NULL);
    results[calls++] =
        nd_task_measure(task, spec, ND_MS(10), -1, ND_SEC(1), why) == NULL ? why->code : ND_OK;
    return ND_BODY_DONE;
}

static void begin(void)
{
    drill_kit_init(&kit);
    calls = 0;
    restore_by = NULL;
    site = (struct nd_site){.name = "test", .policy = {.given = true}};
    kit.config.site = &site;
}

/* Two that begin at the same moment are two: one is counted before it is made. */
static void test_at_once(void **state)
{
    (void)state;
    begin();
    site.policy.changes_at_most = 1;
    drill_kit_step(&kit, 0, "a", changes);
    drill_kit_step(&kit, 0, "b", changes);
    drill_kit_run(&kit);
    assert_int_equal(calls, 2);
    assert_int_equal((results[0] == ND_ERIGHTS) + (results[1] == ND_ERIGHTS), 1);
    assert_int_equal((results[0] == ND_OK) + (results[1] == ND_OK), 1);
    assert_int_equal(drill_kit_count(&kit, "change.recorded"), 1);
    drill_kit_deinit(&kit);
}

static void test_lasts(void **state)
{
    (void)state;
    begin();
    site.policy.change_lasts = ND_SEC(30);
    drill_kit_step(&kit, 0, "a", changes); /* to the drill's end: a minute */
    drill_kit_run(&kit);
    assert_int_equal(results[0], ND_ERIGHTS);
    assert_int_equal(drill_kit_count(&kit, "change.recorded"), 0);
    drill_kit_deinit(&kit);
    begin();
    site.policy.change_lasts = ND_SEC(30);
    restore_by = "T+00:00:30";
    drill_kit_step(&kit, 0, "a", changes);
    drill_kit_run(&kit);
    assert_int_equal(results[0], ND_OK);
    drill_kit_deinit(&kit);
}

static void test_forbidden(void **state)
{
    (void)state;
    static const char *const verbs[] = {"pretend.probe", NULL};
    begin();
    site.policy.verbs = verbs;
    drill_kit_step(&kit, 0, "a", measures);
    drill_kit_step(&kit, 0, "b", changes);
    drill_kit_run(&kit);
    assert_int_equal(results[0], ND_ERIGHTS); /* nothing is measured with it either */
    assert_int_equal(results[1], ND_OK);
    assert_int_equal(drill_kit_count(&kit, "series.opened"), 0);
    drill_kit_deinit(&kit);
}

static size_t told;

static void refused(void *ctx, const struct nd_call_spec *spec, const char *code, const char *why)
{
    (void)ctx;
    assert_string_equal(spec->verb->name, "change");
    assert_string_equal(code, "E0505");
    assert_true(strlen(why) > 20);
    told++;
}

/* A preview is told, and goes on to what comes after. */
static void test_preview(void **state)
{
    (void)state;
    begin();
    site.policy.change_lasts = ND_SEC(1);
    kit.config.refused = refused;
    drill_kit_step(&kit, 0, "a", changes);
    drill_kit_run(&kit);
    assert_int_equal(results[0], ND_OK);
    assert_true(told > 0);
    drill_kit_deinit(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_at_once),
        cmocka_unit_test(test_lasts),
        cmocka_unit_test(test_forbidden),
        cmocka_unit_test(test_preview),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
