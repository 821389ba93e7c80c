#include "../common/boot.h"

#include <netdrill/plugin.h>

#include <errno.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/qdisc/netem.h>
#include <netlink/route/qdisc/tbf.h>
#include <netlink/route/tc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rates by tbf, delay and jitter by netem where the kernel has it. The change is a root queueing
 * discipline of our own handle; to undo is to delete it, which brings the default back. */

#define OUR_HANDLE TC_HANDLE(0x6e64, 0) /* "nd" */
#define LATENCY_US 50000                /* how long tbf keeps a packet that has to wait */
#define KIND_BYTES 24

struct shape {
    const struct nd_host *host;
};

struct act {
    struct shape *self;
    struct nd_op *op;
    void (*work)(struct act *act, struct nl_sock *sock, int ifindex);
    char interface[32];
    char before[KIND_BYTES]; /* kind of the default discipline, "" when there is none */
    char kind[KIND_BYTES];   /* of ours: tbf or netem */
    int64_t rate_bit_s, burst;
    int64_t delay_us, jitter_us;
    double loss;
    int gone_is_fine, note;
    nd_err err;
    char why[256];
};

static void fail(struct act *act, nd_err err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void fail(struct act *act, nd_err err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(act->why, sizeof act->why, fmt, args);
    va_end(args);
    act->err = err;
}

static void fail_nl(struct act *act, int failed, const char *what)
{
    nd_err err = failed == -NLE_PERM ? ND_ERIGHTS : failed == -NLE_NODEV ? ND_EGONE : ND_EIO;
    fail(act, err, "%s on '%s': %s", what, act->interface, nl_geterror(failed));
}

/* The root discipline of the interface; NULL: the kernel's own default without a record. */
static struct rtnl_qdisc *find_root(struct nl_sock *sock, int ifindex, struct nl_cache **cache)
{
    if (rtnl_qdisc_alloc_cache(sock, cache) != 0)
        return NULL;
    return rtnl_qdisc_get_by_parent(*cache, ifindex, TC_H_ROOT);
}

static void look(struct act *act, struct nl_sock *sock, int ifindex)
{
    struct nl_cache *cache = NULL;
    struct rtnl_qdisc *root = find_root(sock, ifindex, &cache);
    /* A default discipline has no handle of its own. */
    if (root != NULL && rtnl_tc_get_handle(TC_CAST(root)) != 0)
        fail(act, ND_ESTATE,
             "interface '%s' has a queueing discipline of somebody else's ('%s'); take it away "
             "first, or choose another interface",
             act->interface, rtnl_tc_get_kind(TC_CAST(root)));
    else if (root != NULL)
        snprintf(act->before, sizeof act->before, "%s", rtnl_tc_get_kind(TC_CAST(root)));
    rtnl_qdisc_put(root);
    nl_cache_free(cache);
}

static struct rtnl_qdisc *ours(int ifindex, const char *kind)
{
    struct rtnl_qdisc *qdisc = rtnl_qdisc_alloc();
    rtnl_tc_set_ifindex(TC_CAST(qdisc), ifindex);
    rtnl_tc_set_parent(TC_CAST(qdisc), TC_H_ROOT);
    rtnl_tc_set_handle(TC_CAST(qdisc), OUR_HANDLE);
    if (kind != NULL && rtnl_tc_set_kind(TC_CAST(qdisc), kind) != 0) {
        rtnl_qdisc_put(qdisc);
        return NULL;
    }
    return qdisc;
}

static void set_rate(struct act *act, struct nl_sock *sock, int ifindex)
{
    struct rtnl_qdisc *qdisc = ours(ifindex, "tbf");
    int failed = -NLE_OPNOTSUPP;
    if (qdisc != NULL) {
        int octets_s = (int)(act->rate_bit_s / 8);
        rtnl_qdisc_tbf_set_rate(qdisc, octets_s, (int)act->burst, 0);
        rtnl_qdisc_tbf_set_limit(qdisc,
                                 (int)(act->burst + (int64_t)octets_s * LATENCY_US / 1000000));
        failed = rtnl_qdisc_add(sock, qdisc, NLM_F_CREATE | NLM_F_EXCL);
        rtnl_qdisc_put(qdisc);
    }
    if (failed != 0)
        fail_nl(act, failed, "cannot set a rate (tbf)");
}

static void set_impairment(struct act *act, struct nl_sock *sock, int ifindex)
{
    struct rtnl_qdisc *qdisc = ours(ifindex, "netem");
    int failed = -NLE_OPNOTSUPP;
    if (qdisc != NULL) {
        rtnl_netem_set_delay(qdisc, (int)act->delay_us);
        rtnl_netem_set_jitter(qdisc, (int)act->jitter_us);
        rtnl_netem_set_loss(
            qdisc,
            (int)(act->loss * 4294967295.0 > 2147483647.0 ? 2147483647 : act->loss * 4294967295.0));
        failed = rtnl_qdisc_add(sock, qdisc, NLM_F_CREATE | NLM_F_EXCL);
        rtnl_qdisc_put(qdisc);
    }
    if (failed == -NLE_OBJ_NOTFOUND || failed == -NLE_OPNOTSUPP)
        fail(act, ND_EUNABLE,
             "this kernel has no netem (module sch_netem), so delay, jitter and loss cannot be "
             "made on '%s'; 'links.lose' makes loss without it",
             act->interface);
    else if (failed != 0)
        fail_nl(act, failed, "cannot set an impairment (netem)");
}

/* Ours, but not as it was set: another kind, another rate, or something attached below it. The
 * burst and netem's times are left out: the kernel rounds them to ticks of its own. */
static int is_changed(const struct act *act, struct rtnl_qdisc *root, struct nl_cache *cache)
{
    if (strcmp(rtnl_tc_get_kind(TC_CAST(root)), act->kind) != 0)
        return 1;
    if (strcmp(act->kind, "tbf") == 0 &&
        rtnl_qdisc_tbf_get_rate(root) != (int)(act->rate_bit_s / 8))
        return 1;
    for (struct nl_object *at = nl_cache_get_first(cache); at != NULL; at = nl_cache_get_next(at)) {
        struct rtnl_tc *tc = (struct rtnl_tc *)at;
        if (rtnl_tc_get_ifindex(tc) == rtnl_tc_get_ifindex(TC_CAST(root)) &&
            TC_H_MAJ(rtnl_tc_get_parent(tc)) == OUR_HANDLE && rtnl_tc_get_handle(tc) != 0 &&
            rtnl_tc_get_parent(tc) != TC_H_ROOT)
            return 1;
    }
    return 0;
}

static void tell_foreign(struct act *act, struct rtnl_qdisc *root)
{
    fail(act, ND_ESTATE,
         "the queueing discipline of '%s' ('%s') is not the one that was set: somebody else has "
         "changed it; left alone",
         act->interface, rtnl_tc_get_kind(TC_CAST(root)));
}

static void take_away(struct act *act, struct nl_sock *sock, int ifindex)
{
    struct nl_cache *cache = NULL;
    struct rtnl_qdisc *root = find_root(sock, ifindex, &cache);
    uint32_t handle = root != NULL ? rtnl_tc_get_handle(TC_CAST(root)) : 0;
    if (handle != 0 && (handle != OUR_HANDLE || is_changed(act, root, cache))) {
        tell_foreign(act, root);
    } else if (handle == OUR_HANDLE) {
        struct rtnl_qdisc *qdisc = ours(ifindex, NULL);
        int failed = rtnl_qdisc_delete(sock, qdisc);
        rtnl_qdisc_put(qdisc);
        if (failed != 0)
            fail_nl(act, failed, "cannot delete the queueing discipline");
    }
    rtnl_qdisc_put(root);
    nl_cache_free(cache);
}

static void verify(struct act *act, struct nl_sock *sock, int ifindex)
{
    struct nl_cache *cache = NULL;
    struct rtnl_qdisc *root = find_root(sock, ifindex, &cache);
    uint32_t handle = root != NULL ? rtnl_tc_get_handle(TC_CAST(root)) : 0;
    const char *kind = root != NULL ? rtnl_tc_get_kind(TC_CAST(root)) : "";
    if (handle != 0 && (handle != OUR_HANDLE || is_changed(act, root, cache)))
        tell_foreign(act, root);
    else if (handle != 0)
        fail(act, ND_ESTATE, "interface '%s' still has the queueing discipline that was set ('%s')",
             act->interface, kind);
    else if (strcmp(kind, act->before) != 0)
        fail(act, ND_ESTATE, "the default discipline of '%s' is '%s', before it was '%s'",
             act->interface, kind, act->before);
    rtnl_qdisc_put(root);
    nl_cache_free(cache);
}

static void prove(struct act *act, struct nl_sock *sock, int ifindex)
{
    struct nl_cache *cache = NULL;
    struct rtnl_qdisc *root = find_root(sock, ifindex, &cache);
    if (root == NULL || rtnl_tc_get_handle(TC_CAST(root)) != OUR_HANDLE)
        fail(act, ND_ESTATE, "interface '%s' has no queueing discipline of this drill",
             act->interface);
    else if (is_changed(act, root, cache))
        tell_foreign(act, root);
    rtnl_qdisc_put(root);
    nl_cache_free(cache);
}

/* ---- the act, on the worker thread and back ---- */

static void act_work(void *ctx)
{
    struct act *act = ctx;
    struct nl_sock *sock = nl_socket_alloc();
    struct rtnl_link *link = NULL;
    int failed = sock != NULL ? nl_connect(sock, NETLINK_ROUTE) : -NLE_NOMEM;
    if (failed == 0)
        failed = rtnl_link_get_kernel(sock, 0, act->interface, &link);
    if (failed == 0)
        act->work(act, sock, rtnl_link_get_ifindex(link));
    else if (!act->gone_is_fine)
        fail_nl(act, failed, "cannot look at the interface");
    rtnl_link_put(link);
    nl_socket_free(sock);
}

static void act_done(void *ctx)
{
    struct act *act = ctx;
    const struct nd_host *host = act->self->host;
    if (act->err == ND_OK && act->note) {
        char rate[24];
        char boot[BOOT_BYTES];
        boot_read(boot);
        host->undo_note(act->op, "boot", boot);
        snprintf(rate, sizeof rate, "%lld", (long long)act->rate_bit_s);
        host->undo_note(act->op, "interface", act->interface);
        host->undo_note(act->op, "before", act->before);
        host->undo_note(act->op, "kind", act->kind);
        host->undo_note(act->op, "rate_bit_s", rate);
    }
    host->finish(act->op, act->err, act->err != ND_OK ? act->why : NULL);
}

static nd_err begin(struct shape *self, struct nd_op *op, struct act *act)
{
    act->self = self;
    act->op = op;
    return self->host->offload(op, act_work, act_done, act);
}

static nd_err plan(void *self, const struct nd_args *args, struct nd_op *op, const char *kind)
{
    struct shape *shape = self;
    struct act *act = shape->host->state(op, sizeof *act);
    snprintf(act->kind, sizeof act->kind, "%s", kind);
    const struct nd_note *note = args->at[0].u.target->facts;
    while (note->key != NULL && strcmp(note->key, "interface") != 0)
        note++;
    if (note->key == NULL || strlen(note->value) >= sizeof act->interface) {
        shape->host->log(shape->host, ND_INFO,
                         "the target names no interface; give it 'interface: NAME' in the site "
                         "file");
        return ND_EARG;
    }
    snprintf(act->interface, sizeof act->interface, "%s", note->value);
    act->work = look;
    act->note = 1;
    return begin(self, op, act);
}

static nd_err rate_plan(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = ((struct shape *)self)->host->state(op, sizeof *act);
    act->rate_bit_s = args->at[1].u.i;
    return plan(self, args, op, "tbf");
}

static nd_err impair_plan(void *self, const struct nd_args *args, struct nd_op *op)
{
    return plan(self, args, op, "netem");
}

static nd_err rate_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = ((struct shape *)self)->host->state(op, sizeof *act);
    act->rate_bit_s = args->at[1].u.i;
    act->burst = args->at[2].u.i;
    act->work = set_rate;
    act->note = 0;
    return begin(self, op, act);
}

static nd_err impair_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = ((struct shape *)self)->host->state(op, sizeof *act);
    act->delay_us = args->at[1].u.i / 1000;
    act->jitter_us = args->at[2].u.i / 1000;
    act->loss = args->at[3].u.r;
    act->work = set_impairment;
    act->note = 0;
    return begin(self, op, act);
}

static nd_err put_back(void *self, const struct nd_note *noted, struct nd_op *op,
                       void (*work)(struct act *, struct nl_sock *, int))
{
    struct act *act = ((struct shape *)self)->host->state(op, sizeof *act);
    for (; noted->key != NULL; noted++) {
        if (strcmp(noted->key, "interface") == 0)
            snprintf(act->interface, sizeof act->interface, "%s", noted->value);
        else if (strcmp(noted->key, "before") == 0)
            snprintf(act->before, sizeof act->before, "%s", noted->value);
        else if (strcmp(noted->key, "kind") == 0)
            snprintf(act->kind, sizeof act->kind, "%s", noted->value);
        else if (strcmp(noted->key, "rate_bit_s") == 0)
            act->rate_bit_s = strtoll(noted->value, NULL, 10);
        else if (strcmp(noted->key, "boot") == 0 && boot_is_over(noted->value)) {
            ((struct shape *)self)->host->finish(op, ND_OK, BOOT_GONE);
            return ND_OK;
        }
    }
    act->gone_is_fine = work != prove;
    act->work = work;
    return begin(self, op, act);
}

static nd_err shape_undo(void *self, const char *verb, const struct nd_note *noted,
                         struct nd_op *op)
{
    (void)verb;
    return put_back(self, noted, op, take_away);
}

static nd_err shape_verify(void *self, const char *verb, const struct nd_note *noted,
                           struct nd_op *op)
{
    (void)verb;
    return put_back(self, noted, op, verify);
}

static nd_err shape_prove(void *self, const char *verb, const struct nd_note *noted,
                          struct nd_op *op)
{
    (void)verb;
    return put_back(self, noted, op, prove);
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

static const struct nd_option rate_options[] = {
    INTERFACE_ROW,
    {"rate", "what goes out at most", "bit/s", ND_RATE, ND_OPT_REQUIRED, 8000, 1e10, NULL, NULL},
    {"burst", "octets that may go out at once", "octets", ND_INT, 0, 1600, 1e8, "4000", NULL},
    END_ROW};
static const struct nd_option impair_options[] = {
    INTERFACE_ROW,
    {"delay", "added to what goes out", "ns", ND_LENGTH, 0, 0, 6e10, "0ms", NULL},
    {"jitter", "of the delay, each way", "ns", ND_LENGTH, 0, 0, 6e10, "0ms", NULL},
    {"loss", "share of packets lost at random", "1", ND_SHARE, 0, 0, 1, "0%", NULL},
    END_ROW};
static const struct nd_reading no_readings[] = {{NULL, NULL, NULL, 0}};

static const struct nd_verb verb_rate = {
    .struct_size = sizeof verb_rate,
    .flags = ND_VERB_CHANGES,
    .name = "rate",
    .help = "Limits what goes out of an interface (tbf).",
    .rights = "CAP_NET_ADMIN at the vantage of the target",
    .options = rate_options,
    .readings = no_readings,
    .plan_undo = rate_plan,
    .start = rate_start,
};
static const struct nd_verb verb_impair = {
    .struct_size = sizeof verb_impair,
    .flags = ND_VERB_CHANGES,
    .name = "impair",
    .help = "Delay, jitter and loss of what goes out (netem, where the kernel has it).",
    .rights = "CAP_NET_ADMIN at the vantage of the target",
    .options = impair_options,
    .readings = no_readings,
    .plan_undo = impair_plan,
    .start = impair_start,
};
static const struct nd_verb *const verbs[] = {&verb_rate, &verb_impair, NULL};

static nd_err shape_open(const struct nd_host *host, void **self)
{
    struct shape *shape = calloc(1, sizeof *shape);
    if (shape == NULL)
        return ND_EIO;
    shape->host = host;
    *self = shape;
    return ND_OK;
}

static const struct nd_plugin plugin = {
    sizeof plugin, ND_ABI_MAJOR, ND_ABI_MINOR,
    "shape",       "1.0",        "rates, delay, jitter and loss",
    verbs,         shape_open,   free,
    shape_undo,    shape_verify, shape_prove};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
