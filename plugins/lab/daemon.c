#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* netdrill-daemon: keeps a real daemon in a lab host's namespace.
 *
 *     netdrill-daemon DIRECTORY STATE LOG WITHIN_MS PORT,... [-- PREPARE...]... -- PROGRAM...
 *
 * It inherits the network namespace of whoever starts it, which is the lab plugin. The daemon runs
 * in a process namespace of its own, whose first process is ours: with that one, whatever the
 * daemon has started ends too, and it ends with its parent (PR_SET_PDEATHSIG). The daemon has no
 * capability but those of networks, so it cannot leave its network namespace, and writes below
 * DIRECTORY alone (where the kernel has landlock). On SIGUSR1 it is stopped, as by a loss of power,
 * on SIGUSR2 started again with what it left in DIRECTORY. STATE says in one line who keeps it, and
 * how it is: "4711 running", "4711 stopped", "4711 exited with 1". */

#define GROUPS_MAX 9
#define KEPT                                                                                       \
    (1u << CAP_NET_ADMIN | 1u << CAP_NET_RAW | 1u << CAP_NET_BIND_SERVICE) /* all below 32 */

struct keeper {
    const char *dir, *state, *log, *ports;
    long within_ms;
    char **groups[GROUPS_MAX]; /* NULL-ended; the last is the daemon's own */
    size_t count;
    pid_t init;   /* first process of the daemon's namespace; 0: it does not run */
    int lives[2]; /* a pipe whose writing end is open as long as we live */
    int log_fd;
};

__attribute__((format(printf, 2, 3))) static void say(const struct keeper *k, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    dprintf(k->log_fd, "netdrill-daemon: %.*s\n", len, text);
}

static void put_state(const struct keeper *k, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s.new", k->state);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return;
    dprintf(fd, "%d %s\n", (int)getpid(), text);
    close(fd);
    rename(path, k->state);
}

/* ---- within the daemon's namespace ---- */

static void drop_rights(const struct keeper *k)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (syscall(SYS_capget, &header, data) == 0) {
        for (int i = 0; i < 2; i++) {
            data[i].permitted &= i == 0 ? KEPT : 0;
            data[i].effective = data[i].permitted;
            data[i].inheritable = 0;
        }
        if (syscall(SYS_capset, &header, data) == 0)
            return;
    }
    say(k, "cannot give up capabilities: %s", strerror(errno));
    _exit(126);
}

static void allow(int rules, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr beneath = {.allowed_access = access,
                                                 .parent_fd = open(path, O_PATH | O_CLOEXEC)};
    if (beneath.parent_fd < 0)
        return;
    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    close(beneath.parent_fd);
}

static void write_below(const struct keeper *k)
{
    const uint64_t writes = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                            LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                            LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                            LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                            LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
    const struct landlock_ruleset_attr attr = {.handled_access_fs = writes};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (rules < 0) {
        say(k, "this kernel has no landlock; files are not protected");
        return;
    }
    allow(rules, k->dir, writes);
    allow(rules, "/dev", LANDLOCK_ACCESS_FS_WRITE_FILE);
    allow(rules, "/proc", LANDLOCK_ACCESS_FS_WRITE_FILE);
    if (syscall(SYS_landlock_restrict_self, rules, 0) != 0)
        say(k, "cannot protect files: %s", strerror(errno));
    close(rules);
}

static pid_t start(const struct keeper *k, char **argv)
{
    static char *const environment[] = {
        (char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        (char *)"LANG=C.UTF-8", (char *)"NETDRILL=exercise", NULL};
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    if (argv[0] != NULL)
        execvpe(argv[0], argv, environment);
    say(k, "cannot start '%s': %s", argv[0], strerror(errno));
    _exit(127);
}

/* Process 1: prepares, starts the daemon, and stays as long as anything of it lives. */
_Noreturn static void be_init(const struct keeper *k, bool prepare)
{
    struct pollfd parent = {.fd = k->lives[0], .events = POLLIN};
    int null = open("/dev/null", O_RDONLY);
    int status = 0;
    int last = 0;
    close(k->lives[1]);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (poll(&parent, 1, 0) != 0) /* it was gone before we asked */
        _exit(127);
    dup2(null, 0);
    dup2(k->log_fd, 1);
    dup2(k->log_fd, 2);
    syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
    drop_rights(k);
    write_below(k);
    for (size_t i = 0; prepare && i + 1 < k->count; i++) {
        pid_t pid = start(k, k->groups[i]);
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
            say(k, "'%s' failed", k->groups[i][0]);
            _exit(126);
        }
    }
    pid_t daemon = start(k, k->groups[k->count - 1]);
    for (pid_t pid = wait(&status); pid > 0 || errno == EINTR; pid = wait(&status)) {
        if (pid == daemon)
            last = status;
    }
    _exit(WIFSIGNALED(last) ? 128 + WTERMSIG(last) : WEXITSTATUS(last));
}

/* ---- outside of it ---- */

/* Whether somebody has the port open in our network namespace. */
static bool is_open(const char *kind, unsigned long wanted)
{
    char line[256];
    bool open_ = false;
    for (int v6 = 0; v6 < 2; v6++) {
        snprintf(line, sizeof line, "/proc/self/net/%.3s%s", kind, v6 ? "6" : "");
        FILE *table = fopen(line, "re");
        while (table != NULL && fgets(line, sizeof line, table) != NULL) {
            /* sl local remote state; a heading that has no colon there */
            char *colon = strchr(line, ':');
            char *port = colon != NULL ? strchr(colon + 1, ':') : NULL;
            char *rest = NULL;
            if (port == NULL)
                continue;
            unsigned long local = strtoul(port + 1, &rest, 16);
            char *remote = strchr(rest, ':');
            unsigned long state = remote != NULL ? strtoul(remote + 6, NULL, 16) : 0;
            open_ = open_ || (local == wanted && (*kind == 'u' || state == 0x0a));
        }
        if (table != NULL)
            fclose(table);
    }
    return open_;
}

/* "tcp:4222,udp:5060" */
static bool all_open(const char *ports)
{
    for (const char *at = ports; *at != '\0'; at += strcspn(at, ",")) {
        at += *at == ',';
        if (!is_open(at, strtoul(at + 4, NULL, 10)))
            return false;
    }
    return true;
}

/* The last line of the log that is the daemon's, for whoever starts it. */
static void last_line(const struct keeper *k, char *text, size_t bytes)
{
    char tail[1024];
    int fd = open(k->log, O_RDONLY | O_CLOEXEC);
    off_t end = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    off_t from = end > (off_t)sizeof tail - 1 ? end - (off_t)sizeof tail + 1 : 0;
    ssize_t got = fd >= 0 ? pread(fd, tail, sizeof tail - 1, from) : 0;
    if (fd >= 0)
        close(fd);
    while (got > 0 && tail[got - 1] == '\n')
        got--;
    tail[got > 0 ? got : 0] = '\0';
    const char *line = strrchr(tail, '\n');
    snprintf(text, bytes, "%.150s", line != NULL ? line + 1 : tail);
}

static void words_of(int status, char text[64])
{
    /* What is first in a process namespace cannot end by the daemon's signal: it says it so. */
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (code > 128 && code <= 128 + SIGRTMAX)
        snprintf(text, 64, "ended by signal %d", code - 128);
    else
        snprintf(text, 64, "exited with %d", code);
}

/* Until its ports are open: true. False, and why: it ended, or time is up. */
static bool await(struct keeper *k, char why[400])
{
    const struct timespec pause = {.tv_nsec = 20000000};
    char line[200];
    char words[64];
    int status = 0;
    for (long waited = 0; waited <= k->within_ms; waited += 20) {
        if (all_open(k->ports))
            return true;
        if (waitpid(k->init, &status, WNOHANG) == k->init) {
            k->init = 0;
            words_of(status, words);
            last_line(k, line, sizeof line);
            snprintf(why, 400, "%s before it was ready; its log ends with: %s", words, line);
            return false;
        }
        nanosleep(&pause, NULL);
    }
    snprintf(why, 400, "'%s' has not opened %s within %ld ms", k->groups[k->count - 1][0], k->ports,
             k->within_ms);
    return false;
}

static void stop(struct keeper *k)
{
    if (k->init == 0)
        return;
    kill(k->init, SIGKILL);
    while (waitpid(k->init, NULL, 0) < 0 && errno == EINTR)
        ;
    k->init = 0;
}

/* False, and why. */
static bool go(struct keeper *k, bool prepare, char why[400])
{
    if (k->init != 0)
        return true;
    put_state(k, "starting");
    k->init = (pid_t)syscall(SYS_clone, (long)CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
    if (k->init == 0)
        be_init(k, prepare);
    if (k->init < 0) {
        snprintf(why, 400, "cannot make a process namespace: %s", strerror(errno));
        k->init = 0;
        put_state(k, why);
        return false;
    }
    if (!await(k, why)) {
        stop(k);
        put_state(k, why);
        say(k, "%s", why);
        return false;
    }
    put_state(k, "running");
    return true;
}

static void ended_by_itself(struct keeper *k)
{
    int status = 0;
    char words[64];
    if (k->init == 0 || waitpid(k->init, &status, WNOHANG) != k->init)
        return;
    k->init = 0;
    words_of(status, words);
    say(k, "'%s' %s", k->groups[k->count - 1][0], words);
    put_state(k, words);
}

static bool take_arguments(struct keeper *k, int argc, char **argv)
{
    if (argc < 8)
        return false;
    k->dir = argv[1];
    k->state = argv[2];
    k->log = argv[3];
    k->within_ms = strtol(argv[4], NULL, 10);
    k->ports = argv[5];
    for (int i = 6; i < argc; i++) {
        if (strcmp(argv[i], "--") != 0)
            continue;
        argv[i] = NULL;
        if (k->count == GROUPS_MAX || i + 1 == argc)
            return false;
        k->groups[k->count++] = &argv[i + 1];
    }
    return k->count != 0;
}

int main(int argc, char **argv)
{
    struct keeper k = {.init = 0};
    char why[400] = "";
    sigset_t set;
    if (!take_arguments(&k, argc, argv)) {
        fprintf(stderr, "netdrill-daemon: the lab plugin starts it\n");
        return 2;
    }
    setsid();
    k.log_fd = open(k.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (k.log_fd < 0 || chdir(k.dir) != 0 || pipe2(k.lives, O_CLOEXEC) != 0) {
        printf("cannot use '%s': %s\n", k.log_fd < 0 ? k.log : k.dir, strerror(errno));
        return 1;
    }
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    bool good = go(&k, true, why);
    printf("%s\n", good ? "+" : why);
    fflush(stdout);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(null, 1);
    while (good) {
        switch (sigwaitinfo(&set, NULL)) {
        case SIGUSR1:
            stop(&k);
            say(&k, "stopped");
            put_state(&k, "stopped");
            break;
        case SIGUSR2:
            go(&k, false, why);
            break;
        case SIGTERM:
            stop(&k);
            return 0;
        default:
            ended_by_itself(&k);
        }
    }
    return 1;
}
