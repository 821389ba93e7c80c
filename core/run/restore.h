/* Putting back what an undo file says, newest first, reading each back. The run's end, the keeper
 * and `netdrill restore` all come here. */
#ifndef ND_RUN_RESTORE_H
#define ND_RUN_RESTORE_H
#include "host/host.h"

struct nd_restore;

struct nd_restore_config {
    struct nd_plugins *plugins;
    struct nd_undo *undo;
    /* Records to work on, oldest first; those verified already are skipped. Borrowed. */
    struct nd_undo_rec **recs;
    size_t count;
    /* What became of one record, once it is marked on disk. */
    void (*told)(void *ctx, const struct nd_undo_rec *rec);
    /* All worked on: how many could not be verified. */
    void (*done)(void *ctx, size_t unverified);
    void *ctx;
};

/* Begins; frees itself after done, which the scheduler calls. A record gets 10 s to be undone and
 * 10 s to be verified; one that fails does not stop the others. */
struct nd_restore *nd_restore_begin(struct nd_sched *sched, const struct nd_restore_config *config);

#endif
