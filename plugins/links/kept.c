#include "kept.h"

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_BYTES   4096
#define DEVICES_MAX  64
#define PASSES       3 /* a route may need another one first */
#define ADDR_PASSING (IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_OPTIMISTIC | IFA_F_DEPRECATED)
#define HOP_PASSING  (RTNH_F_DEAD | RTNH_F_LINKDOWN | RTNH_F_OFFLOAD | RTNH_F_TRAP)

struct reading {
    int devices[DEVICES_MAX]; /* the interface, then its VLANs */
    int count;
    FILE *out;
};

/* ---- which devices ---- */

/* VLANs follow their parent down and up (net/8021q/vlan.c); veth, macvlan and bridges do not. */
static void find_vlans(struct nl_sock *sock, struct reading *reading)
{
    struct nl_cache *cache = NULL;
    if (rtnl_link_alloc_cache(sock, AF_UNSPEC, &cache) != 0)
        return;
    for (int i = 0; i < reading->count; i++) {
        for (struct nl_object *at = nl_cache_get_first(cache); at != NULL;
             at = nl_cache_get_next(at)) {
            struct rtnl_link *link = (struct rtnl_link *)at;
            const char *type = rtnl_link_get_type(link);
            if (type == NULL || strcmp(type, "vlan") != 0 ||
                rtnl_link_get_link(link) != reading->devices[i] || reading->count == DEVICES_MAX)
                continue;
            reading->devices[reading->count++] = rtnl_link_get_ifindex(link);
            fprintf(reading->out, "link %d %d\n", rtnl_link_get_ifindex(link),
                    (rtnl_link_get_flags(link) & IFF_UP) != 0);
        }
    }
    nl_cache_free(cache);
}

static int has_device(const struct reading *reading, int ifindex)
{
    for (int i = 0; i < reading->count; i++) {
        if (reading->devices[i] == ifindex)
            return 1;
    }
    return 0;
}

/* ---- a message's body, without what passes ---- */

/* Copies the fixed part and the attributes but `skip`; returns the length, 0: too long. */
static int copy_body(const struct nlmsghdr *header, int fixed, const unsigned char *skip,
                     unsigned char *body)
{
    int rest = nlmsg_attrlen(header, fixed);
    int len = (int)NLMSG_ALIGN((unsigned)fixed);
    struct nlattr *at = NULL;
    memset(body, 0, (size_t)len);
    memcpy(body, nlmsg_data(header), (size_t)fixed);
    for (at = nlmsg_attrdata(header, fixed); nla_ok(at, rest); at = nla_next(at, &rest)) {
        int bytes = NLA_ALIGN(at->nla_len);
        if (memchr(skip, nla_type(at), strlen((const char *)skip)) != NULL)
            continue;
        if (len + bytes > BODY_BYTES)
            return 0;
        memset(body + len, 0, (size_t)bytes);
        memcpy(body + len, at, at->nla_len);
        len += bytes;
    }
    return len;
}

static struct nlattr *find_attr(unsigned char *body, int len, int fixed, int type)
{
    fixed = (int)NLMSG_ALIGN((unsigned)fixed);
    return nla_find((struct nlattr *)(void *)(body + fixed), len - fixed, type);
}

static void put_line(const struct reading *reading, const char *kind, const unsigned char *body,
                     int len)
{
    if (len == 0)
        return;
    fprintf(reading->out, "%s ", kind);
    for (int i = 0; i < len; i++)
        fprintf(reading->out, "%02x", body[i]);
    fputc('\n', reading->out);
}

static void read_addr(const struct reading *reading, const struct nlmsghdr *header)
{
    static const unsigned char skip[] = {IFA_CACHEINFO, 0};
    unsigned char body[BODY_BYTES];
    struct ifaddrmsg *msg = (struct ifaddrmsg *)(void *)body;
    int len = copy_body(header, sizeof *msg, skip, body);
    if (len == 0 || !has_device(reading, (int)msg->ifa_index) ||
        (msg->ifa_flags & IFA_F_PERMANENT) == 0)
        return;
    struct nlattr *flags = find_attr(body, len, sizeof *msg, IFA_FLAGS);
    msg->ifa_flags &= (unsigned char)~ADDR_PASSING;
    if (flags != NULL) {
        uint32_t value = nla_get_u32(flags) & ~(uint32_t)ADDR_PASSING;
        memcpy(nla_data(flags), &value, sizeof value);
    }
    put_line(reading, "addr", body, len);
}

static void read_neigh(const struct reading *reading, const struct nlmsghdr *header)
{
    static const unsigned char skip[] = {NDA_CACHEINFO, NDA_PROBES, 0};
    unsigned char body[BODY_BYTES];
    struct ndmsg *msg = (struct ndmsg *)(void *)body;
    int len = copy_body(header, sizeof *msg, skip, body);
    if (len == 0 || !has_device(reading, msg->ndm_ifindex) ||
        (msg->ndm_family != AF_INET && msg->ndm_family != AF_INET6) ||
        ((msg->ndm_state & NUD_PERMANENT) == 0 && (msg->ndm_flags & NTF_PROXY) == 0))
        return;
    put_line(reading, "neigh", body, len);
}

/* A route that somebody set by hand or by a tool that will not set it again by itself. */
static int is_set(unsigned char protocol)
{
    static const unsigned char others[] = {
        RTPROT_REDIRECT, RTPROT_KERNEL, RTPROT_GATED, RTPROT_RA,      RTPROT_MRT,   RTPROT_ZEBRA,
        RTPROT_BIRD,     RTPROT_XORP,   RTPROT_NTK,   RTPROT_MROUTED, RTPROT_BABEL, RTPROT_BGP,
        RTPROT_ISIS,     RTPROT_OSPF,   RTPROT_RIP,   RTPROT_EIGRP};
    return memchr(others, protocol, sizeof others) == NULL;
}

/* Whether a next hop is ours; clears the flags that pass. */
static int clean_hops(const struct reading *reading, struct nlattr *hops)
{
    int mine = 0;
    int rest = nla_len(hops);
    struct rtnexthop *hop = nla_data(hops);
    while (RTNH_OK(hop, rest)) {
        mine |= has_device(reading, hop->rtnh_ifindex);
        hop->rtnh_flags &= (unsigned char)~HOP_PASSING;
        rest -= (int)RTNH_ALIGN(hop->rtnh_len);
        hop = RTNH_NEXT(hop);
    }
    return mine;
}

static void read_route(const struct reading *reading, const struct nlmsghdr *header)
{
    static const unsigned char skip[] = {RTA_CACHEINFO, 0};
    unsigned char body[BODY_BYTES];
    struct rtmsg *msg = (struct rtmsg *)(void *)body;
    int len = copy_body(header, sizeof *msg, skip, body);
    if (len == 0 || (msg->rtm_flags & RTM_F_CLONED) != 0 || !is_set(msg->rtm_protocol))
        return;
    struct nlattr *oif = find_attr(body, len, sizeof *msg, RTA_OIF);
    struct nlattr *hops = find_attr(body, len, sizeof *msg, RTA_MULTIPATH);
    int mine = oif != NULL && has_device(reading, (int)nla_get_u32(oif));
    if (hops != NULL)
        mine |= clean_hops(reading, hops);
    msg->rtm_flags &= ~(unsigned)HOP_PASSING;
    if (mine)
        put_line(reading, "route", body, len);
}

static int took(struct nl_msg *message, void *ctx)
{
    const struct nlmsghdr *header = nlmsg_hdr(message);
    if (header->nlmsg_type == RTM_NEWADDR)
        read_addr(ctx, header);
    else if (header->nlmsg_type == RTM_NEWNEIGH)
        read_neigh(ctx, header);
    else if (header->nlmsg_type == RTM_NEWROUTE)
        read_route(ctx, header);
    return NL_OK;
}

char *kept_read(struct nl_sock *sock, int ifindex)
{
    struct ifaddrmsg addr = {.ifa_family = AF_INET6};
    struct ndmsg neigh = {.ndm_family = AF_UNSPEC};
    struct ndmsg proxy = {.ndm_family = AF_UNSPEC, .ndm_flags = NTF_PROXY};
    struct rtmsg route = {.rtm_family = AF_UNSPEC};
    const struct {
        int type;
        void *body;
        size_t bytes;
    } dumps[] = {{RTM_GETADDR, &addr, sizeof addr},
                 {RTM_GETNEIGH, &neigh, sizeof neigh},
                 {RTM_GETNEIGH, &proxy, sizeof proxy},
                 {RTM_GETROUTE, &route, sizeof route}};
    char *text = NULL;
    size_t bytes = 0;
    struct reading reading = {.devices = {ifindex}, .count = 1};
    reading.out = open_memstream(&text, &bytes);
    find_vlans(sock, &reading);
    struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
    nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, took, &reading);
    int failed = 0;
    for (size_t i = 0; i < sizeof dumps / sizeof dumps[0] && failed >= 0; i++) {
        failed = nl_send_simple(sock, dumps[i].type, NLM_F_DUMP, dumps[i].body, dumps[i].bytes);
        if (failed >= 0)
            failed = nl_recvmsgs(sock, cb);
    }
    nl_cb_put(cb);
    fclose(reading.out);
    if (failed >= 0)
        return text;
    free(text);
    return NULL;
}

/* ---- putting back ---- */

static int body_of(const char *hex, unsigned char *body)
{
    int len = 0;
    unsigned value = 0;
    for (; len < BODY_BYTES && sscanf(hex, "%2x", &value) == 1; hex += 2)
        body[len++] = (unsigned char)value;
    return len;
}

static int add(struct nl_sock *sock, int type, const char *hex)
{
    unsigned char body[BODY_BYTES];
    int len = body_of(hex, body);
    struct nl_msg *message = nlmsg_alloc_simple(type, NLM_F_CREATE | NLM_F_EXCL);
    nlmsg_append(message, body, (size_t)len, NLMSG_ALIGNTO);
    int failed = nl_send_auto(sock, message);
    nlmsg_free(message);
    return failed < 0 ? failed : nl_wait_for_ack(sock);
}

/* A VLAN that was down before is down again: the kernel brings all of them up. */
static void set_down(struct nl_sock *sock, int ifindex)
{
    struct rtnl_link *link = rtnl_link_alloc();
    struct rtnl_link *change = rtnl_link_alloc();
    rtnl_link_set_ifindex(link, ifindex);
    rtnl_link_unset_flags(change, IFF_UP);
    rtnl_link_change(sock, link, change, 0);
    rtnl_link_put(change);
    rtnl_link_put(link);
}

static void put_kind(struct nl_sock *sock, char *const *lines, size_t count, const char *kind,
                     int type)
{
    size_t kind_len = strlen(kind);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(lines[i], kind, kind_len) == 0 && lines[i][kind_len] == ' ')
            add(sock, type, lines[i] + kind_len + 1);
    }
}

/* The last address added stands first, so they go in from the back. */
static void put_addrs(struct nl_sock *sock, char *const *lines, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        if (strncmp(lines[i], "addr ", 5) == 0)
            add(sock, RTM_NEWADDR, lines[i] + 5);
    }
}

static char **split(char *text, size_t *count)
{
    size_t cap = 1;
    for (const char *at = text; *at != '\0'; at++)
        cap += *at == '\n';
    char **lines = calloc(cap + 1, sizeof *lines);
    *count = 0;
    for (char *line = strsep(&text, "\n"); line != NULL && lines != NULL;
         line = strsep(&text, "\n")) {
        if (*line != '\0')
            lines[(*count)++] = line;
    }
    return lines;
}

void kept_put(struct nl_sock *sock, const char *lines)
{
    char *copy = strdup(lines);
    size_t count = 0;
    char **all = split(copy, &count);
    for (size_t i = 0; i < count; i++) {
        int ifindex = 0;
        int up = 1;
        if (sscanf(all[i], "link %d %d", &ifindex, &up) == 2 && !up)
            set_down(sock, ifindex);
    }
    put_addrs(sock, all, count);
    put_kind(sock, all, count, "neigh", RTM_NEWNEIGH);
    for (int pass = 0; pass < PASSES; pass++)
        put_kind(sock, all, count, "route", RTM_NEWROUTE);
    free(all);
    free(copy);
}

/* ---- comparing ---- */

static int holds(const char *text, const char *line, size_t len)
{
    for (const char *at = text; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n') {
        if (strcspn(at, "\n") == len && memcmp(at, line, len) == 0)
            return 1;
    }
    return 0;
}

static void words_of(const char *line, char *out, int out_bytes)
{
    unsigned char body[BODY_BYTES];
    char address[80] = "default";
    int len = strncmp(line, "link ", 5) == 0 ? 0 : body_of(strchr(line, ' ') + 1, body);
    const struct {
        const char *kind;
        int fixed, type;
    } kinds[] = {{"addr", sizeof(struct ifaddrmsg), IFA_ADDRESS},
                 {"neigh", sizeof(struct ndmsg), NDA_DST},
                 {"route", sizeof(struct rtmsg), RTA_DST}};
    static const char *const names[] = {"address", "neighbour", "route to"};
    for (size_t i = 0; i < 3; i++) {
        if (strncmp(line, kinds[i].kind, strlen(kinds[i].kind)) != 0 || len < kinds[i].fixed)
            continue;
        struct nlattr *attr = find_attr(body, len, kinds[i].fixed, kinds[i].type);
        struct nl_addr *addr = attr != NULL ? nl_addr_alloc_attr(attr, body[0]) : NULL;
        if (addr != NULL)
            nl_addr2str(addr, address, sizeof address);
        nl_addr_put(addr);
        int bits = i == 2 && attr != NULL ? body[1] : -1;
        snprintf(out, (size_t)out_bytes, bits >= 0 ? "%s %s/%d" : "%s %s", names[i], address, bits);
        return;
    }
    snprintf(out, (size_t)out_bytes, "the state of VLAN %.*s", (int)strcspn(line, "\n"), line);
}

int kept_lacks(const char *others, const char *lines, char *out, int out_bytes)
{
    for (const char *at = lines; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n') {
        if (holds(others, at, strcspn(at, "\n")))
            continue;
        words_of(at, out, out_bytes);
        return 1;
    }
    return 0;
}
