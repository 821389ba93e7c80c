/* What stands in the packets that come back, apart from all else so that it can be fed anything.
 * Each parser reads within len octets only and changes nothing. */
#ifndef ND_PLUGINS_REACH_PARSE_H
#define ND_PLUGINS_REACH_PARSE_H
#include "../common/payload.h"

/* Types of RFC 792 and RFC 4443. */
#define ECHO_REQUEST_4 8
#define ECHO_REPLY_4   0
#define UNREACHABLE_4  3
#define ECHO_REQUEST_6 128
#define ECHO_REPLY_6   129
#define UNREACHABLE_6  1
#define ICMP_HEADER    8
enum icmp_answer { ICMP_NOT_OURS, ICMP_ECHOED, ICMP_UNREACHABLE, ICMP_PROHIBITED };
/* bytes: an ICMP message (v6: ICMPv6), without IP header: an echo of ours, or a router's word on
 * one. slot: only when it is ours and the mark is whole, else -1. */
enum icmp_answer icmp_parse(const uint8_t *bytes, size_t len, int v6, uint32_t cookie,
                            int64_t *slot);
/* Octets of the IPv4 header before the ICMP message of a raw socket; 0 when it is malformed. */
size_t ipv4_header(const uint8_t *bytes, size_t len);
uint16_t icmp_checksum(const uint8_t *bytes, size_t len);

/* The number of an echo reply to a path's packet; 0: it is none. id: of a raw socket's packets,
 * which (IPv4) come with their IP header; -1: a ping socket's. */
int path_number(const uint8_t *bytes, size_t len, int v6, int id, unsigned *number);

/* A UDP echo, or as much of it as an error quotes: "netdrill" and the mark. */
#define ECHO_MAGIC "netdrill"
int echo_slot(const uint8_t *bytes, size_t len, uint32_t cookie, int64_t *slot);

/* A sink's word: "octets packets nanoseconds"; 0: it is none. text: ended by a NUL. */
struct sink_word {
    int64_t octets, packets, took;
};
int sink_parse(const char *text, struct sink_word *word);

/* What an inbox tells of a path; 0: it is no inbox. ago: ns since the latest report, 0 without. */
struct inbox_word {
    int64_t reports, ago;
};
int inbox_parse(const char *text, size_t len, struct inbox_word *word);

#endif
