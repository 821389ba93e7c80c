#include "base/units.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_SEC 1000000000LL

/* Reads digits with at most one point as a decimal; moves *at behind it. False: none there. */
static bool read_decimal(const char **at, long double *value)
{
    const char *s = *at;
    if (!isdigit((unsigned char)*s))
        return false;
    long double number = 0;
    while (isdigit((unsigned char)*s))
        number = number * 10 + (*s++ - '0');
    if (*s == '.' && isdigit((unsigned char)s[1])) {
        long double scale = 0.1L;
        for (s++; isdigit((unsigned char)*s); s++, scale /= 10)
            number += scale * (*s - '0');
    }
    *at = s;
    *value = number;
    return true;
}

struct unit {
    const char *name;
    long double factor;
};

static bool read_unit(const char **at, const struct unit *units, long double *factor)
{
    const struct unit *found = NULL;
    for (const struct unit *u = units; u->name != NULL; u++) {
        size_t len = strlen(u->name);
        if (strncmp(*at, u->name, len) == 0 && (found == NULL || len > strlen(found->name)))
            found = u;
    }
    if (found == NULL)
        return false;
    *at += strlen(found->name);
    *factor = found->factor;
    return true;
}

nd_err nd_length_parse(const char *text, nd_ns *length, struct nd_fail *why)
{
    static const struct unit units[] = {{"ns", 1},    {"us", 1e3L},   {"ms", 1e6L},    {"s", 1e9L},
                                        {"m", 60e9L}, {"h", 3600e9L}, {"d", 86400e9L}, {NULL, 0}};
    long double sum = 0;
    const char *at = text;
    do {
        long double number = 0;
        long double factor = 0;
        if (!read_decimal(&at, &number) || !read_unit(&at, units, &factor))
            return nd_fail_set(why, ND_EPARSE,
                               "expected a length of time such as '250ms', '10s' or '1h30m', "
                               "got '%s'",
                               text);
        sum += number * factor;
    } while (*at != '\0');
    if (sum > (long double)(INT64_MAX / 2))
        return nd_fail_set(why, ND_EPARSE, "'%s' is longer than 146 years", text);
    *length = (nd_ns)roundl(sum);
    return ND_OK;
}

/* Puts number with up to `digits` decimals, trailing zeros cut. */
static size_t put_decimal(char *out, size_t cap, int64_t whole, int64_t part, int digits)
{
    int len = snprintf(out, cap, "%lld", (long long)whole);
    if (part == 0)
        return (size_t)len;
    len += snprintf(out + len, cap - (size_t)len, ".%0*lld", digits, (long long)part);
    while (out[len - 1] == '0')
        out[--len] = '\0';
    return (size_t)len;
}

const char *nd_length_format(nd_ns length, char *out)
{
    size_t at = 0;
    uint64_t ns = length < 0 ? 0 - (uint64_t)length : (uint64_t)length;
    if (length < 0)
        out[at++] = '-';
    if (ns != 0 && ns < 1000000) {
        at +=
            put_decimal(out + at, ND_UNIT_TEXT - at, (int64_t)(ns / 1000), (int64_t)(ns % 1000), 3);
        snprintf(out + at, ND_UNIT_TEXT - at, "us");
        return out;
    }
    uint64_t us = (ns + 500) / 1000;
    if (us < 1000000 && us != 0) {
        at +=
            put_decimal(out + at, ND_UNIT_TEXT - at, (int64_t)(us / 1000), (int64_t)(us % 1000), 3);
        snprintf(out + at, ND_UNIT_TEXT - at, "ms");
        return out;
    }
    uint64_t seconds = us / 1000000;
    if (seconds >= 3600)
        at += (size_t)snprintf(out + at, ND_UNIT_TEXT - at, "%lluh",
                               (unsigned long long)(seconds / 3600));
    if (seconds >= 60 && seconds / 60 % 60 != 0)
        at += (size_t)snprintf(out + at, ND_UNIT_TEXT - at, "%llum",
                               (unsigned long long)(seconds / 60 % 60));
    if (seconds < 60 || us % 60000000 != 0) {
        at += put_decimal(out + at, ND_UNIT_TEXT - at, (int64_t)(seconds % 60),
                          (int64_t)(us % 1000000), 6);
        snprintf(out + at, ND_UNIT_TEXT - at, "s");
    }
    return out;
}

/* Two or more digits; below `limit` unless limit is 0. */
static bool read_field(const char **at, int64_t limit, int64_t *value)
{
    const char *s = *at;
    int64_t number = 0;
    while (isdigit((unsigned char)*s) && s - *at < 6)
        number = number * 10 + (*s++ - '0');
    if (s - *at < 2 || isdigit((unsigned char)*s) || (limit != 0 && number >= limit))
        return false;
    *at = s;
    *value = number;
    return true;
}

nd_err nd_moment_parse(const char *text, nd_ns *moment, struct nd_fail *why)
{
    int64_t hours = 0;
    int64_t minutes = 0;
    int64_t seconds = 0;
    long double part = 0;
    const char *at = text;
    bool good = strncmp(at, "T+", 2) == 0;
    at += good ? 2 : 0;
    good = good && read_field(&at, 0, &hours) && *at++ == ':' && read_field(&at, 60, &minutes);
    if (good && *at == ':') {
        at++;
        good = read_field(&at, 60, &seconds);
        if (good && *at == '.' && isdigit((unsigned char)at[1])) {
            long double scale = 0.1L;
            for (at++; isdigit((unsigned char)*at); at++, scale /= 10)
                part += scale * (*at - '0');
        }
    }
    if (!good || *at != '\0')
        return nd_fail_set(why, ND_EPARSE,
                           "expected a moment such as 'T+06:30' (hours:minutes) or 'T+00:00:20', "
                           "got '%s'",
                           text);
    *moment = (hours * 3600 + minutes * 60 + seconds) * NS_PER_SEC + (nd_ns)roundl(part * 1e9L);
    return ND_OK;
}

const char *nd_moment_format(nd_ns moment, char *out)
{
    uint64_t ns = moment < 0 ? 0 - (uint64_t)moment : (uint64_t)moment;
    uint64_t ms = ns / 1000000;
    uint64_t s = ms / 1000;
    int len = snprintf(out, ND_UNIT_TEXT, "T%c%02llu:%02llu:%02llu", moment < 0 ? '-' : '+',
                       (unsigned long long)(s / 3600), (unsigned long long)(s / 60 % 60),
                       (unsigned long long)(s % 60));
    if (ms % 1000 != 0)
        snprintf(out + len, (size_t)(ND_UNIT_TEXT - len), ".%03llu",
                 (unsigned long long)(ms % 1000));
    return out;
}

static const struct unit rate_units[] = {
    {"bit/s", 1}, {"kbit/s", 1e3L}, {"Mbit/s", 1e6L}, {"Gbit/s", 1e9L}, {NULL, 0}};

nd_err nd_rate_parse(const char *text, int64_t *bit_per_s, struct nd_fail *why)
{
    long double number = 0;
    long double factor = 0;
    const char *at = text;
    if (!read_decimal(&at, &number) || !read_unit(&at, rate_units, &factor) || *at != '\0' ||
        number * factor > 1e18L)
        return nd_fail_set(why, ND_EPARSE,
                           "expected a rate such as '100kbit/s' or '5Mbit/s', got '%s'", text);
    *bit_per_s = (int64_t)roundl(number * factor);
    return ND_OK;
}

const char *nd_rate_format(int64_t bit_per_s, char *out)
{
    int which = bit_per_s >= 1000000000 ? 3 : bit_per_s >= 1000000 ? 2 : bit_per_s >= 1000 ? 1 : 0;
    int64_t factor = (int64_t)rate_units[which].factor;
    size_t at = put_decimal(out, ND_UNIT_TEXT, bit_per_s / factor, bit_per_s % factor, which * 3);
    snprintf(out + at, ND_UNIT_TEXT - at, "%s", rate_units[which].name);
    return out;
}

nd_err nd_share_parse(const char *text, double *share, struct nd_fail *why)
{
    long double number = 0;
    const char *at = text;
    if (!read_decimal(&at, &number) || strcmp(at, "%") != 0 || number > 100)
        return nd_fail_set(why, ND_EPARSE, "expected a share such as '30%%', got '%s'", text);
    *share = (double)(number / 100);
    return ND_OK;
}

const char *nd_share_format(double share, char *out)
{
    long long part = llround(share * 1e6);
    bool negative = part < 0;
    part = negative ? -part : part;
    size_t at = negative ? 1 : 0;
    out[0] = '-';
    at += put_decimal(out + at, ND_UNIT_TEXT - at, part / 10000, part % 10000, 4);
    snprintf(out + at, ND_UNIT_TEXT - at, "%%");
    return out;
}

/* The process keeps LC_NUMERIC "C" (only LC_CTYPE and LC_MESSAGES are ever set), so the C library's
 * conversions use the point. */
const char *nd_real_format(double value, char *out)
{
    if (isnan(value)) {
        snprintf(out, ND_UNIT_TEXT, "nan");
        return out;
    }
    for (int digits = 1; digits <= DBL_DECIMAL_DIG; digits++) {
        snprintf(out, ND_UNIT_TEXT, "%.*g", digits, value);
        if (strtod(out, NULL) != value)
            continue;
        /* 40, not 4e+01: an exponent only where people would write one. */
        if (fabs(value) >= 10 && fabs(value) < 1e15 && strchr(out, 'e') != NULL)
            snprintf(out, ND_UNIT_TEXT, "%.0f", value);
        break;
    }
    return out;
}

const char *nd_real_words(double value, char *out)
{
    double size = fabs(value);
    if (!(size < 1e15) || (size < 1e-4 && size > 0))
        return nd_real_format(value, out);
    int whole_digits = size >= 1 ? (int)floor(log10(size)) + 1 : 0;
    int decimals = value == floor(value) ? 0 : whole_digits >= 4 ? 1 : 4 - whole_digits;
    snprintf(out, ND_UNIT_TEXT, "%.*f", decimals, value);
    if (decimals != 0) {
        size_t len = strlen(out);
        while (out[len - 1] == '0')
            out[--len] = '\0';
        if (out[len - 1] == '.')
            out[len - 1] = '\0';
    }
    return out;
}

nd_err nd_real_parse(const char *text, double *value, struct nd_fail *why)
{
    char *end = NULL;
    double number = isspace((unsigned char)*text) ? NAN : strtod(text, &end);
    if (end == NULL || end == text || *end != '\0' || !isfinite(number) ||
        strpbrk(text, "xXpP") != NULL)
        return nd_fail_set(why, ND_EPARSE, "expected a number such as '1.5', got '%s'", text);
    *value = number;
    return ND_OK;
}

const char *nd_wall_format(int64_t wall_ns, int offset_min, char *out)
{
    int64_t local = wall_ns + (int64_t)offset_min * 60 * NS_PER_SEC;
    int64_t seconds = local / NS_PER_SEC;
    int64_t part = local % NS_PER_SEC;
    if (part < 0) {
        part += NS_PER_SEC;
        seconds--;
    }
    time_t when = (time_t)seconds;
    struct tm tm;
    gmtime_r(&when, &tm);
    size_t len = strftime(out, ND_UNIT_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
    len += (size_t)snprintf(out + len, ND_UNIT_TEXT - len, ".%03d", (int)(part / 1000000));
    int offset = offset_min < 0 ? -offset_min : offset_min;
    if (offset_min == 0)
        snprintf(out + len, ND_UNIT_TEXT - len, "Z");
    else
        snprintf(out + len, ND_UNIT_TEXT - len, "%c%02d:%02d", offset_min < 0 ? '-' : '+',
                 offset / 60, offset % 60);
    return out;
}

int64_t nd_wall_parse(const char *text)
{
    struct tm tm = {0};
    int ms = 0;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
               &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &ms) != 7)
        return -1;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    return ((int64_t)timegm(&tm) * 1000 + ms) * 1000000;
}
