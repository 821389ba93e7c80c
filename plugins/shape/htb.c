#include "shape.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <netlink/route/class.h>
#include <netlink/route/classifier.h>
#include <netlink/route/cls/u32.h>
#include <netlink/route/qdisc/htb.h>
#include <netlink/route/qdisc/tbf.h>
#include <stdio.h>
#include <string.h>

/* Classes in the kernel: htb at the root, a class for all, below it one a class of the drill with a
 * queue of bounded length, and filters that say who belongs where.
 *
 *     htb 6e64: -- 6e64:1 (rate of all) -+- 6e64:x (tbf)
 *                                        `- 6e64:y (tbf)
 *
 * A queue is a tbf of twice the class's ceiling, so that it never is what holds back: unlike the
 * fifos it cuts the segments of TCP that the kernel has put together (GSO, up to 64 KiB) into
 * packets again. Uncut they would not fit a short queue, and one of them would hold up the
 * rescuers' packets for as long as its 64 KiB take.
 *
 * Read back, all of it has to be there, and nothing else. */

#define ALL 1u /* the minor of the class of all */

static uint32_t handle_of(uint32_t minor)
{
    return TC_HANDLE(OUR_MAJOR, minor);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* ---- making ---- */

/* Two packets, or what goes out in a millisecond: timers are no finer. */
static uint32_t burst_of(int64_t packet, int64_t bit_s)
{
    return (uint32_t)larger(2 * packet, bit_s / 8 / 1000);
}

static int add_class(const struct act *act, struct nl_sock *sock, int ifindex, uint32_t minor,
                     int64_t rate, int64_t ceiling, uint32_t priority)
{
    struct rtnl_class *class = rtnl_class_alloc();
    rtnl_tc_set_ifindex(TC_CAST(class), ifindex);
    rtnl_tc_set_parent(TC_CAST(class), minor == ALL ? OUR_HANDLE : handle_of(ALL));
    rtnl_tc_set_handle(TC_CAST(class), handle_of(minor));
    int failed = rtnl_tc_set_kind(TC_CAST(class), "htb");
    if (failed == 0) {
        rtnl_htb_set_rate64(class, (uint64_t)rate / 8);
        rtnl_htb_set_ceil64(class, (uint64_t)ceiling / 8);
        rtnl_htb_set_rbuffer(class, burst_of(act->packet, rate));
        rtnl_htb_set_cbuffer(class, burst_of(act->packet, ceiling));
        rtnl_htb_set_quantum(class, (uint32_t)act->packet);
        rtnl_htb_set_prio(class, priority);
        failed = rtnl_class_add(sock, class, NLM_F_CREATE | NLM_F_EXCL);
    }
    rtnl_class_put(class);
    return failed;
}

static int queue_octets_s(const struct class *class)
{
    int64_t octets_s = 2 * (class->ceiling / 8);
    return octets_s < INT_MAX ? (int)octets_s : INT_MAX;
}

/* htb sends one packet more than its burst at once; the queue has to give it, or the kernel logs a
 * warning about it. */
static int add_queue(const struct act *act, struct nl_sock *sock, int ifindex,
                     const struct class *class)
{
    struct rtnl_qdisc *queue = rtnl_qdisc_alloc();
    double octets = (double)class->ceiling / 8 * (double)act->classes.limit / 1e9;
    rtnl_tc_set_ifindex(TC_CAST(queue), ifindex);
    rtnl_tc_set_parent(TC_CAST(queue), handle_of(class_minor(class->name)));
    int failed = rtnl_tc_set_kind(TC_CAST(queue), "tbf");
    if (failed == 0) {
        rtnl_qdisc_tbf_set_rate(queue, queue_octets_s(class),
                                (int)(act->packet + burst_of(act->packet, class->ceiling)), 0);
        rtnl_qdisc_tbf_set_limit(
            queue, (int)larger(4 * act->packet, (int64_t)(octets < 1e9 ? octets : 1e9)));
        failed = rtnl_qdisc_add(sock, queue, NLM_F_CREATE | NLM_F_EXCL);
    }
    rtnl_qdisc_put(queue);
    return failed;
}

static int add_filter(struct nl_sock *sock, int ifindex, const struct filter *filter, size_t number)
{
    struct rtnl_cls *cls = rtnl_cls_alloc();
    rtnl_tc_set_ifindex(TC_CAST(cls), ifindex);
    rtnl_tc_set_parent(TC_CAST(cls), OUR_HANDLE);
    rtnl_cls_set_prio(cls, (uint16_t)(number + 1));
    rtnl_cls_set_protocol(cls, filter->protocol);
    int failed = rtnl_tc_set_kind(TC_CAST(cls), "u32");
    for (int i = 0; i < filter->keys_count && failed == 0; i++)
        failed = rtnl_u32_add_key(cls, htonl(filter->keys[i].value), htonl(filter->keys[i].mask),
                                  filter->keys[i].offset, 0);
    if (failed == 0)
        failed = rtnl_u32_set_classid(cls, handle_of(filter->minor));
    if (failed == 0)
        failed = rtnl_u32_set_cls_terminal(cls);
    if (failed == 0)
        failed = rtnl_cls_add(sock, cls, NLM_F_CREATE | NLM_F_EXCL);
    rtnl_cls_put(cls);
    return failed;
}

static int add_root(struct act *act, struct nl_sock *sock, int ifindex)
{
    struct rtnl_qdisc *root = ours(ifindex, "htb");
    if (root == NULL)
        return -NLE_OPNOTSUPP;
    for (size_t i = 0; i < act->classes.count; i++) {
        if (act->classes.at[i].marks_count == 0)
            rtnl_htb_set_defcls(root, class_minor(act->classes.at[i].name));
    }
    int failed = rtnl_qdisc_add(sock, root, NLM_F_CREATE | NLM_F_EXCL);
    rtnl_qdisc_put(root);
    return failed;
}

static int add_below(struct act *act, struct nl_sock *sock, int ifindex, const char **what)
{
    const struct classes *classes = &act->classes;
    struct filter filters[FILTERS_MAX];
    size_t count = classes_filters(classes, filters);
    *what = "cannot make a class (htb)";
    int failed = add_class(act, sock, ifindex, ALL, classes->rate, classes->rate, 0);
    for (size_t i = 0; i < classes->count && failed == 0; i++) {
        const struct class *class = &classes->at[i];
        failed = add_class(act, sock, ifindex, class_minor(class->name), class->rate,
                           class->ceiling, (uint32_t)i);
    }
    if (failed != 0)
        return failed;
    *what = "cannot make a queue (tbf)";
    for (size_t i = 0; i < classes->count && failed == 0; i++)
        failed = add_queue(act, sock, ifindex, &classes->at[i]);
    if (failed != 0)
        return failed;
    *what = "cannot make a filter (u32)";
    for (size_t i = 0; i < count && failed == 0; i++)
        failed = add_filter(sock, ifindex, &filters[i], i);
    return failed;
}

void htb_set(struct act *act, struct nl_sock *sock, int ifindex)
{
    const char *what = "cannot make classes (htb)";
    int failed = add_root(act, sock, ifindex);
    if (failed == -NLE_OBJ_NOTFOUND || failed == -NLE_OPNOTSUPP) {
        act_fail(act, ND_EUNABLE,
                 "this kernel has no htb (module sch_htb), so '%s' cannot have classes",
                 act->interface);
        return;
    }
    if (failed == 0 && (failed = add_below(act, sock, ifindex, &what)) != 0) {
        struct rtnl_qdisc *root = ours(ifindex, NULL);
        rtnl_qdisc_delete(sock, root); /* takes with it what is below */
        rtnl_qdisc_put(root);
    }
    if (failed != 0)
        act_fail_nl(act, failed, what);
}

/* ---- reading back ---- */

/* What was found of ours; anything else makes it changed. */
struct found {
    size_t classes, queues, filters;
    int changed;
};

static int find_class(const struct classes *classes, uint32_t handle)
{
    for (size_t i = 0; i < classes->count; i++) {
        if (handle == handle_of(class_minor(classes->at[i].name)))
            return (int)i;
    }
    return -1;
}

static int is_class(struct rtnl_class *class, int64_t rate, int64_t ceiling, uint32_t priority)
{
    uint64_t has_rate = 0;
    uint64_t has_ceiling = 0;
    rtnl_htb_get_rate64(class, &has_rate);
    rtnl_htb_get_ceil64(class, &has_ceiling);
    return has_rate == (uint64_t)rate / 8 && has_ceiling == (uint64_t)ceiling / 8 &&
           rtnl_htb_get_prio(class) == priority;
}

static void look_at_classes(const struct act *act, struct nl_cache *cache, struct found *found)
{
    const struct classes *classes = &act->classes;
    for (struct nl_object *at = nl_cache_get_first(cache); at != NULL; at = nl_cache_get_next(at)) {
        struct rtnl_class *class = (struct rtnl_class *)at;
        uint32_t handle = rtnl_tc_get_handle(TC_CAST(class));
        if (TC_H_MAJ(handle) != OUR_HANDLE)
            continue; /* a queue's own */
        int which = find_class(classes, handle);
        int good = handle == handle_of(ALL) ? is_class(class, classes->rate, classes->rate, 0)
                   : which >= 0             ? is_class(class, classes->at[which].rate,
                                                       classes->at[which].ceiling, (uint32_t)which)
                                            : 0;
        found->classes += (size_t)good;
        found->changed |= !good;
    }
}

static void look_at_queues(const struct act *act, struct nl_cache *cache, int ifindex,
                           struct found *found)
{
    for (struct nl_object *at = nl_cache_get_first(cache); at != NULL; at = nl_cache_get_next(at)) {
        struct rtnl_tc *tc = (struct rtnl_tc *)at;
        uint32_t parent = rtnl_tc_get_parent(tc);
        if (rtnl_tc_get_ifindex(tc) != ifindex || TC_H_MAJ(parent) != OUR_HANDLE)
            continue;
        int which = find_class(&act->classes, parent);
        int good = strcmp(rtnl_tc_get_kind(tc), "tbf") == 0 && which >= 0 &&
                   rtnl_qdisc_tbf_get_rate((struct rtnl_qdisc *)tc) ==
                       queue_octets_s(&act->classes.at[which]);
        found->queues += (size_t)good;
        found->changed |= !good;
    }
}

static int is_filter(struct rtnl_cls *cls, const struct filter *filter)
{
    uint32_t id = 0;
    int good = rtnl_cls_get_protocol(cls) == filter->protocol &&
               rtnl_u32_get_classid(cls, &id) == 0 && id == handle_of(filter->minor);
    uint32_t value = 0;
    uint32_t mask = 0;
    int offset = 0;
    int offset_mask = 0;
    for (int i = 0; i < filter->keys_count && good; i++)
        good = rtnl_u32_get_key(cls, (uint8_t)i, &value, &mask, &offset, &offset_mask) == 0 &&
               ntohl(value) == filter->keys[i].value && ntohl(mask) == filter->keys[i].mask &&
               offset == filter->keys[i].offset && offset_mask == 0;
    return good && rtnl_u32_get_key(cls, (uint8_t)filter->keys_count, &value, &mask, &offset,
                                    &offset_mask) != 0;
}

static void look_at_filters(const struct act *act, struct nl_cache *cache, struct found *found)
{
    struct filter filters[FILTERS_MAX];
    size_t count = classes_filters(&act->classes, filters);
    for (struct nl_object *at = nl_cache_get_first(cache); at != NULL; at = nl_cache_get_next(at)) {
        struct rtnl_cls *cls = (struct rtnl_cls *)at;
        uint32_t id = 0;
        size_t number = rtnl_cls_get_prio(cls);
        const char *kind = rtnl_tc_get_kind(TC_CAST(cls));
        int u32 = kind != NULL && strcmp(kind, "u32") == 0;
        if (u32 && rtnl_u32_get_classid(cls, &id) != 0)
            continue; /* the head and the hash table that the kernel makes for each of ours */
        int good = u32 && number >= 1 && number <= count && is_filter(cls, &filters[number - 1]);
        found->filters += (size_t)good;
        found->changed |= !good;
    }
}

static struct found look_below(struct act *act, struct nl_sock *sock, int ifindex)
{
    struct found found = {.changed = 0};
    struct nl_cache *classes = NULL;
    struct nl_cache *queues = NULL;
    struct nl_cache *filters = NULL;
    int failed = rtnl_class_alloc_cache(sock, ifindex, &classes);
    if (failed == 0)
        failed = rtnl_qdisc_alloc_cache(sock, &queues);
    if (failed == 0)
        failed = rtnl_cls_alloc_cache(sock, ifindex, OUR_HANDLE, &filters);
    if (failed == 0) {
        look_at_classes(act, classes, &found);
        look_at_queues(act, queues, ifindex, &found);
        look_at_filters(act, filters, &found);
    } else {
        found.changed = 1;
    }
    nl_cache_free(classes);
    nl_cache_free(queues);
    nl_cache_free(filters);
    return found;
}

int htb_is_changed(struct act *act, struct nl_sock *sock, int ifindex)
{
    return look_below(act, sock, ifindex).changed;
}

int htb_is_whole(struct act *act, struct nl_sock *sock, int ifindex)
{
    struct filter filters[FILTERS_MAX];
    struct found found = look_below(act, sock, ifindex);
    return found.classes == act->classes.count + 1 && found.queues == act->classes.count &&
           found.filters == classes_filters(&act->classes, filters);
}

/* ---- counters ---- */

/* What the queues of the class dropped, or of all: htb itself does not see what a queue drops of a
 * packet it has cut. */
static uint64_t drops_below(struct nl_cache *queues, int ifindex, uint32_t class)
{
    uint64_t drops = 0;
    for (struct nl_object *at = nl_cache_get_first(queues); at != NULL;
         at = nl_cache_get_next(at)) {
        struct rtnl_tc *tc = (struct rtnl_tc *)at;
        uint32_t parent = rtnl_tc_get_parent(tc);
        if (rtnl_tc_get_ifindex(tc) == ifindex && TC_H_MAJ(parent) == OUR_HANDLE &&
            (class == handle_of(ALL) || parent == class))
            drops += rtnl_tc_get_stat(tc, RTNL_TC_DROPS);
    }
    return drops;
}

void htb_count(struct act *act, struct nl_sock *sock, int ifindex)
{
    struct nl_cache *classes = NULL;
    struct nl_cache *queues = NULL;
    uint32_t wanted = handle_of(act->class[0] == '\0' ? ALL : class_minor(act->class));
    int failed = rtnl_class_alloc_cache(sock, ifindex, &classes);
    if (failed == 0)
        failed = rtnl_qdisc_alloc_cache(sock, &queues);
    struct rtnl_class *class = failed == 0 ? rtnl_class_get(classes, ifindex, wanted) : NULL;
    if (failed != 0) {
        act_fail_nl(act, failed, "cannot read the classes");
    } else if (class == NULL) {
        act_fail(act, ND_ESTATE,
                 "interface '%s' has no class '%s' of shape.classes; make the classes first, and "
                 "mind how the name is written",
                 act->interface, act->class);
    } else {
        struct rtnl_tc *tc = TC_CAST(class);
        act->counted = (struct counted){.octets = rtnl_tc_get_stat(tc, RTNL_TC_BYTES),
                                        .packets = rtnl_tc_get_stat(tc, RTNL_TC_PACKETS),
                                        .drops = drops_below(queues, ifindex, wanted),
                                        .overlimits = rtnl_tc_get_stat(tc, RTNL_TC_OVERLIMITS),
                                        .backlog = rtnl_tc_get_stat(tc, RTNL_TC_BACKLOG),
                                        .waiting = rtnl_tc_get_stat(tc, RTNL_TC_QLEN)};
    }
    rtnl_class_put(class);
    nl_cache_free(queues);
    nl_cache_free(classes);
}
