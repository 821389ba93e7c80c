#include "report/across/document.h"

#include "report/page/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void nd_document_deinit(struct nd_document *document)
{
    for (size_t i = 0; i < document->count; i++)
        nd_sheet_deinit(&document->sheets[i]);
    free(document->sheets);
    free(document->title);
    free(document->intro);
    free(document->note);
    *document = (struct nd_document){0};
}

struct nd_sheet *nd_document_sheet(struct nd_document *document, const struct nd_page *page,
                                   const char *name, const enum nd_message *headings, size_t count)
{
    document->sheets = nd_realloc(document->sheets, document->count + 1, sizeof *document->sheets);
    struct nd_sheet *sheet = &document->sheets[document->count++];
    *sheet = (struct nd_sheet){.name = nd_strdup(name)};
    nd_sheet_row(sheet);
    for (size_t i = 0; i < count; i++)
        nd_sheet_text(sheet, nd_msg(page, headings[i]));
    return sheet;
}

void nd_document_row(struct nd_sheet *sheet, const char *const *cells, size_t count)
{
    nd_sheet_row(sheet);
    for (size_t i = 0; i < count; i++)
        nd_sheet_text(sheet, cells[i]);
}

void nd_document_number(struct nd_sheet *sheet, const json_t *value)
{
    nd_sheet_number(sheet, json_is_number(value) ? json_number_value(value) : (double)NAN);
}

static bool stands(const struct nd_document *document, size_t sheet)
{
    return sheet == 0 || document->sheets[sheet].rows.count > 1;
}

/* ---- the page ---- */

static void html_lines(const struct nd_page *page, const char *text)
{
    for (const char *before = ""; *text != '\0'; before = "<br>") {
        size_t len = strcspn(text, "\n");
        char *one = nd_printf("%.*s", (int)len, text);
        nd_html_raw(page, before);
        nd_html_words(page, one);
        free(one);
        text += len + (text[len] == '\n');
    }
}

/* A page has no room for a column that says nothing; the first table's are as they are asked for.
 */
static bool column_stands(const struct nd_document *document, size_t number, size_t column)
{
    const struct nd_sheet *sheet = &document->sheets[number];
    bool any = number == 0;
    for (size_t r = 1; r < sheet->rows.count && !any; r++)
        any = *nd_sheet_at(sheet, r, column) != '\0';
    return any;
}

/* "2026-11-25", which is not to be broken. */
static bool is_date(const char *text)
{
    return strlen(text) == 10 && text[4] == '-' && text[7] == '-' &&
           strspn(text, "0123456789-") == 10;
}

static void html_cell(const struct nd_document *document, const struct nd_page *page, size_t sheet,
                      size_t row, size_t column)
{
    const struct nd_row *cells = &document->sheets[sheet].rows.at[row];
    const char *class =
        document->class_of != NULL ? document->class_of(document->ctx, sheet, row, column) : "";
    const char *text = nd_sheet_at(&document->sheets[sheet], row, column);
    if (*class == '\0' && column < cells->count && cells->at[column].number)
        class = "n";
    else if (*class == '\0' && is_date(text))
        class = "date";
    nd_buf_addf(page->out, *class != '\0' ? "<td class=\"%s\">" : "<td>", class);
    html_lines(page, text);
    nd_html_raw(page, "</td>");
}

/* Whether a cell holds several lines: such columns share the width alike, however long a line. */
static bool holds_lines(const struct nd_sheet *sheet)
{
    for (size_t r = 1; r < sheet->rows.count; r++) {
        for (size_t c = 0; c < sheet->rows.at[r].count; c++) {
            if (strchr(nd_sheet_at(sheet, r, c), '\n') != NULL)
                return true;
        }
    }
    return false;
}

static void html_sheet(const struct nd_document *document, const struct nd_page *page,
                       size_t number)
{
    const struct nd_sheet *sheet = &document->sheets[number];
    const struct nd_row *head = &sheet->rows.at[0];
    const char *lang = page->lang == ND_LANG_ZH ? "zh" : "en";
    nd_buf_addf(page->out, "<section aria-labelledby=\"t%zu-%s\"><h2 id=\"t%zu-%s\">", number, lang,
                number, lang);
    nd_html_words(page, sheet->name);
    nd_html_raw(page, "</h2>\n");
    if (document->above != NULL)
        document->above(document->ctx, page, number);
    nd_html_raw(page, "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"");
    nd_html_text(page, sheet->name);
    nd_html_raw(page, "\"><table");
    nd_html_raw(page, holds_lines(sheet) ? " class=\"lines\"" : "");
    nd_html_raw(page, "><caption>");
    nd_html_text(page, sheet->name);
    nd_html_raw(page, "</caption><thead><tr>");
    for (size_t c = 0; c < head->count; c++) {
        if (!column_stands(document, number, c))
            continue;
        nd_html_raw(page, "<th scope=\"col\">");
        nd_html_words(page, head->at[c].text);
        nd_html_raw(page, "</th>");
    }
    nd_html_raw(page, "</tr></thead><tbody>\n");
    for (size_t r = 1; r < sheet->rows.count; r++) {
        nd_html_raw(page, "<tr>");
        for (size_t c = 0; c < head->count; c++) {
            if (column_stands(document, number, c))
                html_cell(document, page, number, r, c);
        }
        nd_html_raw(page, "</tr>\n");
    }
    nd_html_table_end(page);
    nd_html_raw(page, "</section>\n");
}

static void write_html(const struct nd_document *document, const struct nd_page *page)
{
    nd_html_begin(page, document->title, "t0");
    nd_html_raw(page, "<div class=\"bar\"><b class=\"exercise\">演練 EXERCISE</b> <span>");
    nd_html_words(page, document->title);
    nd_html_raw(
        page,
        "</span></div>\n<div class=\"across\"><header><p class=\"exercise\">演練 EXERCISE</p><h1>");
    nd_html_words(page, document->title);
    nd_html_raw(page, "</h1></header><main>\n");
    if (document->simulated) {
        nd_html_raw(page, "<p class=\"mark\">");
        nd_html_msg(page, ND_MSG_SIMULATED);
        nd_html_raw(page, "</p>\n");
    }
    if (document->intro != NULL) {
        nd_html_raw(page, "<p>");
        html_lines(page, document->intro);
        nd_html_raw(page, "</p>\n");
    }
    for (size_t i = 0; i < document->count; i++) {
        if (stands(document, i))
            html_sheet(document, page, i);
    }
    if (document->note != NULL) {
        nd_html_raw(page, "<p><small>");
        html_lines(page, document->note);
        nd_html_raw(page, "</small></p>\n");
    }
    nd_html_raw(page, "</main></div>\n");
    nd_html_end(page);
}

/* ---- Markdown ---- */

static void markdown_lines(struct nd_buf *out, const char *text)
{
    for (const char *before = ""; *text != '\0'; before = "<br>") {
        size_t len = strcspn(text, "\n");
        char *one = nd_printf("%.*s", (int)len, text);
        nd_buf_adds(out, before);
        nd_md_cell(out, one);
        free(one);
        text += len + (text[len] == '\n');
    }
}

static void markdown_sheet(const struct nd_sheet *sheet, struct nd_buf *out)
{
    const struct nd_row *head = &sheet->rows.at[0];
    nd_buf_adds(out, "\n## ");
    nd_md_cell(out, sheet->name);
    nd_buf_adds(out, "\n\n");
    for (size_t r = 0; r < sheet->rows.count; r++) {
        for (size_t c = 0; c < head->count; c++) {
            nd_buf_adds(out, "| ");
            markdown_lines(out, nd_sheet_at(sheet, r, c));
            nd_buf_adds(out, " ");
        }
        nd_buf_adds(out, "|\n");
        for (size_t c = 0; r == 0 && c < head->count; c++)
            nd_buf_addf(out, "|---%s", c + 1 == head->count ? "|\n" : "");
    }
}

static void write_markdown(const struct nd_document *document, const struct nd_page *page)
{
    nd_buf_adds(page->out, "# 演練 EXERCISE: ");
    nd_md_cell(page->out, document->title);
    nd_buf_adds(page->out, "\n");
    if (document->simulated)
        nd_buf_addf(page->out, "\n**%s**\n", nd_msg(page, ND_MSG_SIMULATED));
    if (document->intro != NULL) {
        nd_buf_adds(page->out, "\n");
        markdown_lines(page->out, document->intro);
        nd_buf_adds(page->out, "\n");
    }
    for (size_t i = 0; i < document->count; i++) {
        if (stands(document, i))
            markdown_sheet(&document->sheets[i], page->out);
    }
    if (document->note != NULL)
        nd_buf_addf(page->out, "\n%s\n", document->note);
}

/* ---- OpenDocument ---- */

static void cover_line(struct nd_sheet *cover, const char *text)
{
    nd_sheet_row(cover);
    nd_sheet_text(cover, text);
}

static nd_err write_ods(const struct nd_document *document, const struct nd_page *page,
                        struct nd_fail *why)
{
    struct nd_sheet *sheets = nd_alloc((document->count + 1) * sizeof *sheets);
    size_t count = 1;
    sheets[0].name = nd_strdup(nd_msg(page, ND_MSG_EXERCISE));
    cover_line(&sheets[0], nd_msg(page, ND_MSG_EXERCISE));
    cover_line(&sheets[0], document->title);
    if (document->simulated)
        cover_line(&sheets[0], nd_msg(page, ND_MSG_SIMULATED));
    if (document->intro != NULL)
        cover_line(&sheets[0], document->intro);
    if (document->note != NULL)
        cover_line(&sheets[0], document->note);
    for (size_t i = 0; i < document->count; i++) {
        if (stands(document, i))
            sheets[count++] = document->sheets[i]; /* lent */
    }
    nd_err err = nd_sheets_ods(sheets, count, page->out, why);
    nd_sheet_deinit(&sheets[0]);
    free(sheets);
    return err;
}

nd_err nd_document_render(const struct nd_document *document, const char *format, enum nd_lang lang,
                          struct nd_buf *out, struct nd_fail *why)
{
    const struct nd_page page = {NULL, lang == ND_LANG_ZH ? ND_LANG_ZH : ND_LANG_EN, out};
    if (strcmp(format, "html") == 0)
        write_html(document, &page);
    else if (strcmp(format, "md") == 0)
        write_markdown(document, &page);
    else if (strcmp(format, "csv") == 0)
        nd_sheet_csv(&document->sheets[0], out);
    else if (strcmp(format, "ods") == 0)
        return write_ods(document, &page, why);
    else
        return nd_fail_set(why, ND_EARG, "'--format' takes " ND_DOCUMENT_FORMATS ", got '%s'",
                           format);
    return ND_OK;
}
