#include "links.h"
#include "../common/boot.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Interfaces down, cuts, losses, and whom a network admits. All that talks to the kernel runs on a
 * worker thread, which is in the namespace of the target. */

const char *noted(const struct nd_note *notes, const char *key)
{
    for (; notes != NULL && notes->key != NULL; notes++) {
        if (strcmp(notes->key, key) == 0)
            return notes->value;
    }
    return NULL;
}

const char *fact(const struct nd_target *target, const char *key)
{
    return noted(target->facts, key);
}

nd_err act_fail(struct act *act, nd_err err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(act->why, sizeof act->why, fmt, args);
    va_end(args);
    act->err = err;
    return err;
}

struct act *act_of(struct links *self, struct nd_op *op)
{
    return self->host->state(op, sizeof(struct act));
}

static void act_work(void *ctx)
{
    struct act *act = ctx;
    act->work(act);
}

static void act_done(void *ctx)
{
    struct act *act = ctx;
    const struct nd_host *host = act->self->host;
    struct nd_op *op = act->op;
    if (act->err == ND_OK && act->over != NULL) {
        char boot[BOOT_BYTES];
        boot_read(boot);
        host->undo_note(op, "boot", boot);
        act->over(act);
    }
    free(act->kept);
    act->kept = NULL;
    host->finish(op, act->err, act->err != ND_OK ? act->why : NULL);
}

nd_err act_begin(struct links *self, struct nd_op *op, struct act *act)
{
    act->self = self;
    act->op = op;
    act->err = ND_OK;
    return self->host->offload(op, act_work, act_done, act);
}

static nd_err refuse(struct links *self, const char *text)
{
    self->host->log(self->host, ND_INFO, "%s", text);
    return ND_EARG;
}

static void note(struct act *act, const char *key, const char *value)
{
    act->self->host->undo_note(act->op, key, value);
}

static nd_err take_interface(struct links *self, const struct nd_args *args, struct act *act)
{
    const struct nd_target *target = args->at[0].u.target;
    const char *interface = fact(target, "interface");
    if (interface == NULL || strlen(interface) >= sizeof act->interface ||
        strpbrk(interface, " \"'{};\n") != NULL)
        return refuse(self, "the target names no interface; give it 'interface: NAME' in the site "
                            "file");
    snprintf(act->interface, sizeof act->interface, "%s", interface);
    return ND_OK;
}

/* ---- down ---- */

static void down_looked(struct act *act)
{
    char number[16];
    note(act, "interface", act->interface);
    snprintf(number, sizeof number, "%d", act->ifindex);
    note(act, "ifindex", number);
    note(act, "was_up", act->was_up ? "1" : "0");
    note(act, "kept", act->kept);
}

static nd_err down_plan(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = act_of(self, op);
    nd_err err = take_interface(self, args, act);
    if (err != ND_OK)
        return err;
    act->work = down_look;
    act->over = down_looked;
    return act_begin(self, op, act);
}

static nd_err down_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = act_of(self, op);
    (void)args;
    act->work = down_set;
    act->over = NULL;
    return act_begin(self, op, act);
}

/* ---- cut and lose ---- */

static void rules_looked(struct act *act)
{
    note(act, "table", act->table);
    note(act, "interface", act->interface);
}

static nd_err rules_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = act_of(self, op);
    (void)args;
    act->work = rules_set;
    act->over = NULL;
    return act_begin(self, op, act);
}

/* One table an interface and kind of change, so that two do not meet. */
static nd_err rules_plan(struct links *self, struct nd_op *op, struct act *act, const char *kind)
{
    snprintf(act->table, sizeof act->table, "inet netdrill_%s_%s", kind, act->interface);
    for (char *at = act->table; *at != '\0'; at++) {
        if (strchr(".-@:", *at) != NULL)
            *at = '_';
    }
    act->work = rules_look;
    act->over = rules_looked;
    return act_begin(self, op, act);
}

#define OURS " comment \"netdrill\"\n"

static void both_rules(struct act *act, int in, int out, const char *what)
{
    int len = 0;
    if (in)
        len = snprintf(act->rule, sizeof act->rule, "add rule %s in iifname @on %s" OURS,
                       act->table, what);
    if (out)
        snprintf(act->rule + len, sizeof act->rule - (size_t)len,
                 "add rule %s out oifname @on %s" OURS, act->table, what);
}

static nd_err cut_plan(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = act_of(self, op);
    nd_err err = take_interface(self, args, act);
    if (err == ND_OK)
        err = rules_plan(self, op, act, "cut");
    both_rules(act, args->at[1].u.i != 1, args->at[1].u.i != 0, "drop");
    return err;
}

static nd_err lose_plan(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = act_of(self, op);
    char what[80];
    nd_err err = take_interface(self, args, act);
    if (err == ND_OK)
        err = rules_plan(self, op, act, "lose");
    int lost = (int)(args->at[1].u.r * 10000 + 0.5);
    /* A comparison that all or none would pass is no rule to nftables. */
    if (lost > 0 && lost < 10000)
        snprintf(what, sizeof what, "numgen random mod 10000 < %d drop", lost);
    else
        snprintf(what, sizeof what, lost > 0 ? "drop" : "continue");
    both_rules(act, 1, 1, what);
    return err;
}

/* ---- admit ---- */

static void admit_looked(struct act *act)
{
    note(act, "guests", act->guests);
    note(act, "was_admitted", act->was_up ? "1" : "0");
}

static nd_err admit_plan(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = act_of(self, op);
    const char *guests = fact(args->at[0].u.target, "guests");
    if (guests == NULL || strlen(guests) >= sizeof act->guests ||
        guests[strspn(guests, "0123456789abcdefABCDEF.:/")] != '\0')
        return refuse(self, "the target names no guests; give it 'guests: 10.2.0.0/24' in the site "
                            "file");
    snprintf(act->guests, sizeof act->guests, "%s", guests);
    /* The kernel writes a single address so. */
    size_t len = strlen(act->guests);
    if (len > 3 && strcmp(act->guests + len - 3, "/32") == 0)
        act->guests[len - 3] = '\0';
    act->work = admit_look;
    act->over = admit_looked;
    return act_begin(self, op, act);
}

static nd_err admit_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = act_of(self, op);
    act->lease_s = args->at[1].u.i / 1000000000;
    act->work = admit_set;
    act->over = NULL;
    return act_begin(self, op, act);
}

/* ---- from a record alone ---- */

enum { DO_UNDO, DO_VERIFY, DO_PROVE, DO_RENEW };

static nd_err by_notes(struct links *self, const char *verb, const struct nd_note *notes,
                       struct nd_op *op, int what)
{
    static const struct {
        const char *verb;
        void (*work[4])(struct act *);
    } list[] = {{"down", {down_undo, down_verify, down_prove, NULL}},
                {"cut", {rules_undo, rules_verify, rules_prove, rules_renew}},
                {"lose", {rules_undo, rules_verify, rules_prove, rules_renew}},
                {"admit", {admit_undo, admit_verify, admit_prove, admit_renew}}};
    struct act *act = act_of(self, op);
    if (boot_is_over(noted(notes, "boot"))) {
        self->host->finish(op, ND_OK, BOOT_GONE);
        return ND_OK;
    }
    const char *interface = noted(notes, "interface");
    const char *table = noted(notes, "table");
    const char *guests = noted(notes, "guests");
    act->noted = notes;
    snprintf(act->interface, sizeof act->interface, "%s", interface != NULL ? interface : "");
    snprintf(act->table, sizeof act->table, "%s", table != NULL ? table : "");
    snprintf(act->guests, sizeof act->guests, "%s", guests != NULL ? guests : "");
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (strcmp(list[i].verb, verb) == 0) {
            act->work = list[i].work[what];
            return act_begin(self, op, act);
        }
    }
    return ND_EARG;
}

static nd_err links_undo(void *self, const char *verb, const struct nd_note *notes,
                         struct nd_op *op)
{
    return by_notes(self, verb, notes, op, DO_UNDO);
}

static nd_err links_verify(void *self, const char *verb, const struct nd_note *notes,
                           struct nd_op *op)
{
    return by_notes(self, verb, notes, op, DO_VERIFY);
}

static nd_err links_prove(void *self, const char *verb, const struct nd_note *notes,
                          struct nd_op *op)
{
    return by_notes(self, verb, notes, op, DO_PROVE);
}

static nd_err renew(struct links *self, const char *verb, const struct nd_note *notes, nd_ns lease,
                    struct nd_op *op)
{
    act_of(self, op)->lease_s = lease / 1000000000;
    return by_notes(self, verb, notes, op, DO_RENEW);
}

static nd_err rules_prolong(void *self, const struct nd_note *notes, nd_ns lease, struct nd_op *op)
{
    return renew(self, "cut", notes, lease, op); /* a loss is renewed just so */
}

static nd_err admit_prolong(void *self, const struct nd_note *notes, nd_ns lease, struct nd_op *op)
{
    return renew(self, "admit", notes, lease, op);
}

/* ---- models for rehearsals ---- */

static nd_err model(struct links *self, const struct nd_args *args, struct nd_op *op, int up)
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

/* A loss short of all leaves the model's network up. */
static nd_err model_lose(void *self, const struct nd_args *args, struct nd_op *op)
{
    return model(self, args, op, args->at[1].u.r < 1);
}

/* ---- tables ---- */

#define INTERFACE_ROW                                                                              \
    {                                                                                              \
        "target", "an interface of the site file ('interface: NAME', 'vantage: HOST')", "",        \
            ND_TARGET, ND_OPT_REQUIRED | ND_OPT_SUBJECT, 1, 0, NULL, NULL                          \
    }
#define END_ROW                                                                                    \
    {                                                                                              \
        NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL                                                   \
    }
#define RIGHTS "CAP_NET_ADMIN at the vantage of the target"

static const char *const directions[] = {"in", "out", "both", NULL};
static const struct nd_option down_options[] = {INTERFACE_ROW, END_ROW};
static const struct nd_option cut_options[] = {INTERFACE_ROW,
                                               {"direction",
                                                "packets that come in, go out, or both", "",
                                                ND_CHOICE, 0, 1, 0, "both", directions},
                                               END_ROW};
static const struct nd_option lose_options[] = {INTERFACE_ROW,
                                                {"share",
                                                 "share of packets to be lost, each way, at random",
                                                 "1", ND_SHARE, ND_OPT_REQUIRED, 0, 1, NULL, NULL},
                                                END_ROW};
static const struct nd_option admit_options[] = {
    {"target", "a network of the site file ('guests: PREFIX', 'vantage: HOST')", "", ND_TARGET,
     ND_OPT_REQUIRED | ND_OPT_SUBJECT, 1, 0, NULL, NULL},
    {"expires",
     "the kernel withdraws the admission by itself after this time, unless renewed by "
     "'lease'",
     "ns", ND_LENGTH, 0, 1e9, 8.64e13, NULL, NULL},
    END_ROW};
static const struct nd_reading no_readings[] = {{NULL, NULL, NULL, 0}};

static const struct nd_verb verb_down = {
    .struct_size = sizeof verb_down,
    .flags = ND_VERB_CHANGES,
    .name = "down",
    .help = "Takes an interface down; the other end loses its carrier.",
    .rights = RIGHTS,
    .options = down_options,
    .readings = no_readings,
    .plan_undo = down_plan,
    .start = down_start,
    .rehearse = model_down,
};
static const struct nd_verb verb_cut = {
    .struct_size = sizeof verb_cut,
    .flags = ND_VERB_CHANGES,
    .name = "cut",
    .help = "Drops all packets of an interface (nftables); the carrier stays.",
    .rights = RIGHTS,
    .options = cut_options,
    .readings = no_readings,
    .plan_undo = cut_plan,
    .start = rules_start,
    .rehearse = model_down,
    .renew = rules_prolong,
};
static const struct nd_verb verb_lose = {
    .struct_size = sizeof verb_lose,
    .flags = ND_VERB_CHANGES,
    .name = "lose",
    .help = "Drops a share of an interface's packets at random (nftables).",
    .rights = RIGHTS,
    .options = lose_options,
    .readings = no_readings,
    .plan_undo = lose_plan,
    .start = rules_start,
    .rehearse = model_lose,
    .renew = rules_prolong,
};
static const struct nd_verb verb_admit = {
    .struct_size = sizeof verb_admit,
    .flags = ND_VERB_CHANGES,
    .name = "admit",
    .help = "Lets a network's guests through (set 'admitted' of table 'netdrill_admission').",
    .rights = RIGHTS,
    .options = admit_options,
    .readings = no_readings,
    .plan_undo = admit_plan,
    .start = admit_start,
    .rehearse = model_up,
    .renew = admit_prolong,
};
static const struct nd_verb *const verbs[] = {&verb_down, &verb_cut, &verb_lose, &verb_admit, NULL};

static nd_err links_open(const struct nd_host *host, void **self)
{
    struct links *links = calloc(1, sizeof *links);
    if (links == NULL)
        return ND_EIO;
    links->host = host;
    *self = links;
    return ND_OK;
}

static const struct nd_plugin plugin = {
    sizeof plugin, ND_ABI_MAJOR, ND_ABI_MINOR,
    "links",       "1.0",        "interfaces down, cuts, losses, admission of guests",
    verbs,         links_open,   free,
    links_undo,    links_verify, links_prove};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
