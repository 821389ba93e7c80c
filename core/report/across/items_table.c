#include "report/across/items_parts.h"

#include "report/across/document.h"

#include <stdlib.h>
#include <string.h>

/* Improvement items of many runs as a table. */

/* "2; 2024-09-20, 2025-09-19": how many drills have carried it on, and when. */
static char *carried_words(const json_t *item)
{
    struct nd_buf out = {0};
    size_t times = 0;
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(item, "carried"), i, one)
    {
        if (!json_is_true(json_object_get(one, "begun")))
            continue;
        nd_buf_addf(&out, "%s%s", times++ != 0 ? ", " : "; ", nd_str_of(one, "date"));
    }
    char *words = nd_printf("%zu%s", times, nd_buf_str(&out));
    nd_buf_deinit(&out);
    return words;
}

void nd_items_row(const struct nd_page *page, const json_t *item, const char *day,
                  struct nd_sheet *sheet)
{
    char *carried = carried_words(item);
    char *which = nd_printf("%s/%s", nd_str_of(item, "run"), nd_str_of(item, "item"));
    bool overdue = nd_item_is_overdue(item, day);
    const char *const cells[ND_ITEMS_COLUMNS] = {which,
                                                 nd_text_of(page, json_object_get(item, "title")),
                                                 nd_str_of(item, "date"),
                                                 nd_str_of(item, "issue"),
                                                 nd_str_of(item, "action"),
                                                 nd_str_of(item, "owner"),
                                                 nd_str_of(item, "due"),
                                                 overdue ? nd_str_of(item, "due") : "",
                                                 nd_state_text(page, nd_str_of(item, "priority")),
                                                 nd_state_text(page, nd_str_of(item, "status")),
                                                 carried,
                                                 nd_str_of(item, "in_run"),
                                                 nd_str_of(item, "proof")};
    nd_document_row(sheet, cells, ND_ITEMS_COLUMNS);
    free(carried);
    free(which);
}

const enum nd_message nd_items_headings[ND_ITEMS_COLUMNS] = {
    ND_MSG_ITEM,          ND_MSG_RV_DRILL, ND_MSG_RV_DATE,       ND_MSG_ISSUE,    ND_MSG_ACTION,
    ND_MSG_RESPONSIBLE,   ND_MSG_DUE_DATE, ND_MSG_OVERDUE_SINCE, ND_MSG_PRIORITY, ND_MSG_STATE,
    ND_MSG_CARRIED_TIMES, ND_MSG_IN_RUN,   ND_MSG_PROOF};

nd_err nd_items_render(const json_t *items, const char *day, const char *format, enum nd_lang lang,
                       struct nd_buf *out, struct nd_fail *why)
{
    const struct nd_page page = {NULL, lang == ND_LANG_ZH ? ND_LANG_ZH : ND_LANG_EN, out};
    struct nd_document document = {.title = nd_strdup(nd_msg(&page, ND_MSG_IT_TITLE)),
                                   .note = nd_strdup(nd_msg(&page, ND_MSG_IT_DEF))};
    struct nd_sheet *sheet = nd_document_sheet(&document, &page, nd_msg(&page, ND_MSG_IMPROVEMENTS),
                                               nd_items_headings, ND_ITEMS_COLUMNS);
    size_t open = 0;
    size_t overdue = 0;
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(items, i, item)
    {
        open += nd_item_is_open(item);
        overdue += nd_item_is_overdue(item, day);
        nd_items_row(&page, item, day, sheet);
    }
    document.intro =
        nd_printf("%s: %s. %s %zu, %s %zu", nd_msg(&page, ND_MSG_AS_OF), day,
                  nd_msg(&page, ND_MSG_STILL_OPEN), open, nd_msg(&page, ND_MSG_OVERDUE), overdue);
    nd_err err = nd_document_render(&document, format, lang, out, why);
    nd_document_deinit(&document);
    return err;
}
