/* Restoring a run's directory in a process that did not make the changes: the keeper's act and
 * `netdrill restore`. */
#ifndef ND_RUN_RESTORE_DIR_H
#define ND_RUN_RESTORE_DIR_H
#include "record/rundir.h"

/* Takes the directory's lock; the descriptor holds it. -1 and why (ND_ESTATE: held for a
 * second and longer). */
int nd_rundir_lock(const struct nd_rundir *dir, struct nd_fail *why);

/* CLOCK_MONOTONIC at the run clock's 0, as the journal says; 0 when it does not. */
nd_ns nd_restore_origin(const struct nd_rundir *dir);

/* Restores what is not verified yet, on a loop of its own. See nd_restore_dir. ND_LOCK_TRIED: goes
 * on without the directory's lock when it is held, for one who knows that the runner is dead. */
enum nd_lock_need { ND_LOCK_NEEDED, ND_LOCK_TRIED };
int64_t nd_restore_process(const struct nd_rundir *dir, const char *actor, const char *reason,
                           enum nd_lock_need need, void (*told)(void *ctx, const char *line),
                           void *ctx, struct nd_fail *why);

#endif
