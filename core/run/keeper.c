#include "run/keeper.h"

#include "base/mem.h"
#include "run/restore_dir.h"
#include "time/sched.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The runner's side: starting the keeper, the beat, letting it go. */

#define READY_WITHIN_MS   5000
#define RELEASE_WITHIN_MS 3000
#define KEEPER_FD         3 /* in the keeper: its end of the socket, then the runner's pidfd */
#define KEEPER_PIDFD      4
#define LOCK_TRIES        50 /* of 20 ms */

struct nd_keeper_link {
    struct nd_sched *sched;
    int fd, lock_fd;
    pid_t pid;
    nd_timer beat;
    nd_ns due;
    void (*lost)(void *ctx);
    void *ctx;
};

/* In the child of fork: only calls that are safe there. */
_Noreturn static void become_keeper(const char *dir, int log_fd, int fd, int pidfd)
{
    int null_fd = open("/dev/null", O_RDWR);
    /* Out of the way of 3 and 4 first, whatever they are. */
    int high_fd = fcntl(fd, F_DUPFD, 10);
    int high_pidfd = fcntl(pidfd, F_DUPFD, 10);
    setsid();
    dup2(null_fd, 0);
    dup2(null_fd, 1);
    dup2(log_fd, 2);
    dup2(high_fd, KEEPER_FD);
    dup2(high_pidfd, KEEPER_PIDFD);
    syscall(SYS_close_range, KEEPER_PIDFD + 1, ~0U, 0);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    execl("/proc/self/exe", "netdrill", "keeper", dir, "3", "4", (char *)NULL);
    _exit(127);
}

static nd_err wait_ready(const struct nd_keeper_link *link, struct nd_fail *why)
{
    struct pollfd pollfd = {.fd = link->fd, .events = POLLIN};
    char word[16] = "";
    if (poll(&pollfd, 1, READY_WITHIN_MS) == 1 &&
        recv(link->fd, word, sizeof word - 1, MSG_DONTWAIT) > 0 && strcmp(word, "ready") == 0)
        return ND_OK;
    return nd_fail_set(why, ND_EIO,
                       "the keeper did not start, so nothing will be changed; see keeper.log in "
                       "the run's directory");
}

static void beat(void *ctx)
{
    struct nd_keeper_link *link = ctx;
    link->beat = 0;
    /* A full socket is a keeper that does not run at the moment; a closed one is dead. */
    if (send(link->fd, "beat", 5, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno != EAGAIN) {
        link->lost(link->ctx);
        return;
    }
    link->due += ND_KEEPER_BEAT;
    link->beat = nd_sched_at(link->sched, link->due, beat, link);
}

/* A runner's plugin hosts hold the lock too, and die with it a moment later. */
static bool lock_soon(int fd)
{
    const struct timespec moment = {.tv_nsec = 20000000};
    int tries = 0;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (tries++ == LOCK_TRIES)
            return false;
        nanosleep(&moment, NULL);
    }
    return true;
}

int nd_rundir_lock(const struct nd_rundir *dir, struct nd_fail *why)
{
    char *path = nd_rundir_file(dir, "lock");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        nd_fail_errno(why, errno, "cannot open '%s'", path);
    } else if (!lock_soon(fd)) {
        nd_fail_set(why, ND_ESTATE,
                    "run '%s' is alive, or its keeper is at work; end it with 'netdrill abort'",
                    dir->run_id);
        close(fd);
        fd = -1;
    }
    free(path);
    return fd;
}

static nd_err start(struct nd_keeper_link *link, const struct nd_rundir *dir, struct nd_fail *why)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return nd_fail_errno(why, errno, "cannot make a socket for the keeper");
    link->fd = ends[0];
    char *log = nd_rundir_file(dir, "keeper.log");
    int log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    nd_err err = ND_OK;
    if (log_fd < 0 || pidfd < 0)
        err = nd_fail_errno(why, errno, "cannot prepare the keeper");
    link->pid = err == ND_OK ? fork() : -1;
    if (link->pid == 0)
        become_keeper(dir->path, log_fd, ends[1], pidfd);
    if (err == ND_OK && link->pid < 0)
        err = nd_fail_errno(why, errno, "cannot start the keeper");
    free(log);
    close(ends[1]);
    if (log_fd >= 0)
        close(log_fd);
    if (pidfd >= 0)
        close(pidfd);
    return err == ND_OK ? wait_ready(link, why) : err;
}

struct nd_keeper_link *nd_keeper_start(struct nd_sched *sched, const struct nd_rundir *dir,
                                       void (*lost)(void *ctx), void *ctx, struct nd_fail *why)
{
    struct nd_keeper_link *link = nd_alloc(sizeof *link);
    *link = (struct nd_keeper_link){
        .sched = sched, .fd = -1, .pid = -1, .lost = lost, .ctx = ctx, .lock_fd = -1};
    link->lock_fd = nd_rundir_lock(dir, why);
    if (link->lock_fd < 0 || start(link, dir, why) != ND_OK) {
        nd_keeper_release(link);
        return NULL;
    }
    link->due = nd_sched_now(sched) + ND_KEEPER_BEAT;
    link->beat = nd_sched_at(sched, link->due, beat, link);
    return link;
}

int nd_keeper_lock_fd(const struct nd_keeper_link *link)
{
    return link->lock_fd;
}

void nd_keeper_hold(const struct nd_keeper_link *link, int lock_fd)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.bytes = {0}};
    char word[] = "hold";
    struct iovec part = {.iov_base = word, .iov_len = sizeof word};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof lock_fd);
    memcpy(CMSG_DATA(head), &lock_fd, sizeof lock_fd);
    sendmsg(link->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* A keeper that is told good-bye ends at once; one that does not run is not waited for. */
static void reap(pid_t pid)
{
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd pollfd = {.fd = pidfd, .events = POLLIN};
    if (pidfd >= 0) {
        poll(&pollfd, 1, RELEASE_WITHIN_MS);
        close(pidfd);
    }
    waitpid(pid, NULL, WNOHANG);
}

void nd_keeper_release(struct nd_keeper_link *link)
{
    if (link == NULL)
        return;
    nd_sched_cancel(link->sched, link->beat);
    if (link->fd >= 0) {
        send(link->fd, "bye", 4, MSG_DONTWAIT | MSG_NOSIGNAL);
        close(link->fd);
    }
    if (link->pid > 0)
        reap(link->pid);
    if (link->lock_fd >= 0)
        close(link->lock_fd);
    free(link);
}
