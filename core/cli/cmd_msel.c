#include "cli/msel_table.h"
#include "cli/planned.h"

#include "exercise/msel.h"
#include "report/report.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* msel: the list of events as a table, and a scenario made from such a table. */

extern const struct nd_command nd_command_msel;

static const struct nd_cli_option options[] = {
    {"csv", NULL, "export: as CSV (the default)", 0},
    {"ods", NULL, "export: as an OpenDocument spreadsheet", 0},
    {"run", "RUN", "export: with what became of each in that run, or in the last", 0},
    {"runs", "DIR", "where runs are kept (default ./runs)", 0},
    {"out", "FILE", "write there; import: the scenario", 0},
    ND_PLANNED_OPTIONS,
    {"start", "TIME", "import: when STARTEX is, for times of day: 09:00 or 2026-11-24T09:00", 0},
    {"update", NULL, "import: take what changed in the table into a scenario that is there", 0},
    {"dry-run", NULL, "import --update: say what would change, and write nothing", 0},
    {"prune", NULL, "import --update: injects that are gone from the table go", 0},
    {"take", "table|scenario", "import --update: who is right where both changed", 0},
    {"base", "TABLE",
     "import --update: the table as it was taken in or written last (default: the copy that import "
     "keeps beside the scenario)",
     0},
    {"replace", NULL, "import: write a scenario that is there anew", 0},
    {NULL, NULL, NULL, 0}};

static int told(const char *what, const struct nd_fail *why, int code)
{
    fprintf(stderr, "netdrill msel: %s%s%s\n", what, *what != '\0' ? ": " : "", why->text);
    return code;
}

/* ---- export ---- */

/* The report of the run that --run names; NULL without it. False: it cannot be had, or is of
 * another scenario, which is said. */
static bool read_run(const struct nd_cli_args *args, const struct nd_drill *drill, json_t **report)
{
    struct nd_rundir dir = {0};
    struct nd_fail why = {0};
    char hash[ND_HASH_TEXT] = "";
    const char *name = nd_cli_get(args, "run");
    *report = NULL;
    if (name == NULL)
        return true;
    if (nd_rundir_find(&dir, nd_cli_runs(args), name, &why) == ND_OK) {
        char *played = nd_rundir_file(&dir, "scenario.lua");
        if (nd_hash_file(played, hash, &why) == ND_OK && strcmp(hash, drill->hash) != 0)
            nd_fail_set(&why, ND_ESTATE,
                        "the run '%s' played another scenario, or another revision of this one; "
                        "its own is %s",
                        dir.run_id, played);
        else if (why.code == ND_OK)
            *report = nd_report_model(&dir, &why);
        free(played);
    }
    nd_rundir_deinit(&dir);
    if (*report == NULL)
        told("", &why, 0);
    return *report != NULL;
}

static int export(const struct nd_cli_args *args, const char *path)
{
    struct nd_planned planned;
    struct nd_sheet sheet = {.name = nd_strdup("MSEL")};
    struct nd_buf out = {0};
    struct nd_fail why = {0};
    bool ods = nd_cli_get(args, "ods") != NULL;
    int code = ND_EXIT_USAGE;
    if (ods && nd_cli_get(args, "out") == NULL && isatty(1) != 0) {
        fprintf(stderr, "netdrill msel: a spreadsheet is not for a terminal; give it --out FILE\n");
        nd_sheet_deinit(&sheet);
        return code;
    }
    json_t *report = NULL;
    if (nd_planned_load(&planned, args, path) &&
        read_run(args, nd_scenario_drill(planned.work.scenario), &report)) {
        nd_msel_write(nd_scenario_drill(planned.work.scenario), planned.rehearsal.plan, report,
                      &sheet);
        nd_err err = ND_OK;
        if (ods)
            err = nd_sheets_ods(&sheet, 1, &out, &why);
        else
            nd_sheet_csv(&sheet, &out);
        code = err == ND_OK ? nd_planned_out(args, &out) : told("", &why, ND_EXIT_INTERNAL);
    }
    json_decref(report);
    nd_planned_deinit(&planned);
    nd_sheet_deinit(&sheet);
    nd_buf_deinit(&out);
    return code;
}

/* ---- import ---- */

/* The site file's path as the scenario is to name it: below its own directory, else absolute.
 * Caller frees; NULL: there is no such file. */
static char *site_path(const char *site, const char *out)
{
    char whole[PATH_MAX];
    char beside[PATH_MAX];
    char *copy = nd_strdup(out);
    char *path = NULL;
    if (realpath(site, whole) != NULL && realpath(dirname(copy), beside) != NULL) {
        size_t len = strlen(beside);
        bool below = strncmp(whole, beside, len) == 0 && whole[len] == '/';
        path = nd_strdup(below ? whole + len + 1 : whole);
    }
    free(copy);
    return path;
}

/* An id for the drill from the scenario's name. Caller frees. */
static char *drill_id(const char *out)
{
    char *copy = nd_strdup(out);
    char *id = nd_strdup(basename(copy));
    id[strcspn(id, ".")] = '\0';
    for (char *c = id; *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
        else if (strchr("abcdefghijklmnopqrstuvwxyz0123456789-", *c) == NULL)
            *c = '-';
    }
    free(copy);
    if (*id == '\0') {
        free(id);
        return nd_strdup("imported");
    }
    return id;
}

/* Loads what was made, from a file beside the one that is wanted, which it becomes when nothing is
 * wrong with it. */
static int keep(const struct nd_msel *msel, const char *table, const char *out)
{
    struct nd_work work;
    struct nd_fail why = {0};
    char *part = nd_printf("%s.%d.part", out, (int)getpid());
    if (nd_file_write(part, msel->lua.text, msel->lua.len_bytes, &why) != ND_OK) {
        free(part);
        return told("", &why, ND_EXIT_REFUSED);
    }
    nd_work_load(&work, nd_work_virtual(), part, NULL, 1, NULL);
    nd_msel_tell_diags(msel, &work.diags, table);
    bool good = work.diags.errors == 0 && work.scenario != NULL;
    nd_work_deinit(&work);
    if (good && rename(part, out) == 0) {
        fprintf(stderr, "%zu inject%s; see what it does with: netdrill plan %s\n", msel->injects,
                msel->injects == 1 ? "" : "s", out);
    } else {
        unlink(part);
        if (good)
            nd_fail_errno(&why, ND_EIO, "cannot write '%s'", out);
        fprintf(stderr, "nothing was written\n");
    }
    free(part);
    return good ? ND_EXIT_OK : ND_EXIT_USAGE;
}

static int import(const struct nd_cli_args *args, const char *table)
{
    const char *out = nd_cli_get(args, "out");
    const char *site = nd_cli_get(args, "site");
    struct nd_sheet sheet = {0};
    struct nd_msel msel = {0};
    struct nd_fail why = {0};
    if (out == NULL) {
        fprintf(stderr, "netdrill msel: say where the scenario goes: --out FILE.lua\n");
        return ND_EXIT_USAGE;
    }
    bool update = nd_cli_get(args, "update") != NULL;
    if (nd_cli_get(args, "replace") == NULL && !update && access(out, F_OK) == 0) {
        fprintf(stderr,
                "netdrill msel: '%s' is there already; --update takes into it what changed in the "
                "table, --replace writes it anew; or give another name\n",
                out);
        return ND_EXIT_REFUSED;
    }
    char *named = site != NULL ? site_path(site, out) : NULL;
    char *id = drill_id(out);
    const struct nd_msel_wish wish = {table, id, named, nd_cli_get(args, "start")};
    int code = ND_EXIT_USAGE;
    if (site != NULL && named == NULL)
        fprintf(stderr, "netdrill msel: there is no site file '%s'\n", site);
    else if (nd_msel_table(table, &sheet, &why) != ND_OK)
        told(table, &why, 0);
    else if (update)
        code = nd_msel_update(args, table, &sheet, out);
    else
        nd_msel_read(&sheet, &wish, &msel);
    nd_msel_tell_notes(&msel, table);
    if (msel.errors == 0 && msel.lua.text != NULL)
        code = keep(&msel, table, out);
    if (code == ND_EXIT_OK && !update && !nd_msel_keep_base(args, &sheet, out))
        code = ND_EXIT_REFUSED;
    else if (msel.errors != 0)
        fprintf(stderr, "nothing was written\n");
    nd_msel_deinit(&msel);
    nd_sheet_deinit(&sheet);
    free(named);
    free(id);
    return code;
}

static int msel(int argc, char **argv)
{
    struct nd_cli_args args;
    bool help = false;
    int code = ND_EXIT_USAGE;
    if (!nd_cli_parse(&nd_command_msel, argc, argv, 2, 2, &args, &help)) {
        nd_cli_args_deinit(&args);
        return help ? ND_EXIT_OK : ND_EXIT_USAGE;
    }
    if (strcmp(args.words.at[0], "export") == 0)
        code = export(&args, args.words.at[1]);
    else if (strcmp(args.words.at[0], "import") == 0)
        code = import(&args, args.words.at[1]);
    else
        fprintf(stderr, "netdrill msel: expected 'export' or 'import', got '%s'\n",
                args.words.at[0]);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_msel = {
    "msel",
    "msel export SCENARIO [--csv|--ods] [--run RUN] [--out FILE] | import TABLE --out FILE.lua "
    "[--site FILE] [--update [--dry-run]]",
    "The list of events as a table, and a scenario made from one.\n\n"
    "  netdrill msel export drills/tabletop-outage.lua --ods --out msel.ods\n"
    "  netdrill msel import msel.ods --out drills/new.lua --site "
    "drills/sites/tabletop-outage.yaml\n"
    "  netdrill msel import msel.ods --out drills/new.lua --update --dry-run",
    msel,
    0,
    options};
