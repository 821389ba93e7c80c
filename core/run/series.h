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
/* Slots come in order of their number, each once, due on the grid of info.opened and info.every.
 * Numbers left out are rows that could not be stored: nothing is known of them. */
void nd_series_add(struct nd_series *series, const struct nd_sample *sample);
void nd_series_close(struct nd_series *series);
bool nd_series_closed(const struct nd_series *series);
bool nd_series_is_voice(const struct nd_series *series);
size_t nd_series_count(const struct nd_series *series);
struct nd_sample nd_series_sample(const struct nd_series *series, size_t slot);

/* Further readings of the verb, by name. Declaring one twice gives the same number. */
size_t nd_series_declare(struct nd_series *series, const char *name, const char *unit);
int nd_series_reading_find(const struct nd_series *series, const char *name); /* -1: none */
/* The name of a declared reading, NULL past the last; unit may be NULL. */
const char *nd_series_reading_name(const struct nd_series *series, size_t reading,
                                   const char **unit);
/* Before or after its slot is added. */
void nd_series_read(struct nd_series *series, size_t reading, int64_t slot, double value);

/* Kept up to date with every slot, so that a display may ask each second. */
struct nd_series_totals {
    int64_t count, answered, missed; /* sent, answered, not sent */
    double p50, p95, p99;            /* within 0.5 % (fold.h); NAN: none answered */
};
struct nd_series_totals nd_series_totals(const struct nd_series *series);

/* Statistics. Lost: sent and not answered. Not sent slots count for neither and are told in
 * nd_answer.missed. Lengths in ns, shares 0 to 1, quantiles in the reading's unit.
 *  SHARE         answered / sent ("share of probes answered")
 *  LOSS          lost / sent (RFC 2680, round trip form)
 *  LOSS_FORWARD, LOSS_BACKWARD  by direction, of readings lost_forward and lost_backward (STAMP)
 *  INTERRUPTION  the longest: from the send moment of the first lost slot to the send moment of the
 *                next answered slot (or the window's end: then `open`). 0 when nothing was lost.
 *                Uncertainty: one slot at each edge, see nd_interruption.
 *  INTERRUPTIONS their number     INTERRUPTION_SUM their total length
 *  LONGEST_GAP   longest time between the answers of two answered slots (or the window's edges)
 *  AVAILABILITY  1 - INTERRUPTION_SUM / time observed: every lost slot is an outage
 *  AVAILABILITY_MINUTES  share of the window's minutes (the last one may be short) in which less
 *                than 20 % of what was sent was lost; minutes without a probe count for nothing
 *  COUNT sent · ANSWERED · MISSED
 *  MIN MEAN MAX P50 P90 P95 P99 P999 of the answered slots' values (nearest rank, P999: 99.9 %;
 *                beyond ND_EXACT (fold.h) values within 0.5 %: then the uncertainty says so)
 *  STDDEV        their standard deviation (of the population)
 *  JITTER        mean |difference of consecutive values| (RFC 3393 IPDV, mean of magnitudes)
 *  RTP_JITTER    interarrival jitter at the window's end (RFC 3550 §6.4.1)
 *  VOICE_LOSS BURST_RATIO MOUTH_TO_EAR R_FACTOR MOS   of a stream of voice alone, see voice.h */
#define ND_STAT_MAP(X)                                                                             \
    X(SHARE, share)                                                                                \
    X(LOSS, loss)                                                                                  \
    X(LOSS_FORWARD, loss_forward)                                                                  \
    X(LOSS_BACKWARD, loss_backward)                                                                \
    X(INTERRUPTION, interruption)                                                                  \
    X(INTERRUPTIONS, interruptions)                                                                \
    X(INTERRUPTION_SUM, interruption_sum)                                                          \
    X(LONGEST_GAP, longest_gap)                                                                    \
    X(AVAILABILITY, availability)                                                                  \
    X(AVAILABILITY_MINUTES, availability_minutes)                                                  \
    X(COUNT, count)                                                                                \
    X(ANSWERED, answered)                                                                          \
    X(MISSED, missed)                                                                              \
    X(MIN, min)                                                                                    \
    X(MEAN, mean)                                                                                  \
    X(MAX, max)                                                                                    \
    X(P50, p50)                                                                                    \
    X(P90, p90)                                                                                    \
    X(P95, p95)                                                                                    \
    X(P99, p99)                                                                                    \
    X(P999, p999)                                                                                  \
    X(STDDEV, stddev)                                                                              \
    X(JITTER, jitter)                                                                              \
    X(RTP_JITTER, rtp_jitter)                                                                      \
    X(VOICE_LOSS, voice_loss)                                                                      \
    X(BURST_RATIO, burst_ratio)                                                                    \
    X(MOUTH_TO_EAR, mouth_to_ear)                                                                  \
    X(R_FACTOR, r_factor)                                                                          \
    X(MOS, mos)

enum nd_stat {
#define ND_STAT_ENUM(upper, lower) ND_STAT_##upper,
    ND_STAT_MAP(ND_STAT_ENUM)
#undef ND_STAT_ENUM
        ND_STAT_KINDS
};
/* "share", "loss", ...; the reverse gives -1 when unknown. */
const char *nd_stat_name(enum nd_stat stat);
int nd_stat_find(const char *name);
/* Whether the statistic is a share, 0 to 1. */
bool nd_stat_is_share(enum nd_stat stat);
/* Whether the statistic is one of values, so that it may be asked of a further reading. */
bool nd_stat_of_values(enum nd_stat stat);

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
/* The same of a further reading; stat: one of values. */
struct nd_answer nd_series_ask_reading(const struct nd_series *series, size_t reading,
                                       enum nd_stat stat, nd_ns from, nd_ns till);

/* An interruption: service was last seen working at `last_good` (send moment of the last answered
 * slot before, or -1), first seen failing at `from` (send moment of the first lost slot), working
 * again at `till` (send moment of the first answered slot after; -1: still open). The true start
 * lies in (last_good, from], the true end in (last_lost, till]. */
struct nd_interruption {
    nd_ns last_good, from, last_lost, till;
    int64_t lost;
};
struct nd_tally;
/* The slots due in [from, till), begun and ended (tally.h). */
void nd_series_tally(const struct nd_series *series, nd_ns from, nd_ns till,
                     struct nd_tally *tally);

#endif
