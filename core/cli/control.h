/* The control socket of a run: docs/records.md, "Control socket". */
#ifndef ND_CLI_CONTROL_H
#define ND_CLI_CONTROL_H
#include "run/run.h"

struct nd_control;
struct uv_loop_s;

/* Serves <dir>/control.sock, mode 0600, to the same user only. run, dir: borrowed until closed. */
struct nd_control *nd_control_open(struct uv_loop_s *loop, struct nd_run *run,
                                   const struct nd_rundir *dir, struct nd_fail *why);
void nd_control_close(struct nd_control *control); /* NULL is fine; the loop has to run once more */

/* One request, a line without its line feed; gives the answer, the caller decrefs it. Whatever the
 * line is, it is answered. *durable: the answer is to be given once the journal is on disk.
 * control_do.c. */
json_t *nd_control_handle(struct nd_run *run, const char *line, size_t len_bytes,
                          const struct nd_witness *peer, bool *durable);

/* control_duty.c: "met" and "occurs"; NULL: it is something else that is asked. */
json_t *nd_control_duty(struct nd_run *run, const char *what, const json_t *request,
                        const struct nd_witness *peer);

/* The other side: asks once and gives the answer. Caller decrefs *answer. */
nd_err nd_control_ask(const struct nd_rundir *dir, json_t *request, json_t **answer,
                      struct nd_fail *why);

#endif
