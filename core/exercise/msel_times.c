#include "base/units.h"
#include "exercise/msel_cells.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Times as people write them into tables. */

#define DAY 86400

/* Full-width colons and plus signs as the others, 't' as 'T'. out: 64 bytes. */
static void narrow(const char *text, char *out)
{
    size_t used = 0;
    while (*text != '\0' && used < 63) {
        bool colon = strncmp(text, "：", 3) == 0;
        bool plus = strncmp(text, "＋", 3) == 0;
        out[used] = *text;
        if (colon || plus)
            out[used] = colon ? ':' : '+';
        used++;
        text += colon || plus ? 3 : 1;
    }
    out[used] = '\0';
    if (*out == 't')
        *out = 'T';
}

/* "09:30", "09:30:15"; "2026-11-24 09:30", "2026/11/24T09:30:00": seconds since midnight, or since
 * 1970 (as if in UTC) with a date. False: it is none. */
static bool read_clock(const char *text, int64_t *seconds, bool *dated)
{
    struct tm tm = {0};
    static const char *const forms[] = {
        "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M",
        "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%H:%M:%S",          "%H:%M"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        memset(&tm, 0, sizeof tm);
        const char *end = strptime(text, forms[i], &tm);
        if (end == NULL || *end != '\0')
            continue;
        *dated = forms[i][1] == 'Y';
        *seconds = *dated ? (int64_t)timegm(&tm) : tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
        return true;
    }
    return false;
}

/* Spreadsheets count days from 1899-12-30; 1970-01-01 is day 25569. A number says so for certain
 * where it can hardly mean anything else: a part of a day that is a whole minute and has three
 * decimals or more (0.375, 0.40625), or a day between 2000 and 2100 with such a part or none. It
 * becomes a clock that read_clock knows. text: 64 bytes. */
static void read_serial(char *text)
{
    struct tm tm = {0};
    double days = 0;
    const char *point = strchr(text, '.');
    if (text[strspn(text, "0123456789.")] != '\0' || nd_real_parse(text, &days, NULL) != ND_OK)
        return;
    bool dated = days >= 36526 && days < 73051;
    double part = days - floor(days);
    time_t at = (time_t)lround(days * DAY);
    bool whole = fabs(part * 1440 - round(part * 1440)) * 60 < 0.5;
    if (!whole || (!dated && (days <= 0 || days >= 1 || point == NULL || strlen(point) < 4)))
        return;
    at = (at + 30) / 60 * 60 - (dated ? (time_t)25569 * DAY : 0);
    strftime(text, 64, dated ? "%Y-%m-%dT%H:%M:%S" : "%H:%M:%S", gmtime_r(&at, &tm));
}

static bool after_start(const char *text, const char *start, nd_ns *at, struct nd_fail *why)
{
    int64_t clock = 0;
    int64_t begin = 0;
    bool dated = false;
    bool begin_dated = false;
    if (!read_clock(text, &clock, &dated))
        return false;
    if (start == NULL || !read_clock(start, &begin, &begin_dated)) {
        nd_fail_set(why, ND_EARG,
                    "'%.40s' is a time of day; say when STARTEX is, such as --start "
                    "09:00",
                    text);
        return false;
    }
    if (dated != begin_dated) {
        clock %= DAY;
        begin %= DAY;
    }
    int64_t since = clock - begin;
    if (since < 0 && !(dated && begin_dated))
        since += DAY; /* past midnight */
    if (since < 0)
        nd_fail_set(why, ND_EARG, "'%.40s' is before STARTEX", text);
    *at = since * 1000000000;
    return since >= 0;
}

bool nd_msel_when(const char *text, const char *start, struct nd_msel_when *when,
                  struct nd_fail *why)
{
    char narrowed[64];
    char moment[72];
    double number = 0;
    *when = (struct nd_msel_when){0};
    narrow(text, narrowed);
    read_serial(narrowed);
    if (*narrowed == '\0')
        return true;
    bool since_start = strncmp(narrowed, "T+", 2) == 0;
    bool since_phase = strncmp(narrowed, "P+", 2) == 0;
    const char *rest = narrowed + (since_start || since_phase ? 2 : *narrowed == '+' ? 1 : 0);
    when->given = true;
    when->is_moment = since_start || rest == narrowed;
    if (rest != narrowed) {
        snprintf(moment, sizeof moment, "T+%s", rest);
        if (nd_moment_parse(moment, &when->at, NULL) == ND_OK ||
            nd_msel_length(rest, &when->at, NULL))
            return true;
    } else if (after_start(narrowed, start, &when->at, why)) {
        return true;
    }
    if (why->code != ND_OK)
        return false;
    if (nd_real_parse(narrowed, &number, NULL) == ND_OK)
        nd_fail_set(why, ND_EARG,
                    "got the number %.20s, which may be days as spreadsheets count them, hours or "
                    "minutes; write 09:00 or T+00:15 in a column formatted as text, or save the "
                    "table as .ods, where cells say what they are",
                    narrowed);
    else
        nd_fail_set(
            why, ND_EARG,
            "expected a moment such as T+00:15, or P+00:15 from the phase's start, got '%.40s'",
            text);
    return false;
}

bool nd_msel_length(const char *text, nd_ns *length, struct nd_fail *why)
{
    static const struct {
        const char *word;
        int64_t seconds;
    } units[] = {{"min", 60},  {"mins", 60},   {"minutes", 60}, {"minute", 60},
                 {"分", 60},   {"分鐘", 60},   {"hour", 3600},  {"hours", 3600},
                 {"hr", 3600}, {"hrs", 3600},  {"小時", 3600},  {"時", 3600},
                 {"sec", 1},   {"seconds", 1}, {"秒", 1},       {"秒鐘", 1}};
    char narrowed[64];
    char moment[72];
    narrow(text, narrowed);
    if (*narrowed == '0')
        read_serial(narrowed);
    if (nd_length_parse(narrowed, length, NULL) == ND_OK)
        return true;
    char *unit = NULL;
    double number = strtod(narrowed, &unit);
    unit += strspn(unit, " ");
    for (size_t i = 0; unit != narrowed && i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(unit, units[i].word) == 0 && number >= 0 && number < 1e6) {
            *length = (nd_ns)(number * 1e9) * units[i].seconds;
            return true;
        }
    }
    snprintf(moment, sizeof moment, "T+%s", narrowed);
    const char *colon = strchr(narrowed, ':');
    if (colon != NULL && strchr(colon + 1, ':') != NULL &&
        nd_moment_parse(moment, length, NULL) == ND_OK)
        return true;
    nd_fail_set(why, ND_EARG,
                "expected a length of time with its unit, such as 10m or 10 分鐘, got "
                "'%.40s'",
                text);
    return false;
}
