#include "report/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which rows a table has, and which columns stand where. */

const json_t *nd_table_value(const json_t *object, const char *path)
{
    while (*path != '\0' && object != NULL) {
        size_t len = strcspn(path, ".");
        char key[48];
        snprintf(key, sizeof key, "%.*s", (int)len, path);
        object = json_object_get(object, key);
        path += len + (path[len] == '.');
    }
    return object;
}

bool nd_column_stands(const struct nd_column *column, enum nd_place place)
{
    return (column->kind & (ND_SHEETS | ND_PAGES | ND_DRAWN)) == 0 || (column->kind & place) != 0;
}

size_t nd_table_headings(const struct nd_table *table, enum nd_message *headings)
{
    size_t count = 0;
    for (const struct nd_column *c = table->columns; c->key != NULL; c++) {
        if (nd_column_stands(c, ND_PAGES))
            headings[count++] = c->heading;
    }
    return count;
}

/* Limits in numbers have a table of their own; a page leaves them to it. */
static bool is_elsewhere(const struct nd_table *table, enum nd_place place, const json_t *entry)
{
    bool kpi = json_is_true(json_object_get(entry, "kpi"));
    if (strcmp(table->name, "kpis") == 0)
        return !kpi;
    if (strcmp(table->name, "targets") == 0)
        return !kpi || json_object_get(entry, "target_text") == NULL;
    return kpi && place == ND_PAGES && strcmp(table->name, "expectations") == 0;
}

size_t nd_table_rows(const json_t *model, const struct nd_table *table, enum nd_place place,
                     struct nd_table_row **rows)
{
    const json_t *list = nd_table_value(model, table->list);
    size_t count = 0;
    size_t i = 0;
    json_t *first = NULL;
    *rows = NULL;
    json_array_foreach(list, i, first)
    {
        size_t left = 0;
        size_t k = 0;
        json_t *one = NULL;
        json_t *inner = NULL;
        if (is_elsewhere(table, place, first))
            continue;
        if (table->inner == NULL) {
            inner = json_pack("[O]", first);
        } else if (place == ND_PAGES && strcmp(table->inner, "interruptions") == 0) {
            inner = nd_interruptions_shown(first, ND_INTERRUPTIONS_LISTED, &left);
        } else if (place == ND_PAGES && strcmp(table->inner, "moments") == 0) {
            inner = nd_fault_known(first);
        } else {
            inner = json_incref(json_object_get(first, table->inner));
            left = (size_t)nd_int_of(first, "interruptions_left");
        }
        *rows = nd_realloc(*rows, count + json_array_size(inner) + 1, sizeof **rows);
        json_array_foreach(inner, k, one)(*rows)[count++] = (struct nd_table_row){one, first, 0};
        if (left != 0)
            (*rows)[count++] = (struct nd_table_row){NULL, first, left};
        json_decref(inner);
    }
    return count;
}
