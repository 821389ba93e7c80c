#include "cli/msel_table.h"
#include "cli/planned.h"
#include "exercise/msel_merge.h"
#include "lua/edit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* msel import --update: compare (exercise/msel_merge.h), change the text (lua/edit.h), load it, and
 * compare once more: the scenario says then what was announced, and nothing else changed. */

#define BANNER                                                                                     \
    "netdrill msel import" /* the first cell of a table that is kept; --start beside it */

struct update {
    const struct nd_cli_args *args;
    const char *table, *out;
    struct nd_msel now, base, own; /* the table, as it was before, the scenario's list */
    bool based;
    struct nd_planned planned;
    struct nd_msel_merge merge;
    struct nd_buf text; /* the new scenario */
    struct nd_edit *edit;
};

/* ---- the table as it was before ---- */

static char *base_path(const char *out)
{
    size_t len = strlen(out);
    bool lua = len > 4 && strcmp(out + len - 4, ".lua") == 0;
    return nd_printf("%.*s.msel.csv", (int)(lua ? len - 4 : len), out);
}

bool nd_msel_keep_base(const struct nd_cli_args *args, const struct nd_sheet *sheet,
                       const char *out)
{
    struct nd_sheet kept = {0};
    struct nd_buf text = {0};
    struct nd_fail why = {0};
    char *path = base_path(out);
    bool again = strcmp(nd_sheet_at(sheet, 0, 0), BANNER) == 0;
    nd_sheet_row(&kept);
    nd_sheet_text(&kept, BANNER);
    nd_sheet_text(&kept, nd_cli_get(args, "start"));
    for (size_t r = again; r < sheet->rows.count; r++) {
        nd_sheet_row(&kept);
        for (size_t c = 0; c < sheet->rows.at[r].count; c++)
            nd_sheet_text(&kept, nd_sheet_exact_at(sheet, r, c));
    }
    nd_sheet_csv(&kept, &text);
    if (nd_file_write(path, nd_buf_str(&text), text.len_bytes, &why) != ND_OK)
        fprintf(stderr, "netdrill msel: the table is not kept for the next update: %s\n", why.text);
    nd_buf_deinit(&text);
    nd_sheet_deinit(&kept);
    free(path);
    return why.code == ND_OK;
}

static bool read_base(struct update *update)
{
    const char *given = nd_cli_get(update->args, "base");
    char *path = given != NULL ? nd_strdup(given) : base_path(update->out);
    struct nd_sheet sheet = {0};
    struct nd_fail why = {0};
    bool good = true;
    update->based = given != NULL || access(path, F_OK) == 0;
    if (update->based && nd_msel_table(path, &sheet, &why) != ND_OK) {
        fprintf(stderr, "netdrill msel: %s: %s\n", path, why.text);
        good = false;
    } else if (update->based) {
        bool kept = strcmp(nd_sheet_at(&sheet, 0, 0), BANNER) == 0;
        const char *start = kept ? nd_sheet_at(&sheet, 0, 1) : "";
        struct nd_msel_wish wish = {path, "base", NULL, *start != '\0' ? start : NULL};
        if (!kept)
            wish.start = nd_cli_get(update->args, "start");
        nd_msel_read(&sheet, &wish, &update->base);
        good = update->base.errors == 0;
        if (!good)
            nd_msel_tell_notes(&update->base, path);
    }
    nd_sheet_deinit(&sheet);
    free(path);
    return good;
}

/* ---- what is compared ---- */

static bool list_of(const struct nd_planned *planned, struct nd_msel *list)
{
    struct nd_sheet sheet = {0};
    const struct nd_msel_wish wish = {"scenario", "scenario", NULL, NULL};
    nd_msel_write(nd_scenario_drill(planned->work.scenario), planned->rehearsal.plan, NULL, &sheet);
    nd_msel_read(&sheet, &wish, list);
    nd_sheet_deinit(&sheet);
    return list->errors == 0 || list->made.count == 0;
}

static bool read_now(struct update *update, const struct nd_sheet *sheet)
{
    const struct nd_msel_wish wish = {update->table, "table", NULL,
                                      nd_cli_get(update->args, "start")};
    nd_msel_read(sheet, &wish, &update->now);
    for (size_t i = 0; i < update->now.made.count; i++) {
        if (!update->now.made.at[i].named)
            nd_msel_note(&update->now, update->now.made.at[i].row, update->now.at[ND_MSEL_ID], true,
                         "an update goes by ids, and this row has none; 'netdrill msel export' "
                         "writes those of the scenario");
    }
    nd_msel_tell_notes(&update->now, update->table);
    return update->now.errors == 0;
}

/* ---- telling ---- */

static const char *const words[] = {"updated", "moved", "added", "gone", "kept", "conflict"};

/* "row 4". out: 24 bytes. */
static const char *row_of(const struct nd_msel_change *change, char *out)
{
    if (change->row == SIZE_MAX)
        snprintf(out, 24, "-");
    else
        snprintf(out, 24, "%zu", change->row + 1);
    return out;
}

static void print_change(const struct nd_msel_change *change, bool prune)
{
    char row[24];
    const char *column =
        change->column != ND_MSEL_COUNT ? nd_msel_name(change->column) : "(inject)";
    printf("%-9s%-6s%-20s %-16s ", words[change->what], row_of(change, row), change->id, column);
    if (change->what == ND_MSEL_GONE)
        printf("%s\n", prune ? "taken out" : "left in the scenario; --prune takes it out");
    else if (change->what == ND_MSEL_ADDED)
        printf("%.*s\n", (int)strcspn(change->now, "\n"), change->now);
    else if (change->what == ND_MSEL_KEPT && change->column == ND_MSEL_COUNT)
        printf("taken out of the scenario by hand\n");
    else
        printf("%s  %s  %s\n", *change->was != '\0' ? change->was : "(none)",
               change->what == ND_MSEL_KEPT       ? "stays; the table says"
               : change->what == ND_MSEL_CONFLICT ? "or"
                                                  : "->",
               *change->now != '\0' ? change->now : "(none)");
}

static void print_changes(const struct update *update)
{
    const struct nd_msel_merge *merge = &update->merge;
    if (merge->changes.count != 0)
        printf("%-9s%-6s%-20s %-16s %s\n", "what", "row", "inject", "column",
               "in the scenario  ->  in the table");
    for (size_t i = 0; i < merge->changes.count; i++)
        print_change(&merge->changes.at[i], nd_cli_get(update->args, "prune") != NULL);
    for (size_t i = 0; i < merge->changes.count; i++) {
        const struct nd_msel_change *change = &merge->changes.at[i];
        size_t at = change->column != ND_MSEL_COUNT ? update->now.at[change->column] : SIZE_MAX;
        char *text = change->what == ND_MSEL_CONFLICT
                         ? nd_printf("'%s': %s", change->id, change->why)
                         : NULL;
        if (text != NULL)
            nd_msel_tell(&update->now, update->table, change->row, at, true, text);
        free(text);
    }
    fflush(stdout);
}

/* Rows that are no injects: what the table newly says of them is told, and left to people. */
static bool said_before(const struct nd_msel *list, const char *line, size_t len)
{
    for (size_t i = 0; i < list->lines.count; i++) {
        const char *other = nd_buf_str(&list->lua) + list->lines.at[i].from;
        if (strncmp(other, line, len) == 0 && other[len] == '\n')
            return true;
    }
    return false;
}

static void tell_others(const struct update *update)
{
    const struct nd_msel *now = &update->now;
    size_t made = 0;
    for (size_t i = 0; i < now->lines.count; i++) {
        const char *line = nd_buf_str(&now->lua) + now->lines.at[i].from;
        size_t len = strcspn(line, "\n");
        enum nd_msel_column column = now->lines.at[i].column;
        while (made < now->made.count && i > now->made.at[made].last)
            made++;
        bool inject = made < now->made.count && i >= now->made.at[made].first;
        if (inject || now->lines.at[i].row == SIZE_MAX || column == ND_MSEL_COUNT ||
            now->at[column] == SIZE_MAX || said_before(&update->base, line, len) ||
            said_before(&update->own, line, len))
            continue;
        char *text = nd_printf("an update takes over injects alone; change it in the scenario by "
                               "hand: %.*s",
                               (int)(len - strspn(line, " ")), line + strspn(line, " "));
        nd_msel_tell(now, update->table, now->lines.at[i].row, now->at[column], false, text);
        free(text);
    }
}

/* ---- changing the text ---- */

static bool refused(const struct update *update, const struct nd_msel_change *change,
                    const struct nd_fail *why)
{
    size_t at = change->column != ND_MSEL_COUNT ? update->now.at[change->column] : SIZE_MAX;
    char *text = nd_printf("'%s': %s", change->id, why->text);
    nd_msel_tell(&update->now, update->table, change->row, at, true, text);
    free(text);
    return false;
}

static bool move_all(struct update *update, const char *old, size_t len)
{
    struct nd_edit *edit = nd_edit_new(update->out, old, len);
    bool good = true;
    for (size_t i = 0; i < update->merge.changes.count; i++) {
        const struct nd_msel_change *change = &update->merge.changes.at[i];
        struct nd_fail why = {0};
        if (change->what == ND_MSEL_MOVED &&
            nd_edit_move(edit, change->id, change->now, i, &why) != ND_OK)
            good = refused(update, change, &why);
    }
    nd_edit_finish(edit, &update->text);
    nd_edit_free(edit);
    return good;
}

static void use_plugins(struct nd_edit *edit, const struct nd_msel *now)
{
    static const char local[] = "local ";
    for (size_t i = 0; i < now->lines.count; i++) {
        const char *line = nd_buf_str(&now->lua) + now->lines.at[i].from;
        if (strncmp(line, local, strlen(local)) != 0)
            continue;
        line += strlen(local);
        char *name = nd_printf("%.*s", (int)strcspn(line, " "), line);
        nd_edit_use(edit, name);
        free(name);
    }
}

static nd_err change_one(struct update *update, struct nd_edit *edit, size_t number,
                         struct nd_fail *why)
{
    static const char *const listed[] = {
        "1",         "id",     "kind",    "options", "at",           "window",    "scenario_time",
        "after",     "unless", "on_call", "delay",   "from",         "to",        "answered_by",
        "via",       "body",   "expect",  "only_if", "react_within", "objective", "controller",
        "evaluator", "notes",  "tasks",   NULL};
    const struct nd_msel_change *change = &update->merge.changes.at[number];
    const char *take = nd_cli_get(update->args, "take");
    bool force = take != NULL && strcmp(take, "table") == 0;
    if (change->what == ND_MSEL_UPDATED)
        return nd_edit_set(edit, change->id, change->keys, change->now, number, why);
    if (change->what == ND_MSEL_ADDED)
        return nd_edit_add(edit, change->phase, change->before, change->now, number, why);
    if (change->what == ND_MSEL_GONE && nd_cli_get(update->args, "prune") != NULL)
        return nd_edit_remove(edit, change->id, listed, force, why);
    return ND_OK;
}

static bool change_all(struct update *update)
{
    struct nd_buf moved = update->text;
    update->text = (struct nd_buf){0};
    update->edit = nd_edit_new(update->out, nd_buf_str(&moved), moved.len_bytes);
    bool good = true;
    use_plugins(update->edit, &update->now);
    for (size_t i = 0; i < update->merge.changes.count; i++) {
        struct nd_fail why = {0};
        if (change_one(update, update->edit, i, &why) != ND_OK)
            good = refused(update, &update->merge.changes.at[i], &why);
    }
    nd_edit_finish(update->edit, &update->text);
    nd_buf_deinit(&moved);
    return good;
}

/* ---- looking at the result ---- */

/* Faults of the new scenario, by the cell where they came in, else by its line. */
static void tell_faults(const struct update *update, struct nd_diags *diags)
{
    nd_diags_sort(diags);
    for (size_t i = 0; i < diags->list.count; i++) {
        const struct nd_diag *diag = &diags->list.at[i];
        size_t number = nd_edit_tag(update->edit, diag->line);
        char *text = nd_printf("%s [%s]%s%s", diag->text, diag->code, diag->help ? "; " : "",
                               diag->help ? diag->help : "");
        if (diag->severity != ND_DIAG_ERROR) {
            free(text);
            continue;
        }
        if (number != SIZE_MAX) {
            const struct nd_msel_change *change = &update->merge.changes.at[number];
            size_t at = change->column != ND_MSEL_COUNT ? update->now.at[change->column] : SIZE_MAX;
            nd_msel_tell(&update->now, update->table, change->row, at, true, text);
        } else {
            fprintf(stderr, "%s, as it would be: error: line %d: %s\n", update->out, diag->line,
                    text);
        }
        free(text);
    }
}

static bool was_meant(const struct nd_msel_merge *merge, const struct nd_msel_change *change)
{
    for (size_t i = 0; i < merge->changes.count; i++) {
        const struct nd_msel_change *meant = &merge->changes.at[i];
        if (meant->what == change->what && strcmp(meant->id, change->id) == 0 &&
            (meant->keys == change->keys))
            return true;
    }
    return false;
}

/* The scenario that was made, compared with the one that was there: what is different has been
 * announced, and what was announced is different. */
static bool is_as_announced(struct update *update, const struct nd_planned *made)
{
    struct nd_msel list = {0};
    struct nd_msel_merge found = {0};
    bool good = list_of(made, &list);
    nd_msel_compare(&list, NULL, &update->own, nd_scenario_drill(made->work.scenario),
                    ND_MSEL_TAKE_TABLE, false, &found);
    for (size_t i = 0; i < found.changes.count && good; i++)
        good = was_meant(&update->merge, &found.changes.at[i]);
    for (size_t i = 0; i < update->merge.changes.count && good; i++) {
        const struct nd_msel_change *change = &update->merge.changes.at[i];
        /* Kinds that go without saying, and options of verbs in any order, are not told apart. */
        if (change->what == ND_MSEL_UPDATED && change->column != ND_MSEL_TYPE &&
            change->column != ND_MSEL_METHOD)
            good = strcmp(nd_msel_said(&list, change->id, change->column, &found.arena),
                          change->now) == 0;
        if (!good)
            fprintf(stderr, "netdrill msel: '%s' would not say: %s\n", change->id, change->now);
    }
    if (!good)
        fprintf(stderr, "netdrill msel: the scenario would not be as announced above; change it by "
                        "hand, and report this\n");
    nd_msel_merge_deinit(&found);
    nd_msel_deinit(&list);
    return good;
}

static int write_scenario(struct update *update, const struct nd_sheet *sheet)
{
    struct nd_planned made;
    struct nd_fail why = {0};
    bool dry = nd_cli_get(update->args, "dry-run") != NULL;
    char *part = nd_printf("%s.%d.part", update->out, (int)getpid());
    int code = ND_EXIT_REFUSED;
    if (nd_file_write(part, nd_buf_str(&update->text), update->text.len_bytes, &why) != ND_OK) {
        fprintf(stderr, "netdrill msel: %s\n", why.text);
        free(part);
        return code;
    }
    bool good = nd_planned_try(&made, update->args, part);
    if (!good)
        tell_faults(update, &made.work.diags);
    good = good && is_as_announced(update, &made);
    nd_planned_deinit(&made);
    if (good && dry)
        code = ND_EXIT_OK;
    else if (good && rename(part, update->out) == 0)
        code = nd_msel_keep_base(update->args, sheet, update->out) ? ND_EXIT_OK : ND_EXIT_REFUSED;
    else if (good)
        fprintf(stderr, "netdrill msel: cannot write '%s'\n", update->out);
    unlink(part);
    free(part);
    return code;
}

/* ---- all of it ---- */

static bool take_of(const struct nd_cli_args *args, enum nd_msel_take *take)
{
    const char *text = nd_cli_get(args, "take");
    *take = text == NULL                    ? ND_MSEL_TAKE_NONE
            : strcmp(text, "table") == 0    ? ND_MSEL_TAKE_TABLE
            : strcmp(text, "scenario") == 0 ? ND_MSEL_TAKE_SCENARIO
                                            : ND_MSEL_TAKE_NONE;
    if (text == NULL || *take != ND_MSEL_TAKE_NONE)
        return true;
    fprintf(stderr, "netdrill msel: '--take': expected 'table' or 'scenario', got '%s'\n", text);
    return false;
}

static int run(struct update *update, const struct nd_sheet *sheet)
{
    char *old = NULL;
    size_t len = 0;
    struct nd_fail why = {0};
    enum nd_msel_take take = ND_MSEL_TAKE_NONE;
    bool prune = nd_cli_get(update->args, "prune") != NULL;
    if (!take_of(update->args, &take) || !read_now(update, sheet) || !read_base(update))
        return ND_EXIT_USAGE;
    if (!list_of(&update->planned, &update->own)) {
        fprintf(stderr, "netdrill msel: the scenario's own list cannot be read back\n");
        nd_msel_tell_notes(&update->own, update->out);
        return ND_EXIT_INTERNAL;
    }
    nd_msel_compare(&update->now, update->based ? &update->base : NULL, &update->own,
                    nd_scenario_drill(update->planned.work.scenario), take, prune, &update->merge);
    print_changes(update);
    tell_others(update);
    if (update->merge.counts[ND_MSEL_CONFLICT] != 0)
        return ND_EXIT_REFUSED;
    if (nd_file_read(update->out, ND_SHEET_OCTETS, &old, &len, &why) != ND_OK) {
        fprintf(stderr, "netdrill msel: %s\n", why.text);
        return ND_EXIT_REFUSED;
    }
    bool good = move_all(update, old, len) && change_all(update);
    free(old);
    return good ? write_scenario(update, sheet) : ND_EXIT_REFUSED;
}

int nd_msel_update(const struct nd_cli_args *args, const char *table, const struct nd_sheet *sheet,
                   const char *out)
{
    struct update update = {.args = args, .table = table, .out = out};
    int code = ND_EXIT_USAGE;
    if (access(out, F_OK) != 0)
        fprintf(stderr,
                "netdrill msel: there is no '%s' to update; leave --update away to make it\n", out);
    else if (nd_planned_load(&update.planned, args, out))
        code = run(&update, sheet);
    const size_t *counts = update.merge.counts;
    bool dry = nd_cli_get(args, "dry-run") != NULL;
    if (code == ND_EXIT_OK)
        fprintf(stderr,
                "%s%zu updated, %zu moved, %zu added, %zu gone, %zu kept as in the scenario\n",
                dry ? "would be: " : "", counts[ND_MSEL_UPDATED], counts[ND_MSEL_MOVED],
                counts[ND_MSEL_ADDED], counts[ND_MSEL_GONE], counts[ND_MSEL_KEPT]);
    else
        fprintf(stderr, "nothing was written\n");
    nd_edit_free(update.edit);
    nd_buf_deinit(&update.text);
    nd_msel_merge_deinit(&update.merge);
    nd_msel_deinit(&update.now);
    nd_msel_deinit(&update.base);
    nd_msel_deinit(&update.own);
    nd_planned_deinit(&update.planned);
    return code;
}
