#include "report/across/chart.h"

#include "report/page/html.h"
#include "report/page/svg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Planned and achieved, goal by goal: a bar for what was achieved, a tick where the plan stands. */

#define WIDTH 960.0
#define LABEL 300.0 /* columns of the goals' names */
#define BAR   200.0 /* a full bar */
#define RUNS  320.0 /* where the bars begin: drills, expectations met */
#define MET   640.0
#define ROW   34.0
#define HEAD  26.0

static const char *number_words(double value, bool share, char *out)
{
    if (share)
        return nd_share_format(value, out);
    snprintf(out, ND_UNIT_TEXT, "%.0f", value);
    return out;
}

/* full: what the whole bar stands for. achieved may be null: there is nothing to show. */
static void put_bar(const struct nd_page *page, const json_t *achieved, const json_t *planned,
                    double full, bool share, double x, double y)
{
    char got[ND_UNIT_TEXT];
    char want[ND_UNIT_TEXT];
    double value = json_number_value(achieved);
    double plan = json_number_value(planned);
    bool known = json_is_number(achieved);
    bool set = json_is_number(planned);
    bool kept = known && value >= plan;
    nd_buf_addf(page->out,
                "<rect class=\"track\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"14\"/>\n", x,
                y, BAR);
    if (known && value > 0)
        nd_buf_addf(page->out,
                    "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"14\"/>\n",
                    !set || kept ? "done" : "failed", x, y, BAR * fmin(value / full, 1));
    if (set)
        nd_buf_addf(page->out, "<path class=\"due\" d=\"M%.1f %.1fv22\"/>\n",
                    x + BAR * fmin(plan / full, 1), y - 4);
    char *words = nd_printf("%s%s%s%s", known ? number_words(value, share, got) : "\u2013",
                            set ? " / " : "", set ? number_words(plan, share, want) : "",
                            !set   ? ""
                            : kept ? " \u2713"
                                   : " \u2715");
    nd_svg_text(page, "soft", x + BAR + 8, y + 11, words, 24);
    free(words);
}

static void put_goal(const struct nd_page *page, const json_t *bar, double full, double y)
{
    nd_svg_text(page, "name", LABEL, y + 11, nd_str_of(bar, "label"), 44);
    put_bar(page, json_object_get(bar, "held"), json_object_get(bar, "planned_runs"), full, false,
            RUNS, y);
    put_bar(page, json_object_get(bar, "met"), json_object_get(bar, "planned_met"), 1, true, MET,
            y);
}

void nd_chart_goals(const struct nd_page *page, const json_t *bars)
{
    double full = 1;
    size_t i = 0;
    json_t *bar = NULL;
    json_array_foreach(bars, i, bar)
    {
        full = fmax(full, (double)nd_int_of(bar, "held"));
        full = fmax(full, (double)nd_int_of(bar, "planned_runs"));
    }
    if (i == 0)
        return;
    nd_html_raw(page, "<figure>");
    nd_svg_open(page, "goals", WIDTH, HEAD + ROW * (double)i, nd_msg(page, ND_MSG_RV_COMPARED));
    nd_svg_text(page, "soft", RUNS, 12, nd_msg(page, ND_MSG_RV_TIMES), 44);
    nd_svg_text(page, "soft", MET, 12, nd_msg(page, ND_MSG_RV_EXPECTATIONS), 44);
    json_array_foreach(bars, i, bar) put_goal(page, bar, full, HEAD + ROW * (double)i);
    nd_svg_close(page);
    nd_html_raw(page, "<figcaption class=\"legend\">");
    nd_svg_key(page, "done", "\u25a0", nd_msg(page, ND_MSG_RV_ACHIEVED));
    nd_svg_key(page, "missed", "\u25a0 \u2715", nd_msg(page, ND_MSG_RV_SHORT));
    nd_svg_key(page, "due", "\u2503", nd_msg(page, ND_MSG_PLANNED));
    nd_html_raw(page, "</figcaption></figure>\n");
}
