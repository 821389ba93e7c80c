#include "report/page/html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One page, no network, no script: everything it needs stands in it. */

static const char style[] =
#include "report/style.inc"
    ;

/* Stays in sight while one reads; on paper the margin says it. */
static void put_bar(const struct nd_page *page)
{
    nd_html_raw(page, "<div class=\"bar\"><b class=\"exercise\">演練 EXERCISE</b> <span>");
    nd_html_words(
        page, nd_text_of(page, json_object_get(json_object_get(page->model, "drill"), "title")));
    nd_html_raw(page, "</span></div>\n");
}

static void put_cover(const struct nd_page *page, const json_t *run)
{
    const json_t *drill = json_object_get(page->model, "drill");
    const json_t *template = json_object_get(page->model, "template");
    const char *agency = nd_text_of(page, json_object_get(template, "agency"));
    char length[ND_UNIT_TEXT];
    nd_html_raw(page, "<header>");
    if (strncmp(nd_str_of(template, "logo"), "data:image/", 11) == 0) {
        nd_html_raw(page, "<img class=\"logo\" src=\"");
        nd_xml(page->out, nd_str_of(template, "logo"));
        nd_html_raw(page, "\" alt=\"");
        nd_xml(page->out, agency);
        nd_html_raw(page, "\">");
    }
    if (*agency != '\0') {
        nd_html_raw(page, "<p class=\"agency\">");
        nd_html_words(page, agency);
        nd_html_raw(page, "</p>");
    }
    nd_html_raw(page, "<p class=\"exercise\">演練 EXERCISE</p><h1>");
    nd_html_words(page, nd_text_of(page, json_object_get(drill, "title")));
    nd_html_raw(page, "</h1><p class=\"sub\">");
    nd_html_msg(page, ND_MSG_TITLE);
    nd_buf_addf(page->out, " \u00b7 ");
    nd_html_text(page, nd_str_of(drill, "id"));
    nd_html_raw(page, ", ");
    nd_html_msg(page, ND_MSG_REVISION);
    nd_buf_addf(page->out, " %lld", (long long)nd_int_of(drill, "revision"));
    if (nd_start_ms(page->model) >= 0) {
        nd_html_raw(page, " \u00b7 ");
        nd_html_msg(page, ND_MSG_START);
        nd_html_raw(page, " ");
        nd_html_start(page);
    }
    nd_html_raw(page, " \u00b7 ");
    nd_html_msg(page, ND_MSG_LASTED);
    nd_buf_addf(page->out, " %s</p></header>\n",
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

/* The headings of what was written, as links. */
static void put_contents(const struct nd_page *page, const char *written)
{
    static const char head[] = "<h2 id=\"";
    nd_html_raw(page, "<nav aria-label=\"");
    nd_html_msg(page, ND_MSG_CONTENTS);
    nd_html_raw(page, "\"><p>");
    nd_html_msg(page, ND_MSG_CONTENTS);
    nd_html_raw(page, "</p><ol>\n");
    for (const char *at = strstr(written, head); at != NULL; at = strstr(at, head)) {
        at += sizeof head - 1;
        const char *words = strchr(at, '>');
        nd_buf_addf(page->out, "<li><a href=\"#%.*s\">%.*s</a></li>\n", (int)strcspn(at, "\""), at,
                    (int)strcspn(words, "<") - 1, words + 1);
    }
    nd_html_raw(page, "</ol></nav>\n");
}

static void put_body(const json_t *model, enum nd_lang lang, struct nd_buf *out)
{
    const struct nd_page page = {model, lang, out};
    struct nd_buf contents = {0};
    const struct nd_page aside = {model, lang, &contents};
    nd_buf_addf(out, "<div lang=\"%s\" class=\"report\">",
                lang == ND_LANG_ZH ? "zh-Hant-TW" : "en");
    put_bar(&page);
    nd_html_alarm(&page);
    put_cover(&page, json_object_get(model, "run"));
    nd_html_raw(&page, "<main>");
    size_t first = out->len_bytes;
    nd_html_first(&page);
    size_t rest = out->len_bytes; /* the contents stand there, once their headings are known */
    nd_html_sections(&page);
    put_contents(&aside, nd_buf_str(out) + first);
    nd_buf_insert(out, rest, nd_buf_str(&contents), contents.len_bytes);
    nd_html_raw(&page, "</main>");
    put_footer(&page);
    nd_html_raw(&page, "</div>\n");
    nd_buf_deinit(&contents);
}

/* Both languages are there, one below the other; whoever wants one alone may ask for it. */
static void put_languages(const struct nd_page *page)
{
    nd_html_raw(page,
                "<fieldset class=\"languages\"><legend>語言 Language</legend>"
                "<label><input type=\"radio\" name=\"language\" checked>中文 + English</label>"
                "<label lang=\"zh-Hant-TW\"><input type=\"radio\" name=\"language\" id=\"only-zh\">"
                "中文</label><label lang=\"en\"><input type=\"radio\" name=\"language\" "
                "id=\"only-en\">English</label></fieldset>\n");
}

void nd_html_begin(const struct nd_page *page, const char *title, const char *first)
{
    const char *tag = page->lang == ND_LANG_ZH ? "zh-Hant-TW" : "en";
    nd_buf_addf(page->out,
                "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                "style-src 'unsafe-inline'; img-src data:\">"
                "<meta name=\"generator\" content=\"netdrill " ND_VERSION "\">"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>",
                tag);
    nd_xml(page->out, title);
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
                "<pattern id=\"kpi-bad\" width=\"6\" height=\"6\" "
                "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect "
                "width=\"6\" height=\"6\" class=\"b1a\"/><rect width=\"1.5\" height=\"6\" "
                "class=\"b1b\"/></pattern><pattern id=\"kpi-near\" width=\"6\" height=\"6\" "
                "patternUnits=\"userSpaceOnUse\"><rect width=\"6\" height=\"6\" class=\"b2a\"/>"
                "<circle cx=\"3\" cy=\"3\" r=\"1.3\" class=\"b2b\"/></pattern>"
                "<pattern id=\"hatch\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" "
                "patternTransform=\"rotate(45)\"><rect width=\"7\" height=\"7\" class=\"p1a\"/>"
                "<rect width=\"2.5\" height=\"7\" class=\"p1b\"/></pattern>"
                "<pattern id=\"cross\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
                "<rect width=\"8\" height=\"8\" class=\"p2a\"/><path d=\"M0 0L8 8M8 0L0 8\" "
                "class=\"p2b\"/></pattern><pattern id=\"bars\" width=\"5\" height=\"5\" "
                "patternUnits=\"userSpaceOnUse\"><rect width=\"5\" height=\"2\" class=\"p3b\"/>"
                "</pattern><pattern id=\"dots\" width=\"6\" height=\"6\" "
                "patternUnits=\"userSpaceOnUse\"><rect width=\"6\" height=\"6\" class=\"p1a\"/>"
                "<circle cx=\"3\" cy=\"3\" r=\"1.5\" class=\"p1b\"/></pattern></defs></svg>\n");
    if (lang != ND_LANG_EN && lang != ND_LANG_ZH)
        put_languages(&page);
    if (lang != ND_LANG_EN)
        put_body(model, ND_LANG_ZH, out);
    if (lang != ND_LANG_ZH)
        put_body(model, ND_LANG_EN, out);
    nd_html_end(&page);
}
