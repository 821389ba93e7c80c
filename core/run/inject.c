#include "run/inject.h"

#include <stdlib.h>
#include <string.h>

/* When an inject is fired, and when it is over. */

const char *nd_inject_state_name(enum nd_inject_state state)
{
    static const char *const names[] = {"waiting", "pending", "open",       "answered", "delivered",
                                        "expired", "skipped", "not_needed", "cancelled"};
    return names[state];
}

bool nd_inject_over(const struct nd_inject_run *inject)
{
    return inject->state > ND_INJECT_OPEN;
}

struct nd_inject_run *nd_inject_run_find(const struct nd_run *run, const char *id)
{
    for (size_t i = 0; i < run->injects.count; i++) {
        if (strcmp(run->injects.at[i]->inject->id, id) == 0)
            return run->injects.at[i];
    }
    return NULL;
}

bool nd_injects_has_ended(const struct nd_run *run, const char *id)
{
    const struct nd_inject_run *inject = nd_inject_run_find(run, id);
    return inject != NULL && nd_inject_over(inject);
}

static struct nd_phase_run *phase_of(const struct nd_inject_run *inject)
{
    return &inject->run->phases[inject->inject->phase];
}

static nd_ns moment_now(const struct nd_inject_run *inject)
{
    return nd_run_moment(inject->run, nd_run_now(inject->run));
}

/* ---- over ---- */

static bool has_reacted(const struct nd_inject_run *inject, const struct nd_recipient *to)
{
    return to->answered >= 0 || (to->acknowledged >= 0 && !nd_inject_wants_answer(inject->inject));
}

static bool reacted(const struct nd_inject_run *inject)
{
    size_t count = 0;
    for (size_t i = 0; i < inject->inject->to_count; i++)
        count += has_reacted(inject, &inject->recipients[i]);
    return count != 0 && (inject->inject->any || count == inject->inject->to_count);
}

/* Contingencies that stand in for this one's answer. */
static void settle_contingencies(const struct nd_inject_run *inject)
{
    struct nd_run *run = inject->run;
    for (size_t i = 0; i < run->config.drill->injects_count; i++) {
        struct nd_inject_run *other = run->injects.at[i];
        const char *unless = other->inject->unless;
        if (other->state != ND_INJECT_WAITING || unless == NULL ||
            strcmp(unless, inject->inject->id) != 0 || phase_of(other)->state != ND_STEP_RUNNING)
            continue;
        if (inject->expired)
            nd_inject_schedule(other, moment_now(other));
        else
            nd_inject_end(other, ND_INJECT_NOT_NEEDED, NULL,
                          json_pack("{s:s, s:s}", "of", unless, "because",
                                    nd_inject_state_name(inject->state)));
    }
}

/* What waited for it goes on; in a pause, once that is over. */
static void release(struct nd_inject_run *inject)
{
    struct nd_run *run = inject->run;
    inject->unreleased = nd_run_is_paused(run);
    if (inject->unreleased || run->state != ND_RUN_RUNNING)
        return;
    settle_contingencies(inject);
    if (inject->aside) {
        nd_aside_over(run);
        return;
    }
    nd_followers_release(run, inject->inject->id, true);
    if (phase_of(inject)->state == ND_STEP_RUNNING)
        nd_phase_one_over(phase_of(inject));
}

/* A script goes on after the time is up: late answers are answers, too. */
static void over(struct nd_inject_run *inject, enum nd_inject_state state)
{
    struct nd_sched *sched = inject->run->config.sched;
    nd_sched_cancel(sched, inject->timer);
    nd_sched_cancel(sched, inject->expiry);
    inject->timer = inject->expiry = 0;
    if (state != ND_INJECT_EXPIRED)
        nd_inject_cancel_timers(inject);
    inject->state = state;
    release(inject);
}

void nd_inject_end(struct nd_inject_run *inject, enum nd_inject_state state, const char *actor,
                   json_t *data)
{
    char type[32];
    snprintf(type, sizeof type, "inject.%s", nd_inject_state_name(state));
    inject->state = state; /* before the event: whoever shows it sees it so */
    nd_run_event(inject->run, 0, type, inject->inject->id, actor, data);
    over(inject, state);
}

static json_t *answer_json(const struct nd_inject_run *inject)
{
    bool waited = nd_inject_waits(inject->inject);
    bool timed = waited && inject->opened >= 0 && inject->reacted >= inject->opened;
    return json_pack("{s:s, s:s?, s:s?, s:s?, s:o}", "outcome", waited ? "answered" : "delivered",
                     "choice", inject->choice, "text", inject->text, "by", inject->by, "after_ns",
                     timed ? json_integer(inject->reacted - inject->opened) : json_null());
}

void nd_inject_settle(struct nd_inject_run *inject)
{
    struct nd_run *run = inject->run;
    if (inject->state != ND_INJECT_OPEN || nd_run_is_paused(run) || run->state != ND_RUN_RUNNING ||
        inject->act.state == ND_STEP_RUNNING)
        return;
    bool waits = nd_inject_waits(inject->inject);
    bool delivered = true;
    for (size_t i = 0; i < inject->inject->to_count; i++)
        delivered = delivered && inject->recipients[i].delivered >= 0;
    if (waits ? !inject->expired && !reacted(inject) : !delivered)
        return;
    if (inject->expired) {
        over(inject, ND_INJECT_EXPIRED); /* told when its time was up */
        return;
    }
    inject->state = waits ? ND_INJECT_ANSWERED : ND_INJECT_DELIVERED;
    nd_run_event(run, 0, "inject.done", inject->inject->id, NULL, answer_json(inject));
    over(inject, inject->state);
}

void nd_inject_body_over(struct nd_inject_run *inject)
{
    nd_inject_settle(inject);
}

/* ---- its time to react is up ---- */

static void expired(void *ctx)
{
    struct nd_inject_run *inject = ctx;
    struct nd_run *run = inject->run;
    json_t *missing = json_array();
    inject->expiry = 0;
    inject->expired = true;
    run->outcome.reactions_missed += run->config.drill->reactions_count;
    for (size_t i = 0; i < inject->inject->to_count; i++) {
        if (!has_reacted(inject, &inject->recipients[i]))
            json_array_append_new(missing, json_string(inject->recipients[i].name));
    }
    nd_run_event(run, 0, "inject.expired", inject->inject->id, NULL,
                 json_pack("{s:I, s:o}", "react_within_ns",
                           (json_int_t)inject->inject->react_within, "missing", missing));
    settle_contingencies(inject);
    nd_inject_settle(inject);
}

/* ---- fired ---- */

/* A branch that the players did not take. */
static bool branches_off(struct nd_inject_run *inject)
{
    const struct nd_inject *plan = inject->inject;
    if (plan->only_if == NULL)
        return false;
    const struct nd_inject_run *decision = nd_inject_run_find(inject->run, plan->only_if);
    const char *choice = decision != NULL ? decision->choice : NULL;
    if (choice != NULL && strcmp(choice, plan->only_choice) == 0)
        return false;
    nd_inject_end(inject, ND_INJECT_NOT_NEEDED, NULL,
                  json_pack("{s:s, s:s, s:s?}", "of", plan->only_if, "because", "not chosen",
                            "choice", choice));
    return true;
}

static void due(void *ctx)
{
    struct nd_inject_run *inject = ctx;
    inject->timer = 0;
    if (!branches_off(inject))
        nd_inject_fire(inject, NULL, json_object());
}

void nd_inject_set_timers(struct nd_inject_run *inject)
{
    struct nd_run *run = inject->run;
    const struct nd_inject *plan = inject->inject;
    if (nd_run_is_paused(run) || run->state != ND_RUN_RUNNING)
        return;
    nd_inject_cancel_timers(inject);
    if (inject->state == ND_INJECT_PENDING)
        inject->timer =
            nd_sched_at(run->config.sched, nd_run_clock(run, inject->planned), due, inject);
    if (inject->state == ND_INJECT_OPEN && inject->opened >= 0 && !inject->expired &&
        nd_inject_waits(plan))
        inject->expiry =
            nd_sched_at(run->config.sched, nd_run_clock(run, inject->opened + plan->react_within),
                        expired, inject);
    for (size_t i = 0; i < plan->to_count; i++)
        nd_recipient_set_script(&inject->recipients[i]);
}

void nd_inject_cancel_timers(struct nd_inject_run *inject)
{
    struct nd_sched *sched = inject->run->config.sched;
    nd_sched_cancel(sched, inject->timer);
    nd_sched_cancel(sched, inject->expiry);
    inject->timer = inject->expiry = 0;
    for (size_t i = 0; i < inject->inject->to_count; i++) {
        struct nd_recipient *to = &inject->recipients[i];
        nd_sched_cancel(sched, to->ack_timer);
        nd_sched_cancel(sched, to->answer_timer);
        to->ack_timer = to->answer_timer = 0;
    }
}

static json_t *names_json(const struct nd_inject *plan)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan->to_count; i++)
        json_array_append_new(list, json_string(plan->to[i]));
    return list;
}

static char *via_text(struct nd_run *run, const struct nd_inject *plan)
{
    return plan->via != NULL
               ? nd_arena_printf(&run->arena, "%s.%s", plan->via->plugin, plan->via->verb->name)
               : NULL;
}

/* Called for: from now on somebody waits for it. */
static void join(struct nd_inject_run *inject)
{
    struct nd_phase_run *phase = phase_of(inject);
    if (!inject->inject->on_call || inject->state != ND_INJECT_WAITING)
        return;
    inject->aside = phase->state == ND_STEP_DONE;
    inject->run->aside += inject->aside;
    phase->left += phase->state == ND_STEP_RUNNING;
}

void nd_inject_fire(struct nd_inject_run *inject, const char *actor, json_t *data)
{
    struct nd_run *run = inject->run;
    const struct nd_inject *plan = inject->inject;
    nd_ns planned = inject->planned >= 0 ? nd_run_clock(run, inject->planned) : -1;
    nd_inject_cancel_timers(inject);
    join(inject);
    inject->state = ND_INJECT_OPEN;
    inject->fired_clock = nd_run_now(run);
    inject->fired = nd_run_moment(run, inject->fired_clock);
    json_t *all = json_pack(
        "{s:o, s:s, s:s?, s:o, s:s?, s:b, s:o, s:I, s:I, s:s?}", "title",
        nd_text2_json(&plan->title), "kind", nd_inject_kind_name(plan->kind), "from", plan->from,
        "to", names_json(plan), "via", via_text(run, plan), "scripted",
        nd_inject_is_scripted(inject), "planned_rel_ns", nd_moment_json(run, planned), "late_ns",
        (json_int_t)(planned >= 0 ? inject->fired_clock - planned : 0), "react_within_ns",
        (json_int_t)plan->react_within, "scenario_time", plan->scenario_time);
    ND_CHECK(all != NULL);
    json_object_update(all, data);
    json_decref(data);
    /* On disk before anything leaves: a run that dies delivers nothing twice. */
    unsigned flags = plan->via != NULL ? ND_JOURNAL_SYNC : 0;
    if (nd_run_event(run, flags, "inject.fired", plan->id, actor, all) < 0)
        return;
    if (plan->occurs != NULL)
        nd_inject_occurs(run, plan->occurs, plan->id);
    if (plan->act.body != 0)
        nd_step_begin(&inject->act);
    nd_inject_deliver(inject);
    nd_inject_settle(inject);
}

/* ---- when ---- */

/* Of the seed and the inject's own id, so that no other inject moves it. FNV-1a. */
static nd_ns draw(const struct nd_run *run, const struct nd_inject *plan)
{
    uint64_t hash = 0xcbf29ce484222325u;
    struct nd_random random;
    for (const char *at = plan->id; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
    nd_random_init(&random, run->config.seed ^ hash);
    nd_ns span = plan->window_till - plan->window_from;
    nd_ns step = span >= ND_SEC(60) ? ND_SEC(1) : ND_MS(1);
    nd_ns offset = (nd_ns)(nd_random_unit(&random) * (double)span);
    return plan->window_from + offset / step * step;
}

static json_t *window_json(const struct nd_run *run, const struct nd_inject *plan, nd_ns base)
{
    if (!plan->window_given)
        return json_null();
    return json_pack("[o, o]", nd_moment_json(run, nd_run_clock(run, base + plan->window_from)),
                     nd_moment_json(run, nd_run_clock(run, base + plan->window_till)));
}

static void schedule(struct nd_inject_run *inject, nd_ns moment, nd_ns base)
{
    struct nd_run *run = inject->run;
    const struct nd_inject *plan = inject->inject;
    inject->state = ND_INJECT_PENDING;
    inject->planned = moment;
    nd_run_event(run, 0, "inject.scheduled", plan->id, NULL,
                 json_pack("{s:o, s:I, s:o, s:s}", "planned_rel_ns",
                           nd_moment_json(run, nd_run_clock(run, moment)), "moment_ns",
                           (json_int_t)moment, "window_rel_ns", window_json(run, plan, base),
                           "kind", nd_inject_kind_name(plan->kind)));
    nd_inject_set_timers(inject);
}

void nd_inject_schedule(struct nd_inject_run *inject, nd_ns moment)
{
    schedule(inject, moment, 0);
}

static void skip_follower(struct nd_inject_run *inject, const char *id)
{
    struct nd_fail why = {0};
    nd_fail_set(&why, ND_ESTATE, "it follows '%s', which did not end well", id);
    nd_inject_end(inject, ND_INJECT_SKIPPED, NULL,
                  json_pack("{s:s, s:s}", "reason", why.text, "by", "core"));
}

/* What it follows may be over already: 1 it ended well, 0 badly, -1 it has not ended. */
static int has_ended(const struct nd_run *run, const char *id)
{
    for (size_t i = 0; i < run->config.drill->steps_count; i++) {
        const struct nd_step_run *step = &run->steps[i];
        if (strcmp(step->step->id, id) == 0)
            return step->state <= ND_STEP_RUNNING ? -1 : step->state == ND_STEP_DONE;
    }
    return nd_injects_has_ended(run, id) ? 1 : -1;
}

void nd_inject_arm(struct nd_inject_run *inject, nd_ns phase_start)
{
    struct nd_run *run = inject->run;
    const struct nd_inject *plan = inject->inject;
    nd_ns start = nd_run_moment(run, phase_start);
    bool moment = plan->window_given ? plan->window_is_moment : plan->at_is_moment;
    nd_ns base = moment ? 0 : start;
    if (plan->on_call)
        return;
    if (plan->unless != NULL) {
        const struct nd_inject_run *other = nd_inject_run_find(run, plan->unless);
        if (other != NULL && (other->expired || nd_inject_over(other)))
            settle_contingencies(other);
    } else if (plan->after != NULL) {
        int ended = has_ended(run, plan->after);
        if (ended == 1)
            schedule(inject, moment_now(inject) + plan->delay, 0);
        else if (ended == 0)
            skip_follower(inject, plan->after);
    } else if (plan->window_given) {
        schedule(inject, base + draw(run, plan), base);
    } else {
        schedule(inject, plan->at_given ? base + plan->at : start, 0);
    }
}

void nd_injects_begin(struct nd_phase_run *phase, nd_ns phase_start)
{
    struct nd_run *run = phase->run;
    for (size_t i = 0; i < phase->phase->injects_count && run->state == ND_RUN_RUNNING; i++) {
        struct nd_inject_run *inject = run->injects.at[phase->phase->injects[i].index];
        if (inject->state == ND_INJECT_WAITING)
            nd_inject_arm(inject, phase_start);
    }
}

void nd_injects_release(struct nd_run *run, const char *id, bool good)
{
    for (size_t i = 0; i < run->config.drill->injects_count; i++) {
        struct nd_inject_run *inject = run->injects.at[i];
        const char *after = inject->inject->after;
        if (inject->state != ND_INJECT_WAITING || after == NULL || strcmp(after, id) != 0 ||
            phase_of(inject)->state != ND_STEP_RUNNING)
            continue;
        if (good)
            schedule(inject, moment_now(inject) + inject->inject->delay, 0);
        else
            skip_follower(inject, id);
    }
}

/* ---- all of them ---- */

void nd_injects_hold(struct nd_run *run)
{
    for (size_t i = 0; i < run->injects.count; i++)
        nd_inject_cancel_timers(run->injects.at[i]);
}

void nd_injects_go_on(struct nd_run *run)
{
    for (size_t i = 0; i < run->injects.count && run->state == ND_RUN_RUNNING; i++) {
        struct nd_inject_run *inject = run->injects.at[i];
        nd_inject_set_timers(inject);
        nd_inject_settle(inject); /* what was said and done in the pause */
        if (inject->unreleased)
            release(inject);
    }
}

void nd_injects_cancel(struct nd_run *run)
{
    for (size_t i = 0; i < run->injects.count; i++) {
        struct nd_inject_run *inject = run->injects.at[i];
        bool open = inject->state == ND_INJECT_OPEN;
        nd_inject_cancel_timers(inject);
        if (inject->act.task != NULL)
            nd_task_drop(inject->act.task);
        inject->act.task = NULL;
        if (inject->act.state == ND_STEP_RUNNING)
            nd_step_end(&inject->act, ND_STEP_CANCELLED, "the drill ended while it ran");
        bool idle = inject->inject->on_call && inject->state == ND_INJECT_WAITING;
        if (inject->expired)
            over(inject, ND_INJECT_EXPIRED);
        else if (idle && run->t0 >= 0)
            nd_inject_end(
                inject, ND_INJECT_NOT_NEEDED, NULL,
                json_pack("{s:s, s:s}", "of", inject->inject->id, "because", "not called for"));
        else if (!nd_inject_over(inject) && run->t0 >= 0)
            nd_inject_end(inject, ND_INJECT_CANCELLED, NULL,
                          json_pack("{s:s}", "why",
                                    open ? "the drill ended while it was open"
                                         : "the drill ended before it was fired"));
    }
}

struct nd_inject_run *nd_inject_run_new(struct nd_run *run, const struct nd_inject *plan)
{
    struct nd_inject_run *inject = nd_arena_alloc(&run->arena, sizeof *inject);
    *inject = (struct nd_inject_run){.run = run,
                                     .inject = plan,
                                     .planned = -1,
                                     .fired = -1,
                                     .opened = -1,
                                     .fired_clock = -1,
                                     .reacted = -1};
    inject->recipients =
        nd_arena_alloc(&run->arena, (plan->to_count + 1) * sizeof *inject->recipients);
    for (size_t i = 0; i < plan->to_count; i++)
        inject->recipients[i] = (struct nd_recipient){.inject = inject,
                                                      .name = plan->to[i],
                                                      .delivered = -1,
                                                      .acknowledged = -1,
                                                      .answered = -1,
                                                      .script_ack = -1,
                                                      .script_answer = -1};
    inject->act = (struct nd_step_run){.run = run,
                                       .step = &plan->act,
                                       .inject = inject,
                                       .planned = -1,
                                       .started = -1,
                                       .ended = -1};
    nd_vec_push(&run->injects, inject);
    return inject;
}

void nd_injects_init(struct nd_run *run)
{
    run->observed = json_array();
    for (size_t i = 0; i < run->config.drill->injects_count; i++)
        nd_inject_run_new(run, nd_drill_inject_at(run->config.drill, i));
}

void nd_injects_free(struct nd_run *run)
{
    for (size_t i = 0; i < run->injects.count; i++)
        nd_inject_cancel_timers(run->injects.at[i]);
    nd_vec_free(&run->injects);
    json_decref(run->observed);
}
