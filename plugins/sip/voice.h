/* The voice of a call: RTP of silence to where the answer's SDP says, which the other end echoes;
 * judged as reach.voice is. */
#ifndef ND_PLUGINS_SIP_VOICE_H
#define ND_PLUGINS_SIP_VOICE_H
#include "../common/payload.h"
#include "sip.h"

struct voice_packet {
    nd_ns sent, trip; /* 0: not sent, not back */
};

struct voice {
    struct talk *talk;
    const struct nd_codec *codec; /* NULL: none, the session is held */
    struct nd_voice how;
    int fd, port, type; /* port: ours; type: RTP payload type */
    uint32_t cookie;
    struct sockaddr_storage to;
    socklen_t to_len;
    nd_ns began, heard;  /* heard: when the other end's first packet came; 0: never */
    int64_t next, count; /* packets: the next one, how many there is room for */
    int64_t sent, back, other;
    void (*over)(struct talk *talk); /* all is sent, and back or waited for */
    struct voice_packet *packets;
};

/* The port to offer. Errors are logged. */
nd_err voice_open(struct voice *voice);
/* Our offer: of the voice, or of a session that is held. */
void voice_offer(const struct voice *voice, char sdp[SIP_SDP]);
/* Sends from now on, `count` packets. 0: the answer has no voice for us; why says so.
 */
int voice_begin(struct voice *voice, const struct sip_media *media, char *why, size_t bytes);
/* Emits what was heard so far, if anything was sent: reading number `first` and those after it. */
void voice_tell(struct voice *voice, uint32_t first);

#define VOICE_READINGS                                                                             \
    {"mos", "of the call's voice, by the E-model (1: nothing was heard)", "1", 4.3},               \
        {"r_factor", "of the E-model (ITU-T G.107)", "1", 91},                                     \
        {"voice_loss", "share of the packets that never came back, or too late to be played", "1", \
         0},                                                                                       \
        {"burst_ratio", "mean run of losses to that of random loss", "1", 1},                      \
        {"mouth_to_ear",                                                                           \
         "one way: half the quickest round trip, buffer, packet, look-ahead (MCPTT KPI 3 style)",  \
         "ns", 9e7},                                                                               \
        {"rtp_jitter", "interarrival jitter (RFC 3550 §6.4.1)", "ns", 1e6},                        \
        {"voice_packets", "packets sent", "1", 50},                                                \
    {                                                                                              \
        "heard", "from the INVITE to the other end's first voice packet (MCPTT KPI 4 style)",      \
            "ns", 1.2e8                                                                            \
    }
#define VOICE_COUNT 8

#endif
