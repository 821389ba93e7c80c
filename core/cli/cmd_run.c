#include "cli/common.h"

#include "base/units.h"
#include "cli/control.h"
#include "cli/display.h"
#include "cli/metrics.h"
#include "cli/preflight.h"
#include "cli/typed.h"
#include "cli/userns.h"
#include "host/jail.h"
#include "record/key.h"
#include "record/seal.h"
#include "report/report.h"
#include "run/restore_dir.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

/* run: the drill for real. Everything that can be refused is refused before anything is changed. */

extern const struct nd_command nd_command_run;

static const struct nd_cli_option run_options[] = {
    {"site", "FILE", "use this site file, not the one the scenario names", 0},
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

struct live {
    struct nd_cli_args args;
    uv_loop_t loop;
    struct nd_work work;
    struct nd_script script;
    struct nd_rundir dir;
    struct nd_run *run;
    struct nd_control *control;
    struct nd_display *display;
    struct nd_metrics *metrics;
    struct nd_typed *typed;
    struct nd_claims *claims;
    nd_ns restore_within;
    uv_signal_t signals[3];
    bool told_to_end; /* by a signal */
    bool zh, colour, json, lab, consented;
    uint64_t seed;
    json_t *plan; /* a saved one being run, or NULL */
    const char *scenario_path, *site_path;
    char *own_scenario, *own_site; /* of the directory of a run that is resumed */
    struct nd_past past;
    bool resumes;
    char plan_hash[ND_HASH_TEXT];
    const char *key; /* path of the secret key that seals the run, or NULL */
};

static int refuse(int code, const char *text)
{
    fprintf(stderr, "netdrill run: %s\n", text);
    return code;
}

/* ---- before the run ---- */

/* A run that died: the scenario, site file and plan are those of its directory. */
static int open_past(struct live *live)
{
    struct nd_fail why = {0};
    nd_err err = nd_rundir_find(&live->dir, nd_cli_runs(&live->args),
                                nd_cli_get(&live->args, "resume"), &why);
    if (err != ND_OK)
        return refuse(ND_EXIT_USAGE, why.text);
    int lock_fd = nd_rundir_lock(&live->dir, &why);
    if (lock_fd < 0)
        return refuse(ND_EXIT_LOCKED, why.text);
    char *sock = nd_rundir_file(&live->dir, "control.sock");
    unlink(sock); /* of the process that died */
    free(sock);
    close(lock_fd); /* the keeper's start takes it for good */
    if (nd_past_read(&live->dir, &live->past, &why) != ND_OK)
        return refuse(ND_EXIT_REFUSED, why.text);
    live->past.keep_times = nd_cli_get(&live->args, "keep-times") != NULL;
    live->resumes = true;
    live->lab = live->past.lab;
    live->seed = live->past.seed;
    live->own_scenario = nd_rundir_file(&live->dir, "scenario.lua");
    live->own_site = nd_rundir_file(&live->dir, "site.yaml");
    live->scenario_path = live->own_scenario;
    live->site_path = access(live->own_site, R_OK) == 0 ? live->own_site : NULL;
    char *plan = nd_rundir_file(&live->dir, "plan.json");
    err = nd_plan_load(plan, &live->plan, &why);
    free(plan);
    return err == ND_OK ? ND_EXIT_OK : refuse(ND_EXIT_USAGE, why.text);
}

/* A saved plan names its scenario and seed. */
static int open_plan(struct live *live)
{
    struct nd_fail why = {0};
    const char *path = live->args.words.at[0];
    size_t len = strlen(path);
    live->scenario_path = path;
    live->site_path = nd_cli_get(&live->args, "site");
    live->seed = 1;
    const char *seed = nd_cli_get(&live->args, "seed");
    if (seed != NULL)
        live->seed = strtoull(seed, NULL, 10);
    if (len < 5 || strcmp(path + len - 5, ".plan") != 0)
        return ND_EXIT_OK;
    if (nd_plan_load(path, &live->plan, &why) != ND_OK)
        return refuse(ND_EXIT_USAGE, why.text);
    const json_t *drill = json_object_get(live->plan, "drill");
    live->scenario_path = json_string_value(json_object_get(drill, "scenario"));
    live->seed = (uint64_t)json_integer_value(json_object_get(live->plan, "seed"));
    return live->scenario_path != NULL ? ND_EXIT_OK
                                       : refuse(ND_EXIT_USAGE, "the plan names no scenario");
}

static int open_work(struct live *live)
{
    bool resumes = nd_cli_get(&live->args, "resume") != NULL;
    bool named = live->args.words.count != 0;
    if (resumes == named)
        return refuse(ND_EXIT_USAGE,
                      resumes ? "'--resume RUN' takes the scenario of that run; leave out yours"
                              : "a scenario or a plan is missing; see 'netdrill run --help'");
    if (resumes &&
        (nd_cli_get(&live->args, "site") != NULL || nd_cli_get(&live->args, "seed") != NULL))
        return refuse(ND_EXIT_USAGE, "'--resume RUN' takes the site file and seed of that run");
    return resumes ? open_past(live) : open_plan(live);
}

static int load(struct live *live)
{
    struct nd_fail why = {0};
    struct nd_sched *sched =
        nd_sched_new_live_at(&live->loop, nd_clock_zero_when(live->past.now), &why);
    if (sched == NULL)
        return refuse(ND_EXIT_INTERNAL, why.text);
    if (!nd_work_load(&live->work, sched, live->scenario_path, live->site_path, live->seed)) {
        nd_work_print_diags(&live->work, false);
        return ND_EXIT_USAGE;
    }
    if (live->plan != NULL &&
        nd_plan_check_fresh(live->plan, nd_scenario_drill(live->work.scenario), live->work.site,
                            &why) != ND_OK)
        return refuse(ND_EXIT_REFUSED, why.text);
    if (live->lab && (live->work.site == NULL || !live->work.site->has_lab))
        return refuse(ND_EXIT_USAGE, "--lab: the site file has no 'lab:' section");
    return ND_EXIT_OK;
}

/* Whether the plan changes a network that is no lab, by its site or by a target outside of it. */
static bool acts_outside(const struct live *live)
{
    const struct nd_site *site = live->work.site;
    size_t i = 0;
    json_t *change = NULL;
    if (site == NULL || !site->has_lab)
        return site != NULL;
    json_array_foreach(json_object_get(live->plan, "changes"), i, change)
    {
        const char *name = json_string_value(json_object_get(change, "plugin"));
        const struct nd_plugin *plugin =
            name != NULL ? nd_plugins_load(live->work.plugins, name, NULL) : NULL;
        const char *verb_name = json_string_value(json_object_get(change, "verb"));
        const struct nd_verb *verb =
            plugin != NULL && verb_name != NULL ? nd_plugin_verb(plugin, verb_name) : NULL;
        if (verb != NULL &&
            nd_site_outside_lab(site, verb->rights,
                                json_string_value(json_object_get(change, "vantage"))))
            return true;
    }
    return false;
}

/* A network that is not a lab is touched only by somebody who says which drill it is to be. */
static int ask_consent(struct live *live)
{
    const struct nd_drill *drill = nd_scenario_drill(live->work.scenario);
    const char *given = nd_cli_get(&live->args, "confirm");
    char typed[128] = "";
    if (!acts_outside(live))
        return ND_EXIT_OK;
    if (given == NULL && (!isatty(0) || nd_cli_get(&live->args, "no-input") != NULL)) {
        fprintf(stderr,
                "netdrill run: this drill acts on a network that is no lab; say so with "
                "--confirm %s\n",
                drill->id);
        return ND_EXIT_USAGE;
    }
    if (given == NULL) {
        fprintf(stderr,
                "This drill acts on a real network. Type its id (%s) to go on: ", drill->id);
        if (fgets(typed, sizeof typed, stdin) == NULL)
            typed[0] = '\0';
        typed[strcspn(typed, "\n")] = '\0';
        given = typed;
    }
    live->consented = strcmp(given, drill->id) == 0;
    if (live->consented)
        return ND_EXIT_OK;
    fprintf(stderr, "netdrill run: expected '%s', got '%s'; nothing was changed\n", drill->id,
            given);
    return ND_EXIT_USAGE;
}

static int take_claims(struct live *live)
{
    struct nd_fail why = {0};
    live->claims = nd_claims_new();
    nd_err err = nd_preflight_claim(live->plan, live->work.site, live->lab, live->claims, &why);
    if (err == ND_OK)
        return ND_EXIT_OK;
    fprintf(stderr, "netdrill run: %s; nothing was changed\n", why.text);
    return err == ND_ESTATE ? ND_EXIT_LOCKED : ND_EXIT_REFUSED;
}

static nd_err copy_file(const struct nd_rundir *dir, const char *from, const char *name,
                        struct nd_fail *why)
{
    char *text = NULL;
    size_t len = 0;
    nd_err err = nd_file_read(from, 1u << 21, &text, &len, why);
    if (err != ND_OK)
        return err;
    char *to = nd_rundir_file(dir, name);
    err = nd_file_write(to, text, len, why);
    free(to);
    free(text);
    return err;
}

/* The plan that is run: the saved one, or one made now by a rehearsal of its own. */
static int make_plan(struct live *live)
{
    int code = ND_EXIT_OK;
    if (live->plan == NULL) {
        struct nd_work work;
        struct nd_rehearsal rehearsal = {.plan = NULL};
        bool good = nd_work_load(&work, nd_work_virtual(), live->scenario_path, live->site_path,
                                 live->seed) &&
                    nd_preview(&work, live->seed, &rehearsal);
        live->plan = rehearsal.plan;
        if (!good) {
            code = refuse(ND_EXIT_INTERNAL, "the plan could not be made");
        } else if (work.diags.errors != 0) {
            nd_work_print_diags(&work, false);
            code = refuse(ND_EXIT_REFUSED,
                          "the site's policy does not allow this drill; nothing was changed");
        }
        nd_work_deinit(&work);
    }
    if (code == ND_EXIT_OK)
        nd_plan_hash(live->plan, live->plan_hash);
    return code;
}

/* A key that cannot be used is told before the drill, not after it. */
static int find_key(struct live *live)
{
    struct nd_fail why = {0};
    live->key = nd_cli_get(&live->args, "sign");
    if (live->key == NULL && live->work.site != NULL)
        live->key = live->work.site->policy.signed_with;
    if (live->key == NULL || nd_key_check(live->key, NULL, &why) == ND_OK)
        return ND_EXIT_OK;
    return refuse(ND_EXIT_REFUSED, why.text);
}

/* All of the drill has to lie within the policy's hours. */
static int check_hours(const struct live *live)
{
    struct nd_fail why = {0};
    if (live->work.site == NULL)
        return ND_EXIT_OK;
    struct nd_sched *sched = live->work.sched;
    int64_t now = nd_sched_to_wall(sched, nd_sched_now(sched));
    nd_ns lasts = nd_scenario_drill(live->work.scenario)->lasts;
    if (nd_policy_time(&live->work.site->policy, now, now + lasts, &why) == NULL)
        return ND_EXIT_OK;
    fprintf(stderr, "netdrill run: [E0507] %s; nothing was changed\n", why.text);
    return ND_EXIT_REFUSED;
}

/* The lab is made with rights of its own; anything else needs ours. */
static int check_rights(struct live *live)
{
    struct nd_fail why = {0};
    int code = check_hours(live);
    if (code != ND_EXIT_OK)
        return code;
    if (live->lab || nd_preflight(live->plan, live->work.site, live->work.plugins, &why) == ND_OK)
        return ND_EXIT_OK;
    fprintf(stderr, "netdrill run: %s; nothing was changed\n", why.text);
    return ND_EXIT_REFUSED;
}

static int make_dir(struct live *live)
{
    struct nd_fail why = {0};
    const struct nd_drill *drill = nd_scenario_drill(live->work.scenario);
    nd_err err = nd_rundir_create(&live->dir, nd_cli_runs(&live->args), drill->id,
                                  nd_sched_to_wall(live->work.sched, 0), &why);
    if (err == ND_OK)
        err = copy_file(&live->dir, drill->path, "scenario.lua", &why);
    if (err == ND_OK && live->work.site != NULL)
        err = copy_file(&live->dir, live->work.site->path, "site.yaml", &why);
    if (err == ND_OK) {
        char *text = json_dumps(live->plan, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
        char *path = nd_rundir_file(&live->dir, "plan.json");
        err = nd_file_write(path, text, strlen(text), &why);
        free(path);
        free(text);
    }
    return err == ND_OK ? ND_EXIT_OK : refuse(ND_EXIT_REFUSED, why.text);
}

/* ---- while it runs ---- */

static void on_event(void *ctx, const char *raw, const json_t *event)
{
    struct live *live = ctx;
    const char *line = live->json ? raw : nd_line_of(event, live->zh, live->colour);
    if (live->display != NULL && !live->json)
        nd_display_event(live->display, line);
    else if (*line != '\0')
        printf("%s\n", line);
    fflush(stdout);
}

static void on_ended(void *ctx)
{
    struct live *live = ctx;
    nd_sched_stop(live->work.sched);
}

/* Ends the process at once, without a good-bye: the keeper sees that we are gone and restores. */
static _Noreturn void leave(struct live *live, const char *because, int code)
{
    char *path = realpath(live->dir.path, NULL);
    nd_display_close(live->display);
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
    struct live *live = handle->data;
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

static void watch_signals(struct live *live)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    signal(SIGPIPE, SIG_IGN);
    /* A run that is stopped counts as dead to its keeper: reading or writing in the background, or
     * a stray Ctrl-Z, must not stop it. */
    signal(SIGTTIN, SIG_IGN);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGTSTP, SIG_IGN);
    for (size_t i = 0; i < 3; i++) {
        uv_signal_init(&live->loop, &live->signals[i]);
        live->signals[i].data = live;
        uv_signal_start(&live->signals[i], on_signal, numbers[i]);
    }
}

static bool open_metrics(struct live *live, struct nd_fail *why)
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

static int play(struct live *live)
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
        return refuse(ND_EXIT_REFUSED, why.text);
    live->control = nd_control_open(&live->loop, live->run, &live->dir, &why);
    if (live->control == NULL)
        return refuse(ND_EXIT_REFUSED, why.text);
    if (!open_metrics(live, &why))
        return refuse(ND_EXIT_REFUSED, why.text);
    if (isatty(1) && !live->json && nd_cli_get(&live->args, "plain") == NULL)
        live->display = nd_display_open(live->work.sched, live->run, live->zh, live->colour);
    watch_signals(live);
    if (nd_cli_get(&live->args, "no-input") == NULL)
        live->typed = nd_typed_open(&live->loop, live->run);
    nd_run_begin(live->run);
    nd_sched_run(live->work.sched);
    if (nd_run_outcome(live->run)->overdue)
        leave(live, "not everything could be restored in time", ND_EXIT_UNRESTORED);
    nd_display_close(live->display);
    live->display = NULL;
    int code = ND_EXIT_INTERNAL;
    nd_outcome_name(nd_run_outcome(live->run), &code);
    return code;
}

/* ---- after the run ---- */

static void tell_outcome(const struct live *live, int code)
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

static void close_signals(struct live *live)
{
    for (size_t i = 0; i < 3; i++) {
        if (live->signals[i].data != NULL)
            uv_close((uv_handle_t *)&live->signals[i], NULL);
    }
}

static void deinit(struct live *live)
{
    nd_metrics_close(live->metrics);
    nd_control_close(live->control);
    nd_typed_close(live->typed);
    close_signals(live);
    nd_run_free(live->run);
    nd_work_deinit(&live->work);
    uv_run(&live->loop, UV_RUN_DEFAULT);
    uv_loop_close(&live->loop);
    nd_script_deinit(&live->script);
    nd_rundir_deinit(&live->dir);
    json_decref(live->plan);
    nd_claims_free(live->claims);
    nd_past_deinit(&live->past);
    free(live->own_scenario);
    free(live->own_site);
}

static int take_length(struct live *live)
{
    struct nd_fail why = {0};
    const char *text = nd_cli_get(&live->args, "restore-within");
    if (text == NULL ||
        (nd_length_parse(text, &live->restore_within, &why) == ND_OK && live->restore_within > 0))
        return ND_EXIT_OK;
    fprintf(stderr,
            "netdrill run: '--restore-within' takes a length of time such as 60s, got '%s'\n",
            text);
    return ND_EXIT_USAGE;
}

/* Report and seal. A run that was to be signed and is not does not pass for one. */
static int finish(struct live *live, int code)
{
    struct nd_fail why = {0};
    nd_err err = nd_report_write(&live->dir, &why);
    if (err == ND_OK) {
        err = nd_seal(&live->dir, ND_SEAL_COMPLETE, live->key, &why);
        if (err != ND_OK && live->key != NULL && (code == ND_EXIT_OK || code == ND_EXIT_MISSED))
            code = ND_EXIT_INCOMPLETE;
    }
    if (err != ND_OK)
        fprintf(stderr, "netdrill run: %s; the run itself is kept, see 'netdrill report'\n",
                why.text);
    tell_outcome(live, code);
    return code;
}

static int run_live(struct live *live)
{
    int code = take_length(live);
    if (code == ND_EXIT_OK)
        code = open_work(live);
    if (code == ND_EXIT_OK && !nd_script_take(&live->script, &live->args))
        code = ND_EXIT_USAGE;
    if (code == ND_EXIT_OK)
        code = load(live);
    if (code == ND_EXIT_OK)
        code = find_key(live);
    if (code == ND_EXIT_OK)
        code = make_plan(live);
    if (code == ND_EXIT_OK)
        code = ask_consent(live);
    if (code == ND_EXIT_OK)
        code = check_rights(live);
    if (code == ND_EXIT_OK)
        code = take_claims(live);
    if (code == ND_EXIT_OK)
        code = live->resumes ? ND_EXIT_OK : make_dir(live);
    if (code == ND_EXIT_OK)
        nd_claims_name(live->claims, live->dir.run_id);
    if (code != ND_EXIT_OK)
        return code;
    code = play(live);
    if (live->run == NULL || !nd_run_outcome(live->run)->ended)
        return code;
    return finish(live, code);
}

static int run(int argc, char **argv)
{
    struct live live = {.lab = false};
    bool help = false;
    if (!nd_cli_parse(&nd_command_run, run_options, argc, argv, 0, 1, &live.args, &help)) {
        nd_cli_args_deinit(&live.args);
        return help ? ND_EXIT_OK : ND_EXIT_USAGE;
    }
    live.lab = nd_cli_get(&live.args, "lab") != NULL;
    struct nd_fail why = {0};
    if (live.lab && nd_userns_needed() && nd_userns_enter(&why) != ND_OK) {
        nd_cli_args_deinit(&live.args);
        return refuse(ND_EXIT_REFUSED, why.text);
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
    run, 0};
