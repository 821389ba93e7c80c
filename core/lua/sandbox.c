#include "lua/internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Memory: an allocator with a cap. Time: a count hook; once the budget is spent it fires at every
 * instruction, so that pcall cannot swallow it. Single costly instructions (joining huge texts) are
 * caught by the thread's CPU time, looked at in the same hook. */

#define HOOK_EVERY 1000

static void *limited_alloc(void *ud, void *block, size_t old_bytes, size_t new_bytes)
{
    struct nd_sandbox *box = ud;
    /* For a new block old_bytes tells the kind of object, not a size. */
    size_t old = block != NULL ? old_bytes : 0;
    if (new_bytes == 0) {
        free(block);
        box->used_bytes -= old;
        return NULL;
    }
    if (new_bytes > old && box->used_bytes + (new_bytes - old) > ND_LUA_MEMORY_MAX) {
        box->out_of_memory = true;
        return NULL;
    }
    void *moved = realloc(block, new_bytes);
    ND_CHECK(moved != NULL);
    box->used_bytes = box->used_bytes - old + new_bytes;
    return moved;
}

struct nd_sandbox *nd_sandbox_of(lua_State *L)
{
    void *ud = NULL;
    lua_getallocf(L, &ud);
    return ud;
}

static int64_t cpu_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void hook(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    struct nd_sandbox *box = nd_sandbox_of(L);
    box->left -= HOOK_EVERY;
    if (!box->spent && box->left > 0 && cpu_now() < box->cpu_till)
        return;
    box->spent = true;
    lua_sethook(L, hook, LUA_MASKCOUNT, 1);
    luaL_error(L, "it ran too long between two waits; a loop that never ends?");
}

void nd_sandbox_begin(struct nd_sandbox *box, lua_State *L, int64_t budget)
{
    box->left = budget;
    box->cpu_till = cpu_now() + ND_LUA_CPU_NS_MAX;
    box->spent = false;
    box->out_of_memory = false;
    lua_sethook(L, hook, LUA_MASKCOUNT, HOOK_EVERY);
}

void nd_sandbox_charge(lua_State *L, size_t units)
{
    struct nd_sandbox *box = nd_sandbox_of(L);
    box->left -= (int64_t)units;
    if (box->left <= 0)
        luaL_error(L, "it ran too long between two waits; too much work on long texts or tables");
}

const char *const nd_lua_globals[] = {
    "answer",      "assert",   "baseline", "confirm",   "drill",      "error",   "expect",
    "guard",       "hours",    "inject",   "ipairs",    "kbit_per_s", "kept",    "math",
    "mbit_per_s",  "measure",  "met",      "minutes",   "ms",         "note",    "now",
    "obligations", "occurs",   "pairs",    "parameter", "pcall",      "percent", "phase",
    "profile",     "restore",  "seconds",  "select",    "site",       "step",    "string",
    "table",       "together", "tonumber", "tostring",  "type",       "use",     "utf8",
    "wait",        NULL};

static size_t globals_count(void)
{
    size_t count = 0;
    while (nd_lua_globals[count] != NULL)
        count++;
    return count;
}

/* A name that is not there. [-2, +1, e] */
static int no_such_global(lua_State *L)
{
    const char *name = luaL_tolstring(L, 2, NULL);
    static const char *const forbidden[] = {
        "io",           "os",           "debug",    "package",   "require",        "load",
        "loadstring",   "dofile",       "loadfile", "coroutine", "collectgarbage", "print",
        "setmetatable", "getmetatable", "rawset",   "rawget",    "rawequal",       "rawlen",
        "next",         "_G",           "xpcall",   NULL};
    for (size_t i = 0; forbidden[i] != NULL; i++) {
        if (strcmp(forbidden[i], name) == 0)
            return luaL_error(L, "[E0108] '%s' is not available in a scenario%s", name,
                              strcmp(name, "print") == 0 ? "; write note { \"...\" }" : "");
    }
    const char *near = nd_text_nearest(name, nd_lua_globals, globals_count());
    if (near != NULL)
        return luaL_error(L, "[E0107] nothing is called '%s'; did you mean '%s'", name, near);
    return luaL_error(
        L, "[E0107] nothing is called '%s'; a name of your own needs 'local %s = ...'", name, name);
}

/* An assignment to a name that was not declared. [-3, +0, e] */
static int no_new_global(lua_State *L)
{
    return luaL_error(L, "[E0107] '%s' was not declared; write 'local %s = ...'",
                      luaL_tolstring(L, 2, NULL), lua_tostring(L, 2));
}

static int panic(lua_State *L)
{
    (void)L;
    nd_check_failed("every entry to Lua is protected", __FILE__, __LINE__);
}

/* Builds the globals from what is allowed, never by taking things away. [-0, +0, e] */
static int build(lua_State *L)
{
    nd_values_open(L);
    lua_newtable(L); /* the globals */
    nd_library_open(L);
    nd_frame_open(L);
    nd_bodies_open(L);
    nd_prims_open(L);
    nd_profiles_open(L);
    nd_duties_open(L);
    nd_parameters_open(L);
    nd_kept_open(L);
    lua_newtable(L); /* their metatable */
    lua_pushcfunction(L, no_such_global);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, no_new_global);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, -2);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    return 0;
}

lua_State *nd_sandbox_new(struct nd_sandbox *box, uint64_t seed)
{
    nd_random_init(&box->random, seed);
    lua_State *L = lua_newstate(limited_alloc, box);
    ND_CHECK(L != NULL);
    lua_atpanic(L, panic);
    lua_pushcfunction(L, build);
    ND_CHECK(lua_pcall(L, 0, 0, 0) == LUA_OK);
    return L;
}
