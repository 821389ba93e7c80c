#include "report/report.h"
#include "report/words/tables.h"

#include <stdlib.h>
#include <string.h>

/* The tables as files that officials and their spreadsheets exchange. */

/* What every sheet has to say first: that it is an exercise, of which run, and what is not real. */
static void cover(const struct nd_page *page, struct nd_sheet *sheet)
{
    const json_t *run = json_object_get(page->model, "run");
    const json_t *drill = json_object_get(page->model, "drill");
    const struct {
        enum nd_message heading;
        const char *text;
    } rows[] = {{ND_MSG_TITLE, nd_text_of(page, json_object_get(drill, "title"))},
                {ND_MSG_RUN, nd_str_of(run, "id")},
                {ND_MSG_START, nd_str_of(run, "wall")},
                {ND_MSG_OUTCOME, nd_outcome_text(page, nd_str_of(run, "outcome"))}};
    sheet->name = nd_strdup(nd_msg(page, ND_MSG_EXERCISE));
    nd_sheet_row(sheet);
    nd_sheet_text(sheet, nd_msg(page, ND_MSG_EXERCISE));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        nd_sheet_row(sheet);
        nd_sheet_text(sheet, nd_msg(page, rows[i].heading));
        nd_sheet_text(sheet, rows[i].text);
    }
    for (size_t i = 0; i < ND_MARKS; i++) {
        enum nd_message mark = nd_mark_of(run, i);
        if (mark == ND_MSG_COUNT)
            continue;
        nd_sheet_row(sheet);
        nd_sheet_text(sheet, nd_msg(page, mark));
        nd_sheet_text(sheet, nd_mark_detail(page, run, mark));
    }
}

nd_err nd_report_ods(const json_t *model, enum nd_lang lang, struct nd_buf *out,
                     struct nd_fail *why)
{
    const struct nd_page page = {model, lang, NULL};
    struct nd_sheet *sheets = nd_alloc((nd_report_tables_count + 1) * sizeof *sheets);
    size_t count = 1;
    cover(&page, &sheets[0]);
    for (size_t i = 0; i < nd_report_tables_count; i++) {
        nd_table_sheet(&page, &nd_report_tables[i], &sheets[count]);
        count += sheets[count].rows.count > 1;
        if (sheets[count].rows.count == 1)
            nd_sheet_deinit(&sheets[count]); /* nothing under its headings */
    }
    nd_err err = nd_sheets_ods(sheets, count, out, why);
    for (size_t i = 0; i < count; i++)
        nd_sheet_deinit(&sheets[i]);
    free(sheets);
    return err;
}

nd_err nd_report_csv(const json_t *model, enum nd_lang lang, const char *table, struct nd_buf *out,
                     struct nd_fail *why)
{
    const struct nd_page page = {model, lang, NULL};
    struct nd_buf names = {0};
    for (size_t i = 0; i < nd_report_tables_count; i++) {
        struct nd_sheet sheet = {0};
        nd_buf_addf(&names, "%s%s", i != 0 ? ", " : "", nd_report_tables[i].name);
        if (strcmp(nd_report_tables[i].name, table) != 0)
            continue;
        nd_table_sheet(&page, &nd_report_tables[i], &sheet);
        nd_sheet_csv(&sheet, out);
        nd_sheet_deinit(&sheet);
        nd_buf_deinit(&names);
        return ND_OK;
    }
    nd_err err = nd_fail_set(why, ND_EARG, "there is no table '%s'; expected one of %s", table,
                             nd_buf_str(&names));
    nd_buf_deinit(&names);
    return err;
}
