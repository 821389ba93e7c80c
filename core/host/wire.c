#include "host/wire.h"

#include "base/mem.h"
#include "host/host.h"

#include <stdlib.h>
#include <string.h>

void nd_wire_bytes(struct nd_wire *wire, const void *bytes, size_t len)
{
    if (wire->cap - wire->count < len) {
        wire->cap = (wire->cap + len) * 2;
        wire->at = nd_realloc(wire->at, wire->cap, 1);
    }
    if (len != 0)
        memcpy(wire->at + wire->count, bytes, len);
    wire->count += len;
}

void nd_wire_i64(struct nd_wire *wire, int64_t value)
{
    nd_wire_bytes(wire, &value, sizeof value);
}

void nd_wire_f64(struct nd_wire *wire, double value)
{
    nd_wire_bytes(wire, &value, sizeof value);
}

void nd_wire_text(struct nd_wire *wire, const char *text)
{
    nd_wire_i64(wire, text != NULL ? (int64_t)strlen(text) : -1);
    if (text != NULL)
        nd_wire_bytes(wire, text, strlen(text) + 1);
}

void nd_wire_notes(struct nd_wire *wire, const struct nd_note *notes)
{
    for (; notes != NULL && notes->key != NULL; notes++) {
        nd_wire_text(wire, notes->key);
        nd_wire_text(wire, notes->value);
    }
    nd_wire_text(wire, NULL);
}

static void put_texts(struct nd_wire *wire, const char *const *texts)
{
    nd_wire_i64(wire, texts != NULL);
    for (; texts != NULL && *texts != NULL; texts++)
        nd_wire_text(wire, *texts);
    if (texts != NULL)
        nd_wire_text(wire, NULL);
}

static void put_value(struct nd_wire *wire, const struct nd_value *value)
{
    nd_wire_i64(wire, value->type);
    nd_wire_i64(wire, value->given);
    switch (value->type) {
    case ND_REAL:
    case ND_SHARE:
        nd_wire_f64(wire, value->u.r);
        break;
    case ND_TEXT:
        nd_wire_text(wire, value->u.text);
        break;
    case ND_TARGET:
        nd_wire_text(wire, value->u.target != NULL ? value->u.target->name : NULL);
        break;
    case ND_TEXTS:
        put_texts(wire, value->u.texts);
        break;
    default:
        nd_wire_i64(wire, value->u.i);
        break;
    }
}

void nd_wire_spec(struct nd_wire *wire, const struct nd_call_spec *spec)
{
    nd_wire_text(wire, spec->verb->name);
    nd_wire_i64(wire, spec->args.count);
    for (uint32_t i = 0; i < spec->args.count; i++)
        put_value(wire, &spec->args.at[i]);
    nd_wire_text(wire, spec->target != NULL ? spec->target->target.name : NULL);
    nd_wire_text(wire, spec->common.from);
    nd_wire_text(wire, spec->common.label.zh);
    nd_wire_text(wire, spec->common.label.en);
    nd_wire_i64(wire, spec->common.deadline);
    nd_wire_i64(wire, spec->common.restore_by);
    nd_wire_i64(wire, spec->common.lease);
}

void nd_wire_rec(struct nd_wire *wire, const struct nd_undo_rec *rec)
{
    nd_wire_i64(wire, rec->id);
    nd_wire_text(wire, rec->plugin);
    nd_wire_text(wire, rec->verb);
    nd_wire_text(wire, rec->target);
    nd_wire_text(wire, rec->vantage);
    nd_wire_text(wire, rec->netns);
    nd_wire_i64(wire, rec->lease);
    nd_wire_notes(wire, rec->notes);
}

/* ---- reading ---- */

static bool take(struct nd_unwire *in, void *bytes, size_t len)
{
    if (in->broken || in->left < len) {
        in->broken = true;
        memset(bytes, 0, len);
        return false;
    }
    memcpy(bytes, in->at, len);
    in->at += len;
    in->left -= len;
    return true;
}

int64_t nd_unwire_i64(struct nd_unwire *in)
{
    int64_t value = 0;
    take(in, &value, sizeof value);
    return value;
}

double nd_unwire_f64(struct nd_unwire *in)
{
    double value = 0;
    take(in, &value, sizeof value);
    return value;
}

char *nd_unwire_text(struct nd_unwire *in, struct nd_arena *arena)
{
    int64_t len = nd_unwire_i64(in);
    if (in->broken || len < 0)
        return NULL;
    if ((uint64_t)len >= in->left || in->at[len] != '\0') {
        in->broken = true;
        return NULL;
    }
    char *text = nd_arena_strndup(arena, (const char *)in->at, (size_t)len);
    in->at += len + 1;
    in->left -= (size_t)len + 1;
    return text;
}

struct nd_note *nd_unwire_notes(struct nd_unwire *in, struct nd_arena *arena)
{
    struct ND_VEC(struct nd_note) list = {0};
    struct nd_note note = {0};
    while ((note.key = nd_unwire_text(in, arena)) != NULL) {
        note.value = nd_unwire_text(in, arena);
        nd_vec_push(&list, note);
    }
    struct nd_note *notes = nd_arena_alloc(arena, (list.count + 1) * sizeof *notes);
    if (list.count != 0)
        memcpy(notes, list.at, list.count * sizeof *notes);
    nd_vec_free(&list);
    return notes;
}

static const char *const *take_texts(struct nd_unwire *in, struct nd_arena *arena)
{
    if (nd_unwire_i64(in) == 0)
        return NULL;
    struct ND_VEC(const char *) list = {0};
    const char *text = NULL;
    while ((text = nd_unwire_text(in, arena)) != NULL)
        nd_vec_push(&list, text);
    const char **texts = nd_arena_alloc(arena, (list.count + 1) * sizeof *texts);
    if (list.count != 0)
        memcpy(texts, list.at, list.count * sizeof *texts);
    nd_vec_free(&list);
    return texts;
}

/* A target by its name; false when the site has none of it. */
static bool take_target(struct nd_unwire *in, const struct nd_site *site, struct nd_arena *arena,
                        const struct nd_site_target **target)
{
    const char *name = nd_unwire_text(in, arena);
    *target = name != NULL && site != NULL ? nd_site_target_find(site, name) : NULL;
    return name == NULL || *target != NULL;
}

static bool take_value(struct nd_unwire *in, const struct nd_option *option,
                       const struct nd_site *site, struct nd_arena *arena, struct nd_value *value)
{
    const struct nd_site_target *target = NULL;
    value->type = (uint32_t)nd_unwire_i64(in);
    value->given = (uint32_t)nd_unwire_i64(in);
    if (value->type != option->type)
        return false;
    switch (value->type) {
    case ND_REAL:
    case ND_SHARE:
        value->u.r = nd_unwire_f64(in);
        return true;
    case ND_TEXT:
        value->u.text = nd_unwire_text(in, arena);
        return true;
    case ND_TARGET:
        if (!take_target(in, site, arena, &target))
            return false;
        value->u.target = target != NULL ? &target->target : NULL;
        return true;
    case ND_TEXTS:
        value->u.texts = take_texts(in, arena);
        return true;
    default:
        value->u.i = nd_unwire_i64(in);
        return true;
    }
}

bool nd_unwire_spec(struct nd_unwire *in, const struct nd_plugin *plugin,
                    const struct nd_site *site, struct nd_arena *arena, struct nd_call_spec *spec)
{
    const char *verb = nd_unwire_text(in, arena);
    *spec = (struct nd_call_spec){.plugin = plugin->name};
    spec->verb = verb != NULL ? nd_plugin_verb(plugin, verb) : NULL;
    if (spec->verb == NULL)
        return false;
    int64_t count = nd_unwire_i64(in);
    int64_t options = 0;
    while (spec->verb->options[options].name != NULL)
        options++;
    if (count != options)
        return false;
    struct nd_value *values = nd_arena_alloc(arena, (size_t)(count + 1) * sizeof *values);
    for (int64_t i = 0; i < count; i++) {
        if (!take_value(in, &spec->verb->options[i], site, arena, &values[i]))
            return false;
    }
    spec->args = (struct nd_args){values, (uint32_t)count};
    if (!take_target(in, site, arena, &spec->target))
        return false;
    spec->common.from = nd_unwire_text(in, arena);
    spec->common.label.zh = nd_unwire_text(in, arena);
    spec->common.label.en = nd_unwire_text(in, arena);
    spec->common.deadline = nd_unwire_i64(in);
    spec->common.restore_by = nd_unwire_i64(in);
    spec->common.lease = nd_unwire_i64(in);
    return !in->broken;
}

void nd_unwire_rec(struct nd_unwire *in, struct nd_arena *arena, struct nd_undo_rec *rec)
{
    *rec = (struct nd_undo_rec){.id = nd_unwire_i64(in)};
    rec->plugin = nd_unwire_text(in, arena);
    rec->verb = nd_unwire_text(in, arena);
    rec->target = nd_unwire_text(in, arena);
    rec->vantage = nd_unwire_text(in, arena);
    rec->netns = nd_unwire_text(in, arena);
    rec->lease = nd_unwire_i64(in);
    rec->notes = nd_unwire_notes(in, arena);
}
