#include "letter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* RFC 5322 messages with MIME (RFC 2045 to 2047). */

#define LINE_MAX_8BIT 900                     /* of the 998 octets that a line may have */
#define BOUNDARY      "=_netdrill_exercise_=" /* quoted-printable never has "=_" */
#define WORD_OCTETS   36                      /* of text in an encoded word: 60 of its 75 */

static void put_base64(FILE *out, const char *text, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = (const unsigned char *)text;
    for (size_t i = 0; i < len; i += 3) {
        unsigned bits = (unsigned)in[i] << 16;
        bits |= i + 1 < len ? (unsigned)in[i + 1] << 8 : 0;
        bits |= i + 2 < len ? in[i + 2] : 0;
        putc(digits[bits >> 18], out);
        putc(digits[bits >> 12 & 63], out);
        putc(i + 1 < len ? digits[bits >> 6 & 63] : '=', out);
        putc(i + 2 < len ? digits[bits & 63] : '=', out);
    }
}

/* A header's text as encoded words (RFC 2047), each of whole characters, a line each. */
static void put_words(FILE *out, const char *text)
{
    size_t left = strlen(text);
    while (left != 0) {
        size_t len = left < WORD_OCTETS ? left : WORD_OCTETS;
        while (len < left && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--;
        fputs("=?UTF-8?B?", out);
        put_base64(out, text, len);
        fputs("?=", out);
        text += len;
        left -= len;
        if (left != 0)
            fputs("\r\n ", out);
    }
}

/* Always encoded: a name in clear would have to be quoted. Whoever has no mailbox is an empty group
 * of his name (RFC 5322 §3.4). */
static void put_mailbox(FILE *out, const char *name, const char *address)
{
    put_words(out, name);
    if (text_is_mailbox(address))
        fprintf(out, "\r\n <%s>", address);
    else
        fputs(":;", out);
}

static void put_date(FILE *out, int64_t wall_ns)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)(wall_ns / 1000000000);
    struct tm tm;
    localtime_r(&seconds, &tm);
    long off = tm.tm_gmtoff / 60;
    long size = off < 0 ? -off : off;
    fprintf(out, "Date: %.3s, %d %.3s %d %02d:%02d:%02d %c%02ld%02ld\r\n", days + tm.tm_wday * 3L,
            tm.tm_mday, months + tm.tm_mon * 3L, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
            tm.tm_sec, off < 0 ? '-' : '+', size / 60, size % 60);
}

/* ---- bodies ---- */

static int lines_are_short(const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        if (len > LINE_MAX_8BIT)
            return 0;
        text += len + (text[len] == '\n');
    }
    return 1;
}

static void put_8bit(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            putc('\r', out);
        putc(*text, out);
    }
}

static void put_quoted(FILE *out, const char *text)
{
    size_t column = 0;
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '\n') {
            fputs("\r\n", out);
            column = 0;
            continue;
        }
        int last = text[1] == '\n' || text[1] == '\0';
        int plain = (c > ' ' && c < 0x7f && c != '=') || ((c == ' ' || c == '\t') && !last);
        /* A dot or "From " that begins a line is touched on some ways. */
        if (column == 0 && (c == '.' || c == 'F'))
            plain = 0;
        size_t width = plain ? 1 : 3;
        if (column + width > 75) {
            fputs("=\r\n", out);
            column = 0;
        }
        if (plain)
            putc(c, out);
        else
            fprintf(out, "=%02X", c);
        column += width;
    }
}

static void put_part(FILE *out, const struct letter *letter, enum language language, int eight_bit)
{
    char *text = letter_text(letter, language);
    eight_bit = eight_bit && lines_are_short(text) && strstr(text, BOUNDARY) == NULL;
    fprintf(out,
            "Content-Type: text/plain; charset=UTF-8\r\nContent-Language: %s\r\n"
            "Content-Disposition: inline\r\nContent-Transfer-Encoding: %s\r\n\r\n",
            language == ZH ? "zh-TW" : "en", eight_bit ? "8bit" : "quoted-printable");
    if (eight_bit)
        put_8bit(out, text);
    else
        put_quoted(out, text);
    free(text);
}

/* ---- the message ---- */

static void put_headers(FILE *out, const struct letter *letter, const char *from)
{
    char id[ID_BYTES];
    char *title = letter_title(letter);
    letter_id(letter, id);
    put_date(out, letter->wall_ns);
    fputs("From: ", out);
    put_mailbox(out, letter->sender != NULL ? letter->sender : MARK, from);
    fputs("\r\nTo: ", out);
    for (size_t i = 0; i < letter->to_count; i++) {
        put_mailbox(out, letter->to[i].name, letter->to[i].address);
        if (i + 1 < letter->to_count)
            fputs(",\r\n ", out);
    }
    fputs("\r\nSubject: ", out);
    put_words(out, title);
    fprintf(out, "\r\nMessage-ID: <%s@%s>\r\n", id, strchr(from, '@') + 1);
    fputs("Auto-Submitted: auto-generated\r\nX-Exercise: true\r\nMIME-Version: 1.0\r\n", out);
    free(title);
}

char *letter_mime(const struct letter *letter, const char *from, int eight_bit)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    int has[LANGUAGES];
    for (int i = 0; i < LANGUAGES; i++)
        has[i] = letter->title[i] != NULL || letter->body[i] != NULL;
    put_headers(out, letter, from);
    if (has[ZH] != has[EN]) {
        put_part(out, letter, has[ZH] ? ZH : EN, eight_bit);
    } else {
        fprintf(out, "Content-Type: multipart/mixed; boundary=\"%s\"\r\n\r\n", BOUNDARY);
        for (int i = 0; i < LANGUAGES; i++) {
            fprintf(out, "--%s\r\n", BOUNDARY);
            put_part(out, letter, (enum language)i, eight_bit);
            fputs("\r\n", out);
        }
        fprintf(out, "--%s--\r\n", BOUNDARY);
    }
    fclose(out);
    return text;
}
