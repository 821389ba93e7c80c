#include "stamp.h"

#include <string.h>

/* Offsets of the two layouts; the sender's fields are the first four. */
struct layout {
    size_t time, error, ssid, received, sender_sequence, sender_time, sender_error, sender_ttl;
    size_t bytes;
};
static const struct layout open = {4, 12, 14, 16, 24, 28, 36, 40, STAMP_BYTES};
static const struct layout sealed = {16, 24, 26, 32, 48, 64, 72, 80, STAMP_SEALED_BYTES};

/* What the HMAC covers: the first six blocks. */
#define SEALED_OCTETS (STAMP_SEALED_BYTES - STAMP_HMAC_BYTES)

/* Seconds from 1900 to 1970. */
#define NTP_TO_UNIX 2208988800

/* S and Z zero (not synchronized, NTP format), multiplier 1, scale 32: one second. What a clock is
 * off by is not known here, so no less is promised. */
#define ERROR_ESTIMATE 0x2001

static const struct layout *layout_of(const struct stamp_key *key)
{
    return key != NULL ? &sealed : &open;
}

static uint32_t read32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void write16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void write32(uint8_t *at, uint32_t value)
{
    write16(at, value >> 16);
    write16(at + 2, value & 0xffff);
}

static void write_time(uint8_t *at, int64_t wall_ns)
{
    uint64_t fraction = ((uint64_t)(wall_ns % 1000000000) << 32) / 1000000000;
    write32(at, (uint32_t)(wall_ns / 1000000000 + NTP_TO_UNIX));
    write32(at + 4, (uint32_t)fraction);
}

static int64_t read_time(const uint8_t *at, int64_t near_ns)
{
    uint32_t near = (uint32_t)(near_ns / 1000000000 + NTP_TO_UNIX);
    /* The nearer era: the distance in seconds, modulo 2^32, as a signed number. */
    int64_t seconds = near_ns / 1000000000 + (int32_t)(read32(at) - near);
    return seconds * 1000000000 +
           (int64_t)(((uint64_t)read32(at + 4) * 1000000000 + (1u << 31)) >> 32);
}

static void seal(const struct stamp_key *key, uint8_t *bytes)
{
    const struct stamp_piece piece = {bytes, SEALED_OCTETS};
    if (key != NULL)
        stamp_hmac(key, &piece, 1, bytes + SEALED_OCTETS);
}

int stamp_genuine(const struct stamp_key *key, const uint8_t *bytes, size_t len)
{
    uint8_t hmac[STAMP_HMAC_BYTES];
    unsigned differs = 0;
    if (key == NULL)
        return 1;
    if (len < STAMP_SEALED_BYTES)
        return 0;
    stamp_hmac(key, &(struct stamp_piece){bytes, SEALED_OCTETS}, 1, hmac);
    for (size_t i = 0; i < sizeof hmac; i++) /* in the same time, wherever they differ */
        differs |= (unsigned)(hmac[i] ^ bytes[SEALED_OCTETS + i]);
    return differs == 0;
}

size_t stamp_base(const struct stamp_key *key)
{
    return layout_of(key)->bytes;
}

void stamp_make(const struct stamp_key *key, uint8_t *bytes, uint32_t sequence, int64_t sent_ns,
                uint16_t ssid)
{
    const struct layout *at = layout_of(key);
    write32(bytes, sequence);
    write_time(bytes + at->time, sent_ns);
    write16(bytes + at->error, ERROR_ESTIMATE);
    write16(bytes + at->ssid, ssid);
    seal(key, bytes);
}

uint16_t stamp_ssid(const struct stamp_key *key, const uint8_t *bytes, size_t len)
{
    const struct layout *at = layout_of(key);
    return len >= at->ssid + 2 ? (uint16_t)(bytes[at->ssid] << 8 | bytes[at->ssid + 1]) : 0;
}

size_t stamp_reflect(const struct stamp_key *key, uint8_t *bytes, size_t len,
                     const struct stamp_arrival *arrival, int *class_back)
{
    const struct layout *at = layout_of(key);
    uint8_t sequence[4];
    uint8_t time_error[10];
    uint16_t ssid = stamp_ssid(key, bytes, len);
    *class_back = -1;
    if (len < (key != NULL ? STAMP_SEALED_BYTES : STAMP_LEAST))
        return 0;
    size_t tlvs = len > at->bytes ? stamp_tlvs_judge(key, bytes, len) : 0;
    memcpy(sequence, bytes, sizeof sequence);
    memcpy(time_error, bytes + at->time, sizeof time_error);
    memset(bytes, 0, at->bytes);
    write32(bytes, arrival->sequence);
    write_time(bytes + at->time, arrival->sent_ns);
    write16(bytes + at->error, ERROR_ESTIMATE);
    write16(bytes + at->ssid, ssid);
    write_time(bytes + at->received, arrival->received_ns);
    memcpy(bytes + at->sender_sequence, sequence, sizeof sequence);
    memcpy(bytes + at->sender_time, time_error, sizeof time_error);
    bytes[at->sender_ttl] = arrival->ttl;
    if (tlvs != 0)
        *class_back = stamp_tlvs_serve(key, bytes, tlvs, arrival);
    seal(key, bytes);
    /* A TWAMP sender's packet may be shorter than the answer (RFC 8762 §4.6). */
    return len > at->bytes ? len : at->bytes;
}

int stamp_read(const struct stamp_key *key, const uint8_t *bytes, size_t len, int64_t near_ns,
               struct stamp_answer *answer)
{
    const struct layout *at = layout_of(key);
    if (len < (key != NULL ? STAMP_SEALED_BYTES : STAMP_LEAST_ANSWER))
        return 0;
    *answer = (struct stamp_answer){
        .sequence = read32(bytes),
        .sender_sequence = read32(bytes + at->sender_sequence),
        .ssid = stamp_ssid(key, bytes, len),
        .sender_ttl = bytes[at->sender_ttl],
        .sender_sent_ns = read_time(bytes + at->sender_time, near_ns),
        .received_ns = read_time(bytes + at->received, near_ns),
        .sent_ns = read_time(bytes + at->time, near_ns),
    };
    return 1;
}
