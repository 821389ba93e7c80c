#include "sheet/sheet.h"

#include <expat.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zip.h>

/* Reading OpenDocument: the first table of content.xml, by expat. Entities are not expanded (a
 * document has no need of any), and what it unpacks to is limited. */

#define NS_TABLE  "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
#define NS_TEXT   "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
#define NS_OFFICE "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "

struct reader {
    struct nd_sheet *sheet;
    XML_Parser parser;
    struct nd_buf cell;
    char exact[32];    /* what the cell is typed as, "": a text or a number */
    size_t tables;     /* begun so far */
    size_t paragraphs; /* of the cell */
    long cell_times, row_times;
    size_t empty_cells, empty_rows; /* seen, and not yet written out */
    int in_cell, in_text, in_note;
    const char *fault;
};

static const char *attribute(const char **attributes, const char *name)
{
    for (; attributes[0] != NULL; attributes += 2) {
        if (strcmp(attributes[0], name) == 0)
            return attributes[1];
    }
    return NULL;
}

static long times_of(const char **attributes, const char *name)
{
    const char *text = attribute(attributes, name);
    long times = text != NULL ? strtol(text, NULL, 10) : 1;
    return times < 1 ? 1 : times;
}

/* "PT09H30M00S" as "09:30:00", "2026-11-25T09:30:00.0000002" as "2026-11-25T09:30:00": to the
 * nearest second, because spreadsheets hold parts of a day. "": it is neither. out: 32 bytes. */
static void read_exact(const char **attributes, char *out)
{
    const char *length = attribute(attributes, NS_OFFICE "time-value");
    const char *date = attribute(attributes, NS_OFFICE "date-value");
    struct tm tm = {0};
    unsigned hours = 0;
    unsigned minutes = 0;
    double seconds = 0;
    *out = '\0';
    if (length != NULL && sscanf(length, "PT%4uH%2uM%lfS", &hours, &minutes, &seconds) == 3 &&
        minutes < 60 && seconds >= 0 && seconds < 60) {
        unsigned all = hours * 3600 + minutes * 60 + (unsigned)lround(seconds);
        snprintf(out, 32, "%02u:%02u:%02u", all / 3600, all / 60 % 60, all % 60);
    } else if (date != NULL && strlen(date) == 10 && strptime(date, "%Y-%m-%d", &tm) != NULL) {
        snprintf(out, 32, "%.10s", date);
    } else if (date != NULL) {
        const char *rest = strptime(date, "%Y-%m-%dT%H:%M:%S", &tm);
        if (rest == NULL || (*rest != '\0' && *rest != '.'))
            return;
        time_t at = timegm(&tm) + lround(strtod(rest, NULL));
        strftime(out, 32, "%Y-%m-%dT%H:%M:%S", gmtime_r(&at, &tm));
    }
}

static void stop(struct reader *reader, const char *fault)
{
    reader->fault = fault;
    XML_StopParser(reader->parser, XML_FALSE);
}

/* Rows and cells that are empty are written out once something follows them. */
static void add_cells(struct reader *reader, const char *text, long times)
{
    struct nd_sheet *sheet = reader->sheet;
    if (*text == '\0') {
        reader->empty_cells += (size_t)times;
        return;
    }
    size_t in_row = sheet->rows.at[sheet->rows.count - 1].count;
    if (reader->empty_cells > ND_SHEET_COLUMNS || times > ND_SHEET_COLUMNS ||
        in_row + reader->empty_cells + (size_t)times > ND_SHEET_COLUMNS) {
        stop(reader, "a row has more than 256 columns");
        return;
    }
    for (; reader->empty_cells > 0; reader->empty_cells--)
        nd_sheet_text(sheet, "");
    for (long i = 0; i < times; i++) {
        nd_sheet_text(sheet, text);
        nd_sheet_exact(sheet, *reader->exact != '\0' ? reader->exact : NULL);
    }
}

static void begin_row(struct reader *reader, long times)
{
    reader->row_times = times;
    reader->empty_cells = 0;
    nd_sheet_row(reader->sheet);
}

static void drop_last_row(struct nd_sheet *sheet)
{
    struct nd_row *last = &sheet->rows.at[--sheet->rows.count];
    for (size_t c = 0; c < last->count; c++)
        free(last->at[c].text);
    nd_vec_free(last);
}

static void end_row(struct reader *reader)
{
    struct nd_sheet *sheet = reader->sheet;
    size_t at = sheet->rows.count - 1;
    if (sheet->rows.at[at].count == 0) {
        drop_last_row(sheet);
        reader->empty_rows += (size_t)reader->row_times;
        return;
    }
    size_t more = reader->empty_rows + (size_t)reader->row_times - 1;
    if (reader->empty_rows > ND_SHEET_ROWS || reader->row_times > ND_SHEET_ROWS ||
        sheet->rows.count + more > ND_SHEET_ROWS) {
        stop(reader, "more rows than 20000");
        return;
    }
    struct nd_row row = sheet->rows.at[at];
    sheet->rows.count--;
    for (; reader->empty_rows > 0; reader->empty_rows--)
        nd_sheet_row(sheet);
    nd_vec_push(&sheet->rows, row);
    for (long i = 1; i < reader->row_times; i++) {
        nd_sheet_row(sheet);
        for (size_t c = 0; c < row.count; c++) {
            nd_sheet_text(sheet, row.at[c].text);
            nd_sheet_exact(sheet, row.at[c].exact);
        }
    }
}

static void XMLCALL begin(void *ctx, const char *name, const char **attributes)
{
    struct reader *reader = ctx;
    if (strcmp(name, NS_TABLE "table") == 0)
        reader->tables++;
    if (reader->tables != 1)
        return;
    if (strcmp(name, NS_TABLE "table-row") == 0) {
        begin_row(reader, times_of(attributes, NS_TABLE "number-rows-repeated"));
    } else if ((strcmp(name, NS_TABLE "table-cell") == 0 ||
                strcmp(name, NS_TABLE "covered-table-cell") == 0) &&
               reader->row_times > 0) {
        reader->in_cell = 1;
        reader->cell_times = times_of(attributes, NS_TABLE "number-columns-repeated");
        reader->paragraphs = 0;
        read_exact(attributes, reader->exact);
        nd_buf_reset(&reader->cell);
    } else if (strcmp(name, NS_OFFICE "annotation") == 0) {
        reader->in_note++;
    } else if (reader->in_cell == 0 || reader->in_note > 0) {
        return;
    } else if (strcmp(name, NS_TEXT "p") == 0) {
        nd_buf_adds(&reader->cell, reader->paragraphs++ != 0 ? "\n" : "");
        reader->in_text++;
    } else if (strcmp(name, NS_TEXT "s") == 0) {
        for (long i = times_of(attributes, NS_TEXT "c"); i > 0 && i < 4096; i--)
            nd_buf_adds(&reader->cell, " ");
    } else if (strcmp(name, NS_TEXT "tab") == 0) {
        nd_buf_adds(&reader->cell, "\t");
    } else if (strcmp(name, NS_TEXT "line-break") == 0) {
        nd_buf_adds(&reader->cell, "\n");
    }
}

static void XMLCALL end(void *ctx, const char *name)
{
    struct reader *reader = ctx;
    if (reader->tables != 1)
        return;
    if (strcmp(name, NS_OFFICE "annotation") == 0) {
        reader->in_note--;
    } else if (strcmp(name, NS_TEXT "p") == 0 && reader->in_note == 0 && reader->in_text > 0) {
        reader->in_text--;
    } else if ((strcmp(name, NS_TABLE "table-cell") == 0 ||
                strcmp(name, NS_TABLE "covered-table-cell") == 0) &&
               reader->in_cell != 0) {
        add_cells(reader, nd_buf_str(&reader->cell), reader->cell_times);
        reader->in_cell = 0;
    } else if (strcmp(name, NS_TABLE "table-row") == 0 && reader->row_times > 0) {
        end_row(reader);
        reader->row_times = 0;
    }
}

static void XMLCALL text(void *ctx, const char *octets, int len)
{
    struct reader *reader = ctx;
    if (reader->in_text > 0 && reader->in_cell != 0 && reader->in_note == 0)
        nd_buf_add(&reader->cell, octets, (size_t)len);
}

static void XMLCALL doctype(void *ctx, const char *name, const char *system, const char *public,
                            int internal)
{
    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    stop(ctx, "it has a document type, which an OpenDocument has not");
}

static nd_err parse(struct nd_sheet *sheet, const char *content, size_t len_bytes,
                    struct nd_fail *why)
{
    struct reader reader = {.sheet = sheet, .parser = XML_ParserCreateNS(NULL, ' ')};
    if (reader.parser == NULL)
        return nd_fail_set(why, ND_EIO, "no memory for a parser");
    XML_SetUserData(reader.parser, &reader);
    XML_SetElementHandler(reader.parser, begin, end);
    XML_SetCharacterDataHandler(reader.parser, text);
    XML_SetStartDoctypeDeclHandler(reader.parser, doctype);
    bool good = XML_Parse(reader.parser, content, (int)len_bytes, 1) == XML_STATUS_OK;
    nd_err err = ND_OK;
    if (!good)
        err = nd_fail_set(why, ND_EARG, "its content.xml, line %lu: %s",
                          (unsigned long)XML_GetCurrentLineNumber(reader.parser),
                          reader.fault != NULL ? reader.fault
                                               : XML_ErrorString(XML_GetErrorCode(reader.parser)));
    else if (reader.tables == 0)
        err = nd_fail_set(why, ND_EARG, "it holds no table");
    XML_ParserFree(reader.parser);
    nd_buf_deinit(&reader.cell);
    return err;
}

/* content.xml of an archive, at most ND_SHEET_OCTETS of it. */
static nd_err unpack(zip_t *archive, struct nd_buf *content, struct nd_fail *why)
{
    char piece[16384];
    zip_int64_t got = 0;
    zip_file_t *file = archive != NULL ? zip_fopen(archive, "content.xml", 0) : NULL;
    if (file == NULL)
        return nd_fail_set(why, ND_EARG,
                           "expected an OpenDocument spreadsheet (.ods), got something else");
    while ((got = zip_fread(file, piece, sizeof piece)) > 0 &&
           content->len_bytes <= ND_SHEET_OCTETS)
        nd_buf_add(content, piece, (size_t)got);
    zip_fclose(file);
    if (got < 0)
        return nd_fail_set(why, ND_EARG, "it is damaged");
    if (content->len_bytes > ND_SHEET_OCTETS)
        return nd_fail_set(why, ND_EARG, "it unpacks to more than %u octets", ND_SHEET_OCTETS);
    return ND_OK;
}

nd_err nd_sheet_read_ods(struct nd_sheet *sheet, const char *bytes, size_t len_bytes,
                         struct nd_fail *why)
{
    struct nd_buf content = {0};
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(bytes, len_bytes, 0, &error);
    zip_t *archive = source != NULL ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
    if (archive == NULL)
        zip_source_free(source);
    nd_err err = unpack(archive, &content, why);
    if (archive != NULL)
        zip_discard(archive);
    zip_error_fini(&error);
    if (err == ND_OK)
        err = parse(sheet, nd_buf_str(&content), content.len_bytes, why);
    nd_buf_deinit(&content);
    return err;
}
