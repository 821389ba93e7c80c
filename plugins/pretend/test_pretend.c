#include "base/units.h"
#include "support/fake_host.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct nd_fake *fake;
    char dir[32], file[64];
};

static int set_up(void **state)
{
    struct fixture *f = nd_alloc(sizeof *f);
    f->fake = nd_fake_new(nd_plugin_entry(), ND_FAKE_VIRTUAL);
    strcpy(f->dir, "/tmp/nd-pretend-XXXXXX");
    if (mkdtemp(f->dir) == NULL)
        return -1;
    snprintf(f->file, sizeof f->file, "%s/state", f->dir);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    const char *fault = nd_fake_fault(f->fake);
    if (fault != NULL)
        print_error("contract broken: %s\n", fault);
    nd_fake_free(f->fake);
    unlink(f->file);
    rmdir(f->dir);
    free(f);
    return fault != NULL ? -1 : 0;
}

static void put(const struct fixture *f, const char *content)
{
    FILE *file = fopen(f->file, "w");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

/* Content of the file, or "(none)"; the same buffer each time. */
static const char *got(const struct fixture *f)
{
    static char text[256];
    FILE *file = fopen(f->file, "r");
    if (file == NULL)
        return "(none)";
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void test_probe_takes_its_time(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op = nd_fake_op(f->fake, "probe", "takes", "5ms", "value", "42.5", NULL);
    nd_fake_start(op);
    assert_false(op->finished);
    assert_int_equal(nd_fake_run(op), ND_OK);
    assert_int_equal(nd_fake_now(f->fake), ND_MS(5));
    assert_float_equal(nd_fake_value(op, "rtt"), 5e6, 0);
    assert_float_equal(nd_fake_value(op, "value"), 42.5, 0);
    assert_int_equal(op->samples.at[0].at, ND_MS(5));
}

static void test_probe_fails_as_told(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op = nd_fake_op(f->fake, "probe", "fail", "EREFUSED", NULL);
    nd_fake_start(op);
    assert_int_equal(nd_fake_run(op), ND_EREFUSED);
    assert_string_equal(op->why, "told to fail with EREFUSED");
    assert_int_equal(op->samples.count, 0);
}

static void test_probe_share_is_even(void **state)
{
    struct fixture *f = *state;
    for (int i = 1; i <= 40; i++) {
        struct nd_op *op = nd_fake_op(f->fake, "probe", "fail", "ETIME", "fail_share", "25%", NULL);
        nd_fake_start(op);
        assert_int_equal(nd_fake_run(op), i % 4 == 0 ? ND_ETIME : ND_OK);
    }
}

static void test_probe_hang_ignores_cancel(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op = nd_fake_op(f->fake, "probe", "hang", "true", NULL);
    nd_fake_start(op);
    nd_fake_cancel(op);
    assert_int_equal(nd_fake_run(op), ND_FAKE_STALLED);
    op = nd_fake_op(f->fake, "probe", "takes", "1h", NULL);
    nd_fake_start(op);
    nd_fake_cancel(op);
    assert_int_equal(nd_fake_run(op), ND_ECANCEL);
}

static void test_probe_rehearsal_follows_the_model(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op = nd_fake_op(f->fake, "probe", "takes", "5ms", NULL);
    nd_fake_rehearse(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
    op = nd_fake_op(f->fake, "probe", "takes", "5ms", NULL);
    op->model_up = 0;
    nd_fake_rehearse(op);
    nd_fake_deadline(op, ND_SEC(1));
    assert_int_equal(nd_fake_run(op), ND_ETIME);
    assert_int_equal(op->samples.count, 0);
}

static struct nd_op *changed(struct fixture *f, const char *fail_at)
{
    struct nd_op *op =
        nd_fake_op(f->fake, "change", "file", f->file, "line", "two", "fail_at", fail_at, NULL);
    assert_int_equal(nd_fake_plan(op), ND_OK);
    return op;
}

static void test_change_is_undone(void **state)
{
    struct fixture *f = *state;
    put(f, "one\n");
    struct nd_op *op = changed(f, "none");
    assert_string_equal(got(f), "one\n");
    assert_int_equal(nd_fake_verify(op, NULL), ND_OK);
    nd_fake_start(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
    assert_string_equal(got(f), "one\ntwo\n");
    const char *why = NULL;
    assert_int_equal(nd_fake_verify(op, &why), ND_ESTATE);
    assert_non_null(strstr(why, "differs"));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(nd_fake_undo(op, NULL), ND_OK);
        assert_int_equal(nd_fake_verify(op, NULL), ND_OK);
        assert_string_equal(got(f), "one\n");
    }
}

static void test_change_of_no_file_is_undone_to_none(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op = changed(f, "none");
    nd_fake_start(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
    assert_string_equal(got(f), "two\n");
    assert_int_equal(nd_fake_undo(op, NULL), ND_OK);
    assert_string_equal(got(f), "(none)");
}

static void test_undo_leaves_a_stranger_alone(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op = changed(f, "none");
    nd_fake_start(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
    put(f, "mine\n");
    const char *why = NULL;
    assert_int_equal(nd_fake_undo(op, &why), ND_ESTATE);
    assert_non_null(strstr(why, "somebody else"));
    assert_string_equal(got(f), "mine\n");
}

static void test_change_fails_at_each_stage(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op = nd_fake_op(f->fake, "change", "file", f->file, "fail_at", "plan", NULL);
    assert_int_equal(nd_fake_plan(op), ND_ESTATE);
    assert_string_equal(op->why, "told to fail at plan");
    op = changed(f, "start");
    nd_fake_start(op);
    assert_int_equal(nd_fake_run(op), ND_EIO);
    assert_string_equal(got(f), "(none)");
    op = changed(f, "undo");
    assert_int_equal(nd_fake_undo(op, NULL), ND_EIO);
    op = changed(f, "verify");
    assert_int_equal(nd_fake_verify(op, NULL), ND_ESTATE);
    assert_int_equal(nd_fake_undo(op, NULL), ND_OK);
}

static void test_change_that_hangs_was_made(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op = nd_fake_op(f->fake, "change", "file", f->file, "hang", "true", NULL);
    assert_int_equal(nd_fake_plan(op), ND_OK);
    nd_fake_start(op);
    nd_fake_cancel(op);
    assert_int_equal(nd_fake_run(op), ND_FAKE_STALLED);
    assert_string_equal(got(f), "changed\n");
    assert_int_equal(nd_fake_undo(op, NULL), ND_OK);
    assert_string_equal(got(f), "(none)");
}

static void test_crash_leaves_the_change(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op = nd_fake_op(f->fake, "change", "file", f->file, "crash", "true", NULL);
    assert_int_equal(nd_fake_plan(op), ND_OK);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        nd_fake_start(op);
        nd_fake_run(op);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_string_equal(got(f), "changed\n");
    assert_int_equal(nd_fake_undo(op, NULL), ND_OK);
    assert_string_equal(got(f), "(none)");
}

static void test_rehearsed_change_moves_the_model_only(void **state)
{
    struct fixture *f = *state;
    nd_fake_target(f->fake, "core", NULL, NULL);
    struct nd_op *op =
        nd_fake_op(f->fake, "change", "file", f->file, "target", "core", "takes", "2s", NULL);
    nd_fake_rehearse(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
    assert_int_equal(nd_fake_now(f->fake), ND_SEC(2));
    assert_string_equal(op->model_target, "core");
    assert_int_equal(op->model_value, 0);
    assert_string_equal(got(f), "(none)");
}

static void test_binary_files_are_refused(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen(f->file, "w");
    assert_non_null(file);
    fwrite("a\0b", 1, 3, file);
    fclose(file);
    struct nd_op *op = nd_fake_op(f->fake, "change", "file", f->file, NULL);
    assert_int_equal(nd_fake_plan(op), ND_EIO);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_probe_takes_its_time),
        TEST(test_probe_fails_as_told),
        TEST(test_probe_share_is_even),
        TEST(test_probe_hang_ignores_cancel),
        TEST(test_probe_rehearsal_follows_the_model),
        TEST(test_change_is_undone),
        TEST(test_change_of_no_file_is_undone_to_none),
        TEST(test_undo_leaves_a_stranger_alone),
        TEST(test_change_fails_at_each_stage),
        TEST(test_change_that_hangs_was_made),
        TEST(test_crash_leaves_the_change),
        TEST(test_rehearsed_change_moves_the_model_only),
        TEST(test_binary_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
