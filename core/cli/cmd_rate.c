#include "cli/client.h"
#include "cli/evaluate.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

/* rate: an evaluator's word on an objective or a target. */

extern const struct nd_command nd_command_rate;

static const struct nd_cli_option options[] = {
    {"as", "NAME", "who rates: a person of the site file (default: the user)", 0},
    {"rests-on", "TEXT", "what it rests on, where the run recorded nothing for it", 0},
    {"sign", "KEY", "sign the evaluation with this secret key", 0},
    {"run", "RUN", "the run (default: last)", 0},
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {NULL, NULL, NULL, 0}};

static int refuse(const char *text)
{
    nd_client_refuse("rate", "%s", text);
    return ND_EXIT_USAGE;
}

/* What the run recorded for it, as the report weighs it. Caller decrefs. */
static json_t *weighed(const struct nd_evaluating *e, const char *id)
{
    struct nd_fail why = {0};
    json_t *model = nd_report_model(&e->dir, &why);
    json_t *found = NULL;
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(model, "objectives"), i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "id")), id) == 0)
            found = json_incref(one);
    }
    json_decref(model);
    return found;
}

static json_int_t counted(const json_t *node, const char *key)
{
    return json_integer_value(json_object_get(json_object_get(node, "counts"), key));
}

/* No evidence, no rating; and a warning where the rating is better than what was written down. */
static bool has_evidence(const struct nd_evaluating *e, const char *id, const char *rating)
{
    json_t *node = weighed(e, id);
    bool some = json_array_size(json_object_get(node, "evidence")) != 0 ||
                json_array_size(json_object_get(node, "evidence_added")) != 0;
    const char *suggested = json_string_value(json_object_get(node, "suggested"));
    json_int_t improve = counted(node, "improvements");
    if (some && strcmp(rating, "P") == 0 &&
        improve > counted(node, "good") + counted(node, "strengths"))
        fprintf(stderr, "note: most of what was recorded for '%s' is to be improved\n", id);
    if (some && suggested != NULL && strlen(suggested) == 1 && strcmp(suggested, rating) != 0)
        fprintf(stderr, "note: the evidence suggested %s\n", suggested);
    json_decref(node);
    return some || nd_cli_get(&e->args, "rests-on") != NULL;
}

static int set_rating(struct nd_evaluating *e)
{
    const char *id = e->args.words.at[0];
    const char *rating = e->args.words.at[1];
    bool none = strcmp(rating, "none") == 0;
    char *why = nd_client_sentence(&e->args, 2);
    const json_t *node = nd_evaluating_objective(e, "rate", id);
    const char *kind = json_string_value(json_object_get(node, "kind"));
    int code = ND_EXIT_USAGE;
    if (node == NULL || !nd_evaluating_may(e, "rate", true)) {
        free(why);
        return code;
    }
    if (kind != NULL && strcmp(kind, "task") == 0)
        code = refuse("objectives and targets are rated; a task is evidence for its target");
    else if (!none && (strlen(rating) != 1 || strchr("PSMU", *rating) == NULL))
        code = refuse("a rating is P, S, M or U, or none to take it back; see docs/report.md");
    else if (why == NULL)
        code = refuse("say why, after the rating: what was seen, in a sentence");
    else if (!none && !has_evidence(e, id, rating)) {
        nd_client_refuse("rate",
                         "nothing was recorded for '%s', and without evidence there is "
                         "no rating; say what it rests on: --rests-on TEXT",
                         id);
        code = ND_EXIT_REFUSED;
    } else {
        json_t *data = json_pack("{s:s?, s:s, s:s*}", "rating", none ? NULL : rating, "why", why,
                                 "rests_on", nd_cli_get(&e->args, "rests-on"));
        code = data != NULL ? nd_evaluating_add(e, "rate", "rating.set", id, data)
                            : refuse("that is no UTF-8 text");
    }
    free(why);
    return code;
}

static int rate(int argc, char **argv)
{
    struct nd_evaluating e;
    int code = 0;
    if (nd_evaluating_begin(&e, &nd_command_rate, argc, argv, 2, &code))
        code = set_rating(&e);
    nd_evaluating_end(&e);
    return code;
}

const struct nd_command nd_command_rate = {
    "rate",
    "rate OBJECTIVE RATING TEXT... [--as NAME] [--rests-on TEXT] [--sign KEY] [--run RUN]",
    "Rates an objective or a target of a run, while it lives or afterwards.\n\n"
    "  netdrill rate notify S 首報準時，續報遲五分鐘 --as chen\n"
    "  netdrill rate notify none 誤植 --as chen\n\n"
    "RATING: P performed without challenges, S with some, M with major ones, U unable to be\n"
    "performed; none takes it back.\n"
    "What the evidence suggests stands in the report; only this makes it a rating.",
    rate,
    0,
    options};
