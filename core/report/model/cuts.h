/* The interruptions of a series while its samples are read: what kind each is of, how many and how
 * long they are in all, and the longest of them, in memory that does not grow with their number. */
#ifndef ND_REPORT_MODEL_CUTS_H
#define ND_REPORT_MODEL_CUTS_H
#include "record/rundir.h"
#include "report/model/force.h"
#include "report/model/lengths.h"
#include "run/tally.h"

#include <jansson.h>

/* All that the drill had in force. Moments on the run clock. */
struct nd_forces {
    struct ND_VEC(struct nd_force) changes; /* by start; end: the last of it and those before it */
    struct ND_VEC(struct nd_force) people;  /* faults that people made */
    nd_ns t0, run_end;
};

/* From the model's "changes" and "confirmations". forces: zeroed; the caller deinits it. t0 (T+0)
 * and run_end: on the run clock. */
void nd_forces_read(struct nd_forces *forces, const json_t *model, nd_ns t0, nd_ns run_end);
void nd_forces_deinit(struct nd_forces *forces);

struct nd_cut {
    struct nd_interruption is;
    nd_ns length, width; /* width: uncertainty */
    bool injected;       /* by the rule of force.h */
    bool people;         /* because people were making a fault */
    nd_ns next;          /* where the next one began, kept or not; -1: there was none */
};

/* What kind it is of, and what it may be off by; `next` is left for the caller. every, deadline: of
 * the series' probes, ns. one, forces: borrowed during the call. */
struct nd_cut nd_cut_of(const struct nd_interruption *one, const struct nd_forces *forces,
                        nd_ns every, nd_ns deadline);

struct nd_cuts {
    const struct nd_forces *forces; /* set by the caller, as are these */
    nd_ns every, deadline;
    size_t max; /* how many of the longest are kept */
    struct ND_VEC(struct nd_cut) kept;
    struct nd_cut last; /* told, not yet kept: what follows it is not known */
    int64_t count;
    struct nd_lengths lengths;
    nd_ns sum_width;    /* by how much all may be off together */
    int64_t forced;     /* of what injected ones lost: what the drill had in force lost it */
    nd_ns rest_width;   /* by how much the others may be off, and the rest of injected ones */
    int64_t forced_now; /* of the one under way, while a change was in force */
};

void nd_cuts_deinit(struct nd_cuts *cuts);
/* A probe sent then was lost; told before nd_tally_add is. */
void nd_cuts_lost(struct nd_cuts *cuts, nd_ns sent);
/* For nd_tally.interrupted; ctx: a struct nd_cuts. */
void nd_cuts_take(void *ctx, const struct nd_interruption *one);
/* Sets "lengths", "interruptions" (in order of time) and "interruptions_left" of a series of the
 * model. */
void nd_cuts_tell(struct nd_cuts *cuts, json_t *series);

/* Every interruption that the model's figures were made of, from the samples, so that none has to
 * be in memory: in the order in which they ended. entry, id: the series, as the model has it (it
 * may be packed); cut: borrowed during the call, its `next` is not told; t0: T+0. */
typedef void nd_cut_taker(void *ctx, const json_t *entry, int64_t id, const struct nd_cut *cut,
                          nd_ns t0);
nd_err nd_model_each_cut(const json_t *model, const struct nd_rundir *dir, nd_cut_taker *take,
                         void *ctx, struct nd_fail *why);

#endif
