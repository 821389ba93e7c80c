/* A plugin's host process as remote.c and far.c know it. */
#ifndef ND_HOST_REMOTE_STATE_H
#define ND_HOST_REMOTE_STATE_H
#include "base/mem.h"
#include "host/remote.h"
#include "host/ring.h"

#include <sys/types.h>

struct nd_remote {
    struct nd_loaded *loaded;
    struct nd_link *link;
    struct nd_ring *ring;
    struct ND_VEC(struct nd_far *) far_by_id; /* measurements over there; NULL: over */
    size_t far_count;
    uint64_t lost_told;
    int64_t number; /* of this host among all that were started */
    pid_t pid;
    bool ready;
    struct nd_fail failed; /* why its plugin did not open */
    nd_timer look;
    nd_ns looked;
};

/* Begins to look at the ring, while there are measurements. */
void nd_remote_look(struct nd_remote *remote);

#endif
