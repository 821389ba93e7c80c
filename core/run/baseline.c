#include "run/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The steady state: measured before STARTEX, where it has to hold, and once more when everything
 * is restored. The lab stands until then. */

static const char *when_of(const struct nd_run *run)
{
    return run->baselines.again ? "after" : "before";
}

static void let_go(struct nd_baseline_run *one)
{
    nd_sched_cancel(one->run->config.sched, one->expiry);
    one->expiry = 0;
    if (one->task != NULL)
        nd_task_drop(one->task);
    one->task = NULL;
}

static void fail(struct nd_baseline_run *one, const char *why)
{
    struct nd_fail copy = {0};
    nd_fail_set(&copy, ND_ESTATE, "%s", why);
    one->why[one->run->baselines.again] = nd_arena_strdup(&one->run->arena, copy.text);
}

/* ---- what was measured ---- */

static struct nd_checks *checks_of(struct nd_baseline_run *one)
{
    return &one->checks[one->run->baselines.again];
}

void nd_baseline_verdict(struct nd_baseline_run *one, const struct nd_verdict *verdict)
{
    struct nd_run *run = one->run;
    static const char *const grades[] = {"met", "missed", "unknown"};
    struct nd_checks *checks = checks_of(one);
    nd_vec_push(checks, *verdict);
    json_t *data = json_pack(
        "{s:s, s:I, s:o, s:s?, s:s, s:o, s:o, s:s, s:f, s:s, s:s?}", "when", when_of(run), "number",
        (json_int_t)checks->count, "sentence", nd_text2_json(&verdict->sentence), "objective",
        verdict->objective, "operator", verdict->operator_name, "limit",
        nd_number_json(verdict->limit), "measured", nd_number_json(verdict->measured), "unit",
        verdict->unit != NULL ? verdict->unit : "", "uncertainty", verdict->uncertainty, "grade",
        grades[verdict->grade], "statistic", verdict->statistic);
    ND_CHECK(data != NULL);
    json_object_set_new(data, "series",
                        verdict->series != NULL ? json_integer(nd_series_info(verdict->series)->id)
                                                : json_null());
    json_object_set_new(data, "why", nd_string_json(verdict->why));
    nd_run_event(run, 0, "baseline.checked", one->baseline->id, NULL, data);
}

static const char *words_of(const struct nd_text2 *text)
{
    return text->en != NULL ? text->en : text->zh;
}

/* The first thing that does not hold; NULL: all does. sentence: of what was expected, when that is
 * it. */
static const char *what_fails(const struct nd_baseline_run *one, bool again,
                              const struct nd_text2 **sentence)
{
    const struct nd_checks *checks = &one->checks[again];
    *sentence = NULL;
    for (size_t i = 0; i < checks->count; i++) {
        if (checks->at[i].grade == ND_VERDICT_MET)
            continue;
        *sentence = &checks->at[i].sentence;
        return words_of(*sentence);
    }
    if (one->why[again] != NULL)
        return one->why[again];
    return checks->count == 0 ? "it expects nothing" : NULL;
}

static bool held(const struct nd_run *run, bool again, json_t *fails, struct nd_fail *first)
{
    bool good = true;
    for (size_t i = 0; i < run->config.drill->baselines_count; i++) {
        const struct nd_baseline_run *one = &run->baselines.at[i];
        const struct nd_text2 *sentence = NULL;
        const char *what = what_fails(one, again, &sentence);
        if (what == NULL)
            continue;
        if (good)
            nd_fail_set(first, ND_ESTATE, "%s: %s", words_of(&one->baseline->title), what);
        good = false;
        json_array_append_new(
            fails, json_pack("{s:s, s:s, s:o}", "id", one->baseline->id, "why", what, "sentence",
                             sentence != NULL ? nd_text2_json(sentence) : json_null()));
    }
    return good;
}

/* ---- the course of it ---- */

static void stop_streams(struct nd_run *run)
{
    for (size_t i = 0; i < run->streams.count; i++) {
        if (run->streams.at[i]->baseline)
            nd_stream_cut(run->streams.at[i]);
    }
}

static void tell_end(struct nd_run *run, bool holds, json_t *fails)
{
    nd_run_event(run, ND_JOURNAL_SYNC, "baseline.ended", NULL, NULL,
                 json_pack("{s:s, s:b, s:b, s:o, s:I}", "when", when_of(run), "holds", holds, "cut",
                           run->baselines.cut, "fails", fails, "took_ns",
                           (json_int_t)(nd_run_now(run) - run->baselines.began)));
}

static void all_over(struct nd_run *run)
{
    struct nd_fail first = {0};
    json_t *fails = json_array();
    bool again = run->baselines.again;
    bool holds = held(run, again, fails, &first);
    run->baselines.on = false;
    stop_streams(run);
    tell_end(run, holds, fails);
    if (again) {
        run->outcome.unsteady = !holds;
        run->baselines.over = true;
        for (struct nd_call *call = run->calls; call != NULL; call = call->next)
            nd_call_cancel(call);
        nd_run_settle(run);
    } else if (run->state == ND_RUN_BUILDING) {
        struct nd_fail reason = {0};
        nd_fail_set(&reason, ND_ESTATE, "the baseline does not hold: %s", first.text);
        if (holds)
            nd_run_startex(run);
        else
            nd_run_refuse(run, reason.text);
    }
}

static void one_over(struct nd_baseline_run *one)
{
    struct nd_run *run = one->run;
    let_go(one);
    if (--run->baselines.left == 0)
        all_over(run);
}

void nd_baseline_task_over(struct nd_baseline_run *one, bool failed, const char *why)
{
    one->task = NULL;
    if (failed)
        fail(one, why);
    one_over(one);
}

static void expired(void *ctx)
{
    struct nd_baseline_run *one = ctx;
    char length[ND_UNIT_TEXT];
    struct nd_fail why = {0};
    one->expiry = 0;
    nd_fail_set(&why, ND_ETIME, "it took longer than %s; its 'within' says how long it may take",
                nd_length_format(one->baseline->within, length));
    fail(one, why.text);
    one_over(one);
}

static void start_all(struct nd_run *run)
{
    const struct nd_drill *drill = run->config.drill;
    nd_ns now = nd_run_now(run);
    run->baselines.on = true;
    run->baselines.zero = run->baselines.began = now;
    run->baselines.left = drill->baselines_count;
    nd_run_event(
        run, 0, "baseline.started", NULL, NULL,
        json_pack("{s:s, s:I}", "when", when_of(run), "count", (json_int_t)drill->baselines_count));
    for (size_t i = 0; i < drill->baselines_count; i++) {
        struct nd_baseline_run *one = &run->baselines.at[i];
        one->run = run;
        one->baseline = &drill->baselines[i];
        one->expiry = nd_sched_at(run->config.sched, now + one->baseline->within, expired, one);
        one->task = nd_task_new(run, one->baseline->body);
        one->task->baseline = one;
        nd_task_queue(one->task);
    }
}

void nd_baseline_begin(struct nd_run *run)
{
    size_t count = run->config.drill->baselines_count;
    if (count == 0) {
        nd_run_startex(run);
        return;
    }
    run->baselines.at = nd_arena_alloc(&run->arena, count * sizeof *run->baselines.at);
    start_all(run);
}

void nd_baseline_cut(struct nd_run *run, const char *reason)
{
    if (!run->baselines.on)
        return;
    struct nd_fail why = {0};
    nd_fail_set(&why, ND_ECANCEL, "it was cut short: %s", reason);
    for (size_t i = 0; i < run->config.drill->baselines_count; i++) {
        struct nd_baseline_run *one = &run->baselines.at[i];
        if (one->task != NULL)
            fail(one, why.text);
        let_go(one);
    }
    run->baselines.left = 0;
    run->baselines.cut = true;
    all_over(run);
}

bool nd_baseline_pending(const struct nd_run *run)
{
    return run->config.drill->baselines_count != 0 && run->t0 >= 0 && !run->baselines.again &&
           !run->outcome.journal_failed;
}

bool nd_baseline_again(struct nd_run *run, void (*then)(void *ctx, size_t unverified))
{
    if (!nd_baseline_pending(run))
        return false;
    run->baselines.again = true;
    run->baselines.then = then;
    start_all(run);
    return true;
}

void nd_baseline_settle(struct nd_run *run)
{
    if (!run->baselines.over)
        return;
    run->baselines.over = false;
    if (!run->config.make_lab) {
        run->baselines.then(run, 0);
        return;
    }
    nd_run_arm_overdue(run);
    nd_changes_restore(run, "lab", NULL, 0, run->baselines.then, run);
}

void nd_baseline_stop(struct nd_run *run)
{
    for (size_t i = 0; run->baselines.on && i < run->config.drill->baselines_count; i++)
        let_go(&run->baselines.at[i]);
    run->baselines.on = false;
}

void nd_baseline_free(struct nd_run *run)
{
    nd_baseline_stop(run);
    for (size_t i = 0; run->baselines.at != NULL && i < run->config.drill->baselines_count; i++) {
        nd_vec_free(&run->baselines.at[i].checks[0]);
        nd_vec_free(&run->baselines.at[i].checks[1]);
    }
}
