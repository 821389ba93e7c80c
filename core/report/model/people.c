#include "report/model/model.h"

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

/* When it was seen, as the observer says; else when it was written down. written: taken over. */
static void set_moment(json_t *entry, json_t *written)
{
    json_t *seen = json_object_get(entry, "seen_rel_ns");
    bool told = json_is_integer(seen);
    json_object_set(entry, "at_rel_ns", told ? seen : written);
    if (told && json_is_integer(written))
        json_object_set(entry, "written_rel_ns", written);
    json_object_del(entry, "seen_rel_ns");
    json_decref(written);
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
        set_moment(entry, json_integer(at_rel));
        json_object_set_new(entry, "seq", json_integer(seq));
        json_array_append_new(json_object_get(model, "observations"), entry);
    }
}

static json_t *added_later(const json_t *one)
{
    json_t *entry = json_copy((json_t *)one);
    static const char *const renamed[][2] = {{"at", "added_at"}, {"seq", "evaluation_seq"}};
    for (size_t i = 0; i < 2; i++) {
        json_object_set(entry, renamed[i][1], json_object_get(entry, renamed[i][0]));
        json_object_del(entry, renamed[i][0]);
    }
    json_object_del(entry, "does");
    set_moment(entry, json_null());
    return entry;
}

/* What stood there first is kept beside it. */
static void correct(json_t *entry, const json_t *one)
{
    static const char *const fields[] = {"text", "sort", "objective", "inject"};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        json_t *value = json_object_get(one, fields[i]);
        if (value == NULL)
            continue;
        if (i == 0 && json_object_get(entry, "text_before") == NULL)
            json_object_set(entry, "text_before", json_object_get(entry, "text"));
        json_object_set(entry, fields[i], value);
    }
    if (json_is_integer(json_object_get(one, "seen_rel_ns")))
        json_object_set(entry, "at_rel_ns", json_object_get(one, "seen_rel_ns"));
    json_object_set(entry, "changed_at", json_object_get(one, "at"));
}

void nd_model_observed(json_t *model, const json_t *state)
{
    json_t *list = json_object_get(model, "observations");
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(state, "observations"), i, one)
    {
        const char *does = nd_str_of(one, "does");
        json_t *entry = nd_entry_of(list, "number", nd_str_of(one, "number"));
        if (strcmp(does, "added") == 0 && entry == NULL) {
            json_array_append_new(list, added_later(one));
        } else if (strcmp(does, "changed") == 0 && entry != NULL) {
            correct(entry, one);
        } else if (strcmp(does, "withdrawn") == 0 && entry != NULL) {
            json_object_set(entry, "withdrawn_at", json_object_get(one, "at"));
            json_object_set(entry, "withdrawn_why", json_object_get(one, "why"));
        }
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
