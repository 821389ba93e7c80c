#include "flow.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <unistd.h>

/* ICMP echo (RFC 792, RFC 4443 §4). A datagram ping socket where the system lets us, else a raw
 * one. The cookie stands in the payload: the kernel owns the identifier of ping sockets. */

int icmp_open(struct reach *self, struct nd_op *op, int v6, int *raw)
{
    int protocol = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
    int family = v6 ? AF_INET6 : AF_INET;
    int fd = self->host->socket(op, family, SOCK_DGRAM, protocol);
    if (fd != ND_ERIGHTS)
        return fd;
    *raw = 1;
    return self->host->socket(op, family, SOCK_RAW, protocol);
}

static const struct nd_option options[] = {
    TARGET_ROW("whom to ask for an echo"),
    {"size", "octets of payload", "octets", ND_INT, 0, 12, 1472, "56", NULL},
    STAMPS_ROW,
    MARK_ROWS,
    END_ROW};

static void make_echo(const struct flow *flow, uint8_t *bytes, int64_t slot)
{
    bytes[0] = flow->v6 ? ECHO_REQUEST_6 : ECHO_REQUEST_4;
    bytes[4] = (uint8_t)(flow->cookie >> 8);
    bytes[5] = (uint8_t)flow->cookie;
    bytes[6] = (uint8_t)(slot >> 8);
    bytes[7] = (uint8_t)slot;
    mark_put(bytes + ICMP_HEADER, flow->cookie, slot);
    if (!flow->v6) { /* the kernel makes ICMPv6's */
        uint16_t sum = icmp_checksum(bytes, flow->len);
        bytes[2] = (uint8_t)(sum >> 8);
        bytes[3] = (uint8_t)sum;
    }
}

static nd_err read_echo(struct flow *flow, const uint8_t *bytes, size_t len, int64_t *slot)
{
    size_t skip = flow->raw && !flow->v6 ? ipv4_header(bytes, len) : 0;
    enum icmp_answer what = icmp_parse(bytes + skip, len - skip, flow->v6, flow->cookie, slot);
    if (what == ICMP_NOT_OURS || *slot < 0)
        return ND_EGONE;
    return what == ICMP_ECHOED ? ND_OK : what == ICMP_PROHIBITED ? ND_EREFUSED : ND_EREACH;
}

static int quoted_echo(const struct flow *flow, const uint8_t *bytes, size_t len, int64_t *slot)
{
    return len >= ICMP_HEADER + MARK_BYTES && mark_get(bytes + ICMP_HEADER, flow->cookie, slot);
}

/* A raw socket hears every ICMP packet of the host: the kernel drops what is not this stream's
 * reply and no error message. */
static void filter_raw(int fd, int v6, uint32_t cookie)
{
    struct sock_filter code[] = {
        BPF_STMT(v6 ? BPF_LDX | BPF_W | BPF_IMM : BPF_LDX | BPF_B | BPF_MSH, 0),
        BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, v6 ? UNREACHABLE_6 : UNREACHABLE_4, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, v6 ? ECHO_REPLY_6 : ECHO_REPLY_4, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_IND, ICMP_HEADER),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, cookie, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xffff),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {sizeof code / sizeof code[0], code};
    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static nd_err begin(struct reach *self, const struct nd_args *args, struct nd_op *op, int single)
{
    const struct marks marks = marks_of(options, args);
    struct flow *flow = flow_state(self, op, sizeof *flow, &marks, 0, NULL);
    size_t size = (size_t)args->at[1].u.i;
    flow->len = ICMP_HEADER + (size > MARK_BYTES ? size : MARK_BYTES);
    flow->single = single;
    flow->make = make_echo;
    flow->read = read_echo;
    flow->quoted = quoted_echo;
    nd_err err = target_peer(self->host, args->at[0].u.target, 0, -1, &flow->peer);
    if (err != ND_OK)
        return err;
    flow->v6 = flow->peer.at.ss_family == AF_INET6;
    flow->fd = icmp_open(self, op, flow->v6, &flow->raw);
    if (flow->fd < 0)
        return flow->fd;
    if (flow->raw)
        filter_raw(flow->fd, flow->v6, flow->cookie);
    err = marks_set(self->host, &flow->marks, flow->fd, &flow->peer);
    return err == ND_OK ? flow_begin(flow) : err;
}

static nd_err icmp_stream(void *self, const struct nd_args *args, struct nd_op *op)
{
    return begin(self, args, op, 0);
}

static nd_err icmp_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    nd_err err = begin(self, args, op, 1);
    if (err == ND_OK)
        flow_slots(self, op, 0, 1);
    return err;
}

static nd_err icmp_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    (void)args;
    return probe_model(((struct reach *)self)->host, op, 2000000, 2000000);
}

static const struct nd_reading readings[] = {
    {"rtt", "from sending to the kernel's receive stamp of the reply (RFC 2681)", "ns", 2e6},
    {NULL, NULL, NULL, 0}};
const struct nd_verb reach_icmp = {
    .struct_size = sizeof reach_icmp,
    .flags = ND_VERB_STEADY,
    .name = "icmp",
    .help = "ICMP echo, IPv4 and IPv6.",
    .rights = "a ping socket (net.ipv4.ping_group_range) or CAP_NET_RAW",
    .options = options,
    .readings = readings,
    .start = icmp_start,
    .rehearse = icmp_rehearse,
    .stream = icmp_stream,
    .slots = flow_slots,
};
