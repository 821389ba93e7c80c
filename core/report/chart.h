/* Charts of the documents across drills, as inline SVG like svg.c's: no script, coordinates with
 * one decimal, shapes and labels beside colours, the table beside them with all they show. */
#ifndef ND_REPORT_CHART_H
#define ND_REPORT_CHART_H
#include "report/internal.h"

/* A figure over the years: values with their uncertainty, thresholds, dates, where the definition
 * changed. kpi: of nd_trends_mark. number: makes its ids unique. */
void nd_chart_trend(const struct nd_page *page, const json_t *kpi, size_t number);

/* What was planned and achieved for each goal, drills and the share of expectations met: [{label,
 * held, planned_runs (or null), met 0 to 1 (or null: nothing was judged), planned_met (or null)}].
 */
void nd_chart_goals(const struct nd_page *page, const json_t *bars);

/* Two measurements of each expectation; rows: of nd_compare. */
void nd_chart_pairs(const struct nd_page *page, const json_t *rows);

/* A text of that class at a place. */
void nd_chart_text(const struct nd_page *page, const char *class, double x, double y,
                   const char *words);

#endif
