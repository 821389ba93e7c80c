/* The journal: one JSON line an event, chained by hashes, readable in the middle of a run.
 *
 * A line is a CloudEvents 1.0 object with these members, in this order: specversion, id (ten
 * digits of seq), source ("urn:netdrill:run:<run id>"), type, subject (may be absent), time (wall,
 * RFC 3339), seq, monons (run clock), rel (moment of the drill, "T+00:01:30.004", absent before
 * STARTEX is known), actor ("core", "keeper", "controller:lin", ...), prev (hash of the line
 * before: "sha256:<64 hex>", of nothing for the first), data.
 * The hash is SHA-256 over the line's bytes without its line feed. Event types and their data:
 * docs/records.md. */
#ifndef ND_RECORD_JOURNAL_H
#define ND_RECORD_JOURNAL_H
#include "base/err.h"

#include <jansson.h>

struct nd_journal;

/* What the journal asks of its owner for each line; all borrowed. */
struct nd_journal_clock {
    nd_ns (*now)(void *ctx);
    int64_t (*to_wall)(void *ctx, nd_ns moment);
    void *ctx;
};

/* Creates path (must not exist). path NULL: nothing is written, lines are only hashed. */
struct nd_journal *nd_journal_create(const char *path, const char *run_id,
                                     struct nd_journal_clock clock, struct nd_fail *why);
/* Goes on with an existing one: a torn last line is cut off and said by an event
 * "journal.recovered". */
struct nd_journal *nd_journal_reopen(const char *path, struct nd_journal_clock clock,
                                     struct nd_fail *why);
void nd_journal_close(struct nd_journal *journal); /* NULL is fine */

/* T+0 on the run clock; from here on `rel` is written. */
void nd_journal_set_start(struct nd_journal *journal, nd_ns t0);

/* A descriptor of its own, for syncing on another thread what was appended without
 * ND_JOURNAL_SYNC; caller closes. -1: it is only hashed, or there are none left. */
int nd_journal_dup(const struct nd_journal *journal);

#define ND_JOURNAL_SYNC 1u /* on disk (fdatasync) when this returns */

/* Appends one event; takes over data (may be NULL). subject may be NULL. Returns the sequence
 * number (from 1), or a negative code: ND_EIO when the disk is full or failing; the file then ends
 * where it ended before. */
int64_t nd_journal_append(struct nd_journal *journal, unsigned flags, const char *type,
                          const char *subject, const char *actor, nd_ns at, json_t *data,
                          struct nd_fail *why);
/* The same event without writing again: what the last append wrote, no line feed. Borrowed. */
const char *nd_journal_last_line(const struct nd_journal *journal);

enum nd_tail { ND_TAIL_WHOLE, ND_TAIL_TORN };

/* What is wrong at the first bad line, as far as its neighbours tell. */
enum nd_damage {
    ND_DAMAGE_NONE,
    ND_DAMAGE_ALTERED,  /* its text is another one */
    ND_DAMAGE_MISSING,  /* the event is not there, later ones are */
    ND_DAMAGE_INSERTED, /* a line that is none of the chain stands there */
    ND_DAMAGE_ORDER     /* it stands behind a later one */
};

struct nd_journal_check {
    int64_t events;        /* good lines */
    int64_t bad_seq;       /* first event that is not what it was; 0 when none. The last line has no
                              successor that would know it: only a seal (seal.h) does */
    enum nd_damage damage; /* what became of that one */
    enum nd_tail tail;     /* torn: the last line has no line feed; it is not counted as bad */
    char last_hash[72];    /* "sha256:..." of the last good line */
    char odd_hash[72];     /* of the line that does not fit, when it is the last; else "" */
};

/* "was altered", "is missing", ... */
const char *nd_damage_words(enum nd_damage damage);

/* "sha256:..." of the last line; of a rehearsal's journal it is the trace hash. Borrowed. */
const char *nd_journal_last_hash(const struct nd_journal *journal);

/* Reads line after line; event: borrowed. fn returns false to stop. Lines after a bad one are not
 * given. fn may be NULL to check only. Errors: ND_EIO, ND_EARG (no such file). */
nd_err nd_journal_read(const char *path, bool (*fn)(void *ctx, const json_t *event), void *ctx,
                       struct nd_journal_check *check, struct nd_fail *why);

#endif
