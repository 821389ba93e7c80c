/* What a run that died had come to, as its journal and undo file say: the start of `run --resume`.
 * Why it is done so: docs/decisions/resume.md. */
#ifndef ND_RUN_PAST_H
#define ND_RUN_PAST_H
#include "base/mem.h"
#include "record/rundir.h"

#include <jansson.h>

struct nd_past_step {
    char *id;
    bool started, ended, left; /* left: a change or a measurement of it was still in force */
    int64_t began, over;       /* events' numbers, of the last time it ran */
    char state[16];            /* "done", "failed", ...; "" unless ended */
};

struct nd_past_phase {
    char *id;
    bool ended;
    nd_ns started;
};

struct nd_past_change {
    char *words, *step; /* "#3 links.down jia-cell"; "" without a step */
};

struct nd_past_pause {
    nd_ns from, till; /* run clock; till -1: it was not over */
};

/* A regulatory clock; opened, due and done are moments of the drill, -1: none. */
struct nd_past_duty {
    char *id, *profile, *duty, *case_name;
    int64_t number;
    bool again;
    nd_ns opened, due, done;
    char state[8]; /* "open", "met", "missed", "late", "closed" */
};

struct nd_past_event {
    char *id, *case_name;
    bool planned;
    nd_ns at; /* moment of the drill */
};

struct nd_past {
    nd_ns origin;    /* CLOCK_MONOTONIC at the run clock's 0 */
    nd_ns t0, died;  /* run clock: STARTEX, and the last the runner itself said */
    nd_ns now;       /* run clock, as of reading; also right after a reboot */
    nd_ns down;      /* how long earlier deaths have shifted the timetable */
    bool lab;        /* it had built the site's lab */
    bool keep_times; /* of the one who resumes: the timetable is not shifted */
    uint64_t seed;
    struct ND_VEC(struct nd_past_step) steps;
    struct ND_VEC(struct nd_past_phase) phases;
    struct ND_VEC(struct nd_past_pause) pauses;
    struct ND_VEC(struct nd_past_pause) downs; /* earlier crashes that were gone on after */
    struct ND_VEC(struct nd_past_duty) duties;
    struct ND_VEC(struct nd_past_event) events;
    struct ND_VEC(struct nd_past_change) lost; /* changes that were in force */
    int64_t met, missed, unknown, changes, verified;
    int64_t ops, series, confirmations; /* highest numbers given so far */
    json_t *injects;                    /* events about injects, in their order */
    json_t *kept;                       /* what bodies kept: {name: its last event's data} */
    int64_t observations;
};

/* Errors: ND_ESTATE it never began, has ended, or has changes that are not read back as restored
 * (restore first); ND_EIO, ND_EPARSE its records. */
nd_err nd_past_read(const struct nd_rundir *dir, struct nd_past *past, struct nd_fail *why);
void nd_past_deinit(struct nd_past *past);
/* past_duties.c, of nd_past_read: one event, its type without "netdrill." */
void nd_past_read_duty(struct nd_past *past, const char *type, const char *subject,
                       const json_t *data);
void nd_past_free_duties(struct nd_past *past);
const struct nd_past_step *nd_past_step_find(const struct nd_past *past, const char *id);

#endif
