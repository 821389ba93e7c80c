#include "plan/policy.h"

#include "base/units.h"
#include "plan/site.h"

#include <stdio.h>
#include <string.h>

#define DAY  INT64_C(86400)
#define WEEK (7 * DAY)

static bool listed(const char *const *list, const char *name)
{
    for (size_t i = 0; list != NULL && name != NULL && list[i] != NULL; i++) {
        if (strcmp(list[i], name) == 0)
            return true;
    }
    return false;
}

const char *nd_policy_call(const struct nd_policy *policy, const char *plugin, const char *verb,
                           const struct nd_site_target *target, bool changes, struct nd_fail *why)
{
    char full[160];
    snprintf(full, sizeof full, "%s.%s", plugin, verb);
    if (listed(policy->plugins, plugin) || listed(policy->verbs, full)) {
        nd_fail_set(why, ND_ERIGHTS, "the site's policy forbids '%s'", full);
        return "E0503";
    }
    if (!changes)
        return NULL;
    const char *name = target != NULL ? target->target.name : NULL;
    if (target != NULL && listed(policy->kinds, target->target.kind)) {
        nd_fail_set(why, ND_ERIGHTS,
                    "the site's policy forbids changes of a target of kind '%s', such as '%s'",
                    target->target.kind, name);
        return "E0503";
    }
    if (policy->targets == NULL || listed(policy->targets, name))
        return NULL;
    if (name != NULL)
        nd_fail_set(why, ND_ERIGHTS, "target '%s' is not on the list of the site's policy", name);
    else
        nd_fail_set(why, ND_ERIGHTS,
                    "the site's policy lists the targets that may be changed, and '%s' names none",
                    full);
    return "E0502";
}

const char *nd_policy_change(const struct nd_policy *policy, int64_t in_force, nd_ns lasts,
                             struct nd_fail *why)
{
    char length[ND_UNIT_TEXT];
    char limit[ND_UNIT_TEXT];
    if (policy->changes_at_most != 0 && in_force >= policy->changes_at_most) {
        nd_fail_set(why, ND_ERIGHTS,
                    "the site's policy allows %lld changes at once, and %lld are in force; restore "
                    "one first",
                    (long long)policy->changes_at_most, (long long)in_force);
        return "E0504";
    }
    if (policy->change_lasts != 0 && lasts > policy->change_lasts) {
        nd_fail_set(why, ND_ERIGHTS,
                    "the site's policy allows a change to last %s, this one may last %s; give it "
                    "an earlier restore_by",
                    nd_length_format(policy->change_lasts, limit), nd_length_format(lasts, length));
        return "E0505";
    }
    return NULL;
}

/* ---- hours; s since 1970 ---- */

/* The end of the stretch that holds the moment, or the moment itself when none does. */
static int64_t stretch_end(const struct nd_policy *policy, int64_t at)
{
    int64_t best = at;
    for (size_t i = 0; i < policy->hours.count; i++) {
        const struct nd_policy_hours *hours = &policy->hours.at[i];
        int64_t east = (int64_t)hours->east_min * 60;
        int64_t today = (at + east) / DAY;
        for (int64_t day = today - 1; day <= today; day++) { /* one may have begun yesterday */
            int64_t begin = day * DAY + (int64_t)hours->from_min * 60 - east;
            int64_t end = day * DAY + (int64_t)hours->till_min * 60 - east;
            /* 1970-01-01 was a Thursday. */
            bool on = (hours->days >> ((day + 3) % 7) & 1) != 0;
            if (on && begin <= at && at < end && end > best)
                best = end;
        }
    }
    return best;
}

/* How far the hours reach from a moment on, stretch after stretch; at most till `enough`. */
static int64_t reach(const struct nd_policy *policy, int64_t at, int64_t enough)
{
    while (at < enough) {
        int64_t end = stretch_end(policy, at);
        if (end == at)
            break;
        at = end;
    }
    return at;
}

/* Of all weeks; a week or longer: there is no gap. */
static nd_ns longest_stretch(const struct nd_policy *policy)
{
    int64_t best = 0;
    for (size_t i = 0; i < policy->hours.count; i++) {
        const struct nd_policy_hours *hours = &policy->hours.at[i];
        for (int64_t day = 7; day < 14; day++) {
            int64_t begin = day * DAY + ((int64_t)hours->from_min - hours->east_min) * 60;
            int64_t length = reach(policy, begin, begin + WEEK) - begin;
            best = length > best ? length : best;
        }
    }
    return best >= WEEK ? ND_NS_MAX : ND_SEC(best);
}

const char *nd_policy_drill(const struct nd_policy *policy, nd_ns lasts, struct nd_fail *why)
{
    char length[ND_UNIT_TEXT];
    char limit[ND_UNIT_TEXT];
    if (policy->drill_lasts != 0 && lasts > policy->drill_lasts) {
        nd_fail_set(why, ND_ERIGHTS,
                    "the site's policy allows a drill of %s at most, this one lasts up to %s",
                    nd_length_format(policy->drill_lasts, limit), nd_length_format(lasts, length));
        return "E0506";
    }
    nd_ns longest = policy->hours.count != 0 ? longest_stretch(policy) : ND_NS_MAX;
    if (lasts <= longest)
        return NULL;
    nd_fail_set(why, ND_ERIGHTS,
                "the hours of the site's policy are %s long at the longest, this drill lasts up to "
                "%s",
                nd_length_format(longest, limit), nd_length_format(lasts, length));
    return "E0507";
}

const char *nd_policy_time(const struct nd_policy *policy, int64_t from_ns, int64_t till_ns,
                           struct nd_fail *why)
{
    if (policy->hours.count == 0)
        return NULL;
    int64_t from = from_ns / 1000000000;
    int64_t till = (till_ns + 999999999) / 1000000000;
    int64_t end = reach(policy, from, till);
    if (end >= till && end > from)
        return NULL;
    char text[3][ND_UNIT_TEXT];
    int east = policy->hours.at[0].east_min;
    nd_wall_format(from_ns, east, text[0]);
    nd_wall_format(till_ns, east, text[1]);
    if (end == from)
        nd_fail_set(why, ND_ERIGHTS, "%.19s is outside of the hours of the site's policy", text[0]);
    else
        nd_fail_set(why, ND_ERIGHTS,
                    "it may last from %.19s to %.19s, but the hours of the site's policy end at "
                    "%.19s",
                    text[0], text[1], nd_wall_format(end * 1000000000, east, text[2]));
    return "E0507";
}

bool nd_policy_may_arm(const struct nd_policy *policy, const char *person)
{
    return policy->arming_of == NULL || listed(policy->arming_of, person);
}
