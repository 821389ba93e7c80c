#include "run/claim.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Claims between processes: what a target is counts, not what it is called; the dead hold none. */

static const struct nd_note facts_a[] = {{"interface", "eth7"}, {NULL, NULL}};
static const struct nd_note facts_b[] = {{"interface", "eth8"}, {NULL, NULL}};
static const struct nd_note none[] = {{NULL, NULL}};
static struct nd_site site = {.name = "claims-of-a-test"};
static const struct nd_site_target one = {.target = {"one", "interface", NULL, facts_a}};
static const struct nd_site_target same = {.target = {"another-name", "interface", NULL, facts_a}};
static const struct nd_site_target other = {.target = {"other", "interface", NULL, facts_b}};
static const struct nd_site_target host = {.target = {"host", "host", "192.0.2.7", none}};

static struct nd_claims *volatile held, *volatile ours;

/* What a child gets: 0, or the code; its reason goes to `said`. */
static int in_child(const struct nd_site_target *target, char *said, size_t bytes)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct nd_fail why = {0};
        held = nd_claims_new(); /* until it dies */
        nd_err err = nd_claims_take(held, &site, target, &why);
        ssize_t put = write(ends[1], why.text, strlen(why.text) + 1);
        _exit(put > 0 ? -err : 99);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], said, bytes - 1);
    said[got > 0 ? got : 0] = '\0';
    close(ends[0]);
    int status = 0;
    waitpid(pid, &status, 0);
    return WEXITSTATUS(status);
}

static void test_between_processes(void **state)
{
    (void)state;
    char said[512];
    char pid[32];
    struct nd_fail why = {0};
    struct nd_claims *claims = nd_claims_new();
    ours = claims;
    assert_int_equal(nd_claims_take(claims, &site, &one, &why), ND_OK);
    assert_int_equal(nd_claims_take(claims, &site, &same, &why), ND_OK); /* the same, once */
    assert_int_equal(nd_claims_count(claims), 1);
    assert_int_equal(nd_claims_take(claims, &site, &host, &why), ND_OK);
    assert_int_equal(nd_claims_take_lab(claims, &site, &why), ND_OK);
    nd_claims_name(claims, "20260101T000000Z-test-0000");
    assert_int_equal(in_child(&same, said, sizeof said), -ND_ESTATE);
    snprintf(pid, sizeof pid, "pid %d;", getpid());
    assert_non_null(strstr(said, pid));
    assert_non_null(strstr(said, "'20260101T000000Z-test-0000'"));
    assert_int_equal(in_child(&host, said, sizeof said), -ND_ESTATE);
    assert_int_equal(in_child(&other, said, sizeof said), 0);
    nd_claims_free(claims);
    /* The child that held `other` is dead, and so is its claim; ours are given up. */
    assert_int_equal(in_child(&other, said, sizeof said), 0);
    assert_int_equal(in_child(&one, said, sizeof said), 0);
}

/* A place that others may write to is none for locks. */
static void test_place(void **state)
{
    (void)state;
    char runtime[] = "/tmp/nd-claims-XXXXXX";
    char path[64];
    struct nd_fail why = {0};
    bool root = geteuid() == 0; /* whose place is /run/netdrill: be somebody else for a moment */
    if (root)
        assert_int_equal(seteuid(65534), 0);
    assert_non_null(mkdtemp(runtime));
    setenv("XDG_RUNTIME_DIR", runtime, 1);
    snprintf(path, sizeof path, "%s/netdrill", runtime);
    assert_int_equal(mkdir(path, 0777), 0);
    assert_int_equal(chmod(path, 0777), 0);
    struct nd_claims *claims = nd_claims_new();
    assert_int_equal(nd_claims_take(claims, &site, &one, &why), ND_ERIGHTS);
    nd_claims_free(claims);
    rmdir(path);
    rmdir(runtime);
    if (root)
        assert_int_equal(seteuid(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_between_processes),
                                       cmocka_unit_test(test_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
