#include "run/internal.h"

#include <math.h>

/* A stream that is one op of its plugin: the grid, the deadline and the sorting of answers are
 * ours, sending and receiving the plugin's. One timer watches the oldest slot under way: as all
 * have the same deadline, none before it can be due. */

static void expire(void *ctx);

static void close_slot(struct nd_stream *stream, struct nd_slot *slot, nd_err outcome, double value)
{
    slot->known = true;
    slot->sample.outcome = outcome;
    slot->sample.value = outcome == ND_OK ? value : NAN;
    stream->under_way--;
}

/* Arms the timer for the oldest slot that is not known. */
static void watch_oldest(struct nd_stream *stream)
{
    if (stream->expiry != 0)
        return;
    if (stream->expired < stream->flushed)
        stream->expired = stream->flushed;
    while (stream->expired < stream->next_slot && nd_stream_slot(stream, stream->expired)->known)
        stream->expired++;
    if (stream->expired == stream->next_slot)
        return;
    nd_ns due =
        nd_stream_slot(stream, stream->expired)->sample.sent + stream->spec->common.deadline;
    stream->expiry = nd_sched_at(stream->run->config.sched, due, expire, stream);
}

static void expire(void *ctx)
{
    struct nd_stream *stream = ctx;
    stream->expiry = 0;
    nd_ns sent_before = nd_run_now(stream->run) - stream->spec->common.deadline;
    if (stream->expired < stream->flushed)
        stream->expired = stream->flushed;
    for (; stream->expired < stream->next_slot; stream->expired++) {
        struct nd_slot *slot = nd_stream_slot(stream, stream->expired);
        if (!slot->known && slot->sample.sent > sent_before)
            break;
        if (!slot->known)
            close_slot(stream, slot, ND_ETIME, NAN);
    }
    watch_oldest(stream);
    nd_stream_settle(stream);
}

/* ---- what the plugin tells ---- */

static void was_sent(void *ctx, int64_t number, nd_ns at)
{
    struct nd_stream *stream = ctx;
    if (number >= stream->flushed && number < stream->next_slot)
        nd_stream_slot(stream, number)->sample.sent = at;
}

/* An answer to a slot that is known already. */
static void count_extra(struct nd_stream *stream, int64_t number, nd_err outcome, double value)
{
    if (outcome == ND_OUTCOME_ANSWERED) {
        stream->duplicates++;
        return;
    }
    stream->late++;
    if (stream->run->samples != NULL)
        nd_samples_add_reading(stream->run->samples, nd_series_info(stream->series)->id, number,
                               "late", value);
}

static void was_answered(void *ctx, int64_t number, nd_err err, double value, nd_ns at)
{
    struct nd_stream *stream = ctx;
    if (number < 0 || number >= stream->next_slot)
        return; /* nothing we sent */
    if (number < stream->flushed) {
        if (err == ND_OK && (size_t)number < nd_series_count(stream->series)) {
            struct nd_sample kept = nd_series_sample(stream->series, (size_t)number);
            count_extra(stream, number, kept.outcome,
                        isnan(value) ? (double)(at - kept.sent) : value);
        }
        return;
    }
    struct nd_slot *slot = nd_stream_slot(stream, number);
    if (isnan(value))
        value = (double)(at - slot->sample.sent);
    if (slot->known) {
        if (err == ND_OK && slot->sample.outcome != ND_OUTCOME_NOT_SENT)
            count_extra(stream, number, slot->sample.outcome, value);
        return;
    }
    if (err == ND_OK) {
        stream->reordered += number < stream->highest;
        stream->highest = number > stream->highest ? number : stream->highest;
    }
    close_slot(stream, slot, err, value);
    nd_stream_settle(stream);
}

static void was_read(void *ctx, int64_t number, uint32_t reading, double value)
{
    struct nd_stream *stream = ctx;
    if (number >= 0 && number < stream->next_slot && !isnan(value))
        nd_stream_read(stream, number, reading, value);
}

/* The op is over: by our own word, or because it failed. */
static void op_ended(void *ctx, nd_err err, const char *why)
{
    struct nd_stream *stream = ctx;
    struct nd_run *run = stream->run;
    stream->op = NULL;
    run->flows--;
    if (!nd_series_closed(stream->series)) {
        stream->broken = err != ND_OK ? err : ND_EINTERNAL;
        nd_run_event(run, 0, "series.broken", nd_id_text(run, nd_series_info(stream->series)->id),
                     NULL,
                     json_pack("{s:s, s:s?}", "err", nd_err_name(stream->broken), "why", why));
        for (int64_t n = stream->flushed; n < stream->next_slot; n++) {
            struct nd_slot *slot = nd_stream_slot(stream, n);
            if (!slot->known)
                close_slot(stream, slot, stream->broken, NAN);
        }
        nd_stream_settle(stream);
    }
    nd_run_settle(run);
}

/* ---- for the stream ---- */

bool nd_flow_open(struct nd_stream *stream, struct nd_fail *why)
{
    struct nd_run *run = stream->run;
    const struct nd_op_sink sink = {.finish = op_ended,
                                    .ctx = stream,
                                    .sent = was_sent,
                                    .answer = was_answered,
                                    .reading = was_read};
    stream->op = nd_op_new(run->config.plugins, stream->spec, sink, why);
    if (stream->op == NULL)
        return false;
    stream->flows = true;
    run->flows++;
    nd_op_stream(stream->op);
    return true;
}

void nd_flow_send(struct nd_stream *stream, int64_t first, int64_t count)
{
    nd_ns now = nd_run_now(stream->run);
    for (int64_t n = first; n < first + count; n++)
        nd_stream_slot(stream, n)->sample.sent = now;
    if (stream->op != NULL && stream->broken == ND_OK) {
        nd_op_slots(stream->op, first, count);
    } else {
        for (int64_t n = first; n < first + count; n++)
            close_slot(stream, nd_stream_slot(stream, n), stream->broken, NAN);
        nd_stream_settle(stream);
    }
    watch_oldest(stream);
}

/* The plugin may be in the middle of telling us of an answer: its op goes from the scheduler. */
static void end_op(void *ctx)
{
    struct nd_stream *stream = ctx;
    stream->ending = 0;
    if (stream->op != NULL)
        nd_op_cancel(stream->op);
}

void nd_flow_end(struct nd_stream *stream)
{
    struct nd_sched *sched = stream->run->config.sched;
    if (stream->op != NULL && stream->ending == 0)
        stream->ending = nd_sched_at(sched, nd_sched_now(sched), end_op, stream);
    nd_sched_cancel(sched, stream->expiry);
    stream->expiry = 0;
}

void nd_flow_cut(struct nd_stream *stream)
{
    if (!stream->flows || nd_series_closed(stream->series))
        return;
    for (int64_t n = stream->flushed; n < stream->next_slot; n++) {
        struct nd_slot *slot = nd_stream_slot(stream, n);
        if (!slot->known)
            close_slot(stream, slot, ND_ECANCEL, NAN);
    }
    nd_stream_settle(stream);
}
