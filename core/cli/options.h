/* A command's option table drives parsing, checking and help. */
#ifndef ND_CLI_OPTIONS_H
#define ND_CLI_OPTIONS_H
#include "base/mem.h"
#include "cli/command.h"

#include <stdbool.h>

struct nd_cli_args {
    struct ND_VEC(const char *) words;
    struct ND_VEC(const char *) names, values; /* of the options given, side by side */
};

/* Reads argv[1..]. "--name value" and "--name=value"; "--" ends options. Tells what is wrong on
 * stderr (with the nearest name) and returns false. words_min..words_max: how many words the
 * command takes. --help prints the command's help and sets *help. */
bool nd_cli_parse(const struct nd_command *command, int argc, char **argv, size_t words_min,
                  size_t words_max, struct nd_cli_args *args, bool *help);
void nd_cli_args_deinit(struct nd_cli_args *args);
/* The value of an option ("" for a flag), NULL when not given. */
const char *nd_cli_get(const struct nd_cli_args *args, const char *name);
void nd_cli_help(const struct nd_command *command);
/* Its help, and whether it may be given again. Caller frees. */
char *nd_cli_option_help(const struct nd_cli_option *option);

#endif
