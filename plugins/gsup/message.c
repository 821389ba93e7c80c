#include "message.h"

#include <stdio.h>
#include <string.h>

/* IPA: two octets of length, of what follows the protocol's octet, and that octet. */
#define IPA_HEADER 3
#define IPA_CCM    0xfe
#define IPA_OSMO   0xee
#define EXT_GSUP   0x05

#define CCM_PING   0x00
#define CCM_PONG   0x01
#define CCM_ID_GET 0x04
#define CCM_ID_RSP 0x05

#define TAG_SERIAL 0x00
#define TAG_NAME   0x01
#define TAG_UNIT   0x08 /* site/bts/trx of a base station; a server wants it of any client */

#define IE_IMSI        0x01
#define IE_CAUSE       0x02
#define IE_AUTH_TUPLE  0x03
#define IE_MSISDN      0x08
#define IE_CN_DOMAIN   0x28
#define IE_SOURCE      0x60
#define IE_DESTINATION 0x61

size_t ipa_frame(const uint8_t *bytes, size_t len)
{
    return len < IPA_HEADER ? 0 : IPA_HEADER + (size_t)(bytes[0] << 8 | bytes[1]);
}

enum ipa_kind ipa_read(const uint8_t *bytes, size_t len, const uint8_t **gsup, size_t *gsup_len)
{
    if (len < IPA_HEADER + 1)
        return IPA_OTHER;
    uint8_t first = bytes[IPA_HEADER];
    if (bytes[2] == IPA_OSMO && first == EXT_GSUP) {
        *gsup = bytes + IPA_HEADER + 1;
        *gsup_len = len - IPA_HEADER - 1;
        return IPA_GSUP;
    }
    if (bytes[2] != IPA_CCM)
        return IPA_OTHER;
    if (first == CCM_PING)
        return IPA_PING;
    return first == CCM_ID_GET ? IPA_ID_GET : IPA_OTHER;
}

static size_t ipa_head(uint8_t *bytes, uint8_t protocol, size_t len)
{
    bytes[0] = (uint8_t)(len >> 8);
    bytes[1] = (uint8_t)len;
    bytes[2] = protocol;
    return IPA_HEADER + len;
}

size_t ipa_pong(uint8_t bytes[GSUP_MESSAGE])
{
    bytes[IPA_HEADER] = CCM_PONG;
    return ipa_head(bytes, IPA_CCM, 1);
}

/* Length (of tag and text with its end), tag, text with its end. */
static size_t put_tag(uint8_t *at, uint8_t tag, const char *text)
{
    size_t len = strlen(text) + 1;
    at[0] = 0;
    at[1] = (uint8_t)(len + 1);
    at[2] = tag;
    memcpy(at + 3, text, len);
    return 3 + len;
}

size_t ipa_identity(const char *name, uint8_t bytes[GSUP_MESSAGE])
{
    char text[61];
    size_t len = 1;
    snprintf(text, sizeof text, "%s", name);
    bytes[IPA_HEADER] = CCM_ID_RSP;
    len += put_tag(bytes + IPA_HEADER + len, TAG_SERIAL, text);
    len += put_tag(bytes + IPA_HEADER + len, TAG_NAME, text);
    len += put_tag(bytes + IPA_HEADER + len, TAG_UNIT, "0/0/0");
    return ipa_head(bytes, IPA_CCM, len);
}

/* Digits in half octets, the first in the low one, filled with 15. */
static size_t put_imsi(uint8_t *at, const char *imsi)
{
    size_t digits = strlen(imsi);
    at[0] = IE_IMSI;
    at[1] = (uint8_t)((digits + 1) / 2);
    for (size_t i = 0; i < digits; i += 2) {
        int high = i + 1 < digits ? imsi[i + 1] - '0' : 15;
        at[2 + i / 2] = (uint8_t)(high << 4 | (imsi[i] - '0'));
    }
    return 2 + at[1];
}

size_t gsup_make(int type, const char *imsi, int domain, const struct gsup_message *to,
                 uint8_t bytes[GSUP_MESSAGE])
{
    uint8_t *at = bytes + IPA_HEADER;
    size_t len = 0;
    at[len++] = EXT_GSUP;
    at[len++] = (uint8_t)type;
    len += put_imsi(at + len, imsi);
    if (domain != 0) {
        at[len++] = IE_CN_DOMAIN;
        at[len++] = 1;
        at[len++] = (uint8_t)domain;
    }
    if (to != NULL && to->source != NULL) {
        at[len++] = IE_DESTINATION;
        at[len++] = (uint8_t)to->source_len;
        memcpy(at + len, to->source, to->source_len);
        len += to->source_len;
    }
    return ipa_head(bytes, IPA_OSMO, len);
}

static int read_imsi(const uint8_t *at, size_t len, char imsi[GSUP_IMSI_BYTES])
{
    size_t digits = 0;
    for (size_t i = 0; i < 2 * len; i++) {
        int digit = i % 2 == 0 ? at[i / 2] & 15 : at[i / 2] >> 4;
        if (digit == 15 && i == 2 * len - 1)
            break;
        if (digit > 9 || digits == GSUP_IMSI_BYTES - 1)
            return 0;
        imsi[digits++] = (char)('0' + digit);
    }
    imsi[digits] = '\0';
    return digits > 5;
}

static void read_element(uint8_t tag, const uint8_t *at, size_t len, struct gsup_message *message)
{
    switch (tag) {
    case IE_CAUSE:
        message->cause = len >= 1 ? at[len - 1] : -1;
        break;
    case IE_AUTH_TUPLE:
        message->vectors++;
        break;
    case IE_MSISDN:
        message->msisdn = (int)len;
        break;
    case IE_CN_DOMAIN:
        message->domain = len == 1 ? at[0] : 0;
        break;
    case IE_SOURCE:
        message->source = at;
        message->source_len = len;
        break;
    default:
        break;
    }
}

int gsup_read(const uint8_t *bytes, size_t len, struct gsup_message *message)
{
    *message = (struct gsup_message){.cause = -1};
    if (len < 1)
        return 0;
    message->type = bytes[0];
    for (size_t at = 1; at < len;) {
        if (len - at < 2 || bytes[at + 1] > len - at - 2)
            return 0;
        size_t size = bytes[at + 1];
        if (bytes[at] == IE_IMSI && !read_imsi(bytes + at + 2, size, message->imsi))
            return 0;
        read_element(bytes[at], bytes + at + 2, size, message);
        at += 2 + size;
    }
    return message->imsi[0] != '\0';
}

const char *gsup_cause_words(int cause)
{
    switch (cause) {
    case 2:
        return "IMSI unknown in the HLR";
    case 3:
        return "illegal subscriber";
    case 7:
        return "GPRS services not allowed";
    case 11:
        return "network not allowed";
    case 13:
        return "roaming not allowed";
    case 17:
        return "network failure";
    case 22:
        return "congestion";
    default:
        return "";
    }
}
