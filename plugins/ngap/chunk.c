#include "chunk.h"

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

int chunk_next(const uint8_t *packet, size_t len, size_t *at, struct chunk *chunk)
{
    if (len < 4 || *at > len - 4)
        return 0;
    size_t told = get16(packet + *at + 2);
    if (told < 4 || told > len - *at)
        return 0;
    *chunk = (struct chunk){packet[*at], packet + *at + 4, told - 4};
    *at += (told + 3) / 4 * 4;
    return 1;
}

int chunk_ports(const uint8_t *packet, size_t len, uint16_t from, uint16_t to)
{
    return len >= SCTP_HEADER && get16(packet) == from && get16(packet + 2) == to;
}

unsigned chunk_abort_cause(const struct chunk *chunk)
{
    return chunk->len >= 4 ? get16(chunk->value) : 0;
}

const char *chunk_cause_name(unsigned cause)
{
    static const char *const names[] = {
        "",
        "invalid stream identifier",
        "missing mandatory parameter",
        "stale cookie",
        "out of resource",
        "unresolvable address",
        "unrecognized chunk type",
        "invalid mandatory parameter",
        "unrecognized parameters",
        "no user data",
        "cookie received while shutting down",
        "restart of an association with new addresses",
        "user-initiated abort",
        "protocol violation",
    };
    return cause < sizeof names / sizeof names[0] ? names[cause] : "";
}
