#include "run/series_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Keeping what was measured. */

struct nd_series *nd_series_new(const struct nd_series_info *info)
{
    struct nd_series *series = nd_alloc(sizeof *series);
    struct nd_arena *arena = &series->arena;
    series->info = *info;
    series->info.name = nd_arena_strdup(arena, info->name);
    series->info.label = nd_arena_strdup(arena, info->label);
    series->info.label_zh = nd_arena_strdup(arena, info->label_zh);
    series->info.plugin = nd_arena_strdup(arena, info->plugin);
    series->info.verb = nd_arena_strdup(arena, info->verb);
    series->info.reading = nd_arena_strdup(arena, info->reading);
    series->info.unit = nd_arena_strdup(arena, info->unit);
    series->info.target = nd_arena_strdup(arena, info->target);
    series->info.vantage = nd_arena_strdup(arena, info->vantage);
    series->info.options = nd_arena_strdup(arena, info->options);
    series->voice = nd_voice_of(info->options);
    return series;
}

void nd_series_free(struct nd_series *series)
{
    if (series == NULL)
        return;
    for (size_t i = 0; i < series->extras.count; i++)
        nd_vec_free(&series->extras.at[i].rows);
    nd_vec_free(&series->extras);
    nd_vec_free(&series->sent);
    nd_vec_free(&series->value);
    nd_vec_free(&series->outcome);
    nd_sketch_deinit(&series->sketch);
    nd_arena_deinit(&series->arena);
    free(series);
}

const struct nd_series_info *nd_series_info(const struct nd_series *series)
{
    return &series->info;
}

static void push(struct nd_series *series, nd_ns sent, double value, int32_t outcome)
{
    nd_vec_push(&series->sent, sent);
    nd_vec_push(&series->value, value);
    nd_vec_push(&series->outcome, (int8_t)outcome);
}

void nd_series_add(struct nd_series *series, const struct nd_sample *sample)
{
    while ((int64_t)series->sent.count < sample->slot)
        push(series, 0, NAN, ND_OUTCOME_NOT_KEPT);
    push(series, sample->sent, sample->value, sample->outcome);
    series->totals.missed += sample->outcome == ND_OUTCOME_NOT_SENT;
    series->totals.count += sample->outcome <= ND_OUTCOME_ANSWERED;
    series->totals.answered += sample->outcome == ND_OUTCOME_ANSWERED;
    if (sample->outcome == ND_OUTCOME_ANSWERED && isfinite(sample->value))
        nd_sketch_add(&series->sketch, sample->value);
}

void nd_series_close(struct nd_series *series)
{
    series->closed = true;
}

bool nd_series_closed(const struct nd_series *series)
{
    return series->closed;
}

bool nd_series_is_voice(const struct nd_series *series)
{
    return series->voice.known;
}

size_t nd_series_count(const struct nd_series *series)
{
    return series->sent.count;
}

struct nd_sample nd_series_sample(const struct nd_series *series, size_t slot)
{
    return (struct nd_sample){
        .series = series->info.id,
        .slot = (int64_t)slot,
        .due = nd_row_due(series, slot),
        .sent = series->sent.at[slot],
        .outcome = series->outcome.at[slot],
        .value = series->value.at[slot],
    };
}

struct nd_series_totals nd_series_totals(const struct nd_series *series)
{
    struct nd_series_totals totals = series->totals;
    totals.p50 = nd_sketch_quantile(&series->sketch, 0.50);
    totals.p95 = nd_sketch_quantile(&series->sketch, 0.95);
    totals.p99 = nd_sketch_quantile(&series->sketch, 0.99);
    return totals;
}

/* ---- further readings ---- */

int nd_series_reading_find(const struct nd_series *series, const char *name)
{
    for (size_t i = 0; i < series->extras.count; i++) {
        if (strcmp(series->extras.at[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

size_t nd_series_declare(struct nd_series *series, const char *name, const char *unit)
{
    int found = nd_series_reading_find(series, name);
    if (found >= 0)
        return (size_t)found;
    const struct nd_extras extras = {.name = nd_arena_strdup(&series->arena, name),
                                     .unit = nd_arena_strdup(&series->arena, unit)};
    nd_vec_push(&series->extras, extras);
    return series->extras.count - 1;
}

const char *nd_series_reading_name(const struct nd_series *series, size_t reading,
                                   const char **unit)
{
    if (reading >= series->extras.count)
        return NULL;
    if (unit != NULL)
        *unit = series->extras.at[reading].unit;
    return series->extras.at[reading].name;
}

/* Answers come in nearly the order of their slots: what is out of order moves down a little. */
void nd_series_read(struct nd_series *series, size_t reading, int64_t slot, double value)
{
    struct nd_extras *extras = &series->extras.at[reading];
    nd_vec_push(&extras->rows, (struct nd_extra){slot, value});
    for (size_t i = extras->rows.count - 1; i > 0 && extras->rows.at[i - 1].slot > slot; i--) {
        extras->rows.at[i] = extras->rows.at[i - 1];
        extras->rows.at[i - 1] = (struct nd_extra){slot, value};
    }
}
