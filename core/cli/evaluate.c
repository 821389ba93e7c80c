#include "cli/evaluate.h"

#include "cli/client.h"
#include "report/across/items.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int tell(const char *command, const struct nd_fail *why)
{
    nd_client_refuse(command, "%s", why->text);
    return why->code == ND_EARG ? ND_EXIT_USAGE : ND_EXIT_REFUSED;
}

bool nd_evaluating_begin(struct nd_evaluating *e, const struct nd_command *command, int argc,
                         char **argv, size_t words_min, int *code)
{
    struct nd_fail why = {0};
    bool help = false;
    *e = (struct nd_evaluating){.by = NULL};
    *code = ND_EXIT_USAGE;
    if (!nd_cli_parse(command, argc, argv, words_min, ND_CLIENT_WORDS_MAX, &e->args, &help)) {
        *code = help ? ND_EXIT_OK : ND_EXIT_USAGE;
        return false;
    }
    const char *run = nd_cli_get(&e->args, "run");
    const char *by = nd_cli_get(&e->args, "as");
    e->by = by != NULL ? by : nd_client_user();
    if (nd_rundir_find(&e->dir, nd_cli_runs(&e->args), run != NULL ? run : "last", &why) != ND_OK) {
        tell(command->name, &why);
        return false;
    }
    struct nd_diags diags = {0};
    char *site = nd_rundir_file(&e->dir, "site.yaml");
    char *plan = nd_rundir_file(&e->dir, "plan.json");
    if (access(site, R_OK) == 0)
        e->site = nd_site_load(site, &diags);
    e->plan = json_load_file(plan, 0, NULL);
    nd_diags_deinit(&diags);
    free(site);
    free(plan);
    return true;
}

void nd_evaluating_end(struct nd_evaluating *e)
{
    nd_site_free(e->site);
    json_decref(e->plan);
    nd_rundir_deinit(&e->dir);
    nd_cli_args_deinit(&e->args);
}

bool nd_evaluating_may(const struct nd_evaluating *e, const char *command, bool evaluates)
{
    if (e->site == NULL || e->site->people.count == 0)
        return true;
    const struct nd_person *person = nd_site_person_find(e->site, e->by);
    if (person == NULL) {
        nd_client_refuse(command, "the site file has no person '%s'; say who you are: --as NAME",
                         e->by);
        return false;
    }
    if (!evaluates || person->role == ND_ROLE_UNSAID || person->role == ND_ROLE_EVALUATOR ||
        person->role == ND_ROLE_DIRECTOR)
        return true;
    nd_client_refuse(command, "'%s' is a %s; evaluators and directors rate", e->by,
                     nd_role_name(person->role));
    return false;
}

const json_t *nd_evaluating_objective(const struct nd_evaluating *e, const char *command,
                                      const char *id)
{
    const json_t *list = json_object_get(e->plan, "objectives");
    const char **names = nd_alloc((json_array_size(list) + 1) * sizeof *names);
    const json_t *found = NULL;
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(list, i, one)
    {
        names[i] = json_string_value(json_object_get(one, "id"));
        found = strcmp(names[i], id) == 0 ? one : found;
    }
    const char *near = found == NULL ? nd_text_nearest(id, names, i) : NULL;
    if (found == NULL)
        nd_client_refuse(command, "the drill has no objective, target or task '%s'%s%s%s", id,
                         near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                         near != NULL ? "'" : "");
    free(names);
    return found;
}

/* "I3" or "L3": the number that comes next. */
static void next_id(const struct nd_evaluation *evaluation, const char *type, char *out,
                    size_t out_bytes)
{
    const json_t *now = nd_evaluation_now(evaluation);
    bool item = strncmp(type, "improvement", strlen("improvement")) == 0;
    size_t count = item ? json_array_size(json_object_get(now, "improvements")) : 0;
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(now, "observations"), i, one)
    {
        const char *does = json_string_value(json_object_get(one, "does"));
        count += !item && does != NULL && strcmp(does, "added") == 0;
    }
    snprintf(out, out_bytes, "%c%zu", item ? 'I' : 'L', count + 1);
}

int nd_evaluating_add(struct nd_evaluating *e, const char *command, const char *type,
                      const char *subject, json_t *data)
{
    struct nd_fail why = {0};
    bool unsigned_now = false;
    struct nd_evaluation *evaluation = nd_evaluation_open(&e->dir, &why);
    if (evaluation == NULL) {
        json_decref(data);
        tell(command, &why);
        return why.code == ND_EPARSE ? ND_EXIT_INTEGRITY : ND_EXIT_REFUSED;
    }
    if (subject == NULL)
        next_id(evaluation, type, e->added, sizeof e->added);
    nd_err err = nd_evaluation_add(evaluation, type, subject != NULL ? subject : e->added, e->by,
                                   data, &why);
    if (err == ND_OK)
        err = nd_evaluation_sign(evaluation, nd_cli_get(&e->args, "sign"), &unsigned_now, &why);
    if (err == ND_OK)
        err = nd_report_again(&e->dir, &why);
    nd_evaluation_close(evaluation);
    if (err != ND_OK)
        return tell(command, &why);
    if (unsigned_now)
        fprintf(stderr, "the evaluation is not signed any more; sign it again with --sign KEY\n");
    return ND_EXIT_OK;
}
