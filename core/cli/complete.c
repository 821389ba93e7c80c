#include "cli/complete.h"

#include "cli/common.h"
#include "cli/control.h"
#include "cli/init.h"
#include "cli/usage.h"
#include "record/alive.h"
#include "record/evaluation.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* One question of a shell. */
struct asked {
    const struct nd_command *command;
    const char *word; /* that is completed; of "--name=value" the value */
    const char *lead; /* "--name=" to be put before, or "" */
    const char *runs, *run;
    FILE *out;
};

/* A candidate that does not begin like the word is left out. */
static void put(const struct asked *asked, const char *name, const char *about)
{
    if (strncmp(name, asked->word, strlen(asked->word)) == 0)
        fprintf(asked->out, "%s%s\t%.*s\n", asked->lead, name, (int)strcspn(about, "\n"), about);
}

/* ---- what lives right now ---- */

static void put_runs(const struct asked *asked)
{
    struct dirent **entries = NULL;
    bool living = (asked->command->flags & ND_COMMAND_LIVING) != 0;
    int count = scandir(asked->runs, &entries, NULL, alphasort); /* run ids begin with their time */
    bool any = false;
    for (int i = count - 1; i >= 0; i--) {
        struct nd_rundir dir;
        const char *name = entries[i]->d_name;
        if (*name != '.' && nd_rundir_find(&dir, asked->runs, name, NULL) == ND_OK) {
            bool lives = nd_rundir_is_alive(&dir);
            if ((lives || !living) && !any)
                put(asked, "last", "the latest");
            any = any || lives || !living;
            if (lives || !living)
                put(asked, name, lives ? "lives" : "has ended");
            nd_rundir_deinit(&dir);
        }
        free(entries[i]);
    }
    free(entries);
}

/* The status of the run that is spoken of; NULL: none. Caller decrefs the answer. */
static json_t *ask_status(const struct asked *asked)
{
    struct nd_rundir dir;
    json_t *answer = NULL;
    if (nd_rundir_find(&dir, asked->runs, asked->run, NULL) != ND_OK)
        return NULL;
    nd_control_ask(&dir, json_pack("{s:s}", "do", "status"), &answer, NULL);
    nd_rundir_deinit(&dir);
    return answer;
}

static const char *text_of(const json_t *text, bool zh)
{
    const char *wanted = json_string_value(json_object_get(text, zh ? "zh" : "en"));
    const char *other = json_string_value(json_object_get(text, zh ? "en" : "zh"));
    return wanted != NULL ? wanted : other != NULL ? other : "";
}

static void put_confirmations(const struct asked *asked)
{
    json_t *answer = ask_status(asked);
    const json_t *status = json_object_get(answer, "status");
    size_t i = 0;
    json_t *c = NULL;
    json_array_foreach(json_object_get(status, "confirmations"), i, c)
    {
        char number[24];
        snprintf(number, sizeof number, "%lld",
                 (long long)json_integer_value(json_object_get(c, "number")));
        put(asked, number, text_of(json_object_get(c, "sentence"), nd_cli_zh(NULL)));
    }
    json_decref(answer);
}

/* The plan of the run that is spoken of; NULL: none. Caller decrefs. */
static json_t *plan_of(const struct asked *asked)
{
    struct nd_rundir dir;
    if (nd_rundir_find(&dir, asked->runs, asked->run, NULL) != ND_OK)
        return NULL;
    char *path = nd_rundir_file(&dir, "plan.json");
    json_t *plan = json_load_file(path, 0, NULL);
    free(path);
    nd_rundir_deinit(&dir);
    return plan;
}

/* Those of an observation: of the plan, whatever became of them, while it lives and afterwards. */
static void put_planned_injects(const struct asked *asked)
{
    json_t *plan = plan_of(asked);
    size_t p = 0;
    json_t *phase = NULL;
    json_array_foreach(json_object_get(plan, "phases"), p, phase)
    {
        size_t i = 0;
        json_t *inject = NULL;
        json_array_foreach(json_object_get(phase, "injects"), i, inject)
            put(asked, json_string_value(json_object_get(inject, "id")),
                text_of(json_object_get(inject, "title"), nd_cli_zh(NULL)));
    }
    json_decref(plan);
}

/* Those that are not over. */
static void put_injects(const struct asked *asked)
{
    if ((asked->command->flags & ND_COMMAND_LIVING) == 0) {
        put_planned_injects(asked);
        return;
    }
    json_t *answer = ask_status(asked);
    const json_t *status = json_object_get(answer, "status");
    size_t i = 0;
    json_t *inject = NULL;
    json_array_foreach(json_object_get(status, "injects"), i, inject)
    {
        const char *state = json_string_value(json_object_get(inject, "state"));
        const char *id = json_string_value(json_object_get(inject, "id"));
        if (strcmp(state, "waiting") == 0 || strcmp(state, "pending") == 0 ||
            strcmp(state, "open") == 0 || strcmp(state, "expired") == 0)
            put(asked, id, text_of(json_object_get(inject, "title"), nd_cli_zh(NULL)));
    }
    json_decref(answer);
}

/* Clocks that run. */
static void put_duties(const struct asked *asked)
{
    json_t *answer = ask_status(asked);
    const json_t *status = json_object_get(answer, "status");
    size_t i = 0;
    json_t *duty = NULL;
    json_array_foreach(json_object_get(status, "obligations"), i, duty)
    {
        if (strcmp(json_string_value(json_object_get(duty, "state")), "open") == 0)
            put(asked, json_string_value(json_object_get(duty, "duty")),
                text_of(json_object_get(duty, "title"), nd_cli_zh(NULL)));
    }
    json_decref(answer);
}

/* Objectives and what stands below them, of the run's plan. */
static void put_objectives(const struct asked *asked)
{
    json_t *plan = plan_of(asked);
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(plan, "objectives"), i, one)
        put(asked, json_string_value(json_object_get(one, "id")),
            text_of(json_object_get(one, "text"), nd_cli_zh(NULL)));
    json_decref(plan);
}

static void put_ratings(const struct asked *asked)
{
    static const char *const ratings[][2] = {{"P", "performed without challenges"},
                                             {"S", "performed with some challenges"},
                                             {"M", "performed with major challenges"},
                                             {"U", "unable to be performed"},
                                             {"none", "taken back"}};
    for (size_t i = 0; i < sizeof ratings / sizeof ratings[0]; i++)
        put(asked, ratings[i][0], ratings[i][1]);
}

/* Improvement items. */
static void put_items(const struct asked *asked)
{
    struct nd_rundir dir;
    if (nd_rundir_find(&dir, asked->runs, asked->run, NULL) != ND_OK)
        return;
    json_t *state = nd_evaluation_state(&dir, NULL);
    static const char *const lists[] = {"improvements", "carried"};
    for (size_t l = 0; l < 2; l++) {
        size_t i = 0;
        json_t *item = NULL;
        json_array_foreach(json_object_get(state, lists[l]), i, item)
            put(asked, json_string_value(json_object_get(item, "id")),
                json_string_value(json_object_get(item, "action")));
    }
    json_decref(state);
    nd_rundir_deinit(&dir);
}

/* Of the site that the run was begun with. */
static void put_people(const struct asked *asked)
{
    struct nd_rundir dir;
    struct nd_diags diags = {.errors = 0};
    if (nd_rundir_find(&dir, asked->runs, asked->run, NULL) != ND_OK)
        return;
    char *path = nd_rundir_file(&dir, "site.yaml");
    struct nd_site *site = nd_site_load(path, &diags);
    for (size_t i = 0; site != NULL && i < site->people.count; i++) {
        const struct nd_person *person = &site->people.at[i];
        bool zh = nd_cli_zh(NULL);
        const char *title = zh ? person->title.zh : person->title.en;
        put(asked, person->name, title != NULL ? title : "");
    }
    nd_site_free(site);
    nd_diags_deinit(&diags);
    free(path);
    nd_rundir_deinit(&dir);
}

/* ---- what netdrill knows ---- */

static void each_plugin(const struct asked *asked,
                        void (*act)(const struct asked *, const struct nd_plugin *))
{
    struct nd_sched *sched = nd_work_virtual();
    struct nd_plugins *plugins = nd_plugins_new(sched, NULL);
    char **names = NULL;
    size_t count = nd_plugins_available(&names);
    for (size_t i = 0; i < count; i++) {
        const struct nd_plugin *plugin = nd_plugins_load(plugins, names[i], NULL);
        if (plugin != NULL)
            act(asked, plugin);
        free(names[i]);
    }
    free(names);
    nd_plugins_free(plugins);
    nd_sched_free(sched);
}

static void put_plugin(const struct asked *asked, const struct nd_plugin *plugin)
{
    put(asked, plugin->name, plugin->help);
}

static void put_calls(const struct asked *asked, const struct nd_plugin *plugin)
{
    for (const struct nd_verb *const *v = plugin->verbs; *v != NULL; v++) {
        char call[128];
        snprintf(call, sizeof call, "%s.%s#1", plugin->name, (*v)->name);
        put(asked, call, (*v)->help);
    }
}

static void put_plugins(const struct asked *asked)
{
    each_plugin(asked, put_plugin);
}

static void put_verbs(const struct asked *asked)
{
    each_plugin(asked, put_calls);
}

static void put_codes(const struct asked *asked)
{
    for (size_t i = 0; nd_diag_code(i) != NULL; i++)
        put(asked, nd_diag_code(i), nd_diag_title(nd_diag_code(i)));
}

static void put_templates(const struct asked *asked)
{
    struct nd_template template;
    for (size_t i = 0; nd_template_get(i, &template); i++)
        put(asked, template.name, template.title);
}

static void put_commands(const struct asked *asked)
{
    for (const struct nd_command *const *c = nd_commands; *c != NULL; c++) {
        if (((*c)->flags & ND_COMMAND_HIDDEN) == 0)
            put(asked, (*c)->name, (*c)->help);
    }
}

/* ---- kinds of words ---- */

/* Those of which nothing can be offered are named, too: a kind that is not here is a mistake, and
 * the man pages are not made with it. ID is none on purpose: a drill's id is typed, so that nobody
 * confirms by a slip of the finger. */
static const struct {
    const char *name;
    void (*put)(const struct asked *asked);
    const char *files; /* what the shell completes by itself */
} kinds[] = {
    {"RUN", put_runs, NULL},
    {"EARLIER", put_runs, NULL},
    {"LATER", put_runs, NULL},
    {"NUMBER", put_confirmations, NULL},
    {"NAME", put_people, NULL},
    {"INJECT", put_injects, NULL},
    {"OBSERVATION", NULL, NULL},
    {"DUTY", put_duties, NULL},
    {"EVENT", NULL, NULL},
    {"DRILL", NULL, NULL},
    {"WORDS", NULL, NULL},
    {"OBJECTIVE", put_objectives, NULL},
    {"RATING", put_ratings, NULL},
    {"ITEM", put_items, NULL},
    {"DATE", NULL, NULL},
    {"YEAR", NULL, NULL},
    {"MOMENT", NULL, NULL},
    {"PLUGIN", put_plugins, NULL},
    {"VERB#N", put_verbs, NULL},
    {"CODE", put_codes, NULL},
    {"COMMAND", put_commands, NULL},
    {"TEMPLATE", put_templates, NULL},
    {"SCENARIO", NULL, ":files lua"},
    {"PLAN", NULL, ":files plan"},
    {"SITE", NULL, ":files yaml yml"},
    {"FILE", NULL, ":files"},
    {"PATH", NULL, ":files so"},
    {"TABLE", NULL, ":files csv ods"},
    {"TIME", NULL, NULL},
    {"KEY", NULL, ":files"},
    {"PUB", NULL, ":files pub"},
    {"DIR", NULL, ":dirs"},
    {"ID", NULL, NULL},
    {"NAME=VALUE", NULL, NULL},
    {"N", NULL, NULL},
    {"LENGTH", NULL, NULL},
    {"PORT", NULL, NULL},
    {"TEXT", NULL, NULL},
    {"KIND:ADDRESS:PORT", NULL, NULL},
};
#define KINDS_COUNT (sizeof kinds / sizeof kinds[0])

bool nd_complete_knows(const char *kind)
{
    for (size_t i = 0; i < KINDS_COUNT; i++) {
        if (strcmp(kinds[i].name, kind) == 0)
            return true;
    }
    return false;
}

static void put_kind(const struct asked *asked, const char *name)
{
    if (!nd_usage_is_kind(name))
        put(asked, name, "");
    for (size_t i = 0; i < KINDS_COUNT; i++) {
        if (strcmp(kinds[i].name, name) != 0)
            continue;
        if (kinds[i].put != NULL)
            kinds[i].put(asked);
        else if (kinds[i].files != NULL)
            fprintf(asked->out, "%s\n", kinds[i].files);
    }
}

/* "zh|en" or "FILE" */
static void put_value(const struct asked *asked, const char *arg)
{
    char *copy = nd_strdup(arg);
    char *rest = copy;
    for (char *name = NULL; (name = strsep(&rest, "|")) != NULL;)
        put_kind(asked, name);
    free(copy);
}

/* ---- the line ---- */

struct line {
    struct ND_VEC(const char *) words, given; /* words, and names of options, before the last */
    const struct nd_cli_option *open;         /* the last word is its value; or NULL */
    bool words_only;
};

/* An option before the last word; next: the word behind it, NULL when that is the last. True: next
 * is its value. */
static bool take_option(struct asked *asked, struct line *line, const char *word, const char *next)
{
    size_t len = strcspn(word + 2, "=");
    const struct nd_cli_option *o = nd_usage_option(asked->command, word + 2, len);
    const char *joined = word[2 + len] == '=' ? word + 2 + len + 1 : NULL;
    if (o == NULL)
        return false;
    nd_vec_push(&line->given, o->name);
    if (o->arg == NULL)
        return false;
    const char *value = joined != NULL ? joined : next;
    if (value == NULL)
        line->open = o;
    else if (strcmp(o->name, "runs") == 0)
        asked->runs = value;
    else if (strcmp(o->name, "resume") == 0 || strcmp(o->name, "run") == 0)
        asked->run = value;
    return joined == NULL && next != NULL;
}

static void read_line(struct asked *asked, int count, const char *const *words, struct line *line)
{
    for (int i = 1; i + 1 < count; i++) {
        const char *next = i + 2 < count ? words[i + 1] : NULL;
        if (line->words_only || strncmp(words[i], "--", 2) != 0)
            nd_vec_push(&line->words, words[i]);
        else if (words[i][2] == '\0')
            line->words_only = true;
        else if (take_option(asked, line, words[i], next))
            i++;
    }
    struct nd_usage_choices first = {.names = {NULL, 0, 0}};
    nd_usage_next(asked->command, NULL, 0, &first);
    for (size_t i = 0; i < first.names.count && line->words.count != 0; i++) {
        if (strcmp(first.names.at[i], "RUN") == 0)
            asked->run = line->words.at[0];
    }
    nd_usage_choices_deinit(&first);
}

static void put_options(const struct asked *asked, const struct line *line)
{
    const struct nd_cli_option *o = asked->command->options;
    for (; o != NULL && o->name != NULL; o++) {
        bool given = false;
        for (size_t i = 0; i < line->given.count; i++)
            given = given || strcmp(line->given.at[i], o->name) == 0;
        char name[48];
        snprintf(name, sizeof name, "--%s", o->name);
        if (!given || (o->flags & ND_CLI_REPEAT) != 0)
            put(asked, name, o->help);
    }
    put(asked, "--help", "tells more");
}

static void put_words(const struct asked *asked, const struct line *line)
{
    struct nd_usage_choices choices = {.names = {NULL, 0, 0}};
    nd_usage_next(asked->command, line->words.at, line->words.count, &choices);
    for (size_t i = 0; i < choices.names.count; i++) {
        bool twice = false;
        for (size_t k = 0; k < i; k++)
            twice = twice || strcmp(choices.names.at[k], choices.names.at[i]) == 0;
        if (!twice)
            put_kind(asked, choices.names.at[i]);
    }
    nd_usage_choices_deinit(&choices);
}

static void complete_line(struct asked *asked, int count, const char *const *words)
{
    struct line line = {.open = NULL};
    const char *last = words[count - 1];
    const char *equals = strchr(last, '=');
    char *lead = NULL;
    read_line(asked, count, words, &line);
    const struct nd_cli_option *joined =
        strncmp(last, "--", 2) == 0 && equals != NULL
            ? nd_usage_option(asked->command, last + 2, (size_t)(equals - last - 2))
            : NULL;
    if (line.open != NULL) {
        put_value(asked, line.open->arg);
    } else if (joined != NULL && !line.words_only && joined->arg != NULL) {
        lead = strndup(last, (size_t)(equals + 1 - last));
        asked->lead = lead;
        asked->word = equals + 1;
        put_value(asked, joined->arg);
    } else if (*last == '-' && !line.words_only) {
        put_options(asked, &line);
    } else {
        put_words(asked, &line);
    }
    free(lead);
    nd_vec_free(&line.words);
    nd_vec_free(&line.given);
}

void nd_complete(int count, const char *const *words, FILE *out)
{
    struct asked asked = {.word = count > 0 ? words[count - 1] : "",
                          .lead = "",
                          .runs = "runs",
                          .run = "last",
                          .out = out};
    if (count <= 1) {
        put_commands(&asked);
        return;
    }
    for (const struct nd_command *const *c = nd_commands; *c != NULL; c++) {
        if (strcmp((*c)->name, words[0]) != 0 || ((*c)->flags & ND_COMMAND_HIDDEN) != 0)
            continue;
        asked.command = *c;
        complete_line(&asked, count, words);
    }
}
