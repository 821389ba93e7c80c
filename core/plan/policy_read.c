#include "base/units.h"
#include "plan/site_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The `policy:` section. */

#define ARMING_WITHIN ND_SEC(900)

/* A list of texts; NULL when absent. */
static const struct nd_yaml *get_list(struct nd_site_load *load, const struct nd_yaml *map,
                                      const char *key)
{
    const struct nd_yaml *node = nd_yaml_get(map, key);
    if (node == NULL)
        return NULL;
    bool good = node->kind == ND_YAML_LIST;
    for (size_t i = 0; good && i < node->count; i++)
        good = node->items[i]->kind == ND_YAML_SCALAR && *node->items[i]->text != '\0';
    if (good)
        return node;
    nd_site_complain(load, "E0403", node, NULL, "'%s' takes a list of names: [one, another]", key);
    return NULL;
}

static const char *const *names_of(struct nd_site_load *load, const struct nd_yaml *list)
{
    if (list == NULL)
        return NULL;
    const char **names = nd_arena_alloc(&load->site->arena, (list->count + 1) * sizeof *names);
    for (size_t i = 0; i < list->count; i++)
        names[i] = list->items[i]->text;
    return names;
}

static int64_t get_count(struct nd_site_load *load, const struct nd_yaml *map, const char *key)
{
    const struct nd_yaml *node = nd_yaml_get(map, key);
    if (node == NULL)
        return 0;
    char *end = NULL;
    long long count = node->kind == ND_YAML_SCALAR ? strtoll(node->text, &end, 10) : 0;
    if (count >= 1 && count <= 10000 && *end == '\0')
        return count;
    nd_site_complain(load, "E0403", node, NULL, "'%s' takes a whole number from 1", key);
    return 0;
}

static nd_ns get_length(struct nd_site_load *load, const struct nd_yaml *map, const char *key,
                        nd_ns fallback)
{
    const struct nd_yaml *node = nd_yaml_get(map, key);
    struct nd_fail why = {0};
    nd_ns length = 0;
    if (node == NULL)
        return fallback;
    const char *text = node->kind == ND_YAML_SCALAR ? node->text : "";
    if (nd_length_parse(text, &length, &why) == ND_OK && length > 0)
        return length;
    nd_site_complain(load, "E0403", node, NULL, "'%s' takes a length of time such as 90s or 2h",
                     key);
    return fallback;
}

/* ---- hours ---- */

static int day_of(const char *text, size_t len)
{
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (int i = 0; len == 3 && i < 7; i++) {
        if (strncasecmp(names[i], text, 3) == 0)
            return i;
    }
    return -1;
}

/* "daily", "mon", "mon-fri", "sat,sun"; 0: cannot be read. */
static unsigned read_days(const char *text)
{
    unsigned days = 0;
    if (strcasecmp(text, "daily") == 0)
        return 0x7f;
    while (*text != '\0') {
        size_t len = strcspn(text, ",");
        const char *dash = memchr(text, '-', len);
        int from = day_of(text, dash != NULL ? (size_t)(dash - text) : len);
        int till = dash != NULL ? day_of(dash + 1, len - (size_t)(dash + 1 - text)) : from;
        if (from < 0 || till < 0)
            return 0;
        for (int day = from;; day = (day + 1) % 7) {
            days |= 1u << day;
            if (day == till)
                break;
        }
        text += len + (text[len] == ',');
    }
    return days;
}

/* "09:30", up to "24:00"; -1: cannot be read. */
static int read_clock(const char *text, size_t len)
{
    if (len != 5 || text[2] != ':' || strspn(text, "0123456789") != 2 ||
        strspn(text + 3, "0123456789") < 2)
        return -1;
    int hours = (text[0] - '0') * 10 + text[1] - '0';
    int minutes = (text[3] - '0') * 10 + text[4] - '0';
    int all = hours * 60 + minutes;
    return minutes < 60 && all <= 24 * 60 ? all : -1;
}

static bool read_zone(const char *text, int *east)
{
    int clock = *text == '+' || *text == '-' ? read_clock(text + 1, strlen(text + 1)) : -1;
    *east = *text == '-' ? -clock : clock;
    return clock >= 0 && clock <= 14 * 60;
}

static bool read_hours(const char *text, struct nd_policy_hours *hours)
{
    char days[32];
    char clock[32];
    char zone[32];
    char more = '\0';
    if (sscanf(text, "%31s %31s %31s %c", days, clock, zone, &more) != 3)
        return false;
    const char *dash = strchr(clock, '-');
    hours->days = read_days(days);
    hours->from_min = dash != NULL ? read_clock(clock, (size_t)(dash - clock)) : -1;
    hours->till_min = dash != NULL ? read_clock(dash + 1, strlen(dash + 1)) : -1;
    if (hours->days == 0 || hours->from_min < 0 || hours->till_min < 0 ||
        !read_zone(zone, &hours->east_min))
        return false;
    if (hours->till_min <= hours->from_min) /* over midnight */
        hours->till_min += 24 * 60;
    return true;
}

static void get_hours(struct nd_site_load *load, const struct nd_yaml *map)
{
    const struct nd_yaml *list = get_list(load, map, "hours");
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        struct nd_policy_hours hours;
        if (read_hours(list->items[i]->text, &hours))
            nd_vec_push(&load->site->policy.hours, hours);
        else
            nd_site_complain(load, "E0403", list->items[i],
                             "days, times and the offset of UTC: \"mon-fri 09:00-17:00 +08:00\", "
                             "\"sat 22:00-06:00 +08:00\", \"daily 00:00-24:00 +00:00\"",
                             "'%s' cannot be read as hours", list->items[i]->text);
    }
}

/* ---- the section ---- */

static void get_targets(struct nd_site_load *load, const struct nd_yaml *map)
{
    const struct nd_yaml *list = get_list(load, map, "targets");
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const char *name = list->items[i]->text;
        const struct nd_site_target *target = nd_site_target_find(load->site, name);
        if (target == NULL)
            nd_site_complain(load, "E0405", list->items[i], NULL, "there is no target '%s'", name);
        else if (!target->may_be_disturbed)
            nd_site_complain(load, "E0409", list->items[i], "take it off the list",
                             "target '%s' lacks 'may_be_disturbed: true'", name);
    }
    load->site->policy.targets = names_of(load, list);
}

static void get_forbidden(struct nd_site_load *load, const struct nd_yaml *map)
{
    static const char *const keys[] = {"?verbs", "?plugins", "?kinds", NULL};
    struct nd_policy *policy = &load->site->policy;
    const struct nd_yaml *node = nd_yaml_get(map, "forbidden");
    if (node == NULL || !nd_site_check_map(load, node, "'forbidden'", keys))
        return;
    const struct nd_yaml *verbs = get_list(load, node, "verbs");
    for (size_t i = 0; verbs != NULL && i < verbs->count; i++) {
        if (strchr(verbs->items[i]->text, '.') == NULL)
            nd_site_complain(load, "E0403", verbs->items[i], NULL,
                             "a verb is named with its plugin, such as links.cut, got '%s'",
                             verbs->items[i]->text);
    }
    policy->verbs = names_of(load, verbs);
    policy->plugins = names_of(load, get_list(load, node, "plugins"));
    policy->kinds = names_of(load, get_list(load, node, "kinds"));
}

static void get_arming(struct nd_site_load *load, const struct nd_yaml *map)
{
    static const char *const keys[] = {"people", "?of", "?within", NULL};
    struct nd_policy *policy = &load->site->policy;
    const struct nd_yaml *node = nd_yaml_get(map, "arming");
    if (node == NULL || !nd_site_check_map(load, node, "'arming'", keys))
        return;
    policy->arming_people = get_count(load, node, "people");
    policy->arming_within = get_length(load, node, "within", ARMING_WITHIN);
    const struct nd_yaml *of = get_list(load, node, "of");
    size_t there = of != NULL ? 0 : load->site->people.count;
    for (size_t i = 0; of != NULL && i < of->count; i++) {
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || strcmp(of->items[k]->text, of->items[i]->text) == 0;
        there += !again;
        if (nd_site_person_find(load->site, of->items[i]->text) == NULL)
            nd_site_complain(load, "E0405", of->items[i], NULL, "there is no person '%s'",
                             of->items[i]->text);
    }
    policy->arming_of = names_of(load, of);
    if (policy->arming_people > (int64_t)there)
        nd_site_complain(load, "E0409", nd_yaml_get(node, "people"),
                         "name them under 'people:' of the site file",
                         "%lld people have to arm a run, and there are %zu who may",
                         (long long)policy->arming_people, there);
}

void nd_site_read_policy(struct nd_site_load *load, const struct nd_yaml *map)
{
    static const char *const keys[] = {"?targets",      "?forbidden",   "?changes_at_most",
                                       "?change_lasts", "?drill_lasts", "?hours",
                                       "?arming",       "?signed_with", NULL};
    struct nd_policy *policy = &load->site->policy;
    if (map == NULL || !nd_site_check_map(load, map, "'policy'", keys))
        return;
    policy->given = true;
    policy->line = map->line;
    get_targets(load, map);
    get_forbidden(load, map);
    policy->changes_at_most = get_count(load, map, "changes_at_most");
    policy->change_lasts = get_length(load, map, "change_lasts", 0);
    policy->drill_lasts = get_length(load, map, "drill_lasts", 0);
    get_hours(load, map);
    get_arming(load, map);
    const char *key = nd_site_get_text(load, map, "signed_with");
    const char *slash = strrchr(load->site->path, '/');
    if (key != NULL && *key != '/' && slash != NULL)
        key = nd_arena_printf(&load->site->arena, "%.*s/%s", (int)(slash - load->site->path),
                              load->site->path, key);
    policy->signed_with = key;
}
