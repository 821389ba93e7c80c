#include "run/internal.h"

#include <math.h>
#include <pwd.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

json_t *nd_string_json(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

json_t *nd_text2_json(const struct nd_text2 *text)
{
    return json_pack("{s:s*, s:s*}", "zh", text->zh, "en", text->en);
}

json_t *nd_words_json(const struct nd_text2 *text)
{
    return text->zh == text->en ? nd_string_json(text->en) : nd_text2_json(text);
}

json_t *nd_moment_json(const struct nd_run *run, nd_ns moment)
{
    return moment >= 0 && run->t0 >= 0 ? json_integer(moment - run->t0) : json_null();
}

json_t *nd_number_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

char *nd_id_text(struct nd_run *run, int64_t id)
{
    return nd_arena_printf(&run->arena, "%lld", (long long)id);
}

static void journal_lost(void *ctx)
{
    struct nd_run *run = ctx;
    run->lost_timer = 0;
    nd_run_abort(run, "core", run->journal_why);
}

/* The line's members that anybody asks of it, without reading it again. */
static json_t *event_json(const struct nd_run *run, const char *type, const char *subject,
                          const char *actor, int64_t seq, nd_ns now, json_t *data)
{
    char rel[ND_UNIT_TEXT];
    json_t *event =
        json_pack("{s:s, s:s*, s:s, s:I, s:I, s:O*}", "type", type, "subject", subject, "actor",
                  actor, "seq", (json_int_t)seq, "monons", (json_int_t)now, "data", data);
    if (data == NULL)
        json_object_set_new(event, "data", json_object());
    if (run->t0 >= 0)
        json_object_set_new(event, "rel", json_string(nd_moment_format(now - run->t0, rel)));
    return event;
}

/* Without a journal there is no evidence and no promise kept: stop, and put things back. */
void nd_run_journal_failed(struct nd_run *run, const char *why)
{
    if (run->outcome.journal_failed)
        return;
    run->outcome.journal_failed = true;
    snprintf(run->journal_why, sizeof run->journal_why, "%s", why);
    /* Not from here: a body may be running. */
    run->lost_timer = nd_sched_at(run->config.sched, nd_run_now(run), journal_lost, run);
}

/* data: taken over, may be NULL. */
static json_t *with_witness(json_t *data, const struct nd_witness *witness)
{
    data = data != NULL ? data : json_object();
    if (json_object_get(data, "uid") == NULL)
        json_object_update_missing_new(
            data,
            json_pack("{s:I, s:o}", "uid", (json_int_t)witness->uid, "login_uid",
                      witness->login_uid >= 0 ? json_integer(witness->login_uid) : json_null()));
    return data;
}

int64_t nd_run_event(struct nd_run *run, unsigned flags, const char *type, const char *subject,
                     const char *actor, json_t *data)
{
    char full[64];
    snprintf(full, sizeof full, "netdrill.%s", type);
    struct nd_fail why = {0};
    nd_ns now = nd_run_now(run);
    if (run->heard != NULL && actor != NULL)
        data = with_witness(data, run->heard);
    json_t *kept = json_incref(data);
    actor = actor != NULL ? actor : "core";
    int64_t seq = nd_journal_append(run->journal, nd_run_is_live(run) ? flags : 0, full, subject,
                                    actor, now, data, &why);
    if (seq < 0) {
        nd_run_journal_failed(run, why.text);
        json_decref(kept);
        return seq;
    }
    if (run->config.event != NULL) {
        const char *line = nd_journal_last_line(run->journal);
        json_t *event = event_json(run, full, subject, actor, seq, now, kept);
        nd_recent_keep(run, event);
        run->config.event(run->config.ctx, line, event);
        json_decref(event);
    }
    json_decref(kept);
    return seq;
}

static int utc_offset_min(int64_t wall_ns)
{
    time_t when = (time_t)(wall_ns / 1000000000);
    struct tm tm;
    localtime_r(&when, &tm);
    return (int)(tm.tm_gmtoff / 60);
}

/* A rehearsal is at home in Taiwan, everywhere. */
static int offset_min(const struct nd_run *run)
{
    return nd_run_is_live(run) ? utc_offset_min(nd_sched_to_wall(run->config.sched, 0)) : 480;
}

const char *nd_wall_here(const struct nd_run *run, nd_ns clock, char *out)
{
    return nd_wall_format(nd_sched_to_wall(run->config.sched, clock), offset_min(run), out);
}

/* Facts of the machine are of a live run alone: a rehearsal's trace is the same everywhere. */
static void add_machine(const struct nd_run *run, json_t *data)
{
    json_object_set_new(data, "utc_offset_min", json_integer(offset_min(run)));
    if (!nd_run_is_live(run))
        return;
    struct utsname names;
    uname(&names);
    const struct passwd *user = getpwuid(getuid());
    struct timespec mono;
    clock_gettime(CLOCK_MONOTONIC, &mono);
    json_object_set_new(
        data, "mono_origin_ns",
        json_integer((json_int_t)mono.tv_sec * 1000000000 + mono.tv_nsec - nd_run_now(run)));
    json_object_set_new(data, "node", json_string(names.nodename));
    json_object_set_new(data, "kernel", json_string(names.release));
    json_object_set_new(data, "software", nd_software(run));
    json_object_set_new(data, "user", json_string(user != NULL ? user->pw_name : "unknown"));
}

void nd_journal_opened(struct nd_run *run)
{
    const struct nd_drill *drill = run->config.drill;
    const struct nd_site *site = run->config.site;
    bool simulated = drill->simulated.zh != NULL || drill->simulated.en != NULL;
    json_t *data =
        json_pack("{s:s, s:s, s:s, s:b, s:o, s:b, s:{s:s, s:o, s:I, s:I}, s:s, s:s?, s:s?, s:I}",
                  "schema", "netdrill.journal/1", "version", ND_VERSION, "mode",
                  nd_run_is_live(run) ? "live" : "rehearsal", "simulated",
                  (site != NULL && site->simulated) || simulated, "simulated_what",
                  nd_words_json(&drill->simulated), "lab", site != NULL && site->has_lab, "drill",
                  "id", drill->id, "title", nd_text2_json(&drill->title), "revision",
                  (json_int_t)drill->revision, "lasts_ns", (json_int_t)drill->lasts,
                  "scenario_sha256", drill->hash, "site_sha256", site != NULL ? site->hash : NULL,
                  "plan_sha256", run->config.plan_hash, "seed", (json_int_t)run->config.seed);
    ND_CHECK(data != NULL);
    json_object_set_new(data, "site", nd_string_json(site != NULL ? site->name : NULL));
    json_object_set_new(data, "parameters", nd_drill_parameters(drill));
    add_machine(run, data);
    nd_run_event(run, ND_JOURNAL_SYNC, "journal.opened", NULL, NULL, data);
}
