#include "report/strip.h"

#include <math.h>

void nd_strip_begin(struct nd_strip *strip)
{
    strip->list = json_array();
    strip->now = -1;
    strip->next = INT64_MIN;
}

static void put(struct nd_strip *strip)
{
    if (strip->now < 0 || strip->now >= strip->columns)
        return; /* after the run's end, as far as its journal goes */
    json_array_append_new(strip->list,
                          json_pack("[I, I, I, I, o, o]", (json_int_t)strip->now,
                                    (json_int_t)strip->sent, (json_int_t)strip->lost,
                                    (json_int_t)strip->missed,
                                    isfinite(strip->low) ? json_real(strip->low) : json_null(),
                                    isfinite(strip->high) ? json_real(strip->high) : json_null()));
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
    put(strip);
}
