#include "reach.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What the verbs share, and the plugin's record. */

/* ---- the record ---- */

static nd_err reach_open(const struct nd_host *host, void **self)
{
    struct reach *reach = calloc(1, sizeof *reach);
    if (reach == NULL)
        return ND_EIO;
    reach->host = host;
    /* Another run's answers are not to look like ours. */
    reach->cookie = (uint32_t)host->now(host) ^ (uint32_t)(uintptr_t)reach << 12;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    *self = reach;
    return ND_OK;
}

static void reach_close(void *self)
{
    curl_global_cleanup();
    reach_paths_free(self);
    free(self);
}

static const struct nd_verb *const verbs[] = {&reach_icmp, &reach_tcp,   &reach_udp,   &reach_http,
                                              &reach_dns,  &reach_stamp, &reach_voice, &reach_bulk,
                                              &reach_way,  &reach_inbox, NULL};
static const struct nd_plugin plugin = {
    sizeof plugin,
    ND_ABI_MAJOR,
    ND_ABI_MINOR,
    "reach",
    "1.0",
    "whether services answer, and how fast: ICMP, TCP, UDP, "
    "HTTP, DNS, STAMP, voice, throughput, paths, what came to an inbox",
    verbs,
    reach_open,
    reach_close,
    NULL,
    NULL,
    NULL};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
