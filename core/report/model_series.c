#include "report/internal.h"

#include "plan/site.h"
#include "record/undo.h"
#include "run/series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Samples into statistics, columns for the strips, and interruptions with their class. */

#define COLUMNS 240

struct load {
    json_t *model;
    const struct nd_rundir *dir;
    char *path;
    nd_ns t0, run_end;
    struct ND_VEC(struct nd_series *) series;
    struct nd_fail *why;
};

static void take_series(void *ctx, const struct nd_series_info *info)
{
    struct load *load = ctx;
    nd_vec_push(&load->series, nd_series_new(info));
}

static void take_sample(void *ctx, const struct nd_sample *sample)
{
    nd_series_add(ctx, sample);
}

static void take_kind(void *ctx, const char *name, const char *unit)
{
    nd_series_declare(ctx, name, unit);
}

static void take_reading(void *ctx, int64_t slot, const char *name, double value)
{
    int reading = nd_series_reading_find(ctx, name);
    if (reading >= 0) /* else of a late answer */
        nd_series_read(ctx, (size_t)reading, slot, value);
}

static nd_err read_series(const char *path, struct nd_series *series, struct nd_fail *why)
{
    int64_t id = nd_series_info(series)->id;
    nd_err err = nd_samples_read(path, id, take_sample, series, why);
    if (err == ND_OK)
        err = nd_samples_read_kinds(path, id, take_kind, series, why);
    if (err == ND_OK)
        err = nd_samples_read_readings(path, id, take_reading, series, why);
    return err;
}

static void take_gap(void *ctx, nd_ns from, nd_ns till, int64_t rows, const char *text)
{
    struct load *load = ctx;
    json_array_append_new(json_object_get(json_object_get(load->model, "quality"), "gaps"),
                          json_pack("{s:I, s:I, s:I, s:s?}", "from_rel_ns",
                                    (json_int_t)(from - load->t0), "till_rel_ns",
                                    (json_int_t)(till - load->t0), "rows", (json_int_t)rows, "why",
                                    text));
}

/* Whether a change was in force at some moment of (from, till]. The lab's own building is none. */
static bool changed(const struct load *load, nd_ns from, nd_ns till, nd_ns slack)
{
    size_t i = 0;
    json_t *change = NULL;
    json_array_foreach(json_object_get(load->model, "changes"), i, change)
    {
        const json_t *began = json_object_get(change, "began_rel_ns");
        const json_t *back = json_object_get(change, "verified_rel_ns");
        if (!json_is_integer(began) ||
            nd_undo_is_lab(nd_str_of(change, "plugin"), nd_str_of(change, "verb")))
            continue;
        nd_ns start = json_integer_value(began) + load->t0;
        nd_ns end =
            json_is_integer(back) ? json_integer_value(back) + load->t0 + slack : load->run_end;
        if (start <= till && end >= from)
            return true;
    }
    return false;
}

static json_t *interruption_json(const struct load *load, const struct nd_series *series,
                                 const struct nd_interruption *one, int64_t *injected_lost)
{
    const struct nd_series_info *info = nd_series_info(series);
    nd_ns after_last = one->last_lost + info->every;
    nd_ns end = one->till >= 0               ? one->till
                : after_last < load->run_end ? after_last
                                             : load->run_end;
    nd_ns before = one->last_good >= 0 ? one->last_good : one->from - info->every;
    nd_ns start_width = one->last_good >= 0 ? one->from - one->last_good : 0;
    nd_ns end_width = one->till >= 0 ? one->till - one->last_lost : 0;
    bool injected = changed(load, before, one->from, info->every);
    *injected_lost += injected ? one->lost : 0;
    return json_pack("{s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:s}", "from_rel_ns",
                     (json_int_t)(one->from - load->t0), "till_rel_ns",
                     one->till >= 0 ? json_integer(one->till - load->t0) : json_null(),
                     "last_good_rel_ns",
                     one->last_good >= 0 ? json_integer(one->last_good - load->t0) : json_null(),
                     "last_lost_rel_ns", (json_int_t)(one->last_lost - load->t0), "length_ns",
                     (json_int_t)(end - one->from), "uncertainty_ns",
                     (json_int_t)(start_width > end_width ? start_width : end_width), "lost",
                     (json_int_t)one->lost, "class", injected ? "injected" : "unexpected");
}

static void add_interruptions(const struct load *load, const struct nd_series *series, json_t *out,
                              const struct nd_answer *all)
{
    size_t count = nd_series_interruptions(series, 0, INT64_MAX, NULL, 0);
    struct nd_interruption *list = nd_alloc(count * sizeof *list);
    json_t *array = json_array();
    int64_t injected_lost = 0;
    nd_series_interruptions(series, 0, INT64_MAX, list, count);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, interruption_json(load, series, &list[i], &injected_lost));
    free(list);
    nd_model_lengths(out, array);
    json_object_set_new(out, "interruptions", array);
    json_object_set_new(out, "availability",
                        all->count > 0 ? json_real((double)all->answered / (double)all->count)
                                       : json_null());
    int64_t rest = all->count - injected_lost;
    json_object_set_new(out, "availability_without_injected",
                        rest > 0 ? json_real((double)all->answered / (double)rest) : json_null());
}

static json_t *number_or_null(const struct nd_answer *answer)
{
    return answer->known && isfinite(answer->value) ? json_real(answer->value) : json_null();
}

/* Columns [index, sent, lost, not sent, min, max] over [0, run end) of the drill. */
static json_t *columns_json(const struct load *load, const struct nd_series *series)
{
    json_t *columns = json_array();
    size_t count = nd_series_count(series);
    nd_ns span = load->run_end - load->t0 > 0 ? load->run_end - load->t0 : 1;
    for (size_t i = 0; i < count;) {
        struct nd_sample sample = nd_series_sample(series, i);
        nd_ns at = sample.due - load->t0;
        int64_t column = at * COLUMNS / span;
        if (column >= COLUMNS)
            break; /* after the run's end, as far as its journal goes */
        int64_t sent = 0;
        int64_t lost = 0;
        int64_t missed = 0;
        double low = INFINITY;
        double high = -INFINITY;
        for (; i < count; i++) {
            sample = nd_series_sample(series, i);
            if ((sample.due - load->t0) * COLUMNS / span != column)
                break;
            bool answered = sample.outcome == ND_OUTCOME_ANSWERED;
            missed += sample.outcome == ND_OUTCOME_NOT_SENT;
            sent += sample.outcome <= ND_OUTCOME_ANSWERED;
            lost += sample.outcome < ND_OUTCOME_ANSWERED;
            if (answered && !isnan(sample.value)) {
                low = fmin(low, sample.value);
                high = fmax(high, sample.value);
            }
        }
        json_array_append_new(columns,
                              json_pack("[I, I, I, I, o, o]", (json_int_t)column, (json_int_t)sent,
                                        (json_int_t)lost, (json_int_t)missed,
                                        isfinite(low) ? json_real(low) : json_null(),
                                        isfinite(high) ? json_real(high) : json_null()));
    }
    return columns;
}

static json_t *series_json(const struct load *load, const struct nd_series *series)
{
    const struct nd_series_info *info = nd_series_info(series);
    static const enum nd_stat stats[] = {ND_STAT_LOSS, ND_STAT_MIN, ND_STAT_P50,   ND_STAT_P95,
                                         ND_STAT_P99,  ND_STAT_MAX, ND_STAT_JITTER};
    struct nd_answer all = nd_series_ask(series, ND_STAT_COUNT, 0, INT64_MAX);
    json_t *out = json_pack("{s:I, s:s, s:s?, s:s, s:s, s:s, s:s, s:s?, s:s?, s:I, s:I, s:I, s:I, "
                            "s:I}",
                            "id", (json_int_t)info->id, "name", info->name, "label", info->label,
                            "plugin", info->plugin, "verb", info->verb, "reading", info->reading,
                            "unit", info->unit, "target", info->target, "vantage", info->vantage,
                            "every_ns", (json_int_t)info->every, "deadline_ns",
                            (json_int_t)info->deadline, "count", (json_int_t)all.count, "answered",
                            (json_int_t)all.answered, "missed", (json_int_t)all.missed);
    for (size_t i = 0; i < sizeof stats / sizeof stats[0]; i++) {
        struct nd_answer answer = nd_series_ask(series, stats[i], 0, INT64_MAX);
        json_object_set_new(out, nd_stat_name(stats[i]), number_or_null(&answer));
    }
    json_object_set_new(out, "completeness",
                        all.count + all.missed > 0
                            ? json_real((double)all.count / (double)(all.count + all.missed))
                            : json_null());
    size_t slots = nd_series_count(series);
    json_object_set_new(out, "till_rel_ns",
                        slots != 0
                            ? json_integer(nd_series_sample(series, slots - 1).due - load->t0)
                            : json_null());
    add_interruptions(load, series, out, &all);
    nd_model_share_series(out, series, load->model, load->t0);
    json_object_set_new(out, "columns", columns_json(load, series));
    return out;
}

/* What the site file knows of the targets, so that nothing has to be read beside the model. */
static void add_addresses(json_t *list, const struct nd_rundir *dir)
{
    struct nd_diags diags = {0};
    char *path = nd_rundir_file(dir, "site.yaml");
    struct nd_site *site = access(path, R_OK) == 0 ? nd_site_load(path, &diags) : NULL;
    size_t i = 0;
    json_t *series = NULL;
    json_array_foreach(site != NULL ? list : NULL, i, series)
    {
        const char *name = nd_str_of(series, "target");
        const struct nd_site_target *target = nd_site_target_find(site, name);
        if (target != NULL && target->target.address != NULL)
            json_object_set_new(series, "address", json_string(target->target.address));
    }
    free(path);
    nd_diags_deinit(&diags);
    nd_site_free(site);
}

nd_err nd_model_series(json_t *model, const struct nd_rundir *dir, nd_ns t0, nd_ns run_end,
                       struct nd_fail *why)
{
    struct load load = {.model = model,
                        .dir = dir,
                        .path = nd_rundir_file(dir, "samples.sqlite"),
                        .t0 = t0,
                        .run_end = run_end,
                        .why = why};
    nd_err err = ND_OK;
    json_t *list = json_object_get(model, "series");
    if (access(load.path, R_OK) == 0) {
        err = nd_samples_read_series(load.path, take_series, &load, why);
        if (err == ND_OK)
            err = nd_samples_read_gaps(load.path, take_gap, &load, why);
    }
    for (size_t i = 0; i < load.series.count; i++) {
        struct nd_series *series = load.series.at[i];
        if (err == ND_OK)
            err = read_series(load.path, series, why);
        /* Of the baseline: outside of the drill, told by its own table. */
        char id[24];
        snprintf(id, sizeof id, "%lld", (long long)nd_series_info(series)->id);
        const json_t *baseline =
            json_object_get(json_object_get(json_object_get(model, "baseline"), "series"), id);
        if (err == ND_OK && baseline == NULL)
            json_array_append_new(list, series_json(&load, series));
        nd_series_free(series);
    }
    add_addresses(list, dir);
    nd_vec_free(&load.series);
    free(load.path);
    return err;
}
