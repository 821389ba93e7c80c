#include "run/series.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct nd_series {
    struct nd_series_info info;
    struct nd_arena arena;
    struct ND_VEC(struct nd_sample) samples; /* by slot, so by due moment too */
    bool closed;
};

struct nd_series *nd_series_new(const struct nd_series_info *info)
{
    struct nd_series *series = nd_alloc(sizeof *series);
    struct nd_arena *arena = &series->arena;
    series->info = *info;
    series->info.name = nd_arena_strdup(arena, info->name);
    series->info.label = nd_arena_strdup(arena, info->label);
    series->info.plugin = nd_arena_strdup(arena, info->plugin);
    series->info.verb = nd_arena_strdup(arena, info->verb);
    series->info.reading = nd_arena_strdup(arena, info->reading);
    series->info.unit = nd_arena_strdup(arena, info->unit);
    series->info.target = nd_arena_strdup(arena, info->target);
    series->info.vantage = nd_arena_strdup(arena, info->vantage);
    return series;
}

void nd_series_free(struct nd_series *series)
{
    if (series == NULL)
        return;
    nd_vec_free(&series->samples);
    nd_arena_deinit(&series->arena);
    free(series);
}

const struct nd_series_info *nd_series_info(const struct nd_series *series)
{
    return &series->info;
}

void nd_series_add(struct nd_series *series, const struct nd_sample *sample)
{
    nd_vec_push(&series->samples, *sample);
}

void nd_series_close(struct nd_series *series)
{
    series->closed = true;
}

bool nd_series_closed(const struct nd_series *series)
{
    return series->closed;
}

const struct nd_sample *nd_series_samples(const struct nd_series *series, size_t *count)
{
    *count = series->samples.count;
    return series->samples.at;
}

static const char *const stat_names[] = {
    "share",       "loss",  "interruption", "interruptions", "interruption_sum",
    "longest_gap", "count", "answered",     "missed",        "min",
    "mean",        "max",   "p50",          "p90",           "p95",
    "p99",         "p999",  "stddev",       "jitter",
};

const char *nd_stat_name(enum nd_stat stat)
{
    return stat_names[stat];
}

int nd_stat_find(const char *name)
{
    for (size_t i = 0; i < sizeof stat_names / sizeof stat_names[0]; i++) {
        if (strcmp(stat_names[i], name) == 0)
            return (int)i;
    }
    return -1;
}

/* ---- windows ---- */

/* Index of the first sample due at or after the moment. */
static size_t first_due(const struct nd_series *series, nd_ns moment)
{
    size_t low = 0;
    size_t high = series->samples.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (series->samples.at[middle].due < moment)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool sent(const struct nd_sample *sample)
{
    return sample->outcome != ND_OUTCOME_NOT_SENT;
}

static bool answered(const struct nd_sample *sample)
{
    return sample->outcome == ND_OUTCOME_ANSWERED;
}

/* The last answered sample before index i, or NULL: an interruption may have begun before the
 * window, and what was last good is then outside of it. */
static const struct nd_sample *good_before(const struct nd_series *series, size_t i)
{
    while (i-- > 0) {
        if (answered(&series->samples.at[i]))
            return &series->samples.at[i];
    }
    return NULL;
}

size_t nd_series_interruptions(const struct nd_series *series, nd_ns from, nd_ns till,
                               struct nd_interruption *out, size_t max)
{
    size_t found = 0;
    size_t i = first_due(series, from);
    size_t end = first_due(series, till);
    const struct nd_sample *good = good_before(series, i);
    struct nd_interruption current = {.lost = 0};
    for (; i < end; i++) {
        const struct nd_sample *sample = &series->samples.at[i];
        if (!sent(sample))
            continue;
        if (answered(sample) && current.lost != 0) {
            current.till = sample->sent;
            if (found++ < max)
                out[found - 1] = current;
            current.lost = 0;
        } else if (!answered(sample)) {
            if (current.lost++ == 0) {
                current.last_good = good != NULL ? good->sent : -1;
                current.from = sample->sent;
            }
            current.last_lost = sample->sent;
            current.till = -1;
        }
        if (answered(sample))
            good = sample;
    }
    if (current.lost != 0 && found++ < max)
        out[found - 1] = current;
    return found;
}

/* ---- statistics ---- */

struct window {
    size_t from, till; /* indices */
    nd_ns end; /* where an open interruption ends: the last slot's next due, or the window's */
};

static struct window window_of(const struct nd_series *series, nd_ns from, nd_ns till)
{
    struct window window = {first_due(series, from), first_due(series, till), till};
    if (window.till > window.from) {
        const struct nd_sample *last = &series->samples.at[window.till - 1];
        nd_ns after = last->due + series->info.every;
        if (after < window.end)
            window.end = after;
    }
    return window;
}

static void count_slots(const struct nd_series *series, const struct window *window,
                        struct nd_answer *answer)
{
    for (size_t i = window->from; i < window->till; i++) {
        const struct nd_sample *sample = &series->samples.at[i];
        answer->count += sent(sample);
        answer->answered += answered(sample);
        answer->missed += !sent(sample);
    }
}

/* The true start lies in (last_good, from], the true end in (last_lost, till]: the length is off by
 * at most the wider of the two. */
static nd_ns edge_width(const struct nd_interruption *one)
{
    nd_ns start = one->last_good >= 0 ? one->from - one->last_good : 0;
    nd_ns end = one->till >= 0 ? one->till - one->last_lost : 0;
    return start > end ? start : end;
}

static void ask_interruption(const struct nd_series *series, enum nd_stat stat, nd_ns from,
                             nd_ns till, const struct window *window, struct nd_answer *answer)
{
    size_t count = nd_series_interruptions(series, from, till, NULL, 0);
    struct nd_interruption *list = nd_alloc(count * sizeof *list);
    nd_series_interruptions(series, from, till, list, count);
    nd_ns sum = 0;
    nd_ns sum_width = 0;
    nd_ns longest = 0;
    nd_ns longest_width = 0;
    for (size_t i = 0; i < count; i++) {
        nd_ns end = list[i].till >= 0 ? list[i].till : window->end;
        nd_ns length = end - list[i].from;
        nd_ns width = edge_width(&list[i]);
        answer->open = answer->open || list[i].till < 0;
        sum += length;
        sum_width += width;
        if (length > longest) {
            longest = length;
            longest_width = width;
        }
    }
    free(list);
    answer->value = stat == ND_STAT_INTERRUPTION ? (double)longest : (double)sum;
    answer->uncertainty = stat == ND_STAT_INTERRUPTION ? (double)longest_width : (double)sum_width;
    answer->unit = "ns";
    if (stat == ND_STAT_INTERRUPTIONS) {
        answer->value = (double)count;
        answer->uncertainty = 0;
        answer->unit = "1";
    }
}

static void ask_gap(const struct nd_series *series, nd_ns from, const struct window *window,
                    struct nd_answer *answer)
{
    nd_ns last = from;
    nd_ns longest = 0;
    if (window->from < window->till && series->samples.at[window->from].due > last)
        last = series->samples.at[window->from].due;
    for (size_t i = window->from; i < window->till; i++) {
        const struct nd_sample *sample = &series->samples.at[i];
        if (!answered(sample))
            continue;
        if (sample->sent - last > longest)
            longest = sample->sent - last;
        last = sample->sent;
    }
    if (window->end - last > longest)
        longest = window->end - last;
    answer->value = (double)longest;
    answer->uncertainty = (double)series->info.every;
    answer->unit = "ns";
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Nearest rank: the smallest value with at least q of the values at or below it. */
static double quantile(double *values, size_t count, double q)
{
    qsort(values, count, sizeof *values, by_value);
    size_t rank = (size_t)ceil(q * (double)count);
    return values[rank > 0 ? rank - 1 : 0];
}

static double jitter(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 1; i < count; i++)
        sum += fabs(values[i] - values[i - 1]);
    return count > 1 ? sum / (double)(count - 1) : 0;
}

static double mean(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

static double deviation(const double *values, size_t count)
{
    double middle = mean(values, count);
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (values[i] - middle) * (values[i] - middle);
    return sqrt(sum / (double)count);
}

static double fold(double *values, size_t count, enum nd_stat stat)
{
    switch (stat) {
    case ND_STAT_MIN:
        return quantile(values, count, 0);
    case ND_STAT_MAX:
        return quantile(values, count, 1);
    case ND_STAT_P50:
        return quantile(values, count, 0.50);
    case ND_STAT_P90:
        return quantile(values, count, 0.90);
    case ND_STAT_P95:
        return quantile(values, count, 0.95);
    case ND_STAT_P99:
        return quantile(values, count, 0.99);
    case ND_STAT_P999:
        return quantile(values, count, 0.999);
    case ND_STAT_STDDEV:
        return deviation(values, count);
    case ND_STAT_JITTER:
        return jitter(values, count);
    default:
        return mean(values, count);
    }
}

static void ask_values(const struct nd_series *series, enum nd_stat stat,
                       const struct window *window, struct nd_answer *answer)
{
    double *values = nd_alloc((window->till - window->from) * sizeof *values);
    size_t count = 0;
    for (size_t i = window->from; i < window->till; i++) {
        const struct nd_sample *sample = &series->samples.at[i];
        if (answered(sample) && !isnan(sample->value))
            values[count++] = sample->value;
    }
    answer->known = count != 0;
    answer->unit = series->info.unit;
    if (count != 0)
        answer->value = fold(values, count, stat);
    free(values);
}

struct nd_answer nd_series_ask(const struct nd_series *series, enum nd_stat stat, nd_ns from,
                               nd_ns till)
{
    struct nd_answer answer = {.unit = "1"};
    struct window window = window_of(series, from, till);
    count_slots(series, &window, &answer);
    answer.known = answer.count != 0;
    switch (stat) {
    case ND_STAT_SHARE:
        answer.value = answer.known ? (double)answer.answered / (double)answer.count : NAN;
        break;
    case ND_STAT_LOSS:
        answer.value =
            answer.known ? (double)(answer.count - answer.answered) / (double)answer.count : NAN;
        break;
    case ND_STAT_INTERRUPTION:
    case ND_STAT_INTERRUPTIONS:
    case ND_STAT_INTERRUPTION_SUM:
        ask_interruption(series, stat, from, till, &window, &answer);
        break;
    case ND_STAT_LONGEST_GAP:
        ask_gap(series, from, &window, &answer);
        break;
    case ND_STAT_COUNT:
        answer.value = (double)answer.count;
        break;
    case ND_STAT_ANSWERED:
        answer.value = (double)answer.answered;
        break;
    case ND_STAT_MISSED:
        answer.value = (double)answer.missed;
        break;
    default:
        ask_values(series, stat, &window, &answer);
        break;
    }
    return answer;
}
