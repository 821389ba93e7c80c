/* The run engine: plays a drill on a scheduler, live or virtual; no Lua, no terminal.
 *
 *     struct nd_run *run = nd_run_new(&config, &why);
 *     nd_run_begin(run);
 *     nd_sched_run(sched);          // returns after config.ended
 *     outcome = nd_run_outcome(run);
 *
 * A completion queues the task, it never resumes it itself. Every end (normal, guard, abort,
 * failure) takes one path: cancel, restore newest first, verify, close. */
#ifndef ND_RUN_RUN_H
#define ND_RUN_RUN_H
#include "host/host.h"
#include "record/journal.h"
#include "record/rundir.h"
#include "run/body.h"
#include "run/claim.h"
#include "run/past.h"
#include "run/people.h"

/* Scripted answers, and orders to fail, for rehearsals and unattended runs. An answer is to a
 * confirmation (match), or to an inject, or meets a duty: one of the three is given. */
struct nd_script_answer {
    const char *match;  /* part of the sentence in either language, or "*"; or NULL */
    const char *inject; /* its id, or NULL */
    const char *duty;   /* its id, or its clock's; `after` it was opened; or NULL */
    nd_ns after;        /* of an inject: from its delivery */
    nd_ns ack;          /* of an inject: acknowledged after; -1: with the answer, or not at all */
    int answer;         /* enum of nd_task_result.answer; NONE: stays silent */
    const char *text;   /* to an inject: words, or the choice */
    const char *by;     /* of an inject: NULL is each recipient; or NULL */
};

struct nd_script_fail {
    const char *verb; /* "links.down" */
    int64_t number;   /* the how-manieth call of it in the run, from 1; 0: every */
    nd_err err;
};

#define ND_RESTORE_WITHIN (60 * (nd_ns)1000000000)

struct nd_outcome {
    bool ended, aborted;
    bool lab_failed;           /* it was never built: the drill is incomplete, nobody aborted it */
    bool refused;              /* before STARTEX: its baseline did not hold, or nobody armed it */
    bool unsteady;             /* everything is restored, and the baseline does not hold any more */
    char reason[ND_FAIL_TEXT]; /* of an abort or a refusal, else "" */
    int64_t steps_done, steps_failed, steps_skipped, steps_cancelled;
    int64_t met, missed, unknown;                   /* verdicts */
    int64_t duties_met, duties_missed, duties_open; /* regulatory clocks; open: at the end */
    int64_t reactions_missed; /* injects not reacted to in time, where the drill says they count */
    int64_t changes, verified, unverified;
    nd_ns lasted;             /* STARTEX to ENDEX */
    nd_ns restore_took;       /* from the drill's end (of an abort: at once) to all read back */
    char trace[ND_HASH_TEXT]; /* hash of the last journal line: the trace hash of a rehearsal */
    bool journal_failed;      /* the disk took no more events */
    bool overdue;             /* restoring was given up at its deadline: the keeper goes on */
    int64_t not_reapplied;    /* changes reverted for a pause that could not be made again */
};

struct nd_run_config {
    const struct nd_drill *drill; /* borrowed, like everything here, until nd_run_free */
    const struct nd_site *site;
    struct nd_sched *sched;
    struct nd_plugins *plugins;
    struct nd_bodies bodies;
    const struct nd_rundir *dir; /* NULL: a rehearsal that leaves no directory */
    uint64_t seed;
    const char *plan_hash;      /* or NULL */
    bool make_lab;              /* live: build the site's lab first, remove it last */
    bool consented;             /* a person has named the drill: it may act outside of a lab */
    const struct nd_past *past; /* live: goes on with this run, in its directory; else NULL */
    nd_ns restore_within;       /* from the drill's end; 0: ND_RESTORE_WITHIN */
    struct nd_claims *claims; /* live: targets claimed so far; further ones are claimed as needed */
    bool unattended;          /* confirmations are answered by the script only */
    const struct nd_script_answer *answers;
    size_t answers_count;
    const struct nd_script_fail *fails; /* rehearsals only */
    size_t fails_count;
    /* Every event as it is journalled: the line without line feed, and of it type, subject, actor,
     * seq, monons, rel and data. */
    void (*event)(void *ctx, const char *line, const json_t *event);
    /* Calls the run makes, for plan's preview; may be NULL. */
    void (*called)(void *ctx, const struct nd_step *step, const struct nd_call_spec *spec,
                   nd_ns every);
    /* For a preview: a call that the site's policy does not allow, which then goes on all the same.
     * NULL: it fails with ND_ERIGHTS. code: a diagnostic's. */
    void (*refused)(void *ctx, const struct nd_call_spec *spec, const char *code, const char *why);
    void (*ended)(void *ctx); /* once; everything is restored and on disk */
    void *ctx;
};

struct nd_run *nd_run_new(const struct nd_run_config *config, struct nd_fail *why);
void nd_run_begin(struct nd_run *run);
void nd_run_free(struct nd_run *run); /* NULL is fine */

/* Ends the drill: restoration begins at once. Twice is fine. */
void nd_run_abort(struct nd_run *run, const char *actor, const char *reason);
/* No step begins and no body goes on until resumed; later moments of the drill shift by the pause's
 * length. Changes with while_paused = "revert" are put back and made again at resume. Guards,
 * restore_by and measurements go on. ND_ESTATE: not running, paused already, or not paused. */
nd_err nd_run_pause(struct nd_run *run, const char *actor, struct nd_fail *why);
nd_err nd_run_resume(struct nd_run *run, const char *actor, struct nd_fail *why);
/* A person arms a run that waits for it. left: how many more have to. ND_ESTATE: it does not wait;
 * ND_EARG: no such person; ND_ERIGHTS: not among those who may; ND_EREFUSED: has armed already. */
nd_err nd_run_arm(struct nd_run *run, const char *person, const struct nd_witness *by,
                  int64_t *left, struct nd_fail *why);
/* Answers a confirmation that is open. ND_EARG: no such; ND_ESTATE: answered already. */
nd_err nd_run_answer(struct nd_run *run, int64_t number, bool yes, const char *actor,
                     struct nd_fail *why);
/* "ok", "missed", "aborted", ...: the worst that holds; exit_code (may be NULL): as in
 * docs/exit-codes.md. */
const char *nd_outcome_name(const struct nd_outcome *outcome, int *exit_code);
const struct nd_outcome *nd_run_outcome(const struct nd_run *run);
/* Frees the series of a run that has ended, with all that was measured: the store has it, and
 * making the report takes the room. From then on the status tells of no series. */
void nd_run_drop_series(struct nd_run *run);
/* What happens now, for `status` and the display: phases, steps, changes, open confirmations,
 * series, as JSON (docs/records.md, "status"). Caller decrefs. */
json_t *nd_run_status(const struct nd_run *run);

#endif
