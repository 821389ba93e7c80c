#include "stamp.h"

#include <string.h>

/* Offsets of both layouts. */
#define AT_SEQUENCE        0
#define AT_TIME            4
#define AT_ERROR           12
#define AT_SSID            14
#define AT_RECEIVED        16
#define AT_SENDER_SEQUENCE 24
#define AT_SENDER_TIME     28
#define AT_SENDER_ERROR    36
#define AT_SENDER_TTL      40

/* Seconds from 1900 to 1970. */
#define NTP_TO_UNIX 2208988800

/* S and Z zero (not synchronized, NTP format), multiplier 1, scale 32: one second. What a clock is
 * off by is not known here, so no less is promised. */
#define ERROR_ESTIMATE 0x2001

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

void stamp_make(uint8_t *bytes, uint32_t sequence, int64_t sent_ns, uint16_t ssid)
{
    write32(bytes + AT_SEQUENCE, sequence);
    write_time(bytes + AT_TIME, sent_ns);
    write16(bytes + AT_ERROR, ERROR_ESTIMATE);
    write16(bytes + AT_SSID, ssid);
}

uint16_t stamp_ssid(const uint8_t *bytes)
{
    return (uint16_t)(bytes[AT_SSID] << 8 | bytes[AT_SSID + 1]);
}

int stamp_reflect(uint8_t *bytes, size_t len, uint32_t sequence, int64_t received_ns,
                  int64_t sent_ns, uint8_t ttl)
{
    uint8_t sender[14]; /* sequence, time, error estimate */
    if (len < STAMP_BYTES)
        return 0;
    memcpy(sender, bytes, sizeof sender);
    write32(bytes + AT_SEQUENCE, sequence);
    write_time(bytes + AT_TIME, sent_ns);
    write16(bytes + AT_ERROR, ERROR_ESTIMATE);
    write_time(bytes + AT_RECEIVED, received_ns);
    memcpy(bytes + AT_SENDER_SEQUENCE, sender, sizeof sender);
    memset(bytes + AT_SENDER_ERROR + 2, 0, STAMP_BYTES - AT_SENDER_ERROR - 2);
    bytes[AT_SENDER_TTL] = ttl;
    return 1;
}

int stamp_read(const uint8_t *bytes, size_t len, int64_t near_ns, struct stamp_answer *answer)
{
    if (len < STAMP_BYTES)
        return 0;
    *answer = (struct stamp_answer){
        .sequence = read32(bytes + AT_SEQUENCE),
        .sender_sequence = read32(bytes + AT_SENDER_SEQUENCE),
        .ssid = stamp_ssid(bytes),
        .sender_ttl = bytes[AT_SENDER_TTL],
        .sender_sent_ns = read_time(bytes + AT_SENDER_TIME, near_ns),
        .received_ns = read_time(bytes + AT_RECEIVED, near_ns),
        .sent_ns = read_time(bytes + AT_TIME, near_ns),
    };
    return 1;
}
