/* Quantities as people write them. Parsers take the whole text or refuse it (ND_EPARSE), without
 * regard to locale. */
#ifndef ND_BASE_UNITS_H
#define ND_BASE_UNITS_H
#include "base/err.h"

#define ND_US(n)     ((nd_ns)(n)*1000)
#define ND_MS(n)     ((nd_ns)(n)*1000000)
#define ND_SEC(n)    ((nd_ns)(n)*1000000000)
#define ND_NS_MAX    INT64_MAX
#define ND_UNIT_TEXT 40 /* bytes that are enough for any of the formatters */

/* "250ms", "1.5s", "90us", "10m", "2h", "1h30m", "1d"; the unit is required. Result >= 0. */
nd_err nd_length_parse(const char *text, nd_ns *length, struct nd_fail *why);
/* "250ms", "1.5s", "1h30m": short and exact to the microsecond. out: ND_UNIT_TEXT bytes. */
const char *nd_length_format(nd_ns length, char *out);

/* A moment of the drill: "T+06:30" (hours:minutes), "T+00:06:30" or "T+00:06:30.250". */
nd_err nd_moment_parse(const char *text, nd_ns *moment, struct nd_fail *why);
/* "T+00:06:30" or, with a fraction, "T+00:06:30.250"; negative "T-00:00:01". */
const char *nd_moment_format(nd_ns moment, char *out);

/* "100kbit/s", "5Mbit/s", "1Gbit/s", "64000bit/s": decimal prefixes, bit/s. */
nd_err nd_rate_parse(const char *text, int64_t *bit_per_s, struct nd_fail *why);
const char *nd_rate_format(int64_t bit_per_s, char *out);

/* "30%", "0.5%": 0 to 1. */
nd_err nd_share_parse(const char *text, double *share, struct nd_fail *why);
const char *nd_share_format(double share, char *out);

/* "1234.5" with '.' whatever the locale: the shortest text that reads back as the same double,
 * with an exponent from 1e15 and below 1e-4 only. */
const char *nd_real_format(double value, char *out);
/* The same for people: whole numbers whole, others with four digits, never with an exponent below
 * 10^15. */
const char *nd_real_words(double value, char *out);
nd_err nd_real_parse(const char *text, double *value, struct nd_fail *why);

/* RFC 3339 with milliseconds and offset, "2026-11-24T09:30:00.004+08:00". offset_min: minutes
 * east of UTC, 0 prints "Z". out: ND_UNIT_TEXT bytes. */
const char *nd_wall_format(int64_t wall_ns, int offset_min, char *out);
/* Reads what that writes with offset 0 ("...Z"); ns since 1970, -1: it is no such text. */
int64_t nd_wall_parse(const char *text);

#endif
