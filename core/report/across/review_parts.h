/* What the files of the review share.
 *
 *   review.c         runs of the year, goals
 *   review_tables.c  the tables
 *   review_effects.c what was achieved for a goal
 *   review_write.c   the tables as a document, with their charts */
#ifndef ND_REPORT_ACROSS_REVIEW_PARTS_H
#define ND_REPORT_ACROSS_REVIEW_PARTS_H
#include "report/across/document.h"
#include "report/across/items.h"
#include "report/across/review.h"

struct nd_review {
    int year;
    json_t *runs;  /* models without their samples' columns */
    json_t *items; /* as items.h has them: of this year and of those before */
    json_t *goals; /* [{goal{zh,en}, strategy{zh,en}, remarks{zh,en}, drills[], runs, met}] */
};

/* Whether the drill is one of the goal's. */
bool nd_review_serves(const json_t *goal, const json_t *model);
/* It came to ENDEX and was not aborted. */
bool nd_review_carried_out(const json_t *model);
/* What was achieved for a goal, in lines: of each expectation what the last drill carried out that
 * had it measured, of each objective likewise. Caller frees. */
char *nd_review_effects(const struct nd_review *review, const json_t *goal, enum nd_lang lang);
/* Adds its tables: goals and results, planned against achieved, drills held, improvement items of
 * this year, and of the years before. */
void nd_review_tables(const struct nd_review *review, enum nd_lang lang,
                      struct nd_document *document);
/* What was planned and achieved for each goal, as nd_chart_goals has it. Caller decrefs. */
json_t *nd_review_bars(const struct nd_review *review, enum nd_lang lang);
/* "112（2023）", "2023". Caller frees. */
char *nd_review_title(const struct nd_review *review, enum nd_lang lang);
bool nd_review_simulated(const struct nd_review *review);

#endif
