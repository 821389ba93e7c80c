/* What the files of the model share: events and samples are folded into one tree. */
#ifndef ND_REPORT_MODEL_MODEL_H
#define ND_REPORT_MODEL_MODEL_H
#include "report/report.h"
#include "report/words/words.h"

struct nd_cuts;
struct nd_tally;

/* Adds "series" to the model, and what was read to "quality"; run_end: on the run clock. */
nd_err nd_model_series(json_t *model, const struct nd_rundir *dir, nd_ns t0, nd_ns run_end,
                       struct nd_fail *why);
/* Whether the model holds the longest interruptions alone. */
bool nd_model_leaves_out(const json_t *model);
/* Every interruption that the model's figures were made of, one a line, as CSV into a file
 * that was begun. */
nd_err nd_model_list(const json_t *model, const struct nd_rundir *dir, struct nd_file_pieces *file,
                     struct nd_fail *why);

/* Add "lessons" and "participants", after all that they are drawn from. */
void nd_model_lessons(json_t *model);
void nd_model_participants(json_t *model);
/* Adds "quality.checks", after the summary. */
void nd_model_quality(json_t *model);

/* Adds "journal.cited": of the first count events of the journal, read once more so that they are
 * never all in memory, those whose number stands somewhere in the model. After everything else.
 * Errors: ND_EIO. */
nd_err nd_model_cited(json_t *model, const char *path, size_t count, struct nd_fail *why);

/* How much of the time a service was there, added to its series: "all_time" and "without_injected"
 * (probes, and by how much what was down may be off), "minutes". slots: those that were due. */
void nd_model_share_series(json_t *out, const struct nd_tally *tally, const struct nd_cuts *cuts,
                           int64_t slots);
/* What a verdict's numbers say further, once the objectives are there: "kpi" (its limit is one in
 * numbers), "margin", "within_uncertainty", "near", "objective_text", "target_text" (of the target
 * it bears on), "step_title". */
void nd_model_kpi(json_t *model);

/* Each series' "operator", and the model's "operators": their services joined; "people": what the
 * site file calls them. plan: may be NULL. Without a site file there are none, nor operators where
 * nothing is any operator's. */
void nd_model_site(json_t *model, const struct nd_rundir *dir, const json_t *plan);

/* Folds an event about the baseline into the model's "baseline": rows of what it expects, with what
 * was measured before and after; the numbers of its series. Others are left alone. */
void nd_model_baseline(json_t *model, const char *type, const char *subject, const json_t *data,
                       json_int_t seq);

/* Folds an event about obligations and rules into the model's "obligations", "events" and "rules";
 * others are left alone. rel: its moment, from T+0. */
void nd_model_duty(json_t *model, const char *type, const char *subject, const json_t *data,
                   json_int_t rel, json_int_t seq);

/* Folds an event about injects and observations into the model's "injects" and "observations"; then
 * what the plan says of them. at_rel: moment of the drill, ns. Others are left alone. */
void nd_model_people(json_t *model, const char *type, const char *subject, const json_t *data,
                     json_int_t at_rel, json_int_t seq);
void nd_model_people_plan(json_t *model, const json_t *plan);
/* What the evaluation (record/evaluation.h) has of observations: those added after the run, and
 * what their authors corrected or withdrew. state: may be NULL. */
void nd_model_observed(json_t *model, const json_t *state);

/* Folds an event that may tell of a fault into the model's "signals", which nd_model_faults takes
 * away again, and the numbers of the lines about changes into "changes". After the event was folded
 * by the others. */
void nd_model_fault(json_t *model, const char *type, const char *subject, const json_t *data,
                    json_int_t at_rel, json_int_t seq);
/* The model's "faults" and "fault_rule": each fault of the drill as a life cycle. After series and
 * people. plan: may be NULL. */
void nd_model_faults(json_t *model, const json_t *plan);

/* The plan's objectives with what bears on them and how they are rated, and improvement items.
 * plan, state (record/evaluation.h): may be NULL. After everything else is folded. */
void nd_model_rating(json_t *model, const json_t *plan, const json_t *state);

#endif
