#include "base/mem.h"
#include "base/units.h"
#include "time/driver.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#define CLOSE_NS 2000 /* two readings of a clock, when nothing comes between */

/* The live driver: one timerfd, absolute on CLOCK_MONOTONIC, watched by uv_poll. uv_timer counts
 * whole milliseconds and fires early; this is never early and about 0.1 ms late. */
struct live_clock {
    uv_poll_t poll;
    uv_loop_t *loop;
    struct nd_sched *sched;
    struct nd_clock_zero zero;
    int fd;
};

static int64_t clock_ns(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static nd_ns live_now(void *ctx)
{
    const struct live_clock *clock = ctx;
    return clock_ns(CLOCK_MONOTONIC) - clock->zero.mono_ns;
}

static void live_arm(void *ctx, nd_ns due)
{
    const struct live_clock *clock = ctx;
    struct itimerspec spec = {0};
    if (due != INT64_MAX) {
        /* 0 would disarm: a moment long past is as good as the first nanosecond. */
        int64_t at = due + clock->zero.mono_ns;
        at = at > 0 ? at : 1;
        spec.it_value.tv_sec = at / 1000000000;
        spec.it_value.tv_nsec = at % 1000000000;
    }
    ND_CHECK(timerfd_settime(clock->fd, TFD_TIMER_ABSTIME, &spec, NULL) == 0);
}

static void live_fire(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct live_clock *clock = poll->data;
    /* Not read: to be armed anew makes it unready as well. */
    live_arm(clock, nd_sched_fire(clock->sched, live_now(clock)));
}

static void live_run(void *ctx, struct nd_sched *sched)
{
    struct live_clock *clock = ctx;
    clock->sched = sched;
    live_arm(clock, nd_sched_next(sched));
    uv_run(clock->loop, UV_RUN_DEFAULT);
}

static void live_stop(void *ctx)
{
    uv_stop(((struct live_clock *)ctx)->loop);
}

static void live_closed(uv_handle_t *handle)
{
    struct live_clock *clock = handle->data;
    close(clock->fd);
    free(clock);
}

static void live_free(void *ctx)
{
    struct live_clock *clock = ctx;
    uv_close((uv_handle_t *)&clock->poll, live_closed);
    /* The handle's memory is needed until the loop has closed it. */
    uv_run(clock->loop, UV_RUN_NOWAIT);
}

/* Wall minus monotonic. Whoever is held up between two clocks is off by as much: the wall's is read
 * between two readings of the other, again while those are further apart than is usual. */
static int64_t wall_ahead(void)
{
    int64_t narrowest = INT64_MAX;
    int64_t ahead = 0;
    for (int tries = 0; tries < 4 && narrowest > CLOSE_NS; tries++) {
        int64_t before = clock_ns(CLOCK_MONOTONIC);
        int64_t wall = clock_ns(CLOCK_REALTIME);
        int64_t after = clock_ns(CLOCK_MONOTONIC);
        if (after - before < narrowest) {
            narrowest = after - before;
            ahead = wall - before - narrowest / 2;
        }
    }
    return ahead;
}

static nd_ns live_wall_step(void *ctx)
{
    const struct live_clock *clock = ctx;
    return wall_ahead() - (clock->zero.wall_ns - clock->zero.mono_ns);
}

struct nd_sched *nd_sched_new_live(uv_loop_t *loop, struct nd_fail *why)
{
    return nd_sched_new_live_at(loop, nd_clock_zero_when(0), why);
}

struct nd_clock_zero nd_clock_zero_when(nd_ns now)
{
    int64_t mono = clock_ns(CLOCK_MONOTONIC) - now;
    return (struct nd_clock_zero){mono, mono + wall_ahead()};
}

struct nd_sched *nd_sched_new_live_at(uv_loop_t *loop, struct nd_clock_zero zero,
                                      struct nd_fail *why)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd < 0) {
        nd_fail_errno(why, errno, "cannot create a timer");
        return NULL;
    }
    struct live_clock *clock = nd_alloc(sizeof *clock);
    clock->loop = loop;
    clock->fd = fd;
    int failed = uv_poll_init(loop, &clock->poll, fd);
    if (failed != 0) {
        nd_fail_set(why, ND_EIO, "cannot watch the timer: %s", uv_strerror(failed));
        close(fd);
        free(clock);
        return NULL;
    }
    clock->poll.data = clock;
    uv_poll_start(&clock->poll, UV_READABLE, live_fire);
    clock->zero = zero;
    const struct nd_driver driver = {
        .now = live_now,
        .arm = live_arm,
        .run = live_run,
        .stop = live_stop,
        .free = live_free,
        .wall_step = live_wall_step,
        .ctx = clock,
        .zero = zero,
        .loop = loop,
    };
    clock->sched = nd_sched_new(&driver);
    return clock->sched;
}
