/* Whether a report's file, on its own, is that of a run. */
#ifndef ND_CLI_VERIFY_REPORT_H
#define ND_CLI_VERIFY_REPORT_H
#include "record/rundir.h"

/* Makes the run's reports once more, in each format, language and audience, then as of earlier
 * states of the evaluation, and tells on stdout which of them the file is, octet for octet, or why
 * it may be none. template_path: as of `netdrill report`, may be NULL. False: it is none, or could
 * not be read (then why tells; else why->code is ND_OK). */
bool nd_verify_report(const struct nd_rundir *dir, const char *path, const char *template_path,
                      struct nd_fail *why);

/* The run in runs (a directory) that the file names first, which is its own; NULL: none. Caller
 * frees. */
char *nd_verify_run_of(const char *path, const char *runs);

#endif
