/* Lines for people on rules and regulatory clocks; of lines.c. */
#ifndef ND_CLI_LINES_DUTY_H
#define ND_CLI_LINES_DUTY_H
#include "base/text.h"

#include <jansson.h>

/* Appends the line of an event of that type (without "netdrill."); false: it is of another kind. */
bool nd_line_duty(const json_t *event, const char *type, bool zh, bool colour, struct nd_buf *out);

#endif
