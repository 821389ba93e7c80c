#include "run/internal.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* The life of a run:
 *
 *   new -> building (the lab) -> running (STARTEX) -> restoring (ENDEX) -> ended
 *
 * Normal end, abort, guard and failure all go through nd_run_end. */

#define CARE_EVERY ND_MS(250)
#define STALL      ND_MS(100) /* we did not run for longer than this */
#define CLOCK_STEP ND_MS(50)

bool nd_run_is_live(const struct nd_run *run)
{
    return !nd_sched_is_virtual(run->config.sched);
}

nd_ns nd_run_now(const struct nd_run *run)
{
    return nd_sched_now(run->config.sched);
}

struct nd_arena *nd_run_arena(struct nd_run *run)
{
    return &run->arena;
}

nd_ns nd_run_zero(const struct nd_run *run)
{
    return run->t0 >= 0 ? run->t0 : run->baselines.zero;
}

const struct nd_outcome *nd_run_outcome(const struct nd_run *run)
{
    return &run->outcome;
}

static nd_ns journal_now(void *ctx)
{
    return nd_sched_now(ctx);
}

static int64_t journal_to_wall(void *ctx, nd_ns moment)
{
    return nd_sched_to_wall(ctx, moment);
}

static nd_err open_records(struct nd_run *run, struct nd_fail *why)
{
    const struct nd_rundir *dir = run->config.dir;
    const struct nd_journal_clock clock = {journal_now, journal_to_wall, run->config.sched};
    char *path = dir != NULL ? nd_rundir_file(dir, "journal.jsonl") : NULL;
    run->journal =
        run->config.past != NULL
            ? nd_journal_reopen(path, clock, why)
            : nd_journal_create(path, dir != NULL ? dir->run_id : "rehearsal", clock, why);
    free(path);
    if (run->journal == NULL || dir == NULL)
        return run->journal != NULL ? ND_OK : why->code;
    path = nd_rundir_file(dir, "undo.jsonl");
    run->undo = nd_undo_open(path, why);
    free(path);
    if (run->undo == NULL)
        return why->code;
    path = nd_rundir_file(dir, "samples.sqlite");
    run->samples = nd_samples_create(path, why);
    free(path);
    return run->samples != NULL ? ND_OK : why->code;
}

static nd_err prepare_lab(struct nd_run *run, struct nd_fail *why)
{
    struct nd_plugins *plugins = run->config.plugins;
    const struct nd_plugin *lab = nd_plugins_load(plugins, "lab", why);
    if (lab == NULL)
        return nd_fail_wrap(why, "building the lab");
    struct nd_diags diags = {0};
    const struct nd_verb *build = nd_plugin_verb(lab, "build");
    /* What its daemons say is kept with the run. */
    char *whole = realpath(run->config.dir->path, NULL);
    struct nd_given logs = {.key = "logs", .kind = ND_GIVEN_TEXT};
    logs.u.text =
        nd_arena_printf(&run->arena, "%s/lab", whole != NULL ? whole : run->config.dir->path);
    free(whole);
    bool good = build != NULL && nd_schema_check("lab", build, run->config.site, &logs, 1, "lab",
                                                 &run->arena, &run->lab_spec, &diags);
    nd_diags_deinit(&diags);
    return good ? ND_OK : nd_fail_set(why, ND_EUNABLE, "plugin 'lab' has no usable verb 'build'");
}

struct nd_run *nd_run_new(const struct nd_run_config *config, struct nd_fail *why)
{
    struct nd_run *run = nd_alloc(sizeof *run);
    struct nd_fail local = {0};
    why = why != NULL ? why : &local;
    run->config = *config;
    if (run->config.restore_within <= 0)
        run->config.restore_within = ND_RESTORE_WITHIN;
    run->t0 = -1;
    nd_random_init(&run->random, config->seed);
    ND_CHECK(!nd_run_is_live(run) || config->dir != NULL);
    run->kept = json_object();
    nd_steps_init(run);
    nd_injects_init(run);
    nd_guards_init(run);
    nd_err err = open_records(run, why);
    if (err == ND_OK && config->past != NULL)
        nd_run_take_past(run);
    if (err == ND_OK && config->make_lab && nd_run_is_live(run))
        err = prepare_lab(run, why);
    if (err == ND_OK)
        return run;
    nd_run_free(run);
    return NULL;
}

void nd_run_free(struct nd_run *run)
{
    if (run == NULL)
        return;
    struct nd_sched *sched = run->config.sched;
    nd_arming_free(run);
    json_decref(run->recent);
    json_decref(run->kept);
    nd_baseline_free(run);
    nd_duties_free(run);
    while (run->tasks != NULL)
        nd_task_drop(run->tasks);
    for (size_t i = 0; i < run->config.drill->guards_count; i++)
        nd_sched_cancel(sched, run->guards[i].timer);
    nd_sched_cancel(sched, run->ready_timer);
    nd_sched_cancel(sched, run->end_timer);
    nd_sched_cancel(sched, run->care_timer);
    nd_sched_cancel(sched, run->closing_timer);
    nd_sched_cancel(sched, run->lost_timer);
    nd_sched_cancel(sched, run->abort_timer);
    nd_sched_cancel(sched, run->overdue_timer);
    nd_vec_free(&run->pauses);
    nd_vec_free(&run->downs);
    nd_streams_free(run);
    nd_confirms_free(run);
    nd_injects_free(run);
    nd_changes_free(run);
    nd_keeper_release(run->keeper);
    nd_samples_close(run->samples, NULL);
    nd_undo_close(run->undo);
    nd_journal_close(run->journal);
    nd_vec_free(&run->ready);
    nd_vec_free(&run->verb_counts);
    nd_arena_deinit(&run->arena);
    free(run);
}

/* ---- STARTEX ---- */

/* Our own stalls and steps of the wall clock are evidence about the measurement. */
static void care(void *ctx)
{
    struct nd_run *run = ctx;
    nd_ns now = nd_run_now(run);
    nd_ns step = nd_sched_wall_step(run->config.sched);
    if (now - run->care_due > STALL)
        nd_run_event(run, 0, "stalled", NULL, NULL,
                     json_pack("{s:I, s:I}", "from_ns", (json_int_t)run->care_due, "till_ns",
                               (json_int_t)now));
    if (llabs(step - run->wall_step) > CLOCK_STEP) {
        nd_run_event(run, 0, "clock.stepped", NULL, NULL,
                     json_pack("{s:I}", "by_ns", (json_int_t)(step - run->wall_step)));
        run->wall_step = step;
    }
    run->care_due += CARE_EVERY;
    if (run->care_due < now)
        run->care_due = now + CARE_EVERY;
    run->care_timer = nd_sched_at(run->config.sched, run->care_due, care, run);
}

static void time_is_up(void *ctx)
{
    struct nd_run *run = ctx;
    run->end_timer = 0;
    nd_run_end(run, "its time is up");
}

void nd_run_arm_end(struct nd_run *run)
{
    run->end_timer = nd_sched_at(run->config.sched, nd_run_clock(run, run->config.drill->lasts),
                                 time_is_up, run);
}

void nd_run_startex(struct nd_run *run)
{
    char wall[ND_UNIT_TEXT];
    run->state = ND_RUN_RUNNING;
    if (run->config.past != NULL) {
        nd_again_begin(run);
        nd_run_arm_end(run);
        nd_guards_begin(run);
        nd_duties_begin(run);
        nd_steps_go_on(run);
        return;
    }
    run->t0 = nd_run_now(run);
    nd_journal_set_start(run->journal, run->t0);
    nd_wall_format(nd_sched_to_wall(run->config.sched, run->t0), 0, wall);
    nd_run_event(run, ND_JOURNAL_SYNC, "run.started", NULL, NULL,
                 json_pack("{s:I, s:s}", "t0_ns", (json_int_t)run->t0, "wall", wall));
    if (run->state != ND_RUN_RUNNING)
        return;
    nd_run_arm_end(run);
    nd_guards_begin(run);
    nd_duties_begin(run);
    nd_steps_begin(run);
}

static void lab_built(struct nd_call *call, nd_err err, const char *why)
{
    struct nd_run *run = call->run;
    if (run->state != ND_RUN_BUILDING)
        return;
    if (err == ND_OK) {
        nd_run_event(run, 0, "lab.ready", NULL, NULL, NULL);
        nd_baseline_begin(run);
        return;
    }
    run->outcome.lab_failed = true;
    nd_run_event(run, 0, "lab.failed", NULL, NULL, json_pack("{s:s?}", "why", why));
    struct nd_fail reason = {0};
    nd_fail_set(&reason, err, "the lab could not be built: %s", why != NULL ? why : "");
    nd_run_abort(run, "core", reason.text);
}

static void keeper_lost(void *ctx)
{
    nd_run_abort(ctx, "core", "the keeper is gone, so a crash would leave the network changed");
}

static void plugins_ready(void *ctx, nd_err err, const char *why)
{
    struct nd_run *run = ctx;
    if (run->state != ND_RUN_BUILDING)
        return;
    if (err != ND_OK) {
        nd_run_refuse(run, why);
        return;
    }
    if (!run->config.make_lab) {
        nd_baseline_begin(run);
        return;
    }
    nd_run_event(run, 0, "lab.building", NULL, NULL, NULL);
    nd_call_begin(run, NULL, &run->lab_spec, lab_built, NULL);
}

static void prepare(struct nd_run *run)
{
    struct nd_fail why = {0};
    if (!nd_run_is_live(run)) {
        nd_baseline_begin(run);
        return;
    }
    run->wall_step = nd_sched_wall_step(run->config.sched);
    run->care_due = nd_run_now(run) + CARE_EVERY;
    run->care_timer = nd_sched_at(run->config.sched, run->care_due, care, run);
    run->keeper = nd_keeper_start(run->config.sched, run->config.dir, keeper_lost, run, &why);
    if (run->keeper == NULL) {
        nd_run_abort(run, "core", why.text);
        return;
    }
    for (size_t i = 0; run->config.claims != NULL && i < nd_claims_count(run->config.claims); i++)
        nd_keeper_hold(run->keeper, nd_claims_fd(run->config.claims, i));
    nd_run_event(run, 0, "keeper.started", NULL, NULL, NULL);
    /* Before the first slot or change is due. */
    nd_plugins_set_lock(run->config.plugins, nd_keeper_lock_fd(run->keeper));
    nd_plugins_prepare(run->config.plugins, plugins_ready, run);
}

static void begin(void *ctx)
{
    struct nd_run *run = ctx;
    run->closing_timer = 0;
    run->state = ND_RUN_BUILDING;
    if (run->config.past == NULL)
        nd_journal_opened(run);
    else /* before the keeper begins, which reads from it when the run clock began */
        nd_run_event(run, ND_JOURNAL_SYNC, "run.resuming", NULL, NULL,
                     json_pack("{s:I, s:o}", "mono_origin_ns", (json_int_t)run->config.past->origin,
                               "software", nd_software(run)));
    if (run->state == ND_RUN_BUILDING && !nd_arming_begin(run, prepare))
        prepare(run);
}

void nd_run_begin(struct nd_run *run)
{
    run->closing_timer = nd_sched_at(run->config.sched, nd_run_now(run), begin, run);
}

/* ---- the one end path ---- */

const char *nd_outcome_name(const struct nd_outcome *outcome, int *exit_code)
{
    static const struct {
        int code;
        const char *name;
    } ends[] = {{12, "unrestored"}, {13, "unsteady"}, {3, "refused"}, {11, "aborted"},
                {5, "incomplete"},  {10, "missed"},   {0, "ok"}};
    const bool holds[] = {outcome->unverified != 0 || outcome->overdue,
                          outcome->unsteady,
                          outcome->refused,
                          outcome->aborted && !outcome->lab_failed,
                          outcome->lab_failed || outcome->not_reapplied != 0 ||
                              outcome->steps_failed != 0 || outcome->steps_cancelled != 0 ||
                              outcome->steps_skipped != 0 || outcome->journal_failed,
                          outcome->missed != 0 || outcome->unknown != 0 ||
                              outcome->duties_missed != 0 || outcome->reactions_missed != 0,
                          true};
    size_t i = 0;
    while (!holds[i])
        i++;
    if (exit_code != NULL)
        *exit_code = ends[i].code;
    return ends[i].name;
}

static void tell_ended(void *ctx)
{
    struct nd_run *run = ctx;
    run->closing_timer = 0;
    run->config.ended(run->config.ctx);
}

static void close_run(struct nd_run *run)
{
    struct nd_outcome *outcome = &run->outcome;
    int exit_code = 0;
    run->state = ND_RUN_ENDED;
    outcome->ended = true;
    nd_sched_cancel(run->config.sched, run->care_timer);
    nd_sched_cancel(run->config.sched, run->overdue_timer);
    run->care_timer = run->overdue_timer = 0;
    nd_samples_close(run->samples, NULL);
    run->samples = NULL;
    const char *name = nd_outcome_name(outcome, &exit_code);
    nd_run_event(run, ND_JOURNAL_SYNC, "run.closed", NULL, NULL,
                 json_pack("{s:s, s:i}", "outcome", name, "exit", exit_code));
    memcpy(outcome->trace, nd_journal_last_hash(run->journal), sizeof outcome->trace);
    /* The keeper goes last, and only when there is nothing left for it to do. */
    nd_keeper_release(run->keeper);
    run->keeper = NULL;
    run->closing_timer = nd_sched_at(run->config.sched, nd_run_now(run), tell_ended, run);
}

static void count_changes(struct nd_run *run)
{
    struct nd_outcome *outcome = &run->outcome;
    outcome->verified = run->past_verified;
    outcome->unverified = 0;
    for (size_t i = 0; i < run->changes.count; i++) {
        const struct nd_change *change = run->changes.at[i];
        if (change->rec.id == 0)
            continue;
        if (change->verified)
            outcome->verified++;
        else
            outcome->unverified++;
    }
}

static void all_restored(void *ctx, size_t unverified)
{
    struct nd_run *run = ctx;
    (void)unverified;
    if (run->outcome.overdue)
        return;
    if (!run->baselines.again) /* else that was the lab's taking away */
        run->outcome.restore_took = nd_run_now(run) - run->end_began;
    nd_sched_cancel(run->config.sched, run->overdue_timer);
    run->overdue_timer = 0;
    if (nd_baseline_again(run, all_restored))
        return;
    count_changes(run);
    close_run(run);
}

/* The deadline of restoring. The owner of the run ends the process at once, without a good-bye to
 * the keeper, which then tries by itself, in a process of its own. */
static void overdue(void *ctx)
{
    struct nd_run *run = ctx;
    run->overdue_timer = 0;
    run->outcome.overdue = true;
    count_changes(run);
    nd_run_event(run, ND_JOURNAL_SYNC, "restore.overdue", NULL, NULL,
                 json_pack("{s:I, s:I}", "within_ns", (json_int_t)run->config.restore_within,
                           "left", (json_int_t)run->outcome.unverified));
    tell_ended(run);
}

void nd_run_arm_overdue(struct nd_run *run)
{
    if (nd_run_is_live(run))
        run->overdue_timer = nd_sched_at(
            run->config.sched, nd_run_now(run) + run->config.restore_within, overdue, run);
}

void nd_run_settle(struct nd_run *run)
{
    if (run->state != ND_RUN_RESTORING || run->calls != NULL || run->restores != 0)
        return;
    if (run->restore_began >= 0) {
        nd_baseline_settle(run);
        return;
    }
    run->restore_began = nd_run_now(run);
    nd_changes_restore(run, run->outcome.aborted ? "abort" : "endex", NULL, 0, all_restored, run);
}

static void journal_end(struct nd_run *run, const char *reason)
{
    const struct nd_outcome *o = &run->outcome;
    json_t *data =
        json_pack("{s:s, s:b, s:{s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I}}", "reason", reason,
                  "aborted", o->aborted, "steps", "done", (json_int_t)o->steps_done, "failed",
                  (json_int_t)o->steps_failed, "skipped", (json_int_t)o->steps_skipped, "cancelled",
                  (json_int_t)o->steps_cancelled, "verdicts", "met", (json_int_t)o->met, "missed",
                  (json_int_t)o->missed, "unknown", (json_int_t)o->unknown);
    nd_run_event(run, ND_JOURNAL_SYNC, "run.ended", NULL, NULL, data);
}

void nd_run_end(struct nd_run *run, const char *reason)
{
    if (run->state != ND_RUN_RUNNING && run->state != ND_RUN_BUILDING)
        return;
    bool started = run->state == ND_RUN_RUNNING;
    run->state = ND_RUN_RESTORING;
    run->restore_began = -1;
    run->end_began = nd_run_now(run);
    nd_run_arm_overdue(run);
    nd_sched_cancel(run->config.sched, run->end_timer);
    run->end_timer = 0;
    nd_guards_stop(run);
    nd_duties_stop(run);
    nd_baseline_stop(run);
    nd_injects_cancel(run);
    nd_steps_cancel(run);
    for (size_t i = 0; i < run->streams.count; i++)
        nd_stream_cut(run->streams.at[i]);
    for (struct nd_call *call = run->calls; call != NULL; call = call->next)
        nd_call_cancel(call);
    if (started)
        run->outcome.lasted = nd_run_now(run) - run->t0;
    journal_end(run, reason);
    nd_run_settle(run);
}

void nd_run_refuse(struct nd_run *run, const char *reason)
{
    run->outcome.refused = true;
    struct nd_fail copy = {0};
    nd_fail_set(&copy, ND_OK, "%s", reason);
    memcpy(run->outcome.reason, copy.text, sizeof run->outcome.reason);
    nd_run_event(run, ND_JOURNAL_SYNC, "run.refused", NULL, NULL,
                 json_pack("{s:s}", "reason", copy.text));
    nd_run_end(run, copy.text);
}

void nd_run_abort(struct nd_run *run, const char *actor, const char *reason)
{
    if (run->state == ND_RUN_RESTORING)
        nd_baseline_cut(run, reason);
    if (run->state != ND_RUN_RUNNING && run->state != ND_RUN_BUILDING)
        return;
    run->outcome.aborted = true;
    struct nd_fail copy = {0};
    nd_fail_set(&copy, ND_OK, "%s", reason);
    memcpy(run->outcome.reason, copy.text, sizeof run->outcome.reason);
    if (!run->outcome.journal_failed)
        nd_run_event(run, ND_JOURNAL_SYNC, "run.aborting", NULL, actor,
                     json_pack("{s:s, s:s}", "reason", copy.text, "by", actor));
    nd_run_end(run, copy.text);
}
