/* HTTP(S) by libcurl over the host's sockets, at the op's vantage; its time-outs and readiness are
 * the host's. The address is the target's: nothing is resolved, no proxy is asked, nothing is
 * followed elsewhere. Several pages of one server may be under way at once. */
#ifndef ND_PLUGINS_COMMON_WEB_H
#define ND_PLUGINS_COMMON_WEB_H
#include "probe.h"

#include <curl/curl.h>

struct web;

/* One page; zeroed at first, its memory stays until web_end. */
struct web_page {
    struct web *web;
    CURL *easy;
    char *body; /* body_len octets, NULL when there are none */
    size_t body_len, body_max;
    int too_long;
    char error[CURL_ERROR_SIZE];
    struct web_page *next;
};

/* One server. The upper part is filled by the plugin; it lives in the op's state. */
struct web {
    const struct nd_host *host;
    struct nd_op *op;
    struct peer peer;
    const char *name; /* to ask for (Host, SNI); NULL: "target.invalid" */
    int port, tls;
    const char *ca; /* file of authorities, NULL: the system's */
    void *ctx;
    /* A socket was opened and is not yet connected; may be NULL. An error refuses it. */
    nd_err (*opened)(void *ctx, int fd);
    /* A page is there, or not; may call web_end. */
    void (*done)(void *ctx, struct web_page *page, CURLcode code);

    nd_err refused; /* why no socket could be had */
    CURLM *multi;
    struct curl_slist *resolve;
    struct web_page *pages;
    int over;
};

/* The port to ask at: the one given, else the target's fact, else the scheme's own. */
int web_port(const struct nd_target *target, int64_t given, int tls);
void web_begin(struct web *web);
/* Asks for a path (and query) of at most `max` octets; page->easy takes further options until the
 * loop goes on. */
void web_ask(struct web *web, struct web_page *page, const char *path, size_t max);
/* Gives back what a page holds, when it is done. */
void web_drop(struct web_page *page);
/* Ends everything under way; again does nothing. */
void web_end(struct web *web);
/* Our code for libcurl's, and the words for a page that did not come. */
nd_err web_err(const struct web_page *page, CURLcode code, char *why, size_t why_bytes);

#endif
