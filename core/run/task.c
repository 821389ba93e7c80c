#include "run/internal.h"

#include <math.h>
#include <stdlib.h>

/* Running bodies. Every waiting function notes what the task waits for; whatever ends the wait
 * calls nd_task_finish_wait, which queues the task; run_queue, from the scheduler, resumes it. */

void *nd_task_user(const struct nd_task *task)
{
    return task->user;
}

void nd_task_set_user(struct nd_task *task, void *user)
{
    task->user = user;
}

const struct nd_step *nd_task_step(const struct nd_task *task)
{
    return task->step != NULL ? task->step->step : NULL;
}

bool nd_task_is_baseline(const struct nd_task *task)
{
    return task->baseline != NULL;
}

void nd_task_gives_length(struct nd_task *task)
{
    task->gives_length = true;
}

struct nd_run *nd_task_run(const struct nd_task *task)
{
    return task->run;
}

nd_ns nd_task_now(const struct nd_task *task)
{
    return nd_run_moment(task->run, nd_run_now(task->run));
}

const struct nd_task_result *nd_task_result(const struct nd_task *task)
{
    return &task->result;
}

struct nd_task *nd_task_new(struct nd_run *run, nd_body_ref body)
{
    struct nd_task *task = nd_alloc(sizeof *task);
    task->run = run;
    task->body = body;
    task->next = run->tasks;
    task->link = &run->tasks;
    if (task->next != NULL)
        task->next->link = &task->next;
    run->tasks = task;
    return task;
}

static void task_free(struct nd_task *task)
{
    struct nd_run *run = task->run;
    nd_sched_cancel(run->config.sched, task->timer);
    for (size_t i = 0; i < run->ready.count; i++) {
        if (run->ready.at[i] == task)
            run->ready.at[i] = NULL;
    }
    if (task->call != NULL) {
        task->call->task = NULL;
        nd_call_cancel(task->call);
    }
    if (task->confirmation != NULL)
        nd_confirm_withdraw(task->confirmation);
    if (task->resumed)
        run->config.bodies.drop(run->config.bodies.ctx, task);
    *task->link = task->next;
    if (task->next != NULL)
        task->next->link = task->link;
    free(task->why);
    free(task->actor);
    free(task->values);
    free(task);
}

void nd_task_drop(struct nd_task *task)
{
    /* Branches first: each is younger than its parent, so it stands before it in the list. */
    for (struct nd_task *other = task->run->tasks, *next = NULL; other != NULL; other = next) {
        next = other->next;
        if (other->parent == task) {
            nd_task_drop(other);
            next = task->run->tasks;
        }
    }
    task_free(task);
}

static void branch_over(struct nd_task *task, bool failed, const char *why)
{
    struct nd_task *parent = task->parent;
    if (failed && parent->result.err == ND_OK) {
        parent->result.err = ND_ESTATE;
        free(parent->why);
        parent->why = nd_strdup(why);
    }
    task_free(task);
    if (--parent->children == 0)
        nd_task_finish_wait(parent, parent->result.err, NULL);
}

static void task_over(struct nd_task *task, bool failed, const char *why, double value)
{
    struct nd_step_run *step = task->step;
    struct nd_guard_run *guard = task->guard;
    if (task->parent != NULL) {
        branch_over(task, failed, why);
    } else if (step != NULL) {
        step->task = NULL;
        nd_task_drop(task);
        nd_step_task_over(step, failed, why);
    } else if (task->baseline != NULL) {
        struct nd_baseline_run *baseline = task->baseline;
        nd_task_drop(task);
        nd_baseline_task_over(baseline, failed, why);
    } else if (task->duty != NULL) {
        struct nd_duty_run *duty = task->duty;
        bool length = task->gives_length;
        duty->look = NULL;
        nd_task_drop(task);
        nd_duty_look_over(duty, failed, why, value, length);
    } else {
        guard->task = NULL;
        nd_task_drop(task);
        nd_guard_task_over(guard, failed, why, value);
    }
}

static void resume(struct nd_task *task)
{
    struct nd_run *run = task->run;
    struct nd_fail why = {0};
    double value = NAN;
    task->queued = false;
    task->resumed = true;
    enum nd_body_state state =
        run->config.bodies.resume(run->config.bodies.ctx, task, task->body, &why, &value);
    if (state == ND_BODY_WAITS)
        ND_CHECK(task->waits != ND_WAITS_NOTHING || task->queued);
    else
        task_over(task, state == ND_BODY_FAILED, why.text, value);
}

static void run_queue(void *ctx)
{
    struct nd_run *run = ctx;
    run->ready_timer = 0;
    /* Those queued meanwhile belong to the next round; a dropped one leaves a hole. In a pause
     * guards alone are read, the others keep their place. */
    size_t count = run->ready.count;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct nd_task *task = run->ready.at[i];
        run->ready.at[i] = NULL;
        if (task == NULL || (run->state != ND_RUN_RUNNING && !run->baselines.on))
            continue;
        if (nd_run_is_paused(run) && task->guard == NULL)
            run->ready.at[kept++] = task;
        else
            resume(task);
    }
    size_t more = run->ready.count - count;
    for (size_t i = 0; i < more; i++)
        run->ready.at[kept + i] = run->ready.at[count + i];
    run->ready.count = kept + more;
    if (more != 0 && run->ready_timer == 0)
        run->ready_timer = nd_sched_at(run->config.sched, nd_run_now(run), run_queue, run);
    nd_run_settle(run);
}

void nd_tasks_go_on(struct nd_run *run)
{
    if (run->ready.count != 0 && run->ready_timer == 0)
        run->ready_timer = nd_sched_at(run->config.sched, nd_run_now(run), run_queue, run);
}

void nd_task_queue(struct nd_task *task)
{
    struct nd_run *run = task->run;
    if (task->queued)
        return;
    task->queued = true;
    nd_vec_push(&run->ready, task);
    if (run->ready_timer == 0)
        run->ready_timer = nd_sched_at(run->config.sched, nd_run_now(run), run_queue, run);
}

void nd_task_finish_wait(struct nd_task *task, nd_err err, const char *why)
{
    nd_sched_cancel(task->run->config.sched, task->timer);
    task->timer = 0;
    task->waits = ND_WAITS_NOTHING;
    task->result.err = err;
    if (why != NULL) {
        char *copy = nd_strdup(why);
        free(task->why);
        task->why = copy;
    }
    task->result.why = task->why;
    nd_task_queue(task);
}

/* A task about to wait: what it knew of the wait before is gone. */
static void begin_wait(struct nd_task *task, enum nd_waits waits)
{
    ND_CHECK(task->waits == ND_WAITS_NOTHING);
    free(task->why);
    free(task->actor);
    free(task->values);
    task->why = task->actor = NULL;
    task->values = NULL;
    task->result = (struct nd_task_result){0};
    task->waits = waits;
}

static void slept(void *ctx)
{
    struct nd_task *task = ctx;
    task->timer = 0;
    task->stream = NULL;
    nd_task_finish_wait(task, ND_OK, NULL);
}

void nd_task_arm(struct nd_task *task)
{
    task->timer =
        nd_sched_at(task->run->config.sched, nd_run_clock(task->run, task->till), slept, task);
}

void nd_task_sleep(struct nd_task *task, nd_ns till)
{
    begin_wait(task, ND_WAITS_SLEEP);
    task->till = till;
    nd_task_arm(task);
}

static void called(struct nd_call *call, nd_err err, const char *why)
{
    struct nd_task *task = call->task;
    if (task == NULL)
        return;
    task->call = NULL;
    task->result.verb = call->spec->verb;
    task->values = call->values;
    task->result.values = task->values;
    call->values = NULL;
    call->values_count = 0;
    nd_task_finish_wait(task, err, why);
}

void nd_task_call(struct nd_task *task, const struct nd_call_spec *spec)
{
    begin_wait(task, ND_WAITS_CALL);
    task->call = nd_call_begin(task->run, task, spec, called, NULL);
}

void nd_task_await_series(struct nd_task *task, struct nd_series *series, nd_ns till)
{
    begin_wait(task, ND_WAITS_SERIES);
    if (nd_series_closed(series)) {
        nd_task_finish_wait(task, ND_OK, NULL);
        return;
    }
    task->stream = nd_stream_of(task->run, series);
    if (till < 0 && task->stream->till < 0) /* endless: the slots under way are waited for */
        till = nd_task_now(task) + nd_series_info(series)->deadline;
    task->till = till;
    if (till >= 0)
        nd_task_arm(task);
}

void nd_task_confirm(struct nd_task *task, const struct nd_text2 *text, const char *by,
                     nd_ns within)
{
    begin_wait(task, ND_WAITS_CONFIRM);
    nd_confirm_ask(task, text, by, within);
}

struct restore_wait {
    struct nd_run *run;
    struct nd_task *task;
};

static void restored(void *ctx, size_t unverified)
{
    struct restore_wait *wait = ctx;
    /* The task may have been dropped meanwhile; the changes are restored all the same. */
    for (struct nd_task *task = wait->run->tasks; task != NULL; task = task->next) {
        if (task == wait->task && task->waits == ND_WAITS_RESTORE) {
            struct nd_fail why = {0};
            if (unverified != 0)
                nd_fail_set(&why, ND_ESTATE,
                            "%zu changes could not be verified as restored; see 'netdrill status'",
                            unverified);
            nd_task_finish_wait(task, why.code, why.text);
            break;
        }
    }
    free(wait);
}

void nd_task_restore(struct nd_task *task, const char *const *targets, size_t count)
{
    begin_wait(task, ND_WAITS_RESTORE);
    struct restore_wait *wait = nd_alloc(sizeof *wait);
    *wait = (struct restore_wait){task->run, task};
    nd_changes_restore(task->run, "step", count != 0 ? targets : NULL, count, restored, wait);
}

void nd_task_together(struct nd_task *task, const nd_body_ref *bodies, size_t count)
{
    begin_wait(task, ND_WAITS_TOGETHER);
    task->children = count;
    for (size_t i = 0; i < count; i++) {
        struct nd_task *branch = nd_task_new(task->run, bodies[i]);
        branch->parent = task;
        branch->step = task->step;
        branch->guard = task->guard;
        branch->baseline = task->baseline;
        branch->duty = task->duty;
        nd_task_queue(branch);
    }
    if (count == 0)
        nd_task_finish_wait(task, ND_OK, NULL);
}

struct nd_series *nd_task_measure(struct nd_task *task, const struct nd_call_spec *spec,
                                  nd_ns every, nd_ns tick, nd_ns till, struct nd_fail *why)
{
    nd_ns end = till >= 0 ? nd_run_clock(task->run, till) : -1;
    if (nd_run_allows(task->run, spec, NULL, why) != ND_OK)
        return NULL;
    struct nd_stream *stream = nd_stream_open(task->run, task->step, spec, every, tick, end, why);
    return stream != NULL ? stream->series : NULL;
}

static void abort_run(void *ctx)
{
    struct nd_run *run = ctx;
    run->abort_timer = 0;
    nd_run_abort(run, "core", run->abort_why);
}

void nd_task_abort(struct nd_task *task, const char *reason)
{
    struct nd_run *run = task->run;
    if (run->abort_timer != 0)
        return;
    run->abort_why = nd_arena_strdup(&run->arena, reason);
    run->abort_timer = nd_sched_at(run->config.sched, nd_run_now(run), abort_run, run);
}

void nd_task_stop(struct nd_task *task, struct nd_series *series)
{
    nd_stream_stop(nd_stream_of(task->run, series));
}

void nd_task_refresh(const struct nd_task *task, const struct nd_series *series)
{
    nd_stream_refresh(nd_stream_of(task->run, series));
}

static const char *grade_name(enum nd_verdict_grade grade)
{
    static const char *const names[] = {"met", "missed", "unknown"};
    return names[grade];
}

/* In records T+ goes on in pauses. */
static json_t *window_json(const struct nd_run *run, nd_ns moment)
{
    return moment >= 0 ? json_integer(nd_run_clock(run, moment) - run->t0) : json_null();
}

void nd_task_verdict(struct nd_task *task, const struct nd_verdict *verdict)
{
    struct nd_run *run = task->run;
    if (task->baseline != NULL) {
        nd_baseline_verdict(task->baseline, verdict);
        return;
    }
    int64_t *const counts[] = {&run->outcome.met, &run->outcome.missed, &run->outcome.unknown};
    ++*counts[verdict->grade];
    json_t *data = json_pack(
        "{s:o, s:s?, s:s?, s:s, s:o, s:o, s:s, s:f, s:s, s:s?}", "sentence",
        nd_text2_json(&verdict->sentence), "step", task->step != NULL ? task->step->step->id : NULL,
        "objective", verdict->objective, "operator", verdict->operator_name, "limit",
        nd_number_json(verdict->limit), "measured", nd_number_json(verdict->measured), "unit",
        verdict->unit != NULL ? verdict->unit : "", "uncertainty", verdict->uncertainty, "grade",
        grade_name(verdict->grade), "statistic", verdict->statistic);
    ND_CHECK(data != NULL);
    if (isfinite(verdict->warn))
        json_object_set_new(data, "warn", json_real(verdict->warn));
    json_object_set_new(data, "series",
                        verdict->series != NULL ? json_integer(nd_series_info(verdict->series)->id)
                                                : json_null());
    json_object_set_new(data, "from_rel_ns", window_json(run, verdict->from));
    json_object_set_new(data, "till_rel_ns", window_json(run, verdict->till));
    json_object_set_new(data, "why", nd_string_json(verdict->why));
    nd_run_event(run, 0, "verdict", NULL, NULL, data);
}

void nd_task_note(struct nd_task *task, const struct nd_text2 *text)
{
    nd_run_event(task->run, 0, "note", NULL, NULL,
                 json_pack("{s:o, s:s?}", "text", nd_text2_json(text), "step",
                           task->step != NULL ? task->step->step->id : NULL));
}
