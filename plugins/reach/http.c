#include "page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One page by HTTP or HTTPS. */

struct probe {
    struct page base;
    nd_ns began;
    long expect_status;
    const char *expect;
};

static double ns_of(CURL *easy, CURLINFO which)
{
    curl_off_t us = 0;
    curl_easy_getinfo(easy, which, &us);
    return (double)us * 1000;
}

static void emit_all(struct probe *probe, long status, nd_ns now)
{
    const struct nd_host *host = probe->base.self->host;
    CURL *easy = probe->base.page.easy;
    size_t octets = probe->base.page.body_len;
    double total = (double)(now - probe->began);
    host->emit(probe->base.op, 0, total, now);
    host->emit(probe->base.op, 1, ns_of(easy, CURLINFO_CONNECT_TIME_T), now);
    host->emit(probe->base.op, 2, ns_of(easy, CURLINFO_STARTTRANSFER_TIME_T), now);
    host->emit(probe->base.op, 3, (double)status, now);
    host->emit(probe->base.op, 4, (double)octets, now);
    double transfer = total - ns_of(easy, CURLINFO_CONNECT_TIME_T);
    if (transfer > 0 && octets != 0)
        host->emit(probe->base.op, 5, (double)octets * 8e9 / transfer, now);
}

static void transferred(void *ctx, struct web_page *page, CURLcode code)
{
    struct probe *probe = ctx;
    const struct nd_host *host = probe->base.self->host;
    char why[WHY_BYTES];
    long status = 0;
    nd_err err = ND_OK;
    curl_easy_getinfo(page->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) {
        err = web_err(page, code, why, sizeof why);
    } else if (status != probe->expect_status) {
        err = ND_EANSWER;
        snprintf(why, sizeof why, "expected status %ld, got %ld", probe->expect_status, status);
    } else if (probe->expect != NULL &&
               memmem(page->body, page->body_len, probe->expect, strlen(probe->expect)) == NULL) {
        err = ND_EANSWER;
        snprintf(why, sizeof why, "the page lacks the text expected");
    }
    if (code == CURLE_OK)
        emit_all(probe, status, host->now(host));
    page_finish(&probe->base, err, err != ND_OK ? why : NULL);
}

static const struct nd_option options[] = {
    TARGET_ROW("the server"),
    PORT_ROW,
    {"path", "path and query", "", ND_TEXT, 0, 1, 0, "/", NULL},
    {"https", "over TLS, the certificate checked", "", ND_BOOL, 0, 1, 0, "false", NULL},
    {"name", "host name to ask for (Host, SNI); it is not resolved", "", ND_TEXT, 0, 1, 0, NULL,
     NULL},
    {"status", "status expected", "", ND_INT, 0, 100, 599, "200", NULL},
    {"expect", "text that the page has to hold", "", ND_TEXT, 0, 1, 0, NULL, NULL},
    {"ca", "file of certificate authorities to trust, else the system's", "", ND_TEXT, 0, 1, 0,
     NULL, NULL},
    {"max", "octets that are read at most", "octets", ND_INT, 0, 1, 1e8, "1000000", NULL},
    MARK_ROWS,
    END_ROW};

static nd_err http_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct reach *self = ctx;
    const struct nd_host *host = self->host;
    struct probe *probe = host->state(op, sizeof *probe);
    const struct page_ask ask = {.target = args->at[0].u.target,
                                 .port = args->at[1].u.i,
                                 .path = args->at[2].u.text,
                                 .tls = args->at[3].u.i != 0,
                                 .name = args->at[4].u.text,
                                 .ca = args->at[7].u.text,
                                 .max = (size_t)args->at[8].u.i,
                                 .options = options,
                                 .done = transferred};
    probe->expect_status = (long)args->at[5].u.i;
    probe->expect = args->at[6].u.text;
    probe->began = host->now(host);
    return page_start(self, op, &probe->base, args, &ask);
}

static nd_err http_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    (void)args;
    return probe_model(((struct reach *)self)->host, op, 10000000, 10000000);
}

static const struct nd_reading readings[] = {
    {"rtt", "from the beginning to the page's last octet", "ns", 1e7},
    {"connect", "to the connection", "ns", 2e6},
    {"first_octet", "to the first octet of the answer", "ns", 5e6},
    {"status", "HTTP status", "1", 200},
    {"octets", "of the page", "octets", 1000},
    {"goodput", "of the page's octets since the connection", "bit/s", 1e6},
    {NULL, NULL, NULL, 0}};
const struct nd_verb reach_http = {
    .struct_size = sizeof reach_http,
    .flags = ND_VERB_STEADY,
    .name = "http",
    .help = "An HTTP or HTTPS GET.",
    .rights = "none",
    .options = options,
    .readings = readings,
    .start = http_start,
    .cancel = page_cancel,
    .rehearse = http_rehearse,
};
