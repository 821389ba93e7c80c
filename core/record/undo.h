/* The undo file: what has to be put back, on disk before anything is changed.
 *
 * JSON lines, each ended by a member "sum" (first 16 hex digits of SHA-256 over the line up to
 * `,"sum"`). Two kinds: a record {"undo":1,"plugin":..,"verb":..,"target":..,"vantage":..,
 * "netns":..,"restore_by":<run clock ns or 0>,"notes":[["key","value"],..]} and a mark
 * {"mark":1,"state":"undone","why":..}. Appended by the runner, marked by whoever restores;
 * every line is one write, flock()ed. A line that does not check is skipped and counted. */
#ifndef ND_RECORD_UNDO_H
#define ND_RECORD_UNDO_H
#include "base/err.h"

struct nd_undo;

enum nd_undo_state {
    ND_UNDO_RECORDED,   /* on disk; whether the change happened is not known */
    ND_UNDO_APPLIED,    /* the change was made */
    ND_UNDO_NOT_MADE,   /* the change failed or was never begun; still undone to be sure */
    ND_UNDO_UNDONE,     /* undo ended well */
    ND_UNDO_VERIFIED,   /* read back: as before */
    ND_UNDO_UNVERIFIED, /* read back: not as before, or could not be read, or undo failed */
    ND_UNDO_LEFT_ALONE, /* not as before, because somebody else has changed it: left so */
};

struct nd_undo_rec {
    int64_t id; /* from 1 */
    char *plugin, *verb;
    char *target;          /* name, or NULL */
    char *vantage;         /* name, or NULL */
    char *netns;           /* path of the namespace acted in, or NULL: that of the process */
    char *step;            /* step id, or NULL */
    nd_ns restore_by;      /* run clock; 0: the end of the run */
    nd_ns lease;           /* length; 0: none */
    struct nd_note *notes; /* ended by a NULL key; owned with its texts */
    enum nd_undo_state state;
    char *why; /* of the last mark, or NULL */
};

/* Whether a change is the making of the lab itself, which outlasts all other changes. Texts may be
 * NULL. */
bool nd_undo_is_lab(const char *plugin, const char *verb);

/* Creates path, or goes on with it. */
struct nd_undo *nd_undo_open(const char *path, struct nd_fail *why);
void nd_undo_close(struct nd_undo *undo); /* NULL is fine */

/* Appends one record and returns only once it is on disk.
 * rec: borrowed; its id is filled in, ids rise from 1.
 * Errors: ND_EIO (disk). On error nothing was promised: do not act. */
nd_err nd_undo_append(struct nd_undo *undo, struct nd_undo_rec *rec, struct nd_fail *why);
/* Notes what became of a record; on disk when it returns. A failing disk does not stop restoring:
 * the error is for the log. */
nd_err nd_undo_mark(struct nd_undo *undo, int64_t id, enum nd_undo_state state, const char *text,
                    struct nd_fail *why);

struct nd_undo_list {
    struct nd_undo_rec *at;
    size_t count;
    size_t skipped; /* lines that could not be read */
};

/* All records, oldest first, with their last state. A missing file is an empty list. */
nd_err nd_undo_read(const char *path, struct nd_undo_list *list, struct nd_fail *why);
void nd_undo_list_deinit(struct nd_undo_list *list);
/* Frees what a record holds. */
void nd_undo_rec_deinit(struct nd_undo_rec *rec);

/* Whether whoever restores has done with a record. */
bool nd_undo_is_over(enum nd_undo_state state);
/* "recorded", "applied", "not-made", "undone", "verified", "unverified", "left-alone". */
const char *nd_undo_state_name(enum nd_undo_state state);

#endif
