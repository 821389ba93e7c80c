#include "run/tally.h"

#include "base/units.h"

#include <math.h>

#define MINUTE          ND_SEC(60)
#define MINUTE_BAD_FROM 0.2 /* share lost in it */

void nd_tally_begin(struct nd_tally *tally, nd_ns begin, nd_ns last_good)
{
    tally->begin = tally->last_answer = begin;
    tally->last_good = last_good;
    tally->minute_end = begin + MINUTE;
}

nd_ns nd_interruption_width(const struct nd_interruption *one)
{
    nd_ns start = one->last_good >= 0 ? one->from - one->last_good : 0;
    nd_ns end = one->till >= 0 ? one->till - one->last_lost : 0;
    return start > end ? start : end;
}

static void close_minute(struct nd_tally *tally)
{
    if (tally->minute_sent != 0) {
        tally->minutes++;
        tally->minutes_good +=
            (double)tally->minute_lost < MINUTE_BAD_FROM * (double)tally->minute_sent;
    }
    tally->minute_sent = tally->minute_lost = 0;
}

void nd_tally_minute(struct nd_tally *tally, nd_ns due)
{
    close_minute(tally);
    tally->minute_end = tally->begin + ((due - tally->begin) / MINUTE + 1) * MINUTE;
}

/* till: -1: it is not over. */
static void take(struct nd_tally *tally, nd_ns till, nd_ns end)
{
    struct nd_interruption *one = &tally->current;
    one->till = till;
    /* Sent late, it may have begun behind the end of the window it was due in. */
    nd_ns length = end > one->from ? end - one->from : 0;
    nd_ns width = nd_interruption_width(one);
    tally->interruptions++;
    tally->open = tally->open || till < 0;
    tally->sum += length;
    tally->sum_width += width;
    if (length > tally->longest) {
        tally->longest = length;
        tally->longest_width = width;
    }
    if (tally->interrupted != NULL)
        tally->interrupted(tally->ctx, one);
    one->lost = 0;
}

void nd_tally_over(struct nd_tally *tally, nd_ns till)
{
    take(tally, till, till);
}

void nd_tally_end(struct nd_tally *tally, nd_ns end)
{
    tally->end = end;
    if (tally->current.lost != 0)
        take(tally, -1, end);
    close_minute(tally);
    tally->gap = end - tally->last_answer > tally->gap ? end - tally->last_answer : tally->gap;
}

/* ---- answers ---- */

static void put(struct nd_answer *answer, double value, double uncertainty, const char *unit)
{
    answer->value = value;
    answer->uncertainty = uncertainty;
    answer->unit = unit;
}

static void put_interruption(const struct nd_tally *tally, enum nd_stat stat,
                             struct nd_answer *answer)
{
    double sum = (double)tally->sum;
    double width = (double)tally->sum_width;
    double span = (double)(tally->end - tally->begin);
    answer->open = tally->open;
    if (stat == ND_STAT_INTERRUPTION)
        put(answer, (double)tally->longest, (double)tally->longest_width, "ns");
    else if (stat == ND_STAT_INTERRUPTION_SUM)
        put(answer, sum, width, "ns");
    else if (stat == ND_STAT_INTERRUPTIONS)
        put(answer, (double)tally->interruptions, 0, "1");
    else if (span > 0)
        put(answer, fmax(1 - sum / span, 0), fmin(width / span, 1), "1");
    else
        put(answer, NAN, 0, "1");
}

struct nd_answer nd_tally_answer(const struct nd_tally *tally, enum nd_stat stat)
{
    struct nd_answer answer = {.known = tally->count != 0,
                               .unit = "1",
                               .count = tally->count,
                               .answered = tally->answered,
                               .missed = tally->missed};
    double sent = answer.known ? (double)tally->count : (double)NAN;
    switch (stat) {
    case ND_STAT_SHARE:
        answer.value = (double)tally->answered / sent;
        break;
    case ND_STAT_LOSS:
        answer.value = (double)(tally->count - tally->answered) / sent;
        break;
    case ND_STAT_INTERRUPTION:
    case ND_STAT_INTERRUPTIONS:
    case ND_STAT_INTERRUPTION_SUM:
    case ND_STAT_AVAILABILITY:
        put_interruption(tally, stat, &answer);
        break;
    case ND_STAT_LONGEST_GAP:
        put(&answer, (double)tally->gap, (double)tally->every, "ns");
        break;
    case ND_STAT_AVAILABILITY_MINUTES:
        answer.value = tally->minutes != 0 ? (double)tally->minutes_good / (double)tally->minutes
                                           : (double)NAN;
        break;
    case ND_STAT_COUNT:
        answer.value = (double)tally->count;
        break;
    case ND_STAT_ANSWERED:
        answer.value = (double)tally->answered;
        break;
    case ND_STAT_MISSED:
        answer.value = (double)tally->missed;
        break;
    default:
        ND_CHECK(false);
    }
    return answer;
}
