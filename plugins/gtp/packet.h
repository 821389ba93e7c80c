/* Echo messages of the GPRS tunnelling protocol: GTPv2-C (TS 29.274 §5.1, §7.1), GTPv1-C (TS 29.060
 * §6, §7.2) and GTP-U (TS 29.281 §5.1, §7.2). Pure. */
#ifndef ND_PLUGINS_GTP_PACKET_H
#define ND_PLUGINS_GTP_PACKET_H
#include <stddef.h>
#include <stdint.h>

enum gtp_kind { GTP_V2C, GTP_V1C, GTP_U, GTP_KINDS };

#define GTP_ECHO_MAX 16

/* UDP port of a kind: 2123 or 2152. */
int gtp_port(enum gtp_kind kind);
/* Sequence numbers lie below this: 2^24 in version 2, 2^16 else. */
uint32_t gtp_sequences(enum gtp_kind kind);

/* An echo request; restart: our restart counter, which version 2 has to tell. Returns its octets.
 */
size_t gtp_echo(enum gtp_kind kind, uint32_t sequence, uint8_t restart,
                uint8_t bytes[GTP_ECHO_MAX]);

enum gtp_said { GTP_NONSENSE, GTP_OTHER, GTP_ECHOED, GTP_NOT_SUPPORTED };

struct gtp_answer {
    uint32_t sequence;
    int recovery; /* the peer's restart counter, -1: not told */
};

/* What a packet that came is: no message of that version, another one, an echo response, or the
 * notice that the version is not supported (which may have sequence 0). */
enum gtp_said gtp_read(enum gtp_kind kind, const uint8_t *bytes, size_t len,
                       struct gtp_answer *answer);

#endif
