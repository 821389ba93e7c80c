#include "lua/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What steps do. Waiting is lua_yieldk in one function, nd_lua_await; what the wait brought is read
 * in the continuation given to it. */

struct nd_task *nd_lua_current(lua_State *L, const char *what)
{
    struct nd_scenario *scenario = nd_scenario_of(L);
    if (scenario->task == NULL)
        luaL_error(L, "[E0204] '%s' acts, so it stands in run = function() ... end of a step",
                   what);
    return scenario->task;
}

static struct nd_arena *call_arena(const struct nd_task *task)
{
    return &((struct nd_lua_task *)nd_task_user(task))->arena;
}

int nd_lua_await(lua_State *L, lua_KFunction then)
{
    return lua_yieldk(L, 0, 0, then);
}

/* ---- verbs ---- */

static void push_result(lua_State *L, const struct nd_task_result *result)
{
    lua_newtable(L);
    lua_pushboolean(L, result->err == ND_OK);
    lua_setfield(L, -2, "ok");
    lua_pushstring(L, nd_err_name(result->err));
    lua_setfield(L, -2, "err");
    if (result->why != NULL) {
        lua_pushstring(L, result->why);
        lua_setfield(L, -2, "why");
    }
    for (size_t i = 0; result->verb != NULL && result->verb->readings[i].name != NULL; i++) {
        const struct nd_reading *reading = &result->verb->readings[i];
        if (isnan(result->values[i]))
            continue;
        if (strcmp(reading->unit, "ns") == 0)
            nd_quantity_push(L, ND_Q_LENGTH, result->values[i]);
        else
            lua_pushnumber(L, result->values[i]);
        lua_setfield(L, -2, reading->name);
    }
}

/* Stack: the call's own arguments; 1 the verb, 2 its table. */
static int verb_done(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    const struct nd_task_result *result = nd_task_result(nd_lua_current(L, "a verb"));
    const struct nd_lua_verb *verb = nd_object_at(L, 1, ND_META_VERB);
    lua_getfield(L, 2, "may_fail");
    bool may_fail = lua_toboolean(L, -1) != 0;
    if (result->err != ND_OK && (verb->verb->flags & ND_VERB_CHANGES) != 0 && !may_fail)
        return luaL_error(L, "%s.%s: %s", verb->plugin, verb->verb->name,
                          result->why != NULL ? result->why : nd_err_text(result->err));
    push_result(L, result);
    return 1;
}

/* verb { ... } [-2, +1, e] */
static int verb_call(lua_State *L)
{
    static const char *const without[] = {"may_fail", NULL};
    const struct nd_lua_verb *verb = luaL_checkudata(L, 1, ND_META_VERB);
    struct nd_task *task = nd_lua_current(L, "a verb");
    if (lua_isnoneornil(L, 2)) {
        lua_settop(L, 1);
        lua_newtable(L);
    }
    if (!lua_istable(L, 2))
        return luaL_error(L, "[E0301] a verb takes one table: plugin.verb { ... }");
    struct nd_arena *arena = call_arena(task);
    nd_arena_deinit(arena);
    struct nd_call_spec *spec = nd_arena_alloc(arena, sizeof *spec);
    nd_given_check(L, verb, 2, 0, without, arena, spec);
    nd_task_call(task, spec);
    return nd_lua_await(L, verb_done);
}

/* ---- measure ---- */

static nd_ns opt_till(lua_State *L, int table, nd_ns now)
{
    struct nd_fail why = {0};
    nd_ns till = -1;
    static const char *const keys[] = {"till", "lasts"};
    for (int i = 0; i < 2; i++) {
        if (lua_getfield(L, table, keys[i]) != LUA_TNIL) {
            bool good =
                i == 0 ? nd_moment_at(L, -1, now, &till, &why) : nd_length_at(L, -1, &till, &why);
            if (!good)
                luaL_error(L, "[E0302] 'measure': '%s': %s", keys[i], why.text);
            till += i == 1 ? now : 0;
        }
        lua_pop(L, 1);
    }
    return till;
}

/* measure { verb, subject, every =, till = | lasts =, ... } [-1, +1, e] */
static int body_measure(lua_State *L)
{
    static const char *const without[] = {"every", "tick", "till", "lasts", NULL};
    struct nd_task *task = nd_lua_current(L, "measure");
    struct nd_fail why = {0};
    nd_ns every = 0;
    nd_ns tick = -1;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_rawgeti(L, 1, 1);
    const struct nd_lua_verb *verb = nd_object_at(L, -1, ND_META_VERB);
    if (verb == NULL)
        return luaL_error(L, "[E0301] 'measure' begins with a verb: measure { reach.icmp, ... }");
    if (lua_getfield(L, 1, "every") == LUA_TNIL)
        return luaL_error(L, "[E0208] 'measure' lacks 'every'");
    if (!nd_length_at(L, -1, &every, &why))
        return luaL_error(L, "[E0302] 'measure': 'every': %s", why.text);
    if (lua_getfield(L, 1, "tick") != LUA_TNIL && !nd_length_at(L, -1, &tick, &why))
        return luaL_error(L, "[E0302] 'measure': 'tick': %s", why.text);
    nd_ns till = opt_till(L, 1, nd_task_now(task));
    struct nd_arena *arena = nd_run_arena(nd_task_run(task));
    struct nd_call_spec *spec = nd_arena_alloc(arena, sizeof *spec);
    nd_given_check(L, verb, 1, 1, without, arena, spec);
    struct nd_series *series = nd_task_measure(task, spec, every, tick, till, &why);
    if (series == NULL)
        return luaL_error(L, "[%s] 'measure': %s", why.code == ND_ERIGHTS ? "E0503" : "E0301",
                          why.text);
    nd_series_push(L, series);
    return 1;
}

static int series_stop(lua_State *L)
{
    struct nd_series *const *series = luaL_checkudata(L, 1, ND_META_SERIES);
    nd_task_stop(nd_lua_current(L, "stop"), *series);
    return 0;
}

/* ---- confirm, wait, restore, note, now ---- */

/* The task of a step; raises E0204 in a baseline, which only measures. [-0, +0, e] */
static struct nd_task *current_step(lua_State *L, const char *what)
{
    struct nd_task *task = nd_lua_current(L, what);
    if (nd_task_is_baseline(task))
        luaL_error(L, "[E0204] a baseline measures; '%s' stands in a step", what);
    return task;
}

static int confirm_done(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    const struct nd_task_result *result = nd_task_result(nd_lua_current(L, "confirm"));
    lua_getfield(L, 1, "required");
    bool required = lua_isnil(L, -1) || lua_toboolean(L, -1) != 0;
    if (required && result->answer == ND_ANSWER_NO)
        return luaL_error(L, "the confirmation was refused by %s", result->actor);
    if (required && result->answer == ND_ANSWER_NONE)
        return luaL_error(L, "nobody confirmed in time");
    lua_pushboolean(L, result->answer == ND_ANSWER_YES);
    return 1;
}

static const char *get_person(lua_State *L, const struct nd_scenario *scenario)
{
    if (lua_getfield(L, 1, "by") == LUA_TNIL)
        return NULL;
    const char *by = luaL_checkstring(L, -1);
    if (scenario->site != NULL && scenario->site->people.count != 0 &&
        nd_site_person_find(scenario->site, by) == NULL) {
        const char *near = nd_site_person_nearest(scenario->site, by);
        luaL_error(L, "[E0312] the site file has no person '%s'%s%s%s", by,
                   near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                   near != NULL ? "'" : "");
    }
    return by;
}

static int body_confirm(lua_State *L)
{
    struct nd_task *task = current_step(L, "confirm");
    struct nd_fail why = {0};
    nd_ns within = ND_SEC(600);
    luaL_checktype(L, 1, LUA_TTABLE);
    struct nd_arena *arena = nd_run_arena(nd_task_run(task));
    struct nd_text2 *text = nd_arena_alloc(arena, sizeof *text);
    lua_rawgeti(L, 1, 1);
    if (!nd_text2_at(L, lua_gettop(L), arena, text))
        return luaL_error(L, "[E0203] 'confirm' begins with a sentence");
    if (lua_getfield(L, 1, "within") != LUA_TNIL && !nd_length_at(L, -1, &within, &why))
        return luaL_error(L, "[E0302] 'confirm': 'within': %s", why.text);
    const char *by = nd_arena_strdup(arena, get_person(L, nd_scenario_of(L)));
    lua_settop(L, 1);
    nd_task_confirm(task, text, by, within);
    return nd_lua_await(L, confirm_done);
}

static int nothing_more(lua_State *L, int status, lua_KContext ctx)
{
    (void)L;
    (void)status;
    (void)ctx;
    return 0;
}

static int body_wait(lua_State *L)
{
    struct nd_task *task = nd_lua_current(L, "wait");
    struct nd_fail why = {0};
    nd_ns till = 0;
    if (lua_isnoneornil(L, 1))
        return luaL_error(L, "[E0208] 'wait' lacks how long: wait(seconds(10))");
    if (lua_istable(L, 1))
        lua_rawgeti(L, 1, 1);
    if (!nd_moment_at(L, lua_gettop(L), nd_task_now(task), &till, &why))
        return luaL_error(L, "[E0302] 'wait': %s", why.text);
    nd_task_sleep(task, till);
    return nd_lua_await(L, nothing_more);
}

static int restore_done(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    const struct nd_task_result *result = nd_task_result(nd_lua_current(L, "restore"));
    if (result->err != ND_OK)
        return luaL_error(L, "restore: %s",
                          result->why != NULL ? result->why : nd_err_text(result->err));
    return 0;
}

/* restore { target, ... }, or restore {} for everything [-1, +0, e] */
static int body_restore(lua_State *L)
{
    struct nd_task *task = current_step(L, "restore");
    struct nd_arena *arena = nd_run_arena(nd_task_run(task));
    if (!lua_istable(L, 1) || lua_gettop(L) != 1)
        return luaL_error(L,
                          "[E0301] 'restore' takes one table: restore { cell }, or restore {} for "
                          "everything");
    size_t count = (size_t)lua_rawlen(L, 1);
    const char **names = nd_arena_alloc(arena, (count + 1) * sizeof *names);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 1, (lua_Integer)i + 1);
        const struct nd_site_target *const *target = nd_object_at(L, -1, ND_META_TARGET);
        if (target == NULL)
            return luaL_error(L, "[E0301] 'restore' takes targets: restore { cell }");
        names[i] = (*target)->target.name;
        lua_pop(L, 1);
    }
    nd_task_restore(task, names, count);
    return nd_lua_await(L, restore_done);
}

static int body_note(lua_State *L)
{
    struct nd_task *task = nd_lua_current(L, "note");
    struct nd_arena *arena = nd_run_arena(nd_task_run(task));
    struct nd_text2 text;
    int at = 1;
    if (lua_istable(L, 1) && lua_rawgeti(L, 1, 1) != LUA_TNIL)
        at = lua_gettop(L);
    if (!nd_text2_at(L, at, arena, &text))
        return luaL_error(L, "[E0203] 'note' takes a text: note { \"...\" }");
    nd_task_note(task, &text);
    return 0;
}

static void set_string(lua_State *L, const char *key, const char *text)
{
    lua_pushstring(L, text); /* nil when NULL */
    lua_setfield(L, -2, key);
}

/* answer("inject id") -> {state, choice, text, by, after, in_time} [-1, +1, e] */
static int body_answer(lua_State *L)
{
    const struct nd_task *task = nd_lua_current(L, "answer");
    const char *id = luaL_checkstring(L, 1);
    struct nd_inject_answer answer = nd_run_answer_of(nd_task_run(task), id);
    if (!answer.known)
        return luaL_error(L, "[E0309] no inject has the id '%s'", id);
    lua_newtable(L);
    set_string(L, "state", answer.state);
    set_string(L, "choice", answer.choice);
    set_string(L, "text", answer.text);
    set_string(L, "by", answer.by);
    if (answer.after >= 0) {
        nd_quantity_push(L, ND_Q_LENGTH, (double)answer.after);
        lua_setfield(L, -2, "after");
    }
    lua_pushboolean(L, answer.in_time);
    lua_setfield(L, -2, "in_time");
    return 1;
}

static int body_now(lua_State *L)
{
    nd_quantity_push(L, ND_Q_LENGTH, (double)nd_task_now(nd_lua_current(L, "now")));
    return 1;
}

static int together_done(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    const struct nd_task_result *result = nd_task_result(nd_lua_current(L, "together"));
    if (result->err != ND_OK)
        return luaL_error(L, "together: %s",
                          result->why != NULL ? result->why : nd_err_text(result->err));
    return 0;
}

/* together { function, ... } [-1, +0, e]; the functions stay pinned until the scenario is freed. */
static int body_together(lua_State *L)
{
    struct nd_task *task = nd_lua_current(L, "together");
    luaL_checktype(L, 1, LUA_TTABLE);
    size_t count = (size_t)lua_rawlen(L, 1);
    nd_body_ref *refs = nd_arena_alloc(nd_run_arena(nd_task_run(task)), (count + 1) * sizeof *refs);
    for (size_t i = 0; i < count; i++) {
        if (lua_rawgeti(L, 1, (lua_Integer)i + 1) != LUA_TFUNCTION)
            return luaL_error(L, "[E0301] 'together' takes functions");
        refs[i] = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    nd_task_together(task, refs, count);
    return nd_lua_await(L, together_done);
}

void nd_bodies_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"measure", body_measure},   {"confirm", body_confirm}, {"wait", body_wait},
        {"restore", body_restore},   {"note", body_note},       {"now", body_now},
        {"together", body_together}, {"answer", body_answer},   {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
    luaL_getmetatable(L, ND_META_VERB);
    lua_pushcfunction(L, verb_call);
    lua_setfield(L, -2, "__call");
    lua_pop(L, 1);
    lua_pushcfunction(L, series_stop);
    lua_setfield(L, LUA_REGISTRYINDEX, "netdrill stop");
}
