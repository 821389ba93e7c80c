#include "sip.h"

#include <stdlib.h>

/* The plugin's record. */

static nd_err sip_open(const struct nd_host *host, void **self)
{
    struct sip *sip = calloc(1, sizeof *sip);
    if (sip == NULL)
        return ND_EIO;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    sip->host = host;
    sip_init();
    *self = sip;
    return ND_OK;
}

static void sip_close(void *self)
{
    curl_global_cleanup();
    free(self);
}

static const struct nd_verb *const verbs[] = {&sip_options, &sip_register, &sip_call, &sip_text,
                                              NULL};
static const struct nd_plugin plugin = {
    sizeof plugin, ND_ABI_MAJOR,
    ND_ABI_MINOR,  "sip",
    "1.0",         "SIP: servers, registration, calls, messages, priority (RFC 3261, 4412)",
    verbs,         sip_open,
    sip_close,     NULL,
    NULL,          NULL};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
