/* What the commands about a run's evaluation share: its directory, its people and objectives, as
 * the run's own files say. It may be alive or over. */
#ifndef ND_CLI_EVALUATE_H
#define ND_CLI_EVALUATE_H
#include "cli/common.h"
#include "record/evaluation.h"

struct nd_evaluating {
    struct nd_cli_args args;
    struct nd_rundir dir;
    struct nd_site *site; /* or NULL */
    json_t *plan;         /* or NULL */
    const char *by;
    char added[24]; /* id of what nd_evaluating_add has added */
};

/* Parses and opens (--run, --runs, --as). False: *code tells; to be freed in either case. */
bool nd_evaluating_begin(struct nd_evaluating *e, const struct nd_command *command, int argc,
                         char **argv, size_t words_min, int *code);
void nd_evaluating_end(struct nd_evaluating *e);
/* Whether the one who speaks is a person of the site file, if it names any; and, evaluates: one
 * whose part it is to rate. Tells why not. */
bool nd_evaluating_may(const struct nd_evaluating *e, const char *command, bool evaluates);
/* The objective, target or task of that id; NULL, and told: there is none. */
const json_t *nd_evaluating_objective(const struct nd_evaluating *e, const char *command,
                                      const char *id);
/* Adds one event, signs with --sign where it was given, and writes the report anew once the run is
 * over. subject: NULL: the next id of an improvement item or observation. data: taken over. */
int nd_evaluating_add(struct nd_evaluating *e, const char *command, const char *type,
                      const char *subject, json_t *data);

#endif
