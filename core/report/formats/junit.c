#include "report/report.h"
#include "report/words/words.h"

#include <stdlib.h>
#include <string.h>

/* JUnit XML: one suite of what was expected, one of the baseline, one of regulatory clocks, one of
 * what was restored, one of steps. */

static void begin_suite(struct nd_buf *out, const char *name, size_t tests, size_t failures,
                        size_t skipped)
{
    nd_buf_addf(out, "  <testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\">\n",
                name, tests, failures, skipped);
}

static void test_case(struct nd_buf *out, const char *class_name, const char *name,
                      const char *kind, const char *message)
{
    nd_buf_addf(out, "    <testcase classname=\"%s\" name=\"", class_name);
    nd_xml(out, name);
    if (kind == NULL) {
        nd_buf_adds(out, "\"/>\n");
        return;
    }
    nd_buf_addf(out, "\"><%s message=\"", kind);
    nd_xml(out, message);
    nd_buf_adds(out, "\"/></testcase>\n");
}

static size_t count_of(const json_t *list, const char *key, const char *value)
{
    size_t count = 0;
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(list, i, entry) count += strcmp(nd_str_of(entry, key), value) == 0;
    return count;
}

static void put_verdicts(const struct nd_page *page)
{
    const json_t *list = json_object_get(page->model, "verdicts");
    size_t i = 0;
    json_t *v = NULL;
    begin_suite(page->out, "expected", json_array_size(list), count_of(list, "grade", "missed"),
                count_of(list, "grade", "unknown"));
    json_array_foreach(list, i, v)
    {
        char measured[64];
        char limit[64];
        const char *unit = nd_str_of(v, "unit");
        const char *statistic = nd_statistic_of(v, unit);
        const char *grade = nd_str_of(v, "grade");
        char *message = nd_printf(
            "measured %s, limit %s %s; journal event %lld",
            nd_value_text(page, json_object_get(v, "measured"), unit, statistic, measured),
            nd_operator_sign(nd_str_of(v, "operator")),
            nd_value_text(page, json_object_get(v, "limit"), unit, statistic, limit),
            (long long)nd_int_of(v, "seq"));
        test_case(page->out, "expected", nd_text_of(page, json_object_get(v, "sentence")),
                  strcmp(grade, "met") == 0      ? NULL
                  : strcmp(grade, "missed") == 0 ? "failure"
                                                 : "skipped",
                  message);
        free(message);
    }
    nd_buf_adds(page->out, "  </testsuite>\n");
}

static void put_changes(const struct nd_page *page)
{
    const json_t *list = json_object_get(page->model, "changes");
    size_t total = json_array_size(list);
    size_t i = 0;
    json_t *c = NULL;
    begin_suite(page->out, "restored", total, total - count_of(list, "state", "verified"), 0);
    json_array_foreach(list, i, c)
    {
        char *name = nd_printf("%s.%s %s", nd_str_of(c, "plugin"), nd_str_of(c, "verb"),
                               nd_str_of(c, "target"));
        bool verified = strcmp(nd_str_of(c, "state"), "verified") == 0;
        test_case(page->out, "restored", name, verified ? NULL : "failure",
                  *nd_str_of(c, "why") != '\0' ? nd_str_of(c, "why")
                                               : "not read back as before the drill");
        free(name);
    }
    nd_buf_adds(page->out, "  </testsuite>\n");
}

static void put_steps(const struct nd_page *page)
{
    const json_t *list = json_object_get(page->model, "steps");
    size_t i = 0;
    json_t *s = NULL;
    begin_suite(page->out, "steps", json_array_size(list), count_of(list, "state", "failed"),
                json_array_size(list) - count_of(list, "state", "failed") -
                    count_of(list, "state", "done"));
    json_array_foreach(list, i, s)
    {
        const char *state = nd_str_of(s, "state");
        test_case(page->out, "steps", nd_str_of(s, "id"),
                  strcmp(state, "done") == 0     ? NULL
                  : strcmp(state, "failed") == 0 ? "failure"
                                                 : "skipped",
                  nd_str_of(s, "why"));
    }
    nd_buf_adds(page->out, "  </testsuite>\n");
}

/* A case for each inject: a failure when nobody reacted in time, skipped when it was not played. */
static void put_injects(const struct nd_page *page)
{
    const json_t *list = json_object_get(page->model, "injects");
    size_t failures =
        count_of(list, "outcome", "expired") + count_of(list, "outcome", "answered_late");
    size_t played =
        failures + count_of(list, "outcome", "answered") + count_of(list, "outcome", "delivered");
    size_t i = 0;
    json_t *inject = NULL;
    if (json_array_size(list) == 0)
        return;
    begin_suite(page->out, "injects", json_array_size(list), failures,
                json_array_size(list) - played);
    json_array_foreach(list, i, inject)
    {
        const char *outcome = nd_str_of(inject, "outcome");
        bool failed = strcmp(outcome, "expired") == 0 || strcmp(outcome, "answered_late") == 0;
        bool good = strcmp(outcome, "answered") == 0 || strcmp(outcome, "delivered") == 0;
        struct nd_buf text = {0};
        nd_buf_addf(&text, "%s; ", nd_state_text(page, outcome));
        nd_inject_answers(page, inject, &text);
        test_case(page->out, "injects", nd_str_of(inject, "id"),
                  good     ? NULL
                  : failed ? "failure"
                           : "skipped",
                  nd_buf_str(&text));
        nd_buf_deinit(&text);
    }
    nd_buf_adds(page->out, "  </testsuite>\n");
}

/* Observations judge nothing here; they are told. */
static void put_observations(const struct nd_page *page)
{
    const json_t *list = json_object_get(page->model, "observations");
    size_t i = 0;
    json_t *one = NULL;
    if (json_array_size(list) == 0)
        return;
    begin_suite(page->out, "observations", json_array_size(list), 0, 0);
    json_array_foreach(list, i, one)
    {
        struct nd_buf history = {0};
        nd_observation_history(page, one, &history);
        const char *words = nd_buf_str(&history);
        char *name = nd_printf("#%s %s: %s%s%s%s", nd_str_of(one, "number"), nd_str_of(one, "by"),
                               nd_str_of(one, "text"), *words != '\0' ? " (" : "", words,
                               *words != '\0' ? ")" : "");
        nd_buf_deinit(&history);
        test_case(page->out, "observations", name, NULL, NULL);
        free(name);
    }
    nd_buf_adds(page->out, "  </testsuite>\n");
}

/* Nor do faults; they are told with how long each moment took. */
static void put_faults(const struct nd_page *page)
{
    const json_t *list = json_object_get(page->model, "faults");
    size_t i = 0;
    json_t *fault = NULL;
    if (json_array_size(list) == 0)
        return;
    begin_suite(page->out, "faults", json_array_size(list), 0, 0);
    json_array_foreach(list, i, fault)
    {
        struct nd_buf line = {0};
        nd_fault_line(page, fault, &line);
        test_case(page->out, "faults", nd_buf_str(&line), NULL, NULL);
        nd_buf_deinit(&line);
    }
    nd_buf_adds(page->out, "  </testsuite>\n");
}

/* A case each for before and after; none without a baseline. */
static void put_baseline(const struct nd_page *page)
{
    static const char *const whens[] = {"before", "after"};
    const json_t *baseline = json_object_get(page->model, "baseline");
    size_t tests = 0;
    size_t failures = 0;
    for (size_t w = 0; w < 2; w++) {
        const json_t *ended = json_object_get(baseline, whens[w]);
        tests += ended != NULL;
        failures += json_is_false(json_object_get(ended, "holds"));
    }
    if (tests == 0)
        return;
    begin_suite(page->out, "baseline", tests, failures, 0);
    for (size_t w = 0; w < 2; w++) {
        const json_t *ended = json_object_get(baseline, whens[w]);
        const json_t *first = json_array_get(json_object_get(ended, "fails"), 0);
        if (ended != NULL)
            test_case(page->out, "baseline", whens[w],
                      json_is_true(json_object_get(ended, "holds")) ? NULL : "failure",
                      nd_str_of(first, "why"));
    }
    nd_buf_adds(page->out, "  </testsuite>\n");
}

static void put_duties(const struct nd_page *page)
{
    const json_t *list = json_object_get(page->model, "obligations");
    size_t failed = count_of(list, "verdict", "missed") + count_of(list, "verdict", "late");
    size_t i = 0;
    json_t *duty = NULL;
    if (json_array_size(list) == 0)
        return;
    begin_suite(page->out, "obligations", json_array_size(list), failed,
                json_array_size(list) - failed - count_of(list, "verdict", "met"));
    json_array_foreach(list, i, duty)
    {
        char limit[ND_UNIT_TEXT];
        char margin[ND_UNIT_TEXT];
        const char *verdict = nd_str_of(duty, "verdict");
        bool bad = strcmp(verdict, "missed") == 0 || strcmp(verdict, "late") == 0;
        bool done = json_is_integer(json_object_get(duty, "margin_ns"));
        char *message =
            nd_printf("%s; limit %s%s%s; journal event %lld", nd_state_text(page, verdict),
                      nd_length_format(nd_int_of(duty, "limit_ns"), limit), done ? ", margin " : "",
                      done ? nd_length_format(nd_int_of(duty, "margin_ns"), margin) : "",
                      (long long)nd_int_of(duty, "seq"));
        test_case(page->out, "obligations", nd_str_of(duty, "id"),
                  strcmp(verdict, "met") == 0 ? NULL
                  : bad                       ? "failure"
                                              : "skipped",
                  message);
        free(message);
    }
    nd_buf_adds(page->out, "  </testsuite>\n");
}

void nd_report_junit(const json_t *model, struct nd_buf *out)
{
    const struct nd_page page = {model, ND_LANG_EN, out};
    const json_t *run = json_object_get(model, "run");
    nd_buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"");
    nd_xml(out, nd_str_of(json_object_get(model, "drill"), "id"));
    nd_buf_adds(out, "\">\n  <testsuite name=\"run\" tests=\"1\" failures=\"0\" skipped=\"0\">\n"
                     "    <properties>\n      <property name=\"run_id\" value=\"");
    nd_xml(out, nd_str_of(run, "id"));
    nd_buf_adds(out, "\"/>\n      <property name=\"scenario_sha256\" value=\"");
    nd_xml(out, nd_str_of(run, "scenario_sha256"));
    nd_buf_adds(out, "\"/>\n      <property name=\"mode\" value=\"");
    nd_xml(out, nd_str_of(run, "mode"));
    nd_buf_adds(out, "\"/>\n    </properties>\n");
    bool complete = json_is_true(json_object_get(run, "complete"));
    const char *refused = nd_str_of(json_object_get(model, "safety"), "refused");
    test_case(out, "run", "the run ended", complete && *refused == '\0' ? NULL : "error",
              *refused != '\0' ? refused : "the run died on the way");
    nd_buf_adds(out, "  </testsuite>\n");
    put_verdicts(&page);
    put_baseline(&page);
    put_duties(&page);
    put_changes(&page);
    put_steps(&page);
    put_injects(&page);
    put_observations(&page);
    put_faults(&page);
    nd_buf_adds(out, "</testsuites>\n");
}
