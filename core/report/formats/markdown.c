#include "report/report.h"
#include "report/words/reason.h"
#include "report/words/tables.h"

#include <stdlib.h>
#include <string.h>

/* Markdown: the same sections as the page, in plain tables. */

static void put_msg(const struct nd_page *page, const char *before, enum nd_message message,
                    const char *after)
{
    nd_buf_adds(page->out, before);
    nd_md_cell(page->out, nd_msg(page, message));
    nd_buf_adds(page->out, after);
}

static void heading(const struct nd_page *page, enum nd_message message)
{
    put_msg(page, "\n## ", message, "\n\n");
}

static void table_head(const struct nd_page *page, const enum nd_message *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_msg(page, "| ", columns[i], " ");
    nd_buf_adds(page->out, "|\n");
    for (size_t i = 0; i < count; i++)
        nd_buf_adds(page->out, "|---");
    nd_buf_adds(page->out, "|\n");
}

static void put_row(const struct nd_page *page, const struct nd_table *table,
                    const struct nd_table_row *row)
{
    for (const struct nd_column *c = table->columns; c->key != NULL; c++) {
        struct nd_buf words = {0};
        if (!nd_column_stands(c, ND_PAGES))
            continue;
        nd_cell_words(page, c, row, &words);
        if (row->entry == NULL && c == table->columns) {
            nd_buf_adds(&words, " + ");
            nd_row_left_words(page, row, &words);
        }
        nd_buf_adds(page->out, "| ");
        nd_md_cell(page->out, nd_buf_str(&words));
        nd_buf_adds(page->out, " ");
        nd_buf_deinit(&words);
    }
    nd_buf_adds(page->out, "|\n");
}

/* A table that is told as data, when it has rows. */
static void put_data(const struct nd_page *page, const char *name)
{
    const struct nd_table *table = nd_table_find(name);
    enum nd_message headings[ND_COLUMNS_MAX];
    size_t columns = nd_table_headings(table, headings);
    struct nd_table_row *rows = NULL;
    size_t count = nd_table_rows(page->model, table, &rows);
    if (count != 0) {
        heading(page, table->caption);
        table_head(page, headings, columns);
    }
    for (size_t i = 0; i < count; i++)
        put_row(page, table, &rows[i]);
    free(rows);
}

static void put_samples(const struct nd_page *page)
{
    char *command = nd_samples_command(page);
    if (command == NULL)
        return;
    put_msg(page, "\n", ND_MSG_SAMPLES_OF, " ");
    nd_md_cell(page->out, command);
    nd_buf_adds(page->out, "\n");
    free(command);
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
        nd_buf_adds(page->out, " (");
        nd_md_cell(page->out, nd_str_of(profile, "name"));
        put_msg(page, "). ", ND_MSG_SEEN, ": ");
        char *seen = nd_reason_text(page->lang, nd_text_of(page, json_object_get(profile, "seen")));
        nd_md_cell(page->out, seen);
        free(seen);
        nd_buf_adds(page->out, page->lang == ND_LANG_ZH ? "。" : ". ");
        nd_md_cell(page->out, nd_text_of(page, json_object_get(profile, "note")));
    }
    nd_buf_adds(page->out, i != 0 ? "\n" : "");
    if (json_array_size(json_object_get(page->model, "obligations")) != 0)
        put_msg(page, "\n", ND_MSG_DEF_DUTIES, "\n");
}

static void put_evaluation(const struct nd_page *page)
{
    const json_t *evaluation = json_object_get(page->model, "evaluation");
    put_data(page, "objectives");
    if (nd_int_of(evaluation, "bad_seq") != 0) {
        put_msg(page, "\n**", ND_MSG_EVALUATION_BAD, "");
        nd_buf_addf(page->out, " (%lld)**\n", (long long)nd_int_of(evaluation, "bad_seq"));
    }
    if (json_array_size(json_object_get(page->model, "objectives")) != 0) {
        put_msg(page, "\n- ", ND_MSG_DEF_RATINGS, "\n");
        put_msg(page, "- ", ND_MSG_DEF_SUGGESTED, "\n");
    }
    put_data(page, "improvements");
    if (nd_int_of(evaluation, "without_action") != 0) {
        put_msg(page, "\n", ND_MSG_WITHOUT_ACTION, "");
        nd_buf_addf(page->out, ": %lld\n", (long long)nd_int_of(evaluation, "without_action"));
    }
    put_data(page, "carried");
    char *carried = nd_carried_words(page);
    if (carried != NULL) {
        nd_buf_adds(page->out, "\n");
        nd_md_cell(page->out, carried);
        put_msg(page, "\n\n", ND_MSG_DEF_CARRIED, "\n");
    }
    free(carried);
}

static void put_reasons(const struct nd_page *page)
{
    const json_t *safety = json_object_get(page->model, "safety");
    size_t i = 0;
    json_t *one = NULL;
    if (*nd_str_of(safety, "refused") != '\0') {
        put_msg(page, "\n", ND_MSG_REFUSED_BECAUSE, ": ");
        char *words = nd_reason_text(page->lang, nd_str_of(safety, "refused"));
        nd_md_cell(page->out, words);
        free(words);
        nd_buf_adds(page->out, "\n");
    }
    if (json_array_size(json_object_get(safety, "armed")) != 0)
        put_msg(page, "\n", ND_MSG_ARMED_BY, ":");
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

static void put_marks(const struct nd_page *page, const json_t *run)
{
    for (size_t i = 0; i < ND_MARKS; i++) {
        enum nd_message mark = nd_mark_of(run, i);
        if (mark == ND_MSG_COUNT)
            continue;
        put_msg(page, "**", mark, "**");
        nd_buf_adds(page->out, nd_mark_gap(page, run, mark));
        nd_md_cell(page->out, nd_mark_detail(page, run, mark));
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
    nd_buf_adds(out, "\n\n");
    nd_md_cell(out, nd_str_of(run, "id"));
    nd_buf_adds(out, "\n\n");
    put_marks(&page, run);
    put_msg(&page, "", ND_MSG_MET, "");
    nd_buf_addf(out, " %lld · ", (long long)nd_int_of(summary, "met"));
    put_msg(&page, "", ND_MSG_MISSED, "");
    nd_buf_addf(out, " %lld · ", (long long)nd_int_of(summary, "missed"));
    put_msg(&page, "", ND_MSG_UNKNOWN, "");
    nd_buf_addf(out, " %lld · ", (long long)nd_int_of(summary, "unknown"));
    put_msg(&page, "", ND_MSG_RESTORED, "");
    nd_buf_addf(out, " %lld/%lld\n", (long long)nd_int_of(summary, "verified"),
                (long long)nd_int_of(summary, "changes"));
    put_reasons(&page);
    put_data(&page, "lessons");
    put_data(&page, "changes");
    put_evaluation(&page);
    put_data(&page, "kpis");
    if (nd_has_kpi(model))
        put_msg(&page, "\n", ND_MSG_DEF_KPI, "\n");
    put_data(&page, "expectations");
    put_data(&page, "baseline");
    put_duties(&page);
    put_data(&page, "steps");
    put_data(&page, "injects");
    put_data(&page, "observations");
    put_data(&page, "operators");
    if (json_array_size(json_object_get(model, "operators")) != 0)
        put_msg(&page, "\n", ND_MSG_DEF_SHARE, "\n");
    put_data(&page, "services");
    put_data(&page, "faults");
    put_data(&page, "fault_moments");
    put_data(&page, "lengths");
    put_data(&page, "interruptions");
    put_samples(&page);
    put_data(&page, "confirmations");
    put_data(&page, "guards");
    put_data(&page, "pauses");
    put_data(&page, "notes");
    put_data(&page, "quality");
    put_data(&page, "software");
    if (json_array_size(json_object_get(model, "software")) == 0) {
        heading(&page, ND_MSG_SOFTWARE);
        put_msg(&page, "", ND_MSG_SOFTWARE_NONE, "\n");
    }
    heading(&page, ND_MSG_DEFINITIONS);
    put_msg(&page, "- ", ND_MSG_DEF_INTERRUPTION, "\n");
    put_msg(&page, "- ", ND_MSG_DEF_INJECTED, "\n");
    put_msg(&page, "- ", ND_MSG_DEF_AVAILABILITY, "\n");
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
