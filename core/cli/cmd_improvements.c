#include "cli/across.h"
#include "cli/clean.h"

#include "report/across/document.h"
#include "report/across/items.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* improvements: what is to be done because of all drills, whose it is, and what is overdue. */

extern const struct nd_command nd_command_improvements;

static const struct nd_cli_option options[] = {
    {"drill", "DRILL", "of this drill alone", 0},
    {"owner", "NAME", "of this organization alone", 0},
    {"overdue", NULL, "what is overdue today alone", 0},
    {"all", NULL, "done and dropped ones too", 0},
    {"json", NULL, "as JSON", 0},
    {"format", ND_DOCUMENT_FORMATS, "print this instead of the lines", 0},
    {"lang", "zh|en", "language of what is printed", 0},
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {NULL, NULL, NULL, 0}};

static bool wanted(const struct nd_cli_args *args, const json_t *item, const char *day)
{
    const char *drill = nd_cli_get(args, "drill");
    const char *owner = nd_cli_get(args, "owner");
    if (nd_cli_get(args, "overdue") != NULL && !nd_item_is_overdue(item, day))
        return false;
    return (nd_cli_get(args, "all") != NULL || nd_item_is_open(item)) &&
           (drill == NULL || strcmp(nd_across_str(item, "drill"), drill) == 0) &&
           (owner == NULL || strcmp(nd_across_str(item, "owner"), owner) == 0);
}

static size_t times_of(const json_t *item)
{
    size_t times = 0;
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(item, "carried"), i, one) times +=
        json_is_true(json_object_get(one, "begun"));
    return times;
}

static void print_item(const json_t *item, const char *day)
{
    const char *owner = nd_across_str(item, "owner");
    const char *due = nd_across_str(item, "due");
    const char *proof = nd_across_str(item, "proof");
    const char *in_run = nd_across_str(item, "in_run");
    size_t times = times_of(item);
    nd_across_cell(nd_across_str(item, "status"), 9);
    nd_across_cell(*due != '\0' ? due : "no date", 11);
    nd_across_cell(nd_item_is_overdue(item, day) ? "OVERDUE" : "", 8);
    nd_across_cell(*owner != '\0' ? owner : "nobody's", 16);
    printf("%s\n  %s/%s, %s", nd_across_str(item, "action"), nd_across_str(item, "run"),
           nd_across_str(item, "item"), nd_across_str(item, "date"));
    if (times != 0)
        printf("; carried on by %zu drill(s)", times);
    if (json_is_true(json_object_get(item, "gone")))
        printf("; that run's directory is no longer here");
    if (*in_run != '\0' || *proof != '\0')
        printf("; %s%s%s%s%s", *proof != '\0' ? "proof: " : "", proof,
               *in_run != '\0' ? " (said in " : "", in_run, *in_run != '\0' ? ")" : "");
    printf("\n");
}

static int print_lines(const json_t *items, const char *day)
{
    size_t open = 0;
    size_t overdue = 0;
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(items, i, item)
    {
        open += nd_item_is_open(item);
        overdue += nd_item_is_overdue(item, day);
        print_item(item, day);
    }
    printf("%zu item(s): %zu open, %zu overdue on %s\n", i, open, overdue, day);
    return ND_EXIT_OK;
}

struct asked {
    const json_t *items;
    const char *day;
};

static nd_err render(void *ctx, const char *format, enum nd_lang lang, struct nd_buf *out,
                     struct nd_fail *why)
{
    const struct asked *asked = ctx;
    return nd_items_render(asked->items, asked->day, format, lang, out, why);
}

static int tell_items(const struct nd_cli_args *args)
{
    char day[16];
    char name[] = "improvements";
    const struct nd_items_told told = {nd_cli_unread, name};
    json_t *all = nd_items_read(nd_cli_runs(args), &told);
    json_t *items = json_array();
    size_t i = 0;
    json_t *item = NULL;
    nd_cli_today(day);
    json_array_foreach(all, i, item)
    {
        if (wanted(args, item, day))
            json_array_append(items, item);
    }
    int code = ND_EXIT_OK;
    struct asked asked = {items, day};
    if (nd_cli_get(args, "json") != NULL)
        nd_across_json(json_incref(items));
    else if (nd_cli_get(args, "format") != NULL)
        code = nd_across_one("improvements", nd_cli_get(args, "format"), nd_cli_zh(args), render,
                             &asked);
    else {
        nd_cli_clean(items);
        code = print_lines(items, day);
    }
    json_decref(items);
    json_decref(all);
    return code;
}

static int improvements(int argc, char **argv)
{
    struct nd_cli_args args;
    bool help = false;
    int code = ND_EXIT_USAGE;
    if (!nd_cli_parse(&nd_command_improvements, argc, argv, 0, 0, &args, &help)) {
        code = help ? ND_EXIT_OK : ND_EXIT_USAGE;
    } else {
        DIR *there = opendir(nd_cli_runs(&args));
        if (there == NULL)
            fprintf(stderr,
                    "netdrill improvements: there is no directory '%s'; say where runs are "
                    "kept: --runs DIR\n",
                    nd_cli_runs(&args));
        else
            code = tell_items(&args);
        if (there != NULL)
            closedir(there);
    }
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_improvements = {
    "improvements",
    "improvements [--drill DRILL] [--owner NAME] [--overdue] [--all] [--format NAME] [--json]",
    "What is to be done because of all drills: which items are open, whose, overdue, from which "
    "drill, and what proves that one is done. Each is counted once, however many drills carried "
    "it on.\n\n"
    "  netdrill improvements\n"
    "  netdrill improvements --overdue --owner 甲公司\n"
    "  netdrill improvements --all --format ods --lang zh > 策進作為.ods",
    improvements,
    0,
    options};
