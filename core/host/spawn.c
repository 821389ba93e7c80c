#include "host/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FDS_MAX 8

/* In the child of fork: only calls that are safe there. */
_Noreturn static void become(const char *const *argv, const int *fds, size_t count, pid_t parent)
{
    int high[FDS_MAX];
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it was gone before we asked */
        _exit(127);
    /* Out of the way first, whatever numbers they have. */
    for (size_t i = 0; i < count; i++)
        high[i] = fcntl(fds[i], F_DUPFD, ND_SPAWN_FD + FDS_MAX);
    for (size_t i = 0; i < count; i++)
        dup2(high[i], ND_SPAWN_FD + (int)i);
    syscall(SYS_close_range, ND_SPAWN_FD + (unsigned)count, ~0U, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    execv("/proc/self/exe", (char *const *)argv);
    _exit(127);
}

nd_err nd_spawn(const char *const *argv, const int *fds, size_t count, pid_t *pid,
                struct nd_fail *why)
{
    ND_CHECK(count <= FDS_MAX);
    pid_t parent = getpid();
    *pid = fork();
    if (*pid == 0)
        become(argv, fds, count, parent);
    return *pid > 0 ? ND_OK : nd_fail_errno(why, errno, "cannot start a process");
}

int nd_spawn_end(pid_t pid, int wait_ms)
{
    int status = 0;
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd pollfd = {.fd = pidfd, .events = POLLIN};
    if (pidfd < 0 || poll(&pollfd, 1, wait_ms) != 1)
        kill(pid, SIGKILL);
    if (pidfd >= 0)
        close(pidfd);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

void nd_spawn_words(int status, char *text, size_t bytes)
{
    if (WIFSIGNALED(status))
        snprintf(text, bytes, "ended by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(text, bytes, "exited with %d", WEXITSTATUS(status));
}
