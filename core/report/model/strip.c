#include "report/model/strip.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 64 octaves from 2^-17 on; what lies outside is in the first or the last. */
#define OCTAVES 64
#define OCTAVE  32
#define BINS    ((size_t)OCTAVES * OCTAVE)
#define LOWEST  (-16)

static size_t bin_of(double value)
{
    int exponent = 0;
    if (!(value > 0))
        return 0;
    double fraction = frexp(value, &exponent); /* 0.5 to 1 */
    if (exponent < LOWEST || exponent >= LOWEST + OCTAVES)
        return exponent < LOWEST ? 0 : BINS - 1;
    return (size_t)(exponent - LOWEST) * OCTAVE + (size_t)((fraction - 0.5) * 2 * OCTAVE);
}

static double middle_of(size_t bin)
{
    double fraction = 0.5 + ((double)(bin % OCTAVE) + 0.5) / (2 * OCTAVE);
    return ldexp(fraction, (int)(bin / OCTAVE) + LOWEST);
}

static double percentile_95(const struct nd_strip *strip)
{
    uint64_t all = 0;
    uint64_t below = 0;
    size_t bin = 0;
    for (size_t i = 0; i < BINS; i++)
        all += strip->bins[i];
    uint64_t rank = (all * 95 + 99) / 100;
    for (below = strip->bins[0]; below < rank && bin + 1 < BINS; below += strip->bins[bin])
        bin++;
    return fmin(fmax(middle_of(bin), strip->low), strip->high);
}

void nd_strip_begin(struct nd_strip *strip)
{
    strip->list = json_array();
    strip->now = -1;
    strip->next = INT64_MIN;
    strip->bins = nd_alloc(BINS * sizeof *strip->bins);
}

static void put(struct nd_strip *strip)
{
    if (strip->now < 0 || strip->now >= strip->columns)
        return; /* after the run's end, as far as its journal goes */
    bool any = isfinite(strip->low);
    json_array_append_new(
        strip->list, json_pack("[I, I, I, I, o, o, o]", (json_int_t)strip->now,
                               (json_int_t)strip->sent, (json_int_t)strip->lost,
                               (json_int_t)strip->missed, any ? json_real(strip->low) : json_null(),
                               any ? json_real(strip->high) : json_null(),
                               any ? json_real(percentile_95(strip)) : json_null()));
}

/* at: from t0, not before the column under way. */
static void enter(struct nd_strip *strip, nd_ns at)
{
    put(strip);
    strip->now = at * strip->columns / strip->span;
    strip->next = strip->now < strip->columns
                      ? ((strip->now + 1) * strip->span + strip->columns - 1) / strip->columns
                      : INT64_MAX;
    strip->sent = strip->lost = strip->missed = 0;
    strip->low = INFINITY;
    strip->high = -INFINITY;
    memset(strip->bins, 0, BINS * sizeof *strip->bins);
}

void nd_strip_add(struct nd_strip *strip, const struct nd_sample *sample)
{
    nd_ns at = strip->opened + sample->slot * strip->every - strip->t0;
    if (at >= strip->next)
        enter(strip, at);
    strip->missed += sample->outcome == ND_OUTCOME_NOT_SENT;
    strip->sent += sample->outcome <= ND_OUTCOME_ANSWERED;
    strip->lost += sample->outcome < ND_OUTCOME_ANSWERED;
    if (sample->outcome == ND_OUTCOME_ANSWERED && !isnan(sample->value)) {
        strip->low = sample->value < strip->low ? sample->value : strip->low;
        strip->high = sample->value > strip->high ? sample->value : strip->high;
        strip->bins[bin_of(sample->value)]++;
    }
}

void nd_strip_skip(struct nd_strip *strip, int64_t slot, int64_t till)
{
    while (slot < till && strip->now < strip->columns) {
        nd_ns at = strip->opened + slot * strip->every - strip->t0;
        if (at >= strip->next)
            enter(strip, at);
        int64_t next = (strip->t0 + strip->next - strip->opened + strip->every - 1) / strip->every;
        slot = next > slot ? next : slot + 1;
    }
}

void nd_strip_end(struct nd_strip *strip)
{
    if (strip->bins == NULL)
        return;
    put(strip);
    free(strip->bins);
    strip->bins = NULL;
}
