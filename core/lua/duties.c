#include "lua/frame.h"

#include <stdlib.h>
#include <string.h>

/* obligations { "profile", ... } in the frame; occurs { "event" } and met { "duty" } in bodies. */

#define PACE_MAX   100000
#define RECURS_MIN ND_SEC(1) /* as played */

/* One call of `obligations` under way. */
struct declaring {
    lua_State *L;
    struct nd_frame frame;
    const struct nd_profile *profile;
    struct nd_obligations set;
};

static void get_pace(struct declaring *d)
{
    d->set.pace = 1;
    if (lua_getfield(d->L, 1, "pace") != LUA_TNIL) {
        if (lua_isinteger(d->L, -1) && lua_tointeger(d->L, -1) >= 1 &&
            lua_tointeger(d->L, -1) <= PACE_MAX)
            d->set.pace = (int64_t)lua_tointeger(d->L, -1);
        else
            nd_frame_complain(d->L, "obligations", "pace", "E0303", NULL,
                              "'pace' takes a whole number from 1: how many times as fast as the "
                              "law's the clocks run");
    }
    lua_pop(d->L, 1);
    for (size_t i = 0; i < d->profile->duties.count; i++) {
        const struct nd_duty *duty = &d->profile->duties.at[i];
        char every[ND_UNIT_TEXT];
        nd_ns limit = duty->within / d->set.pace;
        if (duty->recurs && limit < RECURS_MIN)
            nd_frame_complain(d->L, "obligations", "pace", "E0303", "let the clocks run less fast",
                              "at this pace duty '%s' would be due each %s; it takes at least 1s",
                              duty->id, nd_length_format(limit, every));
    }
}

/* The names of a table at the top, sorted, so that their order is the same each time; caller frees
 * the array. Names live in the drill's arena. */
static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t sorted_keys(const struct declaring *d, const char ***names)
{
    struct ND_VEC(const char *) found = {0};
    lua_pushnil(d->L);
    while (lua_next(d->L, -2) != 0) {
        lua_pop(d->L, 1);
        if (lua_type(d->L, -1) == LUA_TSTRING)
            nd_vec_push(&found, nd_arena_strdup(d->frame.arena, lua_tostring(d->L, -1)));
    }
    if (found.count != 0)
        qsort(found.at, found.count, sizeof *found.at, by_text);
    *names = found.at;
    return found.count;
}

/* The table of that key at the top, or false: it is absent, or none (told). */
static bool get_table(const struct declaring *d, const char *key)
{
    int type = lua_getfield(d->L, 1, key);
    if (type == LUA_TTABLE)
        return true;
    if (type != LUA_TNIL)
        nd_frame_complain(d->L, "obligations", key, "E0301", NULL, "'%s' takes a table, got %s",
                          key, luaL_typename(d->L, -1));
    lua_pop(d->L, 1);
    return false;
}

static void get_checks(struct declaring *d)
{
    const char **names = NULL;
    if (!get_table(d, "checks"))
        return;
    size_t count = sorted_keys(d, &names);
    struct nd_duty_check *checks = nd_arena_alloc(d->frame.arena, (count + 1) * sizeof *checks);
    for (size_t i = 0; i < count; i++) {
        lua_getfield(d->L, -1, names[i]);
        if (nd_profile_duty(d->profile, names[i]) == NULL) {
            nd_frame_complain(d->L, "obligations", "checks", "E0803", NULL,
                              "profile '%s' has no duty '%s'", d->profile->name, names[i]);
        } else if (!lua_isfunction(d->L, -1)) {
            nd_frame_complain(
                d->L, "obligations", "checks", "E0301", NULL,
                "'%s' takes function() ... end that gives true once it is met, got %s", names[i],
                luaL_typename(d->L, -1));
        } else {
            lua_pushvalue(d->L, -1);
            checks[d->set.checks_count++] =
                (struct nd_duty_check){names[i], luaL_ref(d->L, LUA_REGISTRYINDEX)};
        }
        lua_pop(d->L, 1);
    }
    d->set.checks = checks;
    free(names);
    lua_pop(d->L, 1);
}

static void get_events(struct declaring *d)
{
    const char **names = NULL;
    if (!get_table(d, "occurs"))
        return;
    size_t count = sorted_keys(d, &names);
    struct nd_planned_event *events = nd_arena_alloc(d->frame.arena, (count + 1) * sizeof *events);
    for (size_t i = 0; i < count; i++) {
        struct nd_fail why = {0};
        nd_ns at = 0;
        lua_getfield(d->L, -1, names[i]);
        bool moment = lua_type(d->L, -1) == LUA_TSTRING && *lua_tostring(d->L, -1) == 'T';
        if (nd_profile_occasion(d->profile, names[i]) == NULL)
            nd_frame_complain(d->L, "obligations", "occurs", "E0803", NULL,
                              "profile '%s' has no event '%s'", d->profile->name, names[i]);
        else if (!moment || !nd_moment_at(d->L, -1, 0, &at, &why))
            nd_frame_complain(d->L, "obligations", "occurs", "E0304", NULL,
                              "'%s' takes a moment such as \"T+00:10\"", names[i]);
        else
            events[d->set.events_count++] = (struct nd_planned_event){names[i], at};
        lua_pop(d->L, 1);
    }
    d->set.events = events;
    free(names);
    lua_pop(d->L, 1);
}

/* obligations { "profile", pace =, owner =, ... } [-1, +0, e] */
static int frame_obligations(lua_State *L)
{
    struct declaring d = {L, nd_frame_begin(L, "obligations"), NULL, {.line = nd_lua_line(L, 1)}};
    struct nd_scenario *scenario = d.frame.scenario;
    nd_frame_keys(&d.frame);
    if (lua_rawgeti(L, 1, 1) != LUA_TSTRING) {
        nd_frame_complain(L, "obligations", NULL, "E0301", NULL,
                          "'obligations' begins with a profile: obligations { "
                          "\"tw-telecom-outage\" }");
        return 0;
    }
    d.profile = d.set.profile = nd_profile_named(L, lua_tostring(L, -1));
    if (d.profile == NULL)
        return 0;
    for (size_t i = 0; i < scenario->obligations.count; i++) {
        if (scenario->obligations.at[i].profile == d.profile)
            nd_frame_complain(L, "obligations", NULL, "E0206", "keep one of them",
                              "the obligations of profile '%s' are declared twice",
                              d.profile->name);
    }
    d.set.owner = nd_frame_text(&d.frame, "owner", false);
    d.set.objective = nd_frame_text(&d.frame, "objective", false);
    d.set.every = nd_frame_length(&d.frame, "every", ND_SEC(5));
    if (d.set.every < ND_MS(50)) {
        nd_frame_complain(L, "obligations", "every", "E0303", NULL, "'every' is at least ms(50)");
        d.set.every = ND_MS(50);
    }
    get_pace(&d);
    get_checks(&d);
    get_events(&d);
    nd_vec_push(&scenario->obligations, d.set);
    return 0;
}

/* ---- bodies ---- */

static struct nd_task *step_task(lua_State *L, const char *what)
{
    struct nd_task *task = nd_lua_current(L, what);
    if (nd_task_step(task) == NULL)
        luaL_error(L, "[E0204] '%s' stands in a step", what);
    return task;
}

/* A text of the table at 1; NULL when absent. Borrowed from the table. */
static const char *opt_text(lua_State *L, const char *verb, const char *key)
{
    int type = lua_getfield(L, 1, key);
    const char *text = type == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    if (type != LUA_TSTRING && type != LUA_TNIL)
        luaL_error(L, "[E0301] '%s': '%s' takes a text, got %s", verb, key, luaL_typename(L, -1));
    lua_pop(L, 1);
    return text;
}

/* A text, or one in each language; empty when absent. */
static struct nd_text2 opt_words(lua_State *L, struct nd_task *task, const char *verb,
                                 const char *key)
{
    struct nd_text2 text = {0};
    lua_getfield(L, 1, key);
    if (!lua_isnil(L, -1) && !nd_text2_at(L, lua_gettop(L), nd_run_arena(nd_task_run(task)), &text))
        luaL_error(L, "[E0301] '%s': '%s' takes a text or {zh = \"...\", en = \"...\"}, got %s",
                   verb, key, luaL_typename(L, -1));
    lua_pop(L, 1);
    return text;
}

static const char *subject(lua_State *L, const char *verb, const char *example)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (lua_rawgeti(L, 1, 1) != LUA_TSTRING)
        luaL_error(L, "[E0301] '%s' begins with a name: %s { \"%s\" }", verb, verb, example);
    const char *text = lua_tostring(L, -1);
    lua_pop(L, 1); /* the table holds it */
    return text;
}

static void raise(lua_State *L, const char *verb, const struct nd_fail *why)
{
    luaL_error(L, "[%s] '%s': %s", why->code == ND_ESTATE ? "E0804" : "E0803", verb, why->text);
}

/* occurs { "event", case =, note = } [-1, +0, e] */
static int body_occurs(lua_State *L)
{
    struct nd_task *task = step_task(L, "occurs");
    struct nd_fail why = {0};
    const char *event = subject(L, "occurs", "outage");
    struct nd_text2 note = opt_words(L, task, "occurs", "note");
    if (nd_task_occurs(task, event, opt_text(L, "occurs", "case"), &note, &why) != ND_OK)
        raise(L, "occurs", &why);
    return 0;
}

/* met { "duty", case =, by =, note = }: whether it was in time [-1, +1, e] */
static int body_met(lua_State *L)
{
    struct nd_task *task = step_task(L, "met");
    struct nd_fail why = {0};
    bool in_time = false;
    const char *duty = subject(L, "met", "first-report");
    struct nd_text2 note = opt_words(L, task, "met", "note");
    if (nd_task_met(task, duty, opt_text(L, "met", "case"), opt_text(L, "met", "by"), &note,
                    &in_time, &why) != ND_OK)
        raise(L, "met", &why);
    lua_pushboolean(L, in_time);
    return 1;
}

void nd_duties_open(lua_State *L)
{
    static const luaL_Reg functions[] = {{"obligations", frame_obligations},
                                         {"occurs", body_occurs},
                                         {"met", body_met},
                                         {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
