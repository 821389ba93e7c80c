/* A measurement as measure.c (the grid, streams) and measure_calls.c (a call a slot) know it. */
#ifndef ND_HOST_MEASURE_STATE_H
#define ND_HOST_MEASURE_STATE_H
#include "host/internal.h"
#include "host/measure.h"

struct nd_far;
struct nd_slot_call;

struct nd_measure_slot {
    nd_ns sent;
    double value;
    int32_t outcome;
    bool known;
};

struct nd_further {
    uint32_t reading;
    double value;
};

/* What the model of a steady verb said, for as long as nothing is set up or down. */
struct nd_steady {
    bool known;
    uint64_t generation; /* of the model */
    nd_ns took;
    nd_err outcome;
    double value;
    struct ND_VEC(struct nd_further) further;
};

struct nd_measure {
    struct nd_plugins *plugins;
    struct nd_far *far; /* it lives in its plugin's host: then nothing else here is used */
    struct nd_measure_spec spec;
    struct nd_measure_sink sink;
    int64_t next;                                /* to be sent */
    int64_t told;                                /* slots below have been told */
    int64_t expired;                             /* slots below are known, or were looked at */
    int64_t highest;                             /* slot answered so far, -1: none */
    struct ND_VEC(struct nd_measure_slot) slots; /* from `head` on: slots told .. next */
    size_t head, under_way;
    nd_timer timer, expiry, closing;
    struct nd_op *op; /* of a verb that streams; NULL: ended */
    bool streams, stopped, closed;
    nd_err broken; /* why that op ended by itself; further slots end so too */
    struct ND_VEC(struct nd_slot_call *) calls;
    bool replays;
    struct nd_steady steady;
    struct ND_VEC(int64_t) replayed; /* slots whose answer is known, and when: in their order */
    size_t replayed_head;
    nd_timer replay;
};

struct nd_measure_slot *nd_measure_slot_of(struct nd_measure *m, int64_t number);
void nd_measure_know(struct nd_measure *m, struct nd_measure_slot *slot, nd_err outcome,
                     double value);
void nd_measure_settle(struct nd_measure *m); /* tells what is known, in order */
/* Calls the verb for one slot. */
void nd_measure_call(struct nd_measure *m, int64_t number);
void nd_measure_calls_free(struct nd_measure *m);

#endif
