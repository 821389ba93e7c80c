#include "cli/keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

/* The profiles it is played with: they may change, and a report may be asked for years later. */
static nd_err copy_profiles(const struct nd_rundir *dir, const struct nd_drill *drill,
                            struct nd_fail *why)
{
    nd_err err = ND_OK;
    char *folder = nd_rundir_file(dir, "profiles");
    if (drill->profiles_count != 0 && mkdir(folder, 0700) != 0)
        err = nd_fail_errno(why, errno, "cannot make '%s'", folder);
    free(folder);
    for (size_t i = 0; i < drill->profiles_count && err == ND_OK; i++) {
        char *name = nd_printf("profiles/%s.yaml", drill->profiles[i]->name);
        err = copy_file(dir, drill->profiles[i]->path, name, why);
        free(name);
    }
    return err;
}

/* The files of the lab's daemons, beside the site file as they were beside the first. */
static nd_err copy_daemon_files(const struct nd_rundir *dir, const struct nd_site *site,
                                struct nd_fail *why)
{
    nd_err err = ND_OK;
    for (size_t i = 0; i < site->files.count && err == ND_OK; i++) {
        const struct nd_site_file *file = &site->files.at[i];
        char *path = nd_rundir_file(dir, file->name);
        for (char *slash = strchr(path + strlen(dir->path) + 1, '/'); slash != NULL;
             slash = strchr(slash + 1, '/')) {
            *slash = '\0';
            mkdir(path, 0755); /* it may be there; whatever else is wrong, the write tells */
            *slash = '/';
        }
        err = nd_file_write(path, file->text, strlen(file->text), why);
        free(path);
    }
    return err;
}

nd_err nd_keep_sources(const struct nd_rundir *dir, const struct nd_work *work, const json_t *plan,
                       struct nd_fail *why)
{
    const struct nd_drill *drill = nd_scenario_drill(work->scenario);
    nd_err err = copy_file(dir, drill->path, "scenario.lua", why);
    if (err == ND_OK && work->site != NULL)
        err = copy_file(dir, work->site->path, "site.yaml", why);
    if (err == ND_OK && work->site != NULL)
        err = copy_daemon_files(dir, work->site, why);
    if (err == ND_OK)
        err = copy_profiles(dir, drill, why);
    if (err == ND_OK) {
        char *text = json_dumps(plan, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
        char *path = nd_rundir_file(dir, "plan.json");
        err = nd_file_write(path, text, strlen(text), why);
        free(path);
        free(text);
    }
    return err;
}
