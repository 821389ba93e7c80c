#include "lab.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENDS_WITHIN_MS 2000 /* a process that was told to */

/* Network namespaces by name, as iproute2 keeps them: a file under /run/netns that the namespace is
 * bind-mounted on. */

static int here(void)
{
    return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

static nd_err back_to(struct job *job, int fd)
{
    int failed = setns(fd, CLONE_NEWNET);
    close(fd);
    if (failed == 0)
        return ND_OK;
    /* This thread would act in the wrong network from here on. */
    fprintf(stderr, "lab: cannot come back from a namespace\n");
    abort();
    return lab_fail(job, ND_EINTERNAL, "cannot come back from a namespace");
}

/* A namespace of ours says so: the alias of its lo names the lab. Without it, a namespace that
 * somebody else has put under the same name would be taken away with ours. */
static void mark_of(const struct job *job, char text[64])
{
    snprintf(text, 64, "netdrill lab %.40s", job->site);
}

static nd_err with_lo(struct job *job,
                      int (*fn)(const struct job *, struct nl_sock *, struct rtnl_link *lo))
{
    struct nl_sock *sock = nl_socket_alloc();
    struct rtnl_link *lo = NULL;
    int failed = sock != NULL ? nl_connect(sock, NETLINK_ROUTE) : -NLE_NOMEM;
    if (failed == 0)
        failed = rtnl_link_get_kernel(sock, 0, "lo", &lo);
    if (failed == 0)
        failed = fn(job, sock, lo);
    rtnl_link_put(lo);
    nl_socket_free(sock);
    return failed == 0 ? ND_OK
                       : lab_fail(job, ND_EIO, "cannot mark a namespace: %s", nl_geterror(failed));
}

static int put_mark(const struct job *job, struct nl_sock *sock, struct rtnl_link *lo)
{
    char text[64];
    struct rtnl_link *change = rtnl_link_alloc();
    mark_of(job, text);
    rtnl_link_set_ifalias(change, text);
    int failed = rtnl_link_change(sock, lo, change, 0);
    rtnl_link_put(change);
    return failed;
}

static int read_mark(const struct job *job, struct nl_sock *sock, struct rtnl_link *lo)
{
    char text[64];
    const char *alias = rtnl_link_get_ifalias(lo);
    (void)sock;
    mark_of(job, text);
    return alias != NULL && strcmp(alias, text) == 0 ? 0 : -NLE_OBJ_NOTFOUND;
}

/* The reason of what is not found is of no interest: the job goes on. */
int netns_is_ours(const struct job *job, const char *host)
{
    char path[PATH_BYTES];
    struct job quiet = {.site = job->site};
    lab_netns(job, host, path);
    int there = open(path, O_RDONLY | O_CLOEXEC);
    int origin = here();
    /* A file that no namespace is mounted on is what a build that was killed left behind. */
    int ours = 1;
    if (there >= 0 && origin >= 0 && setns(there, CLONE_NEWNET) == 0) {
        ours = with_lo(&quiet, read_mark) == ND_OK;
        back_to(&quiet, origin);
    } else if (origin >= 0) {
        close(origin);
    }
    if (there >= 0)
        close(there);
    return ours;
}

nd_err netns_make(struct job *job, const char *host)
{
    char path[PATH_BYTES];
    lab_netns(job, host, path);
    mkdir("/run/netns", 0755);
    int file = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (file < 0)
        return lab_fail(job, errno == EACCES || errno == EROFS ? ND_ERIGHTS : ND_EIO,
                        "cannot make '%s': %s", path, strerror(errno));
    close(file);
    int origin = here();
    if (origin < 0 || unshare(CLONE_NEWNET) != 0) {
        int error = errno;
        if (origin >= 0)
            close(origin);
        unlink(path);
        return lab_fail(job, ND_ERIGHTS, "cannot make a network namespace: %s", strerror(error));
    }
    nd_err err = with_lo(job, put_mark);
    if (err == ND_OK && mount("/proc/thread-self/ns/net", path, "none", MS_BIND, NULL) != 0)
        err =
            lab_fail(job, ND_ERIGHTS, "cannot keep the namespace '%s': %s", path, strerror(errno));
    back_to(job, origin);
    return err;
}

nd_err netns_in(struct job *job, const char *host, nd_err (*fn)(struct job *, const json_t *),
                const json_t *arg)
{
    char path[PATH_BYTES];
    lab_netns(job, host, path);
    int there = open(path, O_RDONLY | O_CLOEXEC);
    int origin = here();
    nd_err err = ND_OK;
    if (there < 0 || origin < 0 || setns(there, CLONE_NEWNET) != 0) {
        err = lab_fail(job, ND_EIO, "cannot enter the namespace '%s': %s", path, strerror(errno));
        if (origin >= 0)
            close(origin);
    } else {
        err = fn(job, arg);
        back_to(job, origin);
    }
    if (there >= 0)
        close(there);
    return err;
}

static const char *const programs[] = {"netdrill-reflect", "netdrill-emulate", "netdrill-daemon"};

/* The process's program is one that the lab starts. (deleted: the file may have been replaced.) */
int lab_runs_ours(int pid)
{
    char path[64];
    char exe[512];
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    ssize_t len = readlink(path, exe, sizeof exe - 1);
    if (len <= 0)
        return 0;
    exe[len] = '\0';
    const char *name = strrchr(exe, '/');
    for (size_t i = 0; name != NULL && i < sizeof programs / sizeof programs[0]; i++) {
        if (strncmp(name + 1, programs[i], strlen(programs[i])) == 0)
            return 1;
    }
    return 0;
}

static int parent_of(int pid)
{
    char path[64];
    char line[128];
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *status = fopen(path, "re");
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        if (sscanf(line, "PPid: %d", &parent) == 1)
            break;
    }
    if (status != NULL)
        fclose(status);
    return parent;
}

/* A program of the lab's, or what one of its daemons has started: those have netdrill-daemon at
 * the head of their process namespace, so it is an ancestor of them all. */
static int is_ours(int pid)
{
    for (int depth = 0; pid > 1 && depth < 32; depth++) {
        if (lab_runs_ours(pid))
            return 1;
        pid = parent_of(pid);
    }
    return 0;
}

static void end_process(int pid)
{
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0)
        return;
    struct pollfd gone = {.fd = pidfd, .events = POLLIN};
    siginfo_t info;
    /* Looked at again through the descriptor's lifetime: the number may have changed hands. */
    static const int how[] = {SIGTERM, SIGKILL};
    for (size_t i = 0; i < 2 && lab_runs_ours(pid); i++) {
        if (syscall(SYS_pidfd_send_signal, pidfd, how[i], NULL, 0) != 0 ||
            poll(&gone, 1, ENDS_WITHIN_MS) != 0)
            break;
    }
    waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG); /* fails when it is not our child */
    close(pidfd);
}

int netns_processes(const char *path, int end)
{
    struct stat ns;
    struct stat mine;
    int others = 0;
    DIR *proc = opendir("/proc");
    if (proc == NULL || stat(path, &ns) != 0) {
        if (proc != NULL)
            closedir(proc);
        return 0;
    }
    for (const struct dirent *entry = readdir(proc); entry != NULL; entry = readdir(proc)) {
        char link[300];
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        snprintf(link, sizeof link, "/proc/%s/ns/net", entry->d_name);
        if (stat(link, &mine) != 0 || mine.st_ino != ns.st_ino || mine.st_dev != ns.st_dev)
            continue;
        int pid = atoi(entry->d_name);
        if (!is_ours(pid))
            others++;
        else if (end && lab_runs_ours(pid) && !is_ours(parent_of(pid)))
            end_process(pid); /* the rest ends with it */
    }
    closedir(proc);
    return others;
}

nd_err netns_remove(struct job *job, const char *host)
{
    char path[PATH_BYTES];
    lab_netns(job, host, path);
    if (access(path, F_OK) != 0)
        return ND_OK;
    if (!netns_is_ours(job, host))
        return lab_fail(job, ND_ESTATE,
                        "'%s' is not the namespace that the lab made: somebody else's, left alone",
                        path);
    netns_processes(path, 1);
    umount2(path, MNT_DETACH); /* fails where nothing is mounted: a build that got half-way */
    if (unlink(path) != 0 && errno != ENOENT)
        return lab_fail(job, ND_EIO, "cannot remove '%s': %s", path, strerror(errno));
    return ND_OK;
}
