/* What the files of the review share.
 *
 *   review.c         runs of the year, goals
 *   review_tables.c  the tables
 *   review_write.c   the tables as HTML, Markdown, OpenDocument */
#ifndef ND_REPORT_REVIEW_PARTS_H
#define ND_REPORT_REVIEW_PARTS_H
#include "report/internal.h"
#include "report/review.h"
#include "sheet/sheet.h"

struct nd_review {
    int year;
    json_t *runs, *earlier; /* models without their samples' columns; of the year before */
    json_t *goals; /* [{goal{zh,en}, strategy{zh,en}, remarks{zh,en}, drills[], runs, met}] */
};

#define ND_REVIEW_TABLES 5

/* Fills tables[ND_REVIEW_TABLES]; lines within a cell end with a line feed. Those with headings
 * alone have nothing to tell. Caller deinits each. */
void nd_review_tables(const struct nd_review *review, enum nd_lang lang, struct nd_sheet *tables);
/* "112（2023）", "2023". Caller frees. */
char *nd_review_title(const struct nd_review *review, enum nd_lang lang);
bool nd_review_simulated(const struct nd_review *review);

#endif
