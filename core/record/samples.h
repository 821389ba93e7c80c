/* samples.sqlite: every sample of every series as plain rows, written by a thread of its own in
 * batches. A crash loses at most the last batch; a full disk loses samples, says so (gaps), and
 * never holds up the caller.
 *
 *   series(id INTEGER PRIMARY KEY, name TEXT, label TEXT, plugin TEXT, verb TEXT, reading TEXT,
 *          unit TEXT, target TEXT, vantage TEXT, every_ns INTEGER, deadline_ns INTEGER,
 *          opened_ns INTEGER, options TEXT)
 *   kind(series INTEGER, name TEXT, unit TEXT)   -- the verb's further readings
 *   sample(series INTEGER, slot INTEGER, due_ns INTEGER, sent_ns INTEGER, outcome INTEGER,
 *          value REAL)          -- one row a slot; value NULL unless outcome is 0
 *   reading(series INTEGER, slot INTEGER, name TEXT, value REAL)   -- the verb's further readings
 *   gap(from_ns INTEGER, till_ns INTEGER, rows INTEGER, why TEXT)  -- rows that could not be kept
 *
 * Moments are on the run clock. outcome: 0 answered, 1 not sent (slot missed by us), else the
 * negative nd_err the probe ended with. */
#ifndef ND_RECORD_SAMPLES_H
#define ND_RECORD_SAMPLES_H
#include "base/err.h"

#include <stdbool.h>

#define ND_OUTCOME_ANSWERED 0
#define ND_OUTCOME_NOT_SENT 1
#define ND_OUTCOME_NOT_KEPT 2 /* never stored: what a gap leaves when samples are read back */

struct nd_series_info {
    int64_t id;
    const char *name;     /* unique within the run, such as "reach.icmp web" */
    const char *label;    /* the coordinator's words, or NULL */
    const char *label_zh; /* in Chinese, NULL: as label */
    const char *plugin, *verb, *reading, *unit, *target, *vantage; /* target, vantage: or NULL */
    nd_ns every, deadline, opened;
    const char *options; /* the verb's, as JSON */
};

struct nd_sample {
    int64_t series, slot;
    nd_ns due, sent; /* sent: 0 when not sent */
    int32_t outcome;
    double value; /* in the reading's unit; NAN unless answered */
};

struct nd_samples;

/* Creates path, or goes on with it: series are numbered by the caller. */
struct nd_samples *nd_samples_create(const char *path, struct nd_fail *why);
/* Writes what is queued, joins the thread. rows_lost may be NULL. */
void nd_samples_close(struct nd_samples *samples, int64_t *rows_lost);
void nd_samples_add_series(struct nd_samples *samples, const struct nd_series_info *info);
void nd_samples_add_kind(struct nd_samples *samples, int64_t series, const char *name,
                         const char *unit);
void nd_samples_add(struct nd_samples *samples, const struct nd_sample *sample);
void nd_samples_add_reading(struct nd_samples *samples, int64_t series, int64_t slot,
                            const char *name, double value);

/* Takes in the log that a dead writer left: one file to hash and to hand on. What cannot be done is
 * left as it is. */
void nd_samples_rest(const char *path);

/* Reading, for the report: borrowed pointers are good within the call back. */
nd_err nd_samples_read_series(const char *path, void (*fn)(void *, const struct nd_series_info *),
                              void *ctx, struct nd_fail *why);
/* In order of (due, slot). */
nd_err nd_samples_read(const char *path, int64_t series,
                       void (*fn)(void *, const struct nd_sample *), void *ctx,
                       struct nd_fail *why);
/* All samples, or the first `most` of them, in the order in which they were measured, so those of a
 * series in order of their slots; needs no index, and memory for one row. Their `due` is left 0: it
 * follows from the grid. fn returns whether to go on. */
struct nd_samples_scan {
    int64_t most; /* INT64_MAX: all there are by now */
    bool values;  /* else all are NAN, which is quicker */
    int64_t read; /* out: how many were read: so many are the same when they are read again */
};
nd_err nd_samples_scan(const char *path, struct nd_samples_scan *scan,
                       bool (*fn)(void *, const struct nd_sample *), void *ctx,
                       struct nd_fail *why);
nd_err nd_samples_read_gaps(const char *path,
                            void (*fn)(void *, nd_ns from, nd_ns till, int64_t rows,
                                       const char *text),
                            void *ctx, struct nd_fail *why);

#endif
