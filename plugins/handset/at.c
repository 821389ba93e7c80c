#include "at.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const at_domain_names[AT_DOMAIN_COUNT] = {"+CREG", "+CGREG", "+CEREG", "+C5GREG"};
const char *const at_service_names[AT_SERVICES] = {"out", "denied", "emergency-only", "roaming",
                                                   "home"};

/* ---- lines ---- */

static const char *line_end(struct at_lines *lines)
{
    size_t len = lines->len;
    while (len > 0 && lines->text[len - 1] == ' ')
        len--;
    lines->text[len] = '\0';
    lines->len = 0;
    return len > 0 ? lines->text : NULL;
}

const char *at_octet(struct at_lines *lines, uint8_t octet)
{
    if (octet == '\r' || octet == '\n')
        return line_end(lines);
    if (octet < 0x20 || octet == 0x7f) {
        lines->odd += octet != '\t';
        return NULL;
    }
    lines->odd += octet >= 0x80;
    if (octet == ' ' && lines->len == 0)
        return NULL;
    if (lines->len == sizeof lines->text - 1) {
        lines->odd++;
        return NULL;
    }
    lines->text[lines->len++] = (char)octet;
    /* The prompt comes without an end of line. */
    if (octet == ' ' && lines->len == 2 && lines->text[0] == '>')
        return line_end(lines);
    return NULL;
}

enum at_final at_final(const char *line, int *code)
{
    static const struct {
        const char *text;
        enum at_final final;
    } plain[] = {{"OK", AT_OK},
                 {"ERROR", AT_ERROR},
                 {"NO CARRIER", AT_NO_CARRIER},
                 {"BUSY", AT_BUSY},
                 {"NO ANSWER", AT_NO_ANSWER},
                 {"NO DIALTONE", AT_NO_DIALTONE},
                 {"NO DIAL TONE", AT_NO_DIALTONE},
                 {"COMMAND NOT SUPPORT", AT_ERROR},
                 {"TOO MANY PARAMETERS", AT_ERROR}};
    struct at_field field;
    *code = AT_NONE;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (strcmp(line, plain[i].text) == 0)
            return plain[i].final;
    }
    if (at_fields(line, "+CME ERROR:", &field, 1) == 0 &&
        at_fields(line, "+CMS ERROR:", &field, 1) == 0)
        return AT_MORE;
    *code = at_number(&field, 10);
    return AT_ERROR;
}

/* ---- fields ---- */

static void field_trim(struct at_field *field)
{
    while (field->len > 0 && *field->at == ' ') {
        field->at++;
        field->len--;
    }
    while (field->len > 0 && field->at[field->len - 1] == ' ')
        field->len--;
    field->quoted = field->len >= 2 && *field->at == '"' && field->at[field->len - 1] == '"';
    if (field->quoted) {
        field->at++;
        field->len -= 2;
    }
}

/* Fields of len octets of text. */
static size_t split(const char *text, size_t len, struct at_field *fields, size_t max)
{
    size_t count = 0;
    size_t begin = 0;
    int quoted = 0;
    for (size_t i = 0; i <= len && count < max; i++) {
        if (i < len && text[i] == '"')
            quoted = !quoted;
        if (i == len || (text[i] == ',' && !quoted)) {
            fields[count] = (struct at_field){text + begin, i - begin, 0};
            field_trim(&fields[count++]);
            begin = i + 1;
        }
    }
    return count;
}

size_t at_fields(const char *line, const char *prefix, struct at_field *fields, size_t max)
{
    size_t len = strlen(prefix);
    if (strncmp(line, prefix, len) != 0)
        return 0;
    return split(line + len, strlen(line + len), fields, max);
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

int at_number(const struct at_field *field, int base)
{
    int64_t value = 0;
    if (field->len == 0)
        return AT_NONE;
    for (size_t i = 0; i < field->len; i++) {
        int digit = digit_of(field->at[i]);
        if (digit >= base)
            return AT_NONE;
        value = value * base + digit;
        if (value > 1000000000)
            return AT_NONE;
    }
    return (int)value;
}

static int number_at(const struct at_field *fields, size_t count, size_t i)
{
    return i < count ? at_number(&fields[i], 10) : AT_NONE;
}

static void field_copy(const struct at_field *field, char *out, size_t bytes)
{
    snprintf(out, bytes, "%.*s", (int)(field->len < bytes ? field->len : bytes - 1), field->at);
}

/* ---- registration ---- */

/* An answer begins with <n>, an unsolicited code with <stat>. Behind <stat> stands an area, which
 * is quoted, or left out; some modems write it without quotes, but with four digits or more. */
static int begins_with_n(const struct at_field *fields, size_t count)
{
    if (count < 2)
        return 0;
    return !fields[1].quoted && fields[1].len >= 1 && fields[1].len <= 2 &&
           at_number(&fields[1], 10) != AT_NONE;
}

int at_registration(const char *line, struct at_registration *reg)
{
    /* Where <cause_type> stands, counted from <stat>: +C5GREG has the allowed slices before it. */
    static const size_t cause_at[AT_DOMAIN_COUNT] = {4, 4, 4, 6};
    struct at_field fields[AT_FIELDS_MAX];
    size_t count = 0;
    int domain = 0;
    for (; domain < AT_DOMAIN_COUNT && count == 0; domain++) {
        char prefix[16];
        snprintf(prefix, sizeof prefix, "%s:", at_domain_names[domain]);
        count = at_fields(line, prefix, fields, AT_FIELDS_MAX);
    }
    if (count == 0)
        return 0;
    *reg = (struct at_registration){.domain = (enum at_domain)(domain - 1)};
    reg->solicited = begins_with_n(fields, count);
    const struct at_field *from = fields + reg->solicited;
    count -= (size_t)reg->solicited;
    reg->stat = at_number(from, 10);
    reg->act = number_at(from, count, 3);
    size_t cause = cause_at[reg->domain];
    reg->cause = number_at(from, count, cause) == 0 ? number_at(from, count, cause + 1) : AT_NONE;
    return reg->stat != AT_NONE;
}

enum at_service at_service(int stat)
{
    switch (stat) {
    case 1:
    case 6:
    case 9:
        return AT_HOME;
    case 5:
    case 7:
    case 10:
        return AT_ROAMING;
    case 8:
    case 11:
        return AT_EMERGENCY;
    case 3:
        return AT_DENIED;
    default:
        return AT_OUT;
    }
}

struct worded {
    int code;
    const char *words;
};

static const char *words_of(const struct worded *list, size_t count, int code)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].code == code)
            return list[i].words;
    }
    return "";
}

const char *at_error_words(const char *line)
{
    static const struct worded list[] = {{3, "operation not allowed"},
                                         {4, "operation not supported"},
                                         {10, "SIM not inserted"},
                                         {11, "SIM PIN required"},
                                         {12, "SIM PUK required"},
                                         {13, "SIM failure"},
                                         {14, "SIM busy"},
                                         {15, "SIM wrong"},
                                         {30, "no network service"},
                                         {31, "network timeout"},
                                         {32, "emergency calls only"}};
    struct at_field field;
    if (at_fields(line, "+CME ERROR:", &field, 1) == 0)
        return "";
    return words_of(list, sizeof list / sizeof list[0], at_number(&field, 10));
}

const char *at_cause_words(int cause)
{
    static const struct worded list[] = {{3, "illegal UE"},
                                         {11, "network not allowed"},
                                         {12, "tracking area not allowed"},
                                         {13, "roaming not allowed in this tracking area"},
                                         {15, "no suitable cells in this tracking area"},
                                         {17, "network failure"},
                                         {22, "congestion"},
                                         {78, "network not allowed at the present location"},
                                         {80, "disaster roaming not allowed"}};
    return words_of(list, sizeof list / sizeof list[0], cause);
}

/* ---- networks ---- */

static void take_plmn(const struct at_field *field, char plmn[8])
{
    size_t digits = 0;
    plmn[0] = '\0';
    /* A digit more than a PLMN has, or a line broken within it, is none. */
    while (digits < field->len && isdigit((unsigned char)field->at[digits]))
        digits++;
    if (digits == field->len && (digits == 5 || digits == 6))
        field_copy(field, plmn, 8);
}

int at_operator(const char *line, int *mode, char plmn[8])
{
    struct at_field fields[4];
    size_t count = at_fields(line, "+COPS:", fields, 4);
    plmn[0] = '\0';
    if (count == 0 || (*mode = at_number(&fields[0], 10)) == AT_NONE)
        return 0;
    if (number_at(fields, count, 1) == 2 && count > 2)
        take_plmn(&fields[2], plmn);
    return 1;
}

/* The end of a parenthesis that begins at text: quotes may hold one. NULL: it never ends. */
static const char *group_end(const char *text)
{
    int quoted = 0;
    for (; *text != '\0'; text++) {
        if (*text == '"')
            quoted = !quoted;
        else if (*text == ')' && !quoted)
            return text;
    }
    return NULL;
}

int at_networks(const char *line, struct at_network *list, int max)
{
    int count = 0;
    if (strncmp(line, "+COPS:", 6) != 0 || strchr(line, '(') == NULL)
        return -1;
    for (const char *at = strchr(line, '('); at != NULL && count < max; at = strchr(at, '(')) {
        const char *end = group_end(at + 1);
        struct at_field fields[5];
        if (end == NULL)
            break;
        size_t got = split(at + 1, (size_t)(end - at - 1), fields, 5);
        struct at_network network = {.stat = at_number(&fields[0], 10)};
        if (got >= 4)
            take_plmn(&fields[3], network.plmn);
        /* The lists of modes and formats behind have no name. */
        if (network.plmn[0] != '\0' && network.stat != AT_NONE && network.stat <= 3) {
            field_copy(&fields[fields[1].len != 0 ? 1 : 2], network.name, sizeof network.name);
            list[count++] = network;
        }
        at = end;
    }
    return count;
}

/* ---- signal ---- */

/* code 0 is "below", unknown is its own code; `first` is the lower bound of code 1. */
static double bound(int code, int highest, double first, double step)
{
    return code >= 0 && code <= highest ? first + (code - 1) * step : (double)NAN;
}

int at_signal(const char *line, struct at_signal *signal)
{
    struct at_field fields[AT_FIELDS_MAX];
    size_t count = at_fields(line, "+CSQ:", fields, AT_FIELDS_MAX);
    if (count >= 1) {
        signal->rssi = bound(number_at(fields, count, 0), 31, -111, 2);
        return 1;
    }
    count = at_fields(line, "+CESQ:", fields, AT_FIELDS_MAX);
    if (count < 6)
        return 0;
    double rxlev = bound(number_at(fields, count, 0), 63, -110, 1);
    if (!isnan(rxlev))
        signal->rssi = rxlev;
    signal->rscp = bound(number_at(fields, count, 2), 96, -120, 1);
    signal->rsrq = bound(number_at(fields, count, 4), 34, -19.5, 0.5);
    signal->rsrp = bound(number_at(fields, count, 5), 97, -140, 1);
    signal->ss_rsrq = bound(number_at(fields, count, 6), 126, -43, 0.5);
    signal->ss_rsrp = bound(number_at(fields, count, 7), 126, -156, 1);
    signal->ss_sinr = bound(number_at(fields, count, 8), 127, -23, 0.5);
    return 1;
}

/* ---- data and calls ---- */

int at_address(const char *line)
{
    struct at_field fields[4];
    size_t count = at_fields(line, "+CGPADDR:", fields, 4);
    if (count == 0)
        return -1;
    for (size_t i = 1; i < count; i++) {
        int zeros = 1;
        for (size_t k = 0; k < fields[i].len; k++)
            zeros &= strchr("0.:", fields[i].at[k]) != NULL;
        if (!zeros)
            return 1;
    }
    return 0;
}

int at_call(const char *line)
{
    struct at_field fields[8];
    size_t count = at_fields(line, "+CLCC:", fields, 8);
    /* <id>, <dir> (0: we call), <stat> */
    return count >= 3 && at_number(&fields[1], 10) == 0 ? at_number(&fields[2], 10) : AT_NONE;
}
