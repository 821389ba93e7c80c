#include "reach.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* ICMP echo (RFC 792, RFC 4443 §4). A datagram ping socket where the system lets us, else a raw
 * one. The cookie stands in the payload: the kernel owns the identifier of ping sockets. */

#define ECHO_REQUEST_4 8
#define ECHO_REPLY_4   0
#define UNREACHABLE_4  3
#define ECHO_REQUEST_6 128
#define ECHO_REPLY_6   129
#define UNREACHABLE_6  1
#define HEADER_BYTES   8
#define MESSAGE_MAX    1500

struct probe {
    struct reach *self;
    struct nd_op *op;
    struct peer peer;
    nd_ns sent;
    uint32_t cookie;
    int fd, raw, v6;
};

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

size_t reach_ipv4_header(const uint8_t *bytes, size_t len)
{
    size_t header = len >= 20 && bytes[0] >> 4 == 4 ? (size_t)(bytes[0] & 15) * 4 : 0;
    return header >= 20 && header <= len ? header : 0;
}

enum icmp_answer reach_icmp_parse(const uint8_t *bytes, size_t len, int v6, uint32_t cookie)
{
    if (len < HEADER_BYTES + 4)
        return ICMP_NOT_OURS;
    if (bytes[0] == (v6 ? ECHO_REPLY_6 : ECHO_REPLY_4) && bytes[1] == 0)
        return get32(bytes + HEADER_BYTES) == cookie ? ICMP_ECHOED : ICMP_NOT_OURS;
    if (bytes[0] != (v6 ? UNREACHABLE_6 : UNREACHABLE_4))
        return ICMP_NOT_OURS;
    /* The message quotes the packet it is about, with the IP header in front. */
    const uint8_t *quoted = bytes + HEADER_BYTES;
    size_t left = len - HEADER_BYTES;
    size_t header = v6 ? 40 : reach_ipv4_header(quoted, left);
    if (header == 0 || left < header + HEADER_BYTES + 4 ||
        quoted[header] != (v6 ? ECHO_REQUEST_6 : ECHO_REQUEST_4) ||
        get32(quoted + header + HEADER_BYTES) != cookie)
        return ICMP_NOT_OURS;
    int prohibited = v6 ? bytes[1] == 1 : bytes[1] == 9 || bytes[1] == 10 || bytes[1] == 13;
    return prohibited ? ICMP_PROHIBITED : ICMP_UNREACHABLE;
}

static uint16_t checksum(const uint8_t *bytes, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    if (len % 2 != 0)
        sum += (uint32_t)bytes[len - 1] << 8;
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void take(struct probe *probe, const uint8_t *bytes, size_t len, nd_ns at)
{
    const struct nd_host *host = probe->self->host;
    size_t skip = probe->raw && !probe->v6 ? reach_ipv4_header(bytes, len) : 0;
    switch (reach_icmp_parse(bytes + skip, len - skip, probe->v6, probe->cookie)) {
    case ICMP_ECHOED:
        host->emit(probe->op, 0, (double)(at - probe->sent), at);
        host->finish(probe->op, ND_OK, NULL);
        break;
    case ICMP_UNREACHABLE:
        host->finish(probe->op, ND_EREACH, "a router says: unreachable");
        break;
    case ICMP_PROHIBITED:
        host->finish(probe->op, ND_EREFUSED, "a router says: prohibited");
        break;
    default:
        break;
    }
}

static void readable(void *ctx, int events)
{
    struct probe *probe = ctx;
    const struct nd_host *host = probe->self->host;
    uint8_t bytes[MESSAGE_MAX];
    char control[128];
    struct iovec iov = {bytes, sizeof bytes};
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    (void)events;
    ssize_t got = recvmsg(probe->fd, &message, 0);
    nd_ns now = host->now(host);
    if (got >= 0)
        take(probe, bytes, (size_t)got, stamp_take(probe->self, &message, now));
    else if (errno != EAGAIN && errno != EINTR)
        probe_errno(probe->self, probe->op, errno, &probe->peer);
}

static int open_socket(struct probe *probe)
{
    int protocol = probe->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
    int family = probe->v6 ? AF_INET6 : AF_INET;
    const struct nd_host *host = probe->self->host;
    int fd = host->socket(probe->op, family, SOCK_DGRAM, protocol);
    if (fd != ND_ERIGHTS)
        return fd;
    probe->raw = 1;
    return host->socket(probe->op, family, SOCK_RAW, protocol);
}

static nd_err icmp_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct reach *self = ctx;
    const struct nd_host *host = self->host;
    struct probe *probe = host->state(op, sizeof *probe);
    uint8_t message[MESSAGE_MAX] = {0};
    size_t len = HEADER_BYTES + (size_t)args->at[1].u.i;
    int ttl = (int)args->at[2].u.i;
    *probe = (struct probe){.self = self, .op = op, .cookie = ++self->cookie};
    nd_err err = peer_of(self, args->at[0].u.target, 0, 0, &probe->peer);
    if (err != ND_OK)
        return err;
    probe->v6 = probe->peer.at.ss_family == AF_INET6;
    probe->fd = open_socket(probe);
    if (probe->fd < 0)
        return probe->fd;
    stamp_ask(probe->fd);
    if (ttl > 0)
        setsockopt(probe->fd, probe->v6 ? IPPROTO_IPV6 : IPPROTO_IP,
                   probe->v6 ? IPV6_UNICAST_HOPS : IP_TTL, &ttl, sizeof ttl);
    message[0] = probe->v6 ? ECHO_REQUEST_6 : ECHO_REQUEST_4;
    put32(message + HEADER_BYTES, probe->cookie);
    if (!probe->v6) { /* the kernel makes ICMPv6's */
        uint16_t sum = checksum(message, len);
        message[2] = (uint8_t)(sum >> 8);
        message[3] = (uint8_t)sum;
    }
    err = host->watch(op, probe->fd, ND_READABLE, readable, probe);
    probe->sent = host->now(host);
    if (err == ND_OK && sendto(probe->fd, message, len, MSG_NOSIGNAL,
                               (struct sockaddr *)&probe->peer.at, probe->peer.len) < 0)
        probe_errno(self, op, errno, &probe->peer);
    return err;
}

static nd_err icmp_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    (void)args;
    return probe_rehearse(self, op, 2000000);
}

static const struct nd_option options[] = {
    TARGET_ROW("whom to ask for an echo"),
    {"size", "octets of payload", "octets", ND_INT, 0, 4, 1472, "56", NULL},
    {"ttl", "hop limit; 0: the system's", "", ND_INT, 0, 0, 255, "0", NULL},
    END_ROW};
static const struct nd_reading readings[] = {
    {"rtt", "from sending to the kernel's receive stamp of the reply (RFC 2681)", "ns", 2e6},
    {NULL, NULL, NULL, 0}};
const struct nd_verb reach_icmp = {sizeof reach_icmp,
                                   0,
                                   "icmp",
                                   "ICMP echo, IPv4 and IPv6.",
                                   "a ping socket (net.ipv4.ping_group_range) or CAP_NET_RAW",
                                   options,
                                   readings,
                                   NULL,
                                   icmp_start,
                                   NULL,
                                   icmp_rehearse,
                                   NULL};
