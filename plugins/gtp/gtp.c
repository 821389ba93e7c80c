#include "../common/probe.h"
#include "packet.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Echo requests along a GTP path, once or as a stream over one socket. A path is a pair of
 * addresses and ports (TS 29.281 §4.4.2), so the socket is connected and keeps its own. */

#define PACKET_MAX 1500

struct gtp {
    const struct nd_host *host;
    uint32_t sequence; /* of the next op's first request */
};

struct echo {
    struct gtp *self;
    struct nd_op *op;
    enum gtp_kind kind;
    struct peer peer;
    int fd, single;
    uint32_t base;  /* sequence number of slot 0 */
    int64_t newest; /* slot sent last, -1: none */
    nd_ns sent;     /* of a single request */
    int recovery;   /* told last, -1: not yet */
};

enum { SUBJECT, PLANE, PORT };
enum { R_RTT, R_RECOVERY, R_RESTARTED };

static const char *const planes[] = {"control", "control-v1", "user", NULL};

/* An answer or an error about a slot. */
static void tell(struct echo *echo, int64_t slot, nd_err err, const char *why, nd_ns at)
{
    const struct nd_host *host = echo->self->host;
    if (!echo->single)
        host->answer(echo->op, slot, err, (double)NAN, at);
    else if (err != ND_OK)
        host->finish(echo->op, err, why);
    else {
        host->emit(echo->op, R_RTT, (double)(at - echo->sent), at);
        host->finish(echo->op, ND_OK, NULL);
    }
}

static void tell_reading(struct echo *echo, int64_t slot, uint32_t reading, double value, nd_ns at)
{
    if (echo->single)
        echo->self->host->emit(echo->op, reading, value, at);
    else
        echo->self->host->reading(echo->op, slot, reading, value);
}

/* The slot of a sequence number: the newest that has it. -1: none was sent with it. */
static int64_t slot_of(const struct echo *echo, uint32_t sequence)
{
    uint32_t below = gtp_sequences(echo->kind);
    uint32_t newest = (uint32_t)((echo->base + (uint64_t)echo->newest) % below);
    return echo->newest - (int64_t)((newest + below - sequence) % below);
}

/* The user plane's counter is to be ignored (TS 29.281 §8.2). */
static void take_recovery(struct echo *echo, int64_t slot, int recovery, nd_ns at)
{
    if (recovery < 0 || echo->kind == GTP_U)
        return;
    tell_reading(echo, slot, R_RECOVERY, recovery, at);
    if (echo->recovery >= 0)
        tell_reading(echo, slot, R_RESTARTED, echo->recovery != recovery, at);
    echo->recovery = recovery;
}

static void take(struct echo *echo, const uint8_t *bytes, size_t len, nd_ns at)
{
    struct gtp_answer answer;
    enum gtp_said said = gtp_read(echo->kind, bytes, len, &answer);
    int64_t slot = slot_of(echo, answer.sequence);
    if (echo->newest < 0)
        return;
    if (said == GTP_NOT_SUPPORTED) {
        tell(echo, echo->newest, ND_EANSWER,
             "it answered that it does not support this version of GTP", at);
    } else if (said == GTP_ECHOED && slot >= 0) {
        take_recovery(echo, slot, answer.recovery, at);
        tell(echo, slot, ND_OK, NULL, at);
    }
    /* Anything else on this port is not about us: the deadline decides. */
}

static void readable(void *ctx, int events)
{
    struct echo *echo = ctx;
    const struct nd_host *host = echo->self->host;
    for (;;) {
        uint8_t bytes[PACKET_MAX];
        _Alignas(struct cmsghdr) char control[128];
        struct iovec iov = {bytes, sizeof bytes};
        struct msghdr message = {.msg_iov = &iov,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        ssize_t got = recvmsg(echo->fd, &message, MSG_DONTWAIT);
        nd_ns now = host->now(host);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (got < 0) {
            tell(echo, echo->newest, probe_err(errno), echo->peer.text, now);
            break;
        }
        take(echo, bytes, (size_t)got, receive_stamp(host, &message, now));
        if (echo->single)
            return; /* it may have finished; else the next readiness goes on */
    }
    /* An error ends the loop's watch, and tells so by readiness nobody asked for. */
    if (!echo->single && (events & ND_WRITABLE) != 0)
        host->watch(echo->op, echo->fd, ND_READABLE, readable, echo);
}

static void send_slot(struct echo *echo, int64_t slot)
{
    const struct nd_host *host = echo->self->host;
    uint8_t bytes[GTP_ECHO_MAX];
    uint32_t sequence = (uint32_t)((echo->base + (uint64_t)slot) % gtp_sequences(echo->kind));
    size_t len = gtp_echo(echo->kind, sequence, 0, bytes);
    ssize_t put = -1;
    echo->newest = slot;
    echo->sent = host->now(host);
    /* What an earlier request met may be told here: it is not this one's. */
    for (int i = 0; i < 2 && put < 0; i++)
        put = send(echo->fd, bytes, len, MSG_NOSIGNAL);
    if (put < 0)
        tell(echo, slot, probe_err(errno), echo->peer.text, echo->sent);
    else if (!echo->single)
        host->sent(echo->op, slot, echo->sent);
}

static nd_err begin(struct gtp *self, const struct nd_args *args, struct nd_op *op, int single)
{
    const struct nd_host *host = self->host;
    struct echo *echo = host->state(op, sizeof *echo);
    *echo = (struct echo){.self = self,
                          .op = op,
                          .kind = (enum gtp_kind)args->at[PLANE].u.i,
                          .single = single,
                          .base = self->sequence,
                          .newest = -1,
                          .recovery = -1};
    /* Another op's late answers are not to look like ours. */
    self->sequence += 4096;
    nd_err err = target_peer(host, args->at[SUBJECT].u.target, args->at[PORT].u.i,
                             gtp_port(echo->kind), &echo->peer);
    if (err != ND_OK)
        return err;
    echo->fd = host->socket(op, echo->peer.at.ss_family, SOCK_DGRAM, 0);
    if (echo->fd < 0)
        return echo->fd;
    receive_stamps(echo->fd);
    if (connect(echo->fd, (struct sockaddr *)&echo->peer.at, echo->peer.len) != 0) {
        int error = errno;
        host->log(host, ND_INFO, "%s: %s", echo->peer.text, strerror(error));
        return probe_err(error);
    }
    return host->watch(op, echo->fd, ND_READABLE, readable, echo);
}

static nd_err echo_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct gtp *self = ctx;
    nd_err err = begin(self, args, op, 1);
    if (err == ND_OK)
        send_slot(self->host->state(op, 1), 0);
    return err;
}

static nd_err echo_stream(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    return begin(ctx, args, op, 0);
}

static void echo_slots(void *ctx, struct nd_op *op, int64_t first, int64_t count)
{
    struct echo *echo = ((struct gtp *)ctx)->host->state(op, 1);
    for (int64_t i = 0; i < count; i++)
        send_slot(echo, first + i);
}

static nd_err echo_rehearse(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    (void)args;
    return probe_model(((struct gtp *)ctx)->host, op, 2000000, 2e6);
}

/* ---- tables ---- */

static const struct nd_option options[] = {
    {"target", "a node of the packet core", "", ND_TARGET, ND_OPT_REQUIRED | ND_OPT_SUBJECT, 1, 0,
     NULL, NULL},
    {"plane", "control: GTPv2-C; control-v1: GTPv1-C; user: GTP-U", "", ND_CHOICE, 0, 1, 0,
     "control", planes},
    {"port", "port, else the target's 'port', else 2123 or 2152", "", ND_INT, 0, 1, 65535, NULL,
     NULL},
    {NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL}};
static const struct nd_reading readings[] = {
    {"rtt", "from the request to the kernel's receive stamp of the response", "ns", 2e6},
    {"recovery", "the peer's restart counter; of the control plane alone (TS 29.281 §8.2)", "1", 0},
    {"restarted", "1: the counter is another than in the response before, of one stream", "1", 0},
    {NULL, NULL, NULL, 0}};
static const struct nd_verb echo_verb = {
    .struct_size = sizeof echo_verb,
    .name = "echo",
    .help = "GTP echo: whether a path's other end lives, and whether it restarted.",
    .rights = "none",
    .options = options,
    .readings = readings,
    .start = echo_start,
    .rehearse = echo_rehearse,
    .stream = echo_stream,
    .slots = echo_slots,
};
static const struct nd_verb *const verbs[] = {&echo_verb, NULL};

static nd_err gtp_open(const struct nd_host *host, void **self)
{
    struct gtp *gtp = calloc(1, sizeof *gtp);
    if (gtp == NULL)
        return ND_EIO;
    gtp->host = host;
    gtp->sequence = (uint32_t)host->now(host) & 0xffff;
    *self = gtp;
    return ND_OK;
}

static const struct nd_plugin plugin = {
    sizeof plugin, ND_ABI_MAJOR, ND_ABI_MINOR,
    "gtp",         "1.0",        "GTP paths of a packet core: echo, control and user plane",
    verbs,         gtp_open,     free,
    NULL,          NULL,         NULL};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
