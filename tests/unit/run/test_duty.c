#include "make_drill.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Regulatory clocks on the virtual clock, with the profile as it is shipped. */

#define MIN(n)  ND_SEC((nd_ns)(n)*60)
#define HOUR(n) MIN((n)*60)

/* Somebody does something at a time; */
struct act {
    nd_ns at;
    enum { OCCURS, MEETS, PAUSES, RESUMES } what;
    const char *name, *case_name;
    nd_err err; /* expected */
};

static struct drill_kit kit;
static struct nd_profile *profile;
static struct nd_obligations set;
static struct nd_duty_check checks[1];
static nd_ns seen_from; /* from when on the check gives true; -1: never */
static int looks;

static void act_due(void *ctx)
{
    const struct act *act = ctx;
    struct nd_fail why = {0};
    const struct nd_speaker lin = {"lin", {-1, -1, -1}};
    nd_err err = ND_OK;
    if (drill_kit_count(&kit, "run.started") == 0) { /* what comes first at 0 */
        nd_sched_at(kit.sched, nd_sched_now(kit.sched), act_due, ctx);
        return;
    }
    if (act->what == OCCURS)
        err = nd_run_occurs(kit.run, act->name, act->case_name, NULL, &lin, &why);
    else if (act->what == MEETS)
        err = nd_run_met(kit.run, act->name, act->case_name, NULL, &lin, NULL, &why);
    else
        err = act->what == PAUSES ? nd_run_pause(kit.run, "lin", &why)
                                  : nd_run_resume(kit.run, "lin", &why);
    if (err != act->err)
        fail_msg("'%s' gave %s, expected %s: %s", act->name, nd_err_name(err),
                 nd_err_name(act->err), why.text);
}

static enum nd_body_state looks_for_it(struct nd_task *task, int stage, struct nd_fail *why,
                                       double *value)
{
    (void)why;
    looks += stage == 0;
    if (stage == 0) { /* a look takes two seconds */
        nd_task_sleep(task, nd_task_now(task) + ND_SEC(2));
        return ND_BODY_WAITS;
    }
    *value = seen_from >= 0 && nd_task_now(task) - ND_SEC(2) >= seen_from;
    return ND_BODY_DONE;
}

/* An inbox that a report comes to at each of these moments: how long before the look began the
 * latest came, told up to 50 ms otherwise each time. */
static nd_ns reports[3];

static enum nd_body_state asks_the_inbox(struct nd_task *task, int stage, struct nd_fail *why,
                                         double *value)
{
    (void)why;
    (void)stage;
    nd_ns now = nd_task_now(task);
    nd_ns latest = -1;
    for (size_t i = 0; i < 3; i++)
        latest = reports[i] >= 0 && reports[i] <= now ? reports[i] : latest;
    looks++;
    nd_task_gives_length(task);
    *value = latest >= 0 ? (double)(now - latest - ND_MS(looks % 2 * 50)) : (double)NAN;
    return ND_BODY_DONE;
}

static enum nd_body_state to_the_end(struct nd_task *task, int stage, struct nd_fail *why,
                                     double *value)
{
    (void)why;
    (void)value;
    if (stage == 1)
        return ND_BODY_DONE;
    nd_task_sleep(task, kit.drill.lasts - 1);
    return ND_BODY_WAITS;
}

static void play(const struct act *acts, size_t count, nd_ns lasts)
{
    struct nd_fail why = {0};
    kit.drill.lasts = lasts;
    kit.drill.obligations = &set;
    kit.drill.obligations_count = 1;
    drill_kit_step(&kit, 0, "a", to_the_end);
    kit.run = nd_run_new(&kit.config, &why);
    assert_non_null(kit.run);
    for (size_t i = 0; i < count; i++)
        nd_sched_at(kit.sched, acts[i].at, act_due, (void *)&acts[i]);
    nd_run_begin(kit.run);
    nd_sched_run(kit.sched);
    assert_true(nd_run_outcome(kit.run)->ended);
}

static void begin(void)
{
    drill_kit_init(&kit);
    set = (struct nd_obligations){.profile = profile, .pace = 1, .every = ND_SEC(60)};
    looks = 0;
    seen_from = -1;
}

#define PLAY(acts, lasts) play(acts, sizeof(acts) / sizeof(acts)[0], lasts)

/* The clock's n-th event of that type (0: the first), or NULL. */
static const json_t *event_of(const char *type, const char *id)
{
    size_t i = 0;
    json_t *event = NULL;
    json_array_foreach(kit.all, i, event)
    {
        const char *subject = json_string_value(json_object_get(event, "subject"));
        if (subject != NULL && strcmp(subject, id) == 0 &&
            strcmp(json_string_value(json_object_get(event, "type")) + strlen("netdrill."), type) ==
                0)
            return event;
    }
    return NULL;
}

static nd_ns data_of(const json_t *event, const char *key)
{
    assert_non_null(event);
    return json_integer_value(json_object_get(json_object_get(event, "data"), key));
}

static nd_ns at_of(const json_t *event)
{
    assert_non_null(event);
    return json_integer_value(json_object_get(event, "monons"));
}

#define FIRST "tw-telecom-outage.first-report"

static void test_in_time(void **state)
{
    (void)state;
    static const struct act acts[] = {{MIN(5), OCCURS, "outage", NULL, ND_OK},
                                      {MIN(5) + ND_SEC(899), MEETS, "first-report", NULL, ND_OK},
                                      {MIN(21), MEETS, "first-report", NULL, ND_ESTATE},
                                      {MIN(21), MEETS, "first-reprot", NULL, ND_ESTATE},
                                      {MIN(21), OCCURS, "outtage", NULL, ND_EARG}};
    begin();
    PLAY(acts, MIN(25));
    const json_t *met = event_of("obligation.met", FIRST);
    assert_int_equal(data_of(met, "took_ns"), ND_SEC(899));
    assert_int_equal(data_of(met, "margin_ns"), ND_SEC(1));
    assert_null(event_of("obligation.missed", FIRST));
    assert_int_equal(nd_run_outcome(kit.run)->duties_met, 1);
    assert_int_equal(nd_run_outcome(kit.run)->duties_missed, 0);
    assert_int_equal(nd_run_outcome(kit.run)->duties_open, 3);
    /* What was not due at the end is neither met nor missed, and no reason to fail. */
    assert_string_equal(nd_outcome_name(nd_run_outcome(kit.run), NULL), "ok");
    drill_kit_deinit(&kit);
}

static void test_at_the_very_moment(void **state)
{
    (void)state;
    static const struct act acts[] = {{MIN(5), OCCURS, "outage", NULL, ND_OK},
                                      {MIN(20), MEETS, "first-report", NULL, ND_OK}};
    begin();
    PLAY(acts, MIN(25));
    assert_int_equal(data_of(event_of("obligation.met", FIRST), "margin_ns"), 0);
    drill_kit_deinit(&kit);
}

static void test_a_second_late(void **state)
{
    (void)state;
    static const struct act acts[] = {{MIN(5), OCCURS, "outage", NULL, ND_OK},
                                      {MIN(5) + ND_SEC(901), MEETS, "first-report", NULL, ND_OK}};
    int code = 0;
    begin();
    PLAY(acts, MIN(25));
    assert_int_equal(at_of(event_of("obligation.missed", FIRST)), MIN(20) + 1);
    assert_null(event_of("obligation.met", FIRST));
    assert_int_equal(data_of(event_of("obligation.late", FIRST), "margin_ns"), -ND_SEC(1));
    assert_int_equal(nd_run_outcome(kit.run)->duties_missed, 1);
    nd_outcome_name(nd_run_outcome(kit.run), &code);
    assert_int_equal(code, 10);
    drill_kit_deinit(&kit);
}

/* Details at 1 h 30; updates at 4 h and 8 h: the second is missed at 7 h, and the one at 8 h is in
 * time for the third, whose clock began when the second was due. Restored at 9 h: the fourth ends.
 */
static void test_every_three_hours(void **state)
{
    (void)state;
    static const struct act acts[] = {
        {0, OCCURS, "outage", NULL, ND_OK},         {MIN(90), MEETS, "details", NULL, ND_OK},
        {HOUR(4), MEETS, "update", NULL, ND_OK},    {HOUR(8), MEETS, "update", NULL, ND_OK},
        {HOUR(9), OCCURS, "restored", NULL, ND_OK}, {HOUR(9), MEETS, "update", NULL, ND_ESTATE}};
    begin();
    PLAY(acts, HOUR(20));
    assert_int_equal(data_of(event_of("obligation.opened", "tw-telecom-outage.update"), "due_ns"),
                     MIN(90) + HOUR(3));
    assert_int_equal(data_of(event_of("obligation.met", "tw-telecom-outage.update"), "margin_ns"),
                     MIN(30));
    assert_int_equal(at_of(event_of("obligation.missed", "tw-telecom-outage.update#2")),
                     HOUR(7) + 1);
    assert_int_equal(data_of(event_of("obligation.met", "tw-telecom-outage.update#3"), "margin_ns"),
                     HOUR(2));
    assert_non_null(event_of("obligation.closed", "tw-telecom-outage.update#4"));
    assert_null(event_of("obligation.opened", "tw-telecom-outage.update#5"));
    assert_int_equal(
        data_of(event_of("obligation.missed", "tw-telecom-outage.compensation-notice"), "limit_ns"),
        HOUR(1));
    drill_kit_deinit(&kit);
}

/* Restored before the details were entered: they are owed, updates are not. */
static void test_restored_before_details(void **state)
{
    (void)state;
    static const struct act acts[] = {{0, OCCURS, "outage", NULL, ND_OK},
                                      {MIN(30), OCCURS, "restored", NULL, ND_OK},
                                      {MIN(100), MEETS, "details", NULL, ND_OK}};
    begin();
    PLAY(acts, HOUR(8));
    assert_non_null(event_of("obligation.met", "tw-telecom-outage.details"));
    assert_null(event_of("obligation.opened", "tw-telecom-outage.update"));
    drill_kit_deinit(&kit);
}

/* The drill's clock stands still in a pause, and so do these. */
static void test_pause(void **state)
{
    (void)state;
    static const struct act acts[] = {
        {MIN(5), OCCURS, "outage", NULL, ND_OK},    {MIN(10), PAUSES, NULL, NULL, ND_OK},
        {MIN(40), RESUMES, NULL, NULL, ND_OK},      {MIN(49), MEETS, "first-report", NULL, ND_OK},
        {MIN(52), PAUSES, NULL, NULL, ND_OK},       {MIN(55), MEETS, "web-notice", NULL, ND_OK},
        {MIN(55), OCCURS, "restored", NULL, ND_OK}, {MIN(60), RESUMES, NULL, NULL, ND_OK}};
    begin();
    PLAY(acts, HOUR(3));
    const json_t *met = event_of("obligation.met", FIRST);
    assert_int_equal(data_of(met, "took_ns"), MIN(14));
    assert_int_equal(data_of(met, "margin_ns"), MIN(1));
    met = event_of("obligation.met", "tw-telecom-outage.web-notice");
    assert_int_equal(data_of(met, "took_ns"), MIN(17));
    /* Opened in a pause: it begins to run at the end of it. */
    assert_int_equal(at_of(event_of("obligation.missed", "tw-telecom-outage.compensation-notice")),
                     MIN(120) + 1);
    drill_kit_deinit(&kit);
}

static void test_cases(void **state)
{
    (void)state;
    static const struct act acts[] = {{0, OCCURS, "outage", "a", ND_OK},
                                      {MIN(1), OCCURS, "outage", "b", ND_OK},
                                      {MIN(2), OCCURS, "outage", "b", ND_OK}, /* runs already */
                                      {MIN(3), MEETS, "first-report", NULL, ND_EARG},
                                      {MIN(3), MEETS, "first-report", "c", ND_ESTATE},
                                      {MIN(4), MEETS, "first-report@b", NULL, ND_OK},
                                      {MIN(5), MEETS, "first-report", NULL, ND_OK},
                                      {MIN(6), MEETS, FIRST "@a", NULL, ND_ESTATE},
                                      {MIN(7), OCCURS, "tw-telecom-outage.outage", "a", ND_OK}};
    begin();
    PLAY(acts, MIN(10));
    assert_int_equal(data_of(event_of("obligation.met", FIRST "@b"), "took_ns"), MIN(3));
    assert_int_equal(data_of(event_of("obligation.met", FIRST "@a"), "took_ns"), MIN(5));
    assert_null(event_of("obligation.opened", FIRST "#2@b"));
    assert_non_null(event_of("obligation.opened", FIRST "#2@a")); /* again, once it was over */
    drill_kit_deinit(&kit);
}

/* Looked at each minute and when it is due. What counts is when a look began. */
static void test_check(void **state)
{
    (void)state;
    static const struct act acts[] = {{0, OCCURS, "outage", NULL, ND_OK}};
    struct {
        nd_ns from, took;
        bool met;
    } rows[] = {
        {MIN(9) + 1, MIN(10), true}, {MIN(15), MIN(15), true}, {MIN(15) + 1, MIN(16), false}};
    for (size_t i = 0; i < 3; i++) {
        begin();
        kit.bodies[BODIES_MAX - 1] = looks_for_it;
        checks[0] = (struct nd_duty_check){"first-report", BODIES_MAX - 1};
        set.checks = checks;
        set.checks_count = 1;
        seen_from = rows[i].from;
        PLAY(acts, MIN(25));
        const json_t *done = event_of(rows[i].met ? "obligation.met" : "obligation.late", FIRST);
        assert_int_equal(data_of(done, "took_ns"), rows[i].took);
        assert_int_equal(event_of("obligation.missed", FIRST) == NULL, rows[i].met);
        assert_true(looks > 9 && looks < 19);
        drill_kit_deinit(&kit);
    }
}

static void look_at_inbox(const char *duty, nd_ns first, nd_ns second, nd_ns third)
{
    begin();
    kit.bodies[BODIES_MAX - 1] = asks_the_inbox;
    checks[0] = (struct nd_duty_check){duty, BODIES_MAX - 1};
    set.checks = checks;
    set.checks_count = 1;
    reports[0] = first;
    reports[1] = second;
    reports[2] = third;
}

/* A check that gives a length: the moment a report came counts, not that of the look. */
static void test_report_at_endpoint(void **state)
{
    (void)state;
    static const struct act acts[] = {{MIN(1), OCCURS, "outage", NULL, ND_OK}};
    struct {
        nd_ns came, took; /* took -1: missed and never done */
        bool met;
    } rows[] = {{MIN(6) + ND_SEC(7), MIN(5) + ND_SEC(7), true}, /* between two looks */
                {MIN(16), MIN(15), true},                       /* the very moment it is due */
                {MIN(17) + ND_SEC(9), MIN(16) + ND_SEC(9), false},
                {ND_SEC(59), -1, false}, /* before the clock began: another report */
                {-1, -1, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        look_at_inbox("first-report", rows[i].came, -1, -1);
        PLAY(acts, MIN(25));
        const json_t *done = event_of(rows[i].met ? "obligation.met" : "obligation.late", FIRST);
        assert_int_equal(done != NULL, rows[i].took >= 0);
        if (done != NULL)
            assert_in_range(data_of(done, "took_ns"), rows[i].took, rows[i].took + ND_MS(50));
        assert_int_equal(event_of("obligation.missed", FIRST) == NULL, rows[i].met);
        drill_kit_deinit(&kit);
    }
}

/* A duty that recurs: one report meets one of its clocks, however often it is seen; the next waits
 * for the next report. */
static void test_reports_that_recur(void **state)
{
    (void)state;
    static const struct act acts[] = {{0, OCCURS, "outage", NULL, ND_OK},
                                      {MIN(60), MEETS, "details", NULL, ND_OK}};
    look_at_inbox("update", MIN(120), MIN(200), MIN(500));
    PLAY(acts, MIN(590));
    assert_in_range(data_of(event_of("obligation.met", "tw-telecom-outage.update"), "took_ns"),
                    MIN(60), MIN(60) + ND_MS(50));
    assert_in_range(data_of(event_of("obligation.met", "tw-telecom-outage.update#2"), "took_ns"),
                    MIN(80) - ND_MS(50), MIN(80) + ND_MS(50));
    assert_non_null(event_of("obligation.missed", "tw-telecom-outage.update#3"));
    assert_in_range(data_of(event_of("obligation.met", "tw-telecom-outage.update#4"), "took_ns"),
                    MIN(120) - ND_MS(100), MIN(120) + ND_MS(100));
    assert_null(event_of("obligation.met", "tw-telecom-outage.update#5"));
    drill_kit_deinit(&kit);
}

static void test_pace_and_plan(void **state)
{
    (void)state;
    static const struct nd_planned_event events[] = {{"outage", ND_SEC(10)}};
    static const struct nd_script_answer answers[] = {
        {.duty = "first-report", .after = ND_SEC(12), .by = "wu"}};
    begin();
    set.pace = 60;
    set.events = events;
    set.events_count = 1;
    kit.config.answers = answers;
    kit.config.answers_count = 1;
    play(NULL, 0, ND_SEC(60));
    assert_int_equal(at_of(event_of("event.occurred", "tw-telecom-outage.outage")), ND_SEC(10));
    const json_t *opened = event_of("obligation.opened", FIRST);
    assert_int_equal(data_of(opened, "limit_ns"), ND_SEC(15));
    assert_int_equal(data_of(opened, "law_limit_ns"), ND_SEC(900));
    assert_int_equal(data_of(event_of("obligation.met", FIRST), "margin_ns"), ND_SEC(3));
    assert_int_equal(at_of(event_of("obligation.missed", "tw-telecom-outage.web-notice")),
                     ND_SEC(40) + 1);
    drill_kit_deinit(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_in_time),
                                       cmocka_unit_test(test_at_the_very_moment),
                                       cmocka_unit_test(test_a_second_late),
                                       cmocka_unit_test(test_every_three_hours),
                                       cmocka_unit_test(test_restored_before_details),
                                       cmocka_unit_test(test_pause),
                                       cmocka_unit_test(test_cases),
                                       cmocka_unit_test(test_check),
                                       cmocka_unit_test(test_report_at_endpoint),
                                       cmocka_unit_test(test_reports_that_recur),
                                       cmocka_unit_test(test_pace_and_plan)};
    struct nd_diags diags = {0};
    char *path = nd_profile_find("tw-telecom-outage", "x", NULL);
    profile = path != NULL ? nd_profile_load(path, &diags) : NULL;
    free(path);
    if (profile == NULL)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    nd_profile_free(profile);
    nd_diags_deinit(&diags);
    return failed;
}
