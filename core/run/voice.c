#include "run/voice.h"

#include "base/units.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

/* AMR-WB and EVS: no impairment figures of theirs are at hand, so those of G.711 with concealment
 * stand in, on the narrow-band scale; the delay is their own. `ie` and `bpl` overrule. */
static const struct {
    const char *name;
    double ie, bpl;
    nd_ns lookahead;
} codecs[] = {
    {"g711", 0, 25.1, 0},
    {"g711_no_concealment", 0, 4.3, 0},
    {"amr_wb", 0, 25.1, ND_MS(5)},
    {"evs", 0, 25.1, ND_MS(12)},
};

struct nd_voice nd_voice_of(const char *options)
{
    struct nd_voice voice = {.known = false};
    json_t *all = options != NULL ? json_loads(options, 0, NULL) : NULL;
    const char *codec = json_string_value(json_object_get(all, "codec"));
    const char *buffer = json_string_value(json_object_get(all, "buffer"));
    for (size_t i = 0; codec != NULL && i < sizeof codecs / sizeof codecs[0]; i++) {
        if (strcmp(codecs[i].name, codec) == 0)
            voice = (struct nd_voice){true, codecs[i].ie, codecs[i].bpl, 0, codecs[i].lookahead};
    }
    if (buffer != NULL)
        nd_length_parse(buffer, &voice.buffer, NULL);
    if (json_is_number(json_object_get(all, "ie")))
        voice.ie = json_number_value(json_object_get(all, "ie"));
    if (json_is_number(json_object_get(all, "bpl")))
        voice.bpl = json_number_value(json_object_get(all, "bpl"));
    json_decref(all);
    return voice;
}

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
