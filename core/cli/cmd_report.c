#include "cli/common.h"

#include "report/page/pdf.h"
#include "report/page/template.h"
#include "report/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* report: of a run's directory. */

extern const struct nd_command nd_command_report;

static const struct nd_cli_option report_options[] = {
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {"format", ND_REPORT_FORMATS, "print this one; default: write the usual files into RUN/report/",
     0},
    {"table", "NAME", "which table, with '--format csv': expectations, interruptions, ...", 0},
    {"tlp", ND_REPORT_TLP, "who may have it, with '--format stix' (default: amber)", 0},
    {"lang", "zh|en|both", "language of what is printed", 0},
    {"audience", "operator:NAME|public", "without what is not theirs to know", 0},
    {"template", "FILE", "how the pages are to look (default: RUNS/report-template.yaml)", 0},
    {"words", NULL, "print the words that a template can change", 0},
    {"pdf", NULL, "the pages as PDF too, by the Chromium of this machine", 0},
    {NULL, NULL, NULL, 0}};

/* A fault of it stays with stdout, and is told at the end. */
static void drain(void *ctx, struct nd_buf *out)
{
    (void)ctx;
    fwrite(nd_buf_str(out), 1, out->len_bytes, stdout);
    nd_buf_reset(out);
}

static int print_report(const struct nd_rundir *dir, const struct nd_cli_args *args)
{
    struct nd_fail why = {0};
    struct nd_buf out = {0};
    const char *lang_name = nd_cli_get(args, "lang");
    enum nd_lang lang = lang_name == NULL || strncmp(lang_name, "en", 2) == 0 ? ND_LANG_EN
                        : strcmp(lang_name, "both") == 0                      ? ND_LANG_BOTH
                                                                              : ND_LANG_ZH;
    const struct nd_reader reader = {.audience = nd_cli_get(args, "audience"),
                                     .template_path = nd_cli_get(args, "template")};
    json_t *model = nd_report_open(dir, &reader, &why);
    if (model == NULL) {
        fprintf(stderr, "netdrill report: %s\n", why.text);
        return why.code == ND_EARG ? ND_EXIT_USAGE : ND_EXIT_INTEGRITY;
    }
    const struct nd_rendering how = {.format = nd_cli_get(args, "format"),
                                     .lang = lang,
                                     .table = nd_cli_get(args, "table"),
                                     .tlp = nd_cli_get(args, "tlp"),
                                     .dir = dir,
                                     .drain = drain};
    nd_err err = nd_report_render(model, &how, &out, &why);
    if (err == ND_OK)
        drain(NULL, &out);
    if (err == ND_OK && (fflush(stdout) != 0 || ferror(stdout) != 0))
        err = nd_fail_errno(&why, errno, "cannot write");
    if (err != ND_OK)
        fprintf(stderr, "netdrill report: %s\n", why.text);
    nd_buf_deinit(&out);
    json_decref(model);
    return err == ND_OK ? ND_EXIT_OK : err == ND_EARG ? ND_EXIT_USAGE : ND_EXIT_INTERNAL;
}

/* The files of the report, and their paths. */
static int write_report(const struct nd_rundir *dir, const struct nd_reader *reader, bool pdf)
{
    static const char *const langs[] = {"zh-TW", "en"};
    struct nd_fail why = {0};
    char *stem = NULL;
    int code = ND_EXIT_OK;
    if (nd_report_write(dir, reader, &stem, &why) != ND_OK) {
        fprintf(stderr, "netdrill report: %s\n", why.text);
        code = why.code == ND_EARG ? ND_EXIT_USAGE : ND_EXIT_INTEGRITY;
    }
    for (size_t i = 0; i < 2 && stem != NULL; i++) {
        char *html = nd_printf("%s.%s.html", stem, langs[i]);
        char *to = nd_printf("%s.%s.pdf", stem, langs[i]);
        printf("%s\n", html);
        fflush(stdout);
        if (pdf && code == ND_EXIT_OK && nd_pdf_print(html, to, &why) != ND_OK) {
            fprintf(stderr, "netdrill report: %s\n", why.text);
            code = ND_EXIT_INCOMPLETE;
        } else if (pdf && code == ND_EXIT_OK) {
            printf("%s\n", to);
        }
        free(html);
        free(to);
    }
    free(stem);
    return code;
}

/* What goes with a format alone is not passed over in silence. */
static bool stray_option(const struct nd_cli_args *args)
{
    bool stray = nd_cli_get(args, "format") == NULL &&
                 (nd_cli_get(args, "tlp") != NULL || nd_cli_get(args, "table") != NULL);
    if (stray)
        fprintf(stderr, "netdrill report: '--table' goes with '--format csv', '--tlp' goes with "
                        "'--format stix'; no '--format' was given\n");
    return stray;
}

static int print_words(void)
{
    struct nd_buf out = {0};
    nd_report_words(&out);
    fputs(nd_buf_str(&out), stdout);
    nd_buf_deinit(&out);
    return ND_EXIT_OK;
}

static int report(int argc, char **argv)
{
    struct nd_cli_args args;
    struct nd_rundir dir;
    int code = 0;
    if (argc == 2 && strcmp(argv[1], "--words") == 0)
        return print_words();
    if (nd_cli_open_run(&nd_command_report, argc, argv, &args, &dir, &code)) {
        const struct nd_reader reader = {.audience = nd_cli_get(&args, "audience"),
                                         .template_path = nd_cli_get(&args, "template")};
        code = stray_option(&args)                  ? ND_EXIT_USAGE
               : nd_cli_get(&args, "words") != NULL ? print_words()
               : nd_cli_get(&args, "format") != NULL
                   ? print_report(&dir, &args)
                   : write_report(&dir, &reader, nd_cli_get(&args, "pdf") != NULL);
    }
    nd_rundir_deinit(&dir);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_report = {
    "report",
    "report [RUN] [--format NAME [--table NAME] [--tlp NAME]] [--lang zh|en|both] [--audience "
    "operator:NAME|public] [--template FILE] [--pdf] | report --words",
    "Renders a run's report from its directory alone. Of a run that is still under way: 初步 "
    "INTERIM.\n\n"
    "  netdrill report last\n"
    "  netdrill report last --format md --lang zh\n"
    "  netdrill report last --format csv --table interruptions > interruptions.csv\n"
    "  netdrill report last --audience operator:jia\n"
    "  netdrill report last --format stix --tlp green\n"
    "  netdrill report last --format grafana    annotations, for POST /api/annotations each",
    report,
    0,
    report_options};
