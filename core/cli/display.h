/* The live display of a run on its own terminal: a desk (desk.h) in the run's loop, which never
 * waits for the terminal. */
#ifndef ND_CLI_DISPLAY_H
#define ND_CLI_DISPLAY_H
#include "run/run.h"

struct nd_display;
struct uv_loop_s;

/* Draws on stdout four times a second; keys are taken from stdin, where it is a terminal and
 * with_keys. NULL: stdout is no terminal that can, or we are in its background: lines, then.
 * sched, run: borrowed until closed. */
struct nd_display *nd_display_open(struct uv_loop_s *loop, struct nd_sched *sched,
                                   struct nd_run *run, bool with_keys, bool zh, bool colour);
/* A line that would have been printed; kept for the end. Copied. */
void nd_display_line(struct nd_display *display, const char *line);
/* The same, and shown below the view until the next key. */
void nd_display_warn(struct nd_display *display, const char *line);
/* Puts the terminal back. NULL is fine. */
void nd_display_close(struct nd_display *display);
/* Prints the lines kept; after closing. NULL is fine. */
void nd_display_print(struct nd_display *display);
/* Once the loop has run after closing. NULL is fine. */
void nd_display_free(struct nd_display *display);

#endif
