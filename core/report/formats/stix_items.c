#include "report/formats/stix.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Improvement items as courses of action. An item belongs to the run it was drawn from; in the
 * bundle of each run that tells of it, it is the same object, of the version that it then was. So
 * nothing is in it but what is the item's: what a run adds is said in a note on it. */

/* When the run began, as its id tells: known in every run that carries its items. */
static void begun(const struct nd_stix *bundle, const char *run_id, char *out)
{
    struct tm tm = {0};
    if (strptime(run_id, "%Y%m%dT%H%M%SZ-", &tm) != NULL)
        strftime(out, ND_UNIT_TEXT, "%Y-%m-%dT%H:%M:%S.000Z", &tm);
    else
        snprintf(out, ND_UNIT_TEXT, "%s", bundle->created);
}

/* With who answers for it; STIX has no field for how far it is. Caller frees. */
static char *description(const struct nd_stix *bundle, const json_t *one)
{
    static const struct {
        const char *key;
        enum nd_message words;
        bool state;
    } parts[] = {{"issue", ND_MSG_ISSUE, false},       {"element", ND_MSG_ELEMENT, true},
                 {"owner", ND_MSG_RESPONSIBLE, false}, {"contact", ND_MSG_CONTACT, false},
                 {"start", ND_MSG_START_DATE, false},  {"due", ND_MSG_DUE_DATE, false},
                 {"priority", ND_MSG_PRIORITY, true},  {"status", ND_MSG_STATE, true},
                 {"proof", ND_MSG_PROOF, false}};
    struct nd_buf text = {0};
    nd_buf_adds(&text, "EXERCISE 演練:");
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
        const char *value = nd_str_of(one, parts[k].key);
        if (*value != '\0')
            nd_buf_addf(&text, "\n%s: %s", nd_msg(bundle->page, parts[k].words),
                        parts[k].state ? nd_state_text(bundle->page, value) : value);
    }
    return nd_buf_take(&text);
}

/* run, number: whose it is, and what it is called there. Borrowed. */
static const char *add_item(struct nd_stix *bundle, const json_t *one, const char *run,
                            const char *number)
{
    char id[ND_STIX_ID];
    char by[ND_STIX_ID];
    char created[ND_UNIT_TEXT];
    const char *changed = nd_str_of(one, "changed_at");
    const char *modified = *changed != '\0' ? changed : nd_str_of(one, "at");
    char *whole = nd_printf("course-of-action|%s|%s|%s", run, number, bundle->version);
    char *place = nd_printf("%s/%s", run, number);
    nd_stix_id("course-of-action", whole, id);
    nd_stix_identity(bundle, run, by);
    begun(bundle, run, created);
    json_t *action = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[s], s:[{s:s, s:s}], s:[s]}", "type",
        "course-of-action", "spec_version", "2.1", "id", id, "created_by_ref", by, "created",
        created, "modified", strcmp(modified, created) > 0 ? modified : created, "lang",
        nd_stix_lang(bundle), "labels", "exercise", "external_references", "source_name",
        "netdrill improvement item", "external_id", place, "object_marking_refs", bundle->tlp->id);
    nd_stix_set(action, "name",
                nd_printf("EXERCISE 演練: %s: %s", number, nd_str_of(one, "action")));
    nd_stix_set(action, "description", description(bundle, one));
    json_array_append_new(bundle->objects, action);
    json_array_append(bundle->refs, json_object_get(action, "id"));
    free(place);
    free(whole);
    return nd_str_of(action, "id");
}

/* The observation that it follows from. */
static void relate(struct nd_stix *bundle, const json_t *one, const char *item)
{
    char note[ND_STIX_ID];
    const char *number = nd_str_of(one, "observation");
    char *name = nd_stix_observation(number);
    char *whole = nd_printf("%s|note|%s", bundle->key, name);
    nd_stix_id("note", whole, note);
    if (nd_entry_of(bundle->objects, "id", note) != NULL) {
        json_t *relation = nd_stix_add(bundle, "relationship", item);
        char *words =
            nd_printf("%s %s", nd_msg(bundle->page, ND_MSG_FOLLOWS_FROM_OBSERVATION), number);
        json_object_set_new(relation, "relationship_type", json_string("related-to"));
        nd_stix_set(relation, "description", nd_stix_named(bundle, words));
        json_object_set_new(relation, "source_ref", json_string(item));
        json_object_set_new(relation, "target_ref", json_string(note));
        free(words);
    }
    free(whole);
    free(name);
}

/* What this run says of an item that it carries on. */
static void add_carrying(struct nd_stix *bundle, const json_t *one, const char *item)
{
    const struct nd_page *page = bundle->page;
    const char *since = nd_str_of(one, "overdue_since");
    struct nd_buf text = {0};
    char *name = nd_printf("carried|%s", nd_str_of(one, "id"));
    nd_buf_addf(&text, "%s\n%s: %s/%s\n%s: %lld", nd_str_of(one, "id"),
                nd_msg(page, ND_MSG_CARRIED_FROM), nd_str_of(one, "run"), nd_str_of(one, "item"),
                nd_msg(page, ND_MSG_TIMES), (long long)nd_int_of(one, "times"));
    if (*since != '\0')
        nd_buf_addf(&text, "\n%s: %s", nd_msg(page, ND_MSG_OVERDUE_SINCE), since);
    nd_stix_note(bundle, name, nd_msg(page, ND_MSG_CARRIED), nd_buf_take(&text), item);
    free(name);
}

void nd_stix_items(struct nd_stix *bundle)
{
    const json_t *model = bundle->page->model;
    const char *run = nd_str_of(json_object_get(model, "run"), "id");
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(model, "improvements"), i, one)
        relate(bundle, one, add_item(bundle, one, run, nd_str_of(one, "id")));
    json_array_foreach(json_object_get(model, "carried"), i, one) add_carrying(
        bundle, one, add_item(bundle, one, nd_str_of(one, "run"), nd_str_of(one, "item")));
}
