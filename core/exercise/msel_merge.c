#include "exercise/msel_merge.h"

#include <stdlib.h>
#include <string.h>

/* Columns that are one thing in the scenario, and the keys it is written as. */
struct group {
    enum nd_msel_column columns[3]; /* filled up with the first */
    const char *const keys[5];
};

static const struct group groups[] = {
    {{ND_MSEL_TITLE_ZH, ND_MSEL_TITLE_EN, ND_MSEL_TITLE}, {"1"}},
    {{ND_MSEL_TYPE, ND_MSEL_TYPE, ND_MSEL_TYPE}, {"kind", "options"}},
    {{ND_MSEL_OFFSET, ND_MSEL_WINDOW, ND_MSEL_OFFSET}, {"at", "window"}},
    {{ND_MSEL_STORY, ND_MSEL_STORY, ND_MSEL_STORY}, {"scenario_time"}},
    {{ND_MSEL_TRIGGER, ND_MSEL_TRIGGER, ND_MSEL_TRIGGER}, {"after", "unless", "on_call", "delay"}},
    {{ND_MSEL_CONDITION, ND_MSEL_CONDITION, ND_MSEL_CONDITION}, {"only_if"}},
    {{ND_MSEL_FROM, ND_MSEL_FROM, ND_MSEL_FROM}, {"from"}},
    {{ND_MSEL_TO, ND_MSEL_TO, ND_MSEL_TO}, {"to", "answered_by"}},
    {{ND_MSEL_METHOD, ND_MSEL_METHOD, ND_MSEL_METHOD}, {"via"}},
    {{ND_MSEL_BODY_ZH, ND_MSEL_BODY_EN, ND_MSEL_BODY}, {"body"}},
    {{ND_MSEL_EXPECTED, ND_MSEL_EXPECTED, ND_MSEL_EXPECTED}, {"expect"}},
    {{ND_MSEL_REACT, ND_MSEL_REACT, ND_MSEL_REACT}, {"react_within"}},
    {{ND_MSEL_OBJECTIVES, ND_MSEL_OBJECTIVES, ND_MSEL_OBJECTIVES}, {"objective"}},
    {{ND_MSEL_TASKS, ND_MSEL_TASKS, ND_MSEL_TASKS}, {"tasks"}},
    {{ND_MSEL_CONTROLLER, ND_MSEL_CONTROLLER, ND_MSEL_CONTROLLER}, {"controller"}},
    {{ND_MSEL_EVALUATOR, ND_MSEL_EVALUATOR, ND_MSEL_EVALUATOR}, {"evaluator"}},
    {{ND_MSEL_NOTES, ND_MSEL_NOTES, ND_MSEL_NOTES}, {"notes"}},
    {{ND_MSEL_FAULT, ND_MSEL_REVERT, ND_MSEL_FAULT}, {"run"}}};
#define GROUPS (sizeof groups / sizeof groups[0])

static bool holds(const struct group *group, enum nd_msel_column column)
{
    return group->columns[0] == column || group->columns[1] == column ||
           group->columns[2] == column;
}

static const struct nd_msel_made *find(const struct nd_msel *list, const char *id)
{
    for (size_t i = 0; list != NULL && i < list->made.count; i++) {
        if (strcmp(list->made.at[i].id, id) == 0)
            return &list->made.at[i];
    }
    return NULL;
}

/* Line number `number` of the list's Lua, from 0, without blanks before and comma behind. */
static const char *line_at(const struct nd_msel *list, size_t number, struct nd_arena *arena)
{
    const char *line = nd_buf_str(&list->lua) + list->lines.at[number].from;
    size_t len = strcspn(line, "\n");
    size_t blanks = strspn(line, " ");
    len -= len > 0 && line[len - 1] == ',';
    return nd_arena_strndup(arena, line + blanks, len - blanks);
}

static const char *said_by(const struct nd_msel *list, const struct nd_msel_made *made,
                           const struct group *group, struct nd_arena *arena)
{
    static const char begin[] = "inject { ";
    struct nd_buf out = {0};
    if (made == NULL)
        return "";
    if (group->columns[0] == ND_MSEL_TITLE_ZH)
        return line_at(list, made->first, arena) + strlen(begin);
    for (size_t i = made->first; i < made->last; i++) {
        if (holds(group, list->lines.at[i].column))
            nd_buf_addf(&out, "%s%s", out.text != NULL ? ", " : "", line_at(list, i, arena));
    }
    const char *said = nd_arena_strdup(arena, nd_buf_str(&out));
    nd_buf_deinit(&out);
    return said;
}

const char *nd_msel_said(const struct nd_msel *list, const char *id, enum nd_msel_column column,
                         struct nd_arena *arena)
{
    for (size_t g = 0; g < GROUPS; g++) {
        if (holds(&groups[g], column))
            return said_by(list, find(list, id), &groups[g], arena);
    }
    return "";
}

/* ---- the comparison ---- */

struct compare {
    const struct nd_msel *table, *base, *scenario;
    const struct nd_drill *drill;
    enum nd_msel_take take;
    bool prune;
    struct nd_msel_merge *merge;
};

static void add(struct compare *compare, struct nd_msel_change change)
{
    compare->merge->counts[change.what]++;
    nd_vec_push(&compare->merge->changes, change);
}

static bool has_column(const struct nd_msel *list, const struct group *group)
{
    for (size_t i = 0; list != NULL && i < 3; i++) {
        if (list->at[group->columns[i]] != SIZE_MAX)
            return true;
    }
    return false;
}

/* The scenario's phase that a list means: by its id, or by its title. NULL: there is none. */
static const char *phase_of(const struct compare *compare, const struct nd_msel_made *made)
{
    for (size_t p = 0; p < compare->drill->phases_count; p++) {
        const struct nd_phase *phase = &compare->drill->phases[p];
        bool titled = (phase->title.zh != NULL && strcmp(phase->title.zh, made->said) == 0) ||
                      (phase->title.en != NULL && strcmp(phase->title.en, made->said) == 0);
        if (titled || strcmp(phase->id, made->phase) == 0)
            return phase->id;
    }
    return NULL;
}

/* Who changed it: UPDATED (the table alone), KEPT (the scenario alone) or CONFLICT. */
static enum nd_msel_what judge(const struct compare *compare, const char *table, const char *base,
                               const char *scenario)
{
    if (base != NULL && strcmp(table, base) == 0)
        return ND_MSEL_KEPT;
    if (base != NULL && strcmp(scenario, base) == 0)
        return ND_MSEL_UPDATED;
    return compare->take == ND_MSEL_TAKE_TABLE      ? ND_MSEL_UPDATED
           : compare->take == ND_MSEL_TAKE_SCENARIO ? ND_MSEL_KEPT
                                                    : ND_MSEL_CONFLICT;
}

static const char *both_changed(const struct compare *compare)
{
    return compare->base != NULL
               ? "changed in the table and in the scenario; make them say the same, or give "
                 "--take table or --take scenario"
               : "they differ, and what the table said before is not known; give --base TABLE (as "
                 "it was written or taken in last), --take table or --take scenario";
}

static void compare_phase(struct compare *compare, const struct nd_msel_made *now,
                          const struct nd_msel_made *was)
{
    const struct nd_msel_made *base = find(compare->base, now->id);
    const char *phase = phase_of(compare, now);
    const char *before = base != NULL ? phase_of(compare, base) : NULL;
    struct nd_msel_change change = {.id = now->id,
                                    .row = now->row,
                                    .column = ND_MSEL_PHASE,
                                    .was = was->phase,
                                    .now = phase != NULL ? phase : now->said};
    if (compare->table->at[ND_MSEL_PHASE] == SIZE_MAX ||
        (phase != NULL && strcmp(phase, was->phase) == 0) ||
        (base != NULL && strcmp(base->said, now->said) == 0 && phase == NULL))
        return;
    change.what = judge(compare, change.now, before, was->phase);
    if (change.what == ND_MSEL_UPDATED)
        change.what = phase != NULL ? ND_MSEL_MOVED : ND_MSEL_CONFLICT;
    if (change.what == ND_MSEL_CONFLICT)
        change.why = phase != NULL ? both_changed(compare)
                                   : "the scenario has no such phase; write it there first";
    add(compare, change);
}

static void compare_keys(struct compare *compare, const struct nd_msel_made *now,
                         const struct nd_msel_made *was)
{
    struct nd_arena *arena = &compare->merge->arena;
    const struct nd_msel_made *base = find(compare->base, now->id);
    for (size_t g = 0; g < GROUPS; g++) {
        const struct group *group = &groups[g];
        if (!has_column(compare->table, group))
            continue;
        const char *before =
            compare->base != NULL ? said_by(compare->base, base, group, arena) : NULL;
        struct nd_msel_change change = {.id = now->id,
                                        .row = now->row,
                                        .column = group->columns[0],
                                        .keys = group->keys,
                                        .was = said_by(compare->scenario, was, group, arena),
                                        .now = said_by(compare->table, now, group, arena)};
        for (size_t i = 2; i-- > 0;)
            change.column = compare->table->at[group->columns[i]] != SIZE_MAX ? group->columns[i]
                                                                              : change.column;
        if (compare->table->at[change.column] == SIZE_MAX)
            change.column = group->columns[2];
        if (strcmp(change.was, change.now) == 0)
            continue;
        change.what = judge(compare, change.now, before, change.was);
        if (change.what == ND_MSEL_CONFLICT)
            change.why = both_changed(compare);
        add(compare, change);
    }
}

/* Whether a list says the same of an inject as another, in all columns that the table has. */
static bool same(const struct compare *compare, const struct nd_msel *list,
                 const struct nd_msel *other, const char *id)
{
    struct nd_arena *arena = &compare->merge->arena;
    for (size_t g = 0; g < GROUPS; g++) {
        if (has_column(compare->table, &groups[g]) &&
            strcmp(said_by(list, find(list, id), &groups[g], arena),
                   said_by(other, find(other, id), &groups[g], arena)) != 0)
            return false;
    }
    return true;
}

/* An inject of the table that the scenario has not. before: the one before it in the table. */
static void compare_new(struct compare *compare, const struct nd_msel_made *now,
                        const struct nd_msel_made *before)
{
    struct nd_arena *arena = &compare->merge->arena;
    struct nd_buf text = {0};
    bool placed = compare->table->at[ND_MSEL_PHASE] != SIZE_MAX;
    const char *phase = placed ? phase_of(compare, now) : NULL;
    bool taken_out = find(compare->base, now->id) != NULL;
    struct nd_msel_change change = {ND_MSEL_ADDED, now->id, now->row, ND_MSEL_COUNT, .was = ""};
    if (!placed && before == NULL && compare->drill->phases_count != 0)
        phase = compare->drill->phases[0].id;
    for (size_t i = now->first; i <= now->last; i++) {
        bool edge = i == now->first || i == now->last;
        nd_buf_addf(&text, "%s%s%s", edge ? "" : "  ", line_at(compare->table, i, arena),
                    i == now->last ? "" : ",\n");
    }
    change.now = nd_arena_strdup(arena, nd_buf_str(&text));
    change.phase = phase;
    change.before =
        before != NULL && (!placed || strcmp(before->phase, now->phase) == 0) ? before->id : NULL;
    nd_buf_deinit(&text);
    if (placed && phase == NULL) {
        change.what = ND_MSEL_CONFLICT;
        change.column = ND_MSEL_PHASE;
        change.why = "the scenario has no such phase; write it there first";
        change.now = now->said;
    } else if (taken_out) {
        change.what = same(compare, compare->table, compare->base, now->id) ? ND_MSEL_KEPT
                      : compare->take == ND_MSEL_TAKE_TABLE                 ? ND_MSEL_ADDED
                      : compare->take == ND_MSEL_TAKE_SCENARIO              ? ND_MSEL_KEPT
                                                                            : ND_MSEL_CONFLICT;
        change.why = "changed in the table, and taken out of the scenario by hand; give --take "
                     "table or --take scenario";
        change.now = change.what == ND_MSEL_ADDED ? change.now : "";
    }
    add(compare, change);
}

static void compare_gone(struct compare *compare, const struct nd_msel_made *was)
{
    bool known = find(compare->base, was->id) != NULL;
    struct nd_msel_change change = {ND_MSEL_GONE,  was->id,   SIZE_MAX,
                                    ND_MSEL_COUNT, .was = "", .now = ""};
    if (compare->base != NULL && !known)
        return; /* the scenario's own */
    if (compare->prune && compare->take != ND_MSEL_TAKE_TABLE &&
        !(known && same(compare, compare->scenario, compare->base, was->id))) {
        change.what = ND_MSEL_CONFLICT;
        change.why = known ? "gone from the table, and changed in the scenario by hand; leave "
                             "--prune away, or give --take table"
                           : "not in the table, and whether it ever was is not known; leave "
                             "--prune away, or give --base TABLE or --take table";
    }
    add(compare, change);
}

void nd_msel_compare(const struct nd_msel *table, const struct nd_msel *base,
                     const struct nd_msel *scenario, const struct nd_drill *drill,
                     enum nd_msel_take take, bool prune, struct nd_msel_merge *merge)
{
    struct compare compare = {table, base, scenario, drill, take, prune, merge};
    for (size_t i = 0; i < table->made.count; i++) {
        const struct nd_msel_made *now = &table->made.at[i];
        const struct nd_msel_made *was = find(scenario, now->id);
        if (was == NULL) {
            compare_new(&compare, now, i > 0 ? &table->made.at[i - 1] : NULL);
            continue;
        }
        compare_phase(&compare, now, was);
        compare_keys(&compare, now, was);
    }
    for (size_t i = 0; i < scenario->made.count; i++) {
        if (find(table, scenario->made.at[i].id) == NULL)
            compare_gone(&compare, &scenario->made.at[i]);
    }
}

void nd_msel_merge_deinit(struct nd_msel_merge *merge)
{
    nd_vec_free(&merge->changes);
    nd_arena_deinit(&merge->arena);
}
