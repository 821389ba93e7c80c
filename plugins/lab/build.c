#include "../common/nft.h"
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/route.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Making the hosts, links, addresses, routes, admission and services, on a worker thread that goes
 * from namespace to namespace. Nothing is ever made in the namespace we come from. */

#define READY_WITHIN_MS 5000

static nd_err nl_fail(struct job *job, int failed, const char *what, const char *name)
{
    return lab_fail(job, failed == -NLE_PERM ? ND_ERIGHTS : ND_EIO, "%s '%s': %s", what, name,
                    nl_geterror(failed));
}

static nd_err put_sysctl(struct job *job, const char *name, const char *value)
{
    char path[160];
    snprintf(path, sizeof path, "/proc/sys/net/%s", name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t put = fd >= 0 ? write(fd, value, strlen(value)) : -1;
    int error = errno;
    if (fd >= 0)
        close(fd);
    /* Kernels without IPv6 lack its settings, and need none. */
    if (put < 0 && !(error == ENOENT && strncmp(name, "ipv6", 4) == 0))
        return lab_fail(job, ND_EIO, "cannot set '%s': %s", name, strerror(error));
    return ND_OK;
}

/* ---- a host ---- */

static nd_err add_address(struct job *job, struct nl_sock *sock, int ifindex, const char *text)
{
    struct nl_addr *address = NULL;
    int failed = nl_addr_parse(text, AF_UNSPEC, &address);
    if (failed == 0) {
        struct rtnl_addr *entry = rtnl_addr_alloc();
        rtnl_addr_set_ifindex(entry, ifindex);
        rtnl_addr_set_local(entry, address);
        if (nl_addr_get_family(address) == AF_INET6)
            rtnl_addr_set_flags(entry, IFA_F_NODAD);
        failed = rtnl_addr_add(sock, entry, NLM_F_EXCL);
        rtnl_addr_put(entry);
    }
    nl_addr_put(address);
    return failed == 0 ? ND_OK : nl_fail(job, failed, "address", text);
}

static nd_err set_up(struct job *job, struct nl_sock *sock, const char *interface,
                     const json_t *addresses)
{
    struct rtnl_link *link = NULL;
    struct rtnl_link *change = rtnl_link_alloc();
    size_t i = 0;
    json_t *address = NULL;
    nd_err err = ND_OK;
    int failed = rtnl_link_get_kernel(sock, 0, interface, &link);
    rtnl_link_set_flags(change, IFF_UP);
    if (failed == 0)
        failed = rtnl_link_change(sock, link, change, 0);
    if (failed != 0)
        err = nl_fail(job, failed, "interface", interface);
    json_array_foreach(addresses, i, address)
    {
        const char *text = json_string_value(address);
        if (err == ND_OK)
            err = add_address(job, sock, rtnl_link_get_ifindex(link), text != NULL ? text : "");
    }
    rtnl_link_put(change);
    rtnl_link_put(link);
    return err;
}

static nd_err with_socket(struct job *job, const json_t *arg,
                          nd_err (*fn)(struct job *, struct nl_sock *, const json_t *))
{
    struct nl_sock *sock = nl_socket_alloc();
    int failed = sock != NULL ? nl_connect(sock, NETLINK_ROUTE) : -NLE_NOMEM;
    nd_err err = failed == 0 ? fn(job, sock, arg) : nl_fail(job, failed, "netlink socket", "route");
    nl_socket_free(sock);
    return err;
}

static nd_err host_up(struct job *job, struct nl_sock *sock, const json_t *host)
{
    static const char *const settings[][2] = {
        {"ipv4/conf/all/ignore_routes_with_linkdown", "1"},
        {"ipv4/conf/default/ignore_routes_with_linkdown", "1"},
        {"ipv4/ping_group_range", "0 0"},
        {"ipv6/conf/all/keep_addr_on_down", "1"},
        {"ipv6/conf/default/keep_addr_on_down", "1"},
        {"ipv6/conf/all/ignore_routes_with_linkdown", "1"},
        {"ipv6/conf/default/ignore_routes_with_linkdown", "1"},
        {"ipv6/conf/default/accept_dad", "0"},
        {"ipv6/conf/default/accept_ra", "0"},
    };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (put_sysctl(job, settings[i][0], settings[i][1]) != ND_OK)
            return job->err;
    }
    if (json_is_true(json_object_get(host, "forward")) &&
        (put_sysctl(job, "ipv4/ip_forward", "1") != ND_OK ||
         put_sysctl(job, "ipv6/conf/all/forwarding", "1") != ND_OK))
        return job->err;
    return set_up(job, sock, "lo", json_object_get(host, "addresses"));
}

nd_err lab_silent(struct job *job, const json_t *unused)
{
    (void)unused;
    nd_err err = put_sysctl(job, "ipv6/conf/all/disable_ipv6", "1");
    return err == ND_OK ? put_sysctl(job, "ipv6/conf/default/disable_ipv6", "1") : err;
}

static nd_err host_in(struct job *job, const json_t *host)
{
    return with_socket(job, host, host_up);
}

/* ---- links ---- */

static nd_err veth_add(struct job *job, struct nl_sock *sock, const json_t *link)
{
    const json_t *ends = json_object_get(link, "ends");
    const json_t *far = json_array_get(ends, 1);
    char path[PATH_BYTES];
    lab_netns(job, lab_text(far, "host"), path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return lab_fail(job, ND_EIO, "cannot open '%s': %s", path, strerror(errno));
    struct rtnl_link *veth = rtnl_link_veth_alloc();
    struct rtnl_link *peer = rtnl_link_veth_get_peer(veth);
    rtnl_link_set_name(veth, lab_text(json_array_get(ends, 0), "interface"));
    rtnl_link_set_name(peer, lab_text(far, "interface"));
    rtnl_link_set_ns_fd(peer, fd);
    int failed = rtnl_link_add(sock, veth, NLM_F_CREATE | NLM_F_EXCL);
    rtnl_link_put(peer);
    rtnl_link_put(veth);
    close(fd);
    return failed == 0 ? ND_OK : nl_fail(job, failed, "link", lab_text(far, "interface"));
}

static nd_err veth_in(struct job *job, const json_t *link)
{
    return with_socket(job, link, veth_add);
}

static nd_err end_up(struct job *job, struct nl_sock *sock, const json_t *end)
{
    return set_up(job, sock, lab_text(end, "interface"), json_object_get(end, "addresses"));
}

static nd_err end_in(struct job *job, const json_t *end)
{
    return with_socket(job, end, end_up);
}

nd_err lab_make_link(struct job *job, const json_t *link)
{
    const json_t *ends = json_object_get(link, "ends");
    nd_err err = netns_in(job, lab_text(json_array_get(ends, 0), "host"), veth_in, link);
    for (size_t i = 0; i < 2 && err == ND_OK; i++) {
        const json_t *end = json_array_get(ends, i);
        err = netns_in(job, lab_text(end, "host"), end_in, end);
    }
    return err;
}

/* ---- routes ---- */

static nd_err route_add(struct job *job, struct nl_sock *sock, const json_t *route)
{
    struct nl_addr *to = NULL;
    struct nl_addr *via = NULL;
    const char *text = lab_text(route, "to");
    int failed = nl_addr_parse(lab_text(route, "via"), AF_UNSPEC, &via);
    if (failed == 0)
        failed = nl_addr_parse(text, nl_addr_get_family(via), &to);
    if (failed == 0) {
        struct rtnl_route *entry = rtnl_route_alloc();
        struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
        rtnl_route_set_dst(entry, to);
        rtnl_route_set_priority(entry,
                                (uint32_t)json_integer_value(json_object_get(route, "metric")));
        rtnl_route_nh_set_gateway(hop, via);
        rtnl_route_add_nexthop(entry, hop);
        failed = rtnl_route_add(sock, entry, NLM_F_CREATE | NLM_F_EXCL);
        rtnl_route_put(entry);
    }
    nl_addr_put(to);
    nl_addr_put(via);
    return failed == 0 ? ND_OK : nl_fail(job, failed, "route to", text);
}

static nd_err route_in(struct job *job, const json_t *route)
{
    return with_socket(job, route, route_add);
}

/* ---- admission and services ---- */

static void join(const json_t *list, char *out, size_t bytes)
{
    size_t i = 0;
    size_t at = 0;
    json_t *item = NULL;
    out[0] = '\0';
    json_array_foreach(list, i, item)
    {
        const char *text = json_string_value(item);
        /* Only what an address can hold: this goes into a command. */
        if (text != NULL && text[strspn(text, "0123456789abcdefABCDEF.:/")] == '\0' && at < bytes)
            at += (size_t)snprintf(out + at, bytes - at, "%s%s", at != 0 ? ", " : "", text);
    }
}

/* An nftables set's elements; nothing for none, which the grammar wants so. */
static void elements_of(const json_t *list, char *out, size_t bytes)
{
    char joined[256];
    join(list, joined, sizeof joined);
    snprintf(out, bytes, joined[0] != '\0' ? "elements = { %s }" : "%s", joined);
}

static nd_err admission_in(struct job *job, const json_t *admission)
{
    char guests[300];
    char emergency[300];
    char commands[2048];
    elements_of(json_object_get(admission, "guests"), guests, sizeof guests);
    elements_of(json_object_get(admission, "emergency"), emergency, sizeof emergency);
    snprintf(commands, sizeof commands,
             "table inet netdrill_admission {\n"
             " set guests { type ipv4_addr; flags interval; %s }\n"
             " set emergency { type ipv4_addr; %s }\n"
             " set admitted { type ipv4_addr; flags interval, timeout; }\n"
             " chain forward { type filter hook forward priority 0; policy accept;\n"
             "  ip saddr @guests ip saddr != @admitted ip daddr != @emergency drop\n }\n}\n",
             guests, emergency);
    if (*guests == '\0')
        return lab_fail(job, ND_EARG, "an admission needs 'guests: [PREFIX, ...]' (IPv4)");
    if (nft_run(commands, NULL, job->why, sizeof job->why) != 0)
        return job->err = ND_EIO;
    return ND_OK;
}

/* netdrill-reflect [plmn:...] kind:address:port [name=address ...] for every service of the host */
static nd_err services_in(struct job *job, const json_t *services)
{
    char *argv[64] = {job->self->reflect};
    char words[62][600];
    size_t count = 0;
    size_t i = 0;
    json_t *service = NULL;
    json_array_foreach(services, i, service)
    {
        const char *name = NULL;
        json_t *address = NULL;
        json_t *plmn = NULL;
        size_t k = 0;
        json_array_foreach(json_object_get(service, "plmns"), k, plmn)
        {
            if (count < 60 && json_is_string(plmn))
                snprintf(words[count++], sizeof words[0], "plmn:%.16s", json_string_value(plmn));
        }
        const char *key = lab_text(service, "key");
        if (count < 60 && *lab_text(service, "certificate") != '\0')
            snprintf(words[count++], sizeof words[0], "tls:%.290s%s%.290s",
                     lab_text(service, "certificate"), *key != '\0' ? "," : "", key);
        if (count < 60)
            snprintf(words[count++], sizeof words[0], "%.16s:%.64s:%d", lab_text(service, "kind"),
                     lab_text(service, "address"),
                     (int)json_integer_value(json_object_get(service, "port")));
        json_object_foreach(json_object_get(service, "names"), name, address)
        {
            if (count < 60 && json_is_string(address))
                snprintf(words[count++], sizeof words[0], "name:%.64s=%.64s", name,
                         json_string_value(address));
        }
    }
    for (i = 0; i < count; i++)
        argv[i + 1] = words[i];
    return lab_spawn(job, argv);
}

/* Waits for the program's first octet, which says that it serves. */
static nd_err await_ready(struct job *job, int fd, const char *program)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    char octet = 0;
    int got = poll(&ready, 1, READY_WITHIN_MS);
    nd_err err = ND_OK;
    if (got <= 0 || read(fd, &octet, 1) != 1)
        err = lab_fail(job, ND_EIO, "'%s' %s", program,
                       got == 0 ? "does not get ready"
                                : "ended at once; is an address or a port in use?");
    close(fd);
    return err;
}

nd_err lab_start(struct job *job, char **argv, int *fd)
{
    pid_t pid = 0;
    int ready[2];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    if (pipe2(ready, O_CLOEXEC) != 0)
        return lab_fail(job, ND_EIO, "cannot make a pipe: %s", strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ready[1], 1);
    /* Not our stderr: whoever reads ours through a pipe would wait as long as it lives. */
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
    int failed = posix_spawn(&pid, argv[0], &actions, &attr, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    close(ready[1]);
    *fd = ready[0];
    if (failed == 0)
        return ND_OK;
    close(ready[0]);
    return lab_fail(job, ND_EIO, "cannot start '%s': %s", argv[0], strerror(failed));
}

nd_err lab_spawn(struct job *job, char **argv)
{
    int fd = -1;
    nd_err err = lab_start(job, argv, &fd);
    return err == ND_OK ? await_ready(job, fd, argv[0]) : err;
}

/* ---- the whole ---- */

/* What a dead run left behind is taken away; what somebody lives in is not. */
static nd_err clear(struct job *job, const char *host)
{
    char path[PATH_BYTES];
    lab_netns(job, host, path);
    if (access(path, F_OK) != 0)
        return ND_OK;
    int others = netns_processes(path, 0);
    if (others != 0)
        return lab_fail(job, ND_ESTATE,
                        "'%s' is there already and %d process(es) that are not the lab's live in "
                        "it; end them, or use another site name",
                        path, others);
    snprintf(job->said, sizeof job->said,
             "left-overs of an earlier lab of this site were found and removed");
    return netns_remove(job, host);
}

static nd_err make_hosts(struct job *job)
{
    size_t i = 0;
    json_t *link = NULL;
    const char *name = NULL;
    json_t *host = NULL;
    nd_err err = ND_OK;
    json_object_foreach(json_object_get(job->lab, "hosts"), name, host)
    {
        if (err == ND_OK)
            err = clear(job, name);
    }
    json_array_foreach(json_object_get(job->lab, "links"), i, link)
    {
        char middle[32];
        snprintf(middle, sizeof middle, LAB_MIDDLE "%zu", i);
        if (err == ND_OK && json_object_get(link, "line") != NULL)
            err = clear(job, middle);
    }
    json_object_foreach(json_object_get(job->lab, "hosts"), name, host)
    {
        if (err == ND_OK)
            err = netns_make(job, name);
        if (err == ND_OK)
            err = netns_in(job, name, host_in, host);
    }
    return err == ND_OK ? lab_remove_directory(job) : err;
}

static nd_err furnish_hosts(struct job *job)
{
    const char *name = NULL;
    json_t *host = NULL;
    nd_err err = ND_OK;
    json_object_foreach(json_object_get(job->lab, "hosts"), name, host)
    {
        const json_t *admission = json_object_get(host, "admission");
        const json_t *services = json_object_get(host, "services");
        if (err == ND_OK && admission != NULL)
            err = netns_in(job, name, admission_in, admission);
        if (err == ND_OK && json_array_size(services) != 0)
            err = netns_in(job, name, services_in, services);
    }
    json_object_foreach(json_object_get(job->lab, "hosts"), name, host)
    {
        json_t *daemons = json_object_get(host, "daemons");
        json_t *named = json_pack("{s:s, s:O}", "host", name, "daemons",
                                  daemons != NULL ? daemons : json_null());
        if (err == ND_OK && json_array_size(daemons) != 0)
            err = netns_in(job, name, lab_daemons_in, named);
        json_decref(named);
    }
    return err;
}

void lab_build(struct job *job)
{
    size_t i = 0;
    json_t *item = NULL;
    nd_err err = make_hosts(job);
    json_array_foreach(json_object_get(job->lab, "links"), i, item)
    {
        if (err == ND_OK)
            err = json_object_get(item, "line") != NULL ? lab_make_line(job, item, i)
                                                        : lab_make_link(job, item);
    }
    json_array_foreach(json_object_get(job->lab, "routes"), i, item)
    {
        if (err == ND_OK)
            err = netns_in(job, lab_text(item, "host"), route_in, item);
    }
    if (err == ND_OK)
        furnish_hosts(job);
}

static void each_host(struct job *job, void (*fn)(struct job *, const char *host))
{
    char *copy = strdup(job->hosts);
    char *rest = copy;
    for (char *host = strsep(&rest, " "); host != NULL; host = strsep(&rest, " ")) {
        if (*host != '\0')
            fn(job, host);
    }
    free(copy);
}

static void remove_host(struct job *job, const char *host)
{
    netns_remove(job, host);
}

void lab_remove(struct job *job)
{
    each_host(job, remove_host);
    lab_remove_directory(job);
}

static void verify_host(struct job *job, const char *host)
{
    char path[PATH_BYTES];
    lab_netns(job, host, path);
    if (access(path, F_OK) == 0)
        lab_fail(job, ND_ESTATE, "'%s' %s", path,
                 netns_is_ours(job, host) ? "is still there" : "is there: somebody else's");
}

void lab_verify(struct job *job)
{
    char directory[PATH_BYTES];
    lab_directory(job, directory);
    each_host(job, verify_host);
    if (access(directory, F_OK) == 0)
        lab_fail(job, ND_ESTATE, "'%s' is still there", directory);
}

static void prove_host(struct job *job, const char *host)
{
    char path[PATH_BYTES];
    lab_netns(job, host, path);
    if (access(path, F_OK) != 0 || !netns_is_ours(job, host))
        lab_fail(job, ND_ESTATE, "the lab has no host '%s'", host);
}

void lab_prove(struct job *job)
{
    each_host(job, prove_host);
}
