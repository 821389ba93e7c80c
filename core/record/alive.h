/* Whether a run is being played right now, and its control socket. */
#ifndef ND_RECORD_ALIVE_H
#define ND_RECORD_ALIVE_H
#include "record/rundir.h"

#include <stdbool.h>

struct sockaddr_un;

/* Process that holds a lock (flock) on a file; 0: nobody, -1: one that cannot be seen. Looked up in
 * /proc/locks: trying the lock would take it, if only for a moment. */
long nd_lock_holder(const char *path);

/* A socket's address by a path of any length: relative to *dir_fd, which the caller closes (-1:
 * its directory cannot be opened), for sun_path holds 108 octets only. */
void nd_socket_address(const char *path, int *dir_fd, struct sockaddr_un *address);

/* A connection to the control socket, with 5 s for each read and write; -1: nobody serves it. */
int nd_rundir_connect(const struct nd_rundir *dir);

/* Its lock is held, or (some file systems tell /proc/locks another device) its socket served. */
bool nd_rundir_is_alive(const struct nd_rundir *dir);

#endif
