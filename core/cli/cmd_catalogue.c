#include "cli/common.h"

#include "report/catalogue.h"
#include "report/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* runs, compare, trends: across drills. */

extern const struct nd_command nd_command_runs, nd_command_compare, nd_command_trends;

static const char *str_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static long long int_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static const char *words_of(const json_t *text, bool zh)
{
    const char *first = str_of(text, zh ? "zh" : "en");
    return *first != '\0' ? first : str_of(text, zh ? "en" : "zh");
}

static void print_json(json_t *value)
{
    char *text = json_dumps(value, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    printf("%s\n", text);
    free(text);
    json_decref(value);
}

/* A cell of a table on the terminal, filled up to `columns`. */
static void put_cell(const char *text, size_t columns)
{
    size_t width = nd_text_width(text);
    printf("%s%*s", text, width < columns ? (int)(columns - width) : 0, "");
}

static void unread(void *ctx, const char *run_id, const char *why)
{
    (void)ctx;
    fprintf(stderr, "netdrill: run '%s' is left out: %s\n", run_id, why);
}

static nd_err open_catalogue(const struct nd_command *command, const struct nd_cli_args *args,
                             struct nd_catalogue **catalogue)
{
    struct nd_fail why = {0};
    nd_err err = nd_catalogue_open(nd_cli_runs(args), nd_cli_get(args, "rebuild") != NULL, unread,
                                   NULL, catalogue, &why);
    if (err != ND_OK)
        fprintf(stderr, "netdrill %s: %s\n", command->name, why.text);
    return err;
}

/* ---- runs ---- */

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
        put_cell(str_of(run, "run"), 46);
        printf(" ");
        put_cell(str_of(run, "outcome"), 11);
        put_cell(met, 8);
        printf("%s%s%s\n", words_of(json_object_get(run, "title"), zh),
               strcmp(str_of(run, "mode"), "rehearsal") == 0 ? "  [預演 REHEARSAL]" : "",
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
    } else if (open_catalogue(&nd_command_runs, &args, &catalogue) == ND_OK) {
        json_t *list = nd_catalogue_runs(catalogue, nd_cli_get(&args, "drill"),
                                         nd_cli_get(&args, "rehearsals") != NULL);
        if (nd_cli_get(&args, "json") != NULL) {
            print_json(list);
        } else {
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

/* ---- compare ---- */

static const struct nd_cli_option compare_options[] = {
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {"json", NULL, "as JSON (schema netdrill.compare/1)", 0},
    {"lang", "zh|en", "language of sentences", 0},
    {NULL, NULL, NULL, 0}};

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

static void measured_words(const json_t *row, const json_t *side, char *out, size_t size)
{
    char value[48];
    char width[48];
    const json_t *measured = json_object_get(side, "measured");
    double uncertainty = json_number_value(json_object_get(side, "uncertainty"));
    if (!json_is_number(measured)) {
        snprintf(out, size, "-");
        return;
    }
    nd_value_words(json_number_value(measured), str_of(row, "unit"), str_of(row, "statistic"),
                   value);
    nd_value_words(uncertainty, str_of(row, "unit"), str_of(row, "statistic"), width);
    snprintf(out, size, "%s%s%s", value, uncertainty > 0 ? " ± " : "",
             uncertainty > 0 ? width : "");
}

static void print_compare(const json_t *compared, bool zh)
{
    const json_t *counts = json_object_get(compared, "counts");
    size_t i = 0;
    json_t *row = NULL;
    printf("%s  ->  %s\n", str_of(json_object_get(compared, "earlier"), "run"),
           str_of(json_object_get(compared, "later"), "run"));
    json_array_foreach(json_object_get(compared, "rows"), i, row)
    {
        char before[112];
        char after[112];
        measured_words(row, json_object_get(row, "earlier"), before, sizeof before);
        measured_words(row, json_object_get(row, "later"), after, sizeof after);
        printf("  ");
        put_cell(change_words(str_of(row, "change"), zh), 10);
        printf("%s: %s -> %s\n", words_of(json_object_get(row, "sentence"), zh), before, after);
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
    } else if (strcmp(str_of(json_object_get(model, "run"), "mode"), "rehearsal") == 0) {
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
        if (strcmp(str_of(json_object_get(compared, "earlier"), "drill"),
                   str_of(json_object_get(compared, "later"), "drill")) != 0)
            fprintf(stderr, "netdrill compare: these are runs of different drills\n");
        if (nd_cli_get(&args, "json") != NULL) {
            print_json(compared);
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

/* ---- trends ---- */

static const struct nd_cli_option trends_options[] = {
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {"rebuild", NULL, "make the catalogue anew from the runs' directories", 0},
    {"json", NULL, "as JSON", 0},
    {"lang", "zh|en", "language of sentences", 0},
    {NULL, NULL, NULL, 0}};

static void print_trends(const json_t *list, bool zh)
{
    size_t i = 0;
    json_t *kpi = NULL;
    json_array_foreach(list, i, kpi)
    {
        size_t k = 0;
        json_t *point = NULL;
        printf("%s\n", words_of(json_object_get(kpi, "sentence"), zh));
        json_array_foreach(json_object_get(kpi, "points"), k, point)
        {
            char words[112];
            measured_words(kpi, point, words, sizeof words);
            printf("  %.10s  ", str_of(point, "wall"));
            put_cell(words, 34);
            printf("%s  %s\n", strcmp(str_of(point, "grade"), "met") == 0 ? "\u2713" : "\u2717",
                   str_of(point, "run"));
        }
    }
    if (i == 0)
        printf("no live runs of that drill\n");
}

static int trends(int argc, char **argv)
{
    struct nd_cli_args args;
    struct nd_catalogue *catalogue = NULL;
    bool help = false;
    int code = ND_EXIT_USAGE;
    if (!nd_cli_parse(&nd_command_trends, argc, argv, 1, 1, &args, &help)) {
        code = help ? ND_EXIT_OK : ND_EXIT_USAGE;
    } else if (open_catalogue(&nd_command_trends, &args, &catalogue) == ND_OK) {
        json_t *list = nd_catalogue_trends(catalogue, args.words.at[0]);
        if (nd_cli_get(&args, "json") != NULL) {
            print_json(list);
        } else {
            print_trends(list, nd_cli_zh(&args));
            json_decref(list);
        }
        code = ND_EXIT_OK;
    }
    nd_catalogue_close(catalogue);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_trends = {
    "trends",
    "trends DRILL [--rebuild] [--json] [--runs DIR]",
    "What each expectation of a drill measured, run by run; rehearsals never.\n\n"
    "  netdrill trends disaster-roaming",
    trends,
    0,
    trends_options};
