/* What the files of the sip plugin share. */
#ifndef ND_PLUGINS_SIP_H
#define ND_PLUGINS_SIP_H
#include "../common/marks.h"
#include "../common/sip_message.h"
#include "../common/wire_tls.h"

struct sip {
    const struct nd_host *host;
    unsigned serial;
    char warned[64]; /* the priority that was warned of last */
};

/* One op: a socket of its own, connected to the peer, or a connection. First in the verb's block.
 */
struct talk {
    struct sip *self;
    struct nd_op *op;
    struct peer peer;
    int transport;
    struct wire *wire;    /* over TCP or TLS, else NULL */
    struct wire_tls *tls; /* over TLS, else NULL */
    struct marks marks;
    int fd, stream, ended;
    char cookie[24];             /* of our branches and Call-IDs */
    char local[64], address[48]; /* "192.0.2.1:5060", "192.0.2.1" */
    int v6;
    char from[SIP_URI], to[SIP_URI], uri[SIP_URI];
    const char *user, *password, *priority; /* may be NULL */
    void (*take)(struct talk *talk, const struct sip_answer *answer, nd_ns at);
    /* A request of the other side within the call; 1: it replied, and may have ended the op. NULL:
     * none is taken. */
    int (*asked)(struct talk *talk, const struct sip_answer *request, nd_ns at);
    const char *asking; /* what `asked` is about */
    size_t asking_len;
    /* The request under way, as it is sent again until it is answered. */
    char bytes[SIP_BYTES];
    size_t len;
    nd_ns again; /* until the next time */
    int branch;  /* number of the one sent last */
    long cseq, expires;
    nd_ns began;
    int authorized, rank;
};

/* The first rows of every verb. */
enum { SUBJECT, PORT, TRANSPORT, TLS_NAME, TLS_CA, VERB_OWN };
enum { SIP_UDP, SIP_TCP, SIP_TLS };

/* talk.c */
/* The op's block: `bytes` for the verb, whose talk stands first in it. */
struct talk *talk_state(struct sip *self, const struct nd_args *args, struct nd_op *op,
                        size_t bytes);
/* Opens the op's talk with the peer. options: the verb's. priority: its option, or NULL. Errors are
 * logged. */
nd_err talk_open(struct talk *talk, const struct nd_option *options, const struct nd_args *args,
                 const char *priority);
/* Whom is not called nor written to, and what is no priority; each may be NULL. ND_EARG: why says
 * which. */
nd_err talk_judge(const struct nd_target *to, const char *priority, char *why, size_t bytes);
/* Where the priority stands in its namespace, with a warning when it is the lowest there; 0: none
 * is known. Returns ND_EARG (logged) for what is no value of a namespace that is known. */
nd_err talk_rank(struct sip *self, const char *priority, int *rank);
/* Sends octets as they are; 0: it could not be, with errno set. */
int talk_put(struct talk *talk, const char *text, size_t len);
/* Gives back what is not the host's: before an op ends in another way than by talk_end. */
void talk_close(struct talk *talk);
/* Ends the op; what comes later is not looked at. */
void talk_end(struct talk *talk, nd_err err, const char *why);
/* `cancel` of verbs that leave nothing at the other end. */
void talk_cancel(void *ctx, struct nd_op *op);
/* A fact of a target that goes into a header; `otherwise` when there is none. NULL: logged why. */
const char *talk_uri(struct sip *self, const struct nd_target *target, const char *key,
                     const char *otherwise);
/* Whom to call or write to; NULL: nobody, or an emergency centre that has not agreed (logged). */
const char *talk_callee(struct sip *self, const struct nd_target *to);
/* Who we are, of a target: aor, and user and password if it has them. Errors are logged. */
nd_err talk_account(struct talk *talk, const struct nd_target *account);
/* 0: the URI is one of 'sips:' and the way to it is not TLS; nothing may be sent (RFC 3261
 * §26.2.2). */
int talk_is_secret_kept(const struct talk *talk, const char *uri);
#define SIPS_WORDS "a URI of 'sips:' is asked for over TLS alone; transport = \"tls\""
/* Sends a request of the talk, made complete with what all of them have; again: repeated until it
 * is answered. Returns 0 when it does not fit or cannot be sent: then the op is finished if it was
 * to be repeated. */
int talk_send(struct talk *talk, const struct sip_request *like, int again);
/* Answers the request that `asked` is told of. */
void talk_reply(struct talk *talk, const char *status);
/* Nothing is to be sent again. */
void talk_answered(struct talk *talk);
void talk_finish(struct talk *talk, nd_err err, const struct sip_answer *answer);
/* A challenge is met once; met again, it is a refusal. Returns the header line in `line`, NULL: not
 * to be met, and the op is finished. */
const char *talk_meet(struct talk *talk, const struct sip_answer *answer, const char *method,
                      char line[900]);

extern const struct nd_verb sip_options, sip_register, sip_call, sip_text;
extern const char *const sip_transports[];

#define TARGET_ROWS                                                                                \
    {"target",                                                                                     \
     "a SIP server, proxy or telephone",                                                           \
     "",                                                                                           \
     ND_TARGET,                                                                                    \
     ND_OPT_REQUIRED | ND_OPT_SUBJECT,                                                             \
     1,                                                                                            \
     0,                                                                                            \
     NULL,                                                                                         \
     NULL},                                                                                        \
        {"port", "port, else the target's 'port', else 5060, over TLS 5061",                       \
         "",     ND_INT,                                                                           \
         0,      1,                                                                                \
         65535,  NULL,                                                                             \
         NULL},                                                                                    \
        {"transport", "what the messages go over", "", ND_CHOICE, 0, 1, 0, "udp", sip_transports}, \
        {"name",                                                                                   \
         "over TLS: the name that the certificate has to hold, else the target's 'name'; it is "   \
         "not resolved",                                                                           \
         "",                                                                                       \
         ND_TEXT,                                                                                  \
         0,                                                                                        \
         1,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         NULL},                                                                                    \
    {                                                                                              \
        "ca", "over TLS: file of certificate authorities to trust, else the system's", "",         \
            ND_TEXT, 0, 1, 0, NULL, NULL                                                           \
    }
#define PRIORITY_ROW                                                                               \
    {                                                                                              \
        "priority",                                                                                \
            "Resource-Priority (RFC 4412), such as \"ets.0\" or \"mcpttp.15\", the highest of "    \
            "theirs; required of the server",                                                      \
            "", ND_TEXT, 0, 1, 0, NULL, NULL                                                       \
    }
#define RANK_READING                                                                               \
    {                                                                                              \
        "rank", "of the priority in its namespace: 1 is the highest (RFC 4412 §12.6)", "1", 1      \
    }
#define ACCOUNT_WORDS "a target with 'aor: \"sip:alice@jia.test\"', 'user', 'password'"
#define END_ROW                                                                                    \
    {                                                                                              \
        NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL                                                   \
    }

#endif
