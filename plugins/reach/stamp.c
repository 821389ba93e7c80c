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

#define LEFT_KEPT 1024 /* packets whose transmit stamp is kept until they are answered */

struct left {
    int64_t slot;
    nd_ns at; /* 0: none */
};

struct session {
    struct flow flow; /* first: flow.c knows no more */
    int stateful;
    struct stamp_ask ask;
    struct stamp_key key_octets;
    const struct stamp_key *key; /* NULL: unauthenticated */
    int64_t next_slot, not_sent; /* slots that the core gave up: they are nobody's loss */
    int64_t answers, not_genuine;
    struct quickest current, before;
    struct left *left; /* LEFT_KEPT of them; NULL: transmit stamps are not asked for */
};

enum {
    RTT,
    FORWARD,
    BACKWARD,
    UNCERTAINTY,
    FAR_TIME,
    LOST_FORWARD,
    LOST_BACKWARD,
    DSCP_THERE,
    DSCP_BACK,
    REMARKED_FORWARD,
    REMARKED_BACKWARD,
    NOT_GENUINE
};

static int64_t wall_of(const struct flow *flow, nd_ns moment)
{
    return moment - flow->self->host->from_wall(flow->self->host, 0);
}

static const struct session *session_of(const struct flow *flow)
{
    return (const struct session *)flow;
}

/* Packets of the session sent up to this slot, it among them. */
static int64_t sent_by(const struct session *session, int64_t slot)
{
    return slot + 1 - session->not_sent;
}

static void make_packet(const struct flow *flow, uint8_t *bytes, int64_t slot)
{
    const struct nd_host *host = flow->self->host;
    const struct session *session = session_of(flow);
    struct stamp_ask ask = session->ask;
    ask.sent = (uint32_t)sent_by(session, slot);
    stamp_make(session->key, bytes, (uint32_t)slot, wall_of(flow, host->now(host)),
               (uint16_t)flow->cookie);
    stamp_ask_make(session->key, bytes, flow->len, &ask);
}

static int quoted_packet(const struct flow *flow, const uint8_t *bytes, size_t len, int64_t *slot)
{
    const struct stamp_key *key = session_of(flow)->key;
    if (len < stamp_base(key) || stamp_ssid(key, bytes, len) != (uint16_t)flow->cookie)
        return 0;
    *slot = (int64_t)get32(bytes);
    return 1;
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

/* Nothing in the packet can be believed: it is told with the slot sent last. */
static void count_forgery(struct session *session)
{
    const struct nd_host *host = session->flow.self->host;
    int64_t slot = session->next_slot > 0 ? session->next_slot - 1 : 0;
    if (session->not_genuine++ == 0)
        host->log(host, ND_WARN,
                  "%s: dropped an answer with a wrong HMAC; further ones are counted",
                  session->flow.peer.text);
    tell(session, slot, NOT_GENUINE, (double)session->not_genuine, host->now(host));
}

static nd_err read_packet(struct flow *flow, const uint8_t *bytes, size_t len, int64_t *slot)
{
    struct session *session = (struct session *)flow;
    struct stamp_answer answer;
    if (!stamp_genuine(session->key, bytes, len)) {
        count_forgery(session);
        return ND_EGONE;
    }
    /* A reflector from before RFC 8972, or of TWAMP, answers with zero there. */
    if (!stamp_read(session->key, bytes, len, 0, &answer) ||
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

/* sent, arrived, answers: counts up to one packet, by the sender, the reflector, and the sender
 * again. Packets under way count as lost neither way. */
static void tell_losses(const struct session *session, int64_t slot, int64_t sent, int64_t arrived,
                        int64_t returned, nd_ns at)
{
    tell(session, slot, LOST_FORWARD, sent > arrived ? (double)(sent - arrived) : 0, at);
    tell(session, slot, LOST_BACKWARD,
         returned > session->answers ? (double)(returned - session->answers) : 0, at);
}

static void tell_classes(const struct session *session, int64_t slot, const struct stamp_told *told,
                         nd_ns at)
{
    unsigned marked = session->flow.marks.dscp > 0 ? (unsigned)session->flow.marks.dscp : 0;
    tell(session, slot, DSCP_THERE, told->dscp_there, at);
    tell(session, slot, REMARKED_FORWARD, told->dscp_there != marked, at);
    if (session->flow.class < 0)
        return;
    int back = session->flow.class >> 2;
    int answered_with = told->refused ? told->dscp_there : told->dscp_asked;
    tell(session, slot, DSCP_BACK, back, at);
    tell(session, slot, REMARKED_BACKWARD, back != answered_with, at);
}

/* What the reflector added beyond its times. By the direct measurement (RFC 8972 §4.5) it counts
 * the session's packets itself; else a stateful one's numbers do: what is missing there was lost on
 * the way there, the rest on the way back (RFC 8762 §4.3). */
static void tell_extensions(struct session *session, const uint8_t *bytes, size_t len, int64_t slot,
                            uint32_t far_sequence, nd_ns at)
{
    struct stamp_told told;
    stamp_told_read(session->key, bytes, len, &told);
    if (told.cos && session->ask.cos)
        tell_classes(session, slot, &told, at);
    if (told.direct && session->ask.direct)
        tell_losses(session, slot, told.sent, told.received, told.answered, at);
    else if (session->stateful && !session->ask.direct && !session->flow.single)
        tell_losses(session, slot, sent_by(session, slot), (int64_t)far_sequence + 1,
                    (int64_t)far_sequence + 1, at);
}

static void left(struct flow *flow, int64_t slot, nd_ns at)
{
    struct session *session = (struct session *)flow;
    session->left[slot % LEFT_KEPT] = (struct left){slot, at};
}

/* When the packet left, as a wall clock tells it: by the kernel where it said so, else as the
 * packet itself says. */
static int64_t sent_at(const struct session *session, int64_t slot, int64_t written)
{
    const struct left *known = session->left != NULL ? &session->left[slot % LEFT_KEPT] : NULL;
    return known != NULL && known->at != 0 && known->slot == slot
               ? wall_of(&session->flow, known->at)
               : written;
}

static void answered(struct flow *flow, const uint8_t *bytes, size_t len, int64_t slot, nd_ns at)
{
    struct session *session = (struct session *)flow;
    const struct nd_host *host = flow->self->host;
    struct stamp_answer answer;
    int64_t wall = wall_of(flow, at);
    stamp_read(session->key, bytes, len, wall, &answer);
    double there = (double)(answer.received_ns - sent_at(session, slot, answer.sender_sent_ns));
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
    tell_extensions(session, bytes, len, slot, answer.sequence, at);
    if (flow->single)
        host->finish(flow->op, ND_OK, NULL);
    else
        host->answer(flow->op, slot, ND_OK, rtt, at);
}

static const char *const reflectors[] = {"stateful", "stateless", NULL};
static const struct nd_option options[] = {
    TARGET_ROW("the reflector"),
    PORT_ROW,
    {"size",
     "octets of the packet, padding among them; else as short as it can be (44, 112 with a "
     "key, more with extensions)",
     "octets", ND_INT, 0, STAMP_BYTES, 1400, NULL, NULL},
    {"reflector", "whether it numbers its answers itself (RFC 8762 §4); else no loss by direction",
     "", ND_CHOICE, 0, 1, 0, "stateful", reflectors},
    {"key_file",
     "file of the key (8 to 64 octets) for authenticated mode; readable by its owner "
     "alone",
     "", ND_TEXT, 0, 1, 0, NULL, NULL},
    {"cos", "ask what became of the DSCP each way (RFC 8972 §4.4)", "", ND_BOOL, 0, 1, 0, "false",
     NULL},
    {"direct", "ask the reflector to count the packets, for loss by direction (RFC 8972 §4.5)", "",
     ND_BOOL, 0, 1, 0, "false", NULL},
    STAMPS_ROW,
    MARK_ROWS,
    END_ROW};
enum { TARGET, PORT, SIZE, REFLECTOR, KEY_FILE, COS, DIRECT };

static nd_err set_up(struct session *session, const struct nd_args *args)
{
    const struct nd_host *host = session->flow.self->host;
    struct flow *flow = &session->flow;
    const char *key_file = args->at[KEY_FILE].u.text;
    char why[WHY_BYTES];
    session->stateful = args->at[REFLECTOR].u.i == 0;
    session->ask = (struct stamp_ask){
        .cos = args->at[COS].u.i != 0,
        .dscp = (uint8_t)(flow->marks.dscp > 0 ? flow->marks.dscp : 0),
        .direct = args->at[DIRECT].u.i != 0,
    };
    flow->asks_class = session->ask.cos;
    if (key_file != NULL && stamp_key_read(key_file, &session->key_octets, why, sizeof why) != 0) {
        host->log(host, ND_INFO, "%s", why);
        return ND_EARG;
    }
    session->key = key_file != NULL ? &session->key_octets : NULL;
    size_t least = stamp_ask_bytes(session->key, &session->ask);
    flow->len = args->at[SIZE].given ? (size_t)args->at[SIZE].u.i : least;
    if (flow->len >= least)
        return ND_OK;
    host->log(host, ND_INFO, "size: this packet takes %zu octets at least, got %zu", least,
              flow->len);
    return ND_EARG;
}

static nd_err begin(struct reach *self, const struct nd_args *args, struct nd_op *op, int single)
{
    const struct marks marks = marks_of(options, args);
    void *kept = NULL;
    struct flow *flow = flow_state(self, op, sizeof(struct session), &marks,
                                   LEFT_KEPT * sizeof(struct left), &kept);
    struct session *session = (struct session *)flow;
    const struct nd_target *target = args->at[TARGET].u.target;
    session->left = kept;
    flow->single = single;
    flow->make = make_packet;
    flow->read = read_packet;
    flow->quoted = quoted_packet;
    flow->answered = answered;
    flow->left = left;
    if ((uint16_t)flow->cookie == 0)
        flow->cookie = ++self->cookie;
    nd_err err = set_up(session, args);
    if (err == ND_OK)
        err = target_peer(self->host, target, args->at[PORT].u.i, STAMP_PORT, &flow->peer);
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
    return probe_model(((struct reach *)self)->host, op, 2000000, 2000000);
}

static const struct nd_reading readings[] = {
    {"rtt", "round trip without the reflector's own time (RFC 8762 §4.5)", "ns", 2e6},
    {"forward", "one way there; only when larger than its uncertainty", "ns", 1e6},
    {"backward", "one way back; only when larger than its uncertainty", "ns", 1e6},
    {"uncertainty", "of forward and backward, by the unknown offset of the clocks", "ns", 1e6},
    {"far_time", "between the reflector's receiving and sending", "ns", 1e4},
    {"lost_forward", "packets lost on the way there so far", "1", 0},
    {"lost_backward", "packets lost on the way back so far", "1", 0},
    {"dscp_there", "cos: DSCP the packet reached the reflector with", "1", 0},
    {"dscp_back", "cos: DSCP the answer came back with", "1", 0},
    {"remarked_forward", "cos: 1 when the DSCP was rewritten on the way there", "1", 0},
    {"remarked_backward", "cos: 1 when it was rewritten on the way back", "1", 0},
    {"not_genuine", "answers dropped for a wrong HMAC so far", "1", 0},
    {NULL, NULL, NULL, 0}};
const struct nd_verb reach_stamp = {
    .struct_size = sizeof reach_stamp,
    .flags = ND_VERB_STEADY,
    .name = "stamp",
    .help = "STAMP session sender (RFC 8762, RFC 8972); with a key file, authenticated.",
    .rights = "none",
    .options = options,
    .readings = readings,
    .start = stamp_start,
    .rehearse = stamp_rehearse,
    .stream = stamp_stream,
    .slots = stamp_slots,
};
