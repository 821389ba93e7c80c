/* What the journal of a run has that an observation may name: its injects, the observations that
 * were made while it lived, and when what was. */
#ifndef ND_CLI_OBSERVED_H
#define ND_CLI_OBSERVED_H
#include "record/rundir.h"

#include <jansson.h>
#include <stdbool.h>

struct nd_played {
    nd_ns t0;        /* STARTEX on the run clock; -1: the drill has not begun */
    int64_t wall_ns; /* the same by the wall clock */
    nd_ns last;      /* the last event, from STARTEX, ns */
    int offset_min;  /* of the place's time, minutes east of UTC */
    json_t *injects; /* {id: null} of those that events tell of */
    json_t *authors; /* {number: by} */
};

/* Caller deinits in either case. */
nd_err nd_played_read(struct nd_played *played, const struct nd_rundir *dir, struct nd_fail *why);
void nd_played_deinit(struct nd_played *played);

/* The moment that "T+00:20", "14:05", "14:05:30" or "2026-11-25T14:05" names, the last three by the
 * clock of the place where the run was played; a time of day is the first one from STARTEX on.
 * lives: the drill is not over yet. moment: from STARTEX, ns, pauses counted, as the report prints
 * it. ND_EARG: no such text, or not within the run. */
nd_err nd_played_moment(const struct nd_played *played, const char *text, bool lives, nd_ns *moment,
                        struct nd_fail *why);

#endif
