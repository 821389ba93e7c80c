#include "links.h"

#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An interface down, and up again with the routes that the kernel dropped with it. */

static struct nl_sock *connect_route(struct act *act)
{
    struct nl_sock *sock = nl_socket_alloc();
    int failed = sock != NULL ? nl_connect(sock, NETLINK_ROUTE) : -NLE_NOMEM;
    if (failed == 0)
        return sock;
    nl_socket_free(sock);
    act_fail(act, ND_EIO, "cannot talk to the kernel about links: %s", nl_geterror(failed));
    return NULL;
}

static nd_err err_of(int failed)
{
    return failed == -NLE_PERM || failed == -NLE_NOACCESS        ? ND_ERIGHTS
           : failed == -NLE_NODEV || failed == -NLE_OBJ_NOTFOUND ? ND_EGONE
                                                                 : ND_EIO;
}

static struct rtnl_link *get_link(struct act *act, struct nl_sock *sock)
{
    struct rtnl_link *link = NULL;
    int failed = rtnl_link_get_kernel(sock, 0, act->interface, &link);
    if (failed == 0)
        return link;
    act_fail(act, err_of(failed), "interface '%s': %s", act->interface, nl_geterror(failed));
    return NULL;
}

/* Routes over the interface that somebody set (the kernel brings its own back), a line each:
 * family table metric protocol scope destination gateway|- */
static char *list_routes(struct nl_sock *sock, int ifindex)
{
    struct nl_cache *cache = NULL;
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    if (rtnl_route_alloc_cache(sock, AF_UNSPEC, 0, &cache) == 0) {
        for (struct nl_object *at = nl_cache_get_first(cache); at != NULL;
             at = nl_cache_get_next(at)) {
            struct rtnl_route *route = (struct rtnl_route *)at;
            struct rtnl_nexthop *hop = rtnl_route_nexthop_n(route, 0);
            char dst[80];
            char via[80] = "-";
            if (hop == NULL || rtnl_route_get_nnexthops(route) != 1 ||
                rtnl_route_nh_get_ifindex(hop) != ifindex ||
                rtnl_route_get_protocol(route) == RTPROT_KERNEL ||
                rtnl_route_get_protocol(route) == RTPROT_RA)
                continue;
            if (rtnl_route_nh_get_gateway(hop) != NULL)
                nl_addr2str(rtnl_route_nh_get_gateway(hop), via, sizeof via);
            fprintf(out, "%u %u %u %u %u %s %s\n", rtnl_route_get_family(route),
                    rtnl_route_get_table(route), rtnl_route_get_priority(route),
                    rtnl_route_get_protocol(route), rtnl_route_get_scope(route),
                    nl_addr2str(rtnl_route_get_dst(route), dst, sizeof dst), via);
        }
        nl_cache_free(cache);
    }
    fclose(out);
    return text;
}

void down_look(struct act *act)
{
    struct nl_sock *sock = connect_route(act);
    struct rtnl_link *link = sock != NULL ? get_link(act, sock) : NULL;
    if (link != NULL) {
        act->ifindex = rtnl_link_get_ifindex(link);
        act->was_up = (rtnl_link_get_flags(link) & IFF_UP) != 0;
        act->routes = list_routes(sock, act->ifindex);
        rtnl_link_put(link);
    }
    nl_socket_free(sock);
}

static void set_up(struct act *act, struct nl_sock *sock, struct rtnl_link *link, int up)
{
    struct rtnl_link *change = rtnl_link_alloc();
    if (up)
        rtnl_link_set_flags(change, IFF_UP);
    else
        rtnl_link_unset_flags(change, IFF_UP);
    int failed = rtnl_link_change(sock, link, change, 0);
    rtnl_link_put(change);
    if (failed != 0)
        act_fail(act, err_of(failed), "cannot set interface '%s' %s: %s", act->interface,
                 up ? "up" : "down", nl_geterror(failed));
}

void down_set(struct act *act)
{
    struct nl_sock *sock = connect_route(act);
    struct rtnl_link *link = sock != NULL ? get_link(act, sock) : NULL;
    if (link != NULL) {
        set_up(act, sock, link, 0);
        rtnl_link_put(link);
    }
    nl_socket_free(sock);
}

static void put_route(struct nl_sock *sock, int ifindex, const char *line)
{
    unsigned family = 0;
    unsigned table = 0;
    unsigned metric = 0;
    unsigned protocol = 0;
    unsigned scope = 0;
    char dst_text[80];
    char via_text[80];
    if (sscanf(line, "%u %u %u %u %u %79s %79s", &family, &table, &metric, &protocol, &scope,
               dst_text, via_text) != 7)
        return;
    struct rtnl_route *route = rtnl_route_alloc();
    struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
    struct nl_addr *dst = NULL;
    struct nl_addr *via = NULL;
    int default_route = strcmp(dst_text, "none") == 0;
    if (nl_addr_parse(default_route ? "default" : dst_text, (int)family, &dst) == 0) {
        rtnl_route_set_family(route, (uint8_t)family);
        rtnl_route_set_dst(route, dst);
        rtnl_route_set_table(route, table);
        rtnl_route_set_priority(route, metric);
        rtnl_route_set_protocol(route, (uint8_t)protocol);
        rtnl_route_set_scope(route, (uint8_t)scope);
        rtnl_route_nh_set_ifindex(hop, ifindex);
        if (*via_text != '-' && nl_addr_parse(via_text, (int)family, &via) == 0)
            rtnl_route_nh_set_gateway(hop, via);
        rtnl_route_add_nexthop(route, hop);
        /* One that is there again already is as good; verify has the last word. */
        rtnl_route_add(sock, route, NLM_F_CREATE | NLM_F_EXCL);
    } else {
        rtnl_route_nh_free(hop);
    }
    nl_addr_put(dst);
    nl_addr_put(via);
    rtnl_route_put(route);
}

/* The interface as noted; NULL and act->err (ND_OK when it is gone) otherwise. */
static struct rtnl_link *same_link(struct act *act, struct nl_sock *sock)
{
    struct rtnl_link *link = NULL;
    const char *index = noted(act->noted, "ifindex");
    if (rtnl_link_get_kernel(sock, 0, act->interface, &link) != 0)
        return NULL; /* gone, and everything with it */
    if (index != NULL && rtnl_link_get_ifindex(link) != atoi(index)) {
        act_fail(act, ND_ESTATE,
                 "interface '%s' is another one than before (index %d, was %s); left alone",
                 act->interface, rtnl_link_get_ifindex(link), index);
        rtnl_link_put(link);
        return NULL;
    }
    return link;
}

void down_undo(struct act *act)
{
    struct nl_sock *sock = connect_route(act);
    struct rtnl_link *link = sock != NULL ? same_link(act, sock) : NULL;
    const char *was_up = noted(act->noted, "was_up");
    if (link != NULL && was_up != NULL && *was_up == '1') {
        const char *routes = noted(act->noted, "routes");
        char *copy = strdup(routes != NULL ? routes : "");
        char *rest = copy;
        if ((rtnl_link_get_flags(link) & IFF_UP) == 0)
            set_up(act, sock, link, 1);
        for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n"))
            put_route(sock, rtnl_link_get_ifindex(link), line);
        free(copy);
    }
    rtnl_link_put(link);
    nl_socket_free(sock);
}

void down_verify(struct act *act)
{
    struct nl_sock *sock = connect_route(act);
    struct rtnl_link *link = sock != NULL ? same_link(act, sock) : NULL;
    const char *was_up = noted(act->noted, "was_up");
    const char *routes = noted(act->noted, "routes");
    if (link != NULL) {
        int up = (rtnl_link_get_flags(link) & IFF_UP) != 0;
        char *now = list_routes(sock, rtnl_link_get_ifindex(link));
        if (was_up != NULL && up != (*was_up == '1'))
            act_fail(act, ND_ESTATE, "interface '%s' is %s, before it was %s", act->interface,
                     up ? "up" : "down", *was_up == '1' ? "up" : "down");
        else if (up && routes != NULL && strcmp(routes, now) != 0)
            act_fail(act, ND_ESTATE, "the routes over '%s' are not as before", act->interface);
        free(now);
        rtnl_link_put(link);
    }
    nl_socket_free(sock);
}
