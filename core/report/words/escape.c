#include "report/words/words.h"

#include <string.h>

/* Text that others wrote, made harmless where it stands. */

/* Controls, and marks that turn the direction of text, so that a hostile name could rearrange what
 * stands beside it: they become U+FFFD on pages and a space in Markdown. */
static bool is_harmful(unsigned point)
{
    return (point < 0x20 && point != '\n' && point != '\t') || (point >= 0x7f && point < 0xa0) ||
           point == 0x061c || point == 0x200e || point == 0x200f ||
           (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) ||
           point == 0xfffe || point == 0xffff;
}

bool nd_is_right_to_left(const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t step = 0;
        unsigned point = nd_utf8_point(text, left, &step);
        if ((point >= 0x0590 && point <= 0x08ff) || (point >= 0xfb1d && point <= 0xfdff) ||
            (point >= 0xfe70 && point <= 0xfefe) || (point >= 0x10800 && point <= 0x10fff) ||
            (point >= 0x1e800 && point <= 0x1efff))
            return true;
        text += step;
        left -= step;
    }
    return false;
}

void nd_xml(struct nd_buf *out, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t step = 0;
        unsigned point = nd_utf8_point(text, left, &step);
        if (point == '<')
            nd_buf_adds(out, "&lt;");
        else if (point == '>')
            nd_buf_adds(out, "&gt;");
        else if (point == '&')
            nd_buf_adds(out, "&amp;");
        else if (point == '"')
            nd_buf_adds(out, "&quot;");
        else if (point == '\'')
            nd_buf_adds(out, "&#39;");
        else if (is_harmful(point) || point == 0xfffd)
            nd_buf_adds(out, "\ufffd");
        else
            nd_buf_add(out, text, step);
        text += step;
        left -= step;
    }
}

void nd_md_cell(struct nd_buf *out, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t step = 0;
        unsigned point = nd_utf8_point(text, left, &step);
        if (point < 0x20 || is_harmful(point))
            nd_buf_adds(out, " ");
        else if (point < 0x80 && strchr("|\\`*_~<>[]#&", (int)point) != NULL)
            nd_buf_addf(out, "&#%u;", point);
        else
            nd_buf_add(out, text, step);
        text += step;
        left -= step;
    }
}
