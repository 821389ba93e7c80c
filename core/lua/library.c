#include "lua/internal.h"

#include <lualib.h>
#include <stdlib.h>
#include <string.h>

/* The parts of Lua's library a scenario has. A hook cannot interrupt C, so every function here does
 * work in proportion to its arguments and takes it off the budget; there are no pattern functions
 * (one pathological string.find ran for three minutes). */

#define TEXT_MAX (1u << 20) /* octets string.rep may make */

const char *nd_lua_tostring(lua_State *L, int index)
{
    int type = lua_type(L, index);
    bool plain = type == LUA_TNIL || type == LUA_TBOOLEAN || type == LUA_TNUMBER ||
                 type == LUA_TSTRING || luaL_getmetafield(L, index, "__tostring") != LUA_TNIL;
    if (!plain)
        return lua_pushstring(L, luaL_typename(L, index)); /* no address: it would differ */
    if (type != LUA_TNIL && type != LUA_TBOOLEAN && type != LUA_TNUMBER && type != LUA_TSTRING)
        lua_pop(L, 1);
    return luaL_tolstring(L, index, NULL);
}

static int lib_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    nd_lua_tostring(L, 1);
    return 1;
}

/* Numbers before texts before the rest; like with like. */
static int key_order(lua_State *L)
{
    int a = lua_type(L, 1);
    int b = lua_type(L, 2);
    if (a == b && (a == LUA_TNUMBER || a == LUA_TSTRING))
        lua_pushboolean(L, lua_compare(L, 1, 2, LUA_OPLT));
    else
        lua_pushboolean(L, a < b);
    return 1;
}

/* upvalues: table, sorted keys, position. [-0, +2, e] */
static int pairs_next(lua_State *L)
{
    lua_Integer at = lua_tointeger(L, lua_upvalueindex(3)) + 1;
    lua_pushinteger(L, at);
    lua_replace(L, lua_upvalueindex(3));
    lua_rawgeti(L, lua_upvalueindex(2), at);
    if (lua_isnil(L, -1))
        return 1;
    lua_pushvalue(L, -1);
    lua_rawget(L, lua_upvalueindex(1));
    return 2;
}

static int lib_pairs(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushvalue(L, 1); /* 2 */
    lua_newtable(L);     /* 3: keys */
    lua_Integer count = 0;
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_rawseti(L, 3, ++count);
    }
    nd_sandbox_charge(L, (size_t)count * 4);
    lua_getfield(L, LUA_REGISTRYINDEX, "netdrill sort");
    lua_pushvalue(L, 3);
    lua_pushcfunction(L, key_order);
    lua_call(L, 2, 0);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, pairs_next, 3);
    return 1;
}

/* ---- string ---- */

static int str_rep(lua_State *L)
{
    size_t len = 0;
    size_t sep_len = 0;
    const char *text = luaL_checklstring(L, 1, &len);
    lua_Integer times = luaL_checkinteger(L, 2);
    const char *sep = luaL_optlstring(L, 3, "", &sep_len);
    if (times > 0 && (len + sep_len) > TEXT_MAX / (size_t)times)
        return luaL_error(L, "string.rep would make more than %d octets", (int)TEXT_MAX);
    nd_sandbox_charge(L, times > 0 ? (len + sep_len) * (size_t)times / 64 + (size_t)times : 0);
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    for (lua_Integer i = 0; i < times; i++) {
        if (i > 0)
            luaL_addlstring(&buffer, sep, sep_len);
        luaL_addlstring(&buffer, text, len);
    }
    luaL_pushresult(&buffer);
    return 1;
}

/* string.find(text, plain text [, from]): first and last position, or nil. */
static int str_find(lua_State *L)
{
    size_t len = 0;
    size_t part_len = 0;
    const char *text = luaL_checklstring(L, 1, &len);
    const char *part = luaL_checklstring(L, 2, &part_len);
    lua_Integer from = luaL_optinteger(L, 3, 1);
    nd_sandbox_charge(L, len / 16);
    if (from < 0)
        from = from + (lua_Integer)len + 1;
    size_t skip = from > 1 ? (size_t)from - 1 : 0;
    const char *hit = skip <= len ? memmem(text + skip, len - skip, part, part_len) : NULL;
    if (hit == NULL) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, hit - text + 1);
    lua_pushinteger(L, hit - text + (lua_Integer)part_len);
    return 2;
}

/* Calls the library's own function, kept as the upvalue, after charging for its text. */
static int str_charged(lua_State *L)
{
    size_t len = 0;
    luaL_checklstring(L, 1, &len);
    nd_sandbox_charge(L, len / 32 + 1);
    int count = lua_gettop(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, count, LUA_MULTRET);
    return lua_gettop(L);
}

static int str_format(lua_State *L)
{
    const char *format = luaL_checkstring(L, 1);
    if (strstr(format, "%p") != NULL)
        return luaL_error(L, "string.format has no '%%p' here");
    for (int i = 2; i <= lua_gettop(L); i++) {
        int type = lua_type(L, i);
        if (type != LUA_TNUMBER && type != LUA_TSTRING && type != LUA_TBOOLEAN) {
            nd_lua_tostring(L, i);
            lua_replace(L, i);
        }
    }
    return str_charged(L);
}

/* ---- table ---- */

static int table_charged(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    nd_sandbox_charge(L, (size_t)lua_rawlen(L, 1) / 8 + 1);
    int count = lua_gettop(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, count, LUA_MULTRET);
    return lua_gettop(L);
}

static int table_sort(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    nd_sandbox_charge(L, (size_t)lua_rawlen(L, 1) * 4 + 1);
    return table_charged(L);
}

/* ---- math ---- */

static int math_random(lua_State *L)
{
    struct nd_random *random = &nd_sandbox_of(L)->random;
    double unit = nd_random_unit(random);
    if (lua_gettop(L) == 0) {
        lua_pushnumber(L, unit);
        return 1;
    }
    lua_Integer low = lua_gettop(L) >= 2 ? luaL_checkinteger(L, 1) : 1;
    lua_Integer high = luaL_checkinteger(L, lua_gettop(L) >= 2 ? 2 : 1);
    luaL_argcheck(L, low <= high && high - low < ((lua_Integer)1 << 50), 1, "the range is empty");
    lua_pushinteger(L, low + (lua_Integer)(unit * (double)(high - low + 1)));
    return 1;
}

/* ---- putting it together ---- */

/* From the library's table at `from`, functions by name into the table at `into`; wrapped when a
 * wrapper is given. */
static void take(lua_State *L, int from, int into, const char *const *names, lua_CFunction wrapper)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        lua_getfield(L, from, names[i]);
        if (wrapper != NULL)
            lua_pushcclosure(L, wrapper, 1);
        lua_setfield(L, into, names[i]);
    }
}

static void open_string(lua_State *L, int globals)
{
    static const char *const charged[] = {"byte", "lower", "reverse", "sub", "upper", "len", NULL};
    static const char *const plain[] = {"char", NULL};
    luaL_requiref(L, "string", luaopen_string, 0);
    int from = lua_gettop(L);
    lua_newtable(L);
    int into = lua_gettop(L);
    take(L, from, into, charged, str_charged);
    take(L, from, into, plain, NULL);
    lua_getfield(L, from, "format");
    lua_pushcclosure(L, str_format, 1);
    lua_setfield(L, into, "format");
    lua_pushcfunction(L, str_rep);
    lua_setfield(L, into, "rep");
    lua_pushcfunction(L, str_find);
    lua_setfield(L, into, "find");
    /* ("text"):find too leads here, not to the library's own. */
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushvalue(L, into);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
    lua_setfield(L, globals, "string");
    lua_pop(L, 1);
}

static void open_table(lua_State *L, int globals)
{
    static const char *const charged[] = {"concat", "insert", "remove", "unpack", NULL};
    static const char *const sort[] = {"sort", NULL};
    luaL_requiref(L, "table", luaopen_table, 0);
    int from = lua_gettop(L);
    lua_getfield(L, from, "sort");
    lua_setfield(L, LUA_REGISTRYINDEX, "netdrill sort");
    lua_newtable(L);
    take(L, from, from + 1, charged, table_charged);
    take(L, from, from + 1, sort, table_sort);
    lua_setfield(L, globals, "table");
    lua_pop(L, 1);
}

static void open_math(lua_State *L, int globals)
{
    static const char *const plain[] = {
        "abs",  "ceil", "exp",  "floor",     "fmod", "huge",       "log",        "max", "min",
        "modf", "pi",   "sqrt", "tointeger", "type", "maxinteger", "mininteger", NULL};
    luaL_requiref(L, "math", luaopen_math, 0);
    int from = lua_gettop(L);
    lua_newtable(L);
    take(L, from, from + 1, plain, NULL);
    lua_pushcfunction(L, math_random);
    lua_setfield(L, -2, "random");
    lua_setfield(L, globals, "math");
    lua_pop(L, 1);
}

void nd_library_open(lua_State *L)
{
    static const char *const base[] = {"assert", "error",    "ipairs", "pcall",
                                       "select", "tonumber", "type",   NULL};
    static const char *const utf8[] = {"char", "charpattern", "codepoint", "len", "offset", NULL};
    int globals = lua_gettop(L);
    luaL_requiref(L, "_G", luaopen_base, 0);
    take(L, globals + 1, globals, base, NULL);
    lua_pop(L, 1);
    lua_pushcfunction(L, lib_tostring);
    lua_setfield(L, globals, "tostring");
    lua_pushcfunction(L, lib_pairs);
    lua_setfield(L, globals, "pairs");
    open_string(L, globals);
    open_table(L, globals);
    open_math(L, globals);
    luaL_requiref(L, "utf8", luaopen_utf8, 0);
    lua_newtable(L);
    take(L, globals + 1, globals + 2, utf8, NULL);
    lua_setfield(L, globals, "utf8");
    lua_pop(L, 1);
    /* requiref keeps originals in the registry; nothing leads there, but nothing should. */
    lua_pushnil(L);
    lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
}
