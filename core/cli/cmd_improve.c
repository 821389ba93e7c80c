#include "cli/clean.h"
#include "cli/client.h"
#include "cli/evaluate.h"
#include "report/across/items.h"
#include "report/words/words.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* improve: what is to be done because of a run, by whom and till when. */

extern const struct nd_command nd_command_improve;

static const struct nd_cli_option options[] = {
    {"as", "NAME", "who says so: a person of the site file (default: the user)", 0},
    {"issue", "TEXT", "what is to be improved", 0},
    {"objective", "OBJECTIVE", "the objective, target or task it is for", 0},
    {"observation", "OBSERVATION", "number of the one it follows from, 3 or L1", 0},
    {"event", "N", "the journal's event it follows from", 0},
    {"element", "planning|organization|equipment|training|exercises", "capability element", 0},
    {"priority", "high|medium|low", "priority", 0},
    {"owner", "NAME", "the organization that answers for it", 0},
    {"contact", "NAME", "its point of contact", 0},
    {"from", "RUN", "carry: of this earlier run, of whatever drill", 0},
    {"start", "DATE", "when it begins, 2027-01-31", 0},
    {"due", "DATE", "till when, 2027-03-31", 0},
    {"status", "proposed|agreed|started|done|dropped", "status (default: proposed)", 0},
    {"sign", "KEY", "sign the evaluation with this secret key", 0},
    {"json", NULL, "the list as JSON", 0},
    {"run", "RUN", "the run (default: last)", 0},
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {NULL, NULL, NULL, 0}};

static int refuse(const char *text)
{
    fprintf(stderr, "netdrill improve: %s\n", text);
    return ND_EXIT_USAGE;
}

/* "2027-03-31", a day that there is. */
static bool is_date(const char *text)
{
    struct tm tm = {0};
    char again[16];
    const char *end = strptime(text, "%Y-%m-%d", &tm);
    if (end == NULL || *end != '\0')
        return false;
    tm.tm_hour = 12;
    timegm(&tm);
    strftime(again, sizeof again, "%Y-%m-%d", &tm);
    return strcmp(again, text) == 0;
}

static bool is_number(const char *text)
{
    return *text != '\0' && strlen(text) < 10 && text[strspn(text, "0123456789")] == '\0';
}

/* One of the words of "one|other|third". */
static bool is_choice(const char *choices, const char *text)
{
    size_t len = strlen(text);
    for (const char *at = choices; at != NULL; at = strchr(at, '|')) {
        at += *at == '|';
        if (len != 0 && strncmp(at, text, len) == 0 && (at[len] == '|' || at[len] == '\0'))
            return true;
    }
    return false;
}

static const struct nd_cli_option *option_of(const char *name)
{
    size_t i = 0;
    while (strcmp(options[i].name, name) != 0)
        i++;
    return &options[i];
}

/* The fields that were given, checked; NULL: told. */
static json_t *read_fields(const struct nd_evaluating *e)
{
    static const char *const names[] = {"issue",   "objective", "observation", "event",
                                        "element", "priority",  "owner",       "contact",
                                        "start",   "due",       "status"};
    json_t *fields = json_object();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = nd_cli_get(&e->args, names[i]);
        bool date = strcmp(names[i], "start") == 0 || strcmp(names[i], "due") == 0;
        bool observation = strcmp(names[i], "observation") == 0;
        bool number = observation || strcmp(names[i], "event") == 0;
        bool later = observation && value != NULL && *value == 'L';
        if (value == NULL)
            continue;
        if (date && !is_date(value))
            fprintf(stderr, "netdrill improve: '--%s' takes a day such as 2027-03-31, got '%s'\n",
                    names[i], value);
        else if (strchr(option_of(names[i])->arg, '|') != NULL &&
                 !is_choice(option_of(names[i])->arg, value))
            fprintf(stderr, "netdrill improve: '--%s' takes %s, got '%s'\n", names[i],
                    option_of(names[i])->arg, value);
        else if (number && !is_number(value + later))
            fprintf(stderr, "netdrill improve: '--%s' takes a number, got '%s'\n", names[i], value);
        else if (strcmp(names[i], "objective") != 0 ||
                 nd_evaluating_objective(e, "improve", value) != NULL) {
            json_t *text = json_string(value);
            if (text != NULL) {
                json_object_set_new(fields, names[i], text);
                continue;
            }
            refuse("that is no UTF-8 text");
        }
        json_decref(fields);
        return NULL;
    }
    return fields;
}

static const char *str_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* Nobody is bound by what nobody answers for: an item that is agreed has an owner and a day. */
static bool is_complete(const json_t *fields, const json_t *before)
{
    static const char *const needed[] = {"owner", "due"};
    const char *status = str_of(fields, "status");
    if (strcmp(status, "agreed") != 0 && strcmp(status, "started") != 0)
        return true;
    for (size_t i = 0; i < 2; i++) {
        if (*str_of(fields, needed[i]) == '\0' && *str_of(before, needed[i]) == '\0') {
            fprintf(stderr, "netdrill improve: an item that is %s needs '--%s'\n", status,
                    needed[i]);
            return false;
        }
    }
    return true;
}

/* One that says the same as an item that is carried would be counted twice. */
static void tell_carried(const struct nd_evaluating *e, const char *action)
{
    json_t *state = nd_evaluation_state(&e->dir, NULL);
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(json_object_get(state, "carried"), i, item)
    {
        if (strcmp(str_of(item, "action"), action) == 0)
            fprintf(stderr, "note: the same is carried forward as %s; drop one of them\n",
                    str_of(item, "id"));
    }
    json_decref(state);
}

static int add(struct nd_evaluating *e)
{
    char *action = nd_client_sentence(&e->args, 1);
    json_t *fields = action != NULL ? read_fields(e) : NULL;
    int code = ND_EXIT_USAGE;
    if (action == NULL)
        code = refuse("say what is to be done: netdrill improve add TEXT...");
    else if (fields != NULL && json_object_get(fields, "element") == NULL)
        code = refuse("say which element of the capability it is: --element "
                      "planning|organization|equipment|training|exercises");
    else if (fields != NULL && is_complete(fields, NULL)) {
        if (json_object_get(fields, "status") == NULL)
            json_object_set_new(fields, "status", json_string("proposed"));
        json_object_set_new(fields, "action", json_string(action));
        tell_carried(e, action);
        code = nd_evaluating_add(e, "improve", "improvement.added", NULL, json_incref(fields));
        if (code == ND_EXIT_OK)
            printf("%s\n", e->added);
    }
    json_decref(fields);
    free(action);
    return code;
}

/* The item as it stands, the run's own or one that it carries; NULL: told. Borrowed from state. */
static const json_t *find_item(const json_t *state, const char *id)
{
    static const char *const lists[] = {"improvements", "carried"};
    for (size_t l = 0; l < 2; l++) {
        size_t i = 0;
        json_t *item = NULL;
        json_array_foreach(json_object_get(state, lists[l]), i, item)
        {
            if (strcmp(str_of(item, "id"), id) == 0)
                return item;
        }
    }
    fprintf(stderr, "netdrill improve: there is no item '%s'; netdrill improve list\n", id);
    return NULL;
}

/* In this run, in the one it belongs to, and in all that carry it. */
static int say(const struct nd_evaluating *e, const char *id, const json_t *fields)
{
    struct nd_fail why = {0};
    char *unsigned_now = NULL;
    nd_err err = nd_items_change(&e->dir, id, e->by, fields, nd_cli_get(&e->args, "sign"),
                                 &unsigned_now, &why);
    if (unsigned_now != NULL)
        fprintf(stderr, "the evaluation is not signed any more; sign it again with --sign KEY:%s\n",
                unsigned_now);
    free(unsigned_now);
    if (err == ND_OK)
        return ND_EXIT_OK;
    fprintf(stderr, "netdrill improve: %s\n", why.text);
    return err == ND_EARG ? ND_EXIT_USAGE : err == ND_EPARSE ? ND_EXIT_INTEGRITY : ND_EXIT_REFUSED;
}

/* set: what was given; done: its status, and the words as proof. */
static int change(struct nd_evaluating *e, bool done)
{
    struct nd_fail why = {0};
    if (e->args.words.count < 2)
        return refuse("say which item: netdrill improve list shows them");
    const char *id = e->args.words.at[1];
    char *words = nd_client_sentence(&e->args, 2);
    json_t *state = nd_evaluation_state(&e->dir, &why);
    const json_t *item = state != NULL ? find_item(state, id) : NULL;
    json_t *fields = item != NULL ? read_fields(e) : NULL;
    int code = ND_EXIT_USAGE;
    if (fields != NULL && done)
        json_object_set_new(fields, "status", json_string("done"));
    if (fields != NULL && words != NULL)
        json_object_set_new(fields, done ? "proof" : "action", json_string(words));
    if (fields != NULL && done && words == NULL)
        code = refuse("say what proves it: netdrill improve done I1 TEXT...");
    else if (fields != NULL && json_object_size(fields) == 0)
        code = refuse("say what changes: --status, --owner, --due, ...");
    else if (fields != NULL && is_complete(fields, item))
        code = say(e, id, fields);
    json_decref(fields);
    json_decref(state);
    free(words);
    return code;
}

static void print_item(const json_t *item, const char *today)
{
    const char *due = str_of(item, "due");
    printf("%-4s %-9s %-13s %-10s %s%s%s%s%s", str_of(item, "id"), str_of(item, "status"),
           str_of(item, "element"), *due != '\0' ? due : "no date", str_of(item, "action"),
           *str_of(item, "owner") != '\0' ? "  [" : "", str_of(item, "owner"),
           *str_of(item, "owner") != '\0' ? "]" : "",
           nd_item_is_overdue(item, today) ? "  OVERDUE" : "");
    if (*str_of(item, "run") != '\0')
        printf("  (%s of %s, carried %lld time(s))", str_of(item, "item"), str_of(item, "run"),
               (long long)json_integer_value(json_object_get(item, "times")));
    printf("\n");
}

static int list(struct nd_evaluating *e)
{
    struct nd_fail why = {0};
    json_t *state = nd_evaluation_state(&e->dir, &why);
    json_t *items = json_array();
    json_array_extend(items, json_object_get(state, "improvements"));
    json_array_extend(items, json_object_get(state, "carried"));
    if (state == NULL) {
        json_decref(items);
        fprintf(stderr, "netdrill improve: %s\n", why.text);
        return ND_EXIT_REFUSED;
    }
    char today[16];
    nd_cli_today(today);
    size_t i = 0;
    json_t *item = NULL;
    char *text = json_dumps(items, JSON_COMPACT);
    nd_cli_clean(items);
    if (nd_cli_get(&e->args, "json") != NULL)
        printf("%s\n", text);
    else
        json_array_foreach(items, i, item) print_item(item, today);
    free(text);
    json_decref(items);
    json_decref(state);
    return ND_EXIT_OK;
}

/* What is open in earlier runs, as a run that begins does by itself. */
static int carry(const struct nd_evaluating *e)
{
    struct nd_fail why = {0};
    size_t added = 0;
    size_t changed = 0;
    char name[] = "improve";
    const struct nd_items_told told = {nd_cli_unread, name};
    nd_err err = nd_items_carry(&e->dir, nd_cli_get(&e->args, "from"), e->by,
                                nd_cli_get(&e->args, "sign"), &told, &added, &changed, &why);
    if (err == ND_OK)
        printf("%zu carried forward, %zu brought up to date\n", added, changed);
    else
        fprintf(stderr, "netdrill improve: %s\n", why.text);
    return err == ND_OK ? ND_EXIT_OK : err == ND_EARG ? ND_EXIT_USAGE : ND_EXIT_REFUSED;
}

static int improve(int argc, char **argv)
{
    struct nd_evaluating e;
    int code = 0;
    if (nd_evaluating_begin(&e, &nd_command_improve, argc, argv, 1, &code)) {
        const char *what = e.args.words.at[0];
        if (strcmp(what, "list") == 0)
            code = list(&e);
        else if (!nd_evaluating_may(&e, "improve", false))
            code = ND_EXIT_USAGE;
        else if (strcmp(what, "add") == 0)
            code = add(&e);
        else if (strcmp(what, "set") == 0 || strcmp(what, "done") == 0)
            code = change(&e, strcmp(what, "done") == 0);
        else if (strcmp(what, "carry") == 0)
            code = carry(&e);
        else
            code = refuse("expected add, set, done, carry or list");
    }
    nd_evaluating_end(&e);
    return code;
}

const struct nd_command nd_command_improve = {
    "improve",
    "improve add TEXT... [--element NAME] | improve set ITEM [TEXT...] | improve done ITEM TEXT... "
    "| improve carry [--from RUN] | improve list",
    "Keeps what is to be done because of a run: action, element, owner, due date, status. What is "
    "not done when the next run of the drill begins is carried forward into it (C1, C2, ...); what "
    "is said of an item in one run holds in all.\n\n"
    "  netdrill improve add 修訂通報程序書 --element planning --owner 甲公司 --due 2027-03-31 "
    "--observation 3\n"
    "  netdrill improve set I1 --status agreed --as chen\n"
    "  netdrill improve done I1 程序書 2.1 版已發布 --as chen\n"
    "  netdrill improve done C1 備援電池已換裝 --as chen    of an earlier run, closed in this one\n"
    "  netdrill improve carry --from 20250921T010203Z-cable-cut-1a2b\n"
    "  netdrill improve list\n"
    "  netdrill improvements                     of all runs: what is open, whose, overdue",
    improve,
    0,
    options};
