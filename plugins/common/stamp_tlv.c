#include "stamp.h"

#include <string.h>

/* The TLVs behind a STAMP packet: flags (1 octet), type (1), length of the value (2), value. */

#define COS_BYTES    4  /* DSCP1 (6 bits), DSCP2 (6), ECN (2), RP (2), 16 reserved */
#define DIRECT_BYTES 12 /* sent by the sender, received, sent by the reflector */

struct tlv {
    size_t at, len; /* of the head; of the value */
    unsigned flags, type;
};

static uint32_t read32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void write32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static int all_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0)
            return 0;
    }
    return 1;
}

/* The TLV at `at`: 1, or 0 at the end (or before padding that is all zero, as TWAMP has it), or -1
 * when it is malformed. */
static int next_tlv(const uint8_t *bytes, size_t len, size_t at, struct tlv *tlv)
{
    if (at >= len || all_zero(bytes + at, len - at))
        return 0;
    *tlv = (struct tlv){.at = at};
    if (len - at < STAMP_TLV_HEAD)
        return -1;
    tlv->flags = bytes[at];
    tlv->type = bytes[at + 1];
    tlv->len = (size_t)bytes[at + 2] << 8 | bytes[at + 3];
    if (tlv->len > len - at - STAMP_TLV_HEAD)
        return -1;
    size_t expected = tlv->type == STAMP_COS      ? COS_BYTES
                      : tlv->type == STAMP_DIRECT ? DIRECT_BYTES
                      : tlv->type == STAMP_HMAC   ? STAMP_HMAC_BYTES
                                                  : tlv->len;
    return tlv->len == expected ? 1 : -1;
}

static size_t behind(const struct tlv *tlv)
{
    return tlv->at + STAMP_TLV_HEAD + tlv->len;
}

/* HMAC of the packet's number and the TLVs from `from` to `till` (RFC 8972 §4.8). */
static void hmac_of(const struct stamp_key *key, const uint8_t *bytes, size_t from, size_t till,
                    uint8_t *out)
{
    const struct stamp_piece pieces[] = {{bytes, 4}, {bytes + from, till - from}};
    stamp_hmac(key, pieces, 2, out);
}

/* Whether the TLVs may be believed: with a key they have to bear an HMAC, unless all are padding;
 * behind the HMAC nothing but padding may stand. An HMAC without a key of ours proves nothing. */
static int authentic(const struct stamp_key *key, const uint8_t *bytes, size_t len)
{
    size_t from = stamp_base(key);
    struct tlv tlv;
    int bare = 0; /* TLVs that nothing vouches for */
    int proved = 0;
    for (size_t at = from; next_tlv(bytes, len, at, &tlv) == 1; at = behind(&tlv)) {
        if (tlv.type == STAMP_HMAC) {
            uint8_t hmac[STAMP_HMAC_BYTES];
            if (key == NULL || proved)
                return 0;
            hmac_of(key, bytes, from, tlv.at, hmac);
            if (memcmp(hmac, bytes + tlv.at + STAMP_TLV_HEAD, sizeof hmac) != 0)
                return 0;
            proved = 1;
        } else if (tlv.type != STAMP_PADDING) {
            if (proved)
                return 0;
            bare = 1;
        }
    }
    return key == NULL || proved || !bare;
}

/* ---- the reflector ---- */

static int understood(unsigned type)
{
    return type == STAMP_PADDING || type == STAMP_COS || type == STAMP_DIRECT || type == STAMP_HMAC;
}

size_t stamp_tlvs_judge(const struct stamp_key *key, uint8_t *bytes, size_t len)
{
    int genuine = authentic(key, bytes, len);
    size_t at = stamp_base(key);
    struct tlv tlv;
    int what = 0;
    for (; (what = next_tlv(bytes, len, at, &tlv)) == 1; at = behind(&tlv))
        bytes[tlv.at] = (uint8_t)((understood(tlv.type) ? 0 : STAMP_U) | (genuine ? 0 : STAMP_I));
    /* What follows a malformed one goes back as it came (RFC 8972 §4). */
    if (what < 0)
        bytes[at] = (uint8_t)(STAMP_M | (genuine ? 0 : STAMP_I));
    return genuine ? at : 0;
}

static int serve_cos(uint8_t *value, const struct stamp_arrival *arrival)
{
    unsigned asked = value[0] >> 2;
    unsigned there = arrival->class >> 2;
    /* We know of no policy against a class: what is asked for is granted, RP stays 0. */
    value[0] = (uint8_t)(asked << 2 | there >> 4);
    value[1] = (uint8_t)(there << 4 | (arrival->class & 3u) << 2);
    return (int)asked << 2;
}

int stamp_tlvs_serve(const struct stamp_key *key, uint8_t *bytes, size_t till,
                     const struct stamp_arrival *arrival)
{
    int class_back = -1;
    struct tlv tlv;
    for (size_t at = stamp_base(key); next_tlv(bytes, till, at, &tlv) == 1; at = behind(&tlv)) {
        uint8_t *value = bytes + tlv.at + STAMP_TLV_HEAD;
        if (tlv.type == STAMP_COS) {
            class_back = serve_cos(value, arrival);
        } else if (tlv.type == STAMP_DIRECT) {
            write32(value + 4, arrival->received);
            write32(value + 8, arrival->sequence + 1);
        } else if (tlv.type == STAMP_HMAC && key != NULL) {
            hmac_of(key, bytes, stamp_base(key), tlv.at, value);
        }
    }
    return class_back;
}

/* ---- the sender ---- */

static size_t put_head(uint8_t *bytes, size_t at, enum stamp_tlv type, size_t len)
{
    bytes[at] = STAMP_U; /* until the reflector says that it understood */
    bytes[at + 1] = (uint8_t)type;
    bytes[at + 2] = (uint8_t)(len >> 8);
    bytes[at + 3] = (uint8_t)len;
    return at + STAMP_TLV_HEAD;
}

size_t stamp_ask_bytes(const struct stamp_key *key, const struct stamp_ask *ask)
{
    size_t tlvs = 0;
    if (ask->cos)
        tlvs += STAMP_TLV_HEAD + COS_BYTES;
    if (ask->direct)
        tlvs += STAMP_TLV_HEAD + DIRECT_BYTES;
    if (key != NULL && tlvs != 0)
        tlvs += STAMP_TLV_HEAD + STAMP_HMAC_BYTES;
    return stamp_base(key) + tlvs;
}

void stamp_ask_make(const struct stamp_key *key, uint8_t *bytes, size_t len,
                    const struct stamp_ask *ask)
{
    size_t at = stamp_base(key);
    if (ask->cos) {
        at = put_head(bytes, at, STAMP_COS, COS_BYTES);
        bytes[at] = (uint8_t)(ask->dscp << 2);
        at += COS_BYTES;
    }
    if (ask->direct) {
        at = put_head(bytes, at, STAMP_DIRECT, DIRECT_BYTES);
        write32(bytes + at, ask->sent);
        at += DIRECT_BYTES;
    }
    if (key != NULL && at != stamp_base(key)) {
        size_t value = put_head(bytes, at, STAMP_HMAC, STAMP_HMAC_BYTES);
        hmac_of(key, bytes, stamp_base(key), at, bytes + value);
        at = value + STAMP_HMAC_BYTES;
    }
    if (len >= at + STAMP_TLV_HEAD)
        put_head(bytes, at, STAMP_PADDING, len - at - STAMP_TLV_HEAD);
}

static void read_value(const uint8_t *value, unsigned type, struct stamp_told *told)
{
    if (type == STAMP_COS) {
        told->cos = 1;
        told->dscp_asked = value[0] >> 2;
        told->dscp_there = (uint8_t)((value[0] & 3) << 4 | value[1] >> 4);
        told->ecn_there = value[1] >> 2 & 3;
        told->refused = (value[1] & 3) != 0;
    } else if (type == STAMP_DIRECT) {
        told->direct = 1;
        told->sent = read32(value);
        told->received = read32(value + 4);
        told->answered = read32(value + 8);
    }
}

void stamp_told_read(const struct stamp_key *key, const uint8_t *bytes, size_t len,
                     struct stamp_told *told)
{
    struct tlv tlv;
    *told = (struct stamp_told){0};
    if (len <= stamp_base(key) || !authentic(key, bytes, len)) {
        told->failed = len > stamp_base(key) ? STAMP_I : 0;
        return;
    }
    int what = 0;
    for (size_t at = stamp_base(key); (what = next_tlv(bytes, len, at, &tlv)) == 1;
         at = behind(&tlv)) {
        told->failed |= (int)(tlv.flags & (STAMP_U | STAMP_M | STAMP_I));
        if ((tlv.flags & (STAMP_M | STAMP_I)) != 0)
            return;
        if ((tlv.flags & STAMP_U) == 0)
            read_value(bytes + tlv.at + STAMP_TLV_HEAD, tlv.type, told);
    }
    if (what < 0)
        told->failed |= STAMP_M;
}
