#include "base/units.h"
#include "plan/site_read.h"
#include "record/rundir.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The lab section as far as the core knows it: hosts are vantages; the daemons of hosts name
 * programs, which have to be there before anything is made, and files beside the site file, which
 * are read with it, so that a plan holds for them too and a run keeps what it ran with. The rest is
 * the lab plugin's. */

#define HOST_NAME_MAX_BYTES   24
#define DAEMON_NAME_MAX_BYTES 16
#define DAEMON_FILE_MAX_BYTES (256u << 10)
#define DAEMON_WITHIN_MAX     ND_SEC(120)

/* ---- the files of daemons ---- */

/* "jia/hlr.cfg": below a directory beside the site file, so that copies of it in a run's directory
 * lie beside the run's site file without mixing with its records. */
static bool good_path(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "._-/";
    static const char *const taken[] = {"report/", "lab/"};
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        if (strncmp(name, taken[i], strlen(taken[i])) == 0)
            return false;
    }
    size_t len = strlen(name);
    return len != 0 && len < 100 && name[strspn(name, allowed)] == '\0' && *name != '.' &&
           *name != '/' && name[len - 1] != '/' && strchr(name, '/') != NULL &&
           strstr(name, "//") == NULL && strstr(name, "/.") == NULL;
}

static void read_file(struct nd_site_load *load, const struct nd_yaml *node)
{
    struct nd_site *site = load->site;
    struct nd_fail why = {0};
    char *text = NULL;
    size_t len = 0;
    if (node->kind != ND_YAML_SCALAR || !good_path(node->text)) {
        nd_site_complain(load, "E0410", node, "such as 'jia/hlr.cfg', in a directory of its own",
                         "a daemon's file is named by its path below the site file's directory");
        return;
    }
    for (size_t i = 0; i < site->files.count; i++) {
        if (strcmp(site->files.at[i].name, node->text) == 0)
            return;
    }
    const char *slash = strrchr(site->path, '/');
    char *path = nd_printf("%.*s%s", slash != NULL ? (int)(slash + 1 - site->path) : 0, site->path,
                           node->text);
    if (nd_file_read(path, DAEMON_FILE_MAX_BYTES, &text, &len, &why) != ND_OK) {
        nd_site_complain(load, "E0410", node, NULL, "%s", why.text);
    } else if (!nd_utf8_valid(text, len) || strlen(text) != len) {
        nd_site_complain(load, "E0410", node, "save it as UTF-8", "'%s' is not UTF-8 text", path);
    } else {
        struct nd_site_file file = {.name = node->text,
                                    .text = nd_arena_strndup(&site->arena, text, len)};
        nd_hash(text, len, file.hash);
        nd_vec_push(&site->files, file);
    }
    free(text);
    free(path);
}

/* ---- daemons ---- */

static void add_program(struct nd_site_load *load, const char *host, const char *daemon,
                        const struct nd_yaml *node, const char *package)
{
    if (node == NULL || node->kind != ND_YAML_SCALAR || *node->text == '\0')
        return;
    struct nd_site_program entry = {host, daemon, node->text,
                                    package != NULL ? package : node->text};
    nd_vec_push(&load->site->programs, entry);
}

/* A list of texts; false when it is told what is wrong with it. */
static bool check_words(struct nd_site_load *load, const struct nd_yaml *list, const char *what)
{
    bool good = list->kind == ND_YAML_LIST;
    for (size_t i = 0; good && i < list->count; i++)
        good = list->items[i]->kind == ND_YAML_SCALAR;
    if (!good)
        nd_site_complain(load, "E0403", list, NULL, "%s is a list of words", what);
    return good;
}

static bool good_place(const char *text)
{
    char *end = NULL;
    bool known = strncmp(text, "tcp:", 4) == 0 || strncmp(text, "udp:", 4) == 0;
    long port = known ? strtol(text + 4, &end, 10) : 0;
    return known && *end == '\0' && port >= 1 && port <= 65535;
}

static void check_ready(struct nd_site_load *load, const struct nd_yaml *map)
{
    const struct nd_yaml *ready = nd_yaml_get(map, "ready");
    const struct nd_yaml *within = nd_yaml_get(map, "within");
    struct nd_fail why = {0};
    nd_ns length = 0;
    if (ready != NULL && check_words(load, ready, "'ready'")) {
        for (size_t i = 0; i < ready->count; i++) {
            if (!good_place(ready->items[i]->text))
                nd_site_complain(load, "E0403", ready->items[i], NULL,
                                 "'ready' names ports that are open then, such as tcp:4222 or "
                                 "udp:5060, got '%s'",
                                 ready->items[i]->text);
        }
    }
    if (within == NULL)
        return;
    if (within->kind != ND_YAML_SCALAR || nd_length_parse(within->text, &length, &why) != ND_OK ||
        length <= 0 || length > DAEMON_WITHIN_MAX)
        nd_site_complain(load, "E0403", within, NULL,
                         "'within' takes a length of time up to 120s, such as 10s");
}

static void read_daemon(struct nd_site_load *load, const char *host, const struct nd_yaml *map)
{
    static const char *const keys[] = {"name",     "program", "?arguments", "?files", "?prepare",
                                       "?package", "ready",   "?within",    NULL};
    if (!nd_site_check_map(load, map, "a daemon", keys))
        return;
    const char *name = nd_site_get_text(load, map, "name");
    const char *package = nd_site_get_text(load, map, "package");
    const struct nd_yaml *arguments = nd_yaml_get(map, "arguments");
    const struct nd_yaml *prepare = nd_yaml_get(map, "prepare");
    const struct nd_yaml *files = nd_yaml_get(map, "files");
    nd_site_get_text(load, map, "program");
    if (name != NULL && !nd_site_good_name(name, DAEMON_NAME_MAX_BYTES))
        nd_site_complain(load, "E0404", nd_yaml_get(map, "name"), NULL,
                         "daemon name '%s': 1 to %d of a-z, 0-9 and '-'", name,
                         DAEMON_NAME_MAX_BYTES);
    add_program(load, host, name, nd_yaml_get(map, "program"), package);
    if (arguments != NULL)
        check_words(load, arguments, "'arguments'");
    if (prepare != NULL && prepare->kind != ND_YAML_LIST)
        nd_site_complain(load, "E0403", prepare, NULL, "'prepare' is a list of commands");
    for (size_t i = 0; prepare != NULL && i < prepare->count; i++) {
        if (check_words(load, prepare->items[i], "a command") && prepare->items[i]->count != 0)
            add_program(load, host, name, prepare->items[i]->items[0], NULL);
    }
    if (files != NULL && check_words(load, files, "'files'")) {
        for (size_t i = 0; i < files->count; i++)
            read_file(load, files->items[i]);
    }
    check_ready(load, map);
}

static void read_host(struct nd_site_load *load, const char *name, const struct nd_yaml *map)
{
    const struct nd_yaml *daemons = nd_yaml_get(map, "daemons");
    if (daemons == NULL)
        return;
    if (daemons->kind != ND_YAML_LIST) {
        nd_site_complain(load, "E0403", daemons, NULL, "'daemons' is a list of mappings");
        return;
    }
    for (size_t i = 0; i < daemons->count; i++) {
        const char *daemon = NULL;
        const struct nd_yaml *own = nd_yaml_get(daemons->items[i], "name");
        read_daemon(load, name, daemons->items[i]);
        if (own == NULL || own->kind != ND_YAML_SCALAR)
            continue;
        daemon = own->text;
        for (size_t k = 0; k < i; k++) {
            const struct nd_yaml *other = nd_yaml_get(daemons->items[k], "name");
            if (other != NULL && other->kind == ND_YAML_SCALAR && strcmp(other->text, daemon) == 0)
                nd_site_complain(load, "E0404", own, NULL, "host '%s' has two daemons '%s'", name,
                                 daemon);
        }
    }
}

/* ---- the section ---- */

void nd_site_read_lab(struct nd_site_load *load, const struct nd_yaml *lab)
{
    struct nd_site *site = load->site;
    if (lab == NULL)
        return;
    site->has_lab = true;
    const struct nd_yaml *hosts = nd_yaml_get(lab, "hosts");
    if (hosts == NULL || hosts->kind != ND_YAML_MAP) {
        nd_site_complain(load, "E0402", lab, NULL, "the lab lacks 'hosts' (a mapping of names)");
        return;
    }
    for (size_t i = 0; i < hosts->count; i++) {
        const char *name = hosts->keys[i]->text;
        if (!nd_site_good_name(name, HOST_NAME_MAX_BYTES))
            nd_site_complain(load, "E0404", hosts->keys[i], NULL,
                             "host name '%s': 1 to %d of a-z, 0-9 and '-'", name,
                             HOST_NAME_MAX_BYTES);
        char *netns = nd_site_netns_path(site, name);
        struct nd_vantage entry = {.name = name,
                                   .title = nd_site_get_title(load, hosts->items[i], name),
                                   .host = name,
                                   .netns = nd_arena_strdup(&site->arena, netns)};
        free(netns);
        nd_vec_push(&site->vantages, entry);
        read_host(load, name, hosts->items[i]);
    }
}

json_t *nd_site_files_json(const struct nd_site *site, bool hashes)
{
    json_t *files = json_object();
    for (size_t i = 0; i < site->files.count; i++)
        json_object_set_new(files, site->files.at[i].name,
                            json_string(hashes ? site->files.at[i].hash : site->files.at[i].text));
    return files;
}

/* ---- programs ---- */

static bool on_path(const char *program)
{
    static const char *const places[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                         "/usr/bin",        "/sbin",          "/bin"};
    if (strchr(program, '/') != NULL)
        return access(program, X_OK) == 0;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char *path = nd_printf("%s/%s", places[i], program);
        bool there = access(path, X_OK) == 0;
        free(path);
        if (there)
            return true;
    }
    return false;
}

const struct nd_site_program *nd_site_missing_program(const struct nd_site *site, size_t *from)
{
    while (*from < site->programs.count) {
        const struct nd_site_program *program = &site->programs.at[(*from)++];
        if (!on_path(program->program))
            return program;
    }
    return NULL;
}
