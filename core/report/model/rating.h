/* Ratings P, S, M, U, as the evidence of a run suggests them; the evaluator's word is final. */
#ifndef ND_REPORT_MODEL_RATING_H
#define ND_REPORT_MODEL_RATING_H
#include <stddef.h>

/* What bears on an objective or target. */
struct nd_evidence {
    size_t good;         /* expectations met, clocks met, injects answered in time */
    size_t bad;          /* missed, late, unanswered */
    size_t strengths;    /* observed */
    size_t improvements; /* observed areas for improvement */
    size_t unknown;      /* neither: could not be judged, or observed without a sort */
};

/* "P": nothing was missed and nothing is to be improved. "S": nothing was missed, but something is
 * to be improved. "M": something was missed, but at least as much was not. "U": more was missed.
 * NULL: no evidence, or observations to be improved alone, from which nobody can tell whether it
 * was performed. A rule of ours; docs/report.md. */
const char *nd_rating_suggest(const struct nd_evidence *evidence);
/* The worse of two, either may be NULL. */
const char *nd_rating_worse(const char *a, const char *b);

#endif
