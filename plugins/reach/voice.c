#include "flow.h"

/* A stream of voice: RTP at a codec's pace and size, which the far end sends back
 * as it came. What is heard is silence; the payload carries our mark. Judged by the core, which
 * knows when each packet was sent and came back. */

static const char *const names[] = {ND_CODEC_MAP(ND_CODEC_NAME) NULL};

struct voice {
    struct flow flow; /* first: flow.c knows no more */
    const struct nd_codec *codec;
};

static void make_rtp(const struct flow *flow, uint8_t *bytes, int64_t slot)
{
    const struct nd_codec *codec = ((const struct voice *)flow)->codec;
    rtp_make(bytes, codec, codec->type, flow->cookie, slot);
}

static int quoted_rtp(const struct flow *flow, const uint8_t *bytes, size_t len, int64_t *slot)
{
    return rtp_slot(bytes, len, flow->cookie, slot);
}

static nd_err read_rtp(struct flow *flow, const uint8_t *bytes, size_t len, int64_t *slot)
{
    return len == flow->len && rtp_slot(bytes, len, flow->cookie, slot) ? ND_OK : ND_EGONE;
}

static const struct nd_option options[] = {
    TARGET_ROW("the far end, which sends each packet back"),
    PORT_ROW,
    {"codec",
     "whose pace, size and look-ahead; amr_wb and evs are judged by the figures of G.711 with "
     "concealment, as none of their own are at hand",
     "", ND_CHOICE, 0, 1, 0, "g711", names},
    LISTENER_ROWS,
    STAMPS_ROW,
    MARK_ROWS,
    END_ROW};

static nd_err begin(struct reach *self, const struct nd_args *args, struct nd_op *op, int single)
{
    const struct marks marks = marks_of(options, args);
    struct flow *flow = flow_state(self, op, sizeof(struct voice), &marks, 0, NULL);
    struct voice *voice = (struct voice *)flow;
    voice->codec = &nd_codecs[args->at[2].u.i];
    flow->len = RTP_HEADER + (size_t)voice->codec->octets;
    flow->single = single;
    flow->make = make_rtp;
    flow->read = read_rtp;
    flow->quoted = quoted_rtp;
    nd_err err = target_peer(self->host, args->at[0].u.target, args->at[1].u.i, 0, &flow->peer);
    return err == ND_OK ? flow_open_udp(flow, 1) : err;
}

static nd_err voice_stream(void *self, const struct nd_args *args, struct nd_op *op)
{
    return begin(self, args, op, 0);
}

static nd_err voice_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    nd_err err = begin(self, args, op, 1);
    if (err == ND_OK)
        flow_slots(self, op, 0, 1);
    return err;
}

static nd_err voice_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    (void)args;
    return probe_model(((struct reach *)self)->host, op, 20000000, 20000000);
}

static const struct nd_reading readings[] = {
    {"trip", "there and back, from sending to the kernel's receive stamp", "ns", 2e7},
    {NULL, NULL, NULL, 0}};
const struct nd_verb reach_voice = {
    .struct_size = sizeof reach_voice,
    .flags = ND_VERB_STEADY,
    .name = "voice",
    .help = "RTP packets of silence at a codec's pace (measure it with every = ms(20)).",
    .rights = "none",
    .options = options,
    .readings = readings,
    .start = voice_start,
    .rehearse = voice_rehearse,
    .stream = voice_stream,
    .slots = flow_slots,
};
