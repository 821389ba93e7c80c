#include "cli/client.h"

#include "base/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* met, occurs: regulatory clocks of a living run. */

extern const struct nd_command nd_command_met, nd_command_occurs;

/* The request with what both commands share. */
static json_t *request_of(const char *what, const char *key, const struct nd_cli_args *args)
{
    const char *person = nd_cli_get(args, "as");
    char *text = nd_client_sentence(args, 1);
    json_t *request = json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "do", what, key, args->words.at[0],
                                "person", person != NULL ? person : nd_client_user(), "text", text,
                                "case", nd_cli_get(args, "case"));
    if (request == NULL)
        fprintf(stderr, ND_CLIENT_NO_UTF8, what);
    free(text);
    return request;
}

static json_t *met_request(struct nd_cli_args *args, const struct nd_rundir *dir)
{
    (void)dir;
    return request_of("met", "duty", args);
}

static void print_met(const json_t *answer)
{
    char took[ND_UNIT_TEXT];
    char margin[ND_UNIT_TEXT];
    json_int_t left = json_integer_value(json_object_get(answer, "margin_ns"));
    bool in_time = json_is_true(json_object_get(answer, "in_time"));
    nd_length_format(json_integer_value(json_object_get(answer, "took_ns")), took);
    if (json_is_integer(json_object_get(answer, "margin_ns")))
        nd_client_tell("%s: %s after %s, %s %s", json_string_value(json_object_get(answer, "id")),
                       in_time ? "met" : "made", took,
                       nd_length_format(left >= 0 ? left : -left, margin),
                       in_time ? "to spare" : "too late");
    else
        nd_client_tell("%s: %s after %s", json_string_value(json_object_get(answer, "id")),
                       in_time ? "met" : "made", took);
}

static const struct nd_cli_option options[] = {
    ND_CLIENT_AS_OPTION,   ND_CLIENT_RUN_OPTION,
    ND_CLIENT_RUNS_OPTION, {"case", "NAME", "which case, where there are several", 0},
    ND_CLIENT_JSON_OPTION, {NULL, NULL, NULL, 0}};

static int met(int argc, char **argv)
{
    struct nd_cli_args args;
    int code = 0;
    json_t *answer = nd_client_ask_of(&nd_command_met, argc, argv, 1, ND_CLIENT_WORDS_MAX, &args,
                                      met_request, &code);
    if (code == ND_EXIT_OK && answer != NULL) {
        char *text = json_dumps(answer, JSON_COMPACT);
        if (nd_cli_get(&args, "json") != NULL)
            printf("%s\n", text);
        else
            print_met(answer);
        free(text);
    }
    json_decref(answer);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_met = {
    "met",
    "met DUTY [TEXT...] [--as NAME] [--case NAME] [--run RUN] [--json]",
    "Says that a duty is done: its clock stops.\n\n"
    "  netdrill met first-report --as lin\n"
    "  netdrill met first-report 案號 114-0032 --as lin --case cable-2\n\n"
    "'netdrill status' shows the clocks that run.",
    met,
    ND_COMMAND_LIVING,
    options};

static json_t *occurs_request(struct nd_cli_args *args, const struct nd_rundir *dir)
{
    (void)dir;
    return request_of("occurs", "event", args);
}

static int occurs(int argc, char **argv)
{
    struct nd_cli_args args;
    int code = 0;
    json_t *answer = nd_client_ask_of(&nd_command_occurs, argc, argv, 1, ND_CLIENT_WORDS_MAX, &args,
                                      occurs_request, &code);
    if (code == ND_EXIT_OK && answer != NULL && nd_cli_get(&args, "json") != NULL)
        printf("{\"ok\":true}\n");
    json_decref(answer);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_occurs = {
    "occurs",
    "occurs EVENT [TEXT...] [--as NAME] [--case NAME] [--run RUN] [--json]",
    "Says that an event of the drill's obligations occurs: opens and ends their clocks.\n\n"
    "  netdrill occurs outage 二號海纜中斷 --as lin\n"
    "  netdrill occurs restored --as lin",
    occurs,
    ND_COMMAND_LIVING,
    options};
