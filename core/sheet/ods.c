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

static void begin_sheet(const struct nd_sheet *sheets, size_t number, struct nd_buf *out)
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
}

static void put_row(const struct nd_row *row, bool heading, struct nd_buf *out)
{
    nd_buf_adds(out, "<table:table-row>");
    for (size_t c = 0; c < row->count; c++)
        put_cell(&row->at[c], heading, out);
    if (row->count == 0)
        nd_buf_adds(out, "<table:table-cell/>");
    nd_buf_adds(out, "</table:table-row>\n");
}

/* The document, a row at a time as libzip asks for it: as a whole it may be larger than all else
 * that a report needs. */
struct content {
    const struct nd_sheet *sheets;
    size_t count, sheet, row; /* sheet, row: what comes next */
    struct nd_buf piece;
    size_t taken;     /* of the piece */
    size_t len_bytes; /* of all */
    zip_error_t error;
};

/* False: that was all. */
static bool next_piece(struct content *content)
{
    struct nd_buf *out = &content->piece;
    nd_buf_reset(out);
    content->taken = 0;
    if (content->sheet > content->count)
        return false;
    if (content->sheet == 0 && content->row == 0)
        nd_buf_adds(out, head);
    if (content->sheet == content->count) {
        nd_buf_adds(out, tail);
        content->sheet++;
        return true;
    }
    const struct nd_sheet *sheet = &content->sheets[content->sheet];
    if (content->row == 0)
        begin_sheet(content->sheets, content->sheet, out);
    if (content->row < sheet->rows.count)
        put_row(&sheet->rows.at[content->row], content->row == 0, out);
    if (++content->row >= sheet->rows.count) {
        nd_buf_adds(out, "</table:table>\n");
        content->sheet++;
        content->row = 0;
    }
    return true;
}

static void rewind_content(struct content *content)
{
    content->sheet = content->row = content->taken = 0;
    nd_buf_reset(&content->piece);
}

static size_t read_content(struct content *content, char *data, size_t room)
{
    size_t given = 0;
    while (given < room) {
        size_t left = content->piece.len_bytes - content->taken;
        size_t step = left < room - given ? left : room - given;
        if (left == 0 && !next_piece(content))
            break;
        if (step != 0)
            memcpy(data + given, content->piece.text + content->taken, step);
        content->taken += step;
        given += step;
    }
    return given;
}

static zip_int64_t on_content(void *ctx, void *data, zip_uint64_t len, zip_source_cmd_t command)
{
    struct content *content = ctx;
    if (command == ZIP_SOURCE_READ)
        return (zip_int64_t)read_content(content, data, len);
    if (command == ZIP_SOURCE_ERROR)
        return zip_error_to_data(&content->error, data, len);
    if (command == ZIP_SOURCE_SUPPORTS)
        return ZIP_SOURCE_SUPPORTS_READABLE;
    if (command == ZIP_SOURCE_STAT && len >= sizeof(struct zip_stat)) {
        struct zip_stat *stat = data;
        zip_stat_init(stat);
        stat->valid = ZIP_STAT_SIZE; /* or the entry would be told as one of unknown length */
        stat->size = content->len_bytes;
        return sizeof *stat;
    }
    if (command == ZIP_SOURCE_OPEN)
        rewind_content(content);
    if (command == ZIP_SOURCE_OPEN || command == ZIP_SOURCE_CLOSE || command == ZIP_SOURCE_FREE)
        return 0;
    zip_error_set(&content->error, ZIP_ER_OPNOTSUPP, 0);
    return -1;
}

/* The entry of that name, from a source that is taken over; what it reads has to live until the
 * archive is closed. The moment is fixed (1980-01-01, the first that a zip can tell), or the octets
 * would differ each time. */
static bool put_entry(zip_t *archive, const char *name, zip_source_t *source, bool stored)
{
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
    struct content content = {.sheets = sheets, .count = count};
    zip_error_t error;
    zip_error_init(&error);
    zip_error_init(&content.error);
    while (next_piece(&content))
        content.len_bytes += content.piece.len_bytes;
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *archive = source != NULL ? zip_open_from_source(source, ZIP_TRUNCATE, &error) : NULL;
    bool good = archive != NULL;
    if (good)
        zip_source_keep(source); /* closing the archive lets go of it, and we still read it */
    good = good &&
           put_entry(archive, "mimetype",
                     zip_source_buffer(archive, media_type, sizeof media_type - 1, 0), true) &&
           put_entry(archive, "META-INF/manifest.xml",
                     zip_source_buffer(archive, manifest, sizeof manifest - 1, 0), false) &&
           put_entry(archive, "content.xml", zip_source_function(archive, on_content, &content),
                     false);
    if (good)
        good = zip_close(archive) == 0;
    if (!good && archive != NULL)
        zip_discard(archive);
    good = good && take_bytes(source, out);
    zip_source_free(source);
    zip_error_fini(&error);
    zip_error_fini(&content.error);
    nd_buf_deinit(&content.piece);
    return good ? ND_OK : nd_fail_set(why, ND_EIO, "cannot pack an OpenDocument spreadsheet");
}
