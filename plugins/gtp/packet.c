#include "packet.h"

#include <string.h>

#define ECHO_REQUEST  1
#define ECHO_RESPONSE 2
#define NOT_SUPPORTED 3

#define RECOVERY_V1 14
#define RECOVERY_V2 3

int gtp_port(enum gtp_kind kind)
{
    return kind == GTP_U ? 2152 : 2123;
}

uint32_t gtp_sequences(enum gtp_kind kind)
{
    return kind == GTP_V2C ? 1U << 24 : 1U << 16;
}

/* The length counts what follows the first 4 octets in version 2, the first 8 in version 1. */
size_t gtp_echo(enum gtp_kind kind, uint32_t sequence, uint8_t restart, uint8_t bytes[GTP_ECHO_MAX])
{
    memset(bytes, 0, GTP_ECHO_MAX);
    bytes[1] = ECHO_REQUEST;
    if (kind == GTP_V2C) {
        bytes[0] = 2 << 5;
        bytes[3] = 9;
        bytes[4] = (uint8_t)(sequence >> 16);
        bytes[5] = (uint8_t)(sequence >> 8);
        bytes[6] = (uint8_t)sequence;
        bytes[8] = RECOVERY_V2; /* type, length 1, instance 0, value */
        bytes[10] = 1;
        bytes[12] = restart;
        return 13;
    }
    bytes[0] = 1 << 5 | 1 << 4 | 1 << 1; /* version 1, GTP (not GTP'), with a sequence number */
    bytes[3] = 4;
    bytes[8] = (uint8_t)(sequence >> 8);
    bytes[9] = (uint8_t)sequence;
    return 12;
}

static int recovery_v2(const uint8_t *at, size_t len)
{
    while (len >= 4) {
        size_t value = (size_t)(at[1] << 8 | at[2]);
        if (value > len - 4)
            return -1;
        if (at[0] == RECOVERY_V2 && value >= 1)
            return at[4];
        at += 4 + value;
        len -= 4 + value;
    }
    return -1;
}

/* In version 1 elements below 128 have a length fixed by their type; recovery's is 1, and of the
 * others an echo response has only the private extension (255, with a length). */
static int recovery_v1(const uint8_t *at, size_t len)
{
    return len >= 2 && at[0] == RECOVERY_V1 ? at[1] : -1;
}

static enum gtp_said said_of(uint8_t type)
{
    if (type == ECHO_RESPONSE)
        return GTP_ECHOED;
    return type == NOT_SUPPORTED ? GTP_NOT_SUPPORTED : GTP_OTHER;
}

static enum gtp_said read_v2(const uint8_t *bytes, size_t len, struct gtp_answer *answer)
{
    int tunnel = (bytes[0] >> 3 & 1) != 0;
    size_t header = tunnel ? 12 : 8;
    size_t told = 4 + (size_t)(bytes[2] << 8 | bytes[3]);
    if (len < header || told < header || told > len)
        return GTP_NONSENSE;
    const uint8_t *sequence = bytes + header - 4;
    answer->sequence = (uint32_t)sequence[0] << 16 | (uint32_t)sequence[1] << 8 | sequence[2];
    answer->recovery = recovery_v2(bytes + header, told - header);
    return said_of(bytes[1]);
}

static enum gtp_said read_v1(const uint8_t *bytes, size_t len, struct gtp_answer *answer)
{
    size_t told = 8 + (size_t)(bytes[2] << 8 | bytes[3]);
    if (len < 8 || told > len || (bytes[0] & 1 << 4) == 0)
        return GTP_NONSENSE;
    /* Any of the three flags brings all three fields. */
    if ((bytes[0] & 7) != 0 && told >= 12) {
        answer->sequence = (uint32_t)(bytes[8] << 8 | bytes[9]);
        if (bytes[11] == 0 || (bytes[0] & 4) == 0)
            answer->recovery = recovery_v1(bytes + 12, told - 12);
    } else if (bytes[1] == ECHO_RESPONSE) {
        return GTP_NONSENSE; /* an echo response has a sequence number */
    }
    return said_of(bytes[1]);
}

enum gtp_said gtp_read(enum gtp_kind kind, const uint8_t *bytes, size_t len,
                       struct gtp_answer *answer)
{
    *answer = (struct gtp_answer){.recovery = -1};
    if (len < 4)
        return GTP_NONSENSE;
    int version = bytes[0] >> 5;
    /* Whoever does not know a version says so in the one it knows. */
    if (version != (kind == GTP_V2C ? 2 : 1))
        return bytes[1] == NOT_SUPPORTED ? GTP_NOT_SUPPORTED : GTP_NONSENSE;
    return kind == GTP_V2C ? read_v2(bytes, len, answer) : read_v1(bytes, len, answer);
}
