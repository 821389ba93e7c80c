#include "report/words/tables.h"

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

void nd_row_left_words(const struct nd_page *page, const struct nd_table_row *row,
                       struct nd_buf *out)
{
    if (row->outer == NULL)
        nd_buf_addf(out, "%zu %s", row->left, nd_msg(page, ND_MSG_SERIES_LEFT));
    else
        nd_left_words(page, row->left, out);
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

/* Limits in numbers have a table of their own; a page leaves them to it. Of a series that had no
 * interruption there is nothing to be said of their lengths. */
static bool is_elsewhere(const struct nd_table *table, enum nd_place place, const json_t *entry)
{
    if (strcmp(table->name, "lengths") == 0)
        return json_object_get(entry, "lengths") == NULL;
    if (table->inner != NULL && strcmp(table->inner, "interruptions") == 0)
        return json_array_size(json_object_get(entry, "interruptions")) == 0;
    bool kpi = json_is_true(json_object_get(entry, "kpi"));
    if (strcmp(table->name, "kpis") == 0)
        return !kpi;
    if (strcmp(table->name, "targets") == 0)
        return !kpi || json_object_get(entry, "target_text") == NULL;
    return kpi && place == ND_PAGES && strcmp(table->name, "expectations") == 0;
}

struct ranked {
    json_int_t lost;
    size_t place;
};

static int lost_most(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    return x->lost != y->lost ? (x->lost < y->lost) - (x->lost > y->lost)
                              : (x->place > y->place) - (x->place < y->place);
}

/* Of so many series that a page would be a pile of paper, those that lost most, the worst first.
 * Takes over the list; left: how many are not among them. */
static json_t *worst(json_t *list, size_t *left)
{
    size_t count = json_array_size(list);
    *left = count > ND_SERIES_SHOWN ? count - ND_SERIES_SHOWN : 0;
    if (*left == 0)
        return list;
    struct ranked *all = nd_alloc(count * sizeof *all);
    json_t *shown = json_array();
    size_t i = 0;
    json_t *series = NULL;
    json_array_foreach(list, i, series) all[i] =
        (struct ranked){nd_int_of(series, "count") - nd_int_of(series, "answered"), i};
    qsort(all, count, sizeof *all, lost_most);
    for (i = 0; i < ND_SERIES_SHOWN; i++)
        json_array_append(shown, json_array_get(list, all[i].place));
    free(all);
    json_decref(list);
    return shown;
}

/* What of the model's list has rows. Caller drops. */
static json_t *entries(const json_t *model, const struct nd_table *table, enum nd_place place,
                       size_t *left)
{
    json_t *out = json_array();
    size_t i = 0;
    json_t *entry = NULL;
    *left = 0;
    json_array_foreach(nd_table_value(model, table->list), i, entry)
    {
        if (!is_elsewhere(table, place, entry))
            json_array_append(out, entry);
    }
    return place == ND_PAGES && strcmp(table->list, "series") == 0 ? worst(out, left) : out;
}

size_t nd_table_rows(const json_t *model, const struct nd_table *table, enum nd_place place,
                     struct nd_table_row **rows)
{
    size_t not_shown = 0;
    json_t *list = entries(model, table, place, &not_shown);
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
    json_decref(list);
    if (not_shown != 0) {
        *rows = nd_realloc(*rows, count + 1, sizeof **rows);
        (*rows)[count++] = (struct nd_table_row){NULL, NULL, not_shown};
    }
    return count;
}
