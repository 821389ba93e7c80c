#include "report/formats/stix.h"
#include "report/report.h"
#include "report/words/packed.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid.h>

/* A STIX 2.1 bundle (OASIS Standard, 10 June 2021) for those whose tools read nothing else. All of
 * it is labelled an exercise and named so, lest a threat feed takes it for real; figures become
 * observed-data only where they were measured on a real network. */

/* Name-based identifiers (version 5) of our own objects; a UUID drawn once for this. */
static const char own_namespace[] = "11f18642-2c81-44c6-a4e7-4eda9b67388d";
/* That of cyber-observable objects, STIX 2.1 clause 2.9: the same address, the same object. */
static const char observable_namespace[] = "00abedb4-aa42-466c-9c01-fed23315a9b7";

/* The markings that the standard defines once for all; TLP 2.0's CLEAR is its WHITE. */
static const struct nd_tlp markings[] = {
    {"clear", "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", "TLP:WHITE", "white"},
    {"green", "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", "TLP:GREEN", "green"},
    {"amber", "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", "TLP:AMBER", "amber"},
    {"red", "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", "TLP:RED", "red"}};

/* out: "type--UUID", the same for the same name. */
static const char *make_id(const char *type, const char *name_space, const char *name, char *out)
{
    uuid_t space;
    uuid_t id;
    char text[UUID_STR_LEN];
    uuid_parse(name_space, space);
    uuid_generate_sha1(id, space, name, strlen(name));
    uuid_unparse_lower(id, text);
    snprintf(out, ND_STIX_ID, "%.50s--%s", type, text);
    return out;
}

const char *nd_stix_id(const char *type, const char *name, char *out)
{
    return make_id(type, own_namespace, name, out);
}

char *nd_stix_named(const struct nd_stix *bundle, const char *words)
{
    const json_t *run = json_object_get(bundle->page->model, "run");
    bool rehearsal = strcmp(nd_str_of(run, "mode"), "rehearsal") == 0;
    bool simulated = json_is_true(json_object_get(run, "simulated"));
    return nd_printf("EXERCISE 演練%s%s: %s", rehearsal ? " REHEARSAL 預演" : "",
                     simulated ? " SIMULATED 模擬" : "", words);
}

void nd_stix_set(json_t *object, const char *key, char *text)
{
    json_object_set_new(object, key, json_string(text));
    free(text);
}

const char *nd_stix_lang(const struct nd_stix *bundle)
{
    return bundle->page->lang == ND_LANG_ZH ? "zh-TW" : "en";
}

static json_t *labels(const struct nd_stix *bundle)
{
    const json_t *run = json_object_get(bundle->page->model, "run");
    json_t *list = json_pack("[s]", "exercise");
    if (strcmp(nd_str_of(run, "mode"), "rehearsal") == 0)
        json_array_append_new(list, json_string("rehearsal"));
    if (json_is_true(json_object_get(run, "simulated")))
        json_array_append_new(list, json_string("simulated"));
    return list;
}

json_t *nd_stix_add(struct nd_stix *bundle, const char *type, const char *name)
{
    char id[ND_STIX_ID];
    char *whole = nd_printf("%s|%s|%s", bundle->key, type, name);
    nd_stix_id(type, whole, id);
    free(whole);
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:[s]}", "type", type, "spec_version",
                  "2.1", "id", id, "created_by_ref", bundle->identity, "created", bundle->created,
                  "modified", bundle->modified, "lang", nd_stix_lang(bundle), "labels",
                  labels(bundle), "object_marking_refs", bundle->tlp->id);
    json_array_append_new(bundle->objects, object);
    json_array_append(bundle->refs, json_object_get(object, "id"));
    return object;
}

json_t *nd_stix_note(struct nd_stix *bundle, const char *name, const char *title, char *content,
                     const char *about)
{
    json_t *note = nd_stix_add(bundle, "note", name);
    nd_stix_set(note, "abstract", nd_stix_named(bundle, title));
    nd_stix_set(note, "content", nd_stix_named(bundle, content));
    free(content);
    json_object_set_new(note, "object_refs", json_pack("[s]", about));
    return note;
}

/* ---- what it holds ---- */

static void add_marking(struct nd_stix *bundle)
{
    json_array_append_new(bundle->objects,
                          json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s}}", "type",
                                    "marking-definition", "spec_version", "2.1", "id",
                                    bundle->tlp->id, "created", "2017-01-20T00:00:00.000Z", "name",
                                    bundle->tlp->title, "definition_type", "tlp", "definition",
                                    "tlp", bundle->tlp->colour));
}

/* Who is behind it, records do not tell. An item is to be the same object in the bundles of several
 * runs, and only who made an object may tell a new version of it (clause 3.6.2): so one identity
 * for all runs of a drill, of one version, which is why its times are no run's. */
void nd_stix_identity(struct nd_stix *bundle, const char *run_id, char *out)
{
    static const char since[] = "2026-01-01T00:00:00.000Z";
    size_t len = strlen(run_id);
    bool usual = len > ND_RUN_STAMP + 1 + ND_RUN_SALT; /* <time>-<drill>-<salt> */
    char *drill = usual ? nd_printf("%.*s", (int)(len - ND_RUN_STAMP - 1 - ND_RUN_SALT),
                                    run_id + ND_RUN_STAMP)
                        : nd_strdup(run_id);
    char *whole = nd_printf("identity|%s|%s", drill, bundle->version);
    char *words = nd_printf("EXERCISE 演練: netdrill, %s", drill);
    nd_stix_id("identity", whole, out);
    if (nd_entry_of(bundle->objects, "id", out) == NULL) {
        json_array_append_new(
            bundle->objects,
            json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:[s], s:[s], s:s, s:s}", "type", "identity",
                      "spec_version", "2.1", "id", out, "created", since, "modified", since, "lang",
                      nd_stix_lang(bundle), "labels", "exercise", "object_marking_refs",
                      bundle->tlp->id, "name", words, "identity_class", "system"));
        json_array_append_new(bundle->refs, json_string(out));
    }
    free(words);
    free(whole);
    free(drill);
}

static void put_verdict(const struct nd_stix *bundle, const json_t *v, struct nd_buf *out)
{
    char measured[64];
    char width[64];
    char limit[64];
    const char *unit = nd_str_of(v, "unit");
    const char *statistic = nd_statistic_of(v, unit);
    nd_buf_addf(
        out, "\n%s: %s: %s (± %s; %s %s)", nd_state_text(bundle->page, nd_str_of(v, "grade")),
        nd_text_of(bundle->page, json_object_get(v, "sentence")),
        nd_value_text(bundle->page, json_object_get(v, "measured"), unit, statistic, measured),
        nd_value_text(bundle->page, json_object_get(v, "uncertainty"), unit, statistic, width),
        nd_operator_sign(nd_str_of(v, "operator")),
        nd_value_text(bundle->page, json_object_get(v, "limit"), unit, statistic, limit));
}

static void add_summary(struct nd_stix *bundle)
{
    const json_t *model = bundle->page->model;
    const json_t *run = json_object_get(model, "run");
    struct nd_buf text = {0};
    size_t i = 0;
    json_t *one = NULL;
    nd_buf_adds(&text, nd_outcome_text(bundle->page, nd_str_of(run, "outcome")));
    if (*nd_str_of(run, "site") != '\0')
        nd_buf_addf(&text, "\n%s: %s", nd_msg(bundle->page, ND_MSG_SITE), nd_str_of(run, "site"));
    for (i = 0; i < ND_MARKS; i++) {
        enum nd_message mark = nd_mark_of(run, i);
        if (mark != ND_MSG_COUNT)
            nd_buf_addf(&text, "\n%s%s%s", nd_msg(bundle->page, mark),
                        nd_mark_gap(bundle->page, run, mark),
                        nd_mark_detail(bundle->page, run, mark));
    }
    json_array_foreach(json_object_get(model, "verdicts"), i, one) put_verdict(bundle, one, &text);
    json_array_foreach(json_object_get(model, "changes"), i, one)
    {
        if (strcmp(nd_str_of(one, "state"), "verified") != 0)
            nd_buf_addf(&text, "\n%s %s.%s %s", nd_msg(bundle->page, ND_MSG_OUTCOME_unrestored),
                        nd_str_of(one, "plugin"), nd_str_of(one, "verb"), nd_str_of(one, "target"));
    }
    nd_stix_note(bundle, "summary", nd_msg(bundle->page, ND_MSG_SUMMARY), nd_buf_take(&text),
                 bundle->identity);
}

char *nd_stix_observation(const char *number)
{
    return nd_printf("observation|%s", number);
}

static void add_observations(struct nd_stix *bundle)
{
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(bundle->page->model, "observations"), i, one)
    {
        const char *sort = nd_str_of(one, "sort");
        char *name = nd_stix_observation(nd_str_of(one, "number"));
        struct nd_buf text = {0};
        struct nd_buf history = {0};
        nd_observation_history(bundle->page, one, &history);
        nd_buf_adds(&text, nd_str_of(one, "text"));
        if (history.len_bytes != 0)
            nd_buf_addf(&text, "\n(%s)", nd_buf_str(&history));
        nd_buf_deinit(&history);
        json_t *note = nd_stix_note(bundle, name,
                                    *sort != '\0' ? nd_state_text(bundle->page, sort)
                                                  : nd_str_of(one, "number"),
                                    nd_buf_take(&text), bundle->identity);
        if (nd_is_withdrawn(one))
            json_object_set_new(note, "revoked", json_true());
        if (*nd_str_of(one, "by") != '\0')
            json_object_set_new(note, "authors", json_pack("[s]", nd_str_of(one, "by")));
        free(name);
    }
}

/* A note of each fault: its moments, and what told them. */
static void add_faults(struct nd_stix *bundle)
{
    const struct nd_page *page = bundle->page;
    size_t i = 0;
    json_t *fault = NULL;
    json_array_foreach(json_object_get(page->model, "faults"), i, fault)
    {
        struct nd_buf text = {0};
        size_t k = 0;
        json_t *moment = NULL;
        nd_fault_line(page, fault, &text);
        json_array_foreach(json_object_get(fault, "moments"), k, moment)
        {
            char at[ND_UNIT_TEXT];
            nd_buf_addf(&text, "\n%s %s: ", nd_state_text(page, nd_str_of(moment, "moment")),
                        nd_rel_text(json_object_get(moment, "at_rel_ns"), at));
            nd_fault_told(page, moment, &text);
        }
        char *name = nd_printf("fault|%s", nd_str_of(fault, "id"));
        char *title = nd_printf("%s %s", nd_msg(page, ND_MSG_FAULT), nd_str_of(fault, "id"));
        nd_stix_note(bundle, name, title, nd_buf_take(&text), bundle->identity);
        free(title);
        free(name);
    }
}

/* ---- what was measured ---- */

/* The object of an address, added once; false: it is no literal address. */
static bool add_address(struct nd_stix *bundle, const char *address, char *id)
{
    unsigned char octets[16];
    bool v4 = inet_pton(AF_INET, address, octets) == 1;
    if (!v4 && inet_pton(AF_INET6, address, octets) != 1)
        return false;
    char *name = nd_printf("{\"value\":\"%s\"}", address); /* RFC 8785 of what contributes */
    make_id(v4 ? "ipv4-addr" : "ipv6-addr", observable_namespace, name, id);
    free(name);
    size_t i = 0;
    json_t *object = NULL;
    json_array_foreach(bundle->objects, i, object)
    {
        if (strcmp(nd_str_of(object, "id"), id) == 0)
            return true;
    }
    json_array_append_new(bundle->objects,
                          json_pack("{s:s, s:s, s:s, s:s, s:[s]}", "type",
                                    v4 ? "ipv4-addr" : "ipv6-addr", "spec_version", "2.1", "id", id,
                                    "value", address, "object_marking_refs", bundle->tlp->id));
    json_array_append_new(bundle->refs, json_string(id));
    return true;
}

static char *figures(const struct nd_stix *bundle, const json_t *series)
{
    const struct nd_page *page = bundle->page;
    const char *unit = nd_str_of(series, "unit");
    char value[3][64];
    struct nd_buf out = {0};
    size_t i = 0;
    json_t *one = NULL;
    nd_buf_addf(&out, "%s: %s %lld, %s %s, p50 %s, p99 %s", nd_series_title(page, series),
                nd_msg(page, ND_MSG_SENT), (long long)nd_int_of(series, "count"),
                nd_msg(page, ND_MSG_LOSS),
                nd_value_text(page, json_object_get(series, "loss"), "1", "loss", value[0]),
                nd_value_text(page, json_object_get(series, "p50"), unit, "p50", value[1]),
                nd_value_text(page, json_object_get(series, "p99"), unit, "p99", value[2]));
    size_t left = 0;
    json_t *shown = nd_interruptions_shown(series, ND_INTERRUPTIONS_SHOWN, &left);
    json_array_foreach(shown, i, one)
    {
        char from[ND_UNIT_TEXT];
        char length[ND_UNIT_TEXT];
        char width[ND_UNIT_TEXT];
        nd_buf_addf(&out, "\n%s %s: %s ± %s",
                    nd_rel_text(json_object_get(one, "from_rel_ns"), from),
                    nd_state_text(page, nd_str_of(one, "class")),
                    nd_length_text(nd_int_of(one, "length_ns"), length),
                    nd_length_text(nd_int_of(one, "uncertainty_ns"), width));
    }
    json_decref(shown);
    if (left != 0) {
        nd_buf_adds(&out, "\n+ ");
        nd_left_words(page, left, &out);
    }
    return nd_buf_take(&out);
}

/* Observed from STARTEX to ENDEX: the model tells no closer of a series. */
static void add_series(struct nd_stix *bundle, const json_t *series)
{
    char address[ND_STIX_ID];
    char name[32];
    json_int_t count = nd_int_of(series, "count");
    if (count < 1 || !add_address(bundle, nd_str_of(series, "address"), address))
        return;
    snprintf(name, sizeof name, "%lld", (long long)nd_int_of(series, "id"));
    json_t *data = nd_stix_add(bundle, "observed-data", name);
    json_object_set_new(data, "first_observed", json_string(bundle->created));
    json_object_set_new(data, "last_observed", json_string(bundle->ended));
    json_object_set_new(data, "number_observed",
                        json_integer(count < 999999999 ? count : 999999999));
    json_object_set_new(data, "object_refs", json_pack("[s]", address));
    char *about = nd_printf("series|%s", name);
    nd_stix_note(bundle, about, nd_series_title(bundle->page, series), figures(bundle, series),
                 nd_str_of(data, "id"));
    free(about);
}

/* ---- the whole ---- */

/* created: STARTEX; modified: ENDEX, or when ratings and improvements last changed. */
static void set_times(struct nd_stix *bundle)
{
    static const char *const lists[] = {"improvements", "improvements", "carried",
                                        "carried",      "objectives",   "observations",
                                        "observations", "observations"};
    static const char *const keys[] = {"changed_at", "at",       "changed_at", "at",
                                       "rated_at",   "added_at", "changed_at", "withdrawn_at"};
    const json_t *model = bundle->page->model;
    const json_t *run = json_object_get(model, "run");
    json_int_t start = nd_run_ms(model);
    json_int_t end = start + nd_int_of(run, "lasted_ns") / 1000000;
    nd_wall_format(start * 1000000, 0, bundle->created);
    nd_wall_format(end * 1000000, 0, bundle->ended);
    snprintf(bundle->modified, sizeof bundle->modified, "%s", bundle->ended);
    for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++) {
        size_t i = 0;
        json_t *one = NULL;
        json_array_foreach(json_object_get(model, lists[k]), i, one)
        {
            const char *at = nd_str_of(one, keys[k]);
            if (strlen(at) == strlen(bundle->modified) && strcmp(at, bundle->modified) > 0)
                memcpy(bundle->modified, at, strlen(at));
        }
    }
}

/* A report of a run that ended, a grouping of one that has not, or died on the way. */
static void add_report(struct nd_stix *bundle)
{
    const json_t *model = bundle->page->model;
    const json_t *run = json_object_get(model, "run");
    bool complete = json_is_true(json_object_get(run, "complete"));
    json_t *refs = json_copy(bundle->refs);
    json_t *report = nd_stix_add(bundle, complete ? "report" : "grouping", "");
    char *title = nd_printf(
        "%s%s, %s", json_is_true(json_object_get(run, "interim")) ? "初步 INTERIM " : "",
        nd_text_of(bundle->page, json_object_get(json_object_get(model, "drill"), "title")),
        nd_str_of(run, "id"));
    nd_stix_set(report, "name", nd_stix_named(bundle, title));
    free(title);
    nd_stix_set(report, "description",
                nd_stix_named(bundle, nd_outcome_text(bundle->page, nd_str_of(run, "outcome"))));
    json_object_set_new(report, "object_refs", refs);
    if (complete) {
        json_object_set_new(report, "published", json_string(bundle->modified));
        json_object_set_new(report, "report_types", json_pack("[s]", "exercise"));
    } else {
        json_object_set_new(report, "context", json_string("unspecified"));
    }
}

nd_err nd_report_stix(const json_t *model, enum nd_lang lang, const char *tlp, struct nd_buf *out,
                      struct nd_fail *why)
{
    const struct nd_page page = {model, lang == ND_LANG_ZH ? ND_LANG_ZH : ND_LANG_EN, NULL};
    const json_t *run = json_object_get(model, "run");
    struct nd_stix bundle = {.page = &page};
    for (size_t i = 0; i < sizeof markings / sizeof markings[0]; i++) {
        if (strcmp(markings[i].name, tlp != NULL ? tlp : "amber") == 0)
            bundle.tlp = &markings[i];
    }
    if (bundle.tlp == NULL)
        return nd_fail_set(why, ND_EARG, "'--tlp' takes " ND_REPORT_TLP ", got '%s'", tlp);
    char id[ND_STIX_ID];
    bundle.version =
        nd_printf("%s|%s|%d", nd_str_of(run, "audience"), bundle.tlp->name, (int)page.lang);
    bundle.key = nd_printf("%s|%s", nd_str_of(run, "id"), bundle.version);
    bundle.objects = json_array();
    bundle.refs = json_array();
    set_times(&bundle);
    add_marking(&bundle);
    nd_stix_identity(&bundle, nd_str_of(run, "id"), bundle.identity);
    add_summary(&bundle);
    add_observations(&bundle);
    add_faults(&bundle);
    nd_stix_items(&bundle);
    size_t i = 0;
    json_t *entry = NULL;
    bool real = strcmp(nd_str_of(run, "mode"), "live") == 0 &&
                !json_is_true(json_object_get(run, "simulated"));
    json_array_foreach(real ? json_object_get(model, "series") : NULL, i, entry)
    {
        json_t *series = nd_unpacked(entry);
        add_series(&bundle, series);
        json_decref(series);
    }
    add_report(&bundle);
    json_t *whole = json_pack("{s:s, s:s, s:o}", "type", "bundle", "id",
                              nd_stix_id("bundle", bundle.key, id), "objects", bundle.objects);
    nd_report_json(whole, out);
    json_decref(whole);
    json_decref(bundle.refs);
    free(bundle.key);
    free(bundle.version);
    return ND_OK;
}
