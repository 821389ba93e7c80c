#include "report/page/svg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two charts on a logarithmic axis of time: how long after its onset each fault reached each of its
 * moments, and how long the interruptions of each service were. */

struct axis {
    double left, right; /* of the plot */
    double low, high;   /* ns */
};

static double x_of(const struct axis *axis, double ns)
{
    double at = log10(fmax(ns, axis->low) / axis->low) / log10(axis->high / axis->low);
    return axis->left + (axis->right - axis->left) * fmin(at, 1);
}

static const double ticks[] = {1e3,  1e4,  1e5,   1e6,    1e7,   1e8,    1e9,
                               1e10, 60e9, 600e9, 3600e9, 36e12, 864e11, 864e12};
#define TICKS (sizeof ticks / sizeof ticks[0])

/* From the tick below the least to the one above the largest. */
static struct axis axis_over(double left, double right, double least, double largest)
{
    struct axis axis = {left, right, ticks[0], ticks[TICKS - 1]};
    for (size_t i = 0; i < TICKS; i++) {
        if (ticks[i] <= least)
            axis.low = ticks[i];
        if (ticks[TICKS - 1 - i] >= largest)
            axis.high = ticks[TICKS - 1 - i];
    }
    if (axis.high <= axis.low)
        axis.high = axis.low * 10;
    return axis;
}

static void put_axis(const struct nd_page *page, const struct axis *axis, double top, double bottom)
{
    for (size_t i = 0; i < TICKS; i++) {
        char text[ND_UNIT_TEXT];
        double x = x_of(axis, ticks[i]);
        if (ticks[i] < axis->low || ticks[i] > axis->high)
            continue;
        nd_buf_addf(page->out,
                    "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>"
                    "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                    x, top, x, bottom, x, bottom + 15, nd_length_text((json_int_t)ticks[i], text));
    }
}

/* ---- life cycles ---- */

#define NAME_END 272.0
#define ONSET    288.0 /* the axis has no zero: the onset stands before its beginning */
#define PLOT     318.0
#define PLOT_END 880.0
#define LEVEL    24.0 /* of badges, one above the other */
#define LEVELS   4
#define WHISKER  7.0 /* of uncertainties, one below the other */
#define BAR      12.0
#define A_SHEET  10 /* faults; more would not fit on a sheet of paper */
#define MOST     30 /* the rest stands in the table alone */
#define BADGES   5

static const struct {
    const char *key; /* of the fault's entry */
    enum nd_message letter;
    const char *class;
} badges[BADGES] = {{"ttd_ns", ND_MSG_BADGE_detected, "badge"},
                    {"tta_ns", ND_MSG_BADGE_acknowledged, "badge"},
                    {"ttm_ns", ND_MSG_BADGE_mitigated, "badge"},
                    {"ttr_ns", ND_MSG_BADGE_restored, "badge solid"},
                    {"reverted_ns", ND_MSG_BADGE_reverted, "badge"}};

/* A moment of a fault, placed so that none covers another. */
struct placed {
    const json_t *moment;
    size_t badge;
    double x, from, till; /* the stem; what its badge and its words take */
    int level;
    int whisker; /* row of its uncertainty, -1: too small to be seen */
    char text[ND_UNIT_TEXT];
};

static int by_x(const void *a, const void *b)
{
    const struct placed *x = a;
    const struct placed *y = b;
    if (x->x < y->x || x->x > y->x)
        return x->x < y->x ? -1 : 1;
    return (x->badge > y->badge) - (x->badge < y->badge);
}

static double known(const json_t *fault, const char *key)
{
    const json_t *value = json_object_get(fault, key);
    return json_is_integer(value) ? (double)json_integer_value(value) : (double)NAN;
}

/* Where its uncertainty begins and ends. */
static double low_of(const struct axis *axis, const json_t *moment)
{
    double low = (double)(nd_int_of(moment, "after_ns") - nd_int_of(moment, "uncertainty_ns"));
    return low > axis->low ? x_of(axis, low) : ONSET;
}

static double high_of(const struct axis *axis, const json_t *moment)
{
    return x_of(axis,
                (double)(nd_int_of(moment, "after_ns") + nd_int_of(moment, "uncertainty_ns")));
}

/* Its moments from left to right; what the badges and the uncertainties of a row take. */
struct row {
    struct placed list[BADGES];
    size_t count;
    int levels, whiskers;
};

static void find_moments(const struct axis *axis, const json_t *fault, struct row *row)
{
    for (size_t i = 0; i < BADGES; i++) {
        double after = known(fault, badges[i].key);
        struct placed *one = &row->list[row->count];
        if (isnan(after))
            continue;
        *one = (struct placed){.badge = i, .x = x_of(axis, after), .whisker = -1};
        one->moment = json_array_get(json_object_get(fault, "moments"), i + 1);
        nd_length_text((json_int_t)after, one->text);
        row->count++;
    }
    qsort(row->list, row->count, sizeof row->list[0], by_x);
}

static struct row place(const struct axis *axis, const json_t *fault)
{
    double begins[LEVELS] = {ND_SVG_WIDTH, ND_SVG_WIDTH, ND_SVG_WIDTH, ND_SVG_WIDTH};
    struct row row = {.levels = 1};
    find_moments(axis, fault, &row);
    for (size_t i = row.count; i-- > 0;) { /* so that no stem crosses the words of another */
        struct placed *one = &row.list[i];
        one->from = one->x - 11;
        one->till = one->x + 14 + 8.4 * (double)strlen(one->text);
        while (one->level < LEVELS - 1 && begins[one->level] < one->till)
            one->level++;
        begins[one->level] = one->from;
        row.levels = one->level + 1 > row.levels ? one->level + 1 : row.levels;
        if (high_of(axis, one->moment) - low_of(axis, one->moment) > 4)
            one->whisker = row.whiskers++;
    }
    return row;
}

static double row_height(const struct row *row)
{
    return 42 + LEVEL * row->levels + WHISKER * row->whiskers;
}

static void put_badge(const struct nd_page *page, const struct axis *axis, const struct placed *one,
                      double bar)
{
    double y = bar - 16 - LEVEL * one->level;
    double foot = bar + BAR + 3 + WHISKER * (one->whisker >= 0 ? one->whisker : 0);
    nd_buf_addf(page->out, "<path class=\"stem\" d=\"M%.1f %.1fV%.1f\"/>", one->x, y,
                foot + (one->whisker >= 0 ? 3 : 0));
    if (one->whisker >= 0)
        nd_buf_addf(page->out, "<path class=\"off\" d=\"M%.1f %.1fv6m0 -3H%.1fm0 -3v6\"/>",
                    low_of(axis, one->moment), foot, high_of(axis, one->moment));
    const char *class_name = badges[one->badge].class;
    nd_buf_addf(page->out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"9.5\"/>", class_name,
                one->x, y);
    nd_svg_text(page, class_name, one->x, y + 4, nd_msg(page, badges[one->badge].letter), 2);
    nd_svg_text(page, "reached", one->x + 13, y + 4, one->text, ND_UNIT_TEXT);
}

static void put_rect(const struct nd_page *page, const char *class, double from, double till,
                     double y, double height)
{
    nd_buf_addf(page->out,
                "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", class,
                from, y, fmax(till - from, 1.5), height);
}

static const char *bar_class(const json_t *fault)
{
    const char *kind = nd_str_of(fault, "class");
    return strcmp(kind, "consequence") == 0 ? "later" : kind;
}

/* The last that is known of it; INFINITY: it was cut off, and nobody knows until when. */
static double end_of(const json_t *fault)
{
    double end = 0;
    if (json_array_size(json_object_get(fault, "services")) != 0 && isnan(known(fault, "ttr_ns")))
        return INFINITY;
    for (size_t i = 0; i < BADGES; i++) {
        double after = known(fault, badges[i].key);
        end = isnan(after) ? end : fmax(end, after);
    }
    return end;
}

/* Cut off, then answered but not for good, then in force and yet answered. */
static void put_bars(const struct nd_page *page, const struct axis *axis, const json_t *fault,
                     double y)
{
    double ttm = known(fault, "ttm_ns");
    double ttr = known(fault, "ttr_ns");
    double off = !isnan(ttm) ? ttm : ttr;
    double end = end_of(fault);
    double right = isinf(end) ? axis->right + 14 : x_of(axis, end);
    double served = isnan(ttr) ? ONSET : x_of(axis, ttr);
    if (!isinf(end))
        nd_buf_addf(page->out, "<path class=\"force\" d=\"M%.1f %.1fH%.1f\"/>", served, y + BAR / 2,
                    fmax(right, served));
    if (json_array_size(json_object_get(fault, "services")) != 0) {
        if (!isnan(ttm) && (isnan(ttr) || ttr > ttm))
            put_rect(page, "hollow", x_of(axis, ttm), isnan(ttr) ? right : x_of(axis, ttr), y + 2,
                     BAR - 4);
        put_rect(page, bar_class(fault), ONSET, isnan(off) ? right : x_of(axis, off), y, BAR);
        if (isinf(end))
            nd_buf_addf(page->out, "<path class=\"stem\" d=\"M%.1f %.1fl6 %.1fl-6 %.1f\"/>",
                        right + 3, y, BAR / 2, BAR / 2);
    }
    nd_buf_addf(page->out, "<path class=\"goal\" d=\"M%.1f %.1fv%.1f\"/>\n", ONSET, y - 4, BAR + 8);
}

static void put_names(const struct nd_page *page, const json_t *fault, double y)
{
    const char *title = nd_text_of(page, json_object_get(fault, "title"));
    bool own = strcmp(nd_str_of(fault, "class"), "injected") == 0;
    struct nd_buf text = {0};
    nd_buf_addf(&text, "%s ", nd_str_of(fault, "id"));
    nd_fault_title(page, fault, false, &text);
    nd_svg_text(page, "name", NAME_END, y + 3, nd_buf_str(&text), 38);
    nd_buf_deinit(&text);
    text = (struct nd_buf){0};
    nd_buf_addf(&text, "%s%s%s", nd_state_text(page, nd_str_of(fault, "class")),
                own || *title == '\0' ? "" : nd_colon(page), own ? "" : title);
    if (json_is_integer(json_object_get(fault, "users")))
        nd_buf_addf(&text, " \u00b7 %s %lld", nd_msg(page, ND_MSG_USERS),
                    (long long)nd_int_of(fault, "users"));
    nd_svg_text(page, "name soft", NAME_END, y + 19, nd_buf_str(&text), 42);
    nd_buf_deinit(&text);
}

static struct axis cycle_axis(const json_t *faults)
{
    double least = 1e9;
    double largest = 1e10;
    size_t i = 0;
    json_t *fault = NULL;
    json_array_foreach(faults, i, fault)
    {
        for (size_t k = 0; k < BADGES; k++) {
            double after = known(fault, badges[k].key);
            if (after > 0) {
                least = fmin(least, after);
                largest = fmax(largest, after);
            }
        }
    }
    return axis_over(PLOT, PLOT_END, fmax(least, 1e6), largest);
}

/* Faults from number `first` on; returns that of the first that is not in it. */
static size_t put_cycles(const struct nd_page *page, const struct axis *axis, size_t first,
                         size_t end)
{
    const json_t *faults = json_object_get(page->model, "faults");
    double height = 34;
    double y = 4;
    char id[32];
    end = end - first > A_SHEET ? first + A_SHEET : end;
    for (size_t i = first; i < end; i++) {
        struct row row = place(axis, json_array_get(faults, i));
        height += row_height(&row);
    }
    snprintf(id, sizeof id, "faults%zu", first);
    nd_svg_open(page, id, ND_SVG_WIDTH, height, nd_msg(page, ND_MSG_FAULTS));
    put_axis(page, axis, 4, height - 22);
    nd_buf_addf(page->out, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">0</text>", ONSET,
                height - 7);
    for (size_t i = first; i < end; i++) {
        const json_t *fault = json_array_get(faults, i);
        struct row row = place(axis, fault);
        double bar = y + LEVEL * row.levels + 8;
        put_names(page, fault, bar);
        put_bars(page, axis, fault, bar);
        for (size_t k = 0; k < row.count; k++)
            put_badge(page, axis, &row.list[k], bar);
        y += row_height(&row);
    }
    nd_svg_close(page);
    return end;
}

void nd_svg_faults(const struct nd_page *page)
{
    const json_t *faults = json_object_get(page->model, "faults");
    const struct axis axis = cycle_axis(faults);
    size_t end = json_array_size(faults) < MOST ? json_array_size(faults) : MOST;
    for (size_t i = 0; i < end;)
        i = put_cycles(page, &axis, i, end);
}

/* ---- lengths of interruptions ---- */

#define ROW      46.0
#define HEAD     24.0
#define DOTS_END 640.0
#define LARGEST  8.5 /* radius */
#define SMALLEST 3.5
#define FIGURES  4

static const struct {
    double x; /* where it ends */
    const char *key;
    enum nd_message heading;
} figures[FIGURES] = {{706, "count", ND_MSG_COUNT_OF},
                      {786, "p50_ns", ND_MSG_P50},
                      {866, "p95_ns", ND_MSG_P95_SHORT},
                      {950, "longest_ns", ND_MSG_LONGEST}};

static const json_t *bins_of(const json_t *series)
{
    return json_object_get(json_object_get(series, "lengths"), "bins");
}

static double bin_at(const json_t *bin, size_t index)
{
    return (double)json_integer_value(json_array_get(bin, index));
}

/* The area of a dot is as its number. A dot of one kind never covers one of the other: they have
 * lanes of their own. */
static void put_dots(const struct nd_page *page, const struct axis *axis, const json_t *series,
                     double most, double y)
{
    size_t i = 0;
    json_t *bin = NULL;
    json_array_foreach(bins_of(series), i, bin)
    {
        for (size_t kind = 0; kind < 2; kind++) {
            double count = bin_at(bin, kind + 1);
            double x = x_of(axis, bin_at(bin, kind + 3));
            double share = most > 1 ? sqrt((count - 1) / (most - 1)) : 0;
            double r = SMALLEST + (LARGEST - SMALLEST) * share;
            double middle = y + (kind == 0 ? 11 : 31);
            if (count > 0 && kind == 0)
                nd_buf_addf(page->out,
                            "<circle class=\"injected\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>", x,
                            middle, r);
            else if (count > 0)
                nd_buf_addf(page->out,
                            "<path class=\"unexpected\" d=\"M%.1f %.1fl%.1f %.1fh%.1fz\"/>", x,
                            middle - 1.1 * r, 1.15 * r, 2 * r, -2.3 * r);
        }
    }
}

static void put_figures(const struct nd_page *page, const json_t *series, double y)
{
    const json_t *all = json_object_get(json_object_get(series, "lengths"), "all");
    for (size_t i = 0; i < FIGURES; i++) {
        char text[ND_UNIT_TEXT];
        if (i == 0)
            snprintf(text, sizeof text, "%lld", (long long)nd_int_of(all, figures[i].key));
        else
            nd_length_text(nd_int_of(all, figures[i].key), text);
        nd_svg_text(page, "figure", figures[i].x, y, text, 16);
    }
}

static void put_quantile(const struct nd_page *page, const struct axis *axis, const json_t *series,
                         const char *key, const char *class, double y)
{
    const json_t *all = json_object_get(json_object_get(series, "lengths"), "all");
    double x = x_of(axis, (double)nd_int_of(all, key));
    nd_buf_addf(page->out, "<path class=\"%s\" d=\"M%.1f %.1fv%.1f\"/>", class, x, y + 1, ROW - 7);
}

static void put_series(const struct nd_page *page, const struct axis *axis, const json_t *series,
                       double most, double y)
{
    const json_t *lengths = json_object_get(series, "lengths");
    char text[96];
    snprintf(text, sizeof text, "%s %lld \u00b7 %s %lld", nd_msg(page, ND_MSG_INJECTED),
             (long long)nd_int_of(json_object_get(lengths, "injected"), "count"),
             nd_msg(page, ND_MSG_UNEXPECTED),
             (long long)nd_int_of(json_object_get(lengths, "unexpected"), "count"));
    nd_svg_text(page, "name", NAME_END, y + 17, nd_series_title(page, series), 36);
    nd_svg_text(page, "name soft", NAME_END, y + 33, text, 44);
    nd_buf_addf(page->out, "<path class=\"lane\" d=\"M%.1f %.1fH%.1f\"/>", axis->left, y + ROW - 3,
                axis->right);
    put_quantile(page, axis, series, "p95_ns", "upper", y);
    put_quantile(page, axis, series, "p50_ns", "median", y);
    put_dots(page, axis, series, most, y);
    put_figures(page, series, y + 25);
    nd_buf_adds(page->out, "\n");
}

/* The largest number of one dot, and the axis over all. */
static struct axis length_axis(const json_t *model, double *most, size_t *rows)
{
    const json_t *list = json_object_get(model, "series");
    double least = INFINITY;
    double largest = 0;
    size_t i = 0;
    json_t *series = NULL;
    *rows = 0;
    *most = 1;
    json_array_foreach(list, i, series)
    {
        size_t k = 0;
        json_t *bin = NULL;
        if (!nd_series_drawn(model, series))
            continue;
        *rows += json_array_size(bins_of(series)) != 0;
        json_array_foreach(bins_of(series), k, bin)
        {
            least = fmin(least, bin_at(bin, 0));
            *most = fmax(*most, fmax(bin_at(bin, 1), bin_at(bin, 2)));
        }
        largest = fmax(largest,
                       (double)nd_int_of(json_object_get(json_object_get(series, "lengths"), "all"),
                                         "longest_ns"));
    }
    return axis_over(PLOT - 30, DOTS_END, least, largest);
}

void nd_svg_lengths(const struct nd_page *page)
{
    const json_t *list = json_object_get(page->model, "series");
    double most = 1;
    size_t rows = 0;
    const struct axis axis = length_axis(page->model, &most, &rows);
    double height = HEAD + ROW * (double)rows + 24;
    double y = HEAD;
    size_t i = 0;
    json_t *series = NULL;
    if (rows == 0)
        return;
    nd_svg_open(page, "lengths", ND_SVG_WIDTH, height, nd_msg(page, ND_MSG_LENGTHS));
    put_axis(page, &axis, HEAD, height - 22);
    for (size_t f = 0; f < FIGURES; f++)
        nd_svg_text(page, "figure soft", figures[f].x, 14, nd_msg(page, figures[f].heading), 14);
    json_array_foreach(list, i, series)
    {
        if (json_array_size(bins_of(series)) == 0 || !nd_series_drawn(page->model, series))
            continue;
        put_series(page, &axis, series, most, y);
        y += ROW;
    }
    nd_svg_close(page);
}
