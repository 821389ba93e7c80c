/* Starts this same program as another process, with the descriptors it is given and no others. */
#ifndef ND_HOST_SPAWN_H
#define ND_HOST_SPAWN_H
#include "base/err.h"

#include <sys/types.h>

#define ND_SPAWN_FD 3 /* the first of the descriptors given, in the new process */

/* argv: ended by NULL; [0] is "netdrill". fds: become ND_SPAWN_FD and up; the caller keeps its own.
 * The process has a session of its own, so that no signal of the terminal reaches it, and is
 * killed when the thread that called this ends, however that comes about. */
nd_err nd_spawn(const char *const *argv, const int *fds, size_t count, pid_t *pid,
                struct nd_fail *why);
/* Waits for the end of a process for at most `wait_ms`, then kills it. Returns waitpid's status. */
int nd_spawn_end(pid_t pid, int wait_ms);
/* "ended by signal 11 (Segmentation fault)", "exited with 3". */
void nd_spawn_words(int status, char *text, size_t bytes);

#endif
