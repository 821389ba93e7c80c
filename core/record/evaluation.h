/* What people conclude of a run: ratings, observations and improvement items, in evaluation.jsonl
 * of its directory. It goes on long after the run was sealed, so the seal does not cover it: it is
 * chained like the journal (journal.h; monons is the wall clock), its first line names the run and
 * the journal's end as it then was, and it has a signature of its own, evaluation.jsonl.minisig.
 *
 *   evaluation.opened            schema "netdrill.evaluation/1", run, journal_events, journal_hash
 *   rating.set [objective id]    rating "P", "S", "M", "U" or null (taken back), why, by, uid,
 *                                login_uid
 *   observation.added [L1 ...]   what was seen, written down after the run: text, sort, objective,
 *                                inject, evidence {file, sha256, octets}, seen_rel_ns (or null);
 *                                by, uid, login_uid
 *   observation.changed [L1, 3]  those of the fields that change, also of one in the journal
 *   observation.withdrawn [L1, 3] why
 *   improvement.added [I1 ...]   action, issue, objective, element, priority, owner, contact,
 *                                start, due, observation, event, status; by, uid, login_uid
 *   improvement.carried [C1 ...] an item of an earlier run that was not done when this one began:
 *                                run, item (whose it is), date (of that run), times (how many
 * drills have carried it, this one among them), and its fields as they then were; by, uid,
 * login_uid improvement.changed [I1, C1 ...] those of the fields that change, proof; in_run: the
 * run in which it was said, of another run's item; by, uid, login_uid */
#ifndef ND_RECORD_EVALUATION_H
#define ND_RECORD_EVALUATION_H
#include "record/journal.h"
#include "record/rundir.h"

/* As it stands: {"ratings": {id: {rating, why, by, at (RFC 3339), seq}},
 * "improvements": [{id, ..., at, changed_at, seq}], "carried": the same, of earlier runs,
 * "observations": [{does "added", "changed" or "withdrawn", number, at, seq, ...}] in their order,
 * "events", "bad_seq", "signer" or null}.
 * Empty when there is no file. Caller decrefs. NULL and why: it cannot be read. */
json_t *nd_evaluation_state(const struct nd_rundir *dir, struct nd_fail *why);

/* The same as it stood after so many events, not signed: what a signature was then is not known. */
json_t *nd_evaluation_as_of(const struct nd_rundir *dir, int64_t events, struct nd_fail *why);

struct nd_evaluation;

/* Opens it for one addition, made when missing; others wait (a lock of its own). ND_EPARSE: its
 * chain is broken, and nothing is added. */
struct nd_evaluation *nd_evaluation_open(const struct nd_rundir *dir, struct nd_fail *why);
/* As of opening. Borrowed. */
const json_t *nd_evaluation_now(const struct nd_evaluation *evaluation);
/* On disk when it returns. data: taken over; who speaks is added: by, and the account. */
nd_err nd_evaluation_add(struct nd_evaluation *evaluation, const char *type, const char *subject,
                         const char *by, json_t *data, struct nd_fail *why);
/* key_path: signs it, or NULL; then a signature that is there does not hold any more and is taken
 * away: *unsigned_now tells. */
nd_err nd_evaluation_sign(struct nd_evaluation *evaluation, const char *key_path,
                          bool *unsigned_now, struct nd_fail *why);
/* Lets the next one in. */
void nd_evaluation_close(struct nd_evaluation *evaluation);

#endif
