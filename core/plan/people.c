#include "plan/site.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* People of a site file, and whom an inject may go to. */

const char *nd_role_name(enum nd_role role)
{
    static const char *const names[] = {"",         "player", "controller", "evaluator",
                                        "observer", "safety", "simulator",  "director"};
    return names[role];
}

const struct nd_person *nd_site_person_find(const struct nd_site *site, const char *name)
{
    for (size_t i = 0; i < site->people.count; i++) {
        if (strcmp(site->people.at[i].name, name) == 0)
            return &site->people.at[i];
    }
    return NULL;
}

const char *nd_site_person_nearest(const struct nd_site *site, const char *name)
{
    const char **names = nd_alloc((site->people.count + 1) * sizeof *names);
    for (size_t i = 0; i < site->people.count; i++)
        names[i] = site->people.at[i].name;
    const char *near = nd_text_nearest(name, names, site->people.count);
    free(names);
    return near;
}

/* ---- recipients ---- */

#define ROLE_PREFIX "role:"

static bool holds(const char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], name) == 0)
            return true;
    }
    return false;
}

/* Everybody of a role who is not in the list yet. False: there is nobody at all. */
static bool add_role(const struct nd_site *site, const char *role, const char **list, size_t *count)
{
    bool some = false;
    for (size_t i = 0; i < site->people.count; i++) {
        const struct nd_person *person = &site->people.at[i];
        if (person->role == ND_ROLE_UNSAID || strcmp(nd_role_name(person->role), role) != 0)
            continue;
        some = true;
        if (!holds(list, *count, person->name))
            list[(*count)++] = person->name;
    }
    return some;
}

const char *const *nd_site_recipients(const struct nd_site *site, const char *const *names,
                                      struct nd_arena *arena, size_t *count, struct nd_fail *why)
{
    size_t given = 0;
    size_t people = site != NULL ? site->people.count : 0;
    while (names[given] != NULL)
        given++;
    const char **list = nd_arena_alloc(arena, (given + people + 1) * sizeof *list);
    *count = 0;
    for (size_t i = 0; i < given; i++) {
        const char *role = names[i] + sizeof ROLE_PREFIX - 1;
        if (people == 0 || strncmp(names[i], ROLE_PREFIX, sizeof ROLE_PREFIX - 1) != 0) {
            list[(*count)++] = names[i];
        } else if (!add_role(site, role, list, count)) {
            nd_fail_set(why, ND_EARG, "by the site file nobody is '%s'", role);
            return NULL;
        }
    }
    list[*count] = NULL;
    return list;
}

bool nd_channel_reaches(const struct nd_site_target *channel, const char *name)
{
    const struct nd_note *fact = channel->target.facts;
    while (fact->key != NULL && strcmp(fact->key, "recipients") != 0)
        fact++;
    json_t *list = fact->key != NULL ? json_loads(fact->value, 0, NULL) : NULL;
    bool reaches = fact->key == NULL || json_object_get(list, name) != NULL;
    json_decref(list);
    return reaches;
}
