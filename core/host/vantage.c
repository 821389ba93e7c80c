#include "host/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A socket belongs to the namespace its thread was in when it was made: the thread goes in, makes
 * it, and comes back. setns(2) is for the calling thread alone. */

nd_err nd_vantage_enter(const char *netns, int *back, struct nd_fail *why)
{
    *back = -1;
    if (netns == NULL)
        return ND_OK;
    int there = open(netns, O_RDONLY | O_CLOEXEC);
    if (there < 0)
        return nd_fail_errno(why, errno, "cannot open the namespace '%s'", netns);
    int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    nd_err err = ND_OK;
    if (here < 0)
        err = nd_fail_errno(why, errno, "cannot open this thread's namespace");
    else if (setns(there, CLONE_NEWNET) != 0)
        err = nd_fail_errno(why, errno, "cannot enter the namespace '%s' (needs CAP_SYS_ADMIN)",
                            netns);
    close(there);
    if (err == ND_OK)
        *back = here;
    else if (here >= 0)
        close(here);
    return err;
}

void nd_vantage_leave(int back)
{
    if (back < 0)
        return;
    /* A thread that cannot come back would act in the wrong network from here on. */
    ND_CHECK(setns(back, CLONE_NEWNET) == 0);
    close(back);
}

int nd_vantage_socket(const char *netns, const char *interface, int domain, int type, int protocol,
                      struct nd_fail *why)
{
    int back = -1;
    nd_err err = nd_vantage_enter(netns, &back, why);
    if (err != ND_OK)
        return err;
    int fd = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    int error = errno;
    nd_vantage_leave(back);
    if (fd < 0)
        return nd_fail_errno(why, error, "cannot open a socket");
    if (interface != NULL && (domain == AF_INET || domain == AF_INET6) &&
        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) != 0) {
        err = nd_fail_errno(why, errno, "cannot bind to the interface '%s'", interface);
        close(fd);
        return err;
    }
    return fd;
}
