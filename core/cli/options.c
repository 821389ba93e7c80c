#include "cli/options.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct nd_cli_option no_options[] = {{NULL, NULL, NULL, 0}};

static const struct nd_cli_option *options_of(const struct nd_command *command)
{
    return command->options != NULL ? command->options : no_options;
}

char *nd_cli_option_help(const struct nd_cli_option *option)
{
    return nd_printf("%s%s", option->help,
                     (option->flags & ND_CLI_REPEAT) != 0 ? "; may be given again" : "");
}

void nd_cli_help(const struct nd_command *command)
{
    const struct nd_cli_option *options = options_of(command);
    printf("netdrill %s\n\n%s\n", command->usage, command->help);
    if (options->name != NULL)
        printf("\nOptions:\n");
    for (const struct nd_cli_option *o = options; o->name != NULL; o++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", o->name, o->arg != NULL ? " " : "",
                 o->arg != NULL ? o->arg : "");
        char *help = nd_cli_option_help(o);
        printf("  %-24s %s\n", left, help);
        free(help);
    }
}

static const struct nd_cli_option *find(const struct nd_command *command, const char *name,
                                        size_t len)
{
    for (const struct nd_cli_option *o = options_of(command); o->name != NULL; o++) {
        if (strlen(o->name) == len && strncmp(o->name, name, len) == 0)
            return o;
    }
    return NULL;
}

static void unknown_option(const struct nd_command *command, const char *name)
{
    const char *names[64];
    size_t count = 0;
    for (const struct nd_cli_option *o = options_of(command); o->name != NULL && count < 64; o++)
        names[count++] = o->name;
    char *bare = strndup(name, strcspn(name, "="));
    const char *near = nd_text_nearest(bare, names, count);
    fprintf(stderr, "netdrill %s: it has no option '--%s'%s%s%s; see 'netdrill %s --help'\n",
            command->name, bare, near != NULL ? "; did you mean '--" : "", near != NULL ? near : "",
            near != NULL ? "'" : "", command->name);
    free(bare);
}

/* One option at argv[*at]; moves *at to its last word. */
static bool take_option(const struct nd_command *command, int argc, char **argv, int *at,
                        struct nd_cli_args *args)
{
    const char *name = argv[*at] + 2;
    const char *equals = strchr(name, '=');
    const struct nd_cli_option *option =
        find(command, name, equals != NULL ? (size_t)(equals - name) : strlen(name));
    if (option == NULL) {
        unknown_option(command, name);
        return false;
    }
    const char *value = "";
    if (option->arg == NULL && equals != NULL) {
        fprintf(stderr, "netdrill %s: '--%s' takes no value\n", command->name, option->name);
        return false;
    }
    if (option->arg != NULL) {
        if (equals == NULL && *at + 1 >= argc) {
            fprintf(stderr, "netdrill %s: '--%s' needs a value: --%s %s\n", command->name,
                    option->name, option->name, option->arg);
            return false;
        }
        value = equals != NULL ? equals + 1 : argv[++*at];
    }
    if ((option->flags & ND_CLI_REPEAT) == 0 && nd_cli_get(args, option->name) != NULL) {
        fprintf(stderr, "netdrill %s: '--%s' is given twice\n", command->name, option->name);
        return false;
    }
    nd_vec_push(&args->names, option->name);
    nd_vec_push(&args->values, value);
    return true;
}

bool nd_cli_parse(const struct nd_command *command, int argc, char **argv, size_t words_min,
                  size_t words_max, struct nd_cli_args *args, bool *help)
{
    *args = (struct nd_cli_args){.names = {NULL, 0, 0}};
    *help = false;
    bool words_only = false;
    for (int i = 1; i < argc; i++) {
        if (!words_only && strcmp(argv[i], "--") == 0) {
            words_only = true;
        } else if (!words_only && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
            nd_cli_help(command);
            *help = true;
            return false;
        } else if (!words_only && strncmp(argv[i], "--", 2) == 0) {
            if (!take_option(command, argc, argv, &i, args))
                return false;
        } else if (!words_only && argv[i][0] == '-' && argv[i][1] != '\0') {
            fprintf(stderr, "netdrill %s: options are written out, '--name', got '%s'\n",
                    command->name, argv[i]);
            return false;
        } else {
            nd_vec_push(&args->words, argv[i]);
        }
    }
    if (args->words.count >= words_min && args->words.count <= words_max)
        return true;
    fprintf(stderr, "netdrill %s: %s; it is used like this:\n  netdrill %s\n", command->name,
            args->words.count < words_min ? "something is missing" : "there is a word too many",
            command->usage);
    return false;
}

void nd_cli_args_deinit(struct nd_cli_args *args)
{
    nd_vec_free(&args->words);
    nd_vec_free(&args->names);
    nd_vec_free(&args->values);
}

const char *nd_cli_get(const struct nd_cli_args *args, const char *name)
{
    for (size_t i = 0; i < args->names.count; i++) {
        if (strcmp(args->names.at[i], name) == 0)
            return args->values.at[i];
    }
    return NULL;
}
