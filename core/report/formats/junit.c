#include "report/report.h"
#include "report/words/words.h"

#include <stdlib.h>
#include <string.h>

/* JUnit XML, as Jenkins' and GitLab's readers have it: one suite of what was expected, one of the
 * baseline, one of regulatory clocks, one of what was restored, one of steps. */

struct suite {
    const struct nd_page *page;
    const char *name;
    struct nd_buf cases;
    size_t tests, failures, errors, skipped;
    json_int_t took; /* ns, of those of its cases that took time */
};

struct document {
    const struct nd_page *page;
    struct nd_buf suites;
    size_t tests, failures, errors;
    int count;
};

enum verdict { GOOD, FAILURE, ERROR, SKIPPED };

/* Seconds, as decimals that no locale changes. */
static void put_seconds(struct nd_buf *out, json_int_t ns)
{
    json_int_t ms = ns > 0 ? (ns + 500000) / 1000000 : 0;
    nd_buf_addf(out, " time=\"%lld.%03lld\"", (long long)(ms / 1000), (long long)(ms % 1000));
}

/* took: an integer of ns, or what is none: then it took no time that is known. message: of what is
 * not good. */
static void test_case(struct suite *suite, const char *name, const json_t *took,
                      enum verdict verdict, const char *message)
{
    static const char *const kinds[] = {"", "failure", "error", "skipped"};
    struct nd_buf *out = &suite->cases;
    suite->tests++;
    suite->failures += verdict == FAILURE;
    suite->errors += verdict == ERROR;
    suite->skipped += verdict == SKIPPED;
    nd_buf_adds(out, "    <testcase classname=\"");
    nd_xml(out, nd_str_of(json_object_get(suite->page->model, "drill"), "id"));
    nd_buf_addf(out, ".%s\" name=\"", suite->name);
    nd_xml(out, name);
    nd_buf_adds(out, "\"");
    if (json_is_integer(took)) {
        put_seconds(out, json_integer_value(took));
        suite->took += json_integer_value(took) > 0 ? json_integer_value(took) : 0;
    }
    if (verdict == GOOD) {
        nd_buf_adds(out, "/>\n");
        return;
    }
    nd_buf_addf(out, "><%s type=\"%s\" message=\"", kinds[verdict], suite->name);
    nd_xml(out, message);
    nd_buf_adds(out, "\"/></testcase>\n");
}

/* A moment as the format wants it: UTC, without saying so. */
static void put_timestamp(const struct nd_page *page, struct nd_buf *out)
{
    char text[ND_UNIT_TEXT];
    if (nd_run_ms(page->model) == 0)
        return;
    nd_wall_format(nd_run_ms(page->model) * 1000000, 0, text);
    nd_buf_addf(out, " timestamp=\"%.19s\"", text);
}

static void end_suite(struct document *to, struct suite *suite, const char *properties)
{
    struct nd_buf *out = &to->suites;
    const char *host = nd_str_of(json_object_get(to->page->model, "run"), "node");
    nd_buf_addf(out,
                "  <testsuite name=\"%s\" package=\"netdrill\" id=\"%d\" tests=\"%zu\" "
                "failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"",
                suite->name, to->count++, suite->tests, suite->failures, suite->errors,
                suite->skipped);
    put_seconds(out, suite->took);
    put_timestamp(to->page, out);
    if (*host != '\0') {
        nd_buf_adds(out, " hostname=\"");
        nd_xml(out, host);
        nd_buf_adds(out, "\"");
    }
    nd_buf_addf(out, ">\n%s%s  </testsuite>\n", properties, nd_buf_str(&suite->cases));
    to->tests += suite->tests;
    to->failures += suite->failures;
    to->errors += suite->errors;
    nd_buf_deinit(&suite->cases);
}

static void put_verdicts(struct document *to)
{
    const struct nd_page *page = to->page;
    struct suite suite = {.page = page, .name = "expected"};
    const json_t *list = json_object_get(page->model, "verdicts");
    size_t i = 0;
    json_t *v = NULL;
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
        test_case(&suite, nd_text_of(page, json_object_get(v, "sentence")), NULL,
                  strcmp(grade, "met") == 0      ? GOOD
                  : strcmp(grade, "missed") == 0 ? FAILURE
                                                 : SKIPPED,
                  message);
        free(message);
    }
    end_suite(to, &suite, "");
}

static void put_changes(struct document *to)
{
    const struct nd_page *page = to->page;
    struct suite suite = {.page = page, .name = "restored"};
    const json_t *list = json_object_get(page->model, "changes");
    size_t i = 0;
    json_t *c = NULL;
    json_array_foreach(list, i, c)
    {
        char *name = nd_printf("%s.%s %s", nd_str_of(c, "plugin"), nd_str_of(c, "verb"),
                               nd_str_of(c, "target"));
        bool verified = strcmp(nd_str_of(c, "state"), "verified") == 0;
        test_case(&suite, name, NULL, verified ? GOOD : FAILURE,
                  *nd_str_of(c, "why") != '\0' ? nd_str_of(c, "why")
                                               : "not read back as before the drill");
        free(name);
    }
    end_suite(to, &suite, "");
}

static void put_steps(struct document *to)
{
    const struct nd_page *page = to->page;
    struct suite suite = {.page = page, .name = "steps"};
    const json_t *list = json_object_get(page->model, "steps");
    size_t i = 0;
    json_t *s = NULL;
    json_array_foreach(list, i, s)
    {
        const char *state = nd_str_of(s, "state");
        test_case(&suite, nd_str_of(s, "id"), json_object_get(s, "lasted_ns"),
                  strcmp(state, "done") == 0     ? GOOD
                  : strcmp(state, "failed") == 0 ? FAILURE
                                                 : SKIPPED,
                  nd_str_of(s, "why"));
    }
    end_suite(to, &suite, "");
}

/* A case for each inject: a failure when nobody reacted in time, skipped when it was not played. */
static void put_injects(struct document *to)
{
    const struct nd_page *page = to->page;
    struct suite suite = {.page = page, .name = "injects"};
    const json_t *list = json_object_get(page->model, "injects");
    size_t i = 0;
    json_t *inject = NULL;
    if (json_array_size(list) == 0)
        return;
    json_array_foreach(list, i, inject)
    {
        const char *outcome = nd_str_of(inject, "outcome");
        bool failed = strcmp(outcome, "expired") == 0 || strcmp(outcome, "answered_late") == 0;
        bool good = strcmp(outcome, "answered") == 0 || strcmp(outcome, "delivered") == 0;
        struct nd_buf text = {0};
        nd_buf_addf(&text, "%s; ", nd_state_text(page, outcome));
        nd_inject_answers(page, inject, &text);
        test_case(&suite, nd_str_of(inject, "id"), json_object_get(inject, "reaction_ns"),
                  good     ? GOOD
                  : failed ? FAILURE
                           : SKIPPED,
                  nd_buf_str(&text));
        nd_buf_deinit(&text);
    }
    end_suite(to, &suite, "");
}

/* Observations judge nothing here; they are told. */
static void put_observations(struct document *to)
{
    const struct nd_page *page = to->page;
    struct suite suite = {.page = page, .name = "observations"};
    const json_t *list = json_object_get(page->model, "observations");
    size_t i = 0;
    json_t *one = NULL;
    if (json_array_size(list) == 0)
        return;
    json_array_foreach(list, i, one)
    {
        struct nd_buf history = {0};
        nd_observation_history(page, one, &history);
        const char *words = nd_buf_str(&history);
        char *name = nd_printf("#%s %s: %s%s%s%s", nd_str_of(one, "number"), nd_str_of(one, "by"),
                               nd_str_of(one, "text"), *words != '\0' ? " (" : "", words,
                               *words != '\0' ? ")" : "");
        nd_buf_deinit(&history);
        test_case(&suite, name, NULL, GOOD, "");
        free(name);
    }
    end_suite(to, &suite, "");
}

/* Nor do faults; they are told with how long each moment took. */
static void put_faults(struct document *to)
{
    const struct nd_page *page = to->page;
    struct suite suite = {.page = page, .name = "faults"};
    const json_t *list = json_object_get(page->model, "faults");
    size_t i = 0;
    json_t *fault = NULL;
    if (json_array_size(list) == 0)
        return;
    json_array_foreach(list, i, fault)
    {
        struct nd_buf line = {0};
        nd_fault_line(page, fault, &line);
        test_case(&suite, nd_buf_str(&line), NULL, GOOD, "");
        nd_buf_deinit(&line);
    }
    end_suite(to, &suite, "");
}

/* A case each for before and after; none without a baseline. */
static void put_baseline(struct document *to)
{
    const struct nd_page *page = to->page;
    struct suite suite = {.page = page, .name = "baseline"};
    static const char *const whens[] = {"before", "after"};
    const json_t *baseline = json_object_get(page->model, "baseline");
    for (size_t w = 0; w < 2; w++) {
        const json_t *ended = json_object_get(baseline, whens[w]);
        const json_t *first = json_array_get(json_object_get(ended, "fails"), 0);
        if (ended != NULL)
            test_case(&suite, whens[w], json_object_get(ended, "took_ns"),
                      json_is_true(json_object_get(ended, "holds")) ? GOOD : FAILURE,
                      nd_str_of(first, "why"));
    }
    if (suite.tests != 0)
        end_suite(to, &suite, "");
}

static void put_duties(struct document *to)
{
    const struct nd_page *page = to->page;
    struct suite suite = {.page = page, .name = "obligations"};
    const json_t *list = json_object_get(page->model, "obligations");
    size_t i = 0;
    json_t *duty = NULL;
    if (json_array_size(list) == 0)
        return;
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
        test_case(&suite, nd_str_of(duty, "id"), json_object_get(duty, "took_ns"),
                  strcmp(verdict, "met") == 0 ? GOOD
                  : bad                       ? FAILURE
                                              : SKIPPED,
                  message);
        free(message);
    }
    end_suite(to, &suite, "");
}

/* That it ended, and what it was a run of. */
static void put_run(struct document *to)
{
    static const char *const keys[] = {"mode",        "version",    "site", "scenario_sha256",
                                       "site_sha256", "plan_sha256"};
    const json_t *run = json_object_get(to->page->model, "run");
    const char *refused = nd_str_of(json_object_get(to->page->model, "safety"), "refused");
    struct suite suite = {.page = to->page, .name = "run"};
    struct nd_buf properties = {0};
    nd_buf_adds(&properties, "    <properties>\n      <property name=\"run_id\" value=\"");
    nd_xml(&properties, nd_str_of(run, "id"));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (*nd_str_of(run, keys[i]) == '\0')
            continue;
        nd_buf_addf(&properties, "\"/>\n      <property name=\"%s\" value=\"", keys[i]);
        nd_xml(&properties, nd_str_of(run, keys[i]));
    }
    nd_buf_addf(&properties,
                "\"/>\n      <property name=\"simulated\" value=\"%s\"/>\n    </properties>\n",
                json_is_true(json_object_get(run, "simulated")) ? "true" : "false");
    test_case(&suite, "the run ended", json_object_get(run, "lasted_ns"),
              json_is_true(json_object_get(run, "complete")) && *refused == '\0' ? GOOD : ERROR,
              *refused != '\0' ? refused : "the run died on the way");
    end_suite(to, &suite, nd_buf_str(&properties));
    nd_buf_deinit(&properties);
}

void nd_report_junit(const json_t *model, struct nd_buf *out)
{
    const struct nd_page page = {model, ND_LANG_EN, out};
    struct document document = {.page = &page};
    put_run(&document);
    put_verdicts(&document);
    put_baseline(&document);
    put_duties(&document);
    put_changes(&document);
    put_steps(&document);
    put_injects(&document);
    put_observations(&document);
    put_faults(&document);
    nd_buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"");
    nd_xml(out, nd_str_of(json_object_get(model, "drill"), "id"));
    nd_buf_addf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", document.tests,
                document.failures, document.errors);
    put_seconds(out, nd_int_of(json_object_get(model, "run"), "lasted_ns"));
    nd_buf_addf(out, ">\n%s</testsuites>\n", nd_buf_str(&document.suites));
    nd_buf_deinit(&document.suites);
}
