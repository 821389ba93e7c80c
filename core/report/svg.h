/* What the charts of the report share: one x axis, from STARTEX on, with labels to its left. Inline
 * SVG: coordinates with one decimal, no script, colours from the page's variables, and patterns
 * beside colours, so that nothing is told by colour alone.
 *
 *   svg.c           axis, labels, bars, phases, pauses
 *   svg_timeline.c  planned and actual; regulatory clocks
 *   svg_series.c    latency, losses and interruptions, a strip for each series */
#ifndef ND_REPORT_SVG_H
#define ND_REPORT_SVG_H
#include "report/internal.h"

#define ND_SVG_WIDTH 960.0
#define ND_SVG_LEFT  232.0
#define ND_SVG_RIGHT 30.0

/* The drill's last moment, ns; more than 0. */
double nd_svg_end(const json_t *model);
/* at, end: ns since STARTEX; what lies outside is put on the edge. */
double nd_svg_x(double at, double end);
void nd_svg_close(const struct nd_page *page);
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

/* An entry of a legend: a shape within 24 x 12, and its words. */
void nd_svg_legend(const struct nd_page *page, const char *shape, enum nd_message words);

#endif
