#include "lua/frame.h"

#include <stdlib.h>
#include <string.h>

/* availability = { operator = percent(99.9) }, the operators those of the site file. */

static bool known_operator(const struct nd_frame *frame, const char *name)
{
    const struct nd_site *site = frame->scenario->site;
    if (site == NULL)
        return true;
    const char **names = nd_alloc((site->operators.count + 1) * sizeof *names);
    bool known = false;
    for (size_t i = 0; i < site->operators.count; i++) {
        names[i] = site->operators.at[i].name;
        known = known || strcmp(names[i], name) == 0;
    }
    const char *near = known ? NULL : nd_text_nearest(name, names, site->operators.count);
    if (!known)
        nd_frame_complain(frame->L, "drill", "availability", "E0325", NULL,
                          "the site file has no operator '%s'%s%s%s", name,
                          near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                          near != NULL ? "'" : "");
    free(names);
    return known;
}

static int by_operator(const void *a, const void *b)
{
    const struct nd_share_target *x = a;
    const struct nd_share_target *y = b;
    return strcmp(x->operator_name, y->operator_name);
}

/* The table at the top. [-0, +0, e] */
static void read_targets(const struct nd_frame *frame)
{
    lua_State *L = frame->L;
    struct nd_drill *drill = &frame->scenario->drill;
    struct ND_VEC(struct nd_share_target) found = {0};
    lua_pushnil(L);
    for (; lua_next(L, -2) != 0; lua_pop(L, 1)) {
        const struct nd_quantity *q = nd_quantity_at(L, -1);
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        if (name == NULL || q == NULL || q->kind != ND_Q_SHARE)
            nd_frame_complain(L, "drill", "availability", "E0301", NULL,
                              "'availability' is written  { operator = percent(99.9) }");
        else if (known_operator(frame, name))
            nd_vec_push(&found,
                        (struct nd_share_target){nd_arena_strdup(frame->arena, name), q->value});
    }
    if (found.count != 0) {
        qsort(found.at, found.count, sizeof *found.at, by_operator);
        struct nd_share_target *kept = nd_arena_alloc(frame->arena, found.count * sizeof *kept);
        memcpy(kept, found.at, found.count * sizeof *kept);
        drill->availability = kept;
        drill->availability_count = found.count;
    }
    nd_vec_free(&found);
}

void nd_frame_availability(const struct nd_frame *frame)
{
    if (lua_getfield(frame->L, 1, "availability") == LUA_TTABLE)
        read_targets(frame);
    else if (!lua_isnil(frame->L, -1))
        nd_frame_complain(frame->L, "drill", "availability", "E0301", NULL,
                          "'availability' is written  { operator = percent(99.9) }");
    lua_pop(frame->L, 1);
}
