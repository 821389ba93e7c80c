#include "report/page/html.h"

#include <stdlib.h>
#include <string.h>

/* The end of the first page: what was seen, and what those who lead are asked to decide. */

#define SEEN      3
#define DECISIONS 4

static void put_seen(const struct nd_page *page, const char *sort, enum nd_message title)
{
    size_t i = 0;
    size_t count = 0;
    json_t *one = NULL;
    nd_html_raw(page, "<div><h3>");
    nd_html_msg(page, title);
    nd_html_raw(page, "</h3><ul>\n");
    json_array_foreach(json_object_get(page->model, "observations"), i, one)
    {
        if (strcmp(nd_str_of(one, "sort"), sort) != 0 || nd_is_withdrawn(one) || count++ >= SEEN)
            continue;
        nd_html_raw(page, "<li>");
        nd_html_cut(page, nd_str_of(one, "text"), 72);
        nd_html_raw(page, "</li>\n");
    }
    nd_html_more(page, "li", count > SEEN ? count - SEEN : 0);
    if (count == 0) {
        nd_html_raw(page, "<li class=\"more\">");
        nd_html_msg(page, ND_MSG_NONE_RECORDED);
        nd_html_raw(page, "</li>");
    }
    nd_html_raw(page, "</ul></div>\n");
}

static void put_decision(const struct nd_page *page, const json_t *item)
{
    static const char *const keys[] = {"owner", "due"};
    nd_html_raw(page, "<li>");
    nd_html_cut(page, nd_str_of(item, "action"), 60);
    nd_html_raw(page, " <small>(");
    nd_html_text(page, nd_str_of(item, "id"));
    for (size_t k = 0; k < 2; k++) {
        const char *text = nd_str_of(item, keys[k]);
        nd_html_raw(page, *text != '\0' ? ", " : "");
        nd_html_cut(page, text, 24);
    }
    nd_html_raw(page, ", ");
    if (json_object_get(item, "overdue_since") != NULL) {
        nd_html_raw(page, "<b class=\"missed\">");
        nd_html_msg(page, ND_MSG_OVERDUE);
        nd_html_raw(page, "</b>");
    } else {
        nd_html_text(page, nd_state_text(page, nd_str_of(item, "status")));
    }
    nd_html_raw(page, ")</small></li>\n");
}

/* Those carried forward from earlier drills that are still open, whether overdue or not. */
static void put_carried(const struct nd_page *page, bool overdue, size_t *count)
{
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(json_object_get(page->model, "carried"), i, item)
    {
        if (nd_item_is_open(item) && (json_object_get(item, "overdue_since") != NULL) == overdue &&
            (*count)++ < DECISIONS)
            put_decision(page, item);
    }
}

/* This drill's own that are not done or dropped, the most urgent first. */
static void put_own(const struct nd_page *page, size_t *count)
{
    static const char *const priorities[] = {"high", "medium", "low", ""};
    for (size_t p = 0; p < 4; p++) {
        size_t i = 0;
        json_t *item = NULL;
        json_array_foreach(json_object_get(page->model, "improvements"), i, item)
        {
            if (strcmp(nd_str_of(item, "priority"), priorities[p]) == 0 && nd_item_is_open(item) &&
                (*count)++ < DECISIONS)
                put_decision(page, item);
        }
    }
}

/* What is overdue from earlier drills, what this one brought, what else earlier ones left. */
static void put_decisions(const struct nd_page *page)
{
    json_int_t without = nd_int_of(json_object_get(page->model, "evaluation"), "without_action");
    size_t count = 0;
    nd_html_raw(page, "<h3>");
    nd_html_msg(page, ND_MSG_DECIDE);
    nd_html_raw(page, "</h3><ul>\n");
    put_carried(page, true, &count);
    put_own(page, &count);
    put_carried(page, false, &count);
    nd_html_more(page, "li", count > DECISIONS ? count - DECISIONS : 0);
    if (without != 0) {
        nd_html_raw(page, "<li class=\"missed\">");
        nd_html_msg(page, ND_MSG_WITHOUT_ACTION);
        nd_buf_addf(page->out, "%s%lld</li>\n", nd_colon(page), (long long)without);
    } else if (count == 0) {
        nd_html_raw(page, "<li class=\"more\">");
        nd_html_msg(page, ND_MSG_NOTHING_OPEN);
        nd_html_raw(page, "</li>\n");
    }
    nd_html_raw(page, "</ul>\n");
}

void nd_html_asks(const struct nd_page *page)
{
    nd_html_raw(page, "<div class=\"two\">\n");
    put_seen(page, "strength", ND_MSG_TOP_STRENGTHS);
    put_seen(page, "improvement", ND_MSG_TOP_IMPROVE);
    nd_html_raw(page, "</div>\n");
    put_decisions(page);
}
