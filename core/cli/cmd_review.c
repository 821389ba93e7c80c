#include "cli/common.h"

#include "report/review.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* review: a year of drills in the ministry's own table. */

extern const struct nd_command nd_command_review;

static const struct nd_cli_option options[] = {
    {"year", "YEAR", "112 (民國) or 2023", 0},
    {"goals", "FILE", "YAML of the year's goals and planned figures (default: the drills' own)", 0},
    {"format", ND_REVIEW_FORMATS, "print this one; default: write files, in both languages", 0},
    {"lang", "zh|en", "language of what is printed", 0},
    {"out", "DIR", "where the files go (default: here)", 0},
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {NULL, NULL, NULL, 0}};

static void unread(void *ctx, const char *run_id, const char *why)
{
    (void)ctx;
    fprintf(stderr, "netdrill review: run '%s' is left out: %s\n", run_id, why);
}

static nd_err print_one(const struct nd_review *review, const char *format, bool zh,
                        struct nd_fail *why)
{
    struct nd_buf out = {0};
    nd_err err = nd_review_render(review, format, zh ? ND_LANG_ZH : ND_LANG_EN, &out, why);
    if (err == ND_OK && (fwrite(nd_buf_str(&out), 1, out.len_bytes, stdout) != out.len_bytes ||
                         fflush(stdout) != 0))
        err = nd_fail_errno(why, errno, "cannot write");
    nd_buf_deinit(&out);
    return err;
}

static nd_err write_all(const struct nd_review *review, const char *folder, int year,
                        struct nd_fail *why)
{
    static const char *const formats[] = {"html", "md", "ods"};
    nd_err err = ND_OK;
    for (size_t i = 0; i < 6 && err == ND_OK; i++) {
        struct nd_buf out = {0};
        bool zh = i % 2 == 0;
        char *path =
            nd_printf("%s/review-%d.%s.%s", folder, year, zh ? "zh-TW" : "en", formats[i / 2]);
        err = nd_review_render(review, formats[i / 2], zh ? ND_LANG_ZH : ND_LANG_EN, &out, why);
        if (err == ND_OK)
            err = nd_file_write(path, nd_buf_str(&out), out.len_bytes, why);
        if (err == ND_OK)
            printf("%s\n", path);
        free(path);
        nd_buf_deinit(&out);
    }
    return err;
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
    const char *folder = nd_cli_get(&args, "out");
    nd_err err = asked == NULL
                     ? nd_fail_set(&why, ND_EARG, "say which year: --year 112, or --year 2023")
                     : nd_review_year(asked, &year, &why);
    if (err == ND_OK)
        err = nd_review_open(nd_cli_runs(&args), year, nd_cli_get(&args, "goals"), unread, NULL,
                             &of, &why);
    if (err == ND_OK && format != NULL)
        err = print_one(of, format, nd_cli_zh(&args), &why);
    else if (err == ND_OK)
        err = write_all(of, folder != NULL ? folder : ".", year, &why);
    if (err != ND_OK)
        fprintf(stderr, "netdrill review: %s\n", why.text);
    nd_review_free(of);
    nd_cli_args_deinit(&args);
    return err == ND_OK ? ND_EXIT_OK : err == ND_EARG ? ND_EXIT_USAGE : ND_EXIT_INTERNAL;
}

const struct nd_command nd_command_review = {
    "review",
    "review --year YEAR [--goals FILE] [--format NAME] [--out DIR] [--runs DIR]",
    "A year of drills: goals, what was done, what it showed, what follows; planned against "
    "achieved with the reasons. Rehearsals never count.\n\n"
    "  netdrill review --year 112\n"
    "  netdrill review --year 2026 --goals goals.yaml --format md --lang zh",
    review,
    0,
    options};
