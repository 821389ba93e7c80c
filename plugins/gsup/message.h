/* The Generic Subscriber Update Protocol of Osmocom (its elements: OsmoHLR user manual, chapter
 * "Generic Subscriber Update Protocol") in the IPA multiplex. Pure. */
#ifndef ND_PLUGINS_GSUP_MESSAGE_H
#define ND_PLUGINS_GSUP_MESSAGE_H
#include <stddef.h>
#include <stdint.h>

#define GSUP_PORT       4222
#define GSUP_MESSAGE    512 /* the longest that we send */
#define GSUP_IMSI_BYTES 16

/* The last two bits: 0 request, 1 error, 2 result. */
enum gsup_type {
    GSUP_UPDATE_LOCATION = 0x04,
    GSUP_SEND_AUTH_INFO = 0x08,
    GSUP_PURGE = 0x0c,
    GSUP_INSERT_DATA = 0x10,
    GSUP_DELETE_DATA = 0x14,
    GSUP_LOCATION_CANCEL = 0x1c
};
#define GSUP_ERROR    1
#define GSUP_RESULT   2
#define GSUP_OF(type) ((type) & ~3)

enum gsup_domain { GSUP_PS = 1, GSUP_CS = 2 };

struct gsup_message {
    int type;
    char imsi[GSUP_IMSI_BYTES];
    int cause;   /* GMM cause (TS 24.008 §10.5.5.14), -1: none */
    int domain;  /* 0: not told */
    int vectors; /* authentication vectors in it */
    int msisdn;  /* octets of the subscriber's number in it */
    /* The sender's name as it is to come back in an answer; NULL: none. Borrowed. */
    const uint8_t *source;
    size_t source_len;
};

/* Octets of the IPA message at `bytes`: 0, not known yet. Every octet sequence is one. */
size_t ipa_frame(const uint8_t *bytes, size_t len);

enum ipa_kind { IPA_OTHER, IPA_PING, IPA_ID_GET, IPA_GSUP };
/* What a whole message is; GSUP: where its octets begin and how many they are. */
enum ipa_kind ipa_read(const uint8_t *bytes, size_t len, const uint8_t **gsup, size_t *gsup_len);

size_t ipa_pong(uint8_t bytes[GSUP_MESSAGE]);
/* Our answer to ID_GET: who we are; name: at most 60 letters. */
size_t ipa_identity(const char *name, uint8_t bytes[GSUP_MESSAGE]);

/* A whole message with IMSI and domain (0: none). to: source of the request that it answers, may be
 * NULL. Returns its octets with the multiplex's header. */
size_t gsup_make(int type, const char *imsi, int domain, const struct gsup_message *to,
                 uint8_t bytes[GSUP_MESSAGE]);
/* 0: no message of this protocol. bytes: without the multiplex. */
int gsup_read(const uint8_t *bytes, size_t len, struct gsup_message *message);
/* "" when it is not in our list */
const char *gsup_cause_words(int cause);

#endif
