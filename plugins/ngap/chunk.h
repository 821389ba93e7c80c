/* The chunks of an SCTP packet (RFC 9260 §3), read over and timed while libusrsctp does the
 * protocol. Pure. */
#ifndef ND_PLUGINS_NGAP_CHUNK_H
#define ND_PLUGINS_NGAP_CHUNK_H
#include <stddef.h>
#include <stdint.h>

#define SCTP_HEADER 12 /* common header: ports, verification tag, checksum */

enum {
    CHUNK_INIT = 1,
    CHUNK_HEARTBEAT = 4,
    CHUNK_HEARTBEAT_ACK = 5,
    CHUNK_ABORT = 6,
    CHUNK_ERROR = 9
};

struct chunk {
    uint8_t type;
    const uint8_t *value;
    size_t len; /* of the value */
};

/* The chunk at *at (SCTP_HEADER at first), and *at behind it; 0: there is no more. */
int chunk_next(const uint8_t *packet, size_t len, size_t *at, struct chunk *chunk);
/* Source and destination port of a packet of at least SCTP_HEADER octets. */
int chunk_ports(const uint8_t *packet, size_t len, uint16_t from, uint16_t to);
/* The code of the first cause in an ABORT (§3.3.10), 0: none is told. */
unsigned chunk_abort_cause(const struct chunk *chunk);
/* In words; "" for one that is not in the list. */
const char *chunk_cause_name(unsigned cause);

#endif
