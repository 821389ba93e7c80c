/* What the files of the reach plugin share. */
#ifndef ND_PLUGINS_REACH_H
#define ND_PLUGINS_REACH_H
#include <netdrill/plugin.h>

#include <netinet/in.h>
#include <sys/socket.h>

#define WHY_BYTES 200

struct reach_path;

struct reach {
    const struct nd_host *host;
    uint32_t cookie;          /* grows with each probe: tells our answers from others' */
    struct reach_path *paths; /* walked so far (path.c) */
};

/* Where a probe goes. */
struct peer {
    struct sockaddr_storage at;
    socklen_t len;
    char text[INET6_ADDRSTRLEN];
};

/* The target's address and port (0: none needed). On failure logs and returns the code. */
nd_err peer_of(struct reach *self, const struct nd_target *target, int64_t port, int needs_port,
               struct peer *peer);
const char *target_fact(const struct nd_target *target, const char *key);
/* The code of an errno value met while probing. */
nd_err probe_err(int error);
/* Finishes with the words for an errno value. */
void probe_errno(struct reach *self, struct nd_op *op, int error, const struct peer *peer);
/* Asks for kernel receive stamps, and takes one of a message: on the run clock, or `otherwise`. */
void stamp_ask(int fd);
nd_ns stamp_take(struct reach *self, struct msghdr *message, nd_ns otherwise);
/* The model of every probe: answered after the nominal time, or not at all. */
nd_err probe_rehearse(struct reach *self, struct nd_op *op, nd_ns rtt);
/* The same for a verb whose first reading is no time: value, after `wait`. */
nd_err probe_model(struct reach *self, struct nd_op *op, nd_ns wait, double value);
void reach_paths_free(struct reach *self);
/* A ping socket, or a raw one (*raw = 1) where the system lets us have no other. */
int icmp_open(struct reach *self, struct nd_op *op, int v6, int *raw);

extern const struct nd_verb reach_icmp, reach_tcp, reach_udp, reach_http, reach_dns, reach_stamp,
    reach_voice, reach_bulk, reach_way;

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
