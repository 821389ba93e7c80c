/* A scenario: a Lua file, sandboxed, read into a drill and its bodies. */
#ifndef ND_LUA_SCENARIO_H
#define ND_LUA_SCENARIO_H
#include "host/host.h"
#include "plan/model.h"
#include "run/body.h"

struct nd_scenario;

/* Reads, runs the frame and checks: all faults in diags. Returns NULL when there is any error.
 * settings: of parameters; may be NULL. site: borrowed, may be NULL only for tests. plugins:
 * borrowed; `use` loads from it. */
struct nd_scenario *nd_scenario_load(const char *path, const struct nd_site *site,
                                     struct nd_plugins *plugins, uint64_t seed,
                                     const struct nd_settings *settings, struct nd_diags *diags);
void nd_scenario_free(struct nd_scenario *scenario); /* NULL is fine */
const struct nd_drill *nd_scenario_drill(const struct nd_scenario *scenario);
/* What stopped a body (the `why` of its step, "drill.lua:12: ..."), as a diagnostic where it
 * stands. False: it is about no line of the scenario, or about what happened rather than what is
 * written there. */
bool nd_scenario_complain(struct nd_scenario *scenario, const char *why, struct nd_diags *diags);
/* Where the call of a verb stands in a line: column and width, 0 when not known. */
void nd_scenario_place(const struct nd_scenario *scenario, const char *verb, int line, int *column,
                       int *width);
/* Borrow the scenario. */
struct nd_bodies nd_scenario_bodies(struct nd_scenario *scenario);
/* The site path the scenario names in drill { site = "..." }, resolved beside the scenario; read
 * without running it far: NULL when it names none or cannot be read. Caller frees. */
char *nd_scenario_site_path(const char *path);

#endif
