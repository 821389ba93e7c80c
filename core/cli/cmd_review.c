#include "cli/across.h"

#include "report/across/document.h"
#include "report/across/review.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* review: a year of drills in the ministry's own table. */

extern const struct nd_command nd_command_review;

static const struct nd_cli_option options[] = {
    {"year", "YEAR", "112 (民國) or 2023", 0},
    {"goals", "FILE", "YAML of the year's goals and planned figures (default: the drills' own)", 0},
    {"format", ND_DOCUMENT_FORMATS, "print this one; default: write files, in both languages", 0},
    {"lang", "zh|en", "language of what is printed", 0},
    {"out", "DIR", "where the files go (default: here)", 0},
    {"pdf", NULL, "the page as PDF too", 0},
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {NULL, NULL, NULL, 0}};

static nd_err render(void *ctx, const char *format, enum nd_lang lang, struct nd_buf *out,
                     struct nd_fail *why)
{
    return nd_review_render(ctx, format, lang, out, why);
}

static int write_all(struct nd_review *review, const struct nd_cli_args *args, int year)
{
    const char *folder = nd_cli_get(args, "out");
    char *stem = nd_printf("review-%d", year);
    int code = nd_across_files("review", folder != NULL ? folder : ".", stem, "html|md|ods",
                               nd_cli_get(args, "pdf") != NULL, render, review);
    free(stem);
    return code;
}

static int review(int argc, char **argv)
{
    struct nd_cli_args args;
    struct nd_review *of = NULL;
    struct nd_fail why = {0};
    int year = 0;
    bool help = false;
    if (!nd_cli_parse(&nd_command_review, argc, argv, 0, 0, &args, &help)) {
        nd_cli_args_deinit(&args);
        return help ? ND_EXIT_OK : ND_EXIT_USAGE;
    }
    const char *asked = nd_cli_get(&args, "year");
    const char *format = nd_cli_get(&args, "format");
    char name[] = "review";
    nd_err err = asked == NULL
                     ? nd_fail_set(&why, ND_EARG, "say which year: --year 112, or --year 2023")
                     : nd_review_year(asked, &year, &why);
    if (err == ND_OK && format != NULL && nd_cli_get(&args, "pdf") != NULL)
        err = nd_fail_set(&why, ND_EARG, "'--pdf' goes with files; leave out '--format'");
    if (err == ND_OK)
        err = nd_review_open(nd_cli_runs(&args), year, nd_cli_get(&args, "goals"), nd_cli_unread,
                             name, &of, &why);
    int code = err == ND_EARG ? ND_EXIT_USAGE : ND_EXIT_INTERNAL;
    if (err != ND_OK)
        fprintf(stderr, "netdrill review: %s\n", why.text);
    else
        code = format != NULL ? nd_across_one("review", format, nd_cli_zh(&args), render, of)
                              : write_all(of, &args, year);
    nd_review_free(of);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_review = {
    "review",
    "review --year YEAR [--goals FILE] [--format NAME | --out DIR [--pdf]] [--runs DIR]",
    "A year of drills: goals, what was done, what it showed, what follows; planned against "
    "achieved with the reasons. Rehearsals never count. The goals' file: docs/report.md, 'A year "
    "of "
    "drills'.\n\n"
    "  netdrill review --year 112\n"
    "  netdrill review --year 112 --goals goals.yaml --out reports --pdf\n"
    "  netdrill review --year 2026 --goals goals.yaml --format md --lang zh",
    review,
    0,
    options};
