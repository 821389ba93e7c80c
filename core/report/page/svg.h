/* What all charts share, and the one x axis, from STARTEX on with labels to its left, of those of
 * one run. Inline SVG: coordinates with one decimal, no script, colours from the page's variables,
 * and patterns beside colours, so that nothing is told by colour alone.
 *
 *   svg.c           axis, labels, bars, phases, pauses
 *   svg_timeline.c  planned and actual; regulatory clocks
 *   svg_series.c    latency, losses and interruptions, a strip for each series
 *   svg_faults.c    life cycles and lengths of interruptions, on an axis of tenfolds
 *   chart*.c        across drills (chart.h) */
#ifndef ND_REPORT_PAGE_SVG_H
#define ND_REPORT_PAGE_SVG_H
#include "report/report.h"
#include "report/words/words.h"

#define ND_SVG_WIDTH 960.0
#define ND_SVG_LEFT  232.0
#define ND_SVG_RIGHT 30.0

/* Begins a chart, with its title and a description. id: unique in a language, as a heading's is. */
void nd_svg_open(const struct nd_page *page, const char *id, double width, double height,
                 const char *title);
void nd_svg_close(const struct nd_page *page);
/* Text at (x, y), cut to so many columns of a terminal. style: a class of the style. */
void nd_svg_text(const struct nd_page *page, const char *style, double x, double y,
                 const char *text, size_t columns);

/* ---- the axis from STARTEX on ---- */

/* The drill's last moment, ns; more than 0. */
double nd_svg_end(const json_t *model);
/* at, end: ns since STARTEX; what lies outside is put on the edge. */
double nd_svg_x(double at, double end);
/* Lines at round moments, from top to bottom. */
void nd_svg_grid(const struct nd_page *page, double end, double top, double bottom);
/* Those moments as T+ and, below, as time of day there; takes ND_SVG_TICKS. */
#define ND_SVG_TICKS 30.0
void nd_svg_ticks(const struct nd_page *page, double end, double y);
/* Words at a place, cut to what the margin has room for. */
void nd_svg_words(const struct nd_page *page, const char *style, double x, double y,
                  const char *text);
/* The same to the left of the axis. style: "name" or "name soft". */
void nd_svg_label(const struct nd_page *page, const char *style, double y, const char *text);
void nd_svg_bar(const struct nd_page *page, const char *style, double from, double till, double end,
                double y, double height);
/* Phases: planned hollow, actual filled with their names, below; takes ND_SVG_PHASES. */
#define ND_SVG_PHASES 36.0
void nd_svg_phases(const struct nd_page *page, double end, double y);
void nd_svg_pauses(const struct nd_page *page, double end, double top, double bottom);

/* ---- legends ---- */

/* An entry of a legend: a shape within 24 x 12, and its words. */
void nd_svg_legend(const struct nd_page *page, const char *shape, enum nd_message words);
/* The same with a sign of the font, in the colour of that class. */
void nd_svg_key(const struct nd_page *page, const char *style, const char *sign, const char *words);

/* The charts, each with what its legend says. */
void nd_svg_timeline(const struct nd_page *page);
void nd_svg_timeline_legend(const struct nd_page *page);
void nd_svg_duties(const struct nd_page *page);
void nd_svg_duties_legend(const struct nd_page *page);
void nd_svg_series(const struct nd_page *page);
void nd_svg_series_legend(const struct nd_page *page);
void nd_svg_faults(const struct nd_page *page);
void nd_svg_lengths(const struct nd_page *page);

#endif
