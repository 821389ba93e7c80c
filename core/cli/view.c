#include "cli/view.h"

#include "base/units.h"
#include "cli/common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The view as a whole: the bar, the phases, how the rows are shared out, and the latest events. */

#define LABEL_COLUMNS 10
#define EVENTS_LEAST  3 /* rows that events keep, however much there is above */

static void row_free(struct nd_view_row *row)
{
    free(row->label);
    free(row->text);
    free(row->right);
}

void nd_picture_deinit(struct nd_picture *picture)
{
    for (size_t i = 0; i < picture->rows.count; i++)
        row_free(&picture->rows.at[i]);
    nd_vec_free(&picture->rows);
}

/* label: static; text and right: taken over. */
static void add(struct nd_picture *picture, enum nd_look look, const char *label, char *text,
                char *right)
{
    struct nd_view_row row = {.look = look, .right_look = look, .label = nd_strdup(label)};
    nd_text_tame(text, false);
    row.text = text;
    row.right = right;
    nd_vec_push(&picture->rows, row);
}

/* ---- the bar ---- */

static const char *state_words(const char *state, bool zh)
{
    static const char *const words[][3] = {{"arming", "WAITING TO BE ARMED", "待授權"},
                                           {"building", "GETTING READY", "準備中"},
                                           {"baseline", "BASELINE", "基準量測"},
                                           {"running", "RUNNING", "進行中"},
                                           {"paused", "PAUSED", "暫停中"},
                                           {"restoring", "RESTORING", "復原中"},
                                           {"ended", "ENDED", "已結束"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i][0], state) == 0)
            return words[i][zh ? 2 : 1];
    }
    return state;
}

/* However narrow it is, the mark stands on the left: what is on the right makes room. */
static char *right_of_bar(const char *state, const char *moment, const char *wall, const char *left,
                          bool zh, size_t columns)
{
    if (columns < 44)
        return nd_strdup(columns < 32 ? "" : moment);
    if (columns < 72)
        return nd_printf("%s  %s", state, moment);
    return nd_printf("%s  %s  %.8s  %s%s", state, moment, wall,
                     columns < 100 ? "-"
                     : zh          ? "最遲結束於 "
                                   : "ENDEX within ",
                     left);
}

static void bar(const json_t *status, bool zh, size_t columns, struct nd_picture *picture)
{
    const json_t *drill = json_object_get(status, "drill");
    const json_t *now = json_object_get(status, "now_rel_ns");
    const char *state = nd_view_string(status, "state");
    const char *wall = nd_view_string(status, "wall");
    char moment[ND_UNIT_TEXT] = "";
    char left[ND_UNIT_TEXT] = "";
    nd_ns at = json_integer_value(now) / ND_SEC(1) * ND_SEC(1);
    nd_ns lasts = json_integer_value(json_object_get(status, "lasts_ns"));
    if (json_is_integer(now))
        nd_moment_format(at, moment);
    nd_length_format(lasts > at ? lasts - at : 0, left);
    bool alarm = strcmp(state, "paused") == 0 || strcmp(state, "restoring") == 0;
    bool simulated = json_is_true(json_object_get(drill, "simulated"));
    const char *mark = !simulated      ? ""
                       : zh            ? "  [模擬]"
                       : columns < 100 ? "  [SIM]"
                                       : "  [SIMULATED]";
    char *right = right_of_bar(state_words(state, zh), moment, strlen(wall) > 19 ? wall + 11 : "",
                               left, zh, columns);
    add(picture, alarm ? ND_LOOK_ALARM : ND_LOOK_BAR, NULL,
        nd_printf("演練 EXERCISE%s  %s", mark, nd_view_text(json_object_get(drill, "title"), zh)),
        right);
}

/* ---- phases, in one row ---- */

/* Of steps and injects. */
static bool has_ended(const json_t *entry)
{
    static const char *const still[] = {"waiting", "running", "pending", "open"};
    for (size_t i = 0; i < sizeof still / sizeof still[0]; i++) {
        if (strcmp(nd_view_string(entry, "state"), still[i]) == 0)
            return false;
    }
    return true;
}

/* " 1/3": how many of a phase's steps and injects are over. */
static void put_progress(const json_t *status, const json_t *phase, struct nd_buf *text)
{
    const json_t *steps = json_object_get(phase, "steps");
    size_t all = json_array_size(steps);
    size_t ended = 0;
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(steps, i, entry) ended += has_ended(entry);
    json_array_foreach(json_object_get(status, "injects"), i, entry)
    {
        if (strcmp(nd_view_string(entry, "phase"), nd_view_string(phase, "id")) != 0)
            continue;
        all++;
        ended += has_ended(entry);
    }
    nd_buf_addf(text, " %zu/%zu", ended, all);
}

static void phases(const json_t *status, bool zh, size_t columns, struct nd_picture *picture)
{
    const json_t *verdicts = json_object_get(status, "verdicts");
    struct nd_buf text = {.text = NULL};
    size_t p = 0;
    json_t *phase = NULL;
    size_t passed = 0;
    json_t *list = json_object_get(status, "phases");
    /* Those behind us are only counted where they would push out those to come. */
    bool narrow = json_array_size(list) > columns / 25;
    json_array_foreach(list, p, phase)
    {
        const char *state = nd_view_string(phase, "state");
        bool done = strcmp(state, "done") == 0;
        passed += done;
        if (done && narrow)
            continue;
        if (narrow && passed != 0 && text.len_bytes == 0)
            nd_buf_addf(&text, "\u2713%zu", passed);
        nd_buf_addf(&text, "%s%s %s", text.len_bytes != 0 ? "  " : "",
                    done                            ? "\u2713"
                    : strcmp(state, "running") == 0 ? "\u25b6"
                                                    : "\u00b7",
                    nd_view_text(json_object_get(phase, "title"), zh));
        if (strcmp(state, "running") == 0)
            put_progress(status, phase, &text);
    }
    if (text.len_bytes == 0 && passed != 0)
        nd_buf_addf(&text, "\u2713%zu", passed);
    long long missed = (long long)json_integer_value(json_object_get(verdicts, "missed"));
    add(picture, ND_LOOK_PLAIN, zh ? "階段" : "PHASES", nd_buf_take(&text),
        nd_printf("\u2713 %lld  \u2717 %lld  ? %lld",
                  (long long)json_integer_value(json_object_get(verdicts, "met")), missed,
                  (long long)json_integer_value(json_object_get(verdicts, "unknown"))));
    picture->rows.at[picture->rows.count - 1].right_look = missed != 0 ? ND_LOOK_BAD : ND_LOOK_GOOD;
}

/* ---- events ---- */

static enum nd_look look_of(const char *body)
{
    static const struct {
        const char *mark;
        enum nd_look look;
    } marks[] = {{"\u2713", ND_LOOK_GOOD},
                 {"\u2717", ND_LOOK_BAD},
                 {"? ", ND_LOOK_ASK},
                 {"! ", ND_LOOK_WARN},
                 {"==", ND_LOOK_STRONG}};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (strncmp(body, marks[i].mark, strlen(marks[i].mark)) == 0)
            return marks[i].look;
    }
    return ND_LOOK_PLAIN;
}

#define MOMENT_BYTES 16 /* what stands before a line's body */

static void read_lines(const json_t *status, bool zh, struct nd_picture *lines)
{
    size_t i = 0;
    json_t *event = NULL;
    json_array_foreach(json_object_get(status, "events"), i, event)
    {
        const char *line = nd_line_of(event, zh, false);
        size_t len = strlen(line);
        if (len > MOMENT_BYTES) /* to the second: here it is read, not measured by */
            add(lines, look_of(line + MOMENT_BYTES), NULL,
                nd_printf("%.10s %s", line, line + MOMENT_BYTES), NULL);
    }
}

/* The latest rows of those there are, the oldest first. */
static void events(const json_t *status, struct nd_view *view, size_t rows,
                   struct nd_picture *picture)
{
    static const char *const titles[2][2] = {{"EVENTS", "EVENTS \u2191"}, {"事件", "事件 \u2191"}};
    struct nd_picture lines = {.rows = {NULL, 0, 0}};
    read_lines(status, view->zh, &lines);
    size_t count = lines.rows.count;
    size_t most = rows != 0 && count > rows ? count - rows : 0;
    view->scroll = view->scroll < most ? view->scroll : most;
    size_t end = count - view->scroll;
    size_t from = end > rows ? end - rows : 0;
    for (size_t i = 0; i < count; i++) {
        struct nd_view_row *row = &lines.rows.at[i];
        if (i < from || i >= end) {
            row_free(row);
            continue;
        }
        if (i == from)
            row->label = nd_strdup(titles[view->zh ? 1 : 0][view->scroll != 0 ? 1 : 0]);
        nd_vec_push(&picture->rows, *row);
    }
    nd_vec_free(&lines.rows);
}

/* ---- sharing out ---- */

/* How many rows each section gets: one each to begin with, the first of them before the others,
 * then in turn. */
static size_t share_out(const struct nd_picture *sections, int open, size_t rows, size_t *shares)
{
    bool more = true;
    size_t given = 0;
    if (open >= 0) {
        shares[open] = sections[open].rows.count < rows ? sections[open].rows.count : rows;
        given = shares[open];
    }
    while (more && given < rows) {
        more = false;
        for (size_t i = 0; i < ND_SECTIONS && given < rows; i++) {
            if (shares[i] < sections[i].rows.count) {
                shares[i]++;
                given++;
                more = true;
            }
        }
    }
    return given;
}

static void add_section(struct nd_picture *section, enum nd_section which, bool zh, size_t share,
                        struct nd_picture *picture)
{
    size_t all = section->rows.count;
    for (size_t i = 0; i < all; i++) {
        struct nd_view_row *row = &section->rows.at[i];
        if (i >= share) {
            row_free(row);
            continue;
        }
        row->label = i == 0 ? nd_strdup(nd_view_title(which, zh)) : NULL;
        if (i + 1 == share && share < all) {
            char *right = nd_printf("%s  +%zu", row->right != NULL ? row->right : "", all - share);
            free(row->right);
            row->right = right;
        }
        nd_vec_push(&picture->rows, *row);
    }
    nd_vec_free(&section->rows);
}

void nd_view_draw(const json_t *status, struct nd_view *view, struct nd_picture *picture)
{
    struct nd_picture sections[ND_SECTIONS] = {{.rows = {NULL, 0, 0}}};
    size_t shares[ND_SECTIONS] = {0};
    size_t wanted = 0;
    *picture = (struct nd_picture){.rows = {NULL, 0, 0}};
    bar(status, view->zh, view->columns, picture);
    phases(status, view->zh, view->columns, picture);
    for (size_t i = 0; i < ND_SECTIONS; i++) {
        nd_view_section((enum nd_section)i, status, view->zh, &sections[i]);
        wanted += sections[i].rows.count;
    }
    size_t left = view->rows == 0 ? wanted + EVENTS_LEAST : view->rows - picture->rows.count;
    size_t most = left > (size_t)2 * EVENTS_LEAST ? left - EVENTS_LEAST : left;
    size_t given = share_out(sections, view->open, most < wanted ? most : wanted, shares);
    for (size_t i = 0; i < ND_SECTIONS; i++)
        add_section(&sections[i], (enum nd_section)i, view->zh, shares[i], picture);
    events(status, view, left > given ? left - given : 0, picture);
}

/* ---- on a screen, and as lines ---- */

/* The text's place: cut so that one column at least stands before what is at the right edge. */
static size_t room_for(const struct nd_view_row *row, size_t columns, size_t from)
{
    size_t right = row->right != NULL ? nd_text_width(row->right) + 2 : 0;
    return columns > from + right ? columns - from - right : 0;
}

/* Cut with a mark where it does not fit. Caller frees. */
static char *fitted(const char *text, size_t columns)
{
    if (nd_text_width(text) <= columns)
        return nd_strdup(text);
    return nd_printf("%.*s%s", (int)nd_text_fit(text, columns != 0 ? columns - 1 : 0), text,
                     columns != 0 ? "\u2026" : "");
}

void nd_picture_paint(const struct nd_picture *picture, struct nd_screen *screen, size_t columns)
{
    for (size_t i = 0; i < picture->rows.count; i++) {
        const struct nd_view_row *row = &picture->rows.at[i];
        size_t from = i == 0 ? 1 : LABEL_COLUMNS;
        char *text = fitted(row->text, room_for(row, columns, from));
        if (i == 0) { /* the bar is one colour from edge to edge */
            char *blank = nd_printf("%*s", (int)columns, "");
            nd_screen_put(screen, i, 0, row->look, blank);
            free(blank);
        }
        if (row->label != NULL)
            nd_screen_put(screen, i, 0, ND_LOOK_FAINT, row->label);
        nd_screen_put(screen, i, from, row->look, text);
        if (row->right != NULL && nd_text_width(row->right) < columns)
            nd_screen_put(screen, i, columns - nd_text_width(row->right) - (i == 0 ? 1 : 0),
                          row->right_look, row->right);
        free(text);
    }
}

void nd_picture_print(const struct nd_picture *picture, size_t columns, bool colour,
                      struct nd_buf *out)
{
    static const char *const sgr[ND_LOOKS] = {
        [ND_LOOK_STRONG] = "1", [ND_LOOK_FAINT] = "2",   [ND_LOOK_GOOD] = "32",
        [ND_LOOK_WARN] = "33",  [ND_LOOK_BAD] = "1;31",  [ND_LOOK_ASK] = "1;36",
        [ND_LOOK_BAR] = "1",    [ND_LOOK_ALARM] = "1;33"};
    for (size_t i = 0; i < picture->rows.count; i++) {
        const struct nd_view_row *row = &picture->rows.at[i];
        const char *label = row->label != NULL ? row->label : "";
        size_t from = i == 0 ? 0 : LABEL_COLUMNS;
        char *text = fitted(row->text, room_for(row, columns, from));
        const char *code = colour ? sgr[row->look] : NULL;
        if (i != 0)
            nd_buf_addf(out, "%s%*s", label, (int)(LABEL_COLUMNS - nd_text_width(label)), "");
        nd_buf_addf(out, "%s%s%s%s%s", code != NULL ? "\033[" : "", code != NULL ? code : "",
                    code != NULL ? "m" : "", text, code != NULL ? "\033[0m" : "");
        free(text);
        if (row->right != NULL)
            nd_buf_addf(out, "  %s", row->right);
        nd_buf_adds(out, "\n");
    }
}
