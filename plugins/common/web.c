#include "web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void look(struct web *web)
{
    int left = 0;
    for (CURLMsg *m = NULL; !web->over && (m = curl_multi_info_read(web->multi, &left)) != NULL;) {
        char *page = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &page);
        web->done(web->ctx, (struct web_page *)(void *)page, code);
    }
}

static void due(void *ctx)
{
    struct web *web = ctx;
    int running = 0;
    curl_multi_socket_action(web->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    look(web);
}

struct watched {
    struct web *web;
    curl_socket_t fd;
};

static void ready(void *ctx, int events)
{
    struct watched *watched = ctx;
    struct web *web = watched->web;
    int running = 0;
    int what = (events & ND_READABLE ? CURL_CSELECT_IN : 0) |
               (events & ND_WRITABLE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(web->multi, watched->fd, what, &running);
    look(web);
}

/* ---- what libcurl asks for ---- */

static int on_timer(CURLM *multi, long wait_ms, void *ctx)
{
    struct web *web = ctx;
    (void)multi;
    web->host->after(web->op, wait_ms < 0 ? -1 : (nd_ns)wait_ms * 1000000, due, web);
    return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *given)
{
    struct web *web = ctx;
    struct watched *watched = given;
    const struct nd_host *host = web->host;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        host->watch(web->op, fd, 0, ready, NULL);
        curl_multi_assign(web->multi, fd, NULL);
        free(watched);
        return 0;
    }
    if (watched == NULL) {
        watched = calloc(1, sizeof *watched);
        *watched = (struct watched){web, fd};
        curl_multi_assign(web->multi, fd, watched);
    }
    int events = (what & CURL_POLL_IN ? ND_READABLE : 0) | (what & CURL_POLL_OUT ? ND_WRITABLE : 0);
    host->watch(web->op, fd, events, ready, watched);
    return 0;
}

static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct web *web = ctx;
    const struct nd_host *host = web->host;
    (void)purpose;
    int fd = host->socket(web->op, address->family, address->socktype, address->protocol);
    web->refused = fd < 0 ? fd : web->opened != NULL ? web->opened(web->ctx, fd) : ND_OK;
    if (web->refused == ND_OK)
        return fd;
    if (fd >= 0)
        host->release(web->op, fd);
    return CURL_SOCKET_BAD;
}

static int on_close(void *ctx, curl_socket_t fd)
{
    struct web *web = ctx;
    web->host->release(web->op, fd);
    return 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct web_page *page = ctx;
    size_t len = size * count;
    if (page->body_len + len > page->body_max) {
        page->too_long = 1;
        return 0;
    }
    char *more = realloc(page->body, page->body_len + len + 1);
    if (more == NULL)
        return 0;
    memcpy(more + page->body_len, bytes, len);
    page->body = more;
    page->body_len += len;
    return len;
}

/* ---- begin, ask, end ---- */

static const char *name_of(const struct web *web)
{
    return web->name != NULL ? web->name : "target.invalid";
}

int web_port(const struct nd_target *target, int64_t given, int tls)
{
    const char *own = target_fact(target, "port");
    if (given != 0)
        return (int)given;
    return own != NULL ? (int)strtol(own, NULL, 10) : tls ? 443 : 80;
}

void web_begin(struct web *web)
{
    char resolve[400];
    snprintf(resolve, sizeof resolve, "%.200s:%d:%s", name_of(web), web->port, web->peer.address);
    web->multi = curl_multi_init();
    web->resolve = curl_slist_append(NULL, resolve);
    curl_multi_setopt(web->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(web->multi, CURLMOPT_SOCKETDATA, web);
    curl_multi_setopt(web->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(web->multi, CURLMOPT_TIMERDATA, web);
}

void web_ask(struct web *web, struct web_page *page, const char *path, size_t max)
{
    CURL *easy = curl_easy_init();
    char url[800];
    snprintf(url, sizeof url, "%s://%.200s:%d%.500s", web->tls ? "https" : "http", name_of(web),
             web->port, path);
    page->web = web;
    page->easy = easy;
    page->body_max = max;
    page->next = web->pages;
    web->pages = page;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, (void *)page);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_RESOLVE, web->resolve);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, web);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, web);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, page);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, page->error);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "netdrill (exercise)");
    if (web->ca != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, web->ca);
    curl_multi_add_handle(web->multi, easy);
}

void web_drop(struct web_page *page)
{
    if (page->easy == NULL)
        return;
    curl_multi_remove_handle(page->web->multi, page->easy);
    curl_easy_cleanup(page->easy);
    free(page->body);
    page->easy = NULL;
    page->body = NULL;
    page->body_len = 0;
}

void web_end(struct web *web)
{
    if (web->over || web->multi == NULL)
        return;
    web->over = 1;
    for (struct web_page *page = web->pages; page != NULL; page = page->next)
        web_drop(page);
    curl_multi_cleanup(web->multi);
    web->host->after(web->op, -1, due, web);
    curl_slist_free_all(web->resolve);
}

static nd_err err_of(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_SEND_ERROR: /* it was reset */
    case CURLE_RECV_ERROR:
        return ND_EREFUSED;
    case CURLE_OPERATION_TIMEDOUT:
        return ND_ETIME;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_WRITE_ERROR:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL: /* what it said is no HTTP */
    case CURLE_SSL_CONNECT_ERROR:    /* or no TLS */
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return ND_EANSWER;
    default:
        return ND_EIO;
    }
}

nd_err web_err(const struct web_page *page, CURLcode code, char *why, size_t why_bytes)
{
    if (page->web->refused != ND_OK) {
        snprintf(why, why_bytes, "cannot ask from here, this source or this interface");
        return page->web->refused;
    }
    if (page->too_long) {
        snprintf(why, why_bytes, "the answer is longer than %zu octets", page->body_max);
        return ND_EANSWER;
    }
    snprintf(why, why_bytes, "%.190s",
             page->error[0] != '\0' ? page->error : curl_easy_strerror(code));
    return err_of(code);
}
