/* What a run may not begin without. Nothing is changed by looking. */
#ifndef ND_CLI_PREFLIGHT_H
#define ND_CLI_PREFLIGHT_H
#include "host/host.h"
#include "run/claim.h"

#include <jansson.h>

/* Whether this process may do what the plan says: enter the namespaces of its vantages, and change
 * interfaces and rules where a planned change says it needs CAP_NET_ADMIN.
 * plan: as of nd_plan; site: may be NULL. Errors: ND_ERIGHTS, ND_EGONE (no such namespace). */
nd_err nd_preflight(const json_t *plan, const struct nd_site *site, struct nd_plugins *plugins,
                    struct nd_fail *why);

/* Whether the programs of the lab's daemons are installed. Errors: ND_EUNABLE. */
nd_err nd_preflight_programs(const struct nd_site *site, struct nd_fail *why);

/* Whether the process holds a capability, by number (capabilities(7)). */
bool nd_has_capability(unsigned number);
#define ND_CAP_NET_BIND_SERVICE 10
#define ND_CAP_NET_ADMIN        12
#define ND_CAP_NET_RAW          13
#define ND_CAP_SYS_ADMIN        21

/* Claims what the plan will change, and the lab, before anything is touched. Errors: as
 * nd_claims_take. */
nd_err nd_preflight_claim(const json_t *plan, const struct nd_site *site, bool lab,
                          struct nd_claims *claims, struct nd_fail *why);

#endif
