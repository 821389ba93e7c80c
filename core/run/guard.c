#include "run/internal.h"

#include <math.h>

/* Safety conditions, read again and again while the drill runs. One that cannot be read counts as
 * breached: not to know is not to be safe. */

static void guard_due(void *ctx)
{
    struct nd_guard_run *guard = ctx;
    struct nd_run *run = guard->run;
    guard->due += guard->guard->every;
    guard->timer = nd_sched_at(run->config.sched, guard->due, guard_due, guard);
    if (guard->task != NULL)
        return; /* still reading */
    guard->task = nd_task_new(run, guard->guard->read);
    guard->task->guard = guard;
    nd_task_queue(guard->task);
}

void nd_guards_init(struct nd_run *run)
{
    const struct nd_drill *drill = run->config.drill;
    run->guards = nd_arena_alloc(&run->arena, (drill->guards_count + 1) * sizeof *run->guards);
    for (size_t i = 0; i < drill->guards_count; i++)
        run->guards[i] =
            (struct nd_guard_run){.run = run, .guard = &drill->guards[i], .breached_since = -1};
}

void nd_guards_begin(struct nd_run *run)
{
    for (size_t i = 0; i < run->config.drill->guards_count; i++) {
        struct nd_guard_run *guard = &run->guards[i];
        guard->due = nd_run_now(run) + guard->guard->every;
        guard->timer = nd_sched_at(run->config.sched, guard->due, guard_due, guard);
    }
}

void nd_guards_stop(struct nd_run *run)
{
    for (size_t i = 0; i < run->config.drill->guards_count; i++) {
        struct nd_guard_run *guard = &run->guards[i];
        nd_sched_cancel(run->config.sched, guard->timer);
        guard->timer = 0;
        if (guard->task != NULL)
            nd_task_drop(guard->task);
        guard->task = NULL;
    }
}

void nd_guard_task_over(struct nd_guard_run *guard, bool failed, const char *why, double value)
{
    struct nd_run *run = guard->run;
    const struct nd_guard *plan = guard->guard;
    bool over = plan->has_at_most && value > plan->at_most;
    bool under = plan->has_at_least && value < plan->at_least;
    nd_ns now = nd_run_now(run);
    if (!failed && isnan(value)) {
        failed = true;
        why = "what it reads is no number, or not known yet";
    }
    if (!failed && !over && !under) {
        guard->breached_since = -1;
        guard->told = false;
        return;
    }
    if (guard->breached_since < 0)
        guard->breached_since = now;
    if (guard->told || now - guard->breached_since < plan->grace)
        return;
    guard->told = true;
    bool lower = under || (plan->has_at_least && !plan->has_at_most);
    json_t *data = json_pack(
        "{s:o, s:o, s:o, s:s, s:s, s:s, s:s?}", "title", nd_text2_json(&plan->title), "measured",
        nd_number_json(value), "limit", nd_number_json(lower ? plan->at_least : plan->at_most),
        "unit", plan->unit != NULL ? plan->unit : "", "operator", lower ? "at_least" : "at_most",
        "otherwise", plan->abort ? "abort" : "note", "why", failed ? why : NULL);
    nd_run_event(run, ND_JOURNAL_SYNC, "guard.breached", plan->id, NULL, data);
    if (!plan->abort)
        return;
    struct nd_fail reason = {0};
    nd_fail_set(&reason, ND_ESTATE, "guard '%s' was breached",
                plan->title.en != NULL ? plan->title.en : plan->title.zh);
    nd_run_abort(run, "core", reason.text);
}
