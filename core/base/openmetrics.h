/* OpenMetrics text (version 1.0), for what tells figures to collectors. The end, "# EOF", is the
 * caller's. */
#ifndef ND_BASE_OPENMETRICS_H
#define ND_BASE_OPENMETRICS_H
#include "base/text.h"

/* A family's head: type, unit (where its name ends with "_seconds" or "_ratio"), help. type:
 * "gauge", or "counter", whose samples then end with "_total". help: one line, without backslash.
 * Appends to out. */
void nd_openmetrics_head(struct nd_buf *out, const char *name, const char *type, const char *help);
/* before: "{" of the first label, "," of others. value: NULL is "". */
void nd_openmetrics_label(struct nd_buf *out, const char *name, const char *value,
                          const char *before);

#endif
