/* A document of tables across drills: the yearly review, trends, a comparison, improvement items.
 * Once as data, then as a page, Markdown, OpenDocument or CSV; the same octets each time. */
#ifndef ND_REPORT_ACROSS_DOCUMENT_H
#define ND_REPORT_ACROSS_DOCUMENT_H
#include "report/report.h"
#include "report/words/words.h"
#include "sheet/sheet.h"

struct nd_document {
    char *title;    /* owned */
    char *intro;    /* owned, lines; NULL: none */
    char *note;     /* owned: what its figures mean; NULL: none */
    bool simulated; /* some of it is of simulated networks */
    struct nd_sheet
        *sheets; /* owned; lines within a cell end with a line feed. A sheet with headings
                    alone has nothing to tell, and is left out but for the first */
    size_t count;
    /* Of a page: what stands above the table of a sheet, such as a chart; NULL: nothing. */
    void (*above)(void *ctx, const struct nd_page *page, size_t sheet);
    /* A cell's class on the page, "met", "missed", "unknown" or ""; NULL: all "". */
    const char *(*class_of)(void *ctx, size_t sheet, size_t row, size_t column);
    void *ctx; /* of both; borrowed */
};

void nd_document_deinit(struct nd_document *document);
/* Adds a sheet with its headings; borrowed until the next is added. */
struct nd_sheet *nd_document_sheet(struct nd_document *document, const struct nd_page *page,
                                   const char *name, const enum nd_message *headings, size_t count);

/* Adds a row of texts. */
void nd_document_row(struct nd_sheet *sheet, const char *const *cells, size_t count);
/* Adds a cell to a sheet's last row: the number, or an empty one when it is none. */
void nd_document_number(struct nd_sheet *sheet, const json_t *value);

#define ND_DOCUMENT_FORMATS "html|md|csv|ods"
/* Appends to out. csv: the first sheet alone. ND_EARG: no such format. */
nd_err nd_document_render(const struct nd_document *document, const char *format, enum nd_lang lang,
                          struct nd_buf *out, struct nd_fail *why);

#endif
