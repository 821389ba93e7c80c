#include "report/report.h"
#include "report/words/packed.h"
#include "report/words/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* For other tools: annotations over their graphs, and figures to be collected. */

struct annotations {
    const struct nd_page *page;
    json_t *list;
    json_int_t start_ms;
};

/* from, till: moments of the drill, or null. */
static void annotate(const struct annotations *to, const json_t *from, const json_t *till,
                     const char *kind, const char *text)
{
    if (!json_is_integer(from))
        return;
    char *marked = nd_printf("演練 EXERCISE: %s", text);
    json_int_t begin = to->start_ms + json_integer_value(from) / 1000000;
    json_t *one =
        json_pack("{s:I, s:s, s:[s, s, s]}", "time", begin, "text", marked, "tags", "exercise",
                  kind, nd_str_of(json_object_get(to->page->model, "drill"), "id"));
    if (json_is_integer(till))
        json_object_set_new(one, "timeEnd",
                            json_integer(to->start_ms + json_integer_value(till) / 1000000));
    json_array_append_new(to->list, one);
    free(marked);
}

static void annotate_series(const struct annotations *to, const json_t *series)
{
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(series, "interruptions"), i, one)
    {
        char length[ND_UNIT_TEXT];
        char *text = nd_printf("%s: %s, %s", nd_series_title(to->page, series),
                               nd_state_text(to->page, nd_str_of(one, "class")),
                               nd_length_text(nd_int_of(one, "length_ns"), length));
        annotate(to, json_object_get(one, "from_rel_ns"), json_object_get(one, "till_rel_ns"),
                 "interruption", text);
        free(text);
    }
}

static void annotate_fault(const struct annotations *to, const json_t *fault)
{
    const json_t *restored = nd_entry_of(json_object_get(fault, "moments"), "moment", "restored");
    struct nd_buf text = {0};
    nd_fault_line(to->page, fault, &text);
    annotate(to, json_object_get(fault, "onset_rel_ns"), json_object_get(restored, "at_rel_ns"),
             "fault", nd_buf_str(&text));
    nd_buf_deinit(&text);
}

void nd_report_grafana(const json_t *model, enum nd_lang lang, struct nd_buf *out)
{
    const struct nd_page page = {model, lang == ND_LANG_ZH ? ND_LANG_ZH : ND_LANG_EN, out};
    const struct annotations to = {&page, json_array(), nd_start_ms(model)};
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(to.start_ms >= 0 ? json_object_get(model, "phases") : NULL, i, one)
        annotate(&to, json_object_get(one, "started_rel_ns"), json_object_get(one, "ended_rel_ns"),
                 "phase", nd_text_of(&page, json_object_get(one, "title")));
    json_array_foreach(to.start_ms >= 0 ? json_object_get(model, "changes") : NULL, i, one)
    {
        char *text = nd_printf("%s.%s %s", nd_str_of(one, "plugin"), nd_str_of(one, "verb"),
                               nd_str_of(one, "target"));
        annotate(&to, json_object_get(one, "began_rel_ns"), json_object_get(one, "verified_rel_ns"),
                 "change", text);
        free(text);
    }
    json_array_foreach(to.start_ms >= 0 ? json_object_get(model, "series") : NULL, i, one)
    {
        json_t *series = nd_unpacked(one);
        annotate_series(&to, series);
        json_decref(series);
    }
    json_array_foreach(to.start_ms >= 0 ? json_object_get(model, "faults") : NULL, i, one)
        annotate_fault(&to, one);
    nd_report_json(to.list, out);
    json_decref(to.list);
}

/* ---- OpenMetrics ---- */

static void put_label(struct nd_buf *out, const char *name, const char *value, const char *before)
{
    nd_buf_addf(out, "%s%s=\"", before, name);
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"')
            nd_buf_addf(out, "\\%c", *value);
        else if (*value == '\n')
            nd_buf_adds(out, "\\n");
        else
            nd_buf_add(out, value, 1);
    }
    nd_buf_adds(out, "\"");
}

static void put_gauge(const struct nd_page *page, const char *name, const char *help, double value)
{
    nd_buf_addf(page->out, "# TYPE %s gauge\n# HELP %s %s\n%s", name, name, help, name);
    put_label(page->out, "run", nd_str_of(json_object_get(page->model, "run"), "id"), "{");
    put_label(page->out, "mode", nd_str_of(json_object_get(page->model, "run"), "mode"), ",");
    nd_buf_addf(page->out, "} %.12g\n", value);
}

/* A family over all series. ns: the value is a length of time. */
static void put_family(const struct nd_page *page, const char *name, const char *help,
                       const char *key, bool ns)
{
    size_t i = 0;
    json_t *entry = NULL;
    nd_buf_addf(page->out, "# TYPE %s gauge\n# HELP %s %s\n", name, name, help);
    json_array_foreach(json_object_get(page->model, "series"), i, entry)
    {
        json_t *series = nd_unpacked(entry);
        const json_t *value = json_object_get(series, key);
        char id[24];
        if (!json_is_number(value) || (ns && strcmp(nd_str_of(series, "unit"), "ns") != 0)) {
            json_decref(series);
            continue;
        }
        snprintf(id, sizeof id, "%lld", (long long)nd_int_of(series, "id"));
        nd_buf_adds(page->out, name);
        put_label(page->out, "run", nd_str_of(json_object_get(page->model, "run"), "id"), "{");
        put_label(page->out, "series", id, ",");
        put_label(page->out, "service", nd_series_title(page, series), ",");
        nd_buf_addf(page->out, "} %.12g\n", json_number_value(value) / (ns ? 1e9 : 1));
        json_decref(series);
    }
}

/* Availability by operator, of both definitions. */
static void put_operators(const struct nd_page *page)
{
    static const char name[] = "netdrill_report_operator_availability_ratio";
    size_t i = 0;
    json_t *one = NULL;
    nd_buf_addf(page->out,
                "# TYPE %s gauge\n# HELP %s By time, of its services together, 0 to 1.\n", name,
                name);
    json_array_foreach(json_object_get(page->model, "operators"), i, one)
    {
        size_t k = 0;
        json_t *share = NULL;
        json_array_foreach(json_object_get(one, "shares"), k, share)
        {
            const json_t *value = json_object_get(share, "availability");
            if (!json_is_number(value))
                continue;
            nd_buf_adds(page->out, name);
            put_label(page->out, "run", nd_str_of(json_object_get(page->model, "run"), "id"), "{");
            put_label(page->out, "operator", nd_str_of(one, "name"), ",");
            put_label(page->out, "definition", nd_str_of(share, "definition"), ",");
            nd_buf_addf(page->out, "} %.12g\n", json_number_value(value));
        }
    }
}

void nd_report_openmetrics(const json_t *model, struct nd_buf *out)
{
    const struct nd_page page = {model, ND_LANG_EN, out};
    const json_t *s = json_object_get(model, "summary");
    put_family(&page, "netdrill_report_loss_ratio", "Lost of all probes sent, 0 to 1.", "loss",
               false);
    put_family(&page, "netdrill_report_availability_ratio", "Answered of all probes sent, 0 to 1.",
               "availability", false);
    put_operators(&page);
    put_family(&page, "netdrill_report_median_seconds", "Median of the answers.", "p50", true);
    put_family(&page, "netdrill_report_p99_seconds", "99th percentile of the answers.", "p99",
               true);
    put_gauge(&page, "netdrill_report_expected_met", "What was expected and met.",
              (double)nd_int_of(s, "met"));
    put_gauge(&page, "netdrill_report_expected_missed", "What was expected and not met.",
              (double)nd_int_of(s, "missed"));
    put_gauge(&page, "netdrill_report_changes", "Changes made.", (double)nd_int_of(s, "changes"));
    put_gauge(&page, "netdrill_report_changes_verified",
              "Changes read back as restored; all others have to be looked at.",
              (double)nd_int_of(s, "verified"));
    put_gauge(&page, "netdrill_report_lasted_seconds", "Length of the drill, from STARTEX.",
              (double)nd_int_of(json_object_get(model, "run"), "lasted_ns") / 1e9);
    nd_buf_adds(out, "# EOF\n");
}
