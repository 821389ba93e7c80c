#include "payload.h"

#include <string.h>

uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

void mark_put(uint8_t *at, uint32_t cookie, int64_t slot)
{
    put32(at, cookie);
    put32(at + 4, (uint32_t)((uint64_t)slot >> 32));
    put32(at + 8, (uint32_t)slot);
}

int mark_get(const uint8_t *at, uint32_t cookie, int64_t *slot)
{
    *slot = (int64_t)((uint64_t)get32(at + 4) << 32 | get32(at + 8));
    return get32(at) == cookie && *slot >= 0;
}

size_t rtp_make(uint8_t *bytes, const struct nd_codec *codec, int type, uint32_t cookie,
                int64_t slot)
{
    size_t len = RTP_HEADER + (size_t)codec->octets;
    bytes[0] = 2 << 6;                                   /* version 2, nothing else */
    bytes[1] = (uint8_t)(type | (slot == 0 ? 0x80 : 0)); /* marker: a talkspurt begins */
    bytes[2] = (uint8_t)(slot >> 8);
    bytes[3] = (uint8_t)slot;
    put32(bytes + 4, (uint32_t)(slot * codec->clock / 50));
    put32(bytes + 8, cookie);
    memset(bytes + RTP_HEADER, 0xff, len - RTP_HEADER); /* silence, in mu-law */
    if (strncmp(codec->rtpmap, "AMR-WB/", 7) == 0) {    /* no mode asked for, one frame of mode 8 */
        bytes[RTP_HEADER] = 0xf4;
        bytes[RTP_HEADER + 1] = 0x7f;
    }
    mark_put(bytes + RTP_MARK, cookie, slot);
    return len;
}

int rtp_slot(const uint8_t *bytes, size_t len, uint32_t cookie, int64_t *slot)
{
    return len >= RTP_MARK + MARK_BYTES && bytes[0] >> 6 == 2 && get32(bytes + 8) == cookie &&
           mark_get(bytes + RTP_MARK, cookie, slot);
}
