#include "report/html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One page, no network, no script: everything it needs stands in it. */

static const char style[] =
#include "report/style.inc"
    ;

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
    nd_buf_addf(out, "<div lang=\"%s\">", lang == ND_LANG_ZH ? "zh-Hant-TW" : "en");
    put_cover(&page, run);
    nd_html_raw(&page, "<main>");
    nd_html_first(&page);
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
