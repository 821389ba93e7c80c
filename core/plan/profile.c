#include "plan/profile.h"

#include "base/units.h"
#include "plan/site_read.h"
#include "record/rundir.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- where it lies ---- */

/* path: taken over. Without '..' and links, where it is there. */
static char *if_there(char *path)
{
    char *found = access(path, R_OK) == 0 ? realpath(path, NULL) : NULL;
    free(path);
    return found;
}

static char *in_installation(const char *name)
{
    char exe[4096];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof exe - 1);
    /* As built: <build>/core/cli/netdrill, <build>/tests/test_x, profiles in <build>/profiles. */
    static const char *const beside[] = {"../../profiles", "../profiles",
                                         "../share/netdrill/profiles"};
    char *found = NULL;
    if (len > 0) {
        exe[len] = '\0';
        *strrchr(exe, '/') = '\0';
        for (size_t i = 0; i < sizeof beside / sizeof beside[0] && found == NULL; i++)
            found = if_there(nd_printf("%s/%s/%s.yaml", exe, beside[i], name));
    }
    return found != NULL ? found : if_there(nd_printf("%s/%s.yaml", ND_PROFILE_DIR, name));
}

char *nd_profile_find(const char *name, const char *beside, struct nd_fail *why)
{
    const char *slash = strrchr(beside, '/');
    char *dir = slash != NULL ? strndup(beside, (size_t)(slash - beside)) : nd_strdup(".");
    size_t len = strlen(name);
    bool ends = len > 5 && strcmp(name + len - 5, ".yaml") == 0;
    const char *last = strrchr(name, '/');
    char *found = NULL;
    if (ends) {
        found = if_there(*name == '/' ? nd_strdup(name) : nd_printf("%s/%s", dir, name));
        if (found == NULL) /* a run's directory holds those it was played with */
            found = if_there(nd_printf("%s/profiles/%s", dir, last != NULL ? last + 1 : name));
    } else if (*name != '\0' &&
               name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-")] == '\0') {
        found = if_there(nd_printf("%s/%s.yaml", dir, name));
        found = found != NULL ? found : if_there(nd_printf("%s/profiles/%s.yaml", dir, name));
        found = found != NULL ? found : in_installation(name);
    } else {
        nd_fail_set(why, ND_EARG,
                    "'%s' is no profile's name (a-z, 0-9, '-', '_') and no path ending in .yaml",
                    name);
        free(dir);
        return NULL;
    }
    if (found == NULL)
        nd_fail_set(why, ND_EGONE,
                    "no profile '%s' found beside the scenario or in the installation", name);
    free(dir);
    return found;
}

/* ---- reading ---- */

struct reading {
    struct nd_site_load load;
    struct nd_profile *profile;
};

/* The section's mapping, NULL when it is absent or none. */
static const struct nd_yaml *section(struct reading *r, const struct nd_yaml *root, const char *key)
{
    const struct nd_yaml *map = nd_yaml_get(root, key);
    if (map == NULL || map->kind == ND_YAML_MAP)
        return map;
    nd_site_complain(&r->load, "E0403", map, NULL, "'%s' has to be a mapping (name: entry)", key);
    return NULL;
}

static void check_id(struct reading *r, const struct nd_yaml *key)
{
    if (*key->text == '\0' || strlen(key->text) > 48 ||
        key->text[strspn(key->text, "abcdefghijklmnopqrstuvwxyz0123456789_-")] != '\0')
        nd_site_complain(&r->load, "E0404", key, NULL,
                         "names are 1 to 48 of a-z, 0-9, '-' and '_', got '%s'", key->text);
}

static void read_figures(struct reading *r, const struct nd_yaml *root)
{
    static const char *const keys[] = {"title", "unit", NULL};
    static const char *const units[] = {"count", "share", "length"};
    const struct nd_yaml *map = section(r, root, "figures");
    for (size_t i = 0; map != NULL && i < map->count; i++) {
        struct nd_figure figure = {.id = map->keys[i]->text};
        check_id(r, map->keys[i]);
        if (!nd_site_check_map(&r->load, map->items[i], "a figure", keys))
            continue;
        figure.title = nd_site_get_text2(&r->load, map->items[i], "title", figure.id);
        const char *unit = nd_site_get_text(&r->load, map->items[i], "unit");
        size_t u = 0;
        while (unit != NULL && u < 3 && strcmp(unit, units[u]) != 0)
            u++;
        if (unit != NULL && u == 3)
            nd_site_complain(&r->load, "E0403", nd_yaml_get(map->items[i], "unit"), NULL,
                             "'unit' takes count, share or length, got '%s'", unit);
        figure.unit = u < 3 ? (enum nd_figure_unit)u : ND_FIGURE_COUNT;
        nd_vec_push(&r->profile->figures, figure);
    }
}

static const struct nd_figure *get_figure(struct reading *r, const struct nd_yaml *map,
                                          const char *key)
{
    const char *id = nd_site_get_text(&r->load, map, key);
    const struct nd_figure *figure = id != NULL ? nd_profile_figure(r->profile, id) : NULL;
    if (id != NULL && figure == NULL)
        nd_site_complain(&r->load, "E0405", nd_yaml_get(map, key), NULL,
                         "the profile has no figure '%s'", id);
    return figure;
}

static nd_err parse_limit(const char *text, enum nd_figure_unit unit, double *limit,
                          struct nd_fail *why)
{
    nd_ns length = 0;
    if (unit == ND_FIGURE_COUNT)
        return nd_real_parse(text, limit, why);
    if (unit == ND_FIGURE_SHARE)
        return nd_share_parse(text, limit, why);
    nd_err err = nd_length_parse(text, &length, why);
    *limit = (double)length;
    return err;
}

static void read_condition(struct reading *r, const struct nd_yaml *map,
                           struct nd_condition *condition)
{
    static const char *const keys[] = {"figure",    "?of",      "?title", "?above",
                                       "?at_least", "?at_most", "?below", NULL};
    static const char *const operators[] = {"at_least", "at_most", "above", "below"};
    struct nd_fail why = {0};
    if (!nd_site_check_map(&r->load, map, "a condition", keys))
        return;
    condition->figure = get_figure(r, map, "figure");
    condition->of = get_figure(r, map, "of");
    if (condition->figure == NULL)
        return;
    condition->title = nd_site_get_text2(&r->load, map, "title", condition->figure->id);
    const struct nd_yaml *limit = NULL;
    for (size_t i = 0; i < 4; i++) {
        const struct nd_yaml *node = nd_yaml_get(map, operators[i]);
        if (node != NULL && limit != NULL)
            nd_site_complain(&r->load, "E0403", node, NULL, "a condition has one limit");
        condition->operator_name = node != NULL ? operators[i] : condition->operator_name;
        limit = node != NULL ? node : limit;
    }
    enum nd_figure_unit unit = condition->of != NULL ? ND_FIGURE_SHARE : condition->figure->unit;
    if (limit == NULL)
        nd_site_complain(&r->load, "E0402", map, NULL,
                         "a condition needs at_least, at_most, above or below");
    else if (limit->kind != ND_YAML_SCALAR ||
             parse_limit(limit->text, unit, &condition->limit, &why) != ND_OK)
        nd_site_complain(&r->load, "E0403", limit, NULL, "'%s': %s", condition->operator_name,
                         limit->kind == ND_YAML_SCALAR ? why.text : "takes one value");
}

static void read_rules(struct reading *r, const struct nd_yaml *root)
{
    static const char *const keys[] = {"title", "?source", "?all", "?any", NULL};
    const struct nd_yaml *map = section(r, root, "rules");
    for (size_t i = 0; map != NULL && i < map->count; i++) {
        const struct nd_yaml *item = map->items[i];
        struct nd_rule rule = {.id = map->keys[i]->text};
        check_id(r, map->keys[i]);
        if (!nd_site_check_map(&r->load, item, "a rule", keys))
            continue;
        rule.title = nd_site_get_text2(&r->load, item, "title", rule.id);
        rule.source = nd_site_get_text2(&r->load, item, "source", NULL);
        const struct nd_yaml *all = nd_yaml_get(item, "all");
        const struct nd_yaml *list = all != NULL ? all : nd_yaml_get(item, "any");
        rule.any = all == NULL;
        if (list == NULL || list->kind != ND_YAML_LIST || list->count == 0 ||
            (all != NULL && nd_yaml_get(item, "any") != NULL)) {
            nd_site_complain(&r->load, "E0402", item, NULL,
                             "a rule needs either 'all' or 'any': a list of conditions");
            continue;
        }
        struct nd_condition *conditions =
            nd_arena_alloc(&r->profile->arena, list->count * sizeof *conditions);
        for (size_t k = 0; k < list->count; k++)
            read_condition(r, list->items[k], &conditions[k]);
        rule.conditions = conditions;
        rule.conditions_count = list->count;
        nd_vec_push(&r->profile->rules, rule);
    }
}

static void read_occasions(struct reading *r, const struct nd_yaml *root)
{
    const struct nd_yaml *map = section(r, root, "events");
    for (size_t i = 0; map != NULL && i < map->count; i++) {
        struct nd_occasion occasion = {map->keys[i]->text, {NULL, NULL}};
        check_id(r, map->keys[i]);
        occasion.title = nd_site_get_text2(&r->load, map, occasion.id, occasion.id);
        nd_vec_push(&r->profile->occasions, occasion);
    }
}

static nd_ns get_limit(struct reading *r, const struct nd_yaml *map, const char *key)
{
    const char *text = nd_site_get_text(&r->load, map, key);
    struct nd_fail why = {0};
    nd_ns limit = 0;
    if (text != NULL && (nd_length_parse(text, &limit, &why) != ND_OK || limit <= 0)) {
        nd_site_complain(&r->load, "E0403", nd_yaml_get(map, key), NULL, "'%s': %s", key,
                         *why.text != '\0' ? why.text : "a limit is longer than 0");
        return 1;
    }
    return limit;
}

static void read_duties(struct reading *r, const struct nd_yaml *root)
{
    static const char *const keys[] = {"title",  "after",  "?source", "?within",
                                       "?every", "?until", NULL};
    const struct nd_yaml *map = section(r, root, "duties");
    for (size_t i = 0; map != NULL && i < map->count; i++) {
        const struct nd_yaml *item = map->items[i];
        struct nd_duty duty = {.id = map->keys[i]->text, .line = map->keys[i]->line};
        check_id(r, map->keys[i]);
        if (!nd_site_check_map(&r->load, item, "a duty", keys))
            continue;
        duty.title = nd_site_get_text2(&r->load, item, "title", duty.id);
        duty.source = nd_site_get_text2(&r->load, item, "source", NULL);
        duty.after = nd_site_get_text(&r->load, item, "after");
        duty.until = nd_site_get_text(&r->load, item, "until");
        nd_ns within = get_limit(r, item, "within");
        nd_ns every = get_limit(r, item, "every");
        duty.recurs = every != 0;
        duty.within = duty.recurs ? every : within;
        if (within != 0 && every != 0)
            nd_site_complain(&r->load, "E0403", nd_yaml_get(item, "every"), NULL,
                             "a duty has either 'within' or 'every'");
        if (duty.recurs && duty.until == NULL)
            nd_site_complain(&r->load, "E0402", item, NULL,
                             "a duty that recurs needs 'until': the event that ends it");
        nd_vec_push(&r->profile->duties, duty);
    }
}

/* Names in duties lead somewhere, and no duty waits, through others, for itself. */
static void check_duties(struct reading *r, const struct nd_yaml *root)
{
    const struct nd_profile *profile = r->profile;
    for (size_t i = 0; i < profile->duties.count; i++) {
        const struct nd_duty *duty = &profile->duties.at[i];
        const struct nd_yaml *item = nd_yaml_get(nd_yaml_get(root, "duties"), duty->id);
        const char *at = duty->after;
        size_t hops = 0;
        while (at != NULL && hops <= profile->duties.count) {
            const struct nd_duty *next = nd_profile_duty(profile, at);
            if (next == NULL && nd_profile_occasion(profile, at) == NULL && hops == 0)
                nd_site_complain(&r->load, "E0405", nd_yaml_get(item, "after"), NULL,
                                 "the profile has no event or duty '%s'", at);
            at = next != NULL ? next->after : NULL;
            hops++;
        }
        if (hops > profile->duties.count)
            nd_site_complain(&r->load, "E0405", nd_yaml_get(item, "after"), NULL,
                             "duty '%s' waits, through others, for itself", duty->id);
        if (duty->until != NULL && nd_profile_occasion(profile, duty->until) == NULL)
            nd_site_complain(&r->load, "E0405", nd_yaml_get(item, "until"), NULL,
                             "the profile has no event '%s'", duty->until);
        if (nd_profile_occasion(profile, duty->id) != NULL)
            nd_site_complain(&r->load, "E0407", item, NULL,
                             "'%s' is the name of an event and of a duty", duty->id);
    }
}

static void read_root(struct reading *r, const struct nd_yaml *root)
{
    static const char *const keys[] = {"profile", "title",   "seen",     "?law",
                                       "?since",  "?note",   "?figures", "?rules",
                                       "?events", "?duties", NULL};
    struct nd_profile *profile = r->profile;
    if (!nd_site_check_map(&r->load, root, "a profile", keys))
        return;
    profile->name = nd_site_get_text(&r->load, root, "profile");
    const char *slash = strrchr(profile->path, '/');
    const char *file = slash != NULL ? slash + 1 : profile->path;
    size_t len = profile->name != NULL ? strlen(profile->name) : 0;
    if (profile->name != NULL &&
        (strncmp(file, profile->name, len) != 0 || strcmp(file + len, ".yaml") != 0))
        nd_site_complain(&r->load, "E0404", nd_yaml_get(root, "profile"), NULL,
                         "profile '%s' has to lie in a file '%s.yaml'", profile->name,
                         profile->name);
    profile->title = nd_site_get_text2(&r->load, root, "title", profile->name);
    profile->law = nd_site_get_text2(&r->load, root, "law", NULL);
    profile->note = nd_site_get_text2(&r->load, root, "note", NULL);
    profile->since = nd_site_get_text(&r->load, root, "since");
    profile->seen = nd_site_get_text2(&r->load, root, "seen", NULL);
    read_figures(r, root);
    read_rules(r, root);
    read_occasions(r, root);
    read_duties(r, root);
    check_duties(r, root);
}

struct nd_profile *nd_profile_load(const char *path, struct nd_diags *diags)
{
    struct nd_fail why = {0};
    char *text = NULL;
    size_t len = 0;
    size_t errors = diags->errors;
    nd_err err = nd_file_read(path, ND_YAML_MAX_BYTES, &text, &len, &why);
    if (err != ND_OK) {
        nd_diag_add(diags, err == ND_EARG ? "E0103" : "E0101", path, 0, 0, 0, NULL, "%s", why.text);
        return NULL;
    }
    struct nd_profile *profile = nd_alloc(sizeof *profile);
    profile->path = nd_arena_strdup(&profile->arena, path);
    nd_hash(text, len, profile->hash);
    struct reading reading = {{NULL, profile->path, diags}, profile};
    const struct nd_yaml *root = nd_yaml_read(profile->path, text, len, &profile->arena, diags);
    if (root != NULL)
        read_root(&reading, root);
    free(text);
    if (diags->errors == errors)
        return profile;
    nd_profile_free(profile);
    return NULL;
}

void nd_profile_free(struct nd_profile *profile)
{
    if (profile == NULL)
        return;
    nd_vec_free(&profile->figures);
    nd_vec_free(&profile->rules);
    nd_vec_free(&profile->occasions);
    nd_vec_free(&profile->duties);
    nd_arena_deinit(&profile->arena);
    free(profile);
}

/* ---- asking ---- */

#define FIND(list, id)                                                                             \
    for (size_t i_ = 0; i_ < (list).count; i_++) {                                                 \
        if (strcmp((list).at[i_].id, id) == 0)                                                     \
            return &(list).at[i_];                                                                 \
    }                                                                                              \
    return NULL

const struct nd_figure *nd_profile_figure(const struct nd_profile *profile, const char *id)
{
    FIND(profile->figures, id);
}

const struct nd_rule *nd_profile_rule(const struct nd_profile *profile, const char *id)
{
    FIND(profile->rules, id);
}

const struct nd_occasion *nd_profile_occasion(const struct nd_profile *profile, const char *id)
{
    FIND(profile->occasions, id);
}

const struct nd_duty *nd_profile_duty(const struct nd_profile *profile, const char *id)
{
    FIND(profile->duties, id);
}

bool nd_condition_holds(const struct nd_condition *condition, double value, double of,
                        double *measured)
{
    double limit = condition->limit;
    const char *name = condition->operator_name;
    if (condition->of != NULL)
        value = of > 0 ? value / of : (double)NAN;
    *measured = value;
    if (strcmp(name, "at_least") == 0)
        return value >= limit;
    if (strcmp(name, "at_most") == 0)
        return value <= limit;
    return strcmp(name, "above") == 0 ? value > limit : value < limit;
}
