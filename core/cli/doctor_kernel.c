#include "base/text.h"
#include "cli/doctor.h"
#include "cli/preflight.h"
#include "cli/userns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/net_tstamp.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Features of the kernel, each tried by a child in a network namespace of its own. One message a
 * feature, written by hand: the libraries for it would else be in every process of netdrill. */

#define ANSWER_WITHIN_MS 2000
#define CHILD_WITHIN_S   20

/* ---- netlink ---- */

struct message {
    union {
        struct nlmsghdr head;
        char bytes[1024];
    } u;
};

static void begin(struct message *m, uint16_t type, uint16_t flags, const void *body, size_t len)
{
    memset(m, 0, sizeof *m);
    m->u.head = (struct nlmsghdr){.nlmsg_len = (uint32_t)NLMSG_LENGTH(len),
                                  .nlmsg_type = type,
                                  .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags),
                                  .nlmsg_seq = 1};
    memcpy(NLMSG_DATA(&m->u.head), body, len);
}

static struct rtattr *put(struct message *m, uint16_t type, const void *bytes, size_t len)
{
    struct rtattr *attr = (struct rtattr *)(m->u.bytes + NLMSG_ALIGN(m->u.head.nlmsg_len));
    attr->rta_type = type;
    attr->rta_len = (uint16_t)RTA_LENGTH(len);
    if (len != 0)
        memcpy(RTA_DATA(attr), bytes, len);
    m->u.head.nlmsg_len = (uint32_t)(NLMSG_ALIGN(m->u.head.nlmsg_len) + RTA_ALIGN(attr->rta_len));
    return attr;
}

static void put_text(struct message *m, uint16_t type, const char *text)
{
    put(m, type, text, strlen(text) + 1);
}

static void close_nest(const struct message *m, struct rtattr *nest)
{
    nest->rta_len = (uint16_t)(m->u.bytes + m->u.head.nlmsg_len - (const char *)nest);
}

/* 0, or the errno the kernel answered with. */
static int ask(int protocol, const void *bytes, size_t len)
{
    char in[4096];
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (fd < 0)
        return errno;
    int error = send(fd, bytes, len, 0) == (ssize_t)len ? ETIMEDOUT : errno;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (error == ETIMEDOUT && poll(&ready, 1, ANSWER_WITHIN_MS) == 1 &&
        recv(fd, in, sizeof in, 0) >= (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr))) {
        const struct nlmsghdr *head = (const struct nlmsghdr *)in;
        const struct nlmsgerr *answer = NLMSG_DATA(head);
        error = head->nlmsg_type == NLMSG_ERROR ? -answer->error : EPROTO;
    }
    close(fd);
    return error;
}

static int try_veth(void)
{
    struct message m;
    const struct ifinfomsg info = {.ifi_family = AF_UNSPEC};
    begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &info, sizeof info);
    put_text(&m, IFLA_IFNAME, "doctor0");
    struct rtattr *link = put(&m, IFLA_LINKINFO, NULL, 0);
    put_text(&m, IFLA_INFO_KIND, "veth");
    struct rtattr *data = put(&m, IFLA_INFO_DATA, NULL, 0);
    struct rtattr *peer = put(&m, VETH_INFO_PEER, &info, sizeof info);
    put_text(&m, IFLA_IFNAME, "doctor1");
    close_nest(&m, peer);
    close_nest(&m, data);
    close_nest(&m, link);
    return ask(NETLINK_ROUTE, &m, m.u.head.nlmsg_len);
}

/* Puts a qdisc onto the namespace's own lo, and takes it off again. */
static int try_qdisc(const char *kind, uint16_t option, const void *bytes, size_t len)
{
    struct message m;
    const struct tcmsg tc = {.tcm_ifindex = 1, .tcm_handle = 1u << 16, .tcm_parent = TC_H_ROOT};
    begin(&m, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, &tc, sizeof tc);
    put_text(&m, TCA_KIND, kind);
    if (option != 0) {
        struct rtattr *options = put(&m, TCA_OPTIONS, NULL, 0);
        put(&m, option, bytes, len);
        close_nest(&m, options);
    } else {
        put(&m, TCA_OPTIONS, bytes, len);
    }
    int error = ask(NETLINK_ROUTE, &m, m.u.head.nlmsg_len);
    begin(&m, RTM_DELQDISC, 0, &tc, sizeof tc);
    if (error == 0)
        ask(NETLINK_ROUTE, &m, m.u.head.nlmsg_len);
    return error;
}

static int try_tbf(void)
{
    const struct tc_tbf_qopt tbf = {
        .rate = {.rate = 125000, .linklayer = TC_LINKLAYER_ETHERNET, .mpu = 0},
        .limit = 10000,
        .buffer = 1000000,
        .mtu = 1500};
    return try_qdisc("tbf", TCA_TBF_PARMS, &tbf, sizeof tbf);
}

static int try_htb(void)
{
    const struct tc_htb_glob htb = {.version = TC_HTB_PROTOVER, .rate2quantum = 10};
    return try_qdisc("htb", TCA_HTB_INIT, &htb, sizeof htb);
}

static int try_netem(void)
{
    const struct tc_netem_qopt netem = {.latency = 1000, .limit = 1000};
    return try_qdisc("netem", 0, &netem, sizeof netem);
}

static size_t put_batch(char *at, uint16_t type)
{
    struct message m;
    const struct nfgenmsg gen = {.version = NFNETLINK_V0, .res_id = htons(NFNL_SUBSYS_NFTABLES)};
    begin(&m, type, 0, &gen, sizeof gen);
    m.u.head.nlmsg_flags = NLM_F_REQUEST;
    memcpy(at, &m, m.u.head.nlmsg_len);
    return m.u.head.nlmsg_len;
}

static int try_nft(void)
{
    char batch[2048];
    struct message m;
    const struct nfgenmsg gen = {.nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0};
    size_t len = put_batch(batch, NFNL_MSG_BATCH_BEGIN);
    begin(&m, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE, NLM_F_CREATE, &gen, sizeof gen);
    put_text(&m, NFTA_TABLE_NAME, "doctor");
    memcpy(batch + len, &m, m.u.head.nlmsg_len);
    len += m.u.head.nlmsg_len;
    len += put_batch(batch + len, NFNL_MSG_BATCH_END);
    return ask(NETLINK_NETFILTER, batch, len);
}

/* ---- sockets ---- */

static int try_ping(void)
{
    int fd = open("/proc/sys/net/ipv4/ping_group_range", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (write(fd, "0 0", 3) < 0)
            errno = 0; /* then the socket tells */
        close(fd);
    }
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP);
    int error = fd < 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    return error;
}

static int receive_stamped(int fd)
{
    char text[8];
    char control[256];
    struct iovec iov = {text, sizeof text};
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (poll(&ready, 1, ANSWER_WITHIN_MS) != 1)
        return ETIMEDOUT;
    if (recvmsg(fd, &msg, 0) < 0)
        return errno;
    for (const struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c != NULL;
         c = CMSG_NXTHDR(&msg, (struct cmsghdr *)c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPING)
            return 0;
    }
    return ENODATA;
}

static int try_stamps(void)
{
    const int flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
    struct ifreq lo = {.ifr_name = "lo"};
    struct sockaddr_in self = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof self;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    lo.ifr_flags = IFF_UP;
    bool good = ioctl(fd, SIOCSIFFLAGS, &lo) == 0 &&
                bind(fd, (struct sockaddr *)&self, sizeof self) == 0 &&
                getsockname(fd, (struct sockaddr *)&self, &len) == 0 &&
                setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) == 0 &&
                sendto(fd, "x", 1, 0, (struct sockaddr *)&self, sizeof self) == 1;
    int error = good ? receive_stamped(fd) : errno;
    close(fd);
    return error;
}

/* ---- all of them ---- */

static const struct feature {
    const char *name, *use, *remedy; /* what it is for; what to do without */
    int (*try)(void);
    bool for_lab;
} features[] = {
    {"veth", "the lab's links", "load or build the kernel's 'veth'", try_veth, true},
    {"nft", "links.cut, links.lose, links.admit", "load or build the kernel's 'nf_tables'", try_nft,
     false},
    {"tbf", "shape.rate", "load or build the kernel's 'sch_tbf'", try_tbf, false},
    {"htb", "shape.classes", "load or build the kernel's 'sch_htb'", try_htb, false},
    {"netem", "delay and loss by the kernel",
     "not needed: the lab emulates lines without it; else load the kernel's 'sch_netem'", try_netem,
     false},
    {"ping sockets", "reach.icmp without CAP_NET_RAW", "run as root for reach.icmp", try_ping,
     false},
    {"timestamping", "moments of arrival by the kernel",
     "without it, the process's own load is part of what is measured", try_stamps, false},
};
#define FEATURES_COUNT (sizeof features / sizeof features[0])

/* Writes one errno a feature; first, whether there is a namespace to try them in. */
_Noreturn static void child(int out)
{
    int errors[FEATURES_COUNT + 1] = {0};
    struct nd_fail why = {0};
    alarm(CHILD_WITHIN_S);
    if (nd_userns_needed() ? nd_userns_enter(&why) != ND_OK : unshare(CLONE_NEWNET) != 0)
        errors[0] = errno != 0 ? errno : EPERM;
    for (size_t i = 0; i < FEATURES_COUNT && errors[0] == 0; i++)
        errors[i + 1] = features[i].try();
    _exit(write(out, errors, sizeof errors) == (ssize_t)sizeof errors ? 0 : 1);
}

/* Runs fn in a child and takes what it writes; false: it ended without. */
static bool in_child(void (*fn)(int out), void *bytes, size_t len)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    pid_t pid = fork();
    if (pid == 0)
        fn(ends[1]);
    close(ends[1]);
    ssize_t got = pid > 0 ? read(ends[0], bytes, len) : -1;
    close(ends[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return got == (ssize_t)len;
}

_Noreturn static void userns_child(int out)
{
    int error = unshare(CLONE_NEWUSER) == 0 ? 0 : errno;
    _exit(write(out, &error, sizeof error) == (ssize_t)sizeof error ? 0 : 1);
}

static void add_userns(struct nd_doctor *doctor)
{
    int error = EINVAL;
    bool needed = nd_userns_needed();
    if (!in_child(userns_child, &error, sizeof error))
        error = EINVAL;
    if (error == 0)
        nd_doctor_add(doctor, "kernel", "user namespaces", ND_FINDING_OK, NULL,
                      "an ordinary user can have a lab of his own");
    else
        nd_doctor_add(doctor, "kernel", "user namespaces", ND_FINDING_WARN,
                      needed ? "run labs as root, or: sysctl kernel.unprivileged_userns_clone=1 "
                               "user.max_user_namespaces=1000"
                             : "not needed for root",
                      "%s: only root can have a lab", strerror(error));
}

/* Of the namespace we are in, which is where probes without a vantage leave from. */
static void add_ping_here(struct nd_doctor *doctor)
{
    unsigned long long from = 1;
    unsigned long long till = 0;
    FILE *file = fopen("/proc/sys/net/ipv4/ping_group_range", "re");
    bool read = file != NULL && fscanf(file, "%llu %llu", &from, &till) == 2;
    if (file != NULL)
        fclose(file);
    bool raw = nd_has_capability(ND_CAP_NET_RAW);
    if (raw || (read && from <= getegid() && getegid() <= till))
        nd_doctor_add(doctor, "rights", "ICMP from here", ND_FINDING_OK, NULL, "%s",
                      raw ? "CAP_NET_RAW is held" : "this group may open ping sockets");
    else
        nd_doctor_add(doctor, "rights", "ICMP from here", ND_FINDING_WARN,
                      "sysctl net.ipv4.ping_group_range=\"0 2147483647\", or run as root",
                      "group %u is not in %llu to %llu, so reach.icmp needs a lab or root",
                      (unsigned)getegid(), from, till);
}

void nd_doctor_kernel(struct nd_doctor *doctor, bool lab)
{
    int errors[FEATURES_COUNT + 1] = {0};
    add_userns(doctor);
    if (!in_child(child, errors, sizeof errors))
        errors[0] = EINTR;
    enum nd_finding missing = lab ? ND_FINDING_FAIL : ND_FINDING_WARN;
    if (errors[0] != 0) {
        nd_doctor_add(doctor, "kernel", "network namespaces", missing,
                      "run as root, or allow user namespaces; in a container: give it the right",
                      "none can be made (%s), so the rest of the kernel was not tried",
                      strerror(errors[0]));
    } else {
        nd_doctor_add(doctor, "kernel", "network namespaces", ND_FINDING_OK, NULL,
                      "one was made to try the rest in");
        for (size_t i = 0; i < FEATURES_COUNT; i++) {
            const struct feature *f = &features[i];
            if (errors[i + 1] == 0)
                nd_doctor_add(doctor, "kernel", f->name, ND_FINDING_OK, NULL, "%s", f->use);
            else
                nd_doctor_add(doctor, "kernel", f->name, f->for_lab ? missing : ND_FINDING_WARN,
                              f->remedy, "%s: %s", f->use, strerror(errors[i + 1]));
        }
    }
    add_ping_here(doctor);
}
