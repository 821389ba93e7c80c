#include "report/words/reason.h"
#include "report/words/tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The cells of the tables, in words. */

struct cell {
    const struct nd_page *page;
    const struct nd_column *column;
    const json_t *entry;
    const json_t *value; /* what stands at the column's key, or NULL */
};

static struct cell cell_of(const struct nd_page *page, const struct nd_column *column,
                           const struct nd_table_row *row)
{
    const char *key = column->key;
    return (struct cell){page, column, row->entry,
                         key[0] == '.' ? nd_table_value(row->outer, key + 1)
                                       : nd_table_value(row->entry, key)};
}

static enum nd_cell_kind kind_of(const struct nd_column *column)
{
    return (enum nd_cell_kind)(column->kind &
                               ~(unsigned)(ND_SHEETS | ND_PAGES | ND_BELOW | ND_DRAWN | ND_GROUP));
}

static bool in_ns(const struct nd_column *column)
{
    size_t len = strlen(column->key);
    return len > 3 && strcmp(column->key + len - 3, "_ns") == 0;
}

/* ---- words ---- */

static void put_words(const struct cell *cell, struct nd_buf *out)
{
    nd_buf_adds(out, nd_text_of(cell->page, cell->value));
}

static void put_note(const struct cell *cell, struct nd_buf *out)
{
    const char *zh = nd_str_of(cell->value, "zh");
    const char *en = nd_str_of(cell->value, "en");
    if (*en == '\0' || (*zh != '\0' && strcmp(zh, en) != 0))
        put_words(cell, out);
    else
        nd_reason(cell->page->lang, en, out);
}

static void put_number(const struct cell *cell, struct nd_buf *out)
{
    nd_buf_addf(out, "%.12g", json_number_value(cell->value));
}

static void put_text(const struct cell *cell, struct nd_buf *out)
{
    if (json_is_number(cell->value))
        put_number(cell, out);
    else
        put_words(cell, out);
}

static void put_state(const struct cell *cell, struct nd_buf *out)
{
    if (json_is_boolean(cell->value))
        nd_buf_adds(out, nd_msg(cell->page, json_is_true(cell->value) ? ND_MSG_YES : ND_MSG_NO));
    else if (json_is_string(cell->value))
        nd_buf_adds(out, nd_state_text(cell->page, json_string_value(cell->value)));
}

static void put_reasoned(const struct cell *cell, struct nd_buf *out)
{
    const char *why = nd_str_of(cell->entry, "why");
    put_state(cell, out);
    nd_buf_adds(out, *why != '\0' ? nd_colon(cell->page) : "");
    nd_reason(cell->page->lang, why, out);
}

static void put_why(const struct cell *cell, struct nd_buf *out)
{
    size_t i = 0;
    json_t *one = NULL;
    if (json_is_string(cell->value))
        nd_reason(cell->page->lang, json_string_value(cell->value), out);
    json_array_foreach(cell->value, i, one)
    {
        nd_buf_adds(out, i == 0 ? "" : cell->page->lang == ND_LANG_ZH ? "；" : "; ");
        nd_reason(cell->page->lang, json_string_value(one), out);
    }
}

static void put_moment(const struct cell *cell, struct nd_buf *out)
{
    char text[ND_UNIT_TEXT];
    nd_buf_adds(out, nd_rel_text(cell->value, text));
}

static void put_till(const struct cell *cell, struct nd_buf *out)
{
    if (json_is_integer(cell->value))
        put_moment(cell, out);
    else
        nd_buf_adds(out, nd_msg(cell->page, ND_MSG_OPEN));
}

static void put_length(const struct cell *cell, struct nd_buf *out)
{
    char text[ND_UNIT_TEXT];
    nd_buf_adds(out, nd_length_text(json_integer_value(cell->value), text));
}

static void put_late(const struct cell *cell, struct nd_buf *out)
{
    if (json_is_integer(json_object_get(cell->entry, "planned_rel_ns")))
        put_length(cell, out);
}

static void put_allowed(const struct cell *cell, struct nd_buf *out)
{
    if (json_integer_value(cell->value) > 0)
        put_length(cell, out);
}

static void put_list(const struct cell *cell, struct nd_buf *out)
{
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(cell->value, i, one)
    {
        nd_buf_adds(out, i != 0 ? ", " : "");
        if (json_is_string(one))
            nd_buf_adds(out, json_string_value(one));
        else
            nd_buf_addf(out, "%lld", (long long)json_integer_value(one));
    }
}

static void put_people(const struct cell *cell, struct nd_buf *out)
{
    const char *between = cell->page->lang == ND_LANG_ZH ? "、" : ", ";
    size_t i = 0;
    json_t *one = NULL;
    if (json_is_string(cell->value))
        nd_buf_adds(out, nd_person_text(cell->page, json_string_value(cell->value)));
    json_array_foreach(cell->value, i, one) nd_buf_addf(
        out, "%s%s", i != 0 ? between : "", nd_person_text(cell->page, json_string_value(one)));
}

static void put_states(const struct cell *cell, struct nd_buf *out)
{
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(cell->value, i, one) nd_buf_addf(
        out, "%s%s", i != 0 ? ", " : "", nd_state_text(cell->page, json_string_value(one)));
}

static void put_seqs(const struct cell *cell, struct nd_buf *out)
{
    if (json_is_array(cell->value))
        put_list(cell, out);
    else
        put_number(cell, out);
}

static void put_title(const struct cell *cell, struct nd_buf *out)
{
    nd_buf_adds(out, nd_series_title(cell->page, cell->value));
}

static void put_measure(const struct cell *cell, const json_t *value, struct nd_buf *out)
{
    char text[64];
    nd_buf_adds(out,
                nd_value_text(cell->page, value,
                              in_ns(cell->column) ? "ns" : nd_str_of(cell->entry, "unit"),
                              nd_statistic_of(cell->entry, nd_str_of(cell->entry, "unit")), text));
}

static void put_value(const struct cell *cell, struct nd_buf *out)
{
    double beyond = json_is_null(cell->value) && json_is_true(json_object_get(cell->entry, "kpi"))
                        ? nd_verdict_value(cell->entry)
                        : 0;
    if (isinf(beyond)) {
        nd_buf_adds(out, beyond > 0 ? "\u221e" : "\u2212\u221e");
        return;
    }
    put_measure(cell, cell->value, out);
}

static void put_share(const struct cell *cell, struct nd_buf *out)
{
    char text[64];
    nd_buf_adds(out, nd_value_text(cell->page, cell->value, "1", "share", text));
}

static void put_width(const struct cell *cell, struct nd_buf *out)
{
    if (!(json_number_value(cell->value) > 0))
        return;
    json_t *width = json_real(nd_width_rounded(json_number_value(cell->value)));
    nd_buf_adds(out, "\u00b1\u00a0");
    put_measure(cell, width, out);
    json_decref(width);
}

static void put_limit(const struct cell *cell, struct nd_buf *out)
{
    nd_buf_addf(out, "%s\u00a0", nd_operator_sign(nd_str_of(cell->entry, "operator")));
    put_measure(cell, cell->value, out);
}

static void put_measured(const struct cell *cell, struct nd_buf *out)
{
    put_measure(cell, json_object_get(cell->value, "measured"), out);
}

static void put_kept(const struct cell *cell, struct nd_buf *out)
{
    const char *before = nd_str_of(json_object_get(cell->entry, "before"), "grade");
    const char *after = nd_str_of(json_object_get(cell->entry, "after"), "grade");
    nd_buf_adds(out, nd_msg(cell->page, *after == '\0'               ? ND_MSG_BASE_NOT_AGAIN
                                        : strcmp(before, after) == 0 ? ND_MSG_BASE_SAME
                                                                     : ND_MSG_BASE_DIFFERS));
}

static void put_change(const struct cell *cell, struct nd_buf *out)
{
    nd_buf_addf(out, "%s.%s", nd_str_of(cell->entry, "plugin"), nd_str_of(cell->entry, "verb"));
}

/* Whether it was read back as being in force; a rehearsal does not. */
static void put_proved(const struct cell *cell, struct nd_buf *out)
{
    nd_buf_adds(out, json_is_true(cell->value)    ? nd_msg(cell->page, ND_MSG_YES)
                     : json_is_false(cell->value) ? nd_msg(cell->page, ND_MSG_NOT_PROVED)
                                                  : "\u2013");
}

static void put_reply(const struct cell *cell, struct nd_buf *out)
{
    const char *answer = nd_str_of(cell->entry, "answer");
    const char *by = nd_str_of(cell->entry, "answered_by");
    if (*answer == '\0') {
        nd_buf_adds(out, nd_msg(cell->page, ND_MSG_NOBODY));
        return;
    }
    nd_buf_adds(out, nd_state_text(cell->page, answer));
    if (*by != '\0' && strcmp(by, nd_str_of(cell->entry, "by")) != 0)
        nd_buf_addf(out, ", %s %s", nd_msg(cell->page, ND_MSG_BY), nd_person_text(cell->page, by));
    if (json_is_true(json_object_get(cell->entry, "scripted")))
        nd_buf_addf(out, " (%s)", nd_msg(cell->page, ND_MSG_SCRIPTED));
}

static void put_inject(const struct cell *cell, struct nd_buf *out)
{
    nd_buf_adds(out, nd_inject_title(cell->page, cell->entry));
}

static void put_answers(const struct cell *cell, struct nd_buf *out)
{
    nd_inject_answers(cell->page, cell->entry, out);
}

static void put_fault(const struct cell *cell, struct nd_buf *out)
{
    nd_fault_title(cell->page, cell->entry, true, out);
}

static void put_reached(const struct cell *cell, struct nd_buf *out)
{
    nd_fault_after(cell->page, cell->entry, cell->column->key, out);
}

static void put_told(const struct cell *cell, struct nd_buf *out)
{
    nd_fault_told(cell->page, cell->entry, out);
}

static void put_spread(const struct cell *cell, struct nd_buf *out)
{
    char text[ND_SPREAD_TEXT];
    nd_buf_adds(out, nd_share_spread(cell->entry, text));
}

static void put_warn(const struct cell *cell, struct nd_buf *out)
{
    nd_buf_addf(out, "%s\u00a0", nd_msg(cell->page, ND_MSG_NEAR_FROM));
    put_measure(cell, cell->value, out);
}

static void put_within(const struct cell *cell, struct nd_buf *out)
{
    if (json_is_true(json_object_get(cell->entry, "near")))
        nd_buf_adds(out, nd_msg(cell->page, ND_MSG_NEAR));
    else
        put_state(cell, out);
    if (json_is_true(json_object_get(cell->entry, "within_uncertainty")))
        nd_buf_addf(out, cell->page->lang == ND_LANG_ZH ? "（%s）" : " (%s)",
                    nd_msg(cell->page, ND_MSG_WITHIN_UNCERTAINTY));
}

static void put_defined(const struct cell *cell, struct nd_buf *out)
{
    const char *statistic = nd_str_of(cell->entry, "statistic");
    const json_t *from = json_object_get(cell->entry, "from_rel_ns");
    const json_t *till = json_object_get(cell->entry, "till_rel_ns");
    char begin[ND_UNIT_TEXT];
    char end[ND_UNIT_TEXT];
    if (*statistic == '\0')
        return;
    nd_buf_addf(out, "%s%s%s", nd_text_of(cell->page, json_object_get(cell->entry, "service")),
                nd_colon(cell->page), nd_statistic_words(cell->page, statistic));
    if (json_is_integer(from) && json_is_integer(till))
        nd_buf_addf(out, "%s%s\u00a0\u2013\u00a0%s", nd_comma(cell->page), nd_rel_text(from, begin),
                    nd_rel_text(till, end));
}

static void put_margin(const struct cell *cell, struct nd_buf *out)
{
    double margin = json_number_value(cell->value);
    const char *statistic = nd_statistic_of(cell->entry, nd_str_of(cell->entry, "unit"));
    bool share = nd_value_is_share(statistic);
    json_t *size = json_real(fabs(margin) * (share ? 100 : 1));
    char text[64];
    nd_value_text(cell->page, size, share ? "" : nd_str_of(cell->entry, "unit"),
                  share ? "" : statistic, text);
    nd_buf_addf(out, "%s%s%s",
                margin > 0   ? "+"
                : margin < 0 ? "\u2212"
                             : "",
                text, share ? nd_msg(cell->page, ND_MSG_PERCENT_POINTS) : "");
    json_decref(size);
}

static void put_of(const struct cell *cell, struct nd_buf *out)
{
    long long counted = (long long)nd_int_of(cell->value, "counted");
    if (counted == 0)
        nd_buf_adds(out, "\u2013");
    else
        nd_buf_addf(out, "%lld / %lld", (long long)nd_int_of(cell->value, "good"), counted);
}

static void put_history(const struct cell *cell, struct nd_buf *out)
{
    nd_observation_history(cell->page, cell->entry, out);
}

/* Drawn, not written. */
static void put_nothing(const struct cell *cell, struct nd_buf *out)
{
    (void)cell;
    (void)out;
}

static const struct {
    void (*put)(const struct cell *cell, struct nd_buf *out);
    bool of_none; /* a cell without a value says something, too */
} kinds[] = {
    [ND_CELL_STATES] = {put_states, false},     [ND_CELL_SEQ] = {put_seqs, false},
    [ND_CELL_EVENT] = {put_number, false},      [ND_CELL_WORDS] = {put_words, false},
    [ND_CELL_TEXT] = {put_text, false},         [ND_CELL_STATE] = {put_state, false},
    [ND_CELL_REASONED] = {put_reasoned, false}, [ND_CELL_MOMENT] = {put_moment, true},
    [ND_CELL_TILL] = {put_till, true},          [ND_CELL_LENGTH] = {put_length, false},
    [ND_CELL_LATE] = {put_late, false},         [ND_CELL_ALLOWED] = {put_allowed, false},
    [ND_CELL_NUMBER] = {put_number, false},     [ND_CELL_LIST] = {put_list, false},
    [ND_CELL_TITLE] = {put_title, false},       [ND_CELL_VALUE] = {put_value, true},
    [ND_CELL_SHARE] = {put_share, true},        [ND_CELL_WIDTH] = {put_width, false},
    [ND_CELL_LIMIT] = {put_limit, true},        [ND_CELL_MEASURED] = {put_measured, true},
    [ND_CELL_KEPT] = {put_kept, false},         [ND_CELL_CHANGE] = {put_change, false},
    [ND_CELL_PROVED] = {put_proved, true},      [ND_CELL_REPLY] = {put_reply, false},
    [ND_CELL_INJECT] = {put_inject, false},     [ND_CELL_SPREAD] = {put_spread, true},
    [ND_CELL_WITHIN] = {put_within, false},     [ND_CELL_OF] = {put_of, false},
    [ND_CELL_DEFINED] = {put_defined, false},   [ND_CELL_MARGIN] = {put_margin, false},
    [ND_CELL_WARN] = {put_warn, false},         [ND_CELL_BULLET] = {put_nothing, false},
    [ND_CELL_DATE] = {put_text, false},         [ND_CELL_ANSWERS] = {put_answers, false},
    [ND_CELL_FAULT] = {put_fault, false},       [ND_CELL_REACHED] = {put_reached, true},
    [ND_CELL_TOLD] = {put_told, false},         [ND_CELL_HISTORY] = {put_history, false},
    [ND_CELL_PEOPLE] = {put_people, false},     [ND_CELL_WHY] = {put_why, false},
    [ND_CELL_NOTE] = {put_note, false},
};

static void put_cell(const struct cell *cell, struct nd_buf *out)
{
    enum nd_cell_kind kind = kind_of(cell->column);
    const json_t *value = cell->value;
    bool none = value == NULL || json_is_null(value);
    if (none && !kinds[kind].of_none)
        return;
    kinds[kind].put(cell, out);
}

void nd_cell_words(const struct nd_page *page, const struct nd_column *column,
                   const struct nd_table_row *row, struct nd_buf *out)
{
    struct cell cell = cell_of(page, column, row);
    put_cell(&cell, out);
}

const char *nd_cell_class(const struct nd_column *column, const struct nd_table_row *row)
{
    enum nd_cell_kind kind = kind_of(column);
    struct cell cell = cell_of(NULL, column, row);
    const char *state =
        kind == ND_CELL_STATE || kind == ND_CELL_REASONED || kind == ND_CELL_WITHIN
            ? nd_state_class(json_is_string(cell.value) ? json_string_value(cell.value) : "")
            : "";
    if (*state != '\0')
        return state;
    if (kind == ND_CELL_PEOPLE || kind == ND_CELL_STATE)
        return "whole";
    if (kind == ND_CELL_REACHED)
        return json_is_integer(cell.value) ? "u" : "unknown";
    if (kind == ND_CELL_MEASURED)
        return nd_state_class(nd_str_of(cell.value, "grade"));
    return kind == ND_CELL_NUMBER || kind == ND_CELL_VALUE || kind == ND_CELL_SHARE ||
                   kind == ND_CELL_EVENT || kind == ND_CELL_SPREAD || kind == ND_CELL_OF ||
                   kind == ND_CELL_MARGIN
               ? "n"
           : kind == ND_CELL_LENGTH || kind == ND_CELL_LATE || kind == ND_CELL_WIDTH ||
                   kind == ND_CELL_LIMIT || kind == ND_CELL_ALLOWED
               ? "u"
               : "";
}

enum nd_cell_kind nd_cell_kind(const struct nd_column *column)
{
    return kind_of(column);
}

const json_t *nd_cell_value(const struct nd_column *column, const struct nd_table_row *row)
{
    return cell_of(NULL, column, row).value;
}
