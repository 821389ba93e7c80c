/* Arguments as a test writes them, by the verb's own option table. */
#include "base/units.h"
#include "support/fake_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct nd_verb *find_verb(const struct nd_plugin *plugin, const char *name)
{
    for (const struct nd_verb *const *v = plugin->verbs; *v != NULL; v++) {
        if (strcmp((*v)->name, name) == 0)
            return *v;
    }
    nd_fake_mistake("an unknown verb", name);
}

static const struct nd_target *find_target(const struct nd_fake *fake, const char *name)
{
    for (size_t i = 0; i < fake->targets.count; i++) {
        if (strcmp(fake->targets.at[i].name, name) == 0)
            return &fake->targets.at[i];
    }
    nd_fake_mistake("an unknown target", name);
}

/* A copy that stays put when more targets are added. */
static const struct nd_target *keep_target(struct nd_op *op, const struct nd_target *target)
{
    struct nd_target *kept = nd_arena_alloc(&op->arena, sizeof *kept);
    *kept = *target;
    return kept;
}

static const char *const *split(struct nd_arena *arena, const char *text)
{
    size_t count = 2;
    for (const char *c = text; *c != '\0'; c++)
        count += *c == '|';
    const char **list = nd_arena_alloc(arena, count * sizeof *list);
    char *rest = nd_arena_strdup(arena, text);
    for (size_t i = 0; rest != NULL; i++)
        list[i] = strsep(&rest, "|");
    return list;
}

static int64_t choice(const struct nd_option *option, const char *text)
{
    for (int64_t i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(option->choices[i], text) == 0)
            return i;
    }
    nd_fake_mistake("an unknown choice", text);
}

static void parse(struct nd_op *op, const struct nd_option *option, const char *text,
                  struct nd_value *value)
{
    nd_err err = ND_OK;
    switch ((enum nd_type)option->type) {
    case ND_BOOL:
        value->u.i = strcmp(text, "true") == 0;
        break;
    case ND_INT:
        value->u.i = strtoll(text, NULL, 10);
        break;
    case ND_REAL:
        err = nd_real_parse(text, &value->u.r, NULL);
        break;
    case ND_TEXT:
        value->u.text = nd_arena_strdup(&op->arena, text);
        break;
    case ND_LENGTH:
        err = nd_length_parse(text, &value->u.i, NULL);
        break;
    case ND_TARGET:
        value->u.target = keep_target(op, find_target(op->fake, text));
        break;
    case ND_CHOICE:
        value->u.i = choice(option, text);
        break;
    case ND_RATE:
        err = nd_rate_parse(text, &value->u.i, NULL);
        break;
    case ND_SHARE:
        err = nd_share_parse(text, &value->u.r, NULL);
        break;
    case ND_TEXTS:
        value->u.texts = split(&op->arena, text);
        break;
    }
    if (err != ND_OK)
        nd_fake_mistake("a value that cannot be read,", text);
}

struct nd_op *nd_fake_op(struct nd_fake *fake, const char *verb, ...)
{
    struct nd_op *op = nd_fake_op_new(fake, find_verb(fake->plugin, verb));
    const struct nd_option *options = op->verb->options;
    uint32_t count = 0;
    while (options[count].name != NULL)
        count++;
    struct nd_value *values = nd_arena_alloc(&op->arena, (count + 1) * sizeof *values);
    for (uint32_t i = 0; i < count; i++) {
        values[i].type = options[i].type;
        if (options[i].fallback != NULL)
            parse(op, &options[i], options[i].fallback, &values[i]);
    }
    va_list args;
    va_start(args, verb);
    for (const char *key = va_arg(args, const char *); key != NULL;
         key = va_arg(args, const char *)) {
        uint32_t i = 0;
        while (i < count && strcmp(options[i].name, key) != 0)
            i++;
        if (i == count)
            nd_fake_mistake("an unknown option", key);
        values[i].given = 1;
        parse(op, &options[i], va_arg(args, const char *), &values[i]);
    }
    va_end(args);
    for (uint32_t i = 0; i < count; i++) {
        if ((options[i].flags & ND_OPT_REQUIRED) != 0 && !values[i].given)
            nd_fake_mistake("no", options[i].name);
    }
    op->args = (struct nd_args){values, count};
    return op;
}
