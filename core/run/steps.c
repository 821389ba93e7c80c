#include "run/internal.h"

#include <stdlib.h>
#include <string.h>

/* When phases and steps start and end. A phase without `at` starts when the one before has ended;
 * a step without `at` or `after` starts with its phase. */

const char *nd_step_state_name(enum nd_step_state state)
{
    static const char *const names[] = {"waiting", "running", "done",
                                        "failed",  "skipped", "cancelled"};
    return names[state];
}

static json_t *late_json(const struct nd_run *run, nd_ns planned)
{
    return json_integer(planned >= 0 ? nd_run_now(run) - planned : 0);
}

void nd_step_begin(struct nd_step_run *step)
{
    struct nd_run *run = step->run;
    step->timer = 0;
    step->state = ND_STEP_RUNNING;
    step->started = nd_run_now(run);
    json_t *data =
        json_pack("{s:o, s:s, s:s?, s:s?, s:o, s:o}", "title", nd_text2_json(&step->step->title),
                  "phase", run->phases[step->step->phase].phase->id, "owner", step->step->owner,
                  "objective", step->step->objective, "planned_rel_ns",
                  nd_moment_json(run, step->planned), "late_ns", late_json(run, step->planned));
    if (nd_run_event(run, 0, "step.started", step->step->id, NULL, data) < 0)
        return;
    if (step->step->body == 0) {
        nd_step_end(step, ND_STEP_DONE, NULL);
        return;
    }
    step->task = nd_task_new(run, step->step->body);
    step->task->step = step;
    nd_task_queue(step->task);
}

static void step_start(void *ctx)
{
    nd_step_begin(ctx);
}

void nd_phase_end(struct nd_phase_run *phase)
{
    struct nd_run *run = phase->run;
    phase->state = ND_STEP_DONE;
    phase->ended = nd_run_now(run);
    nd_run_event(run, 0, "phase.ended", phase->phase->id, NULL, NULL);
    size_t next = phase->phase->index + 1;
    if (next < run->config.drill->phases_count && !run->phases[next].phase->at_given &&
        run->phases[next].state == ND_STEP_WAITING)
        nd_phase_begin(&run->phases[next]);
    nd_run_end_when_done(run);
}

void nd_run_end_when_done(struct nd_run *run)
{
    for (size_t i = 0; i < run->config.drill->phases_count; i++) {
        if (run->phases[i].state != ND_STEP_DONE)
            return;
    }
    if (run->aside == 0)
        nd_run_end(run, "every step has ended");
}

void nd_step_start_now(struct nd_step_run *step)
{
    step->planned = nd_run_now(step->run);
    step->timer = nd_sched_at(step->run->config.sched, step->planned, step_start, step);
}

void nd_phase_one_over(struct nd_phase_run *phase)
{
    if (--phase->left == 0 && phase->run->state == ND_RUN_RUNNING)
        nd_phase_end(phase);
}

void nd_aside_over(struct nd_run *run)
{
    run->aside--;
    nd_run_end_when_done(run);
}

static void skip_follower(struct nd_step_run *step, const char *id)
{
    struct nd_fail why = {0};
    nd_fail_set(&why, ND_ESTATE, "it follows '%s', which did not end well", id);
    nd_step_end(step, ND_STEP_SKIPPED, why.text);
}

void nd_followers_release(struct nd_run *run, const char *id, bool good)
{
    for (size_t i = 0; i < run->config.drill->steps_count; i++) {
        struct nd_step_run *other = &run->steps[i];
        if (other->state != ND_STEP_WAITING || other->step->after == NULL ||
            strcmp(other->step->after, id) != 0)
            continue;
        /* Its phase has not begun: phase_begin looks at it again. */
        if (run->phases[other->step->phase].state != ND_STEP_RUNNING)
            continue;
        if (good)
            step_start(other);
        else
            skip_follower(other, id);
    }
    nd_injects_release(run, id, good);
}

void nd_step_count(struct nd_run *run, enum nd_step_state state)
{
    int64_t *const counts[] = {NULL,
                               NULL,
                               &run->outcome.steps_done,
                               &run->outcome.steps_failed,
                               &run->outcome.steps_skipped,
                               &run->outcome.steps_cancelled};
    ++*counts[state];
}

void nd_step_end(struct nd_step_run *step, enum nd_step_state state, const char *why)
{
    struct nd_run *run = step->run;
    struct nd_phase_run *phase = &run->phases[step->step->phase];
    nd_ns now = nd_run_now(run);
    nd_ns lasted = step->state == ND_STEP_RUNNING ? now - step->started : 0;
    step->state = state;
    step->ended = now;
    if (!step->aside || state != ND_STEP_DONE)
        nd_step_count(run, state);
    nd_run_event(run, 0, "step.ended", step->step->id, NULL,
                 json_pack("{s:s, s:s?, s:I}", "state", nd_step_state_name(state), "why",
                           why != NULL && *why != '\0' ? why : NULL, "lasted_ns",
                           (json_int_t)lasted));
    if (run->state != ND_RUN_RUNNING)
        return;
    if (step->inject != NULL) {
        nd_inject_body_over(step->inject);
        return;
    }
    if (step->aside) {
        nd_aside_over(run);
        nd_steps_go_on(run);
        return;
    }
    nd_followers_release(run, step->step->id, state == ND_STEP_DONE);
    nd_phase_one_over(phase);
}

void nd_step_task_over(struct nd_step_run *step, bool failed, const char *why)
{
    nd_step_end(step, failed ? ND_STEP_FAILED : ND_STEP_DONE, why);
}

void nd_step_arm(struct nd_step_run *step, nd_ns phase_start)
{
    struct nd_run *run = step->run;
    if (step->step->after != NULL) {
        for (size_t i = 0; i < run->config.drill->steps_count; i++) {
            struct nd_step_run *other = &run->steps[i];
            if (strcmp(other->step->id, step->step->after) == 0 && other->state > ND_STEP_RUNNING) {
                if (other->state == ND_STEP_DONE)
                    step_start(step);
                else
                    skip_follower(step, other->step->id);
                return;
            }
        }
        if (nd_injects_has_ended(run, step->step->after))
            step_start(step);
        return;
    }
    nd_ns at = step->step->at;
    if (step->step->at_given)
        step->planned = step->step->at_is_moment ? nd_run_clock(run, at) : phase_start + at;
    else
        step->planned = phase_start;
    step->timer = nd_sched_at(run->config.sched, step->planned, step_start, step);
}

void nd_phase_begin(struct nd_phase_run *phase)
{
    struct nd_run *run = phase->run;
    const struct nd_phase *plan = phase->phase;
    phase->state = ND_STEP_RUNNING;
    phase->started = nd_run_now(run);
    nd_ns start = phase->planned >= 0 ? phase->planned : phase->started;
    nd_run_event(run, 0, "phase.started", plan->id, NULL,
                 json_pack("{s:o, s:o, s:o}", "title", nd_text2_json(&plan->title),
                           "planned_rel_ns", nd_moment_json(run, phase->planned), "late_ns",
                           late_json(run, phase->planned)));
    phase->left = plan->steps_count + nd_injects_left(run, plan);
    if (phase->left == 0) {
        nd_phase_end(phase);
        return;
    }
    for (size_t i = 0; i < plan->steps_count && run->state == ND_RUN_RUNNING; i++) {
        struct nd_step_run *step = &run->steps[plan->steps[i].index];
        if (step->state == ND_STEP_WAITING)
            nd_step_arm(step, start);
    }
    nd_injects_begin(phase, start);
}

static void phase_due(void *ctx)
{
    struct nd_phase_run *phase = ctx;
    phase->timer = 0;
    nd_phase_begin(phase);
}

void nd_step_shift(struct nd_step_run *step, nd_ns length)
{
    if (!step->held)
        return;
    step->held = false;
    step->planned += length;
    step->timer = nd_sched_at(step->run->config.sched, step->planned, step_start, step);
}

void nd_phase_shift(struct nd_phase_run *phase, nd_ns length)
{
    if (!phase->held)
        return;
    phase->held = false;
    phase->planned += length;
    phase->timer = nd_sched_at(phase->run->config.sched, phase->planned, phase_due, phase);
}

void nd_steps_init(struct nd_run *run)
{
    const struct nd_drill *drill = run->config.drill;
    run->steps = nd_arena_alloc(&run->arena, (drill->steps_count + 1) * sizeof *run->steps);
    run->phases = nd_arena_alloc(&run->arena, (drill->phases_count + 1) * sizeof *run->phases);
    for (size_t p = 0; p < drill->phases_count; p++) {
        const struct nd_phase *phase = &drill->phases[p];
        run->phases[p] = (struct nd_phase_run){
            .run = run, .phase = phase, .planned = -1, .started = -1, .ended = -1};
        for (size_t s = 0; s < phase->steps_count; s++) {
            const struct nd_step *step = &phase->steps[s];
            run->steps[step->index] = (struct nd_step_run){
                .run = run, .step = step, .planned = -1, .started = -1, .ended = -1};
        }
    }
}

void nd_phase_arm(struct nd_phase_run *phase)
{
    struct nd_run *run = phase->run;
    phase->planned = nd_run_clock(run, phase->phase->at);
    phase->timer = nd_sched_at(run->config.sched, phase->planned, phase_due, phase);
}

void nd_steps_begin(struct nd_run *run)
{
    const struct nd_drill *drill = run->config.drill;
    for (size_t p = 0; p < drill->phases_count; p++) {
        struct nd_phase_run *phase = &run->phases[p];
        if (phase->phase->at_given)
            nd_phase_arm(phase);
    }
    if (drill->phases_count == 0)
        nd_run_end(run, "the drill has no phases");
    else if (!drill->phases[0].at_given)
        nd_phase_begin(&run->phases[0]);
}

void nd_steps_cancel(struct nd_run *run)
{
    const struct nd_drill *drill = run->config.drill;
    for (size_t i = 0; i < drill->phases_count; i++)
        nd_sched_cancel(run->config.sched, run->phases[i].timer);
    for (size_t i = 0; i < drill->steps_count; i++) {
        struct nd_step_run *step = &run->steps[i];
        nd_sched_cancel(run->config.sched, step->timer);
        if (step->task != NULL)
            nd_task_drop(step->task);
        step->task = NULL;
        if (step->state == ND_STEP_RUNNING)
            nd_step_end(step, ND_STEP_CANCELLED, "the drill ended while it ran");
        else if (step->state == ND_STEP_WAITING)
            nd_step_end(step, ND_STEP_SKIPPED, "the drill ended before it began");
    }
}
