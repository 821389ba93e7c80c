#include "cli/common.h"
#include "cli/verify_report.h"

#include "record/evaluation.h"
#include "record/key.h"
#include "record/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* verify, key: whether a run is what it was, and the keys that seal runs. */

extern const struct nd_command nd_command_verify, nd_command_key;

static const struct nd_cli_option verify_options[] = {
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {"key", "PUB", "the run has to be signed with the key of this public key", 0},
    {"report", "FILE", "whether that file is a report of the run, octet for octet, and which", 0},
    {"template", "FILE", "how its pages look, where that is not RUNS/report-template.yaml", 0},
    {NULL, NULL, NULL, 0}};

static void print_file(void *ctx, const char *line)
{
    (void)ctx;
    printf("seal      %s\n", line);
}

static void print_journal(const struct nd_seal_check *check)
{
    const struct nd_journal_check *journal = &check->journal;
    if (journal->bad_seq != 0)
        printf("journal   event %lld is not what it was: it %s; %lld before it are whole\n",
               (long long)journal->bad_seq, nd_damage_words(journal->damage),
               (long long)journal->events);
    else
        printf("journal   ok, %lld events%s\n", (long long)journal->events,
               journal->tail == ND_TAIL_TORN ? "; the last line is torn and was left out" : "");
}

static void print_seal(const struct nd_seal_check *check)
{
    if (!check->sealed)
        printf("seal      none: the run is alive, or died; 'netdrill restore' seals it\n");
    else if (check->changed == 0)
        printf("seal      ok, %zu files\n", check->files);
    if (strcmp(check->state, "incomplete") == 0)
        printf("seal      INCOMPLETE: the run died; it was sealed when the network was put back\n");
    if (strcmp(check->state, "reopened") == 0)
        printf("seal      reopened: restored from after its end; the seal before is MANIFEST.1 or "
               "a later one\n");
}

/* False: it had to be signed with that key, and is not. */
static bool check_signature(const struct nd_rundir *dir, const struct nd_seal_check *check,
                            const char *pub)
{
    struct nd_fail why = {0};
    char id[ND_KEY_ID] = "";
    if (pub == NULL && check->is_signed)
        printf("signature there, key %s; checked with: netdrill verify --key PUB\n",
               *check->signer != '\0' ? check->signer : "not readable");
    else if (pub == NULL)
        printf("signature none\n");
    if (pub == NULL)
        return true;
    char *path = nd_rundir_file(dir, "MANIFEST");
    nd_err err = check->sealed ? nd_key_verify(pub, path, id, &why)
                               : nd_fail_set(&why, ND_EGONE, "there is no seal to be signed");
    free(path);
    if (err == ND_OK)
        printf("signature ok, key %s\n", id);
    else
        printf("signature WRONG: %s\n", why.text);
    return err == ND_OK;
}

/* What was restored after the end changed the run; what was sealed before is told apart. */
static void print_before(const struct nd_rundir *dir, const char *pub)
{
    struct nd_seal_before before;
    for (int n = 1; nd_seal_before(dir, n, &before); n++) {
        char id[ND_KEY_ID] = "";
        struct nd_fail why = {0};
        nd_err err = pub != NULL ? nd_key_verify(pub, before.path, id, &why)
                                 : nd_key_signer(before.path, id, &why);
        printf("seal %-4d %s%s; %s event %lld\n", n,
               err != ND_OK  ? why.text
               : pub != NULL ? "signature ok, key "
                             : "signed, key ",
               err == ND_OK ? id : "",
               before.journal_holds ? "the journal is as it was to"
                                    : "the journal is not as it was up to",
               (long long)before.events);
    }
}

/* Files of observations that were added afterwards: the seal leaves them out, the chain has what
 * they were. How many are otherwise. */
static size_t check_evidence(const struct nd_rundir *dir, const json_t *state)
{
    size_t wrong = 0;
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(state, "observations"), i, one)
    {
        const json_t *evidence = json_object_get(one, "evidence");
        const char *name = json_string_value(json_object_get(evidence, "file"));
        const char *kept = json_string_value(json_object_get(evidence, "sha256"));
        char hash[ND_HASH_TEXT];
        if (name == NULL || kept == NULL)
            continue;
        char *path = nd_rundir_file(dir, name);
        bool there = nd_hash_file(path, hash, NULL) == ND_OK;
        free(path);
        if (there && strcmp(hash, kept) == 0)
            continue;
        char *line = nd_printf("'%s' %s", name, there ? "is not what it was" : "is missing");
        nd_text_tame(line, false);
        nd_text_tame(line, false);
        printf("evaluation %s\n", line);
        free(line);
        wrong++;
    }
    return wrong;
}

/* Ratings and improvements go on after the seal, in a chain of their own. */
static bool check_evaluation(const struct nd_rundir *dir, const char *pub)
{
    struct nd_fail why = {0};
    char id[ND_KEY_ID] = "";
    json_t *state = nd_evaluation_state(dir, &why);
    long long events = (long long)json_integer_value(json_object_get(state, "events"));
    long long bad = (long long)json_integer_value(json_object_get(state, "bad_seq"));
    bool is_signed = json_is_string(json_object_get(state, "signer"));
    size_t wrong = check_evidence(dir, state);
    json_decref(state);
    if (state == NULL)
        printf("evaluation cannot be read: %s\n", why.text);
    else if (bad != 0)
        printf("evaluation event %lld is not what it was; %lld before it are whole\n", bad, events);
    else if (events != 0)
        printf("evaluation ok, %lld events, %s\n", events, is_signed ? "signed" : "not signed");
    bool good = state != NULL && bad == 0 && wrong == 0;
    if (pub == NULL || !is_signed)
        return good;
    char *path = nd_rundir_file(dir, "evaluation.jsonl");
    nd_err err = nd_key_verify(pub, path, id, &why);
    free(path);
    if (err == ND_OK)
        printf("evaluation signature ok, key %s\n", id);
    else
        printf("evaluation signature WRONG: %s\n", why.text);
    return good && err == ND_OK;
}

static int check_run(const struct nd_rundir *dir, const char *pub)
{
    struct nd_fail why = {0};
    struct nd_seal_check check;
    if (pub != NULL && nd_key_check_public(pub, &why) != ND_OK) {
        fprintf(stderr, "netdrill verify: --key: %s\n", why.text);
        return ND_EXIT_USAGE;
    }
    if (nd_seal_check(dir, &check, print_file, NULL, &why) != ND_OK) {
        fprintf(stderr, "netdrill verify: %s\n", why.text);
        return ND_EXIT_INTEGRITY;
    }
    print_journal(&check);
    print_seal(&check);
    print_before(dir, pub);
    bool good = check_signature(dir, &check, pub);
    good = check_evaluation(dir, pub) && good;
    return good && check.journal.bad_seq == 0 && check.changed == 0 ? ND_EXIT_OK
                                                                    : ND_EXIT_INTEGRITY;
}

/* The run that a report names, where none was named beside it. */
static void find_named(const struct nd_cli_args *args, struct nd_rundir *dir)
{
    struct nd_rundir named = {0};
    char *name = args->words.count == 0
                     ? nd_verify_run_of(nd_cli_get(args, "report"), nd_cli_runs(args))
                     : NULL;
    if (name != NULL && nd_rundir_find(&named, nd_cli_runs(args), name, NULL) == ND_OK) {
        nd_rundir_deinit(dir);
        *dir = named;
    }
    free(name);
}

static int check_report(const struct nd_cli_args *args, struct nd_rundir *dir)
{
    struct nd_fail why = {0};
    find_named(args, dir);
    printf("run       %s\n", dir->run_id);
    bool good =
        nd_verify_report(dir, nd_cli_get(args, "report"), nd_cli_get(args, "template"), &why);
    if (why.code != ND_OK)
        fprintf(stderr, "netdrill verify: %s\n", why.text);
    int code = why.code != ND_OK ? ND_EXIT_USAGE : check_run(dir, nd_cli_get(args, "key"));
    return code == ND_EXIT_OK && !good ? ND_EXIT_INTEGRITY : code;
}

static bool stray_template(const struct nd_cli_args *args)
{
    bool stray = nd_cli_get(args, "template") != NULL && nd_cli_get(args, "report") == NULL;
    if (stray)
        fprintf(stderr, "netdrill verify: '--template' goes with '--report' alone\n");
    return stray;
}

static int verify(int argc, char **argv)
{
    struct nd_cli_args args;
    struct nd_rundir dir;
    int code = 0;
    if (nd_cli_open_run(&nd_command_verify, argc, argv, &args, &dir, &code))
        code = stray_template(&args)                 ? ND_EXIT_USAGE
               : nd_cli_get(&args, "report") != NULL ? check_report(&args, &dir)
                                                     : check_run(&dir, nd_cli_get(&args, "key"));
    nd_rundir_deinit(&dir);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_verify = {
    "verify",
    "verify [RUN] [--report FILE [--template FILE]] [--key PUB] [--runs DIR]",
    "Checks that a run's journal and files are what they were, and who sealed it.\n\n"
    "With '--report': whether a file that came by other ways is its report.\n\n"
    "  netdrill verify last\n"
    "  netdrill verify last --key drills.key.pub\n"
    "  netdrill verify --report received.html    of the run that it names",
    verify,
    0,
    verify_options};

/* ---- key ---- */

static int key(int argc, char **argv)
{
    struct nd_cli_args args;
    struct nd_fail why = {0};
    bool help = false;
    char id[ND_KEY_ID];
    int code = ND_EXIT_USAGE;
    if (nd_cli_parse(&nd_command_key, argc, argv, 2, 2, &args, &help)) {
        const char *path = args.words.at[1];
        if (strcmp(args.words.at[0], "new") != 0) {
            fprintf(stderr, "netdrill key: it is used like this:\n  netdrill %s\n",
                    nd_command_key.usage);
        } else if (nd_key_new(path, id, &why) != ND_OK) {
            fprintf(stderr, "netdrill key: %s\n", why.text);
            code = ND_EXIT_REFUSED;
        } else {
            printf("%s      secret: keep it to those who seal runs (mode 0600)\n"
                   "%s.pub  public: hand it to whoever checks them; key %s\n",
                   path, path, id);
            code = ND_EXIT_OK;
        }
    }
    nd_cli_args_deinit(&args);
    return help ? ND_EXIT_OK : code;
}

const struct nd_command nd_command_key = {
    "key",
    "key new FILE",
    "Makes a key that seals runs: FILE (secret) and FILE.pub.\n\n"
    "  netdrill key new drills.key\n"
    "  netdrill run today.plan --lab --sign drills.key",
    key,
    0,
    NULL};
