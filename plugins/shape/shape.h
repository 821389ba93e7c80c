/* What the files of the shape plugin share: one act on an interface's queueing disciplines, done on
 * a worker thread that is at the target's vantage. */
#ifndef ND_PLUGINS_SHAPE_H
#define ND_PLUGINS_SHAPE_H
#include "classes.h"

#include <netdrill/plugin.h>

#include <netlink/netlink.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/tc.h>

#define OUR_MAJOR  0x6e64u /* "nd" */
#define OUR_HANDLE TC_HANDLE(OUR_MAJOR, 0u)
#define KIND_BYTES 24

struct shape {
    const struct nd_host *host;
};

/* What the kernel counts of a class since it was made. */
struct counted {
    uint64_t octets, packets, drops, overlimits, backlog, waiting;
};

struct act {
    struct shape *self;
    struct nd_op *op;
    void (*work)(struct act *act, struct nl_sock *sock, int ifindex);
    void (*done)(struct act *act); /* before the op finishes well; may be NULL */
    char interface[32];
    char before[KIND_BYTES]; /* kind of the default discipline, "" when there is none */
    char kind[KIND_BYTES];   /* of ours: tbf, netem or htb */
    int64_t rate_bit_s, burst;
    int64_t delay_us, jitter_us;
    double loss;
    struct classes classes; /* of htb */
    int64_t packet;         /* octets of the interface's longest, with its link header */
    char class[CLASS_NAME_BYTES];
    struct counted counted;
    int gone_is_fine, note;
    nd_err err;
    char why[256];
};

/* ---- shape.c ---- */

/* The act failed, and why. */
void act_fail(struct act *act, nd_err err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for a code of libnl. */
void act_fail_nl(struct act *act, int failed, const char *what);
/* The op's act on the target's interface. NULL: it names none, which is logged. */
struct act *act_of(struct shape *self, struct nd_op *op, const struct nd_target *target);
/* Off to the worker thread. */
nd_err act_begin(struct act *act);
/* The same, to look what is there and note it. */
nd_err act_plan(struct act *act, const char *kind);
/* A discipline of our handle at the root; NULL: libnl does not know the kind. kind may be NULL. */
struct rtnl_qdisc *ours(int ifindex, const char *kind);

/* ---- htb.c ---- */

/* Makes the act's classes; leaves nothing when it fails. */
void htb_set(struct act *act, struct nl_sock *sock, int ifindex);
/* Whether there is something at the discipline that the act's classes did not put there, or put
 * there otherwise. */
int htb_is_changed(struct act *act, struct nl_sock *sock, int ifindex);
/* Whether all that makes up the act's classes is there. */
int htb_is_whole(struct act *act, struct nl_sock *sock, int ifindex);
/* Reads the counters of the class named, or of all when the name is "". */
void htb_count(struct act *act, struct nl_sock *sock, int ifindex);

extern const struct nd_verb shape_rate, shape_impair, shape_classes, shape_counters;

#define INTERFACE_ROW                                                                              \
    {                                                                                              \
        "target", "an interface of the site file ('interface: NAME', 'vantage: HOST')", "",        \
            ND_TARGET, ND_OPT_REQUIRED | ND_OPT_SUBJECT, 1, 0, NULL, NULL                          \
    }
#define END_ROW                                                                                    \
    {                                                                                              \
        NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL                                                   \
    }

#endif
