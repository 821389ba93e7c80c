/* What the files of the links plugin share. */
#ifndef ND_PLUGINS_LINKS_H
#define ND_PLUGINS_LINKS_H
#include <netdrill/plugin.h>

#define WHY_BYTES 256

struct links {
    const struct nd_host *host;
};

/* One act under way, in the op's state: filled on the loop, worked on by the worker thread. */
struct act {
    struct links *self;
    struct nd_op *op;
    const struct nd_note *noted;
    void (*work)(struct act *act); /* on the worker thread, in the op's namespace */
    char interface[32], target[128];
    char guests[64], table[48], rule[256];
    int64_t lease_s;
    nd_err err;
    char why[WHY_BYTES];
    /* what plan_undo found */
    int ifindex, was_up;
    char *kept;                    /* kept.h; freed when the act is over */
    void (*over)(struct act *act); /* on the loop, before finish; may be NULL */
};

/* Lets act->work run and finishes the op with act->err. */
nd_err act_begin(struct links *self, struct nd_op *op, struct act *act);
/* The act of an op: zeroed the first time. */
struct act *act_of(struct links *self, struct nd_op *op);
nd_err act_fail(struct act *act, nd_err err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
const char *noted(const struct nd_note *notes, const char *key);
const char *fact(const struct nd_target *target, const char *key);

/* down.c: on the worker thread */
void down_look(struct act *act);
void down_set(struct act *act);
void down_undo(struct act *act);
void down_verify(struct act *act);
void down_prove(struct act *act);
/* rules.c: cut and lose */
void rules_look(struct act *act);
void rules_set(struct act *act);
void rules_undo(struct act *act);
void rules_verify(struct act *act);
void rules_prove(struct act *act);
void rules_renew(struct act *act);
/* admit.c */
void admit_look(struct act *act);
void admit_set(struct act *act);
void admit_renew(struct act *act);
void admit_undo(struct act *act);
void admit_verify(struct act *act);
void admit_prove(struct act *act);

#endif
