#include "host/internal.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The rehearsal's network: which targets are up. A site entry may say `initially: down` and
 * `paths`, each a list of targets that must all be up for it to be reached. */

struct change {
    int64_t op_serial;
    char *target;
    int before; /* 1, 0, or -1: as the site says */
};

struct state {
    char *target;
    bool up;
};

struct nd_model {
    struct ND_VEC(struct state) states;
    struct ND_VEC(struct change) changes;
    uint64_t generation;
};

uint64_t nd_model_generation(const struct nd_model *model)
{
    return model->generation;
}

struct nd_model *nd_model_new(void)
{
    return nd_alloc(sizeof(struct nd_model));
}

void nd_model_free(struct nd_model *model)
{
    for (size_t i = 0; i < model->states.count; i++)
        free(model->states.at[i].target);
    for (size_t i = 0; i < model->changes.count; i++)
        free(model->changes.at[i].target);
    nd_vec_free(&model->states);
    nd_vec_free(&model->changes);
    free(model);
}

static const char *fact(const struct nd_target *target, const char *key)
{
    for (const struct nd_note *note = target->facts; note->key != NULL; note++) {
        if (strcmp(note->key, key) == 0)
            return note->value;
    }
    return NULL;
}

static struct state *find(const struct nd_model *model, const char *target)
{
    for (size_t i = 0; i < model->states.count; i++) {
        if (strcmp(model->states.at[i].target, target) == 0)
            return &model->states.at[i];
    }
    return NULL;
}

static bool is_up(const struct nd_model *model, const struct nd_site *site, const char *name)
{
    const struct state *state = find(model, name);
    if (state != NULL)
        return state->up;
    const struct nd_site_target *entry = site != NULL ? nd_site_target_find(site, name) : NULL;
    const char *initially = entry != NULL ? fact(&entry->target, "initially") : NULL;
    return initially == NULL || strcmp(initially, "down") != 0;
}

static void put(struct nd_model *model, const char *target, bool up)
{
    struct state *state = find(model, target);
    model->generation++;
    if (state != NULL)
        state->up = up;
    else
        nd_vec_push(&model->states, (struct state){nd_strdup(target), up});
}

void nd_model_set(struct nd_model *model, int64_t op_serial, const struct nd_site *site,
                  const char *target, bool up)
{
    nd_vec_push(&model->changes,
                (struct change){op_serial, nd_strdup(target), is_up(model, site, target)});
    put(model, target, up);
}

void nd_model_put_back(struct nd_model *model, int64_t op_serial)
{
    size_t kept = 0;
    for (size_t i = model->changes.count; i-- > 0;) {
        if (model->changes.at[i].op_serial == op_serial)
            put(model, model->changes.at[i].target, model->changes.at[i].before != 0);
    }
    for (size_t i = 0; i < model->changes.count; i++) {
        if (model->changes.at[i].op_serial == op_serial)
            free(model->changes.at[i].target);
        else
            model->changes.at[kept++] = model->changes.at[i];
    }
    model->changes.count = kept;
}

/* path: names with blanks between; each has to be up. */
static bool path_up(const struct nd_model *model, const struct nd_site *site, const char *path)
{
    char *names = nd_strdup(path);
    char *rest = names;
    bool up = true;
    for (char *name = strsep(&rest, " "); name != NULL; name = strsep(&rest, " "))
        up = up && (*name == '\0' || is_up(model, site, name));
    free(names);
    return up;
}

bool nd_model_reached(const struct nd_model *model, const struct nd_site *site,
                      const struct nd_target *target)
{
    if (target == NULL)
        return true;
    if (!is_up(model, site, target->name))
        return false;
    const char *paths = fact(target, "paths");
    json_t *list = paths != NULL ? json_loads(paths, 0, NULL) : NULL;
    bool reached = list == NULL;
    size_t i = 0;
    json_t *path = NULL;
    json_array_foreach(list, i, path) reached =
        reached || (json_is_string(path) && path_up(model, site, json_string_value(path)));
    json_decref(list);
    return reached;
}
