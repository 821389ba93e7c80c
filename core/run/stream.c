#include "host/measure.h"
#include "run/internal.h"

#include <math.h>
#include <stdlib.h>

/* Measurements as the run keeps them: slots told by the measurement (host/measure.h) go into the
 * series and into the store. The tick stands in the journal. */

#define STREAM_DEADLINE ND_SEC(1)
#define TICK            ND_MS(1) /* of streams faster than it, unless told otherwise */
#define TICK_MAX        ND_MS(100)

static void keep(void *ctx, const struct nd_measured *measured)
{
    struct nd_stream *stream = ctx;
    struct nd_run *run = stream->run;
    /* Cut off by the end of the drill: it says nothing about the network. */
    if (measured->outcome == ND_ECANCEL)
        return;
    const struct nd_sample sample = {
        .series = nd_series_info(stream->series)->id,
        .slot = measured->slot,
        .due = stream->grid + measured->slot * stream->every,
        .sent = measured->sent,
        .outcome = measured->outcome,
        .value = measured->value,
    };
    nd_series_add(stream->series, &sample);
    if (run->samples != NULL)
        nd_samples_add(run->samples, &sample);
    if (sample.outcome == ND_OUTCOME_NOT_SENT)
        return;
    stream->last = sample;
    if (sample.outcome == ND_OUTCOME_ANSWERED)
        stream->down_since = -1;
    else if (stream->down_since < 0)
        stream->down_since = sample.sent;
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

static void close_series(struct nd_stream *stream)
{
    struct nd_run *run = stream->run;
    stream->stopped = true;
    if (nd_series_closed(stream->series))
        return;
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

static void closed(void *ctx)
{
    close_series(ctx);
}

static void read_further(void *ctx, int64_t slot, uint32_t reading, double value)
{
    struct nd_stream *stream = ctx;
    nd_series_read(stream->series, reading - 1, slot, value);
    if (stream->run->samples != NULL)
        nd_samples_add_reading(stream->run->samples, nd_series_info(stream->series)->id, slot,
                               stream->spec->verb->readings[reading].name, value);
}

static void count_late(struct nd_stream *stream, int64_t slot, double value)
{
    stream->late++;
    if (stream->run->samples != NULL)
        nd_samples_add_reading(stream->run->samples, nd_series_info(stream->series)->id, slot,
                               "late", value);
}

static void extra(void *ctx, enum nd_measure_extra what, int64_t slot, double value, nd_ns at)
{
    struct nd_stream *stream = ctx;
    if (what == ND_EXTRA_AGAIN) {
        if ((size_t)slot >= nd_series_count(stream->series))
            return;
        struct nd_sample kept = nd_series_sample(stream->series, (size_t)slot);
        if (kept.outcome == ND_OUTCOME_NOT_SENT)
            return;
        what = kept.outcome == ND_OUTCOME_ANSWERED ? ND_EXTRA_DUPLICATE : ND_EXTRA_LATE;
        value = isnan(value) ? (double)(at - kept.sent) : value;
    }
    if (what == ND_EXTRA_LATE)
        count_late(stream, slot, value);
    stream->duplicates += what == ND_EXTRA_DUPLICATE;
    stream->reordered += what == ND_EXTRA_REORDERED;
}

static void broken(void *ctx, nd_err err, const char *why, bool goes_on)
{
    struct nd_stream *stream = ctx;
    struct nd_run *run = stream->run;
    nd_run_event(
        run, 0, "series.broken", nd_id_text(run, nd_series_info(stream->series)->id), NULL,
        json_pack("{s:s, s:s?, s:b}", "err", nd_err_name(err), "why", why, "goes_on", goes_on));
}

static nd_err ordered(void *ctx)
{
    const struct nd_stream *stream = ctx;
    return nd_call_ordered(stream->run, stream->spec);
}

static bool begin(struct nd_stream *stream, struct nd_fail *why)
{
    struct nd_run *run = stream->run;
    const struct nd_measure_spec spec = {.call = stream->spec,
                                         .grid = stream->grid,
                                         .every = stream->every,
                                         .tick = stream->tick,
                                         .till = stream->till};
    const struct nd_measure_sink sink = {.slot = keep,
                                         .reading = read_further,
                                         .extra = extra,
                                         .broken = broken,
                                         .closed = closed,
                                         .ordered = nd_run_is_live(run) ? NULL : ordered,
                                         .ctx = stream};
    stream->measure = nd_measure_open(run->config.plugins, &spec, sink, why);
    return stream->measure != NULL;
}

static void journal_opened(struct nd_stream *stream, const struct nd_step_run *step)
{
    const struct nd_series_info *info = nd_series_info(stream->series);
    struct nd_run *run = stream->run;
    json_t *data = json_pack(
        "{s:s, s:s?, s:s?, s:s, s:s, s:s, s:s, s:s?, s:s?, s:I, s:I, s:I, s:s?, s:o, s:b}", "name",
        info->name, "label", info->label, "label_zh", info->label_zh, "plugin", info->plugin,
        "verb", info->verb, "reading", info->reading, "unit", info->unit, "target", info->target,
        "vantage", info->vantage, "every_ns", (json_int_t)info->every, "tick_ns",
        (json_int_t)stream->tick, "deadline_ns", (json_int_t)info->deadline, "step",
        step != NULL ? step->step->id : NULL, "till_rel_ns", nd_moment_json(run, stream->till),
        "baseline", stream->baseline);
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
                                 .held_till = -1,
                                 .baseline = run->baselines.on,
                                 .tick = tick >= 0      ? tick
                                         : every < TICK ? TICK
                                                        : 0,
                                 .down_since = -1};
    if (!begin(stream, why)) {
        free(stream);
        return NULL;
    }
    const struct nd_reading *reading = spec->verb->readings;
    const char *target = spec->target != NULL ? spec->target->target.name : NULL;
    char *options = nd_schema_args_json(spec->verb, &spec->args);
    const struct nd_series_info info = {
        .id = run->series_base + (int64_t)run->streams.count + 1,
        .name = nd_arena_printf(&run->arena, "%s.%s%s%s", spec->plugin, spec->verb->name,
                                target != NULL ? " " : "", target != NULL ? target : ""),
        .label = spec->common.label.en,
        .label_zh = spec->common.label.zh,
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
    return stream;
}

void nd_stream_stop(struct nd_stream *stream)
{
    stream->stopped = true;
    if (stream->measure != NULL)
        nd_measure_stop(stream->measure);
}

void nd_stream_hold(struct nd_stream *stream)
{
    stream->held_till = stream->stopped ? -1 : stream->till;
    if (stream->held_till < 0)
        return;
    stream->till = -1;
    nd_measure_set_till(stream->measure, -1);
}

void nd_stream_go_on(struct nd_stream *stream, nd_ns length)
{
    if (stream->held_till >= 0 && !stream->stopped) {
        stream->till = stream->held_till + length;
        nd_measure_set_till(stream->measure, stream->till);
    }
    stream->held_till = -1;
}

void nd_stream_refresh(struct nd_stream *stream)
{
    if (stream->measure != NULL)
        nd_measure_refresh(stream->measure);
}

void nd_stream_cut(struct nd_stream *stream)
{
    nd_stream_refresh(stream);
    nd_measure_free(stream->measure);
    stream->measure = NULL;
    close_series(stream);
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
        nd_measure_free(stream->measure);
        nd_series_free(stream->series);
        free(stream);
    }
    nd_vec_free(&run->streams);
}

void nd_run_drop_series(struct nd_run *run)
{
    ND_CHECK(run->outcome.ended);
    nd_streams_free(run);
}
