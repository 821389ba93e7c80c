/* Framed messages over one TCP connection of an op: connecting, cutting what comes into messages,
 * keeping what does not go out at once, and the slots of a stream that come while there is no
 * connection. The plugin says where a message ends. */
#ifndef ND_PLUGINS_COMMON_WIRE_H
#define ND_PLUGINS_COMMON_WIRE_H
#include "probe.h"

#include <stdint.h>
#include <sys/types.h>

#define WIRE_IN      16384
#define WIRE_OUT     65536
#define WIRE_WAITING 1024

#define WIRE_NONSENSE ((size_t)-1)

enum wire_state { WIRE_DOWN, WIRE_CONNECTING, WIRE_UP };

struct wire;

/* What lies between the messages and TCP, such as TLS (wire_tls.h). */
struct wire_layer {
    /* There is a TCP connection: begins, and tells by wire_connected or wire_down. */
    void (*open)(struct wire *wire);
    ssize_t (*get)(struct wire *wire, void *bytes, size_t len); /* as recv and send */
    ssize_t (*put)(struct wire *wire, const void *bytes, size_t len);
    void (*close)(struct wire *wire); /* and releases the socket */
};

struct wire {
    const struct nd_host *host;
    struct nd_op *op;
    struct peer peer;
    int fd;
    enum wire_state state;
    uint8_t in[WIRE_IN], out[WIRE_OUT];
    size_t in_len, out_len;
    int ready; /* the two sides know each other: requests may go out */
    int64_t waiting[WIRE_WAITING];
    int waiting_count;
    nd_ns down_at;                  /* when the connection was lost or tried for last */
    nd_err reason;                  /* of its loss */
    const struct wire_layer *layer; /* NULL: none */
    void *under;                    /* the layer's own */
    int layered;                    /* the layer has the socket */
    void *ctx;
    nd_err (*prepare)(void *ctx, int fd); /* the socket before it connects; may be NULL */
    int stream; /* the op is a stream: its waiting slots are told when the connection is lost */
    void (*request)(void *ctx, int64_t slot); /* sends a slot's request */
    /* Octets of the message that begins at `bytes`: 0, not known yet; at most WIRE_IN. */
    size_t (*frame)(const uint8_t *bytes, size_t len);
    void (*up)(void *ctx);
    /* One whole message; may call wire_close. */
    void (*take)(void *ctx, const uint8_t *bytes, size_t len, nd_ns at);
    /* The connection could not be made, has ended, or brought nonsense; it is closed already. */
    void (*down)(void *ctx, nd_err err, const char *why);
};

/* Begins to connect; host, op, peer, ctx and the callbacks are filled. `up` or `down` comes later.
 * Errors: ND_ERIGHTS and the like, logged. */
nd_err wire_open(struct wire *wire);
/* A layer's: messages may go. */
void wire_connected(struct wire *wire);
/* Sends a message, now or as soon as it can be. 0: there is no connection, or no room. */
int wire_put(struct wire *wire, const uint8_t *bytes, size_t len);
void wire_close(struct wire *wire);
/* Closes it, as the plugin sees that it is of no use, and calls `down`. */
void wire_down(struct wire *wire, nd_err err, const char *why);

/* Sends what waits, and from now on each slot at once. */
void wire_ready(struct wire *wire);
/* Slots of the stream (or slot 0 of a single call): now, or as soon as there is a connection. One
 * that was lost is tried for again, but not more often than every 200 ms; meanwhile slots are told
 * the reason of its loss. */
void wire_slots(struct wire *wire, int64_t first, int64_t count);

#endif
