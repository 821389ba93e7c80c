#include "sheet/sheet.h"

#include <string.h>

/* CSV (RFC 4180), with what spreadsheets need on top of it. */

static const char byte_order_mark[] = "\xef\xbb\xbf";

/* Whether a text is guarded: it begins, behind any apostrophes, with what makes a formula, in full
 * width too, which spreadsheets of East Asia take as well. */
static bool dangerous(const char *text)
{
    static const char *const wide[] = {"＝", "＋", "－", "＠"};
    text += strspn(text, "'");
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        if (strncmp(text, wide[i], strlen(wide[i])) == 0)
            return true;
    }
    return *text != '\0' && strchr("=+-@\t\r\n", *text) != NULL;
}

static void put_field(const char *text, bool guarded, struct nd_buf *out)
{
    bool quoted = strpbrk(text, ",\"\r\n") != NULL;
    if (quoted)
        nd_buf_adds(out, "\"");
    if (guarded)
        nd_buf_adds(out, "'");
    for (const char *at = text; *at != '\0'; at++)
        nd_buf_add(out, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1);
    if (quoted)
        nd_buf_adds(out, "\"");
}

void nd_csv_text(const char *text, struct nd_buf *out)
{
    put_field(text, dangerous(text), out);
}

static void put_cell(const struct nd_cell *cell, struct nd_buf *out)
{
    if (cell->number)
        put_field(cell->text, false, out);
    else
        nd_csv_text(cell->text, out);
}

void nd_sheet_csv(const struct nd_sheet *sheet, struct nd_buf *out)
{
    nd_buf_adds(out, byte_order_mark);
    for (size_t r = 0; r < sheet->rows.count; r++) {
        const struct nd_row *row = &sheet->rows.at[r];
        for (size_t c = 0; c < row->count; c++) {
            nd_buf_adds(out, c != 0 ? "," : "");
            put_cell(&row->at[c], out);
        }
        nd_buf_adds(out, "\r\n");
    }
}

/* ---- reading ---- */

struct reader {
    struct nd_sheet *sheet;
    const char *at, *end;
    struct nd_buf cell;
    size_t column; /* of the cell being read, from 1 */
};

static nd_err bad(const struct reader *reader, struct nd_fail *why, const char *words)
{
    return nd_fail_set(why, ND_EARG, "row %zu, column %zu: %s", reader->sheet->rows.count,
                       reader->column, words);
}

static bool ends_cell(const struct reader *reader)
{
    return reader->at == reader->end || strchr(",\r\n", *reader->at) != NULL;
}

static nd_err read_quoted(struct reader *reader, struct nd_fail *why)
{
    for (reader->at++;; reader->at++) {
        if (reader->at == reader->end)
            return bad(reader, why, "the quote that opens it is not closed");
        if (*reader->at != '"') {
            nd_buf_add(&reader->cell, reader->at, 1);
        } else if (reader->at + 1 < reader->end && reader->at[1] == '"') {
            nd_buf_adds(&reader->cell, "\"");
            reader->at++;
        } else {
            break;
        }
    }
    reader->at++;
    if (!ends_cell(reader))
        return bad(reader, why, "expected ',' or the line's end behind the closing quote");
    return ND_OK;
}

static nd_err read_plain(struct reader *reader, struct nd_fail *why)
{
    for (; !ends_cell(reader); reader->at++) {
        if (*reader->at == '"')
            return bad(reader, why, "a quote inside of a cell that does not begin with one");
        nd_buf_add(&reader->cell, reader->at, 1);
    }
    return ND_OK;
}

static nd_err read_cell(struct reader *reader, struct nd_fail *why)
{
    bool quoted = reader->at < reader->end && *reader->at == '"';
    nd_buf_reset(&reader->cell);
    reader->column++;
    nd_err err = quoted ? read_quoted(reader, why) : read_plain(reader, why);
    if (err != ND_OK)
        return err;
    const char *text = nd_buf_str(&reader->cell);
    if (strlen(text) != reader->cell.len_bytes || !nd_utf8_valid(text, reader->cell.len_bytes))
        return bad(reader, why,
                   "expected text in UTF-8, not in Big5 or UTF-16; save the file as 'CSV UTF-8'");
    if (reader->column > ND_SHEET_COLUMNS)
        return bad(reader, why, "more columns than 256");
    nd_sheet_text(reader->sheet, *text == '\'' && dangerous(text) ? text + 1 : text);
    return ND_OK;
}

static nd_err read_row(struct reader *reader, struct nd_fail *why)
{
    reader->column = 0;
    nd_sheet_row(reader->sheet);
    if (reader->sheet->rows.count > ND_SHEET_ROWS)
        return bad(reader, why, "more rows than 20000");
    for (;;) {
        nd_err err = read_cell(reader, why);
        if (err != ND_OK)
            return err;
        if (reader->at == reader->end || *reader->at != ',')
            break;
        reader->at++;
    }
    if (reader->at < reader->end && *reader->at == '\r')
        reader->at++;
    if (reader->at < reader->end && *reader->at == '\n')
        reader->at++;
    return ND_OK;
}

nd_err nd_sheet_read_csv(struct nd_sheet *sheet, const char *text, size_t len_bytes,
                         struct nd_fail *why)
{
    struct reader reader = {.sheet = sheet, .at = text, .end = text + len_bytes};
    nd_err err = ND_OK;
    if (len_bytes > ND_SHEET_OCTETS)
        return nd_fail_set(why, ND_EARG, "a table of more than %u octets", ND_SHEET_OCTETS);
    if (len_bytes >= 3 && memcmp(text, byte_order_mark, 3) == 0)
        reader.at += 3;
    while (err == ND_OK && reader.at < reader.end)
        err = read_row(&reader, why);
    nd_buf_deinit(&reader.cell);
    return err;
}
