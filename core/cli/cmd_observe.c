#include "base/text.h"
#include "base/units.h"
#include "cli/client.h"
#include "cli/evaluate.h"
#include "cli/observed.h"
#include "record/alive.h"
#include "record/seal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* observe: what somebody saw. Of a run that lives it goes into its journal; afterwards (a hot wash,
 * forms, what was written on paper) into its evaluation, beside the seal, as what its authors
 * correct or withdraw always does. */

extern const struct nd_command nd_command_observe;

#define EVIDENCE_MAX_BYTES (64u << 20)

static const struct nd_cli_option options[] = {
    {"inject", "INJECT", "what it is about", 0},
    {"objective", "OBJECTIVE", "what it speaks to", 0},
    {"sort", "strength|improvement", "which of the two it is", 0},
    {"at", "MOMENT", "when it was seen: T+00:20, or the time of day, 14:05", 0},
    {"file", "FILE", "evidence, such as a photograph: copied into the run", 0},
    {"correct", "OBSERVATION", "number of one of your own: it was as said now", 0},
    {"withdraw", "OBSERVATION", "number of one of your own: it counts no more; TEXT says why", 0},
    {"sign", "KEY", "after the run: sign the evaluation with this secret key", 0},
    ND_CLIENT_AS_OPTION,
    ND_CLIENT_RUN_OPTION,
    ND_CLIENT_RUNS_OPTION,
    ND_CLIENT_JSON_OPTION,
    {NULL, NULL, NULL, 0}};

struct observing {
    struct nd_evaluating e;
    struct nd_played played;
    bool lives;
    char *text;       /* or NULL */
    json_t *evidence; /* of a file that was kept, or NULL */
    nd_ns seen;       /* -1: not said */
};

static int refuse(int code, const char *text)
{
    nd_client_refuse("observe", "%s", text);
    return code;
}

static const char *given(const struct observing *o, const char *option)
{
    return nd_cli_get(&o->e.args, option);
}

/* <folder>/<12 digits of its hash>-<name>, so that nothing is written over. */
static nd_err keep_file(const char *path, const struct nd_rundir *dir, const char *where,
                        json_t **evidence, struct nd_fail *why)
{
    char *text = NULL;
    size_t len = 0;
    char hash[ND_HASH_TEXT];
    const char *slash = strrchr(path, '/');
    nd_err err = nd_file_read(path, EVIDENCE_MAX_BYTES, &text, &len, why);
    if (err != ND_OK)
        return err;
    nd_hash(text, len, hash);
    char *name =
        nd_printf("%s/%.12s-%s", where, hash + strlen("sha256:"), slash != NULL ? slash + 1 : path);
    char *folder = nd_rundir_file(dir, where);
    char *to = nd_rundir_file(dir, name);
    json_t *file =
        json_pack("{s:s, s:s, s:I}", "file", name, "sha256", hash, "octets", (json_int_t)len);
    if (file == NULL)
        err = nd_fail_set(why, ND_EARG, "the name of '%s' is no UTF-8 text", path);
    else if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        err = nd_fail_errno(why, errno, "cannot make '%s'", folder);
    if (err == ND_OK)
        err = nd_file_write(to, text, len, why);
    if (err == ND_OK)
        *evidence = json_incref(file);
    json_decref(file);
    free(text);
    free(name);
    free(folder);
    free(to);
    return err;
}

/* What is given of the fields, as a living run and the evaluation take them. NULL, told: it is no
 * UTF-8 text. */
static json_t *fields_of(const struct observing *o)
{
    static const char *const names[] = {"inject", "objective", "sort"};
    json_t *fields = json_object();
    bool good = true;
    if (o->text != NULL)
        good = json_object_set_new(fields, "text", json_string(o->text)) == 0;
    for (size_t i = 0; good && i < sizeof names / sizeof names[0]; i++) {
        const char *value = given(o, names[i]);
        if (value != NULL)
            good = json_object_set_new(fields, names[i], json_string(value)) == 0;
    }
    good = good && nd_utf8_valid(o->e.by, strlen(o->e.by));
    if (good)
        return fields;
    fprintf(stderr, ND_CLIENT_NO_UTF8, "observe");
    json_decref(fields);
    return NULL;
}

/* What was said last is left on disk only when it is in a record, too: the file is kept late. */
static bool keep_evidence(struct observing *o, const char *where)
{
    struct nd_fail why = {0};
    const char *file = given(o, "file");
    if (file == NULL || keep_file(file, &o->e.dir, where, &o->evidence, &why) == ND_OK)
        return true;
    refuse(0, why.text);
    return false;
}

static int tell_number(const struct observing *o, json_t *answer)
{
    char *number = json_dumps(json_object_get(answer, "number"), JSON_ENCODE_ANY);
    const char *later = json_string_value(json_object_get(answer, "number"));
    char *whole = json_dumps(answer, JSON_COMPACT);
    if (given(o, "json") != NULL)
        printf("%s\n", whole);
    else
        nd_client_tell("observation %s", later != NULL ? later : number);
    free(number);
    free(whole);
    return ND_EXIT_OK;
}

/* ---- while it lives ---- */

/* False: nobody serves it any more, and it is over. */
static bool tell_living(struct observing *o, int *code)
{
    char moment[ND_UNIT_TEXT];
    json_t *request = NULL;
    *code = ND_EXIT_USAGE;
    if (given(o, "sign") != NULL) {
        refuse(0, "'--sign' is for what is added afterwards: the run lives, and is sealed as a "
                  "whole at its end");
        return true;
    }
    if (keep_evidence(o, "evidence"))
        request = fields_of(o);
    if (request == NULL)
        return true;
    json_object_set_new(request, "do", json_string("observe"));
    json_object_set_new(request, "person", json_string(o->e.by));
    if (o->evidence != NULL)
        json_object_set(request, "evidence", o->evidence);
    if (o->seen >= 0)
        json_object_set_new(request, "at", json_string(nd_moment_format(o->seen, moment)));
    json_t *answer = nd_client_say(&nd_command_observe, &o->e.dir, request, code);
    bool over = answer == NULL && *code == ND_EXIT_REFUSED && !nd_rundir_is_alive(&o->e.dir);
    if (*code == ND_EXIT_OK)
        tell_number(o, answer);
    else if (answer != NULL && given(o, "json") != NULL)
        json_dumpf(answer, stdout, JSON_COMPACT);
    json_decref(answer);
    return !over;
}

/* ---- afterwards ---- */

static bool has_inject(const struct observing *o, const char *id)
{
    size_t p = 0;
    json_t *phase = NULL;
    json_array_foreach(json_object_get(o->e.plan, "phases"), p, phase)
    {
        size_t i = 0;
        json_t *inject = NULL;
        json_array_foreach(json_object_get(phase, "injects"), i, inject)
        {
            if (strcmp(json_string_value(json_object_get(inject, "id")), id) == 0)
                return true;
        }
    }
    return json_object_get(o->played.injects, id) != NULL;
}

/* As a living run checks it; told. */
static bool is_right(const struct observing *o)
{
    const char *sort = given(o, "sort");
    const char *inject = given(o, "inject");
    const char *objective = given(o, "objective");
    if (!nd_evaluating_may(&o->e, "observe", false))
        return false;
    if (o->text != NULL && o->text[strspn(o->text, " \t\r\n")] == '\0')
        refuse(0, "an observation needs words: what was seen");
    else if (sort != NULL && strcmp(sort, "strength") != 0 && strcmp(sort, "improvement") != 0)
        nd_client_refuse("observe", "an observation is a 'strength' or an 'improvement', got '%s'",
                         sort);
    else if (inject != NULL && !has_inject(o, inject))
        nd_client_refuse("observe", "there is no inject '%s'", inject);
    else
        return objective == NULL || nd_evaluating_objective(&o->e, "observe", objective) != NULL;
    return false;
}

/* What stands in the evaluation, told as a living run tells it. data: taken over; NULL: told. */
static int write_down(struct observing *o, const char *type, const char *number, json_t *data)
{
    if (data == NULL)
        return ND_EXIT_USAGE;
    if (o->seen >= 0)
        json_object_set_new(data, "seen_rel_ns", json_integer(o->seen));
    if (o->evidence != NULL)
        json_object_set(data, "evidence", o->evidence);
    int code = nd_evaluating_add(&o->e, "observe", type, number, data);
    if (code != ND_EXIT_OK)
        return code;
    json_t *answer =
        json_pack("{s:b, s:s}", "ok", 1, "number", number != NULL ? number : o->e.added);
    tell_number(o, answer);
    json_decref(answer);
    return code;
}

static int add_later(struct observing *o)
{
    static const char *const all[] = {"inject", "objective", "sort", "evidence", "seen_rel_ns"};
    if (!is_right(o))
        return ND_EXIT_USAGE;
    json_t *data = fields_of(o);
    if (data == NULL || !keep_evidence(o, "evaluation")) {
        json_decref(data);
        return ND_EXIT_USAGE;
    }
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (json_object_get(data, all[i]) == NULL)
            json_object_set_new(data, all[i], json_null());
    }
    return write_down(o, "observation.added", NULL, data);
}

/* Whoever wrote one down may say that it was otherwise; told why not. */
static int check_own(const struct observing *o, const char *number)
{
    struct nd_fail why = {0};
    json_t *state = nd_evaluation_state(&o->e.dir, &why);
    const char *author = json_string_value(json_object_get(o->played.authors, number));
    bool withdrawn = false;
    size_t i = 0;
    json_t *one = NULL;
    if (state == NULL)
        return refuse(ND_EXIT_REFUSED, why.text);
    json_array_foreach(json_object_get(state, "observations"), i, one)
    {
        const char *does = json_string_value(json_object_get(one, "does"));
        if (strcmp(json_string_value(json_object_get(one, "number")), number) != 0)
            continue;
        withdrawn = withdrawn || strcmp(does, "withdrawn") == 0;
        if (strcmp(does, "added") == 0)
            author = json_string_value(json_object_get(one, "by"));
    }
    int code = ND_EXIT_OK;
    if (author == NULL) {
        nd_client_refuse("observe", "there is no observation '%s'", number);
        code = ND_EXIT_USAGE;
    } else if (strcmp(author, o->e.by) != 0) {
        char *whose = nd_strdup(author);
        nd_text_tame(whose, false);
        nd_client_refuse("observe", "observation %s is %s's, who alone corrects or withdraws it",
                         number, whose);
        free(whose);
        code = ND_EXIT_REFUSED;
    } else if (withdrawn) {
        nd_client_refuse("observe", "observation %s is withdrawn; write down another one", number);
        code = ND_EXIT_REFUSED;
    }
    json_decref(state);
    return code;
}

static int correct(struct observing *o, const char *number)
{
    int code = is_right(o) ? check_own(o, number) : ND_EXIT_USAGE;
    if (code != ND_EXIT_OK)
        return code;
    json_t *data = fields_of(o);
    if (given(o, "file") != NULL || (json_object_size(data) == 0 && o->seen < 0)) {
        json_decref(data);
        return refuse(ND_EXIT_USAGE, given(o, "file") != NULL
                                         ? "a file goes with an observation of its own"
                                         : "say what it was: TEXT, --sort, --objective, --inject "
                                           "or --at");
    }
    return write_down(o, "observation.changed", number, data);
}

static int withdraw(struct observing *o, const char *number)
{
    static const char *const fields[] = {"inject", "objective", "sort", "at", "file"};
    if (!is_right(o))
        return ND_EXIT_USAGE;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (given(o, fields[i]) != NULL)
            return refuse(ND_EXIT_USAGE, "what is withdrawn takes nothing but why");
    }
    if (o->text == NULL)
        return refuse(ND_EXIT_USAGE, "say why it is withdrawn: --withdraw OBSERVATION TEXT...");
    int code = check_own(o, number);
    json_t *data = code == ND_EXIT_OK ? fields_of(o) : NULL;
    if (data == NULL)
        return code != ND_EXIT_OK ? code : ND_EXIT_USAGE;
    json_object_set(data, "why", json_object_get(data, "text"));
    json_object_del(data, "text");
    return write_down(o, "observation.withdrawn", number, data);
}

/* ---- the command ---- */

/* What is needed of the journal; of a run that lives only where a moment is named. */
static int read_played(struct observing *o, bool needed)
{
    struct nd_fail why = {0};
    const char *at = given(o, "at");
    if (!needed && at == NULL)
        return ND_EXIT_OK;
    nd_err err = nd_played_read(&o->played, &o->e.dir, &why);
    if (err == ND_OK && at != NULL)
        err = nd_played_moment(&o->played, at, o->lives, &o->seen, &why);
    if (err == ND_OK)
        return ND_EXIT_OK;
    return refuse(err == ND_EARG ? ND_EXIT_USAGE : ND_EXIT_REFUSED, why.text);
}

static int tell(struct observing *o)
{
    const char *old = given(o, "correct");
    const char *no_more = given(o, "withdraw");
    int code = 0;
    o->lives = nd_rundir_is_alive(&o->e.dir);
    o->text = nd_client_sentence(&o->e.args, 0);
    if (old != NULL && no_more != NULL)
        return refuse(ND_EXIT_USAGE, "it is corrected or withdrawn, not both");
    if (o->text == NULL && old == NULL && no_more == NULL)
        return refuse(ND_EXIT_USAGE, "say what was seen: netdrill observe TEXT...");
    bool own = old != NULL || no_more != NULL;
    code = read_played(o, own || !o->lives);
    if (code != ND_EXIT_OK)
        return code;
    if (old != NULL)
        return correct(o, old);
    if (no_more != NULL)
        return withdraw(o, no_more);
    if (o->lives && tell_living(o, &code))
        return code;
    if (o->lives) { /* it ended meanwhile */
        o->lives = false;
        nd_played_deinit(&o->played);
        json_decref(o->evidence);
        o->evidence = NULL;
        code = read_played(o, true);
    }
    return code == ND_EXIT_OK ? add_later(o) : code;
}

static int observe(int argc, char **argv)
{
    struct observing o = {.seen = -1};
    int code = 0;
    if (nd_evaluating_begin(&o.e, &nd_command_observe, argc, argv, 0, &code))
        code = tell(&o);
    nd_played_deinit(&o.played);
    json_decref(o.evidence);
    free(o.text);
    nd_evaluating_end(&o.e);
    return code;
}

const struct nd_command nd_command_observe = {
    "observe",
    "observe TEXT... [--inject INJECT] [--objective OBJECTIVE] [--sort strength|improvement] "
    "[--at MOMENT] [--file FILE] [--as NAME] | observe --correct OBSERVATION [TEXT...] | observe "
    "--withdraw OBSERVATION TEXT...",
    "Writes down what an observer saw, while the run lives or afterwards.\n\n"
    "  netdrill observe 網管值班人員立即查閱程序書 --inject cable-news --sort strength --as chen\n"
    "  netdrill observe 值班表未更新 --objective notify --sort improvement --at 14:05 --as chen\n"
    "  netdrill observe --correct L1 值班表為上月者 --as chen\n"
    "  netdrill observe --withdraw L1 與觀察 3 重複 --as chen\n\n"
    "After ENDEX (a hot wash, feedback forms, paper) it is numbered L1, L2, ... and stands beside\n"
    "the run's seal, as ratings do; the report says when it was added. Whoever wrote one down may\n"
    "correct or withdraw it: what stood there first stays on record.",
    observe,
    0,
    options};
