#include "report/across/chart.h"

#include "report/across/trends.h"
#include "report/page/html.h"
#include "report/page/svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH  960.0
#define LEFT   110.0
#define RIGHT  120.0 /* the thresholds' labels */
#define TOP    34.0
#define HEIGHT 190.0 /* of the plot itself */
#define TICKS  6

struct plot {
    const struct nd_page *page;
    const json_t *kpi, *points;
    size_t first, count; /* of the points that are shown */
    double low, high;    /* of the axis */
    double step;
};

static const json_t *point_at(const struct plot *plot, size_t i)
{
    return json_array_get(plot->points, plot->first + i);
}

static double number_of(const json_t *point, const char *key)
{
    const json_t *value = json_object_get(point, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static double x_of(const struct plot *plot, double i)
{
    return LEFT + (WIDTH - LEFT - RIGHT) * (i + 0.5) / (double)plot->count;
}

static double y_of(const struct plot *plot, double value)
{
    return TOP + HEIGHT * (1 - (value - plot->low) / (plot->high - plot->low));
}

static const char *unit_of(const struct plot *plot)
{
    return nd_str_of(plot->kpi, "unit");
}

static const char *statistic_of(const struct plot *plot)
{
    return nd_statistic_of(point_at(plot, plot->count - 1), unit_of(plot));
}

static const char *value_words(const struct plot *plot, double value, char *out)
{
    json_t *number = json_real(value);
    nd_value_text(plot->page, number, unit_of(plot), statistic_of(plot), out);
    json_decref(number);
    return out;
}

/* ---- the axis ---- */

/* 1, 2 or 5 times a power of ten; of lengths of time above a minute, what clocks have. */
static double step_of(double span, const char *unit)
{
    static const double clocks[] = {60e9,   120e9,  300e9,   600e9,   900e9,  1800e9,
                                    3600e9, 7200e9, 14400e9, 21600e9, 43200e9};
    double step = span / TICKS;
    if (strcmp(unit, "ns") == 0 && step > 30e9) {
        for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
            if (clocks[i] >= step)
                return clocks[i];
        }
        return 86400e9 * ceil(step / 86400e9);
    }
    double power = pow(10, floor(log10(step)));
    double rest = step / power;
    return power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
}

static void widen(struct plot *plot, double value)
{
    plot->low = isfinite(value) ? fmin(plot->low, value) : plot->low;
    plot->high = isfinite(value) ? fmax(plot->high, value) : plot->high;
}

/* From zero, unless all is far above it, for a difference of a tenth is not to look like all. */
static void scale(struct plot *plot)
{
    plot->low = INFINITY;
    plot->high = -INFINITY;
    for (size_t i = 0; i < plot->count; i++) {
        const json_t *point = point_at(plot, i);
        double width = number_of(point, "uncertainty");
        double measured = number_of(point, "measured");
        widen(plot, measured - (isfinite(width) ? width : 0));
        widen(plot, measured + (isfinite(width) ? width : 0));
        widen(plot, number_of(point, "limit"));
    }
    if (!isfinite(plot->low)) {
        plot->low = 0;
        plot->high = 1;
    }
    if (plot->low > 0 && plot->low < 0.8 * plot->high)
        plot->low = 0;
    if (plot->high <= plot->low) {
        double around = fabs(plot->high) > 0 ? fabs(plot->high) / 10 : 1;
        plot->low -= plot->low == 0 ? 0 : around;
        plot->high += around;
    }
    plot->step = step_of(plot->high - plot->low, unit_of(plot));
    bool room = plot->low <= 0; /* a point on the lowest line is not to lie on the dates */
    plot->low = (floor(plot->low / plot->step + 1e-9) - (room ? 0 : 1)) * plot->step;
    plot->high = ceil(plot->high / plot->step - 1e-9) * plot->step;
    if (nd_value_is_share(statistic_of(plot))) {
        plot->low = fmax(plot->low, 0);
        plot->high = plot->high > 0.95 ? 1 : plot->high;
    }
}

static void put_words(const struct plot *plot, const char *style, double x, double y,
                      const char *words)
{
    nd_svg_text(plot->page, style, x, y, words, 48);
}

static void put_axis(const struct plot *plot)
{
    int lines = (int)((plot->high - plot->low) / plot->step + 1.001);
    for (int i = 0; i < lines; i++) {
        char words[64];
        double value = plot->low + i * plot->step;
        double shown = fabs(value) < plot->step / 1000 ? 0 : value;
        nd_buf_addf(plot->page->out,
                    "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                    LEFT, y_of(plot, value), WIDTH - RIGHT, y_of(plot, value));
        put_words(plot, "name", LEFT - 8, y_of(plot, value) + 4, value_words(plot, shown, words));
    }
}

static int year_of(const json_t *point)
{
    return atoi(nd_str_of(point, "date"));
}

/* A line where a year ends, and the years' names above: "2023", in Chinese with 民國 112. */
static void put_years(const struct plot *plot)
{
    size_t begin = 0;
    for (size_t i = 1; i <= plot->count; i++) {
        int year = year_of(point_at(plot, begin));
        char words[48];
        if (i < plot->count && year_of(point_at(plot, i)) == year)
            continue;
        double from = x_of(plot, (double)begin - 0.5);
        double till = x_of(plot, (double)i - 0.5);
        if (plot->page->lang == ND_LANG_ZH)
            snprintf(words, sizeof words, till - from > 110 ? "%d（民國 %d 年）" : "%d／%d", year,
                     year - ND_ROC_OFFSET);
        else
            snprintf(words, sizeof words, "%d", year);
        if (begin != 0)
            nd_buf_addf(plot->page->out,
                        "<line class=\"year\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                        from, TOP - 20, from, TOP + HEIGHT + 20);
        if (till - from > 34)
            put_words(plot, "tick", (from + till) / 2, TOP - 22, words);
        begin = i;
    }
}

/* "09-21" under each drill; the first of a row that is too narrow alone. */
static void put_dates(const struct plot *plot)
{
    size_t every = (size_t)ceil(42 * (double)plot->count / (WIDTH - LEFT - RIGHT));
    for (size_t i = 0; i < plot->count; i += every) {
        const char *date = nd_str_of(point_at(plot, i), "date");
        put_words(plot, "tick", x_of(plot, (double)i), TOP + HEIGHT + 16,
                  strlen(date) == 10 ? date + 5 : date);
    }
}

/* ---- the points ---- */

static bool begins(const struct plot *plot, size_t i)
{
    return json_array_size(json_object_get(point_at(plot, i), "changed")) != 0;
}

/* The threshold while it is the same, with its label where it ends. */
static void put_limits(const struct plot *plot)
{
    size_t begin = 0;
    for (size_t i = 1; i <= plot->count; i++) {
        const json_t *point = point_at(plot, begin);
        double limit = number_of(point, "limit");
        char value[64];
        if (i < plot->count && number_of(point_at(plot, i), "limit") == limit &&
            strcmp(nd_str_of(point_at(plot, i), "operator"), nd_str_of(point, "operator")) == 0)
            continue;
        double y = y_of(plot, limit);
        if (isfinite(limit)) {
            double from = x_of(plot, (double)begin - 0.5);
            double till = x_of(plot, (double)i - 0.5);
            char *words = nd_printf("%s %s", nd_operator_sign(nd_str_of(point, "operator")),
                                    value_words(plot, limit, value));
            nd_buf_addf(plot->page->out,
                        "<line class=\"limit\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                        from, y, till, y);
            if (i == plot->count)
                put_words(plot, "right", till + 6, y + 4, words);
            else
                put_words(plot, "limit", from + 4, y - 5, words);
            free(words);
        }
        begin = i;
    }
}

static void put_breaks(const struct plot *plot)
{
    size_t number = 0;
    for (size_t i = 0; i < plot->count; i++) {
        char words[24];
        if (!begins(plot, i))
            continue;
        double x = x_of(plot, (double)i - 0.5);
        snprintf(words, sizeof words, "\u25b3%zu", ++number);
        nd_buf_addf(plot->page->out,
                    "<line class=\"break\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", x,
                    TOP - 4, x, TOP + HEIGHT);
        put_words(plot, "break", x, TOP - 7, words);
    }
}

/* Joined to the one before when both measured the same thing. */
static void put_line(const struct plot *plot)
{
    for (size_t i = 1; i < plot->count; i++) {
        double before = number_of(point_at(plot, i - 1), "measured");
        double here = number_of(point_at(plot, i), "measured");
        if (!begins(plot, i) && isfinite(before) && isfinite(here))
            nd_buf_addf(
                plot->page->out,
                "<line class=\"joined\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                x_of(plot, (double)i - 1), y_of(plot, before), x_of(plot, (double)i),
                y_of(plot, here));
    }
}

static void put_whisker(const struct plot *plot, double x, double measured, double width)
{
    double top = y_of(plot, fmin(measured + width, plot->high));
    double bottom = y_of(plot, fmax(measured - width, plot->low));
    nd_buf_addf(plot->page->out, "<path class=\"whisker\" d=\"M%.1f %.1fh8m-4 0V%.1fm-4 0h8\"/>\n",
                x - 4, top, bottom);
}

/* A disc: met; a cross: missed; a diamond: not judged; a question mark below: not measured. */
static void put_point(const struct plot *plot, size_t i)
{
    const json_t *point = point_at(plot, i);
    const char *grade = nd_str_of(point, "grade");
    double measured = number_of(point, "measured");
    double width = number_of(point, "uncertainty");
    double x = x_of(plot, (double)i);
    struct nd_buf *out = plot->page->out;
    if (!isfinite(measured)) {
        put_words(plot, "break", x, TOP + HEIGHT - 6, "?");
        return;
    }
    double y = y_of(plot, measured);
    if (width > 0)
        put_whisker(plot, x, measured, width);
    if (strcmp(grade, "met") == 0)
        nd_buf_addf(out, "<circle class=\"met\" cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\"/>\n", x, y);
    else if (strcmp(grade, "missed") == 0)
        nd_buf_addf(out, "<path class=\"missed\" d=\"M%.1f %.1fl10 10m0 -10l-10 10\"/>\n", x - 5,
                    y - 5);
    else
        nd_buf_addf(out, "<path class=\"planned\" d=\"M%.1f %.1fl5 6l-5 6l-5 -6z\"/>\n", x, y - 6);
}

static void put_legend(const struct plot *plot)
{
    const struct nd_page *page = plot->page;
    size_t number = 0;
    nd_html_raw(page, "<figcaption class=\"legend\">");
    nd_svg_key(page, "met", "\u25cf", nd_msg(page, ND_MSG_MET));
    nd_svg_key(page, "missed", "\u2715", nd_msg(page, ND_MSG_MISSED));
    nd_svg_key(page, "unknown", "\u25c7 ?", nd_msg(page, ND_MSG_UNKNOWN));
    nd_svg_key(page, "done", "\u2336", nd_msg(page, ND_MSG_UNCERTAINTY));
    nd_svg_key(page, "missed", "- -", nd_msg(page, ND_MSG_LIMIT));
    for (size_t i = 0; i < plot->count; i++) {
        char *words =
            begins(plot, i) ? nd_trends_changed_words(point_at(plot, i), page->lang) : NULL;
        if (words != NULL) {
            char *sign = nd_printf("\u25b3%zu", ++number);
            char *told = nd_printf("%s: %s", nd_msg(page, ND_MSG_TR_CHANGED), words);
            nd_svg_key(page, "unknown", sign, told);
            free(told);
            free(sign);
        }
        free(words);
    }
    if (plot->first != 0) {
        nd_html_raw(page, "<br>");
        nd_html_msg(page, ND_MSG_TR_NEWEST);
        nd_buf_addf(page->out, ": %zu/%zu", plot->count, plot->first + plot->count);
    }
    nd_html_raw(page, "</figcaption></figure>\n");
}

void nd_chart_trend(const struct nd_page *page, const json_t *kpi, size_t number)
{
    const json_t *points = json_object_get(kpi, "points");
    size_t all = json_array_size(points);
    char id[32];
    struct plot plot = {.page = page, .kpi = kpi, .points = points};
    plot.first = all > ND_TREND_POINTS ? all - ND_TREND_POINTS : 0;
    plot.count = all - plot.first;
    if (plot.count == 0)
        return;
    scale(&plot);
    snprintf(id, sizeof id, "trend%zu", number);
    nd_html_raw(page, "<figure>");
    nd_svg_open(page, id, WIDTH, TOP + HEIGHT + 26,
                nd_text_of(page, json_object_get(kpi, "sentence")));
    put_axis(&plot);
    put_years(&plot);
    put_dates(&plot);
    put_breaks(&plot);
    put_limits(&plot);
    put_line(&plot);
    for (size_t i = 0; i < plot.count; i++)
        put_point(&plot, i);
    nd_svg_close(page);
    put_legend(&plot);
}
