#include "base/mem.h"
#include "time/driver.h"

#include <stdlib.h>

/* The virtual driver: no loop, no waiting; now jumps to the head's due moment. */
struct virtual_clock {
    nd_ns now;
    bool stopped;
};

static nd_ns virtual_now(void *ctx)
{
    return ((struct virtual_clock *)ctx)->now;
}

static void virtual_arm(void *ctx, nd_ns due)
{
    (void)ctx;
    (void)due;
}

static void virtual_run(void *ctx, struct nd_sched *sched)
{
    struct virtual_clock *clock = ctx;
    clock->stopped = false;
    nd_ns next = nd_sched_next(sched);
    while (!clock->stopped && next != INT64_MAX) {
        if (next > clock->now)
            clock->now = next;
        next = nd_sched_fire(sched, clock->now);
    }
}

static void virtual_stop(void *ctx)
{
    ((struct virtual_clock *)ctx)->stopped = true;
}

static nd_ns virtual_wall_step(void *ctx)
{
    (void)ctx;
    return 0;
}

struct nd_sched *nd_sched_new_virtual(int64_t wall_ns)
{
    const struct nd_driver driver = {
        .now = virtual_now,
        .arm = virtual_arm,
        .run = virtual_run,
        .stop = virtual_stop,
        .free = free,
        .wall_step = virtual_wall_step,
        .ctx = nd_alloc(sizeof(struct virtual_clock)),
        .zero = {.wall_ns = wall_ns},
    };
    return nd_sched_new(&driver);
}
