#include "cli/common.h"

#include "cli/preflight.h"
#include "cli/userns.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* lab: a lab that stands on its own, between runs. 'run' without --lab then uses it. */

extern const struct nd_command nd_command_lab;

/* The acts run one after the other on a loop of their own. */
struct lab {
    struct nd_sched *sched;
    struct nd_plugins *plugins;
    struct nd_call_spec spec;
    struct nd_undo_rec rec;
    struct nd_op *op;
    bool up;
    struct nd_fail why;
};

static void finished(void *ctx, nd_err err, const char *why)
{
    struct lab *lab = ctx;
    nd_fail_set(&lab->why, err, "%s", why != NULL ? why : "");
    nd_sched_stop(lab->sched);
}

static void undone(void *ctx, nd_err err, const char *why)
{
    struct lab *lab = ctx;
    if (err != ND_OK)
        finished(lab, err, why);
    else
        nd_op_undo(lab->plugins, &lab->rec, ND_ACT_VERIFY,
                   (struct nd_op_sink){.finish = finished, .ctx = lab});
}

static void planned(void *ctx, nd_err err, const char *why)
{
    struct lab *lab = ctx;
    if (err != ND_OK) {
        finished(lab, err, why);
    } else if (lab->up) {
        nd_op_start(lab->op);
    } else {
        nd_op_drop(lab->op);
        nd_op_undo(lab->plugins, &lab->rec, ND_ACT_UNDO,
                   (struct nd_op_sink){.finish = undone, .ctx = lab});
    }
}

static int act(struct lab *lab, const struct nd_site *site)
{
    struct nd_arena arena = {0};
    struct nd_diags diags = {0};
    const struct nd_plugin *plugin = nd_plugins_load(lab->plugins, "lab", &lab->why);
    const struct nd_verb *build = plugin != NULL ? nd_plugin_verb(plugin, "build") : NULL;
    if (build != NULL &&
        nd_schema_check("lab", build, site, NULL, 0, "lab", &arena, &lab->spec, &diags)) {
        lab->op = nd_op_new(lab->plugins, &lab->spec,
                            (struct nd_op_sink){.finish = finished, .ctx = lab}, &lab->why);
        if (lab->op != NULL) {
            nd_op_plan_undo(lab->op, &lab->rec, planned, lab);
            nd_sched_run(lab->sched);
        }
    }
    nd_undo_rec_deinit(&lab->rec);
    nd_diags_deinit(&diags);
    nd_arena_deinit(&arena);
    if (lab->why.code == ND_OK)
        return ND_EXIT_OK;
    fprintf(stderr, "netdrill lab: %s\n", lab->why.text);
    return lab->up ? ND_EXIT_REFUSED : ND_EXIT_UNRESTORED;
}

static int on_site(const char *path, bool up)
{
    struct nd_diags diags = {0};
    struct nd_fail why = {0};
    struct nd_site *site = nd_site_load(path, &diags);
    int code = ND_EXIT_USAGE;
    if (site == NULL || !site->has_lab) {
        struct nd_buf out = {0};
        nd_diags_print(&diags, nd_cli_colour(2), &out);
        fprintf(stderr, "%s",
                site == NULL ? nd_buf_str(&out)
                             : "netdrill lab: the site file has no 'lab:' section\n");
        nd_buf_deinit(&out);
    } else if (up && nd_preflight_programs(site, &why) != ND_OK) {
        fprintf(stderr, "netdrill lab: %s; nothing was made\n", why.text);
        code = ND_EXIT_REFUSED;
    } else {
        uv_loop_t loop;
        struct lab lab = {.up = up};
        ND_CHECK(uv_loop_init(&loop) == 0);
        lab.sched = nd_sched_new_live(&loop, &lab.why);
        lab.plugins = nd_plugins_new(lab.sched, site);
        nd_plugins_isolate(lab.plugins, -1);
        code = act(&lab, site);
        nd_plugins_free(lab.plugins);
        nd_sched_free(lab.sched);
        uv_loop_close(&loop);
    }
    nd_diags_deinit(&diags);
    nd_site_free(site);
    return code;
}

static int list(void)
{
    glob_t found;
    if (glob("/run/netns/nd-*", 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            printf("%s\n", strrchr(found.gl_pathv[i], '/') + 1);
        globfree(&found);
    }
    return ND_EXIT_OK;
}

static int lab(int argc, char **argv)
{
    struct nd_cli_args args;
    bool help = false;
    int code = ND_EXIT_USAGE;
    if (nd_cli_parse(&nd_command_lab, argc, argv, 1, 2, &args, &help)) {
        const char *what = args.words.at[0];
        bool up = strcmp(what, "up") == 0;
        if (strcmp(what, "list") == 0 && args.words.count == 1) {
            code = list();
        } else if ((!up && strcmp(what, "down") != 0) || args.words.count != 2) {
            fprintf(stderr, "netdrill lab: it is used like this:\n  netdrill %s\n",
                    nd_command_lab.usage);
        } else if (nd_userns_needed()) {
            fprintf(stderr, "netdrill lab: a lab that stays needs root; 'netdrill run --lab' "
                            "makes one for the run alone without\n");
            code = ND_EXIT_REFUSED;
        } else {
            code = on_site(args.words.at[1], up);
        }
    }
    nd_cli_args_deinit(&args);
    return help ? ND_EXIT_OK : code;
}

const struct nd_command nd_command_lab = {"lab",
                                          "lab up SITE | lab down SITE | lab list",
                                          "A lab of network namespaces that stays between runs.\n\n"
                                          "  netdrill lab up drills/sites/disaster-roaming.yaml\n"
                                          "  netdrill lab down drills/sites/disaster-roaming.yaml",
                                          lab,
                                          0,
                                          NULL};
