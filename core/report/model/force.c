#include "report/model/force.h"

#include "record/undo.h"
#include "report/model/fault.h"

#include <string.h>

struct nd_edge nd_edge_of(nd_ns before, nd_ns from, nd_ns till, nd_ns every, nd_ns deadline)
{
    nd_ns late = from + deadline;
    return (struct nd_edge){.since = before - every,
                            .till = till >= 0 && till < late ? till : late};
}

bool nd_force_of_change(const json_t *change, struct nd_force *force)
{
    const json_t *began = json_object_get(change, "began_rel_ns");
    const json_t *back = json_object_get(change, "verified_rel_ns");
    if (!json_is_integer(began) || json_is_false(json_object_get(change, "made")) ||
        nd_undo_is_lab(nd_str_of(change, "plugin"), nd_str_of(change, "verb")))
        return false;
    force->start = json_integer_value(began);
    force->end = json_is_integer(back) ? (nd_ns)json_integer_value(back) : INT64_MAX;
    return true;
}

bool nd_force_of_people(const json_t *confirmation, struct nd_force *force)
{
    force->start = nd_int_of(confirmation, "asked_rel_ns");
    force->end = nd_int_of(confirmation, "answered_rel_ns");
    return json_is_true(json_object_get(confirmation, "fault"));
}

static bool changed(const json_t *model, const char *step)
{
    size_t i = 0;
    json_t *change = NULL;
    json_array_foreach(json_object_get(model, "changes"), i, change)
    {
        struct nd_force force;
        if (strcmp(nd_str_of(change, "step"), step) == 0 && nd_force_of_change(change, &force))
            return true;
    }
    return false;
}

void nd_people_made(json_t *model, const json_t *plan)
{
    const json_t *all = json_object_get(model, "confirmations");
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(all, i, one)
    {
        const char *step = nd_str_of(one, "step");
        bool made = strcmp(nd_str_of(one, "answer"), "yes") == 0 &&
                    json_is_integer(json_object_get(nd_fault_planned(plan, step), "users")) &&
                    !changed(model, step);
        for (size_t k = 0; made && k < i; k++) {
            const json_t *before = json_array_get(all, k);
            made = strcmp(nd_str_of(before, "step"), step) != 0 ||
                   !json_is_true(json_object_get(before, "fault"));
        }
        if (made)
            json_object_set_new(one, "fault", json_true());
    }
}
