#include "record/alive.h"

#include "base/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

long nd_lock_holder(const char *path)
{
    struct stat st;
    char line[256];
    long holder = 0;
    FILE *file = stat(path, &st) == 0 ? fopen("/proc/locks", "re") : NULL;
    while (file != NULL && holder == 0 && fgets(line, sizeof line, file) != NULL) {
        unsigned major_ = 0;
        unsigned minor_ = 0;
        unsigned long long inode = 0;
        long pid = 0;
        if (sscanf(line, "%*s FLOCK %*s %*s %ld %x:%x:%llu", &pid, &major_, &minor_, &inode) == 4 &&
            inode == st.st_ino && major_ == major(st.st_dev) && minor_ == minor(st.st_dev))
            holder = pid != 0 ? pid : -1;
    }
    if (file != NULL)
        fclose(file);
    return holder;
}

void nd_socket_address(const char *path, int *dir_fd, struct sockaddr_un *address)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash != NULL ? strndup(path, (size_t)(slash - path)) : nd_strdup(".");
    *dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    free(dir);
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s", *dir_fd,
             slash != NULL ? slash + 1 : path);
}

int nd_rundir_connect(const struct nd_rundir *dir)
{
    char *path = nd_rundir_file(dir, "control.sock");
    struct sockaddr_un address;
    int dir_fd = -1;
    nd_socket_address(path, &dir_fd, &address);
    free(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = {.tv_sec = 5};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    int failed = connect(fd, (const struct sockaddr *)&address, sizeof address);
    if (dir_fd >= 0)
        close(dir_fd);
    if (failed == 0)
        return fd;
    close(fd);
    return -1;
}

bool nd_rundir_is_alive(const struct nd_rundir *dir)
{
    char *lock = nd_rundir_file(dir, "lock");
    bool held = nd_lock_holder(lock) != 0;
    free(lock);
    int fd = held ? -1 : nd_rundir_connect(dir);
    if (fd >= 0)
        close(fd);
    return held || fd >= 0;
}
