/* What the files of the reach plugin share. */
#ifndef ND_PLUGINS_REACH_H
#define ND_PLUGINS_REACH_H
#include "../common/probe.h"

#define WHY_BYTES 200

struct reach_path;

struct reach {
    const struct nd_host *host;
    uint32_t cookie;          /* grows with each probe: tells our answers from others' */
    struct reach_path *paths; /* walked so far (path.c) */
};

void reach_paths_free(struct reach *self);
/* A ping socket, or a raw one (*raw = 1) where the system lets us have no other. */
int icmp_open(struct reach *self, struct nd_op *op, int v6, int *raw);

extern const struct nd_verb reach_icmp, reach_tcp, reach_udp, reach_http, reach_dns, reach_stamp,
    reach_voice, reach_bulk, reach_way, reach_inbox;

#define TARGET_ROW(words)                                                                          \
    {                                                                                              \
        "target", words, "", ND_TARGET, ND_OPT_REQUIRED | ND_OPT_SUBJECT, 1, 0, NULL, NULL         \
    }
#define PORT_ROW                                                                                   \
    {                                                                                              \
        "port", "port, else the target's 'port'", "", ND_INT, 0, 1, 65535, NULL, NULL              \
    }
#define END_ROW                                                                                    \
    {                                                                                              \
        NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL                                                   \
    }

#endif
