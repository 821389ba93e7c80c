#include "base/units.h"
#include "plan/schema.h"

#include <jansson.h>
#include <string.h>

/* A call's options as journals and undo files keep them. */

static json_t *value_json(const struct nd_option *option, const struct nd_value *value)
{
    char text[ND_UNIT_TEXT];
    json_t *list = NULL;
    switch (value->type) {
    case ND_BOOL:
        return json_boolean(value->u.i != 0);
    case ND_INT:
        return json_integer(value->u.i);
    case ND_REAL:
        return json_real(value->u.r);
    case ND_LENGTH:
        return json_string(nd_length_format(value->u.i, text));
    case ND_RATE:
        return json_string(nd_rate_format(value->u.i, text));
    case ND_SHARE:
        return json_string(nd_share_format(value->u.r, text));
    case ND_CHOICE:
        return json_string(option->choices[value->u.i]);
    case ND_TARGET:
        return value->u.target != NULL ? json_string(value->u.target->name) : NULL;
    case ND_TEXTS:
        list = value->u.texts != NULL ? json_array() : NULL;
        for (size_t i = 0; list != NULL && value->u.texts[i] != NULL; i++)
            json_array_append_new(list, json_string(value->u.texts[i]));
        return list;
    default:
        return value->u.text != NULL ? json_string(value->u.text) : NULL;
    }
}

char *nd_schema_args_json(const struct nd_verb *verb, const struct nd_args *args)
{
    json_t *object = json_object();
    for (uint32_t i = 0; i < args->count; i++) {
        const struct nd_option *option = &verb->options[i];
        if (!args->at[i].given && option->fallback == NULL)
            continue;
        json_t *value = (option->flags & ND_OPT_SECRET) != 0 ? json_string("(secret)")
                                                             : value_json(option, &args->at[i]);
        if (value != NULL)
            json_object_set_new(object, option->name, value);
    }
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}
