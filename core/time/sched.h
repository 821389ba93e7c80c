/* One scheduler, two drivers.
 *
 * Timers fire at their due moment in order of (due, entry). The live driver waits with one
 * timerfd armed absolutely on CLOCK_MONOTONIC, so nothing is early and nothing drifts; the virtual
 * driver jumps to the next due moment, so eight hours take milliseconds and the order is the same
 * each time. Who uses it cannot tell which it is. */
#ifndef ND_TIME_SCHED_H
#define ND_TIME_SCHED_H
#include "base/err.h"

struct nd_sched;
struct uv_loop_s;

typedef void (*nd_timer_fn)(void *ctx);
typedef uint64_t nd_timer; /* 0: none */

/* wall_ns: CLOCK_REALTIME at moment 0 of the virtual run. */
struct nd_sched *nd_sched_new_virtual(int64_t wall_ns);
/* loop: borrowed until freed. NULL and why on failure. Moment 0 is now. */
struct nd_sched *nd_sched_new_live(struct uv_loop_s *loop, struct nd_fail *why);
/* What both clocks of the machine showed at moment 0: with it, another process has the same run
 * clock. */
struct nd_clock_zero {
    int64_t mono_ns, wall_ns; /* CLOCK_MONOTONIC, CLOCK_REALTIME */
};
struct nd_clock_zero nd_sched_zero(const struct nd_sched *sched); /* of a live one */
struct nd_clock_zero nd_clock_zero_when(nd_ns now); /* of a clock whose moment is `now` just now */
struct nd_sched *nd_sched_new_live_at(struct uv_loop_s *loop, struct nd_clock_zero zero,
                                      struct nd_fail *why);
void nd_sched_free(struct nd_sched *sched); /* pending timers are dropped; NULL is fine */

bool nd_sched_is_virtual(const struct nd_sched *sched);
nd_ns nd_sched_now(const struct nd_sched *sched);
/* Wall clock of a moment of the run, by the offset measured at the start (a later step of the
 * wall clock does not move it), and the reverse for kernel stamps by the offset of now. */
int64_t nd_sched_to_wall(const struct nd_sched *sched, nd_ns moment);
nd_ns nd_sched_from_wall(const struct nd_sched *sched, int64_t wall_ns);
/* Wall minus monotonic, now against the start: a step of the wall clock, ns. 0 when virtual. */
nd_ns nd_sched_wall_step(const struct nd_sched *sched);

/* Calls fn(ctx) at `due` (a past moment: as soon as possible). Returns an id for cancel. */
nd_timer nd_sched_at(struct nd_sched *sched, nd_ns due, nd_timer_fn fn, void *ctx);
/* True when it was pending. 0 and spent ids are fine. */
bool nd_sched_cancel(struct nd_sched *sched, nd_timer timer);
/* Due moment of the timer being fired, to tell its lateness; else now. */
nd_ns nd_sched_due(const struct nd_sched *sched);

/* Fires timers until none is left (virtual), or runs the loop until nd_sched_stop. */
void nd_sched_run(struct nd_sched *sched);
void nd_sched_stop(struct nd_sched *sched);

/* The live driver's loop; NULL when virtual. */
struct uv_loop_s *nd_sched_loop(const struct nd_sched *sched);

/* Seeded randomness of a run: xoshiro256**, state by splitmix64. */
struct nd_random {
    uint64_t s[4];
};
void nd_random_init(struct nd_random *random, uint64_t seed);
uint64_t nd_random_next(struct nd_random *random);
double nd_random_unit(struct nd_random *random); /* [0, 1) */

#endif
