#include "cli/display.h"

#include "base/text.h"
#include "base/units.h"
#include "cli/common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DRAW_EVERY   ND_MS(250)
#define EVENTS_KEPT  8
#define INJECTS_NEXT 3

struct nd_display {
    struct nd_sched *sched;
    const struct nd_run *run;
    bool zh, colour;
    nd_timer timer;
    struct ND_VEC(char *) events;
    size_t drawn; /* rows on the screen that are ours */
};

static const char *overdue_words(const char *overdue, bool zh)
{
    static const char *const words[][2] = {
        {"to be handed over", "請交付"}, {"undelivered", "未送達"}, {"unanswered", "逾時未回應"}};
    for (size_t i = 0; zh && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i][0], overdue) == 0)
            return words[i][1];
    }
    return overdue;
}

/* ---- rows ---- */

struct picture {
    const json_t *status;
    struct nd_buf *out;
    bool zh, colour;
    size_t columns, rows;
};

/* One row, cut to the screen's width; sgr: "" or a colour. */
static void row(struct picture *p, const char *sgr, const char *text)
{
    if (p->rows == 0)
        return;
    p->rows--;
    size_t fit = nd_text_fit(text, p->columns);
    if (p->colour && *sgr != '\0')
        nd_buf_addf(p->out, "\033[%sm%.*s\033[0m\n", sgr, (int)fit, text);
    else
        nd_buf_addf(p->out, "%.*s\n", (int)fit, text);
}

static const char *title_of(const struct picture *p, const json_t *object, const char *key)
{
    const json_t *text = json_object_get(object, key);
    const char *first = json_string_value(json_object_get(text, p->zh ? "zh" : "en"));
    const char *second = json_string_value(json_object_get(text, p->zh ? "en" : "zh"));
    return first != NULL ? first : second != NULL ? second : "";
}

static const char *string_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static json_int_t integer_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void head(struct picture *p)
{
    char now[ND_UNIT_TEXT];
    char left[ND_UNIT_TEXT];
    struct nd_buf text = {0};
    nd_ns at = integer_of(p->status, "now_rel_ns") / ND_SEC(1) * ND_SEC(1);
    nd_ns lasts = integer_of(p->status, "lasts_ns");
    const char *state = string_of(p->status, "state");
    nd_buf_addf(&text, "演練 EXERCISE  %s  %s  %s %s", state, nd_moment_format(at, now),
                p->zh ? "距結束最多" : "ENDEX within",
                nd_length_format(lasts > at ? lasts - at : 0, left));
    row(p, strcmp(state, "restoring") == 0 || strcmp(state, "paused") == 0 ? "1;33" : "1",
        nd_buf_str(&text));
    nd_buf_deinit(&text);
}

static void put_phase(struct picture *p, const json_t *phase)
{
    static const char *const marks[][2] = {{"running", ">"}, {"done", "*"}, {"waiting", " "}};
    const char *mark = " ";
    size_t done = 0;
    size_t i = 0;
    json_t *step = NULL;
    for (size_t m = 0; m < 3; m++) {
        if (strcmp(marks[m][0], string_of(phase, "state")) == 0)
            mark = marks[m][1];
    }
    json_array_foreach(json_object_get(phase, "steps"), i, step) done +=
        strcmp(string_of(step, "state"), "waiting") != 0 &&
        strcmp(string_of(step, "state"), "running") != 0;
    struct nd_buf text = {0};
    nd_buf_addf(&text, " %s %s  %zu/%zu", mark, title_of(p, phase, "title"), done,
                json_array_size(json_object_get(phase, "steps")));
    row(p, *mark == '>' ? "1;36" : *mark == '*' ? "2" : "", nd_buf_str(&text));
    json_array_foreach(json_object_get(phase, "steps"), i, step)
    {
        if (strcmp(string_of(step, "state"), "running") != 0)
            continue;
        nd_buf_reset(&text);
        nd_buf_addf(&text, "     - %s", title_of(p, step, "title"));
        row(p, "", nd_buf_str(&text));
    }
    nd_buf_deinit(&text);
}

static void put_changes(struct picture *p)
{
    size_t i = 0;
    json_t *change = NULL;
    char when[ND_UNIT_TEXT];
    json_array_foreach(json_object_get(p->status, "changes"), i, change)
    {
        const char *state = string_of(change, "state");
        if (strcmp(state, "verified") == 0 ||
            nd_undo_is_lab(string_of(change, "plugin"), string_of(change, "verb")))
            continue;
        const json_t *by = json_object_get(change, "restore_by_rel_ns");
        struct nd_buf text = {0};
        nd_buf_addf(&text, " ! %s.%s %s  %s  %s %s", string_of(change, "plugin"),
                    string_of(change, "verb"), string_of(change, "target"), state,
                    p->zh ? "復原於" : "restored by",
                    json_is_integer(by) ? nd_moment_format(json_integer_value(by), when) : "ENDEX");
        row(p, strcmp(state, "unverified") == 0 ? "1;31" : "33", nd_buf_str(&text));
        nd_buf_deinit(&text);
    }
}

static void put_arming(struct picture *p)
{
    const json_t *arming = json_object_get(p->status, "arming");
    size_t i = 0;
    json_t *name = NULL;
    if (!json_is_object(arming))
        return;
    struct nd_buf text = {0};
    char left[ND_UNIT_TEXT];
    nd_buf_addf(&text, " ? %s %zu/%lld", p->zh ? "已授權" : "armed",
                json_array_size(json_object_get(arming, "armed")),
                (long long)integer_of(arming, "people"));
    json_array_foreach(json_object_get(arming, "armed"), i, name)
        nd_buf_addf(&text, " %s", json_string_value(name));
    nd_buf_addf(&text, "  netdrill arm last --as NAME  %s",
                nd_length_format(integer_of(arming, "left_ns") / ND_SEC(1) * ND_SEC(1), left));
    row(p, "1;36", nd_buf_str(&text));
    nd_buf_deinit(&text);
}

static void put_confirmations(struct picture *p)
{
    size_t i = 0;
    json_t *entry = NULL;
    char left[ND_UNIT_TEXT];
    json_array_foreach(json_object_get(p->status, "confirmations"), i, entry)
    {
        struct nd_buf text = {0};
        nd_buf_addf(&text, " ? #%lld %s [%s] %s", (long long)integer_of(entry, "number"),
                    title_of(p, entry, "sentence"), string_of(entry, "by"),
                    nd_length_format(integer_of(entry, "left_ns") / ND_SEC(1) * ND_SEC(1), left));
        row(p, "1;36", nd_buf_str(&text));
        nd_buf_deinit(&text);
    }
}

static void put_names(const json_t *inject, struct nd_buf *text)
{
    size_t i = 0;
    json_t *to = NULL;
    json_array_foreach(json_object_get(inject, "recipients"), i, to)
        nd_buf_addf(text, "%s%s", i != 0 ? ", " : " [", string_of(to, "name"));
    nd_buf_adds(text, i != 0 ? "]" : "");
}

/* What is open, with what it takes; and what comes next. */
static void put_injects(struct picture *p)
{
    size_t i = 0;
    size_t coming = 0;
    json_t *inject = NULL;
    json_array_foreach(json_object_get(p->status, "injects"), i, inject)
    {
        bool pending = strcmp(string_of(inject, "state"), "pending") == 0;
        const char *overdue = string_of(inject, "overdue");
        const json_t *left = json_object_get(inject, "left_ns");
        char words[ND_UNIT_TEXT];
        struct nd_buf text = {0};
        if ((!pending || coming++ >= INJECTS_NEXT) && *overdue == '\0' &&
            strcmp(string_of(inject, "state"), "open") != 0)
            continue;
        nd_buf_addf(&text, " @ %s %s", string_of(inject, "id"), title_of(p, inject, "title"));
        put_names(inject, &text);
        if (pending)
            nd_buf_addf(&text, "  %s",
                        nd_moment_format(integer_of(inject, "planned_rel_ns"), words));
        if (json_is_integer(left))
            nd_buf_addf(&text, "  %s %s", p->zh ? "尚餘" : "left",
                        nd_length_format(json_integer_value(left) / ND_SEC(1) * ND_SEC(1), words));
        if (*overdue != '\0')
            nd_buf_addf(&text, "  %s", overdue_words(overdue, p->zh));
        row(p, *overdue != '\0' ? "1;31" : pending ? "2" : "1;35", nd_buf_str(&text));
        nd_buf_deinit(&text);
    }
}

static void put_series(struct picture *p)
{
    size_t i = 0;
    json_t *series = NULL;
    json_array_foreach(json_object_get(p->status, "series"), i, series)
    {
        struct nd_buf text = {0};
        char share[ND_UNIT_TEXT];
        char words[48];
        const char *label = string_of(series, "label");
        const json_t *loss = json_object_get(series, "loss");
        const json_t *p50 = json_object_get(series, "p50");
        const json_t *down = json_object_get(series, "down_since_rel_ns");
        nd_buf_addf(&text, " ~ %s  %s %s", *label != '\0' ? label : string_of(series, "name"),
                    p->zh ? "遺失" : "loss",
                    json_is_number(loss) ? nd_share_format(json_number_value(loss), share) : "-");
        if (json_is_number(p50))
            nd_buf_addf(
                &text, "  p50 %s",
                nd_value_words(json_number_value(p50), string_of(series, "unit"), NULL, words));
        if (json_is_integer(down))
            nd_buf_addf(&text, "  %s %s", p->zh ? "中斷自" : "DOWN since",
                        nd_moment_format(json_integer_value(down), words));
        row(p, json_is_integer(down) ? "1;31" : "", nd_buf_str(&text));
        nd_buf_deinit(&text);
    }
}

static void put_verdicts(struct picture *p)
{
    const json_t *verdicts = json_object_get(p->status, "verdicts");
    struct nd_buf text = {0};
    nd_buf_addf(&text, " \u2713 %lld  \u2717 %lld  ? %lld", (long long)integer_of(verdicts, "met"),
                (long long)integer_of(verdicts, "missed"),
                (long long)integer_of(verdicts, "unknown"));
    row(p, "", nd_buf_str(&text));
    nd_buf_deinit(&text);
}

void nd_display_draw(const json_t *status, bool zh, bool colour, size_t columns, size_t rows,
                     struct nd_buf *out)
{
    struct picture p = {status, out, zh, colour, columns, rows};
    size_t i = 0;
    json_t *phase = NULL;
    head(&p);
    put_arming(&p);
    put_confirmations(&p);
    put_injects(&p);
    put_changes(&p);
    put_verdicts(&p);
    put_series(&p);
    json_array_foreach(json_object_get(status, "phases"), i, phase) put_phase(&p, phase);
}

/* ---- on the terminal ---- */

static void screen_size(size_t *columns, size_t *rows)
{
    struct winsize size = {0};
    bool known = ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
    *columns = known ? size.ws_col : 80;
    *rows = known ? size.ws_row : 24;
}

static void wipe(struct nd_display *display)
{
    if (display->drawn != 0)
        printf("\033[%zuA\033[J", display->drawn);
    display->drawn = 0;
}

static size_t count_rows(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

static void draw(struct nd_display *display)
{
    size_t columns = 0;
    size_t rows = 0;
    struct nd_buf out = {0};
    screen_size(&columns, &rows);
    size_t events = display->events.count < EVENTS_KEPT ? display->events.count : EVENTS_KEPT;
    if (events + 8 > rows)
        events = rows > 12 ? rows / 3 : 0;
    json_t *status = nd_run_status(display->run);
    nd_display_draw(status, display->zh, display->colour, columns, rows - events - 2, &out);
    json_decref(status);
    nd_buf_adds(&out, "\n");
    for (size_t i = display->events.count - events; i < display->events.count; i++)
        nd_buf_addf(&out, "%.*s\n", (int)nd_text_fit(display->events.at[i], columns),
                    display->events.at[i]);
    wipe(display);
    fputs(nd_buf_str(&out), stdout);
    fflush(stdout);
    display->drawn = count_rows(nd_buf_str(&out));
    nd_buf_deinit(&out);
}

static void draw_due(void *ctx)
{
    struct nd_display *display = ctx;
    draw(display);
    display->timer =
        nd_sched_at(display->sched, nd_sched_now(display->sched) + DRAW_EVERY, draw_due, display);
}

struct nd_display *nd_display_open(struct nd_sched *sched, const struct nd_run *run, bool zh,
                                   bool colour)
{
    struct nd_display *display = nd_alloc(sizeof *display);
    *display = (struct nd_display){.sched = sched, .run = run, .zh = zh, .colour = colour};
    display->timer = nd_sched_at(sched, nd_sched_now(sched) + DRAW_EVERY, draw_due, display);
    return display;
}

/* Without colour: a cut line must not leave its colour on. */
static char *bare(const char *line)
{
    struct nd_buf out = {0};
    for (; *line != '\0'; line++) {
        if (*line == '\033')
            line += strcspn(line, "m");
        else
            nd_buf_add(&out, line, 1);
    }
    return nd_buf_take(&out);
}

void nd_display_event(struct nd_display *display, const char *line)
{
    if (*line != '\0')
        nd_vec_push(&display->events, bare(line));
}

void nd_display_close(struct nd_display *display)
{
    if (display == NULL)
        return;
    nd_sched_cancel(display->sched, display->timer);
    wipe(display);
    for (size_t i = 0; i < display->events.count; i++) {
        printf("%s\n", display->events.at[i]);
        free(display->events.at[i]);
    }
    fflush(stdout);
    nd_vec_free(&display->events);
    free(display);
}
