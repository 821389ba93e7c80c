/* Diameter messages (RFC 6733; codes of 3GPP AVPs: TS 29.272 §7.3). Pure. */
#ifndef ND_PLUGINS_DIAMETER_MESSAGE_H
#define ND_PLUGINS_DIAMETER_MESSAGE_H
#include <stddef.h>
#include <stdint.h>

#define DIAMETER_PORT  3868
#define DIAMETER_BYTES 1024 /* the longest message that we send */
#define DIAMETER_S6A   16777251U
#define DIAMETER_3GPP  10415U

/* Command codes */
enum {
    DIAMETER_CAPABILITIES = 257,
    DIAMETER_WATCHDOG = 280,
    DIAMETER_DISCONNECT = 282,
    DIAMETER_UPDATE_LOCATION = 316
};

#define DIAMETER_REQUEST   0x80 /* flags */
#define DIAMETER_PROXIABLE 0x40

/* A message in the making; what does not fit shows as len 0. */
struct diameter_out {
    uint8_t bytes[DIAMETER_BYTES];
    size_t len; /* 0: it did not fit */
};

void diameter_begin(struct diameter_out *out, int flags, uint32_t command, uint32_t application,
                    uint32_t hop, uint32_t end);
/* vendor: 0: none. mandatory: the M bit. */
void diameter_octets(struct diameter_out *out, uint32_t code, uint32_t vendor, int mandatory,
                     const void *octets, size_t len);
void diameter_text(struct diameter_out *out, uint32_t code, const char *text);
void diameter_u32(struct diameter_out *out, uint32_t code, uint32_t vendor, uint32_t value);
/* Vendor-Specific-Application-Id of a 3GPP application. */
void diameter_application(struct diameter_out *out, uint32_t application);
/* Writes the length; to be called last. */
void diameter_end(struct diameter_out *out);

struct diameter_in {
    int flags;
    uint32_t command, application, hop, end;
    uint32_t result;  /* Result-Code or Experimental-Result-Code; 0: none */
    int applications; /* applications told of (Auth-, Acct-, vendor specific) */
    char host[128], realm[128], message[128]; /* Origin-Host, Origin-Realm, Error-Message */
};

/* Octets of the message at `bytes`: 0, not known yet; (size_t)-1: no Diameter. */
size_t diameter_frame(const uint8_t *bytes, size_t len);
/* 0: malformed. */
int diameter_read(const uint8_t *bytes, size_t len, struct diameter_in *in);
/* "DIAMETER_SUCCESS" and the like (RFC 6733 §7.1, TS 29.272 §7.4), "" when not in our list. */
const char *diameter_result_name(uint32_t result);

#endif
