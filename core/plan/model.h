/* The drill as declared: immutable after loading, in one arena.
 *
 * Phases start at `at` (a moment of the drill), or when every step of the phase before has ended.
 * Phases whose times overlap run side by side. A step starts with its phase, or `at` an offset
 * from the phase's start or a moment of the drill, or `after` another step of the drill ended or an
 * inject is over. */
#ifndef ND_PLAN_MODEL_H
#define ND_PLAN_MODEL_H
#include "plan/profile.h"
#include "plan/schema.h"

/* What the drill is to show, as a tree: objectives, their targets, the critical tasks of those. Ids
 * are unique in all of it, so that evidence may name any of them. */
enum nd_objective_kind { ND_OBJECTIVE, ND_OBJECTIVE_TARGET, ND_OBJECTIVE_TASK };

struct nd_objective {
    const char *id;
    struct nd_text2 text;
    enum nd_objective_kind kind;
    const char *parent;         /* id; NULL for an objective */
    struct nd_text2 capability; /* of an objective, or empty */
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
    const char *after; /* id of a step or an inject, or NULL */
    bool repeatable;   /* may be run again when the run died and is gone on with */
    bool users_given;  /* what it does is a fault, and it says whom that touches */
    int64_t users;     /* so many of them */
    const char *about; /* id of the step or inject whose fault it deals with, or NULL */
    nd_body_ref body;
    int line;
    size_t index, phase;
};

enum nd_inject_kind {
    ND_INJECT_STANDARD,    /* planned, leads to an expected action */
    ND_INJECT_CONTINGENCY, /* given only when the expected action did not come */
    ND_INJECT_INFORMATION, /* for the picture; nothing is expected */
    ND_INJECT_DECISION,    /* asks for a choice among `options` */
    ND_INJECT_FAULT        /* comes with a change of the network, its body */
};

/* Where in the scenario a thing is written; 0: not known. */
struct nd_place {
    int line, column, width;
};

/* A message or event given to the players. Who, what and when; what came of it is the run's.
 * It is fired `at` a time, at a moment drawn from `window`, `after` a step or another inject is
 * over, or, as a contingency, `unless` another one is answered in time, or, on call, by a
 * controller alone; without any of them with its phase. What it waits for is the answer where an
 * action is expected or a choice asked for,
 * else the acknowledgement is enough; without react_within nothing is waited for. */
struct nd_inject {
    const char *id;
    struct nd_text2 title, body, expect; /* body, expect: may be empty (both NULL) */
    enum nd_inject_kind kind;
    bool at_given, at_is_moment, window_given, window_is_moment;
    nd_ns at;
    nd_ns window_from, window_till; /* as `at`: offsets from the phase's start, or moments */
    const char *after, *unless;     /* id, or NULL */
    nd_ns delay;                    /* after `after` */
    bool on_call; /* fired by a controller alone; its phase does not wait for it before */
    bool any;     /* one of `to` answers for all */
    const char *only_if, *only_choice; /* decision's id and the choice it takes, or NULL */
    const char *from;                  /* person, or NULL */
    const char *const *to;             /* people; NULL-ended, may be empty */
    size_t to_count;
    const struct nd_call_spec *via; /* the verb that delivers it; NULL: handed over by hand */
    nd_ns react_within;             /* 0: nothing is waited for */
    const char *objective;          /* id, or NULL */
    const struct nd_text2 *tasks;
    size_t tasks_count;
    const char *controller, *evaluator; /* people, or NULL */
    const char *notes;                  /* for controllers' eyes alone, or NULL */
    const char *occurs;         /* event of the obligations that occurs when it is fired, or NULL */
    const char *meets;          /* duty that the answer which counts meets, or NULL */
    const char *scenario_time;  /* in the story, such as "Day 2 14:30", or NULL */
    const char *const *options; /* of a decision; NULL-ended, may be empty */
    struct nd_step act;         /* what runs with it (body 0: nothing); its users, its about */
    struct nd_place place, when; /* of its id, and of what says when it is fired */
    size_t index, phase;
};

struct nd_phase {
    const char *id; /* given, or "p2" */
    struct nd_text2 title;
    bool at_given;
    nd_ns at; /* moment of the drill */
    const struct nd_step *steps;
    size_t steps_count;
    const struct nd_inject *injects;
    size_t injects_count;
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
    const char
        *unit;  /* of the limits: "ns", "bit/s", "1" (a share), "" a plain number; NULL likewise */
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

/* An event of a profile that occurs by itself. */
struct nd_planned_event {
    const char *event;
    nd_ns at; /* moment of the drill */
};

/* A look that tells whether a duty is met: a body that gives true or false. */
struct nd_duty_check {
    const char *duty;
    nd_body_ref body;
};

/* The duties of a profile, as clocks of the drill. */
struct nd_obligations {
    const struct nd_profile *profile;
    int64_t pace;                  /* so many times as fast as the law's, from 1 */
    nd_ns every;                   /* how often checks look */
    const char *owner, *objective; /* or NULL */
    const struct nd_duty_check *checks;
    size_t checks_count;
    const struct nd_planned_event *events;
    size_t events_count;
    int line;
};

/* What whoever plays the drill may choose: its value as a text. */
struct nd_parameter {
    const char *name, *value;
    bool set; /* by somebody, else it is as the scenario says */
};

/* --set NAME=VALUE, as given. */
struct nd_setting {
    const char *name, *value;
};

struct nd_settings {
    struct ND_VEC(struct nd_setting) list;
    struct nd_arena arena;
};

/* How much of the time an operator's services are to be there. */
struct nd_share_target {
    const char *operator_name;
    double share; /* 0 to 1 */
};

struct nd_drill {
    const char *path, *id;
    char hash[72]; /* of the scenario's bytes */
    struct nd_text2 title;
    int64_t revision;
    nd_ns lasts;               /* the drill ends at T+lasts at the latest */
    nd_ns steady;              /* answered for so long, a service counts as restored; 0: not said */
    struct nd_text2 simulated; /* words on what is simulated; may be empty */
    bool reactions_count;      /* an inject nobody reacted to in time ends the drill as missed */
    const struct nd_objective *objectives; /* each before its targets, those before their tasks */
    size_t objectives_count;
    const struct nd_share_target *availability; /* by operator's name; may be NULL */
    size_t availability_count;
    const struct nd_baseline *baselines;
    size_t baselines_count;
    const struct nd_guard *guards;
    size_t guards_count;
    const struct nd_phase *phases;
    size_t phases_count;
    size_t steps_count, injects_count;
    struct nd_profile *const *profiles; /* that it names; its own */
    size_t profiles_count;
    const struct nd_obligations *obligations;
    size_t obligations_count;
    const struct nd_parameter *parameters;
    size_t parameters_count;
    struct nd_arena arena;
};

void nd_drill_deinit(struct nd_drill *drill);
/* {name: value}, in the order they are written. Caller drops. */
json_t *nd_drill_parameters(const struct nd_drill *drill);
const char *nd_objective_kind_name(enum nd_objective_kind kind); /* "objective", "target", "task" */
const struct nd_objective *nd_drill_objective_find(const struct nd_drill *drill, const char *id);
const struct nd_step *nd_drill_step_find(const struct nd_drill *drill, const char *id);
/* Number `index` of the drill's injects, in the order they are written. */
const struct nd_inject *nd_drill_inject_at(const struct nd_drill *drill, size_t index);
const struct nd_inject *nd_drill_inject_find(const struct nd_drill *drill, const char *id);
const char *nd_inject_kind_name(enum nd_inject_kind kind);
/* -1 when there is no such kind. */
int nd_inject_kind_find(const char *name);
/* Whether somebody has to react to it, and whether an acknowledgement is not enough for that. */
bool nd_inject_waits(const struct nd_inject *inject);
bool nd_inject_wants_answer(const struct nd_inject *inject);

/* Checks what no single declaration shows: times out of order or beyond `lasts`, unknown or
 * circular `after`, objectives nothing refers to (W), missing translations (W), doubled ids. */
void nd_drill_check(const struct nd_drill *drill, struct nd_diags *diags);
/* The part of it that is about injects: inject.c. */
void nd_injects_check(const struct nd_drill *drill, struct nd_diags *diags);
void nd_drill_check_moment(const struct nd_drill *drill, nd_ns at, const struct nd_place *place,
                           const char *what, struct nd_diags *diags);
void nd_drill_check_objective(const struct nd_drill *drill, const char *id, int line,
                              struct nd_diags *diags);
void nd_drill_check_languages(const struct nd_drill *drill, const struct nd_text2 *text, int line,
                              struct nd_diags *diags);

#endif
