#include "lua/frame.h"

#include <stdlib.h>
#include <string.h>

/* objectives = { id = "sentence" }, or a table of its own for one that has targets:
 *
 *   id = { "sentence", capability = "...", targets = {
 *     id = { "sentence", tasks = { id = "sentence" } } } }
 *
 * Each level is a table by ids, so that its order is that of the ids. */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The ids of the table at the top, sorted; caller frees the array. */
static size_t read_ids(const struct nd_frame *frame, const char ***ids)
{
    lua_State *L = frame->L;
    struct ND_VEC(const char *) found = {0};
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        lua_pop(L, 1);
        const char *id = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
        if (id != NULL && *id != '\0' && strlen(id) <= 64 &&
            id[strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")] ==
                '\0')
            nd_vec_push(&found, nd_arena_strdup(frame->arena, id));
        else
            nd_frame_complain(L, "drill", "objectives", "E0301", NULL,
                              "an objective, target or task is written  id = \"sentence\", the id "
                              "of letters, digits, '-', '_' and '.'");
    }
    if (found.count != 0)
        qsort(found.at, found.count, sizeof *found.at, by_text);
    *ids = found.at;
    return found.count;
}

/* Keys of the table at the top that this level does not know. */
static void check_keys(const struct nd_frame *frame, const char *id, const char *const *known)
{
    lua_State *L = frame->L;
    size_t count = 0;
    while (known[count] != NULL)
        count++;
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        lua_pop(L, 1);
        const char *key = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
        size_t i = 0;
        while (key != NULL && i < count && strcmp(known[i], key) != 0)
            i++;
        const char *near = key != NULL && i == count ? nd_text_nearest(key, known, count) : NULL;
        if (key != NULL && i == count)
            nd_frame_complain(L, "drill", "objectives", "E0207", NULL, "'%s' has no key '%s'%s%s%s",
                              id, key, near != NULL ? "; did you mean '" : "",
                              near != NULL ? near : "", near != NULL ? "'" : "");
    }
}

static void read_level(const struct nd_frame *frame, enum nd_objective_kind kind,
                       const char *parent);

/* What stands below the entry at the top, which is a table with its sentence at 1. */
static void read_below(const struct nd_frame *frame, const struct nd_objective *entry)
{
    static const char *const keys[][3] = {{"capability", "targets", NULL}, {"tasks", NULL}, {NULL}};
    lua_State *L = frame->L;
    const char *below = entry->kind == ND_OBJECTIVE ? "targets" : "tasks";
    check_keys(frame, entry->id, keys[entry->kind]);
    if (entry->kind == ND_OBJECTIVE_TASK)
        return;
    if (lua_getfield(L, -1, below) == LUA_TTABLE)
        read_level(frame, entry->kind + 1, entry->id);
    else if (!lua_isnil(L, -1))
        nd_frame_complain(L, "drill", "objectives", "E0301", NULL,
                          "'%s' of '%s' is written  { id = \"sentence\" }", below, entry->id);
    lua_pop(L, 1);
}

/* The entry at the top: a sentence, or a table that begins with one. What it leaves on the stack
 * the caller takes away. */
static void read_entry(const struct nd_frame *frame, struct nd_objective *entry)
{
    lua_State *L = frame->L;
    int at = lua_gettop(L);
    bool more = lua_istable(L, at) && lua_rawgeti(L, at, 1) != LUA_TNIL;
    if (!nd_text2_at(L, more ? at + 1 : at, frame->arena, &entry->text)) {
        nd_frame_complain(L, "drill", "objectives", "E0301", NULL,
                          "'%s' is written  id = \"sentence\"", entry->id);
        return;
    }
    nd_frame_check_tame(frame, "objectives", &entry->text, false);
    lua_settop(L, at);
    if (more && entry->kind == ND_OBJECTIVE && lua_getfield(L, at, "capability") != LUA_TNIL &&
        !nd_text2_at(L, at + 1, frame->arena, &entry->capability))
        nd_frame_complain(L, "drill", "objectives", "E0301", NULL,
                          "'capability' of '%s' takes a text", entry->id);
    lua_settop(L, at);
    nd_vec_push(&frame->scenario->objectives, *entry);
    if (more)
        read_below(frame, entry);
}

static void read_level(const struct nd_frame *frame, enum nd_objective_kind kind,
                       const char *parent)
{
    const char **ids = NULL;
    size_t count = read_ids(frame, &ids);
    for (size_t i = 0; i < count; i++) {
        int top = lua_gettop(frame->L);
        struct nd_objective entry = {.id = ids[i], .kind = kind, .parent = parent};
        lua_getfield(frame->L, -1, ids[i]);
        read_entry(frame, &entry);
        lua_settop(frame->L, top);
    }
    free(ids);
}

void nd_frame_objectives(const struct nd_frame *frame)
{
    if (lua_getfield(frame->L, 1, "objectives") == LUA_TTABLE)
        read_level(frame, ND_OBJECTIVE, NULL);
    else if (!lua_isnil(frame->L, -1))
        nd_frame_complain(frame->L, "drill", "objectives", "E0301", NULL,
                          "'objectives' is written  { id = \"sentence\" }");
    lua_pop(frame->L, 1);
}
