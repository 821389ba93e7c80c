/* The site's safety policy: what drills may do here, whoever wrote them. The site file's `policy:`
 * section (docs/site.md); without one, nothing but may_be_disturbed limits a drill.
 *
 * The functions give NULL when the policy allows it, else the diagnostic's code ("E0502"), and why
 * with ND_ERIGHTS. lint and plan ask them of what a rehearsal does, a run asks again before each
 * act. Lengths in ns, wall clock in ns since 1970 (UTC). */
#ifndef ND_PLAN_POLICY_H
#define ND_PLAN_POLICY_H
#include "base/err.h"
#include "base/mem.h"

struct nd_site_target;

/* A stretch of some days of the week: "mon-fri 09:00-17:00 +08:00". */
struct nd_policy_hours {
    unsigned days;          /* bit 0: Monday; of its beginning */
    int from_min, till_min; /* since midnight; till is later than from, so up to 48 h */
    int east_min;           /* of UTC */
};

struct nd_policy {
    bool given;
    int line;                                    /* of the section */
    const char *const *targets;                  /* NULL-ended; NULL: any */
    const char *const *verbs, *const *plugins;   /* forbidden; NULL-ended or NULL */
    const char *const *kinds;                    /* of targets that no change may touch; likewise */
    int64_t changes_at_most;                     /* in force at once; 0: no limit */
    nd_ns change_lasts, drill_lasts;             /* at most; 0: no limit */
    struct ND_VEC(struct nd_policy_hours) hours; /* none: any time */
    int64_t arming_people;                       /* different people that have to arm; 0: none */
    const char *const *arming_of;                /* who may; NULL: anybody of the site file */
    nd_ns arming_within;                         /* else the run is refused */
    const char *signed_with;                     /* path of a secret key, or NULL */
};

/* A call of a verb. target: may be NULL. changes: whether it alters the network. */
const char *nd_policy_call(const struct nd_policy *policy, const char *plugin, const char *verb,
                           const struct nd_site_target *target, bool changes, struct nd_fail *why);
/* A change while `in_force` others are, that lasts `lasts` at most. */
const char *nd_policy_change(const struct nd_policy *policy, int64_t in_force, nd_ns lasts,
                             struct nd_fail *why);
/* A drill of that length: too long, or longer than any stretch of the hours. */
const char *nd_policy_drill(const struct nd_policy *policy, nd_ns lasts, struct nd_fail *why);
/* Whether all of the time from one moment to another lies in the hours. */
const char *nd_policy_time(const struct nd_policy *policy, int64_t from_ns, int64_t till_ns,
                           struct nd_fail *why);
/* Whether a person may arm. */
bool nd_policy_may_arm(const struct nd_policy *policy, const char *person);

#endif
