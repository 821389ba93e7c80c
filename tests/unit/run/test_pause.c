#include "make_drill.h"
#include "run/phrase.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Pause and resume on the virtual clock: what waits, what goes on, and what shifts. */

static struct drill_kit kit;
static nd_ns ended_at, woke_at, woke_moment;

static void pause_due(void *ctx)
{
    struct nd_fail why = {0};
    (void)ctx;
    assert_int_equal(nd_run_pause(kit.run, "lin", &why), ND_OK);
    assert_int_equal(nd_run_pause(kit.run, "lin", &why), ND_ESTATE);
}

static void resume_due(void *ctx)
{
    struct nd_fail why = {0};
    (void)ctx;
    assert_int_equal(nd_run_resume(kit.run, "lin", &why), ND_OK);
}

/* Paused from 2 s to 7 s: five seconds. */
static void play(nd_ns from, nd_ns till)
{
    struct nd_fail why = {0};
    kit.run = nd_run_new(&kit.config, &why);
    assert_non_null(kit.run);
    nd_sched_at(kit.sched, from, pause_due, NULL);
    if (till > 0)
        nd_sched_at(kit.sched, till, resume_due, NULL);
    nd_run_begin(kit.run);
    nd_sched_run(kit.sched);
    assert_true(nd_run_outcome(kit.run)->ended);
    ended_at = nd_run_outcome(kit.run)->lasted;
}

static nd_ns started_at(const char *type, size_t n)
{
    const json_t *event = drill_kit_event(&kit, type, n);
    assert_non_null(event);
    return json_integer_value(json_object_get(event, "monons"));
}

static enum nd_body_state sleeps(struct nd_task *task, int stage, struct nd_fail *why,
                                 double *value)
{
    (void)why;
    (void)value;
    if (stage == 1) {
        woke_at = nd_sched_now(kit.sched);
        woke_moment = nd_task_now(task);
        return ND_BODY_DONE;
    }
    nd_task_sleep(task, nd_task_now(task) + ND_SEC(3));
    return ND_BODY_WAITS;
}

static void test_later_moments_shift(void **state)
{
    (void)state;
    drill_kit_init(&kit);
    drill_kit_step(&kit, 0, "a", sleeps);
    struct nd_step *b = drill_kit_step(&kit, 0, "b", NULL);
    b->at_given = true;
    b->at = ND_SEC(1); /* before the pause: not moved */
    struct nd_step *c = drill_kit_step(&kit, 0, "c", NULL);
    c->at_given = c->at_is_moment = true;
    c->at = ND_SEC(4);
    drill_kit_step(&kit, 1, "d", NULL);
    kit.phases[1].at_given = true;
    kit.phases[1].at = ND_SEC(10);
    play(ND_SEC(2), ND_SEC(7));
    assert_int_equal(woke_at, ND_SEC(8));     /* slept 3 s of the drill */
    assert_int_equal(woke_moment, ND_SEC(3)); /* whose clock stood still */
    assert_int_equal(started_at("step.started", 1), ND_SEC(1));
    assert_int_equal(started_at("step.started", 2), ND_SEC(9));
    assert_int_equal(started_at("phase.started", 1), ND_SEC(15));
    const json_t *data = json_object_get(drill_kit_event(&kit, "run.resumed", 0), "data");
    assert_int_equal(json_integer_value(json_object_get(data, "lasted_ns")), ND_SEC(5));
    assert_int_equal(
        json_integer_value(json_object_get(
            json_object_get(drill_kit_event(&kit, "step.started", 2), "data"), "late_ns")),
        0);
    drill_kit_deinit(&kit);
}

static void test_the_end_shifts_too(void **state)
{
    (void)state;
    drill_kit_init(&kit);
    drill_kit_step(&kit, 0, "a", drill_kit_forever);
    play(ND_SEC(2), ND_SEC(7));
    assert_int_equal(ended_at, ND_SEC(65));
    drill_kit_deinit(&kit);
}

/* ---- changes ---- */

static const char *policy, *by;

static enum nd_body_state changes(struct nd_task *task, int stage, struct nd_fail *why,
                                  double *value)
{
    (void)why;
    (void)value;
    if (stage == 0)
        nd_task_call(task, drill_kit_call(task, kit.plugins, "change", "while_paused", policy, by,
                                          "T+00:00:05", NULL));
    else if (stage == 1)
        nd_task_sleep(task, ND_SEC(20));
    return stage < 2 ? ND_BODY_WAITS : ND_BODY_DONE;
}

static void test_hold(void **state)
{
    (void)state;
    policy = "hold";
    by = NULL;
    drill_kit_init(&kit);
    drill_kit_step(&kit, 0, "a", changes);
    play(ND_SEC(2), ND_SEC(7));
    assert_int_equal(drill_kit_count(&kit, "change.recorded"), 1);
    assert_int_equal(started_at("change.undone", 0), ND_SEC(25));
    drill_kit_deinit(&kit);
}

static void test_revert_and_again(void **state)
{
    (void)state;
    policy = "revert";
    by = NULL;
    drill_kit_init(&kit);
    drill_kit_step(&kit, 0, "a", changes);
    play(ND_SEC(2), ND_SEC(7));
    assert_int_equal(started_at("change.undone", 0), ND_SEC(2));
    assert_int_equal(started_at("change.recorded", 1), ND_SEC(7));
    assert_int_equal(started_at("change.undone", 1), ND_SEC(25) + ND_MS(1));
    assert_int_equal(nd_run_outcome(kit.run)->verified, 2);
    assert_string_equal(nd_outcome_name(nd_run_outcome(kit.run), NULL), "ok");
    drill_kit_deinit(&kit);
}

/* Safety first: restore_by keeps counting; what was put back by then is not made again. */
static void test_restore_by_keeps_counting(void **state)
{
    (void)state;
    policy = "hold";
    by = "restore_by";
    drill_kit_init(&kit);
    drill_kit_step(&kit, 0, "a", changes);
    play(ND_SEC(2), ND_SEC(7));
    assert_int_equal(started_at("change.undone", 0), ND_SEC(5));
    drill_kit_deinit(&kit);
    policy = "revert";
    drill_kit_init(&kit);
    drill_kit_step(&kit, 0, "a", changes);
    play(ND_SEC(2), ND_SEC(7));
    assert_int_equal(started_at("change.undone", 0), ND_SEC(2));
    assert_int_equal(drill_kit_count(&kit, "change.recorded"), 1);
    assert_int_equal(drill_kit_count(&kit, "note"), 1);
    drill_kit_deinit(&kit);
}

static void test_not_made_again(void **state)
{
    (void)state;
    static const struct nd_script_fail fail = {"pretend.change", 2, ND_ERIGHTS};
    policy = "revert";
    by = NULL;
    drill_kit_init(&kit);
    kit.config.fails = &fail;
    kit.config.fails_count = 1;
    drill_kit_step(&kit, 0, "a", changes);
    play(ND_SEC(2), ND_SEC(7));
    assert_string_equal(nd_outcome_name(nd_run_outcome(kit.run), NULL), "incomplete");
    drill_kit_deinit(&kit);
}

static void abort_due(void *ctx)
{
    (void)ctx;
    nd_run_abort(kit.run, "lin", "a real emergency");
}

static void test_abort_in_a_pause(void **state)
{
    (void)state;
    policy = "hold";
    by = NULL;
    drill_kit_init(&kit);
    drill_kit_step(&kit, 0, "a", changes);
    nd_sched_at(kit.sched, ND_SEC(9), abort_due, NULL);
    play(ND_SEC(2), 0);
    assert_int_equal(ended_at, ND_SEC(9));
    assert_int_equal(nd_run_outcome(kit.run)->verified, 1);
    assert_string_equal(nd_outcome_name(nd_run_outcome(kit.run), NULL), "aborted");
    drill_kit_deinit(&kit);
}

/* ---- measuring, asking, guarding ---- */

static enum nd_body_state measures(struct nd_task *task, int stage, struct nd_fail *why,
                                   double *value)
{
    (void)value;
    if (stage != 0)
        return ND_BODY_DONE;
    struct nd_call_spec *spec = drill_kit_call(task, kit.plugins, "probe", NULL);
    struct nd_series *series = nd_task_measure(task, spec, ND_MS(100), -1, ND_SEC(5), why);
    nd_task_await_series(task, series, -1);
    return ND_BODY_WAITS;
}

/* Its end is a moment of the drill, so it is longer by the pause, and has no hole. */
static void test_measurements_go_on(void **state)
{
    (void)state;
    drill_kit_init(&kit);
    drill_kit_step(&kit, 0, "a", measures);
    play(ND_SEC(2), ND_SEC(7));
    const json_t *data = json_object_get(drill_kit_event(&kit, "series.closed", 0), "data");
    assert_int_equal(json_integer_value(json_object_get(data, "count")), 100);
    assert_int_equal(json_integer_value(json_object_get(data, "missed")), 0);
    drill_kit_deinit(&kit);
}

static const struct nd_text2 question = {NULL, "Agree"};

static enum nd_body_state asks(struct nd_task *task, int stage, struct nd_fail *why, double *value)
{
    (void)why;
    (void)value;
    if (stage != 0)
        return ND_BODY_DONE;
    nd_task_confirm(task, &question, "ceoc", ND_SEC(4));
    return ND_BODY_WAITS;
}

static void test_people_have_their_time(void **state)
{
    (void)state;
    const struct nd_script_answer answers[] = {{.match = "*", .answer = ND_ANSWER_NONE}};
    drill_kit_init(&kit);
    kit.config.answers = answers;
    kit.config.answers_count = 1;
    drill_kit_step(&kit, 0, "a", asks);
    play(ND_SEC(2), ND_SEC(7));
    assert_int_equal(started_at("confirm.expired", 0), ND_SEC(9));
    drill_kit_deinit(&kit);
}

static enum nd_body_state over(struct nd_task *task, int stage, struct nd_fail *why, double *value)
{
    (void)task;
    (void)stage;
    (void)why;
    *value = nd_sched_now(kit.sched) >= ND_SEC(4) ? 1 : 0;
    return ND_BODY_DONE;
}

static void test_guards_watch_a_pause(void **state)
{
    (void)state;
    drill_kit_init(&kit);
    drill_kit_step(&kit, 0, "a", drill_kit_forever);
    kit.bodies[9] = over;
    kit.guards[0] = (struct nd_guard){.id = "g1",
                                      .title = {NULL, "Load"},
                                      .every = ND_SEC(1),
                                      .has_at_most = true,
                                      .at_most = 0.5,
                                      .abort = true,
                                      .read = 9};
    kit.drill.guards_count = 1;
    play(ND_SEC(2), 0);
    assert_int_equal(ended_at, ND_SEC(4));
    drill_kit_deinit(&kit);
}

static void test_phrases(void **state)
{
    (void)state;
    static const char *const yes[] = {"停止演練", "請注意，真實狀況！", "REAL-WORLD EMERGENCY",
                                      "this is a real world emergency", "Real-World Emergency."};
    static const char *const no[] = {"",          "演練",      "停止", "real emergency",
                                     "emergency", "REAL-WORLD"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        assert_true(nd_is_abort_phrase(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        assert_false(nd_is_abort_phrase(no[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_later_moments_shift),
        cmocka_unit_test(test_the_end_shifts_too),
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_revert_and_again),
        cmocka_unit_test(test_restore_by_keeps_counting),
        cmocka_unit_test(test_not_made_again),
        cmocka_unit_test(test_abort_in_a_pause),
        cmocka_unit_test(test_measurements_go_on),
        cmocka_unit_test(test_people_have_their_time),
        cmocka_unit_test(test_guards_watch_a_pause),
        cmocka_unit_test(test_phrases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
