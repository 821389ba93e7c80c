#include "cli/client.h"

#include "base/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* met, occurs: regulatory clocks of a living run. */

extern const struct nd_command nd_command_met, nd_command_occurs;

/* The request with what both commands share; NULL when nobody says who he is. */
static json_t *request_of(const char *what, const char *key, const struct nd_cli_args *args)
{
    const char *who = nd_cli_get(args, "as");
    if (who == NULL) {
        fprintf(stderr, "netdrill %s: say who you are: --as NAME, a person of the site file\n",
                what);
        return NULL;
    }
    json_t *request =
        json_pack("{s:s, s:s, s:s}", "do", what, key, args->words.at[1], "actor", who);
    if (args->words.count > 2)
        json_object_set_new(request, "note", json_string(args->words.at[2]));
    if (nd_cli_get(args, "case") != NULL)
        json_object_set_new(request, "case", json_string(nd_cli_get(args, "case")));
    if (request == NULL)
        fprintf(stderr, "netdrill %s: expected UTF-8 text\n", what);
    return request;
}

static json_t *met_request(struct nd_cli_args *args)
{
    return request_of("met", "duty", args);
}

static void print_met(const json_t *answer)
{
    char took[ND_UNIT_TEXT];
    char margin[ND_UNIT_TEXT];
    json_int_t left = json_integer_value(json_object_get(answer, "margin_ns"));
    bool in_time = json_is_true(json_object_get(answer, "in_time"));
    printf("%s: %s after %s", json_string_value(json_object_get(answer, "id")),
           in_time ? "met" : "made",
           nd_length_format(json_integer_value(json_object_get(answer, "took_ns")), took));
    if (json_is_integer(json_object_get(answer, "margin_ns")))
        printf(", %s %s", nd_length_format(left >= 0 ? left : -left, margin),
               in_time ? "to spare" : "too late");
    printf("\n");
}

static const struct nd_cli_option options[] = {
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {"as", "NAME", "who you are: a person of the site file", 0},
    {"case", "NAME", "which case, where there are several", 0},
    {"json", NULL, "the answer as JSON", 0},
    {NULL, NULL, NULL, 0}};

static int met(int argc, char **argv)
{
    struct nd_cli_args args;
    int code = 0;
    json_t *answer = nd_client_ask(&nd_command_met, argc, argv, 2, 3, &args, met_request, &code);
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
    "met RUN DUTY [WORDS] --as NAME [--case NAME] [--json]",
    "Says that a duty is done: its clock stops.\n\n"
    "  netdrill met last first-report --as lin\n"
    "  netdrill met last first-report \"case 114-0032\" --as lin --case cable-2\n\n"
    "'netdrill status' shows the clocks that run.",
    met,
    0,
    options};

static json_t *occurs_request(struct nd_cli_args *args)
{
    return request_of("occurs", "event", args);
}

static int occurs(int argc, char **argv)
{
    struct nd_cli_args args;
    int code = 0;
    json_t *answer =
        nd_client_ask(&nd_command_occurs, argc, argv, 2, 3, &args, occurs_request, &code);
    if (code == ND_EXIT_OK && answer != NULL && nd_cli_get(&args, "json") != NULL)
        printf("{\"ok\":true}\n");
    json_decref(answer);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_occurs = {
    "occurs",
    "occurs RUN EVENT [WORDS] --as NAME [--case NAME] [--json]",
    "Says that an event of the drill's obligations occurs: opens and ends their clocks.\n\n"
    "  netdrill occurs last outage \"cable 2 is cut\" --as lin\n"
    "  netdrill occurs last restored --as lin",
    occurs,
    0,
    options};
