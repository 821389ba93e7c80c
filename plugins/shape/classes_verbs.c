#include "shape.h"

#include <stdio.h>
#include <string.h>

/* The verbs about classes: make them, and read what the kernel counts of one. */

/* ---- shape.classes ---- */

enum { C_TARGET, C_RATE, C_CLASSES, C_LIMIT };

static nd_err read_classes(struct shape *self, const struct nd_args *args, struct classes *classes)
{
    char why[200];
    int bad = 0;
    *classes = (struct classes){.rate = args->at[C_RATE].u.i, .limit = args->at[C_LIMIT].u.i};
    for (const char *const *text = args->at[C_CLASSES].u.texts; *text != NULL && !bad; text++)
        bad = classes_add(classes, *text, why, sizeof why);
    if (!bad)
        bad = classes_check(classes, why, sizeof why);
    if (bad)
        self->host->log(self->host, ND_INFO, "%s", why);
    return bad ? ND_EARG : ND_OK;
}

static nd_err classes_plan(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = act_of(self, op, args->at[C_TARGET].u.target);
    if (act == NULL || read_classes(self, args, &act->classes) != ND_OK)
        return ND_EARG;
    act->rate_bit_s = act->classes.rate;
    return act_plan(act, "htb");
}

static nd_err classes_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = act_of(self, op, args->at[C_TARGET].u.target);
    if (act == NULL || read_classes(self, args, &act->classes) != ND_OK)
        return ND_EARG;
    act->work = htb_set;
    return act_begin(act);
}

static nd_err classes_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct shape *shape = self;
    struct act *act = act_of(shape, op, args->at[C_TARGET].u.target);
    if (act == NULL || read_classes(shape, args, &act->classes) != ND_OK)
        return ND_EARG;
    shape->host->finish(op, ND_OK, NULL);
    return ND_OK;
}

static const struct nd_option classes_options[] = {
    INTERFACE_ROW,
    {"rate", "what goes out at most, of all classes together", "bit/s", ND_RATE, ND_OPT_REQUIRED,
     8000, 1e10, NULL, NULL},
    {"classes",
     "1 to 8 texts such as \"rescuers: rate 600kbit/s, ceiling 1mbit/s, dscp ef, from "
     "10.61.0.0/24\": what each is guaranteed, may have at most (else the rate of all), and by "
     "which marks it is known; dscp, from and to may stand there several times, and one of them is "
     "enough. Spare capacity goes to the first listed first. One class has no mark: all else",
     "", ND_TEXTS, ND_OPT_REQUIRED, 1, 0, NULL, NULL},
    {"limit",
     "how long a packet may wait when its class has its ceiling; what would wait longer "
     "is dropped. Four packets may always wait",
     "ns", ND_LENGTH, 0, 1e6, 1e10, "50ms", NULL},
    END_ROW};
static const struct nd_reading no_readings[] = {{NULL, NULL, NULL, 0}};

const struct nd_verb shape_classes = {
    .struct_size = sizeof shape_classes,
    .flags = ND_VERB_CHANGES,
    .name = "classes",
    .help = "Guaranteed and ceiling rates by mark for what goes out of an interface (htb).",
    .rights = "CAP_NET_ADMIN at the vantage of the target",
    .options = classes_options,
    .readings = no_readings,
    .plan_undo = classes_plan,
    .start = classes_start,
    .rehearse = classes_rehearse,
};

/* ---- shape.counters ---- */

enum { N_TARGET, N_CLASS };
enum { R_OCTETS, R_PACKETS, R_DROPS, R_OVERLIMITS, R_BACKLOG, R_WAITING };

static void tell(struct act *act)
{
    const struct nd_host *host = act->self->host;
    const struct counted *counted = &act->counted;
    nd_ns now = host->now(host);
    host->emit(act->op, R_OCTETS, (double)counted->octets, now);
    host->emit(act->op, R_PACKETS, (double)counted->packets, now);
    host->emit(act->op, R_DROPS, (double)counted->drops, now);
    host->emit(act->op, R_OVERLIMITS, (double)counted->overlimits, now);
    host->emit(act->op, R_BACKLOG, (double)counted->backlog, now);
    host->emit(act->op, R_WAITING, (double)counted->waiting, now);
}

static nd_err counters_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = act_of(self, op, args->at[N_TARGET].u.target);
    const char *name = args->at[N_CLASS].u.text;
    if (act == NULL)
        return ND_EARG;
    snprintf(act->class, sizeof act->class, "%s", name != NULL ? name : "");
    act->work = htb_count;
    act->done = tell;
    return act_begin(act);
}

static const struct nd_option counters_options[] = {
    INTERFACE_ROW,
    {"class", "the class's name; else all of them together", "", ND_TEXT, 0, 1, 0, NULL, NULL},
    END_ROW};
static const struct nd_reading counters_readings[] = {
    {"octets", "gone out since the classes were made, with link headers", "octets", 0},
    {"packets", "the same in packets", "1", 0},
    {"drops", "packets dropped because the queue was full", "1", 0},
    {"overlimits", "how often a packet had to wait because the class had its ceiling", "1", 0},
    {"backlog", "waiting now", "octets", 0},
    {"waiting", "the same in packets", "1", 0},
    {NULL, NULL, NULL, 0}};

const struct nd_verb shape_counters = {
    .struct_size = sizeof shape_counters,
    .name = "counters",
    .help = "What the kernel counts of a class made by shape.classes; 'from' is the vantage where "
            "the interface is.",
    .rights = "none",
    .options = counters_options,
    .readings = counters_readings,
    .start = counters_start,
};
