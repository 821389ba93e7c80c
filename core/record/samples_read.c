#include "record/samples.h"

#include <math.h>
#include <sqlite3.h>

/* Reading a sample store, also one whose writer died: SQLite rolls its log forward. */

#define WAIT_MS 5000 /* for another program that holds it */

static nd_err fail(sqlite3 *db, const char *path, const char *what, struct nd_fail *why)
{
    int code = sqlite3_errcode(db);
    const char *do_this = code == SQLITE_BUSY || code == SQLITE_LOCKED
                              ? "another program holds it: end that, then try again"
                              : "'netdrill verify' tells whether it is as it was left";
    return nd_fail_set(why, ND_EIO, "cannot read %sthe sample store '%s': %s; %s", what, path,
                       sqlite3_errmsg(db), do_this);
}

static nd_err open_store(const char *path, const char *sql, sqlite3 **db, sqlite3_stmt **get,
                         struct nd_fail *why)
{
    *get = NULL;
    /* Not read-only: a log that a dead writer left has to be taken in. Of one thread alone: to lock
     * a mutex at each column took a tenth of the time that ten million rows need. */
    if (sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(*db, WAIT_MS) == SQLITE_OK &&
        sqlite3_prepare_v2(*db, sql, -1, get, NULL) == SQLITE_OK)
        return ND_OK;
    fail(*db, path, "", why);
    sqlite3_close(*db);
    return ND_EIO;
}

static nd_err close_store(const char *path, sqlite3 *db, sqlite3_stmt *get, int last,
                          struct nd_fail *why)
{
    nd_err err = ND_OK;
    if (last != SQLITE_DONE)
        err = fail(db, path, "all of ", why);
    sqlite3_finalize(get);
    sqlite3_close(db);
    return err;
}

static const char *text(sqlite3_stmt *get, int column)
{
    return (const char *)sqlite3_column_text(get, column);
}

nd_err nd_samples_read_series(const char *path, void (*fn)(void *, const struct nd_series_info *),
                              void *ctx, struct nd_fail *why)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *get = NULL;
    nd_err err = open_store(path, "SELECT * FROM series ORDER BY id", &db, &get, why);
    if (err != ND_OK)
        return err;
    int step = 0;
    while ((step = sqlite3_step(get)) == SQLITE_ROW) {
        const struct nd_series_info info = {
            .id = sqlite3_column_int64(get, 0),
            .name = text(get, 1),
            .label = text(get, 2),
            .plugin = text(get, 3),
            .verb = text(get, 4),
            .reading = text(get, 5),
            .unit = text(get, 6),
            .target = text(get, 7),
            .vantage = text(get, 8),
            .every = sqlite3_column_int64(get, 9),
            .deadline = sqlite3_column_int64(get, 10),
            .opened = sqlite3_column_int64(get, 11),
            .options = text(get, 12),
            /* Stores of older runs have no such column. */
            .label_zh = sqlite3_column_count(get) > 13 ? text(get, 13) : NULL,
        };
        fn(ctx, &info);
    }
    return close_store(path, db, get, step, why);
}

/* value NULL: NAN. */
static double value_of(sqlite3_stmt *get, int column)
{
    return sqlite3_column_type(get, column) == SQLITE_NULL ? NAN
                                                           : sqlite3_column_double(get, column);
}

nd_err nd_samples_read(const char *path, int64_t series,
                       void (*fn)(void *, const struct nd_sample *), void *ctx, struct nd_fail *why)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *get = NULL;
    nd_err err = open_store(path,
                            "SELECT slot, due_ns, sent_ns, outcome, value FROM sample"
                            " WHERE series = ? ORDER BY due_ns, slot",
                            &db, &get, why);
    if (err != ND_OK)
        return err;
    sqlite3_bind_int64(get, 1, series);
    int step = 0;
    while ((step = sqlite3_step(get)) == SQLITE_ROW) {
        const struct nd_sample sample = {
            .series = series,
            .slot = sqlite3_column_int64(get, 0),
            .due = sqlite3_column_int64(get, 1),
            .sent = sqlite3_column_int64(get, 2),
            .outcome = sqlite3_column_int(get, 3),
            .value = value_of(get, 4),
        };
        fn(ctx, &sample);
    }
    return close_store(path, db, get, step, why);
}

/* No condition: what SQLite compares for each of millions of rows takes a third of its time, and a
 * bound on the row number ends at a damaged page without a word. */
nd_err nd_samples_scan(const char *path, struct nd_samples_scan *scan,
                       bool (*fn)(void *, const struct nd_sample *), void *ctx, struct nd_fail *why)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *get = NULL;
    nd_err err = open_store(
        path,
        scan->values ? "SELECT series, slot, sent_ns, outcome, value FROM sample"
                       " ORDER BY rowid"
                     : "SELECT series, slot, sent_ns, outcome FROM sample ORDER BY rowid",
        &db, &get, why);
    if (err != ND_OK)
        return err;
    int step = SQLITE_DONE;
    scan->read = 0;
    while (scan->read < scan->most && (step = sqlite3_step(get)) == SQLITE_ROW) {
        const struct nd_sample sample = {
            .series = sqlite3_column_int64(get, 0),
            .slot = sqlite3_column_int64(get, 1),
            .sent = sqlite3_column_int64(get, 2),
            .outcome = sqlite3_column_int(get, 3),
            .value = scan->values ? value_of(get, 4) : (double)NAN,
        };
        scan->read++;
        step = SQLITE_DONE;
        if (!fn(ctx, &sample))
            break;
    }
    return close_store(path, db, get, step, why);
}

nd_err nd_samples_read_gaps(const char *path,
                            void (*fn)(void *, nd_ns from, nd_ns till, int64_t rows,
                                       const char *text),
                            void *ctx, struct nd_fail *why)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *get = NULL;
    nd_err err = open_store(path, "SELECT from_ns, till_ns, rows, why FROM gap ORDER BY from_ns",
                            &db, &get, why);
    if (err != ND_OK)
        return err;
    int step = 0;
    while ((step = sqlite3_step(get)) == SQLITE_ROW)
        fn(ctx, sqlite3_column_int64(get, 0), sqlite3_column_int64(get, 1),
           sqlite3_column_int64(get, 2), text(get, 3));
    return close_store(path, db, get, step, why);
}

void nd_samples_rest(const char *path)
{
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
        sqlite3_exec(db, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
    sqlite3_close(db);
}
