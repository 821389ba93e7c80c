#include "page.h"
#include "parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What came to an inbox (netdrill reflect inbox:...), at one path of it. */

static void transferred(void *ctx, struct web_page *page, CURLcode code)
{
    struct page *probe = ctx;
    const struct nd_host *host = probe->self->host;
    struct inbox_word word;
    char why[WHY_BYTES];
    long status = 0;
    nd_err err = ND_OK;
    curl_easy_getinfo(page->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) {
        err = web_err(page, code, why, sizeof why);
    } else if (status != 200 || !inbox_parse(page->body, page->body_len, &word)) {
        err = ND_EANSWER;
        snprintf(why, sizeof why, "expected an inbox (netdrill reflect inbox:...), got status %ld",
                 status);
    } else {
        nd_ns now = host->now(host);
        host->emit(probe->op, 0, (double)word.reports, now);
        if (word.reports != 0)
            host->emit(probe->op, 1, (double)word.ago, now);
    }
    page_finish(probe, err, err != ND_OK ? why : NULL);
}

static const struct nd_option options[] = {
    TARGET_ROW("the inbox"),
    PORT_ROW,
    {"path", "that the reports are posted at", "", ND_TEXT, 0, 1, 0, "/", NULL},
    {"https", "over TLS, the certificate checked", "", ND_BOOL, 0, 1, 0, "false", NULL},
    {"name",
     "host name to ask for (Host, SNI), which its certificate has to bear; it is not resolved", "",
     ND_TEXT, 0, 1, 0, NULL, NULL},
    {"ca", "file of certificate authorities to trust, else the system's", "", ND_TEXT, 0, 1, 0,
     NULL, NULL},
    MARK_ROWS,
    END_ROW};

static nd_err inbox_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct reach *self = ctx;
    const struct page_ask ask = {.target = args->at[0].u.target,
                                 .port = args->at[1].u.i,
                                 .path = args->at[2].u.text,
                                 .tls = args->at[3].u.i != 0,
                                 .name = args->at[4].u.text,
                                 .ca = args->at[5].u.text,
                                 .max = 8192,
                                 .options = options,
                                 .done = transferred};
    return page_start(self, op, self->host->state(op, sizeof(struct page)), args, &ask);
}

static nd_err inbox_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    (void)args;
    return probe_model(((struct reach *)self)->host, op, 10000000, 0); /* nobody has reported */
}

static const struct nd_reading readings[] = {
    {"reports", "that came at that path since the inbox began", "1", 0},
    {"ago", "how long ago the latest was complete, by the inbox's clock; none without a report",
     "ns", 0},
    {NULL, NULL, NULL, 0}};
const struct nd_verb reach_inbox = {
    .struct_size = sizeof reach_inbox,
    .flags = ND_VERB_STEADY,
    .name = "inbox",
    .help = "How many reports came to an inbox (netdrill reflect inbox:ADDRESS:PORT), and when.",
    .rights = "none",
    .options = options,
    .readings = readings,
    .start = inbox_start,
    .cancel = page_cancel,
    .rehearse = inbox_rehearse,
};
