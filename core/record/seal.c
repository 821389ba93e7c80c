#include "record/seal.h"

#include "base/mem.h"
#include "base/text.h"
#include "record/key.h"
#include "record/samples.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS_MAX 100

struct names {
    struct ND_VEC(char *) list;
};

static bool left_out(const char *name)
{
    static const char *const names[] = {"MANIFEST",
                                        "MANIFEST.minisig",
                                        "control.sock",
                                        "report",
                                        "lock",
                                        "keeper.log",
                                        "evaluation.jsonl",
                                        "evaluation.jsonl.minisig",
                                        "evaluation.lock",
                                        "evaluation",
                                        NULL};
    for (size_t i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static void collect(const char *base, const char *sub, struct names *names)
{
    char *path = nd_printf("%s/%s", base, sub);
    DIR *d = opendir(path);
    for (const struct dirent *entry = d != NULL ? readdir(d) : NULL; entry != NULL;
         entry = readdir(d)) {
        if (entry->d_name[0] == '.' || (*sub == '\0' && left_out(entry->d_name)))
            continue;
        char *name = nd_printf("%s%s%s", sub, *sub != '\0' ? "/" : "", entry->d_name);
        char *full = nd_printf("%s/%s", base, name);
        struct stat st;
        bool there = lstat(full, &st) == 0;
        if (there && S_ISDIR(st.st_mode))
            collect(base, name, names);
        else if (there && S_ISREG(st.st_mode))
            nd_vec_push(&names->list, nd_strdup(name));
        free(full);
        free(name);
    }
    if (d != NULL)
        closedir(d);
    free(path);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

size_t nd_seal_files(const struct nd_rundir *dir, char ***names)
{
    struct names found = {0};
    collect(dir->path, "", &found);
    if (found.list.count != 0)
        qsort(found.list.at, found.list.count, sizeof *found.list.at, by_name);
    *names = found.list.at;
    return found.list.count;
}

/* The seal before becomes MANIFEST.<n>, with its signature. */
static nd_err set_aside(const struct nd_rundir *dir, struct nd_fail *why)
{
    static const char *const ends[] = {"", ".minisig"};
    char *path = nd_rundir_file(dir, "MANIFEST");
    bool there = access(path, F_OK) == 0;
    free(path);
    int n = 1;
    for (bool taken = there; taken && n < SEALS_MAX; n += taken) {
        char *old = nd_printf("%s/MANIFEST.%d", dir->path, n);
        taken = access(old, F_OK) == 0;
        free(old);
    }
    nd_err err = ND_OK;
    for (size_t i = 0; i < 2 && there && err == ND_OK; i++) {
        char *from = nd_printf("%s/MANIFEST%s", dir->path, ends[i]);
        char *to = nd_printf("%s/MANIFEST.%d%s", dir->path, n, ends[i]);
        if (access(from, F_OK) == 0 && rename(from, to) != 0)
            err = nd_fail_set(why, ND_EIO, "cannot set '%s' aside", from);
        free(from);
        free(to);
    }
    return err;
}

static nd_err add_files(const struct nd_rundir *dir, struct nd_buf *out, struct nd_fail *why)
{
    char **names = NULL;
    size_t count = nd_seal_files(dir, &names);
    nd_err err = ND_OK;
    for (size_t i = 0; i < count; i++) {
        char hash[ND_HASH_TEXT];
        char *path = nd_rundir_file(dir, names[i]);
        if (err == ND_OK && strchr(names[i], '\n') != NULL)
            err = nd_fail_set(why, ND_EARG, "a file's name holds a line feed: it cannot be sealed");
        if (err == ND_OK)
            err = nd_hash_file(path, hash, why);
        if (err == ND_OK)
            nd_buf_addf(out, "%s  %s\n", hash + 7, names[i]);
        free(path);
        free(names[i]);
    }
    free(names);
    return err;
}

nd_err nd_seal(const struct nd_rundir *dir, enum nd_seal_state state, const char *key_path,
               struct nd_fail *why)
{
    static const char *const states[] = {"complete", "incomplete", "reopened"};
    struct nd_buf out = {0};
    struct nd_journal_check check = {0};
    char *journal = nd_rundir_file(dir, "journal.jsonl");
    char *path = nd_rundir_file(dir, "MANIFEST");
    nd_err err = nd_journal_read(journal, NULL, NULL, &check, why);
    if (err == ND_OK)
        err = set_aside(dir, why);
    nd_buf_addf(&out, "# netdrill.manifest/1\n# run %s\n# state %s\n# journal %lld %s\n",
                dir->run_id, states[state], (long long)check.events, check.last_hash);
    if (err == ND_OK)
        err = add_files(dir, &out, why);
    if (err == ND_OK)
        err = nd_file_write(path, nd_buf_str(&out), out.len_bytes, why);
    if (err == ND_OK && key_path != NULL) {
        char *comment = nd_printf("netdrill run %s, %s, journal %lld %s", dir->run_id,
                                  states[state], (long long)check.events, check.last_hash);
        err = nd_key_sign(key_path, path, comment, why);
        free(comment);
    }
    nd_buf_deinit(&out);
    free(path);
    free(journal);
    return err;
}

static bool look_for_end(void *ctx, const json_t *event)
{
    bool *closed = ctx;
    const char *type = json_string_value(json_object_get(event, "type"));
    *closed = *closed || strcmp(type, "netdrill.run.closed") == 0;
    return true;
}

nd_err nd_seal_left(const struct nd_rundir *dir, struct nd_fail *why)
{
    bool closed = false;
    struct nd_journal_check check;
    char *samples = nd_rundir_file(dir, "samples.sqlite");
    char *journal = nd_rundir_file(dir, "journal.jsonl");
    if (access(samples, F_OK) == 0)
        nd_samples_rest(samples);
    nd_err err = nd_journal_read(journal, look_for_end, &closed, &check, why);
    free(samples);
    free(journal);
    return err == ND_OK ? nd_seal(dir, closed ? ND_SEAL_REOPENED : ND_SEAL_INCOMPLETE, NULL, why)
                        : err;
}
