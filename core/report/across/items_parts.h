/* What items.c (reading) and items_say.c (carrying, changing) share. */
#ifndef ND_REPORT_ACROSS_ITEMS_PARTS_H
#define ND_REPORT_ACROSS_ITEMS_PARTS_H
#include "report/across/items.h"
#include "report/report.h"
#include "report/words/words.h"
#include "sheet/sheet.h"

/* [{id, drill, title, mode, date, begun, state (evaluation.h)}] of the runs in a directory that
 * have an evaluation, oldest first; `also` (may be NULL): a run that is among them in any case.
 * Caller decrefs. */
json_t *nd_items_heads(const char *runs, const char *also, const struct nd_items_told *told);
/* The directory that a run's directory is in. Caller frees. */
char *nd_items_runs(const struct nd_rundir *dir);
/* The copy of RUN/item in a run's state; NULL: it carries none. Borrowed. */
json_t *nd_items_copy_in(const json_t *state, const char *run, const char *item);

/* A row of the table of items; day: as in items.h. */
#define ND_ITEMS_COLUMNS 13
extern const enum nd_message nd_items_headings[ND_ITEMS_COLUMNS];
void nd_items_row(const struct nd_page *page, const json_t *item, const char *day,
                  struct nd_sheet *sheet);

#endif
