#include "cli/preflight.h"

#include "plan/site.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool nd_has_capability(unsigned number)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[256];
    unsigned long long caps = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        sscanf(line, "CapEff: %llx", &caps);
    if (file != NULL)
        fclose(file);
    return (caps >> number & 1) != 0;
}

static const char *str_of(const json_t *entry, const char *key)
{
    const char *text = json_string_value(json_object_get(entry, key));
    return text != NULL ? text : "";
}

static nd_err check_vantage(const json_t *entry, const struct nd_site *site, struct nd_fail *why)
{
    const struct nd_vantage *vantage =
        site != NULL ? nd_site_vantage_find(site, str_of(entry, "vantage")) : NULL;
    if (vantage == NULL || vantage->netns == NULL)
        return ND_OK;
    if (access(vantage->netns, F_OK) != 0)
        return nd_fail_set(why, ND_EGONE, "%s.%s acts at '%s', whose namespace '%s' is not there%s",
                           str_of(entry, "plugin"), str_of(entry, "verb"), vantage->name,
                           vantage->netns,
                           site->has_lab ? "; run it with --lab, or make it: netdrill lab up" : "");
    if (!nd_has_capability(ND_CAP_SYS_ADMIN))
        return nd_fail_set(why, ND_ERIGHTS,
                           "%s.%s acts at '%s' in a namespace, which needs CAP_SYS_ADMIN; run it "
                           "as root%s",
                           str_of(entry, "plugin"), str_of(entry, "verb"), vantage->name,
                           site->has_lab ? ", or with --lab" : "");
    return ND_OK;
}

static nd_err check_change(const json_t *entry, struct nd_plugins *plugins, struct nd_fail *why)
{
    static const char needed[] = "CAP_NET_ADMIN";
    const struct nd_plugin *plugin = nd_plugins_load(plugins, str_of(entry, "plugin"), why);
    const struct nd_verb *verb =
        plugin != NULL ? nd_plugin_verb(plugin, str_of(entry, "verb")) : NULL;
    if (verb == NULL || strncmp(verb->rights, needed, sizeof needed - 1) != 0 ||
        nd_has_capability(ND_CAP_NET_ADMIN))
        return ND_OK;
    return nd_fail_set(why, ND_ERIGHTS,
                       "%s.%s on '%s' needs %s, which this user lacks; run it as root",
                       str_of(entry, "plugin"), verb->name, str_of(entry, "target"), verb->rights);
}

nd_err nd_preflight(const json_t *plan, const struct nd_site *site, struct nd_plugins *plugins,
                    struct nd_fail *why)
{
    static const char *const lists[] = {"changes", "measures"};
    for (size_t l = 0; l < 2; l++) {
        size_t i = 0;
        json_t *entry = NULL;
        json_array_foreach(json_object_get(plan, lists[l]), i, entry)
        {
            nd_err err = check_vantage(entry, site, why);
            if (err == ND_OK && l == 0)
                err = check_change(entry, plugins, why);
            if (err != ND_OK)
                return err;
        }
    }
    return ND_OK;
}

nd_err nd_preflight_programs(const struct nd_site *site, struct nd_fail *why)
{
    size_t from = 0;
    const struct nd_site_program *missing = nd_site_missing_program(site, &from);
    if (missing == NULL)
        return ND_OK;
    return nd_fail_set(why, ND_EUNABLE,
                       "the lab's daemon '%s' of host '%s' needs '%s', which is not installed; "
                       "apt-get install %s",
                       missing->daemon, missing->host, missing->program, missing->package);
}

nd_err nd_preflight_claim(const json_t *plan, const struct nd_site *site, bool lab,
                          struct nd_claims *claims, struct nd_fail *why)
{
    size_t i = 0;
    json_t *change = NULL;
    nd_err err = lab ? nd_claims_take_lab(claims, site, why) : ND_OK;
    json_array_foreach(json_object_get(plan, "changes"), i, change)
    {
        const struct nd_site_target *target =
            site != NULL ? nd_site_target_find(site, str_of(change, "target")) : NULL;
        if (err == ND_OK && target != NULL)
            err = nd_claims_take(claims, site, target, why);
    }
    return err;
}
