#include "base/mem.h"
#include "base/text.h"
#include "cli/doctor.h"

#include <errno.h>
#include <glob.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a site file names of this machine's equipment: modems' ttys, and interfaces that probes
 * leave by. Those of a lab come with it, and are not looked for. */

static const char *fact_of(const struct nd_target *target, const char *key)
{
    for (const struct nd_note *fact = target->facts; fact->key != NULL; fact++) {
        if (strcmp(fact->key, key) == 0)
            return fact->value;
    }
    return NULL;
}

/* ---- modems ---- */

struct ttys {
    size_t good, bad;
    char first[320]; /* what the first bad one lacks */
    int error;       /* of it */
};

static void look_at_tty(struct ttys *ttys, const char *path)
{
    if (strncmp(path, "/dev/", 5) != 0)
        return;
    if (access(path, R_OK | W_OK) == 0) {
        ttys->good++;
    } else if (ttys->bad++ == 0) {
        ttys->error = errno;
        snprintf(ttys->first, sizeof ttys->first, "'%s': %s", path, strerror(errno));
    }
}

/* As the plugin takes them: patterns, a plain name matches itself. */
static void look_at_pattern(struct ttys *ttys, const char *pattern)
{
    glob_t names = {0};
    if (glob(pattern, GLOB_NOCHECK, NULL, &names) == 0) {
        for (size_t i = 0; i < names.gl_pathc; i++)
            look_at_tty(ttys, names.gl_pathv[i]);
    }
    globfree(&names);
}

static void look_at_patterns(struct ttys *ttys, const char *text)
{
    json_t *list = json_loads(text, 0, NULL);
    json_t *item = NULL;
    size_t i = 0;
    json_array_foreach(list, i, item)
    {
        if (json_is_string(item))
            look_at_pattern(ttys, json_string_value(item));
    }
    char *copy = nd_strdup(json_is_array(list) ? "" : text);
    char *rest = copy;
    for (char *name = strsep(&rest, " "); name != NULL; name = strsep(&rest, " ")) {
        if (*name != '\0')
            look_at_pattern(ttys, name);
    }
    free(copy);
    json_decref(list);
}

/* Whether there were any. */
static bool look_at_modems(struct nd_doctor *doctor, const struct nd_target *target)
{
    struct ttys ttys = {0};
    const char *text = fact_of(target, "ttys");
    text = text != NULL ? text : fact_of(target, "tty");
    if (text != NULL)
        look_at_patterns(&ttys, text);
    if (ttys.bad != 0)
        nd_doctor_add(doctor, "modems", target->name, ND_FINDING_FAIL,
                      ttys.error == EACCES
                          ? "add the user to the group of the tty ('dialout'), and log in anew"
                          : "cable, hub, power; the name stands under /dev/serial/by-id/",
                      "%zu of %zu cannot be used; %s", ttys.bad, ttys.good + ttys.bad, ttys.first);
    else if (ttys.good != 0)
        nd_doctor_add(doctor, "modems", target->name, ND_FINDING_OK, NULL,
                      "%zu can be read and written", ttys.good);
    return ttys.good + ttys.bad != 0;
}

/* It asks modems by itself, and takes answers that are meant for us. */
static bool modem_manager_runs(void)
{
    glob_t found = {0};
    bool runs = false;
    glob("/proc/[0-9]*/comm", GLOB_NOSORT, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc && !runs; i++) {
        char name[32] = "";
        FILE *file = fopen(found.gl_pathv[i], "re"); /* NULL: it has ended since */
        if (file != NULL) {
            runs = fgets(name, sizeof name, file) != NULL && strcmp(name, "ModemManager\n") == 0;
            fclose(file);
        }
    }
    globfree(&found);
    return runs;
}

/* ---- interfaces ---- */

static bool has_address(const char *interface)
{
    struct ifaddrs *all = NULL;
    bool has = false;
    if (getifaddrs(&all) != 0)
        return true; /* not known */
    for (const struct ifaddrs *a = all; a != NULL && !has; a = a->ifa_next)
        has = strcmp(a->ifa_name, interface) == 0 && a->ifa_addr != NULL &&
              (a->ifa_flags & IFF_UP) != 0 &&
              (a->ifa_addr->sa_family == AF_INET || a->ifa_addr->sa_family == AF_INET6);
    freeifaddrs(all);
    return has;
}

static void look_at_vantage(struct nd_doctor *doctor, const struct nd_vantage *vantage)
{
    if (vantage->interface == NULL || vantage->host != NULL || vantage->netns != NULL)
        return;
    if (if_nametoindex(vantage->interface) == 0)
        nd_doctor_add(doctor, "vantage", vantage->name, ND_FINDING_FAIL,
                      "plug it in, or name another at the vantage in the site file",
                      "interface '%s' is not there", vantage->interface);
    else if (!has_address(vantage->interface))
        nd_doctor_add(doctor, "vantage", vantage->name, ND_FINDING_WARN,
                      "bring it up, with an address and a route through it",
                      "interface '%s' is down, or has no address", vantage->interface);
    else
        nd_doctor_add(doctor, "vantage", vantage->name, ND_FINDING_OK, NULL,
                      "interface '%s' is up, and has an address", vantage->interface);
}

void nd_doctor_field(struct nd_doctor *doctor, const struct nd_site *site)
{
    bool modems = false;
    for (size_t i = 0; i < site->vantages.count; i++)
        look_at_vantage(doctor, &site->vantages.at[i]);
    for (size_t i = 0; i < site->targets.count; i++)
        modems |= look_at_modems(doctor, &site->targets.at[i].target);
    if (modems && modem_manager_runs())
        nd_doctor_add(doctor, "modems", "ModemManager", ND_FINDING_WARN,
                      "systemctl stop ModemManager, or tell it by udev to leave these ports alone",
                      "it runs, and takes answers of modems that are meant for us");
}
