#include "record/samples.h"

#include "base/mem.h"

#include <math.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* Rows wait in a queue that the caller's thread fills and the writer's thread takes whole. A batch
 * that cannot be written is counted and told as a gap once writing works again; a queue that is
 * full drops rows rather than hold up a probe. */

#define QUEUE_MAX      (1u << 20) /* rows */
#define WRITE_EVERY_MS 200

enum row_kind { ROW_SERIES, ROW_KIND, ROW_SAMPLE, ROW_READING };

struct row {
    enum row_kind kind;
    struct nd_sample sample;     /* also series, slot and value of a reading */
    char *name, *unit;           /* of a reading or its kind; owned */
    struct nd_series_info *info; /* owned, with its texts */
};

struct nd_samples {
    sqlite3 *db;
    sqlite3_stmt *put_series, *put_kind, *put_sample, *put_reading, *put_gap;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct row *queue;
    size_t count, cap;
    int64_t lost; /* not yet told as a gap */
    int64_t lost_all;
    nd_ns lost_from, lost_till;
    char lost_why[128];
    bool closing;
};

static const char schema[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
    "CREATE TABLE IF NOT EXISTS series(id INTEGER PRIMARY KEY, name TEXT, label TEXT, plugin TEXT, "
    "verb TEXT,"
    " reading TEXT, unit TEXT, target TEXT, vantage TEXT, every_ns INTEGER, deadline_ns INTEGER,"
    " opened_ns INTEGER, options TEXT, label_zh TEXT);"
    "CREATE TABLE IF NOT EXISTS kind(series INTEGER, name TEXT, unit TEXT);"
    "CREATE TABLE IF NOT EXISTS sample(series INTEGER, slot INTEGER, due_ns INTEGER, sent_ns "
    "INTEGER,"
    " outcome INTEGER, value REAL);"
    "CREATE TABLE IF NOT EXISTS reading(series INTEGER, slot INTEGER, name TEXT, value REAL);"
    "CREATE TABLE IF NOT EXISTS gap(from_ns INTEGER, till_ns INTEGER, rows INTEGER, why TEXT);";

static void row_free(struct row *row)
{
    free(row->name);
    free(row->unit);
    if (row->info == NULL)
        return;
    free((char *)row->info->name);
    free((char *)row->info->label);
    free((char *)row->info->label_zh);
    free((char *)row->info->plugin);
    free((char *)row->info->verb);
    free((char *)row->info->reading);
    free((char *)row->info->unit);
    free((char *)row->info->target);
    free((char *)row->info->vantage);
    free((char *)row->info->options);
    free(row->info);
}

static void bind_series(sqlite3_stmt *put, const struct nd_series_info *info)
{
    const char *const texts[] = {info->name,    info->label, info->plugin, info->verb,
                                 info->reading, info->unit,  info->target, info->vantage};
    sqlite3_bind_int64(put, 1, info->id);
    for (int i = 0; i < 8; i++)
        sqlite3_bind_text(put, i + 2, texts[i], -1, SQLITE_STATIC); /* NULL binds NULL */
    sqlite3_bind_int64(put, 10, info->every);
    sqlite3_bind_int64(put, 11, info->deadline);
    sqlite3_bind_int64(put, 12, info->opened);
    sqlite3_bind_text(put, 13, info->options, -1, SQLITE_STATIC);
    sqlite3_bind_text(put, 14, info->label_zh, -1, SQLITE_STATIC);
}

static void bind_value(sqlite3_stmt *put, int at, double value)
{
    if (isnan(value))
        sqlite3_bind_null(put, at);
    else
        sqlite3_bind_double(put, at, value);
}

static bool put_row(struct nd_samples *samples, const struct row *row)
{
    const struct nd_sample *sample = &row->sample;
    sqlite3_stmt *put = samples->put_sample;
    if (row->kind == ROW_SERIES) {
        put = samples->put_series;
        bind_series(put, row->info);
    } else if (row->kind == ROW_KIND) {
        put = samples->put_kind;
        sqlite3_bind_int64(put, 1, sample->series);
        sqlite3_bind_text(put, 2, row->name, -1, SQLITE_STATIC);
        sqlite3_bind_text(put, 3, row->unit, -1, SQLITE_STATIC);
    } else if (row->kind == ROW_READING) {
        put = samples->put_reading;
        sqlite3_bind_int64(put, 1, sample->series);
        sqlite3_bind_int64(put, 2, sample->slot);
        sqlite3_bind_text(put, 3, row->name, -1, SQLITE_STATIC);
        bind_value(put, 4, sample->value);
    } else {
        sqlite3_bind_int64(put, 1, sample->series);
        sqlite3_bind_int64(put, 2, sample->slot);
        sqlite3_bind_int64(put, 3, sample->due);
        sqlite3_bind_int64(put, 4, sample->sent);
        sqlite3_bind_int64(put, 5, sample->outcome);
        bind_value(put, 6, sample->value);
    }
    bool good = sqlite3_step(put) == SQLITE_DONE;
    sqlite3_reset(put);
    return good;
}

static bool put_gap(struct nd_samples *samples)
{
    if (samples->lost == 0)
        return true;
    sqlite3_bind_int64(samples->put_gap, 1, samples->lost_from);
    sqlite3_bind_int64(samples->put_gap, 2, samples->lost_till);
    sqlite3_bind_int64(samples->put_gap, 3, samples->lost);
    sqlite3_bind_text(samples->put_gap, 4, samples->lost_why, -1, SQLITE_STATIC);
    bool good = sqlite3_step(samples->put_gap) == SQLITE_DONE;
    sqlite3_reset(samples->put_gap);
    return good;
}

/* Counts a row that will not be in the file. The lock is held. */
static void lose(struct nd_samples *samples, const struct row *row, const char *why)
{
    if (row->kind != ROW_SAMPLE)
        return;
    if (samples->lost++ == 0)
        samples->lost_from = row->sample.due;
    samples->lost_till = row->sample.due;
    samples->lost_all++;
    strncpy(samples->lost_why, why, sizeof samples->lost_why - 1);
}

static void write_batch(struct nd_samples *samples, struct row *rows, size_t count)
{
    bool good = sqlite3_exec(samples->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK;
    for (size_t i = 0; i < count && good; i++)
        good = put_row(samples, &rows[i]);
    pthread_mutex_lock(&samples->lock);
    good = good && put_gap(samples);
    if (good)
        good = sqlite3_exec(samples->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    if (good) {
        samples->lost = 0;
    } else {
        for (size_t i = 0; i < count; i++)
            lose(samples, &rows[i], sqlite3_errmsg(samples->db));
    }
    pthread_mutex_unlock(&samples->lock);
    if (!good)
        sqlite3_exec(samples->db, "ROLLBACK", NULL, NULL, NULL);
    for (size_t i = 0; i < count; i++)
        row_free(&rows[i]);
    free(rows);
}

static void *writer(void *ctx)
{
    struct nd_samples *samples = ctx;
    bool closing = false;
    while (!closing) {
        struct timespec till;
        clock_gettime(CLOCK_REALTIME, &till);
        till.tv_nsec += WRITE_EVERY_MS * 1000000L;
        till.tv_sec += till.tv_nsec / 1000000000;
        till.tv_nsec %= 1000000000;
        pthread_mutex_lock(&samples->lock);
        if (!samples->closing)
            pthread_cond_timedwait(&samples->wake, &samples->lock, &till);
        struct row *rows = samples->queue;
        size_t count = samples->count;
        samples->queue = NULL;
        samples->count = samples->cap = 0;
        closing = samples->closing;
        bool gap = samples->lost != 0;
        pthread_mutex_unlock(&samples->lock);
        if (count != 0 || gap)
            write_batch(samples, rows, count);
    }
    return NULL;
}

static bool prepare(struct nd_samples *samples)
{
    const struct {
        const char *sql;
        sqlite3_stmt **put;
    } list[] = {
        {"INSERT INTO series VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)", &samples->put_series},
        {"INSERT INTO kind VALUES(?,?,?)", &samples->put_kind},
        {"INSERT INTO sample VALUES(?,?,?,?,?,?)", &samples->put_sample},
        {"INSERT INTO reading VALUES(?,?,?,?)", &samples->put_reading},
        {"INSERT INTO gap VALUES(?,?,?,?)", &samples->put_gap},
    };
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (sqlite3_prepare_v2(samples->db, list[i].sql, -1, list[i].put, NULL) != SQLITE_OK)
            return false;
    }
    return true;
}

static void close_db(struct nd_samples *samples)
{
    sqlite3_finalize(samples->put_series);
    sqlite3_finalize(samples->put_kind);
    sqlite3_finalize(samples->put_sample);
    sqlite3_finalize(samples->put_reading);
    sqlite3_finalize(samples->put_gap);
    sqlite3_close(samples->db);
}

struct nd_samples *nd_samples_create(const char *path, struct nd_fail *why)
{
    struct nd_samples *samples = nd_alloc(sizeof *samples);
    if (sqlite3_open_v2(path, &samples->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
            SQLITE_OK ||
        sqlite3_exec(samples->db, schema, NULL, NULL, NULL) != SQLITE_OK || !prepare(samples)) {
        nd_fail_set(why, ND_EIO, "cannot make the sample store '%s': %s", path,
                    sqlite3_errmsg(samples->db));
        close_db(samples);
        free(samples);
        return NULL;
    }
    pthread_mutex_init(&samples->lock, NULL);
    pthread_cond_init(&samples->wake, NULL);
    ND_CHECK(pthread_create(&samples->thread, NULL, writer, samples) == 0);
    return samples;
}

void nd_samples_close(struct nd_samples *samples, int64_t *rows_lost)
{
    if (samples == NULL)
        return;
    pthread_mutex_lock(&samples->lock);
    samples->closing = true;
    pthread_cond_signal(&samples->wake);
    pthread_mutex_unlock(&samples->lock);
    pthread_join(samples->thread, NULL);
    /* One file to hash and to hand on, not three. */
    sqlite3_exec(samples->db,
                 "CREATE INDEX sample_by_series ON sample(series, due_ns, slot);"
                 "CREATE INDEX reading_by_series ON reading(series, slot);"
                 "PRAGMA journal_mode=DELETE",
                 NULL, NULL, NULL);
    close_db(samples);
    pthread_mutex_destroy(&samples->lock);
    pthread_cond_destroy(&samples->wake);
    if (rows_lost != NULL)
        *rows_lost = samples->lost_all;
    free(samples);
}

static void enqueue(struct nd_samples *samples, struct row *row)
{
    pthread_mutex_lock(&samples->lock);
    if (samples->count >= QUEUE_MAX) {
        lose(samples, row, "the disk is too slow");
        row_free(row);
    } else {
        if (samples->count == samples->cap) {
            samples->cap = samples->cap != 0 ? samples->cap * 2 : 256;
            samples->queue = nd_realloc(samples->queue, samples->cap, sizeof *samples->queue);
        }
        samples->queue[samples->count++] = *row;
    }
    pthread_mutex_unlock(&samples->lock);
}

void nd_samples_add_series(struct nd_samples *samples, const struct nd_series_info *info)
{
    struct nd_series_info *copy = nd_alloc(sizeof *copy);
    *copy = *info;
    copy->name = nd_strdup(info->name);
    copy->label = nd_strdup(info->label);
    copy->label_zh = nd_strdup(info->label_zh);
    copy->plugin = nd_strdup(info->plugin);
    copy->verb = nd_strdup(info->verb);
    copy->reading = nd_strdup(info->reading);
    copy->unit = nd_strdup(info->unit);
    copy->target = nd_strdup(info->target);
    copy->vantage = nd_strdup(info->vantage);
    copy->options = nd_strdup(info->options);
    enqueue(samples, &(struct row){.kind = ROW_SERIES, .info = copy});
}

void nd_samples_add_kind(struct nd_samples *samples, int64_t series, const char *name,
                         const char *unit)
{
    enqueue(samples, &(struct row){.kind = ROW_KIND,
                                   .sample = {.series = series},
                                   .name = nd_strdup(name),
                                   .unit = nd_strdup(unit)});
}

void nd_samples_add(struct nd_samples *samples, const struct nd_sample *sample)
{
    enqueue(samples, &(struct row){.kind = ROW_SAMPLE, .sample = *sample});
}

void nd_samples_add_reading(struct nd_samples *samples, int64_t series, int64_t slot,
                            const char *name, double value)
{
    enqueue(samples, &(struct row){.kind = ROW_READING,
                                   .sample = {.series = series, .slot = slot, .value = value},
                                   .name = nd_strdup(name)});
}
