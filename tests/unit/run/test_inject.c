#include "make_drill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Injects on the virtual clock: when they are fired, what closes them, what controllers do. */

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

/* Does `fn` at a moment, while the drill runs. */
static void at(nd_ns when, void (*fn)(void *ctx))
{
    nd_sched_at(kit.sched, when, fn, NULL);
}

static bool has_string(const json_t *data, const char *key, const char *text)
{
    const char *value = json_string_value(json_object_get(data, key));
    return value != NULL && strcmp(value, text) == 0;
}

static void ack_both(void *ctx)
{
    static const struct nd_speaker wang = {"wang", {1000, 1, -1}};
    struct nd_fail why = {0};
    (void)ctx;
    assert_int_equal(nd_run_ack(kit.run, "a", &lin, &why), ND_OK);
    assert_int_equal(nd_run_ack(kit.run, "a", &lin, &why), ND_ESTATE); /* once is enough */
    assert_int_equal(nd_run_ack(kit.run, "a", &wang, &why), ND_OK);
}

/* "a" is fired at 5 s with 10 s to react; "b" stands in for the answer. */
static void two(void)
{
    begin();
    struct nd_inject *a = drill_kit_inject(&kit, 0, "a");
    a->at_given = true;
    a->at = ND_SEC(5);
    a->react_within = ND_SEC(10);
    struct nd_inject *b = drill_kit_inject(&kit, 0, "b");
    b->kind = ND_INJECT_CONTINGENCY;
    b->unless = "a";
}

static void test_contingency_fires_once(void **state)
{
    (void)state;
    two();
    drill_kit_run(&kit);
    assert_int_equal(drill_kit_count(&kit, "inject.expired"), 1);
    assert_int_equal(drill_kit_moment(&kit, "inject.expired", 0), ND_SEC(15));
    assert_int_equal(
        json_array_size(json_object_get(drill_kit_data(&kit, "inject.expired", 0), "missing")), 2);
    assert_int_equal(drill_kit_count(&kit, "inject.fired"), 2);
    assert_string_equal(drill_kit_subject(&kit, "inject.fired", 1), "b");
    assert_int_equal(drill_kit_moment(&kit, "inject.fired", 1), ND_SEC(15));
    assert_int_equal(drill_kit_count(&kit, "inject.not_needed"), 0);
    assert_int_equal(nd_run_outcome(kit.run)->lasted, ND_SEC(15));
    drill_kit_deinit(&kit);
}

static void test_ack_in_time(void **state)
{
    (void)state;
    two();
    at(ND_SEC(8), ack_both);
    drill_kit_run(&kit);
    assert_int_equal(drill_kit_count(&kit, "inject.fired"), 1);
    assert_string_equal(drill_kit_subject(&kit, "inject.not_needed", 0), "b");
    assert_int_equal(drill_kit_moment(&kit, "inject.not_needed", 0), ND_SEC(8));
    assert_true(has_string(drill_kit_data(&kit, "inject.done", 0), "outcome", "answered"));
    assert_int_equal(json_integer_value(json_object_get(
                         drill_kit_data(&kit, "inject.acknowledged", 0), "after_ns")),
                     ND_SEC(3));
    assert_int_equal(
        json_integer_value(json_object_get(drill_kit_data(&kit, "inject.acknowledged", 0), "uid")),
        1000);
    drill_kit_deinit(&kit);
}

/* Where an action is expected, to have read it is not to have done it. */
static void test_ack_is_no_answer(void **state)
{
    (void)state;
    two();
    kit.injects[0].expect.en = "They report it";
    at(ND_SEC(8), ack_both);
    drill_kit_run(&kit);
    assert_int_equal(drill_kit_count(&kit, "inject.acknowledged"), 2);
    assert_int_equal(drill_kit_count(&kit, "inject.expired"), 1);
    assert_int_equal(drill_kit_count(&kit, "inject.fired"), 2);
    drill_kit_deinit(&kit);
}

static void nobody_answered(void *ctx)
{
    struct nd_inject_answer answer = nd_run_answer_of(kit.run, "a");
    (void)ctx;
    assert_true(answer.known);
    assert_int_equal(answer.after, -1);
    assert_false(answer.in_time);
}

static void one_answers(void *ctx)
{
    struct nd_fail why = {0};
    (void)ctx;
    assert_int_equal(nd_run_reply(kit.run, "a", "done", &lin, &why), ND_OK);
    assert_int_equal(nd_run_answer_of(kit.run, "a").after, ND_SEC(3));
    assert_true(nd_run_answer_of(kit.run, "a").in_time);
}

static void one_was_not_enough(void *ctx)
{
    (void)ctx;
    assert_int_equal(nd_run_answer_of(kit.run, "a").after, ND_SEC(3));
    assert_false(nd_run_answer_of(kit.run, "a").in_time);
}

/* No answer is no answer in time, also of an inject at the drill's very beginning; and where all
 * have to answer, one of them is not enough. */
static void test_what_bodies_see(void **state)
{
    (void)state;
    two();
    kit.injects[0].at = 0;
    drill_kit_step(&kit, 0, "s", drill_kit_forever);
    at(ND_MS(500), nobody_answered);
    at(ND_SEC(3), one_answers);
    at(ND_SEC(16), one_was_not_enough);
    drill_kit_run(&kit);
    assert_int_equal(drill_kit_count(&kit, "inject.expired"), 1);
    drill_kit_deinit(&kit);
}

static void answer_late(void *ctx)
{
    struct nd_fail why = {0};
    (void)ctx;
    assert_int_equal(nd_run_reply(kit.run, "a", "done at last", &lin, &why), ND_OK);
}

static void test_late_answer_is_kept(void **state)
{
    (void)state;
    two();
    drill_kit_step(&kit, 0, "s", drill_kit_forever);
    at(ND_SEC(20), answer_late);
    drill_kit_run(&kit);
    assert_true(
        json_is_false(json_object_get(drill_kit_data(&kit, "inject.answered", 0), "in_time")));
    assert_int_equal(drill_kit_count(&kit, "inject.done"), 1); /* of the contingency */
    assert_string_equal(drill_kit_subject(&kit, "inject.done", 0), "b");
    drill_kit_deinit(&kit);
}

static nd_ns drawn(uint64_t seed, bool another)
{
    begin();
    kit.config.seed = seed;
    if (another)
        drill_kit_inject(&kit, 0, "b")->at_given = true;
    struct nd_inject *a = drill_kit_inject(&kit, 0, "a");
    a->window_given = true;
    a->window_from = ND_SEC(5);
    a->window_till = ND_SEC(50);
    drill_kit_run(&kit);
    size_t n = 0;
    while (strcmp(drill_kit_subject(&kit, "inject.fired", n), "a") != 0)
        n++;
    nd_ns moment = drill_kit_moment(&kit, "inject.fired", n);
    assert_int_equal(
        json_integer_value(json_object_get(drill_kit_data(&kit, "inject.fired", n), "late_ns")), 0);
    drill_kit_deinit(&kit);
    return moment;
}

static void test_window(void **state)
{
    (void)state;
    nd_ns first = ND_SEC(50);
    nd_ns last = 0;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        nd_ns moment = drawn(seed, false);
        assert_in_range(moment, ND_SEC(5), ND_SEC(50));
        assert_int_equal(moment, drawn(seed, true)); /* whatever else there is */
        first = moment < first ? moment : first;
        last = moment > last ? moment : last;
    }
    assert_true(first < ND_SEC(10) && last > ND_SEC(45)); /* all of the window is used */
}

static void pause_due(void *ctx)
{
    (void)ctx;
    assert_int_equal(nd_run_pause(kit.run, "lin", NULL), ND_OK);
}

static void resume_due(void *ctx)
{
    (void)ctx;
    assert_int_equal(nd_run_resume(kit.run, "lin", NULL), ND_OK);
}

static void test_pause_shifts(void **state)
{
    (void)state;
    two();
    at(ND_SEC(2), pause_due); /* before it is fired */
    at(ND_SEC(5), resume_due);
    at(ND_SEC(10), pause_due); /* and while it waits */
    at(ND_SEC(30), resume_due);
    drill_kit_run(&kit);
    assert_int_equal(drill_kit_moment(&kit, "inject.fired", 0), ND_SEC(8));
    assert_int_equal(
        json_integer_value(json_object_get(drill_kit_data(&kit, "inject.fired", 0), "late_ns")), 0);
    assert_int_equal(drill_kit_moment(&kit, "inject.expired", 0),
                     ND_SEC(38)); /* 10 s of the drill's clock */
    drill_kit_deinit(&kit);
}

/* What is said in a pause counts; what follows from it waits. */
static void test_said_in_a_pause(void **state)
{
    (void)state;
    two();
    drill_kit_step(&kit, 0, "s", NULL)->after = "a";
    at(ND_SEC(7), pause_due);
    at(ND_SEC(20), ack_both);
    at(ND_SEC(30), resume_due);
    drill_kit_run(&kit);
    assert_int_equal(json_integer_value(json_object_get(
                         drill_kit_data(&kit, "inject.acknowledged", 0), "after_ns")),
                     ND_SEC(2));
    assert_int_equal(drill_kit_moment(&kit, "inject.done", 0), ND_SEC(30));
    assert_int_equal(drill_kit_moment(&kit, "step.started", 0), ND_SEC(30));
    assert_int_equal(drill_kit_count(&kit, "inject.expired"), 0);
    drill_kit_deinit(&kit);
}

static void steer(void *ctx)
{
    struct nd_fail why = {0};
    (void)ctx;
    assert_int_equal(nd_run_skip(kit.run, "a", "", &lin, &why), ND_EARG);
    assert_int_equal(nd_run_skip(kit.run, "a", "  ", &lin, &why), ND_EARG);
    assert_int_equal(nd_run_skip(kit.run, "a", NULL, &lin, &why), ND_EARG);
    assert_int_equal(nd_run_skip(kit.run, "x", "why not", &lin, &why), ND_EARG);
    assert_int_equal(nd_run_ack(kit.run, "a", &lin, &why), ND_ESTATE); /* nobody has it */
    assert_int_equal(nd_run_skip(kit.run, "a", "the players know already", &lin, &why), ND_OK);
    assert_int_equal(nd_run_skip(kit.run, "a", "again", &lin, &why), ND_ESTATE);
    assert_int_equal(nd_run_defer(kit.run, "b", ND_SEC(1), NULL, &lin, &why), ND_EARG);
    assert_int_equal(nd_run_defer(kit.run, "b", ND_SEC(61), NULL, &lin, &why), ND_EARG);
    assert_int_equal(nd_run_defer(kit.run, "b", ND_SEC(40), "they are behind", &lin, &why), ND_OK);
    assert_int_equal(nd_run_fire(kit.run, "c", false, &lin, &why), ND_OK);
    assert_int_equal(nd_run_fire(kit.run, "c", false, &lin, &why), ND_ESTATE);
}

static void test_controllers(void **state)
{
    (void)state;
    static const char *const ids[] = {"a", "b", "c"};
    begin();
    for (size_t i = 0; i < 3; i++) {
        struct nd_inject *inject = drill_kit_inject(&kit, 0, ids[i]);
        inject->at_given = true;
        inject->at = ND_SEC(20);
    }
    at(ND_SEC(3), steer);
    drill_kit_run(&kit);
    assert_string_equal(drill_kit_subject(&kit, "inject.skipped", 0), "a");
    assert_true(has_string(drill_kit_data(&kit, "inject.skipped", 0), "reason",
                           "the players know already"));
    assert_string_equal(drill_kit_subject(&kit, "inject.fired", 0), "c");
    assert_int_equal(drill_kit_moment(&kit, "inject.fired", 0), ND_SEC(3));
    assert_int_equal(
        json_integer_value(json_object_get(drill_kit_data(&kit, "inject.fired", 0), "late_ns")),
        -ND_SEC(17));
    assert_string_equal(drill_kit_subject(&kit, "inject.fired", 1), "b");
    assert_int_equal(drill_kit_moment(&kit, "inject.fired", 1), ND_SEC(40));
    assert_int_equal(drill_kit_count(&kit, "inject.fired"), 2);
    drill_kit_deinit(&kit);
}

static void add_one(void *ctx)
{
    static const char *const to[] = {"lin", NULL};
    const struct nd_adhoc adhoc = {
        .title = {"臨時", "Ad hoc"}, .to = to, .react_within = ND_SEC(30)};
    const char *id = NULL;
    struct nd_fail why = {0};
    (void)ctx;
    assert_int_equal(nd_run_adhoc(kit.run, &adhoc, &lin, &id, &why), ND_OK);
    assert_string_equal(id, "adhoc-1");
}

/* It belongs to no phase, and the drill waits for it all the same. */
static void test_adhoc(void **state)
{
    (void)state;
    begin();
    drill_kit_inject(&kit, 0, "a")->at_given = true;
    kit.injects[0].at = ND_SEC(5);
    at(ND_SEC(1), add_one);
    drill_kit_run(&kit);
    assert_string_equal(drill_kit_subject(&kit, "inject.added", 0), "adhoc-1");
    assert_string_equal(drill_kit_subject(&kit, "inject.fired", 0), "adhoc-1");
    assert_int_equal(nd_run_outcome(kit.run)->lasted, ND_SEC(11)); /* a rehearsal acknowledges */
    drill_kit_deinit(&kit);
}

/* ---- delivery by a verb ---- */

static const struct nd_call_spec *deliver(const char *fail_for)
{
    static const char *const to[] = {"lin", "wang", NULL};
    static struct nd_arena arena;
    static struct nd_call_spec spec;
    struct nd_given given[12] = {{.key = "to", .kind = ND_GIVEN_LIST, .u.list = to}};
    static const char *const texts[] = {"sender", "title_zh",  "title_en", "body_zh", "body_en",
                                        "inject", "reference", "react_by", NULL};
    struct nd_diags diags = {0};
    size_t count = 1;
    for (size_t i = 0; texts[i] != NULL; i++)
        given[count++] =
            (struct nd_given){.key = texts[i], .kind = ND_GIVEN_TEXT, .u.text = texts[i]};
    if (fail_for != NULL)
        given[count++] =
            (struct nd_given){.key = "fail_for", .kind = ND_GIVEN_TEXT, .u.text = fail_for};
    const struct nd_plugin *pretend = nd_plugins_load(kit.plugins, "pretend", NULL);
    nd_arena_deinit(&arena);
    assert_true(nd_schema_check("pretend", nd_plugin_verb(pretend, "deliver"), NULL, given, count,
                                "test", &arena, &spec, &diags));
    nd_diags_deinit(&diags);
    return &spec;
}

static void hand_over(void *ctx)
{
    struct nd_fail why = {0};
    (void)ctx;
    json_t *status = nd_run_status(kit.run);
    const json_t *inject = json_array_get(json_object_get(status, "injects"), 0);
    assert_true(has_string(inject, "overdue", "undelivered"));
    json_decref(status);
    assert_int_equal(nd_run_fire(kit.run, "a", true, &lin, &why), ND_OK);
}

/* A failed delivery ends nothing; the controller hands it over. */
static void test_failed_delivery(void **state)
{
    (void)state;
    begin();
    struct nd_inject *a = drill_kit_inject(&kit, 0, "a");
    a->via = deliver("wang");
    at(ND_SEC(9), hand_over);
    drill_kit_run(&kit);
    assert_int_equal(drill_kit_count(&kit, "inject.delivered"), 2);
    assert_true(has_string(drill_kit_data(&kit, "inject.delivered", 0), "to", "lin"));
    assert_true(
        has_string(drill_kit_data(&kit, "inject.delivered", 0), "reference", "rehearsal/a/1"));
    assert_true(has_string(drill_kit_data(&kit, "inject.failed", 0), "to", "wang"));
    assert_true(has_string(drill_kit_data(&kit, "inject.failed", 0), "err", "EREACH"));
    assert_true(
        json_is_true(json_object_get(drill_kit_data(&kit, "inject.delivered", 1), "by_hand")));
    assert_int_equal(drill_kit_moment(&kit, "inject.done", 0), ND_SEC(9));
    assert_string_equal(nd_outcome_name(nd_run_outcome(kit.run), NULL), "ok");
    drill_kit_deinit(&kit);
}

static void call_for(void *ctx)
{
    struct nd_fail why = {0};
    (void)ctx;
    assert_int_equal(nd_run_skip(kit.run, "b", "of no use", &lin, &why), ND_ESTATE);
    assert_int_equal(nd_run_fire(kit.run, "b", false, &lin, &why), ND_OK);
    assert_int_equal(nd_run_fire(kit.run, "c", false, &lin, &why), ND_OK);
}

/* Nobody waits for a reserve until it is called for; then its phase does, or the run. */
static void test_on_call(void **state)
{
    (void)state;
    static const char *const ids[] = {"c", "a", "b"};
    begin();
    for (size_t i = 0; i < 3; i++) {
        struct nd_inject *inject = drill_kit_inject(&kit, i != 0, ids[i]);
        inject->on_call = true;
        inject->react_within = ND_SEC(10);
    }
    struct nd_step *s = drill_kit_step(&kit, 1, "s", NULL);
    s->at_given = true;
    s->at = ND_SEC(5);
    drill_kit_step(&kit, 2, "t", NULL);
    at(ND_SEC(3), call_for);
    drill_kit_run(&kit);
    assert_int_equal(drill_kit_moment(&kit, "phase.ended", 0), 0); /* did not wait for "c" */
    assert_int_equal(drill_kit_moment(&kit, "phase.ended", 1), ND_SEC(13));
    assert_int_equal(drill_kit_count(&kit, "inject.expired"), 2);
    assert_string_equal(drill_kit_subject(&kit, "inject.not_needed", 0), "a");
    assert_int_equal(nd_run_outcome(kit.run)->lasted, ND_SEC(13));
    drill_kit_deinit(&kit);
}

static void say_emergency(void *ctx)
{
    struct nd_fail why = {0};
    (void)ctx;
    assert_int_equal(nd_run_remark(kit.run, "真實狀況：機房失火", &lin, &why), ND_OK);
}

static void test_a_real_emergency(void **state)
{
    (void)state;
    two();
    at(ND_SEC(7), say_emergency);
    drill_kit_run(&kit);
    assert_true(nd_run_outcome(kit.run)->aborted);
    assert_int_equal(nd_run_outcome(kit.run)->lasted, ND_SEC(7));
    assert_int_equal(drill_kit_count(&kit, "note"), 1);
    assert_string_equal(drill_kit_subject(&kit, "inject.cancelled", 0), "a");
    drill_kit_deinit(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contingency_fires_once),
        cmocka_unit_test(test_ack_in_time),
        cmocka_unit_test(test_what_bodies_see),
        cmocka_unit_test(test_ack_is_no_answer),
        cmocka_unit_test(test_late_answer_is_kept),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_pause_shifts),
        cmocka_unit_test(test_said_in_a_pause),
        cmocka_unit_test(test_controllers),
        cmocka_unit_test(test_adhoc),
        cmocka_unit_test(test_failed_delivery),
        cmocka_unit_test(test_a_real_emergency),
        cmocka_unit_test(test_on_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
