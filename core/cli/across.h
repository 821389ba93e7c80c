/* What the commands across drills share: tables on the terminal, a document to stdout or to files.
 */
#ifndef ND_CLI_ACROSS_H
#define ND_CLI_ACROSS_H
#include "cli/common.h"
#include "report/report.h"

/* "" when absent. */
const char *nd_across_str(const json_t *object, const char *key);
/* A text {zh, en} in that language, else in the other. */
const char *nd_across_words(const json_t *text, bool zh);
/* A cell filled up to so many columns. */
void nd_across_cell(const char *text, size_t columns);
/* "12.5s ± 200ms", "-" when it was not measured; of a point or a side of a comparison. out:
 * ND_ACROSS_MEASURED. */
#define ND_ACROSS_MEASURED 112
void nd_across_measured(const json_t *of, const char *unit, const char *statistic, char *out);
/* Opens the catalogue of --runs, made anew with --rebuild; tells why not. Caller closes. */
struct nd_catalogue;
nd_err nd_across_catalogue(const char *command, const struct nd_cli_args *args,
                           struct nd_catalogue **catalogue);
/* Indented; value: taken over. */
void nd_across_json(json_t *value);

/* Makes one document and writes it to stdout. Returns an exit code. */
typedef nd_err nd_across_render(void *ctx, const char *format, enum nd_lang lang,
                                struct nd_buf *out, struct nd_fail *why);
int nd_across_one(const char *command, const char *format, bool zh, nd_across_render *render,
                  void *ctx);

/* Files "<folder>/<stem>.zh-TW.<format>" and .en. of each format (separated by '|'), each made by
 * `render`, their paths told; pdf: the pages as PDF too. Returns an exit code. */
int nd_across_files(const char *command, const char *folder, const char *stem, const char *formats,
                    bool pdf, nd_across_render *render, void *ctx);

#endif
