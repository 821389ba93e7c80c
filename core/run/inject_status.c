#include "run/inject.h"

/* Injects as they stand, for displays: docs/records.md, "Status". */

static json_t *moment_json(const struct nd_run *run, nd_ns moment)
{
    return moment >= 0 && run->t0 >= 0 ? nd_moment_json(run, nd_run_clock(run, moment))
                                       : json_null();
}

static const char *recipient_state(const struct nd_recipient *to)
{
    return to->answered >= 0        ? "answered"
           : to->acknowledged >= 0  ? "acknowledged"
           : to->delivered >= 0     ? "delivered"
           : to->failed             ? "failed"
           : to->call != NULL       ? "on its way"
           : to->inject->fired >= 0 ? "to be handed over"
                                    : "waiting";
}

static json_t *recipients_json(const struct nd_inject_run *inject)
{
    json_t *list = json_array();
    for (size_t i = 0; i < inject->inject->to_count; i++) {
        const struct nd_recipient *to = &inject->recipients[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s?}", "name", to->name, "state",
                                        recipient_state(to), "why", to->failed ? to->why : NULL));
    }
    return list;
}

/* Why a controller has to look after it now; NULL: he has not. */
static const char *overdue(const struct nd_inject_run *inject)
{
    if (inject->state == ND_INJECT_EXPIRED || inject->expired)
        return inject->answerer == NULL ? "unanswered" : NULL;
    if (inject->state != ND_INJECT_OPEN)
        return NULL;
    for (size_t i = 0; i < inject->inject->to_count; i++) {
        const struct nd_recipient *to = &inject->recipients[i];
        if (to->delivered < 0 && to->call == NULL)
            return to->failed ? "undelivered" : "to be handed over";
    }
    return NULL;
}

static json_t *left_json(const struct nd_inject_run *inject)
{
    const struct nd_run *run = inject->run;
    if (inject->state != ND_INJECT_OPEN || inject->opened < 0 || !nd_inject_waits(inject->inject))
        return json_null();
    return json_integer(inject->opened + inject->inject->react_within -
                        nd_run_moment(run, nd_run_now(run)));
}

static json_t *inject_json(const struct nd_inject_run *inject)
{
    const struct nd_run *run = inject->run;
    const struct nd_inject *plan = inject->inject;
    json_t *options = json_array();
    for (size_t i = 0; plan->options != NULL && plan->options[i] != NULL; i++)
        json_array_append_new(options, json_string(plan->options[i]));
    json_t *entry = json_pack(
        "{s:s, s:o, s:s, s:s, s:s?, s:s?, s:b, s:o, s:o, s:o, s:o, s:s?, s:o, s:o, s:s?, s:s?, "
        "s:s?}",
        "id", plan->id, "title", nd_text2_json(&plan->title), "kind",
        nd_inject_kind_name(plan->kind), "state", nd_inject_state_name(inject->state), "from",
        plan->from, "phase", inject->adhoc ? NULL : run->phases[plan->phase].phase->id, "by_hand",
        plan->via == NULL || inject->by_hand, "planned_rel_ns", moment_json(run, inject->planned),
        "fired_rel_ns", moment_json(run, inject->fired), "opened_rel_ns",
        moment_json(run, inject->opened), "left_ns", left_json(inject), "overdue", overdue(inject),
        "recipients", recipients_json(inject), "options", options, "choice", inject->choice,
        "answer", inject->text, "controller", plan->controller);
    ND_CHECK(entry != NULL);
    json_object_set_new(entry, "scenario_time", nd_string_json(plan->scenario_time));
    json_object_set_new(entry, "expect", nd_text2_json(&plan->expect));
    return entry;
}

json_t *nd_injects_json(const struct nd_run *run)
{
    json_t *list = json_array();
    for (size_t i = 0; i < run->injects.count; i++)
        json_array_append_new(list, inject_json(run->injects.at[i]));
    return list;
}

size_t nd_injects_left(const struct nd_run *run, const struct nd_phase *phase)
{
    size_t left = 0;
    for (size_t i = 0; i < phase->injects_count; i++) {
        const struct nd_inject_run *inject = run->injects.at[phase->injects[i].index];
        bool idle = inject->inject->on_call && inject->state == ND_INJECT_WAITING;
        left += !nd_inject_over(inject) && !inject->aside && !idle;
    }
    return left;
}
