#include "record/journal.h"

#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"
#include "record/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char nothing_hash[] =
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct nd_journal {
    int fd; /* -1: hashing only */
    char *path, *run_id;
    struct nd_journal_clock clock;
    int64_t seq;
    off_t end; /* of the last good line */
    nd_ns t0;
    bool started;
    struct nd_buf line;
    char last_hash[ND_HASH_TEXT];
};

static struct nd_journal *journal_new(const char *path, const char *run_id,
                                      struct nd_journal_clock clock)
{
    struct nd_journal *journal = nd_alloc(sizeof *journal);
    journal->fd = -1;
    journal->path = nd_strdup(path);
    journal->run_id = nd_strdup(run_id);
    journal->clock = clock;
    memcpy(journal->last_hash, nothing_hash, sizeof journal->last_hash);
    return journal;
}

static void sync_directory(const char *path)
{
    char *dir = nd_strdup(path);
    char *slash = strrchr(dir, '/');
    if (slash != NULL)
        *slash = '\0';
    int fd = open(slash != NULL ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(dir);
}

struct nd_journal *nd_journal_create(const char *path, const char *run_id,
                                     struct nd_journal_clock clock, struct nd_fail *why)
{
    struct nd_journal *journal = journal_new(path, run_id, clock);
    if (path == NULL)
        return journal;
    journal->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (journal->fd >= 0) {
        sync_directory(path);
        return journal;
    }
    nd_fail_errno(why, errno, "cannot create the journal '%s'", path);
    nd_journal_close(journal);
    return NULL;
}

void nd_journal_close(struct nd_journal *journal)
{
    if (journal == NULL)
        return;
    if (journal->fd >= 0) {
        fdatasync(journal->fd);
        close(journal->fd);
    }
    nd_buf_deinit(&journal->line);
    free(journal->path);
    free(journal->run_id);
    free(journal);
}

void nd_journal_set_start(struct nd_journal *journal, nd_ns t0)
{
    journal->t0 = t0;
    journal->started = true;
}

const char *nd_journal_last_line(const struct nd_journal *journal)
{
    return nd_buf_str(&journal->line);
}

const char *nd_journal_last_hash(const struct nd_journal *journal)
{
    return journal->last_hash;
}

static void add_string(struct nd_buf *line, const char *key, const char *text)
{
    json_t *value = json_string(text);
    char *dumped = json_dumps(value != NULL ? value : json_null(), JSON_ENCODE_ANY | JSON_COMPACT);
    nd_buf_addf(line, ",\"%s\":%s", key, dumped);
    free(dumped);
    json_decref(value);
}

static void compose(struct nd_journal *journal, const char *type, const char *subject,
                    const char *actor, nd_ns at, const json_t *data)
{
    struct nd_buf *line = &journal->line;
    char text[ND_UNIT_TEXT];
    long long seq = (long long)journal->seq + 1;
    nd_buf_reset(line);
    nd_buf_addf(line,
                "{\"specversion\":\"1.0\",\"id\":\"%010lld\",\"source\":\"urn:netdrill:run:%s\"",
                seq, journal->run_id);
    add_string(line, "type", type);
    if (subject != NULL)
        add_string(line, "subject", subject);
    nd_buf_addf(line, ",\"time\":\"%s\",\"seq\":%lld,\"monons\":%lld",
                nd_wall_format(journal->clock.to_wall(journal->clock.ctx, at), 0, text), seq,
                (long long)at);
    if (journal->started)
        nd_buf_addf(line, ",\"rel\":\"%s\"", nd_moment_format(at - journal->t0, text));
    add_string(line, "actor", actor);
    char *dumped = data != NULL ? json_dumps(data, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    nd_buf_addf(line, ",\"prev\":\"%s\",\"data\":%s}", journal->last_hash,
                dumped != NULL ? dumped : "{}");
    free(dumped);
}

/* All of the line or nothing: what a full disk let in is cut off again. */
static nd_err write_line(struct nd_journal *journal, unsigned flags, struct nd_fail *why)
{
    const char *bytes = journal->line.text;
    size_t left = journal->line.len_bytes;
    while (left > 0) {
        ssize_t put = write(journal->fd, bytes, left);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            break;
        bytes += put;
        left -= (size_t)put;
    }
    int error = errno;
    if (left == 0 && ((flags & ND_JOURNAL_SYNC) == 0 || fdatasync(journal->fd) == 0)) {
        journal->end += (off_t)journal->line.len_bytes;
        return ND_OK;
    }
    error = left == 0 ? errno : error;
    if (ftruncate(journal->fd, journal->end) != 0)
        error = errno;
    nd_fail_errno(why, error, "cannot write the journal '%s'", journal->path);
    return ND_EIO;
}

int64_t nd_journal_append(struct nd_journal *journal, unsigned flags, const char *type,
                          const char *subject, const char *actor, nd_ns at, json_t *data,
                          struct nd_fail *why)
{
    compose(journal, type, subject, actor, at, data);
    json_decref(data);
    if (journal->fd >= 0) {
        nd_buf_add(&journal->line, "\n", 1);
        nd_err err = write_line(journal, flags, why);
        journal->line.text[--journal->line.len_bytes] = '\0';
        if (err != ND_OK)
            return err;
    }
    journal->seq++;
    nd_hash(journal->line.text, journal->line.len_bytes, journal->last_hash);
    return journal->seq;
}

int nd_journal_dup(const struct nd_journal *journal)
{
    return journal->fd >= 0 ? fcntl(journal->fd, F_DUPFD_CLOEXEC, 0) : -1;
}

/* ---- reading ---- */

struct reader {
    struct nd_journal_check *check;
    bool (*fn)(void *ctx, const json_t *event);
    void *ctx;
    off_t good_end;
    bool stopped;
    char before_hash[ND_HASH_TEXT]; /* of the line before the last good one */
};

const char *nd_damage_words(enum nd_damage damage)
{
    static const char *const words[] = {"is whole", "was altered", "is missing",
                                        "is a line that was put in", "stands behind a later one"};
    return words[damage];
}

/* The next whole line's number and hash of its predecessor; false at the end. */
static bool look_ahead(FILE *file, int64_t *seq, char *prev)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len = getline(&line, &cap, file);
    json_t *event = len > 0 ? json_loadb(line, (size_t)len, 0, NULL) : NULL;
    *seq = json_integer_value(json_object_get(event, "seq"));
    const char *text = json_string_value(json_object_get(event, "prev"));
    snprintf(prev, ND_HASH_TEXT, "%s", text != NULL ? text : "");
    json_decref(event);
    free(line);
    return len > 0;
}

/* The line after the last good one does not fit: which of the two is it, and what became of it?
 * A line is as it was written when its successor knows its hash. */
static void judge(struct reader *reader, FILE *file, const json_t *event, const char *line,
                  size_t len_bytes)
{
    struct nd_journal_check *check = reader->check;
    int64_t here = check->events + 1;
    const char *prev = json_string_value(json_object_get(event, "prev"));
    int64_t seq = json_integer_value(json_object_get(event, "seq"));
    char hash[ND_HASH_TEXT];
    char next_prev[ND_HASH_TEXT] = "";
    int64_t next_seq = 0;
    nd_hash(line, len_bytes, hash);
    bool more = look_ahead(file, &next_seq, next_prev);
    if (!more)
        memcpy(check->odd_hash, hash, sizeof hash);
    check->bad_seq = here;
    check->damage = ND_DAMAGE_ALTERED;
    if (prev == NULL || strcmp(prev, check->last_hash) == 0)
        return;
    if (check->events > 0 && seq == here - 1 && strcmp(prev, reader->before_hash) == 0) {
        check->bad_seq = here - 1; /* the last "good" one had taken this one's place */
        check->damage = ND_DAMAGE_INSERTED;
    } else if (seq > here) {
        check->damage = more && next_seq == here ? ND_DAMAGE_ORDER : ND_DAMAGE_MISSING;
    } else if (seq > 0 && seq < here) {
        check->damage = ND_DAMAGE_INSERTED;
    } else if (seq == here && check->events > 0 && (!more || strcmp(next_prev, hash) == 0)) {
        check->bad_seq = here - 1;
    }
    check->events = check->bad_seq - 1;
}

static void read_line(struct reader *reader, FILE *file, const char *line, size_t len_bytes)
{
    struct nd_journal_check *check = reader->check;
    json_t *event = json_loadb(line, len_bytes, JSON_REJECT_DUPLICATES, NULL);
    const char *prev = json_string_value(json_object_get(event, "prev"));
    const json_t *seq = json_object_get(event, "seq");
    bool good = prev != NULL && strcmp(prev, check->last_hash) == 0 && json_is_integer(seq) &&
                json_integer_value(seq) == check->events + 1 &&
                json_is_string(json_object_get(event, "type"));
    if (!good) {
        judge(reader, file, event, line, len_bytes);
    } else {
        check->events++;
        memcpy(reader->before_hash, check->last_hash, sizeof reader->before_hash);
        nd_hash(line, len_bytes, check->last_hash);
        reader->good_end += (off_t)len_bytes + 1;
        if (reader->fn != NULL && !reader->fn(reader->ctx, event))
            reader->stopped = true;
    }
    json_decref(event);
}

static nd_err read_journal(const char *path, struct reader *reader, struct nd_fail *why)
{
    struct nd_journal_check *check = reader->check;
    *check = (struct nd_journal_check){0};
    memcpy(check->last_hash, nothing_hash, sizeof nothing_hash);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        nd_fail_errno(why, errno, "cannot open the journal '%s'", path);
        return errno == ENOENT ? ND_EARG : ND_EIO;
    }
    char *line = NULL;
    size_t cap = 0;
    ssize_t len = 0;
    while (check->bad_seq == 0 && !reader->stopped && (len = getline(&line, &cap, file)) > 0) {
        if (line[len - 1] == '\n')
            read_line(reader, file, line, (size_t)len - 1);
        else
            check->tail = ND_TAIL_TORN;
    }
    bool failed = ferror(file) != 0;
    free(line);
    fclose(file);
    return failed ? nd_fail_set(why, ND_EIO, "cannot read the journal '%s'", path) : ND_OK;
}

nd_err nd_journal_read(const char *path, bool (*fn)(void *ctx, const json_t *event), void *ctx,
                       struct nd_journal_check *check, struct nd_fail *why)
{
    struct reader reader = {.check = check, .fn = fn, .ctx = ctx};
    return read_journal(path, &reader, why);
}

struct known {
    char *run_id;
    nd_ns t0;
    bool started;
};

/* Run id and T+0, as the lines tell. */
static bool learn(void *ctx, const json_t *event)
{
    struct known *known = ctx;
    static const char urn[] = "urn:netdrill:run:";
    const char *source = json_string_value(json_object_get(event, "source"));
    if (known->run_id == NULL && source != NULL && strncmp(source, urn, sizeof urn - 1) == 0)
        known->run_id = nd_strdup(source + sizeof urn - 1);
    if (strcmp(json_string_value(json_object_get(event, "type")), "netdrill.run.started") == 0) {
        known->started = true;
        known->t0 = json_integer_value(json_object_get(json_object_get(event, "data"), "t0_ns"));
    }
    return true;
}

struct nd_journal *nd_journal_reopen(const char *path, struct nd_journal_clock clock,
                                     struct nd_fail *why)
{
    struct nd_journal_check check;
    struct known known = {0};
    struct reader reader = {.check = &check, .fn = learn, .ctx = &known};
    if (read_journal(path, &reader, why) != ND_OK)
        return NULL;
    if (check.bad_seq != 0) {
        nd_fail_set(why, ND_EPARSE,
                    "the journal '%s' is not what it was at event %lld; nothing is added to it",
                    path, (long long)check.bad_seq);
        free(known.run_id);
        return NULL;
    }
    struct nd_journal *journal =
        journal_new(path, known.run_id != NULL ? known.run_id : "unknown", clock);
    free(known.run_id);
    journal->seq = check.events;
    journal->t0 = known.t0;
    journal->started = known.started;
    journal->end = reader.good_end;
    memcpy(journal->last_hash, check.last_hash, sizeof journal->last_hash);
    journal->fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    struct stat st = {0};
    if (journal->fd < 0 || fstat(journal->fd, &st) != 0 ||
        (check.tail == ND_TAIL_TORN && ftruncate(journal->fd, journal->end) != 0)) {
        nd_fail_errno(why, errno, "cannot go on with the journal '%s'", path);
        nd_journal_close(journal);
        return NULL;
    }
    if (check.tail == ND_TAIL_TORN)
        nd_journal_append(journal, ND_JOURNAL_SYNC, "netdrill.journal.recovered", NULL, "core",
                          clock.now(clock.ctx),
                          json_pack("{s:I}", "cut_bytes", (json_int_t)(st.st_size - journal->end)),
                          NULL);
    return journal;
}
