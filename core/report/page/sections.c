#include "report/page/html.h"
#include "report/page/svg.h"
#include "report/words/tables.h"

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
        nd_buf_addf(page->out, "<p class=\"%s\">", holds ? "met" : "missed");
        nd_html_msg(page, w == 0 ? ND_MSG_BASE_BEFORE : ND_MSG_BASE_AFTER);
        nd_html_raw(page, nd_colon(page));
        nd_html_msg(page, holds ? ND_MSG_BASE_HOLDS : cut ? ND_MSG_BASE_CUT : ND_MSG_BASE_FAILS);
        json_array_foreach(json_object_get(ended, "fails"), k, fails)
        {
            const char *sentence = nd_text_of(page, json_object_get(fails, "sentence"));
            nd_html_raw(page, page->lang == ND_LANG_ZH ? "；" : "; ");
            if (*sentence != '\0')
                nd_html_words(page, sentence);
            else
                nd_html_reason(page, nd_str_of(fails, "why"));
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
    nd_html_raw(page, "<figcaption class=\"legend\">");
    nd_svg_timeline_legend(page);
    nd_html_raw(page, "</figcaption></figure>\n");
    nd_html_data(page, "steps");
    nd_html_raw(page, "</section>\n");
}

static void put_samples(const struct nd_page *page)
{
    char *command = nd_samples_command(page);
    if (command == NULL)
        return;
    nd_html_raw(page, "<p><small>");
    nd_html_msg(page, ND_MSG_SAMPLES_OF);
    nd_html_raw(page, " <b>");
    nd_html_text(page, command);
    nd_html_raw(page, "</b></small></p>\n");
    free(command);
}

static void put_performance(const struct nd_page *page)
{
    if (json_array_size(json_object_get(page->model, "series")) == 0)
        return;
    nd_html_heading(page, "performance", ND_MSG_PERFORMANCE);
    nd_html_raw(page, "<figure>");
    nd_svg_series(page);
    nd_html_raw(page, "<figcaption class=\"legend\">");
    nd_svg_series_legend(page);
    nd_html_raw(page, "</figcaption></figure>\n");
    nd_html_not_drawn(page);
    nd_html_data(page, "services");
    nd_html_data(page, "interruptions");
    put_samples(page);
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
    nd_html_raw(page, nd_colon(page));
    nd_html_raw(page, "</b> ");
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
        nd_html_raw(page, nd_colon(page));
        nd_html_raw(page, "</b> ");
        nd_html_reason(page, nd_str_of(safety, reasons[r].key));
        nd_html_raw(page, "</p>\n");
    }
    put_armed(page, json_object_get(safety, "armed"));
    nd_html_data(page, "changes");
    if (json_array_size(json_object_get(page->model, "changes")) == 0) {
        nd_html_raw(page, "<p>");
        nd_html_msg(page, ND_MSG_NO_CHANGES);
        nd_html_raw(page, "</p>\n");
    }
    nd_html_raw(page, "</section>\n");
}

static size_t rows_of(const struct nd_page *page, const char *list)
{
    return json_array_size(json_object_get(page->model, list));
}

/* Which guards were breached, pauses, and what the scenario noted. */
static void put_notes(const struct nd_page *page)
{
    if (rows_of(page, "guards") + rows_of(page, "notes") + rows_of(page, "pauses") == 0)
        return;
    nd_html_heading(page, "notes", ND_MSG_NOTES_AND_MORE);
    nd_html_data(page, "guards");
    nd_html_data(page, "pauses");
    nd_html_data(page, "notes");
    nd_html_raw(page, "</section>\n");
}

static void put_completeness(const struct nd_page *page)
{
    const json_t *summary = json_object_get(page->model, "summary");
    char share[64];
    nd_html_raw(page, "<p>");
    nd_html_msg(page, ND_MSG_COMPLETENESS);
    nd_buf_addf(page->out, "%s%s (", nd_colon(page),
                nd_value_text(page, json_object_get(summary, "completeness"), "1", "share", share));
    nd_html_msg(page, ND_MSG_SENT);
    nd_buf_addf(page->out, " %lld)</p>\n", (long long)nd_int_of(summary, "sent"));
}

static void put_quality(const struct nd_page *page)
{
    nd_html_heading(page, "quality", ND_MSG_QUALITY);
    put_completeness(page);
    nd_html_data(page, "quality");
    nd_html_data(page, "sources");
    nd_html_raw(page, "</section>\n");
}

/* By their own function, or a table of tables.h with a heading. */
static const struct {
    const char *name;
    void (*put)(const struct nd_page *page);
} sections[] = {{"lessons", nd_html_lessons}, {"overview", nd_html_overview},
                {"ratings", nd_html_ratings}, {"expectations", nd_html_expectations},
                {"baseline", put_baseline},   {"clocks", nd_html_duties},
                {"timeline", put_timeline},   {"injects", NULL},
                {"observations", NULL},       {"operators", nd_html_operators},
                {"faults", nd_html_faults},   {"performance", put_performance},
                {"safety", put_safety},       {"confirmations", NULL},
                {"notes", put_notes},         {"improvements", nd_html_improvements},
                {"quality", put_quality},     {"appendix", nd_html_appendix}};
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
    return "lessons, overview, ratings, expectations, baseline, clocks, timeline, injects, "
           "observations, operators, "
           "faults, performance, safety, confirmations, notes, improvements, quality, appendix";
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
