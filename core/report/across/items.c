#include "report/across/items_parts.h"

#include "record/evaluation.h"
#include "record/journal.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Items are read from the evaluations themselves, not through the catalogue: a run that begins may
 * not have to wait for a lock. */

char *nd_items_runs(const struct nd_rundir *dir)
{
    const char *slash = strrchr(dir->path, '/');
    return slash == NULL ? nd_strdup(".") : nd_printf("%.*s", (int)(slash - dir->path), dir->path);
}

/* ---- one run ---- */

/* Up to STARTEX: which drill it is of, and whether it came so far. */
static bool fold_head(void *ctx, const json_t *event)
{
    json_t *head = ctx;
    json_t *run = json_object_get(head, "run");
    const json_t *data = json_object_get(event, "data");
    const char *type = nd_str_of(event, "type");
    if (strcmp(type, "netdrill.journal.opened") == 0) {
        const json_t *drill = json_object_get(data, "drill");
        json_object_set(head, "drill", json_object_get(drill, "id"));
        json_object_set(head, "title", json_object_get(drill, "title"));
        json_object_set(head, "mode", json_object_get(data, "mode"));
        json_object_set(run, "utc_offset_min", json_object_get(data, "utc_offset_min"));
    } else if (strcmp(type, "netdrill.run.started") == 0) {
        json_object_set(run, "wall", json_object_get(data, "wall"));
        json_object_set_new(head, "begun", json_true());
        return false;
    }
    return true;
}

static json_t *head_of(const struct nd_rundir *dir, struct nd_fail *why)
{
    struct nd_journal_check check;
    char date[ND_DATE_TEXT];
    json_t *head = json_pack("{s:{s:s}, s:b}", "run", "id", dir->run_id, "begun", 0);
    char *path = nd_rundir_file(dir, "journal.jsonl");
    nd_err err = nd_journal_read(path, fold_head, head, &check, why);
    json_t *state = err == ND_OK ? nd_evaluation_state(dir, why) : NULL;
    free(path);
    if (state == NULL) {
        json_decref(head);
        return NULL;
    }
    json_object_set_new(head, "date", json_string(nd_run_date(head, date)));
    json_object_set(head, "id", json_object_get(json_object_get(head, "run"), "id"));
    json_object_del(head, "run");
    json_object_set_new(head, "state", state);
    return head;
}

json_t *nd_items_heads(const char *runs, const char *also, const struct nd_items_told *told)
{
    struct dirent **names = NULL;
    json_t *heads = json_array();
    int count = scandir(runs, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        struct nd_rundir dir = {0};
        struct nd_fail why = {0};
        const char *name = names[i]->d_name;
        char *path = nd_printf("%s/%s/evaluation.jsonl", runs, name);
        bool wanted = name[0] != '.' &&
                      (access(path, F_OK) == 0 || (also != NULL && strcmp(name, also) == 0));
        json_t *head =
            wanted && nd_rundir_find(&dir, runs, name, &why) == ND_OK ? head_of(&dir, &why) : NULL;
        if (head != NULL)
            json_array_append_new(heads, head);
        else if (wanted && told->unread != NULL)
            told->unread(told->ctx, name, why.text);
        nd_rundir_deinit(&dir);
        free(path);
        free(names[i]);
    }
    free(names);
    return heads;
}

/* ---- all of them ---- */

json_t *nd_items_copy_in(const json_t *state, const char *run, const char *item)
{
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(state, "carried"), i, one)
    {
        if (strcmp(nd_str_of(one, "run"), run) == 0 && strcmp(nd_str_of(one, "item"), item) == 0)
            return one;
    }
    return NULL;
}

static bool is_live(const json_t *head)
{
    return strcmp(nd_str_of(head, "mode"), "live") == 0;
}

/* The item of a run, as it stands there. */
static json_t *own_item(const json_t *head, const json_t *item)
{
    json_t *one = json_copy((json_t *)item);
    json_object_set(one, "run", json_object_get(head, "id"));
    json_object_set(one, "item", json_object_get(item, "id"));
    json_object_set(one, "drill", json_object_get(head, "drill"));
    json_object_set(one, "title", json_object_get(head, "title"));
    json_object_set(one, "date", json_object_get(head, "date"));
    json_object_set_new(one, "gone", json_false());
    return one;
}

static json_t *find_item(const json_t *items, const char *run, const char *item)
{
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(items, i, one)
    {
        if (strcmp(nd_str_of(one, "run"), run) == 0 && strcmp(nd_str_of(one, "item"), item) == 0)
            return one;
    }
    return NULL;
}

/* A copy that a run carries: of an item that is there, or all that is left of it. */
static void take_copy(json_t *items, const json_t *head, const json_t *copy)
{
    const char *run = nd_str_of(copy, "run");
    json_t *one = find_item(items, run, nd_str_of(copy, "item"));
    json_t *carried = one != NULL ? json_incref(json_object_get(one, "carried")) : json_array();
    if (one == NULL || json_is_true(json_object_get(one, "gone"))) {
        json_t *left = json_copy((json_t *)copy);
        json_object_set(left, "drill", json_object_get(head, "drill"));
        json_object_set(left, "title", json_object_get(head, "title"));
        json_object_set_new(left, "gone", json_true());
        if (one != NULL) {
            json_object_clear(one);
            json_object_update(one, left);
            json_decref(left);
        } else {
            json_array_append_new(items, left);
            one = left;
        }
    }
    json_array_append_new(
        carried, json_pack("{s:O?, s:O?, s:O?, s:O?}", "run", json_object_get(head, "id"), "id",
                           json_object_get(copy, "id"), "date", json_object_get(head, "date"),
                           "begun", json_object_get(head, "begun")));
    json_object_set_new(one, "carried", carried);
}

json_t *nd_items_read(const char *runs, const struct nd_items_told *told)
{
    json_t *heads = nd_items_heads(runs, NULL, told);
    json_t *items = json_array();
    size_t h = 0;
    json_t *head = NULL;
    size_t i = 0;
    json_t *one = NULL;
    for (int pass = 0; pass < 2; pass++) {
        json_array_foreach(heads, h, head)
        {
            const json_t *state = json_object_get(head, "state");
            json_array_foreach(json_object_get(state, pass == 0 ? "improvements" : "carried"), i,
                               one)
            {
                if (!is_live(head))
                    continue;
                if (pass == 0) {
                    json_t *item = own_item(head, one);
                    json_object_set_new(item, "carried", json_array());
                    json_array_append_new(items, item);
                } else {
                    take_copy(items, head, one);
                }
            }
        }
    }
    json_array_foreach(items, i, one)
    {
        json_object_set_new(one, "open", json_boolean(nd_item_is_open(one)));
        json_object_del(one, "id");
        json_object_del(one, "seq");
        json_object_del(one, "times");
    }
    json_decref(heads);
    return items;
}
