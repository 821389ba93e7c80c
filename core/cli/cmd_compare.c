#include "cli/across.h"
#include "cli/clean.h"

#include "report/across/compare.h"
#include "report/across/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* compare: two runs side by side. */

extern const struct nd_command nd_command_compare;

static const struct nd_cli_option options[] = {
    {"format", ND_DOCUMENT_FORMATS, "print this instead of the lines", 0},
    {"out", "DIR", "write the files there, in both languages", 0},
    {"pdf", NULL, "with --out: the page as PDF too", 0},
    {"json", NULL, "as JSON (schema netdrill.compare/1)", 0},
    {"lang", "zh|en", "language of sentences", 0},
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {NULL, NULL, NULL, 0}};

static long long int_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static void print_compare(const json_t *compared, bool zh)
{
    enum nd_lang lang = zh ? ND_LANG_ZH : ND_LANG_EN;
    const json_t *counts = json_object_get(compared, "counts");
    char *other = nd_compare_conditions(compared, lang);
    size_t i = 0;
    json_t *row = NULL;
    printf("%s  ->  %s\n", nd_across_str(json_object_get(compared, "earlier"), "run"),
           nd_across_str(json_object_get(compared, "later"), "run"));
    if (*other != '\0')
        printf("%s: %s\n", zh ? "兩次不同之條件" : "not the same in both", other);
    json_array_foreach(json_object_get(compared, "rows"), i, row)
    {
        char before[ND_ACROSS_MEASURED];
        char after[ND_ACROSS_MEASURED];
        const char *unit = nd_across_str(row, "unit");
        const char *statistic = nd_across_str(row, "statistic");
        char *change = nd_compare_change_words(row, lang);
        nd_across_measured(json_object_get(row, "earlier"), unit, statistic, before);
        nd_across_measured(json_object_get(row, "later"), unit, statistic, after);
        printf("  ");
        nd_across_cell(change, 20);
        printf(" %s: %s -> %s\n", nd_across_words(json_object_get(row, "sentence"), zh), before,
               after);
        free(change);
    }
    printf(
        zh ? "改善 %lld 項，變差 %lld 項，相當（在不確定度內）%lld 項，不同 %lld 項，無法比較 %lld "
             "項，新增 %lld 項，已無 %lld 項\n"
           : "%lld better, %lld worse, %lld the same within their uncertainty, %lld different, "
             "%lld not comparable, %lld new, %lld gone\n",
        int_of(counts, "better"), int_of(counts, "worse"), int_of(counts, "same"),
        int_of(counts, "differs"), int_of(counts, "incomparable"), int_of(counts, "new"),
        int_of(counts, "gone"));
    free(other);
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

static nd_err render(void *ctx, const char *format, enum nd_lang lang, struct nd_buf *out,
                     struct nd_fail *why)
{
    return nd_compare_render(ctx, format, lang, out, why);
}

static int tell(const struct nd_cli_args *args, json_t *compared)
{
    const char *format = nd_cli_get(args, "format");
    const char *folder = nd_cli_get(args, "out");
    bool zh = nd_cli_zh(args);
    if (nd_cli_get(args, "json") != NULL) {
        nd_across_json(json_incref(compared));
    } else if (folder != NULL) {
        return nd_across_files("compare", folder, "compare", ND_DOCUMENT_FORMATS,
                               nd_cli_get(args, "pdf") != NULL, render, compared);
    } else if (format != NULL) {
        return nd_across_one("compare", format, zh, render, compared);
    } else {
        nd_cli_clean(compared);
        print_compare(compared, zh);
    }
    return ND_EXIT_OK;
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
        code = tell(&args, compared);
        json_decref(compared);
    }
    json_decref(earlier);
    json_decref(later);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_compare = {
    "compare",
    "compare EARLIER LATER [--format NAME | --out DIR [--pdf]] [--json] [--runs DIR]",
    "Two runs: what improved, what got worse, what is within the measurements' uncertainty, and "
    "what "
    "cannot be compared, and why.\n\n"
    "  netdrill compare 20251121T010000Z-disaster-roaming-54b7 last\n"
    "  netdrill compare 20251121T010000Z-disaster-roaming-54b7 last --out reports --pdf",
    compare,
    0,
    options};
