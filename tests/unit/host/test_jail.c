/* What a plugin's process cannot do any more, each tried in a child of its own. */
#include "host/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define NET_RAW 13

static const struct nd_verb probing = {.rights = "a ping socket, or CAP_NET_RAW"};
static const struct nd_verb building = {.rights = "CAP_SYS_ADMIN and CAP_NET_ADMIN"};
static const struct nd_verb writing = {.rights = "write access to 'file'"};
static const struct nd_verb leaving = {
    .rights = "write access to the directories of the site file's targets"};
static const struct nd_verb running = {.rights = "those of the program",
                                       .flags = ND_VERB_ARBITRARY};

static struct nd_jail jail_of(const struct nd_verb *verb, int enters)
{
    const struct nd_verb *const verbs[] = {verb, NULL};
    const struct nd_plugin plugin = {.verbs = verbs};
    return nd_jail_of(&plugin, enters);
}

static void test_from_rights(void **state)
{
    (void)state;
    struct nd_jail jail = jail_of(&probing, 0);
    assert_true(jail.caps == 1ull << NET_RAW);
    assert_int_equal(jail.flags, ND_JAIL_NO_WRITES | ND_JAIL_NO_PROGRAMS);
    jail = jail_of(&probing, 1);
    assert_true((jail.caps >> 21 & 1) == 1); /* CAP_SYS_ADMIN, for setns */
    assert_int_equal(jail.flags, ND_JAIL_NO_WRITES | ND_JAIL_NO_PROGRAMS);
    assert_int_equal(jail_of(&building, 0).flags, 0);
    assert_int_equal(jail_of(&writing, 0).flags, ND_JAIL_NO_PROGRAMS);
    assert_int_equal(jail_of(&leaving, 0).flags,
                     ND_JAIL_NO_WRITES | ND_JAIL_DIRECTORIES | ND_JAIL_NO_PROGRAMS);
    assert_true((jail_of(&running, 0).flags & ND_JAIL_NONE) != 0);
}

static void test_words(void **state)
{
    (void)state;
    char text[120];
    char tiny[12];
    struct nd_jail jail = jail_of(&probing, 0);
    nd_jail_words(&jail, text, sizeof text);
    assert_string_equal(text, "keeps CAP_NET_RAW; writes no file, starts no program");
    nd_jail_words(&jail, tiny, sizeof tiny);
    assert_true(strlen(tiny) < sizeof tiny);
}

/* The exit code of fn in a child that is jailed as a plugin of that verb. */
static int jailed_as(const struct nd_verb *verb, const struct nd_site *site, int (*fn)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        struct nd_jail jail = jail_of(verb, 0);
        _exit(nd_jail_enter(&jail, site, NULL) != ND_OK ? 99 : fn());
    }
    int status = 0;
    assert_true(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

static int jailed(int (*fn)(void))
{
    return jailed_as(&probing, NULL, fn);
}

/* Valgrind makes the system calls itself, and knows neither seccomp nor landlock. */
static int under_valgrind(void)
{
    const char *preloaded = getenv("LD_PRELOAD");
    return preloaded != NULL && strstr(preloaded, "vgpreload") != NULL;
}

static int try_program(void)
{
    char *const argv[] = {"true", NULL};
    execv("/bin/true", argv);
    return errno;
}

static int try_trace(void)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : errno;
}

static int try_mount(void)
{
    return mount("none", "/mnt", "tmpfs", 0, NULL) == 0 ? 0 : errno;
}

static int try_clock(void)
{
    const struct timespec ts = {.tv_sec = 1};
    return clock_settime(CLOCK_REALTIME, &ts) == 0 ? 0 : errno;
}

static int try_admin(void) /* CAP_NET_ADMIN: the one capability it lacks that changes networks */
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    int one = 1;
    return setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &one, sizeof one) == 0 ? 0 : errno;
}

static int try_probe(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    return fd >= 0 ? 0 : errno;
}

static char path[64];

static int try_write(void)
{
    return open(path, O_WRONLY) >= 0 ? 0 : errno;
}

static int try_read(void)
{
    return open(path, O_RDONLY) >= 0 ? 0 : errno;
}

static void test_denied(void **state)
{
    (void)state;
    if (under_valgrind())
        skip();
    assert_int_equal(jailed(try_program), EPERM);
    assert_int_equal(jailed(try_trace), EPERM);
    assert_int_equal(jailed(try_mount), EPERM);
    assert_int_equal(jailed(try_clock), EPERM);
    assert_int_equal(jailed(try_admin), EPERM);
    assert_int_equal(jailed(try_probe), 0);
}

static void test_writes(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/nd-jail-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    int read_err = jailed(try_read);
    int write_err = jailed(try_write);
    unlink(path);
    assert_int_equal(read_err, 0);
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 0) {
        print_message("this kernel has no landlock: that files are not written was not tried\n");
        assert_int_equal(write_err, 0);
    } else {
        assert_int_equal(write_err, EACCES);
    }
}

static int try_make(void)
{
    char there[80];
    snprintf(there, sizeof there, "%s/x", path);
    int fd = open(there, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0)
        return errno;
    char elsewhere[96];
    snprintf(elsewhere, sizeof elsewhere, "%s-beside", path);
    int put = write(fd, "x", 1) == 1 && rename(there, there) == 0 && unlink(there) == 0;
    return put && open(elsewhere, O_WRONLY | O_CREAT | O_EXCL, 0600) < 0 ? 0 : 98;
}

/* Into the directories of targets, and not beside them. */
static void test_directories(void **state)
{
    (void)state;
    if (under_valgrind() || syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 0)
        skip();
    char text[200];
    struct nd_diags diags = {0};
    snprintf(path, sizeof path, "/tmp/nd-jail-XXXXXX");
    assert_non_null(mkdtemp(path));
    snprintf(text, sizeof text, "site: jail\ntargets: {box: {kind: file, directory: %s}}\n", path);
    struct nd_site *site = nd_site_read("site.yaml", text, strlen(text), &diags);
    assert_non_null(site);
    int as_leaving = jailed_as(&leaving, site, try_make);
    int as_probing = jailed_as(&probing, site, try_make);
    nd_site_free(site);
    nd_diags_deinit(&diags);
    rmdir(path);
    assert_int_equal(as_leaving, 0);
    assert_int_equal(as_probing, EACCES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_from_rights),
                                       cmocka_unit_test(test_words), cmocka_unit_test(test_denied),
                                       cmocka_unit_test(test_writes),
                                       cmocka_unit_test(test_directories)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
