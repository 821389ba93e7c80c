/* What is typed on the terminal of a run: a line at a time.
 *
 *     停止演練, 真實狀況, REAL-WORLD EMERGENCY   something real has happened: the drill is aborted
 *     abort · pause · resume                    the same as the commands
 *
 * Anything else gets a line that says so. A run in the background leaves the terminal alone. */
#ifndef ND_CLI_TYPED_H
#define ND_CLI_TYPED_H
#include "run/run.h"

struct nd_typed;
struct uv_loop_s;

/* NULL when standard input is no terminal. run: borrowed until closed. */
struct nd_typed *nd_typed_open(struct uv_loop_s *loop, struct nd_run *run);
void nd_typed_close(struct nd_typed *typed); /* NULL is fine; the loop has to run once more */

#endif
