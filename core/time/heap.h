/* A heap of timers by (due, order of entry). */
#ifndef ND_TIME_HEAP_H
#define ND_TIME_HEAP_H
#include "base/err.h"
#include "base/mem.h"

struct nd_heap_entry {
    nd_ns due;
    uint64_t seq;
    void *timer;
    size_t *place; /* kept up to date with the entry's index in the heap */
};

/* Embedded; zero-initialise. */
struct nd_heap {
    struct ND_VEC(struct nd_heap_entry) list;
};

void nd_heap_push(struct nd_heap *heap, struct nd_heap_entry entry);
/* NULL when empty; borrowed until the heap changes. */
const struct nd_heap_entry *nd_heap_head(const struct nd_heap *heap);
/* at: the entry's index, as its place tells. */
void nd_heap_remove(struct nd_heap *heap, size_t at);
void nd_heap_deinit(struct nd_heap *heap);

#endif
