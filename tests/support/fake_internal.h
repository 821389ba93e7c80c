/* What the files of the fake host share; tests include fake_host.h alone. */
#ifndef ND_TESTS_SUPPORT_FAKE_INTERNAL_H
#define ND_TESTS_SUPPORT_FAKE_INTERNAL_H
#include "support/fake_host.h"

struct timer {
    struct nd_op *op;
    void (*fn)(void *);
    void *ctx;
    nd_ns due;
    uint64_t seq;
};

struct watch {
    struct nd_op *op; /* NULL: the test's own */
    int fd, events;
    void (*fn)(void *, int);
    void (*serve)(void *);
    void *ctx;
};

struct job {
    struct nd_op *op;
    void (*work)(void *), (*done)(void *);
    void *ctx;
};

struct opened {
    struct nd_op *op;
    int fd;
};

struct nd_fake {
    struct nd_host host;
    const struct nd_plugin *plugin;
    void *self;
    enum nd_fake_clock clock;
    nd_ns virtual_now;
    int64_t mono_zero, wall_offset;
    uint64_t seq;
    struct nd_op *ops, *current;
    const char *netns;
    char fault[256];
    struct ND_VEC(struct timer) timers;
    struct ND_VEC(struct watch) watches;
    struct ND_VEC(struct job) jobs;
    struct ND_VEC(struct opened) sockets;
    struct ND_VEC(struct nd_target) targets;
    struct nd_arena arena;
};

/* The test itself is wrong: says so and aborts. */
_Noreturn void nd_fake_mistake(const char *what, const char *which);
/* Under way: started or planning, and not over. */
bool nd_fake_live(const struct nd_op *op);
/* As host->finish. */
void nd_fake_finish(struct nd_op *op, nd_err err, const char *why);
void nd_fake_note(struct nd_op *op, const char *key, const char *value);
void nd_fake_unwatch(struct nd_fake *fake, int fd);
struct nd_op *nd_fake_op_new(struct nd_fake *fake, const struct nd_verb *verb);

#endif
