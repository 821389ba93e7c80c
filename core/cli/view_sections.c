#include "cli/view.h"

#include "base/units.h"
#include "cli/common.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands in each section of the view. */

#define LATE ND_SEC(2) /* a step that waits for longer than this after its time is overdue */

const char *nd_view_text(const json_t *text, bool zh)
{
    const char *wanted = json_string_value(json_object_get(text, zh ? "zh" : "en"));
    const char *other = json_string_value(json_object_get(text, zh ? "en" : "zh"));
    return wanted != NULL ? wanted : other != NULL ? other : "";
}

const char *nd_view_string(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static json_int_t integer_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static bool is_state(const json_t *object, const char *state)
{
    return strcmp(nd_view_string(object, "state"), state) == 0;
}

const char *nd_view_title(enum nd_section section, bool zh)
{
    static const char *const titles[ND_SECTIONS][2] = {
        [ND_SECTION_ASKED] = {"ASKED", "待回覆"},     [ND_SECTION_OVERDUE] = {"OVERDUE", "逾時"},
        [ND_SECTION_CHANGES] = {"CHANGED", "變更中"}, [ND_SECTION_CLOCKS] = {"CLOCKS", "通報時限"},
        [ND_SECTION_NOW] = {"NOW", "現在"},           [ND_SECTION_NEXT] = {"NEXT", "接下來"},
        [ND_SECTION_SERIES] = {"MEASURED", "量測"}};
    return titles[section][zh ? 1 : 0];
}

/* A row; right: taken over, may be NULL. */
static void add(struct nd_picture *rows, enum nd_look look, char *right, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void add(struct nd_picture *rows, enum nd_look look, char *right, const char *fmt, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, fmt);
    ND_CHECK(vasprintf(&text, fmt, args) >= 0);
    va_end(args);
    nd_text_tame(text, false);
    struct nd_view_row row = {.look = look, .right_look = look, .text = text};
    row.right = right;
    nd_vec_push(&rows->rows, row);
}

/* A length in whole seconds, as a countdown: "7s", "1m12s". */
static const char *seconds_of(nd_ns length, char *out)
{
    nd_ns whole = length / ND_SEC(1) * ND_SEC(1);
    return nd_length_format(whole >= 0 ? whole : -whole, out);
}

/* What is left, or by how much it is late. Caller frees. */
static char *left_words(nd_ns left, bool zh)
{
    char text[ND_UNIT_TEXT];
    seconds_of(left, text);
    if (left < 0)
        return nd_printf(zh ? "逾時 %s" : "late by %s", text);
    return nd_printf(zh ? "剩 %s" : "%s left", text);
}

/* ---- asked ---- */

static void add_arming(const json_t *arming, bool zh, struct nd_picture *rows)
{
    struct nd_buf names = {.text = NULL};
    size_t i = 0;
    json_t *name = NULL;
    json_array_foreach(json_object_get(arming, "armed"), i, name)
        nd_buf_addf(&names, " %s", json_string_value(name));
    add(rows, ND_LOOK_ASK, left_words(integer_of(arming, "left_ns"), zh),
        "%s %zu/%lld%s  netdrill arm last --as NAME", zh ? "已授權" : "armed",
        json_array_size(json_object_get(arming, "armed")), (long long)integer_of(arming, "people"),
        nd_buf_str(&names));
    nd_buf_deinit(&names);
}

static void add_inject_asked(const json_t *inject, bool zh, struct nd_picture *rows)
{
    const json_t *left = json_object_get(inject, "left_ns");
    struct nd_buf who = {.text = NULL};
    size_t i = 0;
    json_t *to = NULL;
    json_array_foreach(json_object_get(inject, "recipients"), i, to)
    {
        if (!is_state(to, "answered"))
            nd_buf_addf(&who, "%s%s%s", who.len_bytes != 0 ? " " : "", nd_view_string(to, "name"),
                        is_state(to, "acknowledged") ? "\u2713" : "");
    }
    add(rows, ND_LOOK_ASK, left_words(json_integer_value(left), zh), "%s %s  [%s]",
        nd_view_string(inject, "id"), nd_view_text(json_object_get(inject, "title"), zh),
        nd_buf_str(&who));
    nd_buf_deinit(&who);
}

static void asked(const json_t *status, bool zh, struct nd_picture *rows)
{
    size_t i = 0;
    json_t *entry = NULL;
    if (json_is_object(json_object_get(status, "arming")))
        add_arming(json_object_get(status, "arming"), zh, rows);
    json_array_foreach(json_object_get(status, "confirmations"), i, entry)
    {
        const char *by = nd_view_string(entry, "by");
        add(rows, ND_LOOK_ASK, left_words(integer_of(entry, "left_ns"), zh), "#%lld %s%s%s%s",
            (long long)integer_of(entry, "number"),
            nd_view_text(json_object_get(entry, "sentence"), zh), *by != '\0' ? "  [" : "", by,
            *by != '\0' ? "]" : "");
    }
    json_array_foreach(json_object_get(status, "injects"), i, entry)
    {
        if (is_state(entry, "open") && json_is_integer(json_object_get(entry, "left_ns")))
            add_inject_asked(entry, zh, rows);
    }
}

/* ---- overdue ---- */

static void overdue_step(const json_t *step, nd_ns now, bool zh, struct nd_picture *rows)
{
    const json_t *planned = json_object_get(step, "planned_rel_ns");
    if (!is_state(step, "waiting") || !json_is_integer(planned))
        return;
    nd_ns late = now - json_integer_value(planned);
    if (late > LATE)
        add(rows, ND_LOOK_BAD, left_words(-late, zh), "%s",
            nd_view_text(json_object_get(step, "title"), zh));
}

static void overdue(const json_t *status, bool zh, struct nd_picture *rows)
{
    static const char *const words[][2] = {
        {"to be handed over", "請交付"}, {"undelivered", "未送達"}, {"unanswered", "逾時未回應"}};
    nd_ns now = integer_of(status, "now_rel_ns");
    size_t p = 0;
    size_t s = 0;
    json_t *phase = NULL;
    json_t *step = NULL;
    json_t *inject = NULL;
    json_array_foreach(json_object_get(status, "injects"), s, inject)
    {
        const char *why = nd_view_string(inject, "overdue");
        const char *shown = why;
        for (size_t w = 0; w < 3 && zh; w++)
            shown = strcmp(words[w][0], why) == 0 ? words[w][1] : shown;
        if (*why != '\0')
            add(rows, ND_LOOK_BAD, nd_strdup(shown), "%s %s", nd_view_string(inject, "id"),
                nd_view_text(json_object_get(inject, "title"), zh));
    }
    if (is_state(status, "paused"))
        return; /* nothing is to begin while it is */
    json_array_foreach(json_object_get(status, "phases"), p, phase)
    {
        json_array_foreach(json_object_get(phase, "steps"), s, step)
            overdue_step(step, now, zh, rows);
    }
}

/* ---- changes ---- */

static const char *change_words(const char *state, bool zh)
{
    static const char *const words[][3] = {
        {"recorded", "being made", "變更中"},
        {"applied", "in force", "生效中"},
        {"not-made", "not made", "未生效"},
        {"undone", "being read back", "讀回中"},
        {"unverified", "NOT VERIFIED", "未能確認復原"},
        {"left-alone", "LEFT: somebody else has changed it", "他人已更動，未處理"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i][0], state) == 0)
            return words[i][zh ? 2 : 1];
    }
    return state;
}

static void changes(const json_t *status, bool zh, struct nd_picture *rows)
{
    nd_ns now = integer_of(status, "now_rel_ns");
    size_t i = 0;
    json_t *change = NULL;
    json_array_foreach(json_object_get(status, "changes"), i, change)
    {
        const char *state = nd_view_string(change, "state");
        const json_t *by = json_object_get(change, "restore_by_rel_ns");
        bool bad = strcmp(state, "unverified") == 0 || strcmp(state, "left-alone") == 0;
        char text[ND_UNIT_TEXT];
        if (strcmp(state, "verified") == 0 || strcmp(nd_view_string(change, "plugin"), "lab") == 0)
            continue;
        char *right = json_is_integer(by)
                          ? nd_printf(zh ? "%s 後復原" : "back within %s",
                                      seconds_of(json_integer_value(by) - now, text))
                          : nd_strdup(zh ? "結束時復原" : "back at ENDEX");
        if (bad) {
            free(right);
            right = NULL;
        }
        add(rows, bad ? ND_LOOK_BAD : ND_LOOK_WARN, right, "%s.%s %s  %s",
            nd_view_string(change, "plugin"), nd_view_string(change, "verb"),
            nd_view_string(change, "target"), change_words(state, zh));
    }
}

/* ---- clocks ---- */

static void clocks(const json_t *status, bool zh, struct nd_picture *rows)
{
    size_t i = 0;
    json_t *duty = NULL;
    json_array_foreach(json_object_get(status, "obligations"), i, duty)
    {
        const json_t *left = json_object_get(duty, "left_ns");
        const char *owner = nd_view_string(duty, "owner");
        nd_ns rest = json_integer_value(left);
        bool missed = is_state(duty, "missed") || is_state(duty, "late");
        if (!json_is_integer(left) && !missed)
            continue; /* met, or not asked any more */
        add(rows,
            missed || rest < 0  ? ND_LOOK_BAD
            : rest < ND_SEC(60) ? ND_LOOK_WARN
                                : ND_LOOK_PLAIN,
            json_is_integer(left) ? left_words(rest, zh) : nd_strdup(zh ? "逾時" : "missed"),
            "%s%s%s%s", nd_view_text(json_object_get(duty, "title"), zh),
            *owner != '\0' ? "  [" : "", owner, *owner != '\0' ? "]" : "");
    }
}

/* ---- now, next ---- */

static void now_running(const json_t *status, bool zh, struct nd_picture *rows)
{
    nd_ns now = integer_of(status, "now_rel_ns");
    size_t p = 0;
    size_t s = 0;
    json_t *phase = NULL;
    json_t *step = NULL;
    char text[ND_UNIT_TEXT];
    json_array_foreach(json_object_get(status, "phases"), p, phase)
    {
        json_array_foreach(json_object_get(phase, "steps"), s, step)
        {
            const json_t *started = json_object_get(step, "started_rel_ns");
            if (is_state(step, "running"))
                add(rows, ND_LOOK_STRONG,
                    json_is_integer(started)
                        ? nd_strdup(seconds_of(now - json_integer_value(started), text))
                        : NULL,
                    "%s", nd_view_text(json_object_get(step, "title"), zh));
        }
    }
}

/* Something that is to come. */
struct coming {
    nd_ns at;     /* INT64_MAX: no moment is known */
    size_t order; /* in the scenario */
    const char *id;
    const json_t *title;
};

static int by_time(const void *a, const void *b)
{
    const struct coming *left = a;
    const struct coming *right = b;
    if (left->at != right->at)
        return left->at < right->at ? -1 : 1;
    return left->order < right->order ? -1 : 1;
}

struct agenda {
    struct ND_VEC(struct coming) list;
};

static void add_coming(struct agenda *agenda, const json_t *at, const char *id, const json_t *title)
{
    nd_ns moment = json_is_integer(at) ? json_integer_value(at) : INT64_MAX;
    nd_vec_push(&agenda->list, (struct coming){moment, agenda->list.count, id, title});
}

static void coming_of_phase(const json_t *phase, nd_ns now, struct agenda *agenda)
{
    size_t s = 0;
    json_t *step = NULL;
    json_array_foreach(json_object_get(phase, "steps"), s, step)
    {
        const json_t *at = json_object_get(step, "planned_rel_ns");
        if (!json_is_integer(at) && is_state(phase, "waiting"))
            at = json_object_get(phase, "planned_rel_ns");
        bool late = json_is_integer(at) && json_integer_value(at) + LATE < now;
        if (is_state(step, "waiting") && !late)
            add_coming(agenda, at, "", json_object_get(step, "title"));
    }
}

static void next(const json_t *status, bool zh, struct nd_picture *rows)
{
    struct agenda agenda = {.list = {NULL, 0, 0}};
    nd_ns now = integer_of(status, "now_rel_ns");
    size_t i = 0;
    json_t *entry = NULL;
    char text[ND_UNIT_TEXT];
    json_array_foreach(json_object_get(status, "phases"), i, entry)
        coming_of_phase(entry, now, &agenda);
    json_array_foreach(json_object_get(status, "injects"), i, entry)
    {
        const json_t *at = json_object_get(entry, "planned_rel_ns");
        if (is_state(entry, "pending") && json_is_integer(at))
            add_coming(&agenda, at, nd_view_string(entry, "id"), json_object_get(entry, "title"));
    }
    if (agenda.list.count != 0)
        qsort(agenda.list.at, agenda.list.count, sizeof *agenda.list.at, by_time);
    for (i = 0; i < agenda.list.count; i++) {
        const struct coming *c = &agenda.list.at[i];
        nd_ns left = c->at > now ? c->at - now : 0;
        char *right = c->at == INT64_MAX
                          ? nd_strdup(zh ? "隨後" : "then")
                          : nd_printf(zh ? "%s 後" : "in %s", seconds_of(left, text));
        add(rows, ND_LOOK_PLAIN, right, "%s%s%s", c->id, *c->id != '\0' ? " " : "",
            nd_view_text(c->title, zh));
    }
    nd_vec_free(&agenda.list);
}

/* ---- measured ---- */

/* Three digits of a length, as many as a glance takes in. */
static const char *short_value(double value, const char *unit, char *out)
{
    double step = 1;
    while (strcmp(unit, "ns") == 0 && value / step >= 1000)
        step *= 10;
    return nd_value_words((double)((int64_t)(value / step + 0.5)) * step, unit, NULL, out);
}

static void series(const json_t *status, bool zh, struct nd_picture *rows)
{
    size_t i = 0;
    json_t *entry = NULL;
    nd_ns now = integer_of(status, "now_rel_ns");
    json_array_foreach(json_object_get(status, "series"), i, entry)
    {
        const char *label = nd_view_string(entry, zh ? "label_zh" : "label");
        const json_t *loss = json_object_get(entry, "loss");
        const json_t *p50 = json_object_get(entry, "p50");
        const json_t *down = json_object_get(entry, "down_since_rel_ns");
        char share[ND_UNIT_TEXT] = "-";
        char value[48] = "-";
        char length[ND_UNIT_TEXT];
        struct nd_buf right = {.text = NULL};
        if (*label == '\0')
            label =
                nd_view_string(entry, *nd_view_string(entry, "label") != '\0' ? "label" : "name");
        if (json_is_number(loss))
            snprintf(share, sizeof share, "%.1f%%", json_number_value(loss) * 100);
        if (json_is_number(p50))
            short_value(json_number_value(p50), nd_view_string(entry, "unit"), value);
        if (json_is_integer(down))
            nd_buf_addf(&right, zh ? "中斷 %s  " : "DOWN %s  ",
                        seconds_of(now - json_integer_value(down), length));
        nd_buf_addf(&right, zh ? "遺失 %6s  中位 %7s" : "loss %6s  p50 %7s", share, value);
        add(rows, json_is_integer(down) ? ND_LOOK_BAD : ND_LOOK_PLAIN, nd_buf_take(&right), "%s",
            label);
    }
}

void nd_view_section(enum nd_section section, const json_t *status, bool zh,
                     struct nd_picture *rows)
{
    static void (*const sections[ND_SECTIONS])(const json_t *, bool, struct nd_picture *) = {
        [ND_SECTION_ASKED] = asked,     [ND_SECTION_OVERDUE] = overdue,
        [ND_SECTION_CHANGES] = changes, [ND_SECTION_CLOCKS] = clocks,
        [ND_SECTION_NOW] = now_running, [ND_SECTION_NEXT] = next,
        [ND_SECTION_SERIES] = series};
    sections[section](status, zh, rows);
}
