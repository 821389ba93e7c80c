#include "report/tables.h"

#include <stdlib.h>
#include <string.h>

/* Markdown: the same sections as the page, in plain tables. */

void nd_md_cell(struct nd_buf *out, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t step = 0;
        unsigned point = nd_utf8_point(text, left, &step);
        if (point < 0x20 || (point >= 0x202a && point <= 0x202e) ||
            (point >= 0x2066 && point <= 0x2069))
            nd_buf_adds(out, " ");
        else if (point < 0x80 && strchr("|\\`*_<>[]#", (int)point) != NULL)
            nd_buf_addf(out, "&#%u;", point);
        else
            nd_buf_add(out, text, step);
        text += step;
        left -= step;
    }
}

static void heading(const struct nd_page *page, enum nd_message message)
{
    nd_buf_addf(page->out, "\n## %s\n\n", nd_msg(page, message));
}

static void table_head(const struct nd_page *page, const enum nd_message *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        nd_buf_addf(page->out, "| %s ", nd_msg(page, columns[i]));
    nd_buf_adds(page->out, "|\n");
    for (size_t i = 0; i < count; i++)
        nd_buf_adds(page->out, "|---");
    nd_buf_adds(page->out, "|\n");
}

static const char *grade_words(const struct nd_page *page, const char *grade)
{
    return strcmp(grade, "met") == 0       ? nd_msg(page, ND_MSG_MET)
           : strcmp(grade, "missed") == 0  ? nd_msg(page, ND_MSG_MISSED)
           : strcmp(grade, "unknown") == 0 ? nd_msg(page, ND_MSG_UNKNOWN)
                                           : nd_msg(page, ND_MSG_NOT_RATED);
}

static void put_verdicts(const struct nd_page *page)
{
    static const enum nd_message columns[] = {ND_MSG_SENTENCE, ND_MSG_MEASURED, ND_MSG_UNCERTAINTY,
                                              ND_MSG_LIMIT,    ND_MSG_GRADE,    ND_MSG_EVIDENCE};
    size_t i = 0;
    json_t *v = NULL;
    if (json_array_size(json_object_get(page->model, "verdicts")) == 0)
        return;
    heading(page, ND_MSG_VERDICTS);
    table_head(page, columns, 6);
    json_array_foreach(json_object_get(page->model, "verdicts"), i, v)
    {
        char text[64];
        const char *unit = nd_str_of(v, "unit");
        const char *statistic = nd_str_of(v, "statistic");
        nd_buf_adds(page->out, "| ");
        nd_md_cell(page->out, nd_text_of(page, json_object_get(v, "sentence")));
        nd_buf_addf(page->out, " | %s",
                    nd_value_text(page, json_object_get(v, "measured"), unit, statistic, text));
        nd_buf_addf(page->out, " | %s",
                    nd_value_text(page, json_object_get(v, "uncertainty"), unit, statistic, text));
        nd_buf_addf(page->out, " | %s %s", nd_operator_sign(nd_str_of(v, "operator")),
                    nd_value_text(page, json_object_get(v, "limit"), unit, statistic, text));
        nd_buf_addf(page->out, " | %s | %lld |\n", grade_words(page, nd_str_of(v, "grade")),
                    (long long)nd_int_of(v, "seq"));
    }
}

static void put_baseline(const struct nd_page *page)
{
    static const enum nd_message columns[] = {ND_MSG_SENTENCE, ND_MSG_LIMIT, ND_MSG_BASE_BEFORE,
                                              ND_MSG_BASE_AFTER, ND_MSG_STATE};
    static const char *const whens[] = {"before", "after"};
    const json_t *baseline = json_object_get(page->model, "baseline");
    size_t i = 0;
    json_t *row = NULL;
    if (json_object_get(baseline, "before") == NULL)
        return;
    heading(page, ND_MSG_BASELINE);
    table_head(page, columns, 5);
    json_array_foreach(json_object_get(baseline, "rows"), i, row)
    {
        char text[64];
        const char *unit = nd_str_of(row, "unit");
        const char *statistic = nd_str_of(row, "statistic");
        nd_buf_adds(page->out, "| ");
        nd_md_cell(page->out, nd_text_of(page, json_object_get(row, "sentence")));
        nd_buf_addf(page->out, " | %s %s", nd_operator_sign(nd_str_of(row, "operator")),
                    nd_value_text(page, json_object_get(row, "limit"), unit, statistic, text));
        for (size_t w = 0; w < 2; w++)
            nd_buf_addf(page->out, " | %s",
                        nd_value_text(page,
                                      json_object_get(json_object_get(row, whens[w]), "measured"),
                                      unit, statistic, text));
        nd_buf_addf(page->out, " | %s |\n", nd_baseline_words(page, row));
    }
}

/* A table that is told as data, when it has rows. */
static void put_data(const struct nd_page *page, const char *name)
{
    const struct nd_table *table = nd_table_find(name);
    enum nd_message headings[ND_COLUMNS_MAX];
    size_t count = nd_table_headings(table, headings);
    size_t i = 0;
    json_t *entry = NULL;
    const json_t *list = json_object_get(page->model, table->list);
    if (json_array_size(list) == 0)
        return;
    heading(page, table->caption);
    table_head(page, headings, count);
    json_array_foreach(list, i, entry)
    {
        for (const struct nd_column *c = table->columns; c->key != NULL; c++) {
            struct nd_buf words = {0};
            nd_cell_words(page, c, entry, NULL, &words);
            nd_buf_adds(page->out, "| ");
            nd_md_cell(page->out, nd_buf_str(&words));
            nd_buf_adds(page->out, " ");
            nd_buf_deinit(&words);
        }
        nd_buf_adds(page->out, "|\n");
    }
}

static void put_duties(const struct nd_page *page)
{
    size_t i = 0;
    json_t *profile = NULL;
    put_data(page, "obligations");
    put_data(page, "events");
    put_data(page, "rules");
    json_array_foreach(json_object_get(page->model, "profiles"), i, profile)
    {
        nd_buf_adds(page->out, "\n- ");
        nd_md_cell(page->out, nd_text_of(page, json_object_get(profile, "law")));
        nd_buf_addf(page->out, " (%s). %s: ", nd_str_of(profile, "name"),
                    nd_msg(page, ND_MSG_SEEN));
        nd_md_cell(page->out, nd_str_of(profile, "seen"));
        nd_buf_adds(page->out, ". ");
        nd_md_cell(page->out, nd_text_of(page, json_object_get(profile, "note")));
    }
    nd_buf_adds(page->out, i != 0 ? "\n" : "");
    if (json_array_size(json_object_get(page->model, "obligations")) != 0)
        nd_buf_addf(page->out, "\n%s\n", nd_msg(page, ND_MSG_DEF_DUTIES));
}

static void put_evaluation(const struct nd_page *page)
{
    const json_t *evaluation = json_object_get(page->model, "evaluation");
    put_data(page, "objectives");
    if (nd_int_of(evaluation, "bad_seq") != 0)
        nd_buf_addf(page->out, "\n**%s (%lld)**\n", nd_msg(page, ND_MSG_EVALUATION_BAD),
                    (long long)nd_int_of(evaluation, "bad_seq"));
    if (json_array_size(json_object_get(page->model, "objectives")) != 0)
        nd_buf_addf(page->out, "\n- %s\n- %s\n", nd_msg(page, ND_MSG_DEF_RATINGS),
                    nd_msg(page, ND_MSG_DEF_SUGGESTED));
    put_data(page, "improvements");
    if (nd_int_of(evaluation, "without_action") != 0)
        nd_buf_addf(page->out, "\n%s: %lld\n", nd_msg(page, ND_MSG_WITHOUT_ACTION),
                    (long long)nd_int_of(evaluation, "without_action"));
}

static void put_reasons(const struct nd_page *page)
{
    const json_t *safety = json_object_get(page->model, "safety");
    size_t i = 0;
    json_t *one = NULL;
    if (*nd_str_of(safety, "refused") != '\0') {
        nd_buf_addf(page->out, "\n%s: ", nd_msg(page, ND_MSG_REFUSED_BECAUSE));
        nd_md_cell(page->out, nd_str_of(safety, "refused"));
        nd_buf_adds(page->out, "\n");
    }
    if (json_array_size(json_object_get(safety, "armed")) != 0)
        nd_buf_addf(page->out, "\n%s:", nd_msg(page, ND_MSG_ARMED_BY));
    json_array_foreach(json_object_get(safety, "armed"), i, one)
    {
        char *words = nd_armed_words(one);
        nd_buf_adds(page->out, i != 0 ? ", " : " ");
        nd_md_cell(page->out, words);
        free(words);
    }
    if (i != 0)
        nd_buf_adds(page->out, "\n");
}

static void put_series(const struct nd_page *page)
{
    static const enum nd_message columns[] = {ND_MSG_SERVICE, ND_MSG_FROM,        ND_MSG_TILL,
                                              ND_MSG_LENGTH,  ND_MSG_UNCERTAINTY, ND_MSG_CLASS};
    size_t i = 0;
    json_t *series = NULL;
    if (json_array_size(json_object_get(page->model, "series")) == 0)
        return;
    heading(page, ND_MSG_INTERRUPTIONS);
    table_head(page, columns, 6);
    json_array_foreach(json_object_get(page->model, "series"), i, series)
    {
        size_t k = 0;
        size_t left = 0;
        json_t *one = NULL;
        json_t *shown = nd_interruptions_shown(series, &left);
        json_array_foreach(shown, k, one)
        {
            char from[ND_UNIT_TEXT];
            char till[ND_UNIT_TEXT];
            char length[ND_UNIT_TEXT];
            char width[ND_UNIT_TEXT];
            bool injected = strcmp(nd_str_of(one, "class"), "injected") == 0;
            nd_buf_adds(page->out, "| ");
            nd_md_cell(page->out, nd_series_title(series));
            nd_buf_addf(page->out, " | %s | %s | %s | ± %s | %s |\n",
                        nd_rel_text(json_object_get(one, "from_rel_ns"), from),
                        nd_rel_text(json_object_get(one, "till_rel_ns"), till),
                        nd_length_text(nd_int_of(one, "length_ns"), length),
                        nd_length_text(nd_int_of(one, "uncertainty_ns"), width),
                        nd_msg(page, injected ? ND_MSG_INJECTED : ND_MSG_UNEXPECTED));
        }
        json_decref(shown);
        if (left > 0) {
            nd_buf_adds(page->out, "| ");
            nd_md_cell(page->out, nd_series_title(series));
            nd_buf_addf(page->out, " | + %zu %s | | | | |\n", left,
                        nd_msg(page, ND_MSG_SHORTER_ONES));
        }
    }
}

static void put_changes(const struct nd_page *page)
{
    static const enum nd_message columns[] = {ND_MSG_CHANGE, ND_MSG_TARGET, ND_MSG_BEGAN,
                                              ND_MSG_PROVED, ND_MSG_BACK,   ND_MSG_STATE};
    size_t i = 0;
    json_t *c = NULL;
    if (json_array_size(json_object_get(page->model, "changes")) == 0)
        return;
    heading(page, ND_MSG_CHANGES);
    table_head(page, columns, 6);
    json_array_foreach(json_object_get(page->model, "changes"), i, c)
    {
        char began[ND_UNIT_TEXT];
        char back[ND_UNIT_TEXT];
        nd_buf_addf(page->out, "| %s.%s | ", nd_str_of(c, "plugin"), nd_str_of(c, "verb"));
        nd_md_cell(page->out, nd_str_of(c, "target"));
        nd_buf_addf(page->out, " | %s | %s | %s | %s ",
                    nd_rel_text(json_object_get(c, "began_rel_ns"), began), nd_proved_text(page, c),
                    nd_rel_text(json_object_get(c, "verified_rel_ns"), back),
                    nd_state_text(page, nd_str_of(c, "state")));
        nd_md_cell(page->out, nd_str_of(c, "why"));
        nd_buf_adds(page->out, " |\n");
    }
}

static void put_injects(const struct nd_page *page)
{
    static const enum nd_message columns[] = {ND_MSG_INJECT, ND_MSG_RECIPIENTS, ND_MSG_PLANNED,
                                              ND_MSG_ACTUAL, ND_MSG_REACTION,   ND_MSG_RESULT,
                                              ND_MSG_ANSWER};
    const json_t *list = json_object_get(page->model, "injects");
    size_t i = 0;
    json_t *inject = NULL;
    if (json_array_size(list) == 0)
        return;
    heading(page, ND_MSG_INJECTS);
    table_head(page, columns, 7);
    json_array_foreach(list, i, inject)
    {
        char planned[ND_UNIT_TEXT];
        char fired[ND_UNIT_TEXT];
        char reaction[ND_UNIT_TEXT];
        struct nd_buf text = {0};
        bool reacted = json_is_integer(json_object_get(inject, "reaction_ns"));
        nd_buf_adds(page->out, "| ");
        nd_md_cell(page->out, nd_inject_title(page, inject));
        nd_buf_adds(page->out, " | ");
        nd_inject_names(json_object_get(inject, "to"), &text);
        nd_md_cell(page->out, nd_buf_str(&text));
        nd_buf_addf(page->out, " | %s | %s | %s | %s | ",
                    nd_rel_text(json_object_get(inject, "planned_rel_ns"), planned),
                    nd_rel_text(json_object_get(inject, "fired_rel_ns"), fired),
                    reacted ? nd_length_text(nd_int_of(inject, "reaction_ns"), reaction) : "",
                    nd_state_text(page, nd_str_of(inject, "outcome")));
        nd_buf_reset(&text);
        nd_inject_answers(page, inject, &text);
        nd_md_cell(page->out, nd_buf_str(&text));
        nd_buf_adds(page->out, " |\n");
        nd_buf_deinit(&text);
    }
}

static void put_observations(const struct nd_page *page)
{
    static const enum nd_message columns[] = {ND_MSG_AT, ND_MSG_BY, ND_MSG_OBSERVATION, ND_MSG_SORT,
                                              ND_MSG_INJECT};
    const json_t *list = json_object_get(page->model, "observations");
    size_t i = 0;
    json_t *one = NULL;
    if (json_array_size(list) == 0)
        return;
    heading(page, ND_MSG_OBSERVATIONS);
    table_head(page, columns, 5);
    json_array_foreach(list, i, one)
    {
        char time[ND_UNIT_TEXT];
        nd_buf_addf(page->out, "| %s | ", nd_rel_text(json_object_get(one, "at_rel_ns"), time));
        nd_md_cell(page->out, nd_str_of(one, "by"));
        nd_buf_adds(page->out, " | ");
        nd_md_cell(page->out, nd_str_of(one, "text"));
        nd_buf_addf(page->out, " | %s | ", nd_state_text(page, nd_str_of(one, "sort")));
        nd_md_cell(page->out, nd_str_of(one, "inject"));
        nd_buf_adds(page->out, " |\n");
    }
}

static void put_marks(const struct nd_page *page, const json_t *run)
{
    for (size_t i = 0; i < ND_MARKS; i++) {
        enum nd_message mark = nd_mark_of(run, i);
        if (mark == ND_MSG_COUNT)
            continue;
        nd_buf_addf(page->out, "**%s** ", nd_msg(page, mark));
        nd_md_cell(page->out, nd_mark_detail(run, mark));
        nd_buf_adds(page->out, "\n\n");
    }
}

static void put_page(const json_t *model, enum nd_lang lang, struct nd_buf *out)
{
    const struct nd_page page = {model, lang, out};
    const json_t *run = json_object_get(model, "run");
    const json_t *summary = json_object_get(model, "summary");
    nd_buf_addf(out, "# %s: ", nd_msg(&page, ND_MSG_EXERCISE));
    nd_md_cell(out, nd_text_of(&page, json_object_get(json_object_get(model, "drill"), "title")));
    nd_buf_addf(out, "\n\n%s\n\n", nd_str_of(run, "id"));
    put_marks(&page, run);
    nd_buf_addf(out, "%s %lld · %s %lld · %s %lld · %s %lld/%lld\n", nd_msg(&page, ND_MSG_MET),
                (long long)nd_int_of(summary, "met"), nd_msg(&page, ND_MSG_MISSED),
                (long long)nd_int_of(summary, "missed"), nd_msg(&page, ND_MSG_UNKNOWN),
                (long long)nd_int_of(summary, "unknown"), nd_msg(&page, ND_MSG_RESTORED),
                (long long)nd_int_of(summary, "verified"),
                (long long)nd_int_of(summary, "changes"));
    put_reasons(&page);
    put_changes(&page);
    put_evaluation(&page);
    put_verdicts(&page);
    put_baseline(&page);
    put_duties(&page);
    put_injects(&page);
    put_observations(&page);
    put_series(&page);
    heading(&page, ND_MSG_DEFINITIONS);
    nd_buf_addf(out, "- %s\n- %s\n- %s\n", nd_msg(&page, ND_MSG_DEF_INTERRUPTION),
                nd_msg(&page, ND_MSG_DEF_INJECTED), nd_msg(&page, ND_MSG_DEF_AVAILABILITY));
}

void nd_report_markdown(const json_t *model, enum nd_lang lang, struct nd_buf *out)
{
    if (lang != ND_LANG_EN)
        put_page(model, ND_LANG_ZH, out);
    if (lang == ND_LANG_BOTH)
        nd_buf_adds(out, "\n---\n\n");
    if (lang != ND_LANG_ZH)
        put_page(model, ND_LANG_EN, out);
}
