#include "report/words/reason.h"

#include <string.h>

static const struct {
    const char *en, *zh;
} catalogue[] = {
#define X(en, zh) {en, zh},
#include "report/plugin_reasons.inc"
#include "report/words/reasons.def"
#undef X
};

#define GAPS   9      /* conversions of a message */
#define DEPTH  6      /* reasons within reasons */
#define EFFORT 300000 /* octets compared for one reason, however it was made up */

struct span {
    const char *at;
    size_t len;
};

struct match {
    struct span gaps[GAPS]; /* what stood at the conversions */
    size_t count, plain;    /* octets that are the message's own */
};

static struct span span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

static struct span span_from(struct span text, size_t from)
{
    return (struct span){text.at + from, text.len - from};
}

/* ---- a message found again in what was formatted from it ---- */

/* What follows a conversion "%.60s" or "%lld"; kind: its letter. */
static const char *after_conversion(const char *pattern, char *kind)
{
    pattern += 1 + strspn(pattern + 1, "-+ #0123456789.*lhzjt");
    *kind = *pattern;
    return *pattern != '\0' ? pattern + 1 : pattern;
}

/* How much of text a conversion of a number has written. */
static size_t number_at(struct span text, char kind)
{
    const char *set = strchr("xXo", kind) != NULL      ? "0123456789abcdefABCDEF"
                      : strchr("gGfFeE", kind) != NULL ? "-+.0123456789einfa"
                                                       : "-0123456789";
    size_t len = 0;
    while (len < text.len && strchr(set, text.at[len]) != NULL && text.at[len] != '\0')
        len++;
    return len;
}

static bool is_like(const char *pattern, struct span text, struct match *m, int *effort);

static bool gap_is_like(const char *pattern, struct span text, struct match *m, int *effort)
{
    char kind = '\0';
    const char *rest = after_conversion(pattern, &kind);
    struct span *gap = &m->gaps[m->count];
    size_t least = 0;
    size_t most = text.len;
    if (m->count == GAPS)
        return false;
    if (kind != 's') {
        least = most = kind == 'c' ? 1 : number_at(text, kind);
        if (most == 0 || most > text.len)
            return false;
    } else if (*rest == '\0') {
        least = text.len;
    }
    m->count++;
    for (size_t len = least; len <= most; len++) {
        const struct match before = *m;
        *gap = (struct span){text.at, len};
        if (is_like(rest, span_from(text, len), m, effort))
            return true;
        *m = before;
    }
    m->count--;
    return false;
}

/* The shortest of what could stand at each conversion is taken. */
static bool is_like(const char *pattern, struct span text, struct match *m, int *effort)
{
    while (*pattern != '\0') {
        bool percent = pattern[0] == '%' && pattern[1] == '%';
        if (--*effort < 0)
            return false;
        if (*pattern == '%' && !percent)
            return gap_is_like(pattern, text, m, effort);
        if (text.len == 0 || *text.at != *pattern)
            return false;
        m->plain++;
        pattern += percent ? 2 : 1;
        text = span_from(text, 1);
    }
    return text.len == 0;
}

/* The message that has most of the text in its own words; NULL: none. */
static const char *find(struct span text, struct match *best, int *effort)
{
    const char *zh = NULL;
    for (size_t i = 0; i < sizeof catalogue / sizeof catalogue[0]; i++) {
        struct match m = {.count = 0};
        if (is_like(catalogue[i].en, text, &m, effort) && (zh == NULL || m.plain > best->plain)) {
            *best = m;
            zh = catalogue[i].zh;
        }
    }
    return zh;
}

/* ---- in Chinese ---- */

static bool is_cjk(struct span text)
{
    size_t step = 0;
    for (size_t at = 0; at < text.len; at += step) {
        if (nd_utf8_point(text.at + at, text.len - at, &step) >= 0x2e80)
            return true;
    }
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Two words beside each other: no name, no id, no "links.cut yi-web". */
static bool is_english(struct span text)
{
    size_t in_a_row = 0;
    for (size_t at = 0; at < text.len && in_a_row < 2;) {
        size_t len = 0;
        bool word = true;
        for (; at + len < text.len && text.at[at + len] != ' '; len++) {
            bool end = at + len + 1 == text.len || text.at[at + len + 1] == ' ';
            bool joint = end ? strchr(",;:.", text.at[at + len]) != NULL
                             : len != 0 && text.at[at + len] == '\'';
            word = word && (is_letter(text.at[at + len]) || joint);
        }
        in_a_row = word && len > 1 ? in_a_row + 1 : 0;
        at += len + 1;
    }
    return in_a_row >= 2;
}

static void put_as_it_is(struct span text, struct nd_buf *out)
{
    bool quoted = is_english(text) && !is_cjk(text);
    nd_buf_adds(out, quoted ? "原文「" : "");
    nd_buf_add(out, text.at, text.len);
    nd_buf_adds(out, quoted ? "」" : "");
}

static bool put_reason(struct span text, int depth, int *effort, struct nd_buf *out);

/* What joins it to what stands before it stays outside of the quotes. */
static void put_either(struct span text, int depth, int *effort, struct nd_buf *out)
{
    static const char *const joints[][2] = {{": ", "："}, {"; ", "；"}, {", ", "，"}};
    for (size_t i = 0; i < sizeof joints / sizeof joints[0]; i++) {
        if (text.len > 2 && memcmp(text.at, joints[i][0], 2) == 0) {
            if (!put_reason(text, depth, effort, out)) {
                nd_buf_adds(out, joints[i][1]);
                put_either(span_from(text, 2), depth, effort, out);
            }
            return;
        }
    }
    if (!put_reason(text, depth, effort, out))
        put_as_it_is(text, out);
}

/* What stands in 「 」 is a name. */
static void put_filled(const char *zh, const struct match *m, int depth, int *effort,
                       struct nd_buf *out)
{
    static const char opening[] = "「";
    size_t open_len = sizeof opening - 1;
    for (const char *c = zh; *c != '\0'; c++) {
        size_t number = c[0] == '%' && c[1] >= '1' && c[1] <= '9' ? (size_t)(c[1] - '0') : 0;
        bool name = (size_t)(c - zh) >= open_len && memcmp(c - open_len, opening, open_len) == 0;
        if (number == 0 || number > m->count) {
            nd_buf_add(out, c, 1);
            continue;
        }
        struct span gap = m->gaps[number - 1];
        if (name)
            nd_buf_add(out, gap.at, gap.len);
        else if (gap.len != 0)
            put_either(gap, depth + 1, effort, out);
        c++;
    }
}

/* "context: reason", "reason; reason": when either is known. "NAME reason": when the reason is. */
static bool put_parts(struct span text, const char *between, const char *zh, int depth, int *effort,
                      struct nd_buf *out)
{
    size_t gap = strlen(between);
    for (size_t at = 1; at + gap < text.len; at++) {
        struct span head = {text.at, at};
        struct span tail = span_from(text, at + gap);
        struct nd_buf first = {0};
        struct nd_buf second = {0};
        if (memcmp(text.at + at, between, gap) != 0)
            continue;
        bool named = gap == 1;
        if (named && (is_english(head) || memchr(tail.at, ' ', tail.len) == NULL))
            continue;
        bool known = put_reason(tail, depth + 1, effort, &second);
        if ((!named && put_reason(head, depth + 1, effort, &first)) || known) {
            if (first.len_bytes == 0)
                put_as_it_is(head, &first);
            if (!known)
                put_as_it_is(tail, &second);
            nd_buf_addf(out, "%s%s%s", nd_buf_str(&first), zh, nd_buf_str(&second));
            known = true;
        } else {
            known = false;
        }
        nd_buf_deinit(&first);
        nd_buf_deinit(&second);
        if (known)
            return true;
    }
    return false;
}

/* False, and nothing appended: the catalogue has neither it nor a part of it. */
static bool put_reason(struct span text, int depth, int *effort, struct nd_buf *out)
{
    struct match m = {.count = 0};
    const char *zh = depth < DEPTH ? find(text, &m, effort) : NULL;
    if (zh != NULL) {
        put_filled(zh, &m, depth, effort, out);
        return true;
    }
    return depth<DEPTH && * effort> 0 && (put_parts(text, ": ", "：", depth, effort, out) ||
                                          put_parts(text, "; ", "；", depth, effort, out) ||
                                          put_parts(text, " ", " ", depth, effort, out));
}

void nd_reason(enum nd_lang lang, const char *reason, struct nd_buf *out)
{
    int effort = EFFORT;
    if (lang != ND_LANG_ZH)
        nd_buf_adds(out, reason);
    else if (*reason != '\0')
        put_either(span_of(reason), 0, &effort, out);
}

char *nd_reason_text(enum nd_lang lang, const char *reason)
{
    struct nd_buf out = {0};
    nd_reason(lang, reason, &out);
    return nd_buf_take(&out);
}

bool nd_reason_known(const char *reason)
{
    int effort = EFFORT;
    struct nd_buf out = {0};
    bool known = put_reason(span_of(reason), 0, &effort, &out);
    nd_buf_deinit(&out);
    return known;
}
