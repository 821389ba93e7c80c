#include "base/text.h"
#include "cli/options.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

extern const struct nd_command nd_command_lint, nd_command_plan, nd_command_rehearse,
    nd_command_run, nd_command_restore, nd_command_report, nd_command_status, nd_command_confirm,
    nd_command_pause, nd_command_resume, nd_command_abort, nd_command_verify, nd_command_plugin,
    nd_command_explain, nd_command_lab, nd_command_samples, nd_command_reflect, nd_command_key,
    nd_command_arm, nd_command_doctor, nd_command_init, nd_command_completion, nd_command_complete,
    nd_command_runs, nd_command_compare, nd_command_trends, nd_command_review, nd_command_man,
    nd_command_keeper, nd_command_plugin_host, nd_command_met, nd_command_occurs, nd_command_rate,
    nd_command_improve, nd_command_ack, nd_command_answer, nd_command_observe, nd_command_note,
    nd_command_fire, nd_command_skip, nd_command_defer, nd_command_inject, nd_command_msel;
extern const struct nd_command nd_command_watch, nd_command_doc, nd_command_calendar,
    nd_command_improvements;
static const struct nd_command command_help, command_version;

/* In the order of the help. */
/* clang-format off */
const struct nd_command *const nd_commands[] = {
    &nd_command_init,
    &nd_command_doctor,
    &nd_command_lint,
    &nd_command_plan,
    &nd_command_rehearse,
    &nd_command_msel,
    &nd_command_doc,
    &nd_command_calendar,
    &nd_command_run,
    &nd_command_arm,
    &nd_command_status,
    &nd_command_watch,
    &nd_command_confirm,
    &nd_command_ack,
    &nd_command_answer,
    &nd_command_observe,
    &nd_command_note,
    &nd_command_fire,
    &nd_command_skip,
    &nd_command_defer,
    &nd_command_inject,
    &nd_command_met,
    &nd_command_occurs,
    &nd_command_pause,
    &nd_command_resume,
    &nd_command_abort,
    &nd_command_restore,
    &nd_command_rate,
    &nd_command_improve,
    &nd_command_report,
    &nd_command_runs,
    &nd_command_compare,
    &nd_command_trends,
    &nd_command_improvements,
    &nd_command_review,
    &nd_command_samples,
    &nd_command_verify,
    &nd_command_key,
    &nd_command_plugin,
    &nd_command_lab,
    &nd_command_reflect,
    &nd_command_explain,
    &nd_command_completion,
    &nd_command_complete,
    &nd_command_man,
    &nd_command_keeper,
    &nd_command_plugin_host,
    &command_version,
    &command_help,
    NULL,
};
/* clang-format on */

static const struct nd_command *find(const char *name)
{
    for (const struct nd_command *const *c = nd_commands; *c != NULL; c++) {
        if (strcmp((*c)->name, name) == 0)
            return *c;
    }
    return NULL;
}

static int unknown(const char *name)
{
    const char *names[64];
    size_t count = 0;
    for (const struct nd_command *const *c = nd_commands; *c != NULL && count < 64; c++) {
        if (((*c)->flags & ND_COMMAND_HIDDEN) == 0)
            names[count++] = (*c)->name;
    }
    const char *near = nd_text_nearest(name, names, count);
    fprintf(stderr, "netdrill: there is no command '%s'%s%s%s; see 'netdrill help'\n", name,
            near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'" : "");
    return ND_EXIT_USAGE;
}

static int help(int argc, char **argv)
{
    if (argc > 1 && argv[1][0] != '-') {
        const struct nd_command *command = find(argv[1]);
        if (command == NULL)
            return unknown(argv[1]);
        nd_cli_help(command);
        return ND_EXIT_OK;
    }
    printf(ND_OVERVIEW "\n\nCommands:\n");
    for (const struct nd_command *const *c = nd_commands; *c != NULL; c++) {
        if (((*c)->flags & ND_COMMAND_HIDDEN) != 0)
            continue;
        printf("  %-11s %.*s\n", (*c)->name, (int)strcspn((*c)->help, "\n"), (*c)->help);
    }
    printf("\n'netdrill COMMAND --help' tells more. Exit codes: docs/exit-codes.md.\n");
    return ND_EXIT_OK;
}

static int version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("netdrill %s\n", ND_VERSION);
    return ND_EXIT_OK;
}

static const struct nd_command command_help = {
    "help", "help [COMMAND]", "This overview, or what a command does.", help, 0, NULL};
static const struct nd_command command_version = {"version", "version", "The version.",
                                                  version,   0,         NULL};

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, ""); /* LC_NUMERIC stays "C": numbers are the same everywhere */
    const char *name = argc > 1 ? argv[1] : "help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    const struct nd_command *command = find(name);
    if (command == NULL)
        return unknown(name);
    return command->run(argc > 1 ? argc - 1 : argc, argc > 1 ? argv + 1 : argv);
}
