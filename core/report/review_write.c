#include "report/html.h"
#include "report/review_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The review's tables as a page, as Markdown and as a spreadsheet. */

static const char *at(const struct nd_sheet *sheet, size_t row, size_t column)
{
    return nd_sheet_at(sheet, row, column);
}

/* The lines of a cell, each escaped by `put`. */
static void put_lines(struct nd_buf *out, const char *text,
                      void (*put)(struct nd_buf *out, const char *text))
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        char *one = nd_printf("%.*s", (int)len, text);
        put(out, one);
        free(one);
        text += len;
        if (*text == '\n') {
            nd_buf_adds(out, "<br>");
            text++;
        }
    }
}

/* ---- HTML ---- */

static void html_cell(const struct nd_page *page, const char *text)
{
    nd_html_raw(page, "<td>");
    put_lines(page->out, text, nd_xml);
    nd_html_raw(page, "</td>");
}

static void html_table(const struct nd_page *page, const struct nd_sheet *sheet, size_t number)
{
    const struct nd_row *head = &sheet->rows.at[0];
    nd_buf_addf(page->out, "<section aria-labelledby=\"t%zu-%s\"><h2 id=\"t%zu-%s\">", number,
                page->lang == ND_LANG_ZH ? "zh" : "en", number,
                page->lang == ND_LANG_ZH ? "zh" : "en");
    nd_html_text(page, sheet->name);
    nd_html_raw(page, "</h2>\n<div class=\"wide\"><table><caption>");
    nd_html_text(page, sheet->name);
    nd_html_raw(page, "</caption><thead><tr>");
    for (size_t c = 0; c < head->count; c++) {
        nd_html_raw(page, "<th scope=\"col\">");
        nd_html_text(page, head->at[c].text);
        nd_html_raw(page, "</th>");
    }
    nd_html_raw(page, "</tr></thead><tbody>\n");
    for (size_t r = 1; r < sheet->rows.count; r++) {
        nd_html_raw(page, "<tr>");
        for (size_t c = 0; c < head->count; c++)
            html_cell(page, at(sheet, r, c));
        nd_html_raw(page, "</tr>\n");
    }
    nd_html_table_end(page);
    nd_html_raw(page, "</section>\n");
}

static void write_html(const struct nd_review *review, const struct nd_sheet *tables,
                       const struct nd_page *page)
{
    char *title = nd_review_title(review, page->lang);
    nd_html_begin(page, title, "t0");
    nd_html_raw(page, "<header><p class=\"exercise\">演練 EXERCISE</p><h1>");
    nd_html_text(page, title);
    nd_html_raw(page, "</h1></header><main>\n");
    if (nd_review_simulated(review)) {
        nd_html_raw(page, "<p class=\"mark\">");
        nd_html_msg(page, ND_MSG_SIMULATED);
        nd_html_raw(page, "</p>\n");
    }
    for (size_t i = 0; i < ND_REVIEW_TABLES; i++) {
        if (tables[i].rows.count > 1 || i == 0)
            html_table(page, &tables[i], i);
    }
    nd_html_raw(page, "<p><small>");
    nd_html_msg(page, ND_MSG_RV_DEF);
    nd_html_raw(page, "</small></p></main>\n");
    nd_html_end(page);
    free(title);
}

/* ---- Markdown ---- */

static void write_markdown(const struct nd_review *review, const struct nd_sheet *tables,
                           const struct nd_page *page)
{
    char *title = nd_review_title(review, page->lang);
    nd_buf_addf(page->out, "# 演練 EXERCISE: %s\n", title);
    free(title);
    if (nd_review_simulated(review))
        nd_buf_addf(page->out, "\n**%s**\n", nd_msg(page, ND_MSG_SIMULATED));
    for (size_t i = 0; i < ND_REVIEW_TABLES; i++) {
        const struct nd_row *head = &tables[i].rows.at[0];
        if (tables[i].rows.count == 1 && i != 0)
            continue;
        nd_buf_addf(page->out, "\n## %s\n\n", tables[i].name);
        for (size_t r = 0; r < tables[i].rows.count; r++) {
            for (size_t c = 0; c < head->count; c++) {
                nd_buf_adds(page->out, "| ");
                put_lines(page->out, at(&tables[i], r, c), nd_md_cell);
                nd_buf_adds(page->out, " ");
            }
            nd_buf_adds(page->out, "|\n");
            for (size_t c = 0; r == 0 && c < head->count; c++)
                nd_buf_addf(page->out, "|---%s", c + 1 == head->count ? "|\n" : "");
        }
    }
    nd_buf_addf(page->out, "\n%s\n", nd_msg(page, ND_MSG_RV_DEF));
}

/* ---- OpenDocument ---- */

static nd_err write_ods(const struct nd_review *review, struct nd_sheet *tables,
                        const struct nd_page *page, struct nd_fail *why)
{
    struct nd_sheet sheets[ND_REVIEW_TABLES + 1] = {{0}};
    char *title = nd_review_title(review, page->lang);
    size_t count = 1;
    sheets[0].name = nd_strdup(nd_msg(page, ND_MSG_EXERCISE));
    nd_sheet_row(&sheets[0]);
    nd_sheet_text(&sheets[0], nd_msg(page, ND_MSG_EXERCISE));
    nd_sheet_row(&sheets[0]);
    nd_sheet_text(&sheets[0], title);
    if (nd_review_simulated(review)) {
        nd_sheet_row(&sheets[0]);
        nd_sheet_text(&sheets[0], nd_msg(page, ND_MSG_SIMULATED));
    }
    nd_sheet_row(&sheets[0]);
    nd_sheet_text(&sheets[0], nd_msg(page, ND_MSG_RV_DEF));
    for (size_t i = 0; i < ND_REVIEW_TABLES; i++) {
        if (tables[i].rows.count > 1 || i == 0)
            sheets[count++] = tables[i]; /* lent */
    }
    nd_err err = nd_sheets_ods(sheets, count, page->out, why);
    nd_sheet_deinit(&sheets[0]);
    free(title);
    return err;
}

nd_err nd_review_render(const struct nd_review *review, const char *format, enum nd_lang lang,
                        struct nd_buf *out, struct nd_fail *why)
{
    struct nd_sheet tables[ND_REVIEW_TABLES] = {{0}};
    const struct nd_page page = {NULL, lang == ND_LANG_ZH ? ND_LANG_ZH : ND_LANG_EN, out};
    nd_err err = ND_OK;
    nd_review_tables(review, page.lang, tables);
    if (strcmp(format, "html") == 0)
        write_html(review, tables, &page);
    else if (strcmp(format, "md") == 0)
        write_markdown(review, tables, &page);
    else if (strcmp(format, "ods") == 0)
        err = write_ods(review, tables, &page, why);
    else
        err = nd_fail_set(why, ND_EARG, "'--format' takes " ND_REVIEW_FORMATS ", got '%s'", format);
    for (size_t i = 0; i < ND_REVIEW_TABLES; i++)
        nd_sheet_deinit(&tables[i]);
    return err;
}
