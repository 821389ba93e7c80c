#include "base/units.h"
#include "exercise/msel_maker.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows -> a scenario, a key a line, so that what its loading complains of is told by row and
 * column. First all is looked over (msel_look.c), then it is written. */

#define HOUR ND_SEC(3600)

static void put(struct nd_msel_maker *maker, size_t row, enum nd_msel_column column,
                const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static void put(struct nd_msel_maker *maker, size_t row, enum nd_msel_column column,
                const char *fmt, ...)
{
    char *line = NULL;
    va_list args;
    va_start(args, fmt);
    if (vasprintf(&line, fmt, args) < 0)
        abort();
    va_end(args);
    nd_vec_push(&maker->msel->lines,
                (struct nd_msel_line){row, column, maker->msel->lua.len_bytes});
    nd_buf_adds(&maker->msel->lua, line);
    nd_buf_adds(&maker->msel->lua, "\n");
    free(line);
}

/* In the maker's arena. */
static const char *quoted(struct nd_msel_maker *maker, const char *text)
{
    struct nd_buf out = {0};
    nd_msel_quote(&out, text);
    const char *kept = nd_arena_strdup(&maker->arena, nd_buf_str(&out));
    nd_buf_deinit(&out);
    return kept;
}

static const char *quoted2(struct nd_msel_maker *maker, const struct nd_text2 *text)
{
    if (text->zh != NULL && text->en != NULL && strcmp(text->zh, text->en) == 0)
        return quoted(maker, text->zh);
    if (text->zh == NULL || text->en == NULL)
        return nd_arena_printf(&maker->arena, "{ %s = %s }", text->zh != NULL ? "zh" : "en",
                               quoted(maker, text->zh != NULL ? text->zh : text->en));
    return nd_arena_printf(&maker->arena, "{ zh = %s, en = %s }", quoted(maker, text->zh),
                           quoted(maker, text->en));
}

static const char *when_text(struct nd_msel_maker *maker, const struct nd_msel_when *when)
{
    char text[ND_UNIT_TEXT];
    return nd_arena_printf(&maker->arena, "\"%s\"",
                           when->is_moment ? nd_moment_format(when->at, text)
                                           : nd_length_format(when->at, text));
}

static void put_word(struct nd_msel_maker *maker, size_t row, enum nd_msel_column column,
                     const char *key)
{
    const char *text = nd_msel_word_at(maker, row, column);
    if (*text != '\0')
        put(maker, row, column, "  %s = %s,", key, quoted(maker, text));
}

/* The id of the inject that a cell names; as it is, when there is none. */
static const char *inject_id(struct nd_msel_maker *maker, const char *said)
{
    for (size_t i = 0; i < maker->injects.count; i++) {
        if (strcmp(maker->injects.at[i].said, said) == 0)
            return maker->injects.at[i].id;
    }
    const char *id = nd_msel_id_of(maker, said);
    return *id != '\0' ? id : said;
}

static void put_trigger(struct nd_msel_maker *maker, size_t row)
{
    static const char *const words[][2] = {
        {"after", "after"}, {"unless", "unless"}, {"接續", "after"}, {"未回應", "unless"}};
    const char *text = nd_msel_word_at(maker, row, ND_MSEL_TRIGGER);
    const char *key = NULL;
    if (*text == '\0')
        return;
    for (size_t i = 0; i < 4 && key == NULL; i++) {
        size_t len = strlen(words[i][0]);
        if (strncmp(text, words[i][0], len) == 0) {
            key = words[i][1];
            text = nd_msel_trim(text + len, &maker->arena);
        }
    }
    if (key == NULL && nd_msel_is_on_call(text)) {
        put(maker, row, ND_MSEL_TRIGGER, "  on_call = true,");
        return;
    }
    const char *plus = strrchr(text, '+');
    nd_ns delay = 0;
    struct nd_fail why = {0};
    if (key == NULL) {
        nd_msel_note(maker->msel, row, maker->msel->at[ND_MSEL_TRIGGER], true,
                     "expected 'after ID', 'after ID +10m', 'unless ID' or 'on call', got '%.60s'",
                     text);
        return;
    }
    if (plus != NULL && !nd_msel_length(plus + 1, &delay, &why))
        nd_msel_wrong(maker, row, ND_MSEL_TRIGGER, why.text);
    if (plus != NULL)
        text = nd_msel_trim(nd_arena_strndup(&maker->arena, text, (size_t)(plus - text)),
                            &maker->arena);
    put(maker, row, ND_MSEL_TRIGGER, "  %s = %s,", key, quoted(maker, inject_id(maker, text)));
    char unit[ND_UNIT_TEXT];
    if (delay > 0)
        put(maker, row, ND_MSEL_TRIGGER, "  delay = \"%s\",", nd_length_format(delay, unit));
}

static void put_when(struct nd_msel_maker *maker, const struct nd_msel_inject *inject)
{
    if (inject->till.given)
        put(maker, inject->row, ND_MSEL_WINDOW, "  window = { %s, %s },",
            when_text(maker, &inject->from), when_text(maker, &inject->till));
    else if (inject->from.given)
        put(maker, inject->row, ND_MSEL_OFFSET, "  at = %s,", when_text(maker, &inject->from));
    put_trigger(maker, inject->row);
    const char *condition = nd_msel_word_at(maker, inject->row, ND_MSEL_CONDITION);
    const char *equals = strchr(condition, '=');
    if (*condition == '\0')
        return;
    if (equals == NULL) {
        nd_msel_wrong(maker, inject->row, ND_MSEL_CONDITION,
                      "expected 'ID = option' of a decision");
        return;
    }
    const char *id = nd_msel_trim(
        nd_arena_strndup(&maker->arena, condition, (size_t)(equals - condition)), &maker->arena);
    put(maker, inject->row, ND_MSEL_CONDITION, "  only_if = { %s, %s },",
        quoted(maker, inject_id(maker, id)),
        quoted(maker, nd_msel_trim(equals + 1, &maker->arena)));
}

/* { "a", "b" } of a cell's parts. */
static const char *list_of(struct nd_msel_maker *maker, const char *text,
                           const char *const *separators)
{
    struct nd_buf out = {0};
    for (const char *part = nd_msel_part(&text, separators, &maker->arena); part != NULL;
         part = nd_msel_part(&text, separators, &maker->arena)) {
        if (*part == '\0')
            continue;
        nd_buf_adds(&out, out.text != NULL ? ", " : "");
        nd_msel_quote(&out, part);
    }
    const char *kept = nd_arena_strdup(&maker->arena, nd_buf_str(&out));
    nd_buf_deinit(&out);
    return kept;
}

static void put_people(struct nd_msel_maker *maker, const struct nd_msel_inject *inject)
{
    static const char *const all[] = {";", "；", "、", ",", "，", "|", "\n", NULL};
    const char *to = nd_msel_text_at(maker, inject->row, ND_MSEL_TO);
    bool decision = strcmp(inject->kind, "decision") == 0;
    bool any = strchr(to, '|') != NULL;
    bool several = any || strpbrk(to, ";,\n") != NULL;
    const char *list = list_of(maker, to, all);
    put_word(maker, inject->row, ND_MSEL_FROM, "from");
    if (*list != '\0')
        put(maker, inject->row, ND_MSEL_TO, "  to = { %s },", list);
    if (several && any != decision)
        put(maker, inject->row, ND_MSEL_TO, "  answered_by = \"%s\",", any ? "any" : "all");
    put_word(maker, inject->row, ND_MSEL_CONTROLLER, "controller");
    put_word(maker, inject->row, ND_MSEL_EVALUATOR, "evaluator");
}

static void put_method(struct nd_msel_maker *maker, size_t row)
{
    const char *text = nd_msel_word_at(maker, row, ND_MSEL_METHOD);
    struct nd_buf lua = {0};
    struct nd_fail why = {0};
    const char *plugin = NULL;
    if (*text != '\0' && nd_msel_by_hand(text))
        nd_msel_note(
            maker->msel, row, maker->msel->at[ND_MSEL_METHOD], false,
            "'%.60s' is no verb and channel such as 'message.mail mail': a controller hands "
            "it over",
            text);
    else if (*text != '\0' && nd_msel_call(text, true, &lua, &plugin, &maker->arena, &why))
        put(maker, row, ND_MSEL_METHOD, "  via = %s },", nd_buf_str(&lua));
    nd_buf_deinit(&lua);
}

static void put_texts(struct nd_msel_maker *maker, size_t row)
{
    static const char *const lines[] = {"\r\n", "\n", NULL};
    struct nd_text2 body = nd_msel_both_at(maker, row, ND_MSEL_BODY_ZH, ND_MSEL_BODY);
    struct nd_text2 expect =
        nd_msel_text2(nd_msel_text_at(maker, row, ND_MSEL_EXPECTED), "\n", &maker->arena);
    struct nd_buf tasks = {0};
    const char *at = nd_msel_text_at(maker, row, ND_MSEL_TASKS);
    if (body.zh != NULL || body.en != NULL)
        put(maker, row, ND_MSEL_BODY_ZH, "  body = %s,", quoted2(maker, &body));
    if (expect.zh != NULL || expect.en != NULL)
        put(maker, row, ND_MSEL_EXPECTED, "  expect = %s,", quoted2(maker, &expect));
    for (const char *task = nd_msel_part(&at, lines, &maker->arena); task != NULL;
         task = nd_msel_part(&at, lines, &maker->arena)) {
        struct nd_text2 text = nd_msel_text2(task, " ", &maker->arena);
        if (text.zh != NULL || text.en != NULL)
            nd_buf_addf(&tasks, "%s%s", tasks.text != NULL ? ", " : "", quoted2(maker, &text));
    }
    if (tasks.text != NULL)
        put(maker, row, ND_MSEL_TASKS, "  tasks = { %s },", tasks.text);
    nd_buf_deinit(&tasks);
    const char *notes = nd_msel_text_at(maker, row, ND_MSEL_NOTES);
    if (*notes != '\0')
        put(maker, row, ND_MSEL_NOTES, "  notes = %s,", quoted(maker, notes));
}

static void put_reaction(struct nd_msel_maker *maker, size_t row)
{
    const char *text = nd_msel_time_at(maker, row, ND_MSEL_REACT);
    nd_ns within = 0;
    struct nd_fail why = {0};
    char unit[ND_UNIT_TEXT];
    if (*text != '\0' && !nd_msel_length(text, &within, &why))
        nd_msel_wrong(maker, row, ND_MSEL_REACT, why.text);
    else if (*text != '\0')
        put(maker, row, ND_MSEL_REACT, "  react_within = \"%s\",", nd_length_format(within, unit));
    const char *objective = nd_msel_word_at(maker, row, ND_MSEL_OBJECTIVES);
    if (strpbrk(objective, ";,\n") != NULL)
        nd_msel_wrong(maker, row, ND_MSEL_OBJECTIVES,
                      "an inject serves one objective; name the first");
    else if (*objective != '\0')
        put(maker, row, ND_MSEL_OBJECTIVES, "  objective = %s,",
            quoted(maker, nd_msel_goal_id_of(maker, objective)));
}

/* The body of a fault: its changes, one after the other. */
static void put_changes(struct nd_msel_maker *maker, size_t row)
{
    static const char *const lines[] = {"\r\n", "\n", NULL};
    const char *calls = nd_msel_text_at(maker, row, ND_MSEL_FAULT);
    const char *times = nd_msel_time_at(maker, row, ND_MSEL_REVERT);
    const char *by = "";
    struct nd_buf body = {0};
    for (const char *call = nd_msel_part(&calls, lines, &maker->arena); call != NULL;
         call = nd_msel_part(&calls, lines, &maker->arena)) {
        const char *next = nd_msel_part(&times, lines, &maker->arena);
        struct nd_msel_when when = {0};
        struct nd_fail why = {0};
        const char *plugin = NULL;
        by = next != NULL ? next : by;
        if (*call == '\0' || !nd_msel_call(call, false, &body, &plugin, &maker->arena, &why))
            continue;
        if (strcmp(by, "ENDEX") != 0 && !nd_msel_when(by, maker->wish->start, &when, &why))
            nd_msel_wrong(maker, row, ND_MSEL_REVERT, why.text);
        if (when.given)
            nd_buf_addf(&body, ", restore_by = %s", when_text(maker, &when));
        nd_buf_adds(&body, " } ");
    }
    if (body.text != NULL)
        put(maker, row, ND_MSEL_FAULT, "  run = function() %send,", body.text);
    nd_buf_deinit(&body);
}

static void put_inject(struct nd_msel_maker *maker, const struct nd_msel_inject *inject)
{
    static const char *const bars[] = {"|", "、", NULL};
    size_t row = inject->row;
    struct nd_text2 title = nd_msel_both_at(maker, row, ND_MSEL_TITLE_ZH, ND_MSEL_TITLE);
    if (title.zh == NULL && title.en == NULL)
        return; /* noted */
    put(maker, row, ND_MSEL_COUNT, "%s", "");
    struct nd_msel_made made = {.id = nd_strdup(inject->id),
                                .phase = nd_strdup(maker->phases.at[inject->phase].id),
                                .said = nd_strdup(maker->phases.at[inject->phase].said),
                                .row = row,
                                .first = maker->msel->lines.count,
                                .named = *nd_msel_id_of(maker, inject->said) != '\0'};
    put(maker, row, ND_MSEL_COUNT, "inject { %s,", quoted2(maker, &title));
    put(maker, row, ND_MSEL_ID, "  id = %s,", quoted(maker, inject->id));
    if (strcmp(inject->kind, "standard") != 0)
        put(maker, row, ND_MSEL_TYPE, "  kind = \"%s\",", inject->kind);
    if (*inject->options != '\0')
        put(maker, row, ND_MSEL_TYPE, "  options = { %s },", list_of(maker, inject->options, bars));
    put_when(maker, inject);
    put_people(maker, inject);
    put_method(maker, row);
    put_texts(maker, row);
    put_reaction(maker, row);
    put_word(maker, row, ND_MSEL_STORY, "scenario_time");
    put_changes(maker, row);
    made.last = maker->msel->lines.count;
    put(maker, row, ND_MSEL_COUNT, "}");
    nd_vec_push(&maker->msel->made, made);
    maker->msel->injects++;
}

static bool is_goal(const struct nd_msel_maker *maker, const char *id, const char *kind)
{
    for (size_t i = 0; i < maker->goals.count; i++) {
        if (strcmp(maker->goals.at[i].id, id) == 0 &&
            (kind == NULL || strcmp(maker->goals.at[i].kind, kind) == 0))
            return true;
    }
    return false;
}

/* Those of a kind below a parent ("": objectives), and what is below them. */
static void put_goals(struct nd_msel_maker *maker, const char *kind, const char *parent)
{
    bool task = strcmp(kind, "task") == 0;
    const char *below = strcmp(kind, "objective") == 0 ? "target" : "task";
    for (size_t i = 0; i < maker->goals.count; i++) {
        const struct nd_msel_goal *goal = &maker->goals.at[i];
        size_t row = goal->row;
        if (strcmp(goal->kind, kind) != 0 || strcmp(goal->parent, parent) != 0)
            continue;
        struct nd_text2 text = nd_msel_both_at(maker, row, ND_MSEL_TITLE_ZH, ND_MSEL_TITLE);
        struct nd_text2 capability = nd_msel_both_at(maker, row, ND_MSEL_BODY_ZH, ND_MSEL_BODY);
        bool able = *parent == '\0' && (capability.zh != NULL || capability.en != NULL);
        if (task) {
            put(maker, row, ND_MSEL_ID, "    [%s] = %s,", quoted(maker, goal->id),
                quoted2(maker, &text));
            continue;
        }
        put(maker, row, ND_MSEL_ID, "    [%s] = { %s,", quoted(maker, goal->id),
            quoted2(maker, &text));
        if (able)
            put(maker, row, ND_MSEL_BODY_ZH, "    capability = %s,", quoted2(maker, &capability));
        put(maker, row, ND_MSEL_COUNT, "    %ss = {", below);
        put_goals(maker, below, goal->id);
        put(maker, row, ND_MSEL_COUNT, "    } },");
    }
}

/* An objective that an inject names, and no row tells; before: rows of injects looked at already.
 */
static void put_goal_named(struct nd_msel_maker *maker, size_t inject)
{
    size_t row = maker->injects.at[inject].row;
    const char *said = nd_msel_word_at(maker, row, ND_MSEL_OBJECTIVES);
    const char *id = nd_msel_goal_id_of(maker, said);
    bool found = *id == '\0' || strpbrk(said, ";,\n") != NULL || is_goal(maker, id, NULL);
    for (size_t k = 0; k < inject && !found; k++)
        found = strcmp(nd_msel_goal_id_of(maker, nd_msel_word_at(maker, maker->injects.at[k].row,
                                                                 ND_MSEL_OBJECTIVES)),
                       id) == 0;
    if (!found)
        put(maker, row, ND_MSEL_OBJECTIVES, "    [%s] = %s,", quoted(maker, id),
            quoted(maker, said));
}

static void put_objectives(struct nd_msel_maker *maker)
{
    put(maker, maker->drill, ND_MSEL_COUNT, "  objectives = {");
    for (size_t i = 0; i < maker->goals.count; i++) {
        const struct nd_msel_goal *goal = &maker->goals.at[i];
        const char *above = strcmp(goal->kind, "task") == 0 ? "target" : "objective";
        if (strcmp(goal->kind, "objective") != 0 && !is_goal(maker, goal->parent, above))
            nd_msel_note(maker->msel, goal->row, maker->msel->at[ND_MSEL_OBJECTIVES], true,
                         "a %s belongs to a%s %s of the table, and '%.60s' is none", goal->kind,
                         *above == 'o' ? "n" : "", above, goal->parent);
    }
    put_goals(maker, "objective", "");
    for (size_t i = 0; i < maker->injects.count; i++)
        put_goal_named(maker, i);
    put(maker, maker->drill, ND_MSEL_COUNT, "  },");
}

static void put_drill(struct nd_msel_maker *maker)
{
    size_t row = maker->drill;
    bool told = row != SIZE_MAX;
    const char *id = told ? nd_msel_id_of(maker, nd_msel_word_at(maker, row, ND_MSEL_ID)) : "";
    struct nd_text2 title = {maker->wish->id, maker->wish->id};
    struct nd_msel_when lasts = {0};
    const char *revision = told ? nd_msel_word_at(maker, row, ND_MSEL_REV) : "1";
    char unit[ND_UNIT_TEXT];
    if (told)
        title = nd_msel_both_at(maker, row, ND_MSEL_TITLE_ZH, ND_MSEL_TITLE);
    if (told)
        lasts = nd_msel_when_at(maker, row, ND_MSEL_WINDOW);
    if (*id == '\0')
        id = maker->wish->id;
    if (title.zh == NULL && title.en == NULL)
        title = (struct nd_text2){id, id};
    if (!lasts.given)
        lasts.at = (maker->latest / HOUR + 2) * HOUR;
    put(maker, row, ND_MSEL_COUNT, "drill { %s,", quoted2(maker, &title));
    put(maker, row, ND_MSEL_ID, "  id = %s,", quoted(maker, id));
    if (*revision != '\0' && revision[strspn(revision, "0123456789")] == '\0')
        put(maker, row, ND_MSEL_REV, "  revision = %s,", revision);
    put(maker, row, ND_MSEL_WINDOW, "  lasts = \"%s\",%s", nd_length_format(lasts.at, unit),
        lasts.given ? "" : " -- the table does not say");
    struct nd_text2 simulated = {0};
    if (told)
        simulated = nd_msel_both_at(maker, row, ND_MSEL_BODY_ZH, ND_MSEL_BODY);
    if (simulated.zh != NULL || simulated.en != NULL)
        put(maker, row, ND_MSEL_BODY_EN, "  simulated = %s,", quoted2(maker, &simulated));
    if (maker->wish->site != NULL)
        put(maker, row, ND_MSEL_COUNT, "  site = %s,", quoted(maker, maker->wish->site));
    put_objectives(maker);
    put(maker, row, ND_MSEL_COUNT, "}");
}

static void put_phases(struct nd_msel_maker *maker)
{
    nd_ns before = 0;
    for (size_t p = 0; p < maker->phases.count; p++) {
        const struct nd_msel_phase *phase = &maker->phases.at[p];
        bool own = phase->row != SIZE_MAX;
        /* A table without phases of its own has moments alone: each phase begins with its first. */
        bool derived = !own && (p == 0 || phase->earliest >= before);
        nd_ns at = own ? phase->at : p == 0 ? 0 : phase->earliest;
        char moment[ND_UNIT_TEXT];
        size_t row = phase->row;
        put(maker, row, ND_MSEL_COUNT, "%s", "");
        put(maker, row, ND_MSEL_COUNT, "phase { %s,", quoted2(maker, &phase->title));
        put(maker, row, ND_MSEL_PHASE, "  id = %s,", quoted(maker, phase->id));
        if (phase->at_given || derived)
            put(maker, row, ND_MSEL_OFFSET, "  at = \"%s\",", nd_moment_format(at, moment));
        put(maker, row, ND_MSEL_COUNT, "}");
        before = phase->at_given || derived ? at : before;
        for (size_t i = 0; i < maker->injects.count; i++) {
            if (maker->injects.at[i].phase == p)
                put_inject(maker, &maker->injects.at[i]);
        }
    }
}

void nd_msel_read(const struct nd_sheet *sheet, const struct nd_msel_wish *wish,
                  struct nd_msel *msel)
{
    struct nd_msel_maker maker = {.sheet = sheet, .wish = wish, .msel = msel, .drill = SIZE_MAX};
    size_t heading = 0;
    if (!nd_msel_heading(sheet, msel, &heading))
        return;
    nd_msel_look(&maker, heading);
    put(&maker, SIZE_MAX, ND_MSEL_COUNT, "-- Made by 'netdrill msel import' of %s.",
        quoted(&maker, wish->file));
    for (size_t i = 0; i < maker.plugins.count; i++)
        put(&maker, SIZE_MAX, ND_MSEL_COUNT, "local %s = use \"%s\"", maker.plugins.at[i],
            maker.plugins.at[i]);
    put(&maker, SIZE_MAX, ND_MSEL_COUNT, "%s", "");
    put_drill(&maker);
    put_phases(&maker);
    nd_vec_free(&maker.phases);
    nd_vec_free(&maker.injects);
    nd_vec_free(&maker.goals);
    nd_vec_free(&maker.plugins);
    nd_arena_deinit(&maker.arena);
}
