#include "run/inject.h"

#include <string.h>

/* What a script says in people's place. In a rehearsal somebody always reacts, unless the script
 * says otherwise; live, only the script speaks. */

static const struct nd_script_answer *find(const struct nd_recipient *to)
{
    const struct nd_run *run = to->inject->run;
    for (size_t i = 0; i < run->config.answers_count; i++) {
        const struct nd_script_answer *row = &run->config.answers[i];
        if (row->inject != NULL && strcmp(row->inject, to->inject->inject->id) == 0 &&
            (row->by == NULL || strcmp(row->by, to->name) == 0))
            return row;
    }
    return NULL;
}

bool nd_inject_is_scripted(const struct nd_inject_run *inject)
{
    bool scripted = !nd_run_is_live(inject->run);
    for (size_t i = 0; i < inject->inject->to_count; i++)
        scripted = scripted || find(&inject->recipients[i]) != NULL;
    return scripted;
}

static const char *actor_of(const struct nd_recipient *to)
{
    struct nd_run *run = to->inject->run;
    return to->scripted == NULL ? "rehearsal (assumed)"
                                : nd_arena_printf(&run->arena, "%s (scripted)", to->name);
}

static json_t *said(const struct nd_recipient *to)
{
    return json_pack("{s:s, s:b}", "by", to->name, "scripted", 1);
}

static void ack_due(void *ctx)
{
    struct nd_recipient *to = ctx;
    to->ack_timer = 0;
    to->script_ack = -1;
    if (to->acknowledged < 0)
        nd_recipient_ack(to, actor_of(to), said(to));
}

static void answer_due(void *ctx)
{
    struct nd_recipient *to = ctx;
    const struct nd_inject *plan = to->inject->inject;
    bool chooses = plan->options != NULL && *plan->options != NULL;
    to->answer_timer = 0;
    to->script_answer = -1;
    if (to->answered < 0)
        nd_recipient_answer(to,
                            to->scripted != NULL ? to->scripted->text
                            : chooses            ? plan->options[0]
                                                 : "(assumed)",
                            actor_of(to), said(to));
}

void nd_recipient_set_script(struct nd_recipient *to)
{
    struct nd_run *run = to->inject->run;
    if (to->script_ack >= 0)
        to->ack_timer =
            nd_sched_at(run->config.sched, nd_run_clock(run, to->script_ack), ack_due, to);
    if (to->script_answer >= 0)
        to->answer_timer =
            nd_sched_at(run->config.sched, nd_run_clock(run, to->script_answer), answer_due, to);
}

void nd_recipient_script(struct nd_recipient *to)
{
    const struct nd_inject *plan = to->inject->inject;
    to->scripted = find(to);
    if (to->scripted != NULL) {
        if (to->scripted->ack >= 0)
            to->script_ack = to->delivered + to->scripted->ack;
        if (to->scripted->text != NULL)
            to->script_answer = to->delivered + to->scripted->after;
    } else if (!nd_run_is_live(to->inject->run) && nd_inject_waits(plan)) {
        nd_ns half = plan->react_within / 2;
        nd_ns after = to->delivered + (half < ND_SEC(10) ? half : ND_SEC(10));
        if (nd_inject_wants_answer(plan))
            to->script_answer = after;
        else
            to->script_ack = after;
    }
}
