/* A run's figures for Prometheus and what reads its format (OpenMetrics 1.0): on a port of the
 * loopback address alone, or as a text file for a collector of such. */
#ifndef ND_CLI_METRICS_H
#define ND_CLI_METRICS_H
#include "base/text.h"
#include "run/run.h"

struct nd_metrics;
struct uv_loop_s;

/* port: of 127.0.0.1, 0: none. file: rewritten every 5 s and at the end; NULL: none. run: borrowed
 * until closed. Errors: ND_EIO (the port is taken, the file cannot be written). */
struct nd_metrics *nd_metrics_open(struct uv_loop_s *loop, struct nd_sched *sched,
                                   struct nd_run *run, uint16_t port, const char *file,
                                   struct nd_fail *why);
void nd_metrics_close(struct nd_metrics *metrics); /* NULL is fine; the loop has to run once more */

#endif
