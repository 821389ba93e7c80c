#include "cli/common.h"

#include "record/journal.h"
#include "record/undo.h"
#include "run/keeper.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* restore: a run's directory, afterwards. */

extern const struct nd_command nd_command_restore, nd_command_keeper;

static void print_line(void *ctx, const char *line)
{
    (void)ctx;
    printf("%s\n", line);
}

static const struct nd_cli_option restore_options[] = {
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {"all", NULL, "every run that is left over there, newest first; for the start of the machine",
     0},
    {NULL, NULL, NULL, 0}};

static int restore_code(int64_t left, const struct nd_fail *why)
{
    return left == 0                ? ND_EXIT_OK
           : left > 0               ? ND_EXIT_UNRESTORED
           : why->code == ND_ESTATE ? ND_EXIT_LOCKED
                                    : ND_EXIT_UNRESTORED;
}

/* Whether something of a run is not known to be as before. */
static bool is_left_over(const struct nd_rundir *dir)
{
    struct nd_undo_list list = {0};
    char *path = nd_rundir_file(dir, "undo.jsonl");
    bool left = nd_undo_read(path, &list, NULL) != ND_OK;
    for (size_t i = 0; i < list.count; i++)
        left = left || list.at[i].state != ND_UNDO_VERIFIED;
    nd_undo_list_deinit(&list);
    free(path);
    return left;
}

/* One run of --all; runs that live are left to themselves. */
static int restore_one(const char *runs, const char *name, size_t *count)
{
    struct nd_rundir dir;
    struct nd_fail why = {0};
    int code = ND_EXIT_OK;
    if (name[0] == '.' || nd_rundir_find(&dir, runs, name, &why) != ND_OK)
        return ND_EXIT_OK;
    if (is_left_over(&dir)) {
        printf("%s\n", dir.run_id);
        int64_t left = nd_restore_dir(&dir, "by-hand", print_line, NULL, &why);
        code = restore_code(left, &why);
        if (left < 0)
            printf("%s\n", why.text);
        if (code == ND_EXIT_LOCKED)
            code = ND_EXIT_OK;
        ++*count;
    }
    nd_rundir_deinit(&dir);
    return code;
}

static int restore_all(const char *runs)
{
    struct dirent **names = NULL;
    size_t count = 0;
    int code = ND_EXIT_OK;
    int found = scandir(runs, &names, NULL, alphasort); /* run ids begin with their time */
    for (int i = found - 1; i >= 0; i--) {
        int one = restore_one(runs, names[i]->d_name, &count);
        code = one != ND_EXIT_OK ? one : code;
        free(names[i]);
    }
    free(names);
    if (count == 0)
        printf("no run in '%s' has left anything over\n", runs);
    else
        printf("%s\n", code == ND_EXIT_OK
                           ? "everything is as before"
                           : "not everything could be verified as before; see above");
    return code;
}

static int restore(int argc, char **argv)
{
    struct nd_cli_args args;
    struct nd_rundir dir;
    struct nd_fail why = {0};
    int code = 0;
    bool all = false;
    for (int i = 1; i < argc; i++)
        all = all || strcmp(argv[i], "--all") == 0;
    if (all) {
        bool help = false;
        if (nd_cli_parse(&nd_command_restore, argc, argv, 0, 0, &args, &help))
            code = restore_all(nd_cli_runs(&args));
        else
            code = help ? ND_EXIT_OK : ND_EXIT_USAGE;
        nd_cli_args_deinit(&args);
        return code;
    }
    if (nd_cli_open_run(&nd_command_restore, argc, argv, &args, &dir, &code)) {
        int64_t left = nd_restore_dir(&dir, "by-hand", print_line, NULL, &why);
        if (left < 0)
            fprintf(stderr, "netdrill restore: %s\n", why.text);
        else
            printf("%s\n", left == 0 ? "everything is as before"
                                     : "not everything could be verified as before; see above");
        code = restore_code(left, &why);
    }
    nd_rundir_deinit(&dir);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_restore = {
    "restore",
    "restore [RUN | --all] [--runs DIR]",
    "Puts back what a run that died has changed, and reads it back.\n\n"
    "  netdrill restore last\n"
    "  netdrill restore --all --runs /var/lib/netdrill/runs    at the start of the machine",
    restore,
    0,
    restore_options};

/* ---- keeper (internal) ---- */

static int keeper(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "netdrill keeper: this is started by 'netdrill run'\n");
        return ND_EXIT_USAGE;
    }
    return nd_keeper_main(argv[1], atoi(argv[2]), atoi(argv[3]));
}

const struct nd_command nd_command_keeper = {
    "keeper", "keeper DIR FD PIDFD", "Internal: the process that restores.",
    keeper,   ND_COMMAND_HIDDEN,     NULL};
