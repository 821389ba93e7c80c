#include "report/words/tables.h"
#include "report/page/html.h"
#include "report/page/svg.h"

#include <stdlib.h>
#include <string.h>

/* Tables that are told as data (tables.h), on the page. */

/* Each number of an event leads to it in the appendix. */
static void put_seqs(const struct nd_page *page, const json_t *value)
{
    const char *lang = page->lang == ND_LANG_ZH ? "zh" : "en";
    size_t count = json_is_array(value) ? json_array_size(value) : 1;
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_is_array(value) ? json_array_get(value, i) : value;
        if (json_is_integer(one))
            nd_buf_addf(page->out, "%s<a href=\"#e%lld-%s\">%lld</a>", i != 0 ? ", " : "",
                        (long long)json_integer_value(one), lang,
                        (long long)json_integer_value(one));
    }
}

static void put_words(const struct nd_page *page, const struct nd_column *column,
                      const struct nd_table_row *row)
{
    const json_t *value = nd_cell_value(column, row);
    enum nd_cell_kind kind = nd_cell_kind(column);
    struct nd_buf words = {0};
    if (kind == ND_CELL_BULLET) {
        nd_html_bullet(page, column->key, row->entry);
    } else if (kind == ND_CELL_SEQ) {
        put_seqs(page, value);
    } else if ((kind == ND_CELL_MOMENT || kind == ND_CELL_TILL) && json_is_integer(value)) {
        nd_html_moment(page, value);
    } else {
        nd_cell_words(page, column, row, &words);
        nd_html_words(page, nd_buf_str(&words));
    }
    nd_buf_deinit(&words);
}

/* The next column that stands on a page, from c on; NULL: none. */
static const struct nd_column *on_page(const struct nd_column *c)
{
    while (c->key != NULL &&
           (!nd_column_stands(c, ND_PAGES | ND_DRAWN) || (c->kind & ND_GROUP) != 0))
        c++;
    return c->key != NULL ? c : NULL;
}

static bool is_below(const struct nd_column *c)
{
    return c != NULL && (c->kind & ND_BELOW) != 0;
}

static bool says_nothing(const struct nd_page *page, const struct nd_column *column,
                         const struct nd_table_row *row)
{
    struct nd_buf words = {0};
    nd_cell_words(page, column, row, &words);
    bool nothing = words.len_bytes == 0;
    nd_buf_deinit(&words);
    return nothing;
}

/* A column with those below it. Returns the one after them. */
static const struct nd_column *put_cell(const struct nd_page *page, const struct nd_column *column,
                                        const struct nd_table_row *row)
{
    const char *class = nd_cell_class(column, row);
    const struct nd_column *next = on_page(column + 1);
    if (nd_cell_kind(column) == ND_CELL_EVENT)
        nd_buf_addf(page->out, "<td class=\"n\" id=\"e%lld-%s\">",
                    (long long)json_integer_value(nd_cell_value(column, row)),
                    page->lang == ND_LANG_ZH ? "zh" : "en");
    else
        nd_buf_addf(page->out, *class != '\0' ? "<td class=\"%s\">" : "<td>", class);
    put_words(page, column, row);
    for (; is_below(next); next = on_page(next + 1)) {
        class = nd_cell_class(next, row);
        if (row->entry == NULL || says_nothing(page, next, row))
            continue;
        nd_buf_addf(page->out, "<div class=\"%s\">", *class != '\0' ? class : "below");
        put_words(page, next, row);
        nd_html_raw(page, "</div>");
    }
    nd_html_raw(page, "</td>");
    return next;
}

static void put_row(const struct nd_page *page, const struct nd_table *table, size_t cells,
                    const struct nd_table_row *row)
{
    nd_html_raw(page, "<tr>");
    for (const struct nd_column *c = on_page(table->columns); c != NULL;) {
        bool whole = row->entry == NULL && row->outer == NULL;
        if (!whole)
            c = put_cell(page, c, row);
        if (row->entry == NULL) {
            struct nd_buf words = {0};
            nd_row_left_words(page, row, &words);
            nd_buf_addf(page->out, "<td colspan=\"%zu\">+ ", cells - !whole);
            nd_html_text(page, nd_buf_str(&words));
            nd_html_raw(page, "</td>");
            nd_buf_deinit(&words);
            break;
        }
    }
    nd_html_raw(page, "</tr>\n");
}

/* Returns how many cells a row has. */
static size_t put_headings(const struct nd_page *page, const struct nd_table *table)
{
    size_t cells = 0;
    const struct nd_column *c = on_page(table->columns);
    while (c != NULL) {
        const char *class = nd_cell_class(c, &(struct nd_table_row){NULL, NULL, 0});
        nd_buf_addf(page->out, "<th scope=\"col\"%s>",
                    strcmp(class, "n") == 0 ? " class=\"n\"" : "");
        nd_html_msg(page, c->heading);
        for (c = on_page(c + 1); is_below(c); c = on_page(c + 1)) {
            nd_html_raw(page, "<div class=\"below\">");
            nd_html_msg(page, c->heading);
            nd_html_raw(page, "</div>");
        }
        nd_html_raw(page, "</th>");
        cells++;
    }
    nd_html_raw(page, "</tr></thead><tbody>\n");
    return cells;
}

/* What the rows from this one on have in common, when the one before had it not. */
static void put_group(const struct nd_page *page, const struct nd_table *table, size_t cells,
                      const struct nd_table_row *row, const struct nd_table_row *before)
{
    const struct nd_column *c = table->columns;
    const json_t *value = nd_cell_value(c, row);
    if ((c->kind & ND_GROUP) == 0 ||
        (before != NULL &&
         (value == nd_cell_value(c, before) || json_equal(value, nd_cell_value(c, before)))))
        return;
    if (before != NULL)
        nd_html_raw(page, "</tbody><tbody>\n");
    if (value == NULL)
        return;
    nd_buf_addf(page->out, "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"%zu\">", cells);
    put_words(page, c, row);
    nd_html_raw(page, "</th></tr>\n");
}

void nd_html_data(const struct nd_page *page, const char *name)
{
    const struct nd_table *table = nd_table_find(name);
    struct nd_table_row *rows = NULL;
    size_t count = nd_table_rows(page->model, table, &rows);
    if (rows != NULL && count != 0) {
        nd_html_table_open(page, table->caption);
        size_t cells = put_headings(page, table);
        for (size_t i = 0; i < count; i++) {
            put_group(page, table, cells, &rows[i], i != 0 ? &rows[i - 1] : NULL);
            put_row(page, table, cells, &rows[i]);
        }
        nd_html_table_end(page);
    }
    free(rows);
}

void nd_html_section(const struct nd_page *page, const char *name)
{
    const struct nd_table *table = nd_table_find(name);
    if (json_array_size(json_object_get(page->model, table->list)) == 0)
        return;
    nd_html_heading(page, name, table->caption);
    nd_html_data(page, name);
    nd_html_raw(page, "</section>\n");
}

/* What the figures of a profile's clocks rest on. */
static void put_profile(const struct nd_page *page, const json_t *profile)
{
    const char *since = nd_str_of(profile, "since");
    const char *note = nd_text_of(page, json_object_get(profile, "note"));
    nd_html_raw(page, "<p><b>");
    nd_html_text(page, nd_text_of(page, json_object_get(profile, "title")));
    nd_html_raw(page, "</b> (");
    nd_html_text(page, nd_str_of(profile, "name"));
    nd_html_raw(page, ")");
    nd_html_raw(page, nd_colon(page));
    nd_html_words(page, nd_text_of(page, json_object_get(profile, "law")));
    nd_html_text(page, *since != '\0' ? nd_comma(page) : "");
    nd_html_text(page, since);
    nd_html_raw(page, page->lang == ND_LANG_ZH ? "。<small>" : ". <small>");
    nd_html_msg(page, ND_MSG_SEEN);
    nd_html_raw(page, nd_colon(page));
    nd_html_reason(page, nd_text_of(page, json_object_get(profile, "seen")));
    nd_html_raw(page, page->lang == ND_LANG_ZH ? "。" : ". ");
    nd_html_words(page, note);
    nd_html_raw(page, "</small></p>\n");
}

static void put_clocks(const struct nd_page *page)
{
    if (json_array_size(json_object_get(page->model, "obligations")) == 0)
        return;
    nd_html_raw(page, "<figure>");
    nd_svg_duties(page);
    nd_html_raw(page, "<figcaption class=\"legend\">");
    nd_svg_duties_legend(page);
    nd_html_raw(page, "</figcaption></figure>\n");
}

void nd_html_duties(const struct nd_page *page)
{
    static const char *const tables[] = {"obligations", "events", "rules"};
    const json_t *profiles = json_object_get(page->model, "profiles");
    size_t i = 0;
    json_t *profile = NULL;
    size_t rows = 0;
    for (size_t t = 0; t < 3; t++)
        rows += json_array_size(json_object_get(page->model, tables[t]));
    if (rows == 0)
        return;
    nd_html_heading(page, "obligations", ND_MSG_DUTIES);
    json_array_foreach(profiles, i, profile) put_profile(page, profile);
    put_clocks(page);
    for (size_t t = 0; t < 3; t++)
        nd_html_data(page, tables[t]);
    if (json_array_size(json_object_get(page->model, "obligations")) != 0) {
        nd_html_raw(page, "<p><small>");
        nd_html_msg(page, ND_MSG_DEF_DUTIES);
        nd_html_raw(page, "</small></p>\n");
    }
    nd_html_raw(page, "</section>\n");
}

static void put_definition(const struct nd_page *page, enum nd_message message)
{
    nd_html_raw(page, "<p><small>");
    nd_html_msg(page, message);
    nd_html_raw(page, "</small></p>\n");
}

void nd_html_ratings(const struct nd_page *page)
{
    const json_t *evaluation = json_object_get(page->model, "evaluation");
    if (json_array_size(json_object_get(page->model, "objectives")) == 0)
        return;
    nd_html_heading(page, "ratings", ND_MSG_RATINGS);
    if (nd_int_of(evaluation, "bad_seq") != 0) {
        nd_html_raw(page, "<p class=\"alarm\" role=\"alert\">");
        nd_html_msg(page, ND_MSG_EVALUATION_BAD);
        nd_buf_addf(page->out, " (%lld)</p>\n", (long long)nd_int_of(evaluation, "bad_seq"));
    }
    nd_html_data(page, "objectives");
    nd_html_targets(page);
    put_definition(page, ND_MSG_DEF_RATINGS);
    put_definition(page, ND_MSG_DEF_SUGGESTED);
    nd_html_raw(page, "</section>\n");
}

static void put_carried(const struct nd_page *page)
{
    char *words = nd_carried_words(page);
    if (words == NULL)
        return;
    nd_html_raw(page, "<p>");
    nd_html_text(page, words);
    nd_html_raw(page, "</p>\n");
    free(words);
    nd_html_data(page, "carried");
    put_definition(page, ND_MSG_DEF_CARRIED);
}

void nd_html_improvements(const struct nd_page *page)
{
    json_int_t left = nd_int_of(json_object_get(page->model, "evaluation"), "without_action");
    if (json_array_size(json_object_get(page->model, "improvements")) == 0 && left == 0 &&
        json_array_size(json_object_get(page->model, "carried")) == 0)
        return;
    nd_html_heading(page, "improvements", ND_MSG_IMPROVEMENTS);
    if (left != 0) {
        nd_html_raw(page, "<p class=\"missed\">");
        nd_html_msg(page, ND_MSG_WITHOUT_ACTION);
        nd_buf_addf(page->out, "%s%lld</p>\n", nd_colon(page), (long long)left);
    }
    nd_html_data(page, "improvements");
    put_carried(page);
    nd_html_raw(page, "</section>\n");
}
