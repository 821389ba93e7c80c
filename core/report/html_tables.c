#include "report/html.h"
#include "report/tables.h"

#include <stdio.h>
#include <string.h>

/* Tables that are told as data (tables.h), on the page, and the interruptions. */

static void put_cell(const struct nd_page *page, const struct nd_column *column,
                     const json_t *entry)
{
    struct nd_buf words = {0};
    const char *state = nd_str_of(entry, column->key);
    bool good = strcmp(state, "met") == 0 || strcmp(state, "done") == 0;
    bool bad = strcmp(state, "missed") == 0 || strcmp(state, "late") == 0;
    nd_cell_words(page, column, entry, NULL, &words);
    if (column->kind == ND_CELL_STATE && (good || bad))
        nd_buf_addf(page->out, "<td class=\"%s\">", good ? "met" : "missed");
    else
        nd_html_raw(page, column->kind == ND_CELL_NUMBER ? "<td class=\"n\">" : "<td>");
    nd_html_text(page, nd_buf_str(&words));
    nd_html_raw(page, "</td>");
    nd_buf_deinit(&words);
}

void nd_html_data(const struct nd_page *page, const char *name)
{
    const struct nd_table *table = nd_table_find(name);
    enum nd_message headings[ND_COLUMNS_MAX];
    size_t count = nd_table_headings(table, headings);
    size_t i = 0;
    json_t *entry = NULL;
    const json_t *list = json_object_get(page->model, table->list);
    if (json_array_size(list) == 0)
        return;
    nd_html_table(page, table->caption, headings, count);
    json_array_foreach(list, i, entry)
    {
        nd_html_raw(page, "<tr>");
        for (const struct nd_column *c = table->columns; c->key != NULL; c++)
            put_cell(page, c, entry);
        nd_html_raw(page, "</tr>\n");
    }
    nd_html_table_end(page);
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
    nd_html_raw(page, "): ");
    nd_html_text(page, nd_text_of(page, json_object_get(profile, "law")));
    nd_html_text(page, *since != '\0' ? ", " : "");
    nd_html_text(page, since);
    nd_html_raw(page, ". <small>");
    nd_html_msg(page, ND_MSG_SEEN);
    nd_html_raw(page, ": <span lang=\"en\">");
    nd_html_text(page, nd_str_of(profile, "seen"));
    nd_html_raw(page, "</span>. ");
    nd_html_text(page, note);
    nd_html_raw(page, "</small></p>\n");
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
    put_definition(page, ND_MSG_DEF_RATINGS);
    put_definition(page, ND_MSG_DEF_SUGGESTED);
    nd_html_raw(page, "</section>\n");
}

void nd_html_improvements(const struct nd_page *page)
{
    json_int_t left = nd_int_of(json_object_get(page->model, "evaluation"), "without_action");
    if (json_array_size(json_object_get(page->model, "improvements")) == 0 && left == 0)
        return;
    nd_html_heading(page, "improvements", ND_MSG_IMPROVEMENTS);
    if (left != 0) {
        nd_html_raw(page, "<p class=\"missed\">");
        nd_html_msg(page, ND_MSG_WITHOUT_ACTION);
        nd_buf_addf(page->out, ": %lld</p>\n", (long long)left);
    }
    nd_html_data(page, "improvements");
    nd_html_raw(page, "</section>\n");
}

void nd_html_interruptions(const struct nd_page *page)
{
    static const enum nd_message columns[] = {ND_MSG_SERVICE, ND_MSG_FROM,        ND_MSG_TILL,
                                              ND_MSG_LENGTH,  ND_MSG_UNCERTAINTY, ND_MSG_CLASS};
    size_t i = 0;
    json_t *series = NULL;
    nd_html_table(page, ND_MSG_INTERRUPTIONS, columns, 6);
    json_array_foreach(json_object_get(page->model, "series"), i, series)
    {
        size_t k = 0;
        size_t left = 0;
        json_t *one = NULL;
        json_t *shown = nd_interruptions_shown(series, &left);
        json_array_foreach(shown, k, one)
        {
            char time[ND_UNIT_TEXT];
            char words[80];
            bool open = json_is_null(json_object_get(one, "till_rel_ns"));
            bool injected = strcmp(nd_str_of(one, "class"), "injected") == 0;
            nd_html_raw(page, "<tr>");
            nd_html_td(page, nd_series_title(series));
            nd_html_td(page, nd_rel_text(json_object_get(one, "from_rel_ns"), time));
            nd_html_td(page, open ? nd_msg(page, ND_MSG_OPEN)
                                  : nd_rel_text(json_object_get(one, "till_rel_ns"), time));
            nd_html_td(page, nd_length_text(nd_int_of(one, "length_ns"), time));
            snprintf(words, sizeof words, "\u00b1 %s",
                     nd_length_text(nd_int_of(one, "uncertainty_ns"), time));
            nd_html_td(page, words);
            nd_html_td(page, nd_msg(page, injected ? ND_MSG_INJECTED : ND_MSG_UNEXPECTED));
            nd_html_raw(page, "</tr>\n");
        }
        json_decref(shown);
        if (left > 0) {
            nd_html_raw(page, "<tr>");
            nd_html_td(page, nd_series_title(series));
            nd_buf_addf(page->out, "<td colspan=\"5\">+ %zu ", left);
            nd_html_msg(page, ND_MSG_SHORTER_ONES);
            nd_html_raw(page, "</td></tr>\n");
        }
    }
    nd_html_table_end(page);
}
