/* A lab without privileges: user, mount and network namespaces of our own. */
#ifndef ND_CLI_USERNS_H
#define ND_CLI_USERNS_H
#include "base/err.h"

/* We may not make network namespaces as we are. */
bool nd_userns_needed(void);
/* Puts this process (it must have one thread) into namespaces of its own, as root there, with a
 * /run of its own. What is made in them vanishes with the last process. ND_ERIGHTS where the
 * kernel does not allow it. */
nd_err nd_userns_enter(struct nd_fail *why);

#endif
