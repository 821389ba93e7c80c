#include "run/internal.h"

#include <string.h>

/* Pause and resume. While the drill is paused no body goes on, no step begins and no moment of the
 * drill comes; later moments shift by the pause's length. What is for safety's sake goes on:
 * guards, restore_by, leases, the keeper; and so do measurements, which are evidence of the pause
 * too.
 *
 * Two ways to tell time follow from it. The run clock, and T+ in every record, never stops: it is
 * what happened when. A moment of the drill, as the scenario writes it, is a reading of a clock
 * that stands still in pauses; nd_run_clock and nd_run_moment are the only ways from one to the
 * other. */

nd_ns nd_run_clock(const struct nd_run *run, nd_ns moment)
{
    nd_ns at = nd_run_zero(run) + moment;
    for (size_t i = 0; i < run->pauses.count; i++) {
        const struct nd_pause *pause = &run->pauses.at[i];
        if (at > pause->from)
            at += (pause->till >= 0 ? pause->till : nd_run_now(run)) - pause->from;
    }
    return at;
}

nd_ns nd_run_moment(const struct nd_run *run, nd_ns clock)
{
    nd_ns moment = clock - nd_run_zero(run);
    for (size_t i = 0; i < run->pauses.count; i++) {
        const struct nd_pause *pause = &run->pauses.at[i];
        nd_ns till = pause->till >= 0 ? pause->till : nd_run_now(run);
        if (clock > pause->from)
            moment -= (clock < till ? clock : till) - pause->from;
    }
    return moment;
}

bool nd_run_is_paused(const struct nd_run *run)
{
    return run->pauses.count != 0 && run->pauses.at[run->pauses.count - 1].till < 0;
}

/* ---- holding what is to come ---- */

static void hold(struct nd_sched *sched, nd_timer *timer, bool *held)
{
    *held = nd_sched_cancel(sched, *timer);
    *timer = 0;
}

static bool waits_for_a_moment(const struct nd_task *task)
{
    return task->guard == NULL && (task->waits == ND_WAITS_SLEEP || task->waits == ND_WAITS_SERIES);
}

static void hold_all(struct nd_run *run)
{
    struct nd_sched *sched = run->config.sched;
    for (size_t i = 0; i < run->config.drill->steps_count; i++)
        hold(sched, &run->steps[i].timer, &run->steps[i].held);
    for (size_t i = 0; i < run->config.drill->phases_count; i++)
        hold(sched, &run->phases[i].timer, &run->phases[i].held);
    for (struct nd_task *task = run->tasks; task != NULL; task = task->next) {
        if (waits_for_a_moment(task))
            hold(sched, &task->timer, &task->held);
    }
    for (size_t i = 0; i < run->confirmations.count; i++) {
        struct nd_confirmation *confirmation = run->confirmations.at[i];
        bool held = false;
        hold(sched, &confirmation->expiry, &held);
        hold(sched, &confirmation->script, &held);
    }
    nd_injects_hold(run);
    nd_duties_hold(run);
    for (size_t i = 0; i < run->streams.count; i++)
        nd_stream_hold(run->streams.at[i]);
    nd_sched_cancel(sched, run->end_timer);
    run->end_timer = 0;
}

static void go_on(struct nd_run *run, nd_ns length)
{
    for (size_t i = 0; i < run->config.drill->steps_count; i++)
        nd_step_shift(&run->steps[i], length);
    for (size_t i = 0; i < run->config.drill->phases_count; i++)
        nd_phase_shift(&run->phases[i], length);
    for (struct nd_task *task = run->tasks; task != NULL; task = task->next) {
        if (waits_for_a_moment(task) && task->held)
            nd_task_arm(task);
        task->held = false;
    }
    for (size_t i = 0; i < run->confirmations.count; i++)
        nd_confirm_shift(run->confirmations.at[i], length);
    nd_duties_go_on(run);
    for (size_t i = 0; i < run->streams.count; i++)
        nd_stream_go_on(run->streams.at[i], length);
    nd_run_arm_end(run);
    nd_injects_go_on(run);
    nd_tasks_go_on(run);
}

/* ---- changes with while_paused = "revert" ---- */

static void resume_step(struct nd_run *run);

static void reverted(void *ctx, size_t unverified)
{
    struct nd_run *run = ctx;
    (void)unverified; /* told, and tried again at the end */
    run->reverting = false;
    if (run->resume_wanted)
        resume_step(run);
}

static void revert(struct nd_run *run)
{
    run->reverting = true;
    for (size_t i = 0; i < run->changes.count; i++) {
        struct nd_change *change = run->changes.at[i];
        change->reverted =
            change->again != NULL && change->applied && !change->verified && !change->restoring;
    }
    nd_changes_restore_reverted(run, reverted, run);
}

static void note(struct nd_run *run, const char *words, const struct nd_change *change)
{
    const struct nd_undo_rec *rec = &change->rec;
    char *text = nd_arena_printf(&run->arena, "%s: #%lld %s.%s %s", words, (long long)rec->id,
                                 rec->plugin, rec->verb, rec->target != NULL ? rec->target : "");
    nd_run_event(run, 0, "note", NULL, NULL, json_pack("{s:{s:s}}", "text", "en", text));
}

static void reapplied(struct nd_call *call, nd_err err, const char *why)
{
    struct nd_run *run = call->run;
    (void)why; /* journalled by the call */
    if (err != ND_OK) {
        run->outcome.not_reapplied++;
        note(run, "a change that was reverted for the pause could not be made again", call->ctx);
    }
    resume_step(run);
}

static void resumed(struct nd_run *run)
{
    struct nd_pause *pause = &run->pauses.at[run->pauses.count - 1];
    pause->till = nd_run_now(run);
    nd_ns length = pause->till - pause->from;
    nd_ns shift = 0;
    for (size_t i = 0; i < run->pauses.count; i++)
        shift += run->pauses.at[i].till - run->pauses.at[i].from;
    run->resume_wanted = false;
    nd_run_event(run, ND_JOURNAL_SYNC, "run.resumed", NULL, run->resumed_by,
                 json_pack("{s:s, s:I, s:I}", "by", run->resumed_by, "lasted_ns",
                           (json_int_t)length, "shift_ns", (json_int_t)shift));
    go_on(run, length);
}

/* One change after the other, oldest first; then the clock goes on. */
static void resume_step(struct nd_run *run)
{
    if (run->state != ND_RUN_RUNNING)
        return;
    for (size_t i = 0; i < run->changes.count; i++) {
        struct nd_change *change = run->changes.at[i];
        if (!change->reverted)
            continue;
        change->reverted = false;
        if (!change->verified) {
            note(run, "not made again, as it could not be verified as restored", change);
            run->outcome.not_reapplied++;
        } else if (change->rec.restore_by > 0 && change->rec.restore_by <= nd_run_now(run)) {
            note(run, "its restore_by passed in the pause, so it is not made again", change);
        } else {
            nd_call_begin(run, NULL, change->again, reapplied, change);
            return;
        }
    }
    resumed(run);
}

/* ---- for others ---- */

nd_err nd_run_pause(struct nd_run *run, const char *actor, struct nd_fail *why)
{
    if (run->state != ND_RUN_RUNNING)
        return nd_fail_set(why, ND_ESTATE, "only a drill between STARTEX and ENDEX can be paused");
    if (nd_run_is_paused(run))
        return nd_fail_set(why, ND_ESTATE, "the drill is paused already");
    const struct nd_pause pause = {.from = nd_run_now(run), .till = -1};
    nd_vec_push(&run->pauses, pause);
    run->paused_by = nd_arena_strdup(&run->arena, actor);
    nd_run_event(run, ND_JOURNAL_SYNC, "run.paused", NULL, actor,
                 json_pack("{s:s, s:o}", "by", actor, "moment_ns",
                           json_integer(nd_run_moment(run, pause.from))));
    hold_all(run);
    revert(run);
    return ND_OK;
}

nd_err nd_run_resume(struct nd_run *run, const char *actor, struct nd_fail *why)
{
    if (run->state != ND_RUN_RUNNING || !nd_run_is_paused(run) || run->resume_wanted)
        return nd_fail_set(why, ND_ESTATE,
                           run->resume_wanted ? "the drill is being resumed already"
                                              : "the drill is not paused");
    run->resumed_by = nd_arena_strdup(&run->arena, actor);
    run->resume_wanted = true;
    if (!run->reverting)
        resume_step(run);
    return ND_OK;
}

json_t *nd_pauses_json(const struct nd_run *run)
{
    json_t *list = json_array();
    for (size_t i = 0; i < run->pauses.count; i++) {
        const struct nd_pause *pause = &run->pauses.at[i];
        json_array_append_new(list, json_pack("{s:o, s:o}", "from_rel_ns",
                                              nd_moment_json(run, pause->from), "till_rel_ns",
                                              nd_moment_json(run, pause->till)));
    }
    return list;
}

/* A call outlives the table of the scenario it was written in: a copy of its own. */
struct nd_call_spec *nd_spec_copy(struct nd_arena *arena, const struct nd_call_spec *spec)
{
    struct nd_call_spec *copy = nd_arena_alloc(arena, sizeof *copy);
    struct nd_value *values = nd_arena_alloc(arena, (spec->args.count + 1) * sizeof *values);
    *copy = *spec;
    copy->plugin = nd_arena_strdup(arena, spec->plugin);
    copy->common.from = nd_arena_strdup(arena, spec->common.from);
    copy->common.label.zh = nd_arena_strdup(arena, spec->common.label.zh);
    copy->common.label.en = nd_arena_strdup(arena, spec->common.label.en);
    for (uint32_t i = 0; i < spec->args.count; i++) {
        values[i] = spec->args.at[i];
        if (values[i].type == ND_TEXT) {
            values[i].u.text = nd_arena_strdup(arena, values[i].u.text);
        } else if (values[i].type == ND_TEXTS && values[i].u.texts != NULL) {
            size_t count = 0;
            while (values[i].u.texts[count] != NULL)
                count++;
            const char **texts = nd_arena_alloc(arena, (count + 1) * sizeof *texts);
            for (size_t k = 0; k < count; k++)
                texts[k] = nd_arena_strdup(arena, values[i].u.texts[k]);
            values[i].u.texts = texts;
        }
    }
    copy->args.at = values;
    return copy;
}
