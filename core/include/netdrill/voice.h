/* Voice quality by the E-model (ITU-T G.107), from what a stream of voice packets measured, and the
 * codecs whose streams netdrill sends. For the core, which judges measured streams, and for plugins
 * that judge a stream within a call of theirs: both compile core/base/voice.c.
 *
 *     R = 93.2 - Id - Ie,eff                     (all other parameters at their defaults)
 *     Id = 0.024 Ta + 0.11 (Ta - 177.3) [Ta > 177.3]        Ta: ms, one way, mouth to ear
 *     Ie,eff = Ie + (95 - Ie) Ppl / (Ppl / BurstR + Bpl)    Ppl: percent
 *     MOS = 1 (R <= 0), 4.5 (R >= 100), else 1 + 0.035 R + R (R - 60)(100 - R) 7e-6
 *
 * The formula is the Recommendation's simplified one as commonly printed; it was not checked
 * against its text here, and reports say so. */
#ifndef ND_VOICE_H
#define ND_VOICE_H
#include <netdrill/plugin.h>

#include <stdbool.h>

#define ND_VOICE_EVERY 20000000LL /* ns: the voice in a packet, of each codec here */

/* name, Ie, Bpl, look-ahead in ns, RTP payload type (static, or one of the dynamic), RTP clock in
 * Hz, octets of payload in 20 ms, name in SDP (RFC 3551 §6, RFC 4867 §8.1, TS 26.445 annex A).
 * G.711: 64 kbit/s. AMR-WB at 23.85 kbit/s: 477 bits of speech with 10 of header and table (RFC
 * 4867 §4.3, bandwidth-efficient). EVS at 13.2 kbit/s: 264 bits. AMR-WB and EVS: no impairment
 * figures of theirs are at hand, so those of G.711 with concealment stand in, on the narrow-band
 * scale; the delay is their own. */
#define ND_CODEC_MAP(X)                                                                            \
    X("g711", 0, 25.1, 0, 0, 8000, 160, "PCMU/8000")                                               \
    X("g711_no_concealment", 0, 4.3, 0, 0, 8000, 160, "PCMU/8000")                                 \
    X("amr_wb", 0, 25.1, 5000000, 96, 16000, 61, "AMR-WB/16000")                                   \
    X("evs", 0, 25.1, 12000000, 97, 16000, 33, "EVS/16000")

/* Rows for the choices of an option, in the order of nd_codecs. */
#define ND_CODEC_NAME(name, ie, bpl, lookahead, type, clock, octets, rtpmap) name,

struct nd_codec {
    const char *name;
    double ie, bpl;
    nd_ns lookahead;
    int type, clock, octets;
    const char *rtpmap;
};

extern const struct nd_codec nd_codecs[]; /* ended by a NULL name */

/* What a listener's end and the codec add. */
struct nd_voice {
    bool known;      /* false: not a stream of voice */
    double ie, bpl;  /* impairment without loss; robustness against loss (E-model) */
    nd_ns buffer;    /* of the listener, fixed: what is later than this is lost */
    nd_ns lookahead; /* of the codec */
};

/* One packet of the stream. */
struct nd_voice_packet {
    bool arrived;
    nd_ns trip; /* there and back; when it arrived */
};

struct nd_voice_quality {
    double mouth_to_ear; /* ns: half the quickest trip, buffer, packet, look-ahead */
    double loss;         /* 0 to 1: what never came, and what came too late to be played */
    double burst_ratio;  /* mean run of losses to that of random loss; 1 at the least */
    double r, mos;
};

/* every: a packet's length. count: 1 or more. When nothing arrived: MOS 1, no delay (NAN). */
void nd_voice_judge(const struct nd_voice *voice, nd_ns every,
                    const struct nd_voice_packet *packets, size_t count,
                    struct nd_voice_quality *quality);
double nd_voice_mos(double r);
/* Interarrival jitter as RFC 3550 §6.4.1 leaves it after the last of the values, ns. */
double nd_voice_jitter(const double *values, size_t count);

#endif
