/* The columns of a series' strip, while its samples are read: the drill's length in so many of
 * them, each with how many probes were sent, lost and not sent, the values' range and their 95th
 * percentile (nearest rank, within 1.6 %: counted in 32 bins an octave, of bounded memory). */
#ifndef ND_REPORT_MODEL_STRIP_H
#define ND_REPORT_MODEL_STRIP_H
#include "record/samples.h"

#include <jansson.h>

struct nd_strip {
    nd_ns opened, every; /* of the series: the moment of slot 0, and the interval */
    nd_ns t0, span;      /* of the drill: its start, and its length, more than 0 */
    int64_t columns;     /* in that length */
    json_t *list;        /* as in the model; set by nd_strip_begin, dropped by the caller */
    int64_t now;         /* column under way; -1: none */
    nd_ns next;          /* its end, from t0 */
    int64_t sent, lost, missed;
    double low, high;
    uint32_t *bins; /* of the column under way; from begin to end */
};

/* Paired with nd_strip_end, which may come twice. */
void nd_strip_begin(struct nd_strip *strip);
/* In order of the slots. Those that are left out count as not kept: their columns stand empty. */
void nd_strip_add(struct nd_strip *strip, const struct nd_sample *sample);
void nd_strip_skip(struct nd_strip *strip, int64_t slot, int64_t till);
void nd_strip_end(struct nd_strip *strip);

#endif
