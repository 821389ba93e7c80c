/* Improvement items across runs. An item belongs to the run that it was drawn from (RUN/I1) and
 * stands there for good; later runs carry a copy (C1, C2, ...) in their own evaluation, so that
 * each run's report is made from its directory alone. What is said of an item is said in all of
 * them, the owner first: its state in the run it belongs to is what counts. */
#ifndef ND_REPORT_ACROSS_ITEMS_H
#define ND_REPORT_ACROSS_ITEMS_H
#include "report/report.h"

/* A run that cannot be read, and why; it is left out. */
struct nd_items_told {
    void (*unread)(void *ctx, const char *run_id, const char *why); /* may be NULL */
    void *ctx;
};

/* All items of the live runs in a directory, each once, oldest first: [{run, item, drill, title{zh,
 * en}, date "2026-11-25", open (bool), gone (bool: its run's directory is no longer there, and this
 * is as the last run that carries it has it), carried: [{run, id, date, begun}], and as in
 * evaluation.h: action, status, owner, due, proof, in_run, ...}]. Caller decrefs. */
json_t *nd_items_read(const char *runs, const struct nd_items_told *told);

/* Copies into a run's evaluation what is open in earlier runs of its drill, or of the one run named
 * (from; NULL: all), and brings up to date what it carries already. by: who says so. added,
 * changed: how many. Nothing is written when there is nothing to say; a rehearsal carries nothing.
 * key_path: signs what was added, or NULL. */
nd_err nd_items_carry(const struct nd_rundir *dir, const char *from, const char *by,
                      const char *key_path, const struct nd_items_told *told, size_t *added,
                      size_t *changed, struct nd_fail *why);

/* Says `fields` of an item in the run it belongs to and in all that carry it, and writes their
 * reports anew. dir, id: the item as that run calls it, "I1" or "C2". fields: borrowed. ND_EARG: no
 * such item. unsigned_now: runs whose signature does not hold any more, with spaces; caller frees
 * (NULL: none). */
nd_err nd_items_change(const struct nd_rundir *dir, const char *id, const char *by,
                       const json_t *fields, const char *key_path, char **unsigned_now,
                       struct nd_fail *why);

/* Writes a run's report anew when it has one. */
nd_err nd_report_again(const struct nd_rundir *dir, struct nd_fail *why);

/* Items as a table; day: what is overdue is so on that day. format: a word of ND_DOCUMENT_FORMATS
 * (document.h). Appends to out. */
nd_err nd_items_render(const json_t *items, const char *day, const char *format, enum nd_lang lang,
                       struct nd_buf *out, struct nd_fail *why);

#endif
