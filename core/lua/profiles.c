#include "lua/internal.h"

#include <math.h>
#include <string.h>

/* profile "name": what a law or directive asks for, and its rules as functions of figures. */

struct profile_rule {
    const struct nd_profile *profile;
    const struct nd_rule *rule;
};

static const struct nd_profile *find(const struct nd_scenario *scenario, const char *name)
{
    for (size_t i = 0; i < scenario->profiles.count; i++) {
        const struct nd_profile *profile = scenario->profiles.at[i];
        if (strcmp(profile->name, name) == 0 || strcmp(profile->path, name) == 0)
            return profile;
    }
    return NULL;
}

const struct nd_profile *nd_profile_named(lua_State *L, const char *name)
{
    struct nd_scenario *scenario = nd_scenario_of(L);
    struct nd_fail why = {0};
    const struct nd_profile *known = find(scenario, name);
    if (known != NULL)
        return known;
    if (scenario->diags == NULL) {
        luaL_error(L, "[E0801] profile '%s' has to be named at the top of the file", name);
        return NULL; /* never: luaL_error jumps */
    }
    char *path = nd_profile_find(name, scenario->source.path, &why);
    if (path == NULL) {
        nd_name_complain(L, name, "E0801", why.text);
        return NULL;
    }
    known = find(scenario, path);
    struct nd_profile *loaded = known == NULL ? nd_profile_load(path, scenario->diags) : NULL;
    free(path);
    if (loaded != NULL)
        nd_vec_push(&scenario->profiles, loaded);
    return known != NULL ? known : loaded;
}

/* profile "name" [-1, +1, e] */
static int frame_profile(lua_State *L)
{
    const struct nd_profile *profile = nd_profile_named(L, luaL_checkstring(L, 1));
    const struct nd_profile **value = lua_newuserdatauv(L, sizeof *value, 0);
    *value = profile; /* NULL: it could not be loaded, and that was told */
    luaL_setmetatable(L, ND_META_PROFILE);
    return 1;
}

/* profile.rule [-2, +1, e] */
static int profile_index(lua_State *L)
{
    const struct nd_profile *const *profile = luaL_checkudata(L, 1, ND_META_PROFILE);
    const char *name = luaL_checkstring(L, 2);
    const struct nd_rule *rule = *profile != NULL ? nd_profile_rule(*profile, name) : NULL;
    if (*profile != NULL && rule == NULL) {
        const char *names[32];
        size_t count = 0;
        for (size_t i = 0; i < (*profile)->rules.count && count < 32; i++)
            names[count++] = (*profile)->rules.at[i].id;
        const char *near = nd_text_nearest(name, names, count);
        return luaL_error(L, "[E0802] profile '%s' has no rule '%s'%s%s%s", (*profile)->name, name,
                          near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                          near != NULL ? "'" : "");
    }
    struct profile_rule *value = lua_newuserdatauv(L, sizeof *value, 0);
    *value = (struct profile_rule){*profile, rule};
    luaL_setmetatable(L, ND_META_RULE);
    return 1;
}

/* ---- asking a rule ---- */

static double read_figure(lua_State *L, const struct nd_figure *figure)
{
    static const char *const words[] = {"a number", "a share such as percent(30)",
                                        "a length of time such as hours(3)"};
    struct nd_fail why = {0};
    double value = NAN;
    nd_ns length = 0;
    const struct nd_quantity *q = nd_quantity_at(L, -1);
    if (figure->unit == ND_FIGURE_COUNT && lua_type(L, -1) == LUA_TNUMBER)
        value = lua_tonumber(L, -1);
    else if (figure->unit == ND_FIGURE_SHARE && q != NULL && q->kind == ND_Q_SHARE)
        value = q->value;
    else if (figure->unit == ND_FIGURE_SHARE && lua_type(L, -1) == LUA_TSTRING &&
             nd_share_parse(lua_tostring(L, -1), &value, &why) != ND_OK)
        luaL_error(L, "[E0304] '%s': %s", figure->id, why.text);
    else if (figure->unit == ND_FIGURE_LENGTH && nd_length_at(L, -1, &length, &why))
        value = (double)length;
    if (isnan(value) || value < 0)
        luaL_error(L, "[%s] '%s' takes %s, got %s",
                   figure->unit != ND_FIGURE_COUNT && lua_type(L, -1) == LUA_TNUMBER ? "E0302"
                                                                                     : "E0301",
                   figure->id, words[figure->unit], nd_lua_tostring(L, -1));
    return value;
}

static void check_needed(lua_State *L, const struct profile_rule *asked,
                         const struct nd_figure *figure, const double *values)
{
    if (figure == NULL || !isnan(values[figure - asked->profile->figures.at]))
        return;
    const char *title = figure->title.en != NULL ? figure->title.en : figure->title.zh;
    luaL_error(L, "[E0208] '%s.%s' lacks '%s': %s", asked->profile->name, asked->rule->id,
               figure->id, title);
}

/* All figures of the table at 2 into values. [-0, +0, e] */
static void read_figures(lua_State *L, const struct profile_rule *asked, double *values)
{
    const struct nd_profile *profile = asked->profile;
    const char *names[64];
    size_t count = 0;
    for (size_t i = 0; i < profile->figures.count; i++) {
        values[i] = NAN;
        if (count < 64)
            names[count++] = profile->figures.at[i].id;
    }
    lua_pushnil(L);
    while (lua_next(L, 2) != 0) {
        if (lua_type(L, -2) == LUA_TSTRING) {
            const char *key = lua_tostring(L, -2);
            const struct nd_figure *figure = nd_profile_figure(profile, key);
            const char *near = figure == NULL ? nd_text_nearest(key, names, count) : NULL;
            if (figure == NULL) {
                luaL_error(L, "[E0207] profile '%s' has no figure '%s'%s%s%s", profile->name, key,
                           near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                           near != NULL ? "'" : "");
                return; /* never: luaL_error jumps */
            }
            values[figure - profile->figures.at] = read_figure(L, figure);
        }
        lua_pop(L, 1);
    }
    for (size_t i = 0; i < asked->rule->conditions_count; i++) {
        check_needed(L, asked, asked->rule->conditions[i].figure, values);
        check_needed(L, asked, asked->rule->conditions[i].of, values);
    }
}

/* {ok, why, failed = {sentence, ...}}: what does not hold. [-0, +1, m] */
static void push_answer(lua_State *L, const struct nd_rule *rule, const bool *holds, bool all)
{
    struct nd_buf why = {0};
    lua_newtable(L);
    lua_pushboolean(L, all);
    lua_setfield(L, -2, "ok");
    lua_newtable(L);
    lua_Integer failed = 0;
    for (size_t i = 0; i < rule->conditions_count; i++) {
        const struct nd_text2 *title = &rule->conditions[i].title;
        const char *text = title->en != NULL ? title->en : title->zh;
        if (holds[i])
            continue;
        nd_buf_addf(&why, "%snot: %s", why.len_bytes != 0 ? "; " : "", text);
        lua_pushstring(L, text);
        lua_rawseti(L, -2, ++failed);
    }
    lua_setfield(L, -2, "failed");
    lua_pushstring(L, nd_buf_str(&why));
    nd_buf_deinit(&why);
    lua_setfield(L, -2, "why");
}

/* rule { ["about",] figure = value, ... } [-2, +1, e] */
static int rule_call(lua_State *L)
{
    const struct profile_rule *asked = luaL_checkudata(L, 1, ND_META_RULE);
    struct nd_task *task = nd_lua_current(L, "a rule");
    struct nd_arena *arena = nd_run_arena(nd_task_run(task));
    luaL_checktype(L, 2, LUA_TTABLE);
    double *values = nd_arena_alloc(arena, (asked->profile->figures.count + 1) * sizeof *values);
    bool *holds = nd_arena_alloc(arena, (asked->rule->conditions_count + 1) * sizeof *holds);
    read_figures(L, asked, values);
    struct nd_text2 about = {0};
    lua_rawgeti(L, 2, 1);
    if (!lua_isnil(L, -1) && !nd_text2_at(L, lua_gettop(L), arena, &about))
        return luaL_error(L,
                          "[E0301] a rule begins with what it is asked for, a text or "
                          "{zh = \"...\", en = \"...\"}, got %s",
                          luaL_typename(L, -1));
    bool all = nd_task_ask_rule(task, asked->profile, asked->rule, &about, values, holds);
    push_answer(L, asked->rule, holds, all);
    return 1;
}

static void meta(lua_State *L, const char *name, const char *event, lua_CFunction function)
{
    luaL_newmetatable(L, name);
    lua_pushcfunction(L, function);
    lua_setfield(L, -2, event);
    lua_pushliteral(L, "protected");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

void nd_profiles_open(lua_State *L)
{
    meta(L, ND_META_PROFILE, "__index", profile_index);
    meta(L, ND_META_RULE, "__call", rule_call);
    lua_pushcfunction(L, frame_profile);
    lua_setfield(L, -2, "profile");
}
