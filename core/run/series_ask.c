#include "base/units.h"
#include "run/series_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Answering for a window of a series. */

#define MINUTE          ND_SEC(60)
#define MINUTE_BAD_FROM 0.2 /* share lost in it */

static const char *const stat_names[] = {
#define STAT_NAME(upper, lower) #lower,
    ND_STAT_MAP(STAT_NAME)
#undef STAT_NAME
};

const char *nd_stat_name(enum nd_stat stat)
{
    return stat_names[stat];
}

int nd_stat_find(const char *name)
{
    for (size_t i = 0; i < ND_STAT_KINDS; i++) {
        if (strcmp(stat_names[i], name) == 0)
            return (int)i;
    }
    return -1;
}

bool nd_stat_of_values(enum nd_stat stat)
{
    return stat >= ND_STAT_MIN && stat <= ND_STAT_RTP_JITTER;
}

/* ---- windows ---- */

struct window {
    size_t from, till; /* slots */
    nd_ns begin, end;  /* where the first is due, and where an open interruption ends */
};

/* The first slot due at or after the moment. */
static size_t first_due(const struct nd_series *series, nd_ns moment)
{
    nd_ns every = series->info.every;
    if (moment <= series->info.opened)
        return 0;
    nd_ns slot = (moment - series->info.opened - 1) / every + 1;
    return slot < (nd_ns)series->sent.count ? (size_t)slot : series->sent.count;
}

static struct window window_of(const struct nd_series *series, nd_ns from, nd_ns till)
{
    struct window window = {first_due(series, from), first_due(series, till), from, till};
    if (window.till > window.from) {
        nd_ns first = nd_row_due(series, window.from);
        nd_ns after = nd_row_due(series, window.till);
        window.begin = first > from ? first : from;
        window.end = after < till ? after : till;
    }
    return window;
}

/* The last answered slot before one, or -1: an interruption may have begun before the window, and
 * what was last good is then outside of it. */
static nd_ns good_before(const struct nd_series *series, size_t slot)
{
    while (slot-- > 0) {
        if (nd_row_answered(series, slot))
            return series->sent.at[slot];
    }
    return -1;
}

size_t nd_series_interruptions(const struct nd_series *series, nd_ns from, nd_ns till,
                               struct nd_interruption *out, size_t max)
{
    size_t found = 0;
    size_t i = first_due(series, from);
    size_t end = first_due(series, till);
    nd_ns good = good_before(series, i);
    struct nd_interruption current = {.lost = 0};
    for (; i < end; i++) {
        nd_ns sent = series->sent.at[i];
        if (nd_row_answered(series, i)) {
            current.till = sent;
            if (current.lost != 0 && found++ < max)
                out[found - 1] = current;
            current.lost = 0;
            good = sent;
        } else if (nd_row_sent(series, i)) {
            if (current.lost++ == 0) {
                current.last_good = good;
                current.from = sent;
            }
            current.last_lost = sent;
            current.till = -1;
        }
    }
    if (current.lost != 0 && found++ < max)
        out[found - 1] = current;
    return found;
}

/* ---- counts ---- */

static void count_slots(const struct nd_series *series, const struct window *window,
                        struct nd_answer *answer)
{
    for (size_t i = window->from; i < window->till; i++) {
        answer->count += nd_row_sent(series, i);
        answer->answered += nd_row_answered(series, i);
        answer->missed += series->outcome.at[i] == ND_OUTCOME_NOT_SENT;
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
    double span = (double)(window->end - window->begin);
    answer->value = stat == ND_STAT_INTERRUPTION ? (double)longest : (double)sum;
    answer->uncertainty = stat == ND_STAT_INTERRUPTION ? (double)longest_width : (double)sum_width;
    answer->unit = "ns";
    if (stat == ND_STAT_INTERRUPTIONS) {
        answer->value = (double)count;
        answer->uncertainty = 0;
        answer->unit = "1";
    } else if (stat == ND_STAT_AVAILABILITY) {
        answer->value = span > 0 ? fmax(1 - (double)sum / span, 0) : NAN;
        answer->uncertainty = span > 0 ? fmin((double)sum_width / span, 1) : 0;
        answer->unit = "1";
    }
}

static void ask_minutes(const struct nd_series *series, const struct window *window,
                        struct nd_answer *answer)
{
    int64_t minutes = 0;
    int64_t good = 0;
    for (size_t i = window->from; i < window->till;) {
        nd_ns minute = (nd_row_due(series, i) - window->begin) / MINUTE;
        int64_t sent = 0;
        int64_t lost = 0;
        for (; i < window->till && (nd_row_due(series, i) - window->begin) / MINUTE == minute;
             i++) {
            sent += nd_row_sent(series, i);
            lost += nd_row_sent(series, i) && !nd_row_answered(series, i);
        }
        minutes += sent != 0;
        good += sent != 0 && (double)lost < MINUTE_BAD_FROM * (double)sent;
    }
    answer->value = minutes != 0 ? (double)good / (double)minutes : NAN;
}

static void ask_gap(const struct nd_series *series, const struct window *window,
                    struct nd_answer *answer)
{
    nd_ns last = window->begin;
    nd_ns longest = 0;
    for (size_t i = window->from; i < window->till; i++) {
        if (!nd_row_answered(series, i))
            continue;
        nd_ns sent = series->sent.at[i];
        longest = sent - last > longest ? sent - last : longest;
        last = sent;
    }
    longest = window->end - last > longest ? window->end - last : longest;
    answer->value = (double)longest;
    answer->uncertainty = (double)series->info.every;
    answer->unit = "ns";
}

/* A reflector's count of what is lost one way, as of the last answer before the window and within
 * it (STAMP; the first is 0 for a window from the series' beginning). */
static void ask_direction(const struct nd_series *series, const char *reading,
                          const struct window *window, struct nd_answer *answer)
{
    int found = nd_series_reading_find(series, reading);
    double before = 0;
    double last = NAN;
    for (size_t i = 0; found >= 0 && i < series->extras.at[found].rows.count; i++) {
        const struct nd_extra *row = &series->extras.at[found].rows.at[i];
        if (row->slot >= (int64_t)window->till)
            break;
        if (row->slot < (int64_t)window->from)
            before = row->value;
        else
            last = row->value;
    }
    answer->known = !isnan(last) && answer->count > 0;
    if (answer->known)
        answer->value = fmax(last - before, 0) / (double)answer->count;
}

/* ---- values ---- */

static const struct {
    enum nd_stat stat;
    double q;
} quantiles[] = {{ND_STAT_MIN, 0},    {ND_STAT_P50, 0.5},   {ND_STAT_P90, 0.9}, {ND_STAT_P95, 0.95},
                 {ND_STAT_P99, 0.99}, {ND_STAT_P999, .999}, {ND_STAT_MAX, 1}};

/* 0 to 1; -1 for a statistic that is no quantile. */
static double quantile_of(enum nd_stat stat)
{
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        if (quantiles[i].stat == stat)
            return quantiles[i].q;
    }
    return -1;
}

static double fold(double *values, size_t count, enum nd_stat stat)
{
    switch (stat) {
    case ND_STAT_STDDEV:
        return nd_fold_deviation(values, count);
    case ND_STAT_JITTER:
        return nd_fold_jitter(values, count);
    case ND_STAT_RTP_JITTER:
        return nd_voice_jitter(values, count);
    case ND_STAT_MEAN:
        return nd_fold_mean(values, count);
    default:
        return nd_fold_quantile(values, count, quantile_of(stat));
    }
}

static void fold_answer(double *values, size_t count, enum nd_stat stat, struct nd_answer *answer)
{
    double q = quantile_of(stat);
    answer->known = count != 0;
    if (count == 0)
        return;
    if (q <= 0 || q >= 1 || count <= ND_EXACT) {
        answer->value = fold(values, count, stat);
        return;
    }
    struct nd_sketch sketch = {.count = 0};
    for (size_t i = 0; i < count; i++)
        nd_sketch_add(&sketch, values[i]);
    answer->value = nd_sketch_quantile(&sketch, q);
    answer->uncertainty = fabs(answer->value) * ND_SKETCH_ERROR;
    nd_sketch_deinit(&sketch);
}

static void ask_values(const struct nd_series *series, enum nd_stat stat,
                       const struct window *window, struct nd_answer *answer)
{
    double q = quantile_of(stat);
    answer->unit = series->info.unit;
    /* All of it: folded already. */
    if (q >= 0 && series->sketch.count > ND_EXACT && window->from == 0 &&
        window->till == series->sent.count) {
        answer->known = true;
        answer->value = nd_sketch_quantile(&series->sketch, q);
        answer->uncertainty = q > 0 && q < 1 ? fabs(answer->value) * ND_SKETCH_ERROR : 0;
        return;
    }
    double *values = nd_alloc((window->till - window->from) * sizeof *values);
    size_t count = 0;
    for (size_t i = window->from; i < window->till; i++) {
        if (nd_row_answered(series, i) && isfinite(series->value.at[i]))
            values[count++] = series->value.at[i];
    }
    fold_answer(values, count, stat, answer);
    free(values);
}

struct nd_answer nd_series_ask_reading(const struct nd_series *series, size_t reading,
                                       enum nd_stat stat, nd_ns from, nd_ns till)
{
    const struct nd_extras *extras = &series->extras.at[reading];
    struct nd_answer answer = {.unit = extras->unit};
    struct window window = window_of(series, from, till);
    count_slots(series, &window, &answer);
    double *values = nd_alloc(extras->rows.count * sizeof *values);
    size_t count = 0;
    for (size_t i = 0; i < extras->rows.count; i++) {
        const struct nd_extra *row = &extras->rows.at[i];
        if (row->slot >= (int64_t)window.from && row->slot < (int64_t)window.till &&
            nd_row_answered(series, (size_t)row->slot) && isfinite(row->value))
            values[count++] = row->value;
    }
    fold_answer(values, count, stat, &answer);
    free(values);
    return answer;
}

/* ---- voice ---- */

static void ask_voice(const struct nd_series *series, enum nd_stat stat,
                      const struct window *window, struct nd_answer *answer)
{
    struct nd_voice_packet *packets = nd_alloc((window->till - window->from) * sizeof *packets);
    struct nd_voice_quality quality;
    size_t count = 0;
    for (size_t i = window->from; i < window->till; i++) {
        bool arrived = nd_row_answered(series, i);
        if (nd_row_sent(series, i))
            packets[count++] =
                (struct nd_voice_packet){arrived, arrived ? (nd_ns)series->value.at[i] : 0};
    }
    answer->known = series->voice.known && count != 0;
    if (answer->known)
        nd_voice_judge(&series->voice, series->info.every, packets, count, &quality);
    free(packets);
    if (!answer->known)
        return;
    answer->value = stat == ND_STAT_VOICE_LOSS     ? quality.loss
                    : stat == ND_STAT_BURST_RATIO  ? quality.burst_ratio
                    : stat == ND_STAT_MOUTH_TO_EAR ? quality.mouth_to_ear
                    : stat == ND_STAT_R_FACTOR     ? quality.r
                                                   : quality.mos;
    answer->known = isfinite(answer->value);
    if (stat == ND_STAT_MOUTH_TO_EAR)
        answer->unit = "ns";
}

struct nd_answer nd_series_ask(const struct nd_series *series, enum nd_stat stat, nd_ns from,
                               nd_ns till)
{
    struct nd_answer answer = {.unit = "1"};
    struct window window = window_of(series, from, till);
    count_slots(series, &window, &answer);
    answer.known = answer.count != 0;
    double sent = answer.known ? (double)answer.count : (double)NAN;
    if (nd_stat_of_values(stat))
        ask_values(series, stat, &window, &answer);
    else if (stat >= ND_STAT_VOICE_LOSS)
        ask_voice(series, stat, &window, &answer);
    else if (stat == ND_STAT_SHARE)
        answer.value = (double)answer.answered / sent;
    else if (stat == ND_STAT_LOSS)
        answer.value = (double)(answer.count - answer.answered) / sent;
    else if (stat == ND_STAT_LOSS_FORWARD)
        ask_direction(series, "lost_forward", &window, &answer);
    else if (stat == ND_STAT_LOSS_BACKWARD)
        ask_direction(series, "lost_backward", &window, &answer);
    else if (stat == ND_STAT_LONGEST_GAP)
        ask_gap(series, &window, &answer);
    else if (stat == ND_STAT_AVAILABILITY_MINUTES)
        ask_minutes(series, &window, &answer);
    else if (stat == ND_STAT_COUNT)
        answer.value = (double)answer.count;
    else if (stat == ND_STAT_ANSWERED)
        answer.value = (double)answer.answered;
    else if (stat == ND_STAT_MISSED)
        answer.value = (double)answer.missed;
    else
        ask_interruption(series, stat, from, till, &window, &answer);
    return answer;
}
