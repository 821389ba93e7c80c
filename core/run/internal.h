/* What the files of core/run share; nobody else includes it.
 *
 *   run.c       the life of a run: lab, STARTEX, the one end path
 *   steps.c     phases and steps: when each starts and ends
 *   task.c      running bodies and what they wait for
 *   call.c      one call of a verb; a change is recorded before it acts
 *   change.c    what has to be put back: leases, restore_by, restoring
 *   stream.c    measurements, into series and store
 *   confirm.c   questions to people
 *   policy.c    the site's policy, before each act
 *   arming.c    waiting for the people who have to agree
 *   baseline.c  the steady state, before and after
 *   guard.c     safety conditions
 *   rule.c      rules of profiles, asked by bodies
 *   inject.c    injects (inject.h): when they are fired and over; deliver.c: getting them to
 *               people; said.c: what people say; scripted.c: what a script says for them; steer.c:
 *               what controllers do; inject_again.c, inject_status.c
 *   duty.c      regulatory clocks (duty.h): opened by events, met or missed; duty_name.c: events
 * and duties by their names; duty_look.c: checks that look whether a duty is met again.c     going
 * on with a run that died pause.c     pause and resume; moments of the drill and the run clock
 *   event.c     journalling
 *   recent.c    the latest events, for displays
 *   status.c    the run as it stands, for displays */
#ifndef ND_RUN_INTERNAL_H
#define ND_RUN_INTERNAL_H
#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"
#include "run/duty.h"
#include "run/keeper.h"
#include "run/restore.h"
#include "run/run.h"

enum nd_run_state { ND_RUN_NEW, ND_RUN_BUILDING, ND_RUN_RUNNING, ND_RUN_RESTORING, ND_RUN_ENDED };

enum nd_step_state {
    ND_STEP_WAITING,
    ND_STEP_RUNNING,
    ND_STEP_DONE,
    ND_STEP_FAILED,
    ND_STEP_SKIPPED,
    ND_STEP_CANCELLED
};

struct nd_step_run {
    struct nd_run *run;
    const struct nd_step *step;
    enum nd_step_state state;
    nd_ns planned; /* run clock, -1: follows another */
    nd_ns started, ended;
    nd_timer timer;
    bool held; /* its timer was taken by a pause */
    /* Run again after a crash although it had ended: its phase does not wait for it, but all else
     * waits until those are through. */
    bool aside;
    struct nd_inject_run *inject; /* whose body it is; NULL for a step of a phase */
    struct nd_task *task;
};

struct nd_phase_run {
    struct nd_run *run;
    const struct nd_phase *phase;
    enum nd_step_state state; /* waiting, running or done */
    nd_ns planned, started, ended;
    size_t left; /* steps and injects not yet over */
    nd_timer timer;
    bool held;
};

enum nd_waits {
    ND_WAITS_NOTHING,
    ND_WAITS_SLEEP,
    ND_WAITS_CALL,
    ND_WAITS_SERIES,
    ND_WAITS_CONFIRM,
    ND_WAITS_RESTORE,
    ND_WAITS_TOGETHER
};

struct nd_task {
    struct nd_task *next, **link;
    struct nd_run *run;
    struct nd_step_run *step;         /* NULL for a guard */
    struct nd_guard_run *guard;       /* NULL for a step */
    struct nd_baseline_run *baseline; /* NULL but for a baseline; then the two above are NULL */
    struct nd_duty_run *duty;         /* NULL but for a look at one; then the three above are */
    struct nd_task *parent;           /* of a branch of together, else NULL */
    size_t children;                  /* branches not yet over */
    nd_body_ref body;
    bool gives_length;
    void *user;
    struct nd_task_result result;
    char *why, *actor;
    double *values;
    enum nd_waits waits;
    nd_timer timer;
    nd_ns till; /* moment of the drill the timer is for */
    bool held;  /* it was taken by a pause */
    struct nd_call *call;
    struct nd_stream *stream;
    struct nd_confirmation *confirmation;
    bool queued, resumed;
};

/* One call of a verb: for a task, or for the lab. */
struct nd_call {
    struct nd_call *next, **link;
    struct nd_run *run;
    const struct nd_call_spec *spec;
    struct nd_op *op;
    struct nd_task *task; /* NULL: nobody waits any more, or a slot */
    struct nd_change *change;
    void (*done)(struct nd_call *call, nd_err err, const char *why); /* call is freed after */
    void *ctx;
    int64_t number;
    nd_ns began;
    bool cancelled;
    size_t values_count;
    double *values;   /* last of each reading */
    nd_timer failing; /* ordered by a rehearsal, or refused */
    nd_err fail_with;
    char *fail_why;
};

struct nd_change {
    struct nd_run *run;
    struct nd_undo_rec rec;
    nd_timer restore_timer, lease_timer;
    bool applied, restoring, verified;
    const struct nd_call_spec *again; /* while_paused = "revert": how to make it again; else NULL */
    bool reverted;                    /* for a pause */
    struct nd_call *call;             /* while it is being made */
    void (*proved)(void *ctx, nd_err err, const char *why);
    void *proved_ctx;
};

struct nd_measure;

struct nd_stream {
    struct nd_run *run;
    struct nd_series *series;
    const struct nd_call_spec *spec;
    struct nd_measure *measure; /* NULL once cut */
    nd_ns every, grid, till;    /* run clock */
    nd_ns held_till;            /* its till, while a pause makes it wait; else -1 */
    nd_ns tick;                 /* slots due within one are sent together */
    int64_t late, duplicates;   /* answers after the deadline; second answers */
    int64_t reordered;          /* answers behind one of a later slot (RFC 4737 §3) */
    bool stopped, baseline;
    struct nd_sample last;
    nd_ns down_since; /* run clock; -1: answered last */
};

struct nd_confirmation {
    struct nd_run *run;
    int64_t number;
    const struct nd_text2 *text;
    const char *by;
    struct nd_task *task;
    nd_ns asked, within;
    nd_timer expiry, script;
    nd_ns expires, answers; /* when these are due, run clock; answers -1: no script */
    const struct nd_script_answer *scripted;
    bool open;
};

struct nd_guard_run {
    struct nd_run *run;
    const struct nd_guard *guard;
    nd_timer timer;
    struct nd_task *task;
    nd_ns breached_since; /* -1: holds */
    bool told;
    nd_ns due;
};

struct nd_pause {
    nd_ns from, till; /* run clock; till -1: it lasts */
};

struct nd_checks ND_VEC(struct nd_verdict);

struct nd_baseline_run {
    struct nd_run *run;
    const struct nd_baseline *baseline;
    struct nd_task *task;
    nd_timer expiry;
    struct nd_checks checks[2]; /* before, after */
    const char *why[2];         /* what went wrong besides, or NULL */
};

struct nd_baselines {
    struct nd_baseline_run *at;
    nd_ns zero, began; /* zero: what moments count from before STARTEX */
    size_t left;       /* not over yet */
    bool on;           /* being measured */
    bool again, over;  /* the second time has begun; and has ended */
    bool cut;          /* nobody wanted to wait for it */
    void (*then)(void *ctx, size_t unverified);
};

struct nd_arming {
    bool open;
    nd_ns till;
    nd_timer timer;
    struct ND_VEC(const char *) names; /* who has armed */
    void (*then)(struct nd_run *run);
};

struct nd_verb_count {
    const struct nd_verb *verb;
    int64_t count;
};

struct nd_run {
    struct nd_run_config config;
    struct nd_arena arena;
    enum nd_run_state state;
    struct nd_journal *journal;
    struct nd_undo *undo;       /* NULL: a rehearsal without a directory */
    struct nd_samples *samples; /* likewise */
    struct nd_keeper_link *keeper;
    struct nd_random random;
    nd_ns t0; /* STARTEX on the run clock, -1 before */
    struct nd_step_run *steps;
    struct nd_phase_run *phases;
    struct nd_guard_run *guards;
    struct ND_VEC(struct nd_inject_run *) injects; /* the drill's, by index; then the ad-hoc ones */
    const struct nd_witness *heard;                /* of the request under way, or NULL */
    int64_t observations;
    json_t *observed; /* the last few, for displays */
    struct nd_task *tasks;
    struct ND_VEC(struct nd_task *) ready;
    struct nd_call *calls;
    struct ND_VEC(struct nd_change *) changes;
    struct ND_VEC(struct nd_stream *) streams;
    struct ND_VEC(struct nd_confirmation *) confirmations;
    struct ND_VEC(struct nd_verb_count) verb_counts;
    struct nd_arming arming;
    struct nd_baselines baselines;
    struct nd_duties duties;
    int64_t op_number;
    size_t restores; /* under way */
    struct ND_VEC(struct nd_pause) pauses;
    struct ND_VEC(
        struct nd_pause) downs; /* from the last that was said to going on after a crash */
    size_t aside;               /* under way without a phase: steps of that kind, ad-hoc injects */
    int64_t past_verified, series_base, confirm_base; /* of a run that is gone on with; else 0 */
    nd_ns down; /* how long its deaths have shifted the timetable; restore_by shifts by no more */
    bool reverting, resume_wanted;
    const char *paused_by, *resumed_by;
    nd_timer ready_timer, end_timer, care_timer, closing_timer, lost_timer, abort_timer;
    nd_timer overdue_timer;
    const char *abort_why;          /* of a body that asked for it */
    char journal_why[ND_FAIL_TEXT]; /* why the journal failed */
    bool again;     /* steps that had ended are run again: the rest has not gone on yet */
    json_t *kept;   /* what bodies keep: {name: {kind, value, step}} */
    json_t *recent; /* live: the latest events, for displays */
    nd_ns care_due, wall_step, restore_began;
    nd_ns end_began; /* from here on it is being restored: what is under way is cut off first */
    struct nd_outcome outcome;
    struct nd_call_spec lab_spec;
};

/* event.c. data is taken over. All return the sequence number or a negative code. */
int64_t nd_run_event(struct nd_run *run, unsigned flags, const char *type, const char *subject,
                     const char *actor, json_t *data);
json_t *nd_text2_json(const struct nd_text2 *text);
/* The same; of one text for both languages that text, null when it is empty. */
json_t *nd_words_json(const struct nd_text2 *text);
json_t *nd_moment_json(const struct nd_run *run, nd_ns moment); /* rel ns, null when negative */
json_t *nd_string_json(const char *text);                       /* null when NULL */
json_t *nd_number_json(double value);                           /* null when NAN */
char *nd_id_text(struct nd_run *run, int64_t id);               /* in the arena */
/* The wall clock of a moment of the run clock, as people here read it. out: ND_UNIT_TEXT. */
const char *nd_wall_here(const struct nd_run *run, nd_ns clock, char *out);
void nd_journal_opened(struct nd_run *run);
/* What runs here, with versions and digests: [{kind, name, version, sha256}], docs/records.md. Of a
 * live run. Caller drops. */
json_t *nd_software(const struct nd_run *run);

/* run.c */
bool nd_run_is_live(const struct nd_run *run);
nd_ns nd_run_now(const struct nd_run *run);
nd_ns nd_run_zero(const struct nd_run *run); /* T+0, or before it what stands in for it */
void nd_run_startex(struct nd_run *run);
void nd_run_end(struct nd_run *run, const char *reason);
/* Ends a run that was not begun; nothing was changed but for the lab. */
void nd_run_refuse(struct nd_run *run, const char *reason);
/* Something ended: if the run is ending and nothing is under way, goes on to restore and close. */
void nd_run_settle(struct nd_run *run);
void nd_run_arm_end(struct nd_run *run);
void nd_run_arm_overdue(struct nd_run *run); /* restoring has begun: it has a deadline */

/* steps.c */
void nd_steps_init(struct nd_run *run);
void nd_steps_begin(struct nd_run *run);
void nd_steps_cancel(struct nd_run *run);
void nd_step_task_over(struct nd_step_run *step, bool failed, const char *why);
const char *nd_step_state_name(enum nd_step_state state);
void nd_step_end(struct nd_step_run *step, enum nd_step_state state, const char *why);
void nd_step_count(struct nd_run *run, enum nd_step_state state);
void nd_step_start_now(struct nd_step_run *step);
/* Its timer, or what it follows. phase_start: on the run clock. */
void nd_step_arm(struct nd_step_run *step, nd_ns phase_start);
void nd_phase_begin(struct nd_phase_run *phase);
void nd_phase_arm(struct nd_phase_run *phase);
void nd_step_begin(struct nd_step_run *step);
void nd_phase_one_over(struct nd_phase_run *phase); /* a step or an inject of it */
/* What waits for that step or inject starts; or, when it did not end well, is skipped. */
void nd_followers_release(struct nd_run *run, const char *id, bool good);
void nd_aside_over(struct nd_run *run); /* one less of run->aside */
void nd_phase_end(struct nd_phase_run *phase);
void nd_run_end_when_done(struct nd_run *run);
/* After a pause: planned later by its length. */
void nd_step_shift(struct nd_step_run *step, nd_ns length);
void nd_phase_shift(struct nd_phase_run *phase, nd_ns length);

/* task.c */
struct nd_task *nd_task_new(struct nd_run *run, nd_body_ref body);
void nd_task_queue(struct nd_task *task); /* its wait is over */
void nd_task_finish_wait(struct nd_task *task, nd_err err, const char *why);
void nd_task_drop(struct nd_task *task); /* with its branches; frees */
void nd_task_arm(struct nd_task *task);  /* its timer, for the moment it waits for */
void nd_tasks_go_on(struct nd_run *run); /* those whose wait ended in a pause */

/* call.c */
struct nd_call *nd_call_begin(struct nd_run *run, struct nd_task *task,
                              const struct nd_call_spec *spec,
                              void (*done)(struct nd_call *, nd_err, const char *), void *ctx);
/* Counts a call of the verb, and tells whether a rehearsal is to fail it (--fail). */
nd_err nd_call_ordered(struct nd_run *run, const struct nd_call_spec *spec);
void nd_call_cancel(struct nd_call *call);

/* arming.c */
/* Whether it has to be armed; then `then` is called once it is. */
bool nd_arming_begin(struct nd_run *run, void (*then)(struct nd_run *run));
/* An event for displays; may be kept. */
void nd_recent_keep(struct nd_run *run, json_t *event);
json_t *nd_recent_json(const struct nd_run *run); /* drill, wall, events; caller decrefs */
json_t *nd_arming_json(const struct nd_run *run); /* null when it does not wait */
void nd_arming_free(struct nd_run *run);

/* baseline.c */
/* Measures it, and goes on to STARTEX or refuses. */
void nd_baseline_begin(struct nd_run *run);
/* Whether it is still to be measured once more; the lab stands until then. */
bool nd_baseline_pending(const struct nd_run *run);
/* Measures once more, takes the lab away and calls `then`; false: there is nothing to measure. */
bool nd_baseline_again(struct nd_run *run, void (*then)(void *ctx, size_t unverified));
void nd_baseline_cut(struct nd_run *run, const char *reason); /* nobody wants to wait for it */
void nd_baseline_settle(struct nd_run *run);                  /* nothing is under way any more */
void nd_baseline_stop(struct nd_run *run); /* the run ends while it is measured */
void nd_baseline_free(struct nd_run *run);
void nd_baseline_verdict(struct nd_baseline_run *one, const struct nd_verdict *verdict);
void nd_baseline_task_over(struct nd_baseline_run *one, bool failed, const char *why);

/* policy.c: ND_ERIGHTS and why when the site's policy does not allow the call as things stand.
 * mine: the call's own change, or NULL before there is one. */
nd_err nd_run_allows(struct nd_run *run, const struct nd_call_spec *spec,
                     const struct nd_change *mine, struct nd_fail *why);

/* change.c */
struct nd_change *nd_change_new(struct nd_run *run, struct nd_call *call);
nd_err nd_change_record(struct nd_change *change, const struct nd_call_spec *spec,
                        struct nd_fail *why);
void nd_change_made(struct nd_change *change, nd_err err, const char *why, nd_ns began);
/* Reads back whether it is in force and journals that. done: from the scheduler; ND_ESTATE: it is
 * not. A change whose plugin cannot tell is taken at its word, and said to be not proved. */
void nd_change_prove(struct nd_change *change, void (*done)(void *ctx, nd_err err, const char *why),
                     void *ctx);
/* targets NULL: all. done(ctx, unverified) from the scheduler. */
void nd_changes_restore(struct nd_run *run, const char *reason, const char *const *targets,
                        size_t count, void (*done)(void *ctx, size_t unverified), void *ctx);
/* Those marked as reverted, for a pause. */
void nd_changes_restore_reverted(struct nd_run *run, void (*done)(void *ctx, size_t unverified),
                                 void *ctx);
void nd_changes_free(struct nd_run *run);

/* again.c: going on with a run that died; config.past is given */
void nd_run_take_past(struct nd_run *run); /* when the run is made */
void nd_again_begin(struct nd_run *run);   /* in place of STARTEX: states, one event, the clock */
/* Makes again what was on, in its order; then the rest goes on. At STARTEX's place, and after each
 * step that was run again. */
void nd_steps_go_on(struct nd_run *run);

/* pause.c */
bool nd_run_is_paused(const struct nd_run *run);
json_t *nd_pauses_json(const struct nd_run *run);
struct nd_call_spec *nd_spec_copy(struct nd_arena *arena, const struct nd_call_spec *spec);

/* stream.c */
struct nd_stream *nd_stream_open(struct nd_run *run, const struct nd_step_run *step,
                                 const struct nd_call_spec *spec, nd_ns every, nd_ns tick,
                                 nd_ns till, struct nd_fail *why);
void nd_stream_stop(struct nd_stream *stream);
struct nd_stream *nd_stream_of(struct nd_run *run, const struct nd_series *series);
void nd_streams_free(struct nd_run *run);
/* In a pause it goes on past its end, which moves by the pause's length. */
void nd_stream_hold(struct nd_stream *stream);
void nd_stream_go_on(struct nd_stream *stream, nd_ns length);
/* Has whatever is known by now in the series. */
void nd_stream_refresh(struct nd_stream *stream);
/* The drill is over: what is under way is dropped, the series closed. */
void nd_stream_cut(struct nd_stream *stream);

/* confirm.c */
void nd_confirm_ask(struct nd_task *task, const struct nd_text2 *text, const char *by,
                    nd_ns within);
void nd_confirm_withdraw(struct nd_confirmation *confirmation);
void nd_confirms_free(struct nd_run *run);
void nd_confirm_shift(struct nd_confirmation *confirmation, nd_ns length);

/* inject.c, for the others */
void nd_injects_init(struct nd_run *run);
void nd_injects_begin(struct nd_phase_run *phase, nd_ns phase_start);
void nd_injects_release(struct nd_run *run, const char *id, bool good);
void nd_inject_body_over(struct nd_inject_run *inject);
void nd_injects_hold(struct nd_run *run);
void nd_injects_go_on(struct nd_run *run);
void nd_injects_cancel(struct nd_run *run);
void nd_injects_free(struct nd_run *run);
bool nd_injects_has_ended(const struct nd_run *run, const char *id);
size_t nd_injects_left(const struct nd_run *run, const struct nd_phase *phase);
void nd_injects_take(struct nd_run *run);          /* inject_again.c: as config.past says */
void nd_injects_resume(struct nd_run *run);        /* and goes on with them */
json_t *nd_injects_json(const struct nd_run *run); /* inject_status.c */

/* guard.c */
void nd_guards_init(struct nd_run *run);
void nd_guards_begin(struct nd_run *run);
void nd_guards_stop(struct nd_run *run);
void nd_guard_task_over(struct nd_guard_run *guard, bool failed, const char *why, double value);

#endif
