#include "flow.h"

#include <errno.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* UDP: an echo with a cookie, and DNS queries (RFC 1035), whose socket is connected, so that an
 * ICMP error about our packet comes back as an error of it. */

/* ---- echo ---- */

static void make_udp(const struct flow *flow, uint8_t *bytes, int64_t slot)
{
    memcpy(bytes, ECHO_MAGIC, 8);
    mark_put(bytes + 8, flow->cookie, slot);
}

static int quoted_udp(const struct flow *flow, const uint8_t *bytes, size_t len, int64_t *slot)
{
    return echo_slot(bytes, len, flow->cookie, slot);
}

/* Anything else on this port is not about us. */
static nd_err read_udp(struct flow *flow, const uint8_t *bytes, size_t len, int64_t *slot)
{
    return len == flow->len && echo_slot(bytes, len, flow->cookie, slot) ? ND_OK : ND_EGONE;
}

static const struct nd_option udp_options[] = {
    TARGET_ROW("whom to ask for an echo"),
    PORT_ROW,
    {"size", "octets of payload", "octets", ND_INT, 0, 20, 1400, "64", NULL},
    STAMPS_ROW,
    MARK_ROWS,
    END_ROW};

static nd_err udp_begin(struct reach *self, const struct nd_args *args, struct nd_op *op,
                        int single)
{
    const struct marks marks = marks_of(udp_options, args);
    struct flow *flow = flow_state(self, op, sizeof *flow, &marks, 0, NULL);
    flow->len = (size_t)args->at[2].u.i;
    flow->single = single;
    flow->make = make_udp;
    flow->read = read_udp;
    flow->quoted = quoted_udp;
    nd_err err = target_peer(self->host, args->at[0].u.target, args->at[1].u.i, 0, &flow->peer);
    return err == ND_OK ? flow_open_udp(flow, 0) : err;
}

static nd_err udp_stream(void *self, const struct nd_args *args, struct nd_op *op)
{
    return udp_begin(self, args, op, 0);
}

static nd_err udp_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    nd_err err = udp_begin(self, args, op, 1);
    if (err == ND_OK)
        flow_slots(self, op, 0, 1);
    return err;
}

static nd_err rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    (void)args;
    return probe_model(((struct reach *)self)->host, op, 2000000, 2000000);
}

static const struct nd_reading udp_readings[] = {
    {"rtt", "from sending to the kernel's receive stamp of the echo", "ns", 2e6},
    {NULL, NULL, NULL, 0}};
const struct nd_verb reach_udp = {
    .struct_size = sizeof reach_udp,
    .flags = ND_VERB_STEADY,
    .name = "udp",
    .help = "UDP echo: the same octets have to come back.",
    .rights = "none",
    .options = udp_options,
    .readings = udp_readings,
    .start = udp_start,
    .rehearse = rehearse,
    .stream = udp_stream,
    .slots = flow_slots,
};

/* ---- DNS ---- */

#define PACKET_MAX 1500

struct probe {
    struct reach *self;
    struct nd_op *op;
    struct peer peer;
    struct marks marks;
    nd_ns sent;
    int fd;
    uint8_t out[PACKET_MAX];
    size_t out_len;
    const char *expect; /* part of an answer, or NULL */
};

static void answered(struct probe *probe, nd_ns at)
{
    probe->self->host->emit(probe->op, 0, (double)(at - probe->sent), at);
    probe->self->host->finish(probe->op, ND_OK, NULL);
}

static int answer_holds(const ldns_pkt *packet, const char *text)
{
    char *all = ldns_rr_list2str(ldns_pkt_answer(packet));
    int holds = all != NULL && strstr(all, text) != NULL;
    free(all);
    return holds;
}

static void take_dns(struct probe *probe, const uint8_t *bytes, size_t len, nd_ns at)
{
    const struct nd_host *host = probe->self->host;
    ldns_pkt *packet = NULL;
    uint16_t id = (uint16_t)(probe->out[0] << 8 | probe->out[1]);
    if (ldns_wire2pkt(&packet, bytes, len) != LDNS_STATUS_OK)
        return; /* noise: the deadline decides */
    if (ldns_pkt_id(packet) == id && ldns_pkt_qr(packet)) {
        ldns_pkt_rcode rcode = ldns_pkt_get_rcode(packet);
        host->emit(probe->op, 1, rcode, at);
        host->emit(probe->op, 2, ldns_pkt_ancount(packet), at);
        char why[WHY_BYTES];
        snprintf(why, sizeof why, "it answered with response code %d", (int)rcode);
        if (rcode == LDNS_RCODE_REFUSED)
            host->finish(probe->op, ND_EREFUSED, why);
        else if (rcode != LDNS_RCODE_NOERROR)
            host->finish(probe->op, ND_EANSWER, why);
        else if (probe->expect != NULL && !answer_holds(packet, probe->expect))
            host->finish(probe->op, ND_EANSWER, "it answered, but without the text expected");
        else
            answered(probe, at);
    }
    ldns_pkt_free(packet);
}

static void readable(void *ctx, int events)
{
    struct probe *probe = ctx;
    const struct nd_host *host = probe->self->host;
    uint8_t bytes[PACKET_MAX];
    char control[128];
    struct iovec iov = {bytes, sizeof bytes};
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    (void)events;
    ssize_t got = recvmsg(probe->fd, &message, 0);
    nd_ns now = host->now(host);
    if (got >= 0)
        take_dns(probe, bytes, (size_t)got, receive_stamp(probe->self->host, &message, now));
    else if (errno != EAGAIN && errno != EINTR)
        probe_errno(probe->self->host, probe->op, errno, &probe->peer);
}

static nd_err send_probe(struct probe *probe)
{
    const struct nd_host *host = probe->self->host;
    probe->fd = host->socket(probe->op, probe->peer.at.ss_family, SOCK_DGRAM, 0);
    if (probe->fd < 0)
        return probe->fd;
    receive_stamps(probe->fd);
    nd_err err = marks_set(probe->self->host, &probe->marks, probe->fd, &probe->peer);
    if (err == ND_OK)
        err = host->watch(probe->op, probe->fd, ND_READABLE, readable, probe);
    if (err != ND_OK)
        return err;
    int failed = connect(probe->fd, (struct sockaddr *)&probe->peer.at, probe->peer.len);
    probe->sent = host->now(host);
    if (failed == 0)
        failed = send(probe->fd, probe->out, probe->out_len, MSG_NOSIGNAL) < 0;
    if (failed != 0)
        probe_errno(probe->self->host, probe->op, errno, &probe->peer);
    return ND_OK;
}

static nd_err make_query(struct probe *probe, const char *name, const char *type)
{
    ldns_rdf *owner = ldns_dname_new_frm_str(name);
    ldns_pkt *query = owner != NULL ? ldns_pkt_query_new(owner, ldns_get_rr_type_by_name(type),
                                                         LDNS_RR_CLASS_IN, LDNS_RD)
                                    : NULL;
    uint8_t *wire = NULL;
    nd_err err = ND_EARG;
    if (query != NULL) { /* owns owner now */
        ldns_pkt_set_random_id(query);
        if (ldns_pkt2wire(&wire, query, &probe->out_len) == LDNS_STATUS_OK &&
            probe->out_len <= sizeof probe->out) {
            memcpy(probe->out, wire, probe->out_len);
            err = ND_OK;
        }
        ldns_pkt_free(query);
    }
    free(wire);
    if (err != ND_OK)
        probe->self->host->log(probe->self->host, ND_INFO, "'%s' is no name that can be asked for",
                               name);
    return err;
}

static const char *const types[] = {"A", "AAAA", "TXT", "SOA", "NS", NULL};

static const struct nd_option dns_options[] = {
    TARGET_ROW("the server to ask"),
    PORT_ROW,
    {"name", "name to ask for", "", ND_TEXT, ND_OPT_REQUIRED, 1, 0, NULL, NULL},
    {"type", "record type", "", ND_CHOICE, 0, 1, 0, "A", types},
    {"expect", "text that the answer section has to hold", "", ND_TEXT, 0, 1, 0, NULL, NULL},
    MARK_ROWS,
    END_ROW};

static nd_err dns_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct reach *self = ctx;
    struct probe *probe = self->host->state(op, sizeof *probe);
    probe->self = self;
    probe->op = op;
    probe->marks = marks_of(dns_options, args);
    probe->expect = args->at[4].u.text;
    nd_err err = target_peer(self->host, args->at[0].u.target, args->at[1].u.i, 53, &probe->peer);
    if (err == ND_OK)
        err = make_query(probe, args->at[2].u.text, types[args->at[3].u.i]);
    return err == ND_OK ? send_probe(probe) : err;
}

static const struct nd_reading dns_readings[] = {
    {"rtt", "from the query to the kernel's receive stamp of the answer", "ns", 2e6},
    {"rcode", "response code (RFC 1035 §4.1.1)", "1", 0},
    {"answers", "records in the answer section", "1", 1},
    {NULL, NULL, NULL, 0}};
const struct nd_verb reach_dns = {
    .struct_size = sizeof reach_dns,
    .flags = ND_VERB_STEADY,
    .name = "dns",
    .help = "A DNS query over UDP.",
    .rights = "none",
    .options = dns_options,
    .readings = dns_readings,
    .start = dns_start,
    .rehearse = rehearse,
};
