/* Writes to a descriptor that may be slow or stopped (^S, a stuck ssh, a pager), from a thread of
 * its own, so that nobody else waits for it. */
#ifndef ND_CLI_OUTLET_H
#define ND_CLI_OUTLET_H
#include <stdbool.h>
#include <stddef.h>

struct nd_outlet;

/* fd: borrowed until closed. */
struct nd_outlet *nd_outlet_open(int fd);
/* Copied, written in order. Never waits: past 16 MiB not yet written it is dropped, and counted. */
void nd_outlet_put(struct nd_outlet *outlet, const char *bytes, size_t len_bytes);
/* Whether all is written: a display draws its next picture only then. */
bool nd_outlet_idle(struct nd_outlet *outlet);
/* Waits at most so long for what is not yet written, then leaves it. Gives how many puts were
 * dropped or left. NULL is fine (0). */
size_t nd_outlet_close(struct nd_outlet *outlet, int wait_ms);

#endif
