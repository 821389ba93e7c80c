#include "report/across/items_parts.h"
#include "report/across/review_parts.h"
#include "report/words/reason.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The review's tables, once as data for all formats. Nothing here is anybody's judgement: figures,
 * states and reasons are those of the records, and where these tell nothing it says so. */

struct writer {
    const struct nd_review *review;
    struct nd_page page;
    struct nd_document *document;
    struct nd_sheet *sheet;
    struct nd_buf cell; /* being written */
};

/* A line of the cell being written. */
__attribute__((format(printf, 2, 3))) static void line(struct writer *w, const char *format, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, format);
    ND_CHECK(vasprintf(&text, format, args) >= 0);
    va_end(args);
    nd_buf_addf(&w->cell, "%s%s", w->cell.len_bytes != 0 ? "\n" : "", text);
    free(text);
}

static void end_cell(struct writer *w)
{
    nd_sheet_text(w->sheet, nd_buf_str(&w->cell));
    nd_buf_deinit(&w->cell);
    w->cell = (struct nd_buf){0};
}

static void begin(struct writer *w, enum nd_message name, const enum nd_message *headings,
                  size_t count)
{
    w->sheet = nd_document_sheet(w->document, &w->page, nd_msg(&w->page, name), headings, count);
}

static const char *words(const struct writer *w, const json_t *object, const char *key)
{
    return nd_text_of(&w->page, json_object_get(object, key));
}

static const json_t *run_of(const json_t *model)
{
    return json_object_get(model, "run");
}

/* "2023-09-21", in Chinese with 民國 112 年 9 月 21 日. out: 80 bytes. */
static const char *date_of(const struct writer *w, const json_t *model, char *out)
{
    time_t seconds =
        (time_t)(nd_run_ms(model) / 1000 + nd_int_of(run_of(model), "utc_offset_min") * 60);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    int year = tm.tm_year + 1900;
    int len = snprintf(out, 80, "%04d-%02d-%02d", year, tm.tm_mon + 1, tm.tm_mday);
    if (w->page.lang == ND_LANG_ZH)
        snprintf(out + len, 80 - (size_t)len, "（民國 %d 年 %d 月 %d 日）", year - ND_ROC_OFFSET,
                 tm.tm_mon + 1, tm.tm_mday);
    return out;
}

static bool simulated(const json_t *model)
{
    return json_is_true(json_object_get(run_of(model), "simulated"));
}

bool nd_review_carried_out(const json_t *model)
{
    static const char *const outcomes[] = {"ok", "missed", "incomplete", "unsteady", "unrestored"};
    bool held = false;
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
        held = held || strcmp(nd_str_of(run_of(model), "outcome"), outcomes[i]) == 0;
    return held && nd_start_ms(model) >= 0 &&
           json_object_get(json_object_get(model, "safety"), "aborted") == NULL;
}

static bool serves_drill(const json_t *goal, const char *id)
{
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(goal, "drills"), i, one)
    {
        if (strcmp(json_string_value(one), id) == 0)
            return true;
    }
    return false;
}

bool nd_review_serves(const json_t *goal, const json_t *model)
{
    return serves_drill(goal, nd_str_of(json_object_get(model, "drill"), "id"));
}

/* ---- goals and results ---- */

static void put_goal(struct writer *w, const json_t *goal)
{
    json_t *told = json_object();
    size_t i = 0;
    json_t *model = NULL;
    line(w, "%s", words(w, goal, "goal"));
    json_array_foreach(w->review->runs, i, model)
    {
        size_t k = 0;
        json_t *objective = NULL;
        json_array_foreach(nd_review_serves(goal, model) ? json_object_get(model, "objectives")
                                                         : NULL,
                           k, objective)
        {
            const char *text = words(w, objective, "text");
            if (strcmp(nd_str_of(objective, "kind"), "objective") != 0 ||
                json_object_get(told, text) != NULL)
                continue;
            json_object_set_new(told, text, json_true());
            line(w, "・%s", text);
        }
    }
    json_decref(told);
    end_cell(w);
}

static void put_actions(struct writer *w, const json_t *goal)
{
    size_t held = 0;
    size_t i = 0;
    json_t *model = NULL;
    if (json_object_get(goal, "strategy") != NULL)
        line(w, "%s", words(w, goal, "strategy"));
    json_array_foreach(w->review->runs, i, model)
    {
        char date[80];
        if (!nd_review_serves(goal, model))
            continue;
        held++;
        line(w, "%s %s%s%s%s%s%s", date_of(w, model, date),
             words(w, json_object_get(model, "drill"), "title"), nd_colon(&w->page),
             nd_outcome_text(&w->page, nd_str_of(run_of(model), "outcome")),
             simulated(model) ? " [" : "",
             simulated(model) ? nd_msg(&w->page, ND_MSG_RV_SIMULATED) : "",
             simulated(model) ? "]" : "");
    }
    if (held == 0)
        line(w, "%s", nd_msg(&w->page, ND_MSG_RV_NO_RUN));
    end_cell(w);
}

static void put_effects(struct writer *w, const json_t *goal)
{
    char *effects = nd_review_effects(w->review, goal, w->page.lang);
    line(w, "%s", *effects != '\0' ? effects : "–");
    free(effects);
    end_cell(w);
}

static bool of_this_year(const struct writer *w, const json_t *item)
{
    return atoi(nd_str_of(item, "date")) == w->review->year;
}

/* The day of the year's last drill: what is overdue is so by then, whenever the review is made. */
static const char *last_day(const struct writer *w, char *out)
{
    const json_t *runs = w->review->runs;
    snprintf(out, ND_DATE_TEXT, "%04d-01-01", w->review->year);
    if (json_array_size(runs) != 0)
        nd_run_date(json_array_get(runs, json_array_size(runs) - 1), out);
    return out;
}

static void put_item_lines(struct writer *w, const json_t *goal, bool this_year)
{
    char day[ND_DATE_TEXT];
    size_t i = 0;
    json_t *item = NULL;
    last_day(w, day);
    json_array_foreach(w->review->items, i, item)
    {
        const char *due = nd_str_of(item, "due");
        const char *proof = nd_str_of(item, "proof");
        const char *overdue = nd_item_is_overdue(item, day) ? nd_msg(&w->page, ND_MSG_OVERDUE) : "";
        if (of_this_year(w, item) != this_year || !serves_drill(goal, nd_str_of(item, "drill")))
            continue;
        line(w, "%s%s%s%s: %s (%s%s%s%s%s)%s%s", this_year ? "" : "[",
             this_year ? "" : nd_msg(&w->page, ND_MSG_RV_LAST_ITEM), this_year ? "" : "] ",
             nd_str_of(item, "item"), nd_str_of(item, "action"),
             nd_state_text(&w->page, nd_str_of(item, "status")), *due != '\0' ? ", " : "", due,
             *overdue != '\0' ? ", " : "", overdue, *proof != '\0' ? ": " : "", proof);
    }
}

static void put_future(struct writer *w, const json_t *goal)
{
    put_item_lines(w, goal, true);
    if (w->cell.len_bytes == 0)
        line(w, "%s", nd_msg(&w->page, ND_MSG_RV_NO_ITEMS));
    put_item_lines(w, goal, false);
    end_cell(w);
}

/* ---- planned against achieved ---- */

/* "2023-09-21 failed: The page is served: connection refused" */
static void reason_line(struct writer *w, const char *date, const char *state, const char *text,
                        const char *why)
{
    char *reason = nd_reason_text(w->page.lang, why);
    line(w, "%s %s%s%s%s%s", date, nd_state_text(&w->page, state), nd_colon(&w->page), text,
         *reason != '\0' ? nd_colon(&w->page) : "", reason);
    free(reason);
}

static void put_reasons_of(struct writer *w, const json_t *model, const char *date)
{
    const json_t *safety = json_object_get(model, "safety");
    const char *outcome = nd_outcome_text(&w->page, nd_str_of(run_of(model), "outcome"));
    size_t i = 0;
    json_t *one = NULL;
    if (!nd_review_carried_out(model)) {
        const char *aborted = nd_str_of(safety, "aborted");
        char *reason =
            nd_reason_text(w->page.lang, *aborted != '\0' ? aborted : nd_str_of(safety, "refused"));
        line(w, "%s %s %s", date, outcome, reason);
        free(reason);
    }
    json_array_foreach(json_object_get(model, "verdicts"), i, one)
    {
        const char *grade = nd_str_of(one, "grade");
        if (strcmp(grade, "met") != 0)
            reason_line(w, date, grade, words(w, one, "sentence"), nd_str_of(one, "why"));
    }
    json_array_foreach(json_object_get(model, "steps"), i, one)
    {
        const char *state = nd_str_of(one, "state");
        if (strcmp(state, "failed") == 0 || strcmp(state, "skipped") == 0)
            reason_line(w, date, state, words(w, one, "title"), nd_str_of(one, "why"));
    }
    json_array_foreach(json_object_get(model, "obligations"), i, one)
    {
        const char *verdict = nd_str_of(one, "verdict");
        if (strcmp(verdict, "missed") == 0 || strcmp(verdict, "late") == 0)
            reason_line(w, date, verdict, words(w, one, "title"), "");
    }
    const json_t *summary = json_object_get(model, "summary");
    json_int_t left = nd_int_of(summary, "changes") - nd_int_of(summary, "verified");
    if (left > 0)
        line(w, "%s %s: %lld", date, nd_msg(&w->page, ND_MSG_RV_NOT_RESTORED), (long long)left);
}

static void put_reasons(struct writer *w, const json_t *goal, bool short_of)
{
    size_t i = 0;
    json_t *model = NULL;
    json_array_foreach(w->review->runs, i, model)
    {
        char date[80];
        if (nd_review_serves(goal, model))
            put_reasons_of(w, model, date_of(w, model, date));
    }
    if (short_of && w->cell.len_bytes == 0)
        line(w, "%s", nd_msg(&w->page, ND_MSG_RV_UNEXPLAINED));
    if (json_object_get(goal, "remarks") != NULL)
        line(w, "%s: %s", nd_msg(&w->page, ND_MSG_RV_REMARKS), words(w, goal, "remarks"));
    if (w->cell.len_bytes == 0)
        line(w, "–");
    end_cell(w);
}

/* What the drills carried out for a goal came to. */
struct sums {
    json_int_t held, good, all;
};

static struct sums sums_of(const struct nd_review *review, const json_t *goal)
{
    struct sums sums = {0, 0, 0};
    size_t i = 0;
    json_t *model = NULL;
    json_array_foreach(review->runs, i, model)
    {
        const json_t *s = json_object_get(model, "summary");
        if (!nd_review_serves(goal, model) || !nd_review_carried_out(model))
            continue;
        sums.held++;
        sums.good += nd_int_of(s, "met");
        sums.all += nd_int_of(s, "met") + nd_int_of(s, "missed") + nd_int_of(s, "unknown");
    }
    return sums;
}

static void put_compared(struct writer *w, const json_t *goal)
{
    char share[ND_UNIT_TEXT];
    const char *times = nd_msg(&w->page, ND_MSG_RV_TIMES);
    const char *expectations = nd_msg(&w->page, ND_MSG_RV_EXPECTATIONS);
    const json_t *runs = json_object_get(goal, "runs");
    const json_t *met = json_object_get(goal, "met");
    const struct sums sums = sums_of(w->review, goal);
    nd_sheet_row(w->sheet);
    line(w, "%s", words(w, goal, "goal"));
    end_cell(w);
    if (runs != NULL)
        line(w, "%s %lld", times, (long long)json_integer_value(runs));
    if (met != NULL)
        line(w, "%s %s", expectations, nd_share_format(json_real_value(met), share));
    if (runs == NULL && met == NULL)
        line(w, "%s", nd_msg(&w->page, ND_MSG_RV_NOT_SET));
    end_cell(w);
    line(w, "%s %lld", times, (long long)sums.held);
    line(w, "%s %lld/%lld (%s)", expectations, (long long)sums.good, (long long)sums.all,
         sums.all > 0 ? nd_share_format((double)sums.good / (double)sums.all, share) : "–");
    end_cell(w);
    bool short_of = (runs != NULL && sums.held < json_integer_value(runs)) ||
                    (met != NULL && (sums.all == 0 ||
                                     (double)sums.good < json_real_value(met) * (double)sums.all));
    put_reasons(w, goal, short_of);
}

json_t *nd_review_bars(const struct nd_review *review, enum nd_lang lang)
{
    const struct nd_page page = {NULL, lang, NULL};
    json_t *bars = json_array();
    size_t i = 0;
    json_t *goal = NULL;
    json_array_foreach(review->goals, i, goal)
    {
        const struct sums sums = sums_of(review, goal);
        json_array_append_new(
            bars,
            json_pack("{s:s, s:I, s:O?, s:o, s:O?}", "label",
                      nd_text_of(&page, json_object_get(goal, "goal")), "held", sums.held,
                      "planned_runs", json_object_get(goal, "runs"), "met",
                      sums.all > 0 ? json_real((double)sums.good / (double)sums.all) : json_null(),
                      "planned_met", json_object_get(goal, "met")));
    }
    return bars;
}

/* ---- lists ---- */

static void put_run(struct writer *w, const json_t *model)
{
    const json_t *run = run_of(model);
    const json_t *s = json_object_get(model, "summary");
    char date[80];
    nd_sheet_row(w->sheet);
    nd_sheet_text(w->sheet, date_of(w, model, date));
    nd_sheet_text(w->sheet, words(w, json_object_get(model, "drill"), "title"));
    nd_sheet_text(w->sheet, nd_str_of(run, "id"));
    nd_sheet_text(w->sheet, nd_outcome_text(&w->page, nd_str_of(run, "outcome")));
    line(w, "%lld/%lld", (long long)nd_int_of(s, "met"),
         (long long)(nd_int_of(s, "met") + nd_int_of(s, "missed") + nd_int_of(s, "unknown")));
    end_cell(w);
    for (size_t i = 0; i < ND_MARKS; i++) {
        enum nd_message mark = nd_mark_of(run, i);
        if (mark != ND_MSG_COUNT)
            line(w, "%s%s%s", nd_msg(&w->page, mark), nd_mark_gap(&w->page, run, mark),
                 nd_mark_detail(&w->page, run, mark));
    }
    end_cell(w);
}

static void put_items(struct writer *w, bool this_year)
{
    char day[ND_DATE_TEXT];
    size_t i = 0;
    json_t *item = NULL;
    last_day(w, day);
    json_array_foreach(w->review->items, i, item)
    {
        if (of_this_year(w, item) == this_year)
            nd_items_row(&w->page, item, day, w->sheet);
    }
}

void nd_review_tables(const struct nd_review *review, enum nd_lang lang,
                      struct nd_document *document)
{
    static const enum nd_message goals[] = {ND_MSG_RV_GOAL, ND_MSG_RV_ACTION, ND_MSG_RV_EFFECT,
                                            ND_MSG_RV_FUTURE};
    static const enum nd_message compared[] = {ND_MSG_RV_GOAL, ND_MSG_PLANNED, ND_MSG_RV_ACHIEVED,
                                               ND_MSG_RV_REASONS};
    static const enum nd_message runs[] = {ND_MSG_RV_DATE, ND_MSG_RV_DRILL,        ND_MSG_RUN,
                                           ND_MSG_OUTCOME, ND_MSG_RV_EXPECTATIONS, ND_MSG_RV_NOTES};
    struct writer w = {.review = review, .page = {NULL, lang, NULL}, .document = document};
    size_t i = 0;
    json_t *one = NULL;
    begin(&w, ND_MSG_RV_TABLE, goals, 4);
    json_array_foreach(review->goals, i, one)
    {
        nd_sheet_row(w.sheet);
        put_goal(&w, one);
        put_actions(&w, one);
        put_effects(&w, one);
        put_future(&w, one);
    }
    begin(&w, ND_MSG_RV_COMPARED, compared, 4);
    json_array_foreach(review->goals, i, one) put_compared(&w, one);
    begin(&w, ND_MSG_RV_RUNS, runs, 6);
    json_array_foreach(review->runs, i, one) put_run(&w, one);
    begin(&w, ND_MSG_RV_ITEMS, nd_items_headings, ND_ITEMS_COLUMNS);
    put_items(&w, true);
    begin(&w, ND_MSG_RV_LAST, nd_items_headings, ND_ITEMS_COLUMNS);
    put_items(&w, false);
}

char *nd_review_title(const struct nd_review *review, enum nd_lang lang)
{
    const struct nd_page page = {NULL, lang, NULL};
    if (lang == ND_LANG_ZH)
        return nd_printf("民國 %d 年（%d）%s", review->year - ND_ROC_OFFSET, review->year,
                         nd_msg(&page, ND_MSG_RV_TITLE));
    return nd_printf("%s, %d", nd_msg(&page, ND_MSG_RV_TITLE), review->year);
}

bool nd_review_simulated(const struct nd_review *review)
{
    size_t i = 0;
    json_t *model = NULL;
    json_array_foreach(review->runs, i, model)
    {
        if (simulated(model))
            return true;
    }
    return false;
}
