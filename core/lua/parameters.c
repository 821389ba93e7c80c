#include "lua/frame.h"

#include <stdlib.h>
#include <string.h>

/* parameter { "pace", choices = { "fast", "full" }, otherwise = "fast" }: what whoever plays the
 * drill may choose with --set; what it is stands in the plan and in the run's journal. */

static const char *setting_of(const struct nd_scenario *scenario, const char *name)
{
    const struct nd_settings *settings = scenario->settings;
    for (size_t i = 0; settings != NULL && i < settings->list.count; i++) {
        if (strcmp(settings->list.at[i].name, name) == 0)
            return settings->list.at[i].value;
    }
    return NULL;
}

/* The choices of the call as "a, b or c"; whether value is one of them. No choices: it is. */
static bool is_choice(const struct nd_frame *frame, const char *value, struct nd_buf *words)
{
    lua_State *L = frame->L;
    bool is = lua_getfield(L, 1, "choices") == LUA_TNIL;
    lua_Integer count = lua_istable(L, -1) ? (lua_Integer)lua_rawlen(L, -1) : 0;
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        const char *word = lua_tostring(L, -1);
        nd_buf_addf(words, "%s'%s'",
                    i == 1       ? ""
                    : i == count ? " or "
                                 : ", ",
                    word != NULL ? word : "");
        is = is || (word != NULL && strcmp(word, value) == 0);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return is;
}

/* The text as a value of the kind of `otherwise`, which is at the top. [-0, +1, e]; false: it
 * cannot be read, [-0, +0, -]. */
static bool push_like(lua_State *L, const char *text)
{
    const struct nd_quantity *like = nd_quantity_at(L, -1);
    nd_ns length = 0;
    int64_t rate = 0;
    double number = 0;
    if (like != NULL && like->kind == ND_Q_LENGTH && nd_length_parse(text, &length, NULL) == ND_OK)
        nd_quantity_push(L, ND_Q_LENGTH, (double)length);
    else if (like != NULL && like->kind == ND_Q_RATE && nd_rate_parse(text, &rate, NULL) == ND_OK)
        nd_quantity_push(L, ND_Q_RATE, (double)rate);
    else if (like != NULL && like->kind == ND_Q_SHARE &&
             nd_share_parse(text, &number, NULL) == ND_OK)
        nd_quantity_push(L, ND_Q_SHARE, number);
    else if (lua_type(L, -1) == LUA_TNUMBER && nd_real_parse(text, &number, NULL) == ND_OK)
        nd_number_push(L, number);
    else if (lua_type(L, -1) == LUA_TBOOLEAN &&
             (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
        lua_pushboolean(L, *text == 't');
    else if (lua_type(L, -1) == LUA_TSTRING)
        lua_pushstring(L, text);
    else
        return false;
    return true;
}

static const char *kind_of(lua_State *L)
{
    static const char *const quantities[] = {"a length of time such as 10s",
                                             "a rate such as 100kbit/s", "a share such as 30%"};
    const struct nd_quantity *like = nd_quantity_at(L, -1);
    int type = lua_type(L, -1);
    return like != NULL           ? quantities[like->kind]
           : type == LUA_TNUMBER  ? "a number"
           : type == LUA_TBOOLEAN ? "true or false"
                                  : "a text";
}

static const char *name_of(const struct nd_frame *frame)
{
    lua_State *L = frame->L;
    lua_rawgeti(L, 1, 1);
    const char *name =
        lua_type(L, -1) == LUA_TSTRING ? nd_arena_strdup(frame->arena, lua_tostring(L, -1)) : "";
    lua_pop(L, 1);
    if (*name == '\0' || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-")] != '\0')
        nd_frame_complain(L, frame->call, NULL, "E0301", NULL,
                          "'parameter' begins with its name (a-z, 0-9, '_', '-'), then the rest: "
                          "parameter { \"pace\", otherwise = \"fast\" }");
    return name;
}

/* [-1, +1, e] */
static int frame_parameter(lua_State *L)
{
    struct nd_frame frame = nd_frame_begin(L, "parameter");
    struct nd_scenario *scenario = frame.scenario;
    struct nd_buf words = {0};
    nd_frame_keys(&frame);
    const char *name = name_of(&frame);
    for (size_t i = 0; i < scenario->parameters.count; i++) {
        if (strcmp(scenario->parameters.at[i].name, name) == 0)
            nd_frame_complain(L, "parameter", NULL, "E0206", NULL,
                              "parameter '%s' is declared twice", name);
    }
    if (lua_getfield(L, 1, "otherwise") == LUA_TNIL || lua_istable(L, -1)) {
        nd_frame_complain(L, "parameter", NULL, "E0208", NULL,
                          "'parameter' lacks 'otherwise': what it is when nobody sets it");
        return 1;
    }
    const char *given = setting_of(scenario, name);
    bool good = true;
    if (given != NULL && !push_like(L, given)) {
        nd_frame_complain(L, "parameter", NULL, "E0318", NULL, "parameter '%s' takes %s, got '%s'",
                          name, kind_of(L), given);
        good = false;
    }
    const char *text = nd_arena_strdup(frame.arena, nd_lua_tostring(L, -1));
    lua_pop(L, 1);
    if (good && !is_choice(&frame, text, &words))
        nd_frame_complain(L, "parameter", NULL, "E0318", NULL, "parameter '%s' takes %s, got '%s'",
                          name, nd_buf_str(&words), text);
    nd_buf_deinit(&words);
    nd_vec_push(&scenario->parameters, (struct nd_parameter){name, text, given != NULL});
    return 1;
}

void nd_parameters_finish(struct nd_scenario *scenario)
{
    const struct nd_settings *settings = scenario->settings;
    const char *names[32];
    size_t count = 0;
    for (size_t i = 0; i < scenario->parameters.count && count < 32; i++)
        names[count++] = scenario->parameters.at[i].name;
    for (size_t i = 0; settings != NULL && i < settings->list.count; i++) {
        const char *name = settings->list.at[i].name;
        bool known = false;
        for (size_t k = 0; k < count; k++)
            known = known || strcmp(names[k], name) == 0;
        const char *near = known ? NULL : nd_text_nearest(name, names, count);
        if (!known)
            nd_diag_add(scenario->diags, "E0317", scenario->source.path, 0, 0, 0, NULL,
                        "--set: the scenario has no parameter '%s'%s%s%s", name,
                        near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                        near != NULL ? "'" : "");
    }
    scenario->drill.parameters_count = scenario->parameters.count;
    scenario->drill.parameters = nd_arena_alloc(
        &scenario->drill.arena, (scenario->parameters.count + 1) * sizeof(struct nd_parameter));
    if (scenario->parameters.count != 0)
        memcpy((void *)scenario->drill.parameters, scenario->parameters.at,
               scenario->parameters.count * sizeof(struct nd_parameter));
}

void nd_parameters_open(lua_State *L)
{
    static const luaL_Reg functions[] = {{"parameter", frame_parameter}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
