#include "cli/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ack, answer, note; fire, skip, defer, inject: people in a living run. One line each, to
 * be typed in a hurry; whole sentences need no quotes. */

extern const struct nd_command nd_command_ack, nd_command_answer, nd_command_note, nd_command_fire,
    nd_command_skip, nd_command_defer, nd_command_inject;

#define END_OPTIONS                                                                                \
    {                                                                                              \
        NULL, NULL, NULL, 0                                                                        \
    }

/* {do, and what is given of inject, text and the named options}. as_user: who does not say who he
 * is speaks as the user. text: taken over. */
static json_t *make_request(const struct nd_cli_args *args, const char *what, const char *inject,
                            char *text, bool as_user, const char *const *options)
{
    const char *person = nd_cli_get(args, "as");
    if (person == NULL && as_user)
        person = nd_client_user();
    json_t *request = json_pack("{s:s, s:s*, s:s*, s:s*}", "do", what, "inject", inject, "text",
                                text, "person", person);
    for (size_t i = 0; request != NULL && options[i] != NULL; i++) {
        const char *value = nd_cli_get(args, options[i]);
        if (value != NULL)
            json_object_set_new(request, options[i], json_string(value));
    }
    if (request == NULL)
        fprintf(stderr, ND_CLIENT_NO_UTF8, what);
    free(text);
    return request;
}

/* Runs the command, and prints what was done: `done` %s filled with the answer's `key`. */
static int tell(const struct nd_command *command, int argc, char **argv, size_t words_min,
                size_t words_max,
                json_t *(*request)(struct nd_cli_args *, const struct nd_rundir *),
                const char *done, const char *key)
{
    struct nd_cli_args args;
    int code = 0;
    json_t *answer =
        nd_client_ask_of(command, argc, argv, words_min, words_max, &args, request, &code);
    if (answer != NULL && nd_cli_get(&args, "json") != NULL) {
        char *text = json_dumps(answer, JSON_COMPACT);
        printf("%s\n", text);
        free(text);
    } else if (answer != NULL && code == ND_EXIT_OK) {
        const json_t *given = key != NULL ? json_object_get(answer, key) : NULL;
        char *value = key == NULL             ? nd_strdup(args.words.at[0])
                      : json_is_string(given) ? nd_strdup(json_string_value(given))
                                              : json_dumps(given, JSON_ENCODE_ANY);
        nd_client_tell("%s %s", done, value != NULL ? value : "");
        free(value);
    }
    json_decref(answer);
    nd_cli_args_deinit(&args);
    return code;
}

static const char *const no_options[] = {NULL};

/* ---- ack, answer ---- */

static const struct nd_cli_option ack_options[] = {
    {"as", "NAME", "which of those it went to (needless when there is one)", 0},
    ND_CLIENT_RUN_OPTION,
    ND_CLIENT_RUNS_OPTION,
    ND_CLIENT_JSON_OPTION,
    END_OPTIONS};

static json_t *ack_request(struct nd_cli_args *args, const struct nd_rundir *dir)
{
    (void)dir;
    return make_request(args, "ack", args->words.at[0], NULL, false, no_options);
}

static int ack(int argc, char **argv)
{
    return tell(&nd_command_ack, argc, argv, 1, 1, ack_request, "acknowledged", NULL);
}

const struct nd_command nd_command_ack = {"ack",
                                          "ack INJECT [--as NAME] [--run RUN] [--json]",
                                          "Says that somebody has read an inject.\n\n"
                                          "  netdrill ack cable-news --as jia-noc",
                                          ack,
                                          ND_COMMAND_LIVING,
                                          ack_options};

static json_t *answer_request(struct nd_cli_args *args, const struct nd_rundir *dir)
{
    (void)dir;
    return make_request(args, "answer", args->words.at[0], nd_client_sentence(args, 1), false,
                        no_options);
}

static int answer(int argc, char **argv)
{
    return tell(&nd_command_answer, argc, argv, 2, ND_CLIENT_WORDS_MAX, answer_request, "answered",
                NULL);
}

const struct nd_command nd_command_answer = {
    "answer",
    "answer INJECT TEXT... [--as NAME] [--run RUN] [--json]",
    "Says what was done about an inject, or decided: of a decision one of its options.\n\n"
    "  netdrill answer cable-news 已開立工單並通報 --as jia-noc\n"
    "  netdrill answer open-roaming open --as ceoc",
    answer,
    ND_COMMAND_LIVING,
    ack_options};

/* ---- note ---- */

static const struct nd_cli_option note_options[] = {ND_CLIENT_AS_OPTION, ND_CLIENT_RUN_OPTION,
                                                    ND_CLIENT_RUNS_OPTION, ND_CLIENT_JSON_OPTION,
                                                    END_OPTIONS};

static json_t *note_request(struct nd_cli_args *args, const struct nd_rundir *dir)
{
    (void)dir;
    return make_request(args, "note", NULL, nd_client_sentence(args, 0), true, no_options);
}

static int note(int argc, char **argv)
{
    return tell(&nd_command_note, argc, argv, 1, ND_CLIENT_WORDS_MAX, note_request, "noted:", NULL);
}

const struct nd_command nd_command_note = {
    "note",
    "note TEXT... [--as NAME] [--run RUN] [--json]",
    "Writes a line into the journal of a living run.\n\n"
    "  netdrill note 統裁官到場 --as lin\n\n"
    "真實狀況, 停止演練 or REAL-WORLD EMERGENCY in it ends the drill at once.",
    note,
    ND_COMMAND_LIVING,
    note_options};

/* ---- fire, skip, defer ---- */

static const struct nd_cli_option fire_options[] = {
    {"by-hand", NULL, "it has been handed over already, whatever its channel", 0},
    ND_CLIENT_AS_OPTION,
    ND_CLIENT_RUN_OPTION,
    ND_CLIENT_RUNS_OPTION,
    ND_CLIENT_JSON_OPTION,
    END_OPTIONS};

static json_t *fire_request(struct nd_cli_args *args, const struct nd_rundir *dir)
{
    (void)dir;
    json_t *request = make_request(args, "fire", args->words.at[0], NULL, true, no_options);
    if (request != NULL)
        json_object_set_new(request, "by_hand", json_boolean(nd_cli_get(args, "by-hand") != NULL));
    return request;
}

static int fire(int argc, char **argv)
{
    return tell(&nd_command_fire, argc, argv, 1, 1, fire_request, "fired", NULL);
}

const struct nd_command nd_command_fire = {
    "fire",
    "fire INJECT [--by-hand] [--as NAME] [--run RUN] [--json]",
    "Fires an inject now, says that it has been handed over, or sends again what failed.\n\n"
    "  netdrill fire cable-news --as lin\n\n"
    "One that is handed over by hand is delivered from then on, and its time to react runs.",
    fire,
    ND_COMMAND_LIVING,
    fire_options};

static const struct nd_cli_option skip_options[] = {{"reason", "TEXT", "why; has to be given", 0},
                                                    ND_CLIENT_AS_OPTION,
                                                    ND_CLIENT_RUN_OPTION,
                                                    ND_CLIENT_RUNS_OPTION,
                                                    ND_CLIENT_JSON_OPTION,
                                                    END_OPTIONS};

static json_t *skip_request(struct nd_cli_args *args, const struct nd_rundir *dir)
{
    static const char *const options[] = {"reason", NULL};
    (void)dir;
    if (nd_cli_get(args, "reason") == NULL) {
        nd_client_refuse("skip", "say why: --reason TEXT, for the journal and the report");
        return NULL;
    }
    return make_request(args, "skip", args->words.at[0], NULL, true, options);
}

static int skip(int argc, char **argv)
{
    return tell(&nd_command_skip, argc, argv, 1, 1, skip_request, "skipped", NULL);
}

const struct nd_command nd_command_skip = {
    "skip",
    "skip INJECT --reason TEXT [--as NAME] [--run RUN] [--json]",
    "Leaves an inject out that nobody has got yet.\n\n"
    "  netdrill skip power-fails --reason 參演單位已自行提及 --as lin",
    skip,
    ND_COMMAND_LIVING,
    skip_options};

static const struct nd_cli_option defer_options[] = {
    {"till", "MOMENT", "till when: T+00:20, or a length of time from now, 10m", 0},
    {"reason", "TEXT", "why, for the journal", 0},
    ND_CLIENT_AS_OPTION,
    ND_CLIENT_RUN_OPTION,
    ND_CLIENT_RUNS_OPTION,
    ND_CLIENT_JSON_OPTION,
    END_OPTIONS};

static json_t *defer_request(struct nd_cli_args *args, const struct nd_rundir *dir)
{
    static const char *const options[] = {"till", "reason", NULL};
    (void)dir;
    return make_request(args, "defer", args->words.at[0], NULL, true, options);
}

static int defer(int argc, char **argv)
{
    return tell(&nd_command_defer, argc, argv, 1, 1, defer_request, "put off:", NULL);
}

const struct nd_command nd_command_defer = {
    "defer",
    "defer INJECT --till MOMENT [--reason TEXT] [--as NAME] [--run RUN] [--json]",
    "Puts an inject off whose moment is still to come.\n\n"
    "  netdrill defer power-fails --till T+00:45 --as lin",
    defer,
    ND_COMMAND_LIVING,
    defer_options};

/* ---- inject ---- */

static const struct nd_cli_option inject_options[] = {
    {"to", "NAME", "who it is for, or role:player", ND_CLI_REPEAT},
    {"body", "TEXT", "its text", 0},
    {"from", "NAME", "who it is from", 0},
    {"expect", "TEXT", "the action expected", 0},
    {"react-within", "LENGTH", "how long the reaction may take", 0},
    {"like", "INJECT", "through the channel of this one (else: handed over by hand)", 0},
    {"objective", "OBJECTIVE", "what it tests", 0},
    ND_CLIENT_AS_OPTION,
    ND_CLIENT_RUN_OPTION,
    ND_CLIENT_RUNS_OPTION,
    ND_CLIENT_JSON_OPTION,
    END_OPTIONS};

static json_t *inject_request(struct nd_cli_args *args, const struct nd_rundir *dir)
{
    static const char *const options[] = {"body", "from", "expect", "like", "objective", NULL};
    json_t *to = json_array();
    (void)dir;
    for (size_t i = 0; i < args->names.count; i++) {
        if (strcmp(args->names.at[i], "to") == 0)
            json_array_append_new(to, json_string(args->values.at[i]));
    }
    json_t *request = make_request(args, "inject", NULL, NULL, true, options);
    char *title = nd_client_sentence(args, 0);
    const char *within = nd_cli_get(args, "react-within");
    json_t *words = json_string(title);
    if (request != NULL && words != NULL) {
        json_object_set_new(request, "title", words);
        json_object_set(request, "to", to);
        if (within != NULL)
            json_object_set_new(request, "react_within", json_string(within));
    }
    json_decref(to);
    free(title);
    return request;
}

static int inject(int argc, char **argv)
{
    return tell(&nd_command_inject, argc, argv, 1, ND_CLIENT_WORDS_MAX, inject_request, "fired",
                "inject");
}

const struct nd_command nd_command_inject = {
    "inject",
    "inject TEXT... --to NAME [--react-within LENGTH] [--like INJECT] [--as NAME]",
    "Gives the players something that nobody had planned.\n\n"
    "  netdrill inject 記者到場採訪 --to jia-noc --react-within 10m --as lin",
    inject,
    ND_COMMAND_LIVING,
    inject_options};
