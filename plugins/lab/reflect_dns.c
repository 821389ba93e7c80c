#include "reflect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* DNS: A answers for the names given (RFC 1035 §4), NXDOMAIN for others. */

#define NAMES_MAX 32

static struct {
    char name[128];
    uint8_t address[4];
} names[NAMES_MAX];
static size_t names_count;

int reflect_dns_name(const char *text)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || names_count == NAMES_MAX ||
        inet_pton(AF_INET, equals + 1, names[names_count].address) != 1) {
        errno = EINVAL;
        return -1;
    }
    snprintf(names[names_count++].name, sizeof names[0].name, "%.*s", (int)(equals - text), text);
    return 0;
}

/* The name of the question in dotted lower case; octets used, 0 when it is malformed. */
static size_t read_name(const uint8_t *query, size_t len, char *name, size_t bytes)
{
    size_t at = 12;
    size_t out = 0;
    while (at < len && query[at] != 0) {
        size_t label = query[at++];
        if (label > 63 || at + label >= len || out + label + 2 > bytes)
            return 0;
        for (size_t i = 0; i < label; i++) {
            uint8_t c = query[at + i];
            name[out++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        }
        name[out++] = '.';
        at += label;
    }
    name[out > 0 ? out - 1 : 0] = '\0';
    return at < len ? at + 1 : 0;
}

/* Makes the answer in place; its length, 0: none. */
size_t reflect_dns(uint8_t *query, size_t len, size_t room)
{
    char name[256];
    size_t end = len >= 17 && (query[2] & 0x80) == 0 ? read_name(query, len, name, sizeof name) : 0;
    if (end == 0 || end + 4 > len || query[4] != 0 || query[5] != 1)
        return 0;
    size_t hit = 0;
    while (hit < names_count && strcmp(names[hit].name, name) != 0)
        hit++;
    int is_a = query[end] == 0 && query[end + 1] == 1;
    len = end + 4;
    query[2] = (uint8_t)(0x84 | (query[2] & 0x01)); /* response, authoritative */
    query[3] = hit == names_count ? 3 : 0;          /* NXDOMAIN, or no error */
    memset(query + 6, 0, 6);
    if (hit == names_count || !is_a || len + 16 > room)
        return len;
    static const uint8_t record[12] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4}; /* TTL 5 s */
    query[7] = 1;
    memcpy(query + len, record, sizeof record);
    memcpy(query + len + sizeof record, names[hit].address, 4);
    return len + 16;
}
