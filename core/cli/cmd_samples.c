#include "cli/common.h"

#include "record/rundir.h"
#include "record/samples.h"
#include "sheet/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* samples: what was measured, slot by slot, for other people's tools. */

extern const struct nd_command nd_command_samples;

static const struct nd_cli_option samples_options[] = {
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {"csv", NULL, "the samples as CSV; default: a list of the series", 0},
    {"series", "N", "of this series alone", 0},
    {NULL, NULL, NULL, 0}};

struct wanted {
    const char *path;
    int64_t series; /* 0: all */
    bool csv;
    struct ND_VEC(int64_t) ids;
};

/* A text as a CSV field. */
static void put_field(const char *given)
{
    struct nd_buf out = {0};
    char *text = nd_strdup(given != NULL ? given : "");
    nd_text_tame(text, true);
    nd_csv_text(text, &out);
    fputs(nd_buf_str(&out), stdout);
    nd_buf_deinit(&out);
    free(text);
}

static void take_series(void *ctx, const struct nd_series_info *info)
{
    struct wanted *wanted = ctx;
    if (wanted->series != 0 && wanted->series != info->id)
        return;
    nd_vec_push(&wanted->ids, info->id);
    if (wanted->csv)
        return;
    printf("%lld,", (long long)info->id);
    const char *const fields[] = {info->name,    info->label, info->plugin, info->verb,
                                  info->reading, info->unit,  info->target, info->vantage};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        put_field(fields[i]);
        putchar(',');
    }
    printf("%lld,%lld\n", (long long)info->every, (long long)info->deadline);
}

static void put_sample(void *ctx, const struct nd_sample *sample)
{
    (void)ctx;
    printf("%lld,%lld,%lld,", (long long)sample->series, (long long)sample->slot,
           (long long)sample->due);
    if (sample->outcome != ND_OUTCOME_NOT_SENT)
        printf("%lld", (long long)sample->sent);
    printf(",%s,", sample->outcome == ND_OUTCOME_ANSWERED   ? "answered"
                   : sample->outcome == ND_OUTCOME_NOT_SENT ? "not_sent"
                                                            : nd_err_name(sample->outcome));
    if (sample->outcome == ND_OUTCOME_ANSWERED)
        printf("%.17g", sample->value);
    putchar('\n');
}

static nd_err put_all(struct wanted *wanted, struct nd_fail *why)
{
    if (!wanted->csv)
        printf("series,name,label,plugin,verb,reading,unit,target,vantage,every_ns,deadline_ns\n");
    nd_err err = nd_samples_read_series(wanted->path, take_series, wanted, why);
    if (err != ND_OK || !wanted->csv)
        return err;
    printf("series,slot,due_ns,sent_ns,outcome,value\n");
    for (size_t i = 0; i < wanted->ids.count && err == ND_OK; i++)
        err = nd_samples_read(wanted->path, wanted->ids.at[i], put_sample, NULL, why);
    return err;
}

static int samples(int argc, char **argv)
{
    struct nd_cli_args args;
    struct nd_rundir dir = {0};
    struct nd_fail why = {0};
    bool help = false;
    int code = ND_EXIT_USAGE;
    if (!nd_cli_parse(&nd_command_samples, argc, argv, 0, 1, &args, &help)) {
        nd_cli_args_deinit(&args);
        return help ? ND_EXIT_OK : ND_EXIT_USAGE;
    }
    const char *series = nd_cli_get(&args, "series");
    struct wanted wanted = {.csv = nd_cli_get(&args, "csv") != NULL,
                            .series = series != NULL ? strtoll(series, NULL, 10) : 0};
    nd_err err = nd_rundir_find(&dir, nd_cli_runs(&args),
                                args.words.count > 0 ? args.words.at[0] : "last", &why);
    char *path = err == ND_OK ? nd_rundir_file(&dir, "samples.sqlite") : NULL;
    wanted.path = path;
    if (err == ND_OK)
        err = put_all(&wanted, &why);
    if (err == ND_OK && series != NULL && wanted.ids.count == 0)
        err = nd_fail_set(&why, ND_EARG,
                          "the run has no series '%s'; 'netdrill samples' lists them", series);
    if (err == ND_OK)
        code = ND_EXIT_OK;
    else
        fprintf(stderr, "netdrill samples: %s\n", why.text);
    nd_vec_free(&wanted.ids);
    free(path);
    nd_rundir_deinit(&dir);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_samples = {
    "samples",
    "samples [RUN] [--csv] [--series N] [--runs DIR]",
    "Lists what a run measured, or prints every sample as CSV.\n\n"
    "  netdrill samples last\n"
    "  netdrill samples last --csv --series 1 >page.csv\n\n"
    "Moments are nanoseconds on the run clock; 'value' is in the series' unit. What the columns\n"
    "mean: docs/records.md.",
    samples,
    0,
    samples_options};
