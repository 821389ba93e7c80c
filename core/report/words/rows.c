#include "report/words/packed.h"
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

/* Whether a packed or plain entry has anything in that list. */
static bool has_any(const json_t *entry, const char *key)
{
    json_t *list = nd_part(entry, key);
    bool any = json_array_size(list) != 0;
    json_decref(list);
    return any;
}

static bool has(const json_t *entry, const char *key)
{
    json_t *part = nd_part(entry, key);
    json_decref(part);
    return part != NULL;
}

/* Limits in numbers have a table of their own; a page leaves them to it. Of a series that had no
 * interruption there is nothing to be said of their lengths. */
static bool is_elsewhere(const struct nd_table *table, enum nd_place place, const json_t *entry)
{
    if (strcmp(table->name, "lengths") == 0)
        return !has(entry, "lengths");
    if (table->inner != NULL && strcmp(table->inner, "interruptions") == 0)
        return !has_any(entry, "interruptions");
    bool kpi = json_is_true(json_object_get(entry, "kpi"));
    if (strcmp(table->name, "kpis") == 0)
        return !kpi;
    if (strcmp(table->name, "targets") == 0)
        return !kpi || json_object_get(entry, "target_text") == NULL;
    return kpi && place == ND_PAGES && strcmp(table->name, "expectations") == 0;
}

struct rows ND_VEC(struct nd_table_row);

/* What of an entry's inner list stands there. Caller drops. */
static json_t *inner_of(const struct nd_table *table, enum nd_place place, const json_t *entry,
                        size_t *left)
{
    if (place == ND_PAGES && strcmp(table->inner, "interruptions") == 0)
        return nd_interruptions_shown(entry, ND_INTERRUPTIONS_LISTED, left);
    if (place == ND_PAGES && strcmp(table->inner, "moments") == 0)
        return nd_fault_known(entry);
    *left = (size_t)nd_int_of(entry, "interruptions_left");
    return json_incref(json_object_get(entry, table->inner));
}

/* Those of one entry of the table's list. */
static void add_rows(struct rows *rows, const struct nd_table *table, enum nd_place place,
                     const json_t *entry)
{
    size_t left = 0;
    size_t i = 0;
    json_t *one = NULL;
    if (table->inner == NULL) {
        nd_vec_push(rows, (struct nd_table_row){entry, entry, 0});
        return;
    }
    json_t *inner = inner_of(table, place, entry, &left);
    json_array_foreach(inner, i, one) nd_vec_push(rows, (struct nd_table_row){one, entry, 0});
    if (left != 0)
        nd_vec_push(rows, (struct nd_table_row){NULL, entry, left});
    json_decref(inner);
}

struct ranked {
    const json_t *entry;
    json_int_t lost;
    size_t place, group;
};

static int by_group(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    return x->group != y->group ? (x->group > y->group) - (x->group < y->group)
                                : (x->place > y->place) - (x->place < y->place);
}

/* Rows that have a heading in common stand together, where the first of them does: steps that run
 * side by side would repeat theirs. */
static void gather(const struct nd_table *table, struct ranked *list, size_t count)
{
    const char *key = table->columns[0].key;
    size_t *firsts = nd_alloc((count + 1) * sizeof *firsts);
    size_t groups = 0;
    for (size_t i = 0; i < count && (table->columns[0].kind & ND_GROUP) != 0; i++) {
        const json_t *value = json_object_get(list[i].entry, key);
        size_t g = groups;
        while (g > 0 && !json_equal(value, json_object_get(list[firsts[g - 1]].entry, key)))
            g--;
        if (g == 0)
            firsts[g = groups++] = i;
        else
            g--;
        list[i].group = g;
    }
    free(firsts);
    if (groups > 1)
        qsort(list, count, sizeof *list, by_group);
}

static int lost_most(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    return x->lost != y->lost ? (x->lost < y->lost) - (x->lost > y->lost)
                              : (x->place > y->place) - (x->place < y->place);
}

/* Of a list with packed entries the others alone, those that lost most first. */
size_t nd_table_rows(const json_t *model, const struct nd_table *table, struct nd_table_row **rows)
{
    struct ND_VEC(struct ranked) shown = {0};
    struct rows out = {0};
    size_t left = 0;
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(nd_table_value(model, table->list), i, entry)
    {
        if (is_elsewhere(table, ND_PAGES, entry))
            continue;
        left += json_is_string(entry);
        if (!json_is_string(entry))
            nd_vec_push(&shown,
                        (struct ranked){
                            entry, nd_int_of(entry, "count") - nd_int_of(entry, "answered"), i, 0});
    }
    if (left != 0 && shown.count != 0)
        qsort(shown.at, shown.count, sizeof shown.at[0], lost_most);
    else if (shown.count != 0)
        gather(table, shown.at, shown.count);
    for (i = 0; i < shown.count; i++)
        add_rows(&out, table, ND_PAGES, shown.at[i].entry);
    if (left != 0)
        nd_vec_push(&out, (struct nd_table_row){NULL, NULL, left});
    nd_vec_free(&shown);
    *rows = out.at;
    return out.count;
}

void nd_table_each(const json_t *model, const struct nd_table *table,
                   void (*tell)(void *ctx, const struct nd_table_row *row), void *ctx)
{
    struct rows rows = {0};
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(nd_table_value(model, table->list), i, entry)
    {
        if (is_elsewhere(table, ND_SHEETS, entry))
            continue;
        json_t *whole = nd_unpacked(entry);
        add_rows(&rows, table, ND_SHEETS, whole);
        for (size_t k = 0; k < rows.count; k++)
            tell(ctx, &rows.at[k]);
        rows.count = 0;
        json_decref(whole);
    }
    nd_vec_free(&rows);
}

char *nd_samples_command(const struct nd_page *page)
{
    const json_t *run = json_object_get(page->model, "run");
    struct nd_table_row *rows = NULL;
    struct nd_buf out = {0};
    char text[ND_UNIT_TEXT];
    size_t count = nd_table_rows(page->model, nd_table_find("interruptions"), &rows);
    bool told = count != 0 && *nd_str_of(run, "audience") == '\0';
    if (told) {
        const json_t *till = json_object_get(rows[0].entry, "till_rel_ns");
        const json_t *from = json_object_get(rows[0].entry, "from_rel_ns");
        nd_buf_addf(&out, "netdrill samples %s --csv --series %lld", nd_str_of(run, "id"),
                    (long long)nd_int_of(rows[0].outer, "id"));
        if (json_integer_value(from) >= 0) /* else before STARTEX, as all is from the beginning */
            nd_buf_addf(&out, " --from %s", nd_rel_text(from, text));
        if (json_is_integer(till) && json_integer_value(till) >= 0)
            nd_buf_addf(&out, " --till %s", nd_rel_text(till, text));
    }
    free(rows);
    return told ? nd_buf_take(&out) : NULL;
}
