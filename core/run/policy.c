#include "run/internal.h"

#include <string.h>

/* The site's policy, asked again before each act: at the call, and once more when its undo record
 * is ready, because time has passed by then. */

static bool is_change(const struct nd_call_spec *spec)
{
    return (spec->verb->flags & ND_VERB_CHANGES) != 0;
}

/* What may be in force: all that is not known to be as before. The lab is none of the network. */
static int64_t in_force(const struct nd_run *run, const struct nd_change *but)
{
    int64_t count = 0;
    for (size_t i = 0; i < run->changes.count; i++) {
        const struct nd_change *change = run->changes.at[i];
        bool lab = nd_undo_is_lab(change->rec.plugin, change->rec.verb);
        if (change != but && !lab && !change->verified &&
            (change->call != NULL || change->rec.id != 0))
            count++;
    }
    return count;
}

/* The latest a change is put back, on the run clock: by its restore_by, or by the drill's end. */
static nd_ns till(const struct nd_run *run, const struct nd_call_spec *spec)
{
    nd_ns end = run->config.drill->lasts;
    nd_ns by = spec->common.restore_by;
    return run->t0 + run->down + (by >= 0 && by < end ? by : end);
}

static const char *ask(const struct nd_run *run, const struct nd_call_spec *spec,
                       const struct nd_change *mine, struct nd_fail *why)
{
    const struct nd_policy *policy = &run->config.site->policy;
    nd_ns now = nd_run_now(run);
    const char *code =
        nd_policy_call(policy, spec->plugin, spec->verb->name, spec->target, is_change(spec), why);
    if (code != NULL || !is_change(spec))
        return code;
    code = nd_policy_change(policy, in_force(run, mine), till(run, spec) - now, why);
    /* A rehearsal is played at any hour. */
    if (code == NULL && nd_run_is_live(run))
        code = nd_policy_time(policy, nd_sched_to_wall(run->config.sched, now),
                              nd_sched_to_wall(run->config.sched, till(run, spec)), why);
    return code;
}

/* A lab's site file may name what lies outside of the lab. Changing that takes the consent that a
 * network without a lab takes; the plan showed none of it, so nobody was asked. */
static bool leaves_lab(const struct nd_run *run, const struct nd_call_spec *spec)
{
    const struct nd_site *site = run->config.site;
    return nd_run_is_live(run) && is_change(spec) && site != NULL && site->has_lab &&
           !run->config.consented &&
           nd_site_outside_lab(site, spec->verb->rights,
                               spec->common.from != NULL ? spec->common.from
                               : spec->target != NULL    ? spec->target->vantage
                                                         : NULL);
}

nd_err nd_run_allows(struct nd_run *run, const struct nd_call_spec *spec,
                     const struct nd_change *mine, struct nd_fail *why)
{
    if (run->baselines.on && is_change(spec))
        return nd_fail_set(why, ND_ERIGHTS, "a baseline measures and changes nothing");
    if (run->config.site == NULL || spec == &run->lab_spec)
        return ND_OK;
    /* A drill that was to act on people alone was begun without asking. */
    bool unasked = nd_run_is_live(run) && !run->config.site->has_lab && !run->config.consented;
    if (unasked || leaves_lab(run, spec))
        return nd_fail_set(why, ND_ERIGHTS,
                           "it acts outside of %s lab, and nobody has agreed to that; run it with "
                           "--confirm %s",
                           unasked ? "a" : "the", run->config.drill->id);
    if (!run->config.site->policy.given)
        return ND_OK;
    struct nd_fail local = {0};
    const char *code = ask(run, spec, mine, &local);
    if (code == NULL)
        return ND_OK;
    /* A preview wants to know all there is, so it goes on. */
    if (run->config.refused != NULL) {
        run->config.refused(run->config.ctx, spec, code, local.text);
        return ND_OK;
    }
    return nd_fail_set(why, ND_ERIGHTS, "%s", local.text);
}
