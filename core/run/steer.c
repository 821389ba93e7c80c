#include "run/inject.h"

#include <stdlib.h>
#include <string.h>

/* What controllers do with injects: fire, skip, defer, and add one that nobody had planned. */

nd_err nd_inject_unknown(const struct nd_run *run, const char *id, struct nd_fail *why)
{
    const char **ids = nd_alloc((run->injects.count + 1) * sizeof *ids);
    for (size_t i = 0; i < run->injects.count; i++)
        ids[i] = run->injects.at[i]->inject->id;
    const char *near = nd_text_nearest(id != NULL ? id : "", ids, run->injects.count);
    if (near != NULL)
        nd_fail_set(why, ND_EARG, "there is no inject '%s'; did you mean '%s'", id, near);
    else
        nd_fail_set(why, ND_EARG, "there is no inject '%s'; netdrill status lists them",
                    id != NULL ? id : "");
    free(ids);
    return ND_EARG;
}

/* Who plays does not steer what befalls him; anybody else who may speak to the run may. */
static bool may_steer(const struct nd_run *run, const struct nd_speaker *speaker,
                      struct nd_fail *why)
{
    const char *name = speaker->person;
    const struct nd_person *person = run->config.site != NULL && name != NULL
                                         ? nd_site_person_find(run->config.site, name)
                                         : NULL;
    if (person == NULL || person->role != ND_ROLE_PLAYER)
        return true;
    nd_fail_set(why, ND_EARG,
                "'%s' is a player: injects are fired, skipped, put off and added by controllers",
                name);
    return false;
}

/* NULL and why: it is not there, over, or not for that speaker to steer. */
static struct nd_inject_run *find(const struct nd_run *run, const char *id,
                                  const struct nd_speaker *speaker, struct nd_fail *why)
{
    if (!may_steer(run, speaker, why))
        return NULL;
    struct nd_inject_run *inject = id != NULL ? nd_inject_run_find(run, id) : NULL;
    if (run->state != ND_RUN_RUNNING)
        nd_fail_set(why, ND_ESTATE, "the drill is not between STARTEX and ENDEX");
    else if (inject == NULL)
        nd_inject_unknown(run, id, why);
    else if (nd_inject_over(inject))
        nd_fail_set(why, ND_ESTATE, "'%s' is over: %s", id, nd_inject_state_name(inject->state));
    else
        return inject;
    return NULL;
}

static bool undelivered(const struct nd_inject_run *inject, bool and_idle)
{
    for (size_t i = 0; i < inject->inject->to_count; i++) {
        const struct nd_recipient *to = &inject->recipients[i];
        if (to->delivered < 0 && (!and_idle || to->call == NULL))
            return true;
    }
    return false;
}

static void hand_over(struct nd_inject_run *inject, const char *actor,
                      const struct nd_speaker *speaker)
{
    for (size_t i = 0; i < inject->inject->to_count; i++) {
        struct nd_recipient *to = &inject->recipients[i];
        json_t *data = nd_speaker_json(speaker);
        json_object_set_new(data, "by_hand", json_true());
        if (to->delivered < 0)
            nd_recipient_got_it(to, actor, data);
        else
            json_decref(data);
    }
    nd_inject_settle(inject);
}

nd_err nd_run_fire(struct nd_run *run, const char *id, bool by_hand,
                   const struct nd_speaker *speaker, struct nd_fail *why)
{
    struct nd_inject_run *inject = find(run, id, speaker, why);
    if (inject == NULL)
        return why->code;
    if (nd_run_is_paused(run))
        return nd_fail_set(why, ND_ESTATE, "the drill is paused; resume it first");
    by_hand = by_hand || inject->inject->via == NULL;
    bool again = inject->state == ND_INJECT_OPEN;
    if (again && !undelivered(inject, !by_hand))
        return nd_fail_set(why, ND_ESTATE, "'%s' has been delivered, or is on its way", id);
    const char *actor = nd_speaker_actor(run, speaker);
    inject->by_hand = by_hand;
    if (!again) {
        nd_inject_fire(inject, actor, nd_speaker_json(speaker));
    } else if (!by_hand) {
        json_t *data = nd_speaker_json(speaker);
        json_object_set_new(data, "again", json_true());
        if (nd_run_event(run, ND_JOURNAL_SYNC, "inject.retried", id, actor, data) >= 0)
            nd_inject_deliver(inject);
    }
    if (by_hand && run->state == ND_RUN_RUNNING)
        hand_over(inject, actor, speaker);
    return ND_OK;
}

nd_err nd_run_skip(struct nd_run *run, const char *id, const char *reason,
                   const struct nd_speaker *speaker, struct nd_fail *why)
{
    if (reason == NULL || reason[strspn(reason, " \t\r\n")] == '\0')
        return nd_fail_set(why, ND_EARG, "skipping needs a reason, for the journal and the report");
    struct nd_inject_run *inject = find(run, id, speaker, why);
    if (inject == NULL)
        return why->code;
    if (inject->inject->on_call && inject->state == ND_INJECT_WAITING)
        return nd_fail_set(why, ND_ESTATE, "'%s' is on call: it comes only when it is fired", id);
    bool begun = inject->act.state == ND_STEP_RUNNING;
    for (size_t i = 0; i < inject->inject->to_count; i++)
        begun = begun || inject->recipients[i].delivered >= 0 || inject->recipients[i].call != NULL;
    if (begun)
        return nd_fail_set(why, ND_ESTATE, "'%s' has begun, so it cannot be skipped any more", id);
    json_t *data = nd_speaker_json(speaker);
    json_object_set_new(data, "reason", json_string(reason));
    nd_inject_end(inject, ND_INJECT_SKIPPED, nd_speaker_actor(run, speaker), data);
    return ND_OK;
}

nd_err nd_run_defer(struct nd_run *run, const char *id, nd_ns till, const char *reason,
                    const struct nd_speaker *speaker, struct nd_fail *why)
{
    struct nd_inject_run *inject = find(run, id, speaker, why);
    char moment[ND_UNIT_TEXT];
    if (inject == NULL)
        return why->code;
    if (inject->state != ND_INJECT_PENDING)
        return nd_fail_set(why, ND_ESTATE,
                           "'%s' is %s: only one whose moment is to come is put off", id,
                           nd_inject_state_name(inject->state));
    if (till < nd_run_moment(run, nd_run_now(run)) || till > run->config.drill->lasts)
        return nd_fail_set(why, ND_EARG, "%s is not between now and the end of the drill",
                           nd_moment_format(till, moment));
    json_t *data = nd_speaker_json(speaker);
    json_object_set_new(data, "reason", nd_string_json(reason));
    json_object_set_new(data, "till_rel_ns", nd_moment_json(run, nd_run_clock(run, till)));
    json_object_set_new(data, "moment_ns", json_integer(till));
    inject->planned = till;
    nd_run_event(run, 0, "inject.deferred", id, nd_speaker_actor(run, speaker), data);
    nd_inject_set_timers(inject);
    return ND_OK;
}

/* ---- ad hoc ---- */

static struct nd_text2 copy_text2(struct nd_run *run, const struct nd_text2 *text)
{
    return (struct nd_text2){nd_arena_strdup(&run->arena, text->zh),
                             nd_arena_strdup(&run->arena, text->en)};
}

static void set_text(const struct nd_call_spec *spec, struct nd_value *values, const char *name,
                     const char *text)
{
    for (uint32_t i = 0; i < spec->args.count; i++) {
        if (strcmp(spec->verb->options[i].name, name) == 0) {
            values[i].u.text = text;
            values[i].given = text != NULL;
        }
    }
}

/* The channel of another inject, with this one's words in it. */
static const struct nd_call_spec *via_like(struct nd_run *run, const struct nd_call_spec *like,
                                           const struct nd_inject *plan)
{
    struct nd_call_spec *spec = nd_spec_copy(&run->arena, like);
    struct nd_value *values = nd_arena_alloc(&run->arena, (spec->args.count + 1) * sizeof *values);
    memcpy(values, spec->args.at, spec->args.count * sizeof *values);
    spec->args.at = values;
    const struct nd_text2 *title = &plan->title;
    const struct nd_text2 *body = &plan->body;
    set_text(spec, values, "sender", plan->from);
    set_text(spec, values, "title_zh", title->zh != NULL ? title->zh : title->en);
    set_text(spec, values, "title_en", title->en != NULL ? title->en : title->zh);
    set_text(spec, values, "body_zh", body->zh != NULL ? body->zh : body->en);
    set_text(spec, values, "body_en", body->en != NULL ? body->en : body->zh);
    set_text(spec, values, "inject", plan->id);
    return spec;
}

struct nd_inject_run *nd_adhoc_new(struct nd_run *run, const struct nd_adhoc *adhoc)
{
    static const char *const no_options[] = {NULL};
    struct nd_arena *arena = &run->arena;
    struct nd_inject *plan = nd_arena_alloc(arena, sizeof *plan);
    size_t to_count = 0;
    while (adhoc->to[to_count] != NULL)
        to_count++;
    const char **to = nd_arena_alloc(arena, (to_count + 1) * sizeof *to);
    for (size_t i = 0; i < to_count; i++)
        to[i] = nd_arena_strdup(arena, adhoc->to[i]);
    const struct nd_inject_run *like =
        adhoc->like != NULL ? nd_inject_run_find(run, adhoc->like) : NULL;
    *plan = (struct nd_inject){
        .id = nd_arena_printf(arena, "adhoc-%zu",
                              run->injects.count - run->config.drill->injects_count + 1),
        .title = copy_text2(run, &adhoc->title),
        .body = copy_text2(run, &adhoc->body),
        .expect = copy_text2(run, &adhoc->expect),
        .kind = ND_INJECT_STANDARD,
        .from = nd_arena_strdup(arena, adhoc->from),
        .to = to,
        .to_count = to_count,
        .react_within = adhoc->react_within,
        .objective = nd_arena_strdup(arena, adhoc->objective),
        .options = no_options,
    };
    if (like != NULL && like->inject->via != NULL)
        plan->via = via_like(run, like->inject->via, plan);
    struct nd_inject_run *inject = nd_inject_run_new(run, plan);
    inject->adhoc = inject->aside = true;
    return inject;
}

/* Whom it is for: people there are, whom the channel may reach. */
static nd_err check_to(const struct nd_run *run, const struct nd_adhoc *adhoc,
                       const struct nd_inject *like, struct nd_fail *why)
{
    const struct nd_site *site = run->config.site;
    const struct nd_site_target *channel = like != NULL ? like->via->target : NULL;
    for (size_t i = 0; adhoc->to[i] != NULL; i++) {
        const char *name = adhoc->to[i];
        if (site != NULL && site->people.count != 0 && nd_site_person_find(site, name) == NULL)
            return nd_fail_set(why, ND_EARG, "the site file has no person '%s'", name);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(adhoc->to[k], name) == 0)
                return nd_fail_set(why, ND_EARG, "'%s' is named twice", name);
        }
        if (channel != NULL && !nd_channel_reaches(channel, name))
            return nd_fail_set(why, ND_EARG, "the channel of '%s' has no address of '%s'", like->id,
                               name);
    }
    return ND_OK;
}

static nd_err check_adhoc(const struct nd_run *run, const struct nd_adhoc *adhoc,
                          struct nd_fail *why)
{
    const struct nd_drill *drill = run->config.drill;
    const struct nd_inject_run *like =
        adhoc->like != NULL ? nd_inject_run_find(run, adhoc->like) : NULL;
    if (run->state != ND_RUN_RUNNING || nd_run_is_paused(run))
        return nd_fail_set(why, ND_ESTATE, "the drill is not between STARTEX and ENDEX, or paused");
    if (adhoc->title.zh == NULL && adhoc->title.en == NULL)
        return nd_fail_set(why, ND_EARG, "an inject needs words: what is given to the players");
    if (adhoc->to == NULL || adhoc->to[0] == NULL)
        return nd_fail_set(why, ND_EARG, "an inject is for somebody: --to NAME");
    if (adhoc->objective != NULL && nd_drill_objective_find(drill, adhoc->objective) == NULL)
        return nd_fail_set(why, ND_EARG, "the drill has no objective '%s'", adhoc->objective);
    if (adhoc->like != NULL && (like == NULL || like->inject->via == NULL))
        return nd_fail_set(why, ND_EARG, "no inject '%s' goes through a channel", adhoc->like);
    return check_to(run, adhoc, like != NULL ? like->inject : NULL, why);
}

nd_err nd_run_adhoc(struct nd_run *run, const struct nd_adhoc *adhoc,
                    const struct nd_speaker *speaker, const char **id, struct nd_fail *why)
{
    static const char *const nobody[] = {NULL};
    struct nd_adhoc all = *adhoc;
    size_t count = 0;
    if (!may_steer(run, speaker, why))
        return why->code;
    all.to = nd_site_recipients(run->config.site, adhoc->to != NULL ? adhoc->to : nobody,
                                &run->arena, &count, why);
    if (all.to == NULL || check_adhoc(run, &all, why) != ND_OK)
        return why->code;
    struct nd_inject_run *inject = nd_adhoc_new(run, &all);
    const struct nd_inject *plan = inject->inject;
    const char *actor = nd_speaker_actor(run, speaker);
    json_t *data = nd_speaker_json(speaker);
    json_t *to = json_array();
    for (size_t i = 0; i < plan->to_count; i++)
        json_array_append_new(to, json_string(plan->to[i]));
    json_object_set_new(data, "title", nd_text2_json(&plan->title));
    json_object_set_new(data, "body", nd_text2_json(&plan->body));
    json_object_set_new(data, "expect", nd_text2_json(&plan->expect));
    json_object_set_new(data, "to", to);
    json_object_set_new(data, "from", nd_string_json(plan->from));
    json_object_set_new(data, "objective", nd_string_json(plan->objective));
    json_object_set_new(data, "like", nd_string_json(adhoc->like));
    json_object_set_new(data, "react_within_ns", json_integer(plan->react_within));
    *id = plan->id;
    run->aside++;
    if (nd_run_event(run, 0, "inject.added", plan->id, actor, data) < 0)
        return nd_fail_set(why, ND_EIO, "%s", run->journal_why);
    nd_inject_fire(inject, actor, nd_speaker_json(speaker));
    return ND_OK;
}
