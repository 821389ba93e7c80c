#include "report/words/words.h"

#include <string.h>

/* A fault in people's words. */

#define SERVICES 2 /* that its name lists */

/* "the page, emergency calls +3" */
static void put_services(const struct nd_page *page, const json_t *fault, struct nd_buf *out)
{
    const json_t *list = json_object_get(fault, "services");
    size_t more = json_array_size(list) + (size_t)nd_int_of(fault, "services_left");
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(list, i, one)
    {
        if (i < SERVICES)
            nd_buf_addf(out, "%s%s", i != 0 ? ", " : "", nd_series_title(page, one));
    }
    if (more > SERVICES)
        nd_buf_addf(out, " +%zu", more - SERVICES);
}

void nd_fault_title(const struct nd_page *page, const json_t *fault, bool whole, struct nd_buf *out)
{
    const char *title = nd_text_of(page, json_object_get(fault, "title"));
    const char *step = nd_str_of(fault, "step");
    bool own = strcmp(nd_str_of(fault, "class"), "injected") == 0;
    title = *title != '\0' ? title : *step != '\0' ? step : nd_str_of(fault, "inject");
    if (own) {
        nd_buf_adds(out, title);
        return;
    }
    put_services(page, fault, out);
    if (*title != '\0' && whole)
        nd_buf_addf(out, " (%s%s%s)", nd_msg(page, ND_MSG_WHILE_IN_FORCE), nd_colon(page), title);
}

json_t *nd_fault_known(const json_t *fault)
{
    json_t *known = json_array();
    size_t i = 0;
    json_t *moment = NULL;
    json_array_foreach(json_object_get(fault, "moments"), i, moment)
    {
        if (json_is_integer(json_object_get(moment, "at_rel_ns")))
            json_array_append(known, moment);
    }
    return known;
}

static enum nd_message how_of(const char *name)
{
    static const struct {
        const char *name;
        enum nd_message message;
    } rows[] = {{"proved", ND_MSG_HOW_proved},       {"not_proved", ND_MSG_HOW_not_proved},
                {"applied", ND_MSG_HOW_applied},     {"fired", ND_MSG_HOW_fired},
                {"guard", ND_MSG_HOW_guard},         {"threshold", ND_MSG_HOW_threshold},
                {"clock", ND_MSG_HOW_clock},         {"event", ND_MSG_HOW_event},
                {"answered", ND_MSG_HOW_answered},   {"acknowledged", ND_MSG_HOW_acknowledged},
                {"confirmed", ND_MSG_HOW_confirmed}, {"reported", ND_MSG_HOW_reported},
                {"read_back", ND_MSG_HOW_read_back}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].message;
    }
    return ND_MSG_HOW_probe;
}

static void put_sample(const struct nd_page *page, const json_t *moment, struct nd_buf *out)
{
    json_t *series = nd_series_of(page->model, json_object_get(moment, "series"));
    const json_t *sent = json_object_get(moment, "sample_rel_ns");
    char text[ND_UNIT_TEXT];
    if (series == NULL)
        return;
    nd_buf_addf(out, "%s%s", nd_colon(page), nd_series_title(page, series));
    if (json_is_integer(sent))
        nd_buf_addf(out, "%s%s %s", nd_comma(page), nd_msg(page, ND_MSG_SENT_AT),
                    nd_rel_text(sent, text));
    json_decref(series);
}

/* Where measuring ended before it could be said that the service stays. */
static void put_watched(const struct nd_page *page, const json_t *moment, struct nd_buf *out)
{
    char text[ND_UNIT_TEXT];
    if (json_is_false(json_object_get(moment, "steady")))
        nd_buf_addf(out, "; %s %s", nd_msg(page, ND_MSG_WATCHED),
                    nd_length_text(nd_int_of(moment, "watched_ns"), text));
}

void nd_fault_told(const struct nd_page *page, const json_t *moment, struct nd_buf *out)
{
    const char *how = nd_str_of(moment, "how");
    const char *title = nd_text_of(page, json_object_get(moment, "title"));
    const char *who = nd_str_of(moment, "who");
    bool tool = strcmp(nd_str_of(moment, "by"), "tool") == 0;
    bool scripted = json_is_true(json_object_get(moment, "scripted"));
    if (*how == '\0') {
        nd_buf_adds(out, nd_state_text(page, nd_str_of(moment, "why")));
        put_sample(page, moment, out);
        return;
    }
    nd_buf_addf(out, "%s%s%s", nd_msg(page, how_of(how)), *title != '\0' ? nd_colon(page) : "",
                title);
    put_sample(page, moment, out);
    nd_buf_addf(out, " (%s%s%s)", tool ? nd_msg(page, ND_MSG_BY_TOOL) : nd_person_text(page, who),
                scripted ? nd_comma(page) : "", scripted ? nd_msg(page, ND_MSG_SCRIPTED) : "");
    put_watched(page, moment, out);
    if (json_is_null(json_object_get(moment, "earlier_ns")))
        nd_buf_addf(out, "; %s", nd_msg(page, ND_MSG_NOT_BEFORE));
}

void nd_fault_after(const struct nd_page *page, const json_t *fault, const char *key,
                    struct nd_buf *out)
{
    static const char *const keys[] = {"ttd_ns", "tta_ns", "ttm_ns", "ttr_ns", "reverted_ns"};
    const json_t *after = json_object_get(fault, key);
    const json_t *moments = json_object_get(fault, "moments");
    char text[ND_UNIT_TEXT];
    if (json_is_integer(after)) {
        nd_buf_adds(out, nd_length_text((json_int_t)json_integer_value(after), text));
        return;
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *why = nd_str_of(json_array_get(moments, i + 1), "why");
        if (strcmp(keys[i], key) == 0)
            nd_buf_adds(out, *why != '\0' ? nd_state_text(page, why) : "\u2013");
    }
}

void nd_fault_line(const struct nd_page *page, const json_t *fault, struct nd_buf *out)
{
    static const struct {
        const char *key;
        enum nd_message message;
    } rows[] = {{"ttd_ns", ND_MSG_TTD},
                {"tta_ns", ND_MSG_TTA},
                {"ttm_ns", ND_MSG_TTM},
                {"ttr_ns", ND_MSG_TTR},
                {"reverted_ns", ND_MSG_UNTIL_REVERTED}};
    nd_buf_addf(out, "%s (%s) ", nd_str_of(fault, "id"),
                nd_state_text(page, nd_str_of(fault, "class")));
    nd_fault_title(page, fault, true, out);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        nd_buf_addf(out, "%s %s: ", i == 0 ? ":" : ";", nd_msg(page, rows[i].message));
        nd_fault_after(page, fault, rows[i].key, out);
    }
}
