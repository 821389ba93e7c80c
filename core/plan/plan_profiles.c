#include "plan/plan.h"

#include <string.h>

/* Profiles in a plan: which were named, and that they are still the same. */

static json_t *text2_json(const struct nd_text2 *text)
{
    return json_pack("{s:s*, s:s*}", "zh", text->zh, "en", text->en);
}

json_t *nd_plan_profiles(const struct nd_drill *drill)
{
    json_t *list = json_array();
    for (size_t i = 0; i < drill->profiles_count; i++) {
        const struct nd_profile *profile = drill->profiles[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:o, s:o, s:s?, s:s, s:o, s:s, s:s}", "name",
                                        profile->name, "title", text2_json(&profile->title), "law",
                                        text2_json(&profile->law), "since", profile->since, "seen",
                                        profile->seen, "note", text2_json(&profile->note), "path",
                                        profile->path, "hash", profile->hash));
    }
    return list;
}

nd_err nd_plan_check_profiles(const json_t *plan, const struct nd_drill *drill, struct nd_fail *why)
{
    const json_t *list = json_object_get(plan, "profiles");
    for (size_t p = 0; p < drill->profiles_count; p++) {
        const struct nd_profile *profile = drill->profiles[p];
        bool same = false;
        size_t i = 0;
        json_t *entry = NULL;
        json_array_foreach(list, i, entry)
        {
            const char *name = json_string_value(json_object_get(entry, "name"));
            const char *hash = json_string_value(json_object_get(entry, "hash"));
            same = same || (name != NULL && hash != NULL && strcmp(name, profile->name) == 0 &&
                            strcmp(hash, profile->hash) == 0);
        }
        if (!same)
            return nd_fail_set(why, ND_ESTATE,
                               "stale plan: profile '%s' has changed since it was made; plan anew "
                               "with 'netdrill plan'",
                               profile->path);
    }
    return ND_OK;
}
