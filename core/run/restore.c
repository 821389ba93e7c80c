#include "run/restore.h"

#include "base/mem.h"

#include <stdlib.h>

/* One record after the other, newest first: undo, mark, verify, mark. Order matters (a rate limit
 * lies on an interface that a later change took down), so there is never more than one at work. */

struct nd_restore {
    struct nd_restore_config config;
    struct nd_undo_rec **recs; /* own copy of the pointers */
    size_t left;
    size_t unverified;
    struct nd_fail undo_why; /* of the record at work */
    nd_err undo_err;
};

static void next(void *ctx);

static struct nd_undo_rec *current(const struct nd_restore *restore)
{
    return restore->recs[restore->left];
}

static void mark(struct nd_restore *restore, enum nd_undo_state state, const char *why)
{
    struct nd_undo_rec *rec = current(restore);
    rec->state = state;
    free(rec->why);
    rec->why = nd_strdup(why);
    /* A failing disk does not stop restoring; the journal tells of it. */
    if (restore->config.undo != NULL)
        nd_undo_mark(restore->config.undo, rec->id, state, why, NULL);
}

static void verified(void *ctx, nd_err err, const char *why)
{
    struct nd_restore *restore = ctx;
    if (err == ND_OK) {
        mark(restore, ND_UNDO_VERIFIED, why);
    } else {
        restore->unverified++;
        struct nd_fail text = {0};
        if (restore->undo_err == ND_ESTATE)
            nd_fail_set(&text, err, "%s", restore->undo_why.text);
        else if (restore->undo_err != ND_OK)
            nd_fail_set(&text, err, "%s; undo had said: %s", why, restore->undo_why.text);
        else
            nd_fail_set(&text, err, "%s", why);
        mark(restore, restore->undo_err == ND_ESTATE ? ND_UNDO_LEFT_ALONE : ND_UNDO_UNVERIFIED,
             text.text);
    }
    if (restore->config.told != NULL)
        restore->config.told(restore->config.ctx, current(restore));
    next(restore);
}

static void undone(void *ctx, nd_err err, const char *why)
{
    struct nd_restore *restore = ctx;
    restore->undo_err = err;
    nd_fail_set(&restore->undo_why, err, "%s", why != NULL ? why : "");
    if (err == ND_OK) {
        mark(restore, ND_UNDO_UNDONE, NULL);
        if (restore->config.told != NULL)
            restore->config.told(restore->config.ctx, current(restore));
    }
    /* Whatever undo said, the network has the last word. */
    nd_op_undo(restore->config.plugins, current(restore), ND_ACT_VERIFY,
               (struct nd_op_sink){.finish = verified, .ctx = restore});
}

static void next(void *ctx)
{
    struct nd_restore *restore = ctx;
    while (restore->left > 0) {
        restore->left--;
        if (current(restore)->state == ND_UNDO_VERIFIED)
            continue;
        nd_op_undo(restore->config.plugins, current(restore), ND_ACT_UNDO,
                   (struct nd_op_sink){.finish = undone, .ctx = restore});
        return;
    }
    void (*done)(void *, size_t) = restore->config.done;
    void *done_ctx = restore->config.ctx;
    size_t unverified = restore->unverified;
    free(restore->recs);
    free(restore);
    done(done_ctx, unverified);
}

struct nd_restore *nd_restore_begin(struct nd_sched *sched, const struct nd_restore_config *config)
{
    struct nd_restore *restore = nd_alloc(sizeof *restore);
    restore->config = *config;
    restore->recs = nd_alloc(config->count * sizeof *restore->recs);
    for (size_t i = 0; i < config->count; i++)
        restore->recs[i] = config->recs[i];
    restore->left = config->count;
    nd_sched_at(sched, nd_sched_now(sched), next, restore);
    return restore;
}
