#include "run/series_rows.h"
#include "run/tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Answering for a window of a series. */

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

bool nd_stat_is_share(enum nd_stat stat)
{
    return stat <= ND_STAT_LOSS_BACKWARD || stat == ND_STAT_VOICE_LOSS ||
           stat == ND_STAT_AVAILABILITY || stat == ND_STAT_AVAILABILITY_MINUTES;
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

static void tally_window(const struct nd_series *series, const struct window *window,
                         struct nd_tally *tally)
{
    tally->every = series->info.every;
    nd_tally_begin(tally, window->begin, good_before(series, window->from));
    for (size_t i = window->from; i < window->till; i++)
        nd_tally_add(tally, nd_row_due(series, i), series->sent.at[i], series->outcome.at[i]);
    nd_tally_end(tally, window->end);
}

void nd_series_tally(const struct nd_series *series, nd_ns from, nd_ns till, struct nd_tally *tally)
{
    struct window window = window_of(series, from, till);
    tally_window(series, &window, tally);
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

/* The answered values of a window: of the series itself, or of a further reading. */
struct asked {
    const struct nd_series *series;
    const struct nd_extras *extras; /* NULL: the series' own */
    const struct window *window;
};

static void each_value(const struct asked *asked, void (*fn)(void *, double), void *ctx)
{
    const struct nd_series *series = asked->series;
    for (size_t i = asked->window->from; asked->extras == NULL && i < asked->window->till; i++) {
        if (nd_row_answered(series, i) && isfinite(series->value.at[i]))
            fn(ctx, series->value.at[i]);
    }
    for (size_t i = 0; asked->extras != NULL && i < asked->extras->rows.count; i++) {
        const struct nd_extra *row = &asked->extras->rows.at[i];
        if (row->slot >= (int64_t)asked->window->from && row->slot < (int64_t)asked->window->till &&
            nd_row_answered(series, (size_t)row->slot) && isfinite(row->value))
            fn(ctx, row->value);
    }
}

static void add_value(void *ctx, double value)
{
    nd_values_add(ctx, value);
}

struct squares {
    double middle, sum;
};

static void add_square(void *ctx, double value)
{
    struct squares *squares = ctx;
    squares->sum += (value - squares->middle) * (value - squares->middle);
}

static void ask_values(const struct asked *asked, enum nd_stat stat, struct nd_answer *answer)
{
    double q = quantile_of(stat);
    struct nd_values values = {.plain = q <= 0 || q >= 1};
    each_value(asked, add_value, &values);
    answer->known = values.count != 0;
    if (!answer->known) {
        answer->value = 0;
    } else if (stat == ND_STAT_STDDEV) {
        struct squares squares = {.middle = nd_values_mean(&values)};
        each_value(asked, add_square, &squares);
        answer->value = sqrt(squares.sum / (double)values.count);
    } else {
        answer->value = stat == ND_STAT_MEAN     ? nd_values_mean(&values)
                        : stat == ND_STAT_JITTER ? nd_values_jitter(&values)
                        : stat == ND_STAT_RTP_JITTER
                            ? values.rtp_jitter
                            : nd_values_quantile(&values, q, &answer->uncertainty);
    }
    nd_values_deinit(&values);
}

/* Quantiles of all of it: folded already. */
static bool ask_folded(const struct nd_series *series, enum nd_stat stat,
                       const struct window *window, struct nd_answer *answer)
{
    double q = quantile_of(stat);
    if (q < 0 || series->sketch.count <= ND_EXACT || window->from != 0 ||
        window->till != series->sent.count)
        return false;
    answer->known = true;
    answer->value = nd_sketch_quantile(&series->sketch, q);
    answer->uncertainty = q > 0 && q < 1 ? fabs(answer->value) * ND_SKETCH_ERROR : 0;
    return true;
}

static struct nd_answer counts_of(const struct nd_tally *tally)
{
    struct nd_answer answer = nd_tally_answer(tally, ND_STAT_COUNT);
    answer.value = 0;
    return answer;
}

struct nd_answer nd_series_ask_reading(const struct nd_series *series, size_t reading,
                                       enum nd_stat stat, nd_ns from, nd_ns till)
{
    struct window window = window_of(series, from, till);
    const struct asked asked = {series, &series->extras.at[reading], &window};
    struct nd_tally tally = {.every = 0};
    tally_window(series, &window, &tally);
    struct nd_answer answer = counts_of(&tally);
    answer.unit = asked.extras->unit;
    ask_values(&asked, stat, &answer);
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
    struct window window = window_of(series, from, till);
    const struct asked asked = {series, NULL, &window};
    struct nd_tally tally = {.every = 0};
    tally_window(series, &window, &tally);
    struct nd_answer answer = counts_of(&tally);
    if (nd_stat_of_values(stat)) {
        answer.unit = series->info.unit;
        if (!ask_folded(series, stat, &window, &answer))
            ask_values(&asked, stat, &answer);
    } else if (stat >= ND_STAT_VOICE_LOSS) {
        ask_voice(series, stat, &window, &answer);
    } else if (stat == ND_STAT_LOSS_FORWARD) {
        ask_direction(series, "lost_forward", &window, &answer);
    } else if (stat == ND_STAT_LOSS_BACKWARD) {
        ask_direction(series, "lost_backward", &window, &answer);
    } else {
        answer = nd_tally_answer(&tally, stat);
    }
    return answer;
}
