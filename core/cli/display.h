/* The live display of a run on a terminal: where the drill is, what comes next, what is changed
 * and until when, who is asked, what is measured; and the latest events. 80x24 and up. */
#ifndef ND_CLI_DISPLAY_H
#define ND_CLI_DISPLAY_H
#include "run/run.h"

struct nd_display;

/* Draws on stdout four times a second. sched, run: borrowed until closed. */
struct nd_display *nd_display_open(struct nd_sched *sched, const struct nd_run *run, bool zh,
                                   bool colour);
/* A line for the list of latest events ("" is left out). */
void nd_display_event(struct nd_display *display, const char *line);
/* Leaves the last picture and the events seen as plain lines; NULL is fine. */
void nd_display_close(struct nd_display *display);

/* The picture itself, for tests and for `status`: rows of at most `columns`, each ended by \n. */
void nd_display_draw(const json_t *status, bool zh, bool colour, size_t columns, size_t rows,
                     struct nd_buf *out);

#endif
