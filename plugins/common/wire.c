#include "wire.h"

#include <errno.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#define RETRY 200000000 /* ns between attempts to connect again */

void wire_close(struct wire *wire)
{
    enum wire_state was = wire->state;
    wire->state = WIRE_DOWN;
    if (was != WIRE_DOWN && wire->layered)
        wire->layer->close(wire);
    else if (was != WIRE_DOWN)
        wire->host->release(wire->op, wire->fd);
    wire->layered = 0;
    wire->ready = 0;
    wire->in_len = wire->out_len = 0;
}

void wire_down(struct wire *wire, nd_err err, const char *why)
{
    wire_close(wire);
    wire->down_at = wire->host->now(wire->host);
    wire->reason = err;
    for (int i = 0; i < wire->waiting_count && wire->stream; i++)
        wire->host->answer(wire->op, wire->waiting[i], err, (double)NAN, wire->down_at);
    wire->waiting_count = 0;
    wire->down(wire->ctx, err, why);
}

static void broken(struct wire *wire, nd_err err, const char *words)
{
    char why[160];
    snprintf(why, sizeof why, "%s: %s", wire->peer.text, words);
    wire_down(wire, err, why);
}

static void broken_errno(struct wire *wire, int error)
{
    char words[80];
    broken(wire, probe_err(error), strerror_r(error, words, sizeof words));
}

/* Messages that are whole are given on; the rest waits. */
static void cut(struct wire *wire, nd_ns at)
{
    size_t used = 0;
    while (wire->state == WIRE_UP && used < wire->in_len) {
        size_t len = wire->frame(wire->in + used, wire->in_len - used);
        if (len > WIRE_IN) {
            broken(wire, ND_EANSWER, "sent what is no message of this protocol");
            return;
        }
        if (len == 0 || len > wire->in_len - used)
            break;
        wire->take(wire->ctx, wire->in + used, len, at);
        used += len;
    }
    if (wire->state != WIRE_UP)
        return;
    memmove(wire->in, wire->in + used, wire->in_len - used);
    wire->in_len -= used;
}

static ssize_t get(struct wire *wire, void *bytes, size_t len)
{
    return wire->layer != NULL ? wire->layer->get(wire, bytes, len) : recv(wire->fd, bytes, len, 0);
}

static ssize_t put(struct wire *wire, const void *bytes, size_t len)
{
    return wire->layer != NULL ? wire->layer->put(wire, bytes, len)
                               : send(wire->fd, bytes, len, MSG_NOSIGNAL);
}

/* A layer may hold more than the socket shows: it is read until it has no more. */
static void receive(struct wire *wire)
{
    ssize_t got = 0;
    do {
        got = get(wire, wire->in + wire->in_len, WIRE_IN - wire->in_len);
        nd_ns at = wire->host->now(wire->host);
        if (got > 0) {
            wire->in_len += (size_t)got;
            cut(wire, at);
        } else if (got == 0) {
            broken(wire, ND_EREFUSED, "the other side closed the connection");
        } else if (errno != EAGAIN && errno != EINTR) {
            broken_errno(wire, errno);
        }
    } while (got > 0 && wire->layer != NULL && wire->state == WIRE_UP);
}

/* What waits to go out, as far as it can. 0: the connection is broken, which reading will tell. */
static int flush(struct wire *wire)
{
    while (wire->out_len > 0) {
        ssize_t gone = put(wire, wire->out, wire->out_len);
        if (gone < 0)
            return errno == EAGAIN || errno == EINTR;
        memmove(wire->out, wire->out + gone, wire->out_len - (size_t)gone);
        wire->out_len -= (size_t)gone;
    }
    return 1;
}

static void ready(void *ctx, int events)
{
    struct wire *wire = ctx;
    int error = 0;
    socklen_t len = sizeof error;
    if (wire->state == WIRE_CONNECTING) {
        if (getsockopt(wire->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
            broken_errno(wire, error != 0 ? error : errno);
            return;
        }
        if (wire->layer == NULL) {
            wire_connected(wire);
            return;
        }
        wire->layered = 1;
        wire->host->watch(wire->op, wire->fd, 0, ready, NULL);
        wire->layer->open(wire);
        return;
    }
    if ((events & ND_WRITABLE) != 0 && wire->out_len > 0) {
        flush(wire);
        if (wire->out_len == 0)
            wire->host->watch(wire->op, wire->fd, ND_READABLE, ready, wire);
    }
    /* An error shows as readiness for everything; reading tells which. */
    receive(wire);
}

void wire_connected(struct wire *wire)
{
    wire->state = WIRE_UP;
    wire->host->watch(wire->op, wire->fd, ND_READABLE, ready, wire);
    wire->up(wire->ctx);
}

nd_err wire_open(struct wire *wire)
{
    int one = 1;
    wire->fd = wire->host->socket(wire->op, wire->peer.at.ss_family, SOCK_STREAM, 0);
    if (wire->fd < 0)
        return wire->fd;
    wire->state = WIRE_CONNECTING;
    nd_err err = wire->prepare != NULL ? wire->prepare(wire->ctx, wire->fd) : ND_OK;
    if (err != ND_OK) {
        wire_close(wire);
        return err;
    }
    setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(wire->fd, (struct sockaddr *)&wire->peer.at, wire->peer.len) != 0 &&
        errno != EINPROGRESS) {
        int error = errno;
        wire->host->log(wire->host, ND_INFO, "%s: %s", wire->peer.text, strerror(error));
        wire_close(wire);
        return probe_err(error);
    }
    return wire->host->watch(wire->op, wire->fd, ND_WRITABLE, ready, wire);
}

int wire_put(struct wire *wire, const uint8_t *bytes, size_t len)
{
    int waits = wire->out_len > 0;
    if (wire->state != WIRE_UP || len > WIRE_OUT - wire->out_len)
        return 0;
    memcpy(wire->out + wire->out_len, bytes, len);
    wire->out_len += len;
    if (waits) /* behind the rest */
        return 1;
    if (!flush(wire)) {
        wire->out_len = 0;
        return 0;
    }
    if (wire->out_len > 0)
        wire->host->watch(wire->op, wire->fd, ND_READABLE | ND_WRITABLE, ready, wire);
    return 1;
}

void wire_ready(struct wire *wire)
{
    wire->ready = 1;
    for (int i = 0; i < wire->waiting_count; i++)
        wire->request(wire->ctx, wire->waiting[i]);
    wire->waiting_count = 0;
}

static void wait_for_connection(struct wire *wire, int64_t slot)
{
    nd_ns now = wire->host->now(wire->host);
    if (wire->state == WIRE_DOWN && now - wire->down_at >= RETRY) {
        wire->down_at = now;
        wire_open(wire);
    }
    if (wire->state != WIRE_DOWN && wire->waiting_count < WIRE_WAITING)
        wire->waiting[wire->waiting_count++] = slot;
    else
        wire->host->answer(wire->op, slot, wire->reason != ND_OK ? wire->reason : ND_EREACH,
                           (double)NAN, now);
}

void wire_slots(struct wire *wire, int64_t first, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (wire->ready)
            wire->request(wire->ctx, first + i);
        else
            wait_for_connection(wire, first + i);
    }
}
