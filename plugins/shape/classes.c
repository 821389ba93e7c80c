#include "classes.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../common/quantity.h"

#define RATE_MIN 8000 /* bit/s */

static int refuse(char *why, size_t why_bytes, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(char *why, size_t why_bytes, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(why, why_bytes, fmt, args);
    va_end(args);
    return -1;
}

/* ---- reading ---- */

/* Names of RFC 2474, 2597, 3246 and 5865, or the number. */
static int read_dscp(const char *text, uint8_t *dscp)
{
    char *end = NULL;
    long number = strtol(text, &end, 10);
    char x = '\0';
    char y = '\0';
    int used = 0;
    if (strcmp(text, "ef") == 0)
        number = 46;
    else if (strcmp(text, "va") == 0)
        number = 44;
    else if (sscanf(text, "cs%c%n", &x, &used) == 1 && text[used] == '\0' && x >= '0' && x <= '7')
        number = 8L * (x - '0');
    else if (sscanf(text, "af%c%c%n", &x, &y, &used) == 2 && text[used] == '\0' && x >= '1' &&
             x <= '4' && y >= '1' && y <= '3')
        number = 8L * (x - '0') + 2L * (y - '0');
    else if (end == text || *end != '\0')
        return -1;
    if (number < 0 || number > 63)
        return -1;
    *dscp = (uint8_t)number;
    return 0;
}

/* "10.61.0.0/24", "fd61::/64" or an address alone. */
static int read_network(const char *text, struct mark *mark)
{
    char address[INET6_ADDRSTRLEN];
    size_t len = strcspn(text, "/");
    if (len >= sizeof address)
        return -1;
    memcpy(address, text, len);
    address[len] = '\0';
    mark->family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
    if (inet_pton(mark->family, address, mark->address) != 1)
        return -1;
    long bits = mark->family == AF_INET ? 32 : 128;
    long prefix = bits;
    if (text[len] == '/') {
        char *end = NULL;
        prefix = strtol(text + len + 1, &end, 10);
        if (end == text + len + 1 || *end != '\0' || prefix < 0 || prefix > bits)
            return -1;
    }
    for (long i = prefix; i < bits; i++) {
        if ((mark->address[i / 8] & (0x80 >> (i % 8))) != 0)
            return -1;
    }
    mark->prefix = (uint8_t)prefix;
    return 0;
}

static int read_mark(struct class *class, const char *key, const char *value)
{
    struct mark mark = {.kind = MARK_DSCP};
    if (class->marks_count == CLASS_MARKS_MAX)
        return -1;
    if (strcmp(key, "dscp") == 0) {
        if (read_dscp(value, &mark.dscp) != 0)
            return -1;
    } else {
        mark.kind = strcmp(key, "from") == 0 ? MARK_FROM : MARK_TO;
        if (read_network(value, &mark) != 0)
            return -1;
    }
    class->marks[class->marks_count++] = mark;
    return 0;
}

static int read_pair(struct class *class, const char *key, const char *value, char *why,
                     size_t why_bytes)
{
    const char *want = NULL;
    if (strcmp(key, "rate") == 0 || strcmp(key, "ceiling") == 0) {
        int64_t *into = *key == 'r' ? &class->rate : &class->ceiling;
        if (*into != 0)
            want = "once";
        else if (quantity_rate(value, into) != 0 || *into < RATE_MIN)
            want = "a rate of at least 8kbit/s, such as 600kbit/s";
    } else if (strcmp(key, "dscp") == 0) {
        if (read_mark(class, key, value) != 0)
            want = "0 to 63, or a name such as ef, cs5 or af41, at most 8 marks in all";
    } else if (strcmp(key, "from") == 0 || strcmp(key, "to") == 0) {
        if (read_mark(class, key, value) != 0)
            want = "an address or network such as 10.61.0.0/24 with no bits beyond its length, at "
                   "most 8 marks in all";
    } else {
        return refuse(why, why_bytes,
                      "class '%s': '%s' is not known; rate, ceiling, dscp, from and to are",
                      class->name, key);
    }
    if (want != NULL)
        return refuse(why, why_bytes, "class '%s': '%s' expects %s; got '%s'", class->name, key,
                      want, value);
    return 0;
}

static int read_name(struct class *class, const char *text, size_t len)
{
    if (len == 0 || len >= sizeof class->name ||
        strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") < len)
        return -1;
    memcpy(class->name, text, len);
    class->name[len] = '\0';
    return 0;
}

int classes_add(struct classes *classes, const char *text, char *why, size_t why_bytes)
{
    char copy[CLASS_TEXT_BYTES];
    size_t colon = strcspn(text, ":");
    if (classes->count == CLASSES_MAX)
        return refuse(why, why_bytes, "at most %d classes", CLASSES_MAX);
    struct class *class = &classes->at[classes->count];
    *class = (struct class){.rate = 0};
    if (strlen(text) >= sizeof copy || text[colon] != ':' || read_name(class, text, colon) != 0)
        return refuse(why, why_bytes,
                      "a class is written \"NAME: rate 600kbit/s, ceiling 1mbit/s, dscp ef\", its "
                      "name in a-z, 0-9 and -, at most %d; got '%.60s'",
                      CLASS_NAME_BYTES - 1, text);
    snprintf(class->text, sizeof class->text, "%s", text);
    snprintf(copy, sizeof copy, "%s", text + colon + 1);
    char *rest = copy;
    for (char *pair = strsep(&rest, ","); pair != NULL; pair = strsep(&rest, ",")) {
        char key[16];
        char value[64];
        int used = 0;
        if (sscanf(pair, " %15s %63s %n", key, value, &used) != 2 || pair[used] != '\0')
            return refuse(why, why_bytes,
                          "class '%s': pairs such as 'rate 600kbit/s' with commas between are "
                          "expected; got '%s'",
                          class->name, pair);
        if (read_pair(class, key, value, why, why_bytes) != 0)
            return -1;
    }
    classes->count++;
    return 0;
}

/* ---- together ---- */

int classes_check(struct classes *classes, char *why, size_t why_bytes)
{
    int64_t guaranteed = 0;
    size_t unmarked = 0;
    for (size_t i = 0; i < classes->count; i++) {
        struct class *class = &classes->at[i];
        if (class->ceiling == 0)
            class->ceiling = classes->rate;
        if (class->rate == 0)
            return refuse(why, why_bytes, "class '%s' has no rate; say what it is guaranteed",
                          class->name);
        if (class->ceiling < class->rate || class->ceiling > classes->rate)
            return refuse(why, why_bytes,
                          "class '%s': its ceiling lies between its own rate and the rate of all",
                          class->name);
        guaranteed += class->rate;
        unmarked += class->marks_count == 0;
        for (size_t j = 0; j < i; j++) {
            if (class_minor(classes->at[j].name) == class_minor(class->name))
                return refuse(why, why_bytes, "class '%s': give it another name than '%s'",
                              class->name, classes->at[j].name);
        }
    }
    if (unmarked != 1)
        return refuse(why, why_bytes,
                      "one class has no mark and takes what bears none; got %zu such classes",
                      unmarked);
    if (guaranteed > classes->rate)
        return refuse(why, why_bytes,
                      "%lld bit/s are guaranteed, but there are only %lld; lower the classes' "
                      "rates",
                      (long long)guaranteed, (long long)classes->rate);
    return 0;
}

uint32_t class_minor(const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a, folded to 16 bits */
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return 2 + ((hash >> 16) ^ (hash & 0xffff)) % 0xfffd;
}

/* ---- filters ---- */

static struct filter *new_filter(struct filter *into, size_t *count, int protocol, uint32_t minor)
{
    struct filter *filter = &into[(*count)++];
    *filter = (struct filter){.protocol = (uint16_t)protocol, .minor = minor};
    return filter;
}

static void add_key(struct filter *filter, uint32_t value, uint32_t mask, int offset)
{
    filter->keys[filter->keys_count].value = value & mask;
    filter->keys[filter->keys_count].mask = mask;
    filter->keys[filter->keys_count++].offset = offset;
}

/* Source and destination stand at 12 and 16 in IPv4 (RFC 791), at 8 and 24 in IPv6 (RFC 8200). */
static void add_address(struct filter *filter, const struct mark *mark)
{
    int v4 = mark->family == AF_INET;
    int offset = v4 ? (mark->kind == MARK_FROM ? 12 : 16) : (mark->kind == MARK_FROM ? 8 : 24);
    int words = v4 ? 1 : 4;
    for (int i = 0; i < words; i++) {
        int bits = mark->prefix - 32 * i;
        uint32_t word = 0;
        memcpy(&word, mark->address + 4L * i, sizeof word);
        if (bits > 0 || i == 0) /* a filter without a key matches nothing */
            add_key(filter, ntohl(word),
                    bits <= 0   ? 0
                    : bits < 32 ? ~(UINT32_MAX >> bits)
                                : UINT32_MAX,
                    offset + 4 * i);
    }
}

/* Address resolution: ARP, and the types 133 to 137 of ICMPv6 (RFC 4861 §4). */
static void add_resolution(struct filter *into, size_t *count, uint32_t minor)
{
    static const struct {
        uint32_t type, mask;
    } types[] = {{0x84, 0xfc}, {0x88, 0xfe}}; /* 132-135, 136-137 */
    add_key(new_filter(into, count, ETH_P_ARP, minor), 0, 0, 0);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct filter *filter = new_filter(into, count, ETH_P_IPV6, minor);
        add_key(filter, 58u << 8, 0xffu << 8, 4);
        add_key(filter, types[i].type << 24, types[i].mask << 24, 40);
    }
}

size_t classes_filters(const struct classes *classes, struct filter *into)
{
    size_t count = 0;
    add_resolution(into, &count, class_minor(classes->at[0].name));
    for (size_t i = 0; i < classes->count; i++) {
        const struct class *class = &classes->at[i];
        uint32_t minor = class_minor(class->name);
        for (size_t j = 0; j < class->marks_count; j++) {
            const struct mark *mark = &class->marks[j];
            if (mark->kind != MARK_DSCP) {
                add_address(new_filter(into, &count,
                                       mark->family == AF_INET ? ETH_P_IP : ETH_P_IPV6, minor),
                            mark);
                continue;
            }
            /* The upper six bits of the second octet, and of the traffic class. */
            add_key(new_filter(into, &count, ETH_P_IP, minor), (uint32_t)mark->dscp << 18,
                    0x3fu << 18, 0);
            add_key(new_filter(into, &count, ETH_P_IPV6, minor), (uint32_t)mark->dscp << 22,
                    0x3fu << 22, 0);
        }
    }
    return count;
}
