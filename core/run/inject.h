/* Injects as they are played; internal to core/run.
 *
 *   waiting -> pending (its moment is known) -> open (fired) -> answered | delivered | expired
 *   and from waiting, pending and open (while undelivered): skipped, not_needed, cancelled
 *
 * All its moments are moments of the drill, whose clock stands still in pauses, so that a pause
 * takes its timers away and the end of the pause sets them anew. */
#ifndef ND_RUN_INJECT_H
#define ND_RUN_INJECT_H
#include "run/internal.h"

enum nd_inject_state {
    ND_INJECT_WAITING,
    ND_INJECT_PENDING,
    ND_INJECT_OPEN,
    ND_INJECT_ANSWERED,
    ND_INJECT_DELIVERED, /* and nothing was waited for */
    ND_INJECT_EXPIRED,
    ND_INJECT_SKIPPED,
    ND_INJECT_NOT_NEEDED,
    ND_INJECT_CANCELLED
};

struct nd_recipient {
    struct nd_inject_run *inject;
    const char *name;
    struct nd_call *call; /* while it is being delivered */
    const char *reference;
    nd_ns delivered, acknowledged, answered; /* moments of the drill, -1: not yet */
    bool failed;                             /* the last attempt */
    const char *why;                         /* of that, or NULL */
    const struct nd_script_answer *scripted;
    nd_ns script_ack, script_answer; /* moments, -1: none */
    nd_timer ack_timer, answer_timer;
};

struct nd_inject_run {
    struct nd_run *run;
    const struct nd_inject *inject;
    enum nd_inject_state state;
    bool adhoc;
    bool aside;                   /* no phase waits for it, but the run does */
    bool by_hand;                 /* a controller hands it over, whatever its channel */
    bool unreleased;              /* it was over in a pause: what waits for it goes on after it */
    nd_ns planned, fired, opened; /* moments of the drill; -1. opened: the first delivery */
    nd_ns fired_clock;            /* run clock */
    bool expired;                 /* nobody reacted in time; its body may still be running */
    nd_timer timer, expiry;
    struct nd_recipient *recipients;
    size_t attempts;                     /* of delivering, to make references unique */
    const struct nd_recipient *answerer; /* whose answer counts */
    const char *choice, *text, *by;      /* by: also who acknowledged, where that was enough */
    nd_ns reacted;                       /* moment of the reaction that closed it; -1 */
    struct nd_step_run act;
};

bool nd_inject_over(const struct nd_inject_run *inject);
const char *nd_inject_state_name(enum nd_inject_state state);
struct nd_inject_run *nd_inject_run_find(const struct nd_run *run, const char *id);
/* Always ND_EARG: there is none of that id (may be NULL), and which one may have been meant. */
nd_err nd_inject_unknown(const struct nd_run *run, const char *id, struct nd_fail *why);
struct nd_inject_run *nd_inject_run_new(struct nd_run *run, const struct nd_inject *plan);

/* inject.c */
void nd_inject_fire(struct nd_inject_run *inject, const char *actor, json_t *data);
void nd_inject_settle(struct nd_inject_run *inject); /* something of it ended: is it over? */
/* Over for another reason than a reaction. data: taken over. */
void nd_inject_end(struct nd_inject_run *inject, enum nd_inject_state state, const char *actor,
                   json_t *data);
/* Its timers, where the drill is not paused. */
void nd_inject_set_timers(struct nd_inject_run *inject);
void nd_inject_cancel_timers(struct nd_inject_run *inject);
/* Its moment: journalled, and the timer set. */
void nd_inject_schedule(struct nd_inject_run *inject, nd_ns moment);

/* Its moment, or what it waits for; phase_start: on the run clock. */
void nd_inject_arm(struct nd_inject_run *inject, nd_ns phase_start);

/* steer.c */
struct nd_inject_run *nd_adhoc_new(struct nd_run *run, const struct nd_adhoc *adhoc);

/* deliver.c */
void nd_inject_deliver(struct nd_inject_run *inject); /* to those who do not have it yet */
void nd_recipient_got_it(struct nd_recipient *to, const char *actor, json_t *data);

/* said.c */
void nd_recipient_ack(struct nd_recipient *to, const char *actor, json_t *data);
void nd_recipient_answer(struct nd_recipient *to, const char *text, const char *actor,
                         json_t *data);
/* "player:lin", in the arena; and who it was, as data. */
const char *nd_speaker_actor(struct nd_run *run, const struct nd_speaker *speaker);
json_t *nd_speaker_json(const struct nd_speaker *speaker);

/* scripted.c */
/* Arranges what the script, or a rehearsal, lets the recipient say from now on. */
void nd_recipient_script(struct nd_recipient *to);
/* Whether somebody unseen hands it over: a rehearsal, or a script that answers it. */
bool nd_inject_is_scripted(const struct nd_inject_run *inject);
void nd_recipient_set_script(struct nd_recipient *to);

#endif
