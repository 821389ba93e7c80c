/* A drill about to be played for real, for the files of `netdrill run`: live_prepare.c is all that
 * comes before anything is changed, cmd_run.c the rest. */
#ifndef ND_CLI_LIVE_H
#define ND_CLI_LIVE_H
#include "cli/common.h"
#include "cli/control.h"
#include "cli/display.h"
#include "cli/metrics.h"
#include "cli/outlet.h"
#include "cli/typed.h"
#include "run/claim.h"
#include "run/past.h"

#include <uv.h>

struct nd_live {
    struct nd_cli_args args;
    uv_loop_t loop;
    struct nd_work work;
    struct nd_script script;
    struct nd_rundir dir;
    struct nd_run *run;
    struct nd_control *control;
    struct nd_display *display; /* or NULL: then lines */
    struct nd_outlet *lines;    /* stdout, where there is no display */
    struct nd_metrics *metrics;
    struct nd_typed *typed;
    struct nd_claims *claims;
    nd_ns restore_within;
    uv_signal_t signals[3];
    bool told_to_end; /* by a signal */
    bool zh, colour, json, lab, consented;
    uint64_t seed;
    struct nd_settings settings; /* of the scenario's parameters */
    json_t *plan;                /* a saved one being run, or NULL */
    const char *scenario_path, *site_path;
    char *own_scenario, *own_site; /* of the directory of a run that is resumed */
    struct nd_past past;
    bool resumes;
    char plan_hash[ND_HASH_TEXT];
    const char *key; /* path of the secret key that seals the run, or NULL */
};

/* Says why on stderr, and gives the exit code back. */
int nd_live_refuse(int code, const char *text);
/* Plan, policy, consent, rights, claims and the run's directory. Returns ND_EXIT_OK, or the exit
 * code of what was refused: then nothing was changed. */
int nd_live_prepare(struct nd_live *live);

#endif
