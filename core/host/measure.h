/* A measurement: one verb asked again and again on an absolute grid.
 *
 * Slot n is due at grid + n * every, whatever became of the slots before. One that we were too late
 * for (by a whole slot, and by 5 ms at the least) is told as not sent, never made up for; one sent
 * late carries its true send moment. With a tick, what falls into one is sent together at its end.
 * Answers come in any order; slots are told in order of their number, each once, as soon as their
 * fate and that of all before them is known.
 *
 * A verb with `stream` sends through one op; any other is called once a slot. Both live in the
 * process of the plugin when plugins are isolated (remote.h), so that neither a busy nor a stopped
 * core makes a probe late. */
#ifndef ND_HOST_MEASURE_H
#define ND_HOST_MEASURE_H
#include "host/host.h"

struct nd_measure;

struct nd_measure_spec {
    const struct nd_call_spec *call; /* its deadline is that of a slot; borrowed until freed */
    nd_ns grid, every;               /* run clock; every > 0 */
    nd_ns tick;                      /* 0: each slot by itself */
    nd_ns till;                      /* no slot is due from here on; -1: until stopped */
    int64_t first;                   /* number of the first slot to send */
};

/* What became of a slot. */
struct nd_measured {
    int64_t slot;
    nd_ns sent;      /* 0: not sent */
    int32_t outcome; /* 0 answered, ND_MEASURE_NOT_SENT, else the nd_err it ended with */
    double value;    /* of the verb's first reading; NAN unless answered */
};
#define ND_MEASURE_NOT_SENT 1

enum nd_measure_extra {
    ND_EXTRA_LATE,      /* after the slot's deadline */
    ND_EXTRA_DUPLICATE, /* a second answer */
    ND_EXTRA_AGAIN,     /* of a slot told before: one or the other, by the slot's outcome */
    ND_EXTRA_REORDERED  /* it counts, but came behind that of a later slot (RFC 4737 §3) */
};

/* All called from the scheduler, or from within nd_measure_refresh; from no other function here. */
struct nd_measure_sink {
    void (*slot)(void *ctx, const struct nd_measured *measured);
    /* A further reading, before or after its slot is told. */
    void (*reading)(void *ctx, int64_t slot, uint32_t reading, double value);
    /* An answer beyond the one that counts, see enum nd_measure_extra. value: how long it took, or
     * what was read; NAN: the time from the slot's sending to `at`. */
    void (*extra)(void *ctx, enum nd_measure_extra what, int64_t slot, double value, nd_ns at);
    /* Probes cannot be sent any more. goes_on: in a moment they can again, by a new process; what
     * lay between is not told. Else every further slot ends with err. */
    void (*broken)(void *ctx, nd_err err, const char *why, bool goes_on);
    /* Nothing is under way any more, and nothing will be told. */
    void (*closed)(void *ctx);
    /* May be NULL. Asked before each call of a slot: an error is its outcome (rehearsals). */
    nd_err (*ordered)(void *ctx);
    void *ctx;
};

/* NULL and why: unknown vantage, a plugin that is not loaded. */
struct nd_measure *nd_measure_open(struct nd_plugins *plugins, const struct nd_measure_spec *spec,
                                   struct nd_measure_sink sink, struct nd_fail *why);
/* No further slot; those under way are waited for, then `closed` is told. Twice is fine. */
void nd_measure_stop(struct nd_measure *measure);
/* Another end: -1, none. Without effect once the old one has come, or it was stopped. */
void nd_measure_set_till(struct nd_measure *measure, nd_ns till);
/* Tells now whatever is known by now. */
void nd_measure_refresh(struct nd_measure *measure);
/* Tells nothing any more: what is under way is dropped. NULL is fine. */
void nd_measure_free(struct nd_measure *measure);

#endif
