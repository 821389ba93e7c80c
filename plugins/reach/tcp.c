#include "../common/marks.h"
#include "reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* TCP: how long the handshake takes; with `expect`, whether the service then says so. */

#define HEARD_MAX 1024

struct probe {
    struct reach *self;
    struct nd_op *op;
    struct peer peer;
    nd_ns began, connected;
    int fd;
    const char *send, *expect;
    char heard[HEARD_MAX];
    size_t heard_len;
};

static void listen_for(void *ctx, int events)
{
    struct probe *probe = ctx;
    const struct nd_host *host = probe->self->host;
    (void)events;
    ssize_t got = recv(probe->fd, probe->heard + probe->heard_len,
                       sizeof probe->heard - 1 - probe->heard_len, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got < 0) {
        probe_errno(probe->self->host, probe->op, errno, &probe->peer);
        return;
    }
    probe->heard_len += (size_t)got;
    probe->heard[probe->heard_len] = '\0';
    if (strstr(probe->heard, probe->expect) != NULL) {
        nd_ns now = host->now(host);
        host->emit(probe->op, 1, (double)(now - probe->began), now);
        host->finish(probe->op, ND_OK, NULL);
    } else if (got == 0 || probe->heard_len == sizeof probe->heard - 1) {
        host->finish(probe->op, ND_EANSWER, "it answered, but without the text expected");
    }
}

static void writable(void *ctx, int events)
{
    struct probe *probe = ctx;
    const struct nd_host *host = probe->self->host;
    int error = 0;
    socklen_t len = sizeof error;
    (void)events;
    if (getsockopt(probe->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
        probe_errno(probe->self->host, probe->op, error != 0 ? error : errno, &probe->peer);
        return;
    }
    probe->connected = host->now(host);
    host->emit(probe->op, 0, (double)(probe->connected - probe->began), probe->connected);
    if (probe->send != NULL && send(probe->fd, probe->send, strlen(probe->send), MSG_NOSIGNAL) < 0)
        probe_errno(probe->self->host, probe->op, errno, &probe->peer);
    else if (probe->expect != NULL)
        host->watch(probe->op, probe->fd, ND_READABLE, listen_for, probe);
    else
        host->finish(probe->op, ND_OK, NULL);
}

static const struct nd_option options[] = {
    TARGET_ROW("whom to connect to"),
    PORT_ROW,
    {"send", "text to send once connected", "", ND_TEXT, 0, 1, 0, NULL, NULL},
    {"expect", "text that has to come back", "", ND_TEXT, 0, 1, 0, NULL, NULL},
    MARK_ROWS,
    END_ROW};

static nd_err tcp_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct reach *self = ctx;
    const struct nd_host *host = self->host;
    struct probe *probe = host->state(op, sizeof *probe);
    /* Reset rather than linger: thousands of probes must not leave thousands of TIME_WAITs. */
    const struct linger linger = {.l_onoff = 1, .l_linger = 0};
    *probe = (struct probe){
        .self = self, .op = op, .send = args->at[2].u.text, .expect = args->at[3].u.text};
    nd_err err = target_peer(self->host, args->at[0].u.target, args->at[1].u.i, 0, &probe->peer);
    if (err != ND_OK)
        return err;
    probe->fd = host->socket(op, probe->peer.at.ss_family, SOCK_STREAM, 0);
    if (probe->fd < 0)
        return probe->fd;
    const struct marks marks = marks_of(options, args);
    err = marks_set(self->host, &marks, probe->fd, &probe->peer);
    if (err != ND_OK)
        return err;
    setsockopt(probe->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    probe->began = host->now(host);
    if (connect(probe->fd, (struct sockaddr *)&probe->peer.at, probe->peer.len) != 0 &&
        errno != EINPROGRESS) {
        probe_errno(self->host, op, errno, &probe->peer);
        return ND_OK;
    }
    return host->watch(op, probe->fd, ND_WRITABLE, writable, probe);
}

static nd_err tcp_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    (void)args;
    return probe_model(((struct reach *)self)->host, op, 2000000, 2000000);
}

static const struct nd_reading readings[] = {{"rtt", "from SYN to the connection", "ns", 2e6},
                                             {"answer", "from SYN to the text expected", "ns", 3e6},
                                             {NULL, NULL, NULL, 0}};
const struct nd_verb reach_tcp = {
    .struct_size = sizeof reach_tcp,
    .flags = ND_VERB_STEADY,
    .name = "tcp",
    .help = "TCP connect, and what the service says.",
    .rights = "none",
    .options = options,
    .readings = readings,
    .start = tcp_start,
    .rehearse = tcp_rehearse,
};
