/* What the files that turn events into lines share. */
#ifndef ND_CLI_LINES_H
#define ND_CLI_LINES_H
#include "base/text.h"

#include <jansson.h>

struct nd_line {
    const json_t *event, *data;
    bool zh, colour;
    struct nd_buf *out;
};

const char *nd_line_text2(const struct nd_line *line, const char *key); /* "" when absent */
const char *nd_line_string(const struct nd_line *line, const char *key);
/* Appends `before` and the event's "why", in Chinese to who reads Chinese; nothing without one. */
void nd_line_why(const struct nd_line *line, const char *before);
void nd_line_sgr(const struct nd_line *line, const char *code);
/* Injects and observations: lines_people.c. */
void nd_line_people(const struct nd_line *line, const char *type, const char *subject);

#endif
