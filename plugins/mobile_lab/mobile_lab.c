#include "mobile_lab.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The verbs: starting the simulated network, and what happens in it. */

/* ---- the life of an act ---- */

static void act_work(void *ctx)
{
    struct act *act = ctx;
    act->work(act);
}

static void act_done(void *ctx)
{
    struct act *act = ctx;
    const struct nd_host *host = act->self->host;
    if (act->fd >= 0)
        host->release(act->op, act->fd);
    act->fd = -1;
    if (act->err == ND_OK && act->over != NULL)
        act->over(act);
    host->finish(act->op, act->err, act->err != ND_OK ? act->why : NULL);
}

/* A socket to whoever serves in the directory; nobody there is no failure yet. */
static nd_err act_connect(struct act *act)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if ((size_t)snprintf(at.sun_path, sizeof at.sun_path, "%s/control", act->dir) >=
        sizeof at.sun_path) {
        act->self->host->log(act->self->host, ND_INFO, "directory '%s' is too long for a socket",
                             act->dir);
        return ND_EARG;
    }
    act->fd = act->self->host->socket(act->op, AF_UNIX, SOCK_STREAM, 0);
    if (act->fd < 0)
        return act->fd;
    if (connect(act->fd, (struct sockaddr *)&at, sizeof at) != 0) {
        act->self->host->release(act->op, act->fd);
        act->fd = -1;
    }
    return ND_OK;
}

static nd_err act_begin(struct act *act, void (*work)(struct act *), void (*over)(struct act *))
{
    nd_err err = act_connect(act);
    act->work = work;
    act->over = over;
    return err == ND_OK ? act->self->host->offload(act->op, act_work, act_done, act) : err;
}

/* The op's act, as new, for a target. NULL: logged why not. */
static struct act *act_new(struct mobile_lab *self, struct nd_op *op,
                           const struct nd_target *target)
{
    struct act *act = self->host->state(op, sizeof *act);
    const char *dir = target_fact(target, "directory");
    memset(act, 0, sizeof *act);
    act->self = self;
    act->op = op;
    act->target = target;
    act->fd = -1;
    if (dir == NULL || *dir != '/') {
        self->host->log(self->host, ND_INFO,
                        "target '%s' names no 'directory:' of a simulated network; give it one in "
                        "the site file, as an absolute path",
                        target->name);
        return NULL;
    }
    snprintf(act->dir, sizeof act->dir, "%s", dir);
    return act;
}

/* ---- changes in the simulated network ---- */

static void note_things(struct act *act)
{
    const struct nd_host *host = act->self->host;
    host->undo_note(act->op, "directory", act->dir);
    for (int i = 0; i < act->count; i++) {
        const struct thing *thing = &act->things[i];
        const char *values[] = {thing->name, thing->before, thing->after};
        static const char *const keys[] = {"thing", "before", "after"};
        for (size_t k = 0; k < 3; k++) {
            char key[24];
            snprintf(key, sizeof key, "%s.%d", keys[k], i);
            host->undo_note(act->op, key, values[k]);
        }
    }
}

static nd_err fail_plan(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = act_new(self, op, args->at[0].u.target);
    return act != NULL ? act_begin(act, plan_fail, note_things) : ND_EARG;
}

static nd_err core_plan(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = act_new(self, op, args->at[0].u.target);
    return act != NULL ? act_begin(act, plan_core, note_things) : ND_EARG;
}

static nd_err open_plan(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = act_new(self, op, args->at[0].u.target);
    if (act == NULL)
        return ND_EARG;
    act->victim = args->at[1].u.target;
    act->method = args->at[2].u.i;
    return act_begin(act, plan_open, note_things);
}

static nd_err bar_plan(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct mobile_lab *lab = self;
    struct act *act = act_new(lab, op, args->at[0].u.target);
    if (act == NULL)
        return ND_EARG;
    act->percent = (int64_t)(args->at[1].u.r * 100 + 0.5);
    act->seconds = args->at[2].u.i / 1000000000;
    if (act->percent % 5 != 0 || act->percent == 100 || (act->seconds & (act->seconds - 1)) != 0) {
        lab->host->log(lab->host, ND_INFO,
                       "a barring factor is 0, 5, ... 95 percent, a barring time 4, 8, 16, ... 512 "
                       "seconds (TS 38.331)");
        return ND_EARG;
    }
    return act_begin(act, plan_bar, note_things);
}

/* Start has what plan_undo found, in the same block. */
static nd_err change_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct mobile_lab *lab = self;
    struct act *act = lab->host->state(op, sizeof *act);
    (void)args;
    return act_begin(act, act_apply, NULL);
}

/* ---- start and its end ---- */

static nd_err start_plan(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct mobile_lab *lab = self;
    const struct nd_target *target = args->at[0].u.target;
    static const char *const needed[] = {"networks", "cells", "handsets"};
    struct act *act = act_new(lab, op, target);
    if (act == NULL)
        return ND_EARG;
    for (size_t i = 0; i < 3; i++) {
        act->argv[3 + i] = target_fact(target, needed[i]);
        if (act->argv[3 + i] == NULL) {
            lab->host->log(lab->host, ND_INFO, "target '%s' has no '%s:' in the site file",
                           target->name, needed[i]);
            return ND_EARG;
        }
    }
    act->argv[0] = lab->program;
    act->argv[1] = act->dir;
    act->argv[2] = target_fact(target, "seed") != NULL ? target_fact(target, "seed") : "1";
    return lab->host->undo_note(op, "directory", act->dir);
}

static nd_err start_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct mobile_lab *lab = self;
    struct act *act = lab->host->state(op, sizeof *act);
    (void)args;
    act->work = act_spawn;
    act->over = NULL;
    return lab->host->offload(op, act_work, act_done, act);
}

static void start_verify(struct act *act)
{
    if (act->fd >= 0)
        act_fail(act, ND_ESTATE, "the simulated network in '%s' still runs", act->dir);
}

static void start_prove(struct act *act)
{
    act_census(act); /* it answers */
}

/* own: of a change in the network; of_start: of its being started. */
static nd_err by_notes(struct mobile_lab *self, const char *verb, const struct nd_note *notes,
                       struct nd_op *op, void (*own)(struct act *), void (*of_start)(struct act *))
{
    struct act *act = self->host->state(op, sizeof *act);
    const char *dir = note_value(notes, "directory");
    if (dir == NULL)
        return ND_EARG;
    *act = (struct act){.self = self, .op = op, .fd = -1};
    snprintf(act->dir, sizeof act->dir, "%s", dir);
    if (strcmp(verb, "start") == 0)
        return act_begin(act, of_start, NULL);
    for (; act->count < THINGS_MAX; act->count++) {
        char key[3][24];
        static const char *const keys[] = {"thing", "before", "after"};
        for (size_t k = 0; k < 3; k++)
            snprintf(key[k], sizeof key[k], "%s.%d", keys[k], act->count);
        const char *name = note_value(notes, key[0]);
        const char *before = note_value(notes, key[1]);
        const char *after = note_value(notes, key[2]);
        struct thing *thing = &act->things[act->count];
        if (name == NULL || before == NULL || after == NULL)
            break;
        snprintf(thing->name, sizeof thing->name, "%s", name);
        snprintf(thing->before, sizeof thing->before, "%s", before);
        snprintf(thing->after, sizeof thing->after, "%s", after);
    }
    return act_begin(act, own, NULL);
}

static nd_err lab_undo(void *self, const char *verb, const struct nd_note *notes, struct nd_op *op)
{
    return by_notes(self, verb, notes, op, act_undo, act_end);
}

static nd_err lab_verify(void *self, const char *verb, const struct nd_note *notes,
                         struct nd_op *op)
{
    return by_notes(self, verb, notes, op, act_verify, start_verify);
}

static nd_err lab_prove(void *self, const char *verb, const struct nd_note *notes, struct nd_op *op)
{
    return by_notes(self, verb, notes, op, act_prove, start_prove);
}

/* ---- census ---- */

static const struct nd_reading census_readings[] = {
    {"served", "share of the handsets that are registered anywhere", "1", 1},
    {"home", "registered at home", "1", 1},
    {"national", "guests by agreement", "1", 0},
    {"disaster", "disaster roamers", "1", 0},
    {"returning", "disaster roamers told to return, in the return wait range", "1", 0},
    {"limited", "camped without service", "1", 0},
    {"waiting", "in the disaster roaming wait range", "1", 0},
    {"barred", "whose access attempt was barred (access identity 3)", "1", 0},
    {"backoff", "refused for congestion (cause 22), waiting", "1", 0},
    {"registering", "asked and not yet answered", "1", 0},
    {"searching", "between cells, or without any", "1", 0},
    {"off", "switched off", "1", 0},
    {"attempts", "registrations asked for since the start", "1", 1},
    {"accepted", "of them accepted", "1", 1},
    {"rejected", "of them rejected", "1", 0},
    {"refused_barred", "access attempts barred since the start", "1", 1},
    {"peak", "registrations asked for in the busiest second", "1", 1},
    {NULL, NULL, NULL, 0}};

static void census_over(struct act *act)
{
    const struct nd_host *host = act->self->host;
    nd_ns now = host->now(host);
    double served = 0;
    double all = 0;
    for (uint32_t i = 1; census_readings[i].name != NULL; i++) {
        char value[24];
        if (!word_value(act->reply, census_readings[i].name, value, sizeof value))
            continue;
        double number = strtod(value, NULL);
        served += i <= 4 ? number : 0;
        all += i <= 11 ? number : 0;
        host->emit(act->op, i, number, now);
    }
    host->emit(act->op, 0, all > 0 ? served / all : 0, now);
}

static nd_err census_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = act_new(self, op, args->at[0].u.target);
    return act != NULL ? act_begin(act, act_census, census_over) : ND_EARG;
}

/* ---- models for rehearsals ---- */

static nd_err model(struct mobile_lab *self, const struct nd_args *args, struct nd_op *op, int up)
{
    self->host->model_set(op, args->at[0].u.target->name, up);
    self->host->finish(op, ND_OK, NULL);
    return ND_OK;
}

static nd_err model_down(void *self, const struct nd_args *args, struct nd_op *op)
{
    return model(self, args, op, 0);
}

static nd_err model_up(void *self, const struct nd_args *args, struct nd_op *op)
{
    return model(self, args, op, 1);
}

/* ---- tables ---- */

#define TARGET_ROW(words)                                                                          \
    {                                                                                              \
        "target", words, "", ND_TARGET, ND_OPT_REQUIRED | ND_OPT_SUBJECT, 1, 0, NULL, NULL         \
    }
#define END_ROW                                                                                    \
    {                                                                                              \
        NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL                                                   \
    }
#define CELL_WORDS    "a cell ('cell: NAME'), or all cells of a network ('network: NAME')"
#define NETWORK_WORDS "a network of the simulated network ('network: NAME')"
#define RIGHTS        "write access to the target's directory; it starts its program there"

static const char *const methods[] = {"mint", "plmn", "national", "emergency", NULL};
static const struct nd_option start_options[] = {
    TARGET_ROW("a target with 'directory', 'networks', 'cells', 'handsets', 'seed'"), END_ROW};
static const struct nd_option cell_options[] = {TARGET_ROW(CELL_WORDS), END_ROW};
static const struct nd_option network_options[] = {TARGET_ROW(NETWORK_WORDS), END_ROW};
static const struct nd_option open_options[] = {
    TARGET_ROW(NETWORK_WORDS),
    {"victim", "the network whose subscribers are to be served", "", ND_TARGET, ND_OPT_REQUIRED, 1,
     0, NULL, NULL},
    {"method",
     "mint: disaster condition in SIB15 (Release 17); plmn: the victim's PLMN is broadcast; "
     "national: a roaming agreement; emergency: emergency calls alone",
     "", ND_CHOICE, ND_OPT_REQUIRED, 1, 0, NULL, methods},
    END_ROW};
static const struct nd_option bar_options[] = {
    TARGET_ROW(CELL_WORDS),
    {"allow", "share of access attempts let through: 0, 5, ... 95 %", "1", ND_SHARE,
     ND_OPT_REQUIRED, 0, 0.95, NULL, NULL},
    {"time", "barring time: 4, 8, 16, ... 512 s", "ns", ND_LENGTH, 0, 4e9, 5.12e11, "4s", NULL},
    END_ROW};
static const struct nd_option census_options[] = {TARGET_ROW("a target with 'directory'"), END_ROW};
static const struct nd_reading no_readings[] = {{NULL, NULL, NULL, 0}};

#define CHANGE(verb, word, sentence, rows, plan, act, rehearsal)                                   \
    static const struct nd_verb verb = {.struct_size = sizeof verb,                                \
                                        .flags = ND_VERB_CHANGES,                                  \
                                        .name = word,                                              \
                                        .help = sentence,                                          \
                                        .rights = RIGHTS,                                          \
                                        .options = rows,                                           \
                                        .readings = no_readings,                                   \
                                        .plan_undo = plan,                                         \
                                        .start = act,                                              \
                                        .rehearse = rehearsal}
CHANGE(verb_start, "start", "SIMULATED: starts networks, cells and handsets, each with a tty.",
       start_options, start_plan, start_start, model_up);
CHANGE(verb_fail, "fail", "SIMULATED: cells go off air.", cell_options, fail_plan, change_start,
       model_down);
CHANGE(verb_core_fail, "core_fail",
       "SIMULATED: a network's core is dead; its subscribers cannot be authenticated anywhere.",
       network_options, core_plan, change_start, model_down);
CHANGE(verb_open, "open", "SIMULATED: a network opens to another's subscribers.", open_options,
       open_plan, change_start, model_up);
CHANGE(verb_bar, "bar",
       "SIMULATED: cells bar access attempts of disaster roamers (access identity 3, TS 38.331).",
       bar_options, bar_plan, change_start, NULL);
static const struct nd_verb verb_census = {
    .struct_size = sizeof verb_census,
    .name = "census",
    .help = "SIMULATED: how many handsets are in which state, and what was asked of the networks.",
    .rights = RIGHTS,
    .options = census_options,
    .readings = census_readings,
    .start = census_start,
};
static const struct nd_verb *const verbs[] = {
    &verb_start, &verb_fail, &verb_core_fail, &verb_open, &verb_bar, &verb_census, NULL};

static nd_err lab_open(const struct nd_host *host, void **self)
{
    struct mobile_lab *lab = calloc(1, sizeof *lab);
    Dl_info info;
    if (lab == NULL)
        return ND_EIO;
    lab->host = host;
    /* The program lies beside this object. */
    if (dladdr((const void *)verbs, &info) != 0 && info.dli_fname != NULL) {
        const char *slash = strrchr(info.dli_fname, '/');
        snprintf(lab->program, sizeof lab->program, "%.*s/netdrill-mobile",
                 slash != NULL ? (int)(slash - info.dli_fname) : 1,
                 slash != NULL ? info.dli_fname : ".");
    }
    *self = lab;
    return ND_OK;
}

static const struct nd_plugin plugin = {
    sizeof plugin, ND_ABI_MAJOR, ND_ABI_MINOR,
    "mobile_lab",  "1.0",        "a SIMULATED mobile network: cells, handsets, disaster roaming",
    verbs,         lab_open,     free,
    lab_undo,      lab_verify,   lab_prove};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
