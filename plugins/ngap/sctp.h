/* One SCTP association (RFC 9260) of an op. The kernel need not have SCTP: libusrsctp does the
 * protocol, without threads and sockets of its own (AF_CONN), and its packets go over a raw IP
 * socket that the host opened at the op's vantage. So each packet is seen, and what is timed is
 * timed by the kernel's receive stamps.
 *
 * A machine whose kernel does have SCTP loaded would answer the peer too, with an ABORT: there, no
 * association can be made (ND_EUNABLE). */
#ifndef ND_PLUGINS_NGAP_SCTP_H
#define ND_PLUGINS_NGAP_SCTP_H
#include "../common/probe.h"

#include <stdint.h>

#define SCTP_LANES   64    /* associations at once */
#define SCTP_MESSAGE 16384 /* octets of a message that are taken at most */
#define SCTP_BEATS   64    /* heartbeats whose answer may still come */

struct sctp;
struct socket; /* libusrsctp's */

/* What the associations of a plugin share. All zero but for `host` at first. */
struct sctp_stack {
    const struct nd_host *host;
    struct sctp *lanes[SCTP_LANES]; /* the address of a place is the peer's, to libusrsctp */
    nd_ns ticked;
    uint16_t port; /* given out last */
    int begun;
};

enum sctp_state { SCTP_DOWN, SCTP_CONNECTING, SCTP_UP, SCTP_LEAVING };

struct sctp_beat {
    int64_t slot;
    uint8_t info[40]; /* the beginning of it */
    size_t len;       /* 0: there is none, or it was answered */
};

/* The upper part is filled by the plugin. Callbacks come from the loop; `down` comes once for each
 * sctp_open that succeeded, unless sctp_close was first. */
struct sctp {
    struct sctp_stack *stack;
    struct nd_op *op;
    struct peer peer;
    uint32_t ppid; /* of messages sent (host byte order) */
    void *ctx;
    void (*up)(void *ctx, nd_ns at);
    /* One whole message. */
    void (*take)(void *ctx, const uint8_t *bytes, size_t len, uint32_t ppid, nd_ns at);
    /* The answer to sctp_beat; may be NULL. */
    void (*beat)(void *ctx, int64_t slot, nd_ns at);
    /* ND_OK: shut down in order, as we asked. It is closed already. */
    void (*down)(void *ctx, nd_err err, const char *why);

    enum sctp_state state;
    struct sctp **lane;
    struct socket *socket;
    int fd;
    uint16_t own_port, peer_port;
    nd_ns init_at; /* when the first INIT went out */
    nd_ns at;      /* receive stamp of the packet in hand */
    int error;     /* errno of sending, 0: none */
    int aborted;   /* code of the peer's ABORT, -1: none came */
    int64_t beating;
    struct sctp_beat beats[SCTP_BEATS];
    uint8_t message[SCTP_MESSAGE];
    size_t message_len;
};

/* Sends an INIT. Errors: logged. */
nd_err sctp_open(struct sctp *sctp);
/* Sends a message on stream 0; 0: the association does not take it. */
int sctp_put(struct sctp *sctp, const uint8_t *bytes, size_t len);
/* Sends a heartbeat; 0: none can go out. */
int sctp_beat(struct sctp *sctp, int64_t slot);
/* Asks for the end of it (SHUTDOWN); `down` tells when the peer has agreed. */
void sctp_leave(struct sctp *sctp);
/* Ends it now: with an ABORT if there is one, so that the peer does not keep us. */
void sctp_close(struct sctp *sctp);
/* At the plugin's close: gives libusrsctp's memory back. */
void sctp_stack_end(struct sctp_stack *stack);

#endif
