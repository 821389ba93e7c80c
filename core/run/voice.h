/* Voice quality by the E-model (ITU-T G.107), from what a stream of voice packets measured.
 *
 *     R = 93.2 - Id - Ie,eff                     (all other parameters at their defaults)
 *     Id = 0.024 Ta + 0.11 (Ta - 177.3) [Ta > 177.3]        Ta: ms, one way, mouth to ear
 *     Ie,eff = Ie + (95 - Ie) Ppl / (Ppl / BurstR + Bpl)    Ppl: percent
 *     MOS = 1 (R <= 0), 4.5 (R >= 100), else 1 + 0.035 R + R (R - 60)(100 - R) 7e-6
 *
 * The formula is the Recommendation's simplified one as commonly printed; it was not checked
 * against its text here, and reports say so. */
#ifndef ND_RUN_VOICE_H
#define ND_RUN_VOICE_H
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* What a listener's end and the codec add. */
struct nd_voice {
    bool known;      /* false: not a stream of voice */
    double ie, bpl;  /* impairment without loss; robustness against loss (E-model) */
    nd_ns buffer;    /* of the listener, fixed: what is later than this is lost */
    nd_ns lookahead; /* of the codec */
};

/* From the options of the verb as JSON (nd_series_info.options): `codec`, `buffer`, and `ie`, `bpl`
 * where they are not the codec's. */
struct nd_voice nd_voice_of(const char *options);

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

#endif
