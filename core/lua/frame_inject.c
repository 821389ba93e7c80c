#include "lua/frame.h"

#include <string.h>

/* inject { ... }: what is given to the players, and by which verb. */

static void complain(const struct nd_frame *frame, const char *key, const char *code,
                     const char *help, const char *text)
{
    nd_frame_complain(frame->L, frame->call, key, code, help, "%s", text);
}

/* A text, or a list of texts; NULL-ended, empty when absent. */
static const char *const *get_texts(const struct nd_frame *frame, const char *key, size_t *count)
{
    lua_State *L = frame->L;
    lua_getfield(L, 1, key);
    size_t len = lua_istable(L, -1) ? (size_t)lua_rawlen(L, -1) : 1;
    const char **list = nd_arena_alloc(frame->arena, (len + 1) * sizeof *list);
    bool good = true;
    *count = 0;
    if (lua_type(L, -1) == LUA_TSTRING)
        list[(*count)++] = nd_arena_strdup(frame->arena, lua_tostring(L, -1));
    else if (!lua_isnil(L, -1) && !lua_istable(L, -1))
        good = false;
    for (size_t i = 0; lua_istable(L, -1) && i < len; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        if (lua_type(L, -1) == LUA_TSTRING)
            list[(*count)++] = nd_arena_strdup(frame->arena, lua_tostring(L, -1));
        else
            good = false;
        lua_pop(L, 1);
    }
    if (!good)
        nd_frame_complain(L, frame->call, key, "E0301", NULL, "'%s' takes a list of texts", key);
    lua_pop(L, 1);
    return list;
}

static void read_tasks(const struct nd_frame *frame, struct nd_inject *inject)
{
    lua_State *L = frame->L;
    lua_getfield(L, 1, "tasks");
    size_t len = lua_istable(L, -1) ? (size_t)lua_rawlen(L, -1) : 0;
    struct nd_text2 *tasks = nd_arena_alloc(frame->arena, (len + 1) * sizeof *tasks);
    bool good = lua_isnil(L, -1) || lua_istable(L, -1);
    for (size_t i = 0; i < len; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        good = nd_text2_at(L, lua_gettop(L), frame->arena, &tasks[i]) && good;
        lua_pop(L, 1);
    }
    if (!good)
        complain(frame, "tasks", "E0301", NULL, "'tasks' takes a list of sentences");
    lua_pop(L, 1);
    inject->tasks = tasks;
    inject->tasks_count = good ? len : 0;
}

/* ---- people ---- */

#define PLAYS     (1u << ND_ROLE_PLAYER | 1u << ND_ROLE_SIMULATOR | 1u << ND_ROLE_CONTROLLER)
#define CONTROLS  (1u << ND_ROLE_CONTROLLER | 1u << ND_ROLE_DIRECTOR | 1u << ND_ROLE_SAFETY)
#define EVALUATES (1u << ND_ROLE_EVALUATOR | 1u << ND_ROLE_DIRECTOR)
#define ANY       (~0u)

/* roles: bits of those who may stand there; who has no role may stand anywhere. */
static void check_person(const struct nd_frame *frame, const char *key, const char *name,
                         unsigned roles)
{
    const struct nd_site *site = frame->scenario->site;
    struct nd_fail text;
    if (name == NULL || site == NULL || site->people.count == 0)
        return;
    const struct nd_person *person = nd_site_person_find(site, name);
    const char *near = person == NULL ? nd_site_person_nearest(site, name) : NULL;
    if (person == NULL) {
        nd_fail_set(&text, ND_EARG, "'%s': the site file has no person '%s'%s%s%s", key, name,
                    near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                    near != NULL ? "'" : "");
        complain(frame, key, "E0312", NULL, text.text);
    } else if (person->role != ND_ROLE_UNSAID && (roles & 1u << person->role) == 0) {
        nd_fail_set(&text, ND_EARG, "'%s': by the site file '%s' is %s %s", key, name,
                    strchr("aeo", *nd_role_name(person->role)) != NULL ? "an" : "a",
                    nd_role_name(person->role));
        complain(frame, key, "E0320", NULL, text.text);
    }
}

/* Names, and everybody of a role ("role:player"). */
static void read_to(const struct nd_frame *frame, struct nd_inject *inject)
{
    struct nd_fail why = {0};
    const char *const *names = get_texts(frame, "to", &inject->to_count);
    inject->to =
        nd_site_recipients(frame->scenario->site, names, frame->arena, &inject->to_count, &why);
    if (inject->to != NULL)
        return;
    nd_frame_complain(frame->L, frame->call, "to", "E0312", NULL, "'to': %s", why.text);
    inject->to = names;
}

static void read_people(const struct nd_frame *frame, struct nd_inject *inject)
{
    inject->from = nd_frame_text(frame, "from", false);
    read_to(frame, inject);
    inject->controller = nd_frame_text(frame, "controller", false);
    inject->evaluator = nd_frame_text(frame, "evaluator", false);
    check_person(frame, "from", inject->from, ANY);
    check_person(frame, "controller", inject->controller, CONTROLS);
    check_person(frame, "evaluator", inject->evaluator, EVALUATES);
    for (size_t i = 0; i < inject->to_count; i++) {
        check_person(frame, "to", inject->to[i],
                     inject->kind == ND_INJECT_INFORMATION ? ANY : PLAYS);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(inject->to[i], inject->to[k]) == 0)
                nd_frame_complain(frame->L, frame->call, "to", "E0301", NULL,
                                  "'to' names '%s' twice", inject->to[i]);
        }
    }
    if (inject->to_count == 0 && inject->kind != ND_INJECT_FAULT)
        complain(frame, NULL, "E0208", "add to = { \"who it is for\" }", "'inject' lacks 'to'");
}

/* ---- when ---- */

static void read_window(const struct nd_frame *frame, struct nd_inject *inject)
{
    lua_State *L = frame->L;
    bool offset[2] = {false, false};
    lua_getfield(L, 1, "window");
    if (lua_istable(L, -1) && lua_rawlen(L, -1) == 2) {
        nd_ns *const into[] = {&inject->window_from, &inject->window_till};
        for (int i = 0; i < 2; i++) {
            lua_rawgeti(L, -1, i + 1);
            *into[i] = nd_frame_at_index(frame, lua_gettop(L), "window", &offset[i]);
            lua_pop(L, 1);
        }
        inject->window_given = true;
        inject->window_is_moment = !offset[0];
        if (offset[0] != offset[1])
            complain(frame, "window", "E0304", NULL,
                     "'window': both are moments, or both are lengths from the phase's start");
    } else {
        complain(frame, "window", "E0301", NULL,
                 "'window' takes two moments: { \"T+00:05\", \"T+00:10\" }");
    }
    lua_pop(L, 1);
}

static void read_when(const struct nd_frame *frame, struct nd_inject *inject)
{
    static const char *const keys[] = {"at", "window", "after", "unless", "on_call"};
    const char *key = NULL;
    for (size_t i = 0; i < 5; i++) {
        if (!nd_frame_has(frame, keys[i]))
            continue;
        if (key != NULL)
            nd_frame_complain(
                frame->L, frame->call, keys[i], "E0207", NULL,
                "an inject has one of 'at', 'window', 'after', 'unless' and 'on_call', and "
                "'%s' is given",
                key);
        key = keys[i];
    }
    inject->when = nd_frame_place(frame, key);
    inject->on_call = nd_frame_flag(frame, "on_call");
    inject->after = nd_frame_text(frame, "after", false);
    inject->unless = nd_frame_text(frame, "unless", false);
    inject->delay = nd_frame_length(frame, "delay", 0);
    if (inject->delay < 0 || (inject->delay != 0 && inject->after == NULL))
        complain(frame, "delay", "E0207", NULL,
                 "'delay' is how long 'after' the other one is over");
    if (nd_frame_has(frame, "window"))
        read_window(frame, inject);
    inject->at_given = nd_frame_has(frame, "at");
    if (inject->at_given) {
        bool offset = false;
        inject->at = nd_frame_at(frame, "at", &offset);
        inject->at_is_moment = !offset;
    }
}

static void read_only_if(const struct nd_frame *frame, struct nd_inject *inject)
{
    size_t count = 0;
    if (!nd_frame_has(frame, "only_if"))
        return;
    const char *const *words = get_texts(frame, "only_if", &count);
    if (count == 2) {
        inject->only_if = words[0];
        inject->only_choice = words[1];
    } else {
        complain(frame, "only_if", "E0301", NULL,
                 "'only_if' takes a decision and its choice: { \"open-roaming\", \"open\" }");
    }
}

/* ---- kind ---- */

static void read_kind(const struct nd_frame *frame, struct nd_inject *inject)
{
    const char *name = nd_frame_text(frame, "kind", false);
    size_t options = 0;
    int kind = name != NULL ? nd_inject_kind_find(name) : -1;
    inject->options = get_texts(frame, "options", &options);
    inject->act.body = nd_frame_body(frame, "run", false);
    bool unless = nd_frame_has(frame, "unless");
    if (name != NULL && kind < 0)
        nd_frame_complain(frame->L, frame->call, "kind", "E0305", NULL,
                          "'kind' takes 'standard', 'contingency', 'information', 'decision' or "
                          "'fault', got '%s'",
                          name);
    if (kind < 0)
        kind = unless                  ? ND_INJECT_CONTINGENCY
               : inject->act.body != 0 ? ND_INJECT_FAULT
               : options != 0          ? ND_INJECT_DECISION
                                       : ND_INJECT_STANDARD;
    inject->kind = (enum nd_inject_kind)kind;
    if (unless != (inject->kind == ND_INJECT_CONTINGENCY))
        complain(frame, unless ? "kind" : NULL, "E0321", NULL,
                 unless ? "an inject with 'unless' is a contingency"
                        : "a contingency says what it stands in for: unless = \"id\"");
    if (inject->kind == ND_INJECT_DECISION && options < 2)
        complain(frame, "options", "E0208", "add options = { \"open\", \"wait\" }",
                 "a decision has two 'options' at least");
    else if (inject->kind != ND_INJECT_DECISION && options != 0)
        complain(frame, "options", "E0207", NULL, "only a decision has 'options'");
    if ((inject->act.body != 0) != (inject->kind == ND_INJECT_FAULT))
        complain(frame, "run", inject->act.body != 0 ? "E0207" : "E0208", NULL,
                 inject->act.body != 0 ? "only a fault has 'run'; write a step for what is measured"
                                       : "a fault says what it changes: run = function() ... end");
}

/* ---- the verb that delivers it ---- */

/* Everybody it goes to stands in the channel's `recipients`, the list of who may be written to. */
static bool check_recipients(const struct nd_frame *frame, const struct nd_inject *inject,
                             const struct nd_site_target *channel)
{
    bool good = true;
    for (size_t i = 0; i < inject->to_count; i++) {
        if (nd_channel_reaches(channel, inject->to[i]))
            continue;
        good = false;
        nd_frame_complain(frame->L, frame->call, "to", "E0323", NULL,
                          "the channel '%s' has no address of '%s' among its recipients",
                          channel->target.name, inject->to[i]);
    }
    return good;
}

static bool delivers(const struct nd_frame *frame, const struct nd_lua_verb *verb)
{
    for (size_t i = 0; nd_message_options[i] != NULL; i++) {
        const struct nd_option *o = verb->verb->options;
        while (o->name != NULL && strcmp(o->name, nd_message_options[i]) != 0)
            o++;
        if (o->name != NULL)
            continue;
        nd_frame_complain(frame->L, frame->call, "via", "E0323", NULL,
                          "'%s.%s' delivers no messages: it has no option '%s'", verb->plugin,
                          verb->verb->name, nd_message_options[i]);
        return false;
    }
    return true;
}

/* What the core fills in; reference and react_by are known when it is fired. */
static size_t put_message(const struct nd_inject *inject, struct nd_given *given)
{
    const struct nd_text2 *title = &inject->title;
    const struct nd_text2 *body = &inject->body;
    const char *const rows[][2] = {{"sender", inject->from},
                                   {"title_zh", title->zh != NULL ? title->zh : title->en},
                                   {"title_en", title->en != NULL ? title->en : title->zh},
                                   {"body_zh", body->zh != NULL ? body->zh : body->en},
                                   {"body_en", body->en != NULL ? body->en : body->zh},
                                   {"inject", inject->id}};
    size_t count = 0;
    given[count++] = (struct nd_given){.key = "to", .kind = ND_GIVEN_LIST, .u.list = inject->to};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i][1] != NULL)
            given[count++] =
                (struct nd_given){.key = rows[i][0], .kind = ND_GIVEN_TEXT, .u.text = rows[i][1]};
    }
    return count;
}

#define MESSAGE_ROWS 9

/* via = { message.mail, site "mail", ... }: at the top of the stack. */
static void check_via(const struct nd_frame *frame, struct nd_inject *inject,
                      const struct nd_lua_verb *verb)
{
    size_t count = 0;
    struct nd_diags diags = {0};
    struct nd_given *own = nd_given_read(frame->L, -1, 1, NULL, frame->arena, &count);
    struct nd_given *given = nd_arena_alloc(frame->arena, (count + MESSAGE_ROWS) * sizeof *given);
    size_t filled = put_message(inject, given);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; nd_message_options[k] != NULL; k++) {
            if (strcmp(own[i].key, nd_message_options[k]) == 0)
                nd_frame_complain(frame->L, frame->call, "via", "E0207", NULL,
                                  "'%s' of a message is the inject's own; leave it out of 'via'",
                                  own[i].key);
        }
        given[filled + i] = own[i];
    }
    struct nd_call_spec *spec = nd_arena_alloc(frame->arena, sizeof *spec);
    if (nd_schema_check(verb->plugin, verb->verb, frame->scenario->site, given, filled + count,
                        frame->scenario->source.path, frame->arena, spec, &diags)) {
        spec->line = nd_lua_line(frame->L, 1);
        inject->via = spec;
        struct nd_fail why = {0};
        bool listed = spec->target == NULL || check_recipients(frame, inject, spec->target);
        if (listed && inject->to_count != 0 && nd_call_judge(spec, &why) != ND_OK)
            nd_frame_complain(frame->L, frame->call, "via", "E0316", NULL, "%s", why.text);
    }
    for (size_t i = 0; i < diags.list.count; i++)
        nd_frame_complain(frame->L, frame->call, "via", diags.list.at[i].code,
                          diags.list.at[i].help, "%s", diags.list.at[i].text);
    nd_diags_deinit(&diags);
}

static void read_via(const struct nd_frame *frame, struct nd_inject *inject)
{
    lua_State *L = frame->L;
    if (lua_getfield(L, 1, "via") != LUA_TNIL) {
        if (lua_istable(L, -1))
            lua_rawgeti(L, -1, 1);
        else
            lua_pushnil(L);
        const struct nd_lua_verb *verb = nd_object_at(L, -1, ND_META_VERB);
        lua_pop(L, 1);
        if (verb == NULL)
            complain(frame, "via", "E0301", NULL,
                     "'via' takes a verb and its channel: via = { message.mail, site \"mail\" }");
        else if (verb->verb != NULL && delivers(frame, verb))
            check_via(frame, inject, verb);
    }
    lua_pop(L, 1);
}

static void read_reaction(const struct nd_frame *frame, struct nd_inject *inject)
{
    const char *by = nd_frame_text(frame, "answered_by", false);
    inject->expect = nd_frame_text2(frame, "expect");
    inject->react_within = nd_frame_length(frame, "react_within", 0);
    inject->any = by != NULL ? strcmp(by, "any") == 0 : inject->kind == ND_INJECT_DECISION;
    if (by != NULL && strcmp(by, "any") != 0 && strcmp(by, "all") != 0)
        nd_frame_complain(frame->L, frame->call, "answered_by", "E0305", NULL,
                          "'answered_by' takes 'all' or 'any', got '%s'", by);
    if (inject->react_within < 0)
        complain(frame, "react_within", "E0303", NULL, "'react_within' has to be longer than 0");
    if (inject->react_within > 0 && inject->to_count == 0)
        complain(frame, "react_within", "E0208", NULL,
                 "'react_within' needs 'to': somebody has to react");
    if (inject->react_within == 0 && inject->kind == ND_INJECT_DECISION)
        complain(frame, NULL, "E0208", "add react_within = minutes(10)",
                 "a decision lacks 'react_within'");
}

int nd_frame_inject(lua_State *L)
{
    struct nd_frame frame = nd_frame_begin(L, "inject");
    struct nd_scenario *scenario = frame.scenario;
    struct nd_inject inject = {0};
    nd_frame_keys(&frame);
    if (scenario->phases.count == 0) {
        complain(&frame, NULL, "E0204", "write phase { \"...\" } above it",
                 "an inject belongs to a phase, and there is none yet");
        return 0;
    }
    struct nd_phase_draft *draft = scenario->phases.at[scenario->phases.count - 1];
    inject.title = nd_frame_sentence(&frame);
    inject.id = nd_frame_id(&frame, "id", true);
    if (inject.id == NULL)
        inject.id =
            nd_arena_printf(frame.arena, "%s.i%zu", draft->phase.id, draft->injects.count + 1);
    inject.place = nd_frame_place(&frame, "id");
    inject.body = nd_frame_text2(&frame, "body");
    read_kind(&frame, &inject);
    read_people(&frame, &inject);
    read_when(&frame, &inject);
    read_only_if(&frame, &inject);
    read_reaction(&frame, &inject);
    read_tasks(&frame, &inject);
    inject.objective = nd_frame_text(&frame, "objective", false);
    inject.notes = nd_frame_text(&frame, "notes", false);
    inject.occurs = nd_frame_text(&frame, "occurs", false);
    inject.meets = nd_frame_text(&frame, "meets", false);
    inject.scenario_time = nd_frame_text(&frame, "scenario_time", false);
    nd_frame_fault(&frame, &inject.act);
    if (inject.act.users_given && inject.kind != ND_INJECT_FAULT)
        complain(&frame, "users", "E0207", NULL, "only a fault has 'users'");
    read_via(&frame, &inject);
    inject.phase = draft->phase.index;
    inject.act.id = inject.id;
    inject.act.title = inject.title;
    inject.act.owner = inject.controller;
    inject.act.objective = inject.objective;
    inject.act.line = inject.place.line;
    inject.act.phase = inject.phase;
    nd_vec_push(&draft->injects, inject);
    return 0;
}
