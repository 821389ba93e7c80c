/* The report: a model computed once from a run's directory, and formats rendered from the model
 * alone; the same bytes each time. */
#ifndef ND_REPORT_REPORT_H
#define ND_REPORT_REPORT_H
#include "base/text.h"
#include "record/rundir.h"

#include <jansson.h>

/* report.json as a tree, schema docs/report.schema.json. A run that died half-way yields one,
 * marked incomplete. Caller decrefs. */
json_t *nd_report_model(const struct nd_rundir *dir, struct nd_fail *why);

enum nd_lang { ND_LANG_ZH, ND_LANG_EN, ND_LANG_BOTH };

/* Each appends to out. */
void nd_report_json(const json_t *model, struct nd_buf *out);
void nd_report_html(const json_t *model, enum nd_lang lang, struct nd_buf *out);
void nd_report_markdown(const json_t *model, enum nd_lang lang, struct nd_buf *out);
void nd_report_junit(const json_t *model, struct nd_buf *out);

/* Writes report/report.json, report.zh-TW.html, report.en.html, report.zh-TW.md, report.en.md,
 * junit.xml into the run's directory. */
nd_err nd_report_write(const struct nd_rundir *dir, struct nd_fail *why);

#endif
