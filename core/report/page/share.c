#include "report/page/html.h"
#include "report/page/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Availability by operator: two bars each, solid for all time, hollow without the drill's
 * own faults; a whisker for the uncertainty, a tick for the target. */

#define WIDTH     960.0
#define NAME_END  140.0
#define KIND_END  292.0
#define LEFT      300.0
#define RIGHT     730.0
#define BAR       14.0
#define PITCH     21.0
#define GAP       10.0
#define A_CHART   12 /* operators; more would not fit on a sheet */
#define DIVISIONS 5

struct axis {
    double from; /* a share; it ends at 1 */
};

static double x_of(const struct axis *axis, double share)
{
    double at = (share - axis->from) / (1 - axis->from);
    return LEFT + (RIGHT - LEFT) * fmin(fmax(at, 0), 1);
}

/* From 0; when all of it lies close to 1, from where differences can be seen, and yet the shortest
 * bar has four fifths of the length: a break is drawn at its beginning then. */
static struct axis axis_of(const json_t *operators)
{
    double least = 1;
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(operators, i, one)
    {
        size_t k = 0;
        json_t *share = NULL;
        json_array_foreach(json_object_get(one, "shares"), k, share)
        {
            const json_t *value = json_object_get(share, "availability");
            const json_t *target = json_object_get(share, "target");
            if (json_is_number(value))
                least = fmin(least, json_number_value(value) -
                                        json_number_value(json_object_get(share, "uncertainty")));
            if (json_is_number(target))
                least = fmin(least, json_number_value(target));
        }
    }
    return (struct axis){least == 1      ? 0
                         : least > 0.999 ? 0.995
                         : least > 0.99  ? 0.95
                         : least > 0.98  ? 0.9
                                         : 0};
}

static void put_axis(const struct nd_page *page, const struct axis *axis, double bottom)
{
    for (int i = 0; i <= DIVISIONS; i++) {
        double share = axis->from + (1 - axis->from) * i / DIVISIONS;
        char text[ND_UNIT_TEXT];
        double x = x_of(axis, share);
        nd_buf_addf(page->out,
                    "<line class=\"grid\" x1=\"%.1f\" y1=\"4\" x2=\"%.1f\" y2=\"%.1f\"/>"
                    "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                    x, x, bottom, x, bottom + 14, nd_share_format(share, text));
    }
}

static const char *sign_of(const char *grade)
{
    return strcmp(grade, "met") == 0 ? "\u2713" : strcmp(grade, "missed") == 0 ? "\u2717" : "?";
}

static void put_verdict(const struct nd_page *page, const json_t *share, double y)
{
    const char *grade = nd_str_of(share, "grade");
    bool within = json_is_true(json_object_get(share, "within_uncertainty"));
    char number[ND_SPREAD_TEXT];
    struct nd_buf text = {0};
    nd_buf_adds(&text, json_is_number(json_object_get(share, "availability"))
                           ? nd_share_spread(share, number)
                           : nd_msg(page, ND_MSG_NOT_MEASURED));
    if (*grade != '\0')
        nd_buf_addf(&text, "  %s%s %s", sign_of(grade), within ? "\u2248" : "",
                    nd_state_text(page, grade));
    nd_svg_text(page, "value", RIGHT + 10, y, nd_buf_str(&text), 36);
    nd_buf_deinit(&text);
}

static void put_bar(const struct nd_page *page, const struct axis *axis, const json_t *share,
                    bool solid, double y)
{
    const json_t *value = json_object_get(share, "availability");
    const json_t *target = json_object_get(share, "target");
    double at = json_number_value(value);
    double width = json_number_value(json_object_get(share, "uncertainty"));
    if (json_is_number(value))
        nd_buf_addf(page->out,
                    "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
                    solid ? "done" : "hollow", LEFT, y, fmax(x_of(axis, at) - LEFT, 1), BAR);
    if (json_is_number(value) && axis->from > 0)
        nd_buf_addf(page->out, "<path class=\"halo\" d=\"M%.1f %.1fl6 %.1f\"/>\n", LEFT + 8,
                    y + BAR + 2, -BAR - 4);
    if (json_is_number(value) && width > 0) {
        double low = x_of(axis, at - width);
        double high = x_of(axis, at + width);
        for (int halo = 1; halo >= 0; halo--)
            nd_buf_addf(page->out, "<path class=\"%s\" d=\"M%.1f %.1fv8m0 -4H%.1fm0 -4v8\"/>\n",
                        halo != 0 ? "halo" : "spread", low, y + BAR / 2 - 4, high);
    }
    if (json_is_number(target))
        nd_buf_addf(page->out, "<path class=\"goal\" d=\"M%.1f %.1fv%.1f\"/>\n",
                    x_of(axis, json_number_value(target)), y - 3, BAR + 6);
}

static void put_operator(const struct nd_page *page, const struct axis *axis, const json_t *one,
                         double y)
{
    const char *title = nd_text_of(page, json_object_get(one, "title"));
    size_t i = 0;
    json_t *share = NULL;
    nd_svg_text(page, "name", NAME_END, y + 11, title, 20);
    json_array_foreach(json_object_get(one, "shares"), i, share)
    {
        nd_svg_text(page, "name soft", KIND_END, y + 11,
                    nd_state_text(page, nd_str_of(share, "definition")), 26);
        put_bar(page, axis, share, i == 0, y);
        put_verdict(page, share, y + 11);
        y += PITCH;
    }
}

/* Operators from number `first` on; returns that of the first that is not in it. */
static size_t put_chart(const struct nd_page *page, const struct axis *axis, size_t first)
{
    const json_t *operators = json_object_get(page->model, "operators");
    size_t end = json_array_size(operators);
    end = end - first > A_CHART ? first + A_CHART : end;
    double height = (double)(end - first) * (2 * PITCH + GAP) + 28;
    double y = 8;
    char id[32];
    snprintf(id, sizeof id, "operators%zu", first);
    nd_svg_open(page, id, WIDTH, height, nd_msg(page, ND_MSG_SHARES));
    put_axis(page, axis, height - 20);
    for (size_t i = first; i < end; i++) {
        put_operator(page, axis, json_array_get(operators, i), y);
        y += 2 * PITCH + GAP;
    }
    nd_svg_close(page);
    return end;
}

static void put_legend(const struct nd_page *page, const struct axis *axis)
{
    char from[ND_UNIT_TEXT];
    nd_html_raw(page, "<figcaption class=\"legend\">");
    nd_svg_legend(page, "<rect class=\"done\" width=\"24\" height=\"12\"/>", ND_MSG_ALL_TIME);
    nd_svg_legend(page, "<rect class=\"hollow\" x=\"1\" y=\"1\" width=\"22\" height=\"10\"/>",
                  ND_MSG_WITHOUT_INJECTED);
    nd_svg_legend(page, "<path class=\"spread\" d=\"M4 2v8m0 -4h16m0 -4v8\"/>", ND_MSG_UNCERTAINTY);
    nd_svg_legend(page, "<path class=\"goal\" d=\"M12 0v12\"/>", ND_MSG_SHARE_TARGET);
    nd_html_raw(page, "<span class=\"k\">\u2248 ");
    nd_html_msg(page, ND_MSG_WITHIN_UNCERTAINTY);
    nd_html_raw(page, "</span>");
    if (axis->from > 0) {
        nd_html_raw(page, " <b class=\"k\">");
        nd_html_msg(page, ND_MSG_AXIS_FROM);
        nd_buf_addf(page->out, " %s</b>", nd_share_format(axis->from, from));
    }
    nd_html_raw(page, "</figcaption>");
}

void nd_html_operators(const struct nd_page *page)
{
    const json_t *operators = json_object_get(page->model, "operators");
    const struct axis axis = axis_of(operators);
    if (json_array_size(operators) == 0)
        return;
    nd_html_heading(page, "operators", ND_MSG_SHARES);
    nd_html_raw(page, "<figure>");
    for (size_t i = 0; i < json_array_size(operators);)
        i = put_chart(page, &axis, i);
    put_legend(page, &axis);
    nd_html_raw(page, "</figure>\n");
    nd_html_data(page, "operators");
    nd_html_raw(page, "<p class=\"legend\">");
    nd_html_msg(page, ND_MSG_DEF_SHARE);
    nd_html_raw(page, "</p></section>\n");
}
