/* The keeper: a second process, same binary, own session, no Lua, that puts the network back when
 * the runner is gone (its end of the socket closes), silent (no beat for ND_KEEPER_SILENCE) or has
 * let a restore_by pass (by more than ND_KEEPER_GRACE). It then ends the runner by its pidfd and
 * restores through run/restore.h, journalling as actor "keeper". */
#ifndef ND_RUN_KEEPER_H
#define ND_RUN_KEEPER_H
#include "base/units.h"
#include "record/rundir.h"

struct nd_keeper_link;
struct nd_sched;

#define ND_KEEPER_BEAT    ND_MS(500)
#define ND_KEEPER_SILENCE ND_SEC(5)
#define ND_KEEPER_GRACE   ND_SEC(5)

/* Starts the keeper of a run's directory and the runner's beat, and takes the directory's lock.
 * Returns only once the keeper said that it watches. NULL and why: then nothing may be changed.
 * lost: the keeper has died before it was released. */
struct nd_keeper_link *nd_keeper_start(struct nd_sched *sched, const struct nd_rundir *dir,
                                       void (*lost)(void *ctx), void *ctx, struct nd_fail *why);
/* The lock of the run's directory, for whoever else may act for the run. */
int nd_keeper_lock_fd(const struct nd_keeper_link *link);
/* Has the keeper hold a lock as well (its descriptor): it stays taken while the keeper restores
 * what a runner that is gone has left. */
void nd_keeper_hold(const struct nd_keeper_link *link, int lock_fd);
/* Everything is restored: the keeper may go. Frees link; NULL is fine. */
void nd_keeper_release(struct nd_keeper_link *link);

/* The keeper's whole life, for `netdrill keeper` (internal). Returns its exit code. */
int nd_keeper_main(const char *dir_path, int fd, int runner_pidfd);

/* `netdrill restore`: restores a directory's undo file in this process, journalling as `actor`.
 * told (may be NULL): one line for people on each change. Returns how many changes could not be
 * verified, or a negative code: ND_ESTATE when the run is alive (or its keeper at work). */
int64_t nd_restore_dir(const struct nd_rundir *dir, const char *actor,
                       void (*told)(void *ctx, const char *line), void *ctx, struct nd_fail *why);

#endif
