/* Framed messages over one TCP connection of an op: connecting, cutting what comes into messages,
 * keeping what does not go out at once. The plugin says where a message ends. */
#ifndef ND_PLUGINS_COMMON_WIRE_H
#define ND_PLUGINS_COMMON_WIRE_H
#include "probe.h"

#include <stdint.h>

#define WIRE_IN  16384
#define WIRE_OUT 65536

#define WIRE_NONSENSE ((size_t)-1)

enum wire_state { WIRE_DOWN, WIRE_CONNECTING, WIRE_UP };

struct wire {
    const struct nd_host *host;
    struct nd_op *op;
    struct peer peer;
    int fd;
    enum wire_state state;
    uint8_t in[WIRE_IN], out[WIRE_OUT];
    size_t in_len, out_len;
    void *ctx;
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
/* Sends a message, now or as soon as it can be. 0: there is no connection, or no room. */
int wire_put(struct wire *wire, const uint8_t *bytes, size_t len);
void wire_close(struct wire *wire);

#endif
