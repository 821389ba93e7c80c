#include "exercise/msel_maker.h"

#include <stdlib.h>
#include <string.h>

/* Looking a table over: its phases, injects, ids, times, and the plugins that they need. */

const char *nd_msel_text_at(const struct nd_msel_maker *maker, size_t row,
                            enum nd_msel_column column)
{
    return maker->msel->at[column] != SIZE_MAX
               ? nd_sheet_at(maker->sheet, row, maker->msel->at[column])
               : "";
}

const char *nd_msel_word_at(struct nd_msel_maker *maker, size_t row, enum nd_msel_column column)
{
    return nd_msel_trim(nd_msel_text_at(maker, row, column), &maker->arena);
}

const char *nd_msel_time_at(struct nd_msel_maker *maker, size_t row, enum nd_msel_column column)
{
    size_t at = maker->msel->at[column];
    const char *text = at != SIZE_MAX ? nd_sheet_exact_at(maker->sheet, row, at) : "";
    return nd_msel_trim(text, &maker->arena);
}

void nd_msel_wrong(struct nd_msel_maker *maker, size_t row, enum nd_msel_column column,
                   const char *text)
{
    nd_msel_note(maker->msel, row, maker->msel->at[column], true, "%s", text);
}

struct nd_text2 nd_msel_both_at(const struct nd_msel_maker *maker, size_t row,
                                enum nd_msel_column zh, enum nd_msel_column both)
{
    struct nd_text2 text = {nd_msel_text_at(maker, row, zh), nd_msel_text_at(maker, row, zh + 1)};
    const char *one = nd_msel_text_at(maker, row, both);
    text.zh = *text.zh != '\0' ? text.zh : NULL;
    text.en = *text.en != '\0' ? text.en : NULL;
    if (text.zh == NULL && text.en == NULL && *one != '\0')
        text.zh = text.en = one;
    return text;
}

const char *nd_msel_id_of(struct nd_msel_maker *maker, const char *said)
{
    char *id = nd_arena_strdup(&maker->arena, said);
    for (char *c = id; *c != '\0'; c++) {
        *c = nd_msel_lower(*c);
        if (*c == ' ' || *c == '/' || *c == '#')
            *c = '-';
    }
    return id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-_.")] == '\0' && strlen(id) <= 64
               ? id
               : "";
}

const char *nd_msel_goal_id_of(struct nd_msel_maker *maker, const char *said)
{
    char *id = nd_arena_strdup(&maker->arena, said);
    for (char *c = id + strcspn(id, " /#"); *c != '\0'; c += strcspn(c, " /#"))
        *c = '-';
    return id;
}

static struct nd_msel_phase *phase_of(struct nd_msel_maker *maker, const char *said, size_t row)
{
    for (size_t i = 0; i < maker->phases.count; i++) {
        if (strcmp(maker->phases.at[i].said, said) == 0)
            return &maker->phases.at[i];
    }
    const char *id = nd_msel_id_of(maker, said);
    if (*id == '\0')
        id = nd_arena_printf(&maker->arena, "p%zu", maker->phases.count + 1);
    struct nd_msel_phase phase = {.said = said, .id = id, .earliest = -1, .row = row};
    phase.title.zh = phase.title.en = *said != '\0' ? said : "1";
    nd_vec_push(&maker->phases, phase);
    return &maker->phases.at[maker->phases.count - 1];
}

struct nd_msel_when nd_msel_when_at(struct nd_msel_maker *maker, size_t row,
                                    enum nd_msel_column column)
{
    struct nd_msel_when when = {0};
    struct nd_fail why = {0};
    if (!nd_msel_when(nd_msel_time_at(maker, row, column), maker->wish->start, &when, &why))
        nd_msel_wrong(maker, row, column, why.text);
    if (when.given && when.is_moment && when.at > maker->latest)
        maker->latest = when.at;
    return when;
}

static void look_phase(struct nd_msel_maker *maker, size_t row)
{
    struct nd_msel_phase *phase = phase_of(maker, nd_msel_word_at(maker, row, ND_MSEL_PHASE), row);
    struct nd_text2 title = nd_msel_both_at(maker, row, ND_MSEL_TITLE_ZH, ND_MSEL_TITLE);
    struct nd_msel_when at = nd_msel_when_at(maker, row, ND_MSEL_OFFSET);
    phase->row = row;
    if (title.zh != NULL || title.en != NULL)
        phase->title = title;
    phase->at_given = at.given;
    phase->at = at.at;
    if (at.given && !at.is_moment)
        nd_msel_wrong(maker, row, ND_MSEL_OFFSET,
                      "a phase starts at a moment of the drill, such as T+00:15");
}

static void need_plugin(struct nd_msel_maker *maker, const char *plugin)
{
    for (size_t i = 0; i < maker->plugins.count; i++) {
        if (strcmp(maker->plugins.at[i], plugin) == 0)
            return;
    }
    nd_vec_push(&maker->plugins, plugin);
}

bool nd_msel_by_hand(const char *method)
{
    return method[strcspn(method, ". ")] != '.';
}

static void look_calls(struct nd_msel_maker *maker, size_t row, enum nd_msel_column column)
{
    static const char *const lines[] = {"\r\n", "\n", NULL};
    const char *at = nd_msel_text_at(maker, row, column);
    for (const char *call = nd_msel_part(&at, lines, &maker->arena); call != NULL;
         call = nd_msel_part(&at, lines, &maker->arena)) {
        struct nd_buf lua = {0};
        struct nd_fail why = {0};
        const char *plugin = NULL;
        if (*call == '\0' || (column == ND_MSEL_METHOD && nd_msel_by_hand(call)))
            continue;
        if (nd_msel_call(call, false, &lua, &plugin, &maker->arena, &why))
            need_plugin(maker, plugin);
        else
            nd_msel_wrong(maker, row, column, why.text);
        nd_buf_deinit(&lua);
    }
}

static void look_inject(struct nd_msel_maker *maker, size_t row, const char *kind,
                        const char *options)
{
    struct nd_msel_inject inject = {.row = row,
                                    .said = nd_msel_word_at(maker, row, ND_MSEL_ID),
                                    .kind = kind,
                                    .options = options,
                                    .from = nd_msel_when_at(maker, row, ND_MSEL_OFFSET),
                                    .till = nd_msel_when_at(maker, row, ND_MSEL_WINDOW)};
    struct nd_msel_phase *phase =
        phase_of(maker, nd_msel_word_at(maker, row, ND_MSEL_PHASE), SIZE_MAX);
    struct nd_text2 title = nd_msel_both_at(maker, row, ND_MSEL_TITLE_ZH, ND_MSEL_TITLE);
    inject.phase = (size_t)(phase - maker->phases.at);
    inject.id = nd_msel_id_of(maker, inject.said);
    if (*inject.id == '\0')
        inject.id = nd_arena_printf(&maker->arena, "inj-%03zu", maker->injects.count + 1);
    if (inject.from.given && inject.from.is_moment &&
        (phase->earliest < 0 || inject.from.at < phase->earliest))
        phase->earliest = inject.from.at;
    if (inject.till.given && (!inject.from.given || inject.from.is_moment != inject.till.is_moment))
        nd_msel_wrong(
            maker, row, ND_MSEL_WINDOW,
            "the end of a window needs its beginning in 'sched_offset', in the same form");
    if (title.zh == NULL && title.en == NULL)
        nd_msel_note(maker->msel, row, SIZE_MAX, true, "an inject needs a title");
    for (size_t i = 0; i < maker->injects.count; i++) {
        if (strcmp(maker->injects.at[i].id, inject.id) == 0)
            nd_msel_note(maker->msel, row, maker->msel->at[ND_MSEL_ID], true,
                         "'%.60s' is the id of row %zu already", inject.id,
                         maker->injects.at[i].row + 1);
    }
    look_calls(maker, row, ND_MSEL_METHOD);
    look_calls(maker, row, ND_MSEL_FAULT);
    nd_vec_push(&maker->injects, inject);
}

static void look_goal(struct nd_msel_maker *maker, size_t row, const char *kind)
{
    struct nd_msel_goal goal = {.row = row, .kind = kind};
    struct nd_text2 text = nd_msel_both_at(maker, row, ND_MSEL_TITLE_ZH, ND_MSEL_TITLE);
    goal.id = nd_msel_goal_id_of(maker, nd_msel_word_at(maker, row, ND_MSEL_ID));
    goal.parent = strcmp(kind, "objective") != 0
                      ? nd_msel_goal_id_of(maker, nd_msel_word_at(maker, row, ND_MSEL_OBJECTIVES))
                      : "";
    if (*goal.id == '\0' || (text.zh == NULL && text.en == NULL))
        nd_msel_note(maker->msel, row, SIZE_MAX, true,
                     "an objective, target or task needs an id and a title");
    else
        nd_vec_push(&maker->goals, goal);
}

static void look_row(struct nd_msel_maker *maker, size_t row)
{
    const char *rest = "";
    bool empty = true;
    for (size_t c = 0; c < maker->sheet->rows.at[row].count; c++)
        empty = empty && *nd_msel_trim(nd_sheet_at(maker->sheet, row, c), &maker->arena) == '\0';
    if (empty)
        return;
    const char *text = nd_msel_word_at(maker, row, ND_MSEL_TYPE);
    const char *type = nd_msel_type(text, &rest);
    if (type == NULL) {
        nd_msel_note(maker->msel, row, maker->msel->at[ND_MSEL_TYPE], true,
                     "expected standard, contingency, information, decision, fault, phase, "
                     "objective, target, task or exercise, got '%.60s'",
                     text);
    } else if (strcmp(type, "exercise") == 0) {
        maker->drill = row;
    } else if (strcmp(type, "objective") == 0 || strcmp(type, "target") == 0 ||
               strcmp(type, "task") == 0) {
        look_goal(maker, row, type);
    } else if (strcmp(type, "phase") == 0) {
        look_phase(maker, row);
    } else {
        look_inject(maker, row, type, rest);
    }
}

void nd_msel_look(struct nd_msel_maker *maker, size_t heading)
{
    for (size_t row = heading + 1; row < maker->sheet->rows.count; row++)
        look_row(maker, row);
    if (maker->injects.count == 0 && maker->msel->errors == 0)
        nd_msel_note(maker->msel, heading, SIZE_MAX, true, "there is no inject below the heading");
}
