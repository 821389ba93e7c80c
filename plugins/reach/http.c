#include "../common/marks.h"
#include "reach.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* HTTP(S) with libcurl. Its sockets are opened by the host, at the vantage; its time-outs and
 * readiness are the host's. The address is the target's: nothing is resolved. */

struct probe {
    struct reach *self;
    struct nd_op *op;
    struct peer peer;
    struct marks marks;
    nd_err refused; /* why no socket could be had */
    CURLM *multi;
    CURL *easy;
    struct curl_slist *resolve;
    nd_ns began;
    long expect_status;
    const char *expect;
    char *body;
    size_t body_len, body_max;
    char error[CURL_ERROR_SIZE];
    int over;
};

static void end(struct probe *probe)
{
    if (probe->over)
        return;
    probe->over = 1;
    curl_multi_remove_handle(probe->multi, probe->easy);
    curl_easy_cleanup(probe->easy);
    curl_multi_cleanup(probe->multi);
    curl_slist_free_all(probe->resolve);
    free(probe->body);
    probe->body = NULL;
}

static nd_err err_of(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        return ND_EREFUSED;
    case CURLE_OPERATION_TIMEDOUT:
        return ND_ETIME;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_WRITE_ERROR:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_GOT_NOTHING:
        return ND_EANSWER;
    default:
        return ND_EIO;
    }
}

static double ns_of(CURL *easy, CURLINFO which)
{
    curl_off_t us = 0;
    curl_easy_getinfo(easy, which, &us);
    return (double)us * 1000;
}

static void emit_all(struct probe *probe, long status, nd_ns now)
{
    const struct nd_host *host = probe->self->host;
    double total = (double)(now - probe->began);
    host->emit(probe->op, 0, total, now);
    host->emit(probe->op, 1, ns_of(probe->easy, CURLINFO_CONNECT_TIME_T), now);
    host->emit(probe->op, 2, ns_of(probe->easy, CURLINFO_STARTTRANSFER_TIME_T), now);
    host->emit(probe->op, 3, (double)status, now);
    host->emit(probe->op, 4, (double)probe->body_len, now);
    double transfer = total - ns_of(probe->easy, CURLINFO_CONNECT_TIME_T);
    if (transfer > 0 && probe->body_len != 0)
        host->emit(probe->op, 5, (double)probe->body_len * 8e9 / transfer, now);
}

static void transferred(struct probe *probe, CURLcode code)
{
    const struct nd_host *host = probe->self->host;
    struct nd_op *op = probe->op;
    char why[WHY_BYTES];
    long status = 0;
    nd_err err = ND_OK;
    curl_easy_getinfo(probe->easy, CURLINFO_RESPONSE_CODE, &status);
    if (probe->refused != ND_OK) {
        err = probe->refused;
        snprintf(why, sizeof why, "cannot ask from here, this source or this interface");
    } else if (code != CURLE_OK) {
        err = err_of(code);
        snprintf(why, sizeof why, "%.190s",
                 *probe->error != '\0' ? probe->error : curl_easy_strerror(code));
    } else if (status != probe->expect_status) {
        err = ND_EANSWER;
        snprintf(why, sizeof why, "expected status %ld, got %ld", probe->expect_status, status);
    } else if (probe->expect != NULL &&
               memmem(probe->body, probe->body_len, probe->expect, strlen(probe->expect)) == NULL) {
        err = ND_EANSWER;
        snprintf(why, sizeof why, "the page lacks the text expected");
    }
    if (code == CURLE_OK)
        emit_all(probe, status, host->now(host));
    end(probe);
    host->finish(op, err, err != ND_OK ? why : NULL);
}

static void look(struct probe *probe)
{
    int left = 0;
    for (CURLMsg *m = curl_multi_info_read(probe->multi, &left); m != NULL && !probe->over;
         m = probe->over ? NULL : curl_multi_info_read(probe->multi, &left)) {
        if (m->msg == CURLMSG_DONE) {
            transferred(probe, m->data.result);
            return;
        }
    }
}

static void due(void *ctx)
{
    struct probe *probe = ctx;
    int running = 0;
    curl_multi_socket_action(probe->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    look(probe);
}

struct watched {
    struct probe *probe;
    curl_socket_t fd;
};

static void ready(void *ctx, int events)
{
    struct watched *watched = ctx;
    struct probe *probe = watched->probe;
    int running = 0;
    int what = (events & ND_READABLE ? CURL_CSELECT_IN : 0) |
               (events & ND_WRITABLE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(probe->multi, watched->fd, what, &running);
    look(probe);
}

/* ---- what libcurl asks for ---- */

static int on_timer(CURLM *multi, long wait_ms, void *ctx)
{
    struct probe *probe = ctx;
    (void)multi;
    probe->self->host->after(probe->op, wait_ms < 0 ? -1 : (nd_ns)wait_ms * 1000000, due, probe);
    return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *given)
{
    struct probe *probe = ctx;
    struct watched *watched = given;
    const struct nd_host *host = probe->self->host;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        host->watch(probe->op, fd, 0, ready, NULL);
        curl_multi_assign(probe->multi, fd, NULL);
        free(watched);
        return 0;
    }
    if (watched == NULL) {
        watched = calloc(1, sizeof *watched);
        *watched = (struct watched){probe, fd};
        curl_multi_assign(probe->multi, fd, watched);
    }
    int events = (what & CURL_POLL_IN ? ND_READABLE : 0) | (what & CURL_POLL_OUT ? ND_WRITABLE : 0);
    host->watch(probe->op, fd, events, ready, watched);
    return 0;
}

static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct probe *probe = ctx;
    const struct nd_host *host = probe->self->host;
    (void)purpose;
    int fd = host->socket(probe->op, address->family, address->socktype, address->protocol);
    probe->refused = fd < 0 ? fd : marks_set(probe->self->host, &probe->marks, fd, &probe->peer);
    if (probe->refused == ND_OK)
        return fd;
    if (fd >= 0)
        host->release(probe->op, fd);
    return CURL_SOCKET_BAD;
}

static int on_close(void *ctx, curl_socket_t fd)
{
    struct probe *probe = ctx;
    probe->self->host->release(probe->op, fd);
    return 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct probe *probe = ctx;
    size_t len = size * count;
    if (probe->body_len + len > probe->body_max)
        return 0;
    char *more = realloc(probe->body, probe->body_len + len + 1);
    if (more == NULL)
        return 0;
    memcpy(more + probe->body_len, bytes, len);
    probe->body = more;
    probe->body_len += len;
    return len;
}

/* ---- start and cancel ---- */

static void set_up(struct probe *probe, const struct nd_args *args, const char *url)
{
    CURL *easy = probe->easy;
    curl_multi_setopt(probe->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(probe->multi, CURLMOPT_SOCKETDATA, probe);
    curl_multi_setopt(probe->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(probe->multi, CURLMOPT_TIMERDATA, probe);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_RESOLVE, probe->resolve);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, probe);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, probe);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, probe);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, probe->error);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "netdrill (exercise)");
    if (args->at[7].u.text != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, args->at[7].u.text);
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
    int https = args->at[3].u.i != 0;
    int64_t port = args->at[1].u.i;
    const char *own = target_fact(args->at[0].u.target, "port");
    const char *name = args->at[4].u.text != NULL ? args->at[4].u.text : "target.invalid";
    char resolve[400];
    char url[600];
    probe->self = self;
    probe->op = op;
    if (port == 0)
        port = own != NULL ? strtol(own, NULL, 10) : https ? 443 : 80;
    nd_err err = target_peer(self->host, args->at[0].u.target, port, 0, &probe->peer);
    if (err != ND_OK)
        return err;
    snprintf(resolve, sizeof resolve, "%.200s:%d:%s", name, (int)port, probe->peer.address);
    snprintf(url, sizeof url, "%s://%.200s:%d%.300s", https ? "https" : "http", name, (int)port,
             args->at[2].u.text);
    probe->marks = marks_of(options, args);
    probe->multi = curl_multi_init();
    probe->easy = curl_easy_init();
    probe->resolve = curl_slist_append(NULL, resolve);
    probe->expect_status = (long)args->at[5].u.i;
    probe->expect = args->at[6].u.text;
    probe->body_max = (size_t)args->at[8].u.i;
    set_up(probe, args, url);
    probe->began = host->now(host);
    curl_multi_add_handle(probe->multi, probe->easy);
    return ND_OK;
}

static void http_cancel(void *self, struct nd_op *op)
{
    struct reach *reach = self;
    struct probe *probe = reach->host->state(op, sizeof *probe);
    end(probe);
    reach->host->finish(op, ND_ECANCEL, NULL);
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
    .cancel = http_cancel,
    .rehearse = http_rehearse,
};
