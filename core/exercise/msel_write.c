#include "base/units.h"
#include "exercise/msel.h"

#include <stdlib.h>
#include <string.h>

/* A drill -> rows. Each row is filled as an array of texts by column, and put down at its end. */

struct row {
    struct nd_sheet *sheet;
    const json_t *plan, *report; /* report: may be NULL */
    const char *cells[ND_MSEL_WRITTEN];
    struct nd_arena *arena;
    size_t number; /* of injects */
};

static const char *const names[] = {
#define X(key, name, synonyms) name,
    ND_MSEL_COLUMNS(X) ND_MSEL_READ_ALONE(X)
#undef X
};

const char *nd_msel_name(enum nd_msel_column column)
{
    return names[column];
}

static void put_row(struct row *row)
{
    nd_sheet_row(row->sheet);
    for (size_t i = 0; i < ND_MSEL_WRITTEN; i++) {
        nd_sheet_text(row->sheet, row->cells[i]);
        row->cells[i] = NULL;
    }
}

static void set_text2(struct row *row, enum nd_msel_column zh, const struct nd_text2 *text)
{
    row->cells[zh] = text->zh;
    row->cells[zh + 1] = text->en;
}

/* "[zh] ... [en] ..."; a text for both as it is. */
static const char *in_one(struct nd_arena *arena, const struct nd_text2 *text, const char *between)
{
    if (text->zh != NULL && text->en != NULL && strcmp(text->zh, text->en) == 0)
        return text->zh;
    if (text->zh != NULL && text->en != NULL)
        return nd_arena_printf(arena, "[zh] %s%s[en] %s", text->zh, between, text->en);
    if (text->zh != NULL || text->en != NULL)
        return nd_arena_printf(arena, "[%s] %s", text->zh != NULL ? "zh" : "en",
                               text->zh != NULL ? text->zh : text->en);
    return NULL;
}

/* "T+00:15:00", or "P+00:15:00" from the phase's start: with a '+' alone a spreadsheet takes it for
 * a formula. */
static const char *when(struct nd_arena *arena, bool is_moment, nd_ns at)
{
    char text[ND_UNIT_TEXT];
    nd_moment_format(at, text);
    *text = is_moment ? 'T' : 'P';
    return nd_arena_strdup(arena, text);
}

static const char *length(struct nd_arena *arena, nd_ns length)
{
    char text[ND_UNIT_TEXT];
    return length > 0 ? nd_arena_strdup(arena, nd_length_format(length, text)) : NULL;
}

static const char *one_line(struct nd_arena *arena, const char *text)
{
    char *line = nd_arena_strdup(arena, text);
    for (char *c = line + strcspn(line, "\r\n"); *c != '\0'; c += strcspn(c, "\r\n"))
        *c = ' ';
    return line;
}

static const char *tasks(struct nd_arena *arena, const struct nd_inject *inject)
{
    struct nd_buf out = {0};
    for (size_t i = 0; i < inject->tasks_count; i++)
        nd_buf_addf(&out, "%s%s", i != 0 ? "\n" : "",
                    one_line(arena, in_one(arena, &inject->tasks[i], " ")));
    const char *kept = out.text != NULL ? nd_arena_strdup(arena, out.text) : NULL;
    nd_buf_deinit(&out);
    return kept;
}

static const char *joined(struct nd_arena *arena, const char *const *list, const char *between,
                          const char *before)
{
    struct nd_buf out = {0};
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        nd_buf_addf(&out, "%s%s", i != 0 ? between : before, list[i]);
    const char *kept = out.text != NULL ? nd_arena_strdup(arena, out.text) : NULL;
    nd_buf_deinit(&out);
    return kept;
}

/* ---- calls: "message.mail mail deadline=10m" ---- */

/* A text in quotation marks where it would be read as something else. */
static void put_value(struct nd_buf *out, const char *key, const char *text, bool is_text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_.:/%+-";
    bool quoted = *text == '\0' || text[strspn(text, plain)] != '\0';
    if (is_text)
        quoted = quoted || strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ||
                 nd_real_parse(text, &(double){0}, NULL) == ND_OK;
    nd_buf_addf(out, " %s=%s", key, quoted ? "\"" : "");
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            nd_buf_adds(out, "\\");
        nd_buf_add(out, *text == '\n' ? " " : text, 1);
    }
    nd_buf_adds(out, quoted ? "\"" : "");
}

static bool is_own(const char *name)
{
    for (size_t i = 0; nd_message_options[i] != NULL; i++) {
        if (strcmp(nd_message_options[i], name) == 0)
            return true;
    }
    return false;
}

/* args: as nd_schema_args_json writes them. */
static void put_args(struct nd_buf *out, const json_t *args, const char *subject)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)args, key, value)
    {
        if (strcmp(key, subject) == 0 || is_own(key) || json_is_array(value))
            continue;
        char *text = json_is_string(value) ? nd_strdup(json_string_value(value))
                                           : json_dumps(value, JSON_ENCODE_ANY);
        put_value(out, key, text, json_is_string(value));
        free(text);
    }
}

/* Of what the call gives alone; a secret as the reference that it is. */
static json_t *given_args(const struct nd_call_spec *spec)
{
    char *text = nd_schema_args_json(spec->verb, &spec->args);
    json_t *args = json_loads(text, 0, NULL);
    free(text);
    for (uint32_t i = 0; i < spec->args.count; i++) {
        const struct nd_option *option = &spec->verb->options[i];
        const struct nd_value *value = &spec->args.at[i];
        if (!value->given)
            json_object_del(args, option->name);
        else if ((option->flags & ND_OPT_SECRET) != 0 && value->u.text != NULL)
            json_object_set_new(args, option->name, json_string(value->u.text));
    }
    return args;
}

static const char *method(struct nd_arena *arena, const struct nd_call_spec *via)
{
    char unit[ND_UNIT_TEXT];
    struct nd_buf out = {0};
    if (via == NULL)
        return NULL;
    nd_buf_addf(&out, "%s.%s %s", via->plugin, via->verb->name,
                via->target != NULL ? via->target->target.name : "");
    if (via->common.from != NULL)
        put_value(&out, "from", via->common.from, true);
    if (via->common.deadline > 0)
        put_value(&out, "deadline", nd_length_format(via->common.deadline, unit), true);
    if (via->common.label.en != NULL)
        put_value(&out, "label", via->common.label.en, true);
    json_t *args = given_args(via);
    put_args(&out, args, via->verb->options[0].name);
    json_decref(args);
    const char *kept = nd_arena_strdup(arena, nd_buf_str(&out));
    nd_buf_deinit(&out);
    return kept;
}

static const char *string_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* The changes of a fault, a line each, and beside them by when each is put back. */
static void set_changes(struct row *row, const struct nd_inject *inject, const json_t *plan)
{
    struct nd_buf calls = {0};
    struct nd_buf times = {0};
    size_t i = 0;
    json_t *change = NULL;
    char unit[ND_UNIT_TEXT];
    json_array_foreach(json_object_get(plan, "changes"), i, change)
    {
        const json_t *by = json_object_get(change, "restore_by_ns");
        if (strcmp(string_of(change, "step"), inject->id) != 0)
            continue;
        nd_buf_addf(&calls, "%s%s.%s %s", calls.text != NULL ? "\n" : "",
                    string_of(change, "plugin"), string_of(change, "verb"),
                    string_of(change, "target"));
        const json_t *args = json_object_get(change, "args");
        const char *key = NULL;
        json_t *value = NULL;
        const char *subject = "";
        json_object_foreach((json_t *)args, key, value)
        {
            if (strcmp(json_string_value(value) != NULL ? json_string_value(value) : "",
                       string_of(change, "target")) == 0)
                subject = key;
        }
        nd_ns lease = json_integer_value(json_object_get(change, "lease_ns"));
        if (lease > 0)
            put_value(&calls, "lease", nd_length_format(lease, unit), true);
        put_args(&calls, args, subject);
        nd_buf_addf(&times, "%s%s", calls.text != NULL && times.text != NULL ? "\n" : "",
                    json_integer_value(by) >= 0 ? nd_moment_format(json_integer_value(by), unit)
                                                : "ENDEX");
    }
    row->cells[ND_MSEL_FAULT] = calls.text != NULL ? nd_arena_strdup(row->arena, calls.text) : NULL;
    row->cells[ND_MSEL_REVERT] =
        times.text != NULL ? nd_arena_strdup(row->arena, times.text) : NULL;
    nd_buf_deinit(&calls);
    nd_buf_deinit(&times);
}

/* ---- what became of it ---- */

static const char *seconds(struct nd_arena *arena, json_int_t ns)
{
    return nd_arena_printf(arena, "%.3f", (double)ns / 1e9);
}

/* told: the inject's entry of the report. */
static void set_actual(struct row *row, const json_t *told)
{
    const json_t *fired = json_object_get(told, "fired_rel_ns");
    const json_t *planned = json_object_get(told, "planned_rel_ns");
    const json_t *reaction = json_object_get(told, "reaction_ns");
    const json_t *acked =
        json_object_get(json_array_get(json_object_get(told, "acknowledged"), 0), "at_rel_ns");
    const char *outcome = string_of(told, "outcome");
    bool skipped = strcmp(outcome, "skipped") == 0;
    row->cells[ND_MSEL_STATUS] = json_is_integer(fired) ? "fired"
                                 : skipped              ? "skipped"
                                                        : "not fired";
    row->cells[ND_MSEL_OUTCOME] = outcome;
    row->cells[ND_MSEL_FIRED_BY] =
        string_of(told, skipped && !json_is_integer(fired) ? "skipped_by" : "fired_by");
    if (skipped)
        row->cells[ND_MSEL_SKIPPED] = string_of(told, "reason");
    if (json_is_integer(fired))
        row->cells[ND_MSEL_ACTUAL] = when(row->arena, true, json_integer_value(fired));
    if (json_is_integer(fired) && json_is_integer(planned))
        row->cells[ND_MSEL_LATE] =
            seconds(row->arena, json_integer_value(fired) - json_integer_value(planned));
    if (json_is_integer(acked))
        row->cells[ND_MSEL_ACKED] = when(row->arena, true, json_integer_value(acked));
    if (json_is_integer(reaction))
        row->cells[ND_MSEL_REACTION] = seconds(row->arena, json_integer_value(reaction));
}

static const json_t *told_of(const struct row *row, const char *id)
{
    size_t i = 0;
    json_t *told = NULL;
    json_array_foreach(json_object_get(row->report, "injects"), i, told)
    {
        if (strcmp(string_of(told, "id"), id) == 0)
            return told;
    }
    return NULL;
}

static struct nd_text2 text2_of(const json_t *object, const char *key)
{
    const json_t *text = json_object_get(object, key);
    return (struct nd_text2){json_string_value(json_object_get(text, "zh")),
                             json_string_value(json_object_get(text, "en"))};
}

/* Injects that were added on the day, after those of the drill. */
static void put_added(struct row *row, const struct nd_drill *drill)
{
    size_t i = 0;
    json_t *told = NULL;
    json_array_foreach(json_object_get(row->report, "injects"), i, told)
    {
        struct nd_buf to = {0};
        size_t k = 0;
        json_t *name = NULL;
        struct nd_text2 title = text2_of(told, "title");
        struct nd_text2 body = text2_of(told, "body");
        if (json_object_get(told, "added_by") == NULL || drill->phases_count == 0)
            continue;
        json_array_foreach(json_object_get(told, "to"), k, name)
            nd_buf_addf(&to, "%s%s", k != 0 ? "; " : "", json_string_value(name));
        row->cells[ND_MSEL_ID] = string_of(told, "id");
        row->cells[ND_MSEL_SEQ] = nd_arena_printf(row->arena, "%zu", ++row->number);
        row->cells[ND_MSEL_PHASE] = drill->phases[drill->phases_count - 1].id;
        row->cells[ND_MSEL_TYPE] = "standard";
        set_text2(row, ND_MSEL_TITLE_ZH, &title);
        set_text2(row, ND_MSEL_BODY_ZH, &body);
        row->cells[ND_MSEL_TO] = nd_arena_strdup(row->arena, nd_buf_str(&to));
        row->cells[ND_MSEL_REACT] =
            length(row->arena, json_integer_value(json_object_get(told, "react_within_ns")));
        set_actual(row, told);
        row->cells[ND_MSEL_OFFSET] = row->cells[ND_MSEL_ACTUAL];
        put_row(row);
        nd_buf_deinit(&to);
    }
}

/* ---- rows ---- */

static void set_when(struct row *row, const struct nd_inject *inject)
{
    struct nd_arena *arena = row->arena;
    char unit[ND_UNIT_TEXT];
    if (inject->at_given)
        row->cells[ND_MSEL_OFFSET] = when(arena, inject->at_is_moment, inject->at);
    if (inject->window_given) {
        row->cells[ND_MSEL_OFFSET] = when(arena, inject->window_is_moment, inject->window_from);
        row->cells[ND_MSEL_WINDOW] = when(arena, inject->window_is_moment, inject->window_till);
    }
    if (inject->on_call)
        row->cells[ND_MSEL_TRIGGER] = "on call";
    else if (inject->unless != NULL)
        row->cells[ND_MSEL_TRIGGER] = nd_arena_printf(arena, "unless %s", inject->unless);
    else if (inject->after != NULL && inject->delay > 0)
        row->cells[ND_MSEL_TRIGGER] = nd_arena_printf(arena, "after %s +%s", inject->after,
                                                      nd_length_format(inject->delay, unit));
    else if (inject->after != NULL)
        row->cells[ND_MSEL_TRIGGER] = nd_arena_printf(arena, "after %s", inject->after);
    if (inject->only_if != NULL)
        row->cells[ND_MSEL_CONDITION] =
            nd_arena_printf(arena, "%s = %s", inject->only_if, inject->only_choice);
}

static void put_inject(struct row *row, const struct nd_phase *phase,
                       const struct nd_inject *inject)
{
    struct nd_arena *arena = row->arena;
    const char *kind = nd_inject_kind_name(inject->kind);
    row->cells[ND_MSEL_ID] = inject->id;
    row->cells[ND_MSEL_SEQ] = nd_arena_printf(arena, "%zu", ++row->number);
    row->cells[ND_MSEL_PHASE] = phase->id;
    row->cells[ND_MSEL_TYPE] =
        inject->kind == ND_INJECT_DECISION
            ? nd_arena_printf(arena, "%s%s", kind, joined(arena, inject->options, " | ", ": "))
            : kind;
    set_text2(row, ND_MSEL_TITLE_ZH, &inject->title);
    set_when(row, inject);
    row->cells[ND_MSEL_STORY] = inject->scenario_time;
    row->cells[ND_MSEL_FROM] = inject->from;
    row->cells[ND_MSEL_TO] = joined(arena, inject->to, inject->any ? " | " : "; ", "");
    row->cells[ND_MSEL_METHOD] = method(arena, inject->via);
    set_text2(row, ND_MSEL_BODY_ZH, &inject->body);
    row->cells[ND_MSEL_EXPECTED] = in_one(arena, &inject->expect, "\n");
    row->cells[ND_MSEL_REACT] = length(arena, inject->react_within);
    row->cells[ND_MSEL_OBJECTIVES] = inject->objective;
    row->cells[ND_MSEL_TASKS] = tasks(arena, inject);
    row->cells[ND_MSEL_CONTROLLER] = inject->controller;
    row->cells[ND_MSEL_EVALUATOR] = inject->evaluator;
    row->cells[ND_MSEL_NOTES] = inject->notes;
    if (inject->kind == ND_INJECT_FAULT)
        set_changes(row, inject, row->plan);
    const json_t *told = told_of(row, inject->id);
    if (told != NULL)
        set_actual(row, told);
    put_row(row);
}

static void put_drill(struct row *row, const struct nd_drill *drill)
{
    row->cells[ND_MSEL_ID] = drill->id;
    row->cells[ND_MSEL_TYPE] = "exercise";
    set_text2(row, ND_MSEL_TITLE_ZH, &drill->title);
    set_text2(row, ND_MSEL_BODY_ZH, &drill->simulated);
    row->cells[ND_MSEL_OFFSET] = "T+00:00:00";
    row->cells[ND_MSEL_WINDOW] = when(row->arena, true, drill->lasts);
    row->cells[ND_MSEL_REV] = nd_arena_printf(row->arena, "%lld", (long long)drill->revision);
    put_row(row);
    for (size_t i = 0; i < drill->objectives_count; i++) {
        const struct nd_objective *objective = &drill->objectives[i];
        row->cells[ND_MSEL_ID] = objective->id;
        row->cells[ND_MSEL_TYPE] = nd_objective_kind_name(objective->kind);
        row->cells[ND_MSEL_OBJECTIVES] = objective->parent;
        set_text2(row, ND_MSEL_TITLE_ZH, &objective->text);
        set_text2(row, ND_MSEL_BODY_ZH, &objective->capability);
        put_row(row);
    }
}

void nd_msel_write(const struct nd_drill *drill, const json_t *plan, const json_t *report,
                   struct nd_sheet *sheet)
{
    struct nd_arena arena = {0};
    struct row row = {.sheet = sheet, .plan = plan, .report = report, .arena = &arena};
    for (size_t i = 0; i < ND_MSEL_WRITTEN; i++)
        row.cells[i] = names[i];
    put_row(&row);
    put_drill(&row, drill);
    for (size_t p = 0; p < drill->phases_count; p++) {
        const struct nd_phase *phase = &drill->phases[p];
        row.cells[ND_MSEL_PHASE] = phase->id;
        row.cells[ND_MSEL_TYPE] = "phase";
        set_text2(&row, ND_MSEL_TITLE_ZH, &phase->title);
        if (phase->at_given)
            row.cells[ND_MSEL_OFFSET] = when(&arena, true, phase->at);
        put_row(&row);
        for (size_t i = 0; i < phase->injects_count; i++)
            put_inject(&row, phase, &phase->injects[i]);
    }
    put_added(&row, drill);
    nd_arena_deinit(&arena);
}
