#include "message.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* One mail by libcurl, blocking, on a worker thread: its SMTP waits for the answer to QUIT even
 * in the multi interface, and nothing may wait on the loop. The socket is the host's, opened at the
 * vantage before; the address is the target's, so nothing is resolved. Ending it shuts the socket
 * down under it. */

#define REPLY_BYTES 300

struct transfer {
    struct sending *sending;
    void (*ended)(struct sending *, const struct transfer_end *);
    CURL *easy;
    struct curl_slist *resolve, *mail_to;
    char *body;
    size_t body_len, body_at;
    int fd, opened;
    atomic_int stop;
    CURLcode code;
    char reply[REPLY_BYTES], error[CURL_ERROR_SIZE];
    struct peer peer;
};
_Static_assert(sizeof(struct transfer) <= TRY_BYTES, "an attempt needs more room");

/* ---- on the worker thread ---- */

static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = ctx;
    (void)purpose;
    (void)address;
    if (transfer->opened) /* one connection an attempt */
        return CURL_SOCKET_BAD;
    transfer->opened = 1;
    return transfer->fd;
}

static int on_close(void *ctx, curl_socket_t fd)
{
    (void)ctx;
    shutdown(fd, SHUT_RDWR);
    return 0; /* the loop gives it back */
}

static size_t on_read(char *bytes, size_t size, size_t count, void *ctx)
{
    struct transfer *transfer = ctx;
    size_t left = transfer->body_len - transfer->body_at;
    size_t len = size * count < left ? size * count : left;
    memcpy(bytes, transfer->body + transfer->body_at, len);
    transfer->body_at += len;
    return len;
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Keeps the last reply before that to QUIT: what became of the mail. */
static size_t on_header(char *bytes, size_t size, size_t count, void *ctx)
{
    struct transfer *transfer = ctx;
    size_t len = size * count;
    int reply = len >= 3 && is_digit(bytes[0]) && is_digit(bytes[1]) && is_digit(bytes[2]) &&
                strncmp(bytes, "221", 3) != 0;
    if (reply) {
        size_t used = 0;
        for (size_t i = 0; i < len && used < sizeof transfer->reply - 1; i++) {
            if ((unsigned char)bytes[i] >= ' ' && (unsigned char)bytes[i] < 0x7f)
                transfer->reply[used++] = bytes[i];
        }
        transfer->reply[used] = '\0';
    }
    return len;
}

static int on_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct transfer *transfer = ctx;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return atomic_load(&transfer->stop);
}

/* QUIT has gone out, after a refusal: its answer is not waited for. Nothing of this is kept. */
static int on_debug(CURL *easy, curl_infotype type, char *bytes, size_t len, void *ctx)
{
    const struct transfer *transfer = ctx;
    (void)easy;
    if (type == CURLINFO_HEADER_OUT && len >= 4 && strncmp(bytes, "QUIT", 4) == 0)
        shutdown(transfer->fd, SHUT_RD);
    return 0;
}

static void work(void *ctx)
{
    struct transfer *transfer = ctx;
    transfer->code = curl_easy_perform(transfer->easy);
    /* QUIT goes out; its answer is not waited for. */
    shutdown(transfer->fd, SHUT_RD);
    curl_easy_cleanup(transfer->easy);
}

/* ---- on the loop ---- */

/* What the code alone says; `final`: no use to try again. */
static nd_err err_of(CURLcode code, int *final)
{
    *final = 0;
    switch (code) {
    case CURLE_OK:
        return ND_OK;
    case CURLE_COULDNT_CONNECT:
        return ND_EREFUSED;
    case CURLE_OPERATION_TIMEDOUT:
        return ND_ETIME;
    case CURLE_LOGIN_DENIED:
    case CURLE_USE_SSL_FAILED:
        *final = 1;
        return ND_EREFUSED;
    case CURLE_PEER_FAILED_VERIFICATION:
        *final = 1;
        return ND_EANSWER;
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_URL_MALFORMAT:
        *final = 1;
        return ND_EARG;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_GOT_NOTHING:
        return ND_EANSWER;
    default:
        return ND_EIO;
    }
}

static void done(void *ctx)
{
    struct transfer *transfer = ctx;
    struct sending *sending = transfer->sending;
    char words[WHY_BYTES];
    struct transfer_end end = {.status = (int)strtol(transfer->reply, NULL, 10), .words = words};
    end.err = err_of(transfer->code, &end.final);
    const char *error =
        *transfer->error != '\0' ? transfer->error : curl_easy_strerror(transfer->code);
    if (atomic_load(&transfer->stop))
        error = "ended before there was an answer";
    if (end.err == ND_OK)
        snprintf(words, sizeof words, "%s", transfer->reply);
    else if (end.status >= 400)
        snprintf(words, sizeof words, "%s: %s", transfer->peer.text, transfer->reply);
    else
        snprintf(words, sizeof words, "%s: %.200s", transfer->peer.text, error);
    sending->self->host->release(sending->op, transfer->fd);
    curl_slist_free_all(transfer->resolve);
    curl_slist_free_all(transfer->mail_to);
    free(transfer->body);
    transfer->ended(sending, &end);
}

static void set_common(struct transfer *transfer, const struct transfer_wish *wish)
{
    CURL *easy = transfer->easy;
    long attempt_ms = (long)(transfer->sending->attempt / 1000000);
    curl_easy_setopt(easy, CURLOPT_RESOLVE, transfer->resolve);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, transfer);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, attempt_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, attempt_ms);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    if (wish->ca != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, wish->ca);
}

static void set_mail(struct transfer *transfer, const struct transfer_wish *wish)
{
    CURL *easy = transfer->easy;
    transfer->mail_to = curl_slist_append(NULL, wish->mail_to);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, wish->mail_from);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, transfer->mail_to);
    if (wish->starttls)
        curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    if (wish->user != NULL && wish->password != NULL) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, wish->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, wish->password);
    }
}

static int port_of(const struct peer *peer)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&peer->at;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&peer->at;
    return ntohs(peer->at.ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
}

void transfer_begin(struct sending *sending, struct transfer_wish *wish,
                    void (*ended)(struct sending *, const struct transfer_end *))
{
    const struct nd_host *host = sending->self->host;
    struct transfer *transfer = (struct transfer *)sending->attempt_state;
    char text[900];
    int port = port_of(&wish->peer);
    *transfer = (struct transfer){.sending = sending, .ended = ended, .peer = wish->peer};
    transfer->body = wish->body;
    transfer->body_len = strlen(wish->body);
    transfer->fd = host->socket(sending->op, wish->peer.at.ss_family, SOCK_STREAM, 0);
    if (transfer->fd < 0) {
        free(transfer->body);
        sending_over(sending, NEVER, transfer->fd, 0, "cannot speak from here; see the log");
        return;
    }
    transfer->easy = curl_easy_init();
    snprintf(text, sizeof text, "%.253s:%d:%s", wish->host, port, wish->peer.address);
    transfer->resolve = curl_slist_append(NULL, text);
    snprintf(text, sizeof text, "%s://%.253s:%d%.300s", wish->tls ? "smtps" : "smtp", wish->host,
             port, wish->path);
    curl_easy_setopt(transfer->easy, CURLOPT_URL, text);
    set_common(transfer, wish);
    set_mail(transfer, wish);
    host->offload(sending->op, work, done, transfer);
}

void transfer_stop(struct sending *sending)
{
    struct transfer *transfer = (struct transfer *)sending->attempt_state;
    atomic_store(&transfer->stop, 1);
    shutdown(transfer->fd, SHUT_RDWR);
}
