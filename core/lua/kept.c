#include "lua/internal.h"

#include <string.h>

/* kept.name = value: plain values that outlive the run's death (run --resume). */

#define NAME_MAX_BYTES 64
#define TEXT_MAX_BYTES 4096

/* The name at index 2. [-0, +0, e] */
static const char *name_at(lua_State *L)
{
    size_t len = 0;
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tolstring(L, 2, &len) : "";
    if (len == 0 || len > NAME_MAX_BYTES || strlen(name) != len)
        luaL_error(L, "[E0301] 'kept' has names of 1 to %d octets: kept.ordered_at = now()",
                   NAME_MAX_BYTES);
    return name;
}

/* kept.name [-2, +1, e]; nil: nothing is kept there. */
static int kept_index(lua_State *L)
{
    static const enum nd_quantity_kind kinds[] = {[ND_GIVEN_LENGTH] = ND_Q_LENGTH,
                                                  [ND_GIVEN_RATE] = ND_Q_RATE,
                                                  [ND_GIVEN_SHARE] = ND_Q_SHARE};
    struct nd_given value;
    if (!nd_task_kept(nd_lua_current(L, "kept"), name_at(L), &value))
        lua_pushnil(L);
    else if (value.kind == ND_GIVEN_BOOL)
        lua_pushboolean(L, value.u.flag);
    else if (value.kind == ND_GIVEN_TEXT)
        lua_pushstring(L, value.u.text);
    else if (value.kind == ND_GIVEN_NUMBER)
        nd_number_push(L, value.u.number);
    else
        nd_quantity_push(L, kinds[value.kind],
                         value.kind == ND_GIVEN_SHARE ? value.u.number : (double)value.u.i);
    return 1;
}

/* kept.name = value [-3, +0, e]; nil forgets it. */
static int kept_newindex(lua_State *L)
{
    struct nd_task *task = nd_lua_current(L, "kept");
    const char *name = name_at(L);
    struct nd_given value = {.key = name};
    if (lua_type(L, 3) == LUA_TSTRING && lua_rawlen(L, 3) > TEXT_MAX_BYTES)
        return luaL_error(L, "[E0303] kept.%s takes a text of at most %d octets", name,
                          TEXT_MAX_BYTES);
    if (!lua_isnil(L, 3))
        nd_given_value(L, 3, nd_run_arena(nd_task_run(task)), &value);
    if (!nd_task_keep(task, name, lua_isnil(L, 3) ? NULL : &value))
        return luaL_error(L,
                          "[E0301] kept.%s takes a number, a text, true, false, nil or a quantity "
                          "such as seconds(10), got %s; a measurement is begun anew by a step that "
                          "is repeatable",
                          name, luaL_typename(L, 3));
    return 0;
}

void nd_kept_open(lua_State *L)
{
    lua_newtable(L);
    lua_newtable(L); /* its metatable */
    lua_pushcfunction(L, kept_index);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, kept_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushliteral(L, "protected");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "kept");
}
