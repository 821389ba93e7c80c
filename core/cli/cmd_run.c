#include "cli/live.h"

#include "base/units.h"
#include "cli/userns.h"
#include "host/jail.h"
#include "record/seal.h"
#include "report/across/items.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* run: the drill for real. Everything that can be refused is refused before anything is changed. */

extern const struct nd_command nd_command_run;

static const struct nd_cli_option run_options[] = {
    {"site", "FILE", "use this site file, not the one the scenario names", 0},
    {"set", "NAME=VALUE", "a parameter of the scenario", ND_CLI_REPEAT},
    {"lab", NULL, "build the site's lab first, take it away last", 0},
    {"answers", "FILE", "scripted answers to confirmations, for unattended runs", 0},
    {"confirm", "ID", "outside a lab: the drill's id, in place of typing it", 0},
    {"sign", "KEY", "seal the run with this secret key (see 'netdrill key new')", 0},
    {"no-input", NULL, "never ask on the terminal, nor read orders from it", 0},
    {"restore-within", "LENGTH", "how long restoring at the end may take (default 60s)", 0},
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {"seed", "N", "seed of the run's randomness (default 1)", 0},
    {"resume", "RUN", "go on with a run that died, in its directory", 0},
    {"keep-times", NULL, "with --resume: do not shift what is left by the time the run was down",
     0},
    {"json", NULL, "events as JSON lines on stdout", 0},
    {"plain", NULL, "one line an event, also on a terminal", 0},
    {"lang", "zh|en", "language of titles", 0},
    {"metrics", "PORT", "figures for Prometheus at http://127.0.0.1:PORT/metrics", 0},
    {"metrics-file", "FILE", "the same as a text file, rewritten every 5 s", 0},
    {NULL, NULL, NULL, 0}};

#define OUTPUT_WAIT_MS 30000 /* for whoever reads stdout, once all is restored and reported */
#define LEAVE_WAIT_MS  1000  /* the same when it is left to the keeper */

/* ---- while it runs ---- */

static void warn(const struct nd_live *live, const char *text)
{
    if (live->display != NULL)
        nd_display_warn(live->display, text);
    else
        fprintf(stderr, "%s\n", text);
}

static void left_out(void *ctx, const char *run_id, const char *why)
{
    char *text = nd_printf("improvement items of run '%s' are left out: %s", run_id, why);
    warn(ctx, text);
    free(text);
}

/* What earlier runs of the drill have left to be done, as this one begins. It goes on without. */
static void carry_items(struct nd_live *live)
{
    struct nd_fail why = {0};
    size_t added = 0;
    size_t changed = 0;
    const struct nd_items_told told = {left_out, live};
    if (nd_items_carry(&live->dir, NULL, "core", NULL, &told, &added, &changed, &why) == ND_OK)
        return;
    char *text = nd_printf("improvement items of earlier runs are not carried forward: %s; later: "
                           "netdrill improve carry",
                           why.text);
    warn(live, text);
    free(text);
}

static void on_event(void *ctx, const char *raw, const json_t *event)
{
    struct nd_live *live = ctx;
    const char *line = live->json ? raw : nd_line_of(event, live->zh, live->colour);
    if (live->display != NULL) {
        nd_display_line(live->display, line);
    } else if (*line != '\0') {
        nd_outlet_put(live->lines, line, strlen(line));
        nd_outlet_put(live->lines, "\n", 1);
    }
    if (strcmp(json_string_value(json_object_get(event, "type")), "netdrill.journal.opened") == 0)
        carry_items(live);
}

/* What plugins have to say. */
static void on_log(void *ctx, int level, const char *plugin, const char *text)
{
    struct nd_live *live = ctx;
    if (level < ND_WARN)
        return;
    char *line = nd_printf("%s: %s", plugin, text);
    warn(live, line);
    free(line);
}

/* Stdout is ours again: the display is gone, the lines are written. */
static void end_output(struct nd_live *live, int wait_ms)
{
    nd_display_close(live->display);
    size_t lost = nd_outlet_close(live->lines, wait_ms);
    live->lines = NULL;
    if (lost != 0)
        fprintf(stderr,
                "netdrill run: %zu lines were not taken by whoever reads them; the journal "
                "has them all\n",
                lost);
}

static void on_ended(void *ctx)
{
    struct nd_live *live = ctx;
    nd_sched_stop(live->work.sched);
}

/* Ends the process at once, without a good-bye: the keeper sees that we are gone and restores. */
static _Noreturn void leave(struct nd_live *live, const char *because, int code)
{
    char *path = realpath(live->dir.path, NULL);
    end_output(live, LEAVE_WAIT_MS);
    fprintf(stderr, "\nnetdrill run: %s. Still changed, and left to the keeper now:\n", because);
    nd_print_left(nd_run_status(live->run), stderr);
    fprintf(stderr,
            "To see how it went, and to restore by hand what it could not:\n"
            "  netdrill restore %s\n",
            path != NULL ? path : live->dir.path);
    fflush(NULL);
    _exit(code);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct nd_live *live = handle->data;
    static const char *const names[] = {"SIGINT", "SIGTERM", "SIGHUP"};
    int which = number == SIGINT ? 0 : number == SIGTERM ? 1 : 2;
    /* A terminal that goes may hang up more than once. */
    if (live->told_to_end && number != SIGHUP) {
        char because[64];
        snprintf(because, sizeof because, "ended at once by a second %s", names[which]);
        leave(live, because, number == SIGINT ? ND_EXIT_INTERRUPTED : ND_EXIT_TERMINATED);
    }
    live->told_to_end = true;
    nd_run_abort(live->run, "operator", names[which]);
}

static void watch_signals(struct nd_live *live)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    signal(SIGPIPE, SIG_IGN);
    /* A run that is stopped counts as dead to its keeper: reading or writing in the background, or
     * a stray Ctrl-Z, must not stop it. */
    signal(SIGTTIN, SIG_IGN);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGTSTP, SIG_IGN);
    /* Started with nohup, the drill goes on when its terminal goes. */
    struct sigaction hangup;
    size_t count = sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler == SIG_IGN ? 2 : 3;
    for (size_t i = 0; i < count; i++) {
        uv_signal_init(&live->loop, &live->signals[i]);
        live->signals[i].data = live;
        uv_signal_start(&live->signals[i], on_signal, numbers[i]);
    }
}

static bool open_metrics(struct nd_live *live, struct nd_fail *why)
{
    const char *port = nd_cli_get(&live->args, "metrics");
    const char *file = nd_cli_get(&live->args, "metrics-file");
    if (port == NULL && file == NULL)
        return true;
    char *end = NULL;
    long number = port != NULL ? strtol(port, &end, 10) : 0;
    if (port != NULL && (*end != '\0' || number < 1 || number > 65535)) {
        nd_fail_set(why, ND_EARG, "--metrics takes a port from 1 to 65535, got '%s'", port);
        return false;
    }
    live->metrics =
        nd_metrics_open(&live->loop, live->work.sched, live->run, (uint16_t)number, file, why);
    return live->metrics != NULL;
}

static int play(struct nd_live *live)
{
    struct nd_fail why = {0};
    const struct nd_run_config config = {
        .drill = nd_scenario_drill(live->work.scenario),
        .site = live->work.site,
        .sched = live->work.sched,
        .plugins = live->work.plugins,
        .bodies = nd_scenario_bodies(live->work.scenario),
        .dir = &live->dir,
        .seed = live->seed,
        .plan_hash = live->plan_hash,
        .make_lab = live->lab,
        .consented = live->consented,
        .past = live->resumes ? &live->past : NULL,
        .restore_within = live->restore_within,
        .claims = live->claims,
        .answers = live->script.answers.at,
        .answers_count = live->script.answers.count,
        .event = on_event,
        .ended = on_ended,
        .ctx = live,
    };
    /* From here on plugins act, in processes of their own; what reads scenarios needs no rights. */
    nd_jail_drop_all();
    live->run = nd_run_new(&config, &why);
    if (live->run == NULL)
        return nd_live_refuse(ND_EXIT_REFUSED, why.text);
    live->control = nd_control_open(&live->loop, live->run, &live->dir, &why);
    if (live->control == NULL)
        return nd_live_refuse(ND_EXIT_REFUSED, why.text);
    if (!open_metrics(live, &why))
        return nd_live_refuse(ND_EXIT_REFUSED, why.text);
    bool input = nd_cli_get(&live->args, "no-input") == NULL;
    watch_signals(live);
    if (!live->json && nd_cli_get(&live->args, "plain") == NULL)
        live->display = nd_display_open(&live->loop, live->work.sched, live->run, input, live->zh,
                                        live->colour);
    if (live->display == NULL)
        live->lines = nd_outlet_open(1);
    if (live->display == NULL && input)
        live->typed = nd_typed_open(&live->loop, live->run);
    nd_plugins_set_log(live->work.plugins, on_log, live);
    nd_run_begin(live->run);
    nd_sched_run(live->work.sched);
    if (nd_run_outcome(live->run)->overdue)
        leave(live, "not everything could be restored in time", ND_EXIT_UNRESTORED);
    int code = ND_EXIT_INTERNAL;
    nd_outcome_name(nd_run_outcome(live->run), &code);
    return code;
}

/* ---- after the run ---- */

static void tell_outcome(const struct nd_live *live, int code)
{
    const struct nd_outcome *o = nd_run_outcome(live->run);
    FILE *out = live->json ? stderr : stdout;
    char took[ND_UNIT_TEXT];
    if (o->unverified != 0)
        fprintf(out,
                "\n%lld CHANGE(S) NOT VERIFIED AS RESTORED: act by hand, then: netdrill restore "
                "%s\n",
                (long long)o->unverified, live->dir.path);
    fprintf(out,
            "\n%s: %lld met, %lld missed, %lld unknown; %lld of %lld changes restored and "
            "read back in %s\n",
            nd_outcome_name(o, NULL), (long long)o->met, (long long)o->missed,
            (long long)o->unknown, (long long)o->verified, (long long)(o->verified + o->unverified),
            nd_length_format(o->restore_took, took));
    nd_print_duties(o, out);
    if (o->aborted || o->refused)
        fprintf(out, "because %s\n", o->reason);
    if (o->unsteady)
        fprintf(out, "everything was read back as before, but the baseline no longer holds, or is "
                     "not known to: look at "
                     "the network\n");
    fprintf(out, "run     %s\n", live->dir.path);
    fprintf(out, "report  %s/report/report.%s.html\n", live->dir.path, live->zh ? "zh-TW" : "en");
    fprintf(out, "exit    %d\n", code);
}

static void close_signals(struct nd_live *live)
{
    for (size_t i = 0; i < 3; i++) {
        if (live->signals[i].data != NULL)
            uv_close((uv_handle_t *)&live->signals[i], NULL);
    }
}

static void deinit(struct nd_live *live)
{
    end_output(live, OUTPUT_WAIT_MS);
    nd_metrics_close(live->metrics);
    nd_control_close(live->control);
    nd_typed_close(live->typed);
    close_signals(live);
    nd_run_free(live->run);
    nd_work_deinit(&live->work);
    uv_run(&live->loop, UV_RUN_DEFAULT);
    uv_loop_close(&live->loop);
    nd_display_free(live->display);
    nd_script_deinit(&live->script);
    nd_rundir_deinit(&live->dir);
    json_decref(live->plan);
    nd_claims_free(live->claims);
    nd_past_deinit(&live->past);
    nd_settings_deinit(&live->settings);
    free(live->own_scenario);
    free(live->own_site);
}

/* Report and seal. A run that was to be signed and is not does not pass for one. */
static int finish(struct nd_live *live, int code)
{
    struct nd_fail why = {0};
    nd_metrics_close(live->metrics); /* its last text tells of the series */
    live->metrics = NULL;
    nd_run_drop_series(live->run);
    malloc_trim(0);
    nd_err err = nd_report_write(&live->dir, NULL, NULL, &why);
    if (err == ND_OK) {
        err = nd_seal(&live->dir, ND_SEAL_COMPLETE, live->key, &why);
        if (err != ND_OK && live->key != NULL && (code == ND_EXIT_OK || code == ND_EXIT_MISSED))
            code = ND_EXIT_INCOMPLETE;
    }
    end_output(live, OUTPUT_WAIT_MS);
    nd_display_print(live->display);
    if (err != ND_OK)
        fprintf(stderr, "netdrill run: %s; the run itself is kept, see 'netdrill report'\n",
                why.text);
    tell_outcome(live, code);
    return code;
}

static int run_live(struct nd_live *live)
{
    int code = nd_live_prepare(live);
    if (code != ND_EXIT_OK)
        return code;
    code = play(live);
    if (live->run == NULL || !nd_run_outcome(live->run)->ended)
        return code;
    return finish(live, code);
}

static int run(int argc, char **argv)
{
    struct nd_live live = {.lab = false};
    bool help = false;
    if (!nd_cli_parse(&nd_command_run, argc, argv, 0, 1, &live.args, &help)) {
        nd_cli_args_deinit(&live.args);
        return help ? ND_EXIT_OK : ND_EXIT_USAGE;
    }
    live.lab = nd_cli_get(&live.args, "lab") != NULL;
    struct nd_fail why = {0};
    if (live.lab && nd_userns_needed() && nd_userns_enter(&why) != ND_OK) {
        nd_cli_args_deinit(&live.args);
        return nd_live_refuse(ND_EXIT_REFUSED, why.text);
    }
    ND_CHECK(uv_loop_init(&live.loop) == 0);
    live.zh = nd_cli_zh(&live.args);
    live.colour = nd_cli_colour(1);
    live.json = nd_cli_get(&live.args, "json") != NULL;
    int code = run_live(&live);
    deinit(&live);
    nd_cli_args_deinit(&live.args);
    return code;
}

const struct nd_command nd_command_run = {
    "run",
    "run SCENARIO|PLAN [--lab] [--answers FILE] [--runs DIR] [--json] [--confirm ID]\n"
    "  netdrill run --resume RUN [--keep-times] [--answers FILE] [--runs DIR] [--confirm ID]",
    "Plays a drill for real, restores the network, and writes the report.\n\n"
    "  netdrill run drills/disaster-roaming.lua --lab\n"
    "  netdrill run today.plan --lab --answers drills/answers/disaster-roaming.yaml\n"
    "  netdrill run --resume last        go on with a run that died (docs/decisions/resume.md)",
    run,
    0,
    run_options};
