/* How a message gets out: which recipients had it already, how many a minute, attempts and the wait
 * between them, the receipt. The ways themselves (routes) know nothing of that. */
#ifndef ND_PLUGINS_MESSAGE_MESSAGE_H
#define ND_PLUGINS_MESSAGE_MESSAGE_H
#include "../common/probe.h"
#include "letter.h"

struct kept;
struct channel_times;

struct message {
    const struct nd_host *host;
    struct kept *kept;              /* what was sent, or is being sent */
    struct channel_times *channels; /* when each was used */
    int busy;                       /* attempts on worker threads */
};

#define TRY_BYTES 4096 /* of a route's own for an attempt, at the most */

enum verdict { SENT, AGAIN, NEVER };

struct sending;

/* One way of getting a message out. */
struct route {
    const char *verb, *kind;
    int each;  /* one attempt a recipient, else one for all */
    int works; /* for long, on a worker thread: three at once */
    int paced; /* its options are those of PEER_ROWS */
    /* As of the verb: judges arguments and channel. */
    nd_err (*check)(const struct nd_args *, char *why, size_t bytes);
    /* Begins an attempt for recipient number sending->unit; sending_over tells its end, from within
     * or later. */
    void (*begin)(struct sending *);
    void (*stop)(struct sending *); /* ends an attempt under way soon; NULL: it ends by itself */
};

enum unit_state { UNIT_OPEN, UNIT_SENT, UNIT_REFUSED };

struct sending {
    struct message *self;
    struct nd_op *op;
    const struct nd_args *args;
    const struct route *route;
    struct letter letter;
    nd_ns began;
    nd_ns attempt; /* how long one may take */
    nd_ns pause;   /* before the next round of attempts; it doubles, up to a minute */
    size_t unit, units;
    unsigned char states[RECIPIENTS_MAX];
    int under_way, cancelled, attempts, sent, repeats, status;
    nd_err err; /* of the first recipient that is refused */
    char refused[WHY_BYTES], last[WHY_BYTES];
    max_align_t attempt_state[TRY_BYTES / sizeof(max_align_t)]; /* zeroed before each attempt */
};

/* A call's start: judges it, and begins. */
nd_err sending_start(struct message *self, const struct nd_args *args, struct nd_op *op,
                     const struct route *route);
void sending_cancel(void *self, struct nd_op *op);
/* The end of an attempt. status: reply code, 0: none; why: receipt or reason. */
void sending_over(struct sending *sending, enum verdict verdict, nd_err err, int status,
                  const char *why);
/* A rehearsal: judges as a call does, reaches nobody. */
nd_err sending_rehearse(struct message *self, const struct nd_args *args, struct nd_op *op,
                        const struct route *route);
void sending_forget(struct message *self); /* frees what `self` keeps */

/* Readings, the same of every verb. */
enum { R_TOOK, R_STATUS, R_ATTEMPTS, R_SENT, R_REPEATS };
extern const struct nd_reading message_readings[];

/* Options of verbs that talk to somebody. */
enum { OPT_ATTEMPT = OPT_OWN, OPT_PAUSE, OPT_PEER_OWN };
#define PEER_ROWS                                                                                  \
    {"attempt", "how long one attempt may take", "ns", ND_LENGTH, 0, 1e8, 6e10, "8s", NULL},       \
    {                                                                                              \
        "retry_after", "wait after an attempt that failed; it doubles, up to a minute", "ns",      \
            ND_LENGTH, 0, 1e7, 6e11, "2s", NULL                                                    \
    }

/* ---- SMTP by libcurl, on a worker thread (transfer.c) ---- */

/* What is set up before a transfer. */
struct transfer_wish {
    struct peer peer;
    const char *host, *path; /* host: its name, which is not resolved; path: '/' and our own name */
    char *body;              /* taken over */
    const char *user, *password;
    const char *ca; /* file, or NULL: the system's */
    const char *mail_from, *mail_to;
    int tls, starttls;
};
/* The reply, and its code. */
struct transfer_end {
    nd_err err; /* ND_OK: there is a reply */
    int final;  /* err is none that passes: no use to try again */
    int status;
    const char *words;
};
void transfer_begin(struct sending *sending, struct transfer_wish *wish,
                    void (*ended)(struct sending *, const struct transfer_end *));
void transfer_stop(struct sending *sending);

extern const struct nd_verb message_mail, message_webhook, message_syslog, message_file,
    message_cap, message_card;

#endif
