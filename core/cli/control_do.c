#include "base/units.h"
#include "cli/clean.h"
#include "cli/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What may be asked over the control socket: a table of it. */

#define TO_MAX 64

struct asked {
    struct nd_run *run;
    const json_t *request;
    const struct nd_witness *peer;
    char who[96]; /* of requests that name an actor */
};

static json_t *refused(const char *why)
{
    return json_pack("{s:b, s:s, s:s}", "ok", 0, "code", "EARG", "why", why);
}

static json_t *outcome(nd_err err, const struct nd_fail *why)
{
    return err == ND_OK
               ? json_pack("{s:b}", "ok", 1)
               : json_pack("{s:b, s:s, s:s}", "ok", 0, "code", nd_err_name(err), "why", why->text);
}

static const char *text_of(const struct asked *asked, const char *key)
{
    return json_string_value(json_object_get(asked->request, key));
}

static struct nd_speaker speaker_of(const struct asked *asked)
{
    return (struct nd_speaker){text_of(asked, "person"), *asked->peer};
}

/* ---- the run ---- */

static json_t *do_status(const struct asked *asked)
{
    return json_pack("{s:b, s:o}", "ok", 1, "status", nd_run_status(asked->run));
}

static json_t *do_confirm(const struct asked *asked)
{
    struct nd_fail why = {0};
    json_int_t number = json_integer_value(json_object_get(asked->request, "number"));
    bool yes = json_is_true(json_object_get(asked->request, "yes"));
    return outcome(nd_run_answer(asked->run, number, yes, asked->who, &why), &why);
}

static json_t *do_abort(const struct asked *asked)
{
    const char *reason = text_of(asked, "reason");
    nd_run_abort(asked->run, asked->who, reason != NULL ? reason : "aborted by hand");
    return json_pack("{s:b}", "ok", 1);
}

static json_t *do_pause(const struct asked *asked)
{
    struct nd_fail why = {0};
    return outcome(nd_run_pause(asked->run, asked->who, &why), &why);
}

static json_t *do_resume(const struct asked *asked)
{
    struct nd_fail why = {0};
    return outcome(nd_run_resume(asked->run, asked->who, &why), &why);
}

static json_t *do_arm(const struct asked *asked)
{
    const char *person = text_of(asked, "person");
    struct nd_fail why = {0};
    int64_t left = 0;
    if (person == NULL)
        return refused("expected {\"do\": \"arm\", \"person\": ...}");
    nd_err err = nd_run_arm(asked->run, person, asked->peer, &left, &why);
    json_t *answer = outcome(err, &why);
    if (err == ND_OK)
        json_object_set_new(answer, "left", json_integer(left));
    return answer;
}

/* ---- what people say ---- */

static json_t *do_ack(const struct asked *asked)
{
    struct nd_fail why = {0};
    const struct nd_speaker speaker = speaker_of(asked);
    return outcome(nd_run_ack(asked->run, text_of(asked, "inject"), &speaker, &why), &why);
}

static json_t *do_answer(const struct asked *asked)
{
    struct nd_fail why = {0};
    const struct nd_speaker speaker = speaker_of(asked);
    return outcome(
        nd_run_reply(asked->run, text_of(asked, "inject"), text_of(asked, "text"), &speaker, &why),
        &why);
}

static json_t *do_observe(const struct asked *asked)
{
    struct nd_fail why = {0};
    const struct nd_speaker speaker = speaker_of(asked);
    json_t *evidence = json_object_get(asked->request, "evidence");
    int64_t number = 0;
    nd_ns seen = -1;
    const char *at = text_of(asked, "at");
    if (at != NULL && nd_moment_parse(at, &seen, &why) != ND_OK)
        return refused(why.text);
    const struct nd_observation observation = {
        .text = text_of(asked, "text"),
        .inject = text_of(asked, "inject"),
        .objective = text_of(asked, "objective"),
        .sort = text_of(asked, "sort"),
        .evidence = json_is_object(evidence) ? json_incref(evidence) : NULL,
        .seen_rel = seen,
    };
    nd_err err = nd_run_observe(asked->run, &observation, &speaker, &number, &why);
    json_t *answer = outcome(err, &why);
    if (err == ND_OK)
        json_object_set_new(answer, "number", json_integer(number));
    return answer;
}

static json_t *do_note(const struct asked *asked)
{
    struct nd_fail why = {0};
    const struct nd_speaker speaker = speaker_of(asked);
    return outcome(nd_run_remark(asked->run, text_of(asked, "text"), &speaker, &why), &why);
}

/* ---- what controllers do ---- */

static json_t *do_fire(const struct asked *asked)
{
    struct nd_fail why = {0};
    const struct nd_speaker speaker = speaker_of(asked);
    bool by_hand = json_is_true(json_object_get(asked->request, "by_hand"));
    return outcome(nd_run_fire(asked->run, text_of(asked, "inject"), by_hand, &speaker, &why),
                   &why);
}

static json_t *do_skip(const struct asked *asked)
{
    struct nd_fail why = {0};
    const struct nd_speaker speaker = speaker_of(asked);
    return outcome(
        nd_run_skip(asked->run, text_of(asked, "inject"), text_of(asked, "reason"), &speaker, &why),
        &why);
}

/* "T+00:20", or a length from now. */
static nd_err read_till(const struct asked *asked, nd_ns *till, struct nd_fail *why)
{
    const char *text = text_of(asked, "till");
    if (text == NULL)
        return nd_fail_set(why, ND_EARG, "say till when: a moment such as T+00:20, or 10m");
    if (*text == 'T')
        return nd_moment_parse(text, till, why);
    nd_err err = nd_length_parse(text, till, why);
    *till += nd_run_moment_now(asked->run);
    return err;
}

static json_t *do_defer(const struct asked *asked)
{
    struct nd_fail why = {0};
    const struct nd_speaker speaker = speaker_of(asked);
    nd_ns till = 0;
    nd_err err = read_till(asked, &till, &why);
    if (err == ND_OK)
        err = nd_run_defer(asked->run, text_of(asked, "inject"), till, text_of(asked, "reason"),
                           &speaker, &why);
    return outcome(err, &why);
}

/* A text, or {zh, en}. */
static struct nd_text2 text2_of(const struct asked *asked, const char *key)
{
    const json_t *value = json_object_get(asked->request, key);
    const char *text = json_string_value(value);
    if (text != NULL)
        return (struct nd_text2){text, text};
    return (struct nd_text2){json_string_value(json_object_get(value, "zh")),
                             json_string_value(json_object_get(value, "en"))};
}

static json_t *do_inject(const struct asked *asked)
{
    struct nd_fail why = {0};
    const struct nd_speaker speaker = speaker_of(asked);
    const json_t *list = json_object_get(asked->request, "to");
    const char *within = text_of(asked, "react_within");
    const char *to[TO_MAX + 1] = {NULL};
    const char *id = NULL;
    struct nd_adhoc adhoc = {.title = text2_of(asked, "title"),
                             .body = text2_of(asked, "body"),
                             .expect = text2_of(asked, "expect"),
                             .to = to,
                             .from = text_of(asked, "from"),
                             .objective = text_of(asked, "objective"),
                             .like = text_of(asked, "like")};
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(list) && count < TO_MAX; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (name != NULL)
            to[count++] = name;
    }
    nd_err err = within != NULL ? nd_length_parse(within, &adhoc.react_within, &why) : ND_OK;
    if (err == ND_OK && adhoc.react_within < 0)
        err = nd_fail_set(&why, ND_EARG, "'react_within' has to be longer than 0");
    if (err == ND_OK)
        err = nd_run_adhoc(asked->run, &adhoc, &speaker, &id, &why);
    json_t *answer = outcome(err, &why);
    if (err == ND_OK)
        json_object_set_new(answer, "inject", json_string(id));
    return answer;
}

static json_t *do_duty(const struct asked *asked)
{
    return nd_control_duty(asked->run, text_of(asked, "do"), asked->request, asked->peer);
}

/* ---- the table ---- */

static const struct {
    const char *name;
    json_t *(*act)(const struct asked *asked);
    bool durable; /* answered once the journal is on disk; the others sync by themselves */
} requests[] = {
    {"status", do_status, false}, {"arm", do_arm, false},       {"confirm", do_confirm, false},
    {"pause", do_pause, false},   {"resume", do_resume, false}, {"abort", do_abort, false},
    {"ack", do_ack, true},        {"answer", do_answer, true},  {"observe", do_observe, true},
    {"note", do_note, true},      {"fire", do_fire, true},      {"skip", do_skip, true},
    {"defer", do_defer, true},    {"inject", do_inject, true},  {"met", do_duty, true},
    {"occurs", do_duty, true},
};
#define REQUESTS_COUNT (sizeof requests / sizeof requests[0])

static json_t *unknown(void)
{
    struct nd_buf words = {0};
    for (size_t i = 0; i < REQUESTS_COUNT; i++)
        nd_buf_addf(&words, "%s\"%s\"",
                    i == 0                    ? "expected "
                    : i + 1 == REQUESTS_COUNT ? " or "
                                              : ", ",
                    requests[i].name);
    json_t *answer = refused(nd_buf_str(&words));
    nd_buf_deinit(&words);
    return answer;
}

static json_t *handle(struct asked *asked, bool *durable)
{
    const char *what = text_of(asked, "do");
    const char *actor = text_of(asked, "actor");
    snprintf(asked->who, sizeof asked->who, "controller:%s", actor != NULL ? actor : "unknown");
    if (what == NULL)
        return refused("expected {\"do\": ...}");
    for (size_t i = 0; i < REQUESTS_COUNT; i++) {
        if (strcmp(requests[i].name, what) != 0)
            continue;
        nd_run_hear(asked->run, asked->peer);
        json_t *answer = requests[i].act(asked);
        nd_run_hear(asked->run, NULL);
        *durable = requests[i].durable && json_is_true(json_object_get(answer, "ok"));
        return answer;
    }
    return unknown();
}

json_t *nd_control_handle(struct nd_run *run, const char *line, size_t len_bytes,
                          const struct nd_witness *peer, bool *durable)
{
    json_t *request = json_loadb(line, len_bytes, JSON_REJECT_DUPLICATES, NULL);
    struct asked asked = {.run = run, .request = request, .peer = peer};
    *durable = false;
    nd_cli_clean(request);
    json_t *reply =
        request != NULL ? handle(&asked, durable) : refused("expected one JSON object a line");
    json_decref(request);
    return reply;
}
