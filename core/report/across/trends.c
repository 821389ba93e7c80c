#include "report/across/trends.h"

#include "report/across/chart.h"
#include "report/across/document.h"
#include "report/words/reason.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is another than before ---- */

static const struct {
    const char *key;
    enum nd_message words;
} definition[] = {{"limit", ND_MSG_LIMIT},
                  {"operator", ND_MSG_OPERATOR},
                  {"statistic", ND_MSG_STATISTIC},
                  {"revision", ND_MSG_REVISION},
                  {"scenario", ND_MSG_SCENARIO_HASH},
                  {"parameters", ND_MSG_PARAMETERS},
                  {"site", ND_MSG_SITE_HASH},
                  {"simulated", ND_MSG_RV_SIMULATED}};
#define DEFINITION (sizeof definition / sizeof definition[0])

static bool same(const json_t *a, const json_t *b)
{
    bool none = (a == NULL || json_is_null(a)) && (b == NULL || json_is_null(b));
    if (json_is_number(a) && json_is_number(b)) /* 30 and 30.0 are one threshold */
        return json_number_value(a) == json_number_value(b);
    return none || json_equal(a, b);
}

static void mark(json_t *kpi)
{
    const json_t *before = NULL;
    size_t i = 0;
    json_t *point = NULL;
    json_array_foreach(json_object_get(kpi, "points"), i, point)
    {
        json_t *changed = json_array();
        for (size_t k = 0; before != NULL && k < DEFINITION; k++) {
            if (!same(json_object_get(before, definition[k].key),
                      json_object_get(point, definition[k].key)))
                json_array_append_new(changed, json_string(definition[k].key));
        }
        json_object_set_new(point, "changed", changed);
        before = point;
    }
}

static bool holds(const json_t *kpi, const char *words)
{
    const json_t *sentence = json_object_get(kpi, "sentence");
    return words == NULL || strcasestr(nd_str_of(sentence, "zh"), words) != NULL ||
           strcasestr(nd_str_of(sentence, "en"), words) != NULL;
}

size_t nd_trends_mark(json_t *trends, const char *words)
{
    for (size_t i = json_array_size(trends); i-- > 0;) {
        json_t *kpi = json_array_get(trends, i);
        if (holds(kpi, words))
            mark(kpi);
        else
            json_array_remove(trends, i);
    }
    return json_array_size(trends);
}

char *nd_trends_changed_words(const json_t *point, enum nd_lang lang)
{
    const struct nd_page page = {NULL, lang, NULL};
    struct nd_buf out = {0};
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(point, "changed"), i, one)
    {
        for (size_t k = 0; k < DEFINITION; k++) {
            if (strcmp(definition[k].key, json_string_value(one)) == 0)
                nd_buf_addf(&out, "%s%s", i != 0 ? ", " : "", nd_msg(&page, definition[k].words));
        }
    }
    return nd_buf_take(&out);
}

/* ---- the tables ---- */

/* What has to be known of a point before it is read. */
static char *remarks_of(const struct nd_page *page, const json_t *point)
{
    struct nd_buf out = {0};
    const char *outcome = nd_str_of(point, "outcome");
    const char *why = nd_str_of(point, "why");
    if (json_is_true(json_object_get(point, "simulated")))
        nd_buf_adds(&out, nd_msg(page, ND_MSG_RV_SIMULATED));
    if (strcmp(outcome, "ok") != 0 && strcmp(outcome, "missed") != 0)
        nd_buf_addf(&out, "%s%s", out.len_bytes != 0 ? "\n" : "", nd_outcome_text(page, outcome));
    nd_buf_adds(&out, out.len_bytes != 0 && *why != '\0' ? "\n" : "");
    nd_reason(page->lang, why, &out);
    return nd_buf_take(&out);
}

/* "2023-09-21", in Chinese with 民國 112 年. Caller frees. */
static char *date_words(const struct nd_page *page, const json_t *point)
{
    const char *date = nd_str_of(point, "date");
    if (page->lang == ND_LANG_EN || strlen(date) < 4)
        return nd_strdup(date);
    return nd_printf("%s（民國 %d 年）", date, atoi(date) - ND_ROC_OFFSET);
}

/* Of a page: a table for each expectation, in words. */
static void add_kpi(struct nd_document *document, const struct nd_page *page, const json_t *kpi)
{
    static const enum nd_message headings[] = {ND_MSG_RV_DATE,     ND_MSG_RUN,     ND_MSG_MEASURED,
                                               ND_MSG_UNCERTAINTY, ND_MSG_LIMIT,   ND_MSG_GRADE,
                                               ND_MSG_TR_CHANGED,  ND_MSG_RV_NOTES};
    const char *unit = nd_str_of(kpi, "unit");
    struct nd_sheet *sheet = nd_document_sheet(
        document, page, nd_text_of(page, json_object_get(kpi, "sentence")), headings, 8);
    size_t i = 0;
    json_t *point = NULL;
    json_array_foreach(json_object_get(kpi, "points"), i, point)
    {
        char measured[64];
        char width[64];
        char limit[64];
        const char *statistic = nd_statistic_of(point, unit);
        const json_t *uncertainty = json_object_get(point, "uncertainty");
        char *date = date_words(page, point);
        char *changed = nd_trends_changed_words(point, page->lang);
        char *remarks = remarks_of(page, point);
        nd_value_text(page, json_object_get(point, "measured"), unit, statistic, measured);
        nd_value_text(page, uncertainty, unit, statistic, width);
        nd_value_text(page, json_object_get(point, "limit"), unit, statistic, limit);
        char *wide = nd_printf(json_number_value(uncertainty) > 0 ? "\u00b1 %s" : "", width);
        char *bound = nd_printf("%s %s", nd_operator_sign(nd_str_of(point, "operator")), limit);
        const char *const cells[] = {date,     nd_str_of(point, "run"),
                                     measured, wide,
                                     bound,    nd_state_text(page, nd_str_of(point, "grade")),
                                     changed,  remarks};
        nd_document_row(sheet, cells, 8);
        free(date);
        free(changed);
        free(remarks);
        free(wide);
        free(bound);
    }
}

/* Of a spreadsheet: all in one, figures as numbers in their unit. */
static void add_flat(struct nd_document *document, const struct nd_page *page, const json_t *trends)
{
    static const enum nd_message headings[] = {
        ND_MSG_SENTENCE,    ND_MSG_STEP,      ND_MSG_RV_DATE,       ND_MSG_TR_ROC,
        ND_MSG_RUN,         ND_MSG_STATISTIC, ND_MSG_UNIT,          ND_MSG_MEASURED,
        ND_MSG_UNCERTAINTY, ND_MSG_OPERATOR,  ND_MSG_LIMIT,         ND_MSG_GRADE,
        ND_MSG_TR_CHANGED,  ND_MSG_REVISION,  ND_MSG_SCENARIO_HASH, ND_MSG_RV_NOTES};
    struct nd_sheet *sheet = nd_document_sheet(document, page, nd_msg(page, ND_MSG_TR_TITLE),
                                               headings, sizeof headings / sizeof headings[0]);
    size_t k = 0;
    json_t *kpi = NULL;
    json_array_foreach(trends, k, kpi)
    {
        size_t i = 0;
        json_t *point = NULL;
        json_array_foreach(json_object_get(kpi, "points"), i, point)
        {
            char *changed = nd_trends_changed_words(point, page->lang);
            char *remarks = remarks_of(page, point);
            nd_sheet_row(sheet);
            nd_sheet_text(sheet, nd_text_of(page, json_object_get(kpi, "sentence")));
            nd_sheet_text(sheet, nd_str_of(kpi, "step"));
            nd_sheet_text(sheet, nd_str_of(point, "date"));
            nd_sheet_number(sheet, atoi(nd_str_of(point, "date")) - ND_ROC_OFFSET);
            nd_sheet_text(sheet, nd_str_of(point, "run"));
            nd_sheet_text(sheet, nd_str_of(point, "statistic"));
            nd_sheet_text(sheet, nd_str_of(kpi, "unit"));
            nd_document_number(sheet, json_object_get(point, "measured"));
            nd_document_number(sheet, json_object_get(point, "uncertainty"));
            nd_sheet_text(sheet, nd_str_of(point, "operator"));
            nd_document_number(sheet, json_object_get(point, "limit"));
            nd_sheet_text(sheet, nd_state_text(page, nd_str_of(point, "grade")));
            nd_sheet_text(sheet, changed);
            nd_document_number(sheet, json_object_get(point, "revision"));
            nd_sheet_text(sheet, nd_str_of(point, "scenario"));
            nd_sheet_text(sheet, remarks);
            free(changed);
            free(remarks);
        }
    }
}

/* ---- the document ---- */

static void put_chart(void *ctx, const struct nd_page *page, size_t sheet)
{
    nd_chart_trend(page, json_array_get(ctx, sheet), sheet);
}

static const char *class_of(void *ctx, size_t sheet, size_t row, size_t column)
{
    const json_t *points = json_object_get(json_array_get(ctx, sheet), "points");
    const json_t *point = json_array_get(points, row - 1);
    if (column == 5)
        return nd_state_class(nd_str_of(point, "grade"));
    return column == 0 ? "date" : column >= 2 && column <= 4 ? "n" : "";
}

static bool any_simulated(const json_t *trends)
{
    size_t k = 0;
    json_t *kpi = NULL;
    json_array_foreach(trends, k, kpi)
    {
        size_t i = 0;
        json_t *point = NULL;
        json_array_foreach(json_object_get(kpi, "points"), i, point)
        {
            if (json_is_true(json_object_get(point, "simulated")))
                return true;
        }
    }
    return false;
}

nd_err nd_trends_render(const json_t *trends, const json_t *title, const char *format,
                        enum nd_lang lang, struct nd_buf *out, struct nd_fail *why)
{
    const struct nd_page page = {NULL, lang == ND_LANG_ZH ? ND_LANG_ZH : ND_LANG_EN, out};
    bool flat = strcmp(format, "csv") == 0 || strcmp(format, "ods") == 0;
    struct nd_document document = {.title = nd_printf("%s \u00b7 %s", nd_text_of(&page, title),
                                                      nd_msg(&page, ND_MSG_TR_TITLE)),
                                   .note = nd_strdup(nd_msg(&page, ND_MSG_TR_DEF)),
                                   .simulated = any_simulated(trends),
                                   .above = put_chart,
                                   .class_of = class_of,
                                   .ctx = (json_t *)trends};
    size_t k = 0;
    json_t *kpi = NULL;
    if (flat)
        add_flat(&document, &page, trends);
    else
        json_array_foreach(trends, k, kpi) add_kpi(&document, &page, kpi);
    nd_err err = nd_document_render(&document, format, lang, out, why);
    nd_document_deinit(&document);
    return err;
}
