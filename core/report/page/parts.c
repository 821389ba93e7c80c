#include "report/page/html.h"
#include "report/words/reason.h"

#include <stdlib.h>
#include <string.h>

void nd_html_raw(const struct nd_page *page, const char *text)
{
    nd_buf_adds(page->out, text);
}

void nd_html_text(const struct nd_page *page, const char *words)
{
    bool apart = nd_is_right_to_left(words);
    nd_html_raw(page, apart ? "<bdi>" : "");
    nd_xml(page->out, words);
    nd_html_raw(page, apart ? "</bdi>" : "");
}

/* Letters, digits and what stands between words; of English, when there are two words of it. */
static bool is_latin(unsigned point)
{
    return point > 0 && point < 0x2e80;
}

static bool is_letter(unsigned point)
{
    return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z');
}

/* How much of text is of one script; *words: how many words of Latin letters are in it. */
static size_t run_of(const char *text, size_t left, bool *latin, size_t *words)
{
    size_t at = 0;
    bool within = false;
    *words = 0;
    while (at < left) {
        size_t step = 0;
        unsigned point = nd_utf8_point(text + at, left - at, &step);
        if (at == 0)
            *latin = is_latin(point);
        else if (is_latin(point) != *latin)
            break;
        *words += is_letter(point) && !within;
        within = is_letter(point) || (within && point != ' ' && point != '\n');
        at += step;
    }
    return at;
}

void nd_html_words(const struct nd_page *page, const char *words)
{
    size_t left = strlen(words);
    while (left > 0) {
        bool latin = true;
        size_t count = 0;
        size_t len = run_of(words, left, &latin, &count);
        bool other = page->lang == ND_LANG_ZH ? latin && count >= 2 : !latin;
        char *run = nd_printf("%.*s", (int)len, words);
        if (other)
            nd_html_raw(page, latin ? "<span lang=\"en\">" : "<span lang=\"zh-Hant-TW\">");
        nd_html_text(page, run);
        nd_html_raw(page, other ? "</span>" : "");
        free(run);
        words += len;
        left -= len;
    }
}

void nd_html_reason(const struct nd_page *page, const char *reason)
{
    char *words = nd_reason_text(page->lang, reason);
    nd_html_words(page, words);
    free(words);
}

void nd_html_moment(const struct nd_page *page, const json_t *moment)
{
    json_int_t start = nd_start_ms(page->model);
    char text[ND_UNIT_TEXT];
    char local[ND_UNIT_TEXT];
    char utc[ND_UNIT_TEXT];
    nd_rel_text(moment, text);
    if (start < 0 || !json_is_integer(moment)) {
        nd_html_text(page, text);
        return;
    }
    int64_t wall = start * 1000000 + json_integer_value(moment);
    int offset = (int)nd_int_of(json_object_get(page->model, "run"), "utc_offset_min");
    nd_wall_format(wall, offset, local);
    nd_wall_format(wall, 0, utc);
    nd_buf_addf(page->out, "<time datetime=\"%s\" title=\"%s \u00b7 UTC %.12s\">%s</time>", utc,
                local + 11, utc + 11, text);
}

void nd_html_start(const struct nd_page *page)
{
    int64_t start = nd_start_ms(page->model) * 1000000;
    int offset = (int)nd_int_of(json_object_get(page->model, "run"), "utc_offset_min");
    char local[ND_UNIT_TEXT];
    char utc[ND_UNIT_TEXT];
    nd_wall_format(start, offset, local);
    nd_wall_format(start, 0, utc);
    nd_buf_addf(page->out, "<time datetime=\"%s\" title=\"UTC %s\">%.10s %.8s (%s)</time>", utc,
                utc, local, local + 11,
                local[23] == 'Z' ? "UTC" : local + 23); /* after the milliseconds */
    if (page->lang == ND_LANG_ZH && atoi(local) > ND_ROC_OFFSET)
        nd_buf_addf(page->out, "（民國 %d 年 %d 月 %d 日）", atoi(local) - ND_ROC_OFFSET,
                    atoi(local + 5), atoi(local + 8));
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

/* Whether a heading with the same words stands above: its table's caption is for who listens. */
static bool is_heading(enum nd_message caption)
{
    static const enum nd_message headings[] = {ND_MSG_DUTIES,   ND_MSG_SHARES,      ND_MSG_FAULTS,
                                               ND_MSG_LENGTHS,  ND_MSG_PERFORMANCE, ND_MSG_BASELINE,
                                               ND_MSG_TIMELINE, ND_MSG_QUALITY};
    bool is = false;
    for (size_t i = 0; i < sizeof headings / sizeof headings[0]; i++)
        is = is || headings[i] == caption;
    return is;
}

void nd_html_table_open(const struct nd_page *page, enum nd_message caption)
{
    nd_html_raw(page, "<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"");
    nd_html_msg(page, caption);
    nd_html_raw(page, is_heading(caption) ? "\"><table class=\"again\"><caption>"
                                          : "\"><table><caption>");
    nd_html_msg(page, caption);
    nd_html_raw(page, "</caption><thead><tr>");
}

void nd_html_table(const struct nd_page *page, enum nd_message caption,
                   const enum nd_message *columns, size_t count)
{
    nd_html_table_open(page, caption);
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

void nd_html_not_drawn(const struct nd_page *page)
{
    json_int_t left = nd_int_of(page->model, "strips_left");
    if (left == 0)
        return;
    nd_buf_addf(page->out, "<p>+ %lld ", (long long)left);
    nd_html_msg(page, ND_MSG_STRIPS_LEFT);
    nd_html_raw(page, "</p>\n");
}

void nd_html_cut(const struct nd_page *page, const char *words, size_t columns)
{
    char *cut = nd_text_cut(words, columns);
    nd_html_words(page, cut);
    free(cut);
}

void nd_html_more(const struct nd_page *page, const char *tag, size_t more)
{
    if (more == 0)
        return;
    nd_buf_addf(page->out, "<%s class=\"more\">+ %zu ", tag, more);
    nd_html_msg(page, ND_MSG_MORE_BELOW);
    nd_buf_addf(page->out, "</%s>\n", tag);
}
