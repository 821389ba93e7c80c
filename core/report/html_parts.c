#include "report/html.h"

void nd_html_raw(const struct nd_page *page, const char *text)
{
    nd_buf_adds(page->out, text);
}

void nd_html_text(const struct nd_page *page, const char *words)
{
    nd_xml(page->out, words);
}

void nd_html_msg(const struct nd_page *page, enum nd_message message)
{
    nd_xml(page->out, nd_msg(page, message));
}

void nd_html_heading(const struct nd_page *page, const char *id, enum nd_message message)
{
    const char *lang = page->lang == ND_LANG_ZH ? "zh" : "en";
    nd_buf_addf(page->out, "<section aria-labelledby=\"%s-%s\"><h2 id=\"%s-%s\">", id, lang, id,
                lang);
    nd_html_msg(page, message);
    nd_html_raw(page, "</h2>\n");
}

void nd_html_table(const struct nd_page *page, enum nd_message caption,
                   const enum nd_message *columns, size_t count)
{
    nd_html_raw(page, "<div class=\"wide\"><table><caption>");
    nd_html_msg(page, caption);
    nd_html_raw(page, "</caption><thead><tr>");
    for (size_t i = 0; i < count; i++) {
        nd_html_raw(page, "<th scope=\"col\">");
        nd_html_msg(page, columns[i]);
        nd_html_raw(page, "</th>");
    }
    nd_html_raw(page, "</tr></thead><tbody>\n");
}

void nd_html_table_end(const struct nd_page *page)
{
    nd_html_raw(page, "</tbody></table></div>\n");
}

void nd_html_td(const struct nd_page *page, const char *words)
{
    nd_html_raw(page, "<td>");
    nd_html_text(page, words);
    nd_html_raw(page, "</td>");
}

void nd_html_td_int(const struct nd_page *page, json_int_t number)
{
    nd_buf_addf(page->out, "<td class=\"n\">%lld</td>", (long long)number);
}

void nd_html_parameters(const struct nd_page *page, const json_t *run)
{
    const char *name = NULL;
    json_t *value = NULL;
    const char *before = "";
    if (json_object_size(json_object_get(run, "parameters")) == 0)
        return;
    nd_html_raw(page, "<dt>");
    nd_html_msg(page, ND_MSG_PARAMETERS);
    nd_html_raw(page, "</dt><dd>");
    json_object_foreach(json_object_get(run, "parameters"), name, value)
    {
        nd_html_raw(page, before);
        nd_html_text(page, name);
        nd_html_raw(page, " = ");
        nd_html_text(page, json_string_value(value));
        before = ", ";
    }
    nd_html_raw(page, "</dd>\n");
}
