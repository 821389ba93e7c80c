/* What tells a live scheduler from a virtual one; internal to core/time. */
#ifndef ND_TIME_DRIVER_H
#define ND_TIME_DRIVER_H
#include "time/sched.h"

struct nd_driver {
    nd_ns (*now)(void *ctx);
    /* The head's due moment changed; INT64_MAX: no timer. */
    void (*arm)(void *ctx, nd_ns due);
    void (*run)(void *ctx, struct nd_sched *sched);
    void (*stop)(void *ctx);
    void (*free)(void *ctx);
    nd_ns (*wall_step)(void *ctx);
    void *ctx;
    struct nd_clock_zero zero; /* mono_ns 0 when virtual */
    struct uv_loop_s *loop;
};

struct nd_sched *nd_sched_new(const struct nd_driver *driver);
/* Fires what is due at `now`; returns the next due moment, INT64_MAX when none. */
nd_ns nd_sched_fire(struct nd_sched *sched, nd_ns now);
/* Due moment of the head, INT64_MAX when none. */
nd_ns nd_sched_next(const struct nd_sched *sched);

#endif
