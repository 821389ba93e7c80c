#include "lua/frame.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Reading the table of a frame call. What is wrong is noted, and reading goes on. */

int nd_lua_line(lua_State *L, int level)
{
    lua_Debug ar;
    if (lua_getstack(L, level, &ar) == 0 || lua_getinfo(L, "l", &ar) == 0)
        return 0;
    return ar.currentline;
}

void nd_frame_complain(lua_State *L, const char *call, const char *key, const char *code,
                       const char *help, const char *fmt, ...)
{
    struct nd_scenario *scenario = nd_scenario_of(L);
    int line = nd_lua_line(L, 1);
    const struct nd_source *source = &scenario->source;
    const struct nd_token *token =
        nd_source_key(source, nd_source_call_find(source, call, line), key);
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    nd_diag_add(scenario->diags, code, source->path, token != NULL ? token->line : line,
                token != NULL ? token->column : 0, token != NULL ? token->width : 0, help, "%s",
                text);
}

/* False, and an error raised, outside of the frame: bodies declare nothing. */
struct nd_frame nd_frame_begin(lua_State *L, const char *call)
{
    struct nd_scenario *scenario = nd_scenario_of(L);
    if (scenario->diags == NULL)
        luaL_error(L, "[E0204] '%s' stands at the top of the file, not in a step", call);
    if (!lua_istable(L, 1))
        luaL_error(L, "[E0301] '%s' takes one table: %s { ... }", call, call);
    lua_settop(L, 1);
    return (struct nd_frame){L, scenario, &scenario->drill.arena, call};
}

void nd_frame_keys(const struct nd_frame *frame)
{
    lua_State *L = frame->L;
    const char *const *keys = nd_verb_keys(frame->call);
    size_t known = 0;
    while (keys[known] != NULL)
        known++;
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) {
        lua_pop(L, 1);
        const char *key = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
        if (key == NULL)
            continue;
        bool found = false;
        for (size_t i = 0; i < known; i++)
            found = found || strcmp(keys[i], key) == 0;
        const char *near = found ? NULL : nd_text_nearest(key, keys, known);
        if (!found)
            nd_frame_complain(L, frame->call, key, "E0207", NULL, "'%s' has no key '%s'%s%s%s",
                              frame->call, key, near != NULL ? "; did you mean '" : "",
                              near != NULL ? near : "", near != NULL ? "'" : "");
    }
}

void nd_frame_check_tame(const struct nd_frame *frame, const char *key, const struct nd_text2 *text,
                         bool lines)
{
    bool tame = (text->zh == NULL || nd_text_is_tame(text->zh, lines)) &&
                (text->en == NULL || nd_text_is_tame(text->en, lines));
    if (!tame)
        nd_frame_complain(frame->L, frame->call, key, "W0606", NULL,
                          "%s%s%s of '%s' holds a control or direction character",
                          key != NULL ? "'" : "the ", key != NULL ? key : "sentence",
                          key != NULL ? "'" : "", frame->call);
}

struct nd_text2 nd_frame_sentence(const struct nd_frame *frame)
{
    struct nd_text2 text = {0};
    lua_rawgeti(frame->L, 1, 1);
    if (!nd_text2_at(frame->L, -1, frame->arena, &text)) {
        nd_frame_complain(frame->L, frame->call, NULL, "E0203", NULL,
                          "'%s' begins with a sentence: %s { \"...\", ... }", frame->call,
                          frame->call);
        text.zh = text.en = "?";
    }
    lua_pop(frame->L, 1);
    nd_frame_check_tame(frame, NULL, &text, false);
    return text;
}

const char *nd_frame_text(const struct nd_frame *frame, const char *key, bool required)
{
    const char *text = NULL;
    lua_getfield(frame->L, 1, key);
    if (lua_type(frame->L, -1) == LUA_TSTRING)
        text = nd_arena_strdup(frame->arena, lua_tostring(frame->L, -1));
    else if (!lua_isnil(frame->L, -1))
        nd_frame_complain(frame->L, frame->call, key, "E0301", NULL, "'%s' takes a text, got %s",
                          key, luaL_typename(frame->L, -1));
    else if (required)
        nd_frame_complain(frame->L, frame->call, NULL, "E0208", NULL, "'%s' lacks '%s'",
                          frame->call, key);
    lua_pop(frame->L, 1);
    return text;
}

struct nd_text2 nd_frame_text2(const struct nd_frame *frame, const char *key)
{
    struct nd_text2 text = {0};
    lua_getfield(frame->L, 1, key);
    if (!lua_isnil(frame->L, -1) &&
        !nd_text2_at(frame->L, lua_gettop(frame->L), frame->arena, &text))
        nd_frame_complain(frame->L, frame->call, key, "E0301", NULL,
                          "'%s' takes a text or {zh = \"...\", en = \"...\"}, got %s", key,
                          luaL_typename(frame->L, -1));
    nd_frame_check_tame(frame, key, &text, true);
    lua_pop(frame->L, 1);
    return text;
}

bool nd_frame_flag(const struct nd_frame *frame, const char *key)
{
    lua_getfield(frame->L, 1, key);
    bool flag = lua_toboolean(frame->L, -1) != 0;
    if (!lua_isnil(frame->L, -1) && !lua_isboolean(frame->L, -1))
        nd_frame_complain(frame->L, frame->call, key, "E0301", NULL,
                          "'%s' takes true or false, got %s", key, luaL_typename(frame->L, -1));
    lua_pop(frame->L, 1);
    return flag;
}

bool nd_frame_has(const struct nd_frame *frame, const char *key)
{
    bool there = lua_getfield(frame->L, 1, key) != LUA_TNIL;
    lua_pop(frame->L, 1);
    return there;
}

nd_ns nd_frame_length(const struct nd_frame *frame, const char *key, nd_ns fallback)
{
    struct nd_fail why = {0};
    nd_ns length = fallback;
    lua_getfield(frame->L, 1, key);
    if (!lua_isnil(frame->L, -1) && !nd_length_at(frame->L, -1, &length, &why))
        nd_frame_complain(frame->L, frame->call, key,
                          lua_type(frame->L, -1) == LUA_TNUMBER ? "E0302" : "E0304", NULL,
                          "'%s': %s", key, why.text);
    lua_pop(frame->L, 1);
    return length;
}

/* A moment "T+..." or, where offset is not NULL, a length: *offset tells which. */
nd_ns nd_frame_at_index(const struct nd_frame *frame, int index, const char *key, bool *offset)
{
    lua_State *L = frame->L;
    struct nd_fail why = {0};
    nd_ns at = 0;
    bool moment = lua_type(L, index) == LUA_TSTRING && *lua_tostring(L, index) == 'T';
    bool good = moment ? nd_moment_at(L, index, 0, &at, &why)
                       : offset != NULL && nd_length_at(L, index, &at, &why);
    if (!good && why.text[0] == '\0')
        nd_fail_set(&why, ND_EARG, "expected a moment of the drill such as 'T+00:10', got %s%s%s",
                    lua_type(L, index) == LUA_TSTRING ? "'" : "",
                    lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index)
                                                      : luaL_typename(L, index),
                    lua_type(L, index) == LUA_TSTRING ? "'" : "");
    if (!good)
        nd_frame_complain(L, frame->call, key,
                          lua_type(L, index) == LUA_TNUMBER ? "E0302" : "E0304",
                          "hours and minutes after STARTEX: T+01:30; with seconds: T+01:30:00",
                          "'%s': %s", key, why.text);
    if (offset != NULL)
        *offset = !moment;
    return at;
}

nd_ns nd_frame_at(const struct nd_frame *frame, const char *key, bool *offset)
{
    lua_getfield(frame->L, 1, key);
    nd_ns at = nd_frame_at_index(frame, lua_gettop(frame->L), key, offset);
    lua_pop(frame->L, 1);
    return at;
}

void nd_frame_fault(const struct nd_frame *frame, struct nd_step *into)
{
    lua_State *L = frame->L;
    into->about = nd_frame_text(frame, "about", false);
    lua_getfield(L, 1, "users");
    into->users_given = lua_isinteger(L, -1) && lua_tointeger(L, -1) >= 0;
    into->users = into->users_given ? (int64_t)lua_tointeger(L, -1) : 0;
    if (!lua_isnil(L, -1) && !into->users_given)
        nd_frame_complain(L, frame->call, "users", "E0301", NULL,
                          "'users' takes how many users the fault touches, a whole number");
    lua_pop(L, 1);
}

struct nd_place nd_frame_place(const struct nd_frame *frame, const char *key)
{
    const struct nd_source *source = &frame->scenario->source;
    int line = nd_lua_line(frame->L, 1);
    const struct nd_token *token =
        nd_source_key(source, nd_source_call_find(source, frame->call, line), key);
    return token != NULL ? (struct nd_place){token->line, token->column, token->width}
                         : (struct nd_place){line, 0, 0};
}

nd_body_ref nd_frame_body(const struct nd_frame *frame, const char *key, bool required)
{
    nd_body_ref ref = 0;
    lua_getfield(frame->L, 1, key);
    if (lua_isfunction(frame->L, -1)) {
        lua_pushvalue(frame->L, -1);
        ref = luaL_ref(frame->L, LUA_REGISTRYINDEX);
    } else if (!lua_isnil(frame->L, -1)) {
        nd_frame_complain(frame->L, frame->call, key, "E0301", NULL,
                          "'%s' takes function() ... end, got %s", key,
                          luaL_typename(frame->L, -1));
    } else if (required) {
        nd_frame_complain(frame->L, frame->call, NULL, "E0208", NULL, "'%s' lacks '%s'",
                          frame->call, key);
    }
    lua_pop(frame->L, 1);
    return ref;
}

const char *nd_frame_id(const struct nd_frame *frame, const char *key, bool required)
{
    const char *id = nd_frame_text(frame, key, required);
    if (id != NULL && (*id == '\0' || strlen(id) > 64 ||
                       id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-_.")] != '\0'))
        nd_frame_complain(frame->L, frame->call, key, "E0301", NULL,
                          "'%s' takes 1 to 64 of a-z, 0-9, '-', '_' and '.', got '%s'", key, id);
    return id;
}
