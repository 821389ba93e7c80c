/* Regulatory clocks as they are played; internal to core/run.
 *
 *   an event occurs -> open -> met | missed -> late
 *   and from open: closed
 *
 * Their moments are the drill's, as those of injects are. */
#ifndef ND_RUN_DUTY_H
#define ND_RUN_DUTY_H
#include "base/mem.h"
#include "base/units.h"
#include "run/run.h"

enum nd_duty_state {
    ND_DUTY_OPEN,
    ND_DUTY_MET,
    ND_DUTY_MISSED, /* still owed, unless it recurs */
    ND_DUTY_LATE,   /* met after it was missed */
    ND_DUTY_CLOSED  /* an event or the end of the drill came before it was due */
};

/* One clock of one duty. Its moments are the drill's: they stand still in pauses. */
struct nd_duty_run {
    struct nd_run *run;
    const struct nd_obligations *set;
    const struct nd_duty *duty;
    const char *id, *case_name; /* case_name "": the only one */
    const char *after;          /* event or duty that opened it */
    int64_t number;             /* of this duty in this case, from 1 */
    bool again;                 /* opened by the one before, which recurs */
    enum nd_duty_state state;
    nd_ns opened, due, done;  /* due -1: no limit; done -1: not yet */
    nd_ns limit;              /* as played; 0: none */
    nd_ns look_next, look_at; /* run clock: of the next look, of this one's beginning */
    nd_ns arrived;            /* run clock: when, as a check says by a length; -1: none says so */
    nd_ns found_within;       /* how much before the moment told it may have been done, or after */
    const struct nd_script_answer *scripted; /* when and by whom a script meets it, or NULL */
    nd_timer timer, look_timer, script_timer;
    struct nd_task *look;
    char *look_why; /* why the last one failed, or NULL */
};

struct nd_planned_event_run {
    struct nd_run *run;
    const struct nd_obligations *set;
    const struct nd_planned_event *event;
    nd_timer timer;
    bool over;
};

struct nd_occurred {
    const struct nd_obligations *set;
    const char *event, *case_name;
    nd_ns at; /* moment */
};

struct nd_duties {
    struct ND_VEC(struct nd_duty_run *) list;
    struct ND_VEC(struct nd_planned_event_run) planned;
    struct ND_VEC(struct nd_occurred) occurred;
};

/* duty.c */
void nd_duties_begin(struct nd_run *run); /* at STARTEX, and when it is gone on with */
/* Moments wait: no clock runs out, no look begins. */
void nd_duties_hold(struct nd_run *run);
void nd_duties_go_on(struct nd_run *run);
void nd_duties_stop(struct nd_run *run); /* the drill is over: what runs is closed */
void nd_duties_free(struct nd_run *run);
json_t *nd_duties_json(const struct nd_run *run);
/* It can still be met, in time or late. */
bool nd_duty_is_owed(const struct nd_duty_run *duty);
/* data: who and what is known of it, taken over; may be NULL. */
void nd_event_occur(struct nd_run *run, const struct nd_obligations *set,
                    const struct nd_occasion *occasion, const char *case_name, const char *actor,
                    json_t *data);
/* duty_name.c, of injects: the event occurs, the duty is met; one whose clock does not run is left.
 */
void nd_inject_occurs(struct nd_run *run, const char *event, const char *inject);
void nd_inject_meets(struct nd_run *run, const char *duty, const char *by, const char *actor);
const char *nd_duty_state_name(enum nd_duty_state state);
/* How a duty is met. */
enum nd_met_how { ND_MET_PERSON, ND_MET_BODY, ND_MET_ANSWER, ND_MET_CHECK, ND_MET_SCRIPT };
/* done: moment at which it was. data: who and what is known of it, taken over; may be NULL. */
void nd_duty_done(struct nd_duty_run *duty, nd_ns done, enum nd_met_how how, const char *actor,
                  json_t *data);
void nd_duty_missed(struct nd_duty_run *duty);
/* duty_look.c */
bool nd_duty_has_check(const struct nd_duty_run *duty);
void nd_duty_look_arm(struct nd_duty_run *duty); /* the next look, if it has a check */
/* Its time is up: looks once more, if that can still be in time. False: there is nothing to look.
 */
bool nd_duty_look_last(struct nd_duty_run *duty);
/* value: what the check gave, NAN: nothing; length: it is how long ago the duty was done, in ns. */
void nd_duty_look_over(struct nd_duty_run *duty, bool failed, const char *why, double value,
                       bool length);
void nd_duty_look_stop(struct nd_duty_run *duty);

#endif
