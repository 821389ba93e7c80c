#include "lua/frame.h"

#include <stdlib.h>
#include <string.h>

/* The declared frame. Its verbs note what is wrong and go on, so that all is told at once. */

/* ---- drill ---- */

static int frame_drill(lua_State *L)
{
    struct nd_frame frame = nd_frame_begin(L, "drill");
    struct nd_drill *drill = &frame.scenario->drill;
    if (frame.scenario->drill_declared) {
        nd_frame_complain(L, "drill", NULL, "E0206", "keep one of them",
                          "the drill is declared twice");
        return 0;
    }
    frame.scenario->drill_declared = true;
    nd_frame_keys(&frame);
    drill->title = nd_frame_sentence(&frame);
    drill->id = nd_frame_id(&frame, "id", true);
    if (!nd_frame_has(&frame, "lasts"))
        nd_frame_complain(L, "drill", NULL, "E0208", NULL, "'drill' lacks 'lasts'");
    drill->lasts = nd_frame_length(&frame, "lasts", ND_SEC(1));
    drill->steady = nd_frame_length(&frame, "steady", 0);
    drill->simulated = nd_frame_text2(&frame, "simulated");
    const char *reactions = nd_frame_text(&frame, "reactions", false);
    drill->reactions_count = reactions != NULL && strcmp(reactions, "count") == 0;
    if (reactions != NULL && !drill->reactions_count && strcmp(reactions, "tell") != 0)
        nd_frame_complain(L, "drill", "reactions", "E0301", NULL,
                          "'reactions' takes \"tell\" or \"count\", got \"%s\"", reactions);
    lua_getfield(L, 1, "revision");
    drill->revision = lua_isinteger(L, -1) ? (int64_t)lua_tointeger(L, -1) : 1;
    if (!lua_isnil(L, -1) && !lua_isinteger(L, -1))
        nd_frame_complain(L, "drill", "revision", "E0301", NULL, "'revision' takes a whole number");
    lua_pop(L, 1);
    nd_frame_objectives(&frame);
    nd_frame_availability(&frame);
    return 0;
}

/* ---- guard ---- */

static bool get_limit(const struct nd_frame *frame, const char *key, double *limit,
                      const char **unit)
{
    lua_State *L = frame->L;
    bool there = lua_getfield(L, 1, key) != LUA_TNIL;
    const struct nd_quantity *q = nd_quantity_at(L, -1);
    if (q != NULL) {
        *limit = q->value;
        *unit = nd_quantity_unit(q);
    } else if (lua_type(L, -1) == LUA_TNUMBER)
        *limit = lua_tonumber(L, -1);
    else if (there)
        nd_frame_complain(L, frame->call, key, "E0301", NULL,
                          "'%s' takes a number or a quantity, got %s", key, luaL_typename(L, -1));
    lua_pop(L, 1);
    return there;
}

static int frame_guard(lua_State *L)
{
    struct nd_frame frame = nd_frame_begin(L, "guard");
    struct nd_guard guard = {.line = nd_lua_line(L, 1), .abort = true};
    nd_frame_keys(&frame);
    guard.title = nd_frame_sentence(&frame);
    guard.objective = nd_frame_text(&frame, "objective", false);
    guard.every = nd_frame_length(&frame, "every", ND_SEC(10));
    guard.grace = nd_frame_length(&frame, "grace", 0);
    guard.has_at_most = get_limit(&frame, "at_most", &guard.at_most, &guard.unit);
    guard.has_at_least = get_limit(&frame, "at_least", &guard.at_least, &guard.unit);
    guard.read = nd_frame_body(&frame, "read", true);
    const char *otherwise = nd_frame_text(&frame, "otherwise", false);
    if (otherwise != NULL && strcmp(otherwise, "abort") != 0 && strcmp(otherwise, "note") != 0)
        nd_frame_complain(L, "guard", "otherwise", "E0305", NULL,
                          "'otherwise' takes 'abort' or 'note', got '%s'", otherwise);
    guard.abort = otherwise == NULL || strcmp(otherwise, "note") != 0;
    if (!guard.has_at_most && !guard.has_at_least)
        nd_frame_complain(L, "guard", NULL, "E0208", NULL, "'guard' needs 'at_most' or 'at_least'");
    if (guard.every <= 0)
        nd_frame_complain(L, "guard", "every", "E0303", NULL, "'every' has to be longer than 0");
    guard.id = nd_arena_printf(frame.arena, "g%zu", frame.scenario->guards.count + 1);
    nd_vec_push(&frame.scenario->guards, guard);
    return 0;
}

/* ---- baseline ---- */

static int frame_baseline(lua_State *L)
{
    struct nd_frame frame = nd_frame_begin(L, "baseline");
    struct nd_baseline baseline = {.line = nd_lua_line(L, 1)};
    nd_frame_keys(&frame);
    baseline.title = nd_frame_sentence(&frame);
    baseline.within = nd_frame_length(&frame, "within", ND_SEC(60));
    baseline.body = nd_frame_body(&frame, "run", true);
    if (baseline.within <= 0)
        nd_frame_complain(L, "baseline", "within", "E0303", NULL,
                          "'within' has to be longer than 0");
    baseline.id = nd_arena_printf(frame.arena, "b%zu", frame.scenario->baselines.count + 1);
    nd_vec_push(&frame.scenario->baselines, baseline);
    return 0;
}

/* ---- phase and step ---- */

static int frame_phase(lua_State *L)
{
    struct nd_frame frame = nd_frame_begin(L, "phase");
    struct nd_phase_draft *draft = nd_alloc(sizeof *draft);
    struct nd_phase *phase = &draft->phase;
    nd_vec_push(&frame.scenario->phases, draft);
    nd_frame_keys(&frame);
    phase->line = nd_lua_line(L, 1);
    phase->index = frame.scenario->phases.count - 1;
    phase->title = nd_frame_sentence(&frame);
    phase->id = nd_frame_id(&frame, "id", false);
    if (phase->id == NULL)
        phase->id = nd_arena_printf(frame.arena, "p%zu", phase->index + 1);
    phase->at_given = nd_frame_has(&frame, "at");
    if (phase->at_given)
        phase->at = nd_frame_at(&frame, "at", NULL);
    return 0;
}

/* Whoever owns a step need be nobody of the site file; a name that is nearly somebody's is a slip.
 */
static void check_owner(lua_State *L, const char *owner)
{
    const struct nd_site *site = nd_scenario_of(L)->site;
    if (owner == NULL || site == NULL || nd_site_person_find(site, owner) != NULL)
        return;
    const char *near = nd_site_person_nearest(site, owner);
    if (near != NULL)
        nd_frame_complain(L, "step", "owner", "W0607", NULL,
                          "the site file has no person '%s'; did you mean '%s'", owner, near);
}

static int frame_step(lua_State *L)
{
    struct nd_frame frame = nd_frame_begin(L, "step");
    struct nd_scenario *scenario = frame.scenario;
    struct nd_step step = {.line = nd_lua_line(L, 1)};
    nd_frame_keys(&frame);
    if (scenario->phases.count == 0) {
        nd_frame_complain(L, "step", NULL, "E0204", "write phase { \"...\" } above it",
                          "a step belongs to a phase, and there is none yet");
        return 0;
    }
    struct nd_phase_draft *draft = scenario->phases.at[scenario->phases.count - 1];
    step.title = nd_frame_sentence(&frame);
    step.id = nd_frame_id(&frame, "id", false);
    if (step.id == NULL)
        step.id = nd_arena_printf(frame.arena, "%s.s%zu", draft->phase.id, draft->steps.count + 1);
    step.owner = nd_frame_text(&frame, "owner", false);
    check_owner(L, step.owner);
    step.objective = nd_frame_text(&frame, "objective", false);
    step.after = nd_frame_text(&frame, "after", false);
    step.at_given = nd_frame_has(&frame, "at");
    if (step.at_given) {
        bool offset = false;
        step.at = nd_frame_at(&frame, "at", &offset);
        step.at_is_moment = !offset;
    }
    if (step.at_given && step.after != NULL)
        nd_frame_complain(L, "step", "at", "E0207", NULL,
                          "a step starts either 'at' a time or 'after' another, not both");
    step.repeatable = nd_frame_flag(&frame, "repeatable");
    nd_frame_fault(&frame, &step);
    step.body = nd_frame_body(&frame, "run", true);
    step.phase = draft->phase.index;
    nd_vec_push(&draft->steps, step);
    return 0;
}

/* ---- use and site ---- */

/* Where the name stands in the text: a string token with these contents on the line. */
static const struct nd_token *string_token(const struct nd_source *source, const char *text,
                                           int line)
{
    for (size_t i = 0; i < source->tokens.count; i++) {
        const struct nd_token *token = &source->tokens.at[i];
        if (token->kind == ND_TOK_STRING && token->line == line && strcmp(token->text, text) == 0)
            return token;
    }
    return NULL;
}

void nd_name_complain(lua_State *L, const char *name, const char *code, const char *text)
{
    struct nd_scenario *scenario = nd_scenario_of(L);
    int line = nd_lua_line(L, 1);
    if (scenario->diags == NULL)
        luaL_error(L, "[%s] %s", code, text);
    const struct nd_token *token = string_token(&scenario->source, name, line);
    nd_diag_add(scenario->diags, code, scenario->source.path, line,
                token != NULL ? token->column : 0, token != NULL ? token->width : 0, NULL, "%s",
                text);
}

static int frame_use(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    struct nd_scenario *scenario = nd_scenario_of(L);
    struct nd_fail why = {0};
    const struct nd_plugin *plugin = NULL;
    if (strchr(name, '/') != NULL)
        nd_fail_set(&why, ND_EGONE, "'%s' is a path; a scenario names plugins, not files", name);
    else
        plugin = nd_plugins_load(scenario->plugins, name, &why);
    if (plugin == NULL)
        nd_name_complain(L, name, why.code == ND_EGONE ? "E0201" : "E0209", why.text);
    nd_plugin_push(L, plugin);
    return 1;
}

static int frame_site(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const struct nd_site *site = nd_scenario_of(L)->site;
    const struct nd_site_target *target = site != NULL ? nd_site_target_find(site, name) : NULL;
    if (target == NULL) {
        const char *near = site != NULL ? nd_site_target_nearest(site, name) : NULL;
        struct nd_fail text;
        nd_fail_set(&text, ND_EARG, "the site file has no target '%s'%s%s%s", name,
                    near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                    near != NULL ? "'" : "");
        nd_name_complain(L, name, "E0306", text.text);
    }
    nd_target_push(L, target);
    return 1;
}

void nd_frame_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"drill", frame_drill}, {"guard", frame_guard}, {"baseline", frame_baseline},
        {"phase", frame_phase}, {"step", frame_step},   {"inject", nd_frame_inject},
        {"use", frame_use},     {"site", frame_site},   {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
    lua_getfield(L, LUA_REGISTRYINDEX, "netdrill quantities");
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_settable(L, -5);
    }
    lua_pop(L, 1);
}

static void *copy(struct nd_arena *arena, const void *from, size_t count, size_t size)
{
    void *to = nd_arena_alloc(arena, (count + 1) * size);
    if (count != 0)
        memcpy(to, from, count * size);
    return to;
}

void nd_frame_finish(struct nd_scenario *scenario)
{
    struct nd_drill *drill = &scenario->drill;
    struct nd_arena *arena = &drill->arena;
    drill->objectives_count = scenario->objectives.count;
    drill->objectives = copy(arena, scenario->objectives.at, scenario->objectives.count,
                             sizeof *scenario->objectives.at);
    drill->guards_count = scenario->guards.count;
    drill->guards =
        copy(arena, scenario->guards.at, scenario->guards.count, sizeof *scenario->guards.at);
    drill->baselines_count = scenario->baselines.count;
    drill->baselines = copy(arena, scenario->baselines.at, scenario->baselines.count,
                            sizeof *scenario->baselines.at);
    drill->obligations_count = scenario->obligations.count;
    drill->obligations = copy(arena, scenario->obligations.at, scenario->obligations.count,
                              sizeof *scenario->obligations.at);
    drill->profiles_count = scenario->profiles.count;
    drill->profiles =
        copy(arena, scenario->profiles.at, scenario->profiles.count, sizeof *scenario->profiles.at);
    struct nd_phase *phases = nd_arena_alloc(arena, (scenario->phases.count + 1) * sizeof *phases);
    drill->phases = phases;
    drill->phases_count = scenario->phases.count;
    drill->steps_count = drill->injects_count = 0;
    for (size_t p = 0; p < scenario->phases.count; p++) {
        struct nd_phase_draft *draft = scenario->phases.at[p];
        for (size_t s = 0; s < draft->steps.count; s++)
            draft->steps.at[s].index = drill->steps_count++;
        for (size_t i = 0; i < draft->injects.count; i++)
            draft->injects.at[i].index = drill->injects_count++;
        phases[p] = draft->phase;
        phases[p].steps_count = draft->steps.count;
        phases[p].steps = copy(arena, draft->steps.at, draft->steps.count, sizeof *draft->steps.at);
        phases[p].injects_count = draft->injects.count;
        phases[p].injects =
            copy(arena, draft->injects.at, draft->injects.count, sizeof *draft->injects.at);
    }
}
