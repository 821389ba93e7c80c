#include "cli/across.h"
#include "cli/clean.h"

#include "report/across/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* runs: what there is. */

extern const struct nd_command nd_command_runs;

static long long int_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static const struct nd_cli_option runs_options[] = {
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {"drill", "ID", "of this drill alone", 0},
    {"rehearsals", NULL, "rehearsals too", 0},
    {"rebuild", NULL, "make the catalogue anew from the runs' directories", 0},
    {"json", NULL, "as JSON", 0},
    {"lang", "zh|en", "language of titles", 0},
    {NULL, NULL, NULL, 0}};

static void print_runs(const json_t *list, bool zh)
{
    size_t i = 0;
    json_t *run = NULL;
    json_array_foreach(list, i, run)
    {
        char met[32];
        snprintf(met, sizeof met, "%lld/%lld", int_of(run, "met"),
                 int_of(run, "met") + int_of(run, "missed") + int_of(run, "unknown"));
        nd_across_cell(nd_across_str(run, "run"), 46);
        printf(" ");
        nd_across_cell(nd_across_str(run, "outcome"), 11);
        nd_across_cell(met, 8);
        printf("%s%s%s\n", nd_across_words(json_object_get(run, "title"), zh),
               strcmp(nd_across_str(run, "mode"), "rehearsal") == 0 ? "  [預演 REHEARSAL]" : "",
               json_is_true(json_object_get(run, "simulated")) ? "  [模擬 SIMULATED]" : "");
    }
    if (i == 0)
        printf("no runs\n");
}

static int runs(int argc, char **argv)
{
    struct nd_cli_args args;
    struct nd_catalogue *catalogue = NULL;
    bool help = false;
    int code = ND_EXIT_USAGE;
    if (!nd_cli_parse(&nd_command_runs, argc, argv, 0, 0, &args, &help)) {
        code = help ? ND_EXIT_OK : ND_EXIT_USAGE;
    } else if (nd_across_catalogue("runs", &args, &catalogue) == ND_OK) {
        json_t *list = nd_catalogue_runs(catalogue, nd_cli_get(&args, "drill"),
                                         nd_cli_get(&args, "rehearsals") != NULL);
        if (nd_cli_get(&args, "json") != NULL) {
            nd_across_json(list);
        } else {
            nd_cli_clean(list);
            print_runs(list, nd_cli_zh(&args));
            json_decref(list);
        }
        code = ND_EXIT_OK;
    }
    nd_catalogue_close(catalogue);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_runs = {
    "runs",
    "runs [--drill ID] [--rehearsals] [--rebuild] [--json] [--runs DIR]",
    "The runs there are: outcome, what was expected and met, title.\n\n"
    "  netdrill runs --drill disaster-roaming\n\n"
    "The catalogue (RUNS/catalogue.sqlite) holds nothing of its own; it is read from the runs.",
    runs,
    0,
    runs_options};
