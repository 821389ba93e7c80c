/* Two runs side by side: what improved, what got worse, and what is within the uncertainty of the
 * measurements, so that nobody reads noise as progress. */
#ifndef ND_REPORT_COMPARE_H
#define ND_REPORT_COMPARE_H
#include "report/report.h"

enum nd_change_kind {
    ND_CHANGE_SAME,    /* equal, or closer than both uncertainties together */
    ND_CHANGE_BETTER,  /* towards what its limit asks for */
    ND_CHANGE_WORSE,   /* away from it */
    ND_CHANGE_DIFFERS, /* neither way is better ('equals'), or the units differ */
    ND_CHANGE_UNKNOWN, /* one of them was not measured */
    ND_CHANGE_GONE,    /* expected in the earlier run alone */
    ND_CHANGE_NEW      /* expected in the later run alone */
};
#define ND_CHANGE_KINDS 7

const char *nd_change_name(enum nd_change_kind kind); /* "same", "better", ... */

/* Of two measurements of one expectation; operator: "at_most", "at_least", "below", "above",
 * "equals", "is_true". Measured values and uncertainties are in the same unit. */
enum nd_change_kind nd_change_of(const char *operator, double earlier, double earlier_uncertainty,
                                 double later, double later_uncertainty);

/* Verdicts by what those of one expectation share: the step and the sentence (in English, else in
 * Chinese), and the how-manieth of those. In their order. Caller decrefs. */
json_t *nd_verdicts_by_key(const json_t *model);

/* {schema "netdrill.compare/1", earlier, later: {run, drill, wall, ...}, rows: [{sentence, step,
 * statistic, unit, operator, earlier: {measured, uncertainty, grade}, later: ..., change}],
 * counts: {better: n, ...}}. Caller decrefs. */
json_t *nd_compare(const json_t *earlier, const json_t *later);

#endif
