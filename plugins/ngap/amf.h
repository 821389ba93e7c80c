/* The other side of NG Setup, for the lab's double of an AMF. Pure. */
#ifndef ND_PLUGINS_NGAP_AMF_H
#define ND_PLUGINS_NGAP_AMF_H
#include "message.h"

#define NGAP_ANSWER_MAX 600

/* Networks that an NG SETUP REQUEST broadcasts, each once; 0: it is none, or names none. */
size_t ngap_asked(const uint8_t *bytes, size_t len, uint8_t plmns[NGAP_PLMNS_MAX][PLMN_OCTETS]);
/* An NG SETUP RESPONSE of an AMF that serves these 1 to 12 networks with slice 1; its octets. */
size_t ngap_accept(const char *amf, uint8_t plmns[][PLMN_OCTETS], size_t count,
                   uint8_t bytes[NGAP_ANSWER_MAX]);
/* An NG SETUP FAILURE: unknown PLMN, come again in 10 s. */
size_t ngap_refuse(uint8_t bytes[NGAP_ANSWER_MAX]);

#endif
