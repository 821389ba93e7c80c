#include "cli/across.h"
#include "cli/clean.h"

#include "report/across/catalogue.h"
#include "report/across/document.h"
#include "report/across/trends.h"

#include <stdlib.h>
#include <string.h>

/* trends: what each expectation of a drill measured, over the years. */

extern const struct nd_command nd_command_trends;

static const struct nd_cli_option options[] = {
    {"kpi", "WORDS", "only expectations whose sentence holds these words", 0},
    {"format", ND_DOCUMENT_FORMATS, "print this instead of the lines", 0},
    {"out", "DIR", "write the files there, in both languages", 0},
    {"pdf", NULL, "with --out: the page as PDF too", 0},
    {"json", NULL, "as JSON", 0},
    {"lang", "zh|en", "language of sentences", 0},
    {"rebuild", NULL, "make the catalogue anew from the runs' directories", 0},
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {NULL, NULL, NULL, 0}};

struct asked {
    const json_t *trends, *title;
};

static void print_point(const json_t *kpi, const json_t *point, bool zh)
{
    char words[ND_ACROSS_MEASURED];
    const char *grade = nd_across_str(point, "grade");
    char *changed = nd_trends_changed_words(point, zh ? ND_LANG_ZH : ND_LANG_EN);
    if (*changed != '\0')
        printf("  ---- %s: %s\n",
               zh ? "定義已變更，前後不可相比" : "defined otherwise from here on", changed);
    nd_across_measured(point, nd_across_str(kpi, "unit"), nd_across_str(point, "statistic"), words);
    printf("  %s  ", nd_across_str(point, "date"));
    nd_across_cell(words, 30);
    printf("%s  %s%s\n",
           strcmp(grade, "met") == 0      ? "\u2713"
           : strcmp(grade, "missed") == 0 ? "\u2717"
                                          : "?",
           nd_across_str(point, "run"),
           json_is_true(json_object_get(point, "simulated")) ? "  [模擬 SIMULATED]" : "");
    free(changed);
}

static void print_trends(const json_t *trends, bool zh)
{
    size_t i = 0;
    json_t *kpi = NULL;
    json_array_foreach(trends, i, kpi)
    {
        size_t k = 0;
        json_t *point = NULL;
        printf("%s\n", nd_across_words(json_object_get(kpi, "sentence"), zh));
        json_array_foreach(json_object_get(kpi, "points"), k, point) print_point(kpi, point, zh);
    }
}

static nd_err render(void *ctx, const char *format, enum nd_lang lang, struct nd_buf *out,
                     struct nd_fail *why)
{
    const struct asked *asked = ctx;
    return nd_trends_render(asked->trends, asked->title, format, lang, out, why);
}

static int tell(const struct nd_cli_args *args, json_t *trends, const json_t *title)
{
    struct asked asked = {trends, title};
    const char *drill = args->words.at[0];
    const char *format = nd_cli_get(args, "format");
    const char *folder = nd_cli_get(args, "out");
    bool zh = nd_cli_zh(args);
    if (nd_cli_get(args, "json") != NULL) {
        nd_across_json(json_incref(trends));
    } else if (folder != NULL) {
        char *stem = nd_printf("trends-%s", drill);
        int code = nd_across_files("trends", folder, stem, ND_DOCUMENT_FORMATS,
                                   nd_cli_get(args, "pdf") != NULL, render, &asked);
        free(stem);
        return code;
    } else if (format != NULL) {
        return nd_across_one("trends", format, zh, render, &asked);
    } else {
        nd_cli_clean(trends);
        print_trends(trends, zh);
    }
    return ND_EXIT_OK;
}

/* The title of the newest run of the drill. Caller decrefs. */
static json_t *title_of(struct nd_catalogue *catalogue, const char *drill)
{
    json_t *runs = nd_catalogue_runs(catalogue, drill, false);
    const json_t *last = json_array_get(runs, json_array_size(runs) - 1);
    json_t *title = json_incref(json_object_get(last, "title"));
    json_decref(runs);
    return title;
}

static int trends(int argc, char **argv)
{
    struct nd_cli_args args;
    struct nd_catalogue *catalogue = NULL;
    bool help = false;
    int code = ND_EXIT_USAGE;
    if (!nd_cli_parse(&nd_command_trends, argc, argv, 1, 1, &args, &help)) {
        code = help ? ND_EXIT_OK : ND_EXIT_USAGE;
    } else if (nd_cli_get(&args, "pdf") != NULL && nd_cli_get(&args, "out") == NULL) {
        fprintf(stderr, "netdrill trends: '--pdf' goes with '--out DIR'\n");
    } else if (nd_across_catalogue("trends", &args, &catalogue) == ND_OK) {
        const char *drill = args.words.at[0];
        json_t *list = nd_catalogue_trends(catalogue, drill);
        json_t *title = title_of(catalogue, drill);
        bool any = json_array_size(list) != 0;
        if (nd_trends_mark(list, nd_cli_get(&args, "kpi")) != 0 ||
            nd_cli_get(&args, "json") != NULL)
            code = tell(&args, list, title);
        else
            fprintf(
                stderr,
                any ? "netdrill trends: no expectation of '%s' holds the words '%s'\n"
                    : "netdrill trends: no live run of '%s' has measured anything; netdrill runs "
                      "lists what there is\n",
                drill, nd_cli_get(&args, "kpi"));
        json_decref(list);
        json_decref(title);
    }
    nd_catalogue_close(catalogue);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_trends = {
    "trends",
    "trends DRILL [--kpi WORDS] [--format NAME | --out DIR [--pdf]] [--json] [--rebuild] [--runs "
    "DIR]",
    "What each expectation of a drill measured over the years, with its uncertainty and its "
    "threshold; rehearsals never. Where a threshold, the scenario, its parameters or the site "
    "became another, it is marked, and nothing is joined across it.\n\n"
    "  netdrill trends disaster-roaming\n"
    "  netdrill trends disaster-roaming --kpi 中斷 --format html --lang zh > trends.html\n"
    "  netdrill trends disaster-roaming --out reports --pdf",
    trends,
    0,
    options};
