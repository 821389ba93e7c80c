#include "plan/diag.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIAGS_MAX 200

static const struct {
    const char *code, *title, *explanation;
} codes[] = {
#define X(code, title, explanation) {code, title, explanation},
#include "plan/diag_codes.def"
#undef X
};
#define CODES_COUNT (sizeof codes / sizeof codes[0])

static size_t find_code(const char *code)
{
    size_t i = 0;
    while (i < CODES_COUNT && strcmp(codes[i].code, code) != 0)
        i++;
    return i;
}

const char *nd_diag_title(const char *code)
{
    size_t i = find_code(code);
    return i < CODES_COUNT ? codes[i].title : NULL;
}

const char *nd_diag_explanation(const char *code)
{
    size_t i = find_code(code);
    return i < CODES_COUNT ? codes[i].explanation : NULL;
}

const char *nd_diag_code(size_t i)
{
    return i < CODES_COUNT ? codes[i].code : NULL;
}

static bool repeated(const struct nd_diags *diags, const struct nd_diag *diag)
{
    for (size_t i = 0; i < diags->list.count; i++) {
        const struct nd_diag *other = &diags->list.at[i];
        if (other->code != diag->code || other->line != diag->line ||
            strcmp(other->file, diag->file) != 0)
            continue;
        /* The scan of the text and the run of the frame may word the same fault differently; and
         * the run may know the line alone. */
        bool same_text = strcmp(other->text, diag->text) == 0;
        if (other->column == diag->column ? other->column != 0 || same_text
                                          : same_text && (other->column == 0 || diag->column == 0))
            return true;
    }
    return false;
}

void nd_diag_add(struct nd_diags *diags, const char *code, const char *file, int line, int column,
                 int width, const char *help, const char *fmt, ...)
{
    size_t i = find_code(code);
    ND_CHECK(i < CODES_COUNT);
    struct nd_buf text = {0};
    char piece[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(piece, sizeof piece, fmt, args);
    va_end(args);
    nd_buf_adds(&text, piece);
    struct nd_diag diag = {.code = codes[i].code,
                           .severity = code[0] == 'W' ? ND_DIAG_WARNING : ND_DIAG_ERROR,
                           .file = nd_strdup(file != NULL ? file : "?"),
                           .line = line,
                           .column = column,
                           .width = width,
                           .text = nd_buf_take(&text),
                           .help = nd_strdup(help)};
    bool drop = repeated(diags, &diag);
    if (!drop) {
        diags->errors += diag.severity == ND_DIAG_ERROR;
        diags->warnings += diag.severity == ND_DIAG_WARNING;
    }
    if (drop || diags->list.count >= DIAGS_MAX) {
        free(diag.file);
        free(diag.text);
        free(diag.help);
        return;
    }
    nd_vec_push(&diags->list, diag);
}

void nd_diags_deinit(struct nd_diags *diags)
{
    for (size_t i = 0; i < diags->list.count; i++) {
        free(diags->list.at[i].file);
        free(diags->list.at[i].text);
        free(diags->list.at[i].help);
    }
    nd_vec_free(&diags->list);
    *diags = (struct nd_diags){0};
}

static int by_place(const void *a, const void *b)
{
    const struct nd_diag *x = a;
    const struct nd_diag *y = b;
    int file = strcmp(x->file, y->file);
    if (file != 0)
        return file;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return strcmp(x->code, y->code);
}

void nd_diags_sort(struct nd_diags *diags)
{
    if (diags->list.count != 0)
        qsort(diags->list.at, diags->list.count, sizeof *diags->list.at, by_place);
}

/* ---- printing ---- */

/* Line number `line` of a text; NULL past its end. */
static const char *find_line(const char *text, int line, size_t *len_bytes)
{
    for (int i = 1; text != NULL && i < line; i++) {
        text = strchr(text, '\n');
        text = text != NULL ? text + 1 : NULL;
    }
    if (text != NULL)
        *len_bytes = strcspn(text, "\r\n");
    return text;
}

/* The source line and, under it, what the diagnostic is about. Columns count characters; the
 * underline counts terminal columns, so that it stands right under Chinese text. */
static void quote_line(const struct nd_diag *diag, const char *source, bool colour,
                       struct nd_buf *out)
{
    size_t len = 0;
    const char *line = source != NULL ? find_line(source, diag->line, &len) : NULL;
    if (line == NULL || len > 300)
        return;
    char *copy = strndup(line, len);
    nd_text_tame(copy, false);
    nd_buf_addf(out, "      |\n%5d | %s\n", diag->line, copy);
    if (diag->column > 0) {
        size_t at = 0;
        for (int i = 1; i < diag->column && at < len; i++) {
            size_t step = nd_utf8_len(copy + at, len - at);
            at += step != 0 ? step : 1;
        }
        char *before = strndup(copy, at);
        size_t indent = nd_text_width(before);
        free(before);
        nd_buf_addf(out, "      | %*s%s", (int)indent, "", colour ? "\033[1;31m" : "");
        for (int i = 0; i < (diag->width > 0 ? diag->width : 1); i++)
            nd_buf_adds(out, "^");
        nd_buf_addf(out, "%s\n", colour ? "\033[0m" : "");
    }
    free(copy);
}

static void print_one(const struct nd_diag *diag, const char *source, bool colour,
                      struct nd_buf *out)
{
    bool error = diag->severity == ND_DIAG_ERROR;
    const char *on = !colour ? "" : error ? "\033[1;31m" : "\033[1;33m";
    nd_buf_addf(out, "%s%s[%s]%s: %s\n", on, error ? "error" : "warning", diag->code,
                colour ? "\033[0m" : "", diag->text);
    nd_buf_addf(out, "  --> %s", diag->file);
    if (diag->line > 0)
        nd_buf_addf(out, ":%d", diag->line);
    if (diag->line > 0 && diag->column > 0)
        nd_buf_addf(out, ":%d", diag->column);
    nd_buf_adds(out, "\n");
    if (diag->line > 0)
        quote_line(diag, source, colour, out);
    if (diag->help != NULL)
        nd_buf_addf(out, "      = help: %s\n", diag->help);
    nd_buf_addf(out, "      = see: netdrill explain %s\n\n", diag->code);
}

void nd_diags_print(const struct nd_diags *diags, bool colour, struct nd_buf *out)
{
    char *source = NULL;
    const char *file = NULL;
    for (size_t i = 0; i < diags->list.count; i++) {
        const struct nd_diag *diag = &diags->list.at[i];
        if (file == NULL || strcmp(file, diag->file) != 0) {
            size_t len = 0;
            free(source);
            source = NULL;
            file = diag->file;
            nd_file_read(file, 1u << 21, &source, &len, NULL);
        }
        print_one(diag, source, colour, out);
    }
    free(source);
    if (diags->errors > DIAGS_MAX)
        nd_buf_addf(out, "only the first %d are shown\n", DIAGS_MAX);
    nd_buf_addf(out, "%zu error%s, %zu warning%s\n", diags->errors, diags->errors == 1 ? "" : "s",
                diags->warnings, diags->warnings == 1 ? "" : "s");
}

void nd_diags_json(const struct nd_diags *diags, struct nd_buf *out)
{
    json_t *list = json_array();
    for (size_t i = 0; i < diags->list.count; i++) {
        const struct nd_diag *diag = &diags->list.at[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:i, s:i, s:s, s:s?}", "code", diag->code, "severity",
                            diag->severity == ND_DIAG_ERROR ? "error" : "warning", "file",
                            diag->file, "line", diag->line, "column", diag->column, "text",
                            diag->text, "help", diag->help));
    }
    char *text = json_dumps(list, JSON_COMPACT);
    nd_buf_addf(out, "%s\n", text);
    free(text);
    json_decref(list);
}
