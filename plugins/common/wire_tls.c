#include "wire_tls.h"

#include <errno.h>
#include <stdio.h>

/* The connection is the wire's; libcurl greets and checks, and then takes octets as a socket does
 * (CURLOPT_CONNECT_ONLY). */

static curl_socket_t take_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct wire *wire = ctx;
    struct wire_tls *tls = wire->under;
    (void)purpose;
    (void)address;
    tls->taken = 1;
    return wire->fd;
}

static int is_connected(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
    (void)ctx;
    (void)fd;
    (void)purpose;
    return CURL_SOCKOPT_ALREADY_CONNECTED;
}

static void done(void *ctx, struct web_page *page, CURLcode code)
{
    struct wire *wire = ctx;
    char words[200];
    char why[300];
    if (code == CURLE_OK) {
        wire_connected(wire);
        return;
    }
    nd_err err = web_err(page, code, words, sizeof words);
    snprintf(why, sizeof why, "%s: %s", wire->peer.text, words);
    wire_down(wire, err, why);
}

static void tls_open(struct wire *wire)
{
    struct wire_tls *tls = wire->under;
    tls->taken = 0;
    tls->page = (struct web_page){.web = NULL};
    tls->web = (struct web){.host = wire->host,
                            .op = wire->op,
                            .peer = wire->peer,
                            .name = tls->name,
                            .port = tls->port,
                            .tls = 1,
                            .ca = tls->ca,
                            .ctx = wire,
                            .done = done};
    web_begin(&tls->web);
    web_ask(&tls->web, &tls->page, "/", 0);
    CURL *easy = tls->page.easy;
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, take_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, wire);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, is_connected);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L); /* it is no HTTP */
}

static ssize_t outcome(CURLcode code, size_t octets)
{
    if (code == CURLE_OK)
        return (ssize_t)octets;
    errno = code == CURLE_AGAIN ? EAGAIN : ECONNRESET;
    return -1;
}

static ssize_t tls_get(struct wire *wire, void *bytes, size_t len)
{
    size_t got = 0;
    CURLcode code = curl_easy_recv(((struct wire_tls *)wire->under)->page.easy, bytes, len, &got);
    return outcome(code, got);
}

static ssize_t tls_put(struct wire *wire, const void *bytes, size_t len)
{
    size_t put = 0;
    CURLcode code = curl_easy_send(((struct wire_tls *)wire->under)->page.easy, bytes, len, &put);
    return outcome(code, put);
}

static void tls_close(struct wire *wire)
{
    struct wire_tls *tls = wire->under;
    web_end(&tls->web); /* with the socket, when libcurl has it */
    if (!tls->taken)
        wire->host->release(wire->op, wire->fd);
}

void wire_over_tls(struct wire *wire, struct wire_tls *tls)
{
    static const struct wire_layer layer = {tls_open, tls_get, tls_put, tls_close};
    wire->layer = &layer;
    wire->under = tls;
}
