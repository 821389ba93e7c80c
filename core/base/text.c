#include "base/text.h"

#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void nd_buf_deinit(struct nd_buf *buf)
{
    free(buf->text);
    *buf = (struct nd_buf){0};
}

void nd_buf_reset(struct nd_buf *buf)
{
    buf->len_bytes = 0;
    if (buf->text != NULL)
        buf->text[0] = '\0';
}

static void reserve(struct nd_buf *buf, size_t more)
{
    ND_CHECK(more < SIZE_MAX / 2 - buf->len_bytes);
    size_t need = buf->len_bytes + more + 1;
    if (need <= buf->cap)
        return;
    size_t cap = buf->cap != 0 ? buf->cap : 64;
    while (cap < need)
        cap *= 2;
    buf->text = nd_realloc(buf->text, cap, 1);
    buf->cap = cap;
}

void nd_buf_add(struct nd_buf *buf, const char *bytes, size_t len_bytes)
{
    reserve(buf, len_bytes);
    memcpy(buf->text + buf->len_bytes, bytes, len_bytes);
    buf->len_bytes += len_bytes;
    buf->text[buf->len_bytes] = '\0';
}

void nd_buf_insert(struct nd_buf *buf, size_t at, const char *bytes, size_t len_bytes)
{
    ND_CHECK(at <= buf->len_bytes);
    reserve(buf, len_bytes);
    memmove(buf->text + at + len_bytes, buf->text + at, buf->len_bytes - at);
    memcpy(buf->text + at, bytes, len_bytes);
    buf->len_bytes += len_bytes;
    buf->text[buf->len_bytes] = '\0';
}

void nd_buf_adds(struct nd_buf *buf, const char *text)
{
    nd_buf_add(buf, text, strlen(text));
}

void nd_buf_addf(struct nd_buf *buf, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    ND_CHECK(len >= 0);
    reserve(buf, (size_t)len);
    vsnprintf(buf->text + buf->len_bytes, (size_t)len + 1, fmt, again);
    va_end(again);
    buf->len_bytes += (size_t)len;
}

const char *nd_buf_str(const struct nd_buf *buf)
{
    return buf->text != NULL ? buf->text : "";
}

char *nd_buf_take(struct nd_buf *buf)
{
    char *text = buf->text != NULL ? buf->text : nd_strdup("");
    *buf = (struct nd_buf){0};
    return text;
}

int nd_file_read(const char *path, size_t max_bytes, char **text, size_t *len_bytes,
                 struct nd_fail *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return nd_fail_errno(why, errno, "cannot open '%s'", path);
    struct nd_buf buf = {0};
    nd_err err = ND_OK;
    for (;;) {
        char piece[16384];
        ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            err = nd_fail_errno(why, errno, "cannot read '%s'", path);
            break;
        }
        if (got == 0)
            break;
        nd_buf_add(&buf, piece, (size_t)got);
        if (buf.len_bytes > max_bytes) {
            err = nd_fail_set(why, ND_EARG, "'%s' is larger than %zu octets", path, max_bytes);
            break;
        }
    }
    close(fd);
    if (err == ND_OK) {
        *len_bytes = buf.len_bytes;
        *text = nd_buf_take(&buf);
    }
    nd_buf_deinit(&buf);
    return err;
}

/* Shortest form only, no surrogates, at most U+10FFFF (RFC 3629 §4). */
size_t nd_utf8_len(const char *text, size_t left_bytes)
{
    const unsigned char *s = (const unsigned char *)text;
    if (left_bytes == 0)
        return 0;
    if (s[0] < 0x80)
        return 1;
    size_t len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || left_bytes < len)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    bool wrong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
                 (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f);
    return wrong ? 0 : len;
}

bool nd_utf8_valid(const char *text, size_t len_bytes)
{
    for (size_t at = 0; at < len_bytes;) {
        size_t step = nd_utf8_len(text + at, len_bytes - at);
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}

unsigned nd_utf8_point(const char *text, size_t left_bytes, size_t *len_bytes)
{
    static const unsigned char first_bits[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t len = nd_utf8_len(text, left_bytes);
    if (len == 0) {
        *len_bytes = 1;
        return 0xfffd;
    }
    const unsigned char *s = (const unsigned char *)text;
    unsigned point = s[0] & first_bits[len];
    for (size_t i = 1; i < len; i++)
        point = point << 6 | (s[i] & 0x3fu);
    *len_bytes = len;
    return point;
}

/* East Asian Wide and Fullwidth ranges and zero-width marks (Unicode 15, UAX #11), coarsened. */
static size_t point_width(unsigned point)
{
    static const struct {
        unsigned from, till;
        size_t width;
    } ranges[] = {
        {0x0000, 0x001f, 0}, {0x007f, 0x009f, 0},   {0x0300, 0x036f, 0},   {0x1100, 0x115f, 2},
        {0x200b, 0x200f, 0}, {0x202a, 0x202e, 0},   {0x2060, 0x2064, 0},   {0x2066, 0x2069, 0},
        {0x20d0, 0x20ff, 0}, {0x2e80, 0x303e, 2},   {0x3041, 0x33ff, 2},   {0x3400, 0x4dbf, 2},
        {0x4e00, 0x9fff, 2}, {0xa000, 0xa4cf, 2},   {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},
        {0xfe00, 0xfe0f, 0}, {0xfe30, 0xfe6f, 2},   {0xff00, 0xff60, 2},   {0xffe0, 0xffe6, 2},
        {0xfeff, 0xfeff, 0}, {0x1f300, 0x1f64f, 2}, {0x1f900, 0x1f9ff, 2}, {0x20000, 0x3fffd, 2},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (point >= ranges[i].from && point <= ranges[i].till)
            return ranges[i].width;
    }
    return 1;
}

size_t nd_text_width(const char *text)
{
    size_t width = 0;
    size_t left = strlen(text);
    while (left > 0) {
        size_t step = 0;
        width += point_width(nd_utf8_point(text, left, &step));
        text += step;
        left -= step;
    }
    return width;
}

size_t nd_text_fit(const char *text, size_t columns)
{
    size_t len = strlen(text);
    size_t at = 0;
    size_t width = 0;
    while (at < len) {
        size_t step = 0;
        width += point_width(nd_utf8_point(text + at, len - at, &step));
        if (width > columns)
            break;
        at += step;
    }
    return at;
}

/* Octets of a wild character at `at`, 0: it is tame. */
static size_t wild(const char *text, bool lines)
{
    const unsigned char *at = (const unsigned char *)text;
    if (at[0] < ' ' || at[0] == 0x7f)
        return lines && (at[0] == '\n' || at[0] == '\t') ? 0 : 1;
    if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0) /* U+0080 to U+009F */
        return 2;
    if (at[0] == 0xe2 && at[1] == 0x80 && at[2] >= 0xa8 && at[2] <= 0xae) /* U+2028 to U+202E */
        return 3;
    return at[0] == 0xe2 && at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9 ? 3
                                                                            : 0; /* U+2066 ... */
}

bool nd_text_is_tame(const char *text, bool lines)
{
    while (*text != '\0' && wild(text, lines) == 0)
        text++;
    return *text == '\0';
}

bool nd_text_tame(char *text, bool lines)
{
    bool changed = false;
    while (*text != '\0') {
        size_t octets = wild(text, lines);
        memset(text, ' ', octets);
        changed = changed || octets != 0;
        text += octets != 0 ? octets : 1;
    }
    return changed;
}

#define NEAR_MAX 40 /* longer words are not compared */

/* Optimal string alignment: insertions, deletions, substitutions, swaps of neighbours. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][NEAR_MAX + 1];
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *up = rows[(i + 2) % 3];
        const size_t *up2 = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = up[j - 1] + (a[i - 1] != b[j - 1]);
            if (up[j] + 1 < best)
                best = up[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                up2[j - 2] + 1 < best)
                best = up2[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[a_len % 3][b_len];
}

const char *nd_text_nearest(const char *word, const char *const *names, size_t count)
{
    size_t word_len = strlen(word);
    if (word_len == 0 || word_len > NEAR_MAX)
        return NULL;
    const char *nearest = NULL;
    size_t best = (word_len + 2) / 3 + 1;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(names[i]);
        if (len > NEAR_MAX)
            continue;
        size_t d = distance(word, word_len, names[i], len);
        if (d < best) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
}
