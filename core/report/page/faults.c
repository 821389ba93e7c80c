#include "report/page/html.h"
#include "report/page/svg.h"
#include "report/words/packed.h"

/* Faults as life cycles, and how long interruptions were. */

static void put_badge_key(const struct nd_page *page, enum nd_message letter,
                          enum nd_message message, bool solid)
{
    nd_html_raw(page, solid ? "<span class=\"k\"><b class=\"letter solid\">"
                            : "<span class=\"k\"><b class=\"letter\">");
    nd_html_msg(page, letter);
    nd_html_raw(page, "</b>");
    nd_html_msg(page, message);
    nd_html_raw(page, "</span> ");
}

static void put_cycle_legend(const struct nd_page *page)
{
    nd_html_raw(page, "<figcaption class=\"legend\">");
    nd_svg_legend(page, "<rect class=\"injected\" x=\"1\" y=\"1\" width=\"22\" height=\"11\"/>",
                  ND_MSG_CUT_INJECTED);
    nd_svg_legend(page, "<rect class=\"later\" x=\"1\" y=\"1\" width=\"22\" height=\"11\"/>",
                  ND_MSG_CUT_LATER);
    nd_svg_legend(page, "<rect class=\"unexpected\" x=\"1\" y=\"1\" width=\"22\" height=\"11\"/>",
                  ND_MSG_CUT_UNEXPECTED);
    nd_svg_legend(page, "<rect class=\"hollow\" x=\"1\" y=\"2\" width=\"22\" height=\"9\"/>",
                  ND_MSG_NOT_STEADY);
    nd_svg_legend(page, "<path class=\"force\" d=\"M1 6.5H23\"/>", ND_MSG_FAULT_IN_FORCE);
    put_badge_key(page, ND_MSG_BADGE_detected, ND_MSG_DETECTED, false);
    put_badge_key(page, ND_MSG_BADGE_acknowledged, ND_MSG_ACKNOWLEDGED, false);
    put_badge_key(page, ND_MSG_BADGE_mitigated, ND_MSG_MITIGATED, false);
    put_badge_key(page, ND_MSG_BADGE_restored, ND_MSG_SERVED, true);
    put_badge_key(page, ND_MSG_BADGE_reverted, ND_MSG_REVERTED, false);
    nd_svg_legend(page, "<path class=\"off\" d=\"M2 3v7m0 -3.5H22m0 -3.5v7\"/>",
                  ND_MSG_UNCERTAINTY);
    nd_html_raw(page, "</figcaption>");
}

static void put_length_legend(const struct nd_page *page)
{
    nd_html_raw(page, "<figcaption class=\"legend\">");
    nd_svg_legend(page, "<circle class=\"injected\" cx=\"12\" cy=\"6.5\" r=\"5\"/>",
                  ND_MSG_INJECTED);
    nd_svg_legend(page, "<path class=\"unexpected\" d=\"M12 1l5.7 11h-11.4z\"/>",
                  ND_MSG_UNEXPECTED);
    nd_svg_legend(page, "<path class=\"median\" d=\"M12 0v13\"/>", ND_MSG_P50);
    nd_svg_legend(page, "<path class=\"upper\" d=\"M12 0v13\"/>", ND_MSG_P95);
    nd_html_raw(page, "<span class=\"k\">");
    nd_html_msg(page, ND_MSG_DOT_AREA);
    nd_html_raw(page, "</span></figcaption>");
}

static void put_words(const struct nd_page *page, enum nd_message message)
{
    nd_html_raw(page, "<p class=\"legend\">");
    nd_html_msg(page, message);
    nd_html_raw(page, "</p>\n");
}

static void put_rule(const struct nd_page *page)
{
    const json_t *rule = json_object_get(page->model, "fault_rule");
    char length[ND_UNIT_TEXT];
    nd_html_raw(page, "<p class=\"legend\">");
    nd_html_msg(page, ND_MSG_STEADY_FOR);
    nd_buf_addf(page->out, " %s", nd_length_text(nd_int_of(rule, "steady_ns"), length));
    if (nd_int_of(rule, "left") != 0) {
        nd_buf_addf(page->out, " \u00b7 + %lld ", (long long)nd_int_of(rule, "left"));
        nd_html_msg(page, ND_MSG_SHORTER_FAULTS);
    }
    nd_html_raw(page, "</p>\n");
}

static bool any_interrupted(const struct nd_page *page)
{
    size_t i = 0;
    json_t *series = NULL;
    bool any = false;
    json_array_foreach(json_object_get(page->model, "series"), i, series)
    {
        json_t *list = nd_part(series, "interruptions");
        any = any || json_array_size(list) != 0;
        json_decref(list);
    }
    return any;
}

void nd_html_faults(const struct nd_page *page)
{
    bool faults = json_array_size(json_object_get(page->model, "faults")) != 0;
    bool lengths = any_interrupted(page);
    if (!faults && !lengths)
        return;
    nd_html_heading(page, "faults", ND_MSG_FAULTS);
    if (faults) {
        nd_html_raw(page, "<figure>");
        nd_svg_faults(page);
        put_cycle_legend(page);
        nd_html_raw(page, "</figure>\n");
        nd_html_data(page, "faults");
        put_rule(page);
        nd_html_data(page, "fault_moments");
        put_words(page, ND_MSG_DEF_FAULTS);
        put_words(page, ND_MSG_DEF_MOMENTS);
    }
    if (lengths) {
        nd_html_raw(page, "<h3>");
        nd_html_msg(page, ND_MSG_LENGTHS);
        nd_html_raw(page, "</h3>\n<figure>");
        nd_svg_lengths(page);
        put_length_legend(page);
        nd_html_raw(page, "</figure>\n");
        nd_html_not_drawn(page);
        nd_html_data(page, "lengths");
    }
    nd_html_raw(page, "</section>\n");
}
