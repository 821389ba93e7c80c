#include "report/across/chart.h"

#include "report/across/compare.h"
#include "report/page/html.h"
#include "report/page/svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Two measurements of each expectation, one above the other, on a scale of their own: a hollow disc
 * for the earlier, a full one for the later, whiskers for what they may be off by, a tick where the
 * later threshold stands. */

#define WIDTH 960.0
#define LABEL 330.0
#define FROM  350.0
#define TILL  720.0
#define ROW   40.0
#define HEAD  8.0

struct pair {
    double values[2], widths[2], limit;
    double low, high;
};

static double number_of(const json_t *side, const char *key)
{
    const json_t *value = json_object_get(side, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static void widen(struct pair *pair, double value)
{
    pair->low = isfinite(value) ? fmin(pair->low, value) : pair->low;
    pair->high = isfinite(value) ? fmax(pair->high, value) : pair->high;
}

/* False: at most one of them was measured, or they are not of one thing. */
static bool read_pair(const json_t *row, struct pair *pair)
{
    static const char *const sides[] = {"earlier", "later"};
    *pair = (struct pair){.low = INFINITY, .high = -INFINITY};
    pair->limit = number_of(json_object_get(row, "later"), "limit");
    for (size_t i = 0; i < 2; i++) {
        double width = number_of(json_object_get(row, sides[i]), "uncertainty");
        pair->values[i] = number_of(json_object_get(row, sides[i]), "measured");
        pair->widths[i] = isfinite(width) ? width : 0;
        widen(pair, pair->values[i] - pair->widths[i]);
        widen(pair, pair->values[i] + pair->widths[i]);
    }
    widen(pair, pair->limit);
    if (pair->high <= pair->low) {
        pair->low -= 1;
        pair->high += 1;
    }
    return isfinite(pair->values[0]) && isfinite(pair->values[1]) &&
           strcmp(nd_str_of(row, "change"), "incomparable") != 0;
}

static double x_of(const struct pair *pair, double value)
{
    return FROM + (TILL - FROM) * (value - pair->low) / (pair->high - pair->low);
}

static void put_side(const struct nd_page *page, const struct pair *pair, size_t i, double y)
{
    double value = pair->values[i];
    double width = pair->widths[i];
    if (width > 0)
        nd_buf_addf(page->out, "<path class=\"whisker\" d=\"M%.1f %.1fv8m0 -4H%.1fm0 -4v8\"/>\n",
                    x_of(pair, value - width), y - 4, x_of(pair, value + width));
    nd_buf_addf(page->out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\"/>\n",
                i == 0 ? "before" : "after", x_of(pair, value), y);
}

static const char *class_of(const json_t *row)
{
    const char *change = nd_str_of(row, "change");
    return strcmp(change, "better") == 0         ? "good"
           : strcmp(change, "worse") == 0        ? "right"
           : strcmp(change, "incomparable") == 0 ? "odd"
                                                 : "soft";
}

static void put_row(const struct nd_page *page, const json_t *row, double y)
{
    struct pair pair;
    bool whole = read_pair(row, &pair);
    char *change = nd_compare_change_words(row, page->lang);
    nd_svg_text(page, "name", LABEL, y + 18, nd_text_of(page, json_object_get(row, "sentence")),
                46);
    nd_svg_text(page, class_of(row), TILL + 16, y + 18, change, 34);
    nd_buf_addf(page->out,
                "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", FROM,
                y + 30, TILL, y + 30);
    if (whole) {
        if (isfinite(pair.limit))
            nd_buf_addf(page->out, "<path class=\"due\" d=\"M%.1f %.1fv24\"/>\n",
                        x_of(&pair, pair.limit), y + 2);
        put_side(page, &pair, 0, y + 8);
        put_side(page, &pair, 1, y + 20);
    }
    free(change);
}

void nd_chart_pairs(const struct nd_page *page, const json_t *rows)
{
    size_t i = 0;
    json_t *row = NULL;
    if (json_array_size(rows) == 0)
        return;
    nd_html_raw(page, "<figure>");
    nd_svg_open(page, "pairs", WIDTH, HEAD + ROW * (double)json_array_size(rows),
                nd_msg(page, ND_MSG_CH_TITLE));
    json_array_foreach(rows, i, row) put_row(page, row, HEAD + ROW * (double)i);
    nd_svg_close(page);
    nd_html_raw(page, "<figcaption class=\"legend\">");
    nd_svg_key(page, "done", "\u25cb", nd_msg(page, ND_MSG_CH_EARLIER));
    nd_svg_key(page, "done", "\u25cf", nd_msg(page, ND_MSG_CH_LATER));
    nd_svg_key(page, "done", "\u251c\u2524", nd_msg(page, ND_MSG_UNCERTAINTY));
    nd_svg_key(page, "due", "\u2503", nd_msg(page, ND_MSG_LIMIT));
    nd_html_raw(page, "</figcaption></figure>\n");
}
