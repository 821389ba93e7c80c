#include "run/inject.h"
#include "run/phrase.h"

#include <stdlib.h>
#include <string.h>

/* Events and duties by the names that people and bodies give them. */

/* The profile's event of that name; "profile.event" is of that profile alone. */
static const struct nd_occasion *event_of(const struct nd_profile *profile, const char *name)
{
    const char *dot = strchr(name, '.');
    size_t len = dot != NULL ? (size_t)(dot - name) : 0;
    if (dot == NULL)
        return nd_profile_occasion(profile, name);
    return strlen(profile->name) == len && strncmp(profile->name, name, len) == 0
               ? nd_profile_occasion(profile, dot + 1)
               : NULL;
}

static nd_err no_such_event(const struct nd_drill *drill, const char *name, struct nd_fail *why)
{
    struct ND_VEC(const char *) names = {0};
    for (size_t i = 0; i < drill->obligations_count; i++) {
        const struct nd_profile *profile = drill->obligations[i].profile;
        for (size_t k = 0; k < profile->occasions.count; k++)
            nd_vec_push(&names, profile->occasions.at[k].id);
    }
    const char *near = nd_text_nearest(name, names.at, names.count);
    nd_vec_free(&names);
    return nd_fail_set(why, ND_EARG, "the drill's obligations have no event '%s'%s%s%s", name,
                       near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                       near != NULL ? "'" : "");
}

static const struct nd_obligations *find_event(const struct nd_run *run, const char *name,
                                               const struct nd_occasion **occasion,
                                               struct nd_fail *why)
{
    const struct nd_drill *drill = run->config.drill;
    const struct nd_obligations *found = NULL;
    for (size_t i = 0; i < drill->obligations_count; i++) {
        const struct nd_occasion *one = event_of(drill->obligations[i].profile, name);
        if (one != NULL && found != NULL) {
            nd_fail_set(why, ND_EARG, "several profiles have an event '%s'; write profile.event",
                        name);
            return NULL;
        }
        found = one != NULL ? &drill->obligations[i] : found;
        *occasion = one != NULL ? one : *occasion;
    }
    if (found == NULL)
        no_such_event(drill, name, why);
    return found;
}

static json_t *note_json(json_t *data, const struct nd_text2 *note)
{
    if (note->zh != NULL || note->en != NULL)
        json_object_set_new(data, "note", nd_words_json(note));
    return data;
}

static nd_err check_speaker(const struct nd_run *run, const struct nd_speaker *speaker,
                            struct nd_fail *why)
{
    const struct nd_site *site = run->config.site;
    const char *name = speaker->person != NULL ? speaker->person : "";
    if (*name == '\0')
        return nd_fail_set(why, ND_EARG, "nobody says who he is");
    if (site != NULL && site->people.count != 0 && nd_site_person_find(site, name) == NULL)
        return nd_fail_set(why, ND_EARG, "the site file has no person '%s'", name);
    return ND_OK;
}

static void heed(struct nd_run *run, const char *note, const char *actor)
{
    if (note != NULL && nd_is_abort_phrase(note))
        nd_run_abort(run, actor, note);
}

nd_err nd_run_occurs(struct nd_run *run, const char *event, const char *case_name, const char *note,
                     const struct nd_speaker *speaker, struct nd_fail *why)
{
    const struct nd_occasion *occasion = NULL;
    if (run->state != ND_RUN_RUNNING)
        return nd_fail_set(why, ND_ESTATE, "events occur between STARTEX and ENDEX");
    const struct nd_obligations *set = find_event(run, event, &occasion, why);
    if (set == NULL || check_speaker(run, speaker, why) != ND_OK)
        return ND_EARG;
    const char *actor = nd_speaker_actor(run, speaker);
    nd_event_occur(run, set, occasion, case_name, actor,
                   note_json(nd_speaker_json(speaker), &(struct nd_text2){note, note}));
    heed(run, note, actor);
    return ND_OK;
}

nd_err nd_task_occurs(struct nd_task *task, const char *event, const char *case_name,
                      const struct nd_text2 *note, struct nd_fail *why)
{
    const struct nd_occasion *occasion = NULL;
    const struct nd_obligations *set = find_event(task->run, event, &occasion, why);
    if (set == NULL)
        return ND_EARG;
    json_t *data = json_pack("{s:s?}", "step", task->step != NULL ? task->step->step->id : NULL);
    nd_event_occur(task->run, set, occasion, case_name, NULL, note_json(data, note));
    return ND_OK;
}

/* "duty", "profile.duty", either with "#n", "@case". */
static bool is_called(const struct nd_duty_run *duty, const char *name, const char *case_name)
{
    const char *plain = duty->id + strlen(duty->set->profile->name) + 1;
    size_t len = strcspn(name, "@#");
    bool exact = strcmp(name, duty->id) == 0 || strcmp(name, plain) == 0;
    bool whole = name[len] == '\0' &&
                 (strcmp(name, duty->duty->id) == 0 ||
                  (strncmp(name, duty->id, len) == 0 && strchr("@#", duty->id[len]) != NULL));
    if (case_name != NULL && strcmp(case_name, duty->case_name) != 0)
        return false;
    return exact || whole;
}

static struct nd_duty_run *find_owed(const struct nd_run *run, const char *name,
                                     const char *case_name, struct nd_fail *why)
{
    struct nd_duty_run *found = NULL;
    const struct nd_duty_run *over = NULL;
    for (size_t i = 0; i < run->duties.list.count; i++) {
        struct nd_duty_run *duty = run->duties.list.at[i];
        if (!is_called(duty, name, case_name))
            continue;
        if (nd_duty_is_owed(duty) && found != NULL) {
            nd_fail_set(why, ND_EARG, "several duties are called '%s': '%s' and '%s'", name,
                        found->id, duty->id);
            return NULL;
        }
        found = nd_duty_is_owed(duty) ? duty : found;
        over = duty;
    }
    if (found == NULL && over != NULL)
        nd_fail_set(why, ND_ESTATE, "duty '%s' is %s already", over->id,
                    nd_duty_state_name(over->state));
    else if (found == NULL)
        nd_fail_set(why, ND_ESTATE, "no clock '%s' runs; 'netdrill status' shows those that do",
                    name);
    return found;
}

nd_err nd_run_met(struct nd_run *run, const char *duty, const char *case_name, const char *note,
                  const struct nd_speaker *speaker, struct nd_met *met, struct nd_fail *why)
{
    if (run->state != ND_RUN_RUNNING)
        return nd_fail_set(why, ND_ESTATE, "duties are met between STARTEX and ENDEX");
    nd_err err = check_speaker(run, speaker, why);
    if (err != ND_OK)
        return err;
    struct nd_duty_run *found = find_owed(run, duty, case_name, why);
    if (found == NULL)
        return why->code;
    nd_ns now = nd_run_moment(run, nd_run_now(run));
    const char *actor = nd_speaker_actor(run, speaker);
    nd_duty_done(found, now, ND_MET_PERSON, actor,
                 note_json(nd_speaker_json(speaker), &(struct nd_text2){note, note}));
    if (met != NULL)
        *met = (struct nd_met){found->id, found->state == ND_DUTY_MET, found->due >= 0,
                               now - found->opened, found->due >= 0 ? found->due - now : 0};
    heed(run, note, actor);
    return ND_OK;
}

nd_err nd_task_met(struct nd_task *task, const char *duty, const char *case_name, const char *by,
                   const struct nd_text2 *note, bool *in_time, struct nd_fail *why)
{
    struct nd_run *run = task->run;
    struct nd_duty_run *found = find_owed(run, duty, case_name, why);
    if (found == NULL)
        return why->code;
    nd_duty_done(found, nd_run_moment(run, nd_run_now(run)), ND_MET_BODY, NULL,
                 note_json(json_pack("{s:s?}", "by", by), note));
    *in_time = found->state == ND_DUTY_MET;
    return ND_OK;
}

void nd_inject_occurs(struct nd_run *run, const char *event, const char *inject)
{
    const struct nd_occasion *occasion = NULL;
    const struct nd_obligations *set = find_event(run, event, &occasion, NULL);
    if (set != NULL)
        nd_event_occur(run, set, occasion, NULL, NULL, json_pack("{s:s}", "inject", inject));
}

void nd_inject_meets(struct nd_run *run, const char *duty, const char *by, const char *actor)
{
    struct nd_duty_run *found = find_owed(run, duty, NULL, NULL);
    if (found != NULL)
        nd_duty_done(found, nd_run_moment(run, nd_run_now(run)), ND_MET_ANSWER, actor,
                     json_pack("{s:s}", "by", by));
}
