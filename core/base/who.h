/* Whom a process belongs to. */
#ifndef ND_BASE_WHO_H
#define ND_BASE_WHO_H
#include <stdint.h>

/* The account that the session of a process was logged in with, also behind sudo
 * (/proc/PID/loginuid); -1: not known, or nobody. pid 0: this process. */
int64_t nd_login_uid(int64_t pid);

#endif
