#include "report/page/html.h"
#include "report/page/scale.h"
#include "report/page/svg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bullet charts, one in each row of the table of limits in numbers: bands that are good, close to
 * the limit (where the scenario says from when on) and bad, told apart by pattern; a tick for the
 * limit, a dot for the value with a whisker for its uncertainty, an arrow for what is off the
 * scale. The row holds the same in words. */

#define WIDTH  240.0
#define HEIGHT 42.0
#define LEFT   8.0
#define RIGHT  232.0
#define TOP    6.0
#define BAND   16.0
#define MIDDLE (TOP + BAND / 2)

struct bullet {
    const struct nd_page *page;
    const json_t *verdict;
    struct nd_scale scale;
    double value, width, limit, warn; /* value: NAN when none; INFINITY beyond every number */
};

static bool is(const json_t *verdict, const char *operator)
{
    return strcmp(nd_str_of(verdict, "operator"), operator) == 0;
}

static bool less_is_good(const json_t *verdict)
{
    return is(verdict, "at_most") || is(verdict, "below");
}

static struct bullet bullet_of(const struct nd_page *page, const json_t *verdict)
{
    const json_t *warn = json_object_get(verdict, "warn");
    struct bullet b = {.page = page,
                       .verdict = verdict,
                       .value = nd_verdict_value(verdict),
                       .width = json_number_value(json_object_get(verdict, "uncertainty")),
                       .limit = json_number_value(json_object_get(verdict, "limit")),
                       .warn = json_is_number(warn) ? json_number_value(warn) : (double)NAN};
    const struct nd_scale_want want = {
        b.value,
        b.width,
        b.limit,
        b.warn,
        nd_value_is_share(nd_statistic_of(verdict, nd_str_of(verdict, "unit"))),
        strcmp(nd_str_of(verdict, "unit"), "ns") == 0};
    b.scale = nd_scale_for(&want);
    return b;
}

static double x_of(const struct bullet *b, double value)
{
    return LEFT + (RIGHT - LEFT) * nd_scale_at(&b->scale, value, NULL);
}

static void put_band(const struct bullet *b, const char *class, double from, double till)
{
    if (till - from < 0.05)
        return;
    nd_buf_addf(b->page->out,
                "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"", class,
                from, TOP, till - from, BAND);
    if (strcmp(class, "fine") != 0)
        nd_buf_addf(b->page->out, " fill=\"url(#kpi-%s)\"", class);
    nd_html_raw(b->page, "/>");
}

static void put_bands(const struct bullet *b)
{
    double limit = x_of(b, b->limit);
    double warn = isnan(b->warn) ? limit : x_of(b, b->warn);
    if (is(b->verdict, "equals")) {
        put_band(b, "bad", LEFT, limit);
        put_band(b, "bad", limit, RIGHT);
    } else if (less_is_good(b->verdict)) {
        put_band(b, "fine", LEFT, warn);
        put_band(b, "near", warn, limit);
        put_band(b, "bad", limit, RIGHT);
    } else {
        put_band(b, "bad", LEFT, limit);
        put_band(b, "near", limit, warn);
        put_band(b, "fine", warn, RIGHT);
    }
}

/* Its ends in numbers; by tenfolds, a tick for each. */
static void put_axis(const struct bullet *b)
{
    const char *unit = nd_str_of(b->verdict, "unit");
    const char *statistic = nd_statistic_of(b->verdict, unit);
    const double ends[] = {b->scale.from, b->scale.to};
    bool time = strcmp(unit, "ns") == 0;
    for (int i = 0; i < 2; i++) {
        char text[64];
        json_t *number = json_real(ends[i]);
        nd_buf_addf(b->page->out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">",
                    i == 0 ? "first" : "last", i == 0 ? LEFT : RIGHT, HEIGHT - 4);
        nd_xml(b->page->out, nd_value_text(b->page, number, unit, statistic, text));
        nd_html_raw(b->page, "</text>");
        json_decref(number);
    }
    for (double at = nd_scale_tenfold(&b->scale, b->scale.from, time); !isnan(at);
         at = nd_scale_tenfold(&b->scale, at, time))
        nd_buf_addf(b->page->out, "<path class=\"tenfold\" d=\"M%.1f %.1fv4\"/>", x_of(b, at),
                    TOP + BAND);
}

/* Between its ends: what has to be known of the axis. */
static void put_remarks(const struct bullet *b)
{
    enum nd_scale_side side = ND_SCALE_ON;
    if (!isnan(b->value))
        nd_scale_at(&b->scale, b->value, &side);
    if (side == ND_SCALE_ON && !b->scale.tenfolds)
        return;
    nd_buf_addf(b->page->out, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">", (LEFT + RIGHT) / 2,
                HEIGHT - 4);
    nd_xml(b->page->out, b->scale.tenfolds ? nd_msg(b->page, ND_MSG_TENFOLDS) : "");
    nd_html_raw(b->page, b->scale.tenfolds && side != ND_SCALE_ON ? ", " : "");
    nd_xml(b->page->out, side != ND_SCALE_ON ? nd_msg(b->page, ND_MSG_OFF_SCALE) : "");
    nd_html_raw(b->page, "</text>");
}

static void put_off_scale(const struct bullet *b, enum nd_scale_side side)
{
    nd_buf_addf(b->page->out, "<path class=\"dot\" d=\"M%.1f %.1fl%d -6v12z\"/>",
                side == ND_SCALE_ABOVE ? RIGHT : LEFT, MIDDLE, side == ND_SCALE_ABOVE ? -11 : 11);
}

static void put_whisker(const struct bullet *b)
{
    double low = x_of(b, b->value - b->width);
    double high = x_of(b, b->value + b->width);
    for (int halo = 1; halo >= 0; halo--)
        nd_buf_addf(b->page->out, "<path class=\"%s\" d=\"M%.1f %.1fv8m0 -4H%.1fm0 -4v8\"/>",
                    halo != 0 ? "halo" : "spread", low, MIDDLE - 4, high);
}

static void put_value(const struct bullet *b)
{
    enum nd_scale_side side = ND_SCALE_ON;
    double at = isnan(b->value) ? 0 : nd_scale_at(&b->scale, b->value, &side);
    if (isnan(b->value)) {
        nd_buf_addf(b->page->out, "<text class=\"off tick\" x=\"%.1f\" y=\"%.1f\">",
                    (LEFT + RIGHT) / 2, MIDDLE + 4);
        nd_html_msg(b->page, ND_MSG_UNKNOWN);
        nd_html_raw(b->page, "</text>");
    } else if (side != ND_SCALE_ON) {
        put_off_scale(b, side);
    } else {
        if (b->width > 0)
            put_whisker(b);
        nd_buf_addf(b->page->out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\"/>",
                    LEFT + (RIGHT - LEFT) * at, MIDDLE);
    }
}

void nd_html_bullet(const struct nd_page *page, const char *id, const json_t *verdict)
{
    const struct bullet b = bullet_of(page, verdict);
    char *name = nd_printf("%s%lld", id, (long long)nd_int_of(verdict, "seq"));
    const char *lang = page->lang == ND_LANG_ZH ? "zh" : "en";
    nd_buf_addf(page->out,
                "<svg class=\"bullet\" role=\"img\" aria-labelledby=\"%s-t-%s %s-d-%s\" "
                "viewBox=\"0 0 %.0f %.0f\"><title id=\"%s-t-%s\">",
                name, lang, name, lang, WIDTH, HEIGHT, name, lang);
    nd_xml(page->out, nd_text_of(page, json_object_get(verdict, "sentence")));
    nd_buf_addf(page->out, "</title><desc id=\"%s-d-%s\">", name, lang);
    nd_html_msg(page, ND_MSG_BULLET_NOTE);
    nd_html_raw(page, "</desc>");
    free(name);
    put_bands(&b);
    nd_buf_addf(page->out, "<path class=\"goal\" d=\"M%.1f %.1fv%.1f\"/>", x_of(&b, b.limit),
                TOP - 4, BAND + 8);
    put_value(&b);
    put_axis(&b);
    put_remarks(&b);
    nd_html_raw(page, "</svg>");
}

/* ---- the section ---- */

/* What the charts of those with that key hold; those of a kind that is not there are not told. */
static void put_legend(const struct nd_page *page, const char *key)
{
    bool warned = false;
    size_t i = 0;
    json_t *verdict = NULL;
    json_array_foreach(json_object_get(page->model, "verdicts"), i, verdict) warned =
        warned ||
        (json_object_get(verdict, key) != NULL && json_object_get(verdict, "warn") != NULL);
    nd_html_raw(page, "<p class=\"legend\">");
    nd_svg_legend(page, "<rect class=\"fine\" width=\"24\" height=\"12\"/>", ND_MSG_MET);
    if (warned)
        nd_svg_legend(page,
                      "<rect class=\"near\" width=\"24\" height=\"12\" fill=\"url(#kpi-near)\"/>",
                      ND_MSG_NEAR);
    nd_svg_legend(page, "<rect class=\"bad\" width=\"24\" height=\"12\" fill=\"url(#kpi-bad)\"/>",
                  ND_MSG_MISSED);
    nd_svg_legend(page, "<circle class=\"dot\" cx=\"12\" cy=\"6\" r=\"5\"/>", ND_MSG_MEASURED);
    nd_svg_legend(page, "<path class=\"spread\" d=\"M4 2v8m0 -4h16m0 -4v8\"/>", ND_MSG_UNCERTAINTY);
    nd_svg_legend(page, "<path class=\"goal\" d=\"M12 0v12\"/>", ND_MSG_LIMIT);
    nd_svg_legend(page, "<path class=\"dot\" d=\"M18 6l-11 -6v12z\"/>", ND_MSG_OFF_SCALE);
    nd_html_raw(page, "</p>\n");
}

void nd_html_targets(const struct nd_page *page)
{
    bool has = false;
    size_t i = 0;
    json_t *verdict = NULL;
    json_array_foreach(json_object_get(page->model, "verdicts"), i, verdict) has =
        has || (json_is_true(json_object_get(verdict, "kpi")) &&
                json_object_get(verdict, "target_text") != NULL);
    if (!has)
        return;
    nd_html_data(page, "targets");
    put_legend(page, "target_text");
}

void nd_html_expectations(const struct nd_page *page)
{
    if (json_array_size(json_object_get(page->model, "verdicts")) == 0)
        return;
    nd_html_heading(page, "expectations", ND_MSG_VERDICTS);
    if (nd_has_kpi(page->model)) {
        nd_html_data(page, "kpis");
        put_legend(page, "kpi");
        nd_html_raw(page, "<p class=\"legend\">");
        nd_html_msg(page, ND_MSG_DEF_KPI);
        nd_html_raw(page, "</p>\n");
    }
    nd_html_data(page, "expectations");
    nd_html_raw(page, "</section>\n");
}
