#include "report/chart.h"

#include "report/html.h"

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
    nd_chart_text(page, "soft", x + BAR + 8, y + 11, words);
    free(words);
}

static void put_goal(const struct nd_page *page, const json_t *bar, double full, double y)
{
    const char *label = nd_str_of(bar, "label");
    size_t fit = nd_text_fit(label, 44);
    char *cut = nd_printf("%.*s%s", (int)fit, label, label[fit] != '\0' ? "\u2026" : "");
    nd_chart_text(page, "name", LABEL, y + 11, cut);
    free(cut);
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
    nd_buf_addf(page->out,
                "<figure><svg role=\"img\" aria-labelledby=\"goals-t goals-d\" viewBox=\"0 0 %.0f "
                "%.0f\"><title id=\"goals-t\">",
                WIDTH, HEAD + ROW * (double)i);
    nd_html_msg(page, ND_MSG_RV_COMPARED);
    nd_html_raw(page, "</title><desc id=\"goals-d\">");
    nd_html_msg(page, ND_MSG_CHART_NOTE);
    nd_html_raw(page, "</desc>\n");
    nd_chart_text(page, "soft", RUNS, 12, nd_msg(page, ND_MSG_RV_TIMES));
    nd_chart_text(page, "soft", MET, 12, nd_msg(page, ND_MSG_RV_EXPECTATIONS));
    json_array_foreach(bars, i, bar) put_goal(page, bar, full, HEAD + ROW * (double)i);
    nd_html_raw(page, "</svg><figcaption class=\"legend\"><span class=\"key\"><b "
                      "class=\"done\">\u25a0</b> ");
    nd_html_msg(page, ND_MSG_RV_ACHIEVED);
    nd_html_raw(page, "</span><span class=\"key\"><b class=\"missed\">\u25a0 \u2715</b> ");
    nd_html_msg(page, ND_MSG_RV_SHORT);
    nd_html_raw(page, "</span><span class=\"key\"><b>\u2503</b> ");
    nd_html_msg(page, ND_MSG_PLANNED);
    nd_html_raw(page, "</span></figcaption></figure>\n");
}
