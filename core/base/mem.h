/* Memory that is there or ends the process: none of these returns NULL. */
#ifndef ND_BASE_MEM_H
#define ND_BASE_MEM_H
#include <stddef.h>

/* Zeroed. bytes may be 0. Free with free(). */
void *nd_alloc(size_t bytes);
void *nd_realloc(void *old, size_t count, size_t size);
char *nd_strdup(const char *text); /* NULL gives NULL */
char *nd_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* An arena: many small pieces that die together. Embedded; zero-initialise. */
struct nd_arena {
    struct nd_arena_block *head;
};

void nd_arena_deinit(struct nd_arena *arena);
/* Zeroed, aligned for any type. */
void *nd_arena_alloc(struct nd_arena *arena, size_t bytes);
char *nd_arena_strdup(struct nd_arena *arena, const char *text); /* NULL gives NULL */
char *nd_arena_strndup(struct nd_arena *arena, const char *text, size_t len_bytes);
char *nd_arena_printf(struct nd_arena *arena, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A growing array of any element type.
 *
 *     struct ND_VEC(struct nd_diag) list = {0};
 *     nd_vec_push(&list, diag);
 *     for (size_t i = 0; i < list.count; i++) use(&list.at[i]);
 *     nd_vec_free(&list); */
#define ND_VEC(type)                                                                               \
    {                                                                                              \
        type *at;                                                                                  \
        size_t count, cap;                                                                         \
    }
#define nd_vec_push(vec, ...)                                                                      \
    do {                                                                                           \
        if ((vec)->count == (vec)->cap) {                                                          \
            (vec)->cap = (vec)->cap != 0 ? (vec)->cap * 2 : 8;                                     \
            (vec)->at = nd_realloc((vec)->at, (vec)->cap, sizeof *(vec)->at);                      \
        }                                                                                          \
        (vec)->at[(vec)->count++] = (__VA_ARGS__);                                                 \
    } while (0)
#define nd_vec_free(vec)                                                                           \
    do {                                                                                           \
        free((vec)->at);                                                                           \
        (vec)->at = NULL;                                                                          \
        (vec)->count = (vec)->cap = 0;                                                             \
    } while (0)

#endif
