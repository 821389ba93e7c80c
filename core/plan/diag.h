/* Diagnostics: what is wrong with a scenario or a site file, all of it, where, and what to do.
 *
 *     error[E0207]: 'measure' has no key 'evry'; did you mean 'every'
 *       --> drills/north.lua:41:3
 *        |
 *     41 |   measure { reach.icmp, web, evry = seconds(1) }
 *        |                              ^^^^
 *        = help: see 'netdrill explain E0207' */
#ifndef ND_PLAN_DIAG_H
#define ND_PLAN_DIAG_H
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

enum nd_severity { ND_DIAG_ERROR, ND_DIAG_WARNING };

/* Every code, its title, and the text of `netdrill explain`. E0xxx: error, W0xxx: warning.
 * 01xx reading the file; 02xx frame and verbs; 03xx values; 04xx site file; 05xx safety;
 * 06xx coverage and texts; 08xx profiles and obligations. The list is core/plan/diag_codes.def:
 * X(code, title, explanation). */
const char *nd_diag_title(const char *code);       /* NULL: no such code */
const char *nd_diag_explanation(const char *code); /* NULL: no such code */
/* Code number i of the list in order, NULL past the end. */
const char *nd_diag_code(size_t i);

struct nd_diag {
    const char *code; /* static, one of the list */
    enum nd_severity severity;
    char *file;       /* as the user named it */
    int line, column; /* from 1; 0: not known */
    int width;        /* columns to underline; 0: one */
    char *text;       /* what was expected, what came */
    char *help;       /* the remedy, or NULL */
};

struct nd_diags {
    struct ND_VEC(struct nd_diag) list;
    size_t errors, warnings;
};

/* Adds one; the code must be of the list (ND_CHECK). A repetition (same code, place and text) is
 * dropped. help may be NULL. Past 200 diagnostics only the counts grow. */
void nd_diag_add(struct nd_diags *diags, const char *code, const char *file, int line, int column,
                 int width, const char *help, const char *fmt, ...)
    __attribute__((format(printf, 8, 9)));
void nd_diags_deinit(struct nd_diags *diags);
/* By file, line, column. */
void nd_diags_sort(struct nd_diags *diags);
/* As in the picture above, with the source line quoted when the file can be read; ends with
 * "2 errors, 1 warning". colour: SGR sequences. */
void nd_diags_print(const struct nd_diags *diags, bool colour, struct nd_buf *out);
/* [{"code":..,"severity":..,"file":..,"line":..,"column":..,"text":..,"help":..}], one line. */
void nd_diags_json(const struct nd_diags *diags, struct nd_buf *out);

#endif
