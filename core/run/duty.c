#include "run/internal.h"

#include <stdlib.h>
#include <string.h>

/* Regulatory clocks. An event opens the duties that follow it; a duty that is met, or whose time is
 * up, opens those that follow that. Their moments are the drill's, whose clock stands still in
 * pauses: docs/decisions/obligations.md. A duty that is met at the very moment it is due is met. */

const char *nd_duty_state_name(enum nd_duty_state state)
{
    static const char *const names[] = {"open", "met", "missed", "late", "closed"};
    return names[state];
}

bool nd_duty_is_owed(const struct nd_duty_run *duty)
{
    return duty->state == ND_DUTY_OPEN || (duty->state == ND_DUTY_MISSED && !duty->duty->recurs);
}

static nd_ns moment_now(const struct nd_run *run)
{
    return nd_run_moment(run, nd_run_now(run));
}

static json_t *length_json(nd_ns length)
{
    return length >= 0 ? json_integer(length) : json_null();
}

/* In records T+ goes on in pauses; a moment to come is where it would be without a further one. */
static json_t *rel_json(const struct nd_run *run, nd_ns moment)
{
    return moment >= 0 ? json_integer(nd_run_clock(run, moment) - run->t0) : json_null();
}

/* ---- opening ---- */

static void time_is_up(void *ctx)
{
    struct nd_duty_run *duty = ctx;
    duty->timer = 0;
    if (!nd_duty_look_last(duty))
        nd_duty_missed(duty);
}

static void script_due(void *ctx)
{
    struct nd_duty_run *duty = ctx;
    duty->script_timer = 0;
    nd_duty_done(duty, moment_now(duty->run), ND_MET_SCRIPT, NULL,
                 json_pack("{s:s?}", "by", duty->scripted->by));
}

static const struct nd_script_answer *find_script(const struct nd_duty_run *duty)
{
    const struct nd_run_config *config = &duty->run->config;
    for (size_t i = 0; i < config->answers_count; i++) {
        const struct nd_script_answer *scripted = &config->answers[i];
        if (scripted->duty != NULL &&
            (strcmp(scripted->duty, duty->duty->id) == 0 || strcmp(scripted->duty, duty->id) == 0))
            return scripted;
    }
    return NULL;
}

/* One nanosecond after it is due: what happens at that very moment is in time. */
static void arm(struct nd_duty_run *duty)
{
    struct nd_run *run = duty->run;
    if (duty->state == ND_DUTY_OPEN && duty->due >= 0)
        duty->timer =
            nd_sched_at(run->config.sched, nd_run_clock(run, duty->due) + 1, time_is_up, duty);
    if (nd_duty_is_owed(duty) && duty->scripted != NULL)
        duty->script_timer =
            nd_sched_at(run->config.sched, nd_run_clock(run, duty->opened + duty->scripted->after),
                        script_due, duty);
    nd_duty_look_arm(duty);
}

static int64_t count_before(const struct nd_run *run, const struct nd_obligations *set,
                            const struct nd_duty *duty, const char *case_name)
{
    int64_t count = 0;
    for (size_t i = 0; i < run->duties.list.count; i++) {
        const struct nd_duty_run *one = run->duties.list.at[i];
        count += one->set == set && one->duty == duty && strcmp(one->case_name, case_name) == 0;
    }
    return count;
}

static void journal_opened(const struct nd_duty_run *duty)
{
    struct nd_run *run = duty->run;
    const struct nd_profile *profile = duty->set->profile;
    json_t *data = json_pack(
        "{s:s, s:s, s:s, s:I, s:b, s:o, s:o, s:o, s:s, s:I, s:I}", "profile", profile->name, "duty",
        duty->duty->id, "case", duty->case_name, "number", (json_int_t)duty->number, "again",
        duty->again, "title", nd_text2_json(&duty->duty->title), "law",
        nd_text2_json(&profile->law), "source", nd_text2_json(&duty->duty->source), "after",
        duty->after, "pace", (json_int_t)duty->set->pace, "opened_ns", (json_int_t)duty->opened);
    ND_CHECK(data != NULL);
    json_object_set_new(data, "due_ns", length_json(duty->due));
    json_object_set_new(data, "due_rel_ns", rel_json(run, duty->due));
    json_object_set_new(data, "law_limit_ns",
                        length_json(duty->duty->within != 0 ? duty->duty->within : -1));
    json_object_set_new(data, "limit_ns", length_json(duty->due >= 0 ? duty->limit : -1));
    json_object_set_new(data, "owner", nd_string_json(duty->set->owner));
    json_object_set_new(data, "objective", nd_string_json(duty->set->objective));
    json_object_set_new(data, "checked", json_boolean(nd_duty_has_check(duty)));
    nd_run_event(run, ND_JOURNAL_SYNC, "obligation.opened", duty->id, NULL, data);
}

static struct nd_duty_run *add(struct nd_run *run, const struct nd_obligations *set,
                               const struct nd_duty *duty, const char *case_name)
{
    struct nd_duty_run *one = nd_arena_alloc(&run->arena, sizeof *one);
    struct nd_buf id = {0};
    int64_t number = 1 + count_before(run, set, duty, case_name);
    nd_buf_addf(&id, "%s.%s", set->profile->name, duty->id);
    if (number > 1)
        nd_buf_addf(&id, "#%lld", (long long)number);
    if (*case_name != '\0')
        nd_buf_addf(&id, "@%s", case_name);
    nd_ns limit = duty->within / set->pace;
    *one = (struct nd_duty_run){.run = run,
                                .set = set,
                                .duty = duty,
                                .id = nd_arena_strdup(&run->arena, nd_buf_str(&id)),
                                .case_name = nd_arena_strdup(&run->arena, case_name),
                                .number = number,
                                .due = -1,
                                .done = -1,
                                .arrived = -1,
                                .limit = duty->within != 0 && limit == 0 ? 1 : limit};
    one->scripted = find_script(one);
    nd_buf_deinit(&id);
    nd_vec_push(&run->duties.list, one);
    return one;
}

static bool is_over(const struct nd_run *run, const struct nd_obligations *set,
                    const struct nd_duty *duty, const char *case_name, nd_ns since)
{
    for (size_t i = 0; duty->until != NULL && i < run->duties.occurred.count; i++) {
        const struct nd_occurred *one = &run->duties.occurred.at[i];
        if (one->set == set && one->at >= since && strcmp(one->event, duty->until) == 0 &&
            strcmp(one->case_name, case_name) == 0)
            return true;
    }
    return false;
}

/* before: the duty it follows, or NULL: an event. */
static void open_duty(struct nd_run *run, const struct nd_obligations *set,
                      const struct nd_duty *duty, const char *case_name, nd_ns from,
                      const struct nd_duty_run *before)
{
    if (before != NULL && is_over(run, set, duty, case_name, before->opened))
        return;
    struct nd_duty_run *one = add(run, set, duty, case_name);
    one->again = before != NULL && before->duty == duty;
    one->after = before != NULL ? before->duty->id : duty->after;
    one->opened = from;
    one->due = duty->within != 0 ? from + one->limit : -1;
    one->look_next = nd_run_now(run);
    journal_opened(one);
    if (run->state == ND_RUN_RUNNING && !nd_run_is_paused(run))
        arm(one);
}

static bool is_open(const struct nd_run *run, const struct nd_obligations *set,
                    const struct nd_duty *duty, const char *case_name)
{
    for (size_t i = 0; i < run->duties.list.count; i++) {
        const struct nd_duty_run *one = run->duties.list.at[i];
        if (one->set == set && one->duty == duty && one->state == ND_DUTY_OPEN &&
            strcmp(one->case_name, case_name) == 0)
            return true;
    }
    return false;
}

/* Those that follow an event or a duty. */
static size_t open_after(struct nd_run *run, const struct nd_obligations *set, const char *after,
                         const char *case_name, nd_ns from, const struct nd_duty_run *before)
{
    size_t opened = 0;
    for (size_t i = 0; i < set->profile->duties.count; i++) {
        const struct nd_duty *duty = &set->profile->duties.at[i];
        if (strcmp(duty->after, after) != 0 || is_open(run, set, duty, case_name))
            continue;
        open_duty(run, set, duty, case_name, from, before);
        opened++;
    }
    return opened;
}

/* ---- met, missed, closed ---- */

/* It was met, or its time was up: what follows it begins, and, when it recurs, it itself anew. */
static void follow(struct nd_duty_run *duty, nd_ns from)
{
    struct nd_run *run = duty->run;
    if (!duty->again)
        open_after(run, duty->set, duty->duty->id, duty->case_name, from, duty);
    if (duty->duty->recurs)
        open_duty(run, duty->set, duty->duty, duty->case_name, from, duty);
}

static void stop_timers(struct nd_duty_run *duty)
{
    nd_timer *const timers[] = {&duty->timer, &duty->look_timer, &duty->script_timer};
    for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++) {
        nd_sched_cancel(duty->run->config.sched, *timers[i]);
        *timers[i] = 0;
    }
}

void nd_duty_missed(struct nd_duty_run *duty)
{
    struct nd_run *run = duty->run;
    stop_timers(duty);
    duty->state = ND_DUTY_MISSED;
    run->outcome.duties_missed++;
    nd_run_event(run, ND_JOURNAL_SYNC, "obligation.missed", duty->id, NULL,
                 json_pack("{s:o, s:I, s:s?}", "title", nd_text2_json(&duty->duty->title),
                           "limit_ns", (json_int_t)duty->limit, "why", duty->look_why));
    follow(duty, duty->due);
    arm(duty); /* it is still owed, unless it recurs */
}

/* When it came, as a check found it: by the run clock, which goes on while the run is down and its
 * moments stand still. */
static void tell_arrival(const struct nd_duty_run *duty, json_t *data)
{
    const struct nd_run *run = duty->run;
    json_object_set_new(data, "arrived_rel_ns", json_integer(duty->arrived - run->t0));
    for (size_t i = 0; i < run->downs.count; i++) {
        const struct nd_pause *down = &run->downs.at[i];
        if (duty->arrived > down->from && duty->arrived < down->till)
            json_object_set_new(data, "while_down",
                                json_pack("{s:I, s:I}", "from_rel_ns",
                                          (json_int_t)(down->from - run->t0), "till_rel_ns",
                                          (json_int_t)(down->till - run->t0)));
    }
}

void nd_duty_done(struct nd_duty_run *duty, nd_ns done, enum nd_met_how how, const char *actor,
                  json_t *data)
{
    static const char *const hows[] = {"person", "body", "answer", "check", "script"};
    struct nd_run *run = duty->run;
    bool in_time = duty->due < 0 || done <= duty->due;
    if (!in_time && duty->state == ND_DUTY_OPEN)
        nd_duty_missed(duty);
    bool was_open = duty->state == ND_DUTY_OPEN;
    stop_timers(duty);
    duty->state = in_time ? ND_DUTY_MET : ND_DUTY_LATE;
    duty->done = done;
    run->outcome.duties_met += in_time;
    data = data != NULL ? data : json_object();
    json_object_set_new(data, "title", nd_text2_json(&duty->duty->title));
    json_object_set_new(data, "how", json_string(hows[how]));
    json_object_set_new(data, "took_ns", json_integer(done - duty->opened));
    json_object_set_new(data, "margin_ns",
                        duty->due >= 0 ? json_integer(duty->due - done) : json_null());
    json_object_set_new(data, "within_ns",
                        json_integer(how == ND_MET_CHECK ? duty->found_within : 0));
    if (how == ND_MET_CHECK && duty->arrived >= 0)
        tell_arrival(duty, data);
    nd_run_event(run, ND_JOURNAL_SYNC, in_time ? "obligation.met" : "obligation.late", duty->id,
                 actor, data);
    if (was_open)
        follow(duty, done);
}

static void close_duty(struct nd_duty_run *duty, const char *why)
{
    stop_timers(duty);
    nd_duty_look_stop(duty);
    duty->state = ND_DUTY_CLOSED;
    nd_run_event(
        duty->run, 0, "obligation.closed", duty->id, NULL,
        json_pack("{s:o, s:s, s:o}", "title", nd_text2_json(&duty->duty->title), "why", why,
                  "left_ns",
                  duty->due >= 0 ? json_integer(duty->due - moment_now(duty->run)) : json_null()));
}

/* ---- events ---- */

void nd_event_occur(struct nd_run *run, const struct nd_obligations *set,
                    const struct nd_occasion *occasion, const char *case_name, const char *actor,
                    json_t *data)
{
    nd_ns now = moment_now(run);
    case_name = case_name != NULL ? nd_arena_strdup(&run->arena, case_name) : "";
    char *id = nd_arena_printf(&run->arena, "%s.%s", set->profile->name, occasion->id);
    nd_vec_push(&run->duties.occurred, (struct nd_occurred){set, occasion->id, case_name, now});
    data = data != NULL ? data : json_object();
    json_object_set_new(data, "title", nd_text2_json(&occasion->title));
    json_object_set_new(data, "case", json_string(case_name));
    json_object_set_new(data, "moment_ns", json_integer(now));
    nd_run_event(run, ND_JOURNAL_SYNC, "event.occurred", id, actor, data);
    for (size_t i = 0; i < run->duties.list.count; i++) {
        struct nd_duty_run *duty = run->duties.list.at[i];
        if (duty->set == set && duty->state == ND_DUTY_OPEN && duty->duty->until != NULL &&
            strcmp(duty->duty->until, occasion->id) == 0 && strcmp(duty->case_name, case_name) == 0)
            close_duty(duty, occasion->id);
    }
    open_after(run, set, occasion->id, case_name, now, NULL);
}

static void planned_due(void *ctx)
{
    struct nd_planned_event_run *planned = ctx;
    planned->timer = 0;
    planned->over = true;
    nd_event_occur(planned->run, planned->set,
                   nd_profile_occasion(planned->set->profile, planned->event->event), NULL, NULL,
                   json_pack("{s:b}", "planned", 1));
}

/* ---- the life of the run ---- */

static void arm_planned(struct nd_planned_event_run *planned)
{
    struct nd_run *run = planned->run;
    if (!planned->over && planned->timer == 0)
        planned->timer = nd_sched_at(run->config.sched, nd_run_clock(run, planned->event->at),
                                     planned_due, planned);
}

static const struct nd_obligations *find_set(const struct nd_run *run, const char *profile,
                                             size_t len)
{
    for (size_t i = 0; i < run->config.drill->obligations_count; i++) {
        const struct nd_obligations *set = &run->config.drill->obligations[i];
        if (strlen(set->profile->name) == len && strncmp(set->profile->name, profile, len) == 0)
            return set;
    }
    return NULL;
}

/* What had been opened and had occurred when the run died; its moments are the drill's, so that the
 * time it was down is in them or not as the timetable was shifted or kept. */
static void take_past(struct nd_run *run, const struct nd_past *past)
{
    for (size_t i = 0; i < past->events.count; i++) {
        const struct nd_past_event *was = &past->events.at[i];
        size_t len = strcspn(was->id, ".");
        const struct nd_obligations *set = find_set(run, was->id, len);
        if (set != NULL)
            nd_vec_push(&run->duties.occurred,
                        (struct nd_occurred){set, nd_arena_strdup(&run->arena, was->id + len + 1),
                                             nd_arena_strdup(&run->arena, was->case_name),
                                             was->at});
        for (size_t k = 0; set != NULL && was->planned && k < run->duties.planned.count; k++) {
            struct nd_planned_event_run *planned = &run->duties.planned.at[k];
            planned->over |=
                planned->set == set && strcmp(planned->event->event, was->id + len + 1) == 0;
        }
    }
    for (size_t i = 0; i < past->duties.count; i++) {
        const struct nd_past_duty *was = &past->duties.at[i];
        const struct nd_obligations *set = find_set(run, was->profile, strlen(was->profile));
        const struct nd_duty *kind = set != NULL ? nd_profile_duty(set->profile, was->duty) : NULL;
        if (kind == NULL)
            continue;
        struct nd_duty_run *duty = add(run, set, kind, was->case_name);
        duty->again = was->again;
        duty->opened = was->opened;
        duty->due = was->due;
        duty->done = was->done;
        for (enum nd_duty_state state = ND_DUTY_OPEN; state <= ND_DUTY_CLOSED; state++)
            duty->state = strcmp(was->state, nd_duty_state_name(state)) == 0 ? state : duty->state;
        run->outcome.duties_met += duty->state == ND_DUTY_MET;
        run->outcome.duties_missed += duty->state == ND_DUTY_MISSED || duty->state == ND_DUTY_LATE;
    }
}

void nd_duties_begin(struct nd_run *run)
{
    const struct nd_drill *drill = run->config.drill;
    for (size_t i = 0; i < drill->obligations_count; i++) {
        const struct nd_obligations *set = &drill->obligations[i];
        for (size_t k = 0; k < set->events_count; k++)
            nd_vec_push(&run->duties.planned,
                        (struct nd_planned_event_run){run, set, &set->events[k], 0, false});
    }
    if (run->config.past != NULL)
        take_past(run, run->config.past);
    nd_duties_go_on(run);
}

void nd_duties_hold(struct nd_run *run)
{
    for (size_t i = 0; i < run->duties.list.count; i++)
        stop_timers(run->duties.list.at[i]);
    for (size_t i = 0; i < run->duties.planned.count; i++) {
        nd_sched_cancel(run->config.sched, run->duties.planned.at[i].timer);
        run->duties.planned.at[i].timer = 0;
    }
}

void nd_duties_go_on(struct nd_run *run)
{
    for (size_t i = 0; i < run->duties.list.count; i++) {
        struct nd_duty_run *duty = run->duties.list.at[i];
        bool looks_last = duty->due >= 0 && duty->look != NULL && duty->due < moment_now(run);
        if (!looks_last)
            arm(duty);
    }
    for (size_t i = 0; i < run->duties.planned.count; i++)
        arm_planned(&run->duties.planned.at[i]);
}

void nd_duties_stop(struct nd_run *run)
{
    for (size_t i = 0; i < run->duties.list.count; i++) {
        struct nd_duty_run *duty = run->duties.list.at[i];
        run->outcome.duties_open += duty->state == ND_DUTY_OPEN;
        if (duty->state == ND_DUTY_OPEN)
            close_duty(duty, "endex");
        nd_duty_look_stop(duty);
    }
    nd_duties_hold(run);
}

void nd_duties_free(struct nd_run *run)
{
    nd_duties_hold(run);
    for (size_t i = 0; i < run->duties.list.count; i++)
        free(run->duties.list.at[i]->look_why);
    nd_vec_free(&run->duties.list);
    nd_vec_free(&run->duties.planned);
    nd_vec_free(&run->duties.occurred);
}

json_t *nd_duties_json(const struct nd_run *run)
{
    json_t *list = json_array();
    for (size_t i = 0; i < run->duties.list.count; i++) {
        const struct nd_duty_run *duty = run->duties.list.at[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:o, s:s?, s:s, s:o, s:o, s:o, s:o}", "id",
                            duty->id, "profile", duty->set->profile->name, "duty", duty->duty->id,
                            "case", duty->case_name, "title", nd_text2_json(&duty->duty->title),
                            "owner", duty->set->owner, "state", nd_duty_state_name(duty->state),
                            "opened_rel_ns", rel_json(run, duty->opened), "limit_ns",
                            length_json(duty->due >= 0 ? duty->limit : -1), "due_rel_ns",
                            rel_json(run, duty->due), "left_ns",
                            nd_duty_is_owed(duty) && duty->due >= 0
                                ? json_integer(duty->due - moment_now(run))
                                : json_null()));
    }
    return list;
}
