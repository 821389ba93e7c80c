#include "sheet/sheet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void nd_sheet_deinit(struct nd_sheet *sheet)
{
    for (size_t r = 0; r < sheet->rows.count; r++) {
        for (size_t c = 0; c < sheet->rows.at[r].count; c++) {
            free(sheet->rows.at[r].at[c].text);
            free(sheet->rows.at[r].at[c].exact);
        }
        nd_vec_free(&sheet->rows.at[r]);
    }
    nd_vec_free(&sheet->rows);
    free(sheet->name);
    sheet->name = NULL;
}

void nd_sheet_row(struct nd_sheet *sheet)
{
    nd_vec_push(&sheet->rows, (struct nd_row){0});
}

static void add(struct nd_sheet *sheet, const char *text, bool number)
{
    ND_CHECK(sheet->rows.count != 0);
    struct nd_row *row = &sheet->rows.at[sheet->rows.count - 1];
    nd_vec_push(row, (struct nd_cell){.text = nd_strdup(text), .number = number});
}

void nd_sheet_text(struct nd_sheet *sheet, const char *text)
{
    add(sheet, text != NULL ? text : "", false);
}

void nd_sheet_number(struct nd_sheet *sheet, double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.12g", value);
    if (isfinite(value))
        add(sheet, text, true);
    else
        add(sheet, "", false);
}

/* Whether it is a day of the calendar as ISO 8601 writes it. */
static bool is_day(const char *text)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%d", &tm);
    int day = tm.tm_mday;
    if (end == NULL || *end != '\0' || strlen(text) != 10 || tm.tm_year < 0)
        return false;
    return timegm(&tm) != -1 && tm.tm_mday == day; /* no 31st of April */
}

void nd_sheet_date(struct nd_sheet *sheet, const char *day)
{
    struct nd_row *row = NULL;
    nd_sheet_text(sheet, day);
    row = &sheet->rows.at[sheet->rows.count - 1];
    row->at[row->count - 1].date = is_day(day);
}

const char *nd_sheet_at(const struct nd_sheet *sheet, size_t row, size_t column)
{
    bool there = row < sheet->rows.count && column < sheet->rows.at[row].count;
    return there ? sheet->rows.at[row].at[column].text : "";
}

const char *nd_sheet_exact_at(const struct nd_sheet *sheet, size_t row, size_t column)
{
    bool there = row < sheet->rows.count && column < sheet->rows.at[row].count;
    if (there && sheet->rows.at[row].at[column].exact != NULL)
        return sheet->rows.at[row].at[column].exact;
    return nd_sheet_at(sheet, row, column);
}

void nd_sheet_exact(struct nd_sheet *sheet, const char *exact)
{
    ND_CHECK(sheet->rows.count != 0 && sheet->rows.at[sheet->rows.count - 1].count != 0);
    struct nd_row *row = &sheet->rows.at[sheet->rows.count - 1];
    struct nd_cell *cell = &row->at[row->count - 1];
    free(cell->exact);
    cell->exact = exact != NULL ? nd_strdup(exact) : NULL;
}
