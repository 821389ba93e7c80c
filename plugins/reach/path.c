#include "../common/marks.h"
#include "parse.h"
#include "reach.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The way to the target: packets of hop limit 1, 2, 3, ..., each router that drops one saying so
 * (RFC 792, RFC 4443 §3.3). No more than one packet a `gap`, no more than WINDOW unanswered. ICMP
 * packets differ in nothing that routers share load by: number and payload cancel out in the
 * checksum. UDP packets differ in the port they go to, as traceroute's do. */

#define HOPS_MAX  64
#define TRIES_MAX 3
#define WINDOW    5 /* and so many silent ones at the end say that there is no more to hear */
#define UDP_BASE  33434
#define MESSAGE   64 /* octets of an ICMP message, of a UDP payload */

enum state { UNSENT, SENT, ANSWERED, SILENT };

struct hop {
    enum state state;
    int tries;
    nd_ns sent_at, took;
    struct in6_addr at; /* an IPv4 address in the first four octets */
};

struct walk {
    struct reach *self;
    struct nd_op *op;
    struct peer peer;
    int fd, raw, v6, udp;
    unsigned id; /* of a raw socket's ICMP packets */
    int max, tries;
    nd_ns wait, gap;
    int reached; /* hop limit at which the target answered; 0: not yet */
    struct hop hops[HOPS_MAX + 1];
};

/* What was walked before: from where, to whom, by what. */
struct reach_path {
    struct reach_path *next;
    uint64_t who;
    int hops;
    struct in6_addr at[HOPS_MAX + 1]; /* zero: never heard */
};

static const struct in6_addr nowhere;

static uint64_t fold(uint64_t sum, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < len; i++) /* FNV-1a */
        sum = (sum ^ at[i]) * 0x100000001b3;
    return sum;
}

#define FOLD_BEGIN 0xcbf29ce484222325

void reach_paths_free(struct reach *self)
{
    while (self->paths != NULL) {
        struct reach_path *next = self->paths->next;
        free(self->paths);
        self->paths = next;
    }
}

/* ---- telling ---- */

static const char *name_hop(const struct walk *walk, const struct hop *hop, char *text, size_t len)
{
    if (hop->state != ANSWERED)
        return "*";
    return inet_ntop(walk->v6 ? AF_INET6 : AF_INET, &hop->at, text, (socklen_t)len);
}

/* "10.0.0.1 * 10.9.0.80" */
static void name_path(const struct walk *walk, int hops, char *text, size_t len)
{
    size_t at = 0;
    *text = '\0';
    for (int i = 1; i <= hops && at < len; i++) {
        char name[INET6_ADDRSTRLEN];
        at += (size_t)snprintf(text + at, len - at, "%s%s", i > 1 ? " " : "",
                               name_hop(walk, &walk->hops[i], name, sizeof name));
    }
}

static struct reach_path *before(const struct walk *walk, uint64_t who)
{
    struct reach_path *path = walk->self->paths;
    while (path != NULL && path->who != who)
        path = path->next;
    return path;
}

/* Whether this is another way than before. A router that was silent, then or now, is no change: it
 * may have had more to do. What is known is kept. */
static int learn(const struct walk *walk, struct reach_path *path)
{
    int changed = path->hops != 0 && path->hops != walk->reached;
    for (int i = 1; i <= walk->reached && path->hops != 0; i++) {
        const struct hop *hop = &walk->hops[i];
        changed |= hop->state == ANSWERED && memcmp(&path->at[i], &nowhere, sizeof nowhere) != 0 &&
                   memcmp(&path->at[i], &hop->at, sizeof hop->at) != 0;
    }
    if (changed)
        memset(path->at, 0, sizeof path->at);
    path->hops = walk->reached;
    for (int i = 1; i <= walk->reached; i++) {
        if (walk->hops[i].state == ANSWERED)
            path->at[i] = walk->hops[i].at;
    }
    return changed;
}

enum { HOPS, CHANGED, PATH, SILENT_HOPS, RTT };

static void arrived(struct walk *walk, uint64_t who)
{
    const struct nd_host *host = walk->self->host;
    nd_ns now = host->now(host);
    char text[1024];
    struct reach_path *path = before(walk, who);
    int silent = 0;
    for (int i = 1; i <= walk->reached; i++)
        silent += walk->hops[i].state != ANSWERED;
    int known = path != NULL;
    if (!known && (path = calloc(1, sizeof *path)) != NULL) {
        path->who = who;
        path->next = walk->self->paths;
        walk->self->paths = path;
    }
    int changed = path != NULL ? learn(walk, path) : 0;
    name_path(walk, walk->reached, text, sizeof text);
    host->emit(walk->op, HOPS, walk->reached, now);
    if (known)
        host->emit(walk->op, CHANGED, changed, now);
    if (path != NULL) /* 48 bits: whole in a number of any program that reads the samples */
        host->emit(walk->op, PATH, (double)(fold(FOLD_BEGIN, path->at, sizeof path->at) >> 16),
                   now);
    host->emit(walk->op, SILENT_HOPS, silent, now);
    host->emit(walk->op, RTT, (double)walk->hops[walk->reached].took, now);
    if (!known || changed)
        host->log(host, changed ? ND_WARN : ND_INFO, "path to %s%s: %s", walk->peer.address,
                  changed ? " changed" : "", text);
    host->finish(walk->op, ND_OK, text);
}

static void gave_up(struct walk *walk, int last)
{
    char text[900];
    char why[1024];
    while (last > 0 && walk->hops[last].state != ANSWERED)
        last--;
    name_path(walk, last, text, sizeof text);
    snprintf(why, sizeof why, "%s did not answer; heard on the way: %s", walk->peer.address,
             last > 0 ? text : "nothing");
    walk->self->host->finish(walk->op, ND_ETIME, why);
}

/* ---- sending ---- */

static uint64_t who_of(const struct walk *walk)
{
    const char *netns = walk->self->host->netns(walk->op);
    uint64_t sum = fold(FOLD_BEGIN, walk->peer.address, strlen(walk->peer.address));
    sum = fold(sum, &walk->udp, sizeof walk->udp);
    return netns != NULL ? fold(sum, netns, strlen(netns)) : sum;
}

static size_t make_icmp(const struct walk *walk, uint8_t *bytes, unsigned number)
{
    bytes[0] = walk->v6 ? ECHO_REQUEST_6 : ECHO_REQUEST_4;
    bytes[4] = (uint8_t)(walk->id >> 8); /* the kernel's on a ping socket */
    bytes[5] = (uint8_t)walk->id;
    bytes[6] = (uint8_t)(number >> 8);
    bytes[7] = (uint8_t)number;
    bytes[8] = (uint8_t)~bytes[6];
    bytes[9] = (uint8_t)~bytes[7];
    if (!walk->v6) {
        uint16_t sum = icmp_checksum(bytes, MESSAGE);
        bytes[2] = (uint8_t)(sum >> 8);
        bytes[3] = (uint8_t)sum;
    }
    return MESSAGE;
}

static void set_port(struct sockaddr_storage *at, unsigned port)
{
    if (at->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)at)->sin6_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in *)at)->sin_port = htons((uint16_t)port);
}

/* A packet's number says hop limit and try. */
static void send_hop(struct walk *walk, int ttl)
{
    const struct nd_host *host = walk->self->host;
    struct hop *hop = &walk->hops[ttl];
    unsigned number = (unsigned)(hop->tries * HOPS_MAX + ttl - 1);
    uint8_t bytes[MESSAGE] = {0};
    struct sockaddr_storage to = walk->peer.at;
    if (walk->udp)
        set_port(&to, UDP_BASE + number);
    else
        make_icmp(walk, bytes, number);
    setsockopt(walk->fd, walk->v6 ? IPPROTO_IPV6 : IPPROTO_IP,
               walk->v6 ? IPV6_UNICAST_HOPS : IP_TTL, &ttl, sizeof ttl);
    hop->state = SENT;
    hop->tries++;
    hop->sent_at = host->now(host);
    /* An earlier packet's error may be told here; the queue of errors tells it anyway. */
    for (int i = 0; i < 2; i++) {
        if (sendto(walk->fd, bytes, sizeof bytes, MSG_NOSIGNAL, (struct sockaddr *)&to,
                   walk->peer.len) >= 0 ||
            errno == EAGAIN || errno == ENOBUFS)
            return;
    }
    if (errno != ECONNREFUSED && errno != EHOSTUNREACH)
        probe_errno(walk->self->host, walk->op, errno, &walk->peer);
}

/* The next to send: one whose time is over, or a new one; 0: none. Counts those under way. */
static int choose(struct walk *walk, nd_ns now)
{
    int limit = walk->reached != 0 ? walk->reached : walk->max;
    int under_way = 0;
    for (int ttl = 1; ttl <= limit && under_way < WINDOW; ttl++) {
        struct hop *hop = &walk->hops[ttl];
        if (hop->state == UNSENT)
            return ttl;
        if (hop->state == SENT && now - hop->sent_at >= walk->wait) {
            if (hop->tries < walk->tries)
                return ttl;
            hop->state = SILENT;
        }
        under_way += hop->state == SENT;
    }
    return 0;
}

/* 1: all is known that will be. */
static int complete(const struct walk *walk, int *last)
{
    int limit = walk->reached != 0 ? walk->reached : walk->max;
    int silent = 0;
    for (*last = 1; *last <= limit; ++*last) {
        enum state state = walk->hops[*last].state;
        if (state == UNSENT || state == SENT)
            return 0;
        silent = state == SILENT ? silent + 1 : 0;
        if (walk->reached == 0 && silent == WINDOW)
            return 1;
    }
    *last = limit;
    return 1;
}

static void turn(void *ctx)
{
    struct walk *walk = ctx;
    const struct nd_host *host = walk->self->host;
    int ttl = choose(walk, host->now(host));
    int last = 0;
    if (complete(walk, &last)) {
        if (walk->reached != 0)
            arrived(walk, who_of(walk));
        else
            gave_up(walk, last);
        return;
    }
    host->after(walk->op, walk->gap, turn, walk);
    if (ttl != 0)
        send_hop(walk, ttl);
}

/* ---- hearing ---- */

static void heard(struct walk *walk, unsigned number, const struct sockaddr *from, int target,
                  nd_ns at)
{
    int ttl = (int)(number % HOPS_MAX) + 1;
    struct hop *hop = &walk->hops[ttl];
    if (number >= (unsigned)(walk->tries * HOPS_MAX) || ttl > walk->max || hop->tries == 0 ||
        hop->state == ANSWERED)
        return;
    hop->state = ANSWERED;
    hop->took = at - hop->sent_at;
    if (from->sa_family == AF_INET6)
        hop->at = ((const struct sockaddr_in6 *)from)->sin6_addr;
    else if (from->sa_family == AF_INET)
        memcpy(&hop->at, &((const struct sockaddr_in *)from)->sin_addr, 4);
    if (target && (walk->reached == 0 || ttl < walk->reached))
        walk->reached = ttl;
}

/* Whose packet an error is about stands in the address that it went to (UDP) or in the ICMP header
 * that it quotes, of which no more may be there; 0: nobody's of ours. */
static int number_of(const struct walk *walk, const struct sockaddr_storage *to,
                     const uint8_t *bytes, size_t len, unsigned *number)
{
    if (walk->udp) {
        in_port_t port = walk->v6 ? ((const struct sockaddr_in6 *)to)->sin6_port
                                  : ((const struct sockaddr_in *)to)->sin_port;
        *number = (unsigned)ntohs(port) - UDP_BASE;
        return 1;
    }
    if (len < 8 || (walk->raw && ((unsigned)bytes[4] << 8 | bytes[5]) != walk->id))
        return 0;
    *number = (unsigned)bytes[6] << 8 | bytes[7];
    return 1;
}

/* An error as the kernel tells it, with who sent it behind. */
struct told {
    struct sock_extended_err error;
    struct sockaddr_in6 from; /* or a sockaddr_in in its place */
};

/* A router's word, or the target's. */
static void take_error(struct walk *walk, unsigned number, const struct told *told, nd_ns at)
{
    int exceeded = told->error.ee_type == (walk->v6 ? 3 : 11);
    int closed = walk->udp && told->error.ee_type == (walk->v6 ? 1 : 3) &&
                 told->error.ee_code == (walk->v6 ? 4 : 3);
    const struct sockaddr *from = (const struct sockaddr *)&told->from;
    char name[INET6_ADDRSTRLEN] = "?";
    char why[WHY_BYTES];
    if (exceeded || closed) {
        heard(walk, number, from, closed, at);
        return;
    }
    if (from->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &told->from.sin6_addr, name, sizeof name);
    else
        inet_ntop(AF_INET, &((const struct sockaddr_in *)from)->sin_addr, name, sizeof name);
    snprintf(why, sizeof why, "hop %u, %s, says that %s is not to be reached this way",
             number % HOPS_MAX + 1, name, walk->peer.address);
    walk->self->host->finish(walk->op, ND_EREACH, why);
}

static void take_errors(struct walk *walk, struct msghdr *message, const uint8_t *bytes, size_t len)
{
    nd_ns at = receive_stamp(walk->self->host, message, walk->self->host->now(walk->self->host));
    unsigned number = 0;
    if (!number_of(walk, message->msg_name, bytes, len, &number))
        return;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        struct told told = {0};
        int ours = (c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) ||
                   (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR);
        size_t got = c->cmsg_len - CMSG_LEN(0);
        if (!ours || got < sizeof told.error + sizeof(struct sockaddr_in))
            continue;
        memcpy(&told, CMSG_DATA(c), got < sizeof told ? got : sizeof told);
        if (told.error.ee_origin == SO_EE_ORIGIN_ICMP || told.error.ee_origin == SO_EE_ORIGIN_ICMP6)
            take_error(walk, number, &told, at);
    }
}

/* Returns 0 when there is no more. */
static int take(struct walk *walk, int flags)
{
    uint8_t bytes[1500];
    _Alignas(struct cmsghdr) char control[512];
    struct sockaddr_storage from = {0};
    struct iovec iov = {bytes, sizeof bytes};
    struct msghdr message = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_name = &from,
                             .msg_namelen = sizeof from,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t got = recvmsg(walk->fd, &message, flags | MSG_DONTWAIT);
    if (got < 0) /* an error that waits is told by recvmsg once, and goes on by its queue */
        return errno == ECONNREFUSED || errno == EHOSTUNREACH;
    if ((flags & MSG_ERRQUEUE) != 0) {
        take_errors(walk, &message, bytes, (size_t)got);
        return 1;
    }
    nd_ns at = receive_stamp(walk->self->host, &message, walk->self->host->now(walk->self->host));
    unsigned number = 0;
    if (walk->udp) /* somebody serves that port */
        heard(walk,
              ntohs(walk->v6 ? ((struct sockaddr_in6 *)&from)->sin6_port
                             : ((struct sockaddr_in *)&from)->sin_port) -
                  (unsigned)UDP_BASE,
              (struct sockaddr *)&from, 1, at);
    else if (path_number(bytes, (size_t)got, walk->v6, walk->raw ? (int)walk->id : -1, &number))
        heard(walk, number, (struct sockaddr *)&from, 1, at);
    return 1;
}

static void readable(void *ctx, int events)
{
    struct walk *walk = ctx;
    for (int i = 0; i < HOPS_MAX && take(walk, MSG_ERRQUEUE); i++)
        ;
    for (int i = 0; i < HOPS_MAX && take(walk, 0); i++)
        ;
    if ((events & ND_WRITABLE) != 0) /* an error ends the watch */
        walk->self->host->watch(walk->op, walk->fd, ND_READABLE, readable, walk);
}

static const char *const protocols[] = {"icmp", "udp", NULL};
static const struct nd_option options[] = {
    TARGET_ROW("where to"),
    {"protocol",
     "icmp, whose packets all go one way; or udp to ports from 33434 on, which routers "
     "may spread over several",
     "", ND_CHOICE, 0, 1, 0, "icmp", protocols},
    {"hops", "hops at most", "", ND_INT, 0, 1, HOPS_MAX, "30", NULL},
    {"wait", "for one answer", "ns", ND_LENGTH, 0, 1e7, 5e9, "300ms", NULL},
    {"tries", "packets a hop at most", "", ND_INT, 0, 1, TRIES_MAX, "2", NULL},
    {"gap", "between two packets", "ns", ND_LENGTH, 0, 1e6, 1e9, "10ms", NULL},
    ROUTE_ROWS,
    END_ROW};
enum { TARGET, PROTOCOL, HOPS_AT_MOST, WAIT, TRIES, GAP };

static nd_err path_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct reach *self = ctx;
    const struct nd_host *host = self->host;
    struct walk *walk = host->state(op, sizeof *walk);
    int one = 1;
    walk->id = ++self->cookie & 0xffff;
    walk->self = self;
    walk->op = op;
    walk->udp = args->at[PROTOCOL].u.i == 1;
    walk->max = (int)args->at[HOPS_AT_MOST].u.i;
    walk->wait = args->at[WAIT].u.i;
    walk->tries = (int)args->at[TRIES].u.i;
    walk->gap = args->at[GAP].u.i;
    nd_err err = target_peer(self->host, args->at[TARGET].u.target, UDP_BASE, -1, &walk->peer);
    if (err != ND_OK)
        return err;
    walk->v6 = walk->peer.at.ss_family == AF_INET6;
    set_port(&walk->peer.at, 0);
    walk->fd = walk->udp ? host->socket(op, walk->peer.at.ss_family, SOCK_DGRAM, 0)
                         : icmp_open(self, op, walk->v6, &walk->raw);
    if (walk->fd < 0)
        return walk->fd;
    const struct marks marks = marks_of(options, args);
    err = marks_set(self->host, &marks, walk->fd, &walk->peer);
    if (err != ND_OK)
        return err;
    receive_stamps(walk->fd);
    setsockopt(walk->fd, walk->v6 ? SOL_IPV6 : SOL_IP, walk->v6 ? IPV6_RECVERR : IP_RECVERR, &one,
               sizeof one);
    err = host->watch(op, walk->fd, ND_READABLE, readable, walk);
    if (err == ND_OK)
        turn(walk);
    return err;
}

static nd_err path_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    (void)args;
    return probe_model(((struct reach *)self)->host, op, 100000000, 5);
}

static const struct nd_reading readings[] = {
    {"hops", "hop limit that reaches the target", "1", 5},
    {"changed", "1 when the path is another than the walk before saw; none at the first", "1", 0},
    {"path", "a number for the path: the same for the same routers", "1", 1},
    {"silent", "hops that did not answer", "1", 0},
    {"rtt", "to the target and back", "ns", 2e7},
    {NULL, NULL, NULL, 0}};
const struct nd_verb reach_way = {
    .struct_size = sizeof reach_way,
    .name = "path",
    .help = "The routers on the way to a target, and whether they are others than before.",
    .rights = "icmp: a ping socket (net.ipv4.ping_group_range) or CAP_NET_RAW; udp: none",
    .options = options,
    .readings = readings,
    .start = path_start,
    .rehearse = path_rehearse,
};
