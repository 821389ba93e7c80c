#include "report/model/model.h"

#include "record/journal.h"

#include <stdlib.h>
#include <string.h>

/* The events of the journal that the report rests on, so that each number of an event on a page
 * leads to what was recorded. */

static json_t *event_json(const json_t *event, json_t *at_rel)
{
    static const char prefix[] = "netdrill.";
    const char *type = nd_str_of(event, "type");
    if (strncmp(type, prefix, sizeof prefix - 1) == 0)
        type += sizeof prefix - 1;
    const json_t *data = json_object_get(event, "data");
    json_t *sentence = json_object_get(data, "sentence");
    sentence = sentence != NULL ? sentence : json_object_get(data, "title");
    return json_pack("{s:O?, s:o, s:O?, s:s, s:O?, s:O?, s:O?}", "seq",
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
};

static bool take(void *ctx, const json_t *event)
{
    struct citing *citing = ctx;
    json_int_t moment = nd_int_of(event, "monons");
    if (citing->at == citing->count)
        return false; /* written since the model was made */
    if (citing->cited[citing->at++])
        json_array_append_new(
            citing->list,
            event_json(event, citing->started ? json_integer(moment - citing->t0) : json_null()));
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
    struct citing citing = {.cited = cited, .count = count, .list = json_array()};
    for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
        json_object_del(rest, others[k]);
    mark_all(cited, count, rest);
    json_decref(rest);
    nd_err err = nd_journal_read(path, take, &citing, &check, why);
    free(cited);
    json_object_set_new(json_object_get(model, "journal"), "cited", citing.list);
    return err;
}
