#include "host/measure.h"

#include "base/units.h"
#include "host/measure_state.h"
#include "host/remote.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The measurement itself, in the process where its plugin runs. */

#define PATIENCE ND_MS(5)

struct nd_measure_slot *nd_measure_slot_of(struct nd_measure *m, int64_t number)
{
    return &m->slots.at[m->head + (size_t)(number - m->told)];
}

static struct nd_sched *sched_of(const struct nd_measure *m)
{
    return m->plugins->sched;
}

static nd_ns now_of(const struct nd_measure *m)
{
    return nd_sched_now(m->plugins->sched);
}

/* ---- telling ---- */

static void ignore_end(void *ctx, nd_err err, const char *why)
{
    (void)ctx;
    (void)err;
    (void)why;
}

static void end_op(struct nd_measure *m)
{
    struct nd_op *op = m->op;
    m->op = NULL;
    if (op == NULL)
        return;
    op->sink = (struct nd_op_sink){.finish = ignore_end};
    nd_op_cancel(op);
}

static void close_now(void *ctx)
{
    struct nd_measure *m = ctx;
    m->closing = 0;
    m->closed = true;
    end_op(m);
    m->sink.closed(m->sink.ctx);
}

static void close_when_done(struct nd_measure *m)
{
    if (!m->stopped || m->under_way != 0 || m->closing != 0 || m->closed)
        return;
    nd_sched_cancel(sched_of(m), m->expiry);
    m->expiry = 0;
    m->closing = nd_sched_at(sched_of(m), now_of(m), close_now, m);
}

void nd_measure_settle(struct nd_measure *m)
{
    while (m->head < m->slots.count && m->slots.at[m->head].known) {
        const struct nd_measure_slot *slot = &m->slots.at[m->head];
        const struct nd_measured measured = {m->told, slot->sent, slot->outcome, slot->value};
        m->head++;
        m->told++;
        m->sink.slot(m->sink.ctx, &measured);
    }
    /* Moved down only now and then, so that a long round trip costs nothing a slot. */
    if (m->head != 0 && (m->head == m->slots.count || m->head >= 1024)) {
        memmove(m->slots.at, m->slots.at + m->head,
                (m->slots.count - m->head) * sizeof *m->slots.at);
        m->slots.count -= m->head;
        m->head = 0;
    }
    close_when_done(m);
}

void nd_measure_know(struct nd_measure *m, struct nd_measure_slot *slot, nd_err outcome,
                     double value)
{
    slot->known = true;
    slot->outcome = outcome;
    slot->value = outcome == ND_OK ? value : NAN;
    m->under_way--;
}

/* ---- deadlines of streams ---- */

static void expire(void *ctx);

/* One timer watches the oldest slot under way: as all have the same deadline, none is due before
 * it. */
static void watch_oldest(struct nd_measure *m)
{
    if (m->expiry != 0)
        return;
    if (m->expired < m->told)
        m->expired = m->told;
    while (m->expired < m->next && nd_measure_slot_of(m, m->expired)->known)
        m->expired++;
    if (m->expired == m->next)
        return;
    nd_ns due = nd_measure_slot_of(m, m->expired)->sent + m->spec.call->common.deadline;
    m->expiry = nd_sched_at(sched_of(m), due, expire, m);
}

static void expire(void *ctx)
{
    struct nd_measure *m = ctx;
    m->expiry = 0;
    /* What lies unread in the socket came in time: it is looked at first. */
    if (m->op != NULL && m->broken == ND_OK)
        nd_op_slots(m->op, m->next, 0);
    nd_ns sent_before = now_of(m) - m->spec.call->common.deadline;
    if (m->expired < m->told)
        m->expired = m->told;
    for (; m->expired < m->next; m->expired++) {
        struct nd_measure_slot *slot = nd_measure_slot_of(m, m->expired);
        if (!slot->known && slot->sent > sent_before)
            break;
        if (!slot->known)
            nd_measure_know(m, slot, ND_ETIME, NAN);
    }
    watch_oldest(m);
    nd_measure_settle(m);
}

/* ---- what the plugin of a stream tells ---- */

static void was_sent(void *ctx, int64_t number, nd_ns at)
{
    struct nd_measure *m = ctx;
    if (number >= m->told && number < m->next)
        nd_measure_slot_of(m, number)->sent = at;
}

static void tell_extra(const struct nd_measure *m, enum nd_measure_extra what, int64_t number,
                       double value, nd_ns at)
{
    m->sink.extra(m->sink.ctx, what, number, value, at);
}

static void was_answered(void *ctx, int64_t number, nd_err err, double value, nd_ns at)
{
    struct nd_measure *m = ctx;
    if (number < m->spec.first || number >= m->next)
        return;
    if (number < m->told) {
        if (err == ND_OK)
            tell_extra(m, ND_EXTRA_AGAIN, number, value, at);
        return;
    }
    struct nd_measure_slot *slot = nd_measure_slot_of(m, number);
    if (slot->known) {
        if (err == ND_OK && slot->outcome != ND_MEASURE_NOT_SENT)
            tell_extra(m, slot->outcome == ND_OK ? ND_EXTRA_DUPLICATE : ND_EXTRA_LATE, number,
                       isnan(value) ? (double)(at - slot->sent) : value, at);
        return;
    }
    if (isnan(value))
        value = (double)(at - slot->sent);
    if (err == ND_OK && number < m->highest)
        tell_extra(m, ND_EXTRA_REORDERED, number, value, at);
    if (err == ND_OK && number > m->highest)
        m->highest = number;
    /* In time or not is decided by when it came, not by when we looked. */
    bool late = err == ND_OK && at - slot->sent > m->spec.call->common.deadline;
    nd_measure_know(m, slot, late ? ND_ETIME : err, value);
    if (late)
        tell_extra(m, ND_EXTRA_LATE, number, value, at);
    nd_measure_settle(m);
}

static void was_read(void *ctx, int64_t number, uint32_t reading, double value)
{
    const struct nd_measure *m = ctx;
    if (number >= m->spec.first && number < m->next && !isnan(value))
        m->sink.reading(m->sink.ctx, number, reading, value);
}

/* The op of a stream ended by itself: it failed. */
static void op_ended(void *ctx, nd_err err, const char *why)
{
    struct nd_measure *m = ctx;
    m->op = NULL;
    m->broken = err != ND_OK ? err : ND_EINTERNAL;
    m->sink.broken(m->sink.ctx, m->broken, why, false);
    for (int64_t n = m->told; n < m->next; n++) {
        if (!nd_measure_slot_of(m, n)->known)
            nd_measure_know(m, nd_measure_slot_of(m, n), m->broken, NAN);
    }
    nd_measure_settle(m);
}

static bool open_op(struct nd_measure *m, struct nd_fail *why)
{
    const struct nd_op_sink sink = {.finish = op_ended,
                                    .ctx = m,
                                    .sent = was_sent,
                                    .answer = was_answered,
                                    .reading = was_read};
    m->op = nd_op_new(m->plugins, m->spec.call, sink, why);
    if (m->op != NULL)
        nd_op_stream(m->op);
    return m->op != NULL;
}

/* ---- the grid ---- */

static void fire(void *ctx);

static nd_ns due_of(const struct nd_measure *m, int64_t number)
{
    return m->spec.grid + number * m->spec.every;
}

static void push_slot(struct nd_measure *m, nd_ns sent)
{
    const struct nd_measure_slot slot = {
        .sent = sent, .value = NAN, .outcome = ND_MEASURE_NOT_SENT, .known = sent == 0};
    nd_vec_push(&m->slots, slot);
    m->under_way += sent != 0;
    m->next++;
}

static void arm(struct nd_measure *m)
{
    const struct nd_measure_spec *spec = &m->spec;
    nd_ns due = due_of(m, m->next);
    if (spec->till >= 0 && due >= spec->till) {
        m->stopped = true;
        close_when_done(m);
        return;
    }
    if (spec->tick > 0) /* at the tick's end: never before a slot is due */
        due = spec->grid + (due - spec->grid + spec->tick - 1) / spec->tick * spec->tick;
    m->timer = nd_sched_at(sched_of(m), due, fire, m);
}

/* How many slots are due by now: one, or those of a tick; sets aside those that came too late. */
static int64_t slots_due(struct nd_measure *m, nd_ns now)
{
    const struct nd_measure_spec *spec = &m->spec;
    nd_ns patience = (spec->every > PATIENCE ? spec->every : PATIENCE) + spec->tick;
    while (now - due_of(m, m->next) >= patience)
        push_slot(m, 0);
    int64_t last = (now - spec->grid) / spec->every;
    if (spec->till >= 0 && due_of(m, last) >= spec->till)
        last = (spec->till - spec->grid - 1) / spec->every;
    return last + 1 - m->next;
}

static void fire(void *ctx)
{
    struct nd_measure *m = ctx;
    m->timer = 0;
    nd_ns now = now_of(m);
    int64_t count = slots_due(m, now);
    int64_t first = m->next;
    for (int64_t i = 0; i < count; i++) {
        /* The run clock's 0 means "not sent": nothing is sent then. */
        push_slot(m, now != 0 ? now : 1);
        if (!m->streams)
            nd_measure_call(m, m->next - 1);
    }
    if (m->streams && count > 0 && m->op != NULL) {
        nd_op_slots(m->op, first, count);
    } else if (m->streams) {
        for (int64_t n = first; n < m->next; n++)
            nd_measure_know(m, nd_measure_slot_of(m, n), m->broken, NAN);
    }
    if (m->streams)
        watch_oldest(m);
    nd_measure_settle(m);
    if (!m->stopped)
        arm(m);
}

/* ---- for whoever measures ---- */

struct nd_measure *nd_measure_open(struct nd_plugins *plugins, const struct nd_measure_spec *spec,
                                   struct nd_measure_sink sink, struct nd_fail *why)
{
    struct nd_measure *m = nd_alloc(sizeof *m);
    *m = (struct nd_measure){.plugins = plugins,
                             .spec = *spec,
                             .sink = sink,
                             .next = spec->first,
                             .told = spec->first,
                             .expired = spec->first,
                             .highest = -1};
    if (plugins->isolated) {
        struct nd_loaded *loaded = nd_plugins_find(plugins, spec->call->plugin);
        m->far = loaded != NULL ? nd_far_open(loaded, spec, sink, why) : NULL;
        if (m->far != NULL)
            return m;
        free(m);
        return NULL;
    }
    m->streams = nd_verb_streams(spec->call->verb) && !nd_sched_is_virtual(plugins->sched);
    m->replays = nd_sched_is_virtual(plugins->sched) && nd_verb_steady(spec->call->verb);
    if (m->streams && !open_op(m, why)) {
        free(m);
        return NULL;
    }
    arm(m);
    return m;
}

void nd_measure_stop(struct nd_measure *m)
{
    if (m->far != NULL) {
        nd_far_stop(m->far);
        return;
    }
    m->stopped = true;
    nd_sched_cancel(sched_of(m), m->timer);
    m->timer = 0;
    close_when_done(m);
}

void nd_measure_set_till(struct nd_measure *m, nd_ns till)
{
    m->spec.till = till;
    if (m->far != NULL)
        nd_far_set_till(m->far, till);
}

void nd_measure_refresh(struct nd_measure *m)
{
    if (m->far != NULL)
        nd_far_refresh(m->far);
    else if (m->op != NULL && m->broken == ND_OK && m->under_way != 0)
        nd_op_slots(m->op, m->next, 0);
}

void nd_measure_free(struct nd_measure *m)
{
    if (m == NULL)
        return;
    nd_far_free(m->far);
    nd_sched_cancel(sched_of(m), m->timer);
    nd_sched_cancel(sched_of(m), m->expiry);
    nd_sched_cancel(sched_of(m), m->closing);
    end_op(m);
    nd_measure_calls_free(m);
    nd_vec_free(&m->slots);
    free(m);
}
