#include "support/fake_internal.h"

#include "base/units.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* The fake host's loop: jobs, then timers and deadlines in order, then sockets. */

#define GIVE_UP ND_SEC(10)

static bool fire_timer(struct nd_fake *fake, nd_ns now)
{
    size_t first = fake->timers.count;
    for (size_t i = 0; i < fake->timers.count; i++) {
        const struct timer *t = &fake->timers.at[i];
        if (first == fake->timers.count || t->due < fake->timers.at[first].due ||
            (t->due == fake->timers.at[first].due && t->seq < fake->timers.at[first].seq))
            first = i;
    }
    if (first == fake->timers.count || fake->timers.at[first].due > now)
        return false;
    struct timer t = fake->timers.at[first];
    fake->timers.at[first] = fake->timers.at[--fake->timers.count];
    t.fn(t.ctx);
    return true;
}

static bool fire_deadline(struct nd_fake *fake, nd_ns now)
{
    for (struct nd_op *op = fake->ops; op != NULL; op = op->next) {
        if (op->deadline == 0 || op->deadline > now)
            continue;
        op->deadline = 0;
        op->timed_out = true;
        nd_fake_cancel(op);
        return true;
    }
    return false;
}

/* The next moment anything is due, INT64_MAX when none. */
static nd_ns next_due(const struct nd_fake *fake)
{
    nd_ns due = INT64_MAX;
    for (size_t i = 0; i < fake->timers.count; i++)
        due = fake->timers.at[i].due < due ? fake->timers.at[i].due : due;
    for (const struct nd_op *op = fake->ops; op != NULL; op = op->next)
        due = op->deadline != 0 && op->deadline < due ? op->deadline : due;
    return due;
}

static void run_job(struct nd_fake *fake)
{
    struct job job = fake->jobs.at[0];
    memmove(fake->jobs.at, fake->jobs.at + 1, (fake->jobs.count - 1) * sizeof job);
    fake->jobs.count--;
    job.work(job.ctx);
    job.op->offloads--;
    job.done(job.ctx);
}

static const struct watch *find_watch(const struct nd_fake *fake, int fd)
{
    for (size_t i = 0; i < fake->watches.count; i++) {
        if (fake->watches.at[i].fd == fd)
            return &fake->watches.at[i];
    }
    return NULL;
}

static void fire_watches(struct nd_fake *fake, const struct pollfd *polled, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        /* A callback before this one may have stopped the watch. */
        const struct watch *w = polled[i].revents != 0 ? find_watch(fake, polled[i].fd) : NULL;
        if (w == NULL)
            continue;
        if (w->serve != NULL) {
            w->serve(w->ctx);
            continue;
        }
        int events = (polled[i].revents & (POLLIN | POLLHUP) ? ND_READABLE : 0) |
                     (polled[i].revents & POLLOUT ? ND_WRITABLE : 0);
        if ((polled[i].revents & POLLERR) != 0) {
            /* As with the real loop, an error ends the watch and shows as everything. */
            struct watch gone = *w;
            nd_fake_unwatch(fake, gone.fd);
            gone.fn(gone.ctx, ND_READABLE | ND_WRITABLE);
        } else {
            w->fn(w->ctx, events & w->events ? events & w->events : w->events);
        }
    }
}

static bool poll_once(struct nd_fake *fake, nd_ns wait)
{
    size_t count = fake->watches.count;
    struct pollfd *polled = nd_alloc((count + 1) * sizeof *polled);
    for (size_t i = 0; i < count; i++) {
        const struct watch *w = &fake->watches.at[i];
        polled[i] = (struct pollfd){.fd = w->fd,
                                    .events = (short)((w->events & ND_READABLE ? POLLIN : 0) |
                                                      (w->events & ND_WRITABLE ? POLLOUT : 0))};
    }
    struct timespec t = {wait / 1000000000, wait % 1000000000};
    int ready = ppoll(polled, count, &t, NULL);
    if (ready > 0)
        fire_watches(fake, polled, count);
    free(polled);
    return ready > 0;
}

bool nd_fake_turn(struct nd_fake *fake)
{
    if (fake->jobs.count != 0) {
        run_job(fake);
        return true;
    }
    nd_ns now = nd_fake_now(fake);
    if (fire_timer(fake, now) || fire_deadline(fake, now))
        return true;
    nd_ns due = next_due(fake);
    if (fake->clock == ND_FAKE_VIRTUAL) {
        if (due == INT64_MAX)
            return false;
        fake->virtual_now = due;
        return true;
    }
    if (due == INT64_MAX && fake->watches.count == 0)
        return false;
    nd_ns wait = due - now < ND_SEC(1) ? due - now : ND_SEC(1);
    poll_once(fake, wait > 0 ? wait : 0);
    return true;
}

nd_err nd_fake_run(struct nd_op *op)
{
    struct nd_fake *fake = op->fake;
    nd_ns give_up = nd_fake_now(fake) + GIVE_UP;
    while (!op->finished || op->offloads != 0) {
        bool late = fake->clock == ND_FAKE_LIVE && nd_fake_now(fake) > give_up;
        if (late || !nd_fake_turn(fake))
            return ND_FAKE_STALLED;
    }
    return op->err;
}

static size_t answers_of(const struct nd_op *op)
{
    size_t count = 0;
    for (size_t i = 0; i < op->told.count; i++)
        count += !op->told.at[i].sent;
    return count;
}

bool nd_fake_answers(struct nd_op *op, size_t count)
{
    nd_ns give_up = nd_fake_now(op->fake) + ND_SEC(1);
    while (answers_of(op) < count && nd_fake_now(op->fake) < give_up)
        nd_fake_turn(op->fake);
    return answers_of(op) >= count;
}
