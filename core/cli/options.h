/* One option table drives parsing, checking and help of a command. */
#ifndef ND_CLI_OPTIONS_H
#define ND_CLI_OPTIONS_H
#include "base/mem.h"
#include "cli/command.h"

#include <stdbool.h>

#define ND_CLI_REPEAT 1u /* may be given more than once */

struct nd_cli_option {
    const char *name; /* without the dashes; NULL ends the table */
    const char *arg;  /* NULL: a flag */
    const char *help;
    unsigned flags;
};

struct nd_cli_args {
    const struct nd_cli_option *options;
    struct ND_VEC(const char *) words;
    struct ND_VEC(const char *) names, values; /* of the options given, side by side */
};

/* Reads argv[1..]. "--name value" and "--name=value"; "--" ends options. Tells what is wrong on
 * stderr (with the nearest name) and returns false. words_min..words_max: how many words the
 * command takes. --help prints the command's help and sets *help. */
bool nd_cli_parse(const struct nd_command *command, const struct nd_cli_option *options, int argc,
                  char **argv, size_t words_min, size_t words_max, struct nd_cli_args *args,
                  bool *help);
void nd_cli_args_deinit(struct nd_cli_args *args);
/* The value of an option ("" for a flag), NULL when not given. */
const char *nd_cli_get(const struct nd_cli_args *args, const char *name);
void nd_cli_help(const struct nd_command *command, const struct nd_cli_option *options);

#endif
