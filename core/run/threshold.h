/* Thresholds as a person writes them beside a series: a statistic, a comparison, a limit.
 *
 *     p(95)<300ms    loss<1%    interruption<=180s    answered>=50    loss<1% for 10s
 *
 * Statistics are those of nd_stat; p(N) with N of 50, 90, 95, 99, 99.9 are its quantiles. The limit
 * carries its unit: shares "%", lengths of time "ms", "s", ..., rates "kbit/s", counts none. */
#ifndef ND_RUN_THRESHOLD_H
#define ND_RUN_THRESHOLD_H
#include "run/series.h"

enum nd_limit_kind { ND_LIMIT_COUNT, ND_LIMIT_LENGTH, ND_LIMIT_SHARE, ND_LIMIT_RATE };

struct nd_threshold {
    enum nd_stat stat;
    const char *operator_name; /* "at_most", "below", "at_least", "above", "equals"; static */
    enum nd_limit_kind kind;
    double limit; /* ns, 0 to 1, bit/s, or a number */
    nd_ns hold;   /* "... for 10s": how long it has to be met without a break; 0: once */
};

/* Errors: ND_EPARSE; why tells what was expected there. */
nd_err nd_threshold_parse(const char *text, struct nd_threshold *threshold, struct nd_fail *why);

#endif
