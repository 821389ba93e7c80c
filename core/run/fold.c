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

double nd_fold_mean(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

double nd_fold_deviation(const double *values, size_t count)
{
    double middle = nd_fold_mean(values, count);
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (values[i] - middle) * (values[i] - middle);
    return sqrt(sum / (double)count);
}

double nd_fold_jitter(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 1; i < count; i++)
        sum += fabs(values[i] - values[i - 1]);
    return count > 1 ? sum / (double)(count - 1) : 0;
}
