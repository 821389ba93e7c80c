#include "report/page/scale.h"

#include <math.h>
#include <stddef.h>

#define ROOM         1.15 /* so much longer than what has to be seen */
#define FAR_APART    20.0 /* value and limit: then by tenfolds */
#define TENFOLDS_MAX 6
#define CLOSE_TO_ONE 0.9

/* Round numbers, each after the other: powers of ten; of lengths of time, in ns, 1 ns, 10 ns, ...
 * 10 s, 1 min, 10 min, 1 h, 10 h, 100 h, ... */
static double unit_after(double unit, bool time)
{
    static const struct {
        double below, next;
    } lengths[] = {{5e10, 6e10}, {5e11, 6e11}, {3e12, 3.6e12}};
    for (size_t i = 0; time && unit > 9e9 && i < sizeof lengths / sizeof lengths[0]; i++) {
        if (unit < lengths[i].below)
            return lengths[i].next;
    }
    return unit * 10;
}

/* The largest that is not more than the value. */
static double unit_of(double value, bool time)
{
    double unit = pow(10, floor(log10(value) + 1e-9));
    if (!time || unit < 9e9)
        return unit;
    unit = 1e10;
    while (unit_after(unit, true) <= value * (1 + 1e-9))
        unit = unit_after(unit, true);
    return unit;
}

/* The next of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times such a unit that is not less. */
static double rounded_up(double value, bool time)
{
    static const double steps[] = {1, 1.5, 2, 2.5, 3, 4, 5, 6, 8};
    double unit = unit_of(value, time);
    double next = unit_after(unit, time);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (value <= steps[i] * unit * (1 + 1e-9) && steps[i] * unit < next)
            return steps[i] * unit;
    }
    return next;
}

struct range {
    double least, most;
};

static void take(struct range *range, double value)
{
    if (!isfinite(value))
        return;
    range->least = fmin(range->least, value);
    range->most = fmax(range->most, value);
}

static struct range range_of(const struct nd_scale_want *want)
{
    struct range range = {want->limit, want->limit};
    take(&range, want->warn);
    take(&range, want->value - want->width);
    take(&range, want->value + want->width);
    if (want->share) /* there is nothing beyond, whatever the uncertainty */
        range = (struct range){fmax(range.least, 0), fmin(range.most, 1)};
    return range;
}

static struct nd_scale of_shares(const struct range *range)
{
    double left = 1 - range->least;
    if (range->least >= CLOSE_TO_ONE && left > 0)
        return (struct nd_scale){1 - rounded_up(left * 2, false), 1, false};
    double most = range->most > 0 ? range->most * ROOM : 0.01;
    return (struct nd_scale){0, most >= 1 ? 1 : fmin(rounded_up(most, false), 1), false};
}

/* Six tenfolds, those next to the limit; the value may be off the scale then. */
static struct nd_scale of_tenfolds(const struct nd_scale_want *want)
{
    double from = unit_of(fmin(want->value, want->limit) / ROOM, want->time);
    double to = unit_after(unit_of(fmax(want->value, want->limit) * ROOM, want->time), want->time);
    double most = pow(10, TENFOLDS_MAX);
    if (to / from > most * (1 + 1e-9)) {
        from = want->value < want->limit ? to / most : from;
        to = want->value < want->limit ? to : from * most;
    }
    return (struct nd_scale){from, to, true};
}

struct nd_scale nd_scale_for(const struct nd_scale_want *want)
{
    const struct range range = range_of(want);
    if (want->share)
        return of_shares(&range);
    if (isfinite(want->value) && want->value > 0 && want->limit > 0 &&
        fmax(want->value, want->limit) > FAR_APART * fmin(want->value, want->limit))
        return of_tenfolds(want);
    double from = range.least < 0 ? -rounded_up(-range.least * ROOM, want->time) : 0;
    double to = range.most > 0 ? rounded_up(range.most * ROOM, want->time) : from < 0 ? 0 : 1;
    return (struct nd_scale){from, to, false};
}

double nd_scale_tenfold(const struct nd_scale *scale, double after, bool time)
{
    double next = unit_after(unit_of(after, time), time);
    return scale->tenfolds && next < scale->to * (1 - 1e-9) ? next : (double)NAN;
}

double nd_scale_at(const struct nd_scale *scale, double value, enum nd_scale_side *side)
{
    enum nd_scale_side where = value < scale->from ? ND_SCALE_BELOW
                               : value > scale->to ? ND_SCALE_ABOVE
                                                   : ND_SCALE_ON;
    if (side != NULL)
        *side = where;
    if (where != ND_SCALE_ON)
        return where == ND_SCALE_ABOVE;
    return scale->tenfolds ? log(value / scale->from) / log(scale->to / scale->from)
                           : (value - scale->from) / (scale->to - scale->from);
}
