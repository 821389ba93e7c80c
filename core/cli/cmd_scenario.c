#include "cli/common.h"
#include "cli/keep.h"

#include "base/units.h"
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* lint, plan, rehearse: what is done with a scenario before anything happens. */

extern const struct nd_command nd_command_lint, nd_command_plan, nd_command_rehearse;

static const struct nd_cli_option lint_options[] = {
    {"site", "FILE", "use this site file, not the one the scenario names", 0},
    {"set", "NAME=VALUE", "a parameter of the scenario", ND_CLI_REPEAT},
    {"json", NULL, "diagnostics as JSON on stdout", 0},
    {"strict", NULL, "warnings are errors", 0},
    {NULL, NULL, NULL, 0}};

static bool read_seed(const struct nd_cli_args *args, uint64_t *seed)
{
    const char *text = nd_cli_get(args, "seed");
    char *end = NULL;
    *seed = text != NULL ? strtoull(text, &end, 10) : 1;
    if (text == NULL || (*text >= '0' && *text <= '9' && *end == '\0'))
        return true;
    fprintf(stderr, "netdrill: '--seed' takes a whole number, got '%s'\n", text);
    return false;
}

static int lint(int argc, char **argv)
{
    struct nd_cli_args args;
    struct nd_work work = {.sched = NULL};
    struct nd_settings settings = {.list = {NULL, 0, 0}};
    bool help = false;
    if (!nd_cli_parse(&nd_command_lint, argc, argv, 1, 1, &args, &help)) {
        nd_cli_args_deinit(&args);
        return help ? ND_EXIT_OK : ND_EXIT_USAGE;
    }
    bool good = nd_cli_settings(&args, &settings) &&
                nd_work_load(&work, nd_work_virtual(), args.words.at[0], nd_cli_get(&args, "site"),
                             1, &settings);
    /* A rehearsal in which all goes well shows what the bodies do: what stops them, and what the
     * policy does not allow, come out as diagnostics. */
    struct nd_rehearsal rehearsal = {.plan = NULL};
    good = good && nd_preview_faults(&work, &rehearsal);
    json_decref(rehearsal.plan);
    nd_work_print_diags(&work, nd_cli_get(&args, "json") != NULL);
    good = good && work.diags.errors == 0 &&
           (nd_cli_get(&args, "strict") == NULL || work.diags.warnings == 0);
    nd_work_deinit(&work);
    nd_settings_deinit(&settings);
    nd_cli_args_deinit(&args);
    return good ? ND_EXIT_OK : ND_EXIT_USAGE;
}

const struct nd_command nd_command_lint = {
    "lint",
    "lint SCENARIO [--site FILE] [--json] [--strict]",
    "Tells all that is wrong with a scenario and its site file.\n\n"
    "  netdrill lint drills/disaster-roaming.lua",
    lint,
    0,
    lint_options};

/* ---- plan ---- */

static const struct nd_cli_option plan_options[] = {
    {"site", "FILE", "use this site file, not the one the scenario names", 0},
    {"set", "NAME=VALUE", "a parameter of the scenario", ND_CLI_REPEAT},
    {"out", "FILE", "save the plan; 'netdrill run FILE' then runs exactly this", 0},
    {"seed", "N", "seed of the run's randomness (default 1)", 0},
    {"json", NULL, "the plan as JSON on stdout", 0},
    {"lang", "zh|en", "language of titles", 0},
    {NULL, NULL, NULL, 0}};

static int save_plan(const char *path, const json_t *plan)
{
    struct nd_fail why = {0};
    char *text = json_dumps(plan, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
    nd_err err = nd_file_write(path, text, strlen(text), &why);
    free(text);
    if (err != ND_OK) {
        fprintf(stderr, "netdrill plan: %s\n", why.text);
        return ND_EXIT_REFUSED;
    }
    fprintf(stderr, "Saved %s; run it with: netdrill run %s\n", path, path);
    return ND_EXIT_OK;
}

static int make_plan(const struct nd_cli_args *args, struct nd_work *work, uint64_t seed)
{
    struct nd_rehearsal rehearsal;
    struct nd_buf out = {0};
    char hash[ND_HASH_TEXT];
    int code = ND_EXIT_OK;
    bool played = nd_preview(work, seed, &rehearsal);
    if (!played || work->diags.errors != 0) {
        nd_work_print_diags(work, false);
        json_decref(rehearsal.plan);
        return played ? ND_EXIT_REFUSED : ND_EXIT_INTERNAL;
    }
    nd_plan_hash(rehearsal.plan, hash);
    if (nd_cli_get(args, "json") != NULL) {
        char *text = json_dumps(rehearsal.plan, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
        printf("%s\n", text);
        free(text);
    } else {
        nd_plan_print(rehearsal.plan, nd_cli_zh(args), &out);
        nd_text_tame(out.text, true);
        nd_buf_addf(&out, "Plan %.23s\n", hash);
        fputs(nd_buf_str(&out), stdout);
    }
    if (nd_cli_get(args, "out") != NULL)
        code = save_plan(nd_cli_get(args, "out"), rehearsal.plan);
    nd_buf_deinit(&out);
    json_decref(rehearsal.plan);
    return code;
}

static int plan(int argc, char **argv)
{
    struct nd_cli_args args;
    struct nd_work work = {.sched = NULL};
    struct nd_settings settings = {.list = {NULL, 0, 0}};
    bool help = false;
    uint64_t seed = 1;
    if (!nd_cli_parse(&nd_command_plan, argc, argv, 1, 1, &args, &help) ||
        !read_seed(&args, &seed)) {
        nd_cli_args_deinit(&args);
        return help ? ND_EXIT_OK : ND_EXIT_USAGE;
    }
    int code = ND_EXIT_USAGE;
    if (nd_cli_settings(&args, &settings) &&
        nd_work_load(&work, nd_work_virtual(), args.words.at[0], nd_cli_get(&args, "site"), seed,
                     &settings))
        code = make_plan(&args, &work, seed);
    else
        nd_work_print_diags(&work, false);
    nd_work_deinit(&work);
    nd_settings_deinit(&settings);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_plan = {
    "plan",
    "plan SCENARIO [--out FILE] [--site FILE] [--seed N] [--json]",
    "The timetable of a drill: what it will change, what cannot be previewed.\n\n"
    "  netdrill plan drills/disaster-roaming.lua\n"
    "  netdrill plan drills/disaster-roaming.lua --out today.plan",
    plan,
    0,
    plan_options};

/* ---- rehearse ---- */

static const struct nd_cli_option rehearse_options[] = {
    {"site", "FILE", "use this site file, not the one the scenario names", 0},
    {"set", "NAME=VALUE", "a parameter of the scenario", ND_CLI_REPEAT},
    {"answers", "FILE", "scripted answers to confirmations (else: yes)", 0},
    {"fail", "VERB#N", "let call N of a verb fail, 0: every (links.down#1=ERIGHTS)", ND_CLI_REPEAT},
    {"seed", "N", "seed of the run's randomness (default 1)", 0},
    {"json", NULL, "events as JSON lines on stdout", 0},
    {"runs", "DIR", "keep the rehearsal as a run in DIR, with its report", 0},
    {"lang", "zh|en", "language of titles", 0},
    {NULL, NULL, NULL, 0}};

struct shown {
    bool zh, colour, json;
};

static void show_event(void *ctx, const char *raw, const json_t *event)
{
    const struct shown *shown = ctx;
    const char *line = shown->json ? raw : nd_line_of(event, shown->zh, shown->colour);
    if (*line != '\0')
        printf("%s\n", line);
}

static void print_outcome(const struct nd_outcome *o)
{
    char lasted[ND_UNIT_TEXT];
    printf("\n預演 REHEARSAL, not a measurement: %lld met, %lld missed, %lld unknown; "
           "%lld of %lld steps done; %s of drill\n",
           (long long)o->met, (long long)o->missed, (long long)o->unknown, (long long)o->steps_done,
           (long long)(o->steps_done + o->steps_failed + o->steps_skipped + o->steps_cancelled),
           nd_length_format(o->lasted, lasted));
    nd_print_duties(o, stdout);
    if (o->aborted || o->refused)
        printf("%s: %s\n", o->aborted ? "aborted" : "refused", o->reason);
    printf("trace %s\n", o->trace);
}

/* A directory for a rehearsal that is to be kept. */
static bool make_dir(const struct nd_cli_args *args, const struct nd_work *work,
                     struct nd_rundir *dir)
{
    struct nd_fail why = {0};
    const struct nd_drill *drill = nd_scenario_drill(work->scenario);
    char *id = nd_printf("%s-rehearsal", drill->id);
    nd_err err =
        nd_rundir_create(dir, nd_cli_get(args, "runs"), id, nd_sched_to_wall(work->sched, 0), &why);
    free(id);
    if (err != ND_OK)
        fprintf(stderr, "netdrill rehearse: %s\n", why.text);
    return err == ND_OK;
}

/* A call that is to fail and never comes is most often a slip of the pen. */
static void tell_idle_fails(const struct nd_script *script, const json_t *plan)
{
    for (size_t i = 0; i < script->fails.count; i++) {
        const json_t *entry = NULL;
        size_t v = 0;
        bool called = false;
        json_array_foreach(json_object_get(plan, "verbs"), v, entry) called =
            called || strcmp(json_string_value(json_object_get(entry, "verb")),
                             script->fails.at[i].verb) == 0;
        if (!called)
            fprintf(stderr, "note: '--fail %s#%lld' met nothing: the drill made no such call\n",
                    script->fails.at[i].verb, (long long)script->fails.at[i].number);
    }
}

static int play(const struct nd_cli_args *args, struct nd_work *work, uint64_t seed)
{
    struct nd_script script;
    struct nd_rehearsal rehearsal = {.plan = NULL};
    struct nd_rundir dir = {0};
    struct nd_fail why = {0};
    int code = ND_EXIT_USAGE;
    bool keep = nd_cli_get(args, "runs") != NULL;
    struct shown shown = {nd_cli_zh(args), nd_cli_colour(1), nd_cli_get(args, "json") != NULL};
    if (nd_script_take(&script, args, nd_scenario_drill(work->scenario)) &&
        (!keep || make_dir(args, work, &dir)) &&
        nd_rehearse(work, &script, seed, keep ? &dir : NULL, show_event, &shown, &rehearsal)) {
        if (!shown.json)
            print_outcome(&rehearsal.outcome);
        tell_idle_fails(&script, rehearsal.plan);
        nd_outcome_name(&rehearsal.outcome, &code);
        if (keep && (nd_keep_sources(&dir, work, rehearsal.plan, &why) != ND_OK ||
                     nd_report_write(&dir, NULL, NULL, &why) != ND_OK))
            fprintf(stderr, "netdrill rehearse: %s\n", why.text);
        else if (keep)
            fprintf(stderr, "Kept in %s\n", dir.path);
    }
    nd_rundir_deinit(&dir);
    json_decref(rehearsal.plan);
    nd_script_deinit(&script);
    return code;
}

static int rehearse(int argc, char **argv)
{
    struct nd_cli_args args;
    struct nd_work work = {.sched = NULL};
    struct nd_settings settings = {.list = {NULL, 0, 0}};
    bool help = false;
    uint64_t seed = 1;
    if (!nd_cli_parse(&nd_command_rehearse, argc, argv, 1, 1, &args, &help) ||
        !read_seed(&args, &seed)) {
        nd_cli_args_deinit(&args);
        return help ? ND_EXIT_OK : ND_EXIT_USAGE;
    }
    /* Whole lines: what plugins say on stderr is not to split one in a pipe they share. */
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    int code = ND_EXIT_USAGE;
    if (nd_cli_settings(&args, &settings) &&
        nd_work_load(&work, nd_work_virtual(), args.words.at[0], nd_cli_get(&args, "site"), seed,
                     &settings))
        code = play(&args, &work, seed);
    else
        nd_work_print_diags(&work, false);
    nd_work_deinit(&work);
    nd_settings_deinit(&settings);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_rehearse = {
    "rehearse",
    "rehearse SCENARIO [--answers FILE] [--fail VERB#N] [--seed N] [--json] [--runs DIR]",
    "Plays a drill on a virtual clock with models in place of the network.\n\n"
    "  netdrill rehearse drills/disaster-roaming.lua\n"
    "  netdrill rehearse drills/disaster-roaming.lua --fail links.down#1",
    rehearse,
    0,
    rehearse_options};
