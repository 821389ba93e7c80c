#include "lua/internal.h"

#include <stdlib.h>
#include <string.h>

/* A Lua table as the arguments of a verb. */

static const char *copy_text(lua_State *L, int index, struct nd_arena *arena)
{
    return nd_arena_strdup(arena, lua_tostring(L, index));
}

static void read_list(lua_State *L, int index, struct nd_arena *arena, struct nd_given *given)
{
    size_t count = (size_t)lua_rawlen(L, index);
    const char **list = nd_arena_alloc(arena, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        bool text = lua_isstring(L, -1) != 0;
        list[i] = text ? copy_text(L, -1, arena) : NULL;
        lua_pop(L, 1);
        if (!text) {
            given->u.text = "a list with something in it that is no text";
            return;
        }
    }
    given->kind = ND_GIVEN_LIST;
    given->u.list = list;
}

static void read_object(lua_State *L, int index, struct nd_arena *arena, struct nd_given *given)
{
    static const enum nd_given_kind kinds[] = {ND_GIVEN_LENGTH, ND_GIVEN_RATE, ND_GIVEN_SHARE};
    const struct nd_quantity *q = nd_quantity_at(L, index);
    const struct nd_site_target *const *target = nd_object_at(L, index, ND_META_TARGET);
    if (q != NULL) {
        given->kind = kinds[q->kind];
        if (q->kind == ND_Q_SHARE)
            given->u.number = q->value;
        else
            given->u.i = (int64_t)q->value;
    } else if (target != NULL && *target != NULL) {
        given->kind = ND_GIVEN_TARGET;
        given->u.text = nd_arena_strdup(arena, (*target)->target.name);
    } else {
        given->u.text = "something that is no value for a verb";
    }
}

void nd_given_value(lua_State *L, int index, struct nd_arena *arena, struct nd_given *given)
{
    given->kind = ND_GIVEN_OTHER;
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        given->kind = ND_GIVEN_BOOL;
        given->u.flag = lua_toboolean(L, index) != 0;
        break;
    case LUA_TNUMBER:
        given->kind = ND_GIVEN_NUMBER;
        given->u.number = lua_tonumber(L, index);
        break;
    case LUA_TSTRING:
        given->kind = ND_GIVEN_TEXT;
        given->u.text = copy_text(L, index, arena);
        break;
    case LUA_TTABLE:
        if (nd_text2_at(L, index, arena, &given->u.words)) {
            given->kind = ND_GIVEN_WORDS;
            break;
        }
        given->u.text = "a table";
        read_list(L, index, arena, given);
        break;
    case LUA_TUSERDATA:
        read_object(L, index, arena, given);
        break;
    default:
        given->u.text = luaL_typename(L, index);
        break;
    }
}

static bool listed(const char *const *names, const char *name)
{
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct nd_given *)a)->key, ((const struct nd_given *)b)->key);
}

struct nd_given *nd_given_read(lua_State *L, int index, int skip, const char *const *without,
                               struct nd_arena *arena, size_t *out_count)
{
    struct nd_given *list = NULL;
    size_t count = 0;
    size_t cap = 0;
    int table = lua_absindex(L, index);
    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        struct nd_given given = {0};
        if (lua_type(L, -2) == LUA_TSTRING)
            given.key = copy_text(L, -2, arena);
        else if (lua_isinteger(L, -2))
            given.key = nd_arena_printf(arena, "%lld", (long long)lua_tointeger(L, -2) - skip);
        else
            given.key = "?";
        bool skipped = lua_isinteger(L, -2) && lua_tointeger(L, -2) <= skip;
        if (!skipped && !listed(without, given.key)) {
            nd_given_value(L, lua_gettop(L), arena, &given);
            if (count == cap) {
                struct nd_given *more = nd_arena_alloc(arena, (cap * 2 + 8) * sizeof *more);
                if (count != 0)
                    memcpy(more, list, count * sizeof *more);
                list = more;
                cap = cap * 2 + 8;
            }
            list[count++] = given;
        }
        lua_pop(L, 1);
    }
    if (count != 0)
        qsort(list, count, sizeof *list, by_key);
    *out_count = count;
    return list;
}

void nd_given_check(lua_State *L, const struct nd_lua_verb *verb, int index, int skip,
                    const char *const *without, struct nd_arena *arena, struct nd_call_spec *spec)
{
    const struct nd_scenario *scenario = nd_scenario_of(L);
    size_t count = 0;
    if (verb->verb == NULL)
        luaL_error(L, "[E0209] the verb's plugin is not loaded");
    struct nd_given *given = nd_given_read(L, index, skip, without, arena, &count);
    struct nd_diags diags = {0};
    struct nd_fail why = {0};
    /* luaL_error jumps: what it is given must not be on the heap. */
    char text[600];
    if (!nd_schema_check(verb->plugin, verb->verb, scenario->site, given, count,
                         scenario->source.path, arena, spec, &diags)) {
        snprintf(text, sizeof text, "[%s] %s", diags.list.at[0].code, diags.list.at[0].text);
        nd_diags_deinit(&diags);
        luaL_error(L, "%s", text);
    }
    nd_diags_deinit(&diags);
    if (!nd_plugins_isolated(scenario->plugins) && nd_call_judge(spec, &why) != ND_OK) {
        snprintf(text, sizeof text, "[E0316] '%s.%s': %s", spec->plugin, spec->verb->name,
                 why.text);
        luaL_error(L, "%s", text);
    }
    spec->line = nd_lua_line(L, 1);
}
