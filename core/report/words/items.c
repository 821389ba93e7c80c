#include "report/words/words.h"

#include <string.h>

/* Improvement items, and those that earlier drills left. */

bool nd_item_is_open(const json_t *item)
{
    const char *status = nd_str_of(item, "status");
    return strcmp(status, "done") != 0 && strcmp(status, "dropped") != 0;
}

bool nd_item_is_overdue(const json_t *item, const char *day)
{
    const char *due = nd_str_of(item, "due");
    return *due != '\0' && nd_item_is_open(item) && strcmp(due, day) < 0;
}

char *nd_carried_words(const struct nd_page *page)
{
    const json_t *list = json_object_get(page->model, "carried");
    size_t open = 0;
    size_t overdue = 0;
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(list, i, item)
    {
        open += nd_item_is_open(item);
        overdue += json_object_get(item, "overdue_since") != NULL;
    }
    if (i == 0)
        return NULL;
    return nd_printf(page->lang == ND_LANG_ZH ? "%s：%zu；%s %zu，%s %zu"
                                              : "%s: %zu; %s %zu, %s %zu",
                     nd_msg(page, ND_MSG_CARRIED), i, nd_msg(page, ND_MSG_STILL_OPEN), open,
                     nd_msg(page, ND_MSG_OVERDUE), overdue);
}
