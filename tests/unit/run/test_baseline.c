#include "make_drill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The steady state before and after, on the virtual clock; bodies in C. */

static struct drill_kit kit;
static struct nd_baseline baselines[2];
static double level; /* what the baseline measures; a step may change it */
static int measured; /* how often */

static struct nd_verdict verdict_of(double value)
{
    return (struct nd_verdict){.sentence = {NULL, "The level is 1"},
                               .operator_name = "equals",
                               .unit = "1",
                               .measured = value,
                               .limit = 1,
                               .grade = value == 1 ? ND_VERDICT_MET : ND_VERDICT_MISSED,
                               .from = -1,
                               .till = -1};
}

static enum nd_body_state measures(struct nd_task *task, int stage, struct nd_fail *why,
                                   double *value)
{
    (void)why;
    (void)value;
    if (stage == 0) {
        assert_true(nd_task_is_baseline(task));
        nd_task_sleep(task, nd_task_now(task) + ND_SEC(2));
        return ND_BODY_WAITS;
    }
    struct nd_verdict verdict = verdict_of(level);
    nd_task_verdict(task, &verdict);
    measured++;
    return ND_BODY_DONE;
}

static enum nd_body_state steps(struct nd_task *task, int stage, struct nd_fail *why, double *value)
{
    (void)task;
    (void)stage;
    (void)why;
    (void)value;
    return ND_BODY_DONE;
}

static enum nd_body_state spoils(struct nd_task *task, int stage, struct nd_fail *why,
                                 double *value)
{
    level = 2;
    return steps(task, stage, why, value);
}

static enum nd_body_state changes(struct nd_task *task, int stage, struct nd_fail *why,
                                  double *value)
{
    (void)value;
    if (stage == 0) {
        nd_task_call(task, drill_kit_call(task, kit.plugins, "change", "1", "x", NULL));
        return ND_BODY_WAITS;
    }
    const struct nd_task_result *result = nd_task_result(task);
    if (result->err == ND_OK)
        return ND_BODY_DONE;
    nd_fail_set(why, result->err, "%s", result->why);
    return ND_BODY_FAILED;
}

static enum nd_body_state forever(struct nd_task *task, int stage, struct nd_fail *why,
                                  double *value)
{
    (void)stage;
    (void)why;
    (void)value;
    nd_task_sleep(task, nd_task_now(task) + ND_SEC(100000));
    return ND_BODY_WAITS;
}

static void begin(body_fn body, body_fn step)
{
    drill_kit_init(&kit);
    level = 1;
    measured = 0;
    kit.bodies[BODIES_MAX - 1] = body;
    baselines[0] = (struct nd_baseline){
        .id = "b1", .title = {NULL, "Steady"}, .within = ND_SEC(10), .body = BODIES_MAX - 1};
    kit.drill.baselines = baselines;
    kit.drill.baselines_count = 1;
    drill_kit_step(&kit, 0, "a", step);
}

static const char *outcome(int *code)
{
    return nd_outcome_name(nd_run_outcome(kit.run), code);
}

static const char *text_at(const char *type, size_t n, const char *key)
{
    const json_t *data = json_object_get(drill_kit_event(&kit, type, n), "data");
    return json_string_value(json_object_get(data, key));
}

static bool holds(size_t n)
{
    const json_t *data = json_object_get(drill_kit_event(&kit, "baseline.ended", n), "data");
    return json_is_true(json_object_get(data, "holds"));
}

static void test_holds(void **state)
{
    (void)state;
    int code = -1;
    begin(measures, changes);
    drill_kit_run(&kit);
    assert_string_equal(outcome(&code), "ok");
    assert_int_equal(code, 0);
    assert_int_equal(measured, 2);
    assert_string_equal(text_at("baseline.checked", 0, "when"), "before");
    assert_string_equal(text_at("baseline.checked", 1, "when"), "after");
    assert_true(holds(0) && holds(1));
    /* Before STARTEX, and after all is restored; none of it counts as the drill's. */
    assert_non_null(strstr(nd_buf_str(&kit.events), "baseline.ended\nrun.started"));
    assert_non_null(strstr(nd_buf_str(&kit.events), "restore.ended\nbaseline.started"));
    assert_non_null(strstr(nd_buf_str(&kit.events), "baseline.ended\nrun.closed"));
    assert_int_equal(nd_run_outcome(kit.run)->met, 0);
    assert_int_equal(nd_run_outcome(kit.run)->verified, 1);
    assert_int_equal(nd_run_outcome(kit.run)->restore_took, 0); /* not the measuring */
    drill_kit_deinit(&kit);
}

static void test_does_not_hold(void **state)
{
    (void)state;
    int code = -1;
    begin(measures, changes);
    level = 3;
    drill_kit_run(&kit);
    assert_string_equal(outcome(&code), "refused");
    assert_int_equal(code, 3);
    assert_int_equal(measured, 1);
    assert_string_equal(text_at("run.refused", 0, "reason"),
                        "the baseline does not hold: Steady: The level is 1");
    assert_int_equal(drill_kit_count(&kit, "run.started"), 0);
    assert_int_equal(drill_kit_count(&kit, "change.recorded"), 0);
    assert_int_equal(drill_kit_count(&kit, "run.closed"), 1);
    drill_kit_deinit(&kit);
}

static void test_no_longer_holds(void **state)
{
    (void)state;
    int code = -1;
    begin(measures, spoils);
    drill_kit_run(&kit);
    assert_string_equal(outcome(&code), "unsteady");
    assert_int_equal(code, 13);
    assert_true(holds(0) && !holds(1));
    drill_kit_deinit(&kit);
}

/* A baseline only measures. */
static void test_changes_nothing(void **state)
{
    (void)state;
    int code = -1;
    begin(changes, steps);
    drill_kit_run(&kit);
    assert_string_equal(outcome(&code), "refused");
    assert_non_null(strstr(text_at("run.refused", 0, "reason"), "changes nothing"));
    assert_string_equal(text_at("op.ended", 0, "err"), "ERIGHTS");
    assert_int_equal(drill_kit_count(&kit, "change.recorded"), 0);
    drill_kit_deinit(&kit);
}

static void test_takes_too_long(void **state)
{
    (void)state;
    int code = -1;
    begin(forever, steps);
    drill_kit_run(&kit);
    assert_string_equal(outcome(&code), "refused");
    assert_non_null(strstr(text_at("run.refused", 0, "reason"), "longer than 10s"));
    drill_kit_deinit(&kit);
}

/* One that expects nothing shows nothing. */
static void test_expects_nothing(void **state)
{
    (void)state;
    int code = -1;
    begin(steps, steps);
    drill_kit_run(&kit);
    assert_string_equal(outcome(&code), "refused");
    assert_non_null(strstr(text_at("run.refused", 0, "reason"), "it expects nothing"));
    drill_kit_deinit(&kit);
}

static void abort_now(void *ctx)
{
    (void)ctx;
    nd_run_abort(kit.run, "test", "on purpose");
}

static void test_aborted_meanwhile(void **state)
{
    (void)state;
    int code = -1;
    begin(measures, changes);
    kit.run = nd_run_new(&kit.config, NULL);
    nd_sched_at(kit.sched, nd_sched_now(kit.sched) + ND_SEC(1), abort_now, NULL);
    nd_run_begin(kit.run);
    nd_sched_run(kit.sched);
    assert_string_equal(outcome(&code), "aborted");
    assert_int_equal(measured, 0);
    assert_int_equal(drill_kit_count(&kit, "run.started"), 0);
    assert_int_equal(drill_kit_count(&kit, "run.closed"), 1);
    drill_kit_deinit(&kit);
}

/* After an abort of the drill it is measured too: is the network as before? */
static void test_measured_after_abort(void **state)
{
    (void)state;
    int code = -1;
    begin(measures, forever);
    kit.run = nd_run_new(&kit.config, NULL);
    nd_sched_at(kit.sched, nd_sched_now(kit.sched) + ND_SEC(5), abort_now, NULL);
    nd_run_begin(kit.run);
    nd_sched_run(kit.sched);
    assert_string_equal(outcome(&code), "aborted");
    assert_int_equal(measured, 2);
    drill_kit_deinit(&kit);
}

/* Somebody who does not want to wait is obeyed; what was not measured is not known to hold. */
static void test_cut_short(void **state)
{
    (void)state;
    int code = -1;
    begin(measures, steps);
    kit.run = nd_run_new(&kit.config, NULL);
    nd_sched_at(kit.sched, nd_sched_now(kit.sched) + ND_SEC(3), abort_now, NULL);
    nd_run_begin(kit.run);
    nd_sched_run(kit.sched);
    assert_string_equal(outcome(&code), "unsteady");
    assert_int_equal(measured, 1);
    assert_int_equal(drill_kit_count(&kit, "run.aborting"), 0);
    const json_t *ended = json_object_get(drill_kit_event(&kit, "baseline.ended", 1), "data");
    assert_true(json_is_true(json_object_get(ended, "cut")));
    assert_int_equal(drill_kit_count(&kit, "run.closed"), 1);
    drill_kit_deinit(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holds),
        cmocka_unit_test(test_does_not_hold),
        cmocka_unit_test(test_no_longer_holds),
        cmocka_unit_test(test_changes_nothing),
        cmocka_unit_test(test_takes_too_long),
        cmocka_unit_test(test_expects_nothing),
        cmocka_unit_test(test_aborted_meanwhile),
        cmocka_unit_test(test_measured_after_abort),
        cmocka_unit_test(test_cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
