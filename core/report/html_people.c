#include "report/html.h"

#include <string.h>

/* Injects with the reactions to them, and what observers saw. */

static const char *moment(const json_t *entry, const char *key, char *out)
{
    return nd_rel_text(json_object_get(entry, key), out);
}

static void put_inject(const struct nd_page *page, const json_t *inject)
{
    char time[ND_UNIT_TEXT];
    struct nd_buf text = {0};
    nd_ns within = nd_int_of(inject, "react_within_ns");
    bool fired = json_is_integer(json_object_get(inject, "fired_rel_ns"));
    bool reacted = json_is_integer(json_object_get(inject, "reaction_ns"));
    bool planned = json_is_integer(json_object_get(inject, "planned_rel_ns"));
    const char *outcome = nd_str_of(inject, "outcome");
    bool bad = strcmp(outcome, "expired") == 0 || strcmp(outcome, "answered_late") == 0;
    nd_html_raw(page, "<tr>");
    nd_html_td(page, nd_inject_title(page, inject));
    nd_inject_names(json_object_get(inject, "to"), &text);
    nd_html_td(page, nd_buf_str(&text));
    nd_html_td(page, moment(inject, "planned_rel_ns", time));
    nd_html_td(page, moment(inject, "fired_rel_ns", time));
    nd_html_td(page, fired && planned ? nd_length_text(nd_int_of(inject, "late_ns"), time) : "");
    nd_html_td(page, reacted ? nd_length_text(nd_int_of(inject, "reaction_ns"), time) : "");
    nd_html_td(page, within > 0 ? nd_length_text(within, time) : "");
    nd_buf_addf(page->out, "<td class=\"%s\">",
                bad                                ? "missed"
                : strcmp(outcome, "answered") == 0 ? "met"
                                                   : "");
    nd_html_text(page, nd_state_text(page, outcome));
    nd_html_raw(page, "</td>");
    nd_buf_reset(&text);
    nd_inject_answers(page, inject, &text);
    nd_html_td(page, nd_buf_str(&text));
    nd_html_raw(page, "</tr>\n");
    nd_buf_deinit(&text);
}

static void put_injects(const struct nd_page *page)
{
    static const enum nd_message columns[] = {
        ND_MSG_INJECT,   ND_MSG_RECIPIENTS,   ND_MSG_PLANNED, ND_MSG_ACTUAL, ND_MSG_LATE,
        ND_MSG_REACTION, ND_MSG_REACT_WITHIN, ND_MSG_RESULT,  ND_MSG_ANSWER};
    const json_t *list = json_object_get(page->model, "injects");
    size_t i = 0;
    json_t *inject = NULL;
    if (json_array_size(list) == 0)
        return;
    nd_html_heading(page, "injects", ND_MSG_INJECTS);
    nd_html_table(page, ND_MSG_INJECTS, columns, 9);
    json_array_foreach(list, i, inject) put_inject(page, inject);
    nd_html_table_end(page);
    nd_html_raw(page, "</section>\n");
}

static void put_observations(const struct nd_page *page)
{
    static const enum nd_message columns[] = {
        ND_MSG_AT,     ND_MSG_BY,        ND_MSG_OBSERVATION,  ND_MSG_SORT,
        ND_MSG_INJECT, ND_MSG_OBJECTIVE, ND_MSG_EVIDENCE_FILE};
    const json_t *list = json_object_get(page->model, "observations");
    size_t i = 0;
    json_t *one = NULL;
    if (json_array_size(list) == 0)
        return;
    nd_html_heading(page, "observations", ND_MSG_OBSERVATIONS);
    nd_html_table(page, ND_MSG_OBSERVATIONS, columns, 7);
    json_array_foreach(list, i, one)
    {
        char time[ND_UNIT_TEXT];
        nd_html_raw(page, "<tr>");
        nd_html_td(page, moment(one, "at_rel_ns", time));
        nd_html_td(page, nd_str_of(one, "by"));
        nd_html_td(page, nd_str_of(one, "text"));
        nd_html_td(page, nd_state_text(page, nd_str_of(one, "sort")));
        nd_html_td(page, nd_str_of(one, "inject"));
        nd_html_td(page, nd_str_of(one, "objective"));
        nd_html_td(page, nd_str_of(json_object_get(one, "evidence"), "file"));
        nd_html_raw(page, "</tr>\n");
    }
    nd_html_table_end(page);
    nd_html_raw(page, "</section>\n");
}

void nd_html_people(const struct nd_page *page)
{
    put_injects(page);
    put_observations(page);
}
