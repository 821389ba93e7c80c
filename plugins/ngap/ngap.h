/* What the verbs of ngap share: an association of an op, which ends in order, so that the AMF does
 * not keep a gNB that is gone. */
#ifndef ND_PLUGINS_NGAP_NGAP_H
#define ND_PLUGINS_NGAP_NGAP_H
#include "message.h"
#include "sctp.h"

#define NGAP_WHY_BYTES 400

struct ngap {
    struct sctp_stack stack;
};

/* The first member of a verb's state. */
struct talk {
    const struct nd_host *host;
    struct nd_op *op;
    struct sctp sctp;
    int tells_left; /* the verb has the reading R_LEFT */
    int parting;
    nd_err end;
    char why[NGAP_WHY_BYTES];
};

enum { SUBJECT, PORT, VERB_OWN };
enum {
    R_RTT,
    R_ASSOCIATION,
    R_SUPPORTED,
    R_SLICES,
    R_PLMNS,
    R_GUAMIS,
    R_CAPACITY,
    R_CAUSE_GROUP,
    R_CAUSE,
    R_WAIT,
    R_LEFT
};

/* Begins the association; the callbacks of talk->sctp are filled. */
nd_err ngap_talk_open(struct ngap *ngap, const struct nd_args *args, struct nd_op *op,
                      struct talk *talk);
/* Ends the op with err and why (NULL: none), when the peer has agreed to the association's end, or
 * half a second later. */
void ngap_talk_part(struct talk *talk, nd_err err, const char *why);
/* The peer has agreed to it (1), or has not (0). */
void ngap_talk_parted(struct talk *talk, int in_order);
/* A verb's cancel: a stream's end, and a deadline's. */
void ngap_talk_cancel(void *self, struct nd_op *op);

extern const struct nd_verb ngap_setup_verb, ngap_heartbeat_verb;

#define AMF_ROWS                                                                                   \
    {"target", "an AMF", "", ND_TARGET, ND_OPT_REQUIRED | ND_OPT_SUBJECT, 1, 0, NULL, NULL},       \
    {                                                                                              \
        "port", "SCTP port, else the target's 'port', else 38412", "", ND_INT, 0, 1, 65535, NULL,  \
            NULL                                                                                   \
    }
#define END_ROW                                                                                    \
    {                                                                                              \
        NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL                                                   \
    }

#endif
