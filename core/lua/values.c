#include "lua/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- quantities ---- */

void nd_quantity_push(lua_State *L, enum nd_quantity_kind kind, double value)
{
    struct nd_quantity *q = lua_newuserdatauv(L, sizeof *q, 0);
    *q = (struct nd_quantity){kind, value};
    luaL_setmetatable(L, ND_META_QUANTITY);
}

void nd_number_push(lua_State *L, double number)
{
    if (number >= -1e15 && number <= 1e15 && number == (double)(lua_Integer)number)
        lua_pushinteger(L, (lua_Integer)number);
    else
        lua_pushnumber(L, number);
}

void *nd_object_at(lua_State *L, int index, const char *meta)
{
    return luaL_testudata(L, index, meta);
}

const struct nd_quantity *nd_quantity_at(lua_State *L, int index)
{
    return nd_object_at(L, index, ND_META_QUANTITY);
}

const char *nd_quantity_unit(const struct nd_quantity *q)
{
    static const char *const units[] = {
        [ND_Q_LENGTH] = "ns", [ND_Q_RATE] = "bit/s", [ND_Q_SHARE] = "1"};
    return units[q->kind];
}

static const struct nd_quantity *check_quantity(lua_State *L, int index, const char *what)
{
    const struct nd_quantity *q = nd_quantity_at(L, index);
    if (q == NULL)
        luaL_error(L, "[E0302] %s needs a quantity such as seconds(10) on both sides, got %s", what,
                   luaL_typename(L, index));
    return q;
}

static const struct nd_quantity *check_like(lua_State *L, const char *what)
{
    const struct nd_quantity *a = check_quantity(L, 1, what);
    const struct nd_quantity *b = check_quantity(L, 2, what);
    if (a->kind != b->kind)
        luaL_error(L, "[E0301] %s of two different kinds of quantity", what);
    return b;
}

static int q_add(lua_State *L)
{
    const struct nd_quantity *b = check_like(L, "a sum");
    const struct nd_quantity *a = nd_quantity_at(L, 1);
    nd_quantity_push(L, a->kind, a->value + b->value);
    return 1;
}

static int q_sub(lua_State *L)
{
    const struct nd_quantity *b = check_like(L, "a difference");
    const struct nd_quantity *a = nd_quantity_at(L, 1);
    nd_quantity_push(L, a->kind, a->value - b->value);
    return 1;
}

static int q_mul(lua_State *L)
{
    int at = nd_quantity_at(L, 1) != NULL ? 1 : 2;
    const struct nd_quantity *q = check_quantity(L, at, "a product");
    nd_quantity_push(L, q->kind, q->value * luaL_checknumber(L, 3 - at));
    return 1;
}

static int q_div(lua_State *L)
{
    const struct nd_quantity *q = check_quantity(L, 1, "a quotient");
    if (nd_quantity_at(L, 2) != NULL)
        lua_pushnumber(L, q->value / check_like(L, "a quotient")->value);
    else
        nd_quantity_push(L, q->kind, q->value / luaL_checknumber(L, 2));
    return 1;
}

static int q_eq(lua_State *L)
{
    lua_pushboolean(L, check_like(L, "a comparison")->value == nd_quantity_at(L, 1)->value);
    return 1;
}

static int q_lt(lua_State *L)
{
    const struct nd_quantity *b = check_like(L, "a comparison");
    lua_pushboolean(L, nd_quantity_at(L, 1)->value < b->value);
    return 1;
}

static int q_le(lua_State *L)
{
    const struct nd_quantity *b = check_like(L, "a comparison");
    lua_pushboolean(L, nd_quantity_at(L, 1)->value <= b->value);
    return 1;
}

static int q_tostring(lua_State *L)
{
    const struct nd_quantity *q = check_quantity(L, 1, "tostring");
    char out[ND_UNIT_TEXT];
    if (q->kind == ND_Q_LENGTH)
        nd_length_format((nd_ns)q->value, out);
    else if (q->kind == ND_Q_RATE)
        nd_rate_format((int64_t)q->value, out);
    else
        nd_share_format(q->value, out);
    lua_pushstring(L, out);
    return 1;
}

/* upvalues: kind, factor. [-1, +1, e] */
static int make_quantity(lua_State *L)
{
    double number = luaL_checknumber(L, 1);
    double value = number * lua_tonumber(L, lua_upvalueindex(2));
    int kind = (int)lua_tointeger(L, lua_upvalueindex(1));
    if (!(value >= 0) || value > 4e18 || (kind == ND_Q_SHARE && value > 1))
        return luaL_error(
            L, "[E0303] a quantity is 0 or more, and a share at most percent(100), got %f", number);
    nd_quantity_push(L, (enum nd_quantity_kind)kind, kind == ND_Q_SHARE ? value : round(value));
    return 1;
}

bool nd_length_at(lua_State *L, int index, nd_ns *length, struct nd_fail *why)
{
    const struct nd_quantity *q = nd_quantity_at(L, index);
    if (q != NULL && q->kind == ND_Q_LENGTH) {
        *length = (nd_ns)q->value;
        return true;
    }
    if (lua_type(L, index) == LUA_TSTRING)
        return nd_length_parse(lua_tostring(L, index), length, why) == ND_OK;
    char number[ND_UNIT_TEXT];
    if (lua_type(L, index) == LUA_TNUMBER)
        nd_fail_set(why, ND_EARG,
                    "expected a length of time such as seconds(10), got the number %s",
                    nd_real_format(lua_tonumber(L, index), number));
    else
        nd_fail_set(why, ND_EARG, "expected a length of time such as seconds(10), got %s",
                    q != NULL ? "another quantity" : luaL_typename(L, index));
    return false;
}

bool nd_moment_at(lua_State *L, int index, nd_ns now, nd_ns *moment, struct nd_fail *why)
{
    if (lua_type(L, index) == LUA_TSTRING && strncmp(lua_tostring(L, index), "T", 1) == 0)
        return nd_moment_parse(lua_tostring(L, index), moment, why) == ND_OK;
    nd_ns length = 0;
    if (!nd_length_at(L, index, &length, why))
        return false;
    *moment = now + length;
    return true;
}

bool nd_text2_at(lua_State *L, int index, struct nd_arena *arena, struct nd_text2 *text)
{
    *text = (struct nd_text2){0};
    if (lua_type(L, index) == LUA_TSTRING) {
        text->zh = text->en = nd_arena_strdup(arena, lua_tostring(L, index));
        return true;
    }
    if (!lua_istable(L, index))
        return false;
    lua_getfield(L, index, "zh");
    lua_getfield(L, index < 0 ? index - 1 : index, "en");
    if (lua_type(L, -2) == LUA_TSTRING)
        text->zh = nd_arena_strdup(arena, lua_tostring(L, -2));
    if (lua_type(L, -1) == LUA_TSTRING)
        text->en = nd_arena_strdup(arena, lua_tostring(L, -1));
    lua_pop(L, 2);
    return text->zh != NULL || text->en != NULL;
}

/* ---- plugins, verbs, targets ---- */

/* [-0, +1, m] */
static void push_verb(lua_State *L, const char *plugin, const struct nd_verb *verb)
{
    struct nd_lua_verb *value = lua_newuserdatauv(L, sizeof *value, 0);
    *value = (struct nd_lua_verb){plugin, verb};
    luaL_setmetatable(L, ND_META_VERB);
}

void nd_plugin_push(lua_State *L, const struct nd_plugin *plugin)
{
    const struct nd_plugin **value = lua_newuserdatauv(L, sizeof *value, 0);
    *value = plugin;
    luaL_setmetatable(L, ND_META_PLUGIN);
}

void nd_target_push(lua_State *L, const struct nd_site_target *target)
{
    const struct nd_site_target **value = lua_newuserdatauv(L, sizeof *value, 0);
    *value = target;
    luaL_setmetatable(L, ND_META_TARGET);
}

/* plugin.verb [-2, +1, e] */
static int plugin_index(lua_State *L)
{
    const struct nd_plugin *const *plugin = luaL_checkudata(L, 1, ND_META_PLUGIN);
    const char *name = luaL_checkstring(L, 2);
    if (*plugin == NULL) { /* could not be loaded, and said so: one fault is told once */
        push_verb(L, "?", NULL);
        return 1;
    }
    const struct nd_verb *verb = nd_plugin_verb(*plugin, name);
    if (verb == NULL) {
        const char *names[64];
        size_t count = 0;
        for (const struct nd_verb *const *v = (*plugin)->verbs; *v != NULL && count < 64; v++)
            names[count++] = (*v)->name;
        const char *near = nd_text_nearest(name, names, count);
        return luaL_error(L, "[E0202] plugin '%s' has no verb '%s'%s%s%s", (*plugin)->name, name,
                          near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                          near != NULL ? "'" : "");
    }
    push_verb(L, (*plugin)->name, verb);
    return 1;
}

static int target_tostring(lua_State *L)
{
    const struct nd_site_target *const *target = luaL_checkudata(L, 1, ND_META_TARGET);
    lua_pushstring(L, *target != NULL ? (*target)->target.name : "?");
    return 1;
}

/* ---- series and questions ---- */

void nd_series_push(lua_State *L, struct nd_series *series)
{
    struct nd_series **value = lua_newuserdatauv(L, sizeof(struct nd_series *), 0);
    *value = series;
    luaL_setmetatable(L, ND_META_SERIES);
}

/* The name of one of the verb's readings, on top of the stack. */
static void read_reading(lua_State *L, struct nd_lua_question *question)
{
    const char *name = luaL_checkstring(L, -1);
    const char *names[32];
    size_t count = 0;
    names[count++] = nd_series_info(question->series)->reading;
    for (const char *other = NULL; count < 32; count++) {
        other = nd_series_reading_name(question->series, count - 1, NULL);
        if (other == NULL)
            break;
        names[count] = other;
    }
    question->reading = nd_series_reading_find(question->series, name);
    if (question->reading < 0 && strcmp(name, names[0]) != 0) {
        const char *near = nd_text_nearest(name, names, count);
        luaL_error(L, "[E0210] the series has no reading '%s'%s%s%s", name,
                   near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                   near != NULL ? "'" : "");
    }
    if (question->reading >= 0 && !nd_stat_of_values(question->stat))
        luaL_error(L,
                   "[E0210] '%s' is about the probes, not about a reading; ask p95, max, mean, "
                   "...",
                   nd_stat_name(question->stat));
}

static void read_window(lua_State *L, int index, struct nd_lua_question *question)
{
    static const char *const keys[] = {"from", "till", "last"};
    nd_ns *const into[] = {&question->from, &question->till, &question->last};
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        struct nd_fail why = {0};
        size_t i = 0;
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        while (i < 3 && strcmp(keys[i], key) != 0)
            i++;
        if (i == 3 && strcmp(key, "reading") == 0) {
            read_reading(L, question);
            lua_pop(L, 1);
            continue;
        }
        if (i == 3) {
            luaL_error(L,
                       "[E0207] a question has no key '%s'; it takes 'from', 'till', 'last' and "
                       "'reading'",
                       key);
            return; /* never: luaL_error jumps */
        }
        bool good =
            i == 2 ? nd_length_at(L, -1, into[i], &why) : nd_moment_at(L, -1, 0, into[i], &why);
        if (!good)
            luaL_error(L, "[E0302] '%s': %s", key, why.text);
        lua_pop(L, 1);
    }
}

/* series:loss([{from=, till=, last=}]); upvalue: the statistic. [-n, +1, e] */
static int series_question(lua_State *L)
{
    struct nd_series *const *series = luaL_checkudata(L, 1, ND_META_SERIES);
    struct nd_lua_question question = {
        *series, (enum nd_stat)lua_tointeger(L, lua_upvalueindex(1)), -1, -1, -1, -1};
    if (question.stat >= ND_STAT_VOICE_LOSS && !nd_series_is_voice(*series))
        return luaL_error(L, "[E0210] '%s' is asked of a stream of voice (reach.voice) alone",
                          nd_stat_name(question.stat));
    /* A text here names the reading, for those who like to say what is answered. */
    if (lua_istable(L, 2))
        read_window(L, 2, &question);
    struct nd_lua_question *value = lua_newuserdatauv(L, sizeof *value, 0);
    *value = question;
    luaL_setmetatable(L, ND_META_QUESTION);
    return 1;
}

static int series_index(lua_State *L)
{
    luaL_checkudata(L, 1, ND_META_SERIES);
    const char *name = luaL_checkstring(L, 2);
    int stat = nd_stat_find(name);
    if (stat >= 0) {
        lua_pushinteger(L, stat);
        lua_pushcclosure(L, series_question, 1);
        return 1;
    }
    if (strcmp(name, "stop") == 0) {
        lua_getfield(L, LUA_REGISTRYINDEX, "netdrill stop");
        return 1;
    }
    const char *names[ND_STAT_KINDS];
    for (int i = 0; i < ND_STAT_KINDS; i++)
        names[i] = nd_stat_name((enum nd_stat)i);
    const char *near = nd_text_nearest(name, names, ND_STAT_KINDS);
    return luaL_error(L, "[E0210] a series does not answer '%s'%s%s%s", name,
                      near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                      near != NULL ? "'" : "");
}

static void meta(lua_State *L, const char *name, const luaL_Reg *functions)
{
    luaL_newmetatable(L, name);
    luaL_setfuncs(L, functions, 0);
    lua_pushliteral(L, "protected");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

void nd_values_open(lua_State *L)
{
    static const luaL_Reg quantity[] = {
        {"__add", q_add}, {"__sub", q_sub}, {"__mul", q_mul}, {"__div", q_div},
        {"__eq", q_eq},   {"__lt", q_lt},   {"__le", q_le},   {"__tostring", q_tostring},
        {NULL, NULL}};
    static const luaL_Reg plugin[] = {{"__index", plugin_index}, {NULL, NULL}};
    static const luaL_Reg target[] = {{"__tostring", target_tostring}, {NULL, NULL}};
    static const luaL_Reg series[] = {{"__index", series_index}, {NULL, NULL}};
    static const luaL_Reg none[] = {{NULL, NULL}};
    meta(L, ND_META_QUANTITY, quantity);
    meta(L, ND_META_PLUGIN, plugin);
    meta(L, ND_META_VERB, none); /* __call: bodies.c */
    meta(L, ND_META_TARGET, target);
    meta(L, ND_META_SERIES, series);
    meta(L, ND_META_QUESTION, none);
    static const struct {
        const char *name;
        enum nd_quantity_kind kind;
        double factor;
    } makers[] = {{"ms", ND_Q_LENGTH, 1e6},       {"seconds", ND_Q_LENGTH, 1e9},
                  {"minutes", ND_Q_LENGTH, 6e10}, {"hours", ND_Q_LENGTH, 3.6e12},
                  {"percent", ND_Q_SHARE, 0.01},  {"kbit_per_s", ND_Q_RATE, 1e3},
                  {"mbit_per_s", ND_Q_RATE, 1e6}};
    lua_newtable(L);
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        lua_pushinteger(L, makers[i].kind);
        lua_pushnumber(L, makers[i].factor);
        lua_pushcclosure(L, make_quantity, 2);
        lua_setfield(L, -2, makers[i].name);
    }
    lua_setfield(L, LUA_REGISTRYINDEX, "netdrill quantities");
}
