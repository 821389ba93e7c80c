/* How a series keeps its slots: series.c fills them, series_ask.c reads them; nobody else. */
#ifndef ND_RUN_SERIES_ROWS_H
#define ND_RUN_SERIES_ROWS_H
#include "base/mem.h"
#include "run/fold.h"
#include "run/series.h"
#include "run/voice.h"

struct nd_extra {
    int64_t slot;
    double value;
};

struct nd_extras {
    const char *name, *unit;
    struct ND_VEC(struct nd_extra) rows; /* by slot */
};

/* 17 octets a slot: its number is the index, its due moment follows from the grid. */
struct nd_series {
    struct nd_series_info info;
    struct nd_arena arena;
    struct ND_VEC(nd_ns) sent;
    struct ND_VEC(double) value;
    struct ND_VEC(int8_t) outcome;
    struct ND_VEC(struct nd_extras) extras;
    struct nd_series_totals totals;
    struct nd_sketch sketch;
    struct nd_voice voice;
    bool closed;
};

static inline nd_ns nd_row_due(const struct nd_series *series, size_t slot)
{
    return series->info.opened + (nd_ns)slot * series->info.every;
}

static inline bool nd_row_answered(const struct nd_series *series, size_t slot)
{
    return series->outcome.at[slot] == ND_OUTCOME_ANSWERED;
}

static inline bool nd_row_sent(const struct nd_series *series, size_t slot)
{
    return series->outcome.at[slot] <= ND_OUTCOME_ANSWERED;
}

#endif
