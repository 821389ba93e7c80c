#include "record/evaluation.h"

#include "base/mem.h"
#include "base/who.h"
#include "record/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define FILE_NAME "evaluation.jsonl"

struct nd_evaluation {
    struct nd_journal *journal;
    char *path;
    int lock_fd;
    json_t *state;
};

/* ---- folding ---- */

static const char *str_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static json_t *find(const json_t *list, const char *id)
{
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(list, i, entry)
    {
        if (strcmp(str_of(entry, "id"), id) == 0)
            return entry;
    }
    return NULL;
}

static void fold_improvement(json_t *state, const char *type, const json_t *event)
{
    const json_t *data = json_object_get(event, "data");
    const char *id = str_of(event, "subject");
    bool carried = strcmp(type, "carried") == 0;
    json_t *list = json_object_get(state, *id == 'C' ? "carried" : "improvements");
    json_t *entry = find(list, id);
    if ((strcmp(type, "added") == 0 || carried) && entry == NULL) {
        entry = json_copy((json_t *)data);
        json_object_set_new(entry, "id", json_string(id));
        json_object_set(entry, "at", json_object_get(event, "time"));
        json_object_set(entry, "seq", json_object_get(event, "seq"));
        json_array_append_new(list, entry);
        return;
    }
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)data, key, value)
    {
        static const char *const whose[] = {"by", "uid", "login_uid"};
        bool of_speaker = false;
        for (size_t i = 0; i < 3; i++)
            of_speaker = of_speaker || strcmp(key, whose[i]) == 0;
        if (entry != NULL && !of_speaker)
            json_object_set(entry, key, value);
    }
    if (entry != NULL) {
        json_object_set(entry, "changed_at", json_object_get(event, "time"));
        json_object_set(entry, "changed_by", json_object_get(data, "by"));
    }
}

static void fold_observation(json_t *state, const char *does, const json_t *event)
{
    json_t *entry = json_copy(json_object_get(event, "data"));
    json_object_set_new(entry, "does", json_string(does));
    json_object_set(entry, "number", json_object_get(event, "subject"));
    json_object_set(entry, "at", json_object_get(event, "time"));
    json_object_set(entry, "seq", json_object_get(event, "seq"));
    json_array_append_new(json_object_get(state, "observations"), entry);
}

static bool fold_event(void *ctx, const json_t *event)
{
    json_t *state = ctx;
    static const char observation[] = "netdrill.observation.";
    static const char rating[] = "netdrill.rating.";
    static const char improvement[] = "netdrill.improvement.";
    const char *type = str_of(event, "type");
    if (strncmp(type, rating, sizeof rating - 1) == 0) {
        json_t *entry = json_copy(json_object_get(event, "data"));
        json_object_set(entry, "at", json_object_get(event, "time"));
        json_object_set(entry, "seq", json_object_get(event, "seq"));
        json_object_set_new(json_object_get(state, "ratings"), str_of(event, "subject"), entry);
    } else if (strncmp(type, improvement, sizeof improvement - 1) == 0) {
        fold_improvement(state, type + sizeof improvement - 1, event);
    } else if (strncmp(type, observation, sizeof observation - 1) == 0) {
        fold_observation(state, type + sizeof observation - 1, event);
    }
    return true;
}

struct as_of {
    json_t *state;
    int64_t events;
};

static bool fold_until(void *ctx, const json_t *event)
{
    struct as_of *as_of = ctx;
    return fold_event(as_of->state, event) &&
           json_integer_value(json_object_get(event, "seq")) < as_of->events;
}

json_t *nd_evaluation_as_of(const struct nd_rundir *dir, int64_t events, struct nd_fail *why)
{
    struct nd_journal_check check = {0};
    char id[ND_KEY_ID] = "";
    json_t *state =
        json_pack("{s:{}, s:[], s:[], s:[]}", "ratings", "improvements", "carried", "observations");
    struct as_of as_of = {state, events};
    char *path = nd_rundir_file(dir, FILE_NAME);
    nd_err err = ND_OK;
    if (access(path, F_OK) == 0)
        err = events > 0 ? nd_journal_read(path, fold_until, &as_of, &check, why) : ND_OK;
    bool is_signed = events == INT64_MAX && nd_key_signer(path, id, NULL) == ND_OK;
    free(path);
    if (err != ND_OK) {
        json_decref(state);
        return NULL;
    }
    json_object_set_new(state, "events", json_integer(check.events));
    json_object_set_new(state, "bad_seq", json_integer(check.bad_seq));
    json_object_set_new(state, "signer", is_signed ? json_string(id) : json_null());
    return state;
}

json_t *nd_evaluation_state(const struct nd_rundir *dir, struct nd_fail *why)
{
    return nd_evaluation_as_of(dir, INT64_MAX, why);
}

/* ---- adding ---- */

static nd_ns wall_now(void *ctx)
{
    struct timespec ts;
    (void)ctx;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (nd_ns)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int64_t same(void *ctx, nd_ns moment)
{
    (void)ctx;
    return moment;
}

static nd_err begin(struct nd_evaluation *evaluation, const struct nd_rundir *dir,
                    struct nd_fail *why)
{
    const struct nd_journal_clock clock = {wall_now, same, NULL};
    if (access(evaluation->path, F_OK) == 0) {
        evaluation->journal = nd_journal_reopen(evaluation->path, clock, why);
        return evaluation->journal != NULL ? ND_OK : why->code;
    }
    struct nd_journal_check check = {0};
    char *path = nd_rundir_file(dir, "journal.jsonl");
    nd_err err = nd_journal_read(path, NULL, NULL, &check, why);
    free(path);
    if (err != ND_OK)
        return err;
    evaluation->journal = nd_journal_create(evaluation->path, dir->run_id, clock, why);
    if (evaluation->journal == NULL)
        return why->code;
    json_t *data =
        json_pack("{s:s, s:s, s:I, s:s}", "schema", "netdrill.evaluation/1", "run", dir->run_id,
                  "journal_events", (json_int_t)check.events, "journal_hash", check.last_hash);
    int64_t seq =
        nd_journal_append(evaluation->journal, ND_JOURNAL_SYNC, "netdrill.evaluation.opened", NULL,
                          "core", wall_now(NULL), data, why);
    return seq < 0 ? (nd_err)seq : ND_OK;
}

struct nd_evaluation *nd_evaluation_open(const struct nd_rundir *dir, struct nd_fail *why)
{
    struct nd_evaluation *evaluation = nd_alloc(sizeof *evaluation);
    char *lock = nd_rundir_file(dir, "evaluation.lock");
    evaluation->path = nd_rundir_file(dir, FILE_NAME);
    evaluation->lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    nd_err err = ND_OK;
    if (evaluation->lock_fd < 0 || flock(evaluation->lock_fd, LOCK_EX) != 0)
        err = nd_fail_errno(why, errno, "cannot lock '%s'", lock);
    free(lock);
    if (err == ND_OK) {
        evaluation->state = nd_evaluation_state(dir, why);
        err = evaluation->state != NULL ? ND_OK : why->code;
    }
    if (err == ND_OK && json_integer_value(json_object_get(evaluation->state, "bad_seq")) != 0)
        err = nd_fail_set(why, ND_EPARSE,
                          "the evaluation is not what it was (see 'netdrill verify'); nothing is "
                          "added to it");
    if (err == ND_OK)
        err = begin(evaluation, dir, why);
    if (err == ND_OK)
        return evaluation;
    nd_evaluation_close(evaluation);
    return NULL;
}

const json_t *nd_evaluation_now(const struct nd_evaluation *evaluation)
{
    return evaluation->state;
}

nd_err nd_evaluation_add(struct nd_evaluation *evaluation, const char *type, const char *subject,
                         const char *by, json_t *data, struct nd_fail *why)
{
    char full[64];
    int64_t login = nd_login_uid(0);
    snprintf(full, sizeof full, "netdrill.%s", type);
    json_object_set_new(data, "by", json_string(by));
    json_object_set_new(data, "uid", json_integer((json_int_t)getuid()));
    json_object_set_new(data, "login_uid", login >= 0 ? json_integer(login) : json_null());
    int64_t seq = nd_journal_append(evaluation->journal, ND_JOURNAL_SYNC, full, subject, by,
                                    wall_now(NULL), data, why);
    return seq < 0 ? (nd_err)seq : ND_OK;
}

nd_err nd_evaluation_sign(struct nd_evaluation *evaluation, const char *key_path,
                          bool *unsigned_now, struct nd_fail *why)
{
    nd_err err = ND_OK;
    char *signature = nd_printf("%s.minisig", evaluation->path);
    *unsigned_now = key_path == NULL && unlink(signature) == 0;
    free(signature);
    if (key_path != NULL) {
        char *comment =
            nd_printf("netdrill evaluation %s", nd_journal_last_hash(evaluation->journal));
        err = nd_key_sign(key_path, evaluation->path, comment, why);
        free(comment);
    }
    return err;
}

void nd_evaluation_close(struct nd_evaluation *evaluation)
{
    nd_journal_close(evaluation->journal);
    if (evaluation->lock_fd >= 0)
        close(evaluation->lock_fd);
    json_decref(evaluation->state);
    free(evaluation->path);
    free(evaluation);
}
