#include "report/words/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lengths, shares and rates as a page tells them: no more digits than a measurement has, and a
 * space before the unit that does not break (SI Brochure, 9th ed., 5.4.3). */

#define NS_PER_SEC 1000000000LL
#define DAY        86400LL

/* "472 \u00b5s", "19.8 ms": below a second. */
static void put_short(json_int_t ns, char *out)
{
    char number[ND_UNIT_TEXT];
    bool ms = ns >= 1000000;
    nd_real_words((double)ns / (ms ? 1e6 : 1e3), number);
    snprintf(out, ND_UNIT_TEXT, "%.20s\u00a0%s", number, ms ? "ms" : "\u00b5s");
}

/* "1 min 19.79 s", "3 h", "30 d": from a second on. */
static void put_long(json_int_t ns, char *out)
{
    static const struct {
        json_int_t seconds;
        const char *unit;
    } parts[] = {{DAY, "d"}, {3600, "h"}, {60, "min"}};
    json_int_t seconds = ns / NS_PER_SEC;
    double rest = (double)(ns % NS_PER_SEC) / 1e9;
    size_t at = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        json_int_t count = seconds / parts[i].seconds;
        seconds %= parts[i].seconds;
        if (count != 0)
            at += (size_t)snprintf(out + at, ND_UNIT_TEXT - at, "%s%lld\u00a0%s",
                                   at != 0 ? " " : "", (long long)count, parts[i].unit);
    }
    if (at == 0 || seconds != 0 || rest > 0) {
        char number[ND_UNIT_TEXT];
        nd_real_words((double)seconds + rest, number);
        snprintf(out + at, ND_UNIT_TEXT - at, "%s%.20s\u00a0s", at != 0 ? " " : "", number);
    }
}

/* More digits than a measurement has would be a claim. */
const char *nd_length_text(json_int_t ns, char *out)
{
    json_int_t size = ns < 0 ? -ns : ns;
    json_int_t step = size >= 3600 * NS_PER_SEC  ? NS_PER_SEC
                      : size >= 10 * NS_PER_SEC  ? NS_PER_SEC / 100
                      : size >= NS_PER_SEC       ? NS_PER_SEC / 1000
                      : size >= NS_PER_SEC / 100 ? 10000
                                                 : 1000;
    json_int_t rounded = (size + step / 2) / step * step;
    size_t at = ns < 0 && rounded != 0 ? (size_t)snprintf(out, ND_UNIT_TEXT, "\u2212") : 0;
    char number[ND_UNIT_TEXT];
    if (rounded != 0 && rounded < NS_PER_SEC)
        put_short(rounded, number);
    else
        put_long(rounded, number);
    snprintf(out + at, ND_UNIT_TEXT - at, "%s", number);
    return out;
}

double nd_width_rounded(double width)
{
    double step = width > 0 ? pow(10, floor(log10(width)) - 1) : 0;
    return width > 0 ? ceil(width / step - 1e-9) * step : width;
}

/* Four digits of how far it is from the nearer of 0 and 1, so that 99.9987 % is not 100 %. */
static const char *share_words(double share, char *out)
{
    double far = fmin(fabs(share), fabs(1 - share));
    double step = far > 0 ? pow(10, floor(log10(far)) - 3) : 0;
    return nd_share_format(step > 0 ? round(share / step) * step : share, out);
}

/* out: 64 bytes. */
static void put_rate(double rate, char *out)
{
    static const struct {
        double from;
        const char *unit;
    } units[] = {{1e9, "Gbit/s"}, {1e6, "Mbit/s"}, {1e3, "kbit/s"}, {0, "bit/s"}};
    char number[ND_UNIT_TEXT];
    size_t i = 0;
    while (fabs(rate) < units[i].from)
        i++;
    nd_real_words(rate / (units[i].from > 0 ? units[i].from : 1), number);
    snprintf(out, 64, "%.39s\u00a0%s", number, units[i].unit);
}

/* As much of a text as fits, whole characters. out: 64 bytes. */
static void put_text(char *out, const char *text)
{
    size_t at = 0;
    size_t step = 0;
    while (text[at] != '\0') {
        nd_utf8_point(text + at, strlen(text + at), &step);
        if (at + step >= 64)
            break;
        at += step;
    }
    memcpy(out, text, at);
    out[at] = '\0';
}

const char *nd_value_text(const struct nd_page *page, const json_t *value, const char *unit,
                          const char *statistic, char *out)
{
    char number[ND_UNIT_TEXT];
    double v = json_number_value(value);
    if (!json_is_number(value))
        snprintf(out, 64, "\u2013");
    else if (strcmp(unit, "ns") == 0)
        snprintf(out, 64, "%s", nd_length_text((json_int_t)v, number));
    else if (nd_value_is_share(statistic))
        snprintf(out, 64, "%s", share_words(v, number));
    else if (strcmp(unit, "bool") == 0)
        put_text(out, nd_msg(page, v != 0 ? ND_MSG_YES : ND_MSG_NO));
    else if (strcmp(unit, "bit/s") == 0)
        put_rate(v, out);
    else {
        bool plain = strcmp(unit, "1") == 0 || *unit == '\0';
        char *whole =
            nd_printf("%s%s%s", nd_real_words(v, number), plain ? "" : "\u00a0", plain ? "" : unit);
        put_text(out, whole);
        free(whole);
    }
    return out;
}

const char *nd_share_spread(const json_t *share, char *out)
{
    const json_t *value = json_object_get(share, "availability");
    double width = json_number_value(json_object_get(share, "uncertainty"));
    double step = width > 0 ? pow(10, floor(log10(width)) - 1) : 0;
    char number[ND_UNIT_TEXT];
    char wide[ND_UNIT_TEXT];
    if (!json_is_number(value)) {
        snprintf(out, ND_SPREAD_TEXT, "\u2013");
    } else if (width > 0) {
        double rounded = round(json_number_value(value) / step) * step;
        snprintf(out, ND_SPREAD_TEXT, "%s \u00b1\u00a0%s", nd_share_format(rounded, number),
                 nd_share_format(ceil(width / step - 1e-9) * step, wide));
    } else {
        snprintf(out, ND_SPREAD_TEXT, "%s", nd_share_format(json_number_value(value), number));
    }
    return out;
}
