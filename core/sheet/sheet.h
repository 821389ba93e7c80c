/* Tables as spreadsheets hold them: written and read as CSV (RFC 4180) and as OpenDocument
 * (ISO/IEC 26300, CNS 15251). The same sheet gives the same octets each time. */
#ifndef ND_SHEET_SHEET_H
#define ND_SHEET_SHEET_H
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

struct nd_cell {
    char *text;  /* owned */
    bool number; /* text is a number in C's notation, as JSON writes it */
    bool date;   /* text is a day, 2026-11-25 */
    char *exact; /* owned; of a cell read that is typed as a time or date, however it is shown:
                  * 09:30:00, 2026-11-25 or 2026-11-25T09:30:00; else NULL */
};

struct nd_row ND_VEC(struct nd_cell);

/* Embedded; zero-initialise, name it, fill it row by row. */
struct nd_sheet {
    char *name; /* owned; NULL: "Sheet1" */
    struct ND_VEC(struct nd_row) rows;
};

#define ND_SHEET_ROWS    20000
#define ND_SHEET_COLUMNS 256
#define ND_SHEET_OCTETS  (16u << 20) /* of a file that is read, and of what it unpacks to */

void nd_sheet_deinit(struct nd_sheet *sheet);
void nd_sheet_row(struct nd_sheet *sheet); /* begins a row */
/* Each adds a cell to the last row. text NULL: an empty cell. */
void nd_sheet_text(struct nd_sheet *sheet, const char *text);
void nd_sheet_number(struct nd_sheet *sheet, double value); /* not finite: an empty cell */
void nd_sheet_date(struct nd_sheet *sheet,
                   const char *day); /* not 2026-11-25 or the like: a text */
/* The text of a cell, "" where there is none. Borrowed. */
const char *nd_sheet_at(const struct nd_sheet *sheet, size_t row, size_t column);
/* The same, but of a cell that is typed as a time or a date its value, not how it is shown. */
const char *nd_sheet_exact_at(const struct nd_sheet *sheet, size_t row, size_t column);
/* Says what the last cell's text stands for. exact NULL: nothing. */
void nd_sheet_exact(struct nd_sheet *sheet, const char *exact);

/* UTF-8 with a byte order mark, CRLF. A text that a spreadsheet would take for a formula (it begins
 * with = + - @, of full width too, TAB, CR or LF) gets an apostrophe before it; reading takes it
 * off again, so that any text comes back as it was. Numbers stay numbers. Appends to out. */
void nd_sheet_csv(const struct nd_sheet *sheet, struct nd_buf *out);
/* A text alone as a cell of such a table, for what is too long to be a sheet. Appends to out. */
void nd_csv_text(const char *text, struct nd_buf *out);

/* Rows of a CSV text, with or without byte order mark and with any line end. ND_EARG with row and
 * column: a quote that is not closed or stands where none may, text that is no UTF-8, limits. */
nd_err nd_sheet_read_csv(struct nd_sheet *sheet, const char *text, size_t len_bytes,
                         struct nd_fail *why);

/* An OpenDocument spreadsheet of these sheets, the first row of each as its heading. Appends to
 * out. */
nd_err nd_sheets_ods(const struct nd_sheet *sheets, size_t count, struct nd_buf *out,
                     struct nd_fail *why);

/* The first table of an OpenDocument spreadsheet: texts as they are shown, repeated cells and rows
 * written out, empty ones at the ends left away. ND_EARG: it is none, is damaged, or too large. */
nd_err nd_sheet_read_ods(struct nd_sheet *sheet, const char *bytes, size_t len_bytes,
                         struct nd_fail *why);

#endif
