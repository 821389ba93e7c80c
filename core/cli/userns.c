#include "cli/userns.h"

#include "cli/preflight.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

bool nd_userns_needed(void)
{
    return !nd_has_capability(ND_CAP_SYS_ADMIN) || !nd_has_capability(ND_CAP_NET_ADMIN);
}

static nd_err put(const char *path, const char *text, struct nd_fail *why)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    int error = errno;
    if (fd >= 0)
        close(fd);
    return good ? ND_OK : nd_fail_errno(why, error, "cannot write '%s'", path);
}

nd_err nd_userns_enter(struct nd_fail *why)
{
    char map[64];
    uid_t uid = getuid();
    gid_t gid = getgid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) != 0) {
        nd_fail_errno(why, errno,
                      "a lab needs root, or a kernel that allows user namespaces (sysctl "
                      "kernel.unprivileged_userns_clone, user.max_user_namespaces)");
        return why != NULL ? why->code = ND_ERIGHTS : ND_ERIGHTS;
    }
    nd_err err = put("/proc/self/setgroups", "deny", why);
    snprintf(map, sizeof map, "0 %u 1", (unsigned)uid);
    if (err == ND_OK)
        err = put("/proc/self/uid_map", map, why);
    snprintf(map, sizeof map, "0 %u 1", (unsigned)gid);
    if (err == ND_OK)
        err = put("/proc/self/gid_map", map, why);
    if (err != ND_OK)
        return err;
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("netdrill", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0 ||
        mkdir("/run/netns", 0755) != 0)
        return nd_fail_errno(why, errno, "cannot make a /run of its own for the lab");
    /* sysfs of the new network namespace would need a mount of its own; nothing here reads it. */
    return ND_OK;
}
