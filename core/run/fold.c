#include "run/fold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- sketch ---- */

#define GAMMA ((1 + ND_SKETCH_ERROR) / (1 - ND_SKETCH_ERROR))
#define BIAS  (1 << 20) /* more than any class number: magnitudes have one sign */
#define LEAST 1e-300    /* what is smaller counts as nothing */

static int32_t key_of(double value)
{
    double magnitude = fabs(value);
    if (magnitude < LEAST)
        return 0;
    int32_t number = (int32_t)ceil(log(magnitude) / log(GAMMA)) + BIAS;
    return value > 0 ? number : -number;
}

/* The middle of a class: no value of it is further than ND_SKETCH_ERROR of itself. */
static double value_of(int32_t key)
{
    if (key == 0)
        return 0;
    double magnitude = 2 * pow(GAMMA, abs(key) - BIAS) / (GAMMA + 1);
    return key > 0 ? magnitude : -magnitude;
}

void nd_sketch_deinit(struct nd_sketch *sketch)
{
    nd_vec_free(&sketch->classes);
}

void nd_sketch_add(struct nd_sketch *sketch, double value)
{
    int32_t key = key_of(value);
    size_t low = 0;
    size_t high = sketch->classes.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sketch->classes.at[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == sketch->classes.count || sketch->classes.at[low].key != key) {
        nd_vec_push(&sketch->classes, (struct nd_sketch_class){0, 0});
        memmove(sketch->classes.at + low + 1, sketch->classes.at + low,
                (sketch->classes.count - 1 - low) * sizeof *sketch->classes.at);
        sketch->classes.at[low] = (struct nd_sketch_class){key, 0};
    }
    sketch->classes.at[low].count++;
    sketch->min = sketch->count == 0 || value < sketch->min ? value : sketch->min;
    sketch->max = sketch->count == 0 || value > sketch->max ? value : sketch->max;
    sketch->count++;
}

double nd_sketch_quantile(const struct nd_sketch *sketch, double q)
{
    if (sketch->count == 0)
        return NAN;
    uint64_t rank = (uint64_t)ceil(q * (double)sketch->count);
    uint64_t seen = 0;
    if (rank <= 1)
        return sketch->min;
    if (rank >= sketch->count)
        return sketch->max;
    size_t i = 0;
    while (seen + sketch->classes.at[i].count < rank)
        seen += sketch->classes.at[i++].count;
    double value = value_of(sketch->classes.at[i].key);
    return fmin(fmax(value, sketch->min), sketch->max);
}

/* ---- plain ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double nd_fold_quantile(double *values, size_t count, double q)
{
    qsort(values, count, sizeof *values, by_value);
    size_t rank = (size_t)ceil(q * (double)count);
    return values[rank > 0 ? rank - 1 : 0];
}

/* ---- one after the other ---- */

void nd_values_deinit(struct nd_values *values)
{
    nd_vec_free(&values->exact);
    nd_sketch_deinit(&values->sketch);
}

static void keep(struct nd_values *values, double value)
{
    if (values->count <= ND_EXACT) {
        nd_vec_push(&values->exact, value);
        return;
    }
    for (size_t i = 0; i < values->exact.count; i++)
        nd_sketch_add(&values->sketch, values->exact.at[i]);
    nd_vec_free(&values->exact);
    nd_sketch_add(&values->sketch, value);
}

void nd_values_add(struct nd_values *values, double value)
{
    if (values->count++ == 0) {
        values->min = values->max = value;
    } else {
        double step = fabs(value - values->last);
        values->min = value < values->min ? value : values->min;
        values->max = value > values->max ? value : values->max;
        values->steps += step;
        values->rtp_jitter += (step - values->rtp_jitter) / 16;
    }
    values->last = value;
    values->sum += value;
    if (!values->plain)
        keep(values, value);
}

double nd_values_quantile(struct nd_values *values, double q, double *uncertainty)
{
    *uncertainty = 0;
    if (q <= 0)
        return values->min;
    if (q >= 1)
        return values->max;
    if (values->count <= ND_EXACT)
        return nd_fold_quantile(values->exact.at, values->exact.count, q);
    double value = nd_sketch_quantile(&values->sketch, q);
    *uncertainty = fabs(value) * ND_SKETCH_ERROR;
    return value;
}

double nd_values_mean(const struct nd_values *values)
{
    return values->sum / (double)values->count;
}

double nd_values_jitter(const struct nd_values *values)
{
    return values->count > 1 ? values->steps / (double)(values->count - 1) : 0;
}
