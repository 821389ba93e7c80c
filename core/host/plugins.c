#include "host/internal.h"
#include "host/remote.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef ND_PLUGIN_DIR
#define ND_PLUGIN_DIR "/usr/local/lib/netdrill/plugins"
#endif

static void log_stderr(void *ctx, int level, const char *plugin, const char *text)
{
    (void)ctx;
    if (level >= ND_WARN)
        fprintf(stderr, "%s: %s\n", plugin, text);
}

struct nd_plugins *nd_plugins_new(struct nd_sched *sched, const struct nd_site *site)
{
    struct nd_plugins *plugins = nd_alloc(sizeof *plugins);
    plugins->sched = sched;
    plugins->site = site;
    plugins->log = log_stderr;
    plugins->lock_fd = -1;
    plugins->model = nd_model_new();
    return plugins;
}

void nd_plugins_free(struct nd_plugins *plugins)
{
    if (plugins == NULL)
        return;
    nd_op_free_all(plugins);
    for (size_t i = 0; i < plugins->loaded.count; i++)
        nd_remote_leave(plugins->loaded.at[i]->remote);
    for (size_t i = 0; i < plugins->loaded.count; i++) {
        struct nd_loaded *loaded = plugins->loaded.at[i];
        nd_remote_free(loaded->remote);
        if (loaded->plugin->close != NULL && !plugins->isolated)
            loaded->plugin->close(loaded->self);
        dlclose(loaded->handle);
        free(loaded->path);
        free(loaded);
    }
    nd_vec_free(&plugins->loaded);
    nd_model_free(plugins->model);
    free(plugins);
}

void nd_plugins_set_log(struct nd_plugins *plugins,
                        void (*fn)(void *ctx, int level, const char *plugin, const char *text),
                        void *ctx)
{
    plugins->log = fn;
    plugins->log_ctx = ctx;
}

void nd_plugins_logf(struct nd_plugins *plugins, int level, const char *plugin, const char *fmt,
                     ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    plugins->log(plugins->log_ctx, level, plugin, text);
}

struct nd_loaded *nd_plugins_find(struct nd_plugins *plugins, const char *name)
{
    for (size_t i = 0; i < plugins->loaded.count; i++) {
        struct nd_loaded *loaded = plugins->loaded.at[i];
        if (strcmp(loaded->plugin->name, name) == 0 || strcmp(loaded->path, name) == 0)
            return loaded;
    }
    return NULL;
}

/* ---- where plugins lie ---- */

/* Calls fn for each directory of the search path until it returns true. */
static bool each_dir(bool (*fn)(void *ctx, const char *dir), void *ctx)
{
    const char *given = getenv("NETDRILL_PLUGINS");
    if (given != NULL && *given != '\0') {
        char *dirs = nd_strdup(given);
        char *rest = dirs;
        for (char *dir = strsep(&rest, ":"); dir != NULL; dir = strsep(&rest, ":")) {
            if (*dir != '\0' && fn(ctx, dir)) {
                free(dirs);
                return true;
            }
        }
        free(dirs);
    }
    char exe[4096];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (len > 0) {
        exe[len] = '\0';
        *strrchr(exe, '/') = '\0';
        /* As built: <build>/core/cli/netdrill, <build>/tests/test_x, plugins in <build>/plugins. */
        static const char *const beside[] = {"plugins", "../plugins", "../../plugins",
                                             "../lib/netdrill/plugins"};
        for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
            char *dir = nd_printf("%s/%s", exe, beside[i]);
            bool stop = fn(ctx, dir);
            free(dir);
            if (stop)
                return true;
        }
    }
    return fn(ctx, ND_PLUGIN_DIR);
}

static char *plugin_in(const char *dir, const char *name)
{
    char *path = nd_printf("%s/%s/%s.so", dir, name, name);
    if (access(path, R_OK) == 0)
        return path;
    free(path);
    path = nd_printf("%s/%s.so", dir, name);
    if (access(path, R_OK) == 0)
        return path;
    free(path);
    return NULL;
}

struct search {
    const char *name;
    char *path;
};

static bool search_dir(void *ctx, const char *dir)
{
    struct search *search = ctx;
    search->path = plugin_in(dir, search->name);
    return search->path != NULL;
}

struct names {
    struct ND_VEC(char *) list;
};

static void add_name(struct names *names, const char *dir, const char *entry)
{
    size_t len = strlen(entry);
    char *name =
        len > 3 && strcmp(entry + len - 3, ".so") == 0 ? strndup(entry, len - 3) : nd_strdup(entry);
    char *path = name[0] != '.' ? plugin_in(dir, name) : NULL;
    bool known = path == NULL;
    for (size_t i = 0; i < names->list.count && !known; i++)
        known = strcmp(names->list.at[i], name) == 0;
    free(path);
    if (known)
        free(name);
    else
        nd_vec_push(&names->list, name);
}

static bool list_dir(void *ctx, const char *dir)
{
    DIR *d = opendir(dir);
    if (d == NULL)
        return false;
    for (const struct dirent *entry = readdir(d); entry != NULL; entry = readdir(d))
        add_name(ctx, dir, entry->d_name);
    closedir(d);
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

size_t nd_plugins_available(char ***names)
{
    struct names found = {0};
    each_dir(list_dir, &found);
    if (found.list.count != 0)
        qsort(found.list.at, found.list.count, sizeof *found.list.at, by_name);
    *names = found.list.at;
    return found.list.count;
}

/* ---- loading ---- */

nd_err nd_plugins_path(const char *name, char **path, struct nd_fail *why)
{
    if (strchr(name, '/') != NULL) {
        *path = nd_strdup(name);
        return ND_OK;
    }
    if (*name == '\0' || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-")] != '\0')
        return nd_fail_set(why, ND_EARG, "'%s' is not a plugin's name", name);
    struct search search = {.name = name};
    if (!each_dir(search_dir, &search))
        return nd_fail_set(why, ND_EGONE,
                           "no plugin '%s' found; see 'netdrill plugin list', or set "
                           "NETDRILL_PLUGINS to the directory it lies in",
                           name);
    *path = search.path;
    return ND_OK;
}

static nd_err open_object(struct nd_loaded *loaded, struct nd_fail *why)
{
    loaded->handle = dlopen(loaded->path, RTLD_NOW | RTLD_LOCAL);
    if (loaded->handle == NULL)
        return nd_fail_set(why, ND_EIO, "cannot load '%s': %s", loaded->path, dlerror());
    const struct nd_plugin *(*entry)(void) = NULL;
    /* POSIX's own way round ISO C's ban on object-to-function casts. */
    *(void **)&entry = dlsym(loaded->handle, "nd_plugin_entry");
    if (entry == NULL)
        return nd_fail_set(why, ND_EARG, "'%s' exports no 'nd_plugin_entry'; it is no plugin",
                           loaded->path);
    loaded->plugin = entry();
    nd_err err = nd_plugin_check(loaded->plugin, why);
    if (err != ND_OK)
        return nd_fail_wrap(why, "plugin '%s'", loaded->path);
    if (loaded->plugin->open == NULL || loaded->plugins->isolated)
        return ND_OK;
    err = loaded->plugin->open(&loaded->host, &loaded->self);
    if (err != ND_OK)
        return nd_fail_set(why, err, "plugin '%s' did not open: %s", loaded->plugin->name,
                           nd_err_text(err));
    return ND_OK;
}

const struct nd_plugin *nd_plugins_load(struct nd_plugins *plugins, const char *name,
                                        struct nd_fail *why)
{
    struct nd_loaded *known = nd_plugins_find(plugins, name);
    if (known != NULL)
        return known->plugin;
    struct nd_loaded *loaded = nd_alloc(sizeof *loaded);
    loaded->plugins = plugins;
    nd_facade_init(&loaded->host);
    nd_err err = nd_plugins_path(name, &loaded->path, why);
    if (err == ND_OK)
        err = open_object(loaded, why);
    if (err != ND_OK) {
        if (loaded->handle != NULL)
            dlclose(loaded->handle);
        free(loaded->path);
        free(loaded);
        return NULL;
    }
    nd_vec_push(&plugins->loaded, loaded);
    return loaded->plugin;
}

size_t nd_plugins_loaded(const struct nd_plugins *plugins)
{
    return plugins->loaded.count;
}

const struct nd_plugin *nd_plugins_at(const struct nd_plugins *plugins, size_t number,
                                      const char **path)
{
    if (path != NULL)
        *path = plugins->loaded.at[number]->path;
    return plugins->loaded.at[number]->plugin;
}

/* ---- in processes of their own ---- */

void nd_plugins_isolate(struct nd_plugins *plugins, int lock_fd)
{
    ND_CHECK(!nd_sched_is_virtual(plugins->sched) && plugins->loaded.count == 0);
    plugins->isolated = true;
    plugins->lock_fd = lock_fd;
}

bool nd_plugins_isolated(const struct nd_plugins *plugins)
{
    return plugins->isolated;
}

void nd_plugins_set_lock(struct nd_plugins *plugins, int lock_fd)
{
    plugins->lock_fd = lock_fd;
}

void nd_plugins_tell_ready(struct nd_plugins *plugins)
{
    struct nd_fail why = {0};
    bool all = true;
    for (size_t i = 0; i < plugins->loaded.count; i++)
        all = all && (nd_remote_ready(plugins->loaded.at[i]->remote, &why) ||
                      plugins->loaded.at[i]->remote == NULL);
    if (!all || plugins->prepared == NULL)
        return;
    void (*prepared)(void *, nd_err, const char *) = plugins->prepared;
    plugins->prepared = NULL;
    prepared(plugins->prepared_ctx, why.code, why.text);
}

static void all_here(void *ctx)
{
    nd_plugins_tell_ready(ctx);
}

void nd_plugins_prepare(struct nd_plugins *plugins,
                        void (*done)(void *ctx, nd_err err, const char *why), void *ctx)
{
    struct nd_fail why = {0};
    plugins->prepared = done;
    plugins->prepared_ctx = ctx;
    for (size_t i = 0; i < plugins->loaded.count && plugins->isolated; i++)
        nd_remote_start(plugins->loaded.at[i], &why);
    nd_sched_at(plugins->sched, nd_sched_now(plugins->sched), all_here, plugins);
}

bool nd_verb_has_reading(const struct nd_verb *verb, uint32_t reading)
{
    for (uint32_t i = 0; i <= reading; i++) {
        if (verb->readings[i].name == NULL)
            return false;
    }
    return true;
}

const struct nd_verb *nd_plugin_verb(const struct nd_plugin *plugin, const char *verb)
{
    for (const struct nd_verb *const *v = plugin->verbs; *v != NULL; v++) {
        if (strcmp((*v)->name, verb) == 0)
            return *v;
    }
    return NULL;
}
