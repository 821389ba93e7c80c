#include "base/mem.h"
#include "base/text.h"
#include "cli/doctor.h"
#include "record/alive.h"
#include "record/left.h"
#include "record/rundir.h"
#include "run/claim.h"

#include <dirent.h>
#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Locks, and what earlier runs left. */

/* What the owner of a lock file says of itself: the target. */
static char *target_of(const char *path)
{
    json_t *owner = json_load_file(path, 0, NULL);
    const char *target = json_string_value(json_object_get(owner, "target"));
    char *text = nd_strdup(target != NULL ? target : "a target");
    json_decref(owner);
    return text;
}

void nd_doctor_locks(struct nd_doctor *doctor)
{
    size_t held = 0;
    glob_t found;
    char *dir = nd_claims_directory();
    char *pattern = nd_printf("%s/*.lock", dir);
    int got = glob(pattern, 0, NULL, &found);
    for (size_t i = 0; got == 0 && i < found.gl_pathc; i++) {
        long pid = nd_lock_holder(found.gl_pathv[i]);
        if (pid == 0)
            continue;
        held++;
        char *target = target_of(found.gl_pathv[i]);
        nd_doctor_add(doctor, "lock", target, ND_FINDING_WARN,
                      "wait for it, look at it with 'netdrill status', or end it with "
                      "'netdrill abort'",
                      "a run holds it (process %ld)", pid);
        free(target);
    }
    if (got == 0)
        globfree(&found);
    free(pattern);
    free(dir);
    if (held == 0)
        nd_doctor_add(doctor, "lock", "targets", ND_FINDING_OK, NULL, "no run holds one");
}

/* ---- runs ---- */

static bool is_sealed(const struct nd_rundir *dir)
{
    char *manifest = nd_rundir_file(dir, "MANIFEST");
    bool sealed = access(manifest, F_OK) == 0;
    free(manifest);
    return sealed;
}

static void look_at_run(struct nd_doctor *doctor, const struct nd_rundir *dir)
{
    const struct nd_left left = nd_rundir_left(dir);
    bool sealed = is_sealed(dir);
    bool alive = nd_rundir_is_alive(dir);
    if (sealed && left.open == 0 && !alive)
        return;
    char *restore = nd_printf("netdrill restore %s", dir->path);
    if (alive)
        nd_doctor_add(doctor, "left over", dir->run_id, ND_FINDING_WARN,
                      "see 'netdrill status', or end it with 'netdrill abort'", "it is running");
    else if (left.open != 0)
        nd_doctor_add(doctor, "left over", dir->run_id, ND_FINDING_FAIL, restore,
                      "%s; %zu changes are not known to be as before",
                      left.closed ? "it has ended" : "it died", left.open);
    else if (left.check != ND_OK)
        nd_doctor_add(doctor, "left over", dir->run_id, ND_FINDING_WARN, "netdrill verify",
                      "its journal is not what it was");
    else if (!left.closed && !sealed)
        nd_doctor_add(doctor, "left over", dir->run_id, ND_FINDING_WARN, restore,
                      "it died, and was not sealed; nothing is left changed");
    free(restore);
}

static void look_at_runs(struct nd_doctor *doctor, const char *runs)
{
    struct dirent **names = NULL;
    size_t before = json_array_size(doctor->findings);
    size_t looked = 0;
    int count = scandir(runs, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        struct nd_rundir dir;
        if (names[i]->d_name[0] != '.' &&
            nd_rundir_find(&dir, runs, names[i]->d_name, NULL) == ND_OK) {
            look_at_run(doctor, &dir);
            looked++;
            nd_rundir_deinit(&dir);
        }
        free(names[i]);
    }
    free(names);
    if (json_array_size(doctor->findings) == before)
        nd_doctor_add(doctor, "left over", "runs", ND_FINDING_OK, NULL,
                      "%zu in '%s', none left anything behind", looked, runs);
}

void nd_doctor_leftovers(struct nd_doctor *doctor, const char *runs, const char *site_name)
{
    glob_t found;
    look_at_runs(doctor, runs);
    char *pattern = nd_printf("/run/netns/nd-%s%s*", site_name != NULL ? site_name : "",
                              site_name != NULL ? "-" : "");
    int got = glob(pattern, 0, NULL, &found);
    free(pattern);
    if (got == 0 && found.gl_pathc != 0)
        nd_doctor_add(
            doctor, "left over", "namespaces", ND_FINDING_WARN,
            "fine when 'netdrill lab up' made it or a run is using it; else: netdrill lab "
            "down SITE",
            "a lab stands: %zu namespaces, the first is %s", found.gl_pathc,
            strrchr(found.gl_pathv[0], '/') + 1);
    else
        nd_doctor_add(doctor, "left over", "namespaces", ND_FINDING_OK, NULL, "no lab stands%s%s",
                      site_name != NULL ? " of " : "", site_name != NULL ? site_name : "");
    if (got == 0)
        globfree(&found);
}
