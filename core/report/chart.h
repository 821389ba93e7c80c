/* Charts of the documents across drills, as inline SVG like svg.c's: no script, coordinates with
 * one decimal, shapes and labels beside colours, the table beside them with all they show. */
#ifndef ND_REPORT_CHART_H
#define ND_REPORT_CHART_H
#include "report/internal.h"

/* A figure over the years: values with their uncertainty, thresholds, dates, where the definition
 * changed. kpi: of nd_trends_mark. number: makes its ids unique. */
void nd_chart_trend(const struct nd_page *page, const json_t *kpi, size_t number);

/* What was planned and achieved, a bar each: [{label, achieved, planned (or null), of (or null),
 * words}]; achieved and planned in the same unit, of: what a full bar stands for, or null: the
 * largest of both. */
void nd_chart_goals(const struct nd_page *page, const json_t *bars, size_t number);

#endif
