#include "kept.h"
#include "links.h"

#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An interface down, and up again with what the kernel dropped with it. */

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

void down_look(struct act *act)
{
    struct nl_sock *sock = connect_route(act);
    struct rtnl_link *link = sock != NULL ? get_link(act, sock) : NULL;
    if (link != NULL) {
        act->ifindex = rtnl_link_get_ifindex(link);
        act->was_up = (rtnl_link_get_flags(link) & IFF_UP) != 0;
        act->kept = kept_read(sock, act->ifindex);
        if (act->kept == NULL)
            act_fail(act, ND_EIO,
                     "cannot read addresses and routes of '%s', so they could not be "
                     "put back",
                     act->interface);
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

/* The interface as noted; NULL and act->err (ND_OK when it is gone) otherwise. */
static struct rtnl_link *same_link(struct act *act, struct nl_sock *sock)
{
    struct rtnl_link *link = NULL;
    const char *index = noted(act->noted, "ifindex");
    int ifindex = index != NULL ? atoi(index) : 0;
    if (rtnl_link_get_kernel(sock, 0, act->interface, &link) != 0) {
        if (rtnl_link_get_kernel(sock, ifindex, NULL, &link) != 0)
            return NULL; /* gone, and everything with it */
        act_fail(act, ND_ESTATE,
                 "interface '%s' was renamed to '%s' by somebody else after the change; left alone",
                 act->interface, rtnl_link_get_name(link));
    } else if (rtnl_link_get_ifindex(link) != ifindex) {
        act_fail(act, ND_ESTATE,
                 "interface '%s' is another one than before (index %d, was %d): somebody else has "
                 "replaced it; left alone",
                 act->interface, rtnl_link_get_ifindex(link), ifindex);
    } else {
        return link;
    }
    rtnl_link_put(link);
    return NULL;
}

/* What is not as noted while the interface is up: missing, or there in addition. */
static void compare(struct act *act, struct nl_sock *sock, struct rtnl_link *link)
{
    const char *before = noted(act->noted, "kept");
    char *now = kept_read(sock, rtnl_link_get_ifindex(link));
    char what[96];
    if (now == NULL || before == NULL)
        act_fail(act, ND_EIO, "cannot read addresses and routes of '%s' back", act->interface);
    else if (kept_lacks(now, before, what, sizeof what))
        act_fail(act, ND_ESTATE,
                 "%s over '%s' is not there as before; if somebody else has put something in its "
                 "place, that was left alone",
                 what, act->interface);
    else if (kept_lacks(before, now, what, sizeof what))
        act_fail(act, ND_ESTATE, "%s over '%s' was not there before: somebody else's, left alone",
                 what, act->interface);
    free(now);
}

void down_undo(struct act *act)
{
    struct nl_sock *sock = connect_route(act);
    struct rtnl_link *link = sock != NULL ? same_link(act, sock) : NULL;
    const char *was_up = noted(act->noted, "was_up");
    const char *before = noted(act->noted, "kept");
    int up = link != NULL && (rtnl_link_get_flags(link) & IFF_UP) != 0;
    if (up && was_up != NULL && *was_up == '0')
        act_fail(act, ND_ESTATE,
                 "interface '%s' was down before and somebody else has set it up; left alone",
                 act->interface);
    else if (link != NULL && was_up != NULL && *was_up == '1') {
        if (!up)
            set_up(act, sock, link, 1);
        if (act->err == ND_OK && before != NULL) {
            kept_put(sock, before);
            compare(act, sock, link);
        }
    }
    rtnl_link_put(link);
    nl_socket_free(sock);
}

void down_verify(struct act *act)
{
    struct nl_sock *sock = connect_route(act);
    struct rtnl_link *link = sock != NULL ? same_link(act, sock) : NULL;
    const char *was_up = noted(act->noted, "was_up");
    if (link != NULL) {
        int up = (rtnl_link_get_flags(link) & IFF_UP) != 0;
        if (was_up != NULL && up != (*was_up == '1'))
            act_fail(act, ND_ESTATE, "interface '%s' is %s, before it was %s", act->interface,
                     up ? "up" : "down", *was_up == '1' ? "up" : "down");
        else if (up)
            compare(act, sock, link);
        rtnl_link_put(link);
    }
    nl_socket_free(sock);
}

void down_prove(struct act *act)
{
    struct nl_sock *sock = connect_route(act);
    struct rtnl_link *link = sock != NULL ? get_link(act, sock) : NULL;
    if (link != NULL && (rtnl_link_get_flags(link) & IFF_UP) != 0)
        act_fail(act, ND_ESTATE, "interface '%s' is up", act->interface);
    rtnl_link_put(link);
    nl_socket_free(sock);
}
