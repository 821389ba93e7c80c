#include "report/model/model.h"

#include "record/journal.h"

#include <stdlib.h>
#include <string.h>

/* The events of the journal that the report rests on, so that each number of an event on a page
 * leads to what was recorded. */

/* "netdrill.step.started" without the first word. */
static const char *type_of(const json_t *event)
{
    static const char prefix[] = "netdrill.";
    const char *type = nd_str_of(event, "type");
    return strncmp(type, prefix, sizeof prefix - 1) == 0 ? type + sizeof prefix - 1 : type;
}

/* What an event says of itself, in both languages; NULL: nothing. Caller drops. */
static json_t *own_words(const json_t *event, const char *type)
{
    static const char *const keys[] = {"sentence", "title"};
    const json_t *data = json_object_get(event, "data");
    const char *actor = nd_str_of(event, "actor");
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (json_object_get(data, keys[i]) != NULL)
            return json_incref(json_object_get(data, keys[i]));
    }
    /* A remark of somebody's stands with the notes alone: not every reader may have it. */
    if (strcmp(type, "note") == 0 && strcmp(actor, "core") == 0)
        return json_incref(json_object_get(data, "text"));
    if (strcmp(type, "change.recorded") != 0)
        return NULL;
    char *name = nd_printf("%s.%s %s", nd_str_of(data, "plugin"), nd_str_of(data, "verb"),
                           nd_str_of(data, "target"));
    json_t *words = json_pack("{s:s, s:s}", "zh", name, "en", name);
    free(name);
    return words;
}

/* The same; of a change or a question, later events have the words of the first. said: by kind and
 * subject, "change 3". Caller drops. */
static json_t *words_of(json_t *said, const json_t *event, const char *type)
{
    json_t *words = own_words(event, type);
    size_t kind = strcspn(type, ".");
    if (strncmp(type, "change.", 7) != 0 && strncmp(type, "confirm.", 8) != 0)
        return words;
    char *key = nd_printf("%.*s %s", (int)kind, type, nd_str_of(event, "subject"));
    if (words != NULL)
        json_object_set(said, key, words);
    else
        words = json_incref(json_object_get(said, key));
    free(key);
    return words;
}

static json_t *event_json(const json_t *event, json_t *at_rel, json_t *sentence)
{
    const char *type = type_of(event);
    return json_pack("{s:O?, s:o, s:O?, s:s, s:O?, s:o?, s:O?}", "seq",
                     json_object_get(event, "seq"), "at_rel_ns", at_rel, "time",
                     json_object_get(event, "time"), "type", type, "subject",
                     json_object_get(event, "subject"), "sentence", sentence, "actor",
                     json_object_get(event, "actor"));
}

static void mark(bool *cited, size_t count, const json_t *value)
{
    size_t i = 0;
    json_t *one = NULL;
    json_int_t seq = json_integer_value(value);
    if (json_is_integer(value) && seq > 0 && (size_t)seq <= count)
        cited[seq - 1] = true;
    json_array_foreach(value, i, one) mark(cited, count, one);
}

/* Whatever stands at a key of an event's number, in the whole tree below. */
static void mark_all(bool *cited, size_t count, const json_t *tree)
{
    static const char *const keys[] = {"seq", "evidence", "aborted_seq", "keeper_seq"};
    const char *key = NULL;
    size_t i = 0;
    json_t *below = NULL;
    json_object_foreach((json_t *)tree, key, below)
    {
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            if (strcmp(key, keys[k]) == 0)
                mark(cited, count, below);
        }
        if (json_is_object(below) || json_is_array(below))
            mark_all(cited, count, below);
    }
    json_array_foreach(tree, i, below)
    {
        if (json_is_object(below))
            mark_all(cited, count, below);
    }
}

struct citing {
    const bool *cited; /* by number, from 0 */
    size_t count, at;
    nd_ns t0;
    bool started;
    json_t *list;
    json_t *said;
};

static bool take(void *ctx, const json_t *event)
{
    struct citing *citing = ctx;
    json_int_t moment = nd_int_of(event, "monons");
    if (citing->at == citing->count)
        return false; /* written since the model was made */
    json_t *words = words_of(citing->said, event, type_of(event));
    if (citing->cited[citing->at++])
        json_array_append_new(
            citing->list,
            event_json(event, citing->started ? json_integer(moment - citing->t0) : json_null(),
                       words));
    else
        json_decref(words);
    if (strcmp(nd_str_of(event, "type"), "netdrill.run.started") == 0) {
        citing->started = true;
        citing->t0 = nd_int_of(json_object_get(event, "data"), "t0_ns");
    }
    return true;
}

nd_err nd_model_cited(json_t *model, const char *path, size_t count, struct nd_fail *why)
{
    /* Evaluations have a journal of their own, with its own numbers. */
    static const char *const others[] = {"improvements", "evaluation", "journal", "series"};
    bool *cited = nd_alloc((count + 1) * sizeof *cited);
    json_t *rest = json_copy(model);
    struct nd_journal_check check;
    struct citing citing = {
        .cited = cited, .count = count, .list = json_array(), .said = json_object()};
    for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
        json_object_del(rest, others[k]);
    mark_all(cited, count, rest);
    json_decref(rest);
    nd_err err = nd_journal_read(path, take, &citing, &check, why);
    free(cited);
    json_decref(citing.said);
    json_object_set_new(json_object_get(model, "journal"), "cited", citing.list);
    return err;
}
