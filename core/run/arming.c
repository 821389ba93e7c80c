#include "run/internal.h"

#include <string.h>

/* Before anything is begun: where the site's policy wants it, a run waits until so many different
 * people have said, each by himself, that it may. A lab made for the run needs nobody's leave. */

static const struct nd_policy *policy_of(const struct nd_run *run)
{
    return run->config.site != NULL ? &run->config.site->policy : NULL;
}

static int64_t wanted(const struct nd_run *run)
{
    const struct nd_policy *policy = policy_of(run);
    return policy != NULL && nd_run_is_live(run) && !run->config.make_lab ? policy->arming_people
                                                                          : 0;
}

static void expired(void *ctx)
{
    struct nd_run *run = ctx;
    struct nd_fail why = {0};
    run->arming.timer = 0;
    if (!run->arming.open || run->state != ND_RUN_BUILDING)
        return;
    nd_fail_set(&why, ND_ETIME, "it was not armed in time: %zu of %lld people",
                run->arming.names.count, (long long)wanted(run));
    nd_run_refuse(run, why.text);
}

static json_t *people_json(const struct nd_policy *policy)
{
    json_t *list = policy->arming_of != NULL ? json_array() : json_null();
    for (size_t i = 0; policy->arming_of != NULL && policy->arming_of[i] != NULL; i++)
        json_array_append_new(list, json_string(policy->arming_of[i]));
    return list;
}

bool nd_arming_begin(struct nd_run *run, void (*then)(struct nd_run *run))
{
    if (wanted(run) == 0)
        return false;
    const struct nd_policy *policy = policy_of(run);
    run->arming.open = true;
    run->arming.then = then;
    run->arming.till = nd_run_now(run) + policy->arming_within;
    run->arming.timer = nd_sched_at(run->config.sched, run->arming.till, expired, run);
    nd_run_event(run, ND_JOURNAL_SYNC, "arm.asked", NULL, NULL,
                 json_pack("{s:I, s:o, s:I}", "people", (json_int_t)wanted(run), "of",
                           people_json(policy), "within_ns", (json_int_t)policy->arming_within));
    return true;
}

void nd_arming_free(struct nd_run *run)
{
    nd_sched_cancel(run->config.sched, run->arming.timer);
    nd_vec_free(&run->arming.names);
}

static void armed(struct nd_run *run)
{
    struct nd_fail why = {0};
    run->arming.open = false;
    nd_sched_cancel(run->config.sched, run->arming.timer);
    run->arming.timer = 0;
    /* It may have taken a while. */
    int64_t now = nd_sched_to_wall(run->config.sched, nd_run_now(run));
    if (nd_policy_time(policy_of(run), now, now + run->config.drill->lasts, &why) != NULL)
        nd_run_refuse(run, why.text);
    else
        run->arming.then(run);
}

static json_t *known(int64_t id)
{
    return id >= 0 ? json_integer(id) : json_null();
}

/* Several people on one account cannot be told apart by it: what the kernel knows is journalled
 * beside what was said. */
nd_err nd_run_arm(struct nd_run *run, const char *person, const struct nd_witness *by,
                  int64_t *left, struct nd_fail *why)
{
    if (!run->arming.open || run->state != ND_RUN_BUILDING)
        return nd_fail_set(why, ND_ESTATE, "this run does not wait to be armed");
    if (nd_site_person_find(run->config.site, person) == NULL)
        return nd_fail_set(why, ND_EARG, "the site file has no person '%s'", person);
    if (!nd_policy_may_arm(policy_of(run), person))
        return nd_fail_set(why, ND_ERIGHTS, "'%s' is not among those who may arm", person);
    for (size_t i = 0; i < run->arming.names.count; i++) {
        if (strcmp(run->arming.names.at[i], person) == 0)
            return nd_fail_set(why, ND_EREFUSED,
                               "'%s' has armed it already; it takes another person", person);
    }
    char *name = nd_arena_strdup(&run->arena, person);
    nd_vec_push(&run->arming.names, name);
    *left = wanted(run) - (int64_t)run->arming.names.count;
    json_t *data =
        json_pack("{s:s, s:I, s:I, s:o, s:o, s:o}", "by", name, "number",
                  (json_int_t)run->arming.names.count, "people", (json_int_t)wanted(run), "uid",
                  known(by->uid), "login_uid", known(by->login_uid), "pid", known(by->pid));
    if (nd_run_event(run, ND_JOURNAL_SYNC, "arm.given", name,
                     nd_arena_printf(&run->arena, "controller:%s", name), data) < 0)
        return nd_fail_set(why, ND_EIO, "the journal cannot be written; nobody has armed anything");
    if (*left == 0)
        armed(run);
    return ND_OK;
}

json_t *nd_arming_json(const struct nd_run *run)
{
    if (!run->arming.open)
        return json_null();
    json_t *names = json_array();
    for (size_t i = 0; i < run->arming.names.count; i++)
        json_array_append_new(names, json_string(run->arming.names.at[i]));
    return json_pack("{s:I, s:o, s:o, s:I}", "people", (json_int_t)wanted(run), "of",
                     people_json(policy_of(run)), "armed", names, "left_ns",
                     (json_int_t)(run->arming.till - nd_run_now(run)));
}
