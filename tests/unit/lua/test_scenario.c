#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"
#include "lua/scenario.h"
#include "record/rundir.h"
#include "run/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Scenarios, well and badly meant. */

static char path[] = "/tmp/netdrill-scenario-XXXXXX";
static struct nd_sched *sched;
static struct nd_plugins *plugins;
static struct nd_diags diags;

#define HEAD "drill { 'T', id = 't', lasts = hours(8) }\nphase { 'P' }\n"

static struct nd_scenario *load(const char *text, size_t len)
{
    nd_file_write(path, text, len, NULL);
    nd_diags_deinit(&diags);
    sched = nd_sched_new_virtual(0);
    plugins = nd_plugins_new(sched, NULL);
    return nd_scenario_load(path, NULL, plugins, 7, NULL, &diags);
}

static void unload(struct nd_scenario *scenario)
{
    nd_scenario_free(scenario);
    nd_plugins_free(plugins);
    nd_sched_free(sched);
    nd_diags_deinit(&diags);
}

/* The scenario is refused with that code, at that place (0: any), and these words. */
static void refused(const char *text, const char *code, int line, int column, const char *words)
{
    struct nd_scenario *scenario = load(text, strlen(text));
    bool found = false;
    if (scenario != NULL)
        fail_msg("not refused, expected %s '%s':\n%s", code, words, text);
    for (size_t i = 0; i < diags.list.count; i++) {
        const struct nd_diag *diag = &diags.list.at[i];
        found =
            found || (strcmp(diag->code, code) == 0 && (line == 0 || diag->line == line) &&
                      (column == 0 || diag->column == column) && strstr(diag->text, words) != NULL);
    }
    if (!found) {
        struct nd_buf out = {0};
        nd_diags_print(&diags, false, &out);
        fail_msg("expected %s at %d:%d '%s', got:\n%s", code, line, column, words,
                 nd_buf_str(&out));
    }
    unload(scenario);
}

/* What people who write no programs do, and that they are told where and what. */
static void test_slips(void **state)
{
    (void)state;
    refused(HEAD "step { 'S', id = “first”, run = function() end }", "E0109", 3, 18, "'“'");
    refused(HEAD "step { 'S'， run = function() end }", "E0109", 3, 11, "'，'");
    refused(HEAD "step { 'S', run = function() wait（seconds(3)) end }", "E0109", 3, 34, "'（'");
    refused(HEAD "　step { 'S', run = function() end }", "E0109", 3, 1, "U+3000");
    refused(HEAD "step { 第一步, run = function() end }", "E0109", 3, 8, "outside of a text");
    refused(HEAD "step { 'S', id = 'a, owner = 'b', run = function() end }", "E0102", 3, 0,
            "a quotation mark is missing");
    refused(HEAD "step { 'S', run = function()\n  wait(seconds(3))\n}", "E0102", 5, 1,
            "'}' comes while 'function' of line 3 still needs its 'end'");
    refused(HEAD "step { 'S', run = function()\n  if true then\nend }", "E0102", 5, 5,
            "'function' of line 3");
    refused(HEAD "step { 'S', run = function() end end }", "E0102", 3, 34, "'{' of line 3");
    refused(HEAD "step { 'S', run = function() end } }", "E0102", 3, 36, "closes nothing");
    refused(HEAD "step { 'S', run = function() end\nphase { 'Q' }", "E0102", 4, 1,
            "'{' of line 3 is not closed before 'phase'");
    refused(HEAD "step { 'S', id = 'a' owner = 'b', run = function() end }", "E0102", 3, 22,
            "a comma is missing before 'owner'");
    refused(HEAD "step { 'S', users: 3, run = function() end }", "E0102", 3, 18, "got 'users:'");
    /* What is right before the line where reading stopped is looked at all the same. */
    refused(HEAD "step { 'S', onwer = 'b', run = function() end }\nphase {", "E0207", 3, 13,
            "onwer");
}

static void test_byte_order_mark(void **state)
{
    (void)state;
    static const char text[] = "\xef\xbb\xbf" HEAD;
    struct nd_scenario *scenario = load(text, sizeof text - 1);
    assert_non_null(scenario);
    unload(scenario);
}

static void test_faults_and_places(void **state)
{
    (void)state;
    refused("drill { 'T', id = 't', lasts = 10 }", "E0302", 1, 0, "10");
    refused("drill { 'T', id = 't', lats = hours(1) }", "E0207", 1, 24, "did you mean 'lasts'");
    refused("drill { id = 't', lasts = hours(1) }", "E0203", 1, 0, "sentence");
    refused("drill { 'T', id = 'T T', lasts = hours(1) }", "E0301", 1, 14, "'id'");
    refused("local x = 1", "E0205", 0, 0, "declares no drill");
    refused(HEAD HEAD, "E0206", 3, 0, "twice");
    refused(HEAD "step { 'S', run = 3 }", "E0301", 3, 13, "function");
    refused(HEAD "step { 'S', after = 'x', run = function() end }", "E0309", 3, 0, "'x'");
    refused(HEAD "step { 'S', objective = 'x', run = function() end }", "E0311", 3, 0, "'x'");
    refused(HEAD "step { 'S', at = 'T+9:00', run = function() end }", "E0304", 3, 13, "T+06:30");
    refused(HEAD "step { 'S', at = 'T+09:00', run = function() end }", "E0308", 3, 0, "ends at");
    refused(HEAD "local p = use 'pretent'", "E0201", 3, 15, "pretent");
    refused(HEAD "local p = use 'pretend'\nlocal v = p.prob", "E0202", 4, 13, "'probe'");
    refused(HEAD "x = 1", "E0107", 3, 0, "local x");
    refused(HEAD "os.execute('true')", "E0108", 3, 0, "'os'");
    refused(HEAD "measure {}", "E0204", 3, 0, "step");
    refused(HEAD "kept.moment = 1", "E0204", 3, 0, "kept");
    refused(HEAD "step { 'S', run = function() expect { 'x', 1, wthin = seconds(1) } end }",
            "E0207", 3, 0, "'within'");
    refused(HEAD "local p = use 'pretend'\nstep { 'S', owner = 'me', run = function()\n"
                 "local s = measure { p.probe, every = ms(10), lasts = ms(50) }\n"
                 "expect { 'x', s, 'los<1%' } end }",
            "E0313", 6, 18, "did you mean 'loss'");
    refused(HEAD "local r = profile 'tw-disaster-roming'", "E0801", 3, 19, "tw-disaster-roming");
    refused(HEAD "local p = parameter { 'pace', choices = { 'a', 'b' }, otherwise = 'c' }", "E0318",
            3, 11, "takes 'a' or 'b', got 'c'");
    refused(HEAD "local p = parameter { 'pace' }", "E0208", 3, 11, "lacks 'otherwise'");
    refused(HEAD "local p = parameter { 'Pace!', otherwise = 1 }", "E0301", 3, 11, "its name");
    refused(HEAD "local p = parameter { 'a', otherwise = 1 }\nparameter { 'a', otherwise = 2 }",
            "E0206", 4, 1, "declared twice");
    refused(HEAD "local r = profile 'tw-disaster-roaming'\nlocal x = r.activaton", "E0802", 4, 0,
            "did you mean 'activation'");
    refused(HEAD "profile('tw-disaster-roaming').ending { repaired = percent(9) }", "E0204", 3, 0,
            "acts");
    refused("drill { 'T' id = 't' }", "E0102", 1, 13, "a comma is missing before 'id'");
}

#define TO "to = { 'lin' }, "

static void test_injects(void **state)
{
    (void)state;
    refused("drill { 'T', id = 't', lasts = hours(8) }\ninject { 'I', id = 'i', " TO "}", "E0204",
            2, 0, "phase");
    refused(HEAD "inject { 'I', id = 'i' }", "E0208", 3, 1, "'to'");
    refused(HEAD "inject { 'I', " TO "}", "E0208", 3, 1, "'id'");
    refused(HEAD "inject { 'I', id = 'i', " TO "recat_within = minutes(1) }", "E0207", 3, 0,
            "did you mean 'react_within'");
    refused(HEAD "inject { 'I', id = 'i', " TO "react_within = 10 }", "E0302", 3, 41, "10");
    refused(HEAD "inject { 'I', id = 'i', kind = 'rumour', " TO "}", "E0305", 3, 25, "'rumour'");
    refused(HEAD "inject { 'I', id = 'i', " TO "at = 'T+00:01', after = 'x' }", "E0207", 3, 0,
            "one of");
    refused(HEAD "inject { 'I', id = 'i', " TO "after = 'x' }", "E0309", 3, 41, "'x'");
    refused(HEAD "inject { 'I', id = 'i', " TO "delay = minutes(1) }", "E0207", 3, 41, "'after'");
    refused(HEAD "inject { 'A', id = 'a', " TO "}\ninject { 'B', id = 'b', unless = 'a', " TO "}",
            "E0321", 4, 25, "nothing is waited for");
    refused(HEAD "step { 'S', id = 's', run = function() end }\n"
                 "inject { 'B', id = 'b', unless = 's', " TO "}",
            "E0321", 4, 25, "a step");
    refused(HEAD "inject { 'I', id = 'i', kind = 'contingency', " TO "}", "E0321", 3, 1, "unless");
    refused(HEAD "inject { 'I', id = 'i', " TO "window = { 'T+00:05' } }", "E0301", 3, 41, "two");
    refused(HEAD "inject { 'I', id = 'i', " TO "window = { 'T+00:05', minutes(9) } }", "E0304", 3,
            41, "both");
    refused(HEAD "inject { 'I', id = 'i', " TO "window = { 'T+00:05', 'T+00:05' } }", "E0308", 3,
            41, "ends before");
    refused(HEAD "inject { 'I', id = 'i', " TO "window = { 'T+00:05', 'T+09:00' } }", "E0308", 3,
            41, "ends at");
    refused("drill { 'T', id = 't', lasts = hours(8) }\nphase { 'P', at = 'T+01:00' }\n"
            "inject { 'I', id = 'i', " TO "window = { 'T+00:05', 'T+02:00' } }",
            "E0308", 3, 41, "before its phase");
    refused(HEAD "inject { 'I', id = 'i', " TO "}\ninject { 'J', id = 'i', " TO "}", "E0310", 4, 15,
            "line 3");
    refused(HEAD "step { 'S', id = 'i', run = function() end }\ninject { 'J', id = 'i', " TO "}",
            "E0310", 4, 15, "line 3");
    refused(HEAD "inject { 'A', id = 'a', after = 'b', " TO "}\n"
                 "inject { 'B', id = 'b', after = 'a', " TO "}",
            "E0309", 3, 25, "itself");
    refused(HEAD "inject { 'I', id = 'i', " TO "kind = 'decision', react_within = minutes(1) }",
            "E0208", 3, 0, "two 'options'");
    refused(HEAD "inject { 'I', id = 'i', " TO "options = { 'a', 'b' } }", "E0208", 3, 1,
            "'react_within'");
    refused(HEAD "inject { 'I', id = 'i', " TO "only_if = { 'x', 'y' } }", "E0322", 3, 0, "'x'");
    refused(HEAD "inject { 'I', id = 'i', " TO "kind = 'fault' }", "E0208", 3, 0, "run");
    refused(HEAD "inject { 'I', id = 'i', " TO "users = 3 }", "E0207", 3, 41, "only a fault");
    refused(HEAD "inject { 'I', id = 'i', " TO "about = 'x' }", "E0324", 3, 15, "'x'");
    refused(HEAD "inject { 'I', id = 'i', " TO "}\ninject { 'J', id = 'j', about = 'i', " TO "}",
            "E0324", 4, 15, "is no fault");
    refused(HEAD "step { 'S', id = 's', about = 's', run = function() end }", "E0324", 3, 0,
            "itself");
    refused(HEAD "step { 'S', users = 1.5, run = function() end }", "E0301", 3, 13, "whole number");
    refused(HEAD "step { 'S', users = -1, run = function() end }", "E0301", 3, 13, "whole number");
    refused(HEAD "local p = use 'pretend'\n"
                 "inject { 'I', id = 'i', " TO "via = { p.probe } }",
            "E0323", 4, 41, "no option 'to'");
    refused(HEAD "local p = use 'pretend'\n"
                 "inject { 'I', id = 'i', " TO "via = { p.deliver, title_zh = 'x' } }",
            "E0207", 4, 41, "inject's own");
    refused(HEAD "local p = use 'pretend'\n"
                 "inject { 'I', id = 'i', " TO "via = p.deliver }",
            "E0301", 4, 41, "a verb and its channel");
}

/* Six faults give six diagnostics, at once. */
static void test_all_at_once(void **state)
{
    (void)state;
    static const char text[] = "drill { 'T', id = 't', lasts = 5, revison = 2 }\n"
                               "phase { 'P', att = 'T+00:01' }\n"
                               "step { 'S', owner = 3 }\n"
                               "local p = use 'nothing'\n";
    assert_null(load(text, strlen(text)));
    assert_int_equal(diags.errors, 6);
    unload(NULL);
}

static void test_hostile(void **state)
{
    (void)state;
    refused(HEAD "while true do end", "E0105", 0, 0, "too long");
    refused(HEAD "while true do pcall(function() while true do end end) end", "E0105", 0, 0, "");
    refused(HEAD "local s = ('x'):rep(1000000) local t = {} for i = 1, 1e9 do t[i] = s .. i end",
            "E0106", 0, 0, "");
    refused(HEAD "local s = string.rep('x', 1e9)", "E0107", 3, 0, "string.rep");
    refused(HEAD "local s = 'x' while true do s = s .. s end", "E0106", 0, 0, "");
    refused(HEAD "local s = ('x'):rep(1000000) local i = 0 while true do local t = s .. i end",
            "E0105", 0, 0, "");
    refused(HEAD "local function f() return f() + 1 end f()", "E0106", 0, 0, "");
    refused(HEAD "error({})", "E0107", 0, 0, "no text");
    refused(HEAD "local s = ('a'):gsub('a', 'b')", "E0107", 3, 0, "gsub");
    refused(HEAD "local t = setmetatable({}, {})", "E0108", 0, 0, "setmetatable");
    refused("\x1bLua", "E0102", 0, 0, "");
    refused(HEAD "-- \xff", "E0104", 0, 0, "UTF-8");
    static const char nul[] = HEAD "--\0x";
    assert_null(load(nul, sizeof nul));
    unload(NULL);
    char *big = nd_alloc(3u << 20);
    memset(big, ' ', (3u << 20) - 1);
    refused(big, "E0103", 0, 0, "");
    free(big);
}

/* Mutations of a good scenario end in a scenario or in diagnostics. */
static void test_mutated(void **state)
{
    (void)state;
    static const char good[] =
        "local p = use 'pretend'\n" HEAD
        "guard { 'G', read = function() return 0 end, every = seconds(1), at_most = 1 }\n"
        "step { {zh = '步', en = 'S'}, id = 's', owner = 'me', at = seconds(3), run = function()\n"
        "  local s = measure { p.probe, every = ms(100), lasts = seconds(2), label = {zh = '量', "
        "en = 'x'} }\n"
        "  expect { 'E', s:share(), equals = percent(100), within = seconds(5) }\nend }\n";
    unsigned seed = 11;
    for (int i = 0; i < 1500; i++) {
        char text[sizeof good];
        memcpy(text, good, sizeof good);
        for (int k = rand_r(&seed) % 4; k >= 0; k--)
            text[(size_t)rand_r(&seed) % (sizeof good - 1)] =
                "{}[]()\"'=,.\n\\x0~-"[rand_r(&seed) % 17];
        struct nd_scenario *scenario = load(text, sizeof good - 1);
        assert_true((scenario != NULL) == (diags.errors == 0));
        unload(scenario);
    }
}

static void ended(void *ctx)
{
    (void)ctx;
    nd_sched_stop(sched);
}

/* Rehearses a scenario; gives its outcome. */
static struct nd_outcome play(const char *body)
{
    struct nd_buf text = {0};
    nd_buf_addf(&text,
                "local p = use 'pretend'\n" HEAD
                "step { 'S', owner = 'me', run = function()\n%s\nend }\n",
                body);
    struct nd_scenario *scenario = load(nd_buf_str(&text), text.len_bytes);
    nd_buf_deinit(&text);
    if (scenario == NULL)
        fail_msg("%s", diags.list.at[0].text);
    const struct nd_run_config config = {.drill = nd_scenario_drill(scenario),
                                         .sched = sched,
                                         .plugins = plugins,
                                         .bodies = nd_scenario_bodies(scenario),
                                         .seed = 7,
                                         .ended = ended};
    struct nd_run *run = nd_run_new(&config, NULL);
    nd_run_begin(run);
    nd_sched_run(sched);
    struct nd_outcome outcome = *nd_run_outcome(run);
    nd_run_free(run);
    unload(scenario);
    return outcome;
}

static void test_bodies(void **state)
{
    (void)state;
    struct nd_outcome o = play("wait(seconds(90)) expect { 'x', now(), at_least = seconds(90) }");
    assert_int_equal(o.met, 1);
    assert_int_equal(o.lasted, ND_SEC(90));
    o = play(
        "local r = p.probe {} expect { 'answered', r } expect { 'rtt', r.rtt, at_most = ms(5) }");
    assert_int_equal(o.met, 2);
    o = play("local s = measure { p.probe, every = ms(100), lasts = seconds(2) }\n"
             "expect { 'all', s:share(), equals = percent(100) }\n"
             "expect { 'count', s:count(), equals = 20 }");
    assert_int_equal(o.met, 2);
    o = play("local s = measure { p.probe, every = ms(100), lasts = seconds(2) }\n"
             "expect { 'all', s, 'share>=100%' } expect { 'quick', s, 'p(95)<5ms' }\n"
             "expect { 'missed', s, 'answered>20' }");
    assert_int_equal(o.met, 2);
    assert_int_equal(o.missed, 1);
    assert_false(o.aborted);
    o = play("local s = measure { p.probe, every = ms(100), lasts = seconds(2) }\n"
             "expect { 'fatal', s, 'answered>20', abort_on_fail = true } wait(seconds(60))");
    assert_true(o.aborted);
    assert_string_equal(o.reason, "not as expected, and abort_on_fail: fatal");
    assert_true(o.lasted < ND_SEC(5));
    o = play("expect { 'never', function() return false end, within = seconds(5) }");
    assert_int_equal(o.missed, 1);
    assert_int_equal(o.lasted, ND_SEC(5));
    o = play("together { function() wait(seconds(3)) end, function() wait(seconds(5)) end }");
    assert_int_equal(o.lasted, ND_SEC(5));
    o = play("together { function() error('bad') end, function() wait(seconds(5)) end }");
    assert_int_equal(o.steps_failed, 1);
    o = play("while true do end");
    assert_int_equal(o.steps_failed, 1);
    o = play("confirm { 'Go on', within = seconds(30) }");
    assert_int_equal(o.steps_done, 1);
    o = play(
        "local k = {} for key in pairs { b = 1, a = 2, [1] = 3 } do k[#k + 1] = tostring(key) end\n"
        "expect { 'sorted', table.concat(k) == '1ab' }");
    assert_int_equal(o.met, 1);
}

/* A text is met when it is that text, never because there is one. */
static void test_texts(void **state)
{
    (void)state;
    struct nd_outcome o =
        play("expect { 'same', 'a', equals = 'a' } expect { 'other', 'b', equals = 'a' }\n"
             "expect { 'none', function() return nil end, equals = 'a' }\n"
             "expect { 'late', function() return 'b' end, equals = 'a', within = seconds(2) }");
    assert_int_equal(o.met, 1);
    assert_int_equal(o.missed, 3);
    static const char *const odd[] = {
        "expect { 'x', 'a', at_most = 'b' }",
        "expect { 'x', 'a', equals = 1 }",
        "expect { 'x', 1, equals = 'a' }",
    };
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        assert_int_equal(play(odd[i]).steps_failed, 1);
}

/* What gives no number is not known, never below a limit. */
static void test_no_number(void **state)
{
    (void)state;
    static const char *const none[] = {"function() return nil end, at_most = seconds(1)",
                                       "function() return false end, at_most = seconds(1)",
                                       "function() return false end, below = 5",
                                       "function() return nil end, equals = 0",
                                       "p.probe { fail = 'ETIME' }, at_most = percent(1)"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        char body[200];
        snprintf(body, sizeof body, "expect { 'x', %s }", none[i]);
        struct nd_outcome o = play(body);
        if (o.met != 0 || o.unknown != 1)
            fail_msg("'%s': %zu met, %zu unknown", none[i], (size_t)o.met, (size_t)o.unknown);
    }
    /* A call that failed is a miss, one that could not be made tells nothing. */
    struct nd_outcome calls = play("expect { 'x', p.probe { fail = 'ETIME' } }\n"
                                   "expect { 'y', p.probe { fail = 'EGONE' } }\n"
                                   "expect { 'z', p.probe { fail = 'EUNABLE' } }");
    assert_int_equal(calls.missed, 1);
    assert_int_equal(calls.unknown, 2);
    struct nd_outcome o = play("expect { 'x', function() return 0 end, at_most = 1 }\n"
                               "expect { 'y', function() return false end, equals = false }");
    assert_int_equal(o.met, 2);
}

/* What a guard's read gives may be a number, a quantity or a question to a series; what is none of
 * them, or not known, is a breach. */
static void test_guards(void **state)
{
    (void)state;
    static const char around[] =
        "end }\nlocal s\nguard { 'G', every = seconds(1), at_most = percent(5), read = function() "
        "%s end }\nstep { 'T', owner = 'me', run = function()\n"
        "s = measure { p.probe, fail = '%s', every = ms(100), deadline = ms(500) }\n"
        "wait(seconds(20))";
    static const struct {
        const char *read, *fail;
        bool aborted;
    } cases[] = {{"return s:loss()", "none", false},
                 {"return s:loss { last = seconds(1) }", "ETIME", true},
                 {"return s:loss { from = 'T+00:10' }", "none", true}, /* not known yet */
                 {"return percent(4)", "none", false},
                 {"return 0.5", "none", true},
                 {"return 'none'", "none", true},
                 {"", "none", true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char body[600];
        snprintf(body, sizeof body, around, cases[i].read, cases[i].fail);
        struct nd_outcome o = play(body);
        if (o.aborted != cases[i].aborted)
            fail_msg("'%s' is a breach: %d", cases[i].read, o.aborted);
    }
}

/* A step every ten seconds for eight hours, the same each time. */
static void test_eight_hours(void **state)
{
    (void)state;
    static const char body[] = "for i = 1, 2880 do wait(seconds(10)) p.probe {} end";
    struct nd_outcome a = play(body);
    struct nd_outcome b = play(body);
    assert_true(a.lasted >= ND_SEC(28800) - ND_SEC(1));
    assert_string_equal(a.trace, b.trace);
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd >= 0 ? close(fd) : -1;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slips),
        cmocka_unit_test(test_byte_order_mark),
        cmocka_unit_test(test_faults_and_places),
        cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_injects),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_mutated),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_no_number),
        cmocka_unit_test(test_guards),
        cmocka_unit_test(test_eight_hours),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
