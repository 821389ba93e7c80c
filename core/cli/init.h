/* Templates of drills, for `netdrill init` and for the shells' completion. */
#ifndef ND_CLI_INIT_H
#define ND_CLI_INIT_H
#include <stdbool.h>
#include <stddef.h>

struct nd_template {
    char name[32];
    char title[128]; /* what it is about, one line */
};

/* Template i in the order of the list; false past the end. */
bool nd_template_get(size_t i, struct nd_template *out);

#endif
