/* A document for people, written as HTML (one file, no network, no script) or Markdown. Its author
 * says headings, paragraphs, lists and tables; how they look, and that every text is a text and no
 * markup, is told here. The mark 演練 EXERCISE stands at its beginning and end, and in HTML on
 * every printed page. */
#ifndef ND_EXERCISE_PAPER_H
#define ND_EXERCISE_PAPER_H
#include "base/text.h"
#include "plan/site.h"

struct nd_paper {
    struct nd_buf *out;
    bool html, zh;
    bool in_list, in_table;
    size_t columns; /* of the table */
};

/* title, handling: the cover; handling says who may have it. */
void nd_paper_begin(struct nd_paper *paper, const char *title, const char *handling);
void nd_paper_end(struct nd_paper *paper);
/* level: 2 or 3; the title is the one of level 1. */
void nd_paper_heading(struct nd_paper *paper, int level, const char *text);
void nd_paper_para(struct nd_paper *paper, const char *text);
void nd_paper_item(struct nd_paper *paper, const char *text);
/* heads: NULL-ended. */
void nd_paper_table(struct nd_paper *paper, const char *caption, const char *const *heads);
/* cells: as many as there are heads; NULL: empty, to be filled in by hand. */
void nd_paper_row(struct nd_paper *paper, const char *const *cells);

/* In the paper's language; a text in one language stands in for the other. "" when there is none.
 */
const char *nd_paper_words(const struct nd_paper *paper, const struct nd_text2 *text);
/* One of the two. */
const char *nd_say(const struct nd_paper *paper, const char *zh, const char *en)
    __attribute__((format_arg(2), format_arg(3)));

#endif
