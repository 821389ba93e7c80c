#include "base/mem.h"
#include "host/jail.h"
#include "record/undo.h"
#include "run/keeper.h"
#include "run/restore_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The keeper's own side: it watches, and acts when the runner cannot. */

#define LOOK_EVERY_MS 250
#define LOCK_TRIES    40 /* 10 s */

struct watch {
    struct nd_rundir dir;
    char *undo_path;
    off_t undo_size; /* as last read */
    nd_ns earliest;  /* restore_by that comes next, on the run clock; INT64_MAX: none */
    nd_ns origin;    /* CLOCK_MONOTONIC at the run clock's 0 */
    nd_ns last_beat; /* CLOCK_MONOTONIC */
    int fd, pidfd;
};

static nd_ns mono_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (nd_ns)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void look_at_undo(struct watch *watch)
{
    struct stat st;
    if (stat(watch->undo_path, &st) != 0 || st.st_size == watch->undo_size)
        return;
    watch->undo_size = st.st_size;
    watch->earliest = INT64_MAX;
    struct nd_undo_list list = {0};
    if (nd_undo_read(watch->undo_path, &list, NULL) != ND_OK)
        return;
    for (size_t i = 0; i < list.count; i++) {
        const struct nd_undo_rec *rec = &list.at[i];
        if (!nd_undo_is_over(rec->state) && rec->restore_by > 0 &&
            rec->restore_by < watch->earliest)
            watch->earliest = rec->restore_by;
    }
    nd_undo_list_deinit(&list);
}

enum heard { HEARD_NOTHING, HEARD_BEAT, HEARD_BYE, HEARD_END };

static enum heard listen_once(const struct watch *watch)
{
    struct pollfd pollfd = {.fd = watch->fd, .events = POLLIN};
    if (poll(&pollfd, 1, LOOK_EVERY_MS) <= 0)
        return HEARD_NOTHING;
    char word[16] = "";
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {.iov_base = word, .iov_len = sizeof word - 1};
    /* A lock that comes along is held by being open, until we end. */
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t len = recvmsg(watch->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (len < 0)
        return errno == EAGAIN || errno == EINTR ? HEARD_NOTHING : HEARD_END;
    if (len == 0)
        return HEARD_END;
    return strcmp(word, "bye") == 0 ? HEARD_BYE : HEARD_BEAT;
}

/* Why the keeper has to act; NULL: the runner said good-bye. */
static const char *wait_for_reason(struct watch *watch)
{
    for (;;) {
        enum heard heard = listen_once(watch);
        nd_ns now = mono_now();
        if (heard == HEARD_BYE)
            return NULL;
        if (heard == HEARD_END)
            return "the runner is gone";
        if (heard == HEARD_BEAT)
            watch->last_beat = now;
        /* We ourselves may have been stopped: then the beats lie in the socket, unread. */
        else if (now - watch->last_beat > ND_KEEPER_SILENCE)
            return "the runner is silent";
        look_at_undo(watch);
        if (watch->earliest != INT64_MAX && now - watch->origin > watch->earliest + ND_KEEPER_GRACE)
            return "a change was not restored by its time";
    }
}

static void end_runner(const struct watch *watch)
{
    syscall(SYS_pidfd_send_signal, watch->pidfd, SIGKILL, NULL, 0);
    /* Readable once it is dead: then it cannot act any more, and its lock is free. */
    struct pollfd pollfd = {.fd = watch->pidfd, .events = POLLIN};
    poll(&pollfd, 1, 5000);
}

static void tell(void *ctx, const char *line)
{
    (void)ctx;
    fprintf(stderr, "%s\n", line);
}

/* The lock may be free only a moment after the runner is dead, or be held by a child of its that
 * outlives it: a fault is not left on for that. */
static int64_t restore_patiently(const struct watch *watch, const char *reason, struct nd_fail *why)
{
    int64_t unverified = 0;
    for (int tries = 0; tries < LOCK_TRIES; tries++) {
        *why = (struct nd_fail){0};
        unverified = nd_restore_process(&watch->dir, "keeper", reason,
                                        tries + 1 < LOCK_TRIES ? ND_LOCK_NEEDED : ND_LOCK_TRIED,
                                        tell, NULL, why);
        if (unverified >= 0 || why->code != ND_ESTATE)
            break;
        poll(NULL, 0, LOOK_EVERY_MS);
    }
    return unverified;
}

static void resist_oom(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    /* Needs CAP_SYS_RESOURCE; without it the keeper is still far smaller than the runner. */
    if (write(fd, "-900", 4) < 0)
        fprintf(stderr, "keeper: not shielded from the out-of-memory killer\n");
    close(fd);
}

int nd_keeper_main(const char *dir_path, int fd, int runner_pidfd)
{
    struct nd_fail why = {0};
    struct watch watch = {.fd = fd, .pidfd = runner_pidfd, .earliest = INT64_MAX, .undo_size = -1};
    if (nd_rundir_find(&watch.dir, "", dir_path, &why) != ND_OK) {
        fprintf(stderr, "keeper: %s\n", why.text);
        return 1;
    }
    resist_oom();
    nd_jail_drop_all(); /* the plugins that restore have theirs */
    watch.undo_path = nd_rundir_file(&watch.dir, "undo.jsonl");
    watch.origin = nd_restore_origin(&watch.dir);
    watch.last_beat = mono_now();
    send(fd, "ready", 6, MSG_NOSIGNAL);
    const char *reason = wait_for_reason(&watch);
    int64_t unverified = 0;
    if (reason != NULL) {
        fprintf(stderr, "keeper: %s\n", reason);
        end_runner(&watch);
        unverified = restore_patiently(&watch, reason, &why);
        if (unverified < 0)
            fprintf(stderr, "keeper: %s\n", why.text);
    }
    free(watch.undo_path);
    nd_rundir_deinit(&watch.dir);
    return unverified == 0 ? 0 : 12;
}
