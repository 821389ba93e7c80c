/* Two runs side by side: what improved, what got worse, what is within the uncertainty of the
 * measurements, and what cannot be compared and why, so that nobody reads noise as progress. */
#ifndef ND_REPORT_ACROSS_COMPARE_H
#define ND_REPORT_ACROSS_COMPARE_H
#include "report/report.h"

enum nd_change_kind {
    ND_CHANGE_SAME,         /* equal, or closer than what is not known of them */
    ND_CHANGE_BETTER,       /* towards what its limit asks for */
    ND_CHANGE_WORSE,        /* away from it */
    ND_CHANGE_DIFFERS,      /* neither way is better: 'equals', met in both or in neither */
    ND_CHANGE_INCOMPARABLE, /* for a reason */
    ND_CHANGE_GONE,         /* expected in the earlier run alone */
    ND_CHANGE_NEW           /* expected in the later run alone */
};
#define ND_CHANGE_KINDS 7

const char *nd_change_name(enum nd_change_kind kind); /* "same", "better", ... */

/* A measurement of an expectation. */
struct nd_measure {
    double value;       /* NAN: not measured */
    double uncertainty; /* a bound of what it may be off by, same unit */
    double trials;      /* probes that a share is of; 0: no share, or not known */
    bool met;
};

/* operator: "at_most", "at_least", "below", "above", "equals", "is_true". Two shares of known
 * numbers of probes also have to differ by more than chance would have them: the interval of
 * Agresti and Caffo (The American Statistician 54, 2000, p. 280), 95 %, taking probes as
 * independent. */
enum nd_change_kind nd_change_of(const char *operator, const struct nd_measure * earlier,
                                 const struct nd_measure *later);
/* Half of that interval; 0 when a number of probes is not known. */
double nd_change_by_chance(const struct nd_measure *earlier, const struct nd_measure *later);

/* Verdicts by what those of one expectation share: the step and the sentence (in English, else in
 * Chinese), and the how-manieth of those. In their order. Caller decrefs. */
json_t *nd_verdicts_by_key(const json_t *model);

/* The same, and regulatory clocks as if they were verdicts: what each took against its limit as
 * played (statistic "clock"); of a check that found it done, uncertain by the check's interval.
 * Caller decrefs. */
json_t *nd_measures_by_key(const json_t *model);

/* {schema "netdrill.compare/1", earlier, later: {run, drill, wall, ...}, conditions: [what differs
 * of "drill", "scenario", "revision", "site", "parameters", "simulated", "version"; "cut_short":
 * one did not come to an end of its own], rows: [{sentence, step, statistic, unit, operator,
 * earlier: {measured, uncertainty, limit, grade, trials}, later: ..., change, by_chance (a share's,
 * half the interval; or null), reason (of "incomparable", "gone" and "new"; or null), detail (a
 * text of the records, or null)}], counts: {better: n, ...}}. reason: "drill", "simulated", "unit",
 * "statistic", "operator", "unmeasured", "not_reached" (that run ended before), "skipped",
 * "failed", "cancelled" (its step). Caller decrefs. */
json_t *nd_compare(const json_t *earlier, const json_t *later);

/* Of nd_compare. format: a word of ND_DOCUMENT_FORMATS (document.h). Appends to out; the same
 * octets each time. */
nd_err nd_compare_render(const json_t *compared, const char *format, enum nd_lang lang,
                         struct nd_buf *out, struct nd_fail *why);
/* "better" and so on, with its reason when there is one, in the language. Caller frees. */
char *nd_compare_change_words(const json_t *row, enum nd_lang lang);
/* What of the conditions differs, in words, "" for nothing. Caller frees. */
char *nd_compare_conditions(const json_t *compared, enum nd_lang lang);

#endif
