#include "run/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Measurements. Slot n is due at grid + n * every, whatever became of the slots before; one that
 * we were too late for (by a whole slot, and by PATIENCE at the least) is recorded as not sent,
 * never made up for; one sent late carries its true send moment. Streams with a tick send what
 * falls into it together, at its end; the tick stands in the journal. Answers come in any order;
 * slots enter the series in order of their number. */

#define STREAM_DEADLINE ND_SEC(1)
#define TICK            ND_MS(1) /* of streams faster than it, unless told otherwise */
#define TICK_MAX        ND_MS(100)
#define PATIENCE        ND_MS(5)

static void fire(void *ctx);

struct nd_slot *nd_stream_slot(struct nd_stream *stream, int64_t slot)
{
    return &stream->pending.at[stream->head + (size_t)(slot - stream->flushed)];
}

static void keep(struct nd_stream *stream, const struct nd_sample *sample)
{
    struct nd_run *run = stream->run;
    /* Cut off by the end of the drill: it says nothing about the network. */
    if (sample->outcome == ND_ECANCEL)
        return;
    nd_series_add(stream->series, sample);
    if (run->samples != NULL)
        nd_samples_add(run->samples, sample);
    if (sample->outcome == ND_OUTCOME_NOT_SENT)
        return;
    stream->last = *sample;
    if (sample->outcome == ND_OUTCOME_ANSWERED)
        stream->down_since = -1;
    else if (stream->down_since < 0)
        stream->down_since = sample->sent;
}

static void flush(struct nd_stream *stream)
{
    while (stream->head < stream->pending.count && stream->pending.at[stream->head].known) {
        keep(stream, &stream->pending.at[stream->head++].sample);
        stream->flushed++;
    }
    /* Moved down only now and then, so that a long round trip costs nothing a slot. */
    if (stream->head == 0 || (stream->head < stream->pending.count && stream->head < 1024))
        return;
    memmove(stream->pending.at, stream->pending.at + stream->head,
            (stream->pending.count - stream->head) * sizeof *stream->pending.at);
    stream->pending.count -= stream->head;
    stream->head = 0;
}

static void wake_waiting(struct nd_stream *stream)
{
    for (struct nd_task *task = stream->run->tasks; task != NULL; task = task->next) {
        if (task->waits == ND_WAITS_SERIES && task->stream == stream) {
            task->stream = NULL;
            nd_task_finish_wait(task, ND_OK, NULL);
        }
    }
}

/* Once nothing is under way any more, the series is complete. */
static void close_when_done(struct nd_stream *stream)
{
    if (!stream->stopped || stream->under_way != 0 || nd_series_closed(stream->series))
        return;
    struct nd_run *run = stream->run;
    nd_flow_end(stream);
    nd_series_close(stream->series);
    const struct nd_series_info *info = nd_series_info(stream->series);
    struct nd_series_totals all = nd_series_totals(stream->series);
    nd_run_event(run, 0, "series.closed", nd_id_text(run, info->id), NULL,
                 json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "count", (json_int_t)all.count,
                           "answered", (json_int_t)all.answered, "missed", (json_int_t)all.missed,
                           "lost", (json_int_t)(all.count - all.answered), "late",
                           (json_int_t)stream->late, "duplicates", (json_int_t)stream->duplicates,
                           "reordered", (json_int_t)stream->reordered));
    wake_waiting(stream);
}

void nd_stream_settle(struct nd_stream *stream)
{
    flush(stream);
    close_when_done(stream);
}

void nd_stream_read(struct nd_stream *stream, int64_t slot, size_t reading, double value)
{
    nd_series_read(stream->series, reading - 1, slot, value);
    if (stream->run->samples != NULL)
        nd_samples_add_reading(stream->run->samples, nd_series_info(stream->series)->id, slot,
                               stream->spec->verb->readings[reading].name, value);
}

static void answered(struct nd_call *call, nd_err err, const char *why)
{
    (void)why;
    struct nd_stream *stream = call->stream;
    struct nd_slot *slot = nd_stream_slot(stream, call->slot);
    stream->under_way--;
    slot->known = true;
    slot->sample.sent = call->began;
    slot->sample.outcome = err;
    slot->sample.value = err == ND_OK && call->values_count != 0 ? call->values[0] : NAN;
    for (size_t i = 1; i < call->values_count; i++) {
        if (!isnan(call->values[i]))
            nd_stream_read(stream, call->slot, i, call->values[i]);
    }
    nd_stream_settle(stream);
}

static void push_slot(struct nd_stream *stream, bool sent)
{
    const struct nd_sample sample = {
        .series = nd_series_info(stream->series)->id,
        .slot = stream->next_slot,
        .due = stream->grid + stream->next_slot * stream->every,
        .outcome = ND_OUTCOME_NOT_SENT,
        .value = NAN,
    };
    nd_vec_push(&stream->pending, (struct nd_slot){sample, !sent});
    stream->next_slot++;
}

static void arm(struct nd_stream *stream)
{
    nd_ns due = stream->grid + stream->next_slot * stream->every;
    if (stream->till >= 0 && due >= stream->till) {
        stream->stopped = true;
        close_when_done(stream);
        return;
    }
    if (stream->tick > 0) /* at the tick's end: never before a slot is due */
        due = stream->grid + (due - stream->grid + stream->tick - 1) / stream->tick * stream->tick;
    stream->timer = nd_sched_at(stream->run->config.sched, due, fire, stream);
}

/* How many slots are due by now: one, or those of a tick; sets aside those that came too late. */
static int64_t slots_due(struct nd_stream *stream)
{
    nd_ns now = nd_run_now(stream->run);
    nd_ns patience = (stream->every > PATIENCE ? stream->every : PATIENCE) + stream->tick;
    while (now - (stream->grid + stream->next_slot * stream->every) >= patience)
        push_slot(stream, false);
    int64_t last = (now - stream->grid) / stream->every;
    if (stream->till >= 0 && stream->grid + last * stream->every >= stream->till)
        last = (stream->till - stream->grid - 1) / stream->every;
    return last + 1 - stream->next_slot;
}

static void fire(void *ctx)
{
    struct nd_stream *stream = ctx;
    struct nd_run *run = stream->run;
    stream->timer = 0;
    int64_t count = slots_due(stream);
    int64_t first = stream->next_slot;
    flush(stream);
    for (int64_t i = 0; i < count; i++) {
        push_slot(stream, true);
        stream->under_way++;
        if (!stream->flows)
            nd_call_begin(run, NULL, stream->spec, stream, stream->next_slot - 1, answered, NULL);
    }
    if (stream->flows && count > 0)
        nd_flow_send(stream, first, count);
    arm(stream);
}

static void journal_opened(struct nd_stream *stream, const struct nd_step_run *step)
{
    const struct nd_series_info *info = nd_series_info(stream->series);
    struct nd_run *run = stream->run;
    json_t *data = json_pack(
        "{s:s, s:s?, s:s, s:s, s:s, s:s, s:s?, s:s?, s:I, s:I, s:I, s:s?, s:o}", "name", info->name,
        "label", info->label, "plugin", info->plugin, "verb", info->verb, "reading", info->reading,
        "unit", info->unit, "target", info->target, "vantage", info->vantage, "every_ns",
        (json_int_t)info->every, "tick_ns", (json_int_t)stream->tick, "deadline_ns",
        (json_int_t)info->deadline, "step", step != NULL ? step->step->id : NULL, "till_rel_ns",
        nd_moment_json(run, stream->till));
    nd_run_event(run, 0, "series.opened", nd_id_text(run, info->id), NULL, data);
}

/* The series and its further readings, for whoever asks and for the store. */
static void declare(const struct nd_stream *stream)
{
    const struct nd_series_info *info = nd_series_info(stream->series);
    struct nd_samples *samples = stream->run->samples;
    const struct nd_reading *reading = stream->spec->verb->readings;
    if (samples != NULL)
        nd_samples_add_series(samples, info);
    if (reading->name == NULL)
        return;
    for (reading++; reading->name != NULL; reading++) {
        nd_series_declare(stream->series, reading->name, reading->unit);
        if (samples != NULL)
            nd_samples_add_kind(samples, info->id, reading->name, reading->unit);
    }
}

static bool check_asked(const struct nd_call_spec *spec, nd_ns every, nd_ns tick,
                        struct nd_fail *why)
{
    if ((spec->verb->flags & ND_VERB_CHANGES) != 0) {
        nd_fail_set(why, ND_EARG, "'%s.%s' changes the network; only probes can be measured",
                    spec->plugin, spec->verb->name);
        return false;
    }
    if (every <= 0) {
        nd_fail_set(why, ND_EARG, "'every' has to be longer than nothing");
        return false;
    }
    if (tick > TICK_MAX) {
        nd_fail_set(why, ND_EARG, "'tick' is at most 100ms: all slots of a tick leave at its end");
        return false;
    }
    return true;
}

struct nd_stream *nd_stream_open(struct nd_run *run, const struct nd_step_run *step,
                                 const struct nd_call_spec *spec, nd_ns every, nd_ns tick,
                                 nd_ns till, struct nd_fail *why)
{
    if (!check_asked(spec, every, tick, why))
        return NULL;
    struct nd_call_spec *own = nd_arena_alloc(&run->arena, sizeof *own);
    *own = *spec;
    if (own->common.deadline <= 0)
        own->common.deadline = STREAM_DEADLINE;
    struct nd_stream *stream = nd_alloc(sizeof *stream);
    *stream = (struct nd_stream){.run = run,
                                 .spec = own,
                                 .every = every,
                                 .grid = nd_run_now(run),
                                 .till = till,
                                 .tick = tick >= 0      ? tick
                                         : every < TICK ? TICK
                                                        : 0,
                                 .highest = -1,
                                 .down_since = -1};
    if (nd_run_is_live(run) && nd_verb_streams(spec->verb) && !nd_flow_open(stream, why)) {
        free(stream);
        return NULL;
    }
    const struct nd_reading *reading = spec->verb->readings;
    const char *target = spec->target != NULL ? spec->target->target.name : NULL;
    char *options = nd_schema_args_json(spec->verb, &spec->args);
    const struct nd_series_info info = {
        .id = (int64_t)run->streams.count + 1,
        .name = nd_arena_printf(&run->arena, "%s.%s%s%s", spec->plugin, spec->verb->name,
                                target != NULL ? " " : "", target != NULL ? target : ""),
        .label = spec->common.label,
        .plugin = spec->plugin,
        .verb = spec->verb->name,
        .reading = reading->name != NULL ? reading->name : "",
        .unit = reading->name != NULL ? reading->unit : "",
        .target = target,
        .vantage = spec->common.from,
        .every = every,
        .deadline = own->common.deadline,
        .opened = stream->grid,
        .options = options,
    };
    stream->series = nd_series_new(&info);
    free(options);
    declare(stream);
    nd_vec_push(&run->streams, stream);
    journal_opened(stream, step);
    if (run->config.called != NULL)
        run->config.called(run->config.ctx, step != NULL ? step->step : NULL, spec, every);
    arm(stream);
    return stream;
}

void nd_stream_stop(struct nd_stream *stream)
{
    stream->stopped = true;
    nd_sched_cancel(stream->run->config.sched, stream->timer);
    stream->timer = 0;
    close_when_done(stream);
}

struct nd_stream *nd_stream_of(struct nd_run *run, const struct nd_series *series)
{
    for (size_t i = 0; i < run->streams.count; i++) {
        if (run->streams.at[i]->series == series)
            return run->streams.at[i];
    }
    ND_CHECK(false);
    return NULL;
}

void nd_streams_free(struct nd_run *run)
{
    for (size_t i = 0; i < run->streams.count; i++) {
        struct nd_stream *stream = run->streams.at[i];
        nd_sched_cancel(run->config.sched, stream->timer);
        nd_sched_cancel(run->config.sched, stream->expiry);
        nd_sched_cancel(run->config.sched, stream->ending);
        nd_series_free(stream->series);
        nd_vec_free(&stream->pending);
        free(stream);
    }
    nd_vec_free(&run->streams);
}
