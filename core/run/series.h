/* A series: what one stream of probes measured, slot by slot, and the statistics asked of it.
 * The report uses the same code on stored samples, so that a number is the same in both. */
#ifndef ND_RUN_SERIES_H
#define ND_RUN_SERIES_H
#include "record/samples.h"

struct nd_series;

/* info: copied. */
struct nd_series *nd_series_new(const struct nd_series_info *info);
void nd_series_free(struct nd_series *series);
const struct nd_series_info *nd_series_info(const struct nd_series *series);
/* Slots come in order of their number; each once. */
void nd_series_add(struct nd_series *series, const struct nd_sample *sample);
void nd_series_close(struct nd_series *series);
bool nd_series_closed(const struct nd_series *series);

/* Statistics. Lost: sent and not answered. Not sent slots count for neither and are told in
 * nd_answer.missed. Lengths in ns, shares 0 to 1, quantiles in the reading's unit.
 *  SHARE         answered / sent ("share of probes answered")
 *  LOSS          lost / sent (RFC 2680, round trip form)
 *  INTERRUPTION  the longest: from the send moment of the first lost slot to the send moment of the
 *                next answered slot (or the window's end: then `open`). 0 when nothing was lost.
 *                Uncertainty: one slot at each edge, see nd_interruption.
 *  INTERRUPTIONS their number     INTERRUPTION_SUM their total length
 *  LONGEST_GAP   longest time between the answers of two answered slots (or the window's edges)
 *  COUNT sent · ANSWERED · MISSED
 *  MIN MEAN MAX P50 P90 P95 P99 P999 of the answered slots' values (nearest-rank quantiles;
 *                P999: 99.9 %) · STDDEV their standard deviation (of the population)
 *  JITTER        mean |difference of consecutive values| (RFC 3393 IPDV, mean of magnitudes) */
enum nd_stat {
    ND_STAT_SHARE,
    ND_STAT_LOSS,
    ND_STAT_INTERRUPTION,
    ND_STAT_INTERRUPTIONS,
    ND_STAT_INTERRUPTION_SUM,
    ND_STAT_LONGEST_GAP,
    ND_STAT_COUNT,
    ND_STAT_ANSWERED,
    ND_STAT_MISSED,
    ND_STAT_MIN,
    ND_STAT_MEAN,
    ND_STAT_MAX,
    ND_STAT_P50,
    ND_STAT_P90,
    ND_STAT_P95,
    ND_STAT_P99,
    ND_STAT_P999,
    ND_STAT_STDDEV,
    ND_STAT_JITTER,
    ND_STAT_KINDS
};
/* "share", "loss", ...; the reverse gives -1 when unknown. */
const char *nd_stat_name(enum nd_stat stat);
int nd_stat_find(const char *name);

struct nd_answer {
    bool known; /* false: no slot sent (or none answered, for values) in the window */
    double value;
    const char *unit;                /* "ns", "1", or the reading's */
    double uncertainty;              /* same unit */
    int64_t count, answered, missed; /* slots of the window: sent, answered, not sent */
    bool open;                       /* an interruption that had not ended at the window's end */
};

/* Asks about slots due in [from, till) on the run clock. */
struct nd_answer nd_series_ask(const struct nd_series *series, enum nd_stat stat, nd_ns from,
                               nd_ns till);

/* An interruption: service was last seen working at `last_good` (send moment of the last answered
 * slot before, or -1), first seen failing at `from` (send moment of the first lost slot), working
 * again at `till` (send moment of the first answered slot after; -1: still open). The true start
 * lies in (last_good, from], the true end in (last_lost, till]. */
struct nd_interruption {
    nd_ns last_good, from, last_lost, till;
    int64_t lost;
};
/* Interruptions of [from, till) in order; returns how many there are, fills at most `max`. */
size_t nd_series_interruptions(const struct nd_series *series, nd_ns from, nd_ns till,
                               struct nd_interruption *out, size_t max);
/* The samples, in order of slot. Borrowed. */
const struct nd_sample *nd_series_samples(const struct nd_series *series, size_t *count);

#endif
