#include "make_drill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The engine on the virtual clock, with bodies in C and the plugin that obeys. */

static struct drill_kit kit;

static enum nd_body_state sleeps(struct nd_task *task, int stage, struct nd_fail *why,
                                 double *value)
{
    (void)why;
    (void)value;
    if (stage == 1)
        return ND_BODY_DONE;
    nd_task_sleep(task, nd_task_now(task) + ND_SEC(3));
    return ND_BODY_WAITS;
}

static enum nd_body_state fails(struct nd_task *task, int stage, struct nd_fail *why, double *value)
{
    (void)task;
    (void)stage;
    (void)value;
    nd_fail_set(why, ND_EARG, "on purpose");
    return ND_BODY_FAILED;
}

static void test_order(void **state)
{
    (void)state;
    drill_kit_init(&kit);
    drill_kit_step(&kit, 0, "a", sleeps);
    struct nd_step *b = drill_kit_step(&kit, 0, "b", sleeps);
    b->after = "a";
    struct nd_step *c = drill_kit_step(&kit, 0, "c", NULL);
    c->at_given = true;
    c->at = ND_SEC(4);
    drill_kit_step(&kit, 1, "d", sleeps);
    drill_kit_run(&kit);
    assert_string_equal(nd_buf_str(&kit.events),
                        "journal.opened\nrun.started\nphase.started p1\nstep.started a\n"
                        "step.ended a\nstep.started b\nstep.started c\nstep.ended c\n"
                        "step.ended b\nphase.ended p1\nphase.started p2\nstep.started d\n"
                        "step.ended d\nphase.ended p2\nrun.ended\nrestore.started\n"
                        "restore.ended\nrun.closed\n");
    assert_int_equal(nd_run_outcome(kit.run)->lasted, ND_SEC(9));
    assert_int_equal(nd_run_outcome(kit.run)->steps_done, 4);
    drill_kit_deinit(&kit);
}

static void test_failed_step_skips_followers(void **state)
{
    (void)state;
    int code = 0;
    drill_kit_init(&kit);
    drill_kit_step(&kit, 0, "a", fails);
    drill_kit_step(&kit, 0, "b", sleeps)->after = "a";
    drill_kit_run(&kit);
    const struct nd_outcome *outcome = nd_run_outcome(kit.run);
    assert_int_equal(outcome->steps_failed, 1);
    assert_int_equal(outcome->steps_skipped, 1);
    assert_string_equal(nd_outcome_name(outcome, &code), "incomplete");
    assert_int_equal(code, 5);
    drill_kit_deinit(&kit);
}

static void test_time_is_up(void **state)
{
    (void)state;
    drill_kit_init(&kit);
    drill_kit_step(&kit, 0, "a", drill_kit_forever);
    drill_kit_run(&kit);
    assert_int_equal(nd_run_outcome(kit.run)->lasted, ND_SEC(60));
    assert_int_equal(nd_run_outcome(kit.run)->steps_cancelled, 1);
    assert_int_equal(kit.dropped, 1);
    drill_kit_deinit(&kit);
}

/* ---- changes ---- */

static enum nd_body_state changes(struct nd_task *task, int stage, struct nd_fail *why,
                                  double *value)
{
    (void)why;
    (void)value;
    if (stage == 0) {
        nd_task_call(task,
                     drill_kit_call(task, kit.plugins, "change", "file", "/nonexistent/x", NULL));
        return ND_BODY_WAITS;
    }
    assert_int_equal(nd_task_result(task)->err, kit.config.fails_count != 0 ? ND_ERIGHTS : ND_OK);
    return ND_BODY_DONE;
}

static void test_change_is_recorded_then_restored(void **state)
{
    (void)state;
    drill_kit_init(&kit);
    drill_kit_step(&kit, 0, "a", changes);
    drill_kit_run(&kit);
    const char *events = nd_buf_str(&kit.events);
    const char *recorded = strstr(events, "change.recorded 1\n");
    const char *applied = strstr(events, "change.applied 1\n");
    const char *undone = strstr(events, "change.undone 1\n");
    const char *verified = strstr(events, "change.verified 1\n");
    assert_true(recorded != NULL && recorded < applied && applied < undone && undone < verified);
    assert_int_equal(nd_run_outcome(kit.run)->verified, 1);
    drill_kit_deinit(&kit);
}

static void test_ordered_failure(void **state)
{
    (void)state;
    static const struct nd_script_fail fail = {"pretend.change", 1, ND_ERIGHTS};
    drill_kit_init(&kit);
    kit.config.fails = &fail;
    kit.config.fails_count = 1;
    drill_kit_step(&kit, 0, "a", changes);
    drill_kit_run(&kit);
    assert_int_equal(drill_kit_count(&kit, "change.recorded"), 0);
    assert_int_equal(nd_run_outcome(kit.run)->changes, 0);
    drill_kit_deinit(&kit);
}

/* ---- measuring ---- */

static struct nd_series *series;

static enum nd_body_state measures(struct nd_task *task, int stage, struct nd_fail *why,
                                   double *value)
{
    (void)value;
    if (stage == 0) {
        struct nd_call_spec *spec = drill_kit_call(task, kit.plugins, "probe", NULL);
        series = nd_task_measure(task, spec, ND_MS(100), -1, ND_SEC(5), why);
        assert_non_null(series);
        nd_task_await_series(task, series, -1);
        return ND_BODY_WAITS;
    }
    assert_true(nd_series_closed(series));
    struct nd_answer count = nd_series_ask(series, ND_STAT_COUNT, 0, INT64_MAX);
    assert_int_equal(count.count, 50);
    assert_int_equal(count.answered, 50);
    return ND_BODY_DONE;
}

static void test_stream_lies_on_the_grid(void **state)
{
    (void)state;
    drill_kit_init(&kit);
    drill_kit_step(&kit, 0, "a", measures);
    drill_kit_run(&kit);
    assert_int_equal(nd_run_outcome(kit.run)->steps_done, 1);
    size_t count = nd_series_count(series);
    nd_ns first = nd_series_sample(series, 0).due;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(nd_series_sample(series, i).due, first + (nd_ns)i * ND_MS(100));
    drill_kit_deinit(&kit);
}

/* ---- people and guards ---- */

static const struct nd_text2 question = {"同意開放", "Agree to open"};

static enum nd_body_state asks(struct nd_task *task, int stage, struct nd_fail *why, double *value)
{
    (void)value;
    if (stage == 0) {
        nd_task_confirm(task, &question, "ceoc", ND_SEC(20));
        return ND_BODY_WAITS;
    }
    nd_fail_set(why, ND_OK, "%d", nd_task_result(task)->answer);
    return why->text[0] == '0' + ND_ANSWER_YES ? ND_BODY_DONE : ND_BODY_FAILED;
}

static void ask_with(int answer, nd_ns after, int64_t done, const char *event)
{
    const struct nd_script_answer answers[] = {
        {.match = "同意", .after = after, .answer = answer, .by = "lin"}};
    drill_kit_init(&kit);
    kit.config.answers = answers;
    kit.config.answers_count = 1;
    drill_kit_step(&kit, 0, "a", asks);
    drill_kit_run(&kit);
    assert_int_equal(nd_run_outcome(kit.run)->steps_done, done);
    assert_int_equal(drill_kit_count(&kit, event), 1);
    drill_kit_deinit(&kit);
}

static void test_confirmations(void **state)
{
    (void)state;
    ask_with(ND_ANSWER_YES, ND_SEC(3), 1, "confirm.answered");
    ask_with(ND_ANSWER_NO, ND_SEC(3), 0, "confirm.answered");
    ask_with(ND_ANSWER_NONE, 0, 0, "confirm.expired");
    ask_with(ND_ANSWER_YES, ND_SEC(30), 0, "confirm.expired"); /* too late */
}

static double load;

static enum nd_body_state reads_load(struct nd_task *task, int stage, struct nd_fail *why,
                                     double *value)
{
    (void)stage;
    (void)why;
    load = nd_task_now(task) >= ND_SEC(20) ? 0.9 : 0.5;
    *value = load;
    return ND_BODY_DONE;
}

static void test_guard_aborts_and_restores(void **state)
{
    (void)state;
    drill_kit_init(&kit);
    drill_kit_step(&kit, 0, "a", changes);
    drill_kit_step(&kit, 0, "b", drill_kit_forever);
    kit.bodies[9] = reads_load;
    kit.guards[0] = (struct nd_guard){.id = "g1",
                                      .title = {NULL, "Load"},
                                      .every = ND_SEC(1),
                                      .grace = ND_SEC(5),
                                      .has_at_most = true,
                                      .at_most = 0.8,
                                      .unit = "1",
                                      .abort = true,
                                      .read = 9};
    kit.drill.guards_count = 1;
    drill_kit_run(&kit);
    const struct nd_outcome *outcome = nd_run_outcome(kit.run);
    assert_true(outcome->aborted);
    assert_int_equal(outcome->lasted, ND_SEC(25)); /* breached at 20 s, borne for 5 s */
    assert_int_equal(outcome->verified, 1);
    assert_int_equal(drill_kit_count(&kit, "guard.breached"), 1);
    assert_string_equal(nd_outcome_name(outcome, NULL), "aborted");
    drill_kit_deinit(&kit);
}

/* ---- sameness and size ---- */

static void test_same_trace(void **state)
{
    (void)state;
    char trace[ND_HASH_TEXT];
    for (int i = 0; i < 2; i++) {
        drill_kit_init(&kit);
        drill_kit_step(&kit, 0, "a", changes);
        drill_kit_step(&kit, 0, "b", measures);
        drill_kit_run(&kit);
        if (i == 0)
            memcpy(trace, nd_run_outcome(kit.run)->trace, sizeof trace);
        assert_string_equal(trace, nd_run_outcome(kit.run)->trace);
        drill_kit_deinit(&kit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_failed_step_skips_followers),
        cmocka_unit_test(test_time_is_up),
        cmocka_unit_test(test_change_is_recorded_then_restored),
        cmocka_unit_test(test_ordered_failure),
        cmocka_unit_test(test_stream_lies_on_the_grid),
        cmocka_unit_test(test_confirmations),
        cmocka_unit_test(test_guard_aborts_and_restores),
        cmocka_unit_test(test_same_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
