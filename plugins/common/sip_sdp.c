#include "sip_message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osipparser2/osip_parser.h>
#include <osipparser2/sdp_message.h>

/* What an SDP text (RFC 4566) says of its first stream of audio. */

/* Octets of nothing behind the text: the library reads on behind the end of a line that is cut off
 * (found by fuzzing, 5.3.0). */
#define BEHIND 256

const char *const sip_ways_names[] = {"sendrecv", "sendonly", "recvonly", "inactive"};

/* An attribute of the media, else of the whole session; number: the how manieth. NULL: no more. */
static const sdp_attribute_t *attribute(sdp_message_t *sdp, int media, int number)
{
    int own = 0;
    while (sdp_message_attribute_get(sdp, media, own) != NULL)
        own++;
    return number < own ? sdp_message_attribute_get(sdp, media, number)
                        : sdp_message_attribute_get(sdp, -1, number - own);
}

static void take_attributes(sdp_message_t *sdp, int at, struct sip_media *media)
{
    const sdp_attribute_t *a = NULL;
    int said = 0; /* the media's direction comes first, and counts */
    for (int i = 0; (a = attribute(sdp, at, i)) != NULL; i++) {
        const char *name = a->a_att_field != NULL ? a->a_att_field : "";
        char *rest = NULL;
        for (enum sip_ways way = SIP_BOTH; way <= SIP_NEITHER && !said; way++) {
            if (strcmp(name, sip_ways_names[way]) != 0)
                continue;
            media->ways = way;
            said = 1;
        }
        if (strcmp(name, "rtpmap") != 0 || a->a_att_value == NULL)
            continue;
        long type = strtol(a->a_att_value, &rest, 10);
        for (int k = 0; k < media->formats && rest != a->a_att_value; k++) {
            if (media->format[k].type == type && media->format[k].rtpmap[0] == '\0')
                snprintf(media->format[k].rtpmap, sizeof media->format[k].rtpmap, "%s",
                         rest + strspn(rest, " "));
        }
    }
}

/* "PCMU/8000/1" says the same as "PCMU/8000" (RFC 4566 §6). */
static void drop_mono(struct sip_media *media)
{
    for (int i = 0; i < media->formats; i++) {
        char *text = media->format[i].rtpmap;
        size_t len = strcspn(text, " \r\n");
        text[len] = '\0';
        if (len > 2 && strcmp(text + len - 2, "/1") == 0)
            text[len - 2] = '\0';
    }
}

static void take_media(sdp_message_t *sdp, int at, struct sip_media *media)
{
    const char *port = sdp_message_m_port_get(sdp, at);
    const char *address = sdp_message_c_addr_get(sdp, at, 0);
    const char *type = NULL;
    address = address != NULL ? address : sdp_message_c_addr_get(sdp, -1, 0);
    long number = port != NULL ? strtol(port, NULL, 10) : 0;
    media->given = number > 0 && number <= 65535; /* 0: refused (RFC 3264 §6) */
    media->port = media->given ? (int)number : 0;
    media->ways = SIP_BOTH;
    snprintf(media->address, sizeof media->address, "%s", address != NULL ? address : "");
    while (media->formats < SIP_FORMATS &&
           (type = sdp_message_m_payload_get(sdp, at, media->formats)) != NULL)
        media->format[media->formats++].type = (int)(strtol(type, NULL, 10) & 0x7f);
    take_attributes(sdp, at, media);
    drop_mono(media);
}

void sip_read_sdp(const char *text, struct sip_media *media)
{
    sdp_message_t *sdp = NULL;
    const char *kind = NULL;
    int found = 0;
    *media = (struct sip_media){.given = 0};
    size_t len = strlen(text);
    char *copy = calloc(1, len + BEHIND);
    if (copy == NULL || sdp_message_init(&sdp) != 0) {
        free(copy);
        return;
    }
    memcpy(copy, text, len);
    if (sdp_message_parse(sdp, copy) == 0) {
        for (int at = 0; (kind = sdp_message_m_media_get(sdp, at)) != NULL; at++) {
            if (strcmp(kind, "audio") == 0 && !found)
                take_media(sdp, at, media);
            found |= strcmp(kind, "audio") == 0;
            media->streams++;
        }
    }
    sdp_message_free(sdp);
    free(copy);
}
