#include "letter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One character of UTF-8, moving *at past it; -1: it is none (RFC 3629). */
static int32_t next_char(const unsigned char **at)
{
    const unsigned char *c = *at;
    int more = *c < 0x80 ? 0 : *c >= 0xc2 && *c < 0xe0 ? 1 : *c >= 0xe0 && *c < 0xf0 ? 2 : 3;
    int32_t code = more == 0 ? *c : *c & (0x3f >> more);
    if ((*c >= 0x80 && *c < 0xc2) || *c > 0xf4)
        return -1;
    for (int i = 1; i <= more; i++) {
        if ((c[i] & 0xc0) != 0x80)
            return -1;
        code = code << 6 | (c[i] & 0x3f);
    }
    static const int32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (code < least[more] || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff)
        return -1;
    *at += more + 1;
    return code;
}

/* Controls, line and paragraph separators, changes of the writing's direction (which can make a
 * line read as what it is not), and what XML 1.0 cannot hold. */
static int is_control(int32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xfffe || code == 0xffff;
}

static int is_text(const char *text, const char *besides)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at != '\0') {
        int32_t code = next_char(&at);
        if (code < 0 || (is_control(code) && (code > 0x7f || strchr(besides, code) == NULL)))
            return 0;
    }
    return 1;
}

int text_is_line(const char *text)
{
    return is_text(text, "");
}

int text_is_body(const char *text)
{
    return is_text(text, "\n\r\t");
}

int text_is_host(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
    return len != 0 && len < 254 && text[len] == '\0' && *text != '-' && *text != '.';
}

int text_is_mailbox(const char *text)
{
    static const char local[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                ".!#$%&'*+/=?^_`{|}~-";
    size_t len = strspn(text, local);
    return len != 0 && len <= 64 && text[len] == '@' && text_is_host(text + len + 1);
}

void text_iso(int64_t wall_ns, char iso[ISO_BYTES])
{
    time_t seconds = (time_t)(wall_ns / 1000000000);
    struct tm tm;
    localtime_r(&seconds, &tm);
    int minutes = (int)(tm.tm_gmtoff / 60);
    char sign = minutes > 0 ? '+' : '-';
    size_t len = strftime(iso, ISO_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
    minutes = abs(minutes) % (24 * 60);
    snprintf(iso + len, ISO_BYTES - len, "%c%02d:%02d", sign, minutes / 60, minutes % 60);
}

/* FNV-1a, 64 bit. */
static uint64_t hash_of(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
    return hash;
}

#define HASH_START 0xcbf29ce484222325

void text_slug(const char *text, char slug[SLUG_BYTES])
{
    size_t used = 0;
    int lost = 0;
    if (text == NULL || *text == '\0')
        text = "message";
    for (const char *c = text; *c != '\0'; c++) {
        int plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                    (*c >= '0' && *c <= '9') || *c == '-' || *c == '_' || (*c == '.' && used != 0);
        lost |= !plain || used == 48;
        if (plain && used < 48)
            slug[used++] = *c;
    }
    slug[used] = '\0';
    if (lost)
        snprintf(slug + used, SLUG_BYTES - used, "%s%08x", used != 0 ? "-" : "",
                 (unsigned)hash_of(HASH_START, text));
}

void letter_id(const struct letter *letter, char id[ID_BYTES])
{
    char slug[SLUG_BYTES];
    char moment[32];
    uint64_t hash = hash_of(HASH_START, letter->channel->name);
    snprintf(moment, sizeof moment, "%lld", (long long)letter->wall_ns);
    hash = hash_of(hash, letter->reference != NULL ? letter->reference : moment);
    for (int i = 0; i < LANGUAGES; i++)
        hash = hash_of(hash, letter->title[i] != NULL ? letter->title[i] : "");
    text_slug(letter->reference != NULL ? letter->reference : letter->inject, slug);
    snprintf(id, ID_BYTES, "%s.%016llx", slug, (unsigned long long)hash);
}
