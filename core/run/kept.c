#include "run/internal.h"

#include <string.h>

/* What bodies keep by name: plain values, which are there again when the run died and is gone on
 * with (docs/decisions/resume.md). They live in the journal. */

/* How a kind is called there; NULL: it cannot be kept. */
static const char *kind_name(enum nd_given_kind kind)
{
    static const char *const names[] = {"flag", "number", "text", "length", "rate", "share"};
    return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : NULL;
}

static json_t *value_json(const struct nd_given *given)
{
    switch (given->kind) {
    case ND_GIVEN_BOOL:
        return json_boolean(given->u.flag);
    case ND_GIVEN_TEXT:
        return json_string(given->u.text);
    case ND_GIVEN_LENGTH:
    case ND_GIVEN_RATE:
        return json_integer(given->u.i);
    default:
        return nd_number_json(given->u.number);
    }
}

bool nd_task_keep(struct nd_task *task, const char *name, const struct nd_given *value)
{
    struct nd_run *run = task->run;
    const char *kind = value != NULL ? kind_name(value->kind) : "nothing";
    json_t *json = value != NULL && kind != NULL ? value_json(value) : json_null();
    if (kind == NULL || json == NULL) {
        json_decref(json);
        return false;
    }
    json_t *data = json_pack("{s:s, s:o, s:s?}", "kind", kind, "value", json, "step",
                             task->step != NULL ? task->step->step->id : NULL);
    json_object_set(run->kept, name, data);
    nd_run_event(run, 0, "kept", name, NULL, data);
    return true;
}

bool nd_task_kept(const struct nd_task *task, const char *name, struct nd_given *value)
{
    const json_t *data = json_object_get(task->run->kept, name);
    const char *kind = json_string_value(json_object_get(data, "kind"));
    const json_t *json = json_object_get(data, "value");
    for (int i = ND_GIVEN_BOOL; kind != NULL && i <= ND_GIVEN_SHARE; i++) {
        if (strcmp(kind, kind_name((enum nd_given_kind)i)) != 0)
            continue;
        *value = (struct nd_given){.key = name, .kind = (enum nd_given_kind)i};
        if (value->kind == ND_GIVEN_BOOL)
            value->u.flag = json_is_true(json);
        else if (value->kind == ND_GIVEN_TEXT)
            value->u.text = json_string_value(json);
        else if (value->kind == ND_GIVEN_LENGTH || value->kind == ND_GIVEN_RATE)
            value->u.i = json_integer_value(json);
        else
            value->u.number = json_number_value(json);
        return true;
    }
    return false;
}
