/* What probes of any plugin need: facts of a target, its address, the code of an errno, kernel
 * receive stamps, and the model of a rehearsal. */
#ifndef ND_PLUGINS_COMMON_PROBE_H
#define ND_PLUGINS_COMMON_PROBE_H
#include <netdrill/plugin.h>

#include <netinet/in.h>
#include <sys/socket.h>

struct peer {
    struct sockaddr_storage at;
    socklen_t len;
    char address[INET6_ADDRSTRLEN];
    char text[INET6_ADDRSTRLEN + 16]; /* for people: "192.0.2.1 port 2123" */
};

/* The value of a key among notes ended by a NULL key; NULL: it is not there. Borrowed. */
const char *note_value(const struct nd_note *notes, const char *key);
/* What the site file says of a target, NULL: nothing. Borrowed from the target. */
const char *target_fact(const struct nd_target *target, const char *key);
/* The target's address; port 0: the target's 'port', else `otherwise` (0: it has to have one, -1:
 * none is needed). Errors: ND_EARG, logged. */
nd_err target_peer(const struct nd_host *host, const struct nd_target *target, int64_t port,
                   int64_t otherwise, struct peer *peer);
/* The code of an errno value met while probing. */
nd_err probe_err(int error);
/* Finishes with the words for an errno value. */
void probe_errno(const struct nd_host *host, struct nd_op *op, int error, const struct peer *peer);
/* Asks for kernel receive stamps; takes one of a message: on the run clock, or `otherwise`. */
void receive_stamps(int fd);
nd_ns receive_stamp(const struct nd_host *host, struct msghdr *message, nd_ns otherwise);
/* Rehearsal: reading 0 is `value`, `wait` later, when the op's target is up; else ND_ETIME. The
 * op's state is used. */
nd_err probe_model(const struct nd_host *host, struct nd_op *op, nd_ns wait, double value);

#endif
