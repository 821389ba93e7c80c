#include "base/openmetrics.h"
#include "report/model/cuts.h"
#include "report/model/model.h"
#include "report/report.h"
#include "report/words/packed.h"
#include "report/words/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* For other tools: annotations over their graphs, and figures to be collected. */

#define DRAINED_AT 65536 /* octets */

struct annotations {
    const struct nd_page *page;
    const struct nd_rendering *how;
    json_int_t start_ms; /* STARTEX; -1: there was none, and nothing can be told */
    bool any;
};

/* from, till: moments of the drill, or null. */
static void annotate(struct annotations *to, const json_t *from, const json_t *till,
                     const char *kind, const char *text)
{
    struct nd_buf *out = to->page->out;
    if (!json_is_integer(from) || to->start_ms < 0)
        return;
    char *marked = nd_printf("演練 EXERCISE: %s", text);
    json_int_t begin = to->start_ms + json_integer_value(from) / 1000000;
    json_t *one =
        json_pack("{s:I, s:s, s:[s, s, s]}", "time", begin, "text", marked, "tags", "exercise",
                  kind, nd_str_of(json_object_get(to->page->model, "drill"), "id"));
    if (json_is_integer(till))
        json_object_set_new(one, "timeEnd",
                            json_integer(to->start_ms + json_integer_value(till) / 1000000));
    char *line = one != NULL ? json_dumps(one, JSON_PRESERVE_ORDER) : NULL;
    if (line != NULL) {
        nd_buf_addf(out, "%s\n%s", to->any ? "," : "", line);
        to->any = true;
    }
    free(line);
    free(marked);
    json_decref(one);
    if (out->len_bytes > DRAINED_AT && to->how->drain != NULL)
        to->how->drain(to->how->drain_ctx, out);
}

static void annotate_one(struct annotations *to, const json_t *series, const json_t *from,
                         const json_t *till, json_int_t length, const char *class)
{
    char words[ND_UNIT_TEXT];
    char *text = nd_printf("%s: %s, %s", nd_series_title(to->page, series),
                           nd_state_text(to->page, class), nd_length_text(length, words));
    annotate(to, from, till, "interruption", text);
    free(text);
}

static void annotate_series(struct annotations *to, const json_t *series)
{
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(series, "interruptions"), i, one) annotate_one(
        to, series, json_object_get(one, "from_rel_ns"), json_object_get(one, "till_rel_ns"),
        nd_int_of(one, "length_ns"), nd_str_of(one, "class"));
}

static void annotate_cut(void *ctx, const json_t *entry, int64_t id, const struct nd_cut *cut,
                         nd_ns t0)
{
    (void)id;
    json_t *series = nd_unpacked(entry);
    json_t *from = json_integer(cut->is.from - t0);
    json_t *till = cut->is.till >= 0 ? json_integer(cut->is.till - t0) : json_null();
    annotate_one(ctx, series, from, till, cut->length, cut->injected ? "injected" : "unexpected");
    json_decref(series);
    json_decref(from);
    json_decref(till);
}

static void annotate_fault(struct annotations *to, const json_t *fault)
{
    const json_t *restored = nd_entry_of(json_object_get(fault, "moments"), "moment", "restored");
    struct nd_buf text = {0};
    nd_fault_line(to->page, fault, &text);
    annotate(to, json_object_get(fault, "onset_rel_ns"), json_object_get(restored, "at_rel_ns"),
             "fault", nd_buf_str(&text));
    nd_buf_deinit(&text);
}

nd_err nd_report_grafana(const json_t *model, const struct nd_rendering *how, struct nd_buf *out,
                         struct nd_fail *why)
{
    const struct nd_page page = {model, how->lang == ND_LANG_ZH ? ND_LANG_ZH : ND_LANG_EN, out};
    struct annotations to = {&page, how, nd_start_ms(model), false};
    nd_err err = ND_OK;
    size_t i = 0;
    json_t *one = NULL;
    nd_buf_adds(out, "[");
    json_array_foreach(json_object_get(model, "phases"), i, one)
        annotate(&to, json_object_get(one, "started_rel_ns"), json_object_get(one, "ended_rel_ns"),
                 "phase", nd_text_of(&page, json_object_get(one, "title")));
    json_array_foreach(json_object_get(model, "changes"), i, one)
    {
        char *text = nd_printf("%s.%s %s", nd_str_of(one, "plugin"), nd_str_of(one, "verb"),
                               nd_str_of(one, "target"));
        annotate(&to, json_object_get(one, "began_rel_ns"), json_object_get(one, "verified_rel_ns"),
                 "change", text);
        free(text);
    }
    if (how->dir != NULL && nd_model_leaves_out(model))
        err = nd_model_each_cut(model, how->dir, annotate_cut, &to, why);
    else
        json_array_foreach(json_object_get(model, "series"), i, one)
        {
            json_t *series = nd_unpacked(one);
            annotate_series(&to, series);
            json_decref(series);
        }
    json_array_foreach(json_object_get(model, "faults"), i, one) annotate_fault(&to, one);
    nd_buf_adds(out, "\n]\n");
    return err;
}

/* ---- OpenMetrics ---- */

/* Seconds, to the nanosecond. */
static void put_seconds(struct nd_buf *out, json_int_t ns)
{
    nd_buf_addf(out, "} %s%lld.%09lld\n", ns < 0 ? "-" : "", llabs(ns) / 1000000000,
                llabs(ns) % 1000000000);
}

static void begin_sample(const struct nd_page *page, const char *name)
{
    nd_buf_adds(page->out, name);
    nd_openmetrics_label(page->out, "run", nd_str_of(json_object_get(page->model, "run"), "id"),
                         "{");
}

static void begin_gauge(const struct nd_page *page, const char *name, const char *help)
{
    nd_openmetrics_head(page->out, name, "gauge", help);
    begin_sample(page, name);
    nd_openmetrics_label(page->out, "mode", nd_str_of(json_object_get(page->model, "run"), "mode"),
                         ",");
}

static void put_count(const struct nd_page *page, const char *name, const char *help,
                      json_int_t value)
{
    begin_gauge(page, name, help);
    nd_buf_addf(page->out, "} %lld\n", (long long)value);
}

static void begin_series(const struct nd_page *page, const char *name, const json_t *series)
{
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)nd_int_of(series, "id"));
    begin_sample(page, name);
    nd_openmetrics_label(page->out, "series", id, ",");
    nd_openmetrics_label(page->out, "service", nd_series_title(page, series), ",");
}

/* A family over all series. ns: the value is a length of time. */
static void put_family(const struct nd_page *page, const char *name, const char *help,
                       const char *key, bool ns)
{
    size_t i = 0;
    json_t *entry = NULL;
    nd_openmetrics_head(page->out, name, "gauge", help);
    json_array_foreach(json_object_get(page->model, "series"), i, entry)
    {
        json_t *series = nd_unpacked(entry);
        const json_t *value = json_object_get(series, key);
        if (json_is_number(value) && (!ns || strcmp(nd_str_of(series, "unit"), "ns") == 0)) {
            begin_series(page, name, series);
            nd_buf_addf(page->out, "} %.12g\n", json_number_value(value) / (ns ? 1e9 : 1));
        }
        json_decref(series);
    }
}

/* Of all interruptions, those too that the model does not list: how many, or how long together. */
static void put_interruptions(const struct nd_page *page, const char *name, const char *help,
                              bool sums)
{
    static const char *const classes[] = {"injected", "unexpected"};
    size_t i = 0;
    json_t *entry = NULL;
    nd_openmetrics_head(page->out, name, "gauge", help);
    json_array_foreach(json_object_get(page->model, "series"), i, entry)
    {
        json_t *series = nd_unpacked(entry);
        for (size_t k = 0; k < 2; k++) {
            const json_t *of = json_object_get(json_object_get(series, "lengths"), classes[k]);
            begin_series(page, name, series);
            nd_openmetrics_label(page->out, "class", classes[k], ",");
            if (sums)
                put_seconds(page->out, nd_int_of(of, "sum_ns"));
            else
                nd_buf_addf(page->out, "} %lld\n", (long long)nd_int_of(of, "count"));
        }
        json_decref(series);
    }
}

/* Availability by operator, of both definitions. */
static void put_operators(const struct nd_page *page)
{
    static const char name[] = "netdrill_report_operator_availability_ratio";
    size_t i = 0;
    json_t *one = NULL;
    nd_openmetrics_head(page->out, name, "gauge", "By time, of its services together, 0 to 1.");
    json_array_foreach(json_object_get(page->model, "operators"), i, one)
    {
        size_t k = 0;
        json_t *share = NULL;
        json_array_foreach(json_object_get(one, "shares"), k, share)
        {
            const json_t *value = json_object_get(share, "availability");
            if (!json_is_number(value))
                continue;
            begin_sample(page, name);
            nd_openmetrics_label(page->out, "operator", nd_str_of(one, "name"), ",");
            nd_openmetrics_label(page->out, "definition", nd_str_of(share, "definition"), ",");
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
    put_interruptions(&page, "netdrill_report_interruptions", "Interruptions, all of them.", false);
    put_interruptions(&page, "netdrill_report_interrupted_seconds",
                      "Length of all interruptions together.", true);
    put_family(&page, "netdrill_report_median_seconds", "Median of the answers.", "p50", true);
    put_family(&page, "netdrill_report_p99_seconds", "99th percentile of the answers.", "p99",
               true);
    put_count(&page, "netdrill_report_expected_met", "What was expected and met.",
              nd_int_of(s, "met"));
    put_count(&page, "netdrill_report_expected_missed", "What was expected and not met.",
              nd_int_of(s, "missed"));
    put_count(&page, "netdrill_report_changes", "Changes made.", nd_int_of(s, "changes"));
    put_count(&page, "netdrill_report_changes_verified",
              "Changes read back as restored; all others have to be looked at.",
              nd_int_of(s, "verified"));
    begin_gauge(&page, "netdrill_report_lasted_seconds", "Length of the drill, from STARTEX.");
    put_seconds(out, nd_int_of(json_object_get(model, "run"), "lasted_ns"));
    nd_buf_adds(out, "# EOF\n");
}
