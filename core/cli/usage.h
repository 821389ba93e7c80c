/* A command's usage line, read: what may stand at each place. It is the one description of a
 * command's words; help and man pages print it, the shells' completion follows it.
 *
 *     "confirm [RUN] [NUMBER] [--no]"              two words, each may be left out
 *     "lab up SITE | lab down SITE | lab list"     three forms; "up" is written as it stands
 *     "run SCENARIO|PLAN [--lab]"                  one word of either kind
 *     "reflect KIND:ADDRESS:PORT..."               one or more
 *
 * Options in it (--name, and what they take) are left out: the option table describes them. */
#ifndef ND_CLI_USAGE_H
#define ND_CLI_USAGE_H
#include "base/mem.h"
#include "cli/command.h"

#include <stdbool.h>

/* What may stand at a place: "SITE", or a word as it stands. May hold one twice. */
struct nd_usage_choices {
    struct ND_VEC(char *) names;
};

/* Fills in what may follow the words given so far (without options and their values). */
void nd_usage_next(const struct nd_command *command, const char *const *words, size_t count,
                   struct nd_usage_choices *choices);
void nd_usage_choices_deinit(struct nd_usage_choices *choices);
/* Upper case: a kind of word, not one as it stands. */
bool nd_usage_is_kind(const char *name);
/* The option of that name, len_bytes of it; NULL: the command has none such. */
const struct nd_cli_option *nd_usage_option(const struct nd_command *command, const char *name,
                                            size_t len_bytes);

#endif
