#include "message.h"

#include <stdio.h>
#include <string.h>

#define HEADER 20

#define AVP_EXPERIMENTAL_RESULT 297
#define AVP_EXPERIMENTAL_CODE   298
#define AVP_VENDOR_APPLICATION  260

static uint32_t get(const uint8_t *at, int octets)
{
    uint32_t value = 0;
    for (int i = 0; i < octets; i++)
        value = value << 8 | at[i];
    return value;
}

static void put(uint8_t *at, uint32_t value, int octets)
{
    for (int i = 0; i < octets; i++)
        at[i] = (uint8_t)(value >> 8 * (octets - 1 - i));
}

/* ---- out ---- */

void diameter_begin(struct diameter_out *out, int flags, uint32_t command, uint32_t application,
                    uint32_t hop, uint32_t end)
{
    out->bytes[0] = 1;
    out->bytes[4] = (uint8_t)flags;
    put(out->bytes + 5, command, 3);
    put(out->bytes + 8, application, 4);
    put(out->bytes + 12, hop, 4);
    put(out->bytes + 16, end, 4);
    out->len = HEADER;
}

void diameter_octets(struct diameter_out *out, uint32_t code, uint32_t vendor, int mandatory,
                     const void *octets, size_t len)
{
    size_t head = vendor != 0 ? 12 : 8;
    size_t padded = (head + len + 3) & ~(size_t)3;
    if (out->len == 0 || out->len + padded > DIAMETER_BYTES) {
        out->len = 0;
        return;
    }
    uint8_t *at = out->bytes + out->len;
    memset(at, 0, padded);
    put(at, code, 4);
    at[4] = (uint8_t)((vendor != 0 ? 0x80 : 0) | (mandatory ? 0x40 : 0));
    put(at + 5, (uint32_t)(head + len), 3);
    if (vendor != 0)
        put(at + 8, vendor, 4);
    memcpy(at + head, octets, len);
    out->len += padded;
}

void diameter_text(struct diameter_out *out, uint32_t code, const char *text)
{
    diameter_octets(out, code, 0, 1, text, strlen(text));
}

void diameter_u32(struct diameter_out *out, uint32_t code, uint32_t vendor, uint32_t value)
{
    uint8_t octets[4];
    put(octets, value, 4);
    diameter_octets(out, code, vendor, 1, octets, 4);
}

void diameter_application(struct diameter_out *out, uint32_t application)
{
    struct diameter_out group = {.len = HEADER};
    diameter_u32(&group, 266, 0, DIAMETER_3GPP);
    diameter_u32(&group, 258, 0, application);
    diameter_octets(out, AVP_VENDOR_APPLICATION, 0, 1, group.bytes + HEADER, group.len - HEADER);
}

void diameter_end(struct diameter_out *out)
{
    put(out->bytes + 1, (uint32_t)out->len, 3);
}

/* ---- in ---- */

size_t diameter_frame(const uint8_t *bytes, size_t len)
{
    if (len < 4)
        return len >= 1 && bytes[0] != 1 ? (size_t)-1 : 0;
    size_t told = get(bytes + 1, 3);
    return bytes[0] != 1 || told < HEADER || told % 4 != 0 ? (size_t)-1 : told;
}

struct avp {
    uint32_t code, vendor;
    const uint8_t *data;
    size_t len;
};

/* The next AVP of `len` octets; how many it takes, 0: it is malformed. */
static size_t avp_read(const uint8_t *at, size_t len, struct avp *avp)
{
    if (len < 8)
        return 0;
    size_t head = (at[4] & 0x80) != 0 ? 12 : 8;
    size_t told = get(at + 5, 3);
    size_t padded = (told + 3) & ~(size_t)3;
    if (told < head || told > len)
        return 0;
    *avp = (struct avp){.code = get(at, 4),
                        .vendor = head == 12 ? get(at + 8, 4) : 0,
                        .data = at + head,
                        .len = told - head};
    return padded < len ? padded : len;
}

static void take_text(const struct avp *avp, char text[128])
{
    size_t len = avp->len < 127 ? avp->len : 127;
    memcpy(text, avp->data, len);
    text[len] = '\0';
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    }
}

static uint32_t value_of(const struct avp *avp)
{
    return avp->len == 4 ? get(avp->data, 4) : 0;
}

/* The result within an Experimental-Result. */
static uint32_t experimental(const struct avp *group)
{
    struct avp avp;
    size_t at = 0;
    size_t size = 0;
    while (at < group->len && (size = avp_read(group->data + at, group->len - at, &avp)) != 0) {
        if (avp.code == AVP_EXPERIMENTAL_CODE && avp.vendor == 0)
            return value_of(&avp);
        at += size;
    }
    return 0;
}

static void take_avp(const struct avp *avp, struct diameter_in *in)
{
    if (avp->vendor != 0)
        return;
    switch (avp->code) {
    case 268:
        in->result = value_of(avp);
        break;
    case AVP_EXPERIMENTAL_RESULT:
        in->result = experimental(avp);
        break;
    case 258:
    case 259:
    case AVP_VENDOR_APPLICATION:
        in->applications++;
        break;
    case 264:
        take_text(avp, in->host);
        break;
    case 296:
        take_text(avp, in->realm);
        break;
    case 281:
        take_text(avp, in->message);
        break;
    default:
        break;
    }
}

int diameter_read(const uint8_t *bytes, size_t len, struct diameter_in *in)
{
    *in = (struct diameter_in){.flags = 0};
    if (len < HEADER || diameter_frame(bytes, len) != len)
        return 0;
    in->flags = bytes[4];
    in->command = get(bytes + 5, 3);
    in->application = get(bytes + 8, 4);
    in->hop = get(bytes + 12, 4);
    in->end = get(bytes + 16, 4);
    for (size_t at = HEADER; at < len;) {
        struct avp avp;
        size_t size = avp_read(bytes + at, len - at, &avp);
        if (size == 0)
            return 0;
        take_avp(&avp, in);
        at += size;
    }
    return 1;
}

const char *diameter_result_name(uint32_t result)
{
    static const struct {
        uint32_t result;
        const char *name;
    } list[] = {{2001, "DIAMETER_SUCCESS"},
                {3001, "DIAMETER_COMMAND_UNSUPPORTED"},
                {3002, "DIAMETER_UNABLE_TO_DELIVER"},
                {3003, "DIAMETER_REALM_NOT_SERVED"},
                {3004, "DIAMETER_TOO_BUSY"},
                {3007, "DIAMETER_APPLICATION_UNSUPPORTED"},
                {3010, "DIAMETER_UNKNOWN_PEER"},
                {4181, "DIAMETER_AUTHENTICATION_DATA_UNAVAILABLE"},
                {5001, "DIAMETER_ERROR_USER_UNKNOWN or AVP_UNSUPPORTED"},
                {5004, "DIAMETER_ERROR_ROAMING_NOT_ALLOWED or INVALID_AVP_VALUE"},
                {5010, "DIAMETER_NO_COMMON_APPLICATION"},
                {5012, "DIAMETER_UNABLE_TO_COMPLY"},
                {5420, "DIAMETER_ERROR_UNKNOWN_EPS_SUBSCRIPTION"},
                {5421, "DIAMETER_ERROR_RAT_NOT_ALLOWED"}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (list[i].result == result)
            return list[i].name;
    }
    return "";
}
