/* Where a caller is, sent along with his call: PIDF-LO (RFC 4119, RFC 5491) beside the SDP, named
 * by Geolocation (RFC 6442). The position is what the drill says; nothing here finds one. */
#ifndef ND_PLUGINS_SIP_LOCATION_H
#define ND_PLUGINS_SIP_LOCATION_H
#include "../common/sip_message.h"

#define LOCATION_BODY 2000 /* octets, with the SDP */

struct location {
    char position[40]; /* WGS 84, as it is sent: "23.14170 120.10190", degrees north and east */
    long radius;       /* m, of a circle around it; 0: a point */
};

/* Reads "23.1417,120.1019", with ",50" behind it for a circle of 50 m. 0: why says what is
 * expected. */
int location_read(const char *text, struct location *location, char *why, size_t bytes);

/* What goes with an INVITE; `request` then points into it. */
struct location_body {
    char bytes[LOCATION_BODY], type[80], id[80];
};
/* Puts the location beside the request's SDP. whose: the caller's URI; cookie: of this call, in
 * plain letters. 0: it does not fit. */
int location_put(const struct location *location, const char *whose, const char *cookie,
                 struct sip_request *request, struct location_body *body);

#endif
