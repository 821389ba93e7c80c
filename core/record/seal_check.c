#include "base/mem.h"
#include "base/text.h"
#include "record/key.h"
#include "record/seal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A directory beside its seal. */

#define HASH_DIGITS 64

struct checking {
    const struct nd_rundir *dir;
    struct nd_seal_check *check;
    void (*told)(void *ctx, const char *line);
    void *ctx;
    char **names; /* files there are; an entry that the manifest names becomes NULL */
    size_t names_count;
    char sealed_hash[ND_HASH_TEXT]; /* of the journal's last line, when it was sealed */
};

static void tell(struct checking *checking, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(struct checking *checking, const char *fmt, ...)
{
    char line[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    if (checking->told != NULL)
        checking->told(checking->ctx, line);
}

static void read_comment(struct checking *checking, const char *line)
{
    struct nd_seal_check *check = checking->check;
    long long events = 0;
    if (sscanf(line, "# journal %lld %71s", &events, checking->sealed_hash) == 2)
        check->sealed_events = events;
    else
        sscanf(line, "# state %15s", check->state);
}

static void check_file(struct checking *checking, const char *line)
{
    const char *name = line + HASH_DIGITS + 2;
    char hash[ND_HASH_TEXT] = "";
    size_t i = 0;
    checking->check->files++;
    while (i < checking->names_count &&
           (checking->names[i] == NULL || strcmp(checking->names[i], name) != 0))
        i++;
    if (i == checking->names_count) {
        checking->check->changed++;
        tell(checking, "'%s' is missing", name);
        return;
    }
    free(checking->names[i]);
    checking->names[i] = NULL;
    char *path = nd_rundir_file(checking->dir, name);
    if (nd_hash_file(path, hash, NULL) != ND_OK || strncmp(hash + 7, line, HASH_DIGITS) != 0) {
        checking->check->changed++;
        tell(checking, "'%s' is not what it was", name);
    }
    free(path);
}

/* What the seal knows of the journal goes further than the chain: its end. */
static void check_journal(struct checking *checking)
{
    struct nd_seal_check *check = checking->check;
    struct nd_journal_check *journal = &check->journal;
    if (check->sealed_events < 0)
        return;
    /* Of the last two, the seal knows which one is as it was. */
    if (journal->damage == ND_DAMAGE_ALTERED && journal->bad_seq == check->sealed_events - 1 &&
        *journal->odd_hash != '\0' && strcmp(journal->odd_hash, checking->sealed_hash) != 0)
        journal->events = journal->bad_seq++;
    if (journal->bad_seq != 0)
        return;
    if (journal->events < check->sealed_events) {
        journal->bad_seq = journal->events + 1;
        journal->damage = ND_DAMAGE_MISSING;
    } else if (journal->events > check->sealed_events) {
        journal->bad_seq = check->sealed_events + 1;
        journal->damage = ND_DAMAGE_INSERTED;
    } else if (strcmp(journal->last_hash, checking->sealed_hash) != 0) {
        journal->bad_seq = journal->events;
        journal->damage = ND_DAMAGE_ALTERED;
    }
    if (journal->bad_seq != 0)
        journal->events = journal->bad_seq - 1;
}

static void check_manifest(struct checking *checking, char *text)
{
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        if (*line == '#')
            read_comment(checking, line);
        else if (strspn(line, "0123456789abcdef") == HASH_DIGITS && strlen(line) > HASH_DIGITS + 2)
            check_file(checking, line);
        else if (*line != '\0') {
            checking->check->changed++;
            tell(checking, "MANIFEST has a line that is none of its: '%.60s'", line);
        }
    }
    for (size_t i = 0; i < checking->names_count; i++) {
        if (checking->names[i] == NULL)
            continue;
        checking->check->changed++;
        tell(checking, "'%s' was not there when it was sealed", checking->names[i]);
    }
}

static bool up_to(void *ctx, const json_t *event)
{
    const int64_t *events = ctx;
    return json_integer_value(json_object_get(event, "seq")) < *events;
}

bool nd_seal_before(const struct nd_rundir *dir, int n, struct nd_seal_before *before)
{
    char *text = NULL;
    size_t len = 0;
    char hash[ND_HASH_TEXT] = "";
    struct nd_journal_check check = {0};
    *before = (struct nd_seal_before){.events = 0};
    snprintf(before->path, sizeof before->path, "%s/MANIFEST.%d", dir->path, n);
    if (nd_file_read(before->path, 16u << 20, &text, &len, NULL) != ND_OK)
        return false;
    const char *line = strstr(text, "# journal ");
    long long events = 0;
    char *journal = nd_rundir_file(dir, "journal.jsonl");
    if (line != NULL && sscanf(line, "# journal %lld %71s", &events, hash) == 2 && events > 0) {
        before->events = events;
        before->journal_holds =
            nd_journal_read(journal, up_to, &before->events, &check, NULL) == ND_OK &&
            check.events == events && strcmp(check.last_hash, hash) == 0;
    }
    free(journal);
    free(text);
    return true;
}

nd_err nd_seal_check(const struct nd_rundir *dir, struct nd_seal_check *check,
                     void (*told)(void *ctx, const char *line), void *ctx, struct nd_fail *why)
{
    struct checking checking = {.dir = dir, .check = check, .told = told, .ctx = ctx};
    *check = (struct nd_seal_check){.sealed_events = -1};
    char *journal = nd_rundir_file(dir, "journal.jsonl");
    nd_err err = nd_journal_read(journal, NULL, NULL, &check->journal, why);
    free(journal);
    if (err != ND_OK)
        return err;
    char *path = nd_rundir_file(dir, "MANIFEST");
    char *text = NULL;
    size_t len = 0;
    check->sealed = nd_file_read(path, 16u << 20, &text, &len, NULL) == ND_OK;
    if (check->sealed) {
        checking.names_count = nd_seal_files(dir, &checking.names);
        check_manifest(&checking, text);
        check_journal(&checking);
        check->is_signed = nd_key_signer(path, check->signer, NULL) != ND_EGONE;
    }
    for (size_t i = 0; i < checking.names_count; i++)
        free(checking.names[i]);
    free(checking.names);
    free(text);
    free(path);
    return ND_OK;
}
