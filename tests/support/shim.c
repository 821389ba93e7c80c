/* Faults from below, for tests: LD_PRELOAD=libshim.so. Nothing of it is in the program itself.
 *
 *     SHIM_WHO=run|keeper|NAME   in which process: of the run (default), keeper, plugin NAME
 *     SHIM_FILES=NAME,...        which files, by the end of their names; writes and syncs of these
 *                                are the operations counted, from 1
 *     SHIM_COUNT=FILE            the number so far goes there
 *     SHIM_KILL=N                SIGKILL of oneself before operation N
 *     SHIM_TEAR=N                operation N, when it is a write, does half, then SIGKILL
 *     SHIM_FAIL=CALL:ERRNO:N     from the Nth call of write, pwrite, fdatasync, fsync, fork or
 * setns on it fails so (of write and the syncs: on the files alone); N- : the Nth alone
 *     SHIM_SLOW=NS               each write and sync of the files takes so much longer
 *     SHIM_WALL=NS:AFTER         the wall clock is NS ahead from AFTER ns of process time on */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static atomic_long operations, calls;
static long kill_at, tear_at, fail_from, slow_ns;
static int active, fail_errno, fail_once;
static char fail_call[32];
static char files[256];
static const char *count_path;
static long long wall_ahead, wall_after, mono_began;

#define REAL(name) dlsym(RTLD_NEXT, name)

static long long mono_now(void)
{
    int (*real)(clockid_t, struct timespec *) = NULL;
    *(void **)&real = REAL("clock_gettime");
    struct timespec ts;
    real(CLOCK_MONOTONIC, &ts);
    return (long long)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

__attribute__((constructor)) static void begin(void)
{
    char line[4096] = "";
    const char *who = getenv("SHIM_WHO");
    const char *text = NULL;
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, line, sizeof line - 1) : 0;
    if (fd >= 0)
        close(fd);
    const char *command = len > 0 ? line + strlen(line) + 1 : "";
    const char *plugin = *command != '\0' ? command + strlen(command) + 1 : "";
    who = who != NULL ? who : "run";
    active = strcmp(command, who) == 0 ||
             (strcmp(command, "plugin-host") == 0 && strcmp(plugin, who) == 0);
    snprintf(files, sizeof files, "%s", (text = getenv("SHIM_FILES")) != NULL ? text : "");
    kill_at = (text = getenv("SHIM_KILL")) != NULL ? atol(text) : 0;
    tear_at = (text = getenv("SHIM_TEAR")) != NULL ? atol(text) : 0;
    count_path = getenv("SHIM_COUNT");
    slow_ns = (text = getenv("SHIM_SLOW")) != NULL ? atol(text) : 0;
    if ((text = getenv("SHIM_FAIL")) != NULL) {
        char rest[16] = "";
        sscanf(text, "%31[a-z]:%d:%ld%15s", fail_call, &fail_errno, &fail_from, rest);
        fail_once = rest[0] == '-';
    }
    mono_began = mono_now();
    if ((text = getenv("SHIM_WALL")) != NULL)
        sscanf(text, "%lld:%lld", &wall_ahead, &wall_after);
}

static int is_watched(int fd)
{
    char link[64];
    char path[1024];
    char list[256];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = active && files[0] != '\0' ? readlink(link, path, sizeof path - 1) : -1;
    if (len <= 0)
        return 0;
    path[len] = '\0';
    snprintf(list, sizeof list, "%s", files);
    char *rest = list;
    for (char *name = strsep(&rest, ","); name != NULL; name = strsep(&rest, ",")) {
        size_t name_len = strlen(name);
        if ((size_t)len >= name_len && strcmp(path + len - name_len, name) == 0)
            return 1;
    }
    return 0;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

static long count(void)
{
    long number = atomic_fetch_add(&operations, 1) + 1;
    if (count_path != NULL) {
        char text[32];
        int len = snprintf(text, sizeof text, "%ld\n", number);
        int fd = open(count_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        ssize_t (*real)(int, const void *, size_t) = NULL;
        *(void **)&real = REAL("write");
        if (fd >= 0 && real(fd, text, (size_t)len) == len)
            close(fd);
    }
    if (number == kill_at)
        die();
    return number;
}

static int fails(const char *call)
{
    if (!active || strcmp(call, fail_call) != 0)
        return 0;
    long number = atomic_fetch_add(&calls, 1) + 1;
    if (number < fail_from || (fail_once && number > fail_from))
        return 0;
    errno = fail_errno;
    return 1;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    ssize_t (*real)(int, const void *, size_t) = NULL;
    *(void **)&real = REAL("write");
    if (!is_watched(fd))
        return real(fd, bytes, len);
    if (count() == tear_at) {
        if (real(fd, bytes, len / 2) >= 0)
            die();
    }
    return fails("write") ? -1 : real(fd, bytes, len);
}

static void be_slow(void)
{
    const struct timespec length = {slow_ns / 1000000000, slow_ns % 1000000000};
    if (slow_ns > 0)
        nanosleep(&length, NULL);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
    ssize_t (*real)(int, const void *, size_t, off64_t) = NULL;
    *(void **)&real = REAL("pwrite64");
    if (!is_watched(fd))
        return real(fd, bytes, len, at);
    be_slow();
    count();
    return fails("pwrite") ? -1 : real(fd, bytes, len, at);
}

static int sync_of(const char *name, int fd)
{
    int (*real)(int) = NULL;
    *(void **)&real = REAL(name);
    if (!is_watched(fd))
        return real(fd);
    be_slow();
    count();
    return fails(name) ? -1 : real(fd);
}

int fdatasync(int fd)
{
    return sync_of("fdatasync", fd);
}

int fsync(int fd)
{
    return sync_of("fsync", fd);
}

pid_t fork(void)
{
    pid_t (*real)(void) = NULL;
    *(void **)&real = REAL("fork");
    return fails("fork") ? -1 : real();
}

int setns(int fd, int type)
{
    int (*real)(int, int) = NULL;
    *(void **)&real = REAL("setns");
    return fails("setns") ? -1 : real(fd, type);
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
    int (*real)(clockid_t, struct timespec *) = NULL;
    *(void **)&real = REAL("clock_gettime");
    int failed = real(id, ts);
    if (failed == 0 && id == CLOCK_REALTIME && active && wall_ahead != 0 &&
        mono_now() - mono_began >= wall_after) {
        long long wall = (long long)ts->tv_sec * 1000000000 + ts->tv_nsec + wall_ahead;
        ts->tv_sec = wall / 1000000000;
        ts->tv_nsec = wall % 1000000000;
    }
    return failed;
}
