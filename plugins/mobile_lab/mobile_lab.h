/* What the files of the mobile_lab plugin share. */
#ifndef ND_PLUGINS_MOBILE_LAB_H
#define ND_PLUGINS_MOBILE_LAB_H
#include "../common/probe.h"

#define WHY_BYTES   256
#define REPLY_BYTES 1024
#define THINGS_MAX  65 /* a network and all its cells */
#define DELTA_BYTES 160

struct mobile_lab {
    const struct nd_host *host;
    char program[512]; /* path of netdrill-mobile */
};

/* A network or cell of the simulated network, and the settings of it that an act changes. */
struct thing {
    char name[80];                                /* "cell yi-1" */
    char before[DELTA_BYTES], after[DELTA_BYTES]; /* "key=value key=value", the same keys */
};

/* One act under way: filled on the loop, worked on by the worker thread. */
struct act {
    struct mobile_lab *self;
    struct nd_op *op;
    void (*work)(struct act *act);
    void (*over)(struct act *act); /* on the loop, before finish; may be NULL */
    const struct nd_target *target, *victim;
    int64_t method, percent, seconds;
    char dir[256], plmn[8];
    int fd; /* to the control socket; -1: nobody serves there */
    struct thing things[THINGS_MAX];
    int count;
    char reply[REPLY_BYTES];
    const char *argv[7];
    nd_err err;
    char why[WHY_BYTES];
};

nd_err act_fail(struct act *act, nd_err err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* acts.c: on the worker thread. */
/* One line to the control socket, its answer behind "ok" in act->reply; else act fails. */
nd_err act_ask(struct act *act, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void plan_fail(struct act *act);
void plan_core(struct act *act);
void plan_open(struct act *act);
void plan_bar(struct act *act);
void act_apply(struct act *act);
void act_undo(struct act *act);
void act_verify(struct act *act);
void act_prove(struct act *act);
void act_census(struct act *act);
void act_spawn(struct act *act);
void act_end(struct act *act);
/* The value of a key among words; "" when it is not there. Returns whether it is. */
int word_value(const char *words, const char *key, char *value, size_t bytes);

/* The ways in which a network is opened to another's subscribers (enum of `method`). */
enum { OPEN_MINT, OPEN_PLMN, OPEN_NATIONAL, OPEN_EMERGENCY };

#endif
