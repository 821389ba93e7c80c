/* What the files of the HTML page share.
 *
 *   html.c           the document and its cover
 *   html_first.c     the first page; html_asks.c: its end
 *   html_sections.c  what follows the first page
 *   html_appendix.c  what is looked up: overview, points for leadership, appendix
 *   html_tables.c    tables told as data; obligations, ratings, improvements
 *   html_share.c     availability by operator
 *   html_bullets.c   limits in numbers as bullet charts
 *   html_faults.c    faults as life cycles, lengths of interruptions; svg_faults.c: their charts
 *   html_parts.c     text, headings, tables */
#ifndef ND_REPORT_PAGE_HTML_H
#define ND_REPORT_PAGE_HTML_H
#include "report/report.h"
#include "report/words/words.h"

/* A document, from its first octet to its body; first: id of the section that one may skip to. */
void nd_html_begin(const struct nd_page *page, const char *title, const char *first);
void nd_html_end(const struct nd_page *page);
/* As it is. text: HTML. */
void nd_html_raw(const struct nd_page *page, const char *text);
/* Escaped; right-to-left words are set apart (<bdi>), so it is not for attributes and titles. */
void nd_html_text(const struct nd_page *page, const char *words);
/* The same; runs of the page's other language are marked as such. Not within an attribute. */
void nd_html_words(const struct nd_page *page, const char *words);
/* A reason (words/reason.h) likewise. */
void nd_html_reason(const struct nd_page *page, const char *reason);
/* A moment of the drill, with the time of day there and in UTC for who points at it. */
void nd_html_moment(const struct nd_page *page, const json_t *moment);
/* STARTEX by the clock on the wall there, in Chinese with the year of the Republic. Only when the
 * run has one. */
void nd_html_start(const struct nd_page *page);
void nd_html_msg(const struct nd_page *page, enum nd_message message);
/* Words cut to so many columns. */
void nd_html_cut(const struct nd_page *page, const char *words, size_t columns);
/* That there are so many more, in an element of that name; nothing when 0. */
void nd_html_more(const struct nd_page *page, const char *tag, size_t more);

/* Begins a section with its heading; the caller ends it with </section>.
 * id: unique in a language; the page's language is added to it. */
void nd_html_heading(const struct nd_page *page, const char *id, enum nd_message message);

/* A table to where the headings of its columns stand. */
void nd_html_table_open(const struct nd_page *page, enum nd_message caption);
void nd_html_table(const struct nd_page *page, enum nd_message caption,
                   const enum nd_message *columns, size_t count);
void nd_html_table_end(const struct nd_page *page);

/* A table of tables.h by its name; nothing when it has no rows. */
void nd_html_data(const struct nd_page *page, const char *name);
/* The same as a section of its own, under the table's caption. */
void nd_html_section(const struct nd_page *page, const char *name);
void nd_html_duties(const struct nd_page *page);
void nd_html_ratings(const struct nd_page *page);
void nd_html_improvements(const struct nd_page *page);
/* What was expected: limits in numbers with their charts, then yes and no. */
void nd_html_expectations(const struct nd_page *page);
/* The same of the targets of objectives; nothing when none has a limit in numbers. */
void nd_html_targets(const struct nd_page *page);
/* One limit in numbers as a chart. id: of the table it stands in, unique with the verdict. */
void nd_html_bullet(const struct nd_page *page, const char *id, const json_t *verdict);
void nd_html_operators(const struct nd_page *page);
void nd_html_faults(const struct nd_page *page);
void nd_html_lessons(const struct nd_page *page);
void nd_html_overview(const struct nd_page *page);
void nd_html_appendix(const struct nd_page *page);
/* What was not put back stands before everything else; nothing when all was. */
void nd_html_alarm(const struct nd_page *page);
void nd_html_first(const struct nd_page *page);
/* What was seen, and what is to be decided: carried items that are overdue first. */
void nd_html_asks(const struct nd_page *page);
/* What follows the first page, in the order the template asks for. */
void nd_html_sections(const struct nd_page *page);
bool nd_html_section_known(const char *name);
const char *nd_html_section_names(void); /* with commas, for messages */
/* How many series the charts leave out, if any. */
void nd_html_not_drawn(const struct nd_page *page);

#endif
