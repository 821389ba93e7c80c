/* STAMP test packets, unauthenticated (RFC 8762 §4.2.1 and §4.3.1; the session identifier of
 * RFC 8972 §3), for the sender and for the reflector. Times are CLOCK_REALTIME in nanoseconds; on
 * the wire they are NTP's 64 bits (RFC 5905 §6), whose eras are told apart by a moment nearby. */
#ifndef ND_PLUGINS_COMMON_STAMP_H
#define ND_PLUGINS_COMMON_STAMP_H
#include <stddef.h>
#include <stdint.h>

#define STAMP_PORT  862
#define STAMP_BYTES 44 /* of both packets, without TLVs */

/* bytes: STAMP_BYTES, zeroed. ssid: 0 before RFC 8972. */
void stamp_make(uint8_t *bytes, uint32_t sequence, int64_t sent_ns, uint16_t ssid);

/* Turns a sender's packet into the reflector's answer, in place; the octets behind are sent back as
 * they came. Returns 0 when it is no such packet. ttl: it arrived with, 255 when that is unknown.
 */
int stamp_reflect(uint8_t *bytes, size_t len, uint32_t sequence, int64_t received_ns,
                  int64_t sent_ns, uint8_t ttl);
/* The session identifier of a packet of either side. */
uint16_t stamp_ssid(const uint8_t *bytes);

struct stamp_answer {
    uint32_t sequence, sender_sequence;
    uint16_t ssid;
    uint8_t sender_ttl;
    int64_t sender_sent_ns, received_ns, sent_ns;
};

/* Returns 0 when the octets are no answer. near_ns: any moment within 68 years. */
int stamp_read(const uint8_t *bytes, size_t len, int64_t near_ns, struct stamp_answer *answer);

#endif
