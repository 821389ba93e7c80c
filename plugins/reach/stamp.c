#include "../common/stamp.h"
#include "flow.h"

#include <errno.h>
#include <string.h>

/* STAMP session sender (RFC 8762). What goes one way cannot be told from the two clocks alone: the
 * offset is taken from the quickest answer of late (half its round trip is how wrong it may be,
 * were that answer to have taken no time one way), and a delay no larger than that is not told at
 * all. */

#define WINDOW 10000000000 /* ns: how long the quickest answer counts, at least; twice at most */
#define DRIFT  50e-6       /* of two clocks against each other, ns per ns */

struct quickest {
    double rtt, offset; /* ns; offset: the far clock minus ours */
    nd_ns at;
};

struct session {
    struct flow flow; /* first: flow.c knows no more */
    int stateful;
    int64_t next_slot, not_sent; /* slots that the core gave up: they are nobody's loss */
    int64_t answers;
    struct quickest current, before;
};

enum { RTT, FORWARD, BACKWARD, UNCERTAINTY, FAR_TIME, LOST_FORWARD, LOST_BACKWARD };

static int64_t wall_of(const struct flow *flow, nd_ns moment)
{
    return moment - flow->self->host->from_wall(flow->self->host, 0);
}

static void make_packet(const struct flow *flow, uint8_t *bytes, int64_t slot)
{
    const struct nd_host *host = flow->self->host;
    stamp_make(bytes, (uint32_t)slot, wall_of(flow, host->now(host)), (uint16_t)flow->cookie);
}

static int quoted_packet(const struct flow *flow, const uint8_t *bytes, size_t len, int64_t *slot)
{
    if (len < STAMP_BYTES || stamp_ssid(bytes) != (uint16_t)flow->cookie)
        return 0;
    *slot = (int64_t)get32(bytes);
    return 1;
}

static nd_err read_packet(const struct flow *flow, const uint8_t *bytes, size_t len, int64_t *slot)
{
    struct stamp_answer answer;
    /* A reflector from before RFC 8972 answers with zero there. */
    if (!stamp_read(bytes, len, 0, &answer) ||
        (answer.ssid != (uint16_t)flow->cookie && answer.ssid != 0))
        return ND_EGONE;
    *slot = answer.sender_sequence;
    return ND_OK;
}

static void learn_offset(struct session *session, double rtt, double offset, nd_ns at)
{
    if (session->current.at != 0 && at - session->current.at > WINDOW) {
        session->before = session->current;
        session->current.at = 0;
    }
    if (session->current.at == 0 || rtt < session->current.rtt)
        session->current = (struct quickest){rtt, offset, at};
    if (session->before.at != 0 && at - session->before.at > 2 * WINDOW)
        session->before.at = 0;
}

static void tell(const struct session *session, int64_t slot, uint32_t reading, double value,
                 nd_ns at)
{
    const struct nd_host *host = session->flow.self->host;
    if (session->flow.single)
        host->emit(session->flow.op, reading, value, at);
    else
        host->reading(session->flow.op, slot, reading, value);
}

static void tell_one_way(const struct session *session, int64_t slot, double there, double back,
                         nd_ns at)
{
    const struct quickest *best = &session->current;
    if (session->before.at != 0 && session->before.rtt < best->rtt)
        best = &session->before;
    double uncertainty = best->rtt / 2 + DRIFT * (double)(at - best->at);
    double forward = there - best->offset;
    double backward = back + best->offset;
    tell(session, slot, UNCERTAINTY, uncertainty, at);
    if (forward > uncertainty)
        tell(session, slot, FORWARD, forward, at);
    if (backward > uncertainty)
        tell(session, slot, BACKWARD, backward, at);
}

/* A stateful reflector numbers what reached it: what is missing there was lost on the way there,
 * the rest on the way back (RFC 8762 §4.3). Packets under way count as neither. */
static void tell_losses(const struct session *session, int64_t slot, uint32_t far_sequence,
                        nd_ns at)
{
    int64_t sent = slot + 1 - session->not_sent;
    int64_t arrived = (int64_t)far_sequence + 1;
    tell(session, slot, LOST_FORWARD, sent > arrived ? (double)(sent - arrived) : 0, at);
    tell(session, slot, LOST_BACKWARD,
         arrived > session->answers ? (double)(arrived - session->answers) : 0, at);
}

static void answered(struct flow *flow, const uint8_t *bytes, size_t len, int64_t slot, nd_ns at)
{
    struct session *session = (struct session *)flow;
    const struct nd_host *host = flow->self->host;
    struct stamp_answer answer;
    int64_t wall = wall_of(flow, at);
    stamp_read(bytes, len, wall, &answer);
    double there = (double)(answer.received_ns - answer.sender_sent_ns);
    double back = (double)(wall - answer.sent_ns);
    double far_time = (double)(answer.sent_ns - answer.received_ns);
    double rtt = there + back;
    if (far_time < 0 || rtt < 0) {
        if (flow->single)
            host->finish(flow->op, ND_EANSWER, "the reflector's times contradict each other");
        else
            host->answer(flow->op, slot, ND_EANSWER, 0, at);
        return;
    }
    session->answers++;
    learn_offset(session, rtt, (there - back) / 2, at);
    if (flow->single)
        host->emit(flow->op, RTT, rtt, at);
    tell_one_way(session, slot, there, back, at);
    tell(session, slot, FAR_TIME, far_time, at);
    if (session->stateful && !flow->single)
        tell_losses(session, slot, answer.sequence, at);
    if (flow->single)
        host->finish(flow->op, ND_OK, NULL);
    else
        host->answer(flow->op, slot, ND_OK, rtt, at);
}

static const char *const reflectors[] = {"stateful", "stateless", NULL};
static const struct nd_option options[] = {
    TARGET_ROW("the reflector"),
    PORT_ROW,
    {"size", "octets of the packet, 44 and padding", "octets", ND_INT, 0, STAMP_BYTES, 1400, "44",
     NULL},
    {"reflector", "whether it numbers its answers itself (RFC 8762 §4); else no loss by direction",
     "", ND_CHOICE, 0, 1, 0, "stateful", reflectors},
    MARK_ROWS,
    END_ROW};

static nd_err begin(struct reach *self, const struct nd_args *args, struct nd_op *op, int single)
{
    struct session *session = self->host->state(op, sizeof *session);
    const struct nd_target *target = args->at[0].u.target;
    int64_t port = args->at[1].u.i;
    session->stateful = args->at[3].u.i == 0;
    session->flow = (struct flow){.self = self,
                                  .op = op,
                                  .cookie = ++self->cookie,
                                  .len = (size_t)args->at[2].u.i,
                                  .single = single,
                                  .marks = marks_of(options, args),
                                  .make = make_packet,
                                  .read = read_packet,
                                  .quoted = quoted_packet,
                                  .answered = answered};
    struct flow *flow = &session->flow;
    if ((uint16_t)flow->cookie == 0)
        flow->cookie = ++self->cookie;
    if (port == 0 && target_fact(target, "port") == NULL)
        port = STAMP_PORT;
    nd_err err = peer_of(self, target, port, 1, &flow->peer);
    return err == ND_OK ? flow_open_udp(flow, 1) : err;
}

static nd_err stamp_stream(void *self, const struct nd_args *args, struct nd_op *op)
{
    return begin(self, args, op, 0);
}

static nd_err stamp_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    nd_err err = begin(self, args, op, 1);
    if (err == ND_OK)
        flow_slots(self, op, 0, 1);
    return err;
}

static void stamp_slots(void *self, struct nd_op *op, int64_t first, int64_t count)
{
    struct reach *reach = self;
    struct session *session = reach->host->state(op, sizeof *session);
    session->not_sent += first - session->next_slot;
    session->next_slot = first + count;
    flow_slots(self, op, first, count);
}

static nd_err stamp_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    (void)args;
    return probe_rehearse(self, op, 2000000);
}

static const struct nd_reading readings[] = {
    {"rtt", "round trip without the reflector's own time (RFC 8762 §4.5)", "ns", 2e6},
    {"forward", "one way there; only when larger than its uncertainty", "ns", 1e6},
    {"backward", "one way back; only when larger than its uncertainty", "ns", 1e6},
    {"uncertainty", "of forward and backward, by the unknown offset of the clocks", "ns", 1e6},
    {"far_time", "between the reflector's receiving and sending", "ns", 1e4},
    {"lost_forward", "packets lost on the way there so far", "1", 0},
    {"lost_backward", "packets lost on the way back so far", "1", 0},
    {NULL, NULL, NULL, 0}};
const struct nd_verb reach_stamp = {
    .struct_size = sizeof reach_stamp,
    .flags = ND_VERB_STEADY,
    .name = "stamp",
    .help = "STAMP session sender (RFC 8762, RFC 8972), unauthenticated.",
    .rights = "none",
    .options = options,
    .readings = readings,
    .start = stamp_start,
    .rehearse = stamp_rehearse,
    .stream = stamp_stream,
    .slots = stamp_slots,
};
