#include "cli/across.h"

#include "report/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* compare: two runs side by side. */

extern const struct nd_command nd_command_compare;

static const struct nd_cli_option compare_options[] = {
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {"json", NULL, "as JSON (schema netdrill.compare/1)", 0},
    {"lang", "zh|en", "language of sentences", 0},
    {NULL, NULL, NULL, 0}};

static long long int_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static const char *change_words(const char *change, bool zh)
{
    static const char *const words[][3] = {{"same", "相當", "same"},
                                           {"better", "改善", "BETTER"},
                                           {"worse", "變差", "WORSE"},
                                           {"differs", "不同", "differs"},
                                           {"unknown", "無法比較", "unknown"},
                                           {"gone", "已無此項", "gone"},
                                           {"new", "新增", "new"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i][0], change) == 0)
            return words[i][zh ? 1 : 2];
    }
    return change;
}

static void print_compare(const json_t *compared, bool zh)
{
    const json_t *counts = json_object_get(compared, "counts");
    size_t i = 0;
    json_t *row = NULL;
    printf("%s  ->  %s\n", nd_across_str(json_object_get(compared, "earlier"), "run"),
           nd_across_str(json_object_get(compared, "later"), "run"));
    json_array_foreach(json_object_get(compared, "rows"), i, row)
    {
        char before[ND_ACROSS_MEASURED];
        char after[ND_ACROSS_MEASURED];
        const char *unit = nd_across_str(row, "unit");
        const char *statistic = nd_across_str(row, "statistic");
        nd_across_measured(json_object_get(row, "earlier"), unit, statistic, before);
        nd_across_measured(json_object_get(row, "later"), unit, statistic, after);
        printf("  ");
        nd_across_cell(change_words(nd_across_str(row, "change"), zh), 10);
        printf("%s: %s -> %s\n", nd_across_words(json_object_get(row, "sentence"), zh), before,
               after);
    }
    printf(
        zh ? "改善 %lld 項，變差 %lld 項，相當（在不確定度內）%lld 項，新增 %lld 項，已無 %lld 項\n"
           : "%lld better, %lld worse, %lld the same within their uncertainty, %lld new, %lld "
             "gone\n",
        int_of(counts, "better"), int_of(counts, "worse"), int_of(counts, "same"),
        int_of(counts, "new"), int_of(counts, "gone"));
}

/* The model of a run that may be compared; NULL: told why. */
static json_t *open_model(const char *runs_dir, const char *name, int *code)
{
    struct nd_rundir dir = {0};
    struct nd_fail why = {0};
    json_t *model = NULL;
    *code = ND_EXIT_USAGE;
    if (nd_rundir_find(&dir, runs_dir, name, &why) == ND_OK) {
        *code = ND_EXIT_INTEGRITY;
        model = nd_report_model(&dir, &why);
    }
    nd_rundir_deinit(&dir);
    if (model == NULL) {
        fprintf(stderr, "netdrill compare: %s\n", why.text);
    } else if (strcmp(nd_across_str(json_object_get(model, "run"), "mode"), "rehearsal") == 0) {
        fprintf(stderr,
                "netdrill compare: '%s' is a rehearsal, and its figures come from models; expected "
                "two live runs\n",
                name);
        json_decref(model);
        model = NULL;
        *code = ND_EXIT_USAGE;
    }
    return model;
}

static int compare(int argc, char **argv)
{
    struct nd_cli_args args;
    bool help = false;
    int code = ND_EXIT_OK;
    if (!nd_cli_parse(&nd_command_compare, argc, argv, 2, 2, &args, &help)) {
        nd_cli_args_deinit(&args);
        return help ? ND_EXIT_OK : ND_EXIT_USAGE;
    }
    json_t *earlier = open_model(nd_cli_runs(&args), args.words.at[0], &code);
    json_t *later =
        earlier != NULL ? open_model(nd_cli_runs(&args), args.words.at[1], &code) : NULL;
    if (later != NULL) {
        json_t *compared = nd_compare(earlier, later);
        code = ND_EXIT_OK;
        if (strcmp(nd_across_str(json_object_get(compared, "earlier"), "drill"),
                   nd_across_str(json_object_get(compared, "later"), "drill")) != 0)
            fprintf(stderr, "netdrill compare: these are runs of different drills\n");
        if (nd_cli_get(&args, "json") != NULL) {
            nd_across_json(compared);
        } else {
            print_compare(compared, nd_cli_zh(&args));
            json_decref(compared);
        }
    }
    json_decref(earlier);
    json_decref(later);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_compare = {
    "compare",
    "compare EARLIER LATER [--json] [--runs DIR]",
    "Two runs: what improved, what got worse, and what is within the measurements' uncertainty.\n\n"
    "  netdrill compare 20251121T010000Z-disaster-roaming-54b7 last",
    compare,
    0,
    compare_options};
