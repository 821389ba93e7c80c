/* How an agency wants its pages to look: words, logo, order and choice of sections. What a reader
 * must not miss cannot be taken away by it: the marks of an exercise, a rehearsal, a simulation, an
 * incomplete or redacted report, the outcome, and the section on safety. Format: docs/report.md. */
#ifndef ND_REPORT_PAGE_TEMPLATE_H
#define ND_REPORT_PAGE_TEMPLATE_H
#include "report/report.h"

/* The file's name in the directory of runs, where it holds for all of them. */
#define ND_TEMPLATE_FILE "report-template.yaml"

/* Reads it into the model's "template": {agency, logo (a data: address), footer, words {KEY: {zh,
 * en}}, sections [names]}. ND_EARG with line and column: what it holds cannot be taken. */
nd_err nd_report_template(json_t *model, const char *path, struct nd_fail *why);

/* The words that can be changed, a line each: key, Chinese, English, with tabs between. */
void nd_report_words(struct nd_buf *out);

#endif
