/* What several commands need: a scenario with all that belongs to it, scripted answers, events as
 * lines. */
#ifndef ND_CLI_COMMON_H
#define ND_CLI_COMMON_H
#include "cli/options.h"
#include "lua/scenario.h"
#include "plan/plan.h"
#include "run/run.h"

#include <stdio.h>

/* ---- the terminal ---- */

/* Colour on that stream: a terminal, NO_COLOR empty, TERM not "dumb". */
bool nd_cli_colour(int fd);
/* Takes back that libuv has made a terminal non-blocking by watching it: what it makes so is the
 * terminal itself, for stdout and for the shell that comes after us too. */
void nd_cli_keep_blocking(int fd);
/* zh-TW texts: --lang zh, else by LC_ALL, LC_MESSAGES, LANG. */
bool nd_cli_zh(const struct nd_cli_args *args);
/* "runs", or --runs. */
const char *nd_cli_runs(const struct nd_cli_args *args);
/* Parses the arguments of a command about one run ("last" without) and finds it. False: *code
 * tells; args and dir are to be freed in either case. */
bool nd_cli_open_run(const struct nd_command *command, int argc, char **argv,
                     struct nd_cli_args *args, struct nd_rundir *dir, int *code);

/* The day here, "2026-11-25". out: 16 bytes. */
const char *nd_cli_today(char *out);
/* Tells of a run that is left out since it cannot be read. command: its name, a text. */
void nd_cli_unread(void *command, const char *run_id, const char *why);

/* ---- a scenario and what belongs to it ---- */

struct nd_work {
    struct nd_sched *sched;
    struct nd_site *site;
    struct nd_plugins *plugins;
    struct nd_scenario *scenario;
    struct nd_diags diags;
};

/* --set NAME=VALUE, each given; texts borrowed from args. False: one cannot be read, told. */
bool nd_cli_settings(const struct nd_cli_args *args, struct nd_settings *settings);
/* Those of a saved plan; texts borrowed from it. */
void nd_plan_settings(const json_t *plan, struct nd_settings *settings);
void nd_settings_deinit(struct nd_settings *settings);

/* Loads scenario and site (--site, or the one the scenario names). sched: taken over. settings: of
 * the scenario's parameters, may be NULL. False: what
 * is wrong stands in diags. */
bool nd_work_load(struct nd_work *work, struct nd_sched *sched, const char *path,
                  const char *site_path, uint64_t seed, const struct nd_settings *settings);
void nd_work_deinit(struct nd_work *work);
/* A virtual scheduler at a fixed wall clock, so that rehearsals are the same each time. */
struct nd_sched *nd_work_virtual(void);
/* Prints the diagnostics to stderr, or as JSON to stdout. */
void nd_work_print_diags(struct nd_work *work, bool json);

/* ---- scripts: script.c ---- */

struct nd_script {
    struct ND_VEC(struct nd_script_answer) answers;
    struct ND_VEC(struct nd_script_fail) fails;
    struct nd_arena arena;
};

/* --answers FILE: a YAML list of {match, after, answer: yes|no|none, by} to confirmations and of
 * {inject, by, ack, after, answer} to injects; --fail VERB#N[=ETIME]. */
/* Both options of a command's arguments. False: they cannot be read, or answer an inject, a duty or
 * a person that the drill does not have, which is told. */
bool nd_script_take(struct nd_script *script, const struct nd_cli_args *args,
                    const struct nd_drill *drill);
void nd_script_deinit(struct nd_script *script);

/* ---- a rehearsal ---- */

struct nd_rehearsal {
    struct nd_outcome outcome;
    json_t *plan; /* filled from what the rehearsal did; caller decrefs */
};

/* Plays the drill on the virtual clock. event: every event, may be NULL. */
bool nd_rehearse(struct nd_work *work, const struct nd_script *script, uint64_t seed,
                 const struct nd_rundir *dir,
                 void (*event)(void *ctx, const char *line, const json_t *event), void *ctx,
                 struct nd_rehearsal *rehearsal);

/* A rehearsal in which all goes well, for lint, plan and run: what the site's policy does not allow
 * of it is added to the work's diags. False: it could not be played. */
bool nd_preview(struct nd_work *work, uint64_t seed, struct nd_rehearsal *rehearsal);
/* The same for lint: what stopped the body of a step or a baseline is added, too, and what is about
 * no line of the scenario is noted on stderr. */
bool nd_preview_faults(struct nd_work *work, struct nd_rehearsal *rehearsal);

/* ---- events as lines ---- */

/* One line for people on an event, "" when it is not for them. Borrowed until the next call. */
const char *nd_line_of(const json_t *event, bool zh, bool colour);
/* How many regulatory clocks were met, nothing when none was opened; and reactions that were
 * missed, where they count. lines_duty.c */
void nd_print_duties(const struct nd_outcome *outcome, FILE *out);
/* The changes of a status that are not read back as restored, a line each. status: taken over. */
void nd_print_left(json_t *status, FILE *out);
/* A value in its unit, such as "1.5s" or "12.5%". statistic: that of a verdict, "" when it asked no
 * series: of unit "1" it is a share then; or NULL. out: 48 bytes. */
const char *nd_value_words(double value, const char *unit, const char *statistic, char *out);

#endif
