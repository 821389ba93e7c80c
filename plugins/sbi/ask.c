#include "sbi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX 1000000 /* octets of an answer */

static void ask_end(struct ask *ask)
{
    web_end(&ask->web);
    curl_slist_free_all(ask->headers);
    ask->headers = NULL;
    free(ask->ids.at);
    free(ask->pages);
    ask->ids.at = NULL;
    ask->pages = NULL;
}

void ask_finish(struct ask *ask, nd_err err, const char *why)
{
    ask_end(ask);
    ask->host->finish(ask->op, err, why);
}

void ask_for(struct ask *ask, struct web_page *page, const char *path, size_t max)
{
    web_ask(&ask->web, page, path, max);
    /* Further pages go over the connection of the first; libcurl 7.88 fails when it is to take
     * HTTP/2 for granted on a connection that has it already. */
    long version = ask->web.tls          ? CURL_HTTP_VERSION_2TLS
                   : page == &ask->first ? CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
                                         : CURL_HTTP_VERSION_2_0;
    curl_easy_setopt(page->easy, CURLOPT_HTTP_VERSION, version);
    curl_easy_setopt(page->easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(page->easy, CURLOPT_HTTPHEADER, ask->headers);
    curl_easy_setopt(page->easy, CURLOPT_SSLCERT, ask->cert);
    curl_easy_setopt(page->easy, CURLOPT_SSLKEY, ask->key);
}

nd_err ask_err(const struct web_page *page, CURLcode code, long *status, char why[WHY_BYTES])
{
    char problem[SBI_PROBLEM_BYTES];
    long version = 0;
    *status = 0;
    if (code != CURLE_OK)
        return web_err(page, code, why, WHY_BYTES);
    curl_easy_getinfo(page->easy, CURLINFO_RESPONSE_CODE, status);
    curl_easy_getinfo(page->easy, CURLINFO_HTTP_VERSION, &version);
    if (version != CURL_HTTP_VERSION_2_0) {
        snprintf(why, WHY_BYTES, "%s does not speak HTTP/2", page->web->peer.text);
        return ND_EANSWER;
    }
    if (*status == 200)
        return ND_OK;
    sbi_problem(page->body, page->body_len, problem);
    snprintf(why, WHY_BYTES, "%s answered %ld%s%s", page->web->peer.text, *status,
             problem[0] != '\0' ? ", " : "", problem);
    return *status == 401 || *status == 403 || *status == 429 || *status == 503 ? ND_EREFUSED
                                                                                : ND_EANSWER;
}

void ask_counts(struct ask *ask, nd_ns now)
{
    const struct nd_host *host = ask->host;
    host->emit(ask->op, R_RTT, (double)(now - ask->began), now);
    host->emit(ask->op, R_INSTANCES, ask->inventory.instances, now);
    host->emit(ask->op, R_REGISTERED, ask->inventory.by_status[SBI_REGISTERED], now);
}

int ask_lacks(const struct ask *ask, char why[WHY_BYTES])
{
    for (size_t i = 0; i < ask->needs_count; i++) {
        const struct need *need = &ask->needs[i];
        unsigned has = sbi_registered(&ask->inventory, need->type);
        if (has >= need->least)
            continue;
        snprintf(why, WHY_BYTES, "expected %u %s registered at the least, found %u%s%.200s",
                 need->least, need->type, has, ask->unread != 0 ? "; not all could be read: " : "",
                 ask->unread_why);
        return 1;
    }
    return 0;
}

nd_err ask_begin(const struct nd_host *host, const struct nd_args *args, struct nd_op *op,
                 struct ask *ask, const char *path)
{
    int tls = args->at[HTTPS].u.i != 0;
    int port = web_port(args->at[SUBJECT].u.target, args->at[PORT].u.i, tls);
    ask->host = host;
    ask->op = op;
    ask->cert = args->at[CERT].u.text;
    ask->key = args->at[KEY].u.text;
    ask->web.host = host;
    ask->web.op = op;
    ask->web.name = args->at[NAME].u.text;
    ask->web.port = port;
    ask->web.tls = tls;
    ask->web.ca = args->at[CA].u.text;
    ask->web.ctx = ask;
    nd_err err = target_peer(host, args->at[SUBJECT].u.target, port, 0, &ask->web.peer);
    if (err != ND_OK)
        return err;
    ask->headers = curl_slist_append(
        NULL, "Accept: application/json, application/3gppHal+json, application/problem+json");
    ask->began = host->now(host);
    web_begin(&ask->web);
    ask_for(ask, &ask->first, path, LIST_MAX);
    return ND_OK;
}

void ask_cancel(void *self, struct nd_op *op)
{
    struct ask *ask = ((struct sbi *)self)->host->state(op, 1);
    ask_finish(ask, ND_ECANCEL, NULL);
}
