#include "sheet/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zip.h>

/* Writing OpenDocument: a zip whose first entry, stored, is its media type (part 2, 3.3). */

static const char media_type[] = "application/vnd.oasis.opendocument.spreadsheet";

static const char manifest[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" "
    "manifest:version=\"1.2\">"
    "<manifest:file-entry manifest:full-path=\"/\" manifest:version=\"1.2\" "
    "manifest:media-type=\"application/vnd.oasis.opendocument.spreadsheet\"/>"
    "<manifest:file-entry manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/>"
    "</manifest:manifest>\n";

static const char head[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<office:document-content "
    "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" "
    "xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\" "
    "xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" "
    "xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" "
    "xmlns:number=\"urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0\" "
    "xmlns:fo=\"urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0\" "
    "office:version=\"1.2\"><office:automatic-styles>"
    "<style:style style:name=\"h\" style:family=\"table-cell\"><style:table-cell-properties "
    "fo:background-color=\"#e6edf5\" fo:wrap-option=\"wrap\"/><style:text-properties "
    "fo:font-weight=\"bold\"/></style:style>"
    "<style:style style:name=\"t\" style:family=\"table-cell\"><style:table-cell-properties "
    "fo:wrap-option=\"wrap\"/></style:style>"
    "<number:date-style style:name=\"iso\"><number:year number:style=\"long\"/>"
    "<number:text>-</number:text><number:month number:style=\"long\"/>"
    "<number:text>-</number:text><number:day number:style=\"long\"/></number:date-style>"
    "<style:style style:name=\"d\" style:family=\"table-cell\" style:data-style-name=\"iso\"/>"
    "<style:style style:name=\"c\" style:family=\"table-column\"><style:table-column-properties "
    "style:column-width=\"4.5cm\"/></style:style>"
    "</office:automatic-styles><office:body><office:spreadsheet>\n";

static const char tail[] = "</office:spreadsheet></office:body></office:document-content>\n";

/* Spaces that would be run together and line ends have elements of their own. */
static void put_paragraphs(const char *text, struct nd_buf *out)
{
    size_t left = strlen(text);
    bool gap = true; /* a space here would be lost */
    nd_buf_adds(out, "<text:p>");
    while (left > 0) {
        size_t step = 0;
        unsigned point = nd_utf8_point(text, left, &step);
        bool space = point == ' ';
        if (point == '\n')
            nd_buf_adds(out, "</text:p><text:p>");
        else if (point == '\t')
            nd_buf_adds(out, "<text:tab/>");
        else if (space && (gap || left == 1))
            nd_buf_adds(out, "<text:s/>");
        else if (point == '\r')
            ; /* half of a line end */
        else if (point == '<' || point == '&' || point == '>')
            nd_buf_adds(out, point == '<' ? "&lt;" : point == '&' ? "&amp;" : "&gt;");
        else if (point == 0xfffd || point < 0x20 || point == 0xfffe || point == 0xffff)
            nd_buf_adds(out, "\xef\xbf\xbd"); /* what XML does not take: U+FFFD */
        else
            nd_buf_add(out, text, step);
        gap = space || point == '\n' || point == '\t';
        text += step;
        left -= step;
    }
    nd_buf_adds(out, "</text:p>");
}

#define NAME_MAX_CHARACTERS 60

/* A name that every reader takes: short, without controls, []*?:/\ and quotes. */
static void put_name(const char *name, struct nd_buf *out)
{
    size_t left = strlen(name);
    for (int i = 0; left > 0 && i < NAME_MAX_CHARACTERS; i++) {
        size_t step = 0;
        unsigned point = nd_utf8_point(name, left, &step);
        if (point < 0x20 || (point >= 0x7f && point < 0xa0) || point >= 0xfffd ||
            (point < 0x80 && strchr("[]*?:/\\\"'<>&", (int)point) != NULL))
            nd_buf_adds(out, "_");
        else
            nd_buf_add(out, name, step);
        name += step;
        left -= step;
    }
}

/* Of sheets with the same name (in whatever case) the later ones have their number behind it. */
static void put_own_name(const struct nd_sheet *sheets, size_t number, struct nd_buf *out)
{
    struct nd_buf name = {0};
    bool again = false;
    put_name(sheets[number].name != NULL ? sheets[number].name : "Sheet1", &name);
    for (size_t i = 0; i < number && !again; i++) {
        struct nd_buf other = {0};
        put_name(sheets[i].name != NULL ? sheets[i].name : "Sheet1", &other);
        again = strcasecmp(nd_buf_str(&name), nd_buf_str(&other)) == 0;
        nd_buf_deinit(&other);
    }
    nd_buf_adds(out, nd_buf_str(&name));
    if (again || name.len_bytes == 0)
        nd_buf_addf(out, " (%zu)", number + 1);
    nd_buf_deinit(&name);
}

static void put_cell(const struct nd_cell *cell, bool heading, struct nd_buf *out)
{
    static const struct {
        const char *style, *type, *value; /* value: the attribute that holds it, or NULL */
    } kinds[] = {{"t", "string", NULL}, {"t", "float", "value"}, {"d", "date", "date-value"}};
    int kind = cell->number ? 1 : cell->date ? 2 : 0;
    const char *style = heading ? "h" : kinds[kind].style;
    if (*cell->text == '\0') {
        nd_buf_addf(out, "<table:table-cell table:style-name=\"%s\"/>", style);
        return;
    }
    nd_buf_addf(out, "<table:table-cell table:style-name=\"%s\" office:value-type=\"%s\"", style,
                kinds[kind].type);
    if (kinds[kind].value != NULL)
        nd_buf_addf(out, " office:%s=\"%s\"", kinds[kind].value, cell->text);
    nd_buf_adds(out, ">");
    put_paragraphs(cell->text, out);
    nd_buf_adds(out, "</table:table-cell>");
}

static void put_sheet(const struct nd_sheet *sheets, size_t number, struct nd_buf *out)
{
    const struct nd_sheet *sheet = &sheets[number];
    size_t columns = 1;
    for (size_t r = 0; r < sheet->rows.count; r++)
        columns = sheet->rows.at[r].count > columns ? sheet->rows.at[r].count : columns;
    nd_buf_adds(out, "<table:table table:name=\"");
    put_own_name(sheets, number, out);
    nd_buf_addf(out,
                "\"><table:table-column table:style-name=\"c\" "
                "table:number-columns-repeated=\"%zu\"/>\n",
                columns);
    for (size_t r = 0; r < sheet->rows.count; r++) {
        const struct nd_row *row = &sheet->rows.at[r];
        nd_buf_adds(out, "<table:table-row>");
        for (size_t c = 0; c < row->count; c++)
            put_cell(&row->at[c], r == 0, out);
        if (row->count == 0)
            nd_buf_adds(out, "<table:table-cell/>");
        nd_buf_adds(out, "</table:table-row>\n");
    }
    nd_buf_adds(out, "</table:table>\n");
}

/* The entry of that name; its bytes have to live until the archive is closed. The moment is fixed
 * (1980-01-01, the first that a zip can tell), or the octets would differ each time. */
static bool put_entry(zip_t *archive, const char *name, const char *bytes, size_t len_bytes,
                      bool stored)
{
    zip_source_t *source = zip_source_buffer(archive, bytes, len_bytes, 0);
    zip_int64_t index = source != NULL ? zip_file_add(archive, name, source, ZIP_FL_ENC_UTF_8) : -1;
    if (index < 0) {
        zip_source_free(source);
        return false;
    }
    return zip_set_file_compression(archive, (zip_uint64_t)index,
                                    stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE, 0) == 0 &&
           zip_file_set_dostime(archive, (zip_uint64_t)index, 0, 33, 0) == 0;
}

/* The bytes of an archive that was closed; false: they cannot be had. */
static bool take_bytes(zip_source_t *source, struct nd_buf *out)
{
    char piece[16384];
    zip_int64_t got = 0;
    if (zip_source_open(source) != 0)
        return false;
    while ((got = zip_source_read(source, piece, sizeof piece)) > 0)
        nd_buf_add(out, piece, (size_t)got);
    zip_source_close(source);
    return got == 0;
}

nd_err nd_sheets_ods(const struct nd_sheet *sheets, size_t count, struct nd_buf *out,
                     struct nd_fail *why)
{
    struct nd_buf content = {0};
    zip_error_t error;
    zip_error_init(&error);
    nd_buf_adds(&content, head);
    for (size_t i = 0; i < count; i++)
        put_sheet(sheets, i, &content);
    nd_buf_adds(&content, tail);
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *archive = source != NULL ? zip_open_from_source(source, ZIP_TRUNCATE, &error) : NULL;
    bool good = archive != NULL;
    if (good)
        zip_source_keep(source); /* closing the archive lets go of it, and we still read it */
    good = good && put_entry(archive, "mimetype", media_type, sizeof media_type - 1, true) &&
           put_entry(archive, "META-INF/manifest.xml", manifest, sizeof manifest - 1, false) &&
           put_entry(archive, "content.xml", content.text, content.len_bytes, false);
    if (good)
        good = zip_close(archive) == 0;
    if (!good && archive != NULL)
        zip_discard(archive);
    good = good && take_bytes(source, out);
    zip_source_free(source);
    zip_error_fini(&error);
    nd_buf_deinit(&content);
    return good ? ND_OK : nd_fail_set(why, ND_EIO, "cannot pack an OpenDocument spreadsheet");
}
