#include "message.h"

#include "elements.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- slices ---- */

int ngap_slice_read(const char *text, struct ngap_slice *slice)
{
    size_t digits = strspn(text, "0123456789");
    long sst = strtol(text, NULL, 10);
    const char *sd = text + digits;
    if (digits < 1 || digits > 3 || sst > 255)
        return 0;
    *slice = (struct ngap_slice){(uint8_t)sst, -1};
    if (*sd == '\0')
        return 1;
    if (*sd != ':' || strlen(sd) != 7 || strspn(sd + 1, "0123456789abcdefABCDEF") != 6)
        return 0;
    slice->sd = (int32_t)strtol(sd + 1, NULL, 16);
    return 1;
}

void ngap_slice_text(const struct ngap_slice *slice, char text[12])
{
    if (slice->sd < 0)
        snprintf(text, 12, "%u", slice->sst);
    else
        snprintf(text, 12, "%u:%06x", slice->sst, (unsigned)slice->sd & 0xffffff);
}

/* ---- out ---- */

size_t ngap_begin(struct aper_out *out, uint32_t choice, uint32_t elements)
{
    aper_put(out, choice, 3); /* no extension; the choice */
    aper_put_align(out);
    aper_put(out, NG_SETUP, 8);
    aper_put(out, REJECT, 2);
    size_t value = aper_begin(out);
    aper_put(out, 0, 1);
    aper_put_align(out);
    aper_put(out, elements, 16);
    return value;
}

size_t ngap_begin_element(struct aper_out *out, uint32_t id, uint32_t criticality)
{
    aper_put_align(out);
    aper_put(out, id, 16);
    aper_put(out, criticality, 2);
    return aper_begin(out);
}

/* GlobalRANNodeID: a gNB's, CHOICE alternative 0 of 4, of a BIT STRING (SIZE (22..32)). */
static void put_node(struct aper_out *out, const struct ngap_setup *setup)
{
    size_t ie = ngap_begin_element(out, ID_RAN_NODE, REJECT);
    aper_put(out, 0, 2 + 1 + 1); /* choice; no extension, no iE-Extensions */
    aper_put_octets(out, setup->owner, PLMN_OCTETS);
    aper_put(out, 0, 1); /* choice gNB-ID */
    aper_put(out, setup->bits - 22, 4);
    aper_put_align(out);
    aper_put(out, setup->gnb, setup->bits);
    aper_end(out, ie);
}

void ngap_put_name(struct aper_out *out, uint32_t id, uint32_t criticality, const char *name)
{
    size_t ie = ngap_begin_element(out, id, criticality);
    aper_put(out, 0, 1);
    aper_put(out, (uint32_t)strlen(name) - 1, 8);
    aper_put_octets(out, name, strlen(name));
    aper_end(out, ie);
}

void ngap_put_slice(struct aper_out *out, const struct ngap_slice *slice)
{
    const uint8_t sd[] = {(uint8_t)(slice->sd >> 16), (uint8_t)(slice->sd >> 8),
                          (uint8_t)slice->sd};
    aper_put(out, 0, 1 + 1);                  /* SliceSupportItem: nothing more */
    aper_put(out, 0, 1);                      /* S-NSSAI: no extension */
    aper_put(out, slice->sd >= 0 ? 2 : 0, 2); /* sD, no iE-Extensions */
    aper_put(out, slice->sst, 8);
    if (slice->sd >= 0)
        aper_put_octets(out, sd, 3);
}

/* One tracking area, in which one network is broadcast. */
static void put_area(struct aper_out *out, const struct ngap_setup *setup)
{
    const uint8_t tac[] = {(uint8_t)(setup->tac >> 16), (uint8_t)(setup->tac >> 8),
                           (uint8_t)setup->tac};
    size_t ie = ngap_begin_element(out, ID_TA_LIST, REJECT);
    aper_put(out, 0, 8);     /* one of 256 */
    aper_put(out, 0, 1 + 1); /* SupportedTAItem: nothing more */
    aper_put_octets(out, tac, 3);
    aper_put(out, 0, 4);     /* one of 12 */
    aper_put(out, 0, 1 + 1); /* BroadcastPLMNItem: nothing more */
    aper_put_octets(out, setup->plmn, PLMN_OCTETS);
    aper_put(out, (uint32_t)setup->slices_count - 1, 16);
    for (size_t i = 0; i < setup->slices_count; i++)
        ngap_put_slice(out, &setup->slices[i]);
    aper_end(out, ie);
}

size_t ngap_request(const struct ngap_setup *setup, uint8_t bytes[NGAP_REQUEST_MAX])
{
    struct aper_out out = {.room = NGAP_REQUEST_MAX};
    out.bytes = bytes;
    size_t value = ngap_begin(&out, INITIATING, 4);
    put_node(&out, setup);
    ngap_put_name(&out, ID_RAN_NAME, IGNORE, setup->name);
    put_area(&out, setup);
    size_t ie = ngap_begin_element(&out, ID_PAGING_DRX, IGNORE);
    aper_put(&out, 2, 1 + 2); /* v128 */
    aper_end(&out, ie);
    aper_end(&out, value);
    return out.bad ? 0 : aper_octets(&out);
}

/* ---- in ---- */

/* PrintableString (SIZE (1..150, ...)), of a longer one the beginning. name: NULL, it is not kept.
 */
static void take_name(struct aper_in *in, char *name)
{
    const uint8_t *octets = NULL;
    size_t len = 0;
    if (aper_get(in, 1) != 0) {
        struct aper_in longer = aper_open(in); /* length and octets, as an open type has them */
        octets = longer.bytes;
        len = longer.len < NGAP_NAME_BYTES - 1 ? longer.len : NGAP_NAME_BYTES - 1;
    } else {
        len = aper_get(in, 8) + 1;
        octets = len < NGAP_NAME_BYTES ? aper_get_octets(in, len) : NULL;
    }
    if (octets == NULL) {
        in->bad = 1;
        return;
    }
    for (size_t i = 0; name != NULL && i < len; i++)
        name[i] = (char)(octets[i] >= ' ' && octets[i] <= '~' ? octets[i] : '?');
    if (name != NULL)
        name[len] = '\0';
}

void ngap_take_rest(struct aper_in *in, uint32_t extensions, uint32_t additions)
{
    if (extensions != 0)
        aper_skip_extensions(in);
    if (additions != 0)
        aper_skip_additions(in);
}

/* ServedGUAMIItem; all that is kept is that there is one. */
static void take_guami(struct aper_in *in)
{
    uint32_t additions = aper_get(in, 1);
    uint32_t backup = aper_get(in, 1);
    uint32_t extensions = aper_get(in, 1);
    uint32_t own_additions = aper_get(in, 1);
    uint32_t own_extensions = aper_get(in, 1);
    aper_get_octets(in, PLMN_OCTETS);
    aper_get(in, 8 + 10 + 6); /* region, set, pointer */
    ngap_take_rest(in, own_extensions, own_additions);
    if (backup != 0)
        take_name(in, NULL);
    ngap_take_rest(in, extensions, additions);
}

void ngap_take_slices(struct aper_in *in, uint32_t most, struct ngap_network *network)
{
    uint32_t count = aper_count(in, most);
    for (uint32_t i = 0; i < count && !in->bad; i++) {
        struct ngap_slice slice = {0, -1};
        uint32_t additions = aper_get(in, 1);
        uint32_t extensions = aper_get(in, 1);
        uint32_t own_additions = aper_get(in, 1);
        uint32_t has_sd = aper_get(in, 1);
        uint32_t own_extensions = aper_get(in, 1);
        slice.sst = (uint8_t)aper_get(in, 8);
        const uint8_t *sd = has_sd != 0 ? aper_get_octets(in, 3) : NULL;
        if (sd != NULL)
            slice.sd = sd[0] << 16 | sd[1] << 8 | sd[2];
        ngap_take_rest(in, own_extensions, own_additions);
        ngap_take_rest(in, extensions, additions);
        if (!in->bad && network->slices_count < NGAP_SLICES_MAX)
            network->slices[network->slices_count++] = slice;
    }
}

/* Extensions of a PLMNSupportItem: among them the slices beyond the first 1024. */
static void take_network_extensions(struct aper_in *in, struct ngap_network *network)
{
    uint32_t count = aper_count(in, 65535);
    for (uint32_t i = 0; i < count && !in->bad; i++) {
        const uint8_t *id = aper_get_octets(in, 2);
        aper_get(in, 2);
        struct aper_in value = aper_open(in);
        if (id != NULL && (id[0] << 8 | id[1]) == ID_EXTENDED_SLICES) {
            ngap_take_slices(&value, 65535, network);
            in->bad |= value.bad;
        }
    }
}

static void take_networks(struct aper_in *in, struct ngap_answer *answer)
{
    uint32_t count = aper_count(in, NGAP_PLMNS_MAX);
    answer->networks_count = 0;
    for (uint32_t i = 0; i < count && !in->bad; i++) {
        struct ngap_network *network = &answer->networks[i];
        uint32_t additions = aper_get(in, 1);
        uint32_t extensions = aper_get(in, 1);
        const uint8_t *plmn = aper_get_octets(in, PLMN_OCTETS);
        network->slices_count = 0;
        if (plmn == NULL)
            return;
        memcpy(network->plmn, plmn, PLMN_OCTETS);
        ngap_take_slices(in, 1024, network);
        if (extensions != 0)
            take_network_extensions(in, network);
        ngap_take_rest(in, 0, additions);
        answer->networks_count = i + 1;
    }
}

/* Cause: a CHOICE of 6, each an ENUMERATED. */
static void take_cause(struct aper_in *in, struct ngap_answer *answer)
{
    static const struct {
        unsigned bits;
        uint32_t root;
    } groups[] = {{6, 45}, {1, 2}, {2, 4}, {3, 7}, {3, 6}};
    uint32_t group = aper_get(in, 3);
    if (group >= sizeof groups / sizeof groups[0])
        return; /* a group of a later version */
    uint32_t cause = aper_enumerated(in, groups[group].bits, groups[group].root);
    if (in->bad)
        return;
    answer->cause_group = (int)group;
    answer->cause = (int)cause;
}

static void take_wait(struct aper_in *in, struct ngap_answer *answer)
{
    static const int seconds[] = {1, 2, 5, 10, 20, 60};
    uint32_t wait = aper_enumerated(in, 3, 6);
    if (!in->bad && wait < 6)
        answer->wait_s = seconds[wait];
}

/* One element; `had` gets the bit of those that a response must have. */
static void take_ie(uint32_t id, struct aper_in *in, struct ngap_answer *answer, unsigned *had)
{
    switch (id) {
    case ID_AMF_NAME:
        take_name(in, answer->amf);
        *had |= 1;
        break;
    case ID_GUAMIS:
        answer->guamis = aper_count(in, 256);
        for (unsigned i = 0; i < answer->guamis && !in->bad; i++)
            take_guami(in);
        *had |= 2;
        break;
    case ID_CAPACITY:
        answer->capacity = aper_get(in, 8);
        *had |= 4;
        break;
    case ID_PLMN_SUPPORT:
        take_networks(in, answer);
        *had |= 8;
        break;
    case ID_CAUSE:
        take_cause(in, answer);
        *had |= 16;
        break;
    case ID_TIME_TO_WAIT:
        take_wait(in, answer);
        break;
    default:
        break;
    }
}

enum ngap_kind ngap_read(const uint8_t *bytes, size_t len, struct ngap_answer *answer)
{
    struct aper_in in = {.bytes = bytes, .len = len};
    unsigned had = 0;
    memset(answer, 0, sizeof *answer);
    answer->cause_group = answer->cause = answer->wait_s = -1;
    uint32_t outside = aper_get(&in, 1);
    uint32_t choice = aper_get(&in, 2);
    aper_get_align(&in);
    uint32_t procedure = aper_get(&in, 8);
    aper_get(&in, 2);
    struct aper_in value = aper_open(&in);
    if (in.bad || outside != 0 || choice > UNSUCCESSFUL)
        return NGAP_NONSENSE;
    if (!(procedure == NG_SETUP && choice != INITIATING) &&
        !(procedure == ERROR_INDICATION && choice == INITIATING))
        return NGAP_OTHER;
    aper_get(&value, 1); /* what a later version appends stands behind the elements */
    aper_get_align(&value);
    uint32_t count = aper_get(&value, 16);
    for (uint32_t i = 0; i < count && !value.bad; i++) {
        uint32_t id = aper_get(&value, 16);
        aper_get(&value, 2);
        struct aper_in element = aper_open(&value);
        take_ie(id, &element, answer, &had);
        value.bad |= element.bad;
    }
    if (value.bad)
        return NGAP_NONSENSE;
    if (procedure == ERROR_INDICATION)
        return NGAP_ERROR;
    if (choice == UNSUCCESSFUL)
        return (had & 16) != 0 ? NGAP_FAILURE : NGAP_NONSENSE;
    return (had & 15) == 15 ? NGAP_RESPONSE : NGAP_NONSENSE;
}
