/* What a set of values says: quantiles and means of the answers of a window. */
#ifndef ND_RUN_FOLD_H
#define ND_RUN_FOLD_H
#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>

/* Quantiles of any number of values in little memory, each within ND_SKETCH_ERROR of the value it
 * stands for: counts in logarithmic classes (the way of DDSketch, Masson et al., VLDB 2019). The
 * order of adding does not matter, so the same values always say the same. Embedded;
 * zero-initialise. */
#define ND_SKETCH_ERROR 0.005 /* relative */

struct nd_sketch_class {
    int32_t key;
    uint32_t count;
};

struct nd_sketch {
    struct ND_VEC(struct nd_sketch_class) classes; /* by key, ascending with the value */
    uint64_t count;
    double min, max;
};

void nd_sketch_deinit(struct nd_sketch *sketch);
/* value: finite. */
void nd_sketch_add(struct nd_sketch *sketch, double value);
/* Nearest rank, q 0 to 1; NAN when empty. 0 and 1 are exact. */
double nd_sketch_quantile(const struct nd_sketch *sketch, double q);

/* Nearest rank: the smallest value with at least q of the values at or below it. Sorts. */
double nd_fold_quantile(double *values, size_t count, double q);

#define ND_EXACT 100000 /* values that quantiles are exact for */

/* Values one after the other, in memory that does not grow with them beyond ND_EXACT. Embedded;
 * zero-initialise. */
struct nd_values {
    bool plain;                  /* set by the caller: no quantile but 0 and 1 will be asked for */
    struct ND_VEC(double) exact; /* up to ND_EXACT of them, then: */
    struct nd_sketch sketch;
    uint64_t count;
    double min, max, sum;
    double last, steps; /* magnitudes of consecutive differences, in sum */
    double rtp_jitter;  /* RFC 3550 §6.4.1, as of the last */
};

void nd_values_deinit(struct nd_values *values);
/* value: finite. */
void nd_values_add(struct nd_values *values, double value);
/* These of at least one value. uncertainty: that of a sketch, else 0. */
double nd_values_quantile(struct nd_values *values, double q, double *uncertainty);
double nd_values_mean(const struct nd_values *values);
/* Mean magnitude of consecutive differences (RFC 3393); 0 for fewer than two. */
double nd_values_jitter(const struct nd_values *values);

#endif
