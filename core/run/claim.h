/* Targets a run may change, claimed machine-wide so that two drills never fight over one.
 *
 * A claim is a lock file in /run/netdrill (root), else $XDG_RUNTIME_DIR/netdrill or
 * /tmp/netdrill-UID, named by what the target is (namespace, interface, address), not by what a
 * site file calls it. The lock (flock) goes when the last process that holds it ends, so what a
 * dead run leaves behind is no claim; runner and keeper both hold it. The file says who: pid, run
 * id, target. */
#ifndef ND_RUN_CLAIM_H
#define ND_RUN_CLAIM_H
#include "plan/site.h"

struct nd_claims;

/* Where the lock files lie; it need not be there. Caller frees. */
char *nd_claims_directory(void);
struct nd_claims *nd_claims_new(void);
void nd_claims_free(struct nd_claims *claims); /* gives them up; NULL is fine */

/* Claims a target; twice is fine. site: for its vantage. Errors: ND_ESTATE somebody else has it
 * (why names pid and run), ND_EIO, ND_ERIGHTS (no place for the lock file). */
nd_err nd_claims_take(struct nd_claims *claims, const struct nd_site *site,
                      const struct nd_site_target *target, struct nd_fail *why);
/* Claims the lab of a site: its namespaces are made and removed. */
nd_err nd_claims_take_lab(struct nd_claims *claims, const struct nd_site *site,
                          struct nd_fail *why);
/* The run's id for the files, once it has one. */
void nd_claims_name(struct nd_claims *claims, const char *run_id);
/* Descriptors of those from number `from` on, for the keeper to hold too; how many there are. */
size_t nd_claims_count(const struct nd_claims *claims);
int nd_claims_fd(const struct nd_claims *claims, size_t number);

#endif
