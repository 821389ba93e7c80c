#include "report/html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_baseline(const struct nd_page *page)
{
    static const char *const whens[] = {"before", "after"};
    const json_t *baseline = json_object_get(page->model, "baseline");
    if (json_object_get(baseline, "before") == NULL)
        return;
    nd_html_heading(page, "baseline", ND_MSG_BASELINE);
    for (size_t w = 0; w < 2; w++) {
        const json_t *ended = json_object_get(baseline, whens[w]);
        bool holds = json_is_true(json_object_get(ended, "holds"));
        size_t k = 0;
        json_t *fails = NULL;
        if (ended == NULL)
            continue;
        bool cut = json_is_true(json_object_get(ended, "cut"));
        nd_buf_addf(page->out, "<p class=\"%s\">%s: %s", holds ? "met" : "missed",
                    nd_msg(page, w == 0 ? ND_MSG_BASE_BEFORE : ND_MSG_BASE_AFTER),
                    nd_msg(page, holds ? ND_MSG_BASE_HOLDS
                                 : cut ? ND_MSG_BASE_CUT
                                       : ND_MSG_BASE_FAILS));
        json_array_foreach(json_object_get(ended, "fails"), k, fails)
        {
            const char *sentence = nd_text_of(page, json_object_get(fails, "sentence"));
            nd_html_raw(page, "; ");
            nd_html_text(page, *sentence != '\0' ? sentence : nd_str_of(fails, "why"));
        }
        nd_html_raw(page, "</p>\n");
    }
    nd_html_data(page, "baseline");
    nd_html_raw(page, "</section>\n");
}

static void put_timeline(const struct nd_page *page)
{
    nd_html_heading(page, "timeline-h", ND_MSG_TIMELINE);
    nd_html_raw(page, "<figure>");
    nd_svg_timeline(page);
    nd_html_raw(page, "<figcaption class=\"legend\"><span class=\"k planned\">\u25c7</span> ");
    nd_html_msg(page, ND_MSG_PLANNED);
    nd_html_raw(page, " <span class=\"k done\">\u25a0</span> ");
    nd_html_msg(page, ND_MSG_ACTUAL);
    nd_html_raw(page, " <span class=\"k injected\">\u25a8</span> ");
    nd_html_msg(page, ND_MSG_CHANGE);
    nd_html_raw(page, "</figcaption></figure>\n");
    nd_html_data(page, "steps");
    nd_html_raw(page, "</section>\n");
}

static void put_performance(const struct nd_page *page)
{
    const json_t *list = json_object_get(page->model, "series");
    size_t i = 0;
    json_t *s = NULL;
    if (json_array_size(list) == 0)
        return;
    nd_html_heading(page, "performance", ND_MSG_PERFORMANCE);
    nd_html_raw(page, "<figure>");
    json_array_foreach(list, i, s) nd_svg_series(page, s, i);
    nd_html_raw(page, "<figcaption class=\"legend\"><span class=\"k injected\">\u25a8</span> ");
    nd_html_msg(page, ND_MSG_INJECTED);
    nd_html_raw(page, " <span class=\"k unexpected\">\u25a9</span> ");
    nd_html_msg(page, ND_MSG_UNEXPECTED);
    nd_html_raw(page, " <span class=\"k notsent\">\u25a5</span> ");
    nd_html_msg(page, ND_MSG_NOT_SENT);
    nd_html_raw(page, "</figcaption></figure>\n");
    nd_html_data(page, "services");
    nd_html_data(page, "interruptions");
    nd_html_raw(page, "</section>\n");
}

static void put_armed(const struct nd_page *page, const json_t *armed)
{
    size_t i = 0;
    json_t *one = NULL;
    if (json_array_size(armed) == 0)
        return;
    nd_html_raw(page, "<p><b>");
    nd_html_msg(page, ND_MSG_ARMED_BY);
    nd_html_raw(page, ":</b> ");
    json_array_foreach(armed, i, one)
    {
        char *words = nd_armed_words(one);
        nd_html_raw(page, i != 0 ? ", " : "");
        nd_html_text(page, words);
        free(words);
    }
    nd_html_raw(page, "</p>\n");
}

static void put_safety(const struct nd_page *page)
{
    static const struct {
        const char *key;
        enum nd_message message;
    } reasons[] = {{"aborted", ND_MSG_ABORTED_BY}, {"refused", ND_MSG_REFUSED_BECAUSE}};
    const json_t *safety = json_object_get(page->model, "safety");
    nd_html_heading(page, "safety", ND_MSG_CHANGES);
    for (size_t r = 0; r < 2; r++) {
        if (*nd_str_of(safety, reasons[r].key) == '\0')
            continue;
        nd_html_raw(page, "<p><b>");
        nd_html_msg(page, reasons[r].message);
        nd_html_raw(page, ":</b> ");
        nd_html_text(page, nd_str_of(safety, reasons[r].key));
        nd_html_raw(page, "</p>\n");
    }
    put_armed(page, json_object_get(safety, "armed"));
    nd_html_data(page, "changes");
    nd_html_raw(page, "</section>\n");
}

static void put_names(const struct nd_page *page, const json_t *entry, const char *key,
                      enum nd_message message)
{
    size_t i = 0;
    json_t *name = NULL;
    json_array_foreach(json_object_get(entry, key), i, name)
    {
        nd_html_raw(page, i == 0 ? "; " : ", ");
        if (i == 0) {
            nd_html_msg(page, message);
            nd_html_raw(page, ": ");
        }
        nd_html_text(page, json_string_value(name));
    }
}

static void put_pauses(const struct nd_page *page)
{
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(json_object_get(page->model, "pauses"), i, entry)
    {
        char time[ND_UNIT_TEXT];
        nd_html_raw(page, "<tr>");
        nd_html_td(page, nd_rel_text(json_object_get(entry, "from_rel_ns"), time));
        nd_html_raw(page, "<td>");
        bool died = json_is_true(json_object_get(entry, "died"));
        nd_html_msg(page, died ? ND_MSG_DIED_RESUMED : ND_MSG_PAUSED);
        nd_html_raw(page, ": ");
        nd_html_text(page, json_object_get(entry, "lasted_ns") != NULL
                               ? nd_length_text(nd_int_of(entry, "lasted_ns"), time)
                               : nd_msg(page, ND_MSG_OPEN));
        if (!died)
            nd_html_raw(page, ", ");
        nd_html_text(page, nd_str_of(entry, "by"));
        put_names(page, entry, "cut_off", ND_MSG_CUT_OFF);
        put_names(page, entry, "again", ND_MSG_RUN_AGAIN);
        put_names(page, entry, "not_made_again", ND_MSG_NOT_MADE_AGAIN);
        nd_html_raw(page, "</td>");
        nd_html_td_int(page, nd_int_of(entry, "seq"));
        nd_html_raw(page, "</tr>\n");
    }
}

/* Pauses, what the scenario noted, and which guards were breached, in the order of the journal. */
static void put_notes(const struct nd_page *page)
{
    static const enum nd_message columns[] = {ND_MSG_AT, ND_MSG_NOTE, ND_MSG_EVIDENCE};
    static const char *const lists[] = {"guards", "notes"};
    const json_t *model = page->model;
    if (json_array_size(json_object_get(model, lists[0])) +
            json_array_size(json_object_get(model, lists[1])) +
            json_array_size(json_object_get(model, "pauses")) ==
        0)
        return;
    nd_html_heading(page, "notes", ND_MSG_NOTES);
    nd_html_table(page, ND_MSG_NOTES, columns, 3);
    put_pauses(page);
    for (size_t l = 0; l < 2; l++) {
        size_t i = 0;
        json_t *entry = NULL;
        json_array_foreach(json_object_get(model, lists[l]), i, entry)
        {
            char time[ND_UNIT_TEXT];
            nd_html_raw(page, "<tr>");
            nd_html_td(page, nd_rel_text(json_object_get(entry, "at_rel_ns"), time));
            nd_html_raw(page, l == 0 ? "<td class=\"missed\">" : "<td>");
            if (l == 0) {
                nd_html_msg(page, ND_MSG_GUARD_BREACHED);
                nd_html_raw(page, ": ");
            }
            nd_html_text(page, nd_text_of(page, json_object_get(entry, l == 0 ? "title" : "text")));
            nd_html_raw(page, "</td>");
            nd_html_td_int(page, nd_int_of(entry, "seq"));
            nd_html_raw(page, "</tr>\n");
        }
    }
    nd_html_table_end(page);
    nd_html_raw(page, "</section>\n");
}

static void quality_row(const struct nd_page *page, enum nd_message message, json_int_t number)
{
    nd_html_raw(page, "<tr><th scope=\"row\">");
    nd_html_msg(page, message);
    nd_html_raw(page, "</th>");
    nd_html_td_int(page, number);
    nd_html_raw(page, "</tr>\n");
}

static void put_completeness(const struct nd_page *page)
{
    const json_t *summary = json_object_get(page->model, "summary");
    char share[64];
    nd_html_raw(page, "<p>");
    nd_html_msg(page, ND_MSG_COMPLETENESS);
    nd_buf_addf(page->out, ": %s (%s %lld)</p>\n",
                nd_value_text(page, json_object_get(summary, "completeness"), "1", "share", share),
                nd_msg(page, ND_MSG_SENT), (long long)nd_int_of(summary, "sent"));
}

static void put_quality(const struct nd_page *page)
{
    static const enum nd_message columns[] = {ND_MSG_QUALITY, ND_MSG_MEASURED};
    const json_t *quality = json_object_get(page->model, "quality");
    const json_t *journal = json_object_get(page->model, "journal");
    json_int_t rows = 0;
    size_t i = 0;
    json_t *gap = NULL;
    json_array_foreach(json_object_get(quality, "gaps"), i, gap) rows += nd_int_of(gap, "rows");
    nd_html_heading(page, "quality", ND_MSG_QUALITY);
    put_completeness(page);
    nd_html_table(page, ND_MSG_QUALITY, columns, 2);
    quality_row(page, nd_int_of(journal, "bad_seq") != 0 ? ND_MSG_JOURNAL_BAD : ND_MSG_JOURNAL_OK,
                nd_int_of(journal, "bad_seq") != 0 ? nd_int_of(journal, "bad_seq")
                                                   : nd_int_of(journal, "events"));
    if (json_is_true(json_object_get(journal, "torn")))
        quality_row(page, ND_MSG_JOURNAL_TORN, 1);
    quality_row(page, ND_MSG_SLOTS_NOT_SENT,
                nd_int_of(json_object_get(page->model, "summary"), "not_sent"));
    quality_row(page, ND_MSG_ROWS_LOST, rows);
    quality_row(page, ND_MSG_LATE_ANSWERS, nd_int_of(quality, "late"));
    quality_row(page, ND_MSG_DUPLICATES, nd_int_of(quality, "duplicates"));
    quality_row(page, ND_MSG_REORDERED, nd_int_of(quality, "reordered"));
    quality_row(page, ND_MSG_BROKEN,
                (json_int_t)json_array_size(json_object_get(quality, "broken")));
    quality_row(page, ND_MSG_STALLS,
                (json_int_t)json_array_size(json_object_get(quality, "stalls")));
    quality_row(page, ND_MSG_CLOCK_STEPS,
                (json_int_t)json_array_size(json_object_get(quality, "clock_steps")));
    nd_html_table_end(page);
    nd_html_raw(page, "</section>\n");
}

static void put_appendix(const struct nd_page *page)
{
    const json_t *run = json_object_get(page->model, "run");
    static const enum nd_message definitions[] = {ND_MSG_DEF_INTERRUPTION, ND_MSG_DEF_INJECTED,
                                                  ND_MSG_DEF_AVAILABILITY, ND_MSG_DEF_LATENCY};
    static const struct {
        enum nd_message message;
        const char *key;
    } facts[] = {{ND_MSG_RUN, "id"},
                 {ND_MSG_SCENARIO_HASH, "scenario_sha256"},
                 {ND_MSG_SITE_HASH, "site_sha256"},
                 {ND_MSG_VERSION, "version"}};
    nd_html_heading(page, "appendix", ND_MSG_APPENDIX);
    nd_html_raw(page, "<h3>");
    nd_html_msg(page, ND_MSG_DEFINITIONS);
    nd_html_raw(page, "</h3><ul>");
    for (size_t i = 0; i < 4; i++) {
        nd_html_raw(page, "<li>");
        nd_html_msg(page, definitions[i]);
        nd_html_raw(page, "</li>\n");
    }
    nd_html_raw(page, "</ul><dl>");
    for (size_t i = 0; i < 4; i++) {
        nd_html_raw(page, "<dt>");
        nd_html_msg(page, facts[i].message);
        nd_html_raw(page, "</dt><dd>");
        nd_html_text(page, nd_str_of(run, facts[i].key));
        nd_html_raw(page, "</dd>\n");
    }
    nd_html_parameters(page, run);
    nd_html_raw(page, "</dl></section>\n");
}

/* By their own function, or a table of tables.h with a heading. */
static const struct {
    const char *name;
    void (*put)(const struct nd_page *page);
} sections[] = {{"ratings", nd_html_ratings}, {"expectations", NULL},
                {"baseline", put_baseline},   {"clocks", nd_html_duties},
                {"timeline", put_timeline},   {"injects", NULL},
                {"observations", NULL},       {"performance", put_performance},
                {"safety", put_safety},       {"confirmations", NULL},
                {"notes", put_notes},         {"improvements", nd_html_improvements},
                {"quality", put_quality},     {"appendix", put_appendix}};
#define SECTIONS (sizeof sections / sizeof sections[0])

static void put_section(const struct nd_page *page, size_t number)
{
    if (sections[number].put != NULL)
        sections[number].put(page);
    else
        nd_html_section(page, sections[number].name);
}

bool nd_html_section_known(const char *name)
{
    for (size_t i = 0; i < SECTIONS; i++) {
        if (strcmp(sections[i].name, name) == 0)
            return true;
    }
    return false;
}

const char *nd_html_section_names(void)
{
    return "ratings, expectations, baseline, clocks, timeline, injects, observations, performance, "
           "safety, confirmations, notes, improvements, quality, appendix";
}

void nd_html_sections(const struct nd_page *page)
{
    const json_t *wanted = json_object_get(json_object_get(page->model, "template"), "sections");
    size_t i = 0;
    json_t *name = NULL;
    for (size_t k = 0; wanted == NULL && k < SECTIONS; k++)
        put_section(page, k);
    json_array_foreach(wanted, i, name)
    {
        for (size_t k = 0; k < SECTIONS; k++) {
            if (strcmp(sections[k].name, json_string_value(name)) == 0)
                put_section(page, k);
        }
    }
}
