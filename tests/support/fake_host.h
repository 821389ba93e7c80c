/* A double of the whole host, so that a plugin is tested alone: no loop library, no site, no run.
 *
 *     struct nd_fake *fake = nd_fake_new(nd_plugin_entry(), ND_FAKE_VIRTUAL);
 *     struct nd_op *op = nd_fake_op(fake, "probe", "takes", "5ms", NULL);
 *     nd_fake_start(op);
 *     assert_int_equal(nd_fake_run(op), ND_OK);
 *     assert_int_equal(op->samples.count, 1);
 *     nd_fake_free(fake);
 *
 * It keeps everything a plugin says and holds it to the contract of <netdrill/plugin.h>: a second
 * finish, an emit after the end, a reading that is not declared, a note outside plan_undo and the
 * like become a fault, which nd_fake_fault tells. It is stricter than the host, never laxer.
 *
 * Two clocks. ND_FAKE_VIRTUAL jumps to the next timer when nothing else is under way; no test
 * waits. ND_FAKE_LIVE is CLOCK_MONOTONIC with poll(2), for sockets and programs. offload() runs its
 * work from the loop, one after the other, so that a test is the same each time. */
#ifndef ND_TESTS_SUPPORT_FAKE_HOST_H
#define ND_TESTS_SUPPORT_FAKE_HOST_H
#include "base/mem.h"

#include <netdrill/plugin.h>

#include <stdbool.h>

enum nd_fake_clock { ND_FAKE_VIRTUAL, ND_FAKE_LIVE };

struct nd_fake_sample {
    uint32_t reading;
    double value;
    nd_ns at;
};

/* What a stream told of a slot: sent, or answered with err and value. */
struct nd_fake_told {
    int64_t slot;
    bool sent;
    nd_err err;
    double value;
    nd_ns at;
};

struct nd_fake;

/* One call. Tests read these; only the functions below write them. */
struct nd_op {
    struct nd_op *next;
    struct nd_fake *fake;
    const struct nd_verb *verb;
    struct nd_args args;
    bool finished, started, planning, planned, rehearsing, cancelled, timed_out;
    nd_err err;
    char why[512]; /* reason of finish, else the last line the op logged */
    struct ND_VEC(struct nd_fake_sample) samples;
    struct ND_VEC(struct nd_fake_told) told; /* of a stream */
    struct ND_VEC(struct nd_note) notes;     /* always ended by a NULL pair beyond count */
    int model_up;                            /* what model_up() answers; 1 at first */
    const char *model_target;                /* last model_set, NULL: none */
    int model_value;
    void *state;
    size_t offloads;
    nd_ns deadline; /* moment, 0: none */
    struct nd_arena arena;
};

/* Opens the plugin. plugin: borrowed. */
struct nd_fake *nd_fake_new(const struct nd_plugin *plugin, enum nd_fake_clock clock);
/* Closes the plugin and frees every op. */
void nd_fake_free(struct nd_fake *fake);
const struct nd_host *nd_fake_host(const struct nd_fake *fake);
nd_ns nd_fake_now(const struct nd_fake *fake);
/* The first breach of the contract, or NULL. Borrowed. */
const char *nd_fake_fault(const struct nd_fake *fake);

/* A target for ND_TARGET options. facts: key, value, ..., NULL, borrowed; its kind
 * is "service", or what they say. */
void nd_fake_target(struct nd_fake *fake, const char *name, const char *address,
                    const char *const *facts);
/* What netns() and netns_of() answer; borrowed, NULL at first. */
void nd_fake_set_netns(struct nd_fake *fake, const char *path);

/* A call of a verb; option, value, ..., NULL. Values as people write them ("250ms", "30%"), the
 * items of a list with '|' between. A mistake in the test ends the process. Owned by fake. */
struct nd_op *nd_fake_op(struct nd_fake *fake, const char *verb, ...) __attribute__((sentinel));

/* Asks for the undo record until it is ready; the result of it. */
nd_err nd_fake_plan(struct nd_op *op);
void nd_fake_start(struct nd_op *op);
void nd_fake_rehearse(struct nd_op *op);
/* The verb as a stream, and `count` of its slots. */
void nd_fake_stream(struct nd_op *op);
void nd_fake_slots(struct nd_op *op, int64_t first, int64_t count);
/* Runs the loop until `count` answers came; false: none came for a second. */
bool nd_fake_answers(struct nd_op *op, size_t count);
void nd_fake_cancel(struct nd_op *op);
/* Cancels the op `wait` ns from now, as the core does at a deadline. */
void nd_fake_deadline(struct nd_op *op, nd_ns wait);
/* Undo (or verify, or prove) from a planned op's notes alone; the result of it. *why (may be NULL):
 * borrowed until fake is freed. */
nd_err nd_fake_undo(struct nd_op *change, const char **why);
nd_err nd_fake_verify(struct nd_op *change, const char **why);
nd_err nd_fake_prove(struct nd_op *change, const char **why);

/* Runs the loop until the op is finished. Live, gives up after 10 s; virtual, when nothing is left
 * to happen: then ND_FAKE_STALLED. */
#define ND_FAKE_STALLED (-1000)
nd_err nd_fake_run(struct nd_op *op);
/* One turn: what is ready now, or else the next timer. False: nothing is left to happen. */
bool nd_fake_turn(struct nd_fake *fake);
/* The test's own descriptors (an echo server): fn(ctx) whenever fd can be read; NULL fn stops. */
void nd_fake_serve(struct nd_fake *fake, int fd, void (*fn)(void *ctx), void *ctx);

/* First value of a reading by name; NAN when there is none. */
double nd_fake_value(const struct nd_op *op, const char *reading);

#endif
