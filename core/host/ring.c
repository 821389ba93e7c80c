#include "host/ring.h"

#include "base/mem.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* One writer, one reader. Each owns a counter that only rises and reads the other's; the records
 * between them belong to the reader. On lines of their own, so that neither side's stores slow the
 * other's loads. */
struct shared {
    _Alignas(64) _Atomic uint64_t written;
    _Atomic uint64_t lost;
    _Atomic int64_t beat;
    _Alignas(64) _Atomic uint64_t taken;
    _Alignas(64) struct nd_ring_rec at[ND_RING_COUNT];
};

struct nd_ring {
    struct shared *shared;
    uint64_t own; /* written or taken: the other process cannot change what this side did */
};

struct nd_ring *nd_ring_map(int fd, struct nd_fail *why)
{
    void *at = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) {
        nd_fail_errno(why, errno, "cannot map the memory shared with a plugin");
        return NULL;
    }
    struct nd_ring *ring = nd_alloc(sizeof *ring);
    ring->shared = at;
    return ring;
}

struct nd_ring *nd_ring_new(int *fd, struct nd_fail *why)
{
    *fd = memfd_create("netdrill-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*fd < 0 || ftruncate(*fd, sizeof(struct shared)) != 0) {
        nd_fail_errno(why, errno, "cannot make memory to share with a plugin");
        if (*fd >= 0)
            close(*fd);
        return NULL;
    }
    struct nd_ring *ring = nd_ring_map(*fd, why);
    if (ring == NULL)
        close(*fd);
    return ring;
}

void nd_ring_free(struct nd_ring *ring)
{
    if (ring == NULL)
        return;
    munmap(ring->shared, sizeof *ring->shared);
    free(ring);
}

bool nd_ring_put(struct nd_ring *ring, const struct nd_ring_rec *rec)
{
    struct shared *shared = ring->shared;
    if (ring->own - atomic_load_explicit(&shared->taken, memory_order_acquire) >= ND_RING_COUNT) {
        atomic_fetch_add_explicit(&shared->lost, 1, memory_order_relaxed);
        return false;
    }
    shared->at[ring->own % ND_RING_COUNT] = *rec;
    atomic_store_explicit(&shared->written, ++ring->own, memory_order_release);
    return true;
}

size_t nd_ring_filled(const struct nd_ring *ring)
{
    return ring->own - atomic_load_explicit(&ring->shared->taken, memory_order_relaxed);
}

bool nd_ring_take(struct nd_ring *ring, struct nd_ring_rec *rec)
{
    struct shared *shared = ring->shared;
    uint64_t written = atomic_load_explicit(&shared->written, memory_order_acquire);
    if (written == ring->own)
        return false;
    *rec = shared->at[ring->own % ND_RING_COUNT];
    atomic_store_explicit(&shared->taken, ++ring->own, memory_order_release);
    return true;
}

uint64_t nd_ring_lost(const struct nd_ring *ring)
{
    return atomic_load_explicit(&ring->shared->lost, memory_order_relaxed);
}

void nd_ring_beat(struct nd_ring *ring, nd_ns now)
{
    atomic_store_explicit(&ring->shared->beat, now, memory_order_relaxed);
}

nd_ns nd_ring_beaten(const struct nd_ring *ring)
{
    return atomic_load_explicit(&ring->shared->beat, memory_order_relaxed);
}
