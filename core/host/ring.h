/* A ring of measured slots in memory that two processes share: a plugin host writes, the core
 * reads, neither waits. A full ring keeps what it has; what does not fit is counted. */
#ifndef ND_HOST_RING_H
#define ND_HOST_RING_H
#include "base/err.h"

/* Records; at 50,000 a second more than a second of a stopped core. */
#define ND_RING_COUNT 65536u

enum nd_ring_kind {
    ND_RING_SLOT = 1, /* code: outcome; at: sent */
    ND_RING_READING,  /* code: which */
    ND_RING_EXTRA     /* code: enum nd_measure_extra */
};

struct nd_ring_rec {
    uint32_t id; /* of the measurement */
    uint8_t kind, spare;
    int16_t code;
    int64_t slot;
    nd_ns at;
    double value;
};

struct nd_ring;

/* Makes one; fd: to be handed to the other process, and closed by the caller. */
struct nd_ring *nd_ring_new(int *fd, struct nd_fail *why);
struct nd_ring *nd_ring_map(int fd, struct nd_fail *why); /* in the other process */
void nd_ring_free(struct nd_ring *ring);                  /* NULL is fine */
/* Writer. False: it was full, and the record was counted as lost. */
bool nd_ring_put(struct nd_ring *ring, const struct nd_ring_rec *rec);
size_t nd_ring_filled(const struct nd_ring *ring); /* records that wait */
/* Reader. False: nothing waits. */
bool nd_ring_take(struct nd_ring *ring, struct nd_ring_rec *rec);
uint64_t nd_ring_lost(const struct nd_ring *ring);
/* The writer's sign of life: when it last went round, on the run clock. */
void nd_ring_beat(struct nd_ring *ring, nd_ns now);
nd_ns nd_ring_beaten(const struct nd_ring *ring);

#endif
