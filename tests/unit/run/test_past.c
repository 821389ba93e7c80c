#include "base/text.h"
#include "base/units.h"
#include "record/journal.h"
#include "record/undo.h"
#include "run/past.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What a journal that ends in the middle says of its run. */

static struct nd_rundir dir;
static nd_ns now;

static nd_ns tell_now(void *ctx)
{
    (void)ctx;
    return now;
}

static int64_t tell_wall(void *ctx, nd_ns moment)
{
    (void)ctx;
    return ND_SEC(1700000000) + moment;
}

static const struct nd_journal_clock test_clock = {tell_now, tell_wall, NULL};
static struct nd_journal *journal;

static void say(nd_ns at, const char *type, const char *subject, const char *actor,
                const char *data)
{
    char full[64];
    snprintf(full, sizeof full, "netdrill.%s", type);
    now = at;
    assert_true(nd_journal_append(journal, 0, full, subject, actor, at,
                                  data != NULL ? json_loads(data, 0, NULL) : NULL, NULL) > 0);
}

static int begin(void **state)
{
    (void)state;
    char path[] = "/tmp/nd-past-XXXXXX";
    dir = (struct nd_rundir){.path = nd_strdup(mkdtemp(path)), .run_id = nd_strdup("a-run")};
    char *file = nd_rundir_file(&dir, "journal.jsonl");
    now = 0;
    journal = nd_journal_create(file, "a-run", test_clock, NULL);
    free(file);
    say(0, "journal.opened", NULL, "core", "{\"seed\":7,\"mono_origin_ns\":5}");
    return journal != NULL ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    static const char *const files[] = {"journal.jsonl", "undo.jsonl"};
    nd_journal_close(journal);
    for (size_t i = 0; i < 2; i++) {
        char *file = nd_rundir_file(&dir, files[i]);
        unlink(file);
        free(file);
    }
    rmdir(dir.path);
    nd_rundir_deinit(&dir);
    return 0;
}

static void undo_file(enum nd_undo_state state)
{
    char *file = nd_rundir_file(&dir, "undo.jsonl");
    struct nd_undo *undo = nd_undo_open(file, NULL);
    static struct nd_note notes[] = {{NULL, NULL}};
    struct nd_undo_rec rec = {.plugin = (char *)"p", .verb = (char *)"v", .notes = notes};
    assert_int_equal(nd_undo_append(undo, &rec, NULL), ND_OK);
    nd_undo_mark(undo, rec.id, state, NULL, NULL);
    nd_undo_close(undo);
    free(file);
}

static void start(void)
{
    say(ND_SEC(1), "run.started", NULL, "core", "{\"t0_ns\":1000000000}");
    say(ND_SEC(1), "phase.started", "p1", "core", NULL);
    say(ND_SEC(1), "step.started", "a", "core", NULL);
    say(ND_SEC(1), "op.started", "3", "core", NULL);
    say(ND_SEC(1), "change.recorded", "1", "core",
        "{\"plugin\":\"links\",\"verb\":\"cut\",\"target\":\"x\",\"step\":\"a\"}");
    say(ND_SEC(1), "change.applied", "1", "core", NULL);
    say(ND_SEC(2), "step.ended", "a", "core", "{\"state\":\"done\"}");
    say(ND_SEC(2), "step.started", "b", "core", NULL);
    say(ND_SEC(2), "series.opened", "4", "core", "{\"step\":\"b\"}");
    say(ND_SEC(2), "series.closed", "4", "core", NULL);
    say(ND_SEC(2), "confirm.asked", "2", "core", NULL);
    say(ND_SEC(3), "verdict", NULL, "core", "{\"grade\":\"missed\"}");
    say(ND_SEC(3), "run.paused", NULL, "controller:lin", NULL);
    say(ND_SEC(5), "run.resumed", NULL, "controller:lin", NULL);
    say(ND_SEC(5), "kept", "count", "core", "{\"kind\":\"number\",\"value\":1}");
    say(ND_SEC(5), "kept", "count", "core", "{\"kind\":\"number\",\"value\":2}");
    say(ND_SEC(6), "note", NULL, "core", NULL);
}

static void test_in_the_middle(void **state)
{
    (void)state;
    struct nd_past past;
    struct nd_fail why = {0};
    start();
    say(ND_SEC(9), "keeper.acting", NULL, "keeper", NULL);
    say(ND_SEC(9), "change.undone", "1", "keeper", NULL);
    undo_file(ND_UNDO_VERIFIED);
    if (nd_past_read(&dir, &past, &why) != ND_OK)
        fail_msg("%s", why.text);
    assert_int_equal(past.t0, ND_SEC(1));
    assert_int_equal(past.died, ND_SEC(6)); /* not when the keeper acted */
    assert_true(past.now >= past.died);
    assert_int_equal(past.seed, 7);
    assert_int_equal(past.ops, 3);
    assert_int_equal(past.series, 4);
    assert_int_equal(past.confirmations, 2);
    assert_int_equal(past.missed, 1);
    assert_int_equal(past.verified, 1);
    const struct nd_past_step *a = nd_past_step_find(&past, "a");
    const struct nd_past_step *b = nd_past_step_find(&past, "b");
    assert_true(a->ended && a->left); /* its change was on */
    assert_string_equal(a->state, "done");
    assert_true(b->started && !b->ended && !b->left); /* its series was closed */
    assert_null(nd_past_step_find(&past, "c"));
    assert_int_equal(past.lost.count, 1);
    assert_string_equal(past.lost.at[0].words, "#1 links.cut x");
    assert_string_equal(past.lost.at[0].step, "a");
    assert_true(a->began < a->over && a->over < b->began);
    const json_t *kept = json_object_get(past.kept, "count");
    assert_int_equal(json_integer_value(json_object_get(kept, "value")), 2); /* the last one */
    assert_int_equal(past.pauses.count, 1);
    assert_int_equal(past.pauses.at[0].till - past.pauses.at[0].from, ND_SEC(2));
    nd_past_deinit(&past);
}

static void refused(const char *words)
{
    struct nd_past past;
    struct nd_fail why = {0};
    assert_true(nd_past_read(&dir, &past, &why) != ND_OK);
    if (strstr(why.text, words) == NULL)
        fail_msg("'%s' does not say '%s'", why.text, words);
}

static void test_before_startex(void **state)
{
    (void)state;
    refused("before STARTEX");
}

static void test_ended(void **state)
{
    (void)state;
    start();
    say(ND_SEC(9), "run.closed", NULL, "core", NULL);
    refused("has ended");
}

static void test_not_restored(void **state)
{
    (void)state;
    start();
    undo_file(ND_UNDO_UNDONE); /* undone, and never read back */
    refused("restore it first");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_in_the_middle, begin, end),
        cmocka_unit_test_setup_teardown(test_before_startex, begin, end),
        cmocka_unit_test_setup_teardown(test_ended, begin, end),
        cmocka_unit_test_setup_teardown(test_not_restored, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
