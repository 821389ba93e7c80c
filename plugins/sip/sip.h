/* What the files of the sip plugin share. */
#ifndef ND_PLUGINS_SIP_H
#define ND_PLUGINS_SIP_H
#include "../common/probe.h"
#include "message.h"

struct sip {
    const struct nd_host *host;
    unsigned serial;
};

/* One op: a socket of its own, connected to the peer. */
struct talk {
    struct sip *self;
    struct nd_op *op;
    struct peer peer;
    int fd, stream;
    char cookie[24];             /* of our branches and Call-IDs */
    char local[64], address[48]; /* "192.0.2.1:5060", "192.0.2.1" */
    int v6;
    char from[SIP_URI], to[SIP_URI], uri[SIP_URI];
    const char *user, *password, *priority; /* may be NULL */
    void (*take)(struct talk *talk, const struct sip_answer *answer, nd_ns at);
    /* A request of the other side that came, already answered; may be NULL. */
    void (*asked)(struct talk *talk, const char *method, nd_ns at);
    /* The request under way, as it is sent again until it is answered. */
    char bytes[SIP_BYTES];
    size_t len;
    nd_ns again; /* until the next time */
    int branch;  /* number of the one sent last */
    long cseq, expires;
    nd_ns began;
    int authorized, stage;
    struct sip_answer dialog; /* of a call that was answered */
    nd_ns lasts;
};

/* sip.c */
/* Opens the op's talk with the peer. Errors are logged. */
nd_err talk_open(struct sip *self, struct nd_op *op, struct talk *talk,
                 const struct nd_target *target, int64_t port);
/* A fact of a target that goes into a header; `otherwise` when there is none. NULL: logged why. */
const char *talk_uri(struct sip *self, const struct nd_target *target, const char *key,
                     const char *otherwise);
/* Sends a request of the talk, made complete with what all of them have; again: repeated until it
 * is answered. Returns 0 when it does not fit or cannot be sent: then the op is finished. */
int talk_send(struct talk *talk, const struct sip_request *like, int again);
/* Nothing is to be sent again. */
void talk_answered(struct talk *talk);
void talk_finish(struct talk *talk, nd_err err, const struct sip_answer *answer);
/* The header line for a challenge; NULL: it cannot be met (logged as the op's reason). */
const char *talk_authorize(struct talk *talk, const struct sip_challenge *challenge,
                           const char *method, const char *uri, char line[900]);

extern const struct nd_verb sip_options, sip_register, sip_call;

#define TARGET_ROWS                                                                                \
    {"target",                                                                                     \
     "a SIP server or proxy, over UDP",                                                            \
     "",                                                                                           \
     ND_TARGET,                                                                                    \
     ND_OPT_REQUIRED | ND_OPT_SUBJECT,                                                             \
     1,                                                                                            \
     0,                                                                                            \
     NULL,                                                                                         \
     NULL},                                                                                        \
    {                                                                                              \
        "port", "port, else the target's 'port', else 5060", "", ND_INT, 0, 1, 65535, NULL, NULL   \
    }
#define PRIORITY_ROW                                                                               \
    {                                                                                              \
        "priority",                                                                                \
            "Resource-Priority (RFC 4412), such as \"ets.0\" or \"mcpttp.15\"; required of "       \
            "the server",                                                                          \
            "", ND_TEXT, 0, 1, 0, NULL, NULL                                                       \
    }
#define ACCOUNT_WORDS "a target with 'aor: \"sip:alice@jia.test\"', 'user', 'password'"
#define END_ROW                                                                                    \
    {                                                                                              \
        NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL                                                   \
    }

#endif
