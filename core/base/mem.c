#include "base/mem.h"

#include "base/err.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *nd_alloc(size_t bytes)
{
    void *block = calloc(1, bytes != 0 ? bytes : 1);
    ND_CHECK(block != NULL);
    return block;
}

void *nd_realloc(void *old, size_t count, size_t size)
{
    ND_CHECK(size == 0 || count <= SIZE_MAX / size);
    void *block = realloc(old, count * size != 0 ? count * size : 1);
    ND_CHECK(block != NULL);
    return block;
}

char *nd_strdup(const char *text)
{
    if (text == NULL)
        return NULL;
    size_t len_bytes = strlen(text) + 1;
    return memcpy(nd_alloc(len_bytes), text, len_bytes);
}

static char *print_alloc(struct nd_arena *arena, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    ND_CHECK(len >= 0);
    size_t bytes = (size_t)len + 1;
    char *text = arena != NULL ? nd_arena_alloc(arena, bytes) : nd_alloc(bytes);
    vsnprintf(text, bytes, fmt, again);
    va_end(again);
    return text;
}

char *nd_printf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = print_alloc(NULL, fmt, args);
    va_end(args);
    return text;
}

struct nd_arena_block {
    struct nd_arena_block *next;
    size_t used, cap;
    alignas(max_align_t) unsigned char bytes[];
};

/* Blocks double from small to large: thousands of streams each have an arena of a few words. */
#define BLOCK_FIRST 256u
#define BLOCK_BYTES 16384u

void nd_arena_deinit(struct nd_arena *arena)
{
    struct nd_arena_block *block = arena->head;
    while (block != NULL) {
        struct nd_arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena->head = NULL;
}

void *nd_arena_alloc(struct nd_arena *arena, size_t bytes)
{
    const size_t align = alignof(max_align_t);
    ND_CHECK(bytes < SIZE_MAX - BLOCK_BYTES);
    size_t need = (bytes + align - 1) / align * align;
    struct nd_arena_block *block = arena->head;
    if (block == NULL || block->cap - block->used < need) {
        size_t cap = block == NULL ? BLOCK_FIRST : block->cap * 2;
        cap = cap < BLOCK_BYTES ? cap : BLOCK_BYTES;
        cap = cap > need ? cap : need;
        block = nd_alloc(sizeof *block + cap);
        block->cap = cap;
        block->next = arena->head;
        arena->head = block;
    }
    void *piece = block->bytes + block->used;
    block->used += need;
    return piece;
}

char *nd_arena_strndup(struct nd_arena *arena, const char *text, size_t len_bytes)
{
    char *copy = nd_arena_alloc(arena, len_bytes + 1);
    memcpy(copy, text, len_bytes);
    return copy;
}

char *nd_arena_strdup(struct nd_arena *arena, const char *text)
{
    return text != NULL ? nd_arena_strndup(arena, text, strlen(text)) : NULL;
}

char *nd_arena_printf(struct nd_arena *arena, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = print_alloc(arena, fmt, args);
    va_end(args);
    return text;
}
