#include "time/heap.h"

#include "base/mem.h"

#include <stdlib.h>

/* A flat 4-ary heap: fewer cache lines a pop than a binary one. Each entry knows its place through
 * *entry.place, so that a timer can be taken out of the middle. */

static bool before(const struct nd_heap_entry *a, const struct nd_heap_entry *b)
{
    return a->due != b->due ? a->due < b->due : a->seq < b->seq;
}

static void put(struct nd_heap *heap, size_t at, struct nd_heap_entry entry)
{
    heap->list.at[at] = entry;
    *entry.place = at;
}

static void sift_up(struct nd_heap *heap, size_t at, struct nd_heap_entry entry)
{
    while (at > 0) {
        size_t parent = (at - 1) / 4;
        if (!before(&entry, &heap->list.at[parent]))
            break;
        put(heap, at, heap->list.at[parent]);
        at = parent;
    }
    put(heap, at, entry);
}

static void sift_down(struct nd_heap *heap, size_t at, struct nd_heap_entry entry)
{
    for (;;) {
        size_t first = at * 4 + 1;
        if (first >= heap->list.count)
            break;
        size_t best = first;
        for (size_t i = first + 1; i < first + 4 && i < heap->list.count; i++) {
            if (before(&heap->list.at[i], &heap->list.at[best]))
                best = i;
        }
        if (!before(&heap->list.at[best], &entry))
            break;
        put(heap, at, heap->list.at[best]);
        at = best;
    }
    put(heap, at, entry);
}

void nd_heap_push(struct nd_heap *heap, struct nd_heap_entry entry)
{
    nd_vec_push(&heap->list, entry);
    sift_up(heap, heap->list.count - 1, entry);
}

const struct nd_heap_entry *nd_heap_head(const struct nd_heap *heap)
{
    return heap->list.count != 0 ? &heap->list.at[0] : NULL;
}

void nd_heap_remove(struct nd_heap *heap, size_t at)
{
    struct nd_heap_entry last = heap->list.at[--heap->list.count];
    if (at == heap->list.count)
        return;
    if (at > 0 && before(&last, &heap->list.at[(at - 1) / 4]))
        sift_up(heap, at, last);
    else
        sift_down(heap, at, last);
}

void nd_heap_deinit(struct nd_heap *heap)
{
    nd_vec_free(&heap->list);
}
