/* STAMP test packets (RFC 8762 §4.2, §4.3) with the session identifier and the TLVs of RFC 8972,
 * for the sender and for the reflector; unauthenticated or, with a key, authenticated. Times are
 * CLOCK_REALTIME in nanoseconds; on the wire they are NTP's 64 bits (RFC 5905 §6), whose eras are
 * told apart by a moment nearby.
 *
 * A key of NULL means unauthenticated everywhere. TWAMP-Test (RFC 5357 §4) has the unauthenticated
 * layout without session identifier: its senders' packets may be as short as 14 octets, its
 * reflectors' as short as 41. */
#ifndef ND_PLUGINS_COMMON_STAMP_H
#define ND_PLUGINS_COMMON_STAMP_H
#include <stddef.h>
#include <stdint.h>

#define STAMP_PORT         862
#define STAMP_BYTES        44  /* of both packets, without TLVs */
#define STAMP_SEALED_BYTES 112 /* the same, authenticated */
#define STAMP_LEAST        14  /* of a TWAMP sender's packet */
#define STAMP_LEAST_ANSWER 41  /* of a TWAMP reflector's */
#define STAMP_HMAC_BYTES   16  /* HMAC-SHA-256, cut (RFC 8762 §4.4) */

/* What both sides share for authenticated mode. */
struct stamp_key {
    uint8_t octets[64];
    size_t len;
};

/* Reads the key from a file that only its owner may read: the octets of it, without a newline at
 * the end, 8 to 64 of them. Returns 0, or -1 with the reason in why, which holds nothing of the
 * key. */
int stamp_key_read(const char *path, struct stamp_key *key, char *why, size_t why_bytes);
/* HMAC-SHA-256 of some pieces, cut to STAMP_HMAC_BYTES. */
struct stamp_piece {
    const uint8_t *bytes;
    size_t len;
};
void stamp_hmac(const struct stamp_key *key, const struct stamp_piece *pieces, size_t count,
                uint8_t *out);
/* Whether a packet bears the HMAC of the key over its first 96 octets; without a key: always. */
int stamp_genuine(const struct stamp_key *key, const uint8_t *bytes, size_t len);

/* Octets of the packet in front of the TLVs. */
size_t stamp_base(const struct stamp_key *key);
/* bytes: stamp_base octets, zeroed. ssid: 0 before RFC 8972. */
void stamp_make(const struct stamp_key *key, uint8_t *bytes, uint32_t sequence, int64_t sent_ns,
                uint16_t ssid);
/* The session identifier of a packet of either side; 0 when it is too short for one. */
uint16_t stamp_ssid(const struct stamp_key *key, const uint8_t *bytes, size_t len);

/* A packet's arrival at the reflector. */
struct stamp_arrival {
    int64_t received_ns, sent_ns; /* sent_ns: of the answer */
    uint32_t sequence;            /* of the answer: the answers sent to the session before */
    uint32_t received;            /* packets of the session that arrived, this one among them */
    uint8_t ttl;                  /* it came with; 255 when that is unknown */
    uint8_t class;                /* traffic class or type of service it came with */
};

/* Turns a genuine packet of a sender into the answer, in place, TLVs and all (RFC 8972 §4); what is
 * behind the last TLV, or is all zero, goes back as it came. bytes: room for stamp_base octets at
 * the least. Returns the answer's length, 0 when it is no such packet. class_back: the traffic
 * class to answer with, -1: the system's. */
size_t stamp_reflect(const struct stamp_key *key, uint8_t *bytes, size_t len,
                     const struct stamp_arrival *arrival, int *class_back);

struct stamp_answer {
    uint32_t sequence, sender_sequence;
    uint16_t ssid;
    uint8_t sender_ttl;
    int64_t sender_sent_ns, received_ns, sent_ns;
};

/* Returns 0 when the octets are no answer. near_ns: any moment within 68 years. Does not look at
 * the HMAC. */
int stamp_read(const struct stamp_key *key, const uint8_t *bytes, size_t len, int64_t near_ns,
               struct stamp_answer *answer);

/* ---- TLVs (RFC 8972 §4), stamp_tlv.c ---- */

#define STAMP_TLV_HEAD 4
#define STAMP_U        0x80 /* not understood */
#define STAMP_M        0x40 /* malformed */
#define STAMP_I        0x20 /* failed the HMAC */

enum stamp_tlv { STAMP_PADDING = 1, STAMP_COS = 4, STAMP_DIRECT = 5, STAMP_HMAC = 8 };

/* What a sender asks for. */
struct stamp_ask {
    int cos;       /* class of service (§4.4) */
    uint8_t dscp;  /* that the answer is to be marked with */
    int direct;    /* direct measurement (§4.5) */
    uint32_t sent; /* packets of the session sent so far, this one among them */
};

/* Octets of packet and TLVs for it, without padding. */
size_t stamp_ask_bytes(const struct stamp_key *key, const struct stamp_ask *ask);
/* Writes the TLVs behind a packet already made; what is left of len becomes extra padding (§4.1).
 * bytes: len octets, zeroed behind the packet. */
void stamp_ask_make(const struct stamp_key *key, uint8_t *bytes, size_t len,
                    const struct stamp_ask *ask);

/* What an answer's TLVs tell. */
struct stamp_told {
    int failed; /* flags of those that were not served: STAMP_U, STAMP_M, STAMP_I */
    int cos;    /* 1: these are told */
    uint8_t dscp_asked, dscp_there, ecn_there;
    int refused; /* the reflector answers with the DSCP it got, not the one asked for */
    int direct;  /* 1: these are told */
    uint32_t sent, received, answered;
};
void stamp_told_read(const struct stamp_key *key, const uint8_t *bytes, size_t len,
                     struct stamp_told *told);

/* For stamp_reflect: flags what is not understood, malformed or not authentic (before the packet's
 * number changes), and then serves the rest. Returns the octets that were walked well, 0: none may
 * be served. */
size_t stamp_tlvs_judge(const struct stamp_key *key, uint8_t *bytes, size_t len);
int stamp_tlvs_serve(const struct stamp_key *key, uint8_t *bytes, size_t till,
                     const struct stamp_arrival *arrival);

#endif
