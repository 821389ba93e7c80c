/* A stream of echoes over one socket: sent in batches, received in batches, each told apart by a
 * cookie of the stream and its slot's number in the payload. What is in a packet is the verb's. */
#ifndef ND_PLUGINS_REACH_FLOW_H
#define ND_PLUGINS_REACH_FLOW_H
#include "../common/marks.h"
#include "parse.h"
#include "reach.h"

#define FLOW_PACKET_MAX 1500
#define FLOW_BATCH      32

struct flow_sent {
    int64_t slot;
    nd_ns began;
};

struct flow {
    struct reach *self;
    struct nd_op *op;
    struct peer peer;
    struct marks marks; /* of flow_open_udp */
    uint32_t cookie;
    int fd, connected, raw, v6;
    int single;     /* a call of one probe, not a stream: slot 0 finishes the op */
    int asks_class; /* answers' traffic class is wanted */
    int class;      /* of the answer that `answered` is told of; -1: unknown */
    nd_ns single_sent;
    nd_ns slots_at; /* when slots were sent last */
    int dense;      /* the next slot is due soon: answers are read then, not watched for */
    /* Transmit stamps, where they are asked for: the kernel numbers packets, from stamp_next on;
     * what slot each of the last ones was, and when we began to send it. */
    int stamped;
    uint32_t stamp_next;
    struct flow_sent *sent; /* FLOW_BATCH of them; NULL: none are asked for */
    size_t len;             /* of a packet, octets */
    /* Makes the packet of a slot; bytes: zeroed, len octets. */
    void (*make)(const struct flow *flow, uint8_t *bytes, int64_t slot);
    /* Whose answer this is: ND_OK and its slot, or an error about it; ND_EGONE: nobody's. */
    nd_err (*read)(struct flow *flow, const uint8_t *bytes, size_t len, int64_t *slot);
    /* The slot of a packet of ours, as an error quotes it; 0: not ours. */
    int (*quoted)(const struct flow *flow, const uint8_t *bytes, size_t len, int64_t *slot);
    /* Tells of an answer that `read` took; NULL: the round trip from `sent` to `at`. */
    void (*answered)(struct flow *flow, const uint8_t *bytes, size_t len, int64_t slot, nd_ns at);
    /* Tells when the kernel sent a packet; NULL: nobody asks. */
    void (*left)(struct flow *flow, int64_t slot, nd_ns at);
};

/* The op's block: `bytes` for the verb, whose flow stands first in it, and `more` behind it for
 * those who ask for transmit stamps (*extra, else NULL). Ten thousand streams have to fit. */
struct flow *flow_state(struct reach *self, struct nd_op *op, size_t bytes,
                        const struct marks *marks, size_t more, void **extra);
/* Begins to listen; fd is open. */
nd_err flow_begin(struct flow *flow);
/* Opens a UDP socket to the peer, and begins to listen. keeps_source: the address and port we have
 * now are the session's; else each packet leaves from the address that the route of its moment
 * asks for, as a handset's next request does when its network has changed. */
nd_err flow_open_udp(struct flow *flow, int keeps_source);
/* The verbs' `slots`. */
void flow_slots(void *self, struct nd_op *op, int64_t first, int64_t count);

#endif
