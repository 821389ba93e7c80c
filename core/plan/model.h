/* The drill as declared: immutable after loading, in one arena.
 *
 * Phases start at `at` (a moment of the drill), or when every step of the phase before has ended.
 * Phases whose times overlap run side by side. A step starts with its phase, or `at` an offset
 * from the phase's start or a moment of the drill, or `after` another step of the drill ended. */
#ifndef ND_PLAN_MODEL_H
#define ND_PLAN_MODEL_H
#include "plan/profile.h"
#include "plan/schema.h"

struct nd_objective {
    const char *id;
    struct nd_text2 text;
};

/* A coded body: what it is, the run does not know; see run/body.h. 0: none. */
typedef int nd_body_ref;

struct nd_step {
    const char *id; /* given, or "p2.s3" */
    struct nd_text2 title;
    const char *owner;     /* person's name or free words, or NULL */
    const char *objective; /* id, or NULL */
    bool at_given, at_is_moment;
    nd_ns at;          /* offset from the phase's start, or moment of the drill */
    const char *after; /* step id, or NULL */
    bool repeatable;   /* may be run again when the run died and is gone on with */
    nd_body_ref body;
    int line;
    size_t index, phase;
};

struct nd_phase {
    const char *id; /* given, or "p2" */
    struct nd_text2 title;
    bool at_given;
    nd_ns at; /* moment of the drill */
    const struct nd_step *steps;
    size_t steps_count;
    int line;
    size_t index;
};

struct nd_guard {
    const char *id; /* "g1" */
    struct nd_text2 title;
    const char *objective; /* or NULL */
    nd_ns every, grace;    /* grace: how long it may be breached ("for"), 0: not at all */
    bool has_at_most, has_at_least;
    double at_most, at_least;
    bool abort; /* otherwise = "abort"; else it is noted only */
    nd_body_ref read;
    int line;
};

/* What has to hold before STARTEX, and is measured again once everything is restored. */
struct nd_baseline {
    const char *id; /* "b1" */
    struct nd_text2 title;
    nd_ns within; /* how long measuring it may take */
    nd_body_ref body;
    int line;
};

struct nd_drill {
    const char *path, *id;
    char hash[72]; /* of the scenario's bytes */
    struct nd_text2 title;
    int64_t revision;
    nd_ns lasts;           /* the drill ends at T+lasts at the latest */
    const char *simulated; /* words on what is simulated, or NULL */
    const struct nd_objective *objectives;
    size_t objectives_count;
    const struct nd_baseline *baselines;
    size_t baselines_count;
    const struct nd_guard *guards;
    size_t guards_count;
    const struct nd_phase *phases;
    size_t phases_count;
    size_t steps_count;
    struct nd_profile *const *profiles; /* that it names; its own */
    size_t profiles_count;
    struct nd_arena arena;
};

void nd_drill_deinit(struct nd_drill *drill);
const struct nd_step *nd_drill_step_find(const struct nd_drill *drill, const char *id);

/* Checks what no single declaration shows: times out of order or beyond `lasts`, unknown or
 * circular `after`, objectives nothing refers to (W), missing translations (W), doubled ids. */
void nd_drill_check(const struct nd_drill *drill, struct nd_diags *diags);

#endif
