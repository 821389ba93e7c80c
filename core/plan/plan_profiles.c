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
        json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:s?, s:o, s:o, s:s, s:s}", "name",
                                              profile->name, "title", text2_json(&profile->title),
                                              "law", text2_json(&profile->law), "since",
                                              profile->since, "seen", text2_json(&profile->seen),
                                              "note", text2_json(&profile->note), "path",
                                              profile->path, "hash", profile->hash));
    }
    return list;
}

static json_t *duties_json(const struct nd_obligations *set)
{
    json_t *list = json_array();
    for (size_t i = 0; i < set->profile->duties.count; i++) {
        const struct nd_duty *duty = &set->profile->duties.at[i];
        bool checked = false;
        for (size_t k = 0; k < set->checks_count; k++)
            checked = checked || strcmp(set->checks[k].duty, duty->id) == 0;
        json_array_append_new(
            list, json_pack("{s:s, s:o, s:o, s:s, s:o, s:b, s:s?, s:b}", "id", duty->id, "title",
                            text2_json(&duty->title), "source", text2_json(&duty->source), "after",
                            duty->after, "within_ns",
                            duty->within != 0 ? json_integer(duty->within) : json_null(), "recurs",
                            duty->recurs, "until", duty->until, "checked", checked));
    }
    return list;
}

json_t *nd_plan_obligations(const struct nd_drill *drill)
{
    json_t *list = json_array();
    for (size_t i = 0; i < drill->obligations_count; i++) {
        const struct nd_obligations *set = &drill->obligations[i];
        json_t *events = json_object();
        for (size_t k = 0; k < set->events_count; k++)
            json_object_set_new(events, set->events[k].event, json_integer(set->events[k].at));
        json_array_append_new(list, json_pack("{s:s, s:I, s:s?, s:s?, s:o, s:o}", "profile",
                                              set->profile->name, "pace", (json_int_t)set->pace,
                                              "owner", set->owner, "objective", set->objective,
                                              "duties", duties_json(set), "occurs", events));
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
