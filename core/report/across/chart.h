/* Charts of the documents across drills (svg.h); the table beside each holds all that it shows. */
#ifndef ND_REPORT_ACROSS_CHART_H
#define ND_REPORT_ACROSS_CHART_H
#include "report/report.h"
#include "report/words/words.h"

/* A figure over the years: values with their uncertainty, thresholds, dates, where the definition
 * changed. kpi: of nd_trends_mark. number: makes its ids unique. */
void nd_chart_trend(const struct nd_page *page, const json_t *kpi, size_t number);

/* What was planned and achieved for each goal, drills and the share of expectations met: [{label,
 * held, planned_runs (or null), met 0 to 1 (or null: nothing was judged), planned_met (or null)}].
 */
void nd_chart_goals(const struct nd_page *page, const json_t *bars);

/* Two measurements of each expectation; rows: of nd_compare. */
void nd_chart_pairs(const struct nd_page *page, const json_t *rows);

#endif
