/* The catalogue of all runs in a directory: RUNS/catalogue.sqlite. It holds nothing of its own:
 * what it knows is read from the runs' directories, and it is made anew when it is lost or old. */
#ifndef ND_REPORT_ACROSS_CATALOGUE_H
#define ND_REPORT_ACROSS_CATALOGUE_H
#include "report/report.h"

struct nd_catalogue;

/* Opens it and brings it up to date: runs that came, changed or went; calls at the same time wait
 * for each other. Where it cannot be written (a read-only archive) it is made in memory. Runs that
 * cannot be read are told by `unread` (may be NULL) and left out. Caller closes. */
nd_err nd_catalogue_open(const char *runs, bool rebuild,
                         void (*unread)(void *ctx, const char *run_id, const char *why), void *ctx,
                         struct nd_catalogue **catalogue, struct nd_fail *why);
void nd_catalogue_close(struct nd_catalogue *catalogue);

/* [{run, drill, title, mode, simulated, outcome, wall, lasted_ns, met, missed, unknown, changes,
 * verified}], oldest first. drill NULL: of all; rehearsals: those as well. Caller decrefs. */
json_t *nd_catalogue_runs(struct nd_catalogue *catalogue, const char *drill, bool rehearsals);

/* What was measured of each expectation of a drill, run by run (rehearsals never): [{sentence,
 * step, unit, points: [{run, wall, date, measured, uncertainty, limit, operator, statistic, grade,
 * why, seq, outcome, simulated, revision, scenario, site (hashes), parameters}]}]. Caller decrefs.
 */
json_t *nd_catalogue_trends(struct nd_catalogue *catalogue, const char *drill);

#endif
