#include "record/undo.h"

#include "base/mem.h"
#include "base/text.h"
#include "record/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct nd_undo {
    int fd;
    char *path;
    int64_t last_id;
};

static const char *const state_names[] = {"recorded", "applied",    "not-made",  "undone",
                                          "verified", "unverified", "left-alone"};

const char *nd_undo_state_name(enum nd_undo_state state)
{
    return state_names[state];
}

bool nd_undo_is_over(enum nd_undo_state state)
{
    return state == ND_UNDO_UNDONE || state == ND_UNDO_VERIFIED || state == ND_UNDO_UNVERIFIED ||
           state == ND_UNDO_LEFT_ALONE;
}

/* The checksum of a line: the first 16 hex digits of SHA-256 over what stands before it. */
#define SUM_DIGITS 16
#define SUM_MARK   ",\"sum\":\""

static void seal(struct nd_buf *line)
{
    char hash[ND_HASH_TEXT];
    line->text[--line->len_bytes] = '\0'; /* the closing brace moves behind the sum */
    nd_hash(line->text, line->len_bytes, hash);
    nd_buf_addf(line, SUM_MARK "%.*s\"}\n", SUM_DIGITS, hash + 7);
}

static bool sealed(const char *line, size_t len_bytes)
{
    const size_t tail = sizeof SUM_MARK - 1 + SUM_DIGITS + 2;
    if (len_bytes <= tail)
        return false;
    const char *mark = line + len_bytes - tail;
    char hash[ND_HASH_TEXT];
    nd_hash(line, len_bytes - tail, hash);
    return memcmp(mark, SUM_MARK, sizeof SUM_MARK - 1) == 0 &&
           memcmp(mark + sizeof SUM_MARK - 1, hash + 7, SUM_DIGITS) == 0;
}

/* One write a line; a torn line of somebody who died is ended first, so that ours stands alone. */
static nd_err append_line(struct nd_undo *undo, struct nd_buf *line, struct nd_fail *why)
{
    nd_err err = ND_OK;
    struct stat st = {0};
    char last = '\n';
    flock(undo->fd, LOCK_EX);
    if (fstat(undo->fd, &st) == 0 && st.st_size > 0 &&
        pread(undo->fd, &last, 1, st.st_size - 1) != 1)
        last = '\n';
    struct nd_buf all = {0};
    if (last != '\n')
        nd_buf_add(&all, "\n", 1);
    nd_buf_add(&all, line->text, line->len_bytes);
    ssize_t put = write(undo->fd, all.text, all.len_bytes);
    if (put != (ssize_t)all.len_bytes || fdatasync(undo->fd) != 0) {
        int error = put < 0 || put == (ssize_t)all.len_bytes ? errno : ENOSPC;
        nd_fail_errno(why, error, "cannot write the undo file '%s'", undo->path);
        err = ND_EIO;
        if (ftruncate(undo->fd, st.st_size) != 0)
            err = ND_EIO; /* the torn line does not check and is skipped */
    }
    nd_buf_deinit(&all);
    flock(undo->fd, LOCK_UN);
    return err;
}

static nd_err append_json(struct nd_undo *undo, json_t *object, struct nd_fail *why)
{
    struct nd_buf line = {0};
    char *text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(object);
    ND_CHECK(text != NULL);
    nd_buf_adds(&line, text);
    free(text);
    seal(&line);
    nd_err err = append_line(undo, &line, why);
    nd_buf_deinit(&line);
    return err;
}

bool nd_undo_is_lab(const char *plugin, const char *verb)
{
    return plugin != NULL && verb != NULL && strcmp(plugin, "lab") == 0 &&
           strcmp(verb, "build") == 0;
}

struct nd_undo *nd_undo_open(const char *path, struct nd_fail *why)
{
    struct nd_undo_list list = {0};
    if (nd_undo_read(path, &list, why) != ND_OK)
        return NULL;
    struct nd_undo *undo = nd_alloc(sizeof *undo);
    undo->path = nd_strdup(path);
    for (size_t i = 0; i < list.count; i++) {
        if (list.at[i].id > undo->last_id)
            undo->last_id = list.at[i].id;
    }
    nd_undo_list_deinit(&list);
    undo->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (undo->fd < 0 || fsync(undo->fd) != 0) {
        nd_fail_errno(why, errno, "cannot open the undo file '%s'", path);
        nd_undo_close(undo);
        return NULL;
    }
    return undo;
}

void nd_undo_close(struct nd_undo *undo)
{
    if (undo == NULL)
        return;
    if (undo->fd >= 0)
        close(undo->fd);
    free(undo->path);
    free(undo);
}

nd_err nd_undo_append(struct nd_undo *undo, struct nd_undo_rec *rec, struct nd_fail *why)
{
    json_t *notes = json_array();
    for (const struct nd_note *note = rec->notes; note != NULL && note->key != NULL; note++)
        json_array_append_new(notes, json_pack("[s, s]", note->key, note->value));
    int64_t id = undo->last_id + 1;
    json_t *object =
        json_pack("{s:I, s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:I, s:I, s:o}", "undo", (json_int_t)id,
                  "plugin", rec->plugin, "verb", rec->verb, "target", rec->target, "vantage",
                  rec->vantage, "netns", rec->netns, "step", rec->step, "restore_by",
                  (json_int_t)rec->restore_by, "lease_ns", (json_int_t)rec->lease, "notes", notes);
    if (object == NULL)
        return nd_fail_set(why, ND_EARG, "an undo record holds text that is not UTF-8");
    nd_err err = append_json(undo, object, why);
    if (err != ND_OK)
        return err;
    undo->last_id = id;
    rec->id = id;
    rec->state = ND_UNDO_RECORDED;
    return ND_OK;
}

nd_err nd_undo_mark(struct nd_undo *undo, int64_t id, enum nd_undo_state state, const char *text,
                    struct nd_fail *why)
{
    json_t *object = json_pack("{s:I, s:s, s:s?}", "mark", (json_int_t)id, "state",
                               state_names[state], "why", text);
    if (object == NULL) /* a reason that is not UTF-8 is no reason to lose the mark */
        object = json_pack("{s:I, s:s}", "mark", (json_int_t)id, "state", state_names[state]);
    return append_json(undo, object, why);
}

/* ---- reading ---- */

struct list {
    struct ND_VEC(struct nd_undo_rec) recs;
    size_t skipped;
};

static char *dup_member(const json_t *object, const char *key)
{
    return nd_strdup(json_string_value(json_object_get(object, key)));
}

static bool read_record(struct list *list, const json_t *object)
{
    const json_t *notes = json_object_get(object, "notes");
    const char *plugin = json_string_value(json_object_get(object, "plugin"));
    const char *verb = json_string_value(json_object_get(object, "verb"));
    if (plugin == NULL || verb == NULL || !json_is_array(notes))
        return false;
    struct nd_undo_rec rec = {
        .id = json_integer_value(json_object_get(object, "undo")),
        .plugin = nd_strdup(plugin),
        .verb = nd_strdup(verb),
        .target = dup_member(object, "target"),
        .vantage = dup_member(object, "vantage"),
        .netns = dup_member(object, "netns"),
        .step = dup_member(object, "step"),
        .restore_by = json_integer_value(json_object_get(object, "restore_by")),
        .lease = json_integer_value(json_object_get(object, "lease_ns")),
    };
    rec.notes = nd_alloc((json_array_size(notes) + 1) * sizeof *rec.notes);
    size_t i = 0;
    size_t kept = 0;
    json_t *pair = NULL;
    json_array_foreach(notes, i, pair)
    {
        const char *key = json_string_value(json_array_get(pair, 0));
        const char *value = json_string_value(json_array_get(pair, 1));
        if (key != NULL && value != NULL)
            rec.notes[kept++] = (struct nd_note){nd_strdup(key), nd_strdup(value)};
    }
    nd_vec_push(&list->recs, rec);
    return true;
}

static bool read_mark(struct list *list, const json_t *object)
{
    json_int_t id = json_integer_value(json_object_get(object, "mark"));
    const char *name = json_string_value(json_object_get(object, "state"));
    for (size_t i = 0; i < list->recs.count && name != NULL; i++) {
        struct nd_undo_rec *rec = &list->recs.at[i];
        if (rec->id != id)
            continue;
        for (size_t s = 0; s < sizeof state_names / sizeof state_names[0]; s++) {
            if (strcmp(state_names[s], name) != 0)
                continue;
            rec->state = (enum nd_undo_state)s;
            free(rec->why);
            rec->why = dup_member(object, "why");
            return true;
        }
    }
    return false;
}

static void read_line(struct list *list, const char *line, size_t len_bytes)
{
    if (len_bytes == 0)
        return;
    json_t *object = sealed(line, len_bytes) ? json_loadb(line, len_bytes, 0, NULL) : NULL;
    bool good = false;
    if (json_is_integer(json_object_get(object, "undo")))
        good = read_record(list, object);
    else if (json_is_integer(json_object_get(object, "mark")))
        good = read_mark(list, object);
    list->skipped += good ? 0 : 1;
    json_decref(object);
}

nd_err nd_undo_read(const char *path, struct nd_undo_list *list, struct nd_fail *why)
{
    *list = (struct nd_undo_list){0};
    FILE *file = fopen(path, "re");
    if (file == NULL && errno == ENOENT)
        return ND_OK;
    if (file == NULL)
        return nd_fail_errno(why, errno, "cannot open the undo file '%s'", path);
    struct list read = {0};
    char *line = NULL;
    size_t cap = 0;
    ssize_t len = 0;
    while ((len = getline(&line, &cap, file)) > 0)
        read_line(&read, line, (size_t)len - (line[len - 1] == '\n' ? 1 : 0));
    bool failed = ferror(file) != 0;
    free(line);
    fclose(file);
    *list = (struct nd_undo_list){read.recs.at, read.recs.count, read.skipped};
    if (!failed)
        return ND_OK;
    nd_undo_list_deinit(list);
    return nd_fail_set(why, ND_EIO, "cannot read the undo file '%s'", path);
}

void nd_undo_rec_deinit(struct nd_undo_rec *rec)
{
    free(rec->plugin);
    free(rec->verb);
    free(rec->target);
    free(rec->vantage);
    free(rec->netns);
    free(rec->step);
    free(rec->why);
    for (struct nd_note *note = rec->notes; note != NULL && note->key != NULL; note++) {
        free((char *)note->key);
        free((char *)note->value);
    }
    free(rec->notes);
    *rec = (struct nd_undo_rec){0};
}

void nd_undo_list_deinit(struct nd_undo_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        nd_undo_rec_deinit(&list->at[i]);
    free(list->at);
    *list = (struct nd_undo_list){0};
}
