#include "time/sched.h"

#include "base/units.h"
#include "time/driver.h"
#include "time/heap.h"

#include <stdlib.h>

struct timer {
    nd_timer_fn fn;
    void *ctx;
    size_t place;    /* index in the heap */
    uint32_t reused; /* upper half of the id: a spent id never names a new timer */
    uint32_t slot;
    bool pending;
};

struct nd_sched {
    struct nd_driver driver;
    struct nd_heap heap;
    struct ND_VEC(struct timer *) timers;
    struct ND_VEC(uint32_t) free_slots;
    uint64_t seq;
    nd_ns due; /* of the timer being fired, -1: none */
    bool stopped;
};

struct nd_sched *nd_sched_new(const struct nd_driver *driver)
{
    struct nd_sched *sched = nd_alloc(sizeof *sched);
    sched->driver = *driver;
    sched->due = -1;
    return sched;
}

void nd_sched_free(struct nd_sched *sched)
{
    if (sched == NULL)
        return;
    sched->driver.free(sched->driver.ctx);
    for (size_t i = 0; i < sched->timers.count; i++)
        free(sched->timers.at[i]);
    nd_vec_free(&sched->timers);
    nd_vec_free(&sched->free_slots);
    nd_heap_deinit(&sched->heap);
    free(sched);
}

bool nd_sched_is_virtual(const struct nd_sched *sched)
{
    return sched->driver.loop == NULL;
}

struct nd_clock_zero nd_sched_zero(const struct nd_sched *sched)
{
    return sched->driver.zero;
}

nd_ns nd_sched_now(const struct nd_sched *sched)
{
    return sched->driver.now(sched->driver.ctx);
}

int64_t nd_sched_to_wall(const struct nd_sched *sched, nd_ns moment)
{
    return sched->driver.zero.wall_ns + moment;
}

nd_ns nd_sched_wall_step(const struct nd_sched *sched)
{
    return sched->driver.wall_step(sched->driver.ctx);
}

nd_ns nd_sched_from_wall(const struct nd_sched *sched, int64_t wall_ns)
{
    return wall_ns - sched->driver.zero.wall_ns - nd_sched_wall_step(sched);
}

static struct timer *take_timer(struct nd_sched *sched)
{
    if (sched->free_slots.count != 0)
        return sched->timers.at[sched->free_slots.at[--sched->free_slots.count]];
    struct timer *timer = nd_alloc(sizeof *timer);
    timer->slot = (uint32_t)sched->timers.count;
    nd_vec_push(&sched->timers, timer);
    return timer;
}

static void give_timer(struct nd_sched *sched, struct timer *timer)
{
    timer->pending = false;
    timer->reused++;
    nd_vec_push(&sched->free_slots, timer->slot);
}

nd_timer nd_sched_at(struct nd_sched *sched, nd_ns due, nd_timer_fn fn, void *ctx)
{
    struct timer *timer = take_timer(sched);
    timer->fn = fn;
    timer->ctx = ctx;
    timer->pending = true;
    nd_ns head = nd_sched_next(sched);
    nd_heap_push(&sched->heap,
                 (struct nd_heap_entry){
                     .due = due, .seq = sched->seq++, .timer = timer, .place = &timer->place});
    if (due < head && sched->due < 0) /* after firing the driver is armed anyway */
        sched->driver.arm(sched->driver.ctx, due);
    return (uint64_t)timer->reused << 32 | ((uint64_t)timer->slot + 1);
}

bool nd_sched_cancel(struct nd_sched *sched, nd_timer id)
{
    uint64_t slot = (id & UINT32_MAX) - 1;
    if (id == 0 || slot >= sched->timers.count)
        return false;
    struct timer *timer = sched->timers.at[slot];
    if (!timer->pending || timer->reused != id >> 32)
        return false;
    nd_heap_remove(&sched->heap, timer->place);
    give_timer(sched, timer);
    return true;
}

nd_ns nd_sched_due(const struct nd_sched *sched)
{
    return sched->due >= 0 ? sched->due : nd_sched_now(sched);
}

nd_ns nd_sched_next(const struct nd_sched *sched)
{
    const struct nd_heap_entry *head = nd_heap_head(&sched->heap);
    return head != NULL ? head->due : INT64_MAX;
}

/* Timers entered while firing wait for the next round, even those due now: a timer that re-enters
 * itself cannot keep the loop from its sockets. */
nd_ns nd_sched_fire(struct nd_sched *sched, nd_ns now)
{
    const uint64_t before_seq = sched->seq;
    const struct nd_heap_entry *head = nd_heap_head(&sched->heap);
    while (!sched->stopped && head != NULL && head->due <= now && head->seq < before_seq) {
        struct timer *timer = head->timer;
        nd_timer_fn fn = timer->fn;
        void *ctx = timer->ctx;
        sched->due = head->due;
        nd_heap_remove(&sched->heap, 0);
        give_timer(sched, timer);
        fn(ctx);
        head = nd_heap_head(&sched->heap);
    }
    sched->due = -1;
    return nd_sched_next(sched);
}

void nd_sched_run(struct nd_sched *sched)
{
    sched->stopped = false;
    sched->driver.run(sched->driver.ctx, sched);
}

void nd_sched_stop(struct nd_sched *sched)
{
    sched->stopped = true;
    sched->driver.stop(sched->driver.ctx);
}

struct uv_loop_s *nd_sched_loop(const struct nd_sched *sched)
{
    return sched->driver.loop;
}
