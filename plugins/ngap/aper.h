/* ASN.1 Packed Encoding Rules, basic aligned variant (ITU-T X.691), as far as NGAP's set-up
 * messages need them. Pure. Both sides keep their bounds themselves: what does not fit, or is not
 * there, sets `bad`, and everything after that is zero. */
#ifndef ND_PLUGINS_NGAP_APER_H
#define ND_PLUGINS_NGAP_APER_H
#include <stddef.h>
#include <stdint.h>

struct aper_out {
    uint8_t *bytes;
    size_t bits, room; /* room: octets */
    int bad;
};

struct aper_in {
    const uint8_t *bytes;
    size_t bit, len; /* len: octets */
    int bad;
};

/* Octets written so far. */
size_t aper_octets(const struct aper_out *out);
void aper_put(struct aper_out *out, uint32_t value, unsigned bits);
/* Goes on at the next octet. */
void aper_put_align(struct aper_out *out);
void aper_put_octets(struct aper_out *out, const void *octets, size_t len);
/* Keeps a place for an open type's length, which is written by aper_end: at most 16383 octets
 * (X.691 §11.9.3.6), always in two octets' room and moved together when one is enough. */
size_t aper_begin(struct aper_out *out);
void aper_end(struct aper_out *out, size_t begun);

/* bits: at most 32. */
uint32_t aper_get(struct aper_in *in, unsigned bits);
void aper_get_align(struct aper_in *in);
/* `len` octets from the next octet on, borrowed; NULL: they are not there. */
const uint8_t *aper_get_octets(struct aper_in *in, size_t len);
/* The content of an open type, its length told in fewer than 16384 octets. */
struct aper_in aper_open(struct aper_in *in);
/* A count of 1 to `most`, as SEQUENCE (SIZE (1..most)) OF tells it (X.691 §11.5.7). */
uint32_t aper_count(struct aper_in *in, uint32_t most);
/* An ENUMERATED with an extension marker and `root` values before it; values of the extension go on
 * from there. */
uint32_t aper_enumerated(struct aper_in *in, unsigned root_bits, uint32_t root);
/* A ProtocolExtensionContainer, and what a newer version of a SEQUENCE appends: passed over. */
void aper_skip_extensions(struct aper_in *in);
void aper_skip_additions(struct aper_in *in);

#endif
