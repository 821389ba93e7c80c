#include "report/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How long a series' interruptions were: counts, quantiles, and bins on a scale of powers. */

#define PER_DECADE 20   /* bins; a bin is 12 % wide */
#define LEAST      1000 /* ns: whatever is shorter stands in the first bin */
#define BINS       300

enum { ALL, INJECTED, UNEXPECTED, SORTS };

static int shorter(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Nearest rank, as nd_series_ask does. lengths: sorted. */
static json_t *rank_json(const int64_t *lengths, size_t count, double share)
{
    size_t rank = (size_t)ceil(share * (double)count);
    return count != 0 ? json_integer(lengths[rank > 0 ? rank - 1 : 0]) : json_null();
}

static json_t *sort_json(int64_t *lengths, size_t count)
{
    int64_t sum = 0;
    if (count != 0)
        qsort(lengths, count, sizeof *lengths, shorter);
    for (size_t i = 0; i < count; i++)
        sum += lengths[i];
    return json_pack("{s:I, s:o, s:o, s:o, s:I}", "count", (json_int_t)count, "p50_ns",
                     rank_json(lengths, count, 0.5), "p95_ns", rank_json(lengths, count, 0.95),
                     "longest_ns", rank_json(lengths, count, 1), "sum_ns", (json_int_t)sum);
}

static size_t bin_of(int64_t length)
{
    double bin = length > LEAST ? floor(PER_DECADE * log10((double)length / LEAST)) : 0;
    return bin < BINS ? (size_t)bin : BINS - 1;
}

void nd_model_lengths(json_t *series, const json_t *interruptions)
{
    static const char *const names[SORTS] = {"all", "injected", "unexpected"};
    size_t total = json_array_size(interruptions);
    int64_t *lengths[SORTS];
    size_t counts[SORTS] = {0};
    json_int_t bins[BINS][2] = {{0}};
    size_t i = 0;
    json_t *one = NULL;
    for (size_t s = 0; s < SORTS; s++)
        lengths[s] = nd_alloc((total + 1) * sizeof *lengths[s]);
    json_array_foreach(interruptions, i, one)
    {
        int64_t length = nd_int_of(one, "length_ns");
        bool injected = strcmp(nd_str_of(one, "class"), "injected") == 0;
        size_t sort = injected ? INJECTED : UNEXPECTED;
        lengths[ALL][counts[ALL]++] = length;
        lengths[sort][counts[sort]++] = length;
        bins[bin_of(length)][injected ? 0 : 1]++;
    }
    json_t *out = json_pack("{s:i, s:[]}", "per_decade", PER_DECADE, "bins");
    for (size_t s = 0; s < SORTS; s++) {
        json_object_set_new(out, names[s], sort_json(lengths[s], counts[s]));
        free(lengths[s]);
    }
    for (size_t b = 0; b < BINS; b++) {
        if (bins[b][0] + bins[b][1] != 0)
            json_array_append_new(json_object_get(out, "bins"),
                                  json_pack("[I, I, I]",
                                            (json_int_t)(LEAST * pow(10, (double)b / PER_DECADE)),
                                            bins[b][0], bins[b][1]));
    }
    json_object_set_new(series, "lengths", out);
}
