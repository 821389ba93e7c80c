#include "lua/internal.h"

#include "record/rundir.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Loading, and the one resume. */

#define SCENARIO_MAX_BYTES (1u << 20)

struct nd_scenario *nd_scenario_of(lua_State *L)
{
    /* The sandbox is the first member. */
    return (struct nd_scenario *)nd_sandbox_of(L);
}

/* "[E0202] text" gives code and text; another error is E0107. "file:12: text" gives the line. */
struct error {
    char code[8];
    int line;
    char text[400];
};

static struct error read_error(const char *path, const char *message)
{
    struct error error = {.code = "E0107"};
    size_t path_len = strlen(path);
    if (strncmp(message, path, path_len) == 0 && message[path_len] == ':') {
        char *end = NULL;
        error.line = (int)strtol(message + path_len + 1, &end, 10);
        if (*end == ':')
            message = end + 1 + (end[1] == ' ');
    }
    if (strlen(message) > 8 && message[0] == '[' && message[6] == ']') {
        memcpy(error.code, message + 1, 5);
        message += 8;
    }
    snprintf(error.text, sizeof error.text, "%s", message);
    if (nd_diag_title(error.code) == NULL)
        memcpy(error.code, "E0107", 6);
    return error;
}

/* First token of a line, for errors that know no better. */
static const struct nd_token *line_token(const struct nd_source *source, int line)
{
    for (size_t i = 0; i < source->tokens.count; i++) {
        if (source->tokens.at[i].line == line)
            return &source->tokens.at[i];
    }
    return NULL;
}

static bool told_already(const struct nd_scenario *scenario, const struct error *error)
{
    for (size_t i = 0; i < scenario->diags->list.count; i++) {
        const struct nd_diag *diag = &scenario->diags->list.at[i];
        if (diag->line == error->line && strcmp(diag->code, error->code) == 0)
            return true;
    }
    return false;
}

static void complain_error(struct nd_scenario *scenario, const char *message, const char *code)
{
    const struct nd_source *source = &scenario->source;
    struct error error = read_error(source->path, message);
    if (code != NULL)
        memcpy(error.code, code, 6);
    size_t named = nd_source_named(source, error.text, error.line);
    const struct nd_token *token =
        named < source->tokens.count ? &source->tokens.at[named] : line_token(source, error.line);
    if (!told_already(scenario, &error))
        nd_diag_add(scenario->diags, error.code, scenario->source.path, error.line,
                    token != NULL ? token->column : 0, token != NULL ? token->width : 0, NULL, "%s",
                    error.text);
}

/* The message of a failed call, whatever kind of object was thrown. */
static const char *error_text(lua_State *L)
{
    if (lua_type(L, -1) == LUA_TSTRING)
        return lua_tostring(L, -1);
    return "an error that is no text was thrown";
}

/* The text as a function on the stack. False: it is no Lua, which is told; what stands in the line
 * where reading stopped, and after it, is then not looked at. */
static bool compile(struct nd_scenario *scenario, const char *text, size_t len)
{
    lua_State *L = scenario->L;
    struct nd_buf name = {0};
    nd_buf_addf(&name, "@%s", scenario->source.path);
    nd_sandbox_begin(&scenario->box, L, ND_LUA_LOAD_BUDGET);
    int status = luaL_loadbufferx(L, text, len, nd_buf_str(&name), "t");
    nd_buf_deinit(&name);
    if (status == LUA_OK)
        return true;
    struct error error = read_error(scenario->source.path, error_text(L));
    if (scenario->box.out_of_memory)
        complain_error(scenario, error_text(L), "E0106");
    else if (!nd_slips_tell(scenario, error.text, error.line))
        complain_error(scenario, error_text(L), "E0102");
    nd_source_cut(&scenario->source, error.line);
    return false;
}

static void run_frame(struct nd_scenario *scenario)
{
    lua_State *L = scenario->L;
    int status = lua_pcall(L, 0, 0, 0);
    if (status == LUA_OK && !scenario->box.spent)
        return;
    const char *code = scenario->box.spent ? "E0105" : scenario->box.out_of_memory ? "E0106" : NULL;
    complain_error(scenario, status == LUA_OK ? "it ran too long" : error_text(L), code);
}

static bool is_tested(const struct nd_scenario *scenario, const char *id)
{
    for (size_t c = 0; c < scenario->source.calls.count; c++) {
        const struct nd_source_call *call = &scenario->source.calls.at[c];
        for (size_t e = 0; e < call->count; e++) {
            if (strcmp(call->entries[e].key, "objective") == 0 &&
                strcmp(scenario->source.tokens.at[call->entries[e].value].text, id) == 0)
                return true;
        }
    }
    return false;
}

/* It, or something below it. */
static bool is_covered(const struct nd_scenario *scenario, const char *id)
{
    const struct nd_drill *drill = &scenario->drill;
    bool covered = is_tested(scenario, id);
    for (size_t i = 0; i < drill->objectives_count && !covered; i++)
        covered = drill->objectives[i].parent != NULL &&
                  strcmp(drill->objectives[i].parent, id) == 0 &&
                  is_covered(scenario, drill->objectives[i].id);
    return covered;
}

/* Objectives, targets and tasks that nothing refers to: text of the steps' bodies counts. */
static void check_coverage(struct nd_scenario *scenario)
{
    const struct nd_drill *drill = &scenario->drill;
    for (size_t i = 0; i < drill->objectives_count; i++) {
        const struct nd_objective *one = &drill->objectives[i];
        if (!is_covered(scenario, one->id))
            nd_diag_add(scenario->diags, one->kind == ND_OBJECTIVE ? "W0601" : "W0605",
                        scenario->source.path, 0, 0, 0,
                        "add objective = \"...\" to the expect, step or inject that tests it",
                        "nothing tests %s '%s'", nd_objective_kind_name(one->kind), one->id);
    }
}

/* How long the site's policy lets a drill be. */
static void check_policy(struct nd_scenario *scenario)
{
    struct nd_fail why = {0};
    const struct nd_source *source = &scenario->source;
    const char *code = scenario->site != NULL
                           ? nd_policy_drill(&scenario->site->policy, scenario->drill.lasts, &why)
                           : NULL;
    for (size_t i = 0; code != NULL && i < source->calls.count; i++) {
        const struct nd_source_call *call = &source->calls.at[i];
        if (strcmp(call->name, "drill") != 0)
            continue;
        const struct nd_token *token = nd_source_key(source, call, "lasts");
        nd_diag_add(scenario->diags, code, source->path, token->line, token->column, token->width,
                    NULL, "%s", why.text);
    }
}

static void load(struct nd_scenario *scenario, const char *path, const char *text, size_t len)
{
    struct nd_drill *drill = &scenario->drill;
    struct nd_diags *diags = scenario->diags;
    size_t mark = nd_source_mark(text, len);
    nd_source_read(&scenario->source, path, text + mark, len - mark);
    drill->path = nd_arena_strdup(&drill->arena, path);
    nd_hash(text, len, drill->hash);
    bool good = compile(scenario, text + mark, len - mark);
    nd_scan(scenario);
    if (good)
        run_frame(scenario);
    if (!scenario->drill_declared && diags->errors == 0)
        nd_diag_add(diags, "E0205", path, 1, 1, 0,
                    "begin with drill { \"title\", id = \"...\", lasts = minutes(30) }",
                    "the file declares no drill");
    nd_frame_finish(scenario);
    if (diags->errors == 0)
        nd_parameters_finish(scenario);
    if (diags->errors == 0) {
        nd_drill_check(drill, diags);
        check_coverage(scenario);
        check_policy(scenario);
    }
}

struct nd_scenario *nd_scenario_load(const char *path, const struct nd_site *site,
                                     struct nd_plugins *plugins, uint64_t seed,
                                     const struct nd_settings *settings, struct nd_diags *diags)
{
    struct nd_fail why = {0};
    char *text = NULL;
    size_t len = 0;
    size_t errors = diags->errors;
    nd_err err = nd_file_read(path, SCENARIO_MAX_BYTES, &text, &len, &why);
    if (err != ND_OK) {
        nd_diag_add(diags, err == ND_EARG ? "E0103" : "E0101", path, 0, 0, 0, NULL, "%s", why.text);
        return NULL;
    }
    struct nd_scenario *scenario = nd_alloc(sizeof *scenario);
    scenario->site = site;
    scenario->plugins = plugins;
    scenario->settings = settings;
    scenario->diags = diags;
    if (!nd_utf8_valid(text, len) || memchr(text, '\0', len) != NULL) {
        nd_diag_add(diags, "E0104", path, 0, 0, 0, "save it as UTF-8",
                    "the file is not UTF-8 text");
    } else {
        scenario->L = nd_sandbox_new(&scenario->box, seed);
        load(scenario, path, text, len);
    }
    free(text);
    scenario->diags = NULL;
    scenario->settings = NULL;
    if (diags->errors == errors)
        return scenario;
    nd_scenario_free(scenario);
    return NULL;
}

void nd_scenario_free(struct nd_scenario *scenario)
{
    if (scenario == NULL)
        return;
    if (scenario->L != NULL)
        lua_close(scenario->L);
    for (size_t i = 0; i < scenario->phases.count; i++) {
        nd_vec_free(&scenario->phases.at[i]->steps);
        nd_vec_free(&scenario->phases.at[i]->injects);
        free(scenario->phases.at[i]);
    }
    for (size_t i = 0; i < scenario->buried.count; i++)
        nd_arena_deinit(&scenario->buried.at[i]);
    nd_vec_free(&scenario->buried);
    nd_vec_free(&scenario->phases);
    nd_vec_free(&scenario->parameters);
    nd_vec_free(&scenario->guards);
    nd_vec_free(&scenario->baselines);
    nd_vec_free(&scenario->objectives);
    nd_vec_free(&scenario->obligations);
    nd_vec_free(&scenario->profiles); /* the drill's own */
    nd_source_deinit(&scenario->source);
    nd_drill_deinit(&scenario->drill);
    free(scenario);
}

const struct nd_drill *nd_scenario_drill(const struct nd_scenario *scenario)
{
    return &scenario->drill;
}

bool nd_scenario_complain(struct nd_scenario *scenario, const char *why, struct nd_diags *diags)
{
    static const char *const own[] = {"attempt to ",
                                      "bad argument "}; /* Lua's of the text itself */
    struct error error = read_error(scenario->source.path, why);
    /* E0316: what a plugin has against a call may lie in the site file as well. */
    bool written = strstr(why, ": [E") != NULL && strcmp(error.code, "E0316") != 0;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        written = written || strncmp(error.text, own[i], strlen(own[i])) == 0;
    if (error.line == 0 || !written)
        return false;
    scenario->diags = diags;
    complain_error(scenario, why, NULL);
    scenario->diags = NULL;
    return true;
}

void nd_scenario_place(const struct nd_scenario *scenario, const char *verb, int line, int *column,
                       int *width)
{
    const struct nd_source *source = &scenario->source;
    *column = *width = 0;
    for (size_t i = 0; i < source->calls.count; i++) {
        const struct nd_source_call *call = &source->calls.at[i];
        const struct nd_token *token = &source->tokens.at[call->at];
        const char *dot = strrchr(call->name, '.');
        if (token->line != line ||
            (strcmp(call->name, "measure") != 0 && (dot == NULL || strcmp(dot + 1, verb) != 0)))
            continue;
        *column = token->column;
        *width = token->width;
        return;
    }
}

/* ---- bodies ---- */

/* A coroutine for a task's body, pinned in the registry. [-0, +0, m] */
static int new_task(lua_State *L)
{
    struct nd_lua_task *task = lua_touserdata(L, 1);
    task->co = lua_newthread(L);
    task->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_rawgeti(task->co, LUA_REGISTRYINDEX, lua_tointeger(L, 2));
    return 0;
}

static struct nd_lua_task *begin_task(struct nd_scenario *scenario, struct nd_task *task,
                                      nd_body_ref body, struct nd_fail *why)
{
    struct nd_lua_task *mine = nd_alloc(sizeof *mine);
    mine->ref = LUA_NOREF;
    nd_task_set_user(task, mine);
    lua_State *L = scenario->L;
    lua_pushcfunction(L, new_task);
    lua_pushlightuserdata(L, mine);
    lua_pushinteger(L, body);
    if (lua_pcall(L, 2, 0, 0) == LUA_OK)
        return mine;
    nd_fail_set(why, ND_EINTERNAL, "%s", error_text(L));
    lua_pop(L, 1);
    return NULL;
}

static double returned_value(struct nd_task *task, lua_State *co, int count)
{
    if (count == 0)
        return NAN;
    const struct nd_lua_question *question = nd_object_at(co, -count, ND_META_QUESTION);
    if (question != NULL)
        return nd_lua_ask(task, question);
    const struct nd_quantity *q = nd_quantity_at(co, -count);
    if (q != NULL && q->kind == ND_Q_LENGTH)
        nd_task_gives_length(task);
    if (q != NULL)
        return q->value;
    if (lua_isboolean(co, -count))
        return lua_toboolean(co, -count);
    return lua_type(co, -count) == LUA_TNUMBER ? lua_tonumber(co, -count) : NAN;
}

/* The one resume. */
static enum nd_body_state resume(void *ctx, struct nd_task *task, nd_body_ref body,
                                 struct nd_fail *why, double *value)
{
    struct nd_scenario *scenario = ctx;
    struct nd_lua_task *mine = nd_task_user(task);
    if (mine == NULL)
        mine = begin_task(scenario, task, body, why);
    if (mine == NULL)
        return ND_BODY_FAILED;
    int count = 0;
    scenario->task = task;
    nd_sandbox_begin(&scenario->box, mine->co, ND_LUA_STEP_BUDGET);
    int status = lua_resume(mine->co, scenario->L, 0, &count);
    scenario->task = NULL;
    if (status == LUA_YIELD) {
        lua_pop(mine->co, count);
        return ND_BODY_WAITS;
    }
    if (status == LUA_OK) {
        *value = returned_value(task, mine->co, count);
        return ND_BODY_DONE;
    }
    nd_fail_set(why, ND_ESTATE, "%s", error_text(mine->co));
    return ND_BODY_FAILED;
}

static void drop(void *ctx, struct nd_task *task)
{
    struct nd_scenario *scenario = ctx;
    struct nd_lua_task *mine = nd_task_user(task);
    if (mine == NULL)
        return;
    luaL_unref(scenario->L, LUA_REGISTRYINDEX, mine->ref);
    /* A call that was cancelled with its task still reads its arguments until it has ended. */
    if (mine->arena.head != NULL)
        nd_vec_push(&scenario->buried, mine->arena);
    free(mine);
}

struct nd_bodies nd_scenario_bodies(struct nd_scenario *scenario)
{
    return (struct nd_bodies){scenario, resume, drop};
}

/* ---- the site it names ---- */

char *nd_scenario_site_path(const char *path)
{
    char *text = NULL;
    size_t len = 0;
    if (nd_file_read(path, SCENARIO_MAX_BYTES, &text, &len, NULL) != ND_OK)
        return NULL;
    struct nd_source source;
    char *found = NULL;
    size_t mark = nd_source_mark(text, len);
    nd_source_read(&source, path, text + mark, len - mark);
    for (size_t i = 0; i < source.calls.count && found == NULL; i++) {
        const struct nd_source_call *call = &source.calls.at[i];
        for (size_t e = 0; strcmp(call->name, "drill") == 0 && e < call->count; e++) {
            const struct nd_token *value = &source.tokens.at[call->entries[e].value];
            if (strcmp(call->entries[e].key, "site") != 0 || value->kind != ND_TOK_STRING)
                continue;
            const char *slash = strrchr(path, '/');
            free(found);
            found = *value->text == '/' || slash == NULL
                        ? nd_strdup(value->text)
                        : nd_printf("%.*s/%s", (int)(slash - path), path, value->text);
        }
    }
    nd_source_deinit(&source);
    free(text);
    return found;
}
