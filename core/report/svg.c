#include "report/internal.h"

#include "record/undo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Charts as inline SVG: coordinates with one decimal, no script, colours from the page's variables,
 * and patterns beside colours, so that nothing is told by colour alone. */

#define WIDTH   960.0
#define LEFT    190.0
#define RIGHT   12.0
#define COLUMNS 240.0

static double end_of(const json_t *model)
{
    double end = (double)nd_int_of(json_object_get(model, "run"), "lasted_ns");
    size_t i = 0;
    json_t *step = NULL;
    json_array_foreach(json_object_get(model, "steps"), i, step) end =
        fmax(end, (double)nd_int_of(step, "ended_rel_ns"));
    return end > 0 ? end : 1e9;
}

static double x_of(double at, double end)
{
    return LEFT + (WIDTH - LEFT - RIGHT) * fmin(fmax(at / end, 0), 1);
}

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

static void axis(const struct nd_page *page, double end, double top, double bottom)
{
    double tick = tick_of(end);
    for (int i = 0; i * tick <= end * 1.0001; i++) {
        double at = i * tick;
        char text[ND_UNIT_TEXT];
        double x = x_of(at, end);
        nd_buf_addf(page->out,
                    "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>"
                    "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                    x, top, x, bottom, x, bottom + 14, nd_moment_format((nd_ns)at, text) + 2);
    }
}

static void label(const struct nd_page *page, double y, const char *text)
{
    size_t fit = nd_text_fit(text, 28);
    char *cut = nd_printf("%.*s%s", (int)fit, text, text[fit] != '\0' ? "…" : "");
    nd_buf_addf(page->out, "<text class=\"name\" x=\"%.1f\" y=\"%.1f\">", LEFT - 8, y);
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
    nd_buf_addf(page->out, "</title><desc id=\"%s-d-%s\">%s</desc>\n", id, lang,
                nd_msg(page, ND_MSG_CHART_NOTE));
}

/* ---- the timeline ---- */

static void bar(const struct nd_page *page, const char *class_name, double from, double till,
                double end, double y, double height)
{
    double x = x_of(from, end);
    double width = fmax(x_of(till, end) - x, 2);
    nd_buf_addf(page->out,
                "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
                class_name, x, y, width, height);
}

static const char *state_class(const char *state)
{
    return strcmp(state, "done") == 0 ? "done" : strcmp(state, "failed") == 0 ? "failed" : "cut";
}

static void put_changes(const struct nd_page *page, double end, double *y)
{
    size_t i = 0;
    json_t *c = NULL;
    json_array_foreach(json_object_get(page->model, "changes"), i, c)
    {
        const json_t *began = json_object_get(c, "began_rel_ns");
        const json_t *back = json_object_get(c, "verified_rel_ns");
        if (!json_is_integer(began) || nd_undo_is_lab(nd_str_of(c, "plugin"), nd_str_of(c, "verb")))
            continue;
        char *name = nd_printf("! %s.%s %s", nd_str_of(c, "plugin"), nd_str_of(c, "verb"),
                               nd_str_of(c, "target"));
        label(page, *y + 11, name);
        free(name);
        bar(page, "injected", (double)json_integer_value(began),
            json_is_integer(back) ? (double)json_integer_value(back) : end, end, *y, 13);
        *y += 20;
    }
}

/* A diamond where it was planned. */
static void put_planned(const struct nd_page *page, const json_t *planned, double end, double y)
{
    if (!json_is_integer(planned))
        return;
    nd_buf_addf(page->out, "<path class=\"planned\" d=\"M%.1f %.1fl5 6.5l-5 6.5l-5 -6.5z\"/>\n",
                x_of((double)json_integer_value(planned), end), y);
}

/* From when it was fired to the reaction, or until when one was waited for. */
static void put_injects(const struct nd_page *page, double end, double *y)
{
    size_t i = 0;
    json_t *inject = NULL;
    json_array_foreach(json_object_get(page->model, "injects"), i, inject)
    {
        const json_t *fired = json_object_get(inject, "fired_rel_ns");
        const char *outcome = nd_str_of(inject, "outcome");
        bool reacted = json_is_integer(json_object_get(inject, "reaction_ns"));
        double from = (double)json_integer_value(fired);
        double lasts = (double)nd_int_of(inject, reacted ? "reaction_ns" : "react_within_ns");
        char *name = nd_printf("@ %s", nd_inject_title(page, inject));
        label(page, *y + 11, name);
        free(name);
        if (json_is_integer(fired))
            bar(page,
                strcmp(outcome, "answered") == 0 || strcmp(outcome, "delivered") == 0 ? "done"
                : strcmp(outcome, "cancelled") == 0                                   ? "cut"
                                                                                      : "failed",
                from, from + lasts, end, *y, 13);
        put_planned(page, json_object_get(inject, "planned_rel_ns"), end, *y);
        *y += 20;
    }
}

void nd_svg_timeline(const struct nd_page *page)
{
    const json_t *steps = json_object_get(page->model, "steps");
    const json_t *changes = json_object_get(page->model, "changes");
    double end = end_of(page->model);
    double rows = (double)(json_array_size(steps) + json_array_size(changes) +
                           json_array_size(json_object_get(page->model, "injects")));
    double height = 20.0 * rows + 40;
    double y = 8;
    size_t i = 0;
    json_t *step = NULL;
    nd_svg_open(page, "timeline", WIDTH, height, nd_msg(page, ND_MSG_TIMELINE));
    axis(page, end, 4, height - 20);
    json_array_foreach(steps, i, step)
    {
        const json_t *started = json_object_get(step, "started_rel_ns");
        label(page, y + 11, nd_text_of(page, json_object_get(step, "title")));
        if (json_is_integer(started))
            bar(page, state_class(nd_str_of(step, "state")), (double)json_integer_value(started),
                (double)nd_int_of(step, "ended_rel_ns"), end, y, 13);
        put_planned(page, json_object_get(step, "planned_rel_ns"), end, y);
        y += 20;
    }
    put_injects(page, end, &y);
    put_changes(page, end, &y);
    nd_buf_adds(page->out, "</svg>\n");
}

/* ---- regulatory clocks: from what opened each to what was done, a tick where it was due ---- */

static const char *verdict_class(const char *verdict)
{
    return strcmp(verdict, "met") == 0                                      ? "done"
           : strcmp(verdict, "missed") == 0 || strcmp(verdict, "late") == 0 ? "failed"
                                                                            : "cut";
}

static void put_duty(const struct nd_page *page, const json_t *duty, double end, double y)
{
    const json_t *done = json_object_get(duty, "done_rel_ns");
    const json_t *due = json_object_get(duty, "due_rel_ns");
    double from = (double)nd_int_of(duty, "opened_rel_ns");
    label(page, y + 11, nd_text_of(page, json_object_get(duty, "title")));
    bar(page, verdict_class(nd_str_of(duty, "verdict")), from,
        json_is_integer(done) ? (double)json_integer_value(done) : end_of(page->model), end, y, 13);
    if (json_is_integer(due) && (double)json_integer_value(due) <= end)
        nd_buf_addf(page->out, "<path class=\"due\" d=\"M%.1f %.1fv19\"/>\n",
                    x_of((double)json_integer_value(due), end), y - 3);
}

/* The end of the run, or the last moment when one was due, but not so late that the run itself
 * would be too small to see. */
static double last_due(const json_t *duties, double run_end)
{
    double end = run_end;
    size_t i = 0;
    json_t *duty = NULL;
    json_array_foreach(duties, i, duty)
    {
        double due = (double)nd_int_of(duty, "due_rel_ns");
        if (due <= 4 * run_end)
            end = fmax(end, due);
    }
    return end;
}

void nd_svg_duties(const struct nd_page *page)
{
    const json_t *duties = json_object_get(page->model, "obligations");
    double end = last_due(duties, end_of(page->model));
    double height = 20.0 * (double)json_array_size(duties) + 40;
    double y = 8;
    size_t i = 0;
    json_t *duty = NULL;
    nd_svg_open(page, "clocks", WIDTH, height, nd_msg(page, ND_MSG_DUTIES));
    axis(page, end, 4, height - 20);
    json_array_foreach(duties, i, duty)
    {
        put_duty(page, duty, end, y);
        y += 20;
    }
    nd_buf_adds(page->out, "</svg>\n");
}

/* ---- a series: latency envelope, losses, bands ---- */

#define STRIP_TOP    6.0
#define STRIP_HEIGHT 64.0
#define LOSS_TOP     74.0
#define LOSS_HEIGHT  16.0

static double largest(const json_t *columns)
{
    double max = 0;
    size_t i = 0;
    json_t *column = NULL;
    json_array_foreach(columns, i, column) max =
        fmax(max, json_number_value(json_array_get(column, 5)));
    return max > 0 ? max : 1;
}

static void put_bands(const struct nd_page *page, const json_t *series, double end)
{
    size_t i = 0;
    size_t left = 0;
    json_t *one = NULL;
    json_t *shown = nd_interruptions_shown(series, &left);
    json_array_foreach(shown, i, one)
    {
        bool injected = strcmp(nd_str_of(one, "class"), "injected") == 0;
        double from = (double)nd_int_of(one, "from_rel_ns");
        double till = from + (double)nd_int_of(one, "length_ns");
        bar(page, injected ? "injected" : "unexpected", from, till, end, STRIP_TOP, STRIP_HEIGHT);
        if (x_of(till, end) - x_of(from, end) > 46)
            nd_buf_addf(page->out, "<text class=\"band\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                        (x_of(from, end) + x_of(till, end)) / 2, STRIP_TOP + STRIP_HEIGHT / 2 + 4,
                        nd_msg(page, injected ? ND_MSG_INJECTED : ND_MSG_UNEXPECTED));
    }
    json_decref(shown);
}

static void put_columns(const struct nd_page *page, const json_t *columns, double max)
{
    double width = (WIDTH - LEFT - RIGHT) / COLUMNS;
    size_t i = 0;
    json_t *c = NULL;
    json_array_foreach(columns, i, c)
    {
        double x = LEFT + width * (double)json_integer_value(json_array_get(c, 0));
        double sent = (double)json_integer_value(json_array_get(c, 1));
        double lost = (double)json_integer_value(json_array_get(c, 2));
        if (json_is_number(json_array_get(c, 4))) {
            double low = STRIP_HEIGHT * json_number_value(json_array_get(c, 4)) / max;
            double high = STRIP_HEIGHT * json_number_value(json_array_get(c, 5)) / max;
            nd_buf_addf(
                page->out,
                "<rect class=\"rtt\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", x,
                STRIP_TOP + STRIP_HEIGHT - high, width, fmax(high - low, 1.5));
        }
        if (lost > 0)
            nd_buf_addf(
                page->out,
                "<rect class=\"lost\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", x,
                LOSS_TOP + LOSS_HEIGHT * (1 - lost / sent), width, LOSS_HEIGHT * lost / sent);
        if (json_integer_value(json_array_get(c, 3)) > 0)
            nd_buf_addf(
                page->out,
                "<rect class=\"notsent\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", x,
                STRIP_TOP, width, STRIP_HEIGHT);
    }
    nd_buf_adds(page->out, "\n");
}

void nd_svg_series(const struct nd_page *page, const json_t *series, size_t number)
{
    const json_t *columns = json_object_get(series, "columns");
    double end = end_of(page->model);
    double max = largest(columns);
    char id[24];
    char text[64];
    json_t *top = json_real(max);
    snprintf(id, sizeof id, "series%zu", number);
    nd_svg_open(page, id, WIDTH, 116, nd_series_title(series));
    axis(page, end, STRIP_TOP, LOSS_TOP + LOSS_HEIGHT);
    label(page, STRIP_TOP + 12, nd_series_title(series));
    nd_buf_addf(page->out, "<text class=\"name soft\" x=\"%.1f\" y=\"%.1f\">%s 0 – %s</text>\n",
                LEFT - 8, STRIP_TOP + 30, nd_msg(page, ND_MSG_LATENCY),
                nd_value_text(page, top, nd_str_of(series, "unit"), "", text));
    nd_buf_addf(page->out, "<text class=\"name soft\" x=\"%.1f\" y=\"%.1f\">%s 0 – 100%%</text>\n",
                LEFT - 8, LOSS_TOP + 12, nd_msg(page, ND_MSG_LOSS));
    json_decref(top);
    put_bands(page, series, end);
    put_columns(page, columns, max);
    nd_buf_adds(page->out, "</svg>\n");
}
