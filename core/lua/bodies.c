#include "lua/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What steps do. Waiting is lua_yieldk in one function, nd_lua_await; what the wait brought is read
 * in the continuation given to it. `expect` and `together` are written in Lua on top of the
 * primitives below (prelude.lua), because they loop around waits. */

static struct nd_task *current(lua_State *L, const char *what)
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

/* The one await: the engine has been told what the task waits for. [-0, +0, -] */
static int nd_lua_await(lua_State *L, lua_KFunction then)
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
    const struct nd_task_result *result = nd_task_result(current(L, "a verb"));
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
    struct nd_task *task = current(L, "a verb");
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
    static const char *const without[] = {"every", "till", "lasts", NULL};
    struct nd_task *task = current(L, "measure");
    struct nd_fail why = {0};
    nd_ns every = 0;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_rawgeti(L, 1, 1);
    const struct nd_lua_verb *verb = nd_object_at(L, -1, ND_META_VERB);
    if (verb == NULL)
        return luaL_error(L, "[E0301] 'measure' begins with a verb: measure { reach.icmp, ... }");
    if (lua_getfield(L, 1, "every") == LUA_TNIL)
        return luaL_error(L, "[E0208] 'measure' lacks 'every'");
    if (!nd_length_at(L, -1, &every, &why))
        return luaL_error(L, "[E0302] 'measure': 'every': %s", why.text);
    nd_ns till = opt_till(L, 1, nd_task_now(task));
    struct nd_arena *arena = nd_run_arena(nd_task_run(task));
    struct nd_call_spec *spec = nd_arena_alloc(arena, sizeof *spec);
    nd_given_check(L, verb, 1, 1, without, arena, spec);
    struct nd_series *series = nd_task_measure(task, spec, every, till, &why);
    if (series == NULL)
        return luaL_error(L, "[E0301] 'measure': %s", why.text);
    nd_series_push(L, series);
    return 1;
}

static int series_stop(lua_State *L)
{
    struct nd_series *const *series = luaL_checkudata(L, 1, ND_META_SERIES);
    nd_task_stop(current(L, "stop"), *series);
    return 0;
}

/* ---- confirm, wait, restore, note, now ---- */

static int confirm_done(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    const struct nd_task_result *result = nd_task_result(current(L, "confirm"));
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
        nd_site_person_find(scenario->site, by) == NULL)
        luaL_error(L, "[E0312] the site file has no person '%s'", by);
    return by;
}

static int body_confirm(lua_State *L)
{
    struct nd_task *task = current(L, "confirm");
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
    struct nd_task *task = current(L, "wait");
    struct nd_fail why = {0};
    nd_ns till = 0;
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
    const struct nd_task_result *result = nd_task_result(current(L, "restore"));
    if (result->err != ND_OK)
        return luaL_error(L, "restore: %s",
                          result->why != NULL ? result->why : nd_err_text(result->err));
    return 0;
}

/* restore { target, ... }, or restore {} for everything [-1, +0, e] */
static int body_restore(lua_State *L)
{
    struct nd_task *task = current(L, "restore");
    struct nd_arena *arena = nd_run_arena(nd_task_run(task));
    size_t count = lua_istable(L, 1) ? (size_t)lua_rawlen(L, 1) : 0;
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
    struct nd_task *task = current(L, "note");
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

static int body_now(lua_State *L)
{
    nd_quantity_push(L, ND_Q_LENGTH, (double)nd_task_now(current(L, "now")));
    return 1;
}

/* ---- primitives of the prelude ---- */

static int prim_sleep(lua_State *L)
{
    nd_task_sleep(current(L, "expect"), (nd_ns)luaL_checknumber(L, 1));
    return nd_lua_await(L, nothing_more);
}

static int prim_now(lua_State *L)
{
    lua_pushnumber(L, (double)nd_task_now(current(L, "expect")));
    return 1;
}

/* Seconds or moments of expect's table, in ns: length(value, name) / moment(value, name). */
static int prim_length(lua_State *L)
{
    struct nd_fail why = {0};
    nd_ns length = 0;
    if (!nd_length_at(L, 1, &length, &why))
        return luaL_error(L, "[E0302] 'expect': '%s': %s", luaL_checkstring(L, 2), why.text);
    lua_pushnumber(L, (double)length);
    return 1;
}

static int prim_moment(lua_State *L)
{
    struct nd_fail why = {0};
    nd_ns moment = 0;
    if (!nd_moment_at(L, 1, 0, &moment, &why))
        return luaL_error(L, "[E0302] 'expect': '%s': %s", luaL_checkstring(L, 2), why.text);
    lua_pushnumber(L, (double)moment);
    return 1;
}

/* settle(question, till|nil): waits until the series has said all up to `till`, or, without,
 * until its end; a series without an end is asked about what is known once the slots under way are
 * answered. */
static int prim_settle(lua_State *L)
{
    const struct nd_lua_question *question = luaL_checkudata(L, 1, ND_META_QUESTION);
    struct nd_task *task = current(L, "expect");
    const struct nd_series_info *info = nd_series_info(question->series);
    nd_ns till = lua_isnil(L, 2) ? -1 : (nd_ns)lua_tonumber(L, 2);
    if (till < 0)
        till = question->till;
    lua_settop(L, 0);
    if (till >= 0)
        nd_task_await_series(task, question->series, till + info->deadline);
    else if (lua_toboolean(L, lua_upvalueindex(1)))
        nd_task_await_series(task, question->series, -1);
    else
        nd_task_await_series(task, question->series, nd_task_now(task) + info->deadline);
    return nd_lua_await(L, nothing_more);
}

/* ask(question, from|nil, till|nil, last|nil) -> value|nil, unit, uncertainty, from, till
 * All ns, moments of the drill. last: the window ends with the last slot that is known. */
static int prim_ask(lua_State *L)
{
    const struct nd_lua_question *q = luaL_checkudata(L, 1, ND_META_QUESTION);
    const struct nd_task *task = current(L, "expect");
    const struct nd_series_info *info = nd_series_info(q->series);
    nd_ns now = nd_task_now(task);
    nd_ns t0 = nd_run_start(nd_task_run(task));
    nd_ns from = q->from >= 0 ? q->from : (nd_ns)luaL_optnumber(L, 2, -1);
    nd_ns till = q->till >= 0 ? q->till : (nd_ns)luaL_optnumber(L, 3, -1);
    nd_ns last = q->last >= 0 ? q->last : (nd_ns)luaL_optnumber(L, 4, -1);
    size_t count = 0;
    const struct nd_sample *samples = nd_series_samples(q->series, &count);
    if (till < 0)
        till = now;
    if (last >= 0 && count != 0) {
        till = samples[count - 1].due - t0 + info->every;
        from = till - last;
    }
    if (from < 0)
        from = info->opened - t0;
    struct nd_answer answer = nd_series_ask(q->series, q->stat, from + t0, till + t0);
    if (answer.known)
        lua_pushnumber(L, answer.value);
    else
        lua_pushnil(L);
    lua_pushstring(L, answer.unit);
    lua_pushnumber(L, answer.uncertainty);
    lua_pushnumber(L, (double)from);
    lua_pushnumber(L, (double)till);
    return 5;
}

/* value(x) -> number|nil, unit: what a function or a plain value said. */
static int prim_value(lua_State *L)
{
    const struct nd_quantity *q = nd_quantity_at(L, 1);
    static const char *const units[] = {"ns", "bit/s", "1"};
    if (q != NULL) {
        lua_pushnumber(L, q->value);
        lua_pushstring(L, units[q->kind]);
    } else if (lua_type(L, 1) == LUA_TNUMBER) {
        lua_pushvalue(L, 1);
        lua_pushliteral(L, "");
    } else if (lua_istable(L, 1)) { /* the result of a verb: whether it went well */
        lua_getfield(L, 1, "ok");
        lua_pushnumber(L, lua_toboolean(L, -1));
        lua_pushliteral(L, "bool");
    } else {
        lua_pushnumber(L, lua_toboolean(L, 1));
        lua_pushliteral(L, "bool");
    }
    return 2;
}

static int prim_is_question(lua_State *L)
{
    lua_pushboolean(L, nd_object_at(L, 1, ND_META_QUESTION) != NULL);
    return 1;
}

static double field_number(lua_State *L, int table, const char *key, double fallback)
{
    double value = lua_getfield(L, table, key) == LUA_TNUMBER ? lua_tonumber(L, -1) : fallback;
    lua_pop(L, 1);
    return value;
}

static const char *field_text(lua_State *L, int table, const char *key, struct nd_arena *arena)
{
    const char *text = NULL;
    if (lua_getfield(L, table, key) == LUA_TSTRING)
        text = nd_arena_strdup(arena, lua_tostring(L, -1));
    lua_pop(L, 1);
    return text;
}

/* verdict(t): t.sentence, op, unit, limit, measured, uncertainty, met, statistic, question,
 * from, till, objective, why */
static int prim_verdict(lua_State *L)
{
    struct nd_task *task = current(L, "expect");
    struct nd_arena *arena = nd_run_arena(nd_task_run(task));
    struct nd_verdict verdict = {
        .objective = field_text(L, 1, "objective", arena),
        .operator_name = field_text(L, 1, "op", arena),
        .unit = field_text(L, 1, "unit", arena),
        .measured = field_number(L, 1, "measured", NAN),
        .limit = field_number(L, 1, "limit", NAN),
        .uncertainty = field_number(L, 1, "uncertainty", 0),
        .from = (nd_ns)field_number(L, 1, "from", -1),
        .till = (nd_ns)field_number(L, 1, "till", -1),
        .why = field_text(L, 1, "why", arena),
    };
    lua_getfield(L, 1, "sentence");
    if (!nd_text2_at(L, lua_gettop(L), arena, &verdict.sentence))
        return luaL_error(L, "[E0203] 'expect' begins with a sentence");
    lua_getfield(L, 1, "question");
    const struct nd_lua_question *question = nd_object_at(L, -1, ND_META_QUESTION);
    if (question != NULL) {
        verdict.series = question->series;
        verdict.statistic = nd_stat_name(question->stat);
    }
    lua_getfield(L, 1, "met");
    verdict.grade = isnan(verdict.measured)     ? ND_VERDICT_UNKNOWN
                    : lua_toboolean(L, -1) != 0 ? ND_VERDICT_MET
                                                : ND_VERDICT_MISSED;
    if (verdict.objective == NULL && nd_task_step(task) != NULL)
        verdict.objective = nd_task_step(task)->objective;
    nd_task_verdict(task, &verdict);
    lua_pushboolean(L, verdict.grade == ND_VERDICT_MET);
    return 1;
}

/* keys(name, table): raises at a key the verb does not know. */
static int prim_keys(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    const char *const *keys = nd_verb_keys(name);
    size_t known = 0;
    while (keys[known] != NULL)
        known++;
    lua_pushnil(L);
    while (lua_next(L, 2) != 0) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            continue;
        const char *key = lua_tostring(L, -1);
        size_t i = 0;
        while (i < known && strcmp(keys[i], key) != 0)
            i++;
        const char *near = i < known ? NULL : nd_text_nearest(key, keys, known);
        if (i == known)
            return luaL_error(L, "[E0207] '%s' has no key '%s'%s%s%s", name, key,
                              near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                              near != NULL ? "'" : "");
    }
    return 0;
}

static int together_done(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    const struct nd_task_result *result = nd_task_result(current(L, "together"));
    if (result->err != ND_OK)
        return luaL_error(L, "together: %s",
                          result->why != NULL ? result->why : nd_err_text(result->err));
    return 0;
}

/* together { function, ... } [-1, +0, e]; the functions stay pinned until the scenario is freed. */
static int body_together(lua_State *L)
{
    struct nd_task *task = current(L, "together");
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

static const char prelude[] =
#include "lua/prelude.inc"
    ;

void nd_bodies_open(lua_State *L)
{
    static const luaL_Reg functions[] = {{"measure", body_measure},   {"confirm", body_confirm},
                                         {"wait", body_wait},         {"restore", body_restore},
                                         {"note", body_note},         {"now", body_now},
                                         {"together", body_together}, {NULL, NULL}};
    static const luaL_Reg primitives[] = {{"sleep", prim_sleep},
                                          {"now", prim_now},
                                          {"length", prim_length},
                                          {"moment", prim_moment},
                                          {"ask", prim_ask},
                                          {"value", prim_value},
                                          {"verdict", prim_verdict},
                                          {"keys", prim_keys},
                                          {"is_question", prim_is_question},
                                          {NULL, NULL}};
    int globals = lua_gettop(L);
    luaL_setfuncs(L, functions, 0);
    luaL_getmetatable(L, ND_META_VERB);
    lua_pushcfunction(L, verb_call);
    lua_setfield(L, -2, "__call");
    lua_pop(L, 1);
    lua_pushcfunction(L, series_stop);
    lua_setfield(L, LUA_REGISTRYINDEX, "netdrill stop");
    ND_CHECK(luaL_loadbufferx(L, prelude, strlen(prelude), "=prelude", "t") == LUA_OK);
    lua_newtable(L);
    luaL_setfuncs(L, primitives, 0);
    for (int to_end = 0; to_end < 2; to_end++) {
        lua_pushboolean(L, to_end);
        lua_pushcclosure(L, prim_settle, 1);
        lua_setfield(L, -2, to_end ? "settle_to_end" : "settle");
    }
    static const char *const base[] = {"error", "type", "ipairs"};
    for (size_t i = 0; i < sizeof base / sizeof base[0]; i++) {
        lua_getfield(L, globals, base[i]);
        lua_setfield(L, -2, base[i]);
    }
    lua_call(L, 1, 1);
    lua_setfield(L, globals, "expect");
}
