/* What the files of core/report share, and where what is:
 *
 * A run's directory becomes one tree, which report.json is (docs/report.schema.json):
 *   model.c           events -> tree; model_people.c, model_duty.c: injects, observations and
 *                     obligations among them; model_cited.c: the events it rests on
 *   model_series.c    samples -> statistics, in one pass: cuts.c (interruptions), model_length.c
 *                     (how long they were), strip.c (columns), model_share.c (availability by
 *                     operator); model_list.c: every interruption into a file
 *   force.c           what is injected: the rule of all of them
 *   model_fault.c     faults as a life cycle: model_signal.c (what told of them), model_moment.c
 *   model_kpi.c       limits in numbers; asked.c: how many samples each rests on
 *   model_rating.c    objectives, ratings, improvement items
 *   model_baseline.c  before and after; model_quality.c: how good the data are; model_lessons.c:
 *                     what those who lead have to know, and who took part
 *   audience.c        takes out of it what is not for an audience to know
 *
 * The tree becomes words and tables:
 *   words.c           the message catalogue (messages.def), what things are called;
 *                     quantities.c: lengths and values; states.c: states; fault_words.c: faults;
 *                     template.c: an agency's own words, logo and order
 *   tables.c          each table as data; rows.c, cells.c: their rows and cells
 *
 * These become formats, by name in formats.c:
 *   html*.c           the page (html.h); svg*.c: its charts (svg.h); scale.c: the axis of a
 *                     limit's chart; style.css; pdf.c: the page by Chromium
 *   markdown.c, sheets.c (CSV, OpenDocument), junit.c, stix.c (STIX 2.1)
 *   machine.c         Grafana's annotations, OpenMetrics
 *
 * Across drills, from the models of many runs:
 *   catalogue.c       all runs of a directory, as an index; items*.c: improvement items, carried on
 *   compare*.c        two runs; trends.c: over the years; review*.c: a year (review_parts.h)
 *   document.c        what these are written as; chart*.c: their charts (chart.h); yaml_file.c */
#ifndef ND_REPORT_INTERNAL_H
#define ND_REPORT_INTERNAL_H
#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"
#include "report/report.h"

struct nd_cuts;
struct nd_tally;

/* ---- words.c ---- */

enum nd_message {
#define X(key, zh, en) ND_MSG_##key,
#include "report/messages.def"
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
/* A text {zh, en} in the page's language, else in the other; "" when absent. */
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
/* The series of that number; NULL: it is not in the model. */
const json_t *nd_series_of(const struct nd_page *page, const json_t *number);
/* What a service is called: label, else name. */
const char *nd_series_title(const struct nd_page *page, const json_t *series);
/* Of more series, pages list and draw those that lost most. */
#define ND_SERIES_SHOWN 200
/* Whether a page draws a series: of more than that, those that have columns alone. */
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
/* "Improvement items carried forward: 3; still open 2, overdue 1"; NULL: none was. Caller frees. */
char *nd_carried_words(const struct nd_page *page);
/* A person who armed the run, "lin (uid 0, login 1000)". Caller frees. */
char *nd_armed_words(const json_t *armed);
/* Text cut to so many columns of a terminal, with "…" where it was. Caller frees. */
char *nd_text_cut(const char *text, size_t columns);
/* "at_most" -> "≤" */
const char *nd_operator_sign(const char *name);

/* ---- escaping ---- */

/* Controls, and marks that turn the direction of text, so that a hostile name could rearrange what
 * stands beside it: they become U+FFFD on pages and a space in Markdown. */
bool nd_is_harmful(unsigned point);
/* Whether it has letters that are read from right to left: a page sets it apart from its own. */
bool nd_is_right_to_left(const char *text);

void nd_xml(struct nd_buf *out, const char *text); /* HTML and XML text and attributes */

/* Text within a cell of a Markdown table: no pipes, no line feeds, no markup, no HTML. */
void nd_md_cell(struct nd_buf *out, const char *text);

/* ---- model ---- */

/* Adds "series" to the model, and what was read to "quality"; run_end: on the run clock. */
nd_err nd_model_series(json_t *model, const struct nd_rundir *dir, nd_ns t0, nd_ns run_end,
                       struct nd_fail *why);
/* Whether the model holds the longest interruptions alone. */
bool nd_model_leaves_out(const json_t *model);
/* Every interruption that the model's figures were made of, one a line, as CSV into a file
 * that was begun. */
nd_err nd_model_list(const json_t *model, const struct nd_rundir *dir, struct nd_file_pieces *file,
                     struct nd_fail *why);

/* Add "lessons" and "participants", after all that they are drawn from. */
void nd_model_lessons(json_t *model);
void nd_model_participants(json_t *model);
/* Adds "quality.checks", after the summary. */
void nd_model_quality(json_t *model);

/* Adds "journal.cited": of the first count events of the journal, read once more so that they are
 * never all in memory, those whose number stands somewhere in the model. After everything else.
 * Errors: ND_EIO. */
nd_err nd_model_cited(json_t *model, const char *path, size_t count, struct nd_fail *why);

/* How much of the time a service was there, added to its series: "all_time" and "without_injected"
 * (probes, and by how much what was down may be off), "minutes". slots: those that were due. */
void nd_model_share_series(json_t *out, const struct nd_tally *tally, const struct nd_cuts *cuts,
                           int64_t slots);
/* What a verdict's numbers say further, once the objectives are there: "kpi" (its limit is one in
 * numbers), "margin", "within_uncertainty", "near", "objective_text", "target_text" (of the target
 * it bears on), "step_title". */
void nd_model_kpi(json_t *model);
bool nd_has_kpi(const json_t *model);
/* What was measured; NAN: not known. One that was judged and yet is no number was beyond every
 * number, on the side that the verdict tells: INFINITY, or less than every number. */
double nd_verdict_value(const json_t *verdict);

/* Each series' "operator", and the model's "operators": their services joined; "people": what the
 * site file calls them. plan: may be NULL. Without a site file there are none, nor operators where
 * nothing is any operator's. */
void nd_model_site(json_t *model, const struct nd_rundir *dir, const json_t *plan);

/* Folds an event about the baseline into the model's "baseline": rows of what it expects, with what
 * was measured before and after; the numbers of its series. Others are left alone. */
void nd_model_baseline(json_t *model, const char *type, const char *subject, const json_t *data,
                       json_int_t seq);

/* Folds an event about obligations and rules into the model's "obligations", "events" and "rules";
 * others are left alone. rel: its moment, from T+0. */
void nd_model_duty(json_t *model, const char *type, const char *subject, const json_t *data,
                   json_int_t rel, json_int_t seq);

/* Folds an event about injects and observations into the model's "injects" and "observations"; then
 * what the plan says of them. at_rel: moment of the drill, ns. Others are left alone. */
void nd_model_people(json_t *model, const char *type, const char *subject, const json_t *data,
                     json_int_t at_rel, json_int_t seq);
void nd_model_people_plan(json_t *model, const json_t *plan);
/* What the evaluation (record/evaluation.h) has of observations: those added after the run, and
 * what their authors corrected or withdrew. state: may be NULL. */
void nd_model_observed(json_t *model, const json_t *state);
bool nd_is_withdrawn(const json_t *observation);
/* When it was added afterwards, written down, corrected or withdrawn; nothing when it stands as it
 * was said in its moment. */
void nd_observation_history(const struct nd_page *page, const json_t *observation,
                            struct nd_buf *out);
const char *nd_inject_title(const struct nd_page *page, const json_t *inject);
/* Who answered what; what was not delivered; why it was skipped or not needed. */
void nd_inject_answers(const struct nd_page *page, const json_t *inject, struct nd_buf *out);

/* Folds an event that may tell of a fault into the model's "signals", which nd_model_faults takes
 * away again, and the numbers of the lines about changes into "changes". After the event was folded
 * by the others. */
void nd_model_fault(json_t *model, const char *type, const char *subject, const json_t *data,
                    json_int_t at_rel, json_int_t seq);
/* The model's "faults" and "fault_rule": each fault of the drill as a life cycle. After series and
 * people. plan: may be NULL. */
void nd_model_faults(json_t *model, const json_t *plan);

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

/* The plan's objectives with what bears on them and how they are rated, and improvement items.
 * plan, state (record/evaluation.h): may be NULL. After everything else is folded. */
void nd_model_rating(json_t *model, const json_t *plan, const json_t *state);

/* ---- charts ---- */

/* svg.h: what they share. Each with what its legend says. */
void nd_svg_timeline(const struct nd_page *page);
void nd_svg_timeline_legend(const struct nd_page *page);
void nd_svg_duties(const struct nd_page *page);
void nd_svg_duties_legend(const struct nd_page *page);
void nd_svg_series(const struct nd_page *page);
void nd_svg_series_legend(const struct nd_page *page);
void nd_svg_faults(const struct nd_page *page);
void nd_svg_lengths(const struct nd_page *page);

#endif
