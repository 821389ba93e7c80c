#include "report/html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One page, no network, no script: everything it needs stands in it. */

static const char style[] =
#include "report/style.inc"
    ;

static void put_unrestored(const struct nd_page *page)
{
    size_t i = 0;
    json_t *c = NULL;
    json_array_foreach(json_object_get(page->model, "changes"), i, c)
    {
        if (strcmp(nd_str_of(c, "state"), "verified") == 0)
            continue;
        nd_html_raw(page, "<p class=\"alarm\" role=\"alert\"><b>");
        nd_html_msg(page, ND_MSG_OUTCOME_unrestored);
        nd_buf_addf(page->out, "</b> %s.%s ", nd_str_of(c, "plugin"), nd_str_of(c, "verb"));
        nd_html_text(page, nd_str_of(c, "target"));
        nd_html_raw(page, " ");
        nd_html_text(page, nd_str_of(c, "why"));
        nd_html_raw(page, "</p>\n");
    }
}

static void put_marks(const struct nd_page *page, const json_t *run)
{
    for (size_t i = 0; i < ND_MARKS; i++) {
        enum nd_message mark = nd_mark_of(run, i);
        if (mark == ND_MSG_COUNT)
            continue;
        nd_html_raw(page, "<p class=\"mark\">");
        nd_html_msg(page, mark);
        nd_html_raw(page, " ");
        nd_html_text(page, nd_mark_detail(run, mark));
        nd_html_raw(page, "</p>\n");
    }
}

static void tile(const struct nd_page *page, enum nd_message title, const char *value,
                 const char *detail)
{
    nd_html_raw(page, "<div class=\"tile\"><span>");
    nd_html_msg(page, title);
    nd_html_raw(page, "</span><b>");
    nd_html_text(page, value);
    nd_html_raw(page, "</b><small>");
    nd_html_text(page, detail);
    nd_html_raw(page, "</small></div>\n");
}

static void put_worst(const struct nd_page *page)
{
    const json_t *worst = NULL;
    const json_t *worst_series = NULL;
    size_t i = 0;
    json_t *series = NULL;
    json_array_foreach(json_object_get(page->model, "series"), i, series)
    {
        size_t k = 0;
        json_t *one = NULL;
        json_array_foreach(json_object_get(series, "interruptions"), k, one)
        {
            if (worst == NULL || nd_int_of(one, "length_ns") > nd_int_of(worst, "length_ns")) {
                worst = one;
                worst_series = series;
            }
        }
    }
    char length[ND_UNIT_TEXT];
    char width[ND_UNIT_TEXT];
    char detail[256];
    if (worst == NULL) {
        tile(page, ND_MSG_WORST, nd_msg(page, ND_MSG_NONE), "");
        return;
    }
    snprintf(detail, sizeof detail, "\u00b1 %s \u00b7 %s \u00b7 %.120s",
             nd_length_text(nd_int_of(worst, "uncertainty_ns"), width),
             nd_msg(page, strcmp(nd_str_of(worst, "class"), "injected") == 0 ? ND_MSG_INJECTED
                                                                             : ND_MSG_UNEXPECTED),
             nd_series_title(worst_series));
    tile(page, ND_MSG_WORST, nd_length_text(nd_int_of(worst, "length_ns"), length), detail);
}

static void put_tiles(const struct nd_page *page)
{
    const json_t *s = json_object_get(page->model, "summary");
    const json_t *safety = json_object_get(page->model, "safety");
    json_int_t all = nd_int_of(s, "met") + nd_int_of(s, "missed") + nd_int_of(s, "unknown");
    char value[64];
    char detail[128];
    char share[ND_UNIT_TEXT];
    nd_html_raw(page, "<div class=\"tiles\">\n");
    put_worst(page);
    snprintf(value, sizeof value, "%lld / %lld", (long long)nd_int_of(s, "met"), (long long)all);
    snprintf(detail, sizeof detail, "%s %lld \u00b7 %s %lld", nd_msg(page, ND_MSG_MISSED),
             (long long)nd_int_of(s, "missed"), nd_msg(page, ND_MSG_UNKNOWN),
             (long long)nd_int_of(s, "unknown"));
    tile(page, ND_MSG_VERDICTS, value, detail);
    if (json_array_size(json_object_get(page->model, "obligations")) != 0) {
        json_int_t missed_duties = nd_int_of(s, "duties_missed");
        snprintf(value, sizeof value, "%lld / %lld", (long long)nd_int_of(s, "duties_met"),
                 (long long)(nd_int_of(s, "duties_met") + missed_duties));
        snprintf(detail, sizeof detail, "%s %lld", nd_msg(page, ND_MSG_MISSED),
                 (long long)missed_duties);
        tile(page, ND_MSG_DUTIES, value, detail);
    }
    snprintf(value, sizeof value, "%lld / %lld", (long long)nd_int_of(s, "verified"),
             (long long)nd_int_of(s, "changes"));
    snprintf(detail, sizeof detail, "%s %s", nd_msg(page, ND_MSG_RESTORE_TOOK),
             nd_length_text(nd_int_of(safety, json_object_get(safety, "restored_after_ns") != NULL
                                                  ? "restored_after_ns"
                                                  : "restore_took_ns"),
                            share));
    tile(page, ND_MSG_RESTORED, value, detail);
    const json_t *completeness = json_object_get(s, "completeness");
    snprintf(detail, sizeof detail, "%s %lld \u00b7 %s %lld", nd_msg(page, ND_MSG_SENT),
             (long long)nd_int_of(s, "sent"), nd_msg(page, ND_MSG_NOT_SENT),
             (long long)nd_int_of(s, "not_sent"));
    tile(page, ND_MSG_COMPLETENESS,
         json_is_number(completeness) ? nd_share_format(json_number_value(completeness), share)
                                      : "\u2013",
         detail);
    nd_html_raw(page, "</div>\n");
}

/* The objectives alone, with the rating that was given, or that the evidence suggests. */
static void put_objectives(const struct nd_page *page)
{
    static const enum nd_message columns[] = {ND_MSG_OBJECTIVE, ND_MSG_RESULT, ND_MSG_WEIGHED,
                                              ND_MSG_SUGGESTED, ND_MSG_RATING};
    const json_t *list = json_object_get(page->model, "objectives");
    size_t i = 0;
    json_t *o = NULL;
    if (json_array_size(list) == 0)
        return;
    nd_html_table(page, ND_MSG_OBJECTIVES, columns, 5);
    json_array_foreach(list, i, o)
    {
        const char *grade = nd_str_of(o, "grade");
        if (strcmp(nd_str_of(o, "kind"), "objective") != 0)
            continue;
        nd_html_raw(page, "<tr>");
        nd_html_td(page, nd_text_of(page, json_object_get(o, "text")));
        nd_buf_addf(page->out, "<td class=\"%s\">", grade);
        nd_html_text(page, nd_state_text(page, grade));
        nd_html_raw(page, "</td>");
        nd_html_td(page, nd_text_of(page, json_object_get(o, "weighed")));
        nd_html_td(page, nd_state_text(page, nd_str_of(o, "suggested")));
        nd_html_td(page, nd_state_text(page, nd_str_of(o, "rating")));
        nd_html_raw(page, "</tr>\n");
    }
    nd_html_table_end(page);
}

static void put_cover(const struct nd_page *page, const json_t *run)
{
    const json_t *drill = json_object_get(page->model, "drill");
    const json_t *template = json_object_get(page->model, "template");
    const char *agency = nd_text_of(page, json_object_get(template, "agency"));
    char length[ND_UNIT_TEXT];
    nd_html_raw(page, "<header>");
    if (*nd_str_of(template, "logo") != '\0') {
        nd_buf_addf(page->out, "<img class=\"logo\" src=\"%s\" alt=\"",
                    nd_str_of(template, "logo"));
        nd_html_text(page, agency);
        nd_html_raw(page, "\">");
    }
    if (*agency != '\0') {
        nd_html_raw(page, "<p class=\"agency\">");
        nd_html_text(page, agency);
        nd_html_raw(page, "</p>");
    }
    nd_html_raw(page, "<p class=\"exercise\">演練 EXERCISE</p><h1>");
    nd_html_text(page, nd_text_of(page, json_object_get(drill, "title")));
    nd_html_raw(page, "</h1><p class=\"sub\">");
    nd_html_msg(page, ND_MSG_TITLE);
    nd_buf_addf(page->out, " \u00b7 ");
    nd_html_text(page, nd_str_of(drill, "id"));
    nd_buf_addf(page->out, ", %s %lld \u00b7 %s ", nd_msg(page, ND_MSG_REVISION),
                (long long)nd_int_of(drill, "revision"), nd_msg(page, ND_MSG_START));
    nd_html_text(page, nd_str_of(run, "wall"));
    nd_buf_addf(page->out, " \u00b7 %s %s</p></header>\n", nd_msg(page, ND_MSG_LASTED),
                nd_length_text(nd_int_of(run, "lasted_ns"), length));
}

static void put_footer(const struct nd_page *page)
{
    const char *footer =
        nd_text_of(page, json_object_get(json_object_get(page->model, "template"), "footer"));
    if (*footer == '\0')
        return;
    nd_html_raw(page, "<footer><p>");
    nd_html_text(page, footer);
    nd_html_raw(page, "</p></footer>\n");
}

static void put_body(const json_t *model, enum nd_lang lang, struct nd_buf *out)
{
    const struct nd_page page = {model, lang, out};
    const json_t *run = json_object_get(model, "run");
    const char *outcome = nd_str_of(run, "outcome");
    bool good = strcmp(outcome, "ok") == 0;
    nd_buf_addf(out, "<div lang=\"%s\">", lang == ND_LANG_ZH ? "zh-Hant-TW" : "en");
    put_cover(&page, run);
    nd_html_raw(&page, "<main>");
    nd_html_heading(&page, "summary", ND_MSG_SUMMARY);
    put_unrestored(&page);
    nd_buf_addf(out, "<p class=\"outcome %s\">", good ? "met" : "missed");
    nd_html_text(&page, nd_outcome_text(&page, outcome));
    nd_html_raw(&page, "</p>\n");
    put_marks(&page, run);
    put_tiles(&page);
    put_objectives(&page);
    nd_html_raw(&page, "</section>\n");
    nd_html_sections(&page);
    nd_html_raw(&page, "</main>");
    put_footer(&page);
    nd_html_raw(&page, "</div>\n");
}

void nd_html_begin(const struct nd_page *page, const char *title, const char *first)
{
    const char *tag = page->lang == ND_LANG_ZH ? "zh-Hant-TW" : "en";
    nd_buf_addf(page->out,
                "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                "style-src 'unsafe-inline'; img-src data:\">"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>",
                tag);
    nd_html_text(page, title);
    nd_buf_addf(page->out,
                "</title><link rel=\"icon\" href=\"data:,\"><style>%s</style></head><body>"
                "<a class=\"skip\" href=\"#%s-%s\">",
                style, first, page->lang == ND_LANG_ZH ? "zh" : "en");
    nd_html_msg(page, ND_MSG_SKIP);
    nd_html_raw(page, "</a>\n");
}

void nd_html_end(const struct nd_page *page)
{
    nd_html_raw(page, "</body></html>\n");
}

void nd_report_html(const json_t *model, enum nd_lang lang, struct nd_buf *out)
{
    const struct nd_page page = {model, lang == ND_LANG_EN ? ND_LANG_EN : ND_LANG_ZH, out};
    char *title =
        nd_printf("%s \u00b7 %s",
                  nd_text_of(&page, json_object_get(json_object_get(model, "drill"), "title")),
                  nd_msg(&page, ND_MSG_TITLE));
    nd_html_begin(&page, title, "summary");
    free(title);
    nd_html_raw(&page,
                "<svg width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>"
                "<pattern id=\"hatch\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" "
                "patternTransform=\"rotate(45)\"><rect width=\"7\" height=\"7\" class=\"p1a\"/>"
                "<rect width=\"2.5\" height=\"7\" class=\"p1b\"/></pattern>"
                "<pattern id=\"cross\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
                "<rect width=\"8\" height=\"8\" class=\"p2a\"/><path d=\"M0 0L8 8M8 0L0 8\" "
                "class=\"p2b\"/></pattern><pattern id=\"bars\" width=\"5\" height=\"5\" "
                "patternUnits=\"userSpaceOnUse\"><rect width=\"5\" height=\"2\" class=\"p3b\"/>"
                "</pattern></defs></svg>\n");
    if (lang != ND_LANG_EN)
        put_body(model, ND_LANG_ZH, out);
    if (lang != ND_LANG_ZH)
        put_body(model, ND_LANG_EN, out);
    nd_html_end(&page);
}
