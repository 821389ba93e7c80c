/* The parts of NGAP's set-up messages that both sides have: ours, and that of the lab's AMF. */
#ifndef ND_PLUGINS_NGAP_ELEMENTS_H
#define ND_PLUGINS_NGAP_ELEMENTS_H
#include "aper.h"
#include "message.h"

enum { NG_SETUP = 21, ERROR_INDICATION = 9 }; /* procedure codes */
enum { REJECT, IGNORE };                      /* criticality */
enum { INITIATING, SUCCESSFUL, UNSUCCESSFUL };
enum {
    ID_AMF_NAME = 1,
    ID_CAUSE = 15,
    ID_PAGING_DRX = 21,
    ID_RAN_NODE = 27,
    ID_PLMN_SUPPORT = 80,
    ID_RAN_NAME = 82,
    ID_CAPACITY = 86,
    ID_GUAMIS = 96,
    ID_TA_LIST = 102,
    ID_TIME_TO_WAIT = 107,
    ID_EXTENDED_SLICES = 270, /* an extension of an item of the PLMN support list */
};

/* A message's beginning, for `elements` of them; its end is aper_end's. */
size_t ngap_begin(struct aper_out *out, uint32_t choice, uint32_t elements);
size_t ngap_begin_element(struct aper_out *out, uint32_t id, uint32_t criticality);
/* A whole element that is a name of 1 to 150 printable characters. */
void ngap_put_name(struct aper_out *out, uint32_t id, uint32_t criticality, const char *name);
void ngap_put_slice(struct aper_out *out, const struct ngap_slice *slice);
void ngap_take_slices(struct aper_in *in, uint32_t most, struct ngap_network *network);
/* The rest of a SEQUENCE after its root: what its preamble promised. */
void ngap_take_rest(struct aper_in *in, uint32_t extensions, uint32_t additions);

#endif
