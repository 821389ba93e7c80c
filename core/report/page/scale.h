/* The axis of a bullet chart: from where to where, and whether by tenfolds, so that the value and
 * its limit are both seen. Pure: nothing is drawn here. */
#ifndef ND_REPORT_PAGE_SCALE_H
#define ND_REPORT_PAGE_SCALE_H
#include <stdbool.h>

/* What has to be seen on it, all in one unit. value: NAN: none, or INFINITY; width: its
 * uncertainty, 0 or more; limit, and warn where there is one (else NAN): finite. */
struct nd_scale_want {
    double value, width, limit, warn;
    bool share; /* of 0 to 1 */
    bool time;  /* in ns: its ends are round in seconds, minutes and hours */
};

struct nd_scale {
    double from, to; /* from < to; by tenfolds: both above 0 */
    bool tenfolds;
};

/* Linear, from 0 where nothing is below 0; from closer to 1 for shares that all lie close to it; by
 * tenfolds where value and limit differ by more than 20 times, over six tenfolds at most: a value
 * further away is off the scale. */
struct nd_scale nd_scale_for(const struct nd_scale_want *want);

/* The next round number on it after that one; NAN: none, or the scale is linear. */
double nd_scale_tenfold(const struct nd_scale *scale, double after, bool time);

enum nd_scale_side { ND_SCALE_BELOW = -1, ND_SCALE_ON, ND_SCALE_ABOVE };

/* Where a value stands: 0 (from) to 1 (to); one off the scale stands at its end. side: may be NULL.
 * value: no NAN. */
double nd_scale_at(const struct nd_scale *scale, double value, enum nd_scale_side *side);

#endif
