#include "lua/internal.h"

#include "run/threshold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What `expect` stands on. It is written in Lua (prelude.lua), because it loops around waits; these
 * primitives are reached by the prelude alone. */

/* What was waited for has come; nothing is given back. */
static int slept(lua_State *L, int status, lua_KContext ctx)
{
    (void)L;
    (void)status;
    (void)ctx;
    return 0;
}

static int prim_sleep(lua_State *L)
{
    nd_task_sleep(nd_lua_current(L, "expect"), (nd_ns)luaL_checknumber(L, 1));
    return nd_lua_await(L, slept);
}

static int prim_now(lua_State *L)
{
    lua_pushnumber(L, (double)nd_task_now(nd_lua_current(L, "expect")));
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
 * until its end; an endless one until the slots under way are answered. */
static int prim_settle(lua_State *L)
{
    const struct nd_lua_question *question = luaL_checkudata(L, 1, ND_META_QUESTION);
    struct nd_task *task = nd_lua_current(L, "expect");
    nd_ns till = lua_isnil(L, 2) ? question->till : (nd_ns)lua_tonumber(L, 2);
    if (till >= 0)
        till += nd_series_info(question->series)->deadline;
    lua_settop(L, 0);
    nd_task_await_series(task, question->series, till);
    return nd_lua_await(L, slept);
}

/* What a question's series says in a window of the drill; -1: the question's own, or all of it. */
struct asked {
    struct nd_answer answer;
    nd_ns from, till;
};

static struct asked ask(const struct nd_task *task, const struct nd_lua_question *q, nd_ns from,
                        nd_ns till, nd_ns last)
{
    const struct nd_series_info *info = nd_series_info(q->series);
    const struct nd_run *run = nd_task_run(task);
    from = q->from >= 0 ? q->from : from;
    till = q->till >= 0 ? q->till : till;
    last = q->last >= 0 ? q->last : last;
    nd_task_refresh(task, q->series);
    size_t count = nd_series_count(q->series);
    if (till < 0)
        till = nd_task_now(task);
    if (last >= 0 && count != 0) {
        till = nd_run_moment(run, nd_series_sample(q->series, count - 1).due + info->every);
        from = till - last;
    }
    if (from < 0)
        from = nd_run_moment(run, info->opened);
    nd_ns begin = nd_run_clock(run, from);
    nd_ns end = nd_run_clock(run, till);
    struct nd_answer answer =
        q->reading >= 0 ? nd_series_ask_reading(q->series, (size_t)q->reading, q->stat, begin, end)
                        : nd_series_ask(q->series, q->stat, begin, end);
    return (struct asked){answer, from, till};
}

double nd_lua_ask(const struct nd_task *task, const struct nd_lua_question *question)
{
    struct asked asked = ask(task, question, -1, -1, -1);
    return asked.answer.known ? asked.answer.value : NAN;
}

/* ask(question, from|nil, till|nil, last|nil) -> value|nil, unit, uncertainty, from, till, share:
 * is it one. All ns, moments of the drill. last: the window ends with the last slot that is known.
 */
static int prim_ask(lua_State *L)
{
    const struct nd_lua_question *q = luaL_checkudata(L, 1, ND_META_QUESTION);
    struct asked asked = ask(nd_lua_current(L, "expect"), q, (nd_ns)luaL_optnumber(L, 2, -1),
                             (nd_ns)luaL_optnumber(L, 3, -1), (nd_ns)luaL_optnumber(L, 4, -1));
    if (asked.answer.known)
        lua_pushnumber(L, asked.answer.value);
    else
        lua_pushnil(L);
    lua_pushstring(L, asked.answer.unit);
    lua_pushnumber(L, asked.answer.uncertainty);
    lua_pushnumber(L, (double)asked.from);
    lua_pushnumber(L, (double)asked.till);
    lua_pushboolean(L, nd_stat_is_share(q->stat));
    return 6;
}

/* A call that could not be made tells nothing of the network: a modem that was pulled, a plugin
 * that crashed, a number that may not be called. */
static bool was_made(const char *err)
{
    static const nd_err not_made[] = {ND_EARG, ND_ECANCEL, ND_EUNABLE, ND_EGONE, ND_EINTERNAL};
    for (size_t i = 0; err != NULL && i < sizeof not_made / sizeof not_made[0]; i++) {
        if (strcmp(err, nd_err_name(not_made[i])) == 0)
            return false;
    }
    return true;
}

/* The result of a verb at 1: whether it went well, and why not. [-0, +3, -] */
static int result_value(lua_State *L)
{
    lua_getfield(L, 1, "ok");
    bool ok = lua_toboolean(L, -1) != 0;
    lua_getfield(L, 1, "err");
    if (ok || was_made(lua_tostring(L, -1)))
        lua_pushnumber(L, ok);
    else
        lua_pushnil(L);
    lua_pushliteral(L, "bool");
    lua_getfield(L, 1, "why");
    if (ok) {
        lua_pop(L, 1);
        lua_pushnil(L);
    }
    return 3;
}

/* value(x) -> number|nil, unit, why not|nil: what a function or a plain value said. */
static int prim_value(lua_State *L)
{
    const struct nd_quantity *q = nd_quantity_at(L, 1);
    if (q != NULL) {
        lua_pushnumber(L, q->value);
        lua_pushstring(L, nd_quantity_unit(q));
    } else if (lua_type(L, 1) == LUA_TNUMBER) {
        lua_pushvalue(L, 1);
        lua_pushliteral(L, "");
    } else if (lua_istable(L, 1)) {
        return result_value(L);
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

/* A function of ours, such as what page.loss gives: no check of a scenario's. */
static int prim_is_builtin(lua_State *L)
{
    lua_pushboolean(L, lua_iscfunction(L, 1));
    return 1;
}

static int prim_is_series(lua_State *L)
{
    lua_pushboolean(L, nd_object_at(L, 1, ND_META_SERIES) != NULL);
    return 1;
}

/* threshold(text) -> statistic, operator, limit, hold in ns [-1, +4, e] */
static int prim_threshold(lua_State *L)
{
    struct nd_threshold threshold;
    struct nd_fail why = {0};
    if (nd_threshold_parse(luaL_checkstring(L, 1), &threshold, &why) != ND_OK)
        return luaL_error(L, "[E0313] 'expect': %s", why.text);
    lua_pushstring(L, nd_stat_name(threshold.stat));
    lua_pushstring(L, threshold.operator_name);
    switch (threshold.kind) {
    case ND_LIMIT_LENGTH:
        nd_quantity_push(L, ND_Q_LENGTH, threshold.limit);
        break;
    case ND_LIMIT_SHARE:
        nd_quantity_push(L, ND_Q_SHARE, threshold.limit);
        break;
    case ND_LIMIT_RATE:
        nd_quantity_push(L, ND_Q_RATE, threshold.limit);
        break;
    default:
        lua_pushnumber(L, threshold.limit);
    }
    lua_pushnumber(L, (double)threshold.hold);
    return 4;
}

/* abort(sentence): ends the drill once the step lets go. [-1, +0, -] */
static int prim_abort(lua_State *L)
{
    struct nd_task *task = nd_lua_current(L, "expect");
    struct nd_text2 sentence = {0};
    nd_text2_at(L, 1, nd_run_arena(nd_task_run(task)), &sentence);
    const char *text = sentence.en != NULL ? sentence.en : sentence.zh;
    char *reason = nd_printf("not as expected, and abort_on_fail: %s", text != NULL ? text : "");
    nd_task_abort(task, reason);
    free(reason);
    return 0;
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
    struct nd_task *task = nd_lua_current(L, "expect");
    struct nd_arena *arena = nd_run_arena(nd_task_run(task));
    struct nd_verdict verdict = {
        .objective = field_text(L, 1, "objective", arena),
        .operator_name = field_text(L, 1, "op", arena),
        .unit = field_text(L, 1, "unit", arena),
        .measured = field_number(L, 1, "measured", NAN),
        .limit = field_number(L, 1, "limit", NAN),
        .warn = field_number(L, 1, "warn", NAN),
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

static const char prelude[] =
#include "lua/prelude.inc"
    ;

void nd_prims_open(lua_State *L)
{
    static const luaL_Reg primitives[] = {{"sleep", prim_sleep},
                                          {"now", prim_now},
                                          {"length", prim_length},
                                          {"moment", prim_moment},
                                          {"ask", prim_ask},
                                          {"value", prim_value},
                                          {"verdict", prim_verdict},
                                          {"keys", prim_keys},
                                          {"settle", prim_settle},
                                          {"is_builtin", prim_is_builtin},
                                          {"is_series", prim_is_series},
                                          {"threshold", prim_threshold},
                                          {"abort", prim_abort},
                                          {"is_question", prim_is_question},
                                          {NULL, NULL}};
    int globals = lua_gettop(L);
    ND_CHECK(luaL_loadbufferx(L, prelude, strlen(prelude), "=prelude", "t") == LUA_OK);
    lua_newtable(L);
    luaL_setfuncs(L, primitives, 0);
    static const char *const base[] = {"error", "type", "ipairs"};
    for (size_t i = 0; i < sizeof base / sizeof base[0]; i++) {
        lua_getfield(L, globals, base[i]);
        lua_setfield(L, -2, base[i]);
    }
    lua_call(L, 1, 1);
    lua_setfield(L, globals, "expect");
}
