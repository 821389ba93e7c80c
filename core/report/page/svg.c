#include "report/page/svg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double nd_svg_end(const json_t *model)
{
    double end = (double)nd_int_of(json_object_get(model, "run"), "lasted_ns");
    size_t i = 0;
    json_t *step = NULL;
    json_array_foreach(json_object_get(model, "steps"), i, step) end =
        fmax(end, (double)nd_int_of(step, "ended_rel_ns"));
    return end > 0 ? end : 1e9;
}

double nd_svg_x(double at, double end)
{
    return ND_SVG_LEFT + (ND_SVG_WIDTH - ND_SVG_LEFT - ND_SVG_RIGHT) * fmin(fmax(at / end, 0), 1);
}

void nd_svg_text(const struct nd_page *page, const char *style, double x, double y,
                 const char *text, size_t columns)
{
    char *cut = nd_text_cut(text, columns);
    nd_buf_addf(page->out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", style, x, y);
    nd_xml(page->out, cut);
    nd_buf_adds(page->out, "</text>\n");
    free(cut);
}

void nd_svg_open(const struct nd_page *page, const char *id, double width, double height,
                 const char *title)
{
    const char *lang = page->lang == ND_LANG_ZH ? "zh" : "en";
    nd_buf_addf(page->out,
                "<svg role=\"img\" aria-labelledby=\"%s-t-%s %s-d-%s\" viewBox=\"0 0 %.0f %.0f\">"
                "<title id=\"%s-t-%s\">",
                id, lang, id, lang, width, height, id, lang);
    nd_xml(page->out, title);
    nd_buf_addf(page->out, "</title><desc id=\"%s-d-%s\">", id, lang);
    nd_xml(page->out, nd_msg(page, ND_MSG_CHART_NOTE));
    nd_buf_adds(page->out, "</desc>\n");
}

void nd_svg_close(const struct nd_page *page)
{
    nd_buf_adds(page->out, "</svg>\n");
}

/* ---- the axis ---- */

/* A step of 1, 2 or 5 times a power of ten seconds (or minutes) that gives 5 to 10 ticks. */
static double tick_of(double end)
{
    static const double steps[] = {0.1, 0.2, 0.5, 1,   2,    5,    10,   15,    30,   60,
                                   120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (end / 1e9 / steps[i] <= 10)
            return steps[i] * 1e9;
    }
    return 86400e9;
}

void nd_svg_grid(const struct nd_page *page, double end, double top, double bottom)
{
    double tick = tick_of(end);
    nd_buf_adds(page->out, "<path class=\"grid\" d=\"");
    for (int i = 0; i * tick <= end * 1.0001; i++)
        nd_buf_addf(page->out, "M%.1f %.1fV%.1f", nd_svg_x(i * tick, end), top, bottom);
    nd_buf_adds(page->out, "\"/>\n");
}

/* What an axis' row of labels is, beside the first of them. */
static void put_unit(const struct nd_page *page, double y, const char *words)
{
    nd_svg_words(page, "name soft", ND_SVG_LEFT - 38, y, words);
}

void nd_svg_ticks(const struct nd_page *page, double end, double y)
{
    double tick = tick_of(end);
    json_int_t start = nd_start_ms(page->model);
    int offset = (int)nd_int_of(json_object_get(page->model, "run"), "utc_offset_min");
    put_unit(page, y + 12, "T+");
    if (start >= 0)
        put_unit(page, y + 26, nd_msg(page, ND_MSG_WALL));
    for (int i = 0; i * tick <= end * 1.0001; i++) {
        char text[ND_UNIT_TEXT];
        double x = nd_svg_x(i * tick, end);
        nd_buf_addf(page->out, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">%s</text>", x, y + 12,
                    nd_moment_format((nd_ns)(i * tick), text) + 2);
        if (start >= 0)
            nd_buf_addf(page->out, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">%.8s</text>\n", x,
                        y + 26,
                        nd_wall_format(start * 1000000 + (nd_ns)(i * tick), offset, text) + 11);
    }
}

/* ---- what stands along it ---- */

void nd_svg_words(const struct nd_page *page, const char *style, double x, double y,
                  const char *text)
{
    nd_svg_text(page, style, x, y, text, 31);
}

void nd_svg_label(const struct nd_page *page, const char *style, double y, const char *text)
{
    nd_svg_words(page, style, ND_SVG_LEFT - 10, y, text);
}

void nd_svg_bar(const struct nd_page *page, const char *style, double from, double till, double end,
                double y, double height)
{
    double x = nd_svg_x(from, end);
    double width = fmax(nd_svg_x(till, end) - x, 2);
    nd_buf_addf(page->out,
                "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
                style, x, y, width, height);
}

static double planned_end(const json_t *model, size_t number)
{
    const json_t *next = json_array_get(json_object_get(model, "phases"), number + 1);
    const json_t *planned = json_object_get(next, "planned_rel_ns");
    return json_is_integer(planned) ? (double)json_integer_value(planned)
           : next == NULL           ? (double)nd_int_of(json_object_get(model, "drill"), "lasts_ns")
                                    : 0;
}

static void put_phase(const struct nd_page *page, const json_t *phase, size_t number, double end,
                      double y)
{
    const json_t *planned = json_object_get(phase, "planned_rel_ns");
    const json_t *started = json_object_get(phase, "started_rel_ns");
    const json_t *ended = json_object_get(phase, "ended_rel_ns");
    const char *title = nd_text_of(page, json_object_get(phase, "title"));
    if (json_is_integer(planned) && planned_end(page->model, number) > 0)
        nd_svg_bar(page, "planned", (double)json_integer_value(planned),
                   planned_end(page->model, number), end, y, 9);
    if (!json_is_integer(started))
        return;
    double from = (double)json_integer_value(started);
    double till = json_is_integer(ended) ? (double)json_integer_value(ended) : end;
    const json_t *next = json_object_get(
        json_array_get(json_object_get(page->model, "phases"), number + 1), "started_rel_ns");
    double free_till = json_is_integer(next) ? fmin(till, (double)json_integer_value(next)) : till;
    double width = nd_svg_x(free_till, end) - nd_svg_x(from, end);
    nd_buf_adds(page->out, "<g><title>");
    nd_xml(page->out, title);
    nd_buf_adds(page->out, "</title>");
    nd_svg_bar(page, "phase", from, till, end, y + 12, 18);
    if (width > 30) {
        nd_buf_addf(page->out, "<text class=\"phase\" x=\"%.1f\" y=\"%.1f\">",
                    nd_svg_x(from, end) + 4, y + 25);
        char *cut = nd_text_cut(title, (size_t)((width - 6) / 6.6));
        nd_xml(page->out, cut);
        free(cut);
        nd_buf_adds(page->out, "</text>");
    }
    nd_buf_adds(page->out, "</g>\n");
}

void nd_svg_phases(const struct nd_page *page, double end, double y)
{
    size_t i = 0;
    json_t *phase = NULL;
    nd_svg_label(page, "name", y + 25, nd_msg(page, ND_MSG_PHASE));
    json_array_foreach(json_object_get(page->model, "phases"), i, phase)
        put_phase(page, phase, i, end, y);
}

void nd_svg_pauses(const struct nd_page *page, double end, double top, double bottom)
{
    size_t i = 0;
    json_t *pause = NULL;
    json_array_foreach(json_object_get(page->model, "pauses"), i, pause)
    {
        double from = (double)nd_int_of(pause, "from_rel_ns");
        const json_t *lasted = json_object_get(pause, "lasted_ns");
        double till = json_is_integer(lasted) ? from + (double)json_integer_value(lasted) : end;
        nd_svg_bar(page, "pause", from, till, end, top, bottom - top);
        if (nd_svg_x(till, end) - nd_svg_x(from, end) > 44)
            nd_svg_words(page, "band", (nd_svg_x(from, end) + nd_svg_x(till, end)) / 2, bottom - 6,
                         nd_msg(page, ND_MSG_PAUSE));
    }
}

void nd_svg_legend(const struct nd_page *page, const char *shape, enum nd_message words)
{
    nd_buf_addf(page->out,
                "<span class=\"k\"><svg aria-hidden=\"true\" viewBox=\"0 0 24 12\">%s</svg>",
                shape);
    nd_xml(page->out, nd_msg(page, words));
    nd_buf_adds(page->out, "</span> ");
}

void nd_svg_key(const struct nd_page *page, const char *style, const char *sign, const char *words)
{
    nd_buf_addf(page->out, "<span class=\"k\"><b class=\"%s\">%s</b> ", style, sign);
    nd_xml(page->out, words);
    nd_buf_adds(page->out, "</span> ");
}

bool nd_series_drawn(const json_t *model, const json_t *series)
{
    return nd_int_of(model, "strips_left") == 0 ||
           json_is_array(json_object_get(series, "columns"));
}
