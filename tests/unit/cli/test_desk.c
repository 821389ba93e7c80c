/* What stands between a person and a run: usage lines read as a description of words, the view of a
 * status, and an outlet that nobody has to wait for. */
#include "base/units.h"
#include "cli/outlet.h"
#include "cli/usage.h"
#include "cli/view.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- usage lines ---- */

static const struct nd_cli_option options[] = {
    {"runs", "DIR", "", 0}, {"json", NULL, "", 0}, {NULL, NULL, NULL, 0}};

/* Words separated by blanks; gives the choices the same way. */
static void next_is(const char *usage, const char *words, const char *wanted)
{
    const struct nd_command command = {"cmd", usage, "", NULL, 0, options};
    struct nd_usage_choices choices = {.names = {NULL, 0, 0}};
    char *copy = nd_strdup(words);
    char *rest = copy;
    const char *list[8];
    size_t count = 0;
    struct nd_buf got = {.text = NULL};
    for (char *word = NULL; (word = strsep(&rest, " ")) != NULL;) {
        if (*word != '\0')
            list[count++] = word;
    }
    nd_usage_next(&command, list, count, &choices);
    for (size_t i = 0; i < choices.names.count; i++)
        nd_buf_addf(&got, "%s%s", i != 0 ? " " : "", choices.names.at[i]);
    assert_string_equal(nd_buf_str(&got), wanted);
    nd_buf_deinit(&got);
    nd_usage_choices_deinit(&choices);
    free(copy);
}

static void usage(void **state)
{
    (void)state;
    next_is("cmd [RUN] [NUMBER] [--runs DIR]", "", "RUN");
    next_is("cmd [RUN] [NUMBER] [--runs DIR]", "last", "NUMBER");
    next_is("cmd [RUN] [NUMBER] [--runs DIR]", "last 1", "");
    next_is("cmd --runs DIR NAME", "", "NAME");
    next_is("cmd SCENARIO|PLAN [--json]\n  netdrill cmd --json RUN", "", "SCENARIO PLAN RUN");
    next_is("cmd up SITE | cmd down SITE | cmd list", "", "up down list");
    next_is("cmd up SITE | cmd down SITE | cmd list", "down", "SITE");
    next_is("cmd up SITE | cmd down SITE | cmd list", "list", "");
    next_is("cmd up SITE | cmd down SITE | cmd list", "sideways", "");
    next_is("cmd export SCENARIO | import TABLE", "import", "TABLE");
    next_is("cmd [RUN | --all] [--runs DIR]", "", "RUN");
    next_is("cmd WORD...", "a b c", "WORD");
    next_is("cmd", "", "");
}

/* ---- the view ---- */

#define MANY 30

/* A status with more of everything than fits. */
static json_t *crowded(void)
{
    json_t *steps = json_array();
    json_t *asked = json_array();
    json_t *changes = json_array();
    json_t *series = json_array();
    for (int i = 0; i < MANY; i++) {
        json_array_append_new(
            steps, json_pack("{s:s, s:{s:s, s:s}, s:s, s:I, s:n}", "id", "s", "title", "zh",
                             "中斷甲電信基地臺並量測所有服務之中斷時間與恢復情形", "en",
                             "A step with a rather long title that does not fit into any screen",
                             "state", i < 3 ? "running" : "waiting", "planned_rel_ns",
                             (json_int_t)ND_SEC(i), "started_rel_ns"));
        json_array_append_new(asked, json_pack("{s:i, s:{s:s}, s:s, s:I}", "number", i + 1,
                                               "sentence", "zh", "是否同意？", "by", "ceoc",
                                               "left_ns", (json_int_t)ND_SEC(75)));
        json_array_append_new(changes,
                              json_pack("{s:i, s:s, s:s, s:s, s:s, s:I}", "undo", i, "plugin",
                                        "links", "verb", "down", "target", "jia-cell", "state",
                                        i == 5 ? "unverified" : "applied", "restore_by_rel_ns",
                                        (json_int_t)ND_SEC(100)));
        json_array_append_new(series,
                              json_pack("{s:s, s:s, s:s, s:f, s:f, s:I}", "name", "s", "label",
                                        "緊急電話受理臺", "unit", "ns", "loss", 0.123456, "p50",
                                        1234567.0, "down_since_rel_ns", (json_int_t)ND_SEC(3)));
    }
    return json_pack("{s:s, s:I, s:I, s:s, s:{s:s, s:{s:s}, s:b}, s:[{s:s, s:{s:s}, s:s, s:o}], "
                     "s:o, s:o, s:o, s:{s:i, s:i, s:i}, s:[{s:s, s:s, s:s, s:{s:{s:s}}}]}",
                     "state", "running", "now_rel_ns", (json_int_t)ND_SEC(10), "lasts_ns",
                     (json_int_t)ND_SEC(300), "wall", "2026-11-24T09:30:00.004+08:00", "drill",
                     "id", "d", "title", "zh", "災害漫遊演練：甲電信基地臺失效之應變", "simulated",
                     1, "phases", "id", "p", "title", "zh", "第一階段", "state", "running", "steps",
                     steps, "confirmations", asked, "changes", changes, "series", series,
                     "verdicts", "met", 1, "missed", 1, "unknown", 0, "events", "type",
                     "netdrill.note", "subject", "x", "rel", "T+00:00:01.250", "data", "text", "zh",
                     "演練紀錄");
}

static const struct nd_view_row *find(const struct nd_picture *picture, const char *words)
{
    for (size_t i = 0; i < picture->rows.count; i++) {
        if (strstr(picture->rows.at[i].text, words) != NULL)
            return &picture->rows.at[i];
    }
    return NULL;
}

/* Whatever the size, the picture keeps to it, and each section has its place. */
static void fits(void **state)
{
    static const size_t sizes[][2] = {{80, 22}, {40, 10}, {132, 50}, {20, 5}, {300, 100}};
    (void)state;
    json_t *status = crowded();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int zh = 0; zh < 2; zh++) {
            struct nd_view view = {.zh = zh != 0,
                                   .columns = sizes[i][0],
                                   .rows = sizes[i][1],
                                   .open = -1,
                                   .scroll = 9};
            struct nd_picture picture;
            struct nd_buf text = {.text = NULL};
            nd_view_draw(status, &view, &picture);
            assert_true(picture.rows.count <= view.rows);
            assert_int_equal(view.scroll, 0); /* there is one event alone */
            nd_picture_print(&picture, 80, false, &text);
            assert_null(strchr(nd_buf_str(&text), '\033'));
            nd_buf_reset(&text);
            nd_picture_print(&picture, sizes[i][0], false, &text);
            assert_ptr_equal(strstr(nd_buf_str(&text), "演練 EXERCISE"), nd_buf_str(&text));
            nd_picture_deinit(&picture);
            nd_buf_deinit(&text);
        }
    }
    json_decref(status);
}

static void tells(void **state)
{
    (void)state;
    json_t *status = crowded();
    struct nd_view view = {.zh = true, .columns = 80, .open = -1}; /* rows 0: all there is */
    struct nd_picture picture;
    nd_view_draw(status, &view, &picture);
    assert_non_null(strstr(picture.rows.at[0].right, "進行中  T+00:00:10  09:30:00  -4m50s"));
    assert_string_equal(find(&picture, "#1 是否同意")->right, "剩 1m15s");
    assert_string_equal(find(&picture, "#1 是否同意")->label, "待回覆");
    assert_null(find(&picture, "#2 是否同意")->label);
    assert_non_null(find(&picture, "#30 是否同意"));
    assert_string_equal(find(&picture, "links.down jia-cell  生效中")->right, "1m30s 後復原");
    assert_int_equal(find(&picture, "未能確認復原")->look, ND_LOOK_BAD);
    assert_string_equal(find(&picture, "緊急電話受理臺")->right,
                        "中斷 7s  遺失  12.3%  中位  1.23ms");
    /* Steps 3 to 7 should have begun more than 2 s ago; 8 and later are still to come. */
    assert_string_equal(find(&picture, "中斷甲電信基地臺")->label, "逾時");
    assert_string_equal(find(&picture, "中斷甲電信基地臺")->right, "逾時 7s");
    nd_picture_deinit(&picture);

    /* A section is shown whole when it is opened, and says otherwise how much there is more. */
    view.rows = 22;
    nd_view_draw(status, &view, &picture);
    assert_null(find(&picture, "#20 是否同意"));
    nd_picture_deinit(&picture);
    view.open = ND_SECTION_ASKED;
    nd_view_draw(status, &view, &picture);
    assert_non_null(find(&picture, "#15 是否同意"));
    bool more = false;
    for (size_t i = 2; i < picture.rows.count; i++)
        more = more || (picture.rows.at[i].right != NULL &&
                        strstr(picture.rows.at[i].right, "  +") != NULL);
    assert_true(more);
    nd_picture_deinit(&picture);
    json_decref(status);
}

/* A status of an older or newer run, and none at all, is no reason to fall over. */
static void lacks(void **state)
{
    static const char *const texts[] = {
        "{}", "{\"phases\": 3, \"series\": [1, null], \"injects\": [{}], \"events\": []}",
        "{\"confirmations\": [{\"number\": \"x\"}], \"obligations\": [{\"left_ns\": -1}]}"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        json_t *status = json_loads(texts[i], 0, NULL);
        struct nd_view view = {.columns = 80, .rows = 22, .open = -1};
        struct nd_picture picture;
        nd_view_draw(status, &view, &picture);
        assert_true(picture.rows.count >= 2);
        nd_picture_deinit(&picture);
        json_decref(status);
    }
}

/* ---- the outlet ---- */

static void outlet(void **state)
{
    int ends[2];
    char got[16] = "";
    (void)state;
    assert_int_equal(pipe(ends), 0);
    struct nd_outlet *out = nd_outlet_open(ends[1]);
    nd_outlet_put(out, "hello", 5);
    assert_int_equal(read(ends[0], got, sizeof got), 5);
    assert_string_equal(got, "hello");
    assert_int_equal(nd_outlet_close(out, 10000), 0);

    /* Nobody reads: puts do not wait, and closing waits only so long. */
    out = nd_outlet_open(ends[1]);
    char *much = nd_alloc(1u << 20);
    memset(much, 'x', 1u << 20);
    for (int i = 0; i < 40; i++) /* 16 MiB are held, and so much at most is being written */
        nd_outlet_put(out, much, 1u << 20);
    assert_false(nd_outlet_idle(out));
    assert_true(nd_outlet_close(out, 1) >= 8);
    free(much);
    close(ends[0]); /* which ends the write that it was stuck in */
}

/* Of one that has gone, nothing is kept. */
static void outlet_broken(void **state)
{
    int ends[2];
    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    struct nd_outlet *out = nd_outlet_open(ends[1]);
    nd_outlet_put(out, "x", 1);
    assert_int_equal(nd_outlet_close(out, 10000), 0);
    close(ends[1]);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {cmocka_unit_test(usage),  cmocka_unit_test(fits),
                                       cmocka_unit_test(tells),  cmocka_unit_test(lacks),
                                       cmocka_unit_test(outlet), cmocka_unit_test(outlet_broken)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
