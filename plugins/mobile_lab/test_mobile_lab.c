#include "base/units.h"
#include "mobile_lab.h"
#include "support/fake_host.h"

#include <math.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The verbs against the real netdrill-mobile, which lies in the plugin's folder of the build. What
 * is set in it is set at once, so nothing is waited for. */

struct fixture {
    struct nd_fake *fake;
    char dir[64];
};

static void start_program(const char *dir)
{
    char program[600];
    char self[512] = "";
    pid_t pid = 0;
    int status = 0;
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    *strrchr(self, '/') = '\0';
    snprintf(program, sizeof program, "%s/../plugins/mobile_lab/netdrill-mobile", self);
    char *const argv[] = {program,
                          (char *)dir,
                          (char *)"1",
                          (char *)"{\"jia\":\"plmn=46692\",\"yi\":\"plmn=46697 guests=46601\"}",
                          (char *)"{\"jia-1\":\"network=jia\",\"yi-1\":\"network=yi\",\"yi-2\":"
                                  "\"network=yi sib15=46601\"}",
                          (char *)"{\"jia\":{\"network\":\"jia\",\"count\":3}}",
                          NULL};
    assert_int_equal(posix_spawn(&pid, program, NULL, NULL, argv, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* One line past the plugin; its answer, borrowed until the next. */
static const char *tell(const struct fixture *f, const char *line)
{
    static char answer[1024];
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(at.sun_path, sizeof at.sun_path, "%s/control", f->dir);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    dprintf(fd, "%s\n", line);
    ssize_t got = recv(fd, answer, sizeof answer - 1, 0);
    assert_true(got > 0);
    answer[got] = '\0';
    /* An ended program closes its end last. */
    while (strcmp(line, "end") == 0 && recv(fd, answer, 1, 0) > 0)
        ;
    close(fd);
    return answer;
}

static int set_up(void **state)
{
    struct fixture *f = nd_alloc(sizeof *f);
    static const char *facts[3][5] = {{"network", "yi", "directory"},
                                      {"network", "jia", "directory"},
                                      {"cell", "yi-1", "directory"}};
    static const char *const names[] = {"yi", "jia", "yi-1"};
    static const char *air[] = {"directory", NULL, NULL};
    static const char *const bare[] = {"network", "yi", NULL};
    snprintf(f->dir, sizeof f->dir, "/tmp/netdrill-test-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    start_program(f->dir);
    f->fake = nd_fake_new(nd_plugin_entry(), ND_FAKE_LIVE);
    for (size_t i = 0; i < 3; i++) {
        facts[i][3] = f->dir;
        nd_fake_target(f->fake, names[i], NULL, facts[i]);
    }
    air[1] = f->dir;
    nd_fake_target(f->fake, "air", NULL, air);
    nd_fake_target(f->fake, "bare", NULL, bare);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char control[80];
    const char *fault = nd_fake_fault(f->fake);
    if (fault != NULL)
        print_error("contract broken: %s\n", fault);
    nd_fake_free(f->fake);
    snprintf(control, sizeof control, "%s/control", f->dir);
    if (access(control, F_OK) == 0)
        tell(f, "end");
    rmdir(f->dir);
    free(f);
    return fault != NULL ? -1 : 0;
}

static nd_err change(struct nd_op *op)
{
    nd_err err = nd_fake_plan(op);
    if (err != ND_OK)
        return err;
    nd_fake_start(op);
    return nd_fake_run(op);
}

static void test_fail(void **state)
{
    struct fixture *f = *state;
    const char *why = NULL;
    struct nd_op *op = nd_fake_op(f->fake, "fail", "target", "yi", NULL);
    assert_int_equal(change(op), ND_OK);
    assert_non_null(strstr(tell(f, "get cell yi-1"), " up=0 "));
    assert_non_null(strstr(tell(f, "get cell yi-2"), " up=0 "));
    assert_non_null(strstr(tell(f, "get cell jia-1"), " up=1 "));
    assert_int_equal(nd_fake_prove(op, &why), ND_OK);
    assert_int_equal(nd_fake_verify(op, &why), ND_ESTATE);
    assert_non_null(strstr(why, "up of cell yi-1 is '0', before it was '1'"));
    tell(f, "set cell yi-1 up=1"); /* not in force any more */
    assert_int_equal(nd_fake_prove(op, &why), ND_ESTATE);
    assert_non_null(strstr(why, "up of cell yi-1 is '1', expected '0'"));
    tell(f, "set cell yi-1 up=0");
    for (int i = 0; i < 2; i++) { /* the second time there is nothing to do */
        assert_int_equal(nd_fake_undo(op, &why), ND_OK);
        assert_int_equal(nd_fake_verify(op, &why), ND_OK);
    }
}

static void test_open(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *method, *thing, *says;
    } list[] = {{"mint", "get cell yi-2", " sib15=46601,46692 applicable=common "},
                {"mint", "get network yi", " disaster=46692 "},
                {"plmn", "get cell yi-1", " plmns=46692 "},
                {"national", "get network yi", " guests=46601,46692 "},
                {"emergency", "get network yi", " emergency=1 "}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        char before[1024];
        snprintf(before, sizeof before, "%s", tell(f, list[i].thing));
        struct nd_op *op = nd_fake_op(f->fake, "open", "target", "yi", "victim", "jia", "method",
                                      list[i].method, NULL);
        assert_int_equal(change(op), ND_OK);
        assert_non_null(strstr(tell(f, list[i].thing), list[i].says));
        assert_int_equal(nd_fake_undo(op, NULL), ND_OK);
        assert_string_equal(tell(f, list[i].thing), before);
    }
}

/* Key by key: what somebody else set is left, what is ours is put back. */
static void test_others(void **state)
{
    struct fixture *f = *state;
    const char *why = NULL;
    struct nd_op *op =
        nd_fake_op(f->fake, "bar", "target", "yi-1", "allow", "20%", "time", "8s", NULL);
    assert_int_equal(change(op), ND_OK);
    tell(f, "set cell yi-1 up=0 plmns=46605");
    assert_int_equal(nd_fake_undo(op, &why), ND_OK);
    assert_non_null(strstr(tell(f, "get cell yi-1"), "up=0 roaming=1 plmns=46605 "));
    op = nd_fake_op(f->fake, "bar", "target", "yi-1", "allow", "20%", NULL);
    assert_int_equal(change(op), ND_OK);
    tell(f, "set cell yi-1 ai3=50");
    assert_int_equal(nd_fake_undo(op, &why), ND_ESTATE);
    assert_non_null(strstr(why, "ai3 of cell yi-1 is '50', before it was '100'"));
    assert_non_null(strstr(tell(f, "get cell yi-1"), " ai3=50 "));
}

static void test_gone(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op = nd_fake_op(f->fake, "core_fail", "target", "jia", NULL);
    assert_int_equal(change(op), ND_OK);
    assert_non_null(strstr(tell(f, "get network jia"), " core=0 "));
    tell(f, "end");
    /* With the simulated network its changes are gone. */
    assert_int_equal(nd_fake_undo(op, NULL), ND_OK);
    assert_int_equal(nd_fake_verify(op, NULL), ND_OK);
    op = nd_fake_op(f->fake, "fail", "target", "yi-1", NULL);
    assert_int_equal(nd_fake_plan(op), ND_EGONE);
    assert_non_null(strstr(op->why, "'mobile_lab.start' first"));
}

static void test_bad(void **state)
{
    struct fixture *f = *state;
    static const char *const shares[] = {"7%", "20%"};
    static const char *const times[] = {"4s", "5s"};
    for (size_t i = 0; i < 2; i++) {
        struct nd_op *op = nd_fake_op(f->fake, "bar", "target", "yi-1", "allow", shares[i], "time",
                                      times[i], NULL);
        assert_int_equal(nd_fake_plan(op), ND_EARG);
    }
    struct nd_op *op = nd_fake_op(f->fake, "fail", "target", "bare", NULL);
    assert_int_equal(nd_fake_plan(op), ND_EARG);
    assert_non_null(strstr(op->why, "'directory:'"));
    op = nd_fake_op(f->fake, "core_fail", "target", "yi-1", NULL);
    assert_int_equal(nd_fake_plan(op), ND_EARG);
    op = nd_fake_op(f->fake, "start", "target", "air", NULL);
    assert_int_equal(nd_fake_plan(op), ND_EARG);
    assert_non_null(strstr(op->why, "has no 'networks:'"));
}

static void test_census(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op = nd_fake_op(f->fake, "census", "target", "air", NULL);
    nd_fake_start(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
    double all = 0;
    static const char *const states[] = {"home",    "national",  "disaster",   "returning",
                                         "limited", "waiting",   "barred",     "backoff",
                                         "off",     "searching", "registering"};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        all += nd_fake_value(op, states[i]);
    assert_true(all == 3);
    assert_true(nd_fake_value(op, "rejected") == 0);
    assert_true(nd_fake_value(op, "served") >= 0);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {T(test_fail), T(test_open), T(test_others),
                                       T(test_gone), T(test_bad),  T(test_census)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
