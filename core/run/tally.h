/* What a stretch of a series says of being answered, slot by slot, in memory that does not grow
 * with it. For the report, which reads each stored slot once, and for series_ask.c.
 *
 *     struct nd_tally tally = {.every = info->every};
 *     nd_tally_begin(&tally, info->opened, -1);
 *     for each slot: nd_tally_add(&tally, due, sent, outcome);
 *     nd_tally_end(&tally, due_of_the_slot_after);
 *     nd_tally_answer(&tally, ND_STAT_LOSS).value */
#ifndef ND_RUN_TALLY_H
#define ND_RUN_TALLY_H
#include "run/series.h"

struct nd_tally {
    nd_ns every; /* interval of the slots; set by the caller, as are these two (may be NULL): */
    void (*interrupted)(void *ctx, const struct nd_interruption *one); /* each, once it is over */
    void *ctx;
    nd_ns begin, end;
    int64_t count, answered, missed;
    int64_t interruptions;
    nd_ns sum, sum_width; /* of interruptions, and of their uncertainty */
    nd_ns longest, longest_width;
    bool open;
    int64_t minutes, minutes_good; /* with a probe; good: see AVAILABILITY_MINUTES */
    nd_ns gap;
    /* Under way. */
    struct nd_interruption current;
    nd_ns last_good, last_answer;
    nd_ns minute_end;
    int64_t minute_sent, minute_lost;
};

/* begin: of the stretch. last_good: send moment of the last answered slot before it, or -1. */
void nd_tally_begin(struct nd_tally *tally, nd_ns begin, nd_ns last_good);
/* In order of due. Slots of which nothing is known may be left out. */
static inline void nd_tally_add(struct nd_tally *tally, nd_ns due, nd_ns sent, int32_t outcome);
/* end: of the stretch, until which what is still lost lasts. */
void nd_tally_end(struct nd_tally *tally, nd_ns end);
/* stat: none of values, direction or voice (ND_CHECK). */
struct nd_answer nd_tally_answer(const struct nd_tally *tally, enum nd_stat stat);

/* An interruption is off by at most this: the wider of the times in which its edges lie. */
nd_ns nd_interruption_width(const struct nd_interruption *one);

/* ---- within nd_tally_add, which runs for each of millions of slots ---- */

void nd_tally_minute(struct nd_tally *tally, nd_ns due);
void nd_tally_over(struct nd_tally *tally, nd_ns till);

static inline void nd_tally_add(struct nd_tally *tally, nd_ns due, nd_ns sent, int32_t outcome)
{
    if (due >= tally->minute_end)
        nd_tally_minute(tally, due);
    if (outcome > ND_OUTCOME_ANSWERED) {
        tally->missed += outcome == ND_OUTCOME_NOT_SENT;
        return;
    }
    tally->count++;
    tally->minute_sent++;
    if (outcome == ND_OUTCOME_ANSWERED) {
        tally->answered++;
        if (tally->current.lost != 0)
            nd_tally_over(tally, sent);
        tally->gap =
            sent - tally->last_answer > tally->gap ? sent - tally->last_answer : tally->gap;
        tally->last_good = tally->last_answer = sent;
        return;
    }
    tally->minute_lost++;
    if (tally->current.lost++ == 0) {
        tally->current.last_good = tally->last_good;
        tally->current.from = sent;
    }
    tally->current.last_lost = sent;
}

#endif
