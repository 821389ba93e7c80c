/* How a probe's packets are marked, and which way they leave. */
#ifndef ND_PLUGINS_COMMON_MARKS_H
#define ND_PLUGINS_COMMON_MARKS_H
#include "probe.h"

struct marks {
    int dscp, hops;  /* -1: the system's */
    int both_stamps; /* the kernel's transmit stamps are wanted too */
    const char *source, *interface;
};

/* Rows for a verb's options; found by name, wherever they stand. */
#define ROUTE_ROWS                                                                                 \
    {"dscp", "differentiated services code point (RFC 2474), such as 46 for EF",                   \
     "",     ND_INT,                                                                               \
     0,      0,                                                                                    \
     63,     NULL,                                                                                 \
     NULL},                                                                                        \
        {"source", "own address to send from", "", ND_TEXT, 0, 1, 0, NULL, NULL},                  \
    {                                                                                              \
        "interface", "own interface to leave by (CAP_NET_RAW)", "", ND_TEXT, 0, 1, 0, NULL, NULL   \
    }
#define MARK_ROWS                                                                                  \
    {"ttl", "hop limit; else the system's", "", ND_INT, 0, 1, 255, NULL, NULL}, ROUTE_ROWS

/* For verbs of streams (reach). */
#define STAMPS_ROW                                                                                 \
    {                                                                                              \
        "stamps", "receive: the kernel says when an answer came; both: also when a packet left",   \
            "", ND_CHOICE, 0, 1, 0, "receive", marks_stamps                                        \
    }
extern const char *const marks_stamps[];

struct marks marks_of(const struct nd_option *options, const struct nd_args *args);
/* On a socket of the peer's family, before it is connected. On failure logs and returns the code.
 */
nd_err marks_set(const struct nd_host *host, const struct marks *marks, int fd,
                 const struct peer *peer);

#endif
