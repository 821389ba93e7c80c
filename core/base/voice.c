#include <netdrill/voice.h>

#include <math.h>

#define ROW(name, ie, bpl, lookahead, type, clock, octets, rtpmap)                                 \
    {name, ie, bpl, lookahead, type, clock, octets, rtpmap},
const struct nd_codec nd_codecs[] = {ND_CODEC_MAP(ROW){NULL, 0, 0, 0, 0, 0, 0, NULL}};
#undef ROW

double nd_voice_mos(double r)
{
    if (r <= 0)
        return 1;
    if (r >= 100)
        return 4.5;
    double mos = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
    return fmax(mos, 1); /* the polynomial dips below 1 for R under 6.5 */
}

static double impairment_of_delay(double ms)
{
    return 0.024 * ms + (ms > 177.3 ? 0.11 * (ms - 177.3) : 0);
}

void nd_voice_judge(const struct nd_voice *voice, nd_ns every,
                    const struct nd_voice_packet *packets, size_t count,
                    struct nd_voice_quality *quality)
{
    nd_ns quickest = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        if (packets[i].arrived && packets[i].trip < quickest)
            quickest = packets[i].trip;
    }
    size_t lost = 0;
    size_t runs = 0;
    bool before = false;
    for (size_t i = 0; i < count; i++) {
        /* The variation of both ways counts: which of them it was cannot be told. */
        bool heard = packets[i].arrived && packets[i].trip - quickest <= voice->buffer;
        lost += !heard;
        runs += !heard && !before;
        before = !heard;
    }
    quality->loss = (double)lost / (double)count;
    double run = runs != 0 ? (double)lost / (double)runs : 0;
    quality->burst_ratio = fmax(run * (1 - quality->loss), 1);
    if (quickest == INT64_MAX) { /* nothing was heard */
        *quality = (struct nd_voice_quality){NAN, 1, 1, 0, 1};
        return;
    }
    quality->mouth_to_ear =
        (double)quickest / 2 + (double)(voice->buffer + every + voice->lookahead);
    double percent = quality->loss * 100;
    double equipment =
        voice->ie + (95 - voice->ie) * percent / (percent / quality->burst_ratio + voice->bpl);
    quality->r = 93.2 - impairment_of_delay(quality->mouth_to_ear / 1e6) - equipment;
    quality->mos = nd_voice_mos(quality->r);
}

double nd_voice_jitter(const double *values, size_t count)
{
    double jitter = 0;
    for (size_t i = 1; i < count; i++)
        jitter += (fabs(values[i] - values[i - 1]) - jitter) / 16;
    return jitter;
}
