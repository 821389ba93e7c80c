/* A fault as it is being worked out, before it is a tree: what the files model_fault.c (which
 * interruptions belong together, and to what) and model_moment.c (its moments) share. All moments
 * are ns from T+0. */
#ifndef ND_REPORT_MODEL_FAULT_H
#define ND_REPORT_MODEL_FAULT_H
#include "report/model/model.h"

/* An interruption of a series, and which source it is told to. */
struct nd_fault_hit {
    size_t number; /* of the series in the model's list */
    json_int_t series;
    nd_ns every, deadline; /* of its probes */
    nd_ns good; /* last probe that was answered before it, or an interval before `from` */
    nd_ns from, last_lost;
    nd_ns till;   /* first probe answered again; -1: none was */
    nd_ns end;    /* till, or as far as it was seen */
    nd_ns next;   /* the series' next interruption, or its last slot: it was watched until then */
    int source;   /* index, -1: nothing of the drill was in force */
    bool at_once; /* it began as a change of the source took effect */
    bool first;   /* no probe was answered before: since when is not known */
    bool taken;   /* it belongs to a fault already */
};

/* What may make a fault: a step or an inject, with what it changed. */
struct nd_fault_source {
    const char *id;
    const json_t *told;    /* the step's or inject's entry of the model */
    const json_t *planned; /* the same in the plan, or NULL */
    bool inject;
    bool declared;        /* a fault by the scenario's own word, whatever is measured */
    const json_t *people; /* the signal that people made it, NULL: they did not */
    bool asked;           /* somebody is to react to it, by the scenario */
    const json_t *change; /* the change of it that began first, NULL: it made none */
    nd_ns began;          /* of that change, or the moment it was fired; -1: not known */
    nd_ns applied;
    nd_ns reverted;      /* the last of its changes read back as before; -1: none, or not all */
    nd_ns undone;        /* the last of them put back; it was in force until then at most */
    bool all_back;       /* every change of it was read back */
    size_t changes;      /* how many it made */
    json_t *change_ids;  /* owned */
    json_t *revert_seqs; /* owned */
};

enum nd_fault_class { ND_FAULT_INJECTED, ND_FAULT_CONSEQUENCE, ND_FAULT_UNEXPECTED };

struct nd_fault {
    enum nd_fault_class kind;
    const struct nd_fault_source *source;            /* NULL: unexpected */
    struct ND_VEC(const struct nd_fault_hit *) hits; /* in the order of series, then of time */
    nd_ns from, end;
};

/* The step or inject of that id in the plan, NULL: there is none. Borrowed. */
const json_t *nd_fault_planned(const json_t *plan, const char *id);
/* Adds "about" to each of the model's signals: which step's or inject's fault it tells of by the
 * scenario's own word, or null. */
void nd_fault_tie(json_t *model, const json_t *plan);

/* Adds "moments" to the entry, with what each lasted from the onset as "ttd_ns", "tta_ns", "ttm_ns"
 * and "ttr_ns", and "onset_rel_ns". signals: what told of anything, in the order of the journal. */
void nd_fault_moments(json_t *entry, const struct nd_fault *fault, const json_t *signals,
                      nd_ns steady);

#endif
