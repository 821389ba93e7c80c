#include "report/across/catalogue.h"
#include "report/across/review_parts.h"
#include "report/words/yaml_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

nd_err nd_review_year(const char *text, int *year, struct nd_fail *why)
{
    char *end = NULL;
    long number = strtol(text, &end, 10);
    if (number >= 1 && number < 200)
        number += ND_ROC_OFFSET;
    if (end == text || *end != '\0' || number <= ND_ROC_OFFSET || number > 2110)
        return nd_fail_set(why, ND_EARG,
                           "'--year' takes a year such as 112 (民國) or 2023, got '%s'", text);
    *year = (int)number;
    return ND_OK;
}

/* ---- runs ---- */

/* The year of a run by the clock on the wall there; 0: not known. */
static int year_of(const json_t *model)
{
    json_int_t ms = nd_run_ms(model);
    json_int_t ahead = nd_int_of(json_object_get(model, "run"), "utc_offset_min");
    time_t seconds = (time_t)(ms / 1000 + ahead * 60);
    struct tm tm;
    return ms != 0 && gmtime_r(&seconds, &tm) != NULL ? tm.tm_year + 1900 : 0;
}

/* A day before and after, since the catalogue's moments are UTC and years are not. */
static bool may_be_of(const char *run_id, int year)
{
    char from[16];
    char till[16];
    snprintf(from, sizeof from, "%04d1231", year - 1);
    snprintf(till, sizeof till, "%04d0102", year + 1);
    return strncmp(run_id, from, 8) >= 0 && strncmp(run_id, till, 8) < 0;
}

/* What was measured second by second is not needed, and large. */
static void take(struct nd_review *review, json_t *model)
{
    json_object_del(model, "series");
    if (year_of(model) == review->year)
        json_array_append(review->runs, model);
}

static nd_err read_runs(struct nd_review *review, const char *runs,
                        void (*unread)(void *ctx, const char *run_id, const char *why), void *ctx,
                        struct nd_fail *why)
{
    struct nd_catalogue *catalogue = NULL;
    nd_err err = nd_catalogue_open(runs, false, unread, ctx, &catalogue, why);
    if (err != ND_OK)
        return err;
    json_t *list = nd_catalogue_runs(catalogue, NULL, false);
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(list, i, entry)
    {
        struct nd_rundir dir = {0};
        struct nd_fail fail = {0};
        const char *id = nd_str_of(entry, "run");
        if (!may_be_of(id, review->year))
            continue;
        /* Anew: ratings and improvement items go on after the run left its report. */
        json_t *model =
            nd_rundir_find(&dir, runs, id, &fail) == ND_OK ? nd_report_model(&dir, &fail) : NULL;
        if (model != NULL)
            take(review, model);
        else
            unread(ctx, id, fail.text);
        json_decref(model);
        nd_rundir_deinit(&dir);
    }
    json_decref(list);
    nd_catalogue_close(catalogue);
    return ND_OK;
}

/* This year's items, and of earlier ones what was not closed before it began; of the year before
 * all, for the report of that one promised them. */
static void take_items(struct nd_review *review, const char *runs, const struct nd_items_told *told)
{
    json_t *all = nd_items_read(runs, told);
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(all, i, item)
    {
        int year = atoi(nd_str_of(item, "date"));
        bool left = nd_item_is_open(item) || atoi(nd_str_of(item, "changed_at")) >= review->year;
        if (year == review->year || year == review->year - 1 || (year < review->year && left))
            json_array_append(review->items, item);
    }
    json_decref(all);
}

/* ---- goals ---- */

static bool take_drills(const struct nd_yaml_file *from, const struct nd_yaml *node, json_t *goal)
{
    json_t *list = json_array();
    json_object_set_new(goal, "drills", list);
    if (node->kind != ND_YAML_LIST || node->count == 0)
        return nd_yaml_file_refuse(from, node,
                                   "'drills' takes a list of drills' ids, such as [cable-cut]");
    for (size_t i = 0; i < node->count; i++) {
        if (node->items[i]->kind != ND_YAML_SCALAR)
            return nd_yaml_file_refuse(from, node->items[i], "expected a drill's id");
        json_array_append_new(list, json_string(node->items[i]->text));
    }
    return true;
}

/* planned: {runs: 2, met: 90%} */
static bool take_planned(const struct nd_yaml_file *from, const struct nd_yaml *node, json_t *goal)
{
    if (node->kind != ND_YAML_MAP)
        return nd_yaml_file_refuse(from, node,
                                   "'planned' takes {runs: a number, met: a share such as 90%%}");
    for (size_t i = 0; i < node->count; i++) {
        const struct nd_yaml *value = node->items[i];
        const char *key = node->keys[i]->text;
        struct nd_fail fail = {0};
        double share = 0;
        char *end = NULL;
        long count = value->kind == ND_YAML_SCALAR ? strtol(value->text, &end, 10) : -1;
        if (strcmp(key, "runs") == 0) {
            if (count < 0 || count > 10000 || end == value->text || *end != '\0')
                return nd_yaml_file_refuse(from, value,
                                           "'runs' takes how many drills are planned, 0 to 10000");
            json_object_set_new(goal, "runs", json_integer(count));
        } else if (strcmp(key, "met") == 0) {
            if (value->kind != ND_YAML_SCALAR ||
                nd_share_parse(value->text, &share, &fail) != ND_OK || share < 0 || share > 1)
                return nd_yaml_file_refuse(from, value, "'met' takes a share from 0%% to 100%%");
            json_object_set_new(goal, "met", json_real(share));
        } else {
            return nd_yaml_file_refuse(from, node->keys[i], "'planned' has 'runs' and 'met' alone");
        }
    }
    return true;
}

static bool take_goal(const struct nd_yaml_file *from, const struct nd_yaml *node, json_t *list)
{
    json_t *goal = json_object();
    json_array_append_new(list, goal);
    bool good = node->kind == ND_YAML_MAP ||
                nd_yaml_file_refuse(from, node, "expected 'goal' and 'drills'");
    for (size_t i = 0; good && i < node->count; i++) {
        const char *key = node->keys[i]->text;
        const struct nd_yaml *value = node->items[i];
        if (strcmp(key, "drills") == 0)
            good = take_drills(from, value, goal);
        else if (strcmp(key, "planned") == 0)
            good = take_planned(from, value, goal);
        else if (strcmp(key, "goal") == 0 || strcmp(key, "strategy") == 0 ||
                 strcmp(key, "remarks") == 0)
            good = nd_yaml_file_text(from, value, key, goal);
        else
            good = nd_yaml_file_refuse(
                from, node->keys[i],
                "unknown key; expected goal, drills, strategy, planned or remarks");
    }
    if (good && (json_object_get(goal, "goal") == NULL || json_object_get(goal, "drills") == NULL))
        good = nd_yaml_file_refuse(from, node, "a goal has at least 'goal' and 'drills'");
    return good;
}

static nd_err read_goals(struct nd_review *review, const char *path, struct nd_fail *why)
{
    struct nd_yaml_file from;
    nd_err err = nd_yaml_file_read(&from, path, why);
    const struct nd_yaml *list = err == ND_OK ? nd_yaml_get(from.root, "goals") : NULL;
    bool good = err == ND_OK;
    if (good && (list == NULL || list->kind != ND_YAML_LIST || list->count == 0))
        good = nd_yaml_file_refuse(&from, from.root, "expected 'goals', a list of them");
    for (size_t i = 0; good && list != NULL && i < list->count; i++)
        good = take_goal(&from, list->items[i], review->goals);
    nd_yaml_file_deinit(&from);
    return good ? ND_OK : ND_EARG;
}

/* Without a file: a goal for each drill, which is its title. */
static void goals_of_drills(struct nd_review *review)
{
    size_t i = 0;
    json_t *model = NULL;
    json_array_foreach(review->runs, i, model)
    {
        const json_t *drill = json_object_get(model, "drill");
        bool known = false;
        size_t k = 0;
        json_t *goal = NULL;
        json_array_foreach(review->goals, k, goal) known =
            known || strcmp(json_string_value(json_array_get(json_object_get(goal, "drills"), 0)),
                            nd_str_of(drill, "id")) == 0;
        if (!known)
            json_array_append_new(review->goals,
                                  json_pack("{s:O, s:[s]}", "goal", json_object_get(drill, "title"),
                                            "drills", nd_str_of(drill, "id")));
    }
}

/* ---- the whole ---- */

nd_err nd_review_open(const char *runs, int year, const char *goals,
                      void (*unread)(void *ctx, const char *run_id, const char *why), void *ctx,
                      struct nd_review **review, struct nd_fail *why)
{
    struct nd_review *r = nd_alloc(sizeof *r);
    *r = (struct nd_review){year, json_array(), json_array(), json_array()};
    const struct nd_items_told told = {unread, ctx};
    nd_err err = goals != NULL ? read_goals(r, goals, why) : ND_OK;
    if (err == ND_OK)
        err = read_runs(r, runs, unread, ctx, why);
    if (err == ND_OK)
        take_items(r, runs, &told);
    if (err == ND_OK && goals == NULL)
        goals_of_drills(r);
    if (err != ND_OK) {
        nd_review_free(r);
        return err;
    }
    *review = r;
    return ND_OK;
}

void nd_review_free(struct nd_review *review)
{
    if (review == NULL)
        return;
    json_decref(review->runs);
    json_decref(review->items);
    json_decref(review->goals);
    free(review);
}
