#include "run/inject.h"
#include "run/phrase.h"

#include <string.h>

/* What people say of injects, and what observers write down. */

#define OBSERVED_KEPT 10

static nd_ns moment_now(const struct nd_run *run)
{
    return nd_run_moment(run, nd_run_now(run));
}

const char *nd_speaker_actor(struct nd_run *run, const struct nd_speaker *speaker)
{
    const struct nd_site *site = run->config.site;
    const char *name = speaker->person != NULL ? speaker->person : "unknown";
    const struct nd_person *person = site != NULL ? nd_site_person_find(site, name) : NULL;
    const char *role = person == NULL                   ? "controller"
                       : person->role == ND_ROLE_UNSAID ? "player"
                                                        : nd_role_name(person->role);
    return nd_arena_printf(&run->arena, "%s:%s", role, name);
}

json_t *nd_speaker_json(const struct nd_speaker *speaker)
{
    const struct nd_witness *who = &speaker->witness;
    return json_pack("{s:s, s:I, s:o}", "by", speaker->person != NULL ? speaker->person : "unknown",
                     "uid", (json_int_t)who->uid, "login_uid",
                     who->login_uid >= 0 ? json_integer(who->login_uid) : json_null());
}

static nd_err check_text(const char *text, const char *what, struct nd_fail *why)
{
    if (text == NULL || text[strspn(text, " \t\r\n")] == '\0')
        return nd_fail_set(why, ND_EARG, "%s", what);
    return ND_OK;
}

/* A real emergency comes before the drill, wherever somebody says so; also in words that are
 * refused otherwise. */
static void heed(struct nd_run *run, const char *text, const char *actor)
{
    if (text != NULL && nd_is_abort_phrase(text))
        nd_run_abort(run, actor, text);
}

/* ---- acknowledging and answering ---- */

/* Who speaks without having been told it is there has it in hand all the same. */
static void imply_delivery(struct nd_recipient *to, const char *actor)
{
    if (to->delivered < 0)
        nd_recipient_got_it(to, actor, json_pack("{s:b, s:b}", "by_hand", 1, "implied", 1));
}

static json_int_t after_ns(const struct nd_recipient *to, nd_ns moment)
{
    return to->inject->opened >= 0 ? moment - to->inject->opened : 0;
}

static bool in_time(const struct nd_recipient *to, nd_ns moment)
{
    const struct nd_inject *plan = to->inject->inject;
    return plan->react_within <= 0 || after_ns(to, moment) <= plan->react_within;
}

/* Until it is over, the latest reaction is the one that closes it. */
static void reacts(struct nd_recipient *to, nd_ns moment)
{
    struct nd_inject_run *inject = to->inject;
    if (inject->state != ND_INJECT_OPEN)
        return;
    inject->reacted = moment;
    inject->by = inject->answerer != NULL ? inject->answerer->name : to->name;
}

void nd_recipient_ack(struct nd_recipient *to, const char *actor, json_t *data)
{
    struct nd_run *run = to->inject->run;
    imply_delivery(to, actor);
    to->acknowledged = moment_now(run);
    if (!nd_inject_wants_answer(to->inject->inject) && to->inject->answerer == NULL)
        reacts(to, to->acknowledged);
    json_object_set_new(data, "after_ns", json_integer(after_ns(to, to->acknowledged)));
    json_object_set_new(data, "in_time", json_boolean(in_time(to, to->acknowledged)));
    nd_run_event(run, 0, "inject.acknowledged", to->inject->inject->id, actor, data);
    nd_inject_settle(to->inject);
}

void nd_recipient_answer(struct nd_recipient *to, const char *text, const char *actor, json_t *data)
{
    struct nd_inject_run *inject = to->inject;
    struct nd_run *run = inject->run;
    const char *const *options = inject->inject->options;
    bool chooses = options != NULL && *options != NULL;
    imply_delivery(to, actor);
    to->answered = moment_now(run);
    if (inject->answerer == NULL) { /* the first one decides */
        inject->answerer = to;
        inject->text = nd_arena_strdup(&run->arena, text);
        inject->choice = chooses ? inject->text : NULL;
        inject->by = to->name;
    }
    reacts(to, to->answered);
    json_object_set_new(data, chooses ? "choice" : "text", json_string(text));
    json_object_set_new(data, "after_ns", json_integer(after_ns(to, to->answered)));
    json_object_set_new(data, "in_time", json_boolean(in_time(to, to->answered)));
    nd_run_event(run, 0, "inject.answered", inject->inject->id, actor, data);
    if (inject->answerer == to && inject->inject->meets != NULL)
        nd_inject_meets(run, inject->inject->meets, to->name, actor);
    nd_inject_settle(inject);
}

static nd_err not_a_recipient(const struct nd_inject_run *inject, const char *person,
                              struct nd_fail *why)
{
    struct nd_buf names = {0};
    for (size_t i = 0; i < inject->inject->to_count; i++)
        nd_buf_addf(&names, "%s%s", i != 0 ? ", " : "", inject->inject->to[i]);
    nd_err err = person == NULL
                     ? nd_fail_set(why, ND_EARG, "say for whom: --as one of %s", nd_buf_str(&names))
                     : nd_fail_set(why, ND_EARG, "'%s' did not go to '%s' but to %s",
                                   inject->inject->id, person, nd_buf_str(&names));
    nd_buf_deinit(&names);
    return err;
}

/* The recipient that speaks; NULL and why when that is none, or has nothing to speak of yet. */
static struct nd_recipient *find(const struct nd_run *run, const char *id, const char *person,
                                 struct nd_fail *why)
{
    struct nd_inject_run *inject = id != NULL ? nd_inject_run_find(run, id) : NULL;
    struct nd_recipient *to = NULL;
    if (inject == NULL) {
        nd_inject_unknown(run, id, why);
        return NULL;
    }
    for (size_t i = 0; i < inject->inject->to_count && to == NULL; i++) {
        if (person == NULL ? inject->inject->to_count == 1
                           : strcmp(inject->recipients[i].name, person) == 0)
            to = &inject->recipients[i];
    }
    if (to == NULL) {
        not_a_recipient(inject, person, why);
        return NULL;
    }
    if (run->state == ND_RUN_RUNNING && inject->fired >= 0 && inject->state != ND_INJECT_SKIPPED)
        return to;
    nd_fail_set(why, ND_ESTATE,
                run->state != ND_RUN_RUNNING ? "the drill is not between STARTEX and ENDEX"
                : inject->state == ND_INJECT_SKIPPED
                    ? "'%s' is skipped: nobody has got it"
                    : "nobody has got '%s' yet; once it is handed over: netdrill fire %s",
                id, id);
    return NULL;
}

nd_err nd_run_ack(struct nd_run *run, const char *id, const struct nd_speaker *speaker,
                  struct nd_fail *why)
{
    struct nd_recipient *to = find(run, id, speaker->person, why);
    if (to == NULL)
        return why->code;
    if (to->acknowledged >= 0 || to->answered >= 0)
        return nd_fail_set(why, ND_ESTATE, "'%s' has %s '%s' already", to->name,
                           to->answered >= 0 ? "answered" : "acknowledged", id);
    const struct nd_speaker named = {to->name, speaker->witness};
    nd_recipient_ack(to, nd_speaker_actor(run, &named), nd_speaker_json(&named));
    return ND_OK;
}

static nd_err check_choice(const struct nd_inject *plan, const char *text, struct nd_fail *why)
{
    size_t count = 0;
    struct nd_buf words = {0};
    if (plan->options == NULL || *plan->options == NULL)
        return ND_OK;
    for (; plan->options[count] != NULL; count++) {
        if (strcmp(plan->options[count], text) == 0) {
            nd_buf_deinit(&words);
            return ND_OK;
        }
        nd_buf_addf(&words, "%s'%s'", count != 0 ? ", " : "", plan->options[count]);
    }
    nd_fail_set(why, ND_EARG, "'%s' asks for one of %s, got '%s'", plan->id, nd_buf_str(&words),
                text);
    nd_buf_deinit(&words);
    return ND_EARG;
}

static nd_err reply(struct nd_run *run, const char *id, const char *text,
                    const struct nd_speaker *speaker, struct nd_fail *why)
{
    struct nd_recipient *to = find(run, id, speaker->person, why);
    if (to == NULL ||
        check_text(text, "an answer needs words: what was done or decided", why) != ND_OK ||
        check_choice(to->inject->inject, text, why) != ND_OK)
        return why->code;
    if (to->answered >= 0)
        return nd_fail_set(why, ND_ESTATE, "'%s' has answered '%s' already; add a note instead",
                           to->name, id);
    const struct nd_speaker named = {to->name, speaker->witness};
    nd_recipient_answer(to, text, nd_speaker_actor(run, &named), nd_speaker_json(&named));
    return ND_OK;
}

nd_err nd_run_reply(struct nd_run *run, const char *id, const char *text,
                    const struct nd_speaker *speaker, struct nd_fail *why)
{
    nd_err err = reply(run, id, text, speaker, why);
    heed(run, text, nd_speaker_actor(run, speaker));
    return err;
}

/* ---- observing ---- */

static nd_err check_observation(const struct nd_run *run, const struct nd_observation *o,
                                struct nd_fail *why)
{
    const struct nd_drill *drill = run->config.drill;
    bool found = o->objective == NULL || nd_drill_objective_find(drill, o->objective) != NULL;
    if (check_text(o->text, "an observation needs words: what was seen", why) != ND_OK)
        return why->code;
    if (o->inject != NULL && nd_inject_run_find(run, o->inject) == NULL)
        return nd_inject_unknown(run, o->inject, why);
    if (!found)
        return nd_fail_set(why, ND_EARG, "the drill has no objective '%s'", o->objective);
    if (o->sort != NULL && strcmp(o->sort, "strength") != 0 && strcmp(o->sort, "improvement") != 0)
        return nd_fail_set(why, ND_EARG,
                           "an observation is a 'strength' or an 'improvement', got '%s'", o->sort);
    if (o->seen_rel >= 0 && (run->t0 < 0 || o->seen_rel > nd_run_now(run) - run->t0))
        return nd_fail_set(why, ND_EARG, "the moment it was seen is still to come");
    return ND_OK;
}

/* For displays: the last few. */
static void keep(struct nd_run *run, json_t *data, int64_t number)
{
    json_t *copy = json_copy(data);
    json_object_set_new(copy, "number", json_integer(number));
    json_object_set_new(copy, "at_rel_ns", nd_moment_json(run, nd_run_now(run)));
    json_array_append_new(run->observed, copy);
    if (json_array_size(run->observed) > OBSERVED_KEPT)
        json_array_remove(run->observed, 0);
}

nd_err nd_run_observe(struct nd_run *run, const struct nd_observation *observation,
                      const struct nd_speaker *speaker, int64_t *number, struct nd_fail *why)
{
    const char *actor = nd_speaker_actor(run, speaker);
    if (check_observation(run, observation, why) != ND_OK) {
        json_decref(observation->evidence);
        heed(run, observation->text, actor);
        return why->code;
    }
    json_t *data = nd_speaker_json(speaker);
    json_object_set_new(data, "text", json_string(observation->text));
    json_object_set_new(data, "inject", nd_string_json(observation->inject));
    json_object_set_new(data, "objective", nd_string_json(observation->objective));
    json_object_set_new(data, "sort", nd_string_json(observation->sort));
    json_object_set_new(data, "evidence",
                        observation->evidence != NULL ? observation->evidence : json_null());
    if (observation->seen_rel >= 0)
        json_object_set_new(data, "seen_rel_ns", json_integer(observation->seen_rel));
    *number = ++run->observations;
    keep(run, data, *number);
    if (nd_run_event(run, 0, "observation", nd_id_text(run, *number), actor, data) < 0)
        return nd_fail_set(why, ND_EIO, "%s", run->journal_why);
    heed(run, observation->text, actor);
    return ND_OK;
}

nd_err nd_run_remark(struct nd_run *run, const char *text, const struct nd_speaker *speaker,
                     struct nd_fail *why)
{
    if (check_text(text, "a note needs words", why) != ND_OK)
        return why->code;
    json_t *data = nd_speaker_json(speaker);
    json_object_set_new(data, "text", json_pack("{s:s, s:s}", "zh", text, "en", text));
    const char *actor = nd_speaker_actor(run, speaker);
    if (nd_run_event(run, 0, "note", NULL, actor, data) < 0)
        return nd_fail_set(why, ND_EIO, "%s", run->journal_why);
    heed(run, text, actor);
    return ND_OK;
}

struct nd_inject_answer nd_run_answer_of(const struct nd_run *run, const char *id)
{
    const struct nd_inject_run *inject = nd_inject_run_find(run, id);
    struct nd_inject_answer answer = {.after = -1};
    if (inject == NULL)
        return answer;
    answer.known = true;
    answer.state = nd_inject_state_name(inject->state);
    answer.choice = inject->choice;
    answer.text = inject->text;
    answer.by = inject->by;
    nd_ns moment = inject->answerer != NULL ? inject->answerer->answered : inject->reacted;
    if (moment >= 0 && inject->inject->to_count != 0) {
        answer.after = after_ns(&inject->recipients[0], moment);
        /* Where all have to answer, it is not enough that one did. */
        answer.in_time = !inject->expired && in_time(&inject->recipients[0], moment);
    }
    return answer;
}

void nd_run_hear(struct nd_run *run, const struct nd_witness *witness)
{
    run->heard = witness;
}

nd_ns nd_run_moment_now(const struct nd_run *run)
{
    return moment_now(run);
}

int nd_run_journal_dup(const struct nd_run *run)
{
    return nd_journal_dup(run->journal);
}
