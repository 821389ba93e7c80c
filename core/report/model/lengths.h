/* How long a series' interruptions were: counts, quantiles, and bins on a scale of powers, while
 * they are told one after the other. */
#ifndef ND_REPORT_MODEL_LENGTHS_H
#define ND_REPORT_MODEL_LENGTHS_H
#include "base/err.h"
#include "run/fold.h"

#include <jansson.h>

enum nd_lengths_sort { ND_LENGTHS_ALL, ND_LENGTHS_INJECTED, ND_LENGTHS_UNEXPECTED, ND_LENGTHS };

struct nd_length_bin {
    size_t number;
    int64_t counts[2]; /* injected, unexpected */
    int64_t sums[2];   /* ns, of those */
};

/* Embedded; zero-initialise. */
struct nd_lengths {
    struct nd_values values[ND_LENGTHS];
    int64_t sums[ND_LENGTHS];
    struct ND_VEC(struct nd_length_bin) bins; /* by number */
};

void nd_lengths_deinit(struct nd_lengths *lengths);
void nd_lengths_add(struct nd_lengths *lengths, nd_ns length, bool injected);
/* "lengths" of a series. Caller drops. */
json_t *nd_lengths_json(struct nd_lengths *lengths);
/* How many values it holds in memory. */
size_t nd_lengths_held(const struct nd_lengths *lengths);

#endif
