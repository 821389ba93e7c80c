/* What stands in a cell of a list of events, read. */
#ifndef ND_EXERCISE_MSEL_CELLS_H
#define ND_EXERCISE_MSEL_CELLS_H
#include "exercise/msel.h"

/* Finds the heading among the first rows, and what column is what; false: there is none, which is
 * noted. Columns that are not known are noted too. heading: its row. */
bool nd_msel_heading(const struct nd_sheet *sheet, struct nd_msel *msel, size_t *heading);

/* When something happens. */
struct nd_msel_when {
    bool given, is_moment; /* else from the phase's start */
    nd_ns at;
};
/* "T+00:15"; "P+00:15", "+15m", "+00:15:00" from the phase's start; "09:30" and "2026-11-24 09:30"
 * where start says when STARTEX is. False: it cannot be read; the reason is in why. An empty text
 * is fine, and not given. */
bool nd_msel_when(const char *text, const char *start, struct nd_msel_when *when,
                  struct nd_fail *why);
/* "10m", "10 min", "10分鐘", "00:10:00". */
bool nd_msel_length(const char *text, nd_ns *length, struct nd_fail *why);
/* What type a row is of: "exercise", "objective", "target", "task", "phase" or an inject's kind;
 * NULL: none that is known. *rest: behind a colon, or "". */
const char *nd_msel_type(const char *text, const char **rest);

/* Whether a trigger says that a controller calls for it: "on call", "待命". */
bool nd_msel_is_on_call(const char *text);

/* "[zh] ... [en] ..." with `between` before "[en]"; else both are the text. In arena. */
struct nd_text2 nd_msel_text2(const char *text, const char *between, struct nd_arena *arena);

/* The next part of a list with any of the signs (strings, '|' between them) as separators, trimmed;
 * NULL at its end. *at moves on. In arena. */
const char *nd_msel_part(const char **at, const char *const *separators, struct nd_arena *arena);

/* A call as "plugin.verb subject key=value ...": written as its Lua, "plugin.verb { site "x", ...",
 * without the closing brace; list: as "{ plugin.verb, site "x", ...". plugin: its name, in arena.
 */
bool nd_msel_call(const char *text, bool list, struct nd_buf *lua, const char **plugin,
                  struct nd_arena *arena, struct nd_fail *why);
/* A text as Lua writes it, in one line. */
void nd_msel_quote(struct nd_buf *out, const char *text);

char nd_msel_lower(char c); /* of an ASCII letter; others as they are */
/* Trimmed of blanks, full-width ones too. In arena. */
const char *nd_msel_trim(const char *text, struct nd_arena *arena);

#endif
