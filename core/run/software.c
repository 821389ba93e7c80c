#include "run/internal.h"

#include <gnu/libc-version.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* What a run's figures were measured with: this program, the plugins with the digests of their
 * files, the kernel's clock, and the libraries that samples and records go through. */

#define CLOCK_SOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

/* version: NULL or "": not known. path: the file whose digest is told, or NULL. */
static void add(json_t *list, const char *kind, const char *name, const char *version,
                const char *path)
{
    char hash[ND_HASH_TEXT];
    bool hashed = path != NULL && nd_hash_file(path, hash, NULL) == ND_OK;
    bool known = version != NULL && *version != '\0';
    json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o}", "kind", kind, "name", name,
                                          "version", known ? json_string(version) : json_null(),
                                          "sha256", hashed ? json_string(hash) : json_null()));
}

static void add_clock(json_t *list)
{
    char *text = NULL;
    size_t len = 0;
    if (nd_file_read(CLOCK_SOURCE, 256, &text, &len, NULL) != ND_OK)
        return;
    text[strcspn(text, "\n")] = '\0';
    add(list, "clock", text, NULL, NULL);
    free(text);
}

json_t *nd_software(const struct nd_run *run)
{
    json_t *list = json_array();
    add(list, "program", "netdrill", *ND_COMMIT != '\0' ? ND_VERSION " " ND_COMMIT : ND_VERSION,
        "/proc/self/exe");
    for (size_t i = 0; i < nd_plugins_loaded(run->config.plugins); i++) {
        const char *path = NULL;
        const struct nd_plugin *plugin = nd_plugins_at(run->config.plugins, i, &path);
        add(list, "plugin", plugin->name, plugin->version, path);
    }
    add_clock(list);
    add(list, "library", "glibc", gnu_get_libc_version(), NULL);
    add(list, "library", "libuv", uv_version_string(), NULL);
    add(list, "library", "sqlite", sqlite3_libversion(), NULL);
    add(list, "library", "jansson", jansson_version_str(), NULL);
    add(list, "library", "libsodium", sodium_version_string(), NULL);
    return list;
}
