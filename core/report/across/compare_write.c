#include "report/across/chart.h"
#include "report/across/compare.h"
#include "report/across/document.h"
#include "report/words/reason.h"

#include <stdlib.h>
#include <string.h>

/* A comparison as a document. */

struct words {
    const char *key;
    enum nd_message message;
};

static const struct words changes[] = {{"same", ND_MSG_CH_same},
                                       {"better", ND_MSG_CH_better},
                                       {"worse", ND_MSG_CH_worse},
                                       {"differs", ND_MSG_CH_differs},
                                       {"incomparable", ND_MSG_CH_incomparable},
                                       {"gone", ND_MSG_CH_gone},
                                       {"new", ND_MSG_CH_new}};
static const struct words reasons[] = {
    {"drill", ND_MSG_CH_OTHER_drill},       {"simulated", ND_MSG_CH_OTHER_simulated},
    {"unit", ND_MSG_CH_OTHER_unit},         {"statistic", ND_MSG_CH_OTHER_statistic},
    {"operator", ND_MSG_CH_OTHER_operator}, {"unmeasured", ND_MSG_CH_UNMEASURED},
    {"not_reached", ND_MSG_CH_NOT_REACHED}, {"skipped", ND_MSG_CH_SKIPPED},
    {"failed", ND_MSG_CH_FAILED},           {"cancelled", ND_MSG_CH_CANCELLED}};
static const struct words conditions[] = {
    {"drill", ND_MSG_RV_DRILL},         {"revision", ND_MSG_REVISION},
    {"scenario", ND_MSG_SCENARIO_HASH}, {"parameters", ND_MSG_PARAMETERS},
    {"site", ND_MSG_SITE_HASH},         {"simulated", ND_MSG_RV_SIMULATED},
    {"version", ND_MSG_VERSION},        {"cut_short", ND_MSG_CH_CUT_SHORT}};
#define LIST(list) list, sizeof(list) / sizeof((list)[0])

static const char *find(const struct nd_page *page, const struct words *list, size_t count,
                        const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].key, key) == 0)
            return nd_msg(page, list[i].message);
    }
    return key;
}

static char *reason_words(const struct nd_page *page, const json_t *row)
{
    const char *reason = nd_str_of(row, "reason");
    const char *detail = nd_str_of(row, "detail");
    if (*reason == '\0')
        return nd_strdup("");
    struct nd_buf out = {0};
    nd_buf_addf(&out, "%s%s", find(page, LIST(reasons), reason),
                *detail != '\0' ? nd_colon(page) : "");
    nd_reason(page->lang, detail, &out);
    return nd_buf_take(&out);
}

char *nd_compare_change_words(const json_t *row, enum nd_lang lang)
{
    const struct nd_page page = {NULL, lang, NULL};
    char *reason = reason_words(&page, row);
    char *words = nd_printf("%s%s%s%s", find(&page, LIST(changes), nd_str_of(row, "change")),
                            *reason != '\0' ? " (" : "", reason, *reason != '\0' ? ")" : "");
    free(reason);
    return words;
}

char *nd_compare_conditions(const json_t *compared, enum nd_lang lang)
{
    const struct nd_page page = {NULL, lang, NULL};
    struct nd_buf out = {0};
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(compared, "conditions"), i, one) nd_buf_addf(
        &out, "%s%s", i != 0 ? ", " : "", find(&page, LIST(conditions), json_string_value(one)));
    return nd_buf_take(&out);
}

/* ---- tables ---- */

/* "38s ± 2s (≤ 45s): met"; "–" where there is none. Caller frees. */
static char *side_words(const struct nd_page *page, const json_t *row, const json_t *side)
{
    char measured[64];
    char width[64];
    char limit[64];
    const char *unit = nd_str_of(row, "unit");
    const char *statistic = nd_statistic_of(row, unit);
    const json_t *uncertainty = json_object_get(side, "uncertainty");
    bool wide = json_number_value(uncertainty) > 0;
    if (!json_is_object(side))
        return nd_strdup("\u2013");
    nd_value_text(page, json_object_get(side, "measured"), unit, statistic, measured);
    nd_value_text(page, uncertainty, unit, statistic, width);
    nd_value_text(page, json_object_get(side, "limit"), unit, statistic, limit);
    return nd_printf("%s%s%s (%s %s)\n%s", measured, wide ? " \u00b1 " : "", wide ? width : "",
                     nd_operator_sign(nd_str_of(row, "operator")), limit,
                     nd_state_text(page, nd_str_of(side, "grade")));
}

static void add_table(struct nd_document *document, const struct nd_page *page,
                      const json_t *compared)
{
    static const enum nd_message headings[] = {ND_MSG_SENTENCE,     ND_MSG_CH_EARLIER,
                                               ND_MSG_CH_LATER,     ND_MSG_CH_CHANGE,
                                               ND_MSG_CH_BY_CHANCE, ND_MSG_WHY};
    struct nd_sheet *sheet =
        nd_document_sheet(document, page, nd_msg(page, ND_MSG_CH_TITLE), headings, 6);
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(json_object_get(compared, "rows"), i, row)
    {
        char chance[64] = "";
        const json_t *by_chance = json_object_get(row, "by_chance");
        char *earlier = side_words(page, row, json_object_get(row, "earlier"));
        char *later = side_words(page, row, json_object_get(row, "later"));
        char *reason = reason_words(page, row);
        if (json_is_number(by_chance))
            nd_value_text(page, by_chance, "1", "share", chance);
        char *wide = nd_printf(*chance != '\0' ? "\u00b1 %s" : "", chance);
        const char *const cells[] = {
            nd_text_of(page, json_object_get(row, "sentence")),  earlier, later,
            find(page, LIST(changes), nd_str_of(row, "change")), wide,    reason};
        nd_document_row(sheet, cells, 6);
        free(wide);
        free(earlier);
        free(later);
        free(reason);
    }
}

/* Of a spreadsheet: figures as numbers in their unit. */
static void add_flat(struct nd_document *document, const struct nd_page *page,
                     const json_t *compared)
{
    static const enum nd_message headings[] = {
        ND_MSG_SENTENCE,  ND_MSG_STEP,      ND_MSG_STATISTIC,    ND_MSG_UNIT,  ND_MSG_OPERATOR,
        ND_MSG_CH_RUN,    ND_MSG_MEASURED,  ND_MSG_UNCERTAINTY,  ND_MSG_LIMIT, ND_MSG_GRADE,
        ND_MSG_CH_TRIALS, ND_MSG_CH_CHANGE, ND_MSG_CH_BY_CHANCE, ND_MSG_WHY};
    static const char *const sides[] = {"earlier", "later"};
    struct nd_sheet *sheet = nd_document_sheet(document, page, nd_msg(page, ND_MSG_CH_TITLE),
                                               headings, sizeof headings / sizeof headings[0]);
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(json_object_get(compared, "rows"), i, row)
    {
        char *reason = reason_words(page, row);
        for (size_t k = 0; k < 2; k++) {
            const json_t *side = json_object_get(row, sides[k]);
            nd_sheet_row(sheet);
            nd_sheet_text(sheet, nd_text_of(page, json_object_get(row, "sentence")));
            nd_sheet_text(sheet, nd_str_of(row, "step"));
            nd_sheet_text(sheet, nd_str_of(row, "statistic"));
            nd_sheet_text(sheet, nd_str_of(row, "unit"));
            nd_sheet_text(sheet, nd_str_of(row, "operator"));
            nd_sheet_text(sheet, nd_str_of(json_object_get(compared, sides[k]), "run"));
            nd_document_number(sheet, json_object_get(side, "measured"));
            nd_document_number(sheet, json_object_get(side, "uncertainty"));
            nd_document_number(sheet, json_object_get(side, "limit"));
            nd_sheet_text(sheet, nd_state_text(page, nd_str_of(side, "grade")));
            nd_document_number(sheet, json_object_get(side, "trials"));
            nd_sheet_text(sheet, find(page, LIST(changes), nd_str_of(row, "change")));
            nd_document_number(sheet, json_object_get(row, "by_chance"));
            nd_sheet_text(sheet, reason);
        }
        free(reason);
    }
}

/* ---- the document ---- */

static void put_chart(void *ctx, const struct nd_page *page, size_t sheet)
{
    (void)sheet;
    nd_chart_pairs(page, json_object_get(ctx, "rows"));
}

static const char *class_of(void *ctx, size_t sheet, size_t row, size_t column)
{
    const json_t *of = json_array_get(json_object_get(ctx, "rows"), row - 1);
    const char *change = nd_str_of(of, "change");
    (void)sheet;
    if (column == 4)
        return "n";
    if (column != 3)
        return "";
    return strcmp(change, "better") == 0         ? "met"
           : strcmp(change, "worse") == 0        ? "missed"
           : strcmp(change, "incomparable") == 0 ? "unknown"
                                                 : "";
}

/* The two runs, the counts, and what else is another: a line each. */
static char *intro_of(const struct nd_page *page, const json_t *compared)
{
    static const char *const sides[] = {"earlier", "later"};
    const json_t *counts = json_object_get(compared, "counts");
    struct nd_buf out = {0};
    for (size_t i = 0; i < 2; i++) {
        const json_t *head = json_object_get(compared, sides[i]);
        nd_buf_addf(&out, "%s: %s, %s %s: %s\n",
                    nd_msg(page, i == 0 ? ND_MSG_CH_EARLIER : ND_MSG_CH_LATER),
                    nd_str_of(head, "run"), nd_str_of(head, "date"),
                    nd_text_of(page, json_object_get(head, "title")),
                    nd_outcome_text(page, nd_str_of(head, "outcome")));
    }
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        nd_buf_addf(&out, "%s%s %lld", i != 0 ? ", " : "", nd_msg(page, changes[i].message),
                    (long long)nd_int_of(counts, changes[i].key));
    char *other = nd_compare_conditions(compared, page->lang);
    if (*other != '\0')
        nd_buf_addf(&out, "\n%s: %s", nd_msg(page, ND_MSG_CH_CONDITIONS), other);
    free(other);
    return nd_buf_take(&out);
}

nd_err nd_compare_render(const json_t *compared, const char *format, enum nd_lang lang,
                         struct nd_buf *out, struct nd_fail *why)
{
    const struct nd_page page = {NULL, lang == ND_LANG_ZH ? ND_LANG_ZH : ND_LANG_EN, out};
    bool flat = strcmp(format, "csv") == 0 || strcmp(format, "ods") == 0;
    const json_t *later = json_object_get(compared, "later");
    struct nd_document document = {
        .title = nd_printf("%s \u00b7 %s", nd_text_of(&page, json_object_get(later, "title")),
                           nd_msg(&page, ND_MSG_CH_TITLE)),
        .intro = intro_of(&page, compared),
        .note = nd_strdup(nd_msg(&page, ND_MSG_CH_DEF)),
        .simulated =
            json_is_true(json_object_get(later, "simulated")) ||
            json_is_true(json_object_get(json_object_get(compared, "earlier"), "simulated")),
        .above = put_chart,
        .class_of = class_of,
        .ctx = (json_t *)compared};
    if (flat)
        add_flat(&document, &page, compared);
    else
        add_table(&document, &page, compared);
    nd_err err = nd_document_render(&document, format, lang, out, why);
    nd_document_deinit(&document);
    return err;
}
