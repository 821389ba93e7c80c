#include "run/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Looks: a body that tells whether a duty is met, run again and again while its clock runs, and
 * once more when it is due. What counts is when a look began: one that began in time and finds the
 * duty met makes it met, however long it took. A check that gives a length tells the moment itself:
 * so long before its look began. What was done before the clock began is not it. */

static const struct nd_duty_check *check_of(const struct nd_duty_run *duty)
{
    for (size_t i = 0; i < duty->set->checks_count; i++) {
        if (strcmp(duty->set->checks[i].duty, duty->duty->id) == 0)
            return &duty->set->checks[i];
    }
    return NULL;
}

bool nd_duty_has_check(const struct nd_duty_run *duty)
{
    return check_of(duty) != NULL;
}

static void begin_look(struct nd_duty_run *duty)
{
    struct nd_run *run = duty->run;
    duty->look_at = nd_run_now(run);
    duty->look = nd_task_new(run, check_of(duty)->body);
    duty->look->duty = duty;
    nd_task_queue(duty->look);
}

static void look_due(void *ctx)
{
    struct nd_duty_run *duty = ctx;
    duty->look_timer = 0;
    duty->look_next += duty->set->every;
    nd_duty_look_arm(duty);
    if (duty->look == NULL)
        begin_look(duty);
}

void nd_duty_look_arm(struct nd_duty_run *duty)
{
    struct nd_run *run = duty->run;
    if (!nd_duty_has_check(duty) || !nd_duty_is_owed(duty) || duty->look_timer != 0)
        return;
    if (duty->look_next < nd_run_now(run))
        duty->look_next = nd_run_now(run);
    duty->look_timer = nd_sched_at(run->config.sched, duty->look_next, look_due, duty);
}

bool nd_duty_look_last(struct nd_duty_run *duty)
{
    if (!nd_duty_has_check(duty))
        return false;
    if (duty->look == NULL)
        begin_look(duty);
    return true;
}

/* From when on a thing done can be this duty. The one before was met by the report that a check may
 * still see, at a moment that it tells a little otherwise each time: what came within `every` of it
 * is taken for the same. */
static nd_ns counts_from(const struct nd_duty_run *duty)
{
    const struct nd_run *run = duty->run;
    for (size_t i = 0; duty->again && i < run->duties.list.count; i++) {
        const struct nd_duty_run *one = run->duties.list.at[i];
        if (one->set == duty->set && one->duty == duty->duty && one->number == duty->number - 1 &&
            strcmp(one->case_name, duty->case_name) == 0 && one->state == ND_DUTY_MET)
            return duty->opened + duty->set->every;
    }
    return duty->opened;
}

/* The moment at which a look found the duty done, -1: it did not. ago: what the check gave, a
 * length. A duty that is missed already cannot have been done in time: its look tells. */
static nd_ns found_at(struct nd_duty_run *duty, double value, bool ago)
{
    nd_ns looked = nd_run_moment(duty->run, duty->look_at);
    duty->arrived = -1;
    if (isnan(value) || (!ago && value == 0))
        return -1;
    if (!ago)
        return looked;
    if (value < 0 || value > (double)duty->look_at)
        return -1;
    nd_ns at = nd_run_moment(duty->run, duty->look_at - (nd_ns)value);
    if (at < counts_from(duty))
        return -1;
    duty->arrived = duty->look_at - (nd_ns)value;
    return duty->state == ND_DUTY_MISSED && at <= duty->due ? looked : at;
}

void nd_duty_look_over(struct nd_duty_run *duty, bool failed, const char *why, double value,
                       bool length)
{
    nd_ns found = failed ? -1 : found_at(duty, value, length);
    free(duty->look_why);
    duty->look_why = failed ? nd_strdup(why) : NULL;
    if (!nd_duty_is_owed(duty))
        return;
    duty->found_within = length ? nd_run_now(duty->run) - duty->look_at : duty->set->every;
    if (found >= 0)
        nd_duty_done(duty, found, ND_MET_CHECK, NULL, NULL);
    else if (duty->state == ND_DUTY_OPEN && duty->due >= 0 && duty->timer == 0)
        nd_duty_missed(duty); /* its time was up while it looked */
}

void nd_duty_look_stop(struct nd_duty_run *duty)
{
    nd_sched_cancel(duty->run->config.sched, duty->look_timer);
    duty->look_timer = 0;
    if (duty->look != NULL)
        nd_task_drop(duty->look);
    duty->look = NULL;
}
