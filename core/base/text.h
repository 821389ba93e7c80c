/* Text: a growing buffer, UTF-8, widths on a terminal, near names. */
#ifndef ND_BASE_TEXT_H
#define ND_BASE_TEXT_H
#include <stdbool.h>
#include <stddef.h>

/* A growing, always NUL-ended buffer. Embedded; zero-initialise. text is NULL while empty. */
struct nd_buf {
    char *text;
    size_t len_bytes, cap;
};

void nd_buf_deinit(struct nd_buf *buf);
void nd_buf_reset(struct nd_buf *buf); /* keeps the memory */
void nd_buf_add(struct nd_buf *buf, const char *bytes, size_t len_bytes);
/* The same before the octet at `at`, what follows is moved on. */
void nd_buf_insert(struct nd_buf *buf, size_t at, const char *bytes, size_t len_bytes);
void nd_buf_adds(struct nd_buf *buf, const char *text);
void nd_buf_addf(struct nd_buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *nd_buf_str(const struct nd_buf *buf); /* "" when empty; borrowed */
/* Hands the text over ("" when empty); caller frees. The buffer is empty afterwards. */
char *nd_buf_take(struct nd_buf *buf);

/* Reads a file whole. Caller frees *text. max_bytes: larger files are refused (ND_EARG). */
struct nd_fail;
int nd_file_read(const char *path, size_t max_bytes, char **text, size_t *len_bytes,
                 struct nd_fail *why);

/* Length in bytes of the UTF-8 sequence at text (1 to 4), 0 when it is not valid. */
size_t nd_utf8_len(const char *text, size_t left_bytes);
bool nd_utf8_valid(const char *text, size_t len_bytes);
/* Code point of the sequence at text and its length; U+FFFD and 1 when not valid. */
unsigned nd_utf8_point(const char *text, size_t left_bytes, size_t *len_bytes);
/* Columns on a terminal, CJK wide = 2, ambiguous = 1, controls = 0; independent of the locale. */
size_t nd_text_width(const char *text);
/* Largest prefix of text in bytes that fits into `columns`. */
size_t nd_text_fit(const char *text, size_t columns);

/* Characters that would rearrange the terminal or the line of whoever reads: controls, line and
 * paragraph separators, and those that turn the direction of writing. lines: line feeds and tabs
 * are fine. */
bool nd_text_is_tame(const char *text, bool lines);
/* They become blanks, octet by octet. Returns whether there were any. */
bool nd_text_tame(char *text, bool lines);

/* The nearest of count names to `word` by Damerau-Levenshtein distance, or NULL when none is
 * near enough to be suggested (distance at most a third of the length, rounded up). */
const char *nd_text_nearest(const char *word, const char *const *names, size_t count);

#endif
