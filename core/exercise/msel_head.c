#include "exercise/msel_cells.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The heading of a table: which column holds what, by name or synonym. */

#define HEADING_WITHIN 20 /* rows */

static const char *synonyms_of(int column)
{
    switch (column) {
#define X(key, name, synonyms)                                                                     \
    case ND_MSEL_##key:                                                                            \
        return synonyms;
        ND_MSEL_COLUMNS(X)
        ND_MSEL_READ_ALONE(X)
#undef X
    default:
        return "";
    }
}

void nd_msel_note(struct nd_msel *msel, size_t row, size_t column, bool error, const char *fmt, ...)
{
    char text[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    msel->errors += error;
    nd_vec_push(&msel->notes, (struct nd_msel_note){row, column, error, nd_strdup(text)});
}

void nd_msel_deinit(struct nd_msel *msel)
{
    for (size_t i = 0; i < msel->notes.count; i++)
        free(msel->notes.at[i].text);
    for (size_t i = 0; i < msel->made.count; i++) {
        free(msel->made.at[i].id);
        free(msel->made.at[i].phase);
        free(msel->made.at[i].said);
    }
    nd_vec_free(&msel->made);
    nd_vec_free(&msel->notes);
    nd_vec_free(&msel->lines);
    nd_buf_deinit(&msel->lua);
}

const char *nd_msel_letter(size_t column, char *out)
{
    if (column < 26)
        snprintf(out, 8, "%c", (char)('A' + column));
    else
        snprintf(out, 8, "%c%c", (char)('A' + column / 26 % 27 - 1), (char)('A' + column % 26));
    return out;
}

/* Lower case, without blanks, '_', '-', '/', '(' and the like: what people write differently. Full
 * stops and full-width brackets go too. */
static void normal(const char *text, size_t len, char *out, size_t bytes)
{
    static const char *const wide[] = {"（", "）", "　", "：", "／"};
    size_t used = 0;
    for (size_t i = 0; i < len && used + 4 < bytes;) {
        size_t skip = 0;
        for (size_t w = 0; w < sizeof wide / sizeof wide[0] && skip == 0; w++) {
            if (strncmp(text + i, wide[w], 3) == 0)
                skip = 3;
        }
        if (skip == 0 && strchr(" _-/().:\t\r\n", text[i]) != NULL)
            skip = 1;
        if (skip == 0) {
            out[used++] = nd_msel_lower(text[i]);
            skip = 1;
        }
        i += skip;
    }
    out[used] = '\0';
}

static bool is_one_of(const char *heading, const char *list)
{
    char word[120];
    while (*list != '\0') {
        size_t len = strcspn(list, "|");
        normal(list, len, word, sizeof word);
        if (*word != '\0' && strcmp(word, heading) == 0)
            return true;
        list += len + (list[len] == '|');
    }
    return false;
}

/* ND_MSEL_COUNT: it is no heading that is known. */
static enum nd_msel_column column_of(const char *text)
{
    char heading[120];
    char name[120];
    normal(text, strlen(text), heading, sizeof heading);
    for (int c = 0; c < ND_MSEL_COUNT; c++) {
        const char *written = nd_msel_name((enum nd_msel_column)c);
        normal(written, strlen(written), name, sizeof name);
        if (*heading != '\0' && (strcmp(name, heading) == 0 || is_one_of(heading, synonyms_of(c))))
            return (enum nd_msel_column)c;
    }
    return ND_MSEL_COUNT;
}

/* How many headings a row has, and a title among them. */
static size_t count_known(const struct nd_sheet *sheet, size_t row)
{
    size_t known = 0;
    bool title = false;
    for (size_t c = 0; c < sheet->rows.at[row].count; c++) {
        enum nd_msel_column column = column_of(nd_sheet_at(sheet, row, c));
        known += column != ND_MSEL_COUNT;
        title = title || column == ND_MSEL_TITLE || column == ND_MSEL_TITLE_ZH ||
                column == ND_MSEL_TITLE_EN;
    }
    return title ? known : 0;
}

bool nd_msel_heading(const struct nd_sheet *sheet, struct nd_msel *msel, size_t *heading)
{
    size_t best = 0;
    for (size_t i = 0; i < ND_MSEL_COUNT; i++)
        msel->at[i] = SIZE_MAX;
    for (size_t r = 0; r < sheet->rows.count && r < HEADING_WITHIN; r++) {
        size_t known = count_known(sheet, r);
        if (known > best) {
            best = known;
            *heading = r;
        }
    }
    if (best < 2) {
        nd_msel_note(msel, 0, SIZE_MAX, true,
                     "expected a heading such as 'title_zh' (標題) and 'time' (時間) in one of the "
                     "first %d rows; 'netdrill msel export' writes one",
                     HEADING_WITHIN);
        return false;
    }
    for (size_t c = 0; c < sheet->rows.at[*heading].count; c++) {
        const char *text = nd_sheet_at(sheet, *heading, c);
        enum nd_msel_column column = column_of(text);
        if (column == ND_MSEL_COUNT && *text != '\0')
            nd_msel_note(msel, *heading, c, false,
                         "the column '%.60s' is not known; it is left out", text);
        else if (column != ND_MSEL_COUNT && msel->at[column] != SIZE_MAX)
            nd_msel_note(msel, *heading, c, true, "'%.60s' means the same as a column before it",
                         text);
        else if (column != ND_MSEL_COUNT)
            msel->at[column] = c;
    }
    return true;
}
