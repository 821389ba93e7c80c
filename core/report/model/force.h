/* What of the drill's own doing may have begun an interruption: the one rule that interruptions,
 * faults and availabilities share ("Injected" in docs/report.md). Moments of one clock, whichever
 * it is. */
#ifndef ND_REPORT_MODEL_FORCE_H
#define ND_REPORT_MODEL_FORCE_H
#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>

/* When a change was in force, or people were making a fault. */
struct nd_force {
    nd_ns start;
    nd_ns end; /* read back as before, or people had said yes; INT64_MAX: it stayed */
};

/* When an interruption may have begun, one probe interval earlier. */
struct nd_edge {
    nd_ns since, till;
};

/* before: the last good probe was sent, or an interval before `from` when there was none. from: the
 * first lost one was. till: the next good one was, or -1. */
struct nd_edge nd_edge_of(nd_ns before, nd_ns from, nd_ns till, nd_ns every, nd_ns deadline);

static inline bool nd_edge_meets(const struct nd_edge *edge, const struct nd_force *force)
{
    return force->start <= edge->till && force->end >= edge->since;
}

/* Of an entry of the model's "changes"; false: it was never made, or it is the lab's building. From
 * T+0. */
bool nd_force_of_change(const json_t *change, struct nd_force *force);
/* Of an entry of its "confirmations"; false: it made no fault. From T+0. */
bool nd_force_of_people(const json_t *confirmation, struct nd_force *force);

/* Sets "fault" in those of the model's "confirmations" by which people made one: the first yes in a
 * step that the plan calls a fault and that changed nothing by itself. plan: may be NULL. */
void nd_people_made(json_t *model, const json_t *plan);

#endif
