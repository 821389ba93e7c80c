#include "run/inject.h"

#include <string.h>

/* Injects of a run that died, as its journal tells; then going on with them. What was being
 * delivered when it died may have arrived: it is not sent again by itself. */

static const char *str_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static struct nd_text2 text2_of(struct nd_run *run, const json_t *data, const char *key)
{
    const json_t *text = json_object_get(data, key);
    return (struct nd_text2){nd_arena_strdup(&run->arena, str_of(text, "zh")),
                             nd_arena_strdup(&run->arena, str_of(text, "en"))};
}

static void take_adhoc(struct nd_run *run, const json_t *data)
{
    size_t i = 0;
    json_t *name = NULL;
    const json_t *list = json_object_get(data, "to");
    const char **to = nd_arena_alloc(&run->arena, (json_array_size(list) + 1) * sizeof *to);
    json_array_foreach(list, i, name) to[i] = json_string_value(name);
    const struct nd_adhoc adhoc = {
        .title = text2_of(run, data, "title"),
        .body = text2_of(run, data, "body"),
        .expect = text2_of(run, data, "expect"),
        .to = to,
        .from = str_of(data, "from"),
        .objective = str_of(data, "objective"),
        .like = str_of(data, "like"),
        .react_within = json_integer_value(json_object_get(data, "react_within_ns")),
    };
    nd_adhoc_new(run, &adhoc);
}

static struct nd_recipient *recipient_of(struct nd_inject_run *inject, const char *name)
{
    for (size_t i = 0; name != NULL && i < inject->inject->to_count; i++) {
        if (strcmp(inject->recipients[i].name, name) == 0)
            return &inject->recipients[i];
    }
    return NULL;
}

static void take_said(struct nd_inject_run *inject, const char *type, const json_t *data,
                      nd_ns moment)
{
    struct nd_arena *arena = &inject->run->arena;
    bool said = strcmp(type, "acknowledged") == 0 || strcmp(type, "answered") == 0;
    struct nd_recipient *to = recipient_of(inject, str_of(data, said ? "by" : "to"));
    if (to == NULL)
        return;
    if (strcmp(type, "delivered") == 0) {
        to->delivered = moment;
        to->failed = false;
        inject->opened = inject->opened < 0 ? moment : inject->opened;
    } else if (strcmp(type, "failed") == 0) {
        to->failed = true;
        to->why = nd_arena_strdup(arena, str_of(data, "why"));
    } else if (strcmp(type, "acknowledged") == 0) {
        to->acknowledged = moment;
    } else if (strcmp(type, "answered") == 0) {
        to->answered = moment;
        if (inject->answerer != NULL)
            return;
        inject->answerer = to;
        inject->choice = nd_arena_strdup(arena, str_of(data, "choice"));
        inject->text =
            inject->choice != NULL ? inject->choice : nd_arena_strdup(arena, str_of(data, "text"));
        inject->by = to->name;
    }
}

static void take_state(struct nd_inject_run *inject, const char *type, const json_t *data, nd_ns at,
                       nd_ns moment)
{
    static const struct {
        const char *type;
        enum nd_inject_state state;
    } ends[] = {{"skipped", ND_INJECT_SKIPPED},
                {"not_needed", ND_INJECT_NOT_NEEDED},
                {"expired", ND_INJECT_EXPIRED},
                {"cancelled", ND_INJECT_CANCELLED}};
    if (strcmp(type, "scheduled") == 0 || strcmp(type, "deferred") == 0) {
        inject->state = ND_INJECT_PENDING;
        inject->planned = json_integer_value(json_object_get(data, "moment_ns"));
    } else if (strcmp(type, "fired") == 0) {
        inject->state = ND_INJECT_OPEN;
        inject->fired = moment;
        inject->fired_clock = at;
    } else if (strcmp(type, "retried") == 0) {
        for (size_t i = 0; i < inject->inject->to_count; i++)
            inject->recipients[i].failed = false;
    } else if (strcmp(type, "done") == 0) {
        inject->by = nd_arena_strdup(&inject->run->arena, str_of(data, "by"));
        inject->reacted = moment;
        inject->state = nd_inject_waits(inject->inject) ? ND_INJECT_ANSWERED : ND_INJECT_DELIVERED;
    }
    if (strcmp(type, "expired") == 0)
        inject->run->outcome.reactions_missed += inject->run->config.drill->reactions_count;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (strcmp(type, ends[i].type) == 0)
            inject->state = ends[i].state;
    }
    inject->expired = inject->expired || strcmp(type, "expired") == 0;
}

static bool phase_was_over(const struct nd_inject_run *inject)
{
    const struct nd_past *past = inject->run->config.past;
    const char *id = inject->run->phases[inject->inject->phase].phase->id;
    for (size_t i = 0; i < past->phases.count; i++) {
        if (strcmp(past->phases.at[i].id, id) == 0)
            return past->phases.at[i].ended;
    }
    return false;
}

void nd_injects_take(struct nd_run *run)
{
    static const char prefix[] = "netdrill.inject.";
    const struct nd_past *past = run->config.past;
    size_t i = 0;
    json_t *event = NULL;
    run->observations = past->observations;
    json_array_foreach(past->injects, i, event)
    {
        const char *type = str_of(event, "type") + sizeof prefix - 1;
        const char *id = str_of(event, "subject");
        const json_t *data = json_object_get(event, "data");
        nd_ns at = json_integer_value(json_object_get(event, "monons"));
        nd_ns moment = nd_run_moment(run, at);
        if (strcmp(type, "added") == 0)
            take_adhoc(run, data);
        struct nd_inject_run *inject = id != NULL ? nd_inject_run_find(run, id) : NULL;
        if (inject == NULL)
            continue;
        take_state(inject, type, data, at, moment);
        take_said(inject, type, data, moment);
    }
    for (size_t k = 0; k < run->injects.count; k++) {
        struct nd_inject_run *inject = run->injects.at[k];
        inject->aside = inject->adhoc || (inject->inject->on_call && phase_was_over(inject));
        run->aside += inject->aside && inject->state == ND_INJECT_OPEN;
    }
}

/* Its body was under way: cut off, as a step would be. */
static void cut_body(struct nd_inject_run *inject)
{
    const struct nd_past_step *was =
        nd_past_step_find(inject->run->config.past, inject->inject->id);
    if (was != NULL && was->ended)
        return;
    inject->act.state = ND_STEP_RUNNING;
    inject->act.started = nd_run_now(inject->run);
    nd_step_end(&inject->act, ND_STEP_CANCELLED, "it was cut off when the run died");
}

static void lost_on_the_way(struct nd_inject_run *inject)
{
    struct nd_run *run = inject->run;
    for (size_t i = 0; i < inject->inject->to_count; i++) {
        struct nd_recipient *to = &inject->recipients[i];
        if (to->delivered >= 0 || to->failed || inject->inject->via == NULL)
            continue;
        to->failed = true;
        to->why = "the run died while it was being delivered, and it may have arrived; it is not "
                  "sent again by itself";
        nd_run_event(run, 0, "inject.failed", inject->inject->id, NULL,
                     json_pack("{s:s, s:s, s:s, s:n}", "to", to->name, "err", "ECANCEL", "why",
                               to->why, "reference"));
    }
}

static void resume(struct nd_inject_run *inject)
{
    struct nd_run *run = inject->run;
    struct nd_phase_run *phase = &run->phases[inject->inject->phase];
    if (inject->state == ND_INJECT_OPEN || (inject->expired && inject->inject->act.body != 0)) {
        lost_on_the_way(inject);
        if (inject->inject->act.body != 0)
            cut_body(inject);
    }
    for (size_t i = 0; i < inject->inject->to_count && inject->state == ND_INJECT_OPEN; i++) {
        if (inject->recipients[i].delivered >= 0)
            nd_recipient_script(&inject->recipients[i]);
    }
    if (inject->state == ND_INJECT_WAITING && phase->state == ND_STEP_RUNNING) {
        nd_ns start = phase->phase->at_given ? nd_run_clock(run, phase->phase->at) : phase->started;
        nd_inject_arm(inject, start);
    } else {
        nd_inject_set_timers(inject);
        nd_inject_settle(inject);
    }
}

void nd_injects_resume(struct nd_run *run)
{
    for (size_t i = 0; i < run->injects.count && run->state == ND_RUN_RUNNING; i++)
        resume(run->injects.at[i]);
}
