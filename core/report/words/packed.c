#include "report/words/packed.h"

#include "base/err.h"
#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A value is an octet that tells its type, then what it is: an integer in as many octets as it
 * needs (seven bits each, the sign in the lowest), a real in eight, a text after its length, an
 * array or object after the length of what is in it, so that it can be passed over. */

enum tag { NONE, TRUE, FALSE, INTEGER, REAL, TEXT, ARRAY, OBJECT };

/* Keys that are told by their number, in the order in which they come: as a rule the next is the
 * one that is looked for. Any other key is written out. */
static const char *const keys[] = {"id",
                                   "name",
                                   "label",
                                   "label_zh",
                                   "plugin",
                                   "verb",
                                   "reading",
                                   "unit",
                                   "target",
                                   "vantage",
                                   "opened_rel_ns",
                                   "every_ns",
                                   "deadline_ns",
                                   "count",
                                   "answered",
                                   "missed",
                                   "loss",
                                   "min",
                                   "p50",
                                   "p95",
                                   "p99",
                                   "max",
                                   "jitter",
                                   "completeness",
                                   "till_rel_ns",
                                   "lengths",
                                   "per_decade",
                                   "bins",
                                   "all",
                                   "p50_ns",
                                   "p95_ns",
                                   "longest_ns",
                                   "sum_ns",
                                   "injected",
                                   "unexpected",
                                   "interruptions",
                                   "from_rel_ns",
                                   "last_good_rel_ns",
                                   "last_lost_rel_ns",
                                   "length_ns",
                                   "uncertainty_ns",
                                   "lost",
                                   "next_rel_ns",
                                   "class",
                                   "interruptions_left",
                                   "availability",
                                   "availability_without_injected",
                                   "all_time",
                                   "sent",
                                   "missing",
                                   "without_injected",
                                   "minutes",
                                   "counted",
                                   "good",
                                   "columns",
                                   "address",
                                   "operator"};
#define KEYS    (sizeof keys / sizeof keys[0])
#define IN_FULL 255 /* no number of a key: its text follows */

/* ---- packing ---- */

struct packing {
    struct nd_buf out;
    size_t next; /* key */
};

static void put_octet(struct packing *to, unsigned octet)
{
    char one = (char)octet;
    nd_buf_add(&to->out, &one, 1);
}

static void put_number(struct packing *to, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        put_octet(to, 0x80 | (unsigned)(number & 0x7f));
    put_octet(to, (unsigned)number);
}

static void put_text(struct packing *to, const char *text, size_t len_bytes)
{
    put_number(to, len_bytes);
    nd_buf_add(&to->out, text, len_bytes);
}

static void put_key(struct packing *to, const char *key)
{
    for (size_t i = 0; i < KEYS; i++) {
        size_t number = (to->next + i) % KEYS;
        if (strcmp(keys[number], key) != 0)
            continue;
        to->next = number + 1;
        put_octet(to, (unsigned)number);
        return;
    }
    put_octet(to, IN_FULL);
    put_text(to, key, strlen(key));
}

static void put_integer(struct packing *to, json_int_t integer)
{
    uint64_t sign = integer < 0 ? UINT64_MAX : 0;
    put_octet(to, INTEGER);
    put_number(to, ((uint64_t)integer << 1) ^ sign);
}

static void put_real(struct packing *to, double real)
{
    char octets[sizeof real];
    memcpy(octets, &real, sizeof real);
    put_octet(to, REAL);
    nd_buf_add(&to->out, octets, sizeof octets);
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tree */
static void put_value(struct packing *to, const json_t *value)
{
    uint32_t len_bytes = 0;
    size_t i = 0;
    const char *key = NULL;
    json_t *one = NULL;
    if (json_is_integer(value)) {
        put_integer(to, json_integer_value(value));
    } else if (json_is_real(value)) {
        put_real(to, json_real_value(value));
    } else if (json_is_string(value)) {
        put_octet(to, TEXT);
        put_text(to, json_string_value(value), json_string_length(value));
    } else if (json_is_array(value) || json_is_object(value)) {
        put_octet(to, json_is_array(value) ? ARRAY : OBJECT);
        nd_buf_add(&to->out, (const char *)&len_bytes, sizeof len_bytes);
        size_t begin = to->out.len_bytes;
        json_array_foreach(value, i, one) put_value(to, one);
        json_object_foreach((json_t *)value, key, one)
        {
            put_key(to, key);
            put_value(to, one);
        }
        len_bytes = (uint32_t)(to->out.len_bytes - begin);
        memcpy(to->out.text + begin - sizeof len_bytes, &len_bytes, sizeof len_bytes);
    } else {
        put_octet(to, json_is_true(value) ? TRUE : json_is_false(value) ? FALSE : NONE);
    }
}

json_t *nd_packed(json_t *tree)
{
    struct packing to = {.next = 0};
    put_value(&to, tree);
    json_t *out = json_stringn_nocheck(to.out.text, to.out.len_bytes);
    nd_buf_deinit(&to.out);
    json_decref(tree);
    return out;
}

/* ---- unpacking ---- */

struct unpacking {
    const unsigned char *at, *end;
};

static uint64_t take_number(struct unpacking *from)
{
    uint64_t number = *from->at & 0x7f;
    for (unsigned shift = 7; *from->at++ >= 0x80; shift += 7)
        number |= (uint64_t)(*from->at & 0x7f) << shift;
    return number;
}

static const char *take_octets(struct unpacking *from, size_t len_bytes)
{
    const char *octets = (const char *)from->at;
    from->at += len_bytes;
    return octets;
}

static enum tag take_tag(struct unpacking *from)
{
    ND_CHECK(from->at != NULL && from->at < from->end);
    return (enum tag) * from->at++;
}

/* Not ended by a zero. */
static const char *take_key(struct unpacking *from, size_t *len_bytes)
{
    unsigned number = *from->at++;
    if (number != IN_FULL) {
        *len_bytes = strlen(keys[number]);
        return keys[number];
    }
    *len_bytes = (size_t)take_number(from);
    return take_octets(from, *len_bytes);
}

/* What is in the array or object that begins here; from: what follows it. */
static struct unpacking take_inner(struct unpacking *from)
{
    uint32_t len_bytes = 0;
    memcpy(&len_bytes, take_octets(from, sizeof len_bytes), sizeof len_bytes);
    const unsigned char *begin = (const unsigned char *)take_octets(from, len_bytes);
    return (struct unpacking){begin, from->at};
}

static json_t *take_integer(struct unpacking *from)
{
    uint64_t number = take_number(from);
    uint64_t sign = (number & 1) != 0 ? UINT64_MAX : 0;
    return json_integer((json_int_t)((number >> 1) ^ sign));
}

static json_t *take_real(struct unpacking *from)
{
    double real = 0;
    memcpy(&real, take_octets(from, sizeof real), sizeof real);
    return json_real(real);
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tree */
static json_t *take_value(struct unpacking *from)
{
    enum tag tag = take_tag(from);
    if (tag == INTEGER)
        return take_integer(from);
    if (tag == REAL)
        return take_real(from);
    if (tag == TEXT) {
        size_t len_bytes = (size_t)take_number(from);
        return json_stringn_nocheck(take_octets(from, len_bytes), len_bytes);
    }
    if (tag != ARRAY && tag != OBJECT)
        return tag == NONE ? json_null() : json_boolean(tag == TRUE);
    struct unpacking inner = take_inner(from);
    json_t *out = tag == ARRAY ? json_array() : json_object();
    while (inner.at < inner.end) {
        size_t len_bytes = 0;
        const char *key = tag == OBJECT ? take_key(&inner, &len_bytes) : NULL;
        if (key != NULL)
            json_object_setn_new_nocheck(out, key, len_bytes, take_value(&inner));
        else
            json_array_append_new(out, take_value(&inner));
    }
    return out;
}

static void pass_over(struct unpacking *from)
{
    enum tag tag = take_tag(from);
    if (tag == INTEGER)
        take_number(from);
    else if (tag == REAL)
        take_octets(from, sizeof(double));
    else if (tag == TEXT)
        take_octets(from, (size_t)take_number(from));
    else if (tag == ARRAY || tag == OBJECT)
        take_inner(from);
}

static struct unpacking begin(const json_t *entry)
{
    const unsigned char *octets = (const unsigned char *)json_string_value(entry);
    return (struct unpacking){octets, octets + json_string_length(entry)};
}

json_t *nd_unpacked(const json_t *entry)
{
    if (!json_is_string(entry))
        return json_incref((json_t *)entry);
    struct unpacking from = begin(entry);
    return take_value(&from);
}

json_t *nd_part(const json_t *entry, const char *key)
{
    if (!json_is_string(entry))
        return json_incref(json_object_get(entry, key));
    struct unpacking from = begin(entry);
    size_t wanted = strlen(key);
    from.at++; /* an object, by nd_packed */
    for (struct unpacking inner = take_inner(&from); inner.at < inner.end; pass_over(&inner)) {
        size_t len_bytes = 0;
        const char *name = take_key(&inner, &len_bytes);
        if (len_bytes == wanted && memcmp(name, key, wanted) == 0)
            return take_value(&inner);
    }
    return NULL;
}

json_int_t nd_part_int(const json_t *entry, const char *key)
{
    json_t *part = nd_part(entry, key);
    json_int_t number = json_integer_value(part);
    json_decref(part);
    return number;
}

void nd_repack(json_t *list, size_t place, json_t *tree)
{
    bool packed = json_is_string(json_array_get(list, place));
    json_array_set_new(list, place, packed ? nd_packed(tree) : tree);
}
