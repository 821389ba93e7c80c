#include "plan/site.h"

#include "plan/site_read.h"
#include "record/rundir.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From the tree to the tables. Every reader notes what is wrong and goes on. */

void nd_site_complain(struct nd_site_load *load, const char *code, const struct nd_yaml *at,
                      const char *help, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    int width = at->kind == ND_YAML_SCALAR ? (int)nd_text_width(at->text) : 0;
    nd_diag_add(load->diags, code, load->file, at->line, at->column, width, help, "%s", text);
}

bool nd_site_check_map(struct nd_site_load *load, const struct nd_yaml *map, const char *what,
                       const char *const *known)
{
    if (map->kind != ND_YAML_MAP) {
        nd_site_complain(load, "E0403", map, NULL, "%s has to be a mapping (key: value)", what);
        return false;
    }
    const char *names[32];
    size_t count = 0;
    for (; known[count] != NULL; count++) {
        names[count] = known[count] + (known[count][0] == '?');
        if (known[count][0] != '?' && nd_yaml_get(map, names[count]) == NULL)
            nd_site_complain(load, "E0402", map, NULL, "%s lacks '%s'", what, names[count]);
    }
    for (size_t i = 0; i < map->count; i++) {
        const char *key = map->keys[i]->text;
        bool found = false;
        for (size_t k = 0; k < count; k++)
            found = found || strcmp(names[k], key) == 0;
        const char *near = found ? NULL : nd_text_nearest(key, names, count);
        if (!found)
            nd_site_complain(load, "E0401", map->keys[i], NULL, "%s has no key '%s'%s%s%s", what,
                             key, near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                             near != NULL ? "'" : "");
    }
    return true;
}

const char *nd_site_get_text(struct nd_site_load *load, const struct nd_yaml *map, const char *key)
{
    const struct nd_yaml *node = nd_yaml_get(map, key);
    if (node == NULL)
        return NULL;
    if (node->kind != ND_YAML_SCALAR || *node->text == '\0') {
        nd_site_complain(load, "E0403", node, NULL, "'%s' takes a text", key);
        return NULL;
    }
    return node->text;
}

static bool get_flag(struct nd_site_load *load, const struct nd_yaml *map, const char *key)
{
    const struct nd_yaml *node = nd_yaml_get(map, key);
    if (node == NULL)
        return false;
    bool yes = node->kind == ND_YAML_SCALAR && node->plain && strcmp(node->text, "true") == 0;
    bool no = node->kind == ND_YAML_SCALAR && node->plain && strcmp(node->text, "false") == 0;
    if (!yes && !no)
        nd_site_complain(load, "E0403", node, NULL, "'%s' takes true or false", key);
    return yes;
}

struct nd_text2 nd_site_get_text2(struct nd_site_load *load, const struct nd_yaml *map,
                                  const char *key, const char *fallback)
{
    const struct nd_yaml *node = nd_yaml_get(map, key);
    static const char *const keys[] = {"?zh", "?en", NULL};
    if (node == NULL)
        return (struct nd_text2){fallback, fallback};
    if (node->kind == ND_YAML_SCALAR)
        return (struct nd_text2){node->text, node->text};
    if (!nd_site_check_map(load, node, "a text in two languages", keys))
        return (struct nd_text2){fallback, fallback};
    struct nd_text2 text = {nd_site_get_text(load, node, "zh"), nd_site_get_text(load, node, "en")};
    if (text.zh == NULL && text.en == NULL)
        nd_site_complain(load, "E0402", node, NULL, "'%s' needs 'zh' or 'en'", key);
    return text;
}

struct nd_text2 nd_site_get_title(struct nd_site_load *load, const struct nd_yaml *map,
                                  const char *fallback)
{
    const struct nd_text2 title = nd_site_get_text2(load, map, "title", fallback);
    if ((title.zh != NULL && !nd_text_is_tame(title.zh, false)) ||
        (title.en != NULL && !nd_text_is_tame(title.en, false)))
        nd_site_complain(load, "W0606", nd_yaml_get(map, "title"), NULL,
                         "'title' holds a control or direction character");
    return title;
}

/* The section's mapping, NULL when it is absent or none. */
static const struct nd_yaml *section(struct nd_site_load *load, const struct nd_yaml *root,
                                     const char *name)
{
    const struct nd_yaml *map = nd_yaml_get(root, name);
    if (map != NULL && map->kind != ND_YAML_MAP) {
        nd_site_complain(load, "E0403", map, NULL, "'%s' has to be a mapping (name: entry)", name);
        return NULL;
    }
    return map;
}

static void read_operators(struct nd_site_load *load, const struct nd_yaml *root)
{
    static const char *const keys[] = {"?title", "?plmn", NULL};
    const struct nd_yaml *map = section(load, root, "operators");
    for (size_t i = 0; map != NULL && i < map->count; i++) {
        const char *name = map->keys[i]->text;
        if (!nd_site_check_map(load, map->items[i], "an operator", keys))
            continue;
        struct nd_operator entry = {name, nd_site_get_title(load, map->items[i], name),
                                    nd_site_get_text(load, map->items[i], "plmn")};
        nd_vec_push(&load->site->operators, entry);
    }
}

static const char *get_operator(struct nd_site_load *load, const struct nd_yaml *map)
{
    const char *name = nd_site_get_text(load, map, "operator");
    if (name == NULL)
        return NULL;
    for (size_t i = 0; i < load->site->operators.count; i++) {
        if (strcmp(load->site->operators.at[i].name, name) == 0)
            return name;
    }
    nd_site_complain(load, "E0405", nd_yaml_get(map, "operator"), NULL, "there is no operator '%s'",
                     name);
    return NULL;
}

static enum nd_role get_role(struct nd_site_load *load, const struct nd_yaml *map)
{
    const char *name = nd_site_get_text(load, map, "role");
    enum nd_role role = name != NULL ? ND_ROLE_PLAYER : ND_ROLE_UNSAID;
    while (name != NULL && role < ND_ROLE_COUNT && strcmp(nd_role_name(role), name) != 0)
        role++;
    if (role < ND_ROLE_COUNT)
        return role;
    nd_site_complain(load, "E0405", nd_yaml_get(map, "role"), NULL,
                     "'role' takes player, controller, evaluator, observer, safety, simulator or "
                     "director, got '%s'",
                     name);
    return ND_ROLE_UNSAID;
}

static void read_people(struct nd_site_load *load, const struct nd_yaml *root)
{
    static const char *const keys[] = {"?title", "?operator", "?role", NULL};
    const struct nd_yaml *map = section(load, root, "people");
    for (size_t i = 0; map != NULL && i < map->count; i++) {
        const char *name = map->keys[i]->text;
        if (!nd_site_check_map(load, map->items[i], "a person", keys))
            continue;
        struct nd_person entry = {name, nd_site_get_title(load, map->items[i], name),
                                  get_operator(load, map->items[i]), get_role(load, map->items[i])};
        nd_vec_push(&load->site->people, entry);
    }
}

bool nd_site_good_name(const char *name, size_t max)
{
    size_t len = strlen(name);
    return len != 0 && len <= max &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0' && *name != '-';
}

#define SITE_NAME_MAX_BYTES 32

static void read_vantages(struct nd_site_load *load, const struct nd_yaml *root)
{
    static const char *const keys[] = {"?title", "?operator",  "?host",
                                       "?netns", "?interface", NULL};
    const struct nd_yaml *map = section(load, root, "vantages");
    for (size_t i = 0; map != NULL && i < map->count; i++) {
        const struct nd_yaml *item = map->items[i];
        const char *name = map->keys[i]->text;
        if (!nd_site_check_map(load, item, "a vantage", keys))
            continue;
        struct nd_vantage entry = {.name = name,
                                   .title = nd_site_get_title(load, item, name),
                                   .operator_name = get_operator(load, item),
                                   .host = nd_site_get_text(load, item, "host"),
                                   .netns = nd_site_get_text(load, item, "netns"),
                                   .interface = nd_site_get_text(load, item, "interface")};
        const struct nd_vantage *host =
            entry.host != NULL ? nd_site_vantage_find(load->site, entry.host) : NULL;
        if (entry.host != NULL && (host == NULL || host->host == NULL))
            nd_site_complain(load, "E0405", nd_yaml_get(item, "host"), NULL,
                             "the lab has no host '%s'", entry.host);
        else if (host != NULL)
            entry.netns = host->netns;
        /* A lab host's own name may be given a title here. */
        struct nd_vantage *same = (struct nd_vantage *)nd_site_vantage_find(load->site, name);
        if (same != NULL)
            *same = entry;
        else
            nd_vec_push(&load->site->vantages, entry);
    }
}

/* ---- targets ---- */

static bool is_fact(const char *key)
{
    static const char *const own[] = {
        "kind", "title", "operator", "vantage", "address", "may_be_disturbed", NULL};
    for (size_t i = 0; own[i] != NULL; i++) {
        if (strcmp(own[i], key) == 0)
            return false;
    }
    return true;
}

static const struct nd_note *read_facts(struct nd_site_load *load, const struct nd_yaml *map)
{
    struct nd_arena *arena = &load->site->arena;
    struct nd_note *facts = nd_arena_alloc(arena, (map->count + 1) * sizeof *facts);
    size_t count = 0;
    for (size_t i = 0; i < map->count; i++) {
        const struct nd_yaml *value = map->items[i];
        if (!is_fact(map->keys[i]->text))
            continue;
        const char *text = value->text;
        if (value->kind != ND_YAML_SCALAR) {
            json_t *json = nd_yaml_json(value);
            char *dumped = json_dumps(json, JSON_COMPACT);
            text = nd_arena_strdup(arena, dumped);
            free(dumped);
            json_decref(json);
        }
        facts[count++] = (struct nd_note){map->keys[i]->text, text};
    }
    return facts;
}

static void read_target(struct nd_site_load *load, const struct nd_yaml *key,
                        const struct nd_yaml *map)
{
    if (map->kind != ND_YAML_MAP) {
        nd_site_complain(load, "E0403", map, NULL, "a target has to be a mapping (key: value)");
        return;
    }
    struct nd_site_target entry = {
        .target = {.name = key->text,
                   .kind = nd_site_get_text(load, map, "kind"),
                   .address = nd_site_get_text(load, map, "address")},
        .title = nd_site_get_title(load, map, key->text),
        .operator_name = get_operator(load, map),
        .vantage = nd_site_get_text(load, map, "vantage"),
        .may_be_disturbed = get_flag(load, map, "may_be_disturbed"),
        .line = key->line,
    };
    unsigned char address[16];
    const char *text = entry.target.address;
    if (entry.target.kind == NULL)
        nd_site_complain(load, "E0402", key, NULL, "target '%s' lacks 'kind'", key->text);
    if (text != NULL && inet_pton(AF_INET, text, address) != 1 &&
        inet_pton(AF_INET6, text, address) != 1)
        nd_site_complain(load, "E0406", nd_yaml_get(map, "address"), NULL,
                         "'%s' is no literal IPv4 or IPv6 address", text);
    if (entry.vantage != NULL && nd_site_vantage_find(load->site, entry.vantage) == NULL)
        nd_site_complain(load, "E0405", nd_yaml_get(map, "vantage"), NULL,
                         "there is no vantage '%s'", entry.vantage);
    entry.target.facts = read_facts(load, map);
    nd_vec_push(&load->site->targets, entry);
}

/* Names in `paths` are targets themselves; they can be checked once all are read. */
static void check_paths(struct nd_site_load *load, const struct nd_yaml *target)
{
    const struct nd_yaml *paths = nd_yaml_get(target, "paths");
    if (paths == NULL)
        return;
    if (paths->kind != ND_YAML_LIST) {
        nd_site_complain(load, "E0403", paths, NULL,
                         "'paths' takes a list of texts, each target names");
        return;
    }
    for (size_t i = 0; i < paths->count; i++) {
        if (paths->items[i]->kind != ND_YAML_SCALAR) {
            nd_site_complain(load, "E0403", paths->items[i], NULL,
                             "a path is a text of target names");
            continue;
        }
        char *names = nd_strdup(paths->items[i]->text);
        char *rest = names;
        for (char *name = strsep(&rest, " "); name != NULL; name = strsep(&rest, " ")) {
            if (*name != '\0' && nd_site_target_find(load->site, name) == NULL)
                nd_site_complain(load, "E0405", paths->items[i], NULL, "there is no target '%s'",
                                 name);
        }
        free(names);
    }
}

static void read_targets(struct nd_site_load *load, const struct nd_yaml *root)
{
    const struct nd_yaml *map = section(load, root, "targets");
    for (size_t i = 0; map != NULL && i < map->count; i++)
        read_target(load, map->keys[i], map->items[i]);
    for (size_t i = 0; map != NULL && i < map->count; i++)
        check_paths(load, map->items[i]);
}

static void read_site(struct nd_site_load *load, const struct nd_yaml *root)
{
    static const char *const keys[] = {"site",    "?title",    "?simulated", "?operators",
                                       "?people", "?vantages", "?targets",   "?policy",
                                       "?lab",    NULL};
    struct nd_site *site = load->site;
    if (!nd_site_check_map(load, root, "the site file", keys))
        return;
    site->name = nd_site_get_text(load, root, "site");
    if (site->name == NULL)
        return;
    if (!nd_site_good_name(site->name, SITE_NAME_MAX_BYTES))
        nd_site_complain(load, "E0404", nd_yaml_get(root, "site"), NULL,
                         "site name '%s': 1 to %d of a-z, 0-9 and '-'", site->name,
                         SITE_NAME_MAX_BYTES);
    site->title = nd_site_get_title(load, root, site->name);
    site->simulated = get_flag(load, root, "simulated");
    read_operators(load, root);
    read_people(load, root);
    nd_site_read_lab(load, section(load, root, "lab"));
    site->simulated = site->simulated || site->has_lab;
    read_vantages(load, root);
    read_targets(load, root);
    nd_site_read_policy(load, nd_yaml_get(root, "policy"));
    json_t *json = nd_yaml_json(root);
    json_object_set_new(json, "files", nd_site_files_json(site, false));
    site->json = json_dumps(json, JSON_COMPACT);
    json_decref(json);
}

struct nd_site *nd_site_read(const char *path, const char *text, size_t len, struct nd_diags *diags)
{
    struct nd_site *site = nd_alloc(sizeof *site);
    struct nd_site_load load = {site, path, diags};
    size_t errors = diags->errors;
    site->path = nd_arena_strdup(&site->arena, path);
    site->text = nd_arena_strndup(&site->arena, text, len);
    if (!nd_utf8_valid(text, len)) {
        nd_diag_add(diags, "E0104", path, 0, 0, 0, "save it as UTF-8",
                    "the file is not UTF-8 text");
    } else {
        nd_hash(text, len, site->hash);
        const struct nd_yaml *root = nd_yaml_read(path, text, len, &site->arena, diags);
        if (root != NULL)
            read_site(&load, root);
    }
    if (diags->errors == errors)
        return site;
    nd_site_free(site);
    return NULL;
}

struct nd_site *nd_site_load(const char *path, struct nd_diags *diags)
{
    struct nd_fail why = {0};
    char *text = NULL;
    size_t len = 0;
    nd_err err = nd_file_read(path, ND_YAML_MAX_BYTES, &text, &len, &why);
    if (err != ND_OK) {
        nd_diag_add(
            diags, err == ND_EARG ? "E0103" : "E0101", path, 0, 0, 0,
            "a site file is named by drill { site = \"...\" }, beside the scenario, or by --site",
            "%s", why.text);
        return NULL;
    }
    struct nd_site *site = nd_site_read(path, text, len, diags);
    free(text);
    return site;
}

void nd_site_free(struct nd_site *site)
{
    if (site == NULL)
        return;
    nd_vec_free(&site->operators);
    nd_vec_free(&site->people);
    nd_vec_free(&site->vantages);
    nd_vec_free(&site->targets);
    nd_vec_free(&site->policy.hours);
    nd_vec_free(&site->files);
    nd_vec_free(&site->programs);
    free(site->json);
    nd_arena_deinit(&site->arena);
    free(site);
}

const struct nd_site_target *nd_site_target_find(const struct nd_site *site, const char *name)
{
    for (size_t i = 0; i < site->targets.count; i++) {
        if (strcmp(site->targets.at[i].target.name, name) == 0)
            return &site->targets.at[i];
    }
    return NULL;
}

const struct nd_vantage *nd_site_vantage_find(const struct nd_site *site, const char *name)
{
    for (size_t i = 0; i < site->vantages.count; i++) {
        if (strcmp(site->vantages.at[i].name, name) == 0)
            return &site->vantages.at[i];
    }
    return NULL;
}

bool nd_site_outside_lab(const struct nd_site *site, const char *rights, const char *vantage)
{
    const struct nd_vantage *place = vantage != NULL ? nd_site_vantage_find(site, vantage) : NULL;
    return strstr(rights, "CAP_NET_ADMIN") != NULL && (place == NULL || place->host == NULL);
}

const char *nd_site_target_nearest(const struct nd_site *site, const char *name)
{
    const char **names = nd_alloc((site->targets.count + 1) * sizeof *names);
    for (size_t i = 0; i < site->targets.count; i++)
        names[i] = site->targets.at[i].target.name;
    const char *near = nd_text_nearest(name, names, site->targets.count);
    free(names);
    return near;
}

const char *nd_site_vantage_nearest(const struct nd_site *site, const char *name)
{
    const char **names = nd_alloc((site->vantages.count + 1) * sizeof *names);
    for (size_t i = 0; i < site->vantages.count; i++)
        names[i] = site->vantages.at[i].name;
    const char *near = nd_text_nearest(name, names, site->vantages.count);
    free(names);
    return near;
}

char *nd_site_json(const struct nd_site *site, const char *path)
{
    json_t *root = json_loads(site->json, 0, NULL);
    json_t *at = root;
    char *copy = nd_strdup(path);
    char *rest = copy;
    for (char *part = strsep(&rest, "."); part != NULL && at != NULL; part = strsep(&rest, "."))
        at = json_object_get(at, part);
    char *text = at != NULL ? json_dumps(at, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    free(copy);
    json_decref(root);
    return text;
}

char *nd_site_netns_path(const struct nd_site *site, const char *host)
{
    return nd_printf("/run/netns/nd-%s-%s", site->name, host);
}
