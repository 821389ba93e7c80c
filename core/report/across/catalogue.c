#include "report/across/catalogue.h"

#include "report/across/compare.h"
#include "report/report.h"
#include "report/words/words.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define VERSION 3     /* of the tables; another one is made anew */
#define WAIT_MS 60000 /* for another call that brings it up to date: 500 new runs take seconds */

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS run (id TEXT PRIMARY KEY, stamp INTEGER, drill TEXT, mode TEXT,"
    " wall TEXT, entry TEXT);"
    "CREATE TABLE IF NOT EXISTS kpi (run TEXT, at INTEGER, key TEXT, about TEXT, point TEXT);"
    "CREATE INDEX IF NOT EXISTS kpi_run ON kpi (run);"
    "PRAGMA user_version = 3;";

struct nd_catalogue {
    sqlite3 *db;
    char *runs;
};

static nd_err failed(const struct nd_catalogue *catalogue, struct nd_fail *why)
{
    return nd_fail_set(why, ND_EIO, "catalogue '%s/catalogue.sqlite': %s", catalogue->runs,
                       sqlite3_errmsg(catalogue->db));
}

/* Runs a statement with texts bound to ?1, ?2, ... */
static bool run_with(struct nd_catalogue *catalogue, const char *sql, const char *const *texts,
                     size_t count)
{
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_prepare_v2(catalogue->db, sql, -1, &statement, NULL) == SQLITE_OK;
    for (size_t i = 0; good && i < count; i++)
        sqlite3_bind_text(statement, (int)i + 1, texts[i], -1, SQLITE_TRANSIENT);
    good = good && sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    return good;
}

static int64_t user_version(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    int64_t version = -1;
    if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        version = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return version;
}

/* ---- one run ---- */

/* When the records of a run last changed, in nanoseconds; 0: it has none. */
static int64_t stamp_of(const struct nd_rundir *dir)
{
    static const char *const names[] = {"journal.jsonl", "report/report.json", "evaluation.jsonl"};
    int64_t stamp = 0;
    for (size_t i = 0; i < 3; i++) {
        struct stat info;
        char *path = nd_rundir_file(dir, names[i]);
        if (stat(path, &info) == 0) {
            int64_t at = info.st_mtim.tv_sec * INT64_C(1000000000) + info.st_mtim.tv_nsec;
            stamp = at > stamp ? at : stamp;
        } else if (i == 0) {
            free(path);
            return 0;
        }
        free(path);
    }
    return stamp;
}

/* The model as the run left it, or computed when there is none younger than its records. NULL: it
 * cannot be read, or tells of no drill. stamp: of stamp_of. */
static json_t *model_of(const struct nd_rundir *dir, int64_t stamp, struct nd_fail *why)
{
    struct stat report;
    char *path = nd_rundir_file(dir, "report/report.json");
    json_t *model = NULL;
    if (stat(path, &report) == 0 &&
        report.st_mtim.tv_sec * INT64_C(1000000000) + report.st_mtim.tv_nsec == stamp)
        model = json_load_file(path, 0, NULL);
    free(path);
    if (*nd_str_of(json_object_get(model, "drill"), "id") == '\0') {
        json_decref(model);
        model = nd_report_model(dir, why);
    }
    if (model != NULL && *nd_str_of(json_object_get(model, "drill"), "id") == '\0') {
        nd_fail_set(why, ND_EPARSE, "its journal does not tell which drill it is of");
        json_decref(model);
        return NULL;
    }
    return model;
}

static json_t *entry_of(const json_t *model)
{
    const json_t *run = json_object_get(model, "run");
    const json_t *drill = json_object_get(model, "drill");
    const json_t *s = json_object_get(model, "summary");
    json_t *entry =
        json_pack("{s:O?, s:O?, s:O?}", "run", json_object_get(run, "id"), "drill",
                  json_object_get(drill, "id"), "title", json_object_get(drill, "title"));
    static const char *const of_run[] = {"mode", "simulated", "outcome", "wall", "lasted_ns"};
    static const char *const of_summary[] = {"met", "missed", "unknown", "changes", "verified"};
    for (size_t i = 0; i < 5; i++) {
        json_object_set(entry, of_run[i], json_object_get(run, of_run[i]));
        json_object_set(entry, of_summary[i], json_object_get(s, of_summary[i]));
    }
    return entry;
}

static bool put_kpi(struct nd_catalogue *catalogue, const char *run_id, const json_t *model,
                    const json_t *verdict, const char *key)
{
    const json_t *run = json_object_get(model, "run");
    static const char *const keys[] = {"sentence", "step", "unit"};
    static const char *const values[] = {"measured", "uncertainty", "limit",    "grade",
                                         "why",      "statistic",   "operator", "seq"};
    char date[ND_DATE_TEXT];
    json_t *about = json_object();
    json_t *point = json_pack(
        "{s:O?, s:O?, s:s, s:O?, s:O?, s:O?, s:O?, s:O?, s:O?}", "run", json_object_get(run, "id"),
        "wall", json_object_get(run, "wall"), "date", nd_run_date(model, date), "outcome",
        json_object_get(run, "outcome"), "simulated", json_object_get(run, "simulated"), "revision",
        json_object_get(json_object_get(model, "drill"), "revision"), "scenario",
        json_object_get(run, "scenario_sha256"), "site", json_object_get(run, "site_sha256"),
        "parameters", json_object_get(run, "parameters"));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        json_object_set(about, keys[i], json_object_get(verdict, keys[i]));
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        json_object_set(point, values[i], json_object_get(verdict, values[i]));
    char *about_text = json_dumps(about, JSON_COMPACT);
    char *point_text = json_dumps(point, JSON_COMPACT | JSON_REAL_PRECISION(12));
    /* In another unit it is another figure. */
    char *of_unit = nd_printf("%s\x1f%s", key, nd_str_of(verdict, "unit"));
    const char *const texts[] = {run_id, of_unit, about_text, point_text};
    bool good = run_with(catalogue,
                         "INSERT INTO kpi VALUES (?1, (SELECT count(*) FROM kpi WHERE run = ?1), "
                         "?2, ?3, ?4)",
                         texts, 4);
    free(of_unit);
    free(about_text);
    free(point_text);
    json_decref(about);
    json_decref(point);
    return good;
}

static bool put_kpis(struct nd_catalogue *catalogue, const char *run_id, const json_t *model)
{
    json_t *verdicts = nd_measures_by_key(model);
    const char *key = NULL;
    json_t *verdict = NULL;
    bool good = true;
    json_object_foreach(verdicts, key, verdict) good =
        good && put_kpi(catalogue, run_id, model, verdict, key);
    json_decref(verdicts);
    return good;
}

static bool forget(struct nd_catalogue *catalogue, const char *run_id)
{
    return run_with(catalogue, "DELETE FROM run WHERE id = ?1", &run_id, 1) &&
           run_with(catalogue, "DELETE FROM kpi WHERE run = ?1", &run_id, 1);
}

static bool take(struct nd_catalogue *catalogue, const char *run_id, int64_t stamp,
                 const json_t *model)
{
    json_t *entry = entry_of(model);
    char *text = json_dumps(entry, JSON_COMPACT);
    char *when = nd_printf("%lld", (long long)stamp);
    const char *const texts[] = {
        run_id, when, nd_str_of(entry, "drill"), nd_str_of(entry, "mode"), nd_str_of(entry, "wall"),
        text};
    bool good = forget(catalogue, run_id) &&
                run_with(catalogue, "INSERT INTO run VALUES (?1, ?2, ?3, ?4, ?5, ?6)", texts, 6) &&
                put_kpis(catalogue, run_id, model);
    free(text);
    free(when);
    json_decref(entry);
    return good;
}

/* ---- all of them ---- */

static bool known(struct nd_catalogue *catalogue, const char *run_id, int64_t stamp)
{
    sqlite3_stmt *statement = NULL;
    bool same = false;
    if (sqlite3_prepare_v2(catalogue->db, "SELECT stamp FROM run WHERE id = ?1", -1, &statement,
                           NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, run_id, -1, SQLITE_STATIC);
        same = sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int64(statement, 0) == stamp;
    }
    sqlite3_finalize(statement);
    return same;
}

/* Forgets runs whose directories have gone. */
static bool drop_gone(struct nd_catalogue *catalogue)
{
    sqlite3_stmt *statement = NULL;
    json_t *gone = json_array();
    bool good =
        sqlite3_prepare_v2(catalogue->db, "SELECT id FROM run", -1, &statement, NULL) == SQLITE_OK;
    while (good && sqlite3_step(statement) == SQLITE_ROW) {
        const char *id = (const char *)sqlite3_column_text(statement, 0);
        char *path = nd_printf("%s/%s/journal.jsonl", catalogue->runs, id);
        struct stat info;
        if (stat(path, &info) != 0)
            json_array_append_new(gone, json_string(id));
        free(path);
    }
    sqlite3_finalize(statement);
    for (size_t i = 0; i < json_array_size(gone); i++)
        good = good && forget(catalogue, json_string_value(json_array_get(gone, i)));
    json_decref(gone);
    return good;
}

struct reading {
    void (*unread)(void *ctx, const char *run_id, const char *why); /* or NULL */
    void *ctx;
};

/* Whether a directory is called as a run is; others may lie there as they like. */
static bool named_as_run(const char *name)
{
    struct tm tm = {0};
    return strptime(name, "%Y%m%dT%H%M%SZ-", &tm) != NULL;
}

/* A run that came or changed. False: the catalogue cannot be written. */
static bool refresh_one(struct nd_catalogue *catalogue, const char *name,
                        const struct reading *reading)
{
    struct nd_rundir dir = {0};
    struct nd_fail fail = {0};
    bool good = true;
    bool is_run = nd_rundir_find(&dir, catalogue->runs, name, &fail) == ND_OK;
    int64_t stamp = is_run ? stamp_of(&dir) : 0;
    bool told = !is_run && named_as_run(name);
    if (stamp != 0 && !known(catalogue, dir.run_id, stamp)) {
        json_t *model = model_of(&dir, stamp, &fail);
        told = model == NULL;
        if (model != NULL)
            good = take(catalogue, dir.run_id, stamp, model);
        else
            good = forget(catalogue, dir.run_id); /* it may have been whole before */
        json_decref(model);
    }
    if (told && reading->unread != NULL)
        reading->unread(reading->ctx, name, is_run ? fail.text : "it has no journal.jsonl");
    nd_rundir_deinit(&dir);
    return good;
}

static bool refresh(struct nd_catalogue *catalogue, const struct reading *reading)
{
    struct dirent **names = NULL;
    int count = scandir(catalogue->runs, &names, NULL, alphasort);
    bool good = drop_gone(catalogue);
    for (int i = 0; i < count; i++) {
        if (names[i]->d_name[0] != '.')
            good = good && refresh_one(catalogue, names[i]->d_name, reading);
        free(names[i]);
    }
    free(names);
    return good;
}

/* Its tables, as this version has them, in a transaction that others wait for. False: it is
 * damaged, or cannot be written. */
static bool prepare(struct nd_catalogue *c, const char *path, bool rebuild)
{
    if (sqlite3_open(path, &c->db) != SQLITE_OK)
        return false;
    sqlite3_busy_timeout(c->db, WAIT_MS);
    if (sqlite3_exec(c->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return false;
    if ((rebuild || user_version(c->db) != VERSION) &&
        sqlite3_exec(c->db, "DROP TABLE IF EXISTS run; DROP TABLE IF EXISTS kpi;", NULL, NULL,
                     NULL) != SQLITE_OK)
        return false;
    return sqlite3_exec(c->db, schema, NULL, NULL, NULL) == SQLITE_OK;
}

static bool is_damaged(const struct nd_catalogue *c)
{
    int code = sqlite3_errcode(c->db);
    return code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
}

/* Nothing is lost with it. One at a time: who waited for another finds it made anew already. */
static bool make_anew(struct nd_catalogue *c, const char *path)
{
    int fd = open(c->runs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool alone = fd >= 0 && flock(fd, LOCK_EX) == 0;
    bool good = alone && prepare(c, path, false);
    if (alone && !good && is_damaged(c)) {
        sqlite3_close(c->db);
        c->db = NULL;
        good = unlink(path) == 0 && prepare(c, path, false);
    }
    if (fd >= 0)
        close(fd);
    return good;
}

/* What cannot be written where the runs are is made in memory: an archive may be read-only. */
static bool prepare_again(struct nd_catalogue *c, const char *path)
{
    int code = sqlite3_errcode(c->db);
    bool damaged = is_damaged(c);
    sqlite3_close(c->db);
    c->db = NULL;
    if (damaged && make_anew(c, path))
        return true;
    if (damaged) {
        sqlite3_close(c->db);
        c->db = NULL;
    }
    return (code == SQLITE_READONLY || code == SQLITE_CANTOPEN || damaged) &&
           prepare(c, ":memory:", false);
}

nd_err nd_catalogue_open(const char *runs, bool rebuild,
                         void (*unread)(void *ctx, const char *run_id, const char *why), void *ctx,
                         struct nd_catalogue **catalogue, struct nd_fail *why)
{
    struct nd_catalogue *c = nd_alloc(sizeof *c);
    char *path = nd_printf("%s/catalogue.sqlite", runs);
    c->runs = nd_strdup(runs);
    const struct reading reading = {unread, ctx};
    if (access(runs, R_OK) != 0) {
        free(path);
        nd_catalogue_close(c);
        return nd_fail_set(why, ND_EARG,
                           "there is no directory '%s' to be read; say where runs are kept: --runs "
                           "DIR",
                           runs);
    }
    bool good = prepare(c, path, rebuild) || prepare_again(c, path);
    free(path);
    good = good && refresh(c, &reading) &&
           sqlite3_exec(c->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    if (!good) {
        nd_err err = failed(c, why);
        nd_catalogue_close(c);
        return err;
    }
    *catalogue = c;
    return ND_OK;
}

void nd_catalogue_close(struct nd_catalogue *catalogue)
{
    if (catalogue == NULL)
        return;
    sqlite3_close(catalogue->db);
    free(catalogue->runs);
    free(catalogue);
}

/* ---- asking ---- */

json_t *nd_catalogue_runs(struct nd_catalogue *catalogue, const char *drill, bool rehearsals)
{
    sqlite3_stmt *statement = NULL;
    json_t *list = json_array();
    if (sqlite3_prepare_v2(catalogue->db,
                           "SELECT entry FROM run WHERE (?1 IS NULL OR drill = ?1) AND (?2 OR mode "
                           "<> 'rehearsal') ORDER BY id",
                           -1, &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, drill, -1, SQLITE_STATIC);
        sqlite3_bind_int(statement, 2, rehearsals);
        while (sqlite3_step(statement) == SQLITE_ROW)
            json_array_append_new(
                list, json_loads((const char *)sqlite3_column_text(statement, 0), 0, NULL));
    }
    sqlite3_finalize(statement);
    return list;
}

json_t *nd_catalogue_trends(struct nd_catalogue *catalogue, const char *drill)
{
    sqlite3_stmt *statement = NULL;
    json_t *list = json_array();
    json_t *by_key = json_object();
    if (sqlite3_prepare_v2(catalogue->db,
                           "SELECT key, about, point FROM kpi JOIN run ON kpi.run = run.id WHERE "
                           "drill = ?1 AND mode <> 'rehearsal' ORDER BY run.id, at",
                           -1, &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, drill, -1, SQLITE_STATIC);
        while (sqlite3_step(statement) == SQLITE_ROW) {
            const char *key = (const char *)sqlite3_column_text(statement, 0);
            json_t *one = json_object_get(by_key, key);
            if (one == NULL) {
                one = json_loads((const char *)sqlite3_column_text(statement, 1), 0, NULL);
                json_object_set_new(one, "points", json_array());
                json_object_set(by_key, key, one);
                json_array_append_new(list, one);
            }
            json_array_append_new(
                json_object_get(one, "points"),
                json_loads((const char *)sqlite3_column_text(statement, 2), 0, NULL));
        }
    }
    sqlite3_finalize(statement);
    json_decref(by_key);
    return list;
}
