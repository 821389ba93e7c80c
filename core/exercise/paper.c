#include "exercise/paper.h"

#include "report/report.h"
#include "report/words/words.h"

#include <stdlib.h>
#include <string.h>

#define MARK "演練 EXERCISE"

static const char style[] =
#include "report/style.inc"
    ;

const char *nd_paper_words(const struct nd_paper *paper, const struct nd_text2 *text)
{
    const char *first = paper->zh ? text->zh : text->en;
    const char *second = paper->zh ? text->en : text->zh;
    return first != NULL ? first : second != NULL ? second : "";
}

const char *nd_say(const struct nd_paper *paper, const char *zh, const char *en)
{
    return paper->zh ? zh : en;
}

/* A text that is no markup. line_break: what a new line becomes. */
static void put_markdown(struct nd_buf *out, const char *text, const char *line_break)
{
    char *tame = nd_strdup(text);
    nd_text_tame(tame, true);
    for (const char *c = tame; *c != '\0'; c++) {
        if (*c == '\n')
            nd_buf_adds(out, line_break);
        else if (*c == '<')
            nd_buf_adds(out, "&lt;");
        else if (*c == '&')
            nd_buf_adds(out, "&amp;");
        else if (strchr("\\`*_[]#|~", *c) != NULL)
            nd_buf_addf(out, "\\%c", *c);
        else
            nd_buf_add(out, c, 1);
    }
    free(tame);
}

static void put_html(struct nd_buf *out, const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        char *line = nd_printf("%.*s", (int)len, text);
        nd_xml(out, line);
        free(line);
        text += len;
        if (*text == '\n') {
            nd_buf_adds(out, "<br>");
            text++;
        }
    }
}

static void close_list(struct nd_paper *paper)
{
    if (paper->in_list)
        nd_buf_adds(paper->out, paper->html ? "</ul>\n" : "\n");
    if (paper->in_table)
        nd_buf_adds(paper->out, paper->html ? "</tbody></table></div>\n" : "\n");
    paper->in_list = paper->in_table = false;
}

void nd_paper_begin(struct nd_paper *paper, const char *title, const char *handling)
{
    struct nd_buf *out = paper->out;
    if (!paper->html) {
        nd_buf_adds(out, "**" MARK "**\n\n# ");
        put_markdown(out, title, " ");
        nd_buf_adds(out, "\n\n*");
        put_markdown(out, handling, " ");
        nd_buf_adds(out, "*\n\n");
        return;
    }
    nd_buf_addf(out,
                "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width\">\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                "style-src 'unsafe-inline'; img-src data:\">\n<title>",
                paper->zh ? "zh-Hant-TW" : "en");
    nd_xml(out, title);
    nd_buf_addf(out, " – " MARK "</title>\n<style>%s</style></head><body>\n", style);
    nd_buf_adds(out, "<header><p class=\"exercise\">" MARK "</p>\n<h1>");
    nd_xml(out, title);
    nd_buf_adds(out, "</h1>\n<p class=\"mark\">");
    nd_xml(out, handling);
    nd_buf_adds(out, "</p></header>\n<main>\n");
}

void nd_paper_end(struct nd_paper *paper)
{
    close_list(paper);
    nd_buf_adds(paper->out, paper->html ? "</main>\n<footer><p class=\"exercise\">" MARK
                                          "</p></footer></body></html>\n"
                                        : "**" MARK "**\n");
}

void nd_paper_heading(struct nd_paper *paper, int level, const char *text)
{
    close_list(paper);
    if (paper->html) {
        nd_buf_addf(paper->out, "<h%d>", level);
        put_html(paper->out, text);
        nd_buf_addf(paper->out, "</h%d>\n", level);
    } else {
        nd_buf_adds(paper->out, level == 2 ? "## " : "### ");
        put_markdown(paper->out, text, " ");
        nd_buf_adds(paper->out, "\n\n");
    }
}

void nd_paper_para(struct nd_paper *paper, const char *text)
{
    close_list(paper);
    if (*text == '\0')
        return;
    nd_buf_adds(paper->out, paper->html ? "<p>" : "");
    if (paper->html)
        put_html(paper->out, text);
    else
        put_markdown(paper->out, text, "  \n");
    nd_buf_adds(paper->out, paper->html ? "</p>\n" : "\n\n");
}

void nd_paper_item(struct nd_paper *paper, const char *text)
{
    if (paper->in_table)
        close_list(paper);
    if (!paper->in_list && paper->html)
        nd_buf_adds(paper->out, "<ul>\n");
    paper->in_list = true;
    nd_buf_adds(paper->out, paper->html ? "<li>" : "- ");
    if (paper->html)
        put_html(paper->out, text);
    else
        put_markdown(paper->out, text, "  \n  ");
    nd_buf_adds(paper->out, paper->html ? "</li>\n" : "\n");
}

void nd_paper_table(struct nd_paper *paper, const char *caption, const char *const *heads)
{
    close_list(paper);
    struct nd_buf *out = paper->out;
    paper->in_table = true;
    if (paper->html) {
        nd_buf_adds(out, "<div class=\"wide\"><table><caption>");
        nd_xml(out, caption);
        nd_buf_adds(out, "</caption><thead><tr>");
    } else {
        nd_buf_adds(out, "|");
    }
    for (paper->columns = 0; heads[paper->columns] != NULL; paper->columns++) {
        nd_buf_adds(out, paper->html ? "<th scope=\"col\">" : " ");
        if (paper->html)
            nd_xml(out, heads[paper->columns]);
        else
            put_markdown(out, heads[paper->columns], " ");
        nd_buf_adds(out, paper->html ? "</th>" : " |");
    }
    nd_buf_adds(out, paper->html ? "</tr></thead><tbody>\n" : "\n|");
    for (size_t i = 0; i < paper->columns && !paper->html; i++)
        nd_buf_adds(out, i + 1 < paper->columns ? " --- |" : " --- |\n");
}

void nd_paper_row(struct nd_paper *paper, const char *const *cells)
{
    struct nd_buf *out = paper->out;
    nd_buf_adds(out, paper->html ? "<tr>" : "|");
    for (size_t i = 0; i < paper->columns; i++) {
        const char *text = cells[i] != NULL ? cells[i] : "";
        const char *open = i == 0 ? "<th scope=\"row\">" : "<td>";
        nd_buf_adds(out, paper->html ? open : " ");
        if (paper->html)
            put_html(out, text);
        else
            put_markdown(out, text, "<br>");
        nd_buf_adds(out, !paper->html ? " |" : i == 0 ? "</th>" : "</td>");
    }
    nd_buf_adds(out, paper->html ? "</tr>\n" : "\n");
}
