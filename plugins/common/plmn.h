/* The identity of a mobile network in three octets (TS 24.008 §10.5.1.13, TS 38.413 §9.3.3.5). */
#ifndef ND_PLUGINS_COMMON_PLMN_H
#define ND_PLUGINS_COMMON_PLMN_H
#include <stdint.h>

#define PLMN_OCTETS     3
#define PLMN_TEXT_BYTES 7

/* MCC and MNC as people write them, 5 or 6 digits; 0: they are not. */
int plmn_pack(const char *text, uint8_t plmn[PLMN_OCTETS]);
/* The other way; a digit that is none becomes '?'. */
void plmn_text(const uint8_t plmn[PLMN_OCTETS], char text[PLMN_TEXT_BYTES]);

#endif
