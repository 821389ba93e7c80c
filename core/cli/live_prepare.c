#include "cli/keep.h"
#include "cli/live.h"

#include "base/units.h"
#include "cli/preflight.h"
#include "record/key.h"
#include "run/restore_dir.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What comes before a drill is played for real: nothing here changes anything but the run's own
 * directory. */

int nd_live_refuse(int code, const char *text)
{
    fprintf(stderr, "netdrill run: %s\n", text);
    return code;
}

/* A run that died: the scenario, site file and plan are those of its directory. */
static int open_past(struct nd_live *live)
{
    struct nd_fail why = {0};
    nd_err err = nd_rundir_find(&live->dir, nd_cli_runs(&live->args),
                                nd_cli_get(&live->args, "resume"), &why);
    if (err != ND_OK)
        return nd_live_refuse(ND_EXIT_USAGE, why.text);
    int lock_fd = nd_rundir_lock(&live->dir, &why);
    if (lock_fd < 0)
        return nd_live_refuse(ND_EXIT_LOCKED, why.text);
    char *sock = nd_rundir_file(&live->dir, "control.sock");
    unlink(sock); /* of the process that died */
    free(sock);
    close(lock_fd); /* the keeper's start takes it for good */
    if (nd_past_read(&live->dir, &live->past, &why) != ND_OK)
        return nd_live_refuse(ND_EXIT_REFUSED, why.text);
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
    return err == ND_OK ? ND_EXIT_OK : nd_live_refuse(ND_EXIT_USAGE, why.text);
}

/* A saved plan names its scenario and seed. */
static int open_plan(struct nd_live *live)
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
        return nd_live_refuse(ND_EXIT_USAGE, why.text);
    const json_t *drill = json_object_get(live->plan, "drill");
    live->scenario_path = json_string_value(json_object_get(drill, "scenario"));
    live->seed = (uint64_t)json_integer_value(json_object_get(live->plan, "seed"));
    return live->scenario_path != NULL
               ? ND_EXIT_OK
               : nd_live_refuse(ND_EXIT_USAGE, "the plan names no scenario");
}

static int open_work(struct nd_live *live)
{
    bool resumes = nd_cli_get(&live->args, "resume") != NULL;
    bool named = live->args.words.count != 0;
    if (resumes == named)
        return nd_live_refuse(ND_EXIT_USAGE,
                              resumes
                                  ? "'--resume RUN' takes the scenario of that run; leave out yours"
                                  : "a scenario or a plan is missing; see 'netdrill run --help'");
    if (resumes &&
        (nd_cli_get(&live->args, "site") != NULL || nd_cli_get(&live->args, "seed") != NULL))
        return nd_live_refuse(ND_EXIT_USAGE,
                              "'--resume RUN' takes the site file and seed of that run");
    return resumes ? open_past(live) : open_plan(live);
}

/* What the scenario's parameters are: as the plan has them, else as said now. */
static int take_settings(struct nd_live *live)
{
    if (live->plan != NULL && nd_cli_get(&live->args, "set") != NULL)
        return nd_live_refuse(ND_EXIT_USAGE,
                              "the plan says what the parameters are; leave out '--set', or plan "
                              "anew with 'netdrill plan --set'");
    nd_plan_settings(live->plan, &live->settings);
    return live->plan != NULL || nd_cli_settings(&live->args, &live->settings) ? ND_EXIT_OK
                                                                               : ND_EXIT_USAGE;
}

static int load(struct nd_live *live)
{
    struct nd_fail why = {0};
    struct nd_sched *sched =
        nd_sched_new_live_at(&live->loop, nd_clock_zero_when(live->past.now), &why);
    if (sched == NULL)
        return nd_live_refuse(ND_EXIT_INTERNAL, why.text);
    if (!nd_work_load(&live->work, sched, live->scenario_path, live->site_path, live->seed,
                      &live->settings)) {
        nd_work_print_diags(&live->work, false);
        return ND_EXIT_USAGE;
    }
    if (live->plan != NULL &&
        nd_plan_check_fresh(live->plan, nd_scenario_drill(live->work.scenario), live->work.site,
                            &why) != ND_OK)
        return nd_live_refuse(ND_EXIT_REFUSED, why.text);
    if (live->lab && (live->work.site == NULL || !live->work.site->has_lab))
        return nd_live_refuse(ND_EXIT_USAGE, "--lab: the site file has no 'lab:' section");
    return ND_EXIT_OK;
}

/* Whether the plan changes a network that is no lab, by its site or by a target outside of it. */
static bool acts_outside(const struct nd_live *live)
{
    const struct nd_site *site = live->work.site;
    size_t i = 0;
    json_t *change = NULL;
    if (site == NULL || !site->has_lab) /* one that calls no verb acts on people alone;
                                           core/run/policy.c asks again */
        return site != NULL && json_array_size(json_object_get(live->plan, "verbs")) != 0;
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
static int ask_consent(struct nd_live *live)
{
    const struct nd_drill *drill = nd_scenario_drill(live->work.scenario);
    const char *given = nd_cli_get(&live->args, "confirm");
    char typed[128] = "";
    if (given == NULL && !acts_outside(live))
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

static int take_claims(struct nd_live *live)
{
    struct nd_fail why = {0};
    live->claims = nd_claims_new();
    nd_err err = nd_preflight_claim(live->plan, live->work.site, live->lab, live->claims, &why);
    if (err == ND_OK)
        return ND_EXIT_OK;
    fprintf(stderr, "netdrill run: %s; nothing was changed\n", why.text);
    return err == ND_ESTATE ? ND_EXIT_LOCKED : ND_EXIT_REFUSED;
}

/* The plan that is run: the saved one, or one made now by a rehearsal of its own. */
static int make_plan(struct nd_live *live)
{
    int code = ND_EXIT_OK;
    if (live->plan == NULL) {
        struct nd_work work;
        struct nd_rehearsal rehearsal = {.plan = NULL};
        bool good = nd_work_load(&work, nd_work_virtual(), live->scenario_path, live->site_path,
                                 live->seed, &live->settings) &&
                    nd_preview(&work, live->seed, &rehearsal);
        live->plan = rehearsal.plan;
        if (!good) {
            code = nd_live_refuse(ND_EXIT_INTERNAL, "the plan could not be made");
        } else if (work.diags.errors != 0) {
            nd_work_print_diags(&work, false);
            code =
                nd_live_refuse(ND_EXIT_REFUSED,
                               "the site's policy does not allow this drill; nothing was changed");
        }
        nd_work_deinit(&work);
    }
    if (code == ND_EXIT_OK)
        nd_plan_hash(live->plan, live->plan_hash);
    return code;
}

/* A key that cannot be used is told before the drill, not after it. */
static int find_key(struct nd_live *live)
{
    struct nd_fail why = {0};
    live->key = nd_cli_get(&live->args, "sign");
    if (live->key == NULL && live->work.site != NULL)
        live->key = live->work.site->policy.signed_with;
    if (live->key == NULL || nd_key_check(live->key, NULL, &why) == ND_OK)
        return ND_EXIT_OK;
    return nd_live_refuse(ND_EXIT_REFUSED, why.text);
}

/* All of the drill has to lie within the policy's hours. */
static int check_hours(const struct nd_live *live)
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

/* The lab is made with rights of its own, and needs its programs; anything else needs our rights.
 */
static int check_rights(struct nd_live *live)
{
    struct nd_fail why = {0};
    int code = check_hours(live);
    if (code != ND_EXIT_OK)
        return code;
    nd_err err = live->lab ? nd_preflight_programs(live->work.site, &why)
                           : nd_preflight(live->plan, live->work.site, live->work.plugins, &why);
    if (err == ND_OK)
        return ND_EXIT_OK;
    fprintf(stderr, "netdrill run: %s; nothing was changed\n", why.text);
    return ND_EXIT_REFUSED;
}

static int make_dir(struct nd_live *live)
{
    struct nd_fail why = {0};
    const struct nd_drill *drill = nd_scenario_drill(live->work.scenario);
    nd_err err = nd_rundir_create(&live->dir, nd_cli_runs(&live->args), drill->id,
                                  nd_sched_to_wall(live->work.sched, 0), &why);
    if (err == ND_OK)
        err = nd_keep_sources(&live->dir, &live->work, live->plan, &why);
    json_object_del(live->plan, "measures"); /* nobody asks any more, and it may be long */
    malloc_trim(0); /* the rehearsal took as much as the run itself will, in other pieces */
    return err == ND_OK ? ND_EXIT_OK : nd_live_refuse(ND_EXIT_REFUSED, why.text);
}

static int take_length(struct nd_live *live)
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

int nd_live_prepare(struct nd_live *live)
{
    int code = take_length(live);
    if (code == ND_EXIT_OK)
        code = open_work(live);
    if (code == ND_EXIT_OK)
        code = take_settings(live);
    if (code == ND_EXIT_OK)
        code = load(live);
    if (code == ND_EXIT_OK &&
        !nd_script_take(&live->script, &live->args, nd_scenario_drill(live->work.scenario)))
        code = ND_EXIT_USAGE;
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
    return code;
}
