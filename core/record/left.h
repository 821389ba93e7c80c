/* What a run that is not alive has left behind: how it ended, and what is still changed. */
#ifndef ND_RECORD_LEFT_H
#define ND_RECORD_LEFT_H
#include "record/rundir.h"

#include <stdbool.h>

struct nd_left {
    bool closed;  /* it ended by itself; else it died */
    size_t open;  /* changes that are not known to be as before */
    nd_err check; /* of the journal: ND_OK, or that it cannot be read or is not what it was */
};

struct nd_left nd_rundir_left(const struct nd_rundir *dir);

#define ND_LEFT_WORDS 512
/* The same as a sentence that says what to do: "it died, and the network is as before; ...". */
void nd_rundir_left_words(const struct nd_left *left, const char *run_id,
                          char words[ND_LEFT_WORDS]);

#endif
