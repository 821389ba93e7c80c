#include "report/across/items_parts.h"

#include "record/evaluation.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Carrying items on, and saying of one in all runs what is said in one. The run that an item
 * belongs to comes first: what stands there counts, so that one who is stopped half-way has said
 * it; the others are brought up to date when it is said, or carried, again. */

static const char *const fields_of_item[] = {"action",   "issue",  "objective", "element",
                                             "priority", "owner",  "contact",   "start",
                                             "due",      "status", "proof"};
#define FIELDS (sizeof fields_of_item / sizeof fields_of_item[0])

nd_err nd_report_again(const struct nd_rundir *dir, struct nd_fail *why)
{
    char *path = nd_rundir_file(dir, "report/report.json");
    bool there = access(path, F_OK) == 0;
    free(path);
    return there ? nd_report_write(dir, NULL, NULL, why) : ND_OK;
}

static json_t *fields_from(const json_t *item)
{
    json_t *fields = json_object();
    for (size_t i = 0; i < FIELDS; i++) {
        if (json_object_get(item, fields_of_item[i]) != NULL)
            json_object_set(fields, fields_of_item[i], json_object_get(item, fields_of_item[i]));
    }
    return fields;
}

/* ---- carrying ---- */

struct carrying {
    struct nd_evaluation *evaluation;
    const json_t *heads, *state; /* of all runs; of the one that carries */
    const char *run, *by;
    size_t next, added, changed;
};

/* How many drills have carried it, this one among them: those that began. */
static json_int_t times_of(const struct carrying *c, const char *run, const char *item)
{
    json_int_t times = 1;
    size_t i = 0;
    json_t *head = NULL;
    json_array_foreach(c->heads, i, head) times +=
        json_is_true(json_object_get(head, "begun")) && strcmp(nd_str_of(head, "id"), c->run) < 0 &&
        nd_items_copy_in(json_object_get(head, "state"), run, item) != NULL;
    return times;
}

static nd_err carry_one(struct carrying *c, const json_t *head, const json_t *item,
                        struct nd_fail *why)
{
    const char *run = nd_str_of(head, "id");
    const char *id = nd_str_of(item, "id");
    const json_t *copy = nd_items_copy_in(c->state, run, id);
    json_t *fields = fields_from(item);
    json_t *had = copy != NULL ? fields_from(copy) : NULL;
    bool same = had != NULL && json_equal(had, fields);
    json_decref(had);
    if (same || (copy == NULL && !nd_item_is_open(item))) {
        json_decref(fields);
        return ND_OK;
    }
    if (copy != NULL) {
        const char *in_run = nd_str_of(item, "in_run");
        json_object_set_new(fields, "in_run", json_string(*in_run != '\0' ? in_run : run));
        c->changed++;
        return nd_evaluation_add(c->evaluation, "improvement.changed", nd_str_of(copy, "id"), c->by,
                                 fields, why);
    }
    char *subject = nd_printf("C%zu", c->next++);
    json_object_set_new(fields, "run", json_string(run));
    json_object_set_new(fields, "item", json_string(id));
    json_object_set(fields, "date", json_object_get(head, "date"));
    json_object_set_new(fields, "times", json_integer(times_of(c, run, id)));
    c->added++;
    nd_err err =
        nd_evaluation_add(c->evaluation, "improvement.carried", subject, c->by, fields, why);
    free(subject);
    return err;
}

/* Of an earlier live run of that drill, or of the one run named. */
static bool is_wanted(const json_t *head, const char *run, const char *drill, const char *from)
{
    const char *id = nd_str_of(head, "id");
    return strcmp(nd_str_of(head, "mode"), "live") == 0 && strcmp(id, run) < 0 &&
           (from != NULL ? strcmp(id, from) == 0 : strcmp(nd_str_of(head, "drill"), drill) == 0);
}

static nd_err carry_all(struct carrying *c, const char *drill, const char *from,
                        struct nd_fail *why)
{
    nd_err err = ND_OK;
    size_t i = 0;
    json_t *head = NULL;
    json_array_foreach(c->heads, i, head)
    {
        const char *run = nd_str_of(head, "id");
        bool wanted =
            from != NULL ? strcmp(run, from) == 0 : strcmp(nd_str_of(head, "drill"), drill) == 0;
        size_t k = 0;
        json_t *item = NULL;
        if (strcmp(nd_str_of(head, "mode"), "live") != 0 || strcmp(run, c->run) >= 0)
            continue;
        json_array_foreach(json_object_get(json_object_get(head, "state"), "improvements"), k, item)
        {
            bool carried = nd_items_copy_in(c->state, run, nd_str_of(item, "id")) != NULL;
            if (err == ND_OK && (wanted || carried))
                err = carry_one(c, head, item, why);
        }
    }
    return err;
}

/* Whether there is anything to carry: an evaluation is not begun for nothing. */
static bool has_items(const json_t *heads, const json_t *own, const char *from)
{
    bool any = json_array_size(json_object_get(json_object_get(own, "state"), "carried")) != 0;
    size_t i = 0;
    json_t *head = NULL;
    json_array_foreach(heads, i, head)
    {
        size_t k = 0;
        json_t *item = NULL;
        if (!is_wanted(head, nd_str_of(own, "id"), nd_str_of(own, "drill"), from))
            continue;
        json_array_foreach(json_object_get(json_object_get(head, "state"), "improvements"), k, item)
            any = any || nd_item_is_open(item);
    }
    return any;
}

nd_err nd_items_carry(const struct nd_rundir *dir, const char *from, const char *by,
                      const char *key_path, const struct nd_items_told *told, size_t *added,
                      size_t *changed, struct nd_fail *why)
{
    char *runs = nd_items_runs(dir);
    json_t *heads = nd_items_heads(runs, dir->run_id, told);
    const json_t *own = nd_entry_of(heads, "id", dir->run_id);
    bool unsigned_now = false;
    nd_err err = ND_OK;
    *added = 0;
    *changed = 0;
    free(runs);
    if (own == NULL)
        err = nd_fail_set(why, ND_EARG, "'%s' cannot be read, so nothing is carried into it",
                          dir->run_id);
    else if (from != NULL && nd_entry_of(heads, "id", from) == NULL)
        err = nd_fail_set(why, ND_EARG, "run '%s' has no improvement items here", from);
    else if (from != NULL && strcmp(from, dir->run_id) >= 0)
        err = nd_fail_set(why, ND_EARG, "'%s' is no earlier run than '%s'", from, dir->run_id);
    bool wanted =
        err == ND_OK && strcmp(nd_str_of(own, "mode"), "live") == 0 && has_items(heads, own, from);
    struct nd_evaluation *evaluation = wanted ? nd_evaluation_open(dir, why) : NULL;
    if (wanted && evaluation == NULL)
        err = why->code;
    if (evaluation != NULL) {
        const json_t *state = nd_evaluation_now(evaluation);
        struct carrying c = {.evaluation = evaluation,
                             .heads = heads,
                             .state = state,
                             .run = dir->run_id,
                             .by = by,
                             .next = json_array_size(json_object_get(state, "carried")) + 1};
        err = carry_all(&c, nd_str_of(own, "drill"), from, why);
        *added = c.added;
        *changed = c.changed;
        if (err == ND_OK && c.added + c.changed != 0)
            err = nd_evaluation_sign(evaluation, key_path, &unsigned_now, why);
        if (err == ND_OK && c.added + c.changed != 0)
            err = nd_report_again(dir, why);
        nd_evaluation_close(evaluation);
    }
    json_decref(heads);
    return err;
}

/* ---- saying ---- */

struct saying {
    const char *by, *key_path;
    const json_t *fields;
    struct nd_buf unsigned_now;
};

static nd_err say_in(struct saying *say, const struct nd_rundir *dir, const char *id,
                     const char *in_run, struct nd_fail *why)
{
    bool was_signed = false;
    struct nd_evaluation *evaluation = nd_evaluation_open(dir, why);
    if (evaluation == NULL)
        return why->code;
    json_t *data = json_copy((json_t *)say->fields);
    json_object_set_new(data, "in_run",
                        strcmp(in_run, dir->run_id) != 0 ? json_string(in_run) : json_null());
    nd_err err = nd_evaluation_add(evaluation, "improvement.changed", id, say->by, data, why);
    if (err == ND_OK)
        err = nd_evaluation_sign(evaluation, say->key_path, &was_signed, why);
    if (err == ND_OK)
        err = nd_report_again(dir, why);
    nd_evaluation_close(evaluation);
    if (was_signed)
        nd_buf_addf(&say->unsigned_now, " %s", dir->run_id);
    return err;
}

static nd_err say_by_name(struct saying *say, const char *runs, const char *run, const char *id,
                          const char *in_run, struct nd_fail *why)
{
    struct nd_rundir dir = {0};
    nd_err err = nd_rundir_find(&dir, runs, run, why);
    if (err == ND_OK)
        err = say_in(say, &dir, id, in_run, why);
    nd_rundir_deinit(&dir);
    return err;
}

/* Which run's it is: *run and *item, borrowed from state or the arguments. */
static nd_err owner_of(const json_t *state, const struct nd_rundir *dir, const char *id,
                       const char **run, const char **item, struct nd_fail *why)
{
    const json_t *own = nd_entry_of(json_object_get(state, "improvements"), "id", id);
    const json_t *copy = nd_entry_of(json_object_get(state, "carried"), "id", id);
    if (own == NULL && copy == NULL)
        return nd_fail_set(why, ND_EARG, "there is no item '%s'; netdrill improve list", id);
    *run = own != NULL ? dir->run_id : nd_str_of(copy, "run");
    *item = own != NULL ? id : nd_str_of(copy, "item");
    return ND_OK;
}

/* In all runs that carry it; one that cannot be told does not keep the others from it. */
static nd_err say_in_copies(struct saying *say, const char *runs, const char *run, const char *item,
                            const char *in_run, struct nd_fail *why)
{
    const struct nd_items_told nobody = {NULL, NULL};
    json_t *heads = nd_items_heads(runs, NULL, &nobody);
    nd_err err = ND_OK;
    size_t i = 0;
    json_t *head = NULL;
    json_array_foreach(heads, i, head)
    {
        const char *id = nd_str_of(head, "id");
        const json_t *copy = nd_items_copy_in(json_object_get(head, "state"), run, item);
        struct nd_fail one = {0};
        nd_err said =
            copy != NULL ? say_by_name(say, runs, id, nd_str_of(copy, "id"), in_run, &one) : ND_OK;
        if (said != ND_OK && err == ND_OK)
            err = nd_fail_set(why, said, "it is said, but not in run '%s', which carries it: %s",
                              id, one.text);
    }
    json_decref(heads);
    return err;
}

nd_err nd_items_change(const struct nd_rundir *dir, const char *id, const char *by,
                       const json_t *fields, const char *key_path, char **unsigned_now,
                       struct nd_fail *why)
{
    const char *run = "";
    const char *item = "";
    struct saying say = {.by = by, .key_path = key_path, .fields = fields};
    *unsigned_now = NULL;
    json_t *state = nd_evaluation_state(dir, why);
    nd_err err = state != NULL ? owner_of(state, dir, id, &run, &item, why) : why->code;
    if (err == ND_OK) {
        struct nd_rundir owner = {0};
        struct nd_fail gone = {0};
        char *runs = nd_items_runs(dir);
        /* A run whose directory has gone cannot be told; those that carry its item can. */
        bool own = strcmp(run, dir->run_id) == 0;
        if (own)
            err = say_in(&say, dir, item, dir->run_id, why);
        else if (nd_rundir_find(&owner, runs, run, &gone) == ND_OK)
            err = say_in(&say, &owner, item, dir->run_id, why);
        if (err == ND_OK)
            err = say_in_copies(&say, runs, run, item, dir->run_id, why);
        nd_rundir_deinit(&owner);
        free(runs);
    }
    if (say.unsigned_now.len_bytes != 0)
        *unsigned_now = nd_buf_take(&say.unsigned_now);
    json_decref(state);
    return err;
}
