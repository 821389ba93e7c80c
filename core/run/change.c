#include "run/internal.h"

#include <stdlib.h>
#include <string.h>

/* Changes of the network made by this run, and how each is put back. */

struct nd_change *nd_change_new(struct nd_run *run, struct nd_call *call)
{
    struct nd_change *change = nd_alloc(sizeof *change);
    change->run = run;
    change->call = call;
    nd_vec_push(&run->changes, change);
    return change;
}

static void restore_due(void *ctx);

static void renewed(void *ctx, nd_err err, const char *why)
{
    struct nd_change *change = ctx;
    struct nd_run *run = change->run;
    if (err != ND_OK && !change->restoring)
        nd_run_event(run, 0, "note", NULL, NULL,
                     json_pack("{s:{s:s+}}", "text", "en", "a lease could not be renewed: ",
                               why != NULL ? why : nd_err_text(err)));
    run->restores--;
    nd_run_settle(run);
}

static void lease_due(void *ctx)
{
    struct nd_change *change = ctx;
    struct nd_run *run = change->run;
    change->lease_timer = 0;
    if (change->restoring)
        return;
    run->restores++; /* the run does not end under it */
    nd_op_undo(run->config.plugins, &change->rec, ND_ACT_RENEW,
               (struct nd_op_sink){.finish = renewed, .ctx = change});
    change->lease_timer =
        nd_sched_at(run->config.sched, nd_sched_due(run->config.sched) + change->rec.lease / 3,
                    lease_due, change);
}

static json_t *change_json(const struct nd_change *change, const struct nd_call_spec *spec)
{
    const struct nd_undo_rec *rec = &change->rec;
    char *text = nd_schema_args_json(spec->verb, &spec->args);
    json_t *args = json_loads(text, 0, NULL);
    free(text);
    json_t *data =
        json_pack("{s:s, s:s, s:s?, s:s?, s:s?, s:I, s:I}", "plugin", rec->plugin, "verb",
                  rec->verb, "target", rec->target, "vantage", rec->vantage, "step", rec->step,
                  "restore_by_ns", (json_int_t)rec->restore_by, "lease_ns", (json_int_t)rec->lease);
    json_object_set_new(data, "args", args != NULL ? args : json_null());
    return data;
}

nd_err nd_change_record(struct nd_change *change, const struct nd_call_spec *spec,
                        struct nd_fail *why)
{
    struct nd_run *run = change->run;
    const struct nd_task *task = change->call->task;
    struct nd_undo_rec *rec = &change->rec;
    if (task != NULL && task->step != NULL)
        rec->step = nd_strdup(task->step->step->id);
    if (spec->common.while_paused == ND_PAUSED_REVERT)
        change->again = nd_spec_copy(&run->arena, spec);
    rec->restore_by =
        spec->common.restore_by >= 0 ? run->t0 + run->down + spec->common.restore_by : 0;
    if (run->undo != NULL) {
        nd_err err = nd_undo_append(run->undo, rec, why);
        if (err != ND_OK)
            return err;
    } else {
        rec->id = (int64_t)run->changes.count;
    }
    if (nd_run_event(run, ND_JOURNAL_SYNC, "change.recorded", nd_id_text(run, rec->id), NULL,
                     change_json(change, spec)) < 0)
        return nd_fail_set(why, ND_EIO, "the journal cannot be written; nothing was changed");
    return ND_OK;
}

void nd_change_made(struct nd_change *change, nd_err err, const char *why, nd_ns began)
{
    struct nd_run *run = change->run;
    struct nd_undo_rec *rec = &change->rec;
    change->applied = err == ND_OK;
    rec->state = err == ND_OK ? ND_UNDO_APPLIED : ND_UNDO_NOT_MADE;
    if (run->undo != NULL)
        nd_undo_mark(run->undo, rec->id, rec->state, why, NULL);
    char *id = nd_id_text(run, rec->id);
    if (err != ND_OK) {
        nd_run_event(run, ND_JOURNAL_SYNC, "change.not_made", id, NULL,
                     json_pack("{s:s?}", "why", why));
        return;
    }
    run->outcome.changes++;
    nd_run_event(run, ND_JOURNAL_SYNC, "change.applied", id, NULL,
                 json_pack("{s:I, s:I}", "began_ns", (json_int_t)began, "ended_ns",
                           (json_int_t)nd_run_now(run)));
    if (rec->restore_by > 0)
        change->restore_timer =
            nd_sched_at(run->config.sched, rec->restore_by, restore_due, change);
    if (rec->lease > 0) /* at once: until it is renewed first, no time-out runs in the kernel */
        change->lease_timer = nd_sched_at(run->config.sched, nd_run_now(run), lease_due, change);
}

/* ---- proof ---- */

static void proved(void *ctx, nd_err err, const char *why)
{
    struct nd_change *change = ctx;
    struct nd_run *run = change->run;
    char *id = nd_id_text(run, change->rec.id);
    run->restores--;
    if (err == ND_OK)
        nd_run_event(run, 0, "change.proved", id, NULL, NULL);
    else
        nd_run_event(run, 0, "change.not_proved", id, NULL,
                     json_pack("{s:s, s:s?}", "err", nd_err_name(err), "why", why));
    struct nd_fail text = {0};
    if (err == ND_ESTATE)
        nd_fail_set(&text, err, "it was made, but is not in force: %s", why);
    change->proved(change->proved_ctx, text.code, text.text);
}

void nd_change_prove(struct nd_change *change, void (*done)(void *ctx, nd_err err, const char *why),
                     void *ctx)
{
    struct nd_run *run = change->run;
    change->proved = done;
    change->proved_ctx = ctx;
    run->restores++; /* the run does not end under it */
    nd_op_undo(run->config.plugins, &change->rec, ND_ACT_PROVE,
               (struct nd_op_sink){.finish = proved, .ctx = change});
}

/* ---- restoring ---- */

struct restoring {
    struct nd_run *run;
    nd_ns began;
    size_t count;
    void (*done)(void *ctx, size_t unverified);
    void *ctx;
};

static struct nd_change *change_of(struct nd_run *run, const struct nd_undo_rec *rec)
{
    for (size_t i = 0; i < run->changes.count; i++) {
        if (&run->changes.at[i]->rec == rec)
            return run->changes.at[i];
    }
    return NULL;
}

static void told(void *ctx, const struct nd_undo_rec *rec)
{
    struct restoring *restoring = ctx;
    struct nd_run *run = restoring->run;
    struct nd_change *change = change_of(run, rec);
    char *id = nd_id_text(run, rec->id);
    if (rec->state == ND_UNDO_UNDONE) {
        nd_run_event(run, ND_JOURNAL_SYNC, "change.undone", id, NULL, NULL);
        return;
    }
    change->verified = rec->state == ND_UNDO_VERIFIED;
    change->restoring = false;
    const char *type = change->verified                   ? "change.verified"
                       : rec->state == ND_UNDO_LEFT_ALONE ? "change.left_alone"
                                                          : "change.unverified";
    nd_run_event(run, ND_JOURNAL_SYNC, type, id, NULL,
                 change->verified ? NULL : json_pack("{s:s?}", "why", rec->why));
}

static void restored(void *ctx, size_t unverified)
{
    struct restoring *restoring = ctx;
    struct nd_run *run = restoring->run;
    nd_run_event(run, ND_JOURNAL_SYNC, "restore.ended", NULL, NULL,
                 json_pack("{s:I, s:I, s:I}", "verified",
                           (json_int_t)(restoring->count - unverified), "unverified",
                           (json_int_t)unverified, "took_ns",
                           (json_int_t)(nd_run_now(run) - restoring->began)));
    run->restores--;
    void (*done)(void *, size_t) = restoring->done;
    void *done_ctx = restoring->ctx;
    free(restoring);
    done(done_ctx, unverified);
    nd_run_settle(run);
}

static bool wanted(const struct nd_change *change, const char *const *targets, size_t count)
{
    /* Without an id nothing was promised, so nothing was done. */
    if (change->rec.id == 0 || change->verified || change->restoring || change->call != NULL)
        return false;
    if (targets == NULL)
        return true;
    for (size_t i = 0; i < count; i++) {
        if (change->rec.target != NULL && strcmp(change->rec.target, targets[i]) == 0)
            return true;
    }
    return false;
}

static void restore_list(struct nd_run *run, const char *reason, struct nd_undo_rec **recs,
                         size_t count, void (*done)(void *, size_t), void *ctx)
{
    struct restoring *restoring = nd_alloc(sizeof *restoring);
    *restoring = (struct restoring){run, nd_run_now(run), count, done, ctx};
    run->restores++;
    nd_run_event(run, ND_JOURNAL_SYNC, "restore.started", NULL, NULL,
                 json_pack("{s:s, s:I}", "why", reason, "changes", (json_int_t)count));
    const struct nd_restore_config config = {.plugins = run->config.plugins,
                                             .undo = run->undo,
                                             .recs = recs,
                                             .count = count,
                                             .told = told,
                                             .done = restored,
                                             .ctx = restoring};
    nd_restore_begin(run->config.sched, &config);
}

static void take(struct nd_change *change)
{
    change->restoring = true;
    nd_sched_cancel(change->run->config.sched, change->restore_timer);
    nd_sched_cancel(change->run->config.sched, change->lease_timer);
    change->restore_timer = change->lease_timer = 0;
}

void nd_changes_restore(struct nd_run *run, const char *reason, const char *const *targets,
                        size_t count, void (*done)(void *ctx, size_t unverified), void *ctx)
{
    struct ND_VEC(struct nd_undo_rec *) recs = {0};
    for (size_t i = 0; i < run->changes.count; i++) {
        struct nd_change *change = run->changes.at[i];
        /* The lab stands until the drill is over. */
        bool lab = nd_undo_is_lab(change->rec.plugin, change->rec.verb);
        if (!wanted(change, targets, count) ||
            (lab && (run->state == ND_RUN_RUNNING || nd_baseline_pending(run))))
            continue;
        take(change);
        nd_vec_push(&recs, &change->rec);
    }
    restore_list(run, reason, recs.at, recs.count, done, ctx);
    nd_vec_free(&recs);
}

void nd_changes_restore_reverted(struct nd_run *run, void (*done)(void *ctx, size_t unverified),
                                 void *ctx)
{
    struct ND_VEC(struct nd_undo_rec *) recs = {0};
    for (size_t i = 0; i < run->changes.count; i++) {
        struct nd_change *change = run->changes.at[i];
        if (!change->reverted)
            continue;
        take(change);
        nd_vec_push(&recs, &change->rec);
    }
    if (recs.count != 0)
        restore_list(run, "pause", recs.at, recs.count, done, ctx);
    else
        done(ctx, 0);
    nd_vec_free(&recs);
}

static void nobody_waits(void *ctx, size_t unverified)
{
    (void)ctx;
    (void)unverified;
}

static void restore_due(void *ctx)
{
    struct nd_change *change = ctx;
    change->restore_timer = 0;
    if (change->restoring || change->verified)
        return;
    take(change);
    struct nd_undo_rec *rec = &change->rec;
    restore_list(change->run, "restore_by", &rec, 1, nobody_waits, NULL);
}

void nd_changes_free(struct nd_run *run)
{
    for (size_t i = 0; i < run->changes.count; i++) {
        struct nd_change *change = run->changes.at[i];
        take(change);
        nd_undo_rec_deinit(&change->rec);
        free(change);
    }
    nd_vec_free(&run->changes);
}
