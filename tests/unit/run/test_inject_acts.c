#include "make_drill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* What an inject does and decides: faults that come with changes, decisions that branch. */

static struct drill_kit kit;
static const struct nd_speaker lin = {"lin", {1000, 1, -1}};
static const struct nd_script_answer silence[] = {
    {.inject = "a", .ack = -1}, {.inject = "b", .ack = -1}, {.inject = "c", .ack = -1}};

static void begin(void)
{
    drill_kit_init(&kit);
    kit.config.answers = silence; /* nobody speaks but the test */
    kit.config.answers_count = 3;
}

static enum nd_body_state acts(struct nd_task *task, int stage, struct nd_fail *why, double *value)
{
    (void)why;
    (void)value;
    if (stage == 0)
        nd_task_call(task, drill_kit_call(task, kit.plugins, "change", NULL));
    return stage == 0 ? ND_BODY_WAITS : ND_BODY_DONE;
}

/* A fault comes with a change, which is put back like any other. */
static void test_fault(void **state)
{
    (void)state;
    begin();
    struct nd_inject *a = drill_kit_inject(&kit, 0, "a");
    a->kind = ND_INJECT_FAULT;
    a->to_count = 0;
    kit.bodies[1] = acts;
    a->act.body = 1;
    drill_kit_step(&kit, 0, "s", NULL)->after = "a";
    drill_kit_run(&kit);
    assert_string_equal(drill_kit_subject(&kit, "step.started", 0), "a");
    assert_string_equal(drill_kit_subject(&kit, "step.started", 1), "s");
    assert_int_equal(drill_kit_count(&kit, "change.applied"), 1);
    assert_int_equal(nd_run_outcome(kit.run)->verified, 1);
    assert_int_equal(nd_run_outcome(kit.run)->steps_done, 2);
    drill_kit_deinit(&kit);
}

static void decide(void *ctx)
{
    struct nd_fail why = {0};
    (void)ctx;
    assert_int_equal(nd_run_reply(kit.run, "a", "maybe", &lin, &why), ND_EARG);
    assert_non_null(strstr(why.text, "'open', 'wait'"));
    assert_int_equal(nd_run_reply(kit.run, "a", "open", &lin, &why), ND_OK);
    assert_string_equal(nd_run_answer_of(kit.run, "a").choice, "open");
}

static void test_decision_branches(void **state)
{
    (void)state;
    static const char *const options[] = {"open", "wait", NULL};
    static const char *const choices[] = {"open", "wait"};
    static const char *const ids[] = {"b", "c"};
    begin();
    struct nd_inject *a = drill_kit_inject(&kit, 0, "a");
    a->kind = ND_INJECT_DECISION;
    a->options = options;
    a->any = true;
    a->react_within = ND_SEC(20);
    for (size_t i = 0; i < 2; i++) {
        struct nd_inject *branch = drill_kit_inject(&kit, 0, ids[i]);
        branch->after = branch->only_if = "a";
        branch->only_choice = choices[i];
        branch->delay = ND_SEC(2);
    }
    nd_sched_at(kit.sched, ND_SEC(4), decide, NULL);
    drill_kit_run(&kit);
    assert_string_equal(drill_kit_subject(&kit, "inject.fired", 1), "b");
    assert_int_equal(drill_kit_moment(&kit, "inject.fired", 1), ND_SEC(6));
    assert_string_equal(drill_kit_subject(&kit, "inject.not_needed", 0), "c");
    drill_kit_deinit(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fault),
        cmocka_unit_test(test_decision_branches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
