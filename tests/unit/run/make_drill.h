/* Drills written in C: phases, steps and bodies without Lua, for tests of the run engine. */
#ifndef ND_TEST_MAKE_DRILL_H
#define ND_TEST_MAKE_DRILL_H
#include "base/units.h"
#include "run/run.h"

#define BODIES_MAX 16

/* A body written as numbered stages: called with stage 0, 1, ... as its waits end. */
typedef enum nd_body_state (*body_fn)(struct nd_task *task, int stage, struct nd_fail *why,
                                      double *value);

struct drill_kit {
    struct nd_sched *sched;
    struct nd_plugins *plugins;
    struct nd_drill drill;
    struct nd_phase phases[4];
    struct nd_step steps[12];
    struct nd_inject injects[8];
    struct nd_guard guards[2];
    body_fn bodies[BODIES_MAX]; /* body_ref is the index */
    struct nd_run_config config;
    struct nd_run *run;
    struct nd_buf events; /* "type subject" a line */
    json_t *all;          /* every event */
    size_t dropped;
};

/* An empty drill on a virtual scheduler, lasting a minute; `pretend` is loaded. */
void drill_kit_init(struct drill_kit *kit);
/* Adds a step to phase p (made when missing); returns it. */
struct nd_step *drill_kit_step(struct drill_kit *kit, size_t p, const char *id, body_fn body);
/* Adds an inject to phase p, to "lin" and "wang"; like steps, phases are filled in order. */
struct nd_inject *drill_kit_inject(struct drill_kit *kit, size_t p, const char *id);
/* Runs to the end. */
void drill_kit_run(struct drill_kit *kit);
void drill_kit_deinit(struct drill_kit *kit);
/* A checked call of a verb of `pretend`; keys and texts in pairs, ended by NULL. */
struct nd_call_spec *drill_kit_call(struct nd_task *task, struct nd_plugins *plugins,
                                    const char *verb, ...);
/* A body that sleeps for longer than any drill. */
enum nd_body_state drill_kit_forever(struct nd_task *task, int stage, struct nd_fail *why,
                                     double *value);
/* Events of a type. */
size_t drill_kit_count(const struct drill_kit *kit, const char *type);
/* Event number n (from 0) of a type; NULL when there is none. */
const json_t *drill_kit_event(const struct drill_kit *kit, const char *type, size_t n);
/* Of such an event, which has to be there: its moment, data and subject. */
nd_ns drill_kit_moment(const struct drill_kit *kit, const char *type, size_t n);
const json_t *drill_kit_data(const struct drill_kit *kit, const char *type, size_t n);
const char *drill_kit_subject(const struct drill_kit *kit, const char *type, size_t n);

#endif
