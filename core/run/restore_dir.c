#include "run/restore_dir.h"

#include "base/mem.h"
#include "record/seal.h"
#include "run/keeper.h"
#include "run/restore.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

struct work {
    struct nd_sched *sched;
    struct nd_journal *journal; /* NULL when it cannot be written: restoring goes on */
    const char *actor;
    void (*told)(void *ctx, const char *line);
    void *ctx;
    nd_ns origin, floor; /* floor: the journal's last moment; ours never go back behind it */
    size_t count, unverified;
    nd_ns began;
};

static nd_ns clock_ns(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (nd_ns)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static nd_ns work_now(void *ctx)
{
    const struct work *work = ctx;
    nd_ns now = clock_ns(CLOCK_MONOTONIC) - work->origin;
    return now > work->floor ? now : work->floor; /* after a reboot the clock began anew */
}

static int64_t work_to_wall(void *ctx, nd_ns moment)
{
    return clock_ns(CLOCK_REALTIME) - (work_now(ctx) - moment);
}

static void event(struct work *work, const char *type, const char *subject, json_t *data)
{
    if (work->journal != NULL)
        nd_journal_append(work->journal, ND_JOURNAL_SYNC, type, subject, work->actor,
                          work_now(work), data, NULL);
    else
        json_decref(data);
}

static void record_told(void *ctx, const struct nd_undo_rec *rec)
{
    struct work *work = ctx;
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)rec->id);
    static const struct {
        enum nd_undo_state state;
        const char *type;
    } types[] = {{ND_UNDO_UNDONE, "netdrill.change.undone"},
                 {ND_UNDO_VERIFIED, "netdrill.change.verified"},
                 {ND_UNDO_UNVERIFIED, "netdrill.change.unverified"},
                 {ND_UNDO_LEFT_ALONE, "netdrill.change.left_alone"}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].state == rec->state)
            event(work, types[i].type, id,
                  rec->why != NULL ? json_pack("{s:s}", "why", rec->why) : NULL);
    }
    if (rec->state == ND_UNDO_UNDONE || work->told == NULL)
        return;
    char *line = nd_printf("%s: %s.%s %s%s%s", nd_undo_state_name(rec->state), rec->plugin,
                           rec->verb, rec->target != NULL ? rec->target : "",
                           rec->why != NULL ? ": " : "", rec->why != NULL ? rec->why : "");
    work->told(work->ctx, line);
    free(line);
}

static void all_done(void *ctx, size_t unverified)
{
    struct work *work = ctx;
    work->unverified = unverified;
    event(work, "netdrill.restore.ended", NULL,
          json_pack("{s:I, s:I, s:I}", "verified", (json_int_t)(work->count - unverified),
                    "unverified", (json_int_t)unverified, "took_ns",
                    (json_int_t)(work_now(work) - work->began)));
    nd_sched_stop(work->sched);
}

struct first {
    nd_ns origin, last;
};

static bool look(void *ctx, const json_t *line)
{
    struct first *first = ctx;
    const json_t *origin = json_object_get(json_object_get(line, "data"), "mono_origin_ns");
    if (json_is_integer(origin)) /* of the last who went on with it */
        first->origin = json_integer_value(origin);
    first->last = json_integer_value(json_object_get(line, "monons"));
    return true;
}

static struct first read_clock(const struct nd_rundir *dir)
{
    struct first first = {0};
    struct nd_journal_check check = {0};
    char *path = nd_rundir_file(dir, "journal.jsonl");
    nd_journal_read(path, look, &first, &check, NULL);
    free(path);
    return first;
}

nd_ns nd_restore_origin(const struct nd_rundir *dir)
{
    return read_clock(dir).origin;
}

/* The records that are not known to be as before, as the restore wants them. */
static struct nd_undo_rec **pick(struct nd_undo_list *list, size_t *count)
{
    struct nd_undo_rec **recs = nd_alloc(list->count * sizeof *recs);
    *count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->at[i].state != ND_UNDO_VERIFIED)
            recs[(*count)++] = &list->at[i];
    }
    return recs;
}

static void restore_on_loop(struct work *work, struct nd_undo *undo, struct nd_undo_list *list,
                            int lock_fd, const char *reason, struct nd_fail *why)
{
    uv_loop_t loop;
    ND_CHECK(uv_loop_init(&loop) == 0);
    work->sched = nd_sched_new_live(&loop, why);
    if (work->sched != NULL) {
        struct nd_plugins *plugins = nd_plugins_new(work->sched, NULL);
        nd_plugins_isolate(plugins, lock_fd);
        struct nd_undo_rec **recs = pick(list, &work->count);
        work->began = work_now(work);
        event(work, "netdrill.restore.started", NULL,
              json_pack("{s:s, s:I}", "why", reason, "changes", (json_int_t)work->count));
        const struct nd_restore_config config = {.plugins = plugins,
                                                 .undo = undo,
                                                 .recs = recs,
                                                 .count = work->count,
                                                 .told = record_told,
                                                 .done = all_done,
                                                 .ctx = work};
        nd_restore_begin(work->sched, &config);
        nd_sched_run(work->sched);
        free(recs);
        nd_plugins_free(plugins);
        nd_sched_free(work->sched);
    }
    uv_loop_close(&loop);
}

int64_t nd_restore_process(const struct nd_rundir *dir, const char *actor, const char *reason,
                           enum nd_lock_need need, void (*told)(void *ctx, const char *line),
                           void *ctx, struct nd_fail *why)
{
    struct nd_fail local = {0};
    why = why != NULL ? why : &local;
    int lock_fd = nd_rundir_lock(dir, why);
    if (lock_fd < 0 && need == ND_LOCK_NEEDED)
        return why->code;
    *why = (struct nd_fail){0};
    struct first first = read_clock(dir);
    struct work work = {
        .actor = actor, .told = told, .ctx = ctx, .origin = first.origin, .floor = first.last};
    const struct nd_journal_clock clock = {work_now, work_to_wall, &work};
    struct nd_undo_list list = {0};
    char *undo_path = nd_rundir_file(dir, "undo.jsonl");
    char *journal_path = nd_rundir_file(dir, "journal.jsonl");
    struct nd_undo *undo = NULL;
    nd_err err = nd_undo_read(undo_path, &list, why);
    if (err == ND_OK) {
        work.journal = nd_journal_reopen(journal_path, clock, NULL);
        /* Marks are for the next restorer; without them it would only do more than needed. */
        undo = nd_undo_open(undo_path, NULL);
        bool keeper = strcmp(actor, "keeper") == 0;
        if (keeper)
            event(&work, "netdrill.keeper.acting", NULL, json_pack("{s:s}", "why", reason));
        restore_on_loop(&work, undo, &list, lock_fd, keeper ? "keeper" : "by hand", why);
        err = why->code;
        if (keeper)
            event(&work, "netdrill.keeper.done", NULL,
                  json_pack("{s:I}", "unverified", (json_int_t)work.unverified));
    }
    nd_undo_close(undo);
    nd_journal_close(work.journal);
    nd_undo_list_deinit(&list);
    free(undo_path);
    free(journal_path);
    nd_seal_left(dir, NULL);
    if (lock_fd >= 0)
        close(lock_fd);
    return err == ND_OK ? (int64_t)work.unverified : err;
}

int64_t nd_restore_dir(const struct nd_rundir *dir, const char *actor,
                       void (*told)(void *ctx, const char *line), void *ctx, struct nd_fail *why)
{
    return nd_restore_process(dir, actor, "by hand", ND_LOCK_NEEDED, told, ctx, why);
}
