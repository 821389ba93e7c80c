/* What the files of core/lua share; nobody else includes lua.h.
 *
 *   sandbox.c   state, memory cap, instruction budget, the globals there are
 *   library.c   string, table and math functions that cannot stall the loop
 *   values.c    quantities, verbs, targets, series and questions as Lua values
 *   source.c    tokens and calls of the text, for columns
 *   edit.c      injects changed in the text, all else left as it is (edit.h)
 *   scan.c      checks of the text that no run would reach
 *   slips.c     what people did where the text is no Lua
 *   frame.c     drill, guard, baseline, phase, step, use, site
 *   frame_inject.c  inject
 *   frame_read.c    the keys of a frame call (frame.h)
 *   given.c     a Lua table as the arguments of a verb
 *   bodies.c    what steps do, the one await
 *   prims.c     what `expect` stands on
 *   profiles.c  profiles and their rules
 *   duties.c    obligations, and what opens and meets them
 *   parameters.c what whoever plays the drill may set
 *   scenario.c  loading, the one resume */
#ifndef ND_LUA_INTERNAL_H
#define ND_LUA_INTERNAL_H
#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"
#include "lua/scenario.h"
#include "run/run.h"

#include <lauxlib.h>
#include <lua.h>

/* ---- the text ---- */

enum nd_token_kind { ND_TOK_NAME, ND_TOK_NUMBER, ND_TOK_STRING, ND_TOK_SIGN, ND_TOK_END };

struct nd_token {
    enum nd_token_kind kind;
    int line, column, width; /* columns count characters */
    size_t from, till;       /* octets of the text, with a string's quotes */
    const char *text;        /* of a string: its contents, escapes as written; in the arena */
    bool open;               /* a string that its line ends before it does */
};

/* One entry of a table constructor. */
struct nd_call_entry {
    const char *key; /* "1", "2", ... when positional */
    size_t at;       /* token of the key, or of the value when positional */
    size_t value;    /* first token of the value */
    size_t end;      /* token after the value */
};

/* A call of the form name { ... } or alias.name { ... }. */
struct nd_source_call {
    const char *name; /* "step" or "links.down" */
    size_t at, brace; /* tokens of the name and of '{' */
    struct nd_call_entry *entries;
    size_t count;
};

struct nd_source {
    const char *path;
    struct ND_VEC(struct nd_token) tokens;
    struct ND_VEC(struct nd_source_call) calls;
    struct nd_arena arena;
};

void nd_source_read(struct nd_source *source, const char *path, const char *text, size_t len_bytes);
/* How deep a token leads in (+1) or out (-1): brackets, and function, if, do, repeat ... end. */
int nd_token_depth(const struct nd_token *token);
/* Octets of the byte order mark with which some editors begin UTF-8: 3, or 0. */
size_t nd_source_mark(const char *text, size_t len_bytes);
void nd_source_deinit(struct nd_source *source);
/* The call of that name whose '{' stands in the line; NULL when there is none. */
const struct nd_source_call *nd_source_call_find(const struct nd_source *source, const char *name,
                                                 int line);
/* The token of a key of a call, or of its name when there is no such key; NULL without a call. */
const struct nd_token *nd_source_key(const struct nd_source *source,
                                     const struct nd_source_call *call, const char *key);
/* The token in that line which a message names in quotes, "near '...'" before all others; the
 * number of tokens when there is none. */
size_t nd_source_named(const struct nd_source *source, const char *message, int line);
/* Forgets what stands in that line and after it. */
void nd_source_cut(struct nd_source *source, int line);

/* ---- the sandbox ---- */

#define ND_LUA_MEMORY_MAX  (64u << 20)
#define ND_LUA_LOAD_BUDGET 20000000
#define ND_LUA_STEP_BUDGET 5000000
#define ND_LUA_CPU_NS_MAX  ND_SEC(2) /* of one stretch, for costly single instructions */

struct nd_sandbox {
    size_t used_bytes;
    int64_t left; /* instructions of this stretch */
    int64_t cpu_till;
    bool spent, out_of_memory;
    struct nd_random random;
};

lua_State *nd_sandbox_new(struct nd_sandbox *box, uint64_t seed);
/* A new stretch on this thread: the budget is full again. */
void nd_sandbox_begin(struct nd_sandbox *box, lua_State *L, int64_t budget);
/* Takes units off the budget for work done in C. [-0, +0, e] */
void nd_sandbox_charge(lua_State *L, size_t units);
struct nd_sandbox *nd_sandbox_of(lua_State *L);
/* Names of all globals, for suggestions; NULL-ended. */
extern const char *const nd_lua_globals[];
/* Puts the safe library into the table at the top. [-0, +0, e] */
void nd_library_open(lua_State *L);
/* tostring without addresses. [-0, +1, e] */
const char *nd_lua_tostring(lua_State *L, int index);

/* ---- values ---- */

enum nd_quantity_kind { ND_Q_LENGTH, ND_Q_RATE, ND_Q_SHARE };

struct nd_quantity {
    enum nd_quantity_kind kind;
    double value; /* ns, bit/s, 0 to 1; whole up to 2^53 */
};

struct nd_lua_verb {
    const char *plugin;
    const struct nd_verb *verb; /* NULL: of a plugin that could not be loaded */
};

struct nd_lua_question {
    struct nd_series *series;
    enum nd_stat stat;
    int reading;            /* of the series' further ones; -1: the first */
    nd_ns from, till, last; /* moments of the drill, -1: not given */
};
/* What the question's series says now, of the question's own window; NAN: it cannot tell. prims.c
 */
double nd_lua_ask(const struct nd_task *task, const struct nd_lua_question *question);

#define ND_META_QUANTITY "netdrill quantity"
#define ND_META_PLUGIN   "netdrill plugin"
#define ND_META_VERB     "netdrill verb"
#define ND_META_TARGET   "netdrill target"
#define ND_META_SERIES   "netdrill series"
#define ND_META_QUESTION "netdrill question"
#define ND_META_PROFILE  "netdrill profile"
#define ND_META_RULE     "netdrill rule"

void nd_values_open(lua_State *L);                                         /* [-0, +0, e] */
void nd_quantity_push(lua_State *L, enum nd_quantity_kind kind, double v); /* [-0, +1, m] */
/* Whole ones as whole: 7 is not to read 7.0. */
void nd_number_push(lua_State *L, double number); /* [-0, +1, -] */
/* The quantity at index, or NULL. */
const struct nd_quantity *nd_quantity_at(lua_State *L, int index);
const char *nd_quantity_unit(const struct nd_quantity *q);              /* "ns", "bit/s" or "1" */
void nd_plugin_push(lua_State *L, const struct nd_plugin *plugin);      /* [-0, +1, m] */
void nd_target_push(lua_State *L, const struct nd_site_target *target); /* [-0, +1, m] */
void nd_series_push(lua_State *L, struct nd_series *series);            /* [-0, +1, m] */
/* The object at index when it is of that kind, else NULL. */
void *nd_object_at(lua_State *L, int index, const char *meta);
/* A length from a quantity or a text; false when it is neither (why says what came). */
bool nd_length_at(lua_State *L, int index, nd_ns *length, struct nd_fail *why);
/* A moment of the drill from "T+..." or, as now + length, from a length. */
bool nd_moment_at(lua_State *L, int index, nd_ns now, nd_ns *moment, struct nd_fail *why);
/* A text or {zh=, en=}, copied to the arena. */
bool nd_text2_at(lua_State *L, int index, struct nd_arena *arena, struct nd_text2 *text);

/* ---- the scenario ---- */

struct nd_phase_draft {
    struct nd_phase phase;
    struct ND_VEC(struct nd_step) steps;
    struct ND_VEC(struct nd_inject) injects;
};

struct nd_lua_task {
    lua_State *co;
    int ref;               /* pins co */
    struct nd_arena arena; /* of the call under way */
};

struct nd_scenario {
    struct nd_sandbox box;
    lua_State *L;
    const struct nd_site *site;
    struct nd_plugins *plugins;
    struct nd_diags *diags; /* while loading, else NULL */
    struct nd_source source;
    struct nd_drill drill;
    bool drill_declared;
    struct ND_VEC(struct nd_objective) objectives;
    struct ND_VEC(struct nd_guard) guards;
    struct ND_VEC(struct nd_baseline) baselines;
    struct ND_VEC(struct nd_phase_draft *) phases;
    struct ND_VEC(struct nd_profile *) profiles;
    struct ND_VEC(struct nd_obligations) obligations;
    const struct nd_settings *settings; /* while loading; may be NULL */
    struct ND_VEC(struct nd_parameter) parameters;
    struct ND_VEC(struct nd_arena) buried; /* arenas of dropped tasks: calls may still use them */
    struct nd_task *task;                  /* the one being resumed, else NULL */
};

struct nd_scenario *nd_scenario_of(lua_State *L);
void nd_frame_open(lua_State *L);      /* [-0, +0, e] into the table at the top */
void nd_bodies_open(lua_State *L);     /* likewise */
void nd_prims_open(lua_State *L);      /* `expect`, likewise; after the library */
void nd_profiles_open(lua_State *L);   /* likewise */
void nd_duties_open(lua_State *L);     /* likewise */
void nd_parameters_open(lua_State *L); /* likewise */
void nd_kept_open(lua_State *L);       /* likewise */
/* Into the drill; settings that are no parameter's are told. */
void nd_parameters_finish(struct nd_scenario *scenario);
/* The profile of that name, loaded if need be; NULL and a complaint about the name where it stands
 * in the text. Raises in a body, where only profiles of the frame are known. [-0, +0, e] */
const struct nd_profile *nd_profile_named(lua_State *L, const char *name);
/* A diagnostic about a name that stands as a string in the line of the call being run; in a body an
 * error. [-0, +0, e] */
void nd_name_complain(lua_State *L, const char *name, const char *code, const char *text);
/* The task whose step is being resumed; raises E0204 outside of steps. [-0, +0, e] */
struct nd_task *nd_lua_current(lua_State *L, const char *what);
/* The one await: the engine has been told what the task waits for. [-0, +0, -] */
int nd_lua_await(lua_State *L, lua_KFunction then);
/* Phases, guards and objectives into the drill; ids made for those without. */
void nd_frame_finish(struct nd_scenario *scenario);
void nd_scan(struct nd_scenario *scenario);
/* The text is no Lua: tells what was probably meant, given Lua's own message and the line in which
 * it stopped. False: nothing was told. slips.c */
bool nd_slips_tell(struct nd_scenario *scenario, const char *message, int line);

/* A diagnostic at a key of the frame call being run (level 1), or the call itself: [-0, +0, -] */
void nd_frame_complain(lua_State *L, const char *call, const char *key, const char *code,
                       const char *help, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
int nd_lua_line(lua_State *L, int level);

/* given.c: entries of the table at index, but for `skip` leading positions and the keys in
 * `without` (NULL-ended, may be NULL); [skip + 1] becomes the subject "1". All in arena. */
struct nd_given *nd_given_read(lua_State *L, int index, int skip, const char *const *without,
                               struct nd_arena *arena, size_t *count);
/* One value; ND_GIVEN_OTHER when it is none for a verb. Texts are copied to arena. */
void nd_given_value(lua_State *L, int index, struct nd_arena *arena, struct nd_given *given);
/* Checks a call made in a body; raises the first fault. [-0, +0, e] */
void nd_given_check(lua_State *L, const struct nd_lua_verb *verb, int index, int skip,
                    const char *const *without, struct nd_arena *arena, struct nd_call_spec *spec);
/* Keys that the frame and body verbs know; NULL when there is no such verb. */
const char *const *nd_verb_keys(const char *name);

#endif
