/* How many samples each verdict about a series rests on: its probes counted in the windows that the
 * verdicts asked about, as they are read. */
#ifndef ND_REPORT_MODEL_ASKED_H
#define ND_REPORT_MODEL_ASKED_H
#include "base/mem.h"
#include "record/samples.h"

#include <jansson.h>

struct nd_asked_window {
    json_t *verdict; /* borrowed of the model */
    nd_ns from, till;
    int64_t sent, answered;
};

struct nd_asked {
    struct ND_VEC(struct nd_asked_window) windows;
    nd_ns from, till; /* of all of them */
};

/* The windows of the model's verdicts about that series. t0: STARTEX on the run clock. */
void nd_asked_begin(struct nd_asked *asked, const json_t *model, int64_t series, nd_ns t0);
/* A slot, in any order; due: on the run clock. */
void nd_asked_add(struct nd_asked *asked, nd_ns due, int32_t outcome);
/* Adds "samples" (probes sent; of a statistic of values those answered) and "service" to each of
 * the verdicts. */
void nd_asked_tell(const struct nd_asked *asked, const struct nd_series_info *info);
void nd_asked_deinit(struct nd_asked *asked);

#endif
