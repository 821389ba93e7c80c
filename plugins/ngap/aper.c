#include "aper.h"

#include <string.h>

/* ---- out ---- */

size_t aper_octets(const struct aper_out *out)
{
    return (out->bits + 7) / 8;
}

void aper_put(struct aper_out *out, uint32_t value, unsigned bits)
{
    if (out->bad || out->bits + bits > out->room * 8) {
        out->bad = 1;
        return;
    }
    for (unsigned i = bits; i-- > 0; out->bits++) {
        uint8_t *octet = &out->bytes[out->bits / 8];
        if (out->bits % 8 == 0)
            *octet = 0;
        *octet = (uint8_t)(*octet | (value >> i & 1) << (7 - out->bits % 8));
    }
}

void aper_put_align(struct aper_out *out)
{
    out->bits = aper_octets(out) * 8;
}

void aper_put_octets(struct aper_out *out, const void *octets, size_t len)
{
    aper_put_align(out);
    if (out->bad || len > out->room - out->bits / 8) {
        out->bad = 1;
        return;
    }
    memcpy(out->bytes + out->bits / 8, octets, len);
    out->bits += len * 8;
}

size_t aper_begin(struct aper_out *out)
{
    aper_put_align(out);
    aper_put(out, 0, 16);
    return out->bits / 8;
}

void aper_end(struct aper_out *out, size_t begun)
{
    aper_put_align(out);
    if (out->bad)
        return;
    size_t len = out->bits / 8 - begun;
    if (len > 16383) {
        out->bad = 1;
    } else if (len > 127) {
        out->bytes[begun - 2] = (uint8_t)(0x80 | len >> 8);
        out->bytes[begun - 1] = (uint8_t)len;
    } else {
        out->bytes[begun - 2] = (uint8_t)len;
        memmove(out->bytes + begun - 1, out->bytes + begun, len);
        out->bits -= 8;
    }
}

/* ---- in ---- */

uint32_t aper_get(struct aper_in *in, unsigned bits)
{
    uint32_t value = 0;
    if (in->bad || bits > in->len * 8 - in->bit) {
        in->bad = 1;
        return 0;
    }
    for (unsigned i = 0; i < bits; i++, in->bit++)
        value = value << 1 | (in->bytes[in->bit / 8] >> (7 - in->bit % 8) & 1);
    return value;
}

void aper_get_align(struct aper_in *in)
{
    in->bit = (in->bit + 7) / 8 * 8;
}

const uint8_t *aper_get_octets(struct aper_in *in, size_t len)
{
    aper_get_align(in);
    if (in->bad || len > in->len - in->bit / 8) {
        in->bad = 1;
        return NULL;
    }
    const uint8_t *octets = in->bytes + in->bit / 8;
    in->bit += len * 8;
    return octets;
}

struct aper_in aper_open(struct aper_in *in)
{
    aper_get_align(in);
    uint32_t len = aper_get(in, 8);
    /* 10xxxxxx xxxxxxxx: up to 16383; 11xxxxxx: in pieces, which nothing of a set-up comes to */
    if ((len & 0x80) != 0)
        len = (len & 0x3f) << 8 | aper_get(in, 8) | (len & 0x40) << 16;
    const uint8_t *octets = aper_get_octets(in, len);
    return (struct aper_in){.bytes = octets, .len = octets != NULL ? len : 0, .bad = in->bad};
}

uint32_t aper_count(struct aper_in *in, uint32_t most)
{
    unsigned bits = 0;
    if (most >= 256)
        aper_get_align(in);
    if (most > 256)
        bits = 16;
    else
        while (1u << bits < most)
            bits++;
    uint32_t count = aper_get(in, bits) + 1;
    if (count > most)
        in->bad = 1;
    return in->bad ? 0 : count;
}

/* A "normally small" number (X.691 §11.6); those of more than six bits are not met. */
static uint32_t small(struct aper_in *in)
{
    if (aper_get(in, 1) != 0)
        in->bad = 1;
    return aper_get(in, 6);
}

uint32_t aper_enumerated(struct aper_in *in, unsigned root_bits, uint32_t root)
{
    if (aper_get(in, 1) != 0)
        return root + small(in);
    uint32_t value = aper_get(in, root_bits);
    if (value >= root)
        in->bad = 1;
    return in->bad ? 0 : value;
}

void aper_skip_extensions(struct aper_in *in)
{
    uint32_t count = aper_count(in, 65535);
    for (uint32_t i = 0; i < count && !in->bad; i++) {
        aper_get_octets(in, 2); /* id */
        aper_get(in, 2);        /* criticality */
        aper_open(in);
    }
}

void aper_skip_additions(struct aper_in *in)
{
    uint32_t count = small(in) + 1;
    uint32_t present = 0;
    for (uint32_t i = 0; i < count; i++)
        present += aper_get(in, 1);
    for (uint32_t i = 0; i < present && !in->bad; i++)
        aper_open(in);
}
