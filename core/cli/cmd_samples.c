#include "cli/common.h"
#include "cli/observed.h"

#include "base/units.h"
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
    {"from", "MOMENT", "as CSV: from T+00:20 on, and the last that was answered before", 0},
    {"till", "MOMENT", "as CSV: until T+00:25, and the one after that", 0},
    {NULL, NULL, NULL, 0}};

struct wanted {
    const char *path;
    int64_t series; /* 0: all */
    bool csv;
    nd_ns t0;         /* T+0 on the run clock; -1: the run never started */
    nd_ns from, till; /* on the run clock */
    struct ND_VEC(int64_t) ids;
    struct nd_sample before; /* of the series under way: answered, before `from`; slot -1: none */
    bool over;               /* the one after `till` was printed */
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

static void put_sample(const struct wanted *wanted, const struct nd_sample *sample)
{
    printf("%lld,%lld,%lld,", (long long)sample->series, (long long)sample->slot,
           (long long)sample->due);
    if (sample->outcome != ND_OUTCOME_NOT_SENT)
        printf("%lld", (long long)sample->sent);
    printf(",%s,", sample->outcome == ND_OUTCOME_ANSWERED   ? "answered"
                   : sample->outcome == ND_OUTCOME_NOT_SENT ? "not_sent"
                                                            : nd_err_name(sample->outcome));
    if (sample->outcome == ND_OUTCOME_ANSWERED)
        printf("%.17g", sample->value);
    putchar(',');
    if (wanted->t0 >= 0)
        printf("%lld", (long long)(sample->due - wanted->t0));
    putchar('\n');
}

/* A report's moments are cut to milliseconds, and an interruption's edges lie between two probes:
 * the last that was answered before, and one more behind, show both. */
static void take_sample(void *ctx, const struct nd_sample *sample)
{
    struct wanted *wanted = ctx;
    nd_ns at = sample->sent > sample->due ? sample->sent : sample->due;
    if (at < wanted->from && sample->outcome == ND_OUTCOME_ANSWERED)
        wanted->before = *sample;
    if (at < wanted->from || wanted->over)
        return;
    if (wanted->before.slot >= 0)
        put_sample(wanted, &wanted->before);
    wanted->before.slot = -1;
    put_sample(wanted, sample);
    wanted->over = sample->due > wanted->till;
}

static nd_err put_all(struct wanted *wanted, struct nd_fail *why)
{
    if (!wanted->csv)
        printf("series,name,label,plugin,verb,reading,unit,target,vantage,every_ns,deadline_ns\n");
    nd_err err = nd_samples_read_series(wanted->path, take_series, wanted, why);
    if (err != ND_OK || !wanted->csv)
        return err;
    printf("series,slot,due_ns,sent_ns,outcome,value,due_rel_ns\n");
    for (size_t i = 0; i < wanted->ids.count && err == ND_OK; i++) {
        wanted->before.slot = -1;
        wanted->over = false;
        err = nd_samples_read(wanted->path, wanted->ids.at[i], take_sample, wanted, why);
    }
    return err;
}

/* A moment of the drill on the run clock. */
static nd_err take_moment(const struct wanted *wanted, const char *option, const char *text,
                          nd_ns *moment, struct nd_fail *why)
{
    if (text == NULL)
        return ND_OK;
    if (!wanted->csv)
        return nd_fail_set(why, ND_EARG, "'--%s' goes with '--csv'", option);
    if (nd_moment_parse(text, moment, why) != ND_OK)
        return nd_fail_set(why, ND_EARG,
                           "'--%s' takes a moment of the drill such as T+00:06:30.250, got '%s'",
                           option, text);
    if (wanted->t0 < 0)
        return nd_fail_set(why, ND_ESTATE,
                           "the run has no T+0: it never began, or its journal cannot be read; "
                           "leave '--%s' out",
                           option);
    *moment += wanted->t0;
    return ND_OK;
}

static nd_err take_window(struct wanted *wanted, const struct nd_rundir *dir,
                          const struct nd_cli_args *args, struct nd_fail *why)
{
    struct nd_played played;
    wanted->from = INT64_MIN;
    wanted->till = INT64_MAX;
    wanted->t0 = nd_played_read(&played, dir, NULL) == ND_OK ? played.t0 : -1;
    nd_played_deinit(&played);
    nd_err err = take_moment(wanted, "from", nd_cli_get(args, "from"), &wanted->from, why);
    if (err == ND_OK)
        err = take_moment(wanted, "till", nd_cli_get(args, "till"), &wanted->till, why);
    if (err == ND_OK && wanted->till < wanted->from)
        err = nd_fail_set(why, ND_EARG, "'--till' has to be a moment after that of '--from'");
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
        err = take_window(&wanted, &dir, &args, &why);
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
    "samples [RUN] [--csv [--from MOMENT] [--till MOMENT]] [--series N] [--runs DIR]",
    "Lists what a run measured, or prints every sample as CSV.\n\n"
    "  netdrill samples last\n"
    "  netdrill samples last --csv --series 1 >page.csv\n"
    "  netdrill samples last --csv --series 1 --from T+00:00:10.003 --till T+00:00:31.999\n"
    "                   what an interruption of the report rests on, from the last good one on\n\n"
    "Moments are nanoseconds on the run clock, 'due_rel_ns' from T+0; 'value' is in the series'\n"
    "unit. What the columns mean: docs/records.md.",
    samples,
    0,
    samples_options};
