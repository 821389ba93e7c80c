/* A list of events taken into a scenario that is there, which people change too.
 *
 * Three lists are compared inject by inject and key by key: the table as it is now, as it was when
 * it was taken in last (the base), and the scenario's own. What only the table changed is taken
 * over; what only the scenario changed is kept; what both changed, and differently, is a conflict.
 * All three are compared as the Lua that they are written as, so that "10 min" and "10m" are the
 * same. Only columns that the table has are looked at. */
#ifndef ND_EXERCISE_MSEL_MERGE_H
#define ND_EXERCISE_MSEL_MERGE_H
#include "exercise/msel.h"

enum nd_msel_what {
    ND_MSEL_UPDATED,
    ND_MSEL_MOVED, /* to another phase: now */
    ND_MSEL_ADDED,
    ND_MSEL_GONE, /* from the table; in the scenario until it is pruned */
    ND_MSEL_KEPT, /* changed in the scenario alone */
    ND_MSEL_CONFLICT
};

struct nd_msel_change {
    enum nd_msel_what what;
    const char *id;
    size_t row;                 /* of the table, SIZE_MAX: it stands in none */
    enum nd_msel_column column; /* ND_MSEL_COUNT: the whole inject */
    const char *const *keys;    /* of the scenario, that hold the column; NULL: the whole inject */
    const char *was, *now;      /* in the scenario, in the table: as Lua, "" where there is none */
    const char *phase,
        *before;     /* of one added: its phase, and the inject before it there or NULL */
    const char *why; /* of a conflict, what to do about it */
};

struct nd_msel_merge {
    struct ND_VEC(
        struct nd_msel_change) changes;  /* by the table's rows, those that are gone last */
    size_t counts[ND_MSEL_CONFLICT + 1]; /* of changes of each kind */
    struct nd_arena arena;               /* all texts above */
};

enum nd_msel_take { ND_MSEL_TAKE_NONE, ND_MSEL_TAKE_TABLE, ND_MSEL_TAKE_SCENARIO };

/* table, scenario: lists without errors, the scenario's as nd_msel_write and nd_msel_read give it.
 * base: may be NULL; then every difference is a conflict. take: who is right where both changed.
 * prune: injects that are gone from the table are to go, so those changed by hand are conflicts.
 * merge: zeroed before. */
void nd_msel_compare(const struct nd_msel *table, const struct nd_msel *base,
                     const struct nd_msel *scenario, const struct nd_drill *drill,
                     enum nd_msel_take take, bool prune, struct nd_msel_merge *merge);
void nd_msel_merge_deinit(struct nd_msel_merge *merge);

/* What stands in a list about an inject under these keys, as Lua: "to = { \"a\" }, answered_by =
 * \"any\"", "" where nothing does. column: the change's. In arena. */
const char *nd_msel_said(const struct nd_msel *list, const char *id, enum nd_msel_column column,
                         struct nd_arena *arena);

#endif
