#include "report/words/tables.h"

#include <stdlib.h>
#include <string.h>

/* A table as a sheet: quantities as numbers in base units, all else in words. */

static bool in_ns(const struct nd_column *column)
{
    size_t len = strlen(column->key);
    return len > 3 && strcmp(column->key + len - 3, "_ns") == 0;
}

static bool in_seconds(const struct nd_column *column)
{
    enum nd_cell_kind kind = nd_cell_kind(column);
    return in_ns(column) && kind != ND_CELL_MOMENT && kind != ND_CELL_TILL;
}

static bool is_number(const struct nd_column *column, const struct nd_table_row *row)
{
    enum nd_cell_kind kind = nd_cell_kind(column);
    if (!json_is_number(nd_cell_value(column, row)) ||
        (kind == ND_CELL_LATE && !json_is_integer(json_object_get(row->entry, "planned_rel_ns"))))
        return false;
    return in_seconds(column) || kind == ND_CELL_NUMBER || kind == ND_CELL_SEQ ||
           kind == ND_CELL_EVENT || kind == ND_CELL_VALUE || kind == ND_CELL_SHARE ||
           kind == ND_CELL_WIDTH || kind == ND_CELL_LIMIT || kind == ND_CELL_MARGIN ||
           kind == ND_CELL_WARN;
}

struct filling {
    const struct nd_page *page;
    const struct nd_table *table;
    struct nd_sheet *sheet;
};

static void add_row(void *ctx, const struct nd_table_row *row)
{
    const struct filling *filling = ctx;
    const struct nd_page *page = filling->page;
    struct nd_sheet *sheet = filling->sheet;
    const struct nd_column *columns = filling->table->columns;
    bool left_said = false;
    nd_sheet_row(sheet);
    for (const struct nd_column *c = columns; c->key != NULL; c++) {
        const json_t *value = nd_cell_value(c, row);
        struct nd_buf text = {0};
        if (!nd_column_stands(c, ND_SHEETS))
            continue;
        if (row->entry == NULL && c != columns) { /* the words, then cells with nothing */
            if (!left_said)
                nd_row_left_words(page, row, &text);
            left_said = true;
            nd_sheet_text(sheet, nd_buf_str(&text));
        } else if (is_number(c, row)) {
            nd_sheet_number(sheet, json_number_value(value) / (in_seconds(c) ? 1e9 : 1));
        } else {
            if (value != NULL && (!json_is_null(value) || nd_cell_kind(c) == ND_CELL_TILL))
                nd_cell_words(page, c, row, &text);
            if (nd_cell_kind(c) == ND_CELL_DATE)
                nd_sheet_date(sheet, nd_buf_str(&text));
            else
                nd_sheet_text(sheet, nd_buf_str(&text));
        }
        nd_buf_deinit(&text);
    }
}

void nd_table_sheet(const struct nd_page *page, const struct nd_table *table,
                    struct nd_sheet *sheet)
{
    struct filling filling = {page, table, sheet};
    sheet->name = nd_strdup(nd_msg(page, table->caption));
    nd_sheet_row(sheet);
    for (const struct nd_column *c = table->columns; c->key != NULL; c++) {
        if (!nd_column_stands(c, ND_SHEETS))
            continue;
        char *heading = nd_printf("%s%s", nd_msg(page, c->heading),
                                  in_seconds(c) ? nd_msg(page, ND_MSG_IN_SECONDS) : "");
        nd_sheet_text(sheet, heading);
        free(heading);
    }
    nd_table_each(page->model, table, add_row, &filling);
}
