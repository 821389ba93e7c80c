/* The far end of a plugin's test: a socket of the test's own on loopback. */
#ifndef ND_TESTS_SUPPORT_FAR_END_H
#define ND_TESTS_SUPPORT_FAR_END_H
#include "support/fake_host.h"

/* Opens a socket on a free port of 127.0.0.1, listening if it is a SOCK_STREAM one, and makes the
 * target `name` of it, with the fact 'port'. One a process at a time. The caller closes it. */
int nd_far_end(struct nd_fake *fake, const char *name, int type);

#endif
