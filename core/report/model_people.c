#include "report/internal.h"

#include <string.h>

/* Injects and observations: a row for each inject, filled in as events tell of it. */

static json_t *row_of(json_t *rows, const char *id)
{
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(rows, i, row)
    {
        if (strcmp(nd_str_of(row, "id"), id) == 0)
            return row;
    }
    row = json_pack("{s:s, s:s, s:[], s:[], s:[], s:[]}", "id", id, "outcome", "open", "deliveries",
                    "failures", "acknowledged", "answers");
    json_array_append_new(rows, row);
    return row;
}

static void add(json_t *row, const char *list, const json_t *data, json_int_t at_rel,
                json_int_t seq)
{
    json_t *entry = json_copy((json_t *)data);
    json_object_set_new(entry, "at_rel_ns", json_integer(at_rel));
    json_object_set_new(entry, "seq", json_integer(seq));
    json_array_append_new(json_object_get(row, list), entry);
}

/* An event that ends it, and what of its data says why. */
static void fold_end(json_t *row, const char *type, const json_t *data)
{
    static const char *const kept[] = {"reason", "why", "of", "because", "missing", NULL};
    bool answered = strcmp(nd_str_of(data, "outcome"), "answered") == 0;
    bool done = strcmp(type, "done") == 0;
    if (!done && strcmp(type, "expired") != 0 && strcmp(type, "skipped") != 0 &&
        strcmp(type, "not_needed") != 0 && strcmp(type, "cancelled") != 0)
        return;
    json_object_set_new(row, "outcome",
                        json_string(!done      ? type
                                    : answered ? "answered"
                                               : "delivered"));
    for (size_t i = 0; kept[i] != NULL; i++) {
        if (json_object_get(data, kept[i]) != NULL)
            json_object_set(row, kept[i], json_object_get(data, kept[i]));
    }
    if (strcmp(type, "skipped") == 0)
        json_object_set(row, "skipped_by", json_object_get(data, "by"));
    if (answered) {
        json_object_set(row, "reaction_ns", json_object_get(data, "after_ns"));
        json_object_set(row, "choice", json_object_get(data, "choice"));
    }
}

static void fold_inject(json_t *row, const char *type, const json_t *data, json_int_t at_rel,
                        json_int_t seq)
{
    static const struct {
        const char *type, *list;
    } lists[] = {{"delivered", "deliveries"},
                 {"failed", "failures"},
                 {"acknowledged", "acknowledged"},
                 {"answered", "answers"}};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (strcmp(type, lists[i].type) == 0)
            add(row, lists[i].list, data, at_rel, seq);
    }
    if (strcmp(type, "scheduled") == 0 && json_object_get(row, "planned_rel_ns") == NULL) {
        json_object_set(row, "planned_rel_ns", json_object_get(data, "planned_rel_ns"));
        json_object_set(row, "window_rel_ns", json_object_get(data, "window_rel_ns"));
    } else if (strcmp(type, "deferred") == 0) {
        json_object_set(row, "deferred_till_rel_ns", json_object_get(data, "till_rel_ns"));
    } else if (strcmp(type, "fired") == 0 || strcmp(type, "added") == 0) {
        json_t *copy = json_copy((json_t *)data);
        json_object_del(copy, "planned_rel_ns"); /* as first planned, a deferral apart */
        json_object_set_new(copy, strcmp(type, "added") == 0 ? "added_by" : "fired_by",
                            json_string(nd_str_of(data, "by")));
        json_object_del(copy, "by");
        json_object_update_new(row, copy);
        if (strcmp(type, "fired") == 0) {
            json_object_set_new(row, "fired_rel_ns", json_integer(at_rel));
            json_object_set_new(row, "seq", json_integer(seq));
        }
    }
    fold_end(row, type, data);
    if (strcmp(type, "answered") == 0 && strcmp(nd_str_of(row, "outcome"), "expired") == 0) {
        json_object_set_new(row, "outcome", json_string("answered_late"));
        json_object_set(row, "reaction_ns", json_object_get(data, "after_ns"));
    }
}

void nd_model_people(json_t *model, const char *type, const char *subject, const json_t *data,
                     json_int_t at_rel, json_int_t seq)
{
    static const char prefix[] = "inject.";
    if (strncmp(type, prefix, sizeof prefix - 1) == 0) {
        fold_inject(row_of(json_object_get(model, "injects"), subject), type + sizeof prefix - 1,
                    data, at_rel, seq);
    } else if (strcmp(type, "observation") == 0) {
        json_t *entry = json_copy((json_t *)data);
        json_object_set_new(entry, "number", json_string(subject));
        json_object_set_new(entry, "at_rel_ns", json_integer(at_rel));
        json_object_set_new(entry, "seq", json_integer(seq));
        json_array_append_new(json_object_get(model, "observations"), entry);
    }
}

/* What the plan says of those that were never fired, and what events do not repeat. */
void nd_model_people_plan(json_t *model, const json_t *plan)
{
    static const char *const keys[] = {
        "title",         "kind",      "from",  "to",         "via",       "body",
        "expect",        "objective", "tasks", "controller", "evaluator", "react_within_ns",
        "scenario_time", NULL};
    size_t p = 0;
    json_t *phase = NULL;
    json_array_foreach(json_object_get(plan, "phases"), p, phase)
    {
        size_t i = 0;
        json_t *inject = NULL;
        json_array_foreach(json_object_get(phase, "injects"), i, inject)
        {
            json_t *row = row_of(json_object_get(model, "injects"), nd_str_of(inject, "id"));
            for (size_t k = 0; keys[k] != NULL; k++) {
                if (json_object_get(row, keys[k]) == NULL)
                    json_object_set(row, keys[k], json_object_get(inject, keys[k]));
            }
        }
    }
}

/* ---- words ---- */

const char *nd_inject_title(const struct nd_page *page, const json_t *inject)
{
    const char *title = nd_text_of(page, json_object_get(inject, "title"));
    return *title != '\0' ? title : nd_str_of(inject, "id");
}

void nd_inject_answers(const struct nd_page *page, const json_t *inject, struct nd_buf *out)
{
    char length[ND_UNIT_TEXT];
    size_t i = 0;
    json_t *one = NULL;
    const char *before = "";
    json_array_foreach(json_object_get(inject, "answers"), i, one)
    {
        const char *choice = nd_str_of(one, "choice");
        nd_buf_addf(out, "%s%s: %s (%s)", before, nd_str_of(one, "by"),
                    *choice != '\0' ? choice : nd_str_of(one, "text"),
                    nd_length_text(nd_int_of(one, "after_ns"), length));
        before = "; ";
    }
    json_array_foreach(json_object_get(inject, "failures"), i, one)
    {
        nd_buf_addf(out, "%s%s %s: %s", before, nd_msg(page, ND_MSG_UNDELIVERED),
                    nd_str_of(one, "to"), nd_str_of(one, "why"));
        before = "; ";
    }
    if (*nd_str_of(inject, "reason") != '\0')
        nd_buf_addf(out, "%s%s", before, nd_str_of(inject, "reason"));
    else if (*nd_str_of(inject, "because") != '\0')
        nd_buf_addf(out, "%s%s: %s", before, nd_str_of(inject, "of"), nd_str_of(inject, "because"));
}
