#include "flow.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define BATCH         FLOW_BATCH
#define CONTROL_BYTES 256
#define BATCHES_MAX   64       /* at one go: others want to be served too */
#define DENSE         25000000 /* ns: a slot is due again within this */

/* ---- receiving ---- */

static const char *words_of(nd_err err)
{
    switch (err) {
    case ND_EREFUSED:
        return "refused";
    case ND_EREACH:
        return "not reached: the network has no way there";
    case ND_ERIGHTS:
        return "this system does not permit it";
    default:
        return "could not be sent";
    }
}

static void answer(const struct flow *flow, int64_t slot, nd_err err, nd_ns at)
{
    const struct nd_host *host = flow->self->host;
    char why[WHY_BYTES];
    if (!flow->single) {
        host->answer(flow->op, slot, err, (double)NAN, at);
        return;
    }
    if (err == ND_OK)
        host->emit(flow->op, 0, (double)(at - flow->single_sent), at);
    snprintf(why, sizeof why, "%s: %s", flow->peer.text, words_of(err));
    host->finish(flow->op, err, err == ND_OK ? NULL : why);
}

/* ---- transmit stamps ---- */

/* Begins to number packets from 0. */
static void number_packets(struct flow *flow)
{
    int off = 0;
    int on = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
             SOF_TIMESTAMPING_OPT_TSONLY;
    setsockopt(flow->fd, SOL_SOCKET, SO_TIMESTAMPING, &off, sizeof off);
    flow->stamped = setsockopt(flow->fd, SOL_SOCKET, SO_TIMESTAMPING, &on, sizeof on) == 0;
    flow->stamp_next = 0;
}

static void packet_left(struct flow *flow, uint32_t number, int64_t wall)
{
    const struct nd_host *host = flow->self->host;
    nd_ns at = host->from_wall(host, wall);
    /* An older packet's, or of a numbering before this one, tells nothing. */
    if (flow->sent == NULL || flow->stamp_next - number > BATCH ||
        at < flow->sent[number % BATCH].began)
        return;
    int64_t slot = flow->sent[number % BATCH].slot;
    flow->single_sent = at;
    if (!flow->single)
        host->sent(flow->op, slot, at);
    if (flow->left != NULL)
        flow->left(flow, slot, at);
}

/* ---- the kernel's queue of errors ---- */

struct told {
    struct sock_extended_err error;
    int64_t wall; /* ns: of a stamp */
};

static int read_told(struct msghdr *message, struct told *told)
{
    int found = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if ((c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) ||
            (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR)) {
            memcpy(&told->error, CMSG_DATA(c), sizeof told->error);
            found = 1;
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING) {
            struct scm_timestamping stamps;
            memcpy(&stamps, CMSG_DATA(c), sizeof stamps);
            told->wall = (int64_t)stamps.ts[0].tv_sec * 1000000000 + stamps.ts[0].tv_nsec;
        }
    }
    return found;
}

/* It quotes our packets, so that each error finds its slot, and holds the stamps of those that
 * left. Returns how many errors there were. */
static int take_errors(struct flow *flow)
{
    for (int taken = 0;;) {
        uint8_t bytes[FLOW_PACKET_MAX];
        _Alignas(struct cmsghdr) char control[512];
        struct iovec iov = {bytes, sizeof bytes};
        struct msghdr message = {.msg_iov = &iov,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        struct told told = {0};
        int64_t slot = 0;
        ssize_t got = recvmsg(flow->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
        if (got < 0)
            return taken;
        int found = read_told(&message, &told);
        if (found && told.error.ee_origin == SO_EE_ORIGIN_TIMESTAMPING) {
            packet_left(flow, told.error.ee_data, told.wall);
            continue;
        }
        taken++;
        if (found && flow->quoted(flow, bytes, (size_t)got, &slot))
            answer(flow, slot, probe_err((int)told.error.ee_errno),
                   flow->self->host->now(flow->self->host));
    }
}

/* The traffic class (IPv6) or type of service (IPv4) that a message came with; -1: unknown. */
static int class_of(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        int value = 0;
        if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_TOS)
            return *CMSG_DATA(c);
        if (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_TCLASS) {
            memcpy(&value, CMSG_DATA(c), sizeof value);
            return value;
        }
    }
    return -1;
}

struct batch {
    struct mmsghdr messages[BATCH];
    struct iovec iov[BATCH];
    uint8_t bytes[BATCH][FLOW_PACKET_MAX];
    _Alignas(struct cmsghdr) char control[BATCH][CONTROL_BYTES];
};

static int receive(const struct flow *flow, struct batch *batch)
{
    for (size_t i = 0; i < BATCH; i++) {
        batch->iov[i] = (struct iovec){batch->bytes[i], FLOW_PACKET_MAX};
        batch->messages[i].msg_hdr = (struct msghdr){.msg_iov = &batch->iov[i],
                                                     .msg_iovlen = 1,
                                                     .msg_control = batch->control[i],
                                                     .msg_controllen = CONTROL_BYTES};
    }
    return recvmmsg(flow->fd, batch->messages, BATCH, MSG_DONTWAIT, NULL);
}

/* Takes a batch of what has come; returns how many there were, negative when none. */
static int take_batch(struct flow *flow)
{
    const struct nd_host *host = flow->self->host;
    struct batch batch;
    int got = receive(flow, &batch);
    int error = errno;
    nd_ns now = host->now(host);
    for (int i = 0; i < got; i++) {
        int64_t slot = 0;
        nd_err err = flow->read(flow, batch.bytes[i], batch.messages[i].msg_len, &slot);
        if (err == ND_EGONE)
            continue;
        nd_ns at = receive_stamp(flow->self->host, &batch.messages[i].msg_hdr, now);
        if (flow->asks_class)
            flow->class = class_of(&batch.messages[i].msg_hdr);
        if (err == ND_OK && flow->answered != NULL)
            flow->answered(flow, batch.bytes[i], batch.messages[i].msg_len, slot, at);
        else
            answer(flow, slot, err, at);
    }
    if (got < 0 && error != EAGAIN && error != EINTR)
        take_errors(flow);
    return got;
}

/* Until there is no more; returns what the last batch was. */
static int take_all(struct flow *flow)
{
    int got = BATCH;
    for (int batches = 0; batches < BATCHES_MAX && got == BATCH; batches++)
        got = take_batch(flow);
    return got;
}

static void readable(void *ctx, int events)
{
    struct flow *flow = ctx;
    int got = take_all(flow);
    if (got < 0 || (events & ND_WRITABLE) != 0)
        take_errors(flow);
    /* An error ends the loop's watch, and tells so by readiness nobody asked for. */
    if ((events & ND_WRITABLE) != 0)
        flow->self->host->watch(flow->op, flow->fd, ND_READABLE, readable, flow);
}

/* ---- dense streams ---- */

/* The stream has become slow, or has ended: answers wake us again. */
static void quiet(void *ctx)
{
    struct flow *flow = ctx;
    flow->dense = 0;
    take_all(flow);
    flow->self->host->watch(flow->op, flow->fd, ND_READABLE, readable, flow);
}

/* Where the next slot is due soon, the answers of those before are read then: they bear the
 * kernel's stamps, so it costs no precision, and spares a wake-up each. */
static void take_before_sending(struct flow *flow)
{
    const struct nd_host *host = flow->self->host;
    nd_ns now = host->now(host);
    int soon = flow->slots_at != 0 && now - flow->slots_at < DENSE;
    flow->slots_at = now;
    if (!soon)
        return;
    if (!flow->dense)
        host->watch(flow->op, flow->fd, 0, NULL, NULL);
    flow->dense = 1;
    take_all(flow);
    host->after(flow->op, DENSE, quiet, flow);
}

struct flow *flow_state(struct reach *self, struct nd_op *op, size_t bytes,
                        const struct marks *marks, size_t more, void **extra)
{
    size_t ring = marks->both_stamps ? BATCH * sizeof(struct flow_sent) : 0;
    uint8_t *block = self->host->state(op, bytes + ring + (ring != 0 ? more : 0));
    struct flow *flow = (struct flow *)block;
    *flow = (struct flow){.self = self, .op = op, .marks = *marks, .cookie = ++self->cookie};
    if (ring != 0)
        flow->sent = (struct flow_sent *)(block + bytes);
    if (extra != NULL)
        *extra = ring != 0 ? block + bytes + ring : NULL;
    return flow;
}

nd_err flow_begin(struct flow *flow)
{
    const struct nd_host *host = flow->self->host;
    int one = 1;
    int buffer = 1 << 20; /* a second of the fastest stream, while we are held up */
    receive_stamps(flow->fd);
    setsockopt(flow->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    setsockopt(flow->fd, flow->v6 ? SOL_IPV6 : SOL_IP, flow->v6 ? IPV6_RECVERR : IP_RECVERR, &one,
               sizeof one);
    if (flow->asks_class)
        setsockopt(flow->fd, flow->v6 ? SOL_IPV6 : SOL_IP, flow->v6 ? IPV6_RECVTCLASS : IP_RECVTOS,
                   &one, sizeof one);
    if (flow->sent != NULL)
        number_packets(flow);
    return host->watch(flow->op, flow->fd, ND_READABLE, readable, flow);
}

nd_err flow_open_udp(struct flow *flow, int keeps_source)
{
    const struct sockaddr *peer = (const struct sockaddr *)&flow->peer.at;
    flow->v6 = peer->sa_family == AF_INET6;
    flow->fd = flow->self->host->socket(flow->op, peer->sa_family, SOCK_DGRAM, 0);
    if (flow->fd < 0)
        return flow->fd;
    nd_err err = marks_set(flow->self->host, &flow->marks, flow->fd, &flow->peer);
    if (err != ND_OK)
        return err;
    /* Without a route yet, each packet tries again by itself. */
    flow->connected = keeps_source && connect(flow->fd, peer, flow->peer.len) == 0;
    return flow_begin(flow);
}

/* ---- sending ---- */

static void send_batch(struct flow *flow, int64_t first, unsigned count)
{
    const struct nd_host *host = flow->self->host;
    uint8_t bytes[BATCH][FLOW_PACKET_MAX];
    struct iovec iov[BATCH];
    struct mmsghdr messages[BATCH];
    for (unsigned i = 0; i < count; i++) {
        memset(bytes[i], 0, flow->len);
        flow->make(flow, bytes[i], first + i);
        iov[i] = (struct iovec){bytes[i], flow->len};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
        if (!flow->connected) {
            messages[i].msg_hdr.msg_name = (void *)&flow->peer.at;
            messages[i].msg_hdr.msg_namelen = flow->peer.len;
        }
    }
    for (unsigned done = 0; done < count;) {
        nd_ns began = host->now(host);
        int sent = sendmmsg(flow->fd, messages + done, count - done, MSG_NOSIGNAL);
        int error = errno;
        /* The kernel sends one after the other: each moment lies as far in as its packet. */
        nd_ns took = host->now(host) - began;
        flow->single_sent = began;
        for (int i = 0; i < sent; i++) {
            int64_t slot = first + done + i;
            if (!flow->single)
                host->sent(flow->op, slot, began + took * i / sent);
            if (flow->sent != NULL)
                flow->sent[flow->stamp_next++ % BATCH] = (struct flow_sent){slot, began};
        }
        if (flow->stamped) /* most have left by now, and their stamps need not wake us */
            take_errors(flow);
        if (sent > 0) {
            done += (unsigned)sent;
            continue;
        }
        /* An earlier probe's error may be told here: it is not this one's. */
        if (take_errors(flow) > 0)
            continue;
        answer(flow, first + done, probe_err(error), began);
        done++;
        if (flow->stamped) /* whether this one had a number is not known */
            number_packets(flow);
    }
}

void flow_slots(void *self, struct nd_op *op, int64_t first, int64_t count)
{
    const struct reach *reach = self;
    struct flow *flow = reach->host->state(op, sizeof *flow);
    if (count == 0)
        take_all(flow);
    else if (!flow->single)
        take_before_sending(flow);
    for (; count > 0; first += BATCH, count -= BATCH)
        send_batch(flow, first, count < BATCH ? (unsigned)count : BATCH);
}
