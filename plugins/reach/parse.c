#include "parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- ICMP ---- */

size_t ipv4_header(const uint8_t *bytes, size_t len)
{
    size_t header = len >= 20 && bytes[0] >> 4 == 4 ? (size_t)(bytes[0] & 15) * 4 : 0;
    return header >= 20 && header <= len ? header : 0;
}

/* The mark behind an ICMP header; 0: of another cookie. An error may quote less than all of it. */
static int our_mark(const uint8_t *at, size_t left, uint32_t cookie, int64_t *slot)
{
    if (left < 4 || get32(at) != cookie)
        return 0;
    if (left < MARK_BYTES || !mark_get(at, cookie, slot))
        *slot = -1;
    return 1;
}

enum icmp_answer icmp_parse(const uint8_t *bytes, size_t len, int v6, uint32_t cookie,
                            int64_t *slot)
{
    *slot = -1;
    if (len < ICMP_HEADER)
        return ICMP_NOT_OURS;
    const uint8_t *behind = bytes + ICMP_HEADER;
    size_t left = len - ICMP_HEADER;
    if (bytes[0] == (v6 ? ECHO_REPLY_6 : ECHO_REPLY_4) && bytes[1] == 0)
        return our_mark(behind, left, cookie, slot) ? ICMP_ECHOED : ICMP_NOT_OURS;
    if (bytes[0] != (v6 ? UNREACHABLE_6 : UNREACHABLE_4))
        return ICMP_NOT_OURS;
    /* The message quotes the packet it is about, with the IP header in front. */
    size_t header = v6 ? 40 : ipv4_header(behind, left);
    if (header == 0 || left < header + ICMP_HEADER ||
        behind[header] != (v6 ? ECHO_REQUEST_6 : ECHO_REQUEST_4) ||
        !our_mark(behind + header + ICMP_HEADER, left - header - ICMP_HEADER, cookie, slot))
        return ICMP_NOT_OURS;
    int prohibited = v6 ? bytes[1] == 1 : bytes[1] == 9 || bytes[1] == 10 || bytes[1] == 13;
    return prohibited ? ICMP_PROHIBITED : ICMP_UNREACHABLE;
}

uint16_t icmp_checksum(const uint8_t *bytes, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    if (len % 2 != 0)
        sum += (uint32_t)bytes[len - 1] << 8;
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

int path_number(const uint8_t *bytes, size_t len, int v6, int id, unsigned *number)
{
    size_t skip = id >= 0 && !v6 ? ipv4_header(bytes, len) : 0;
    if (len < skip + ICMP_HEADER + 2 || (id >= 0 && !v6 && skip == 0))
        return 0;
    bytes += skip;
    *number = (unsigned)bytes[6] << 8 | bytes[7];
    return bytes[0] == (v6 ? ECHO_REPLY_6 : ECHO_REPLY_4) &&
           (id < 0 || (bytes[4] << 8 | bytes[5]) == id) &&
           ((bytes[8] ^ bytes[6]) & (bytes[9] ^ bytes[7])) == 0xff;
}

/* ---- UDP ---- */

int echo_slot(const uint8_t *bytes, size_t len, uint32_t cookie, int64_t *slot)
{
    return len >= 8 + MARK_BYTES && memcmp(bytes, ECHO_MAGIC, 8) == 0 &&
           mark_get(bytes + 8, cookie, slot);
}

int sink_parse(const char *text, struct sink_word *word)
{
    return sscanf(text, "%19" SCNd64 " %19" SCNd64 " %19" SCNd64, &word->octets, &word->packets,
                  &word->took) == 3 &&
           word->octets >= 0 && word->packets >= 0 && word->took >= 0;
}

/* ---- an inbox ---- */

/* The number behind a line's first word; 0: there is none. */
static int line_number(const char *text, size_t len, const char *word, int64_t *number)
{
    size_t word_len = strlen(word);
    const char *at = memmem(text, len, word, word_len);
    const char *end = text + len;
    size_t digits = 0;
    *number = 0;
    for (at = at != NULL ? at + word_len : end; at < end && *at >= '0' && *at <= '9'; at++) {
        if (++digits > 18)
            return 0;
        *number = *number * 10 + *at - '0';
    }
    return digits != 0 && at < end && *at == '\n';
}

int inbox_parse(const char *text, size_t len, struct inbox_word *word)
{
    *word = (struct inbox_word){0};
    return text != NULL && memmem(text, len, "\npath /", 7) != NULL &&
           line_number(text, len, "\nreports ", &word->reports) &&
           (word->reports == 0 || line_number(text, len, "\nago_ns ", &word->ago));
}
