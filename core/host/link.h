/* Messages over a stream socket, between the core and a plugin host: a kind, and what nd_wire
 * wrote. Sending never blocks: what the socket does not take at once waits in memory. */
#ifndef ND_HOST_LINK_H
#define ND_HOST_LINK_H
#include "host/wire.h"

struct uv_loop_s;
struct nd_link;

/* To a plugin host. */
enum nd_to_host {
    ND_TO_INIT = 1,
    ND_TO_OP,      /* id, spec: an op, not begun */
    ND_TO_PLAN,    /* id */
    ND_TO_START,   /* id */
    ND_TO_CANCEL,  /* id */
    ND_TO_DROP,    /* id: never begun */
    ND_TO_UNDO,    /* id, act, record */
    ND_TO_MEASURE, /* id, spec, grid, every, tick, till, first */
    ND_TO_STOP,    /* id */
    ND_TO_TILL,    /* id, till */
    ND_TO_CUT      /* id */
};

/* From it. */
enum nd_to_core {
    ND_FROM_READY = 1, /* 0, err, why: the plugin has opened */
    ND_FROM_NOTES,     /* id, err, why, notes */
    ND_FROM_EMIT,      /* id, reading, value, at */
    ND_FROM_FINISH,    /* id, err, why */
    ND_FROM_LOG,       /* level, text */
    ND_FROM_BROKEN,    /* id, err, why */
    ND_FROM_CLOSED,    /* id */
    ND_FROM_FULL       /* the ring is half full */
};

/* fd: taken over. message: borrowed bytes, for the call. over: the other side is gone (or sent what
 * is no message); called once, last, and never from within nd_link_send. */
struct nd_link *nd_link_new(struct uv_loop_s *loop, int fd,
                            void (*message)(void *ctx, int kind, struct nd_unwire *in),
                            void (*over)(void *ctx), void *ctx);
/* wire: may be NULL; emptied and kept by the caller. */
void nd_link_send(struct nd_link *link, int kind, struct nd_wire *wire);
/* The same, leaving with the next that is sent: of two the other side is woken once. */
void nd_link_queue(struct nd_link *link, int kind, struct nd_wire *wire);
/* Closes the socket; may be called from within the callbacks. NULL is fine. */
void nd_link_free(struct nd_link *link);

#endif
