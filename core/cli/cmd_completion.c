#include "cli/complete.h"

#include <stdio.h>
#include <string.h>

/* completion: the shells' scripts, and what they ask. */

extern const struct nd_command nd_command_completion, nd_command_complete;

static const char script_bash[] =
#include "cli/completion_bash.inc"
    ;
static const char script_zsh[] =
#include "cli/completion_zsh.inc"
    ;
static const char script_fish[] =
#include "cli/completion_fish.inc"
    ;

static const struct {
    const char *shell, *script;
} scripts[] = {{"bash", script_bash}, {"zsh", script_zsh}, {"fish", script_fish}};

static int completion(int argc, char **argv)
{
    struct nd_cli_args args;
    bool help = false;
    int code = ND_EXIT_USAGE;
    if (!nd_cli_parse(&nd_command_completion, argc, argv, 1, 1, &args, &help)) {
        nd_cli_args_deinit(&args);
        return help ? ND_EXIT_OK : code;
    }
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        if (strcmp(scripts[i].shell, args.words.at[0]) == 0) {
            fputs(scripts[i].script, stdout);
            code = ND_EXIT_OK;
        }
    }
    if (code != ND_EXIT_OK)
        fprintf(stderr, "netdrill completion: expected bash, zsh or fish, got '%s'\n",
                args.words.at[0]);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_completion = {
    "completion",
    "completion bash|zsh|fish",
    "Prints a shell's completion: of commands, options, files, and what lives right now.\n\n"
    "  source <(netdrill completion bash)                 now; or from ~/.bashrc\n"
    "  netdrill completion zsh >\"${fpath[1]}/_netdrill\"\n"
    "  netdrill completion fish >~/.config/fish/completions/netdrill.fish\n\n"
    "It completes run ids, plugins and verbs, templates, codes, people of the run's site, and the\n"
    "numbers of confirmations that are open in the run.",
    completion,
    0,
    NULL};

static int complete(int argc, char **argv)
{
    nd_complete(argc - 1, (const char *const *)argv + 1, stdout);
    return ND_EXIT_OK;
}

const struct nd_command nd_command_complete = {
    "__complete", "__complete [WORD...]", "Internal: what may stand for the last word.",
    complete,     ND_COMMAND_HIDDEN,      NULL};
