#include "run/internal.h"

#include <string.h>

/* Going on with a run that died: docs/decisions/resume.md. Steps that had ended stay ended; what
 * was under way is cut off, or run again from its beginning when it is marked repeatable; the rest
 * of the timetable is shifted by the time the run was down, or kept. */

/* Steps that are run again although their phase may be over. */
static bool is_run_again(const struct nd_past_step *past, const struct nd_step *step)
{
    return step->repeatable && past->started && (!past->ended || past->left);
}

static void take_states(struct nd_run *run)
{
    const struct nd_past *past = run->config.past;
    for (size_t i = 0; i < past->phases.count; i++) {
        for (size_t p = 0; p < run->config.drill->phases_count; p++) {
            struct nd_phase_run *phase = &run->phases[p];
            if (strcmp(phase->phase->id, past->phases.at[i].id) != 0)
                continue;
            phase->state = past->phases.at[i].ended ? ND_STEP_DONE : ND_STEP_RUNNING;
            phase->started = past->phases.at[i].started;
        }
    }
    for (size_t i = 0; i < run->config.drill->steps_count; i++) {
        struct nd_step_run *step = &run->steps[i];
        const struct nd_past_step *was = nd_past_step_find(past, step->step->id);
        if (was == NULL || !was->ended)
            continue;
        for (enum nd_step_state state = ND_STEP_DONE; state <= ND_STEP_CANCELLED; state++) {
            if (strcmp(was->state, nd_step_state_name(state)) == 0)
                step->state = state;
        }
        nd_step_count(run, step->state);
    }
    for (size_t p = 0; p < run->config.drill->phases_count; p++) {
        struct nd_phase_run *phase = &run->phases[p];
        phase->left = nd_injects_left(run, phase->phase);
        for (size_t s = 0; s < phase->phase->steps_count; s++)
            phase->left += run->steps[phase->phase->steps[s].index].state <= ND_STEP_RUNNING;
    }
}

/* Changes that no step makes again. */
static json_t *lost_json(const struct nd_run *run)
{
    const struct nd_past *past = run->config.past;
    json_t *list = json_array();
    for (size_t i = 0; i < past->lost.count; i++) {
        bool again = false;
        for (size_t s = 0; s < run->config.drill->steps_count; s++) {
            const struct nd_step *step = run->steps[s].step;
            const struct nd_past_step *was = nd_past_step_find(past, step->id);
            again = again || (strcmp(step->id, past->lost.at[i].step) == 0 && was != NULL &&
                              is_run_again(was, step));
        }
        if (!again)
            json_array_append_new(list, json_string(past->lost.at[i].words));
    }
    return list;
}

/* One event that says all: what was cut off, what is run again, what is not on any more. */
static void journal(struct nd_run *run, nd_ns now)
{
    const struct nd_past *past = run->config.past;
    json_t *cut = json_array();
    json_t *again = json_array();
    for (size_t i = 0; i < run->config.drill->steps_count; i++) {
        const struct nd_step *step = run->steps[i].step;
        const struct nd_past_step *was = nd_past_step_find(past, step->id);
        if (was != NULL && is_run_again(was, step))
            json_array_append_new(again, json_string(step->id));
        else if (was != NULL && was->started && !was->ended)
            json_array_append_new(cut, json_string(step->id));
    }
    nd_run_event(run, ND_JOURNAL_SYNC, "run.continued", NULL, NULL,
                 json_pack("{s:I, s:I, s:s, s:o, s:o, s:o}", "died_ns", (json_int_t)past->died,
                           "down_ns", (json_int_t)(now - past->died), "times",
                           past->keep_times ? "kept" : "shifted", "cut_off", cut, "again", again,
                           "not_made_again", lost_json(run)));
}

void nd_run_take_past(struct nd_run *run)
{
    const struct nd_past *past = run->config.past;
    struct nd_outcome *o = &run->outcome;
    o->met = past->met;
    o->missed = past->missed;
    o->unknown = past->unknown;
    run->past_verified = past->verified;
    run->op_number = past->ops;
    run->series_base = past->series;
    run->confirm_base = past->confirmations;
    json_object_update(run->kept, past->kept);
    for (size_t i = 0; i < past->pauses.count; i++) {
        const struct nd_past_pause *was = &past->pauses.at[i];
        const struct nd_pause pause = {was->from, was->till >= 0 ? was->till : past->died};
        nd_vec_push(&run->pauses, pause);
    }
    for (size_t i = 0; i < past->downs.count; i++)
        nd_vec_push(&run->downs, (struct nd_pause){past->downs.at[i].from, past->downs.at[i].till});
}

static void set_aside(struct nd_run *run)
{
    for (size_t i = 0; i < run->config.drill->steps_count; i++) {
        struct nd_step_run *step = &run->steps[i];
        const struct nd_past_step *was = nd_past_step_find(run->config.past, step->step->id);
        if (was == NULL || !was->ended || !is_run_again(was, step->step))
            continue;
        step->aside = true; /* counted once already */
        step->state = ND_STEP_WAITING;
        run->aside++;
    }
    run->again = true;
}

void nd_again_begin(struct nd_run *run)
{
    const struct nd_past *past = run->config.past;
    run->t0 = past->t0;
    nd_injects_take(run);
    take_states(run);
    nd_ns now =
        nd_run_now(run); /* once: the disk takes its time, and what is told is what is shifted */
    journal(run, now);
    set_aside(run);
    run->down = past->down;
    nd_vec_push(&run->downs, (struct nd_pause){past->died, now});
    if (!past->keep_times) {
        nd_vec_push(&run->pauses, (struct nd_pause){past->died, now});
        run->down += now - past->died;
    }
}

/* Skipped by a timetable that was kept: its moment came while nobody was there. */
static bool is_missed(const struct nd_run *run, const struct nd_step_run *step)
{
    return run->config.past->keep_times && step->planned >= 0 && step->planned < nd_run_now(run);
}

/* A phase that begins now, because a step that was cut off was the last of the one before, starts
 * its steps itself. */
static bool was_on(const struct nd_run *run, const struct nd_phase_run *phase)
{
    const struct nd_past *past = run->config.past;
    for (size_t i = 0; i < past->phases.count; i++) {
        if (strcmp(past->phases.at[i].id, phase->phase->id) == 0)
            return !past->phases.at[i].ended;
    }
    return false;
}

/* Those that had ended, and are run again: one may begin when those are through that had ended
 * before it began. Returns how many are not through. */
static size_t make_again(struct nd_run *run)
{
    const struct nd_past *past = run->config.past;
    size_t count = run->config.drill->steps_count;
    size_t left = 0;
    for (size_t i = 0; i < count && run->state == ND_RUN_RUNNING; i++) {
        struct nd_step_run *step = &run->steps[i];
        bool waits = !step->aside || step->state != ND_STEP_WAITING || step->timer != 0;
        left += step->aside && step->state <= ND_STEP_RUNNING;
        for (size_t k = 0; !waits && k < count; k++) {
            const struct nd_step_run *other = &run->steps[k];
            waits = other->aside && other->state <= ND_STEP_RUNNING && other != step &&
                    nd_past_step_find(past, other->step->id)->over <=
                        nd_past_step_find(past, step->step->id)->began;
        }
        if (!waits)
            nd_step_start_now(step);
    }
    return left;
}

static void go_on_with(struct nd_step_run *step, const struct nd_past_step *was)
{
    struct nd_run *run = step->run;
    struct nd_phase_run *phase = &run->phases[step->step->phase];
    if (step->aside)
        return;
    if (was != NULL && is_run_again(was, step->step)) {
        nd_step_start_now(step);
    } else if (was != NULL && was->started && !was->ended) {
        step->state = ND_STEP_RUNNING;
        step->started = nd_run_now(run);
        nd_step_end(step, ND_STEP_CANCELLED, "it was cut off when the run died");
    } else if (step->state == ND_STEP_WAITING && phase->state == ND_STEP_RUNNING &&
               was_on(run, phase)) {
        nd_ns start = phase->phase->at_given ? nd_run_clock(run, phase->phase->at) : phase->started;
        nd_step_arm(step, start);
        if (step->timer != 0 && is_missed(run, step)) {
            nd_sched_cancel(run->config.sched, step->timer);
            step->timer = 0;
            nd_step_end(step, ND_STEP_SKIPPED, "its moment passed while the run was down");
        }
    }
}

static void go_on_with_rest(struct nd_run *run)
{
    const struct nd_drill *drill = run->config.drill;
    for (size_t i = 0; i < drill->steps_count && run->state == ND_RUN_RUNNING; i++)
        go_on_with(&run->steps[i], nd_past_step_find(run->config.past, run->steps[i].step->id));
    nd_injects_resume(run);
    for (size_t p = 0; p < drill->phases_count && run->state == ND_RUN_RUNNING; p++) {
        struct nd_phase_run *phase = &run->phases[p];
        if (phase->state == ND_STEP_RUNNING && phase->left == 0)
            nd_phase_end(phase);
        else if (phase->state == ND_STEP_WAITING && phase->phase->at_given)
            nd_phase_arm(phase);
        else if (phase->state == ND_STEP_WAITING &&
                 (p == 0 || run->phases[p - 1].state == ND_STEP_DONE))
            nd_phase_begin(phase);
    }
    if (run->state == ND_RUN_RUNNING)
        nd_run_end_when_done(run);
}

void nd_steps_go_on(struct nd_run *run)
{
    if (!run->again || make_again(run) != 0 || run->state != ND_RUN_RUNNING)
        return;
    run->again = false;
    go_on_with_rest(run);
}
