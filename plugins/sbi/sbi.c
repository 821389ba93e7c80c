#include "sbi.h"

#include <stdlib.h>

static const struct nd_verb *const verbs[] = {&sbi_inventory_verb, &sbi_discover_verb, NULL};

static nd_err sbi_open(const struct nd_host *host, void **self)
{
    struct sbi *sbi = calloc(1, sizeof *sbi);
    if (sbi == NULL)
        return ND_EIO;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    sbi->host = host;
    *self = sbi;
    return ND_OK;
}

static void sbi_close(void *self)
{
    curl_global_cleanup();
    free(self);
}

static const struct nd_plugin plugin = {
    sizeof plugin, ND_ABI_MAJOR, ND_ABI_MINOR,
    "sbi",         "1.0",        "5G cores by HTTP/2: what the NRF has registered and finds",
    verbs,         sbi_open,     sbi_close,
    NULL,          NULL,         NULL};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
