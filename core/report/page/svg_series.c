#include "report/page/svg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A strip for each series, all above the same moments: the range of latency with its 95th
 * percentile, below it what was lost; what was not measured is grey. */

#define TOP         4.0
#define HEIGHT      58.0
#define LOSS_TOP    66.0
#define LOSS_HEIGHT 14.0
#define STRIP       88.0
#define AXIS_EVERY  6 /* strips, so that each sheet of paper has one */

/* Columns of a strip in the model. */
static double columns_of(const json_t *model)
{
    return fmax(1, (double)nd_int_of(model, "strip_columns"));
}

struct strip {
    const struct nd_page *page;
    const json_t *series, *columns;
    double end;   /* ns */
    double max;   /* of latency */
    double width; /* of a column */
};

static double number_at(const json_t *column, size_t index)
{
    return json_number_value(json_array_get(column, index));
}

static double largest(const json_t *columns)
{
    double max = 0;
    size_t i = 0;
    json_t *column = NULL;
    json_array_foreach(columns, i, column) max = fmax(max, number_at(column, 5));
    return max > 0 ? max : 1;
}

static double column_x(const struct strip *strip, double index)
{
    return ND_SVG_LEFT + strip->width * index;
}

/* ---- what was not measured ---- */

static void put_unmeasured(const struct strip *strip, double from, double till)
{
    double x = column_x(strip, from);
    double width = strip->width * (till - from);
    nd_buf_addf(strip->page->out,
                "<rect class=\"unmeasured\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                "height=\"%.1f\"/>\n",
                x, TOP, width, LOSS_TOP + LOSS_HEIGHT - TOP);
    if (width > 90)
        nd_svg_words(strip->page, "tick", x + width / 2, TOP + HEIGHT / 2 + 4,
                     nd_msg(strip->page, ND_MSG_NOT_MEASURED));
}

/* Where so many columns are empty that probes would have been due in them. */
static void put_gaps(const struct strip *strip)
{
    double all = columns_of(strip->page->model);
    double per_probe = (double)nd_int_of(strip->series, "every_ns") / strip->end * all;
    double least = fmax(3, 2.5 * per_probe);
    double at = 0;
    size_t i = 0;
    json_t *column = NULL;
    json_array_foreach(strip->columns, i, column)
    {
        double index = number_at(column, 0);
        if (index - at >= least)
            put_unmeasured(strip, at, index);
        at = index + fmax(1, per_probe);
    }
    if (all - at >= least)
        put_unmeasured(strip, at, all);
}

/* ---- interruptions ---- */

static void put_bands(const struct strip *strip)
{
    const struct nd_page *page = strip->page;
    size_t i = 0;
    size_t left = 0;
    json_t *one = NULL;
    json_t *shown = nd_interruptions_shown(strip->series, ND_INTERRUPTIONS_SHOWN, &left);
    json_array_foreach(shown, i, one)
    {
        bool injected = strcmp(nd_str_of(one, "class"), "injected") == 0;
        double from = (double)nd_int_of(one, "from_rel_ns");
        double till = from + (double)nd_int_of(one, "length_ns");
        double width = nd_svg_x(till, strip->end) - nd_svg_x(from, strip->end);
        nd_svg_bar(page, injected ? "injected" : "unexpected", from, till, strip->end, TOP, HEIGHT);
        if (width > (page->lang == ND_LANG_ZH ? 44 : 72))
            nd_svg_words(page, "band", nd_svg_x(from, strip->end) + width / 2, TOP + HEIGHT / 2 + 4,
                         nd_msg(page, injected ? ND_MSG_INJECTED : ND_MSG_UNEXPECTED));
    }
    json_decref(shown);
}

/* ---- figures: each sort of them is one path ---- */

static void add_box(const struct strip *strip, const json_t *column, double y, double height)
{
    nd_buf_addf(strip->page->out, "M%.1f %.1fh%.1fv%.1fh-%.1fz",
                column_x(strip, number_at(column, 0)), y, strip->width, height, strip->width);
}

static double y_of(const struct strip *strip, double value)
{
    return TOP + HEIGHT * (1 - value / strip->max);
}

static void add_latency(const struct strip *strip, const json_t *column)
{
    if (!json_is_number(json_array_get(column, 4)))
        return;
    double high = y_of(strip, number_at(column, 5));
    add_box(strip, column, fmin(high, TOP + HEIGHT - 2),
            fmax(y_of(strip, number_at(column, 4)) - high, 2));
}

/* Where the range is so high that a line within it can be seen. */
static void add_percentile(const struct strip *strip, const json_t *column)
{
    if (!json_is_number(json_array_get(column, 6)))
        return;
    double height = y_of(strip, number_at(column, 4)) - y_of(strip, number_at(column, 5));
    if (height >= 4)
        nd_buf_addf(strip->page->out, "M%.1f %.1fh%.1f", column_x(strip, number_at(column, 0)),
                    y_of(strip, number_at(column, 6)), strip->width);
}

static void add_lost(const struct strip *strip, const json_t *column)
{
    double share = number_at(column, 2) / fmax(number_at(column, 1), 1);
    if (share > 0)
        add_box(strip, column, LOSS_TOP + LOSS_HEIGHT * (1 - share), LOSS_HEIGHT * share);
}

static void add_not_sent(const struct strip *strip, const json_t *column)
{
    if (number_at(column, 3) > 0)
        add_box(strip, column, TOP, HEIGHT);
}

static void put_path(const struct strip *strip, const char *style,
                     void (*add)(const struct strip *strip, const json_t *column))
{
    size_t i = 0;
    json_t *column = NULL;
    nd_buf_addf(strip->page->out, "<path class=\"%s\" d=\"M0 0", style);
    json_array_foreach(strip->columns, i, column) add(strip, column);
    nd_buf_adds(strip->page->out, "\"/>\n");
}

static void put_words(const struct strip *strip)
{
    const struct nd_page *page = strip->page;
    char text[64];
    json_t *top = json_real(strip->max);
    char *range = nd_printf("%s 0 \u2013 %s", nd_msg(page, ND_MSG_LATENCY),
                            nd_value_text(page, top, nd_str_of(strip->series, "unit"), "", text));
    char *loss = nd_printf("%s 0 \u2013 100%%", nd_msg(page, ND_MSG_LOSS));
    nd_svg_label(page, "name", TOP + 14, nd_series_title(page, strip->series));
    nd_svg_label(page, "name soft", TOP + 31, range);
    nd_svg_label(page, "name soft", LOSS_TOP + 12, loss);
    json_decref(top);
    free(range);
    free(loss);
}

static void put_strip(const struct nd_page *page, const json_t *series, size_t number)
{
    struct strip strip = {page, series, json_object_get(series, "columns"), nd_svg_end(page->model),
                          0,    0};
    char id[32];
    strip.max = largest(strip.columns);
    strip.width = (ND_SVG_WIDTH - ND_SVG_LEFT - ND_SVG_RIGHT) / columns_of(page->model);
    snprintf(id, sizeof id, "series%zu", number);
    nd_svg_open(page, id, ND_SVG_WIDTH, STRIP, nd_series_title(page, series));
    put_gaps(&strip);
    nd_svg_grid(page, strip.end, 0, STRIP);
    nd_svg_pauses(page, strip.end, TOP, LOSS_TOP + LOSS_HEIGHT);
    put_bands(&strip);
    put_path(&strip, "rtt", add_latency);
    put_path(&strip, "p95", add_percentile);
    put_path(&strip, "lost", add_lost);
    put_path(&strip, "notsent", add_not_sent);
    put_words(&strip);
    nd_svg_close(page);
}

/* The phases and the axis, for the eye alone: the timeline tells them in full. */
static void put_axis(const struct nd_page *page, bool phases)
{
    double top = phases ? ND_SVG_PHASES : 0;
    double end = nd_svg_end(page->model);
    nd_buf_addf(page->out, "<svg aria-hidden=\"true\" viewBox=\"0 0 %.0f %.0f\">\n", ND_SVG_WIDTH,
                top + ND_SVG_TICKS);
    if (phases)
        nd_svg_phases(page, end, 2);
    nd_svg_ticks(page, end, top);
    nd_svg_close(page);
}

void nd_svg_series(const struct nd_page *page)
{
    const json_t *list = json_object_get(page->model, "series");
    json_int_t left = nd_int_of(page->model, "strips_left");
    json_int_t all = (json_int_t)json_array_size(list) - left;
    json_int_t put = 0;
    size_t i = 0;
    json_t *series = NULL;
    put_axis(page, true);
    json_array_foreach(list, i, series)
    {
        if (!nd_series_drawn(page->model, series))
            continue;
        put_strip(page, series, i);
        if (++put % AXIS_EVERY == 0 || put == all)
            put_axis(page, false);
    }
}

void nd_svg_series_legend(const struct nd_page *page)
{
    static const struct {
        const char *shape;
        enum nd_message words;
    } entries[] = {
        {"<rect class=\"rtt\" y=\"3\" width=\"24\" height=\"6\"/>", ND_MSG_LATENCY_RANGE},
        {"<rect class=\"rtt\" width=\"24\" height=\"12\"/><path class=\"p95\" d=\"M0 3h24\"/>",
         ND_MSG_P95},
        {"<rect class=\"lost\" width=\"24\" height=\"12\"/>", ND_MSG_LOSS},
        {"<rect class=\"injected\" width=\"24\" height=\"12\"/>", ND_MSG_INJECTED},
        {"<rect class=\"unexpected\" width=\"24\" height=\"12\"/>", ND_MSG_UNEXPECTED},
        {"<rect class=\"notsent\" width=\"24\" height=\"12\"/>", ND_MSG_NOT_SENT},
        {"<rect class=\"unmeasured\" width=\"24\" height=\"12\"/>", ND_MSG_NOT_MEASURED}};
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        nd_svg_legend(page, entries[i].shape, entries[i].words);
}
