#include "cli/planned.h"

#include "exercise/doc.h"

#include <string.h>

/* doc: the documents of an exercise, each for those who may have it. */

extern const struct nd_command nd_command_doc;

static const struct nd_cli_option options[] = {
    {"format", "html|md", "HTML (the default) or Markdown", 0},
    {"lang", "zh|en", "language", 0},
    {"for", "NAME", "controller, evaluator: what concerns this person alone", 0},
    {"out", "FILE", "write there, not to the terminal", 0},
    ND_PLANNED_OPTIONS,
    {NULL, NULL, NULL, 0}};

static void (*kind_of(const char *name))(struct nd_doc *)
{
    static const struct {
        const char *name;
        void (*make)(struct nd_doc *);
    } kinds[] = {{"player", nd_doc_player},
                 {"plan", nd_doc_plan},
                 {"controller", nd_doc_controller},
                 {"evaluator", nd_doc_evaluator},
                 {"feedback", nd_doc_feedback}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return kinds[i].make;
    }
    fprintf(stderr,
            "netdrill doc: expected 'player', 'plan', 'controller', 'evaluator' or 'feedback', got "
            "'%s'\n",
            name);
    return NULL;
}

/* --for names a person of the site file, and only where the document is a person's. */
static bool right_person(const struct nd_cli_args *args, const struct nd_planned *planned)
{
    const char *name = nd_cli_get(args, "for");
    const char *kind = args->words.at[0];
    if (name == NULL)
        return true;
    if (strcmp(kind, "controller") != 0 && strcmp(kind, "evaluator") != 0) {
        fprintf(stderr, "netdrill doc: '--for' goes with controller and evaluator\n");
        return false;
    }
    return nd_planned_person(planned, args);
}

static int make(const struct nd_cli_args *args, void (*document)(struct nd_doc *))
{
    struct nd_planned planned;
    struct nd_buf out = {0};
    int code = ND_EXIT_USAGE;
    const char *format = nd_cli_get(args, "format");
    bool markdown = format != NULL && strcmp(format, "md") == 0;
    if (nd_planned_load(&planned, args, args->words.at[1]) && right_person(args, &planned)) {
        struct nd_doc doc = {.drill = nd_scenario_drill(planned.work.scenario),
                             .site = planned.work.site,
                             .plan = planned.rehearsal.plan,
                             .who = nd_cli_get(args, "for"),
                             .paper = {.out = &out, .html = !markdown, .zh = nd_cli_zh(args)}};
        document(&doc);
        nd_arena_deinit(&doc.arena);
        code = nd_planned_out(args, &out);
    }
    nd_planned_deinit(&planned);
    nd_buf_deinit(&out);
    return code;
}

static int doc(int argc, char **argv)
{
    struct nd_cli_args args;
    bool help = false;
    int code = ND_EXIT_USAGE;
    if (!nd_cli_parse(&nd_command_doc, argc, argv, 2, 2, &args, &help)) {
        nd_cli_args_deinit(&args);
        return help ? ND_EXIT_OK : ND_EXIT_USAGE;
    }
    void (*document)(struct nd_doc *) = kind_of(args.words.at[0]);
    if (document != NULL)
        code = make(&args, document);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_doc = {
    "doc",
    "doc player|plan|controller|evaluator|feedback SCENARIO [--format html|md] [--for NAME] [--out "
    "FILE]",
    "The exercise's documents: for players (nothing of what will happen), for the staff, for\n"
    "controllers, for evaluators; and the form that all fill in afterwards.\n\n"
    "  netdrill doc player drills/tabletop-outage.lua --out player.html\n"
    "  netdrill doc controller drills/tabletop-outage.lua --for lin --lang zh --out lin.html",
    doc,
    0,
    options};
