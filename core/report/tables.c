#include "report/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct nd_table nd_report_tables[] = {
    {"objectives",
     "objectives",
     NULL,
     ND_MSG_RATINGS,
     {{"kind", ND_MSG_LEVEL, ND_CELL_STATE},
      {"id", ND_MSG_ID, ND_CELL_TEXT},
      {"text", ND_MSG_OBJECTIVE, ND_CELL_WORDS},
      {"capability", ND_MSG_CAPABILITY, ND_CELL_WORDS},
      {"grade", ND_MSG_RESULT, ND_CELL_STATE},
      {"weighed", ND_MSG_WEIGHED, ND_CELL_WORDS},
      {"suggested", ND_MSG_SUGGESTED, ND_CELL_STATE},
      {"rating", ND_MSG_RATING, ND_CELL_STATE},
      {"rated_by", ND_MSG_RATED_BY, ND_CELL_TEXT},
      {"rated_why", ND_MSG_RATED_WHY, ND_CELL_TEXT},
      {"evidence", ND_MSG_EVIDENCE, ND_CELL_LIST}}},
    {"improvements",
     "improvements",
     NULL,
     ND_MSG_IMPROVEMENTS,
     {{"id", ND_MSG_ID, ND_CELL_TEXT},
      {"capability", ND_MSG_CAPABILITY, ND_CELL_WORDS},
      {"issue", ND_MSG_ISSUE, ND_CELL_TEXT},
      {"action", ND_MSG_ACTION, ND_CELL_TEXT},
      {"element", ND_MSG_ELEMENT, ND_CELL_STATE},
      {"owner", ND_MSG_RESPONSIBLE, ND_CELL_TEXT},
      {"contact", ND_MSG_CONTACT, ND_CELL_TEXT},
      {"start", ND_MSG_START_DATE, ND_CELL_TEXT},
      {"due", ND_MSG_DUE_DATE, ND_CELL_TEXT},
      {"priority", ND_MSG_PRIORITY, ND_CELL_STATE},
      {"status", ND_MSG_STATE, ND_CELL_STATE},
      {"proof", ND_MSG_PROOF, ND_CELL_TEXT},
      {"observation", ND_MSG_LINKED, ND_CELL_TEXT}}},
    {"expectations",
     "verdicts",
     NULL,
     ND_MSG_VERDICTS,
     {{"sentence", ND_MSG_SENTENCE, ND_CELL_WORDS},
      {"objective", ND_MSG_OBJECTIVE, ND_CELL_TEXT},
      {"step", ND_MSG_STEP, ND_CELL_TEXT},
      {"statistic", ND_MSG_STATISTIC, ND_CELL_TEXT},
      {"measured", ND_MSG_MEASURED, ND_CELL_NUMBER},
      {"uncertainty", ND_MSG_UNCERTAINTY, ND_CELL_NUMBER},
      {"operator", ND_MSG_OPERATOR, ND_CELL_TEXT},
      {"limit", ND_MSG_LIMIT, ND_CELL_NUMBER},
      {"unit", ND_MSG_UNIT, ND_CELL_TEXT},
      {"grade", ND_MSG_GRADE, ND_CELL_STATE},
      {"why", ND_MSG_WHY, ND_CELL_TEXT},
      {"seq", ND_MSG_EVIDENCE, ND_CELL_NUMBER}}},
    {"interruptions",
     "series",
     "interruptions",
     ND_MSG_INTERRUPTIONS,
     {{".", ND_MSG_SERVICE, ND_CELL_TITLE},
      {".target", ND_MSG_TARGET, ND_CELL_TEXT},
      {"from_rel_ns", ND_MSG_FROM, ND_CELL_MOMENT},
      {"till_rel_ns", ND_MSG_TILL, ND_CELL_MOMENT},
      {"length_ns", ND_MSG_LENGTH_S, ND_CELL_SECONDS},
      {"uncertainty_ns", ND_MSG_UNCERTAINTY_S, ND_CELL_SECONDS},
      {"lost", ND_MSG_LOST, ND_CELL_NUMBER},
      {"class", ND_MSG_CLASS, ND_CELL_STATE}}},
    {"services",
     "series",
     NULL,
     ND_MSG_PERFORMANCE,
     {{"", ND_MSG_SERVICE, ND_CELL_TITLE},
      {"name", ND_MSG_PROBE, ND_CELL_TEXT},
      {"unit", ND_MSG_UNIT, ND_CELL_TEXT},
      {"count", ND_MSG_SENT, ND_CELL_NUMBER},
      {"answered", ND_MSG_ANSWERED, ND_CELL_NUMBER},
      {"missed", ND_MSG_NOT_SENT, ND_CELL_NUMBER},
      {"loss", ND_MSG_LOSS, ND_CELL_NUMBER},
      {"p50", ND_MSG_P50, ND_CELL_NUMBER},
      {"p95", ND_MSG_P95, ND_CELL_NUMBER},
      {"p99", ND_MSG_P99, ND_CELL_NUMBER},
      {"availability", ND_MSG_AVAILABILITY, ND_CELL_NUMBER},
      {"availability_without_injected", ND_MSG_AVAILABILITY_EX, ND_CELL_NUMBER}}},
    {"changes",
     "changes",
     NULL,
     ND_MSG_CHANGES,
     {{"plugin", ND_MSG_PLUGIN, ND_CELL_TEXT},
      {"verb", ND_MSG_CHANGE, ND_CELL_TEXT},
      {"target", ND_MSG_TARGET, ND_CELL_TEXT},
      {"step", ND_MSG_STEP, ND_CELL_TEXT},
      {"began_rel_ns", ND_MSG_BEGAN, ND_CELL_MOMENT},
      {"proved", ND_MSG_PROVED, ND_CELL_STATE},
      {"verified_rel_ns", ND_MSG_BACK, ND_CELL_MOMENT},
      {"state", ND_MSG_STATE, ND_CELL_STATE},
      {"why", ND_MSG_WHY, ND_CELL_TEXT},
      {"seq", ND_MSG_EVIDENCE, ND_CELL_NUMBER}}},
    {"steps",
     "steps",
     NULL,
     ND_MSG_TIMELINE,
     {{"id", ND_MSG_ID, ND_CELL_TEXT},
      {"title", ND_MSG_STEP, ND_CELL_WORDS},
      {"phase", ND_MSG_PHASE, ND_CELL_TEXT},
      {"owner", ND_MSG_OWNER, ND_CELL_TEXT},
      {"planned_rel_ns", ND_MSG_PLANNED, ND_CELL_MOMENT},
      {"started_rel_ns", ND_MSG_ACTUAL, ND_CELL_MOMENT},
      {"late_ns", ND_MSG_LATE_S, ND_CELL_SECONDS},
      {"ended_rel_ns", ND_MSG_TILL, ND_CELL_MOMENT},
      {"state", ND_MSG_STATE, ND_CELL_STATE},
      {"why", ND_MSG_WHY, ND_CELL_TEXT}}},
    {"confirmations",
     "confirmations",
     NULL,
     ND_MSG_CONFIRMATIONS,
     {{"sentence", ND_MSG_QUESTION, ND_CELL_WORDS},
      {"by", ND_MSG_BY, ND_CELL_TEXT},
      {"asked_rel_ns", ND_MSG_FROM, ND_CELL_MOMENT},
      {"within_ns", ND_MSG_WITHIN_S, ND_CELL_SECONDS},
      {"answer", ND_MSG_ANSWER, ND_CELL_STATE},
      {"answered_by", ND_MSG_BY, ND_CELL_TEXT},
      {"after_ns", ND_MSG_AFTER_S, ND_CELL_SECONDS},
      {"scripted", ND_MSG_SCRIPTED, ND_CELL_STATE},
      {"seq", ND_MSG_EVIDENCE, ND_CELL_NUMBER}}},
    {"baseline",
     "baseline.rows",
     NULL,
     ND_MSG_BASELINE,
     {{"sentence", ND_MSG_SENTENCE, ND_CELL_WORDS},
      {"operator", ND_MSG_OPERATOR, ND_CELL_TEXT},
      {"limit", ND_MSG_LIMIT, ND_CELL_NUMBER},
      {"unit", ND_MSG_UNIT, ND_CELL_TEXT},
      {"before.measured", ND_MSG_BASE_BEFORE, ND_CELL_NUMBER},
      {"before.grade", ND_MSG_GRADE, ND_CELL_STATE},
      {"after.measured", ND_MSG_BASE_AFTER, ND_CELL_NUMBER},
      {"after.grade", ND_MSG_GRADE, ND_CELL_STATE}}},
    {"obligations",
     "obligations",
     NULL,
     ND_MSG_DUTIES,
     {{"title", ND_MSG_DUTY, ND_CELL_WORDS},
      {"case", ND_MSG_CASE, ND_CELL_TEXT},
      {"source", ND_MSG_SOURCE, ND_CELL_WORDS},
      {"owner", ND_MSG_OWNER, ND_CELL_TEXT},
      {"opened_rel_ns", ND_MSG_DUTY_OPENED, ND_CELL_MOMENT},
      {"law_limit_ns", ND_MSG_LAW_LIMIT, ND_CELL_LENGTH},
      {"limit_ns", ND_MSG_PLAYED_LIMIT, ND_CELL_LENGTH},
      {"due_rel_ns", ND_MSG_DUE, ND_CELL_MOMENT},
      {"done_rel_ns", ND_MSG_DUTY_DONE, ND_CELL_MOMENT},
      {"margin_ns", ND_MSG_MARGIN, ND_CELL_LENGTH},
      {"verdict", ND_MSG_GRADE, ND_CELL_STATE},
      {"by", ND_MSG_BY, ND_CELL_TEXT},
      {"evidence", ND_MSG_EVIDENCE, ND_CELL_LIST}}},
    {"events",
     "events",
     NULL,
     ND_MSG_EVENTS,
     {{"at_rel_ns", ND_MSG_AT, ND_CELL_MOMENT},
      {"title", ND_MSG_EVENT, ND_CELL_WORDS},
      {"case", ND_MSG_CASE, ND_CELL_TEXT},
      {"note", ND_MSG_NOTE, ND_CELL_TEXT},
      {"by", ND_MSG_BY, ND_CELL_TEXT},
      {"seq", ND_MSG_EVIDENCE, ND_CELL_NUMBER}}},
    {"rules",
     "rules",
     NULL,
     ND_MSG_RULES,
     {{"at_rel_ns", ND_MSG_AT, ND_CELL_MOMENT},
      {"title", ND_MSG_RULE, ND_CELL_WORDS},
      {"about", ND_MSG_ABOUT, ND_CELL_TEXT},
      {"holds", ND_MSG_HOLDS, ND_CELL_STATE},
      {"told", ND_MSG_CONDITIONS, ND_CELL_WORDS},
      {"seq", ND_MSG_EVIDENCE, ND_CELL_NUMBER}}},
    {"injects",
     "injects",
     NULL,
     ND_MSG_INJECTS,
     {{"id", ND_MSG_ID, ND_CELL_TEXT},
      {"title", ND_MSG_INJECT, ND_CELL_WORDS},
      {"from", ND_MSG_SENDER, ND_CELL_TEXT},
      {"to", ND_MSG_RECIPIENTS, ND_CELL_LIST},
      {"planned_rel_ns", ND_MSG_PLANNED, ND_CELL_MOMENT},
      {"fired_rel_ns", ND_MSG_ACTUAL, ND_CELL_MOMENT},
      {"late_ns", ND_MSG_LATE_S, ND_CELL_SECONDS},
      {"react_within_ns", ND_MSG_WITHIN_S, ND_CELL_SECONDS},
      {"reaction_ns", ND_MSG_AFTER_S, ND_CELL_SECONDS},
      {"outcome", ND_MSG_RESULT, ND_CELL_STATE},
      {"reason", ND_MSG_WHY, ND_CELL_TEXT},
      {"seq", ND_MSG_EVIDENCE, ND_CELL_NUMBER}}},
    {"answers",
     "injects",
     "answers",
     ND_MSG_ANSWERS,
     {{".id", ND_MSG_ID, ND_CELL_TEXT},
      {".title", ND_MSG_INJECT, ND_CELL_WORDS},
      {"at_rel_ns", ND_MSG_AT, ND_CELL_MOMENT},
      {"by", ND_MSG_BY, ND_CELL_TEXT},
      {"choice", ND_MSG_CHOICE, ND_CELL_TEXT},
      {"text", ND_MSG_ANSWER, ND_CELL_TEXT},
      {"after_ns", ND_MSG_AFTER_S, ND_CELL_SECONDS},
      {"in_time", ND_MSG_IN_TIME, ND_CELL_STATE},
      {"scripted", ND_MSG_SCRIPTED, ND_CELL_STATE},
      {"seq", ND_MSG_EVIDENCE, ND_CELL_NUMBER}}},
    {"observations",
     "observations",
     NULL,
     ND_MSG_OBSERVATIONS,
     {{"number", ND_MSG_ID, ND_CELL_TEXT},
      {"at_rel_ns", ND_MSG_AT, ND_CELL_MOMENT},
      {"by", ND_MSG_BY, ND_CELL_TEXT},
      {"text", ND_MSG_OBSERVATION, ND_CELL_TEXT},
      {"sort", ND_MSG_SORT, ND_CELL_STATE},
      {"inject", ND_MSG_INJECT, ND_CELL_TEXT},
      {"objective", ND_MSG_OBJECTIVE, ND_CELL_TEXT},
      {"evidence.file", ND_MSG_EVIDENCE_FILE, ND_CELL_TEXT},
      {"seq", ND_MSG_EVIDENCE, ND_CELL_NUMBER}}},
    {"pauses",
     "pauses",
     NULL,
     ND_MSG_PAUSED,
     {{"from_rel_ns", ND_MSG_FROM, ND_CELL_MOMENT},
      {"lasted_ns", ND_MSG_LENGTH_S, ND_CELL_SECONDS},
      {"by", ND_MSG_BY, ND_CELL_TEXT},
      {"resumed_by", ND_MSG_RESUMED_BY, ND_CELL_TEXT},
      {"died", ND_MSG_DIED_RESUMED, ND_CELL_STATE}}},
    {"notes",
     "notes",
     NULL,
     ND_MSG_NOTES,
     {{"at_rel_ns", ND_MSG_AT, ND_CELL_MOMENT},
      {"text", ND_MSG_NOTE, ND_CELL_WORDS},
      {"step", ND_MSG_STEP, ND_CELL_TEXT},
      {"seq", ND_MSG_EVIDENCE, ND_CELL_NUMBER}}},
};

const size_t nd_report_tables_count = sizeof nd_report_tables / sizeof nd_report_tables[0];

const struct nd_table *nd_table_find(const char *name)
{
    const struct nd_table *found = NULL;
    for (size_t i = 0; i < nd_report_tables_count; i++) {
        if (strcmp(nd_report_tables[i].name, name) == 0)
            found = &nd_report_tables[i];
    }
    ND_CHECK(found != NULL);
    return found;
}

size_t nd_table_headings(const struct nd_table *table, enum nd_message *headings)
{
    size_t count = 0;
    for (; table->columns[count].key != NULL; count++)
        headings[count] = table->columns[count].heading;
    return count;
}

/* ---- cells ---- */

/* Down a path of keys with dots between. */
static const json_t *at_path(const json_t *object, const char *path)
{
    while (*path != '\0' && object != NULL) {
        size_t len = strcspn(path, ".");
        char key[48];
        snprintf(key, sizeof key, "%.*s", (int)len, path);
        object = json_object_get(object, key);
        path += len + (path[len] == '.');
    }
    return object;
}

static const json_t *cell_value(const struct nd_column *column, const json_t *entry,
                                const json_t *outer)
{
    return column->key[0] == '.' ? at_path(outer, column->key + 1) : at_path(entry, column->key);
}

static void put_list(const json_t *list, struct nd_buf *out)
{
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(list, i, one)
    {
        nd_buf_adds(out, i != 0 ? ", " : "");
        if (json_is_string(one))
            nd_buf_adds(out, json_string_value(one));
        else
            nd_buf_addf(out, "%lld", (long long)json_integer_value(one));
    }
}

void nd_cell_words(const struct nd_page *page, const struct nd_column *column, const json_t *entry,
                   const json_t *outer, struct nd_buf *out)
{
    const json_t *value = cell_value(column, entry, outer);
    const char *text = json_string_value(value);
    char moment[ND_UNIT_TEXT];
    if (value == NULL || json_is_null(value))
        return;
    if (column->kind == ND_CELL_WORDS)
        nd_buf_adds(out, json_is_string(value) ? text : nd_text_of(page, value));
    else if (column->kind == ND_CELL_TITLE)
        nd_buf_adds(out, nd_series_title(value));
    else if (column->kind == ND_CELL_LIST)
        put_list(value, out);
    else if (column->kind == ND_CELL_MOMENT)
        nd_buf_adds(out, nd_rel_text(value, moment));
    else if (json_is_boolean(value))
        nd_buf_adds(out, nd_msg(page, json_is_true(value) ? ND_MSG_YES : ND_MSG_NO));
    else if (column->kind == ND_CELL_STATE && text != NULL)
        nd_buf_adds(out, nd_state_text(page, text));
    else if (text != NULL)
        nd_buf_adds(out, text);
    else if (column->kind == ND_CELL_LENGTH)
        nd_buf_adds(out, nd_length_format(json_integer_value(value), moment));
    else if (column->kind == ND_CELL_SECONDS)
        nd_buf_addf(out, "%.9g", json_number_value(value) / 1e9);
    else
        nd_buf_addf(out, "%.12g", json_number_value(value));
}

/* ---- sheets ---- */

static void add_row(const struct nd_page *page, const struct nd_table *table, const json_t *holder,
                    const json_t *entry, struct nd_sheet *sheet)
{
    nd_sheet_row(sheet);
    for (const struct nd_column *c = table->columns; c->key != NULL; c++) {
        const json_t *value = cell_value(c, entry, holder);
        struct nd_buf text = {0};
        if (json_is_number(value) && c->kind == ND_CELL_NUMBER) {
            nd_sheet_number(sheet, json_number_value(value));
        } else if (json_is_number(value) &&
                   (c->kind == ND_CELL_SECONDS || c->kind == ND_CELL_LENGTH)) {
            nd_sheet_number(sheet, json_number_value(value) / 1e9);
        } else {
            nd_cell_words(page, c, entry, holder, &text);
            nd_sheet_text(sheet, nd_buf_str(&text));
        }
        nd_buf_deinit(&text);
    }
}

void nd_table_sheet(const struct nd_page *page, const struct nd_table *table,
                    struct nd_sheet *sheet)
{
    size_t i = 0;
    json_t *first = NULL;
    sheet->name = nd_strdup(nd_msg(page, table->caption));
    nd_sheet_row(sheet);
    for (const struct nd_column *c = table->columns; c->key != NULL; c++) {
        char *heading = nd_printf("%s%s", nd_msg(page, c->heading),
                                  c->kind != ND_CELL_LENGTH  ? ""
                                  : page->lang == ND_LANG_ZH ? "（秒）"
                                                             : " (s)");
        nd_sheet_text(sheet, heading);
        free(heading);
    }
    json_array_foreach(at_path(page->model, table->list), i, first)
    {
        size_t k = 0;
        json_t *one = NULL;
        if (table->inner == NULL)
            add_row(page, table, NULL, first, sheet);
        json_array_foreach(table->inner != NULL ? json_object_get(first, table->inner) : NULL, k,
                           one) add_row(page, table, first, one, sheet);
    }
}
