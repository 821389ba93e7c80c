#include "ngap.h"

#include <math.h>

/* SCTP heartbeats (RFC 9260 §8.3), one or as a stream over one association. */

#define RETRY   200000000 /* ns between attempts of a stream to have an association again */
#define WAITING 64

struct pulse {
    struct talk talk;
    int single;
    int64_t waiting[WAITING]; /* slots that came before the association */
    int waiting_count;
    nd_ns down_at, sent;
    nd_err reason;
};

static void pulse_tell(struct pulse *pulse, int64_t slot, nd_err err, const char *why, nd_ns at)
{
    struct talk *talk = &pulse->talk;
    if (!pulse->single) {
        talk->host->answer(talk->op, slot, err, (double)NAN, at);
        return;
    }
    if (err == ND_OK)
        talk->host->emit(talk->op, R_RTT, (double)(at - pulse->sent), at);
    ngap_talk_part(talk, err, why);
}

static void pulse_send(struct pulse *pulse, int64_t slot)
{
    struct talk *talk = &pulse->talk;
    pulse->sent = talk->host->now(talk->host);
    if (!sctp_beat(&talk->sctp, slot))
        pulse_tell(pulse, slot, ND_EIO, "the association takes no heartbeat", pulse->sent);
    else if (!pulse->single)
        talk->host->sent(talk->op, slot, pulse->sent);
}

static void pulse_up(void *ctx, nd_ns at)
{
    struct pulse *pulse = ctx;
    struct talk *talk = &pulse->talk;
    if (pulse->single)
        talk->host->emit(talk->op, R_ASSOCIATION, (double)(at - talk->sctp.init_at), at);
    for (int i = 0; i < pulse->waiting_count; i++)
        pulse_send(pulse, pulse->waiting[i]);
    pulse->waiting_count = 0;
}

static void pulse_take(void *ctx, const uint8_t *bytes, size_t len, uint32_t ppid, nd_ns at)
{
    /* What an AMF says to a gNB that has not set up NG is not for us. */
    (void)ctx, (void)bytes, (void)len, (void)ppid, (void)at;
}

static void pulse_beat(void *ctx, int64_t slot, nd_ns at)
{
    struct pulse *pulse = ctx;
    if (!pulse->talk.parting)
        pulse_tell(pulse, slot, ND_OK, NULL, at);
}

/* Heartbeats under way in a stream are left to their deadline. */
static void pulse_down(void *ctx, nd_err err, const char *why)
{
    struct pulse *pulse = ctx;
    struct talk *talk = &pulse->talk;
    if (talk->parting) {
        ngap_talk_parted(talk, err == ND_OK);
        return;
    }
    if (pulse->single) {
        talk->host->finish(talk->op, err, why);
        return;
    }
    talk->host->log(talk->host, ND_INFO, "%s", why != NULL ? why : "");
    pulse->reason = err;
    pulse->down_at = talk->host->now(talk->host);
    for (int i = 0; i < pulse->waiting_count; i++)
        talk->host->answer(talk->op, pulse->waiting[i], err, (double)NAN, pulse->down_at);
    pulse->waiting_count = 0;
}

static void pulse_slot(struct pulse *pulse, int64_t slot)
{
    struct talk *talk = &pulse->talk;
    nd_ns now = talk->host->now(talk->host);
    if (talk->sctp.state == SCTP_UP) {
        pulse_send(pulse, slot);
        return;
    }
    if (talk->sctp.state == SCTP_DOWN && now - pulse->down_at >= RETRY) {
        pulse->down_at = now;
        sctp_open(&talk->sctp);
    }
    if (talk->sctp.state == SCTP_CONNECTING && pulse->waiting_count < WAITING)
        pulse->waiting[pulse->waiting_count++] = slot;
    else
        talk->host->answer(talk->op, slot, pulse->reason != ND_OK ? pulse->reason : ND_EREACH,
                           (double)NAN, now);
}

static void pulse_slots(void *self, struct nd_op *op, int64_t first, int64_t count)
{
    struct pulse *pulse = ((struct ngap *)self)->stack.host->state(op, 1);
    for (int64_t i = 0; i < count && !pulse->talk.parting; i++)
        pulse_slot(pulse, first + i);
}

static nd_err pulse_begin(struct ngap *ngap, const struct nd_args *args, struct nd_op *op,
                          int single)
{
    struct pulse *pulse = ngap->stack.host->state(op, sizeof *pulse);
    pulse->single = single;
    pulse->talk.sctp.up = pulse_up;
    pulse->talk.sctp.take = pulse_take;
    pulse->talk.sctp.beat = pulse_beat;
    pulse->talk.sctp.down = pulse_down;
    pulse->waiting_count = single; /* slot 0 */
    return ngap_talk_open(ngap, args, op, &pulse->talk);
}

static nd_err pulse_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    return pulse_begin(self, args, op, 1);
}

static nd_err pulse_stream(void *self, const struct nd_args *args, struct nd_op *op)
{
    return pulse_begin(self, args, op, 0);
}

static nd_err pulse_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    (void)args;
    return probe_model(((struct ngap *)self)->stack.host, op, 2000000, 1e6);
}

static const struct nd_option options[] = {AMF_ROWS, END_ROW};
static const struct nd_reading readings[] = {
    {"rtt", "from the HEARTBEAT to the receive stamp of its ACK", "ns", 1e6},
    {"association", "from the INIT to the COOKIE ACK; of a single call", "ns", 1e6},
    {NULL, NULL, NULL, 0}};
const struct nd_verb ngap_heartbeat_verb = {
    .struct_size = sizeof ngap_heartbeat_verb,
    .name = "heartbeat",
    .help = "SCTP heartbeats to an AMF, over one association without NG Setup.",
    .rights = "CAP_NET_RAW at the vantage",
    .options = options,
    .readings = readings,
    .start = pulse_start,
    .cancel = ngap_talk_cancel,
    .rehearse = pulse_rehearse,
    .stream = pulse_stream,
    .slots = pulse_slots,
};
