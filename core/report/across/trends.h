/* What each expectation of a drill measured, drill by drill over the years. Points are joined only
 * while they measure the same thing: where the threshold, the statistic, the scenario, its
 * parameters, the site file or what is simulated became another, it is marked. */
#ifndef ND_REPORT_ACROSS_TRENDS_H
#define ND_REPORT_ACROSS_TRENDS_H
#include "report/report.h"

/* Of nd_catalogue_trends: adds to each point "changed": what is another than at the point before,
 * of "limit", "operator", "statistic", "revision", "scenario", "parameters", "site", "simulated"
 * (empty: nothing). words (may be NULL): only expectations whose sentence holds them, in whatever
 * case. Returns how many are left. */
size_t nd_trends_mark(json_t *trends, const char *words);

/* Of marked ones. title{zh, en}: of the drill. format: a word of ND_DOCUMENT_FORMATS (document.h).
 * Appends to out; the same octets each time. */
nd_err nd_trends_render(const json_t *trends, const json_t *title, const char *format,
                        enum nd_lang lang, struct nd_buf *out, struct nd_fail *why);

/* "threshold, scenario" in the language; "" when nothing changed. Caller frees. */
char *nd_trends_changed_words(const json_t *point, enum nd_lang lang);

/* Newest points that a chart shows; the table has all. */
#define ND_TREND_POINTS 48

#endif
