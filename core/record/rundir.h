/* A run's directory: <runs>/<UTC time>-<drill id>-<4 hex>/ with scenario.lua, site.yaml,
 * plan.json, journal.jsonl, undo.jsonl, samples.sqlite, evidence/, report/, control.sock (while
 * it runs) and MANIFEST. */
#ifndef ND_RECORD_RUNDIR_H
#define ND_RECORD_RUNDIR_H
#include "base/err.h"
#include "base/text.h"

#include <stdbool.h>

struct nd_rundir {
    char *path;
    char *run_id; /* the last component */
};

/* Makes it with its sub-directories, mode 0700; refuses when less than 16 MiB are free.
 * runs: directory for runs, made when missing. wall_ns: the time in its name. */
nd_err nd_rundir_create(struct nd_rundir *dir, const char *runs, const char *drill_id,
                        int64_t wall_ns, struct nd_fail *why);
/* An existing one: a path, a run id in `runs`, or "last". ND_EARG when it is none. */
nd_err nd_rundir_find(struct nd_rundir *dir, const char *runs, const char *name,
                      struct nd_fail *why);
void nd_rundir_deinit(struct nd_rundir *dir);
/* "<path>/<name>"; caller frees. */
char *nd_rundir_file(const struct nd_rundir *dir, const char *name);

/* Writes a file whole: temporary name, fsync, rename. What is there and is no file, such as a pipe
 * or /dev/null, is written to and stays what it is. */
nd_err nd_file_write(const char *path, const char *bytes, size_t len_bytes, struct nd_fail *why);

/* The same in pieces, for what is not to be in memory as a whole, and for several files that are to
 * be all there or none: begin, add, settle, end. Embedded. After a piece that could not be written
 * further ones are dropped, and settle tells. */
struct nd_file_pieces {
    char *path, *part;
    int fd, error;
    struct nd_buf waiting;
};
/* On an error there is nothing to end. */
nd_err nd_file_begin(struct nd_file_pieces *file, const char *path, struct nd_fail *why);
void nd_file_add(struct nd_file_pieces *file, const char *bytes, size_t len_bytes);
/* All of it is on the disk, beside its place. */
nd_err nd_file_settle(struct nd_file_pieces *file, struct nd_fail *why);
/* keep: it goes to its place; else nothing is left of it, and what was there before stays. */
nd_err nd_file_end(struct nd_file_pieces *file, bool keep, struct nd_fail *why);

/* "sha256:<64 hex>" of bytes. out: 72 bytes. */
#define ND_HASH_TEXT 72
void nd_hash(const void *bytes, size_t len_bytes, char *out);
nd_err nd_hash_file(const char *path, char *out, struct nd_fail *why);

#endif
