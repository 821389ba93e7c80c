#include "shape.h"

#include <netlink/route/link.h>
#include <netlink/route/qdisc/tbf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/boot.h"
#include "../common/probe.h"

#define LINK_HEADER 32 /* octets at most: Ethernet's 14, and tags */

/* The change of every verb is a root queueing discipline of our own handle; to undo is to delete
 * it, which brings the default back. Here: looking, undoing, reading back, and the plugin's
 * record. */

void act_fail(struct act *act, nd_err err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(act->why, sizeof act->why, fmt, args);
    va_end(args);
    act->err = err;
}

void act_fail_nl(struct act *act, int failed, const char *what)
{
    nd_err err = failed == -NLE_PERM ? ND_ERIGHTS : failed == -NLE_NODEV ? ND_EGONE : ND_EIO;
    act_fail(act, err, "%s on '%s': %s", what, act->interface, nl_geterror(failed));
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
    uint32_t handle = root != NULL ? rtnl_tc_get_handle(TC_CAST(root)) : 0;
    /* A default discipline has no handle of its own. */
    if (handle == OUR_HANDLE)
        act_fail(act, ND_ESTATE,
                 "interface '%s' has a queueing discipline that a drill has set ('%s'), and takes "
                 "one alone; restore that one first",
                 act->interface, rtnl_tc_get_kind(TC_CAST(root)));
    else if (handle != 0)
        act_fail(act, ND_ESTATE,
                 "interface '%s' has a queueing discipline of somebody else's ('%s'); take it away "
                 "first, or choose another interface",
                 act->interface, rtnl_tc_get_kind(TC_CAST(root)));
    else if (root != NULL)
        snprintf(act->before, sizeof act->before, "%s", rtnl_tc_get_kind(TC_CAST(root)));
    rtnl_qdisc_put(root);
    nl_cache_free(cache);
}

struct rtnl_qdisc *ours(int ifindex, const char *kind)
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

/* Ours, but not as it was set: another kind, another rate, or something attached below it that is
 * not ours. The burst and netem's times are left out: the kernel rounds them to ticks of its own.
 */
static int is_changed(struct act *act, struct nl_sock *sock, struct rtnl_qdisc *root,
                      struct nl_cache *cache)
{
    if (strcmp(rtnl_tc_get_kind(TC_CAST(root)), act->kind) != 0)
        return 1;
    if (strcmp(act->kind, "htb") == 0)
        return htb_is_changed(act, sock, rtnl_tc_get_ifindex(TC_CAST(root)));
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
    act_fail(
        act, ND_ESTATE,
        "the queueing discipline of '%s' ('%s') is not the one that was set: somebody else has "
        "changed it; left alone",
        act->interface, rtnl_tc_get_kind(TC_CAST(root)));
}

static void take_away(struct act *act, struct nl_sock *sock, int ifindex)
{
    struct nl_cache *cache = NULL;
    struct rtnl_qdisc *root = find_root(sock, ifindex, &cache);
    uint32_t handle = root != NULL ? rtnl_tc_get_handle(TC_CAST(root)) : 0;
    if (handle != 0 && (handle != OUR_HANDLE || is_changed(act, sock, root, cache))) {
        tell_foreign(act, root);
    } else if (handle == OUR_HANDLE) {
        struct rtnl_qdisc *qdisc = ours(ifindex, NULL);
        int failed = rtnl_qdisc_delete(sock, qdisc);
        rtnl_qdisc_put(qdisc);
        if (failed != 0)
            act_fail_nl(act, failed, "cannot delete the queueing discipline");
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
    if (handle != 0 && (handle != OUR_HANDLE || is_changed(act, sock, root, cache)))
        tell_foreign(act, root);
    else if (handle != 0)
        act_fail(act, ND_ESTATE,
                 "interface '%s' still has the queueing discipline that was set ('%s')",
                 act->interface, kind);
    else if (strcmp(kind, act->before) != 0)
        act_fail(act, ND_ESTATE, "the default discipline of '%s' is '%s', before it was '%s'",
                 act->interface, kind, act->before);
    rtnl_qdisc_put(root);
    nl_cache_free(cache);
}

static void prove(struct act *act, struct nl_sock *sock, int ifindex)
{
    struct nl_cache *cache = NULL;
    struct rtnl_qdisc *root = find_root(sock, ifindex, &cache);
    if (root == NULL || rtnl_tc_get_handle(TC_CAST(root)) != OUR_HANDLE)
        act_fail(act, ND_ESTATE, "interface '%s' has no queueing discipline of this drill",
                 act->interface);
    else if (is_changed(act, sock, root, cache))
        tell_foreign(act, root);
    else if (strcmp(act->kind, "htb") == 0 && !htb_is_whole(act, sock, ifindex))
        act_fail(act, ND_ESTATE, "not all of the classes are there on '%s'", act->interface);
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
    if (failed == 0) {
        act->packet = (int64_t)rtnl_link_get_mtu(link) + LINK_HEADER;
        act->work(act, sock, rtnl_link_get_ifindex(link));
    }
    if (failed == -NLE_NODEV && act->work == htb_count)
        act_fail(act, ND_EGONE,
                 "there is no interface '%s' here; give 'from', the vantage where the target is",
                 act->interface);
    else if (failed != 0 && !act->gone_is_fine)
        act_fail_nl(act, failed, "cannot look at the interface");
    rtnl_link_put(link);
    nl_socket_free(sock);
}

static void note_all(const struct act *act)
{
    const struct nd_host *host = act->self->host;
    char rate[24];
    char boot[BOOT_BYTES];
    boot_read(boot);
    snprintf(rate, sizeof rate, "%lld", (long long)act->rate_bit_s);
    host->undo_note(act->op, "boot", boot);
    host->undo_note(act->op, "interface", act->interface);
    host->undo_note(act->op, "before", act->before);
    host->undo_note(act->op, "kind", act->kind);
    host->undo_note(act->op, "rate_bit_s", rate);
    for (size_t i = 0; i < act->classes.count; i++) {
        char key[24];
        snprintf(key, sizeof key, "class%zu", i);
        host->undo_note(act->op, key, act->classes.at[i].text);
    }
}

static void act_done(void *ctx)
{
    struct act *act = ctx;
    if (act->err == ND_OK && act->note)
        note_all(act);
    if (act->err == ND_OK && act->done != NULL)
        act->done(act);
    act->self->host->finish(act->op, act->err, act->err != ND_OK ? act->why : NULL);
}

struct act *act_of(struct shape *self, struct nd_op *op, const struct nd_target *target)
{
    struct act *act = self->host->state(op, sizeof *act);
    const char *interface = target_fact(target, "interface");
    if (interface == NULL || strlen(interface) >= sizeof act->interface) {
        self->host->log(self->host, ND_INFO,
                        "the target names no interface; give it 'interface: NAME' in the site "
                        "file");
        return NULL;
    }
    act->self = self;
    act->op = op;
    act->note = 0; /* the block is plan_undo's, once it is start's turn */
    snprintf(act->interface, sizeof act->interface, "%s", interface);
    return act;
}

nd_err act_begin(struct act *act)
{
    return act->self->host->offload(act->op, act_work, act_done, act);
}

nd_err act_plan(struct act *act, const char *kind)
{
    snprintf(act->kind, sizeof act->kind, "%s", kind);
    act->work = look;
    act->note = 1;
    return act_begin(act);
}

static nd_err put_back(void *self, const struct nd_note *noted, struct nd_op *op,
                       void (*work)(struct act *, struct nl_sock *, int))
{
    struct shape *shape = self;
    struct act *act = shape->host->state(op, sizeof *act);
    act->self = shape;
    act->op = op;
    for (; noted->key != NULL; noted++) {
        if (strcmp(noted->key, "interface") == 0)
            snprintf(act->interface, sizeof act->interface, "%s", noted->value);
        else if (strcmp(noted->key, "before") == 0)
            snprintf(act->before, sizeof act->before, "%s", noted->value);
        else if (strcmp(noted->key, "kind") == 0)
            snprintf(act->kind, sizeof act->kind, "%s", noted->value);
        else if (strcmp(noted->key, "rate_bit_s") == 0)
            act->rate_bit_s = strtoll(noted->value, NULL, 10);
        else if (strncmp(noted->key, "class", 5) == 0)
            classes_add(&act->classes, noted->value, act->why, sizeof act->why);
        else if (strcmp(noted->key, "boot") == 0 && boot_is_over(noted->value)) {
            shape->host->finish(op, ND_OK, BOOT_GONE);
            return ND_OK;
        }
    }
    /* They went together when they were noted; here the ceilings are filled in. */
    act->classes.rate = act->rate_bit_s;
    if (act->classes.count > 0)
        classes_check(&act->classes, act->why, sizeof act->why);
    act->gone_is_fine = work != prove;
    act->work = work;
    return act_begin(act);
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

static const struct nd_verb *const verbs[] = {&shape_rate, &shape_impair, &shape_classes,
                                              &shape_counters, NULL};

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
    "shape",       "1.0",        "rates, classes, delay, jitter and loss",
    verbs,         shape_open,   free,
    shape_undo,    shape_verify, shape_prove};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
