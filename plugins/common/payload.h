/* What stands in the payload of our probes, so that an answer finds its slot, and the RTP packet
 * that carries it (RFC 3550 §5.1). Parsers read within len octets only. */
#ifndef ND_PLUGINS_COMMON_PAYLOAD_H
#define ND_PLUGINS_COMMON_PAYLOAD_H
#include <netdrill/voice.h>

#include <stddef.h>
#include <stdint.h>

uint32_t get32(const uint8_t *at);
void put32(uint8_t *at, uint32_t value);

/* Our mark: the stream's cookie and the slot's number. */
#define MARK_BYTES 12
void mark_put(uint8_t *at, uint32_t cookie, int64_t slot);
/* 1: a mark of that cookie, *slot is its slot. */
int mark_get(const uint8_t *at, uint32_t cookie, int64_t *slot);

#define RTP_HEADER 12
#define RTP_MARK   (RTP_HEADER + 2)   /* behind the header of AMR-WB's payload (RFC 4867 §4.3) */
#define RTP_MAX    (RTP_HEADER + 160) /* octets of the longest packet of nd_codecs */
/* Packet number `slot` of 20 ms of silence, from the source `cookie`, with our mark in it. type:
 * the payload type. Returns its octets, RTP_MAX at most. */
size_t rtp_make(uint8_t *bytes, const struct nd_codec *codec, int type, uint32_t cookie,
                int64_t slot);
/* A packet of ours: version 2, our source, our mark in the payload. */
int rtp_slot(const uint8_t *bytes, size_t len, uint32_t cookie, int64_t *slot);

/* Rows of a verb's options: who listens to a voice stream. */
#define LISTENER_ROWS                                                                              \
    {"buffer", "of the listener, fixed: what is later than this is lost to him",                   \
     "ns",     ND_LENGTH,                                                                          \
     0,        0,                                                                                  \
     1e9,      "60ms",                                                                             \
     NULL},                                                                                        \
        {"ie", "impairment without loss (E-model Ie), instead of the codec's",                     \
         "",   ND_REAL,                                                                            \
         0,    0,                                                                                  \
         95,   NULL,                                                                               \
         NULL},                                                                                    \
    {                                                                                              \
        "bpl", "robustness against loss (E-model Bpl), instead of the codec's", "", ND_REAL, 0, 1, \
            100, NULL, NULL                                                                        \
    }

#endif
