/* The seal of a run's directory: MANIFEST, and MANIFEST.minisig when it is signed.
 *
 * MANIFEST holds lines as sha256sum(1) prints and checks them, of every file but itself, its
 * signature, control.sock, lock, keeper.log, the evaluation (evaluation.h, which goes on) and
 * report/ (which can be made again), after comments:
 *
 *     # netdrill.manifest/1
 *     # run 20261125T013000Z-north-3f2a
 *     # state complete
 *     # journal 142 sha256:<hash of its last line>
 *
 * state: "complete" (by the run itself, at its end), "incomplete" (the run died; sealed by who put
 * the network back), "reopened" (it had ended, and something was restored later). A directory that
 * is sealed again keeps the seals before as MANIFEST.1, MANIFEST.2, ... with their signatures. */
#ifndef ND_RECORD_SEAL_H
#define ND_RECORD_SEAL_H
#include "record/journal.h"
#include "record/rundir.h"

enum nd_seal_state { ND_SEAL_COMPLETE, ND_SEAL_INCOMPLETE, ND_SEAL_REOPENED };

/* Seals; key_path: a secret key (key.h), or NULL: unsigned. */
nd_err nd_seal(const struct nd_rundir *dir, enum nd_seal_state state, const char *key_path,
               struct nd_fail *why);
/* Seals what a dead or reopened run left, unsigned, after its samples were brought to rest: the
 * state is told by its journal. */
nd_err nd_seal_left(const struct nd_rundir *dir, struct nd_fail *why);

struct nd_seal_check {
    bool sealed;    /* there is a MANIFEST */
    char state[16]; /* as it says, "" when it does not */
    struct nd_journal_check journal;
    int64_t sealed_events; /* of the journal, when it was sealed; -1: not said */
    size_t files, changed; /* named; not as they were, missing, or not named */
    bool is_signed;
    char signer[20]; /* id of the key, as the signature says */
};

/* Reads and compares. told: a line for people on each thing that is not as it was. Errors: only
 * when the journal cannot be read. */
nd_err nd_seal_check(const struct nd_rundir *dir, struct nd_seal_check *check,
                     void (*told)(void *ctx, const char *line), void *ctx, struct nd_fail *why);

/* What a seal before (MANIFEST.<n>, from 1) still vouches for: the journal to its event `events`.
 * False: there is no such seal. */
struct nd_seal_before {
    char path[512];
    int64_t events;
    bool journal_holds; /* to there, the journal is as it was sealed */
};
bool nd_seal_before(const struct nd_rundir *dir, int n, struct nd_seal_before *before);

/* Paths of all files a seal covers, relative to the directory, sorted; caller frees each and the
 * array. */
size_t nd_seal_files(const struct nd_rundir *dir, char ***names);

#endif
