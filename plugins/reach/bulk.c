#include "../common/marks.h"
#include "parse.h"
#include "reach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Throughput, bounded: octets to a sink (netdrill reflect sink:ADDRESS:PORT), never faster than the
 * rate, nor more of them, nor longer than declared. What counts is what the sink says it took: by
 * TCP after the last octet, by UDP when told that the sender is done. */

#define TURN       5000000    /* ns between two looks at what may be sent by now */
#define REPORT_FOR 3000000000 /* ns to wait for the sink's word */
#define CHUNK      65536
#define DATAGRAM   1200
#define END_TIMES  3 /* the end is told so often: each may be lost */

/* A UDP packet: "ndbulk", what it is, nothing, the cookie, then padding. */
#define BULK_MAGIC "ndbulk"
#define BULK_HEAD  12

struct bulk {
    struct reach *self;
    struct nd_op *op;
    struct peer peer;
    int fd, udp;
    int64_t rate, octets_max; /* bit/s; octets */
    nd_ns sends_for, began;
    int64_t sent, packets;
    uint32_t cookie;
    int ended; /* how often the end was told, or TCP's sending side is closed */
    char heard[96];
    size_t heard_len;
};

static const uint8_t zeros[CHUNK];

static void turn(void *ctx);

static void fail(struct bulk *bulk, int error)
{
    probe_errno(bulk->self->host, bulk->op, error, &bulk->peer);
}

/* ---- the sink's word: "octets packets ns\n" ---- */

static void report(struct bulk *bulk)
{
    const struct nd_host *host = bulk->self->host;
    struct sink_word word;
    if (!sink_parse(bulk->heard, &word)) {
        host->finish(bulk->op, ND_EANSWER, "the far end is no netdrill sink");
        return;
    }
    int64_t octets = word.octets;
    int64_t packets = word.packets;
    int64_t took = word.took;
    nd_ns now = host->now(host);
    if (took > 0)
        host->emit(bulk->op, 0, (double)octets * 8e9 / (double)took, now);
    host->emit(bulk->op, 1, (double)octets, now);
    host->emit(bulk->op, 2, (double)took, now);
    if (bulk->udp && bulk->packets > 0)
        host->emit(bulk->op, 3, 1 - (double)packets / (double)bulk->packets, now);
    if (took > 0)
        host->finish(bulk->op, ND_OK, NULL);
    else
        host->finish(bulk->op, ND_EANSWER, "too little arrived to tell a rate from");
}

static void listen_for(void *ctx, int events)
{
    struct bulk *bulk = ctx;
    (void)events;
    ssize_t got =
        recv(bulk->fd, bulk->heard + bulk->heard_len, sizeof bulk->heard - 1 - bulk->heard_len, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got < 0) {
        fail(bulk, errno);
        return;
    }
    bulk->heard_len += (size_t)got;
    bulk->heard[bulk->heard_len] = '\0';
    if (bulk->udp || got == 0 || strchr(bulk->heard, '\n') != NULL ||
        bulk->heard_len == sizeof bulk->heard - 1)
        report(bulk);
}

static void no_word(void *ctx)
{
    const struct bulk *bulk = ctx;
    bulk->self->host->finish(bulk->op, ND_ETIME, "the sink did not say what it got");
}

/* ---- sending ---- */

static void tell_end(void *ctx)
{
    struct bulk *bulk = ctx;
    uint8_t bytes[BULK_HEAD] = BULK_MAGIC "e";
    memcpy(bytes + 8, &bulk->cookie, sizeof bulk->cookie);
    send(bulk->fd, bytes, sizeof bytes, MSG_NOSIGNAL);
    if (++bulk->ended < END_TIMES)
        bulk->self->host->after(bulk->op, 300000000, tell_end, bulk);
}

static void sent_all(struct bulk *bulk)
{
    const struct nd_host *host = bulk->self->host;
    host->watch(bulk->op, bulk->fd, ND_READABLE, listen_for, bulk);
    host->after(bulk->op, REPORT_FOR, no_word, bulk);
    if (bulk->udp) {
        host->after(bulk->op, 200000000, tell_end, bulk); /* behind what still stands in queues */
    } else {
        bulk->ended = 1;
        shutdown(bulk->fd, SHUT_WR);
    }
}

/* One piece; 0: not now, or it failed. */
static ssize_t send_piece(struct bulk *bulk, int64_t may)
{
    uint8_t bytes[DATAGRAM] = BULK_MAGIC "d";
    if (!bulk->udp)
        return send(bulk->fd, zeros, may < CHUNK ? (size_t)may : CHUNK, MSG_NOSIGNAL);
    memcpy(bytes + 8, &bulk->cookie, sizeof bulk->cookie);
    return may >= DATAGRAM ? send(bulk->fd, bytes, DATAGRAM, MSG_NOSIGNAL) : 0;
}

static void turn(void *ctx)
{
    struct bulk *bulk = ctx;
    const struct nd_host *host = bulk->self->host;
    nd_ns since = host->now(host) - bulk->began;
    int64_t allowed = (int64_t)((double)since * (double)bulk->rate / 8e9);
    if (allowed > bulk->octets_max)
        allowed = bulk->octets_max;
    while (bulk->sent < allowed) {
        ssize_t put = send_piece(bulk, allowed - bulk->sent);
        if (put < 0 && errno != EAGAIN && errno != ENOBUFS && errno != EINTR) {
            fail(bulk, errno);
            return;
        }
        if (put <= 0)
            break;
        bulk->sent += put;
        bulk->packets++;
    }
    int64_t least = bulk->udp ? DATAGRAM : 1;
    if (since >= bulk->sends_for || bulk->octets_max - bulk->sent < least)
        sent_all(bulk);
    else
        host->after(bulk->op, TURN, turn, bulk);
}

static void connected(void *ctx, int events)
{
    struct bulk *bulk = ctx;
    const struct nd_host *host = bulk->self->host;
    int error = 0;
    socklen_t len = sizeof error;
    (void)events;
    if (getsockopt(bulk->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
        fail(bulk, error != 0 ? error : errno);
        return;
    }
    host->watch(bulk->op, bulk->fd, 0, NULL, NULL);
    bulk->began = host->now(host);
    turn(bulk);
}

static const char *const protocols[] = {"tcp", "udp", NULL};
static const struct nd_option options[] = {
    TARGET_ROW("the sink (netdrill reflect sink:ADDRESS:PORT)"),
    PORT_ROW,
    {"rate", "never faster than this", "bit/s", ND_RATE, ND_OPT_REQUIRED, 1e3, 1e10, NULL, NULL},
    {"sends_for", "never longer than this", "ns", ND_LENGTH, 0, 1e8, 6e10, "5s", NULL},
    {"octets", "never more than this", "octets", ND_INT, 0, 1200, 1e11, "1000000000", NULL},
    {"protocol", "tcp, or udp in packets of 1200 octets", "", ND_CHOICE, 0, 1, 0, "tcp", protocols},
    MARK_ROWS,
    END_ROW};

static nd_err bulk_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct reach *self = ctx;
    const struct nd_host *host = self->host;
    struct bulk *bulk = host->state(op, sizeof *bulk);
    const struct marks marks = marks_of(options, args);
    *bulk = (struct bulk){.self = self,
                          .op = op,
                          .rate = args->at[2].u.i,
                          .sends_for = args->at[3].u.i,
                          .octets_max = args->at[4].u.i,
                          .udp = args->at[5].u.i == 1,
                          .cookie = ++self->cookie};
    nd_err err = target_peer(self->host, args->at[0].u.target, args->at[1].u.i, 0, &bulk->peer);
    if (err != ND_OK)
        return err;
    bulk->fd = host->socket(op, bulk->peer.at.ss_family, bulk->udp ? SOCK_DGRAM : SOCK_STREAM, 0);
    if (bulk->fd < 0)
        return bulk->fd;
    err = marks_set(self->host, &marks, bulk->fd, &bulk->peer);
    if (err != ND_OK)
        return err;
    if (connect(bulk->fd, (struct sockaddr *)&bulk->peer.at, bulk->peer.len) != 0 &&
        errno != EINPROGRESS) {
        fail(bulk, errno);
        return ND_OK;
    }
    return host->watch(op, bulk->fd, ND_WRITABLE, connected, bulk);
}

static const struct nd_reading readings[] = {
    {"rate", "octets the sink took, over the time between its first and last", "bit/s", 1e7},
    {"octets", "that the sink took", "octets", 1e6},
    {"took", "from the first to the last of them, at the sink", "ns", 5e9},
    {"loss", "udp: share of packets the sink did not get", "1", 0},
    {NULL, NULL, NULL, 0}};
const struct nd_verb reach_bulk = {
    .struct_size = sizeof reach_bulk,
    .flags = ND_VERB_STEADY,
    .name = "bulk",
    .help = "Throughput to a sink, bounded in rate, octets and time.",
    .rights = "none",
    .options = options,
    .readings = readings,
    .start = bulk_start,
};
