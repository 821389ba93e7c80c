/* The report: a model computed once from a run's directory, and formats rendered from the model
 * alone; the same octets each time. Five floors, each including only those before it:
 *
 *   words/    the message catalogue (messages.def), reasons in Chinese (reason.h), what things are
 *             called (states, faults, people, items), lengths and values (quantities.c), text made
 *             harmless (escape.c), each table as data (tables.c, rows.c, cells.c), a tree in few
 *             octets (packed.h): what all formats have in common
 *   model/    a run's directory becomes one tree, which report.json is (docs/report.schema.json):
 *             events (model.c, people, duty, baseline), samples in one pass (series.c: cuts.c,
 *             length.c, strip.c, share.c), then what follows from both: force.c (what counts as
 *             injected), fault.c (life cycles), kpi.c, rating.c, lessons.c, quality.c, cited.c;
 *             audience.c takes out what is not for an audience
 *   page/     the tree as HTML (html.h), its charts (svg.h), style, an agency's template, PDF
 *   formats/  all others by name (formats.c): Markdown, sheets, JUnit, STIX, for machines
 *   across/   of many runs: catalogue, improvement items carried on, compare, trends, a year's
 *             review; document.h: what these are written as, chart.h: their charts */
#ifndef ND_REPORT_REPORT_H
#define ND_REPORT_REPORT_H
#include "base/text.h"
#include "record/rundir.h"
#include "report/words/lang.h"

#include <jansson.h>

/* report.json as a tree, schema docs/report.schema.json. A run that died half-way yields one,
 * marked incomplete. Caller decrefs. */
json_t *nd_report_model(const struct nd_rundir *dir, struct nd_fail *why);
/* The same with so many events of the evaluation alone, as it was before others came; INT64_MAX:
 * all. */
json_t *nd_report_model_as_of(const struct nd_rundir *dir, int64_t events, struct nd_fail *why);

/* Each appends to out. */
void nd_report_json(const json_t *model, struct nd_buf *out);
void nd_report_html(const json_t *model, enum nd_lang lang, struct nd_buf *out);
void nd_report_markdown(const json_t *model, enum nd_lang lang, struct nd_buf *out);
void nd_report_junit(const json_t *model, struct nd_buf *out);
/* An OpenDocument spreadsheet (CNS 15251), a sheet for each table. */
nd_err nd_report_ods(const json_t *model, enum nd_lang lang, struct nd_buf *out,
                     struct nd_fail *why);
/* One table as CSV. ND_EARG: there is none of that name. */
nd_err nd_report_csv(const json_t *model, enum nd_lang lang, const char *table, struct nd_buf *out,
                     struct nd_fail *why);
/* OpenMetrics text of the run's totals; lengths in seconds. */
void nd_report_openmetrics(const json_t *model, struct nd_buf *out);

/* A STIX 2.1 bundle, everything in it labelled an exercise. tlp: a word of ND_REPORT_TLP, NULL:
 * amber. ND_EARG: another one. */
nd_err nd_report_stix(const json_t *model, enum nd_lang lang, const char *tlp, struct nd_buf *out,
                      struct nd_fail *why);

struct nd_rendering {
    const char *format; /* a word of ND_REPORT_FORMATS */
    enum nd_lang lang;
    const char *table; /* of csv; else NULL */
    const char *tlp;   /* of stix, NULL: amber; else NULL */
    /* Of grafana: the run, for the interruptions that the model leaves out; NULL: without them. */
    const struct nd_rundir *dir;
    /* Takes what out holds so far and empties it, so that what is long need not be in memory as a
     * whole; NULL: out grows. The last of it stays in out. */
    void (*drain)(void *ctx, struct nd_buf *out);
    void *drain_ctx;
};

/* An array of Grafana's annotations: phases, changes in force, every interruption, faults; epoch
 * milliseconds. */
nd_err nd_report_grafana(const json_t *model, const struct nd_rendering *how, struct nd_buf *out,
                         struct nd_fail *why);

/* ND_EARG: an unknown name, or what does not go with the format. */
nd_err nd_report_render(const json_t *model, const struct nd_rendering *how, struct nd_buf *out,
                        struct nd_fail *why);
/* For messages, help and completion. */
#define ND_REPORT_FORMATS "html|md|json|junit|ods|csv|grafana|openmetrics|stix"
#define ND_REPORT_TLP     "clear|green|amber|red"

/* Whom a report is for, and how it is to look. Both may be NULL: the owner of the run, and the
 * template of the directory of runs if there is one. */
struct nd_reader {
    const char *audience;      /* audience.h */
    const char *template_path; /* template.h */
    const int64_t *as_of;      /* of the evaluation so many events alone; NULL: all */
};

/* The model for a reader (NULL: for the owner). A template of the directory of runs that cannot be
 * taken is left out, and the pages say so: a run never lacks its report for it. ND_EARG: audience
 * or template. Caller decrefs; NULL: why tells. */
json_t *nd_report_open(const struct nd_rundir *dir, const struct nd_reader *reader,
                       struct nd_fail *why);

/* Writes report.json, report.zh-TW.html, report.en.html, .md and .ods of both, and junit.xml into
 * the run's report/. Of a run that is still under way they are called interim.* and
 * interim.junit.xml, so that they never stand where the report is looked for; for an audience they
 * go into a directory of their own below. reader: NULL is fine. *stem (may be NULL): the path
 * before ".en.html"; caller frees. */
nd_err nd_report_write(const struct nd_rundir *dir, const struct nd_reader *reader, char **stem,
                       struct nd_fail *why);

#endif
