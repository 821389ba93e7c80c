/* NGAP's set-up messages (TS 38.413 §8.7.1, §9.2.6; ASN.1 in §9.4) in APER. Pure. */
#ifndef ND_PLUGINS_NGAP_MESSAGE_H
#define ND_PLUGINS_NGAP_MESSAGE_H
#include "../common/plmn.h"

#include <stddef.h>
#include <stdint.h>

#define NGAP_PORT 38412 /* TS 38.412 §7 */
#define NGAP_PPID 60    /* of SCTP, RFC 9260 §3.3.1; network byte order on the line */

#define NGAP_SLICES_MAX  64 /* that are kept of a network's */
#define NGAP_PLMNS_MAX   12 /* maxnoofPLMNs */
#define NGAP_NAME_BYTES  151
#define NGAP_REQUEST_MAX 700

/* A slice: S-NSSAI (TS 23.003 §28.4). */
struct ngap_slice {
    uint8_t sst;
    int32_t sd; /* 0 to 0xffffff, -1: none */
};

struct ngap_setup {
    uint8_t owner[PLMN_OCTETS]; /* the network that gave the gNB its number */
    uint32_t gnb;               /* below 2^bits */
    unsigned bits;              /* 22 to 32 */
    const char *name;           /* letters, digits, spaces; at most 150 */
    uint32_t tac;               /* below 2^24 */
    uint8_t plmn[PLMN_OCTETS];  /* that is broadcast */
    const struct ngap_slice *slices;
    size_t slices_count; /* 1 to NGAP_SLICES_MAX */
};

/* An NG SETUP REQUEST; returns its octets. */
size_t ngap_request(const struct ngap_setup *setup, uint8_t bytes[NGAP_REQUEST_MAX]);

/* "1" or "1:010203" (SST, 0 to 255, and SD in six hexadecimal digits); 0: it is neither. */
int ngap_slice_read(const char *text, struct ngap_slice *slice);
void ngap_slice_text(const struct ngap_slice *slice, char text[12]);

enum ngap_kind { NGAP_NONSENSE, NGAP_OTHER, NGAP_RESPONSE, NGAP_FAILURE, NGAP_ERROR };

struct ngap_network {
    uint8_t plmn[PLMN_OCTETS];
    struct ngap_slice slices[NGAP_SLICES_MAX];
    size_t slices_count; /* kept; a network may have more */
};

struct ngap_answer {
    char amf[NGAP_NAME_BYTES]; /* AMF name; what is not printable ASCII is '?' */
    unsigned guamis, capacity;
    struct ngap_network networks[NGAP_PLMNS_MAX];
    size_t networks_count;
    int cause_group, cause; /* -1: not told; group 0 radio network, 1 transport, 2 NAS, 3 protocol,
                               4 misc */
    int wait_s;             /* -1: not told */
};

/* What came: no NGAP, another message, an NG SETUP RESPONSE or FAILURE, an ERROR INDICATION.
 * A response lacking what it must have is nonsense. */
enum ngap_kind ngap_read(const uint8_t *bytes, size_t len, struct ngap_answer *answer);

/* Names as the ASN.1 has them, "misc" and "unknown-PLMN-or-SNPN"; "unknown" beyond the list. */
const char *ngap_group_name(int group);
const char *ngap_cause_name(int group, int cause);

#endif
