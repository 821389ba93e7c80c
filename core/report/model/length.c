#include "report/model/lengths.h"
#include "report/model/model.h"

#include <math.h>
#include <string.h>

#define PER_DECADE 20   /* bins; a bin is 12 % wide */
#define LEAST      1000 /* ns: whatever is shorter stands in the first bin */
#define BINS       300

void nd_lengths_deinit(struct nd_lengths *lengths)
{
    for (size_t s = 0; s < ND_LENGTHS; s++)
        nd_values_deinit(&lengths->values[s]);
    nd_vec_free(&lengths->bins);
}

size_t nd_lengths_held(const struct nd_lengths *lengths)
{
    size_t held = 0;
    for (size_t s = 0; s < ND_LENGTHS; s++)
        held += lengths->values[s].exact.count;
    return held;
}

static size_t number_of(nd_ns length)
{
    double bin = length > LEAST ? floor(PER_DECADE * log10((double)length / LEAST)) : 0;
    return bin < BINS ? (size_t)bin : BINS - 1;
}

static struct nd_length_bin *bin_of(struct nd_lengths *lengths, nd_ns length)
{
    size_t number = number_of(length);
    size_t i = 0;
    while (i < lengths->bins.count && lengths->bins.at[i].number < number)
        i++;
    if (i == lengths->bins.count || lengths->bins.at[i].number != number) {
        nd_vec_push(&lengths->bins, (struct nd_length_bin){0});
        memmove(&lengths->bins.at[i + 1], &lengths->bins.at[i],
                (lengths->bins.count - 1 - i) * sizeof *lengths->bins.at);
        lengths->bins.at[i] = (struct nd_length_bin){.number = number};
    }
    return &lengths->bins.at[i];
}

void nd_lengths_add(struct nd_lengths *lengths, nd_ns length, bool injected)
{
    enum nd_lengths_sort sort = injected ? ND_LENGTHS_INJECTED : ND_LENGTHS_UNEXPECTED;
    nd_values_add(&lengths->values[ND_LENGTHS_ALL], (double)length);
    nd_values_add(&lengths->values[sort], (double)length);
    lengths->sums[ND_LENGTHS_ALL] += length;
    lengths->sums[sort] += length;
    struct nd_length_bin *bin = bin_of(lengths, length);
    bin->counts[injected ? 0 : 1]++;
    bin->sums[injected ? 0 : 1] += length;
}

static json_t *rank_json(struct nd_values *values, double q)
{
    double uncertainty = 0;
    return values->count != 0
               ? json_integer((json_int_t)nd_values_quantile(values, q, &uncertainty))
               : json_null();
}

static json_t *sort_json(struct nd_values *values, int64_t sum)
{
    return json_pack("{s:I, s:o, s:o, s:o, s:I}", "count", (json_int_t)values->count, "p50_ns",
                     rank_json(values, 0.5), "p95_ns", rank_json(values, 0.95), "longest_ns",
                     rank_json(values, 1), "sum_ns", (json_int_t)sum);
}

static json_t *bin_json(const struct nd_length_bin *bin)
{
    json_int_t low = (json_int_t)(LEAST * pow(10, (double)bin->number / PER_DECADE));
    json_t *out =
        json_pack("[I, I, I]", low, (json_int_t)bin->counts[0], (json_int_t)bin->counts[1]);
    for (size_t kind = 0; kind < 2; kind++)
        json_array_append_new(
            out, json_integer(bin->counts[kind] != 0 ? bin->sums[kind] / bin->counts[kind] : 0));
    return out;
}

json_t *nd_lengths_json(struct nd_lengths *lengths)
{
    static const char *const names[ND_LENGTHS] = {"all", "injected", "unexpected"};
    json_t *out = json_pack("{s:i, s:[]}", "per_decade", PER_DECADE, "bins");
    for (size_t s = 0; s < ND_LENGTHS; s++)
        json_object_set_new(out, names[s], sort_json(&lengths->values[s], lengths->sums[s]));
    for (size_t i = 0; i < lengths->bins.count; i++) {
        const struct nd_length_bin *bin = &lengths->bins.at[i];
        json_array_append_new(json_object_get(out, "bins"), bin_json(bin));
    }
    return out;
}
