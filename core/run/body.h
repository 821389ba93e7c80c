/* Coded bodies, as the run sees them: something that goes on until it waits or ends. The run knows
 * no Lua; tests write bodies in C.
 *
 * A task is one running body: a step, a guard's read, a branch of `together`. resume() runs the
 * body until it called one of the waiting functions below (then it returns ND_BODY_WAITS at once)
 * or ended. The run queues a task whose wait is over and calls resume again; the body then reads
 * nd_task_result. */
#ifndef ND_RUN_BODY_H
#define ND_RUN_BODY_H
#include "plan/model.h"
#include "plan/profile.h"
#include "run/series.h"

struct nd_given;
struct nd_task;
struct nd_run;

enum nd_body_state { ND_BODY_WAITS, ND_BODY_DONE, ND_BODY_FAILED };

struct nd_bodies {
    void *ctx;
    /* why: for ND_BODY_FAILED. value: what a guard's read returned (NAN: not a number). */
    enum nd_body_state (*resume)(void *ctx, struct nd_task *task, nd_body_ref body,
                                 struct nd_fail *why, double *value);
    /* The task is over: forget its state. Called once for every task that was resumed. */
    void (*drop)(void *ctx, struct nd_task *task);
};

/* The body's own state of the task. */
void *nd_task_user(const struct nd_task *task);
void nd_task_set_user(struct nd_task *task, void *user);
const struct nd_step *nd_task_step(const struct nd_task *task); /* NULL for a guard or a baseline */
bool nd_task_is_baseline(const struct nd_task *task);
/* What the body gives is a length, in ns: of a duty's check, how long before it began to look. */
void nd_task_gives_length(struct nd_task *task);
struct nd_run *nd_task_run(const struct nd_task *task);
nd_ns nd_task_now(const struct nd_task *task); /* moment of the drill, not of the run clock */

/* ---- functions that wait: return ND_BODY_WAITS after calling one ---- */

void nd_task_sleep(struct nd_task *task, nd_ns till); /* a moment of the drill */
/* One call of a verb. spec: borrowed until the result is there; its arena must live. A change is
 * recorded before it acts and undone at the end. */
void nd_task_call(struct nd_task *task, const struct nd_call_spec *spec);
/* Until the series is closed or the moment came; till -1: until it is closed, or, when it has no
 * end, until the slots under way are answered. */
void nd_task_await_series(struct nd_task *task, struct nd_series *series, nd_ns till);
/* Asks a person. within: a length; unanswered by then counts as no answer. */
void nd_task_confirm(struct nd_task *task, const struct nd_text2 *text, const char *by,
                     nd_ns within);
/* Undoes the changes of the named targets, newest first, and verifies; count 0: all of this run. */
void nd_task_restore(struct nd_task *task, const char *const *targets, size_t count);
/* Runs bodies side by side until all have ended. */
void nd_task_together(struct nd_task *task, const nd_body_ref *bodies, size_t count);

struct nd_task_result {
    nd_err err;      /* of a call, a restore (ND_ESTATE: not verified), a branch */
    const char *why; /* or NULL */
    enum { ND_ANSWER_NONE, ND_ANSWER_YES, ND_ANSWER_NO } answer; /* of confirm */
    const char *actor;                                           /* who answered, or NULL */
    const struct nd_verb *verb;                                  /* of a call */
    const double *values; /* last value of each reading of the verb, NAN: none */
};
/* Borrowed until the task waits again. */
const struct nd_task_result *nd_task_result(const struct nd_task *task);

/* ---- functions that do not wait ---- */

/* Opens a stream: one call of the verb each `every` on an absolute grid, until the moment `till`
 * of the drill (-1: the end of the drill). tick: slots due within one leave together at its end, at
 * most 100 ms (-1: 1 ms for streams faster than that, else none). spec must live as long as the run
 * (the run's arena is at nd_run_arena). NULL and why on failure (a verb that changes). */
struct nd_series *nd_task_measure(struct nd_task *task, const struct nd_call_spec *spec,
                                  nd_ns every, nd_ns tick, nd_ns till, struct nd_fail *why);
/* Aborts the drill from the scheduler, after the body has let go. reason: copied. */
void nd_task_abort(struct nd_task *task, const char *reason);
void nd_task_stop(struct nd_task *task, struct nd_series *series);
/* Has whatever is known by now in the series: before it is asked. */
void nd_task_refresh(const struct nd_task *task, const struct nd_series *series);

enum nd_verdict_grade { ND_VERDICT_MET, ND_VERDICT_MISSED, ND_VERDICT_UNKNOWN };

struct nd_verdict {
    struct nd_text2 sentence;
    const char *objective;     /* or NULL */
    const char *operator_name; /* "at_most", "at_least", "equals", "above", "below", "is_true" */
    const char *unit;          /* "ns", "1", "", ... */
    double measured, limit;    /* measured NAN: unknown */
    double warn;               /* same unit: from there on it is close to the limit; NAN: none */
    double uncertainty;        /* same unit, 0: exact or not known */
    enum nd_verdict_grade grade;
    const char *statistic;          /* "interruption", "p99", ... or NULL */
    const struct nd_series *series; /* or NULL */
    nd_ns from, till;               /* window asked about, moments of the drill; -1, -1: none */
    const char *why;                /* for unknown; or NULL */
};
void nd_task_verdict(struct nd_task *task, const struct nd_verdict *verdict);
void nd_task_note(struct nd_task *task, const struct nd_text2 *text);
/* Keeps a value by name, in the journal: a flag, number, text, length, rate or share; NULL: forgets
 * it. It is there again when the run died and is gone on with. false: it is none of these, or a
 * number that is none. */
bool nd_task_keep(struct nd_task *task, const char *name, const struct nd_given *value);
/* What is kept under the name; false: nothing. A text is borrowed until it is kept anew. */
bool nd_task_kept(const struct nd_task *task, const char *name, struct nd_given *value);
/* An event of the drill's obligations occurs: opens and ends their clocks (nd_run_occurs). note:
 * may be empty, as that of nd_task_met. */
nd_err nd_task_occurs(struct nd_task *task, const char *event, const char *case_name,
                      const struct nd_text2 *note, struct nd_fail *why);
/* A duty is met (nd_run_met). by: who did it, or NULL. in_time: filled in. */
nd_err nd_task_met(struct nd_task *task, const char *duty, const char *case_name, const char *by,
                   const struct nd_text2 *note, bool *in_time, struct nd_fail *why);
/* Asks a rule of a profile and journals the answer. about: what it is asked for, may be empty.
 * values: of the profile's figures in their order, NAN where none was given. holds: of each
 * condition, filled in. Returns whether the rule holds. */
bool nd_task_ask_rule(struct nd_task *task, const struct nd_profile *profile,
                      const struct nd_rule *rule, const struct nd_text2 *about,
                      const double *values, bool *holds);
struct nd_arena *nd_run_arena(struct nd_run *run);
/* A moment of the drill, whose clock stands still in pauses, on the run clock; and back. */
nd_ns nd_run_clock(const struct nd_run *run, nd_ns moment);
nd_ns nd_run_moment(const struct nd_run *run, nd_ns clock);

#endif
