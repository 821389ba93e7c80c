/* The report for an audience: what is not theirs to know is taken out of the model, before any
 * format is rendered from it. Counts, lengths and sums stay as they are. */
#ifndef ND_REPORT_MODEL_AUDIENCE_H
#define ND_REPORT_MODEL_AUDIENCE_H
#include "report/report.h"

/* audience: "operator:NAME" (of the site file): the other operators, their targets, people and
 * addresses are called "operator A", "operator-a-target-1" and so on wherever they are named, also
 * within sentences; their samples, reasons, arguments and remarks go. "public": people are called
 * by a number, accounts and addresses go, operators stay. The run's own site file says who belongs
 * to whom. ND_EARG: no such audience; ND_EIO: the site file cannot be read, and the model is not to
 * be used. */
nd_err nd_report_for(json_t *model, const struct nd_rundir *dir, const char *audience,
                     struct nd_fail *why);

#endif
