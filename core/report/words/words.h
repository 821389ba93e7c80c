/* The message catalogue (messages.def), what things are called, and how values are told, in the
 * language of the page. */
#ifndef ND_REPORT_WORDS_WORDS_H
#define ND_REPORT_WORDS_WORDS_H
#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"
#include "report/words/lang.h"

#include <jansson.h>

enum nd_message {
#define X(key, zh, en) ND_MSG_##key,
#include "report/words/messages.def"
#undef X
    ND_MSG_COUNT
};

struct nd_page {
    const json_t *model;
    enum nd_lang lang; /* ND_LANG_ZH or ND_LANG_EN: of what is being written */
    struct nd_buf *out;
};

const char *nd_msg(const struct nd_page *page, enum nd_message message);
/* The colon and the comma of the page's language: a full-width one, or one with a space. */
const char *nd_colon(const struct nd_page *page);
const char *nd_comma(const struct nd_page *page);
/* A text {zh, en} in the page's language, else in the other; one that is a string as it is; ""
 * when absent. */
const char *nd_text_of(const struct nd_page *page, const json_t *text);
const char *nd_str_of(const json_t *object, const char *key); /* "" when absent */
json_int_t nd_int_of(const json_t *object, const char *key);
/* The first entry of a list whose text at key is that; NULL: there is none. Borrowed. */
json_t *nd_entry_of(const json_t *list, const char *key, const char *value);
/* Whether that statistic is a share of 0 to 1, which is told in percent. */
bool nd_value_is_share(const char *statistic);
/* How a verdict's numbers are to be told: its statistic; "share" when it asked no series and has
 * unit "1", which shares alone have. verdict: or what was made of one. */
const char *nd_statistic_of(const json_t *verdict, const char *unit);
/* What a statistic of a series is called; an unknown one as it is. */
const char *nd_statistic_words(const struct nd_page *page, const char *statistic);
/* A value in its unit, "–" when it is null. out: 64 bytes. */
const char *nd_value_text(const struct nd_page *page, const json_t *value, const char *unit,
                          const char *statistic, char *out);
/* An operator's availability with its uncertainty, in as many digits as that has, "98.2% ± 0.4%";
 * "–": nothing was observed. share: an entry of "shares". */
#define ND_SPREAD_TEXT (2 * ND_UNIT_TEXT + 8)
const char *nd_share_spread(const json_t *share, char *out);
/* STARTEX in milliseconds since 1970; -1 when the run has none. */
json_int_t nd_start_ms(const json_t *model);
/* The same; of a run that never came so far when it was made, as its id tells; 0: neither. */
json_int_t nd_run_ms(const json_t *model);
/* The day of it by the clock on the wall there, "2026-11-25". out: ND_DATE_TEXT. */
#define ND_DATE_TEXT 16
const char *nd_run_date(const json_t *model, char *out);
#define ND_ROC_OFFSET 1911 /* 民國 1 年 is 1912 */
/* A moment of the drill "T+00:00:10.003", "–" when null. out: ND_UNIT_TEXT. */
const char *nd_rel_text(const json_t *moment, char *out);
/* A length on a page, rounded to four digits or so: "472 µs", "1 min 19.79 s", "30 d". out:
 * ND_UNIT_TEXT. */
const char *nd_length_text(json_int_t ns, char *out);
/* An uncertainty rounded up to the two digits that it has. */
double nd_width_rounded(double width);
/* What the site file calls a person, in the page's language; else the name as it is. */
const char *nd_person_text(const struct nd_page *page, const char *name);
/* The series of that number, whole; NULL: it is not in the model. Caller drops. */
json_t *nd_series_of(const json_t *model, const json_t *number);
/* What a service is called: label, else name. */
const char *nd_series_title(const struct nd_page *page, const json_t *series);
/* Of more series, pages list and draw those that lost most. */
#define ND_SERIES_SHOWN 200
/* Whether a page draws an entry of the model's series: of more than that, those that have columns
 * alone, which are not packed. */
bool nd_series_drawn(const json_t *model, const json_t *series);
/* What a run's outcome means, in a sentence. */
const char *nd_outcome_text(const struct nd_page *page, const char *outcome);
/* What has to be said of a run before its figures are read: rehearsed, simulated, interim or
 * incomplete; ND_MSG_COUNT where it does not hold. number: 0 to ND_MARKS - 1. */
#define ND_MARKS 5
enum nd_message nd_mark_of(const json_t *run, size_t number);
/* What the scenario says of it, "" when nothing: in the page's language when it was written in
 * that.
 */
const char *nd_mark_detail(const struct nd_page *page, const json_t *run, enum nd_message mark);
/* What stands between a mark and its detail; "": it has none. */
const char *nd_mark_gap(const struct nd_page *page, const json_t *run, enum nd_message mark);
/* A series' interruptions in the order of time: all, or, when there are more than that, so many of
 * the longest. left: how many are not among them, those that the model itself leaves out included.
 * Caller drops. */
#define ND_INTERRUPTIONS_SHOWN  100 /* in a chart */
#define ND_INTERRUPTIONS_LISTED 20  /* in a page's table, so that it is no pile of paper */
json_t *nd_interruptions_shown(const json_t *series, size_t most, size_t *left);
/* That so many are not shown, and where all are. */
void nd_left_words(const struct nd_page *page, size_t left, struct nd_buf *out);
/* A state of a step or a change, a grade, a class, or a yes or no, in the page's language; any
 * other as it is. */
const char *nd_state_text(const struct nd_page *page, const char *state);
/* How a page marks a state: "met", "missed", "unknown", or "" for one that is neither. */
const char *nd_state_class(const char *state);
/* A person who armed the run, "lin (uid 0, login 1000)". Caller frees. */
char *nd_armed_words(const json_t *armed);
/* Text cut to so many columns of a terminal, with "…" where it was. Caller frees. */
char *nd_text_cut(const char *text, size_t columns);
/* "at_most" -> "≤" */
const char *nd_operator_sign(const char *name);

/* ---- escaping ---- */

/* Whether it has letters that are read from right to left: a page sets it apart from its own. */
bool nd_is_right_to_left(const char *text);

void nd_xml(struct nd_buf *out, const char *text); /* HTML and XML text and attributes */

/* Text within a cell of a Markdown table: no pipes, no line feeds, no markup, no HTML. */
void nd_md_cell(struct nd_buf *out, const char *text);

/* ---- verdicts ---- */

/* What was measured; NAN: not known. One that was judged and yet is no number was beyond every
 * number, on the side that the verdict tells: INFINITY, or less than every number. */
double nd_verdict_value(const json_t *verdict);
bool nd_has_kpi(const json_t *model);

/* ---- improvement items ---- */

/* Proposed, agreed or started: neither done nor dropped. */
bool nd_item_is_open(const json_t *item);
/* Whether it should have been done before that day, "2026-11-25", and is open. */
bool nd_item_is_overdue(const json_t *item, const char *day);
/* "Improvement items carried forward: 3; still open 2, overdue 1"; NULL: none was. Caller frees. */
char *nd_carried_words(const struct nd_page *page);

/* ---- people ---- */

bool nd_is_withdrawn(const json_t *observation);
/* When it was added afterwards, written down, corrected or withdrawn; nothing when it stands as it
 * was said in its moment. */
void nd_observation_history(const struct nd_page *page, const json_t *observation,
                            struct nd_buf *out);
const char *nd_inject_title(const struct nd_page *page, const json_t *inject);
/* Who answered what; what was not delivered; why it was skipped or not needed. */
void nd_inject_answers(const struct nd_page *page, const json_t *inject, struct nd_buf *out);

/* ---- faults ---- */

/* What a fault is called: the step's or inject's title; of one by itself the services it cut off,
 * and, as a whole, what was in force. */
void nd_fault_title(const struct nd_page *page, const json_t *fault, bool whole,
                    struct nd_buf *out);
/* Those of its moments that are known. Caller drops. */
json_t *nd_fault_known(const json_t *fault);
/* What told a moment of a fault: "a guard: Load of the core (the tool)". */
void nd_fault_told(const struct nd_page *page, const json_t *moment, struct nd_buf *out);
/* A length of a fault's entry by its key, such as "ttd_ns", or why it is not known. */
void nd_fault_after(const struct nd_page *page, const json_t *fault, const char *key,
                    struct nd_buf *out);

/* A fault in a line: what it is, and how long after its onset each moment came. */
void nd_fault_line(const struct nd_page *page, const json_t *fault, struct nd_buf *out);

#endif
