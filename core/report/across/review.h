/* A year of drills, as the ministry's yearly report asks for it: goals, what was done for them,
 * what it showed, and what follows. Live runs alone: a rehearsal is no drill held. */
#ifndef ND_REPORT_ACROSS_REVIEW_H
#define ND_REPORT_ACROSS_REVIEW_H
#include "report/report.h"

struct nd_review;
/* "112" or "2023": the year of our era, 1912 to 2110. ND_EARG: no such year. */
nd_err nd_review_year(const char *text, int *year, struct nd_fail *why);

/* Of the runs in a directory. goals: a YAML file (docs/report.md), or NULL: a row for each drill.
 * Runs that cannot be read are told by `unread` and left out. ND_EARG: the file has a fault, told
 * with its line. Caller frees. */
nd_err nd_review_open(const char *runs, int year, const char *goals,
                      void (*unread)(void *ctx, const char *run_id, const char *why), void *ctx,
                      struct nd_review **review, struct nd_fail *why);
void nd_review_free(struct nd_review *review); /* NULL is fine */

/* format: a word of ND_DOCUMENT_FORMATS (document.h); csv: the ministry's table alone. Appends to
 * out; the same octets each time. ND_EARG: no such format. */
nd_err nd_review_render(const struct nd_review *review, const char *format, enum nd_lang lang,
                        struct nd_buf *out, struct nd_fail *why);

#endif
