/* A scenario that was loaded and rehearsed once, for commands that write about it. */
#ifndef ND_CLI_PLANNED_H
#define ND_CLI_PLANNED_H
#include "cli/common.h"

struct nd_planned {
    struct nd_work work;
    struct nd_settings settings;
    struct nd_rehearsal rehearsal;
};

#define ND_PLANNED_OPTIONS                                                                         \
    {"site", "FILE", "use this site file, not the one the scenario names", 0},                     \
    {                                                                                              \
        "set", "NAME=VALUE", "a parameter of the scenario; may be given again", ND_CLI_REPEAT      \
    }

/* With --site and --set. False: what is wrong was printed. To be freed in either case. */
bool nd_planned_load(struct nd_planned *planned, const struct nd_cli_args *args, const char *path);
/* The same, but what is wrong stands in the work's diags alone. */
bool nd_planned_try(struct nd_planned *planned, const struct nd_cli_args *args, const char *path);
void nd_planned_deinit(struct nd_planned *planned);
/* Whether the site file has the person that --for names; else that is said. True without --for. */
bool nd_planned_person(const struct nd_planned *planned, const struct nd_cli_args *args);
/* Writes a file whole, or to stdout when there is no --out; an exit code. */
int nd_planned_out(const struct nd_cli_args *args, const struct nd_buf *out);

#endif
