#include "cli/common.h"

#include "cli/client.h"
#include "cli/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* status, arm, confirm, pause, resume, abort: a living run, from a second terminal. */

extern const struct nd_command nd_command_status, nd_command_arm, nd_command_confirm,
    nd_command_pause, nd_command_resume, nd_command_abort;

static const char *speaker(const struct nd_cli_args *args, const char *option)
{
    const char *name = nd_cli_get(args, option);
    return name != NULL ? name : nd_client_user();
}

/* what: of json_pack; NULL: one of its texts was none. */
static json_t *made(const char *command, json_t *what)
{
    if (what == NULL)
        fprintf(stderr, ND_CLIENT_NO_UTF8, command);
    return what;
}

static const struct nd_cli_option status_options[] = {
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {"json", NULL, "the status as JSON", 0},
    {"lang", "zh|en", "language of titles", 0},
    {NULL, NULL, NULL, 0}};

static json_t *status_request(struct nd_cli_args *args)
{
    (void)args;
    return json_pack("{s:s}", "do", "status");
}

static int status(int argc, char **argv)
{
    struct nd_cli_args args;
    int code = 0;
    json_t *answer =
        nd_client_ask(&nd_command_status, argc, argv, 0, 2, &args, status_request, &code);
    const json_t *object = json_object_get(answer, "status");
    if (code == ND_EXIT_OK && object != NULL && nd_cli_get(&args, "json") != NULL) {
        char *text = json_dumps(object, JSON_COMPACT);
        printf("%s\n", text);
        free(text);
    } else if (code == ND_EXIT_OK && object != NULL) {
        struct nd_buf out = {0};
        struct nd_picture picture;
        struct nd_view view = {.zh = nd_cli_zh(&args), .columns = 200, .open = -1};
        nd_view_draw(object, &view, &picture);
        nd_picture_print(&picture, view.columns, nd_cli_colour(1), &out);
        fputs(nd_buf_str(&out), stdout);
        nd_picture_deinit(&picture);
        nd_buf_deinit(&out);
    }
    json_decref(answer);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_status = {"status",
                                             "status [RUN] [--json] [--runs DIR]",
                                             "A living run as it stands.\n\n  netdrill status last",
                                             status,
                                             ND_COMMAND_LIVING,
                                             status_options};

static const struct nd_cli_option arm_options[] = {
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {"as", "NAME", "who you are: a person of the site file", 0},
    {NULL, NULL, NULL, 0}};

static json_t *arm_request(struct nd_cli_args *args)
{
    const char *name = nd_cli_get(args, "as");
    if (name == NULL) {
        nd_client_refuse("arm", "say who you are: --as NAME, a person of the site file");
        return NULL;
    }
    return made("arm", json_pack("{s:s, s:s}", "do", "arm", "person", name));
}

static int arm(int argc, char **argv)
{
    struct nd_cli_args args;
    int code = 0;
    json_t *answer = nd_client_ask(&nd_command_arm, argc, argv, 0, 2, &args, arm_request, &code);
    long long left = (long long)json_integer_value(json_object_get(answer, "left"));
    if (code == ND_EXIT_OK && answer != NULL && left != 0)
        nd_client_tell("armed by %s; it takes %lld more", nd_cli_get(&args, "as"), left);
    else if (code == ND_EXIT_OK && answer != NULL)
        nd_client_tell("armed by %s; the run goes on", nd_cli_get(&args, "as"));
    json_decref(answer);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_arm = {
    "arm",
    "arm [RUN] --as NAME [--runs DIR]",
    "Lets a run begin, where the site's policy wants several people to say so.\n\n"
    "  netdrill arm last --as lin",
    arm,
    ND_COMMAND_LIVING,
    arm_options};

/* ---- confirm, pause, resume, abort ---- */

static int ask_only(const struct nd_command *command, int argc, char **argv,
                    json_t *(*request)(struct nd_cli_args *))
{
    struct nd_cli_args args;
    int code = 0;
    json_t *answer = nd_client_ask(command, argc, argv, 0, 2, &args, request, &code);
    if (answer != NULL && nd_cli_get(&args, "json") != NULL) {
        char *text = json_dumps(answer, JSON_COMPACT);
        printf("%s\n", text);
        free(text);
    }
    json_decref(answer);
    nd_cli_args_deinit(&args);
    return code;
}

static const struct nd_cli_option confirm_options[] = {
    {"no", NULL, "the answer is no", 0},
    {"by", "NAME", "who answers (default: the user)", 0},
    ND_CLIENT_RUNS_OPTION,
    ND_CLIENT_JSON_OPTION,
    {NULL, NULL, NULL, 0}};

static json_t *confirm_request(struct nd_cli_args *args)
{
    const char *text = args->words.count > 1 ? args->words.at[1] : "1";
    char *end = NULL;
    long long number = strtoll(text, &end, 10);
    if (*end != '\0' || number <= 0) {
        nd_client_refuse("confirm", "expected the number of a confirmation, got '%s'", text);
        return NULL;
    }
    return made("confirm",
                json_pack("{s:s, s:I, s:b, s:s}", "do", "confirm", "number", (json_int_t)number,
                          "yes", nd_cli_get(args, "no") == NULL, "actor", speaker(args, "by")));
}

static int confirm(int argc, char **argv)
{
    return ask_only(&nd_command_confirm, argc, argv, confirm_request);
}

const struct nd_command nd_command_confirm = {"confirm",
                                              "confirm [RUN] [NUMBER] [--no] [--by NAME] [--json]",
                                              "Answers a confirmation of a living run.\n\n"
                                              "  netdrill confirm last 1\n"
                                              "  netdrill confirm last 2 --no --by lin",
                                              confirm,
                                              ND_COMMAND_LIVING,
                                              confirm_options};

static const struct nd_cli_option pause_options[] = {
    ND_CLIENT_AS_OPTION, ND_CLIENT_RUNS_OPTION, ND_CLIENT_JSON_OPTION, {NULL, NULL, NULL, 0}};

static json_t *pause_request(struct nd_cli_args *args)
{
    return made("pause", json_pack("{s:s, s:s}", "do", "pause", "actor", speaker(args, "as")));
}

static json_t *resume_request(struct nd_cli_args *args)
{
    return made("resume", json_pack("{s:s, s:s}", "do", "resume", "actor", speaker(args, "as")));
}

static int pause_run(int argc, char **argv)
{
    return ask_only(&nd_command_pause, argc, argv, pause_request);
}

static int resume_run(int argc, char **argv)
{
    return ask_only(&nd_command_resume, argc, argv, resume_request);
}

const struct nd_command nd_command_pause = {
    "pause",
    "pause [RUN] [--as NAME] [--json]",
    "Holds a living run: no step begins or goes on until it is resumed.\n\n"
    "  netdrill pause last\n\n"
    "Later moments shift by the pause's length. Changes stay, but those with while_paused =\n"
    "\"revert\" are put back and made again at resume. Guards, measurements and restore_by go on.",
    pause_run,
    ND_COMMAND_LIVING,
    pause_options};

const struct nd_command nd_command_resume = {"resume",
                                             "resume [RUN] [--as NAME] [--json]",
                                             "Lets a paused run go on.\n\n  netdrill resume last",
                                             resume_run,
                                             ND_COMMAND_LIVING,
                                             pause_options};

static const struct nd_cli_option abort_options[] = {{"reason", "TEXT", "why, for the journal", 0},
                                                     ND_CLIENT_AS_OPTION,
                                                     ND_CLIENT_RUNS_OPTION,
                                                     ND_CLIENT_JSON_OPTION,
                                                     {NULL, NULL, NULL, 0}};

/* However its words are written, as a terminal in Big5 would: it is obeyed. */
static json_t *abort_request(struct nd_cli_args *args)
{
    const char *reason = nd_cli_get(args, "reason");
    const char *actor = speaker(args, "as");
    if (reason != NULL && !nd_utf8_valid(reason, strlen(reason)))
        reason = "aborted by hand, for a reason that was no UTF-8 text";
    if (!nd_utf8_valid(actor, strlen(actor)))
        actor = nd_client_user();
    return json_pack("{s:s, s:s, s:s}", "do", "abort", "actor", actor, "reason",
                     reason != NULL ? reason : "aborted by hand");
}

static int abort_run(int argc, char **argv)
{
    return ask_only(&nd_command_abort, argc, argv, abort_request);
}

const struct nd_command nd_command_abort = {
    "abort",
    "abort [RUN] [--reason TEXT] [--as NAME] [--json]",
    "Ends a living run at once and restores the network.\n\n"
    "  netdrill abort last --reason \"a real emergency\"",
    abort_run,
    ND_COMMAND_LIVING,
    abort_options};
