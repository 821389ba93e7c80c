/* What msel_look.c finds in a table, and msel_read.c writes down as a scenario. */
#ifndef ND_EXERCISE_MSEL_MAKER_H
#define ND_EXERCISE_MSEL_MAKER_H
#include "exercise/msel_cells.h"

struct nd_msel_phase {
    const char *said, *id; /* as the cells have it; as the scenario has it */
    struct nd_text2 title;
    bool at_given;
    nd_ns at, earliest; /* earliest: of its injects, -1: none says */
    size_t row;         /* SIZE_MAX: no row of its own */
};

struct nd_msel_inject {
    size_t row, phase;
    const char *said, *id, *kind, *options;
    struct nd_msel_when from, till;
};

struct nd_msel_goal { /* an objective, a target or a task */
    size_t row;
    const char *kind, *id, *parent; /* parent: "" for an objective */
};

struct nd_msel_maker {
    const struct nd_sheet *sheet;
    const struct nd_msel_wish *wish;
    struct nd_msel *msel;
    struct nd_arena arena;
    struct ND_VEC(struct nd_msel_phase) phases;
    struct ND_VEC(struct nd_msel_inject) injects;
    struct ND_VEC(struct nd_msel_goal) goals;
    struct ND_VEC(const char *) plugins;
    size_t drill; /* row, SIZE_MAX: none */
    nd_ns latest;
};

/* A cell as it is, "" where there is none; and trimmed, in the maker's arena. */
const char *nd_msel_text_at(const struct nd_msel_maker *maker, size_t row,
                            enum nd_msel_column column);
const char *nd_msel_word_at(struct nd_msel_maker *maker, size_t row, enum nd_msel_column column);
/* A cell that says when or how long: what it is typed as, where it is, not how it is shown. */
const char *nd_msel_time_at(struct nd_msel_maker *maker, size_t row, enum nd_msel_column column);
/* A title or a body: two columns, or one for both. */
struct nd_text2 nd_msel_both_at(const struct nd_msel_maker *maker, size_t row,
                                enum nd_msel_column zh, enum nd_msel_column both);
/* Not given when it cannot be read, which is noted. */
struct nd_msel_when nd_msel_when_at(struct nd_msel_maker *maker, size_t row,
                                    enum nd_msel_column column);
void nd_msel_wrong(struct nd_msel_maker *maker, size_t row, enum nd_msel_column column,
                   const char *text);
/* An id as scenarios take it: lower case; "" when it would lose a letter. */
const char *nd_msel_id_of(struct nd_msel_maker *maker, const char *said);
/* The same for an objective's, which may have capitals; as it is, when it is none. */
const char *nd_msel_goal_id_of(struct nd_msel_maker *maker, const char *said);
/* Whether a method is no verb: a controller's hand. */
bool nd_msel_by_hand(const char *method);
/* Fills the maker from the rows below the heading. */
void nd_msel_look(struct nd_msel_maker *maker, size_t heading);

#endif
