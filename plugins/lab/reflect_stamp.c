#include "reflect.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* STAMP session reflector, stateful (RFC 8762 §4.3): each sender's packets are numbered here, so
 * that it learns which way was lost. A sender is an address, a port and a session identifier at one
 * of our sockets. A TWAMP-Test sender (RFC 5357) is one without identifier. */

#define SESSIONS_MAX 1024
#define SERVICES_MAX 32
#define PACKET_MAX   1500
#define FORGET_AFTER 900000000000 /* ns: RFC 8762 §4.3, REFWAIT's default of 900 s */

struct session {
    struct sockaddr_in6 peer; /* or a sockaddr_in in its place, the rest zero */
    uint16_t ssid;
    int fd;
    uint32_t received, answered;
    int64_t last_ns; /* 0: free */
};

static struct session sessions[SESSIONS_MAX];

static struct service {
    int fd;
    const char *words;
    const struct stamp_key *key;
    unsigned long answered, no_packet, not_genuine;
} services[SERVICES_MAX];
static size_t services_count;

int reflect_stamp_open(int fd, const char *words, const struct stamp_key *key)
{
    int one = 1;
    if (services_count == SERVICES_MAX)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
    setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &one, sizeof one);
    setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &one, sizeof one);
    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &one, sizeof one);
    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &one, sizeof one);
    services[services_count++] = (struct service){.fd = fd, .words = words, .key = key};
    return 0;
}

void reflect_stamp_report(void)
{
    for (size_t i = 0; i < services_count; i++) {
        const struct service *s = &services[i];
        printf("netdrill-reflect: %s: %lu answered, %lu dropped for a wrong HMAC, %lu that were no "
               "STAMP packets\n",
               s->words, s->answered, s->not_genuine, s->no_packet);
    }
}

static struct service *service_of(int fd)
{
    size_t i = 0;
    while (i + 1 < services_count && services[i].fd != fd)
        i++;
    return &services[i];
}

/* The sender's, or a free or the stalest one made its. */
static struct session *session_of(const struct sockaddr_in6 *peer, int fd, uint16_t ssid,
                                  int64_t now)
{
    struct session *place = &sessions[0];
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *s = &sessions[i];
        if (s->last_ns != 0 && now - s->last_ns < FORGET_AFTER && s->ssid == ssid && s->fd == fd &&
            memcmp(&s->peer, peer, sizeof *peer) == 0) {
            s->last_ns = now;
            return s;
        }
        if (s->last_ns < place->last_ns)
            place = s;
    }
    *place = (struct session){*peer, ssid, fd, 0, 0, now};
    return place;
}

/* The kernel's receive stamp, the hop limit and the traffic class that the packet came with. */
static void read_control(struct msghdr *message, struct stamp_arrival *arrival)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        int value = 0;
        int v4 = c->cmsg_level == IPPROTO_IP;
        int v6 = c->cmsg_level == IPPROTO_IPV6;
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec ts;
            memcpy(&ts, CMSG_DATA(c), sizeof ts);
            arrival->received_ns = (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
        } else if ((v4 && c->cmsg_type == IP_TTL) || (v6 && c->cmsg_type == IPV6_HOPLIMIT)) {
            memcpy(&value, CMSG_DATA(c), sizeof value);
            arrival->ttl = (uint8_t)value;
        } else if (v4 && c->cmsg_type == IP_TOS) {
            memcpy(&arrival->class, CMSG_DATA(c), 1);
        } else if (v6 && c->cmsg_type == IPV6_TCLASS) {
            memcpy(&value, CMSG_DATA(c), sizeof value);
            arrival->class = (uint8_t)value;
        }
    }
}

static int64_t wall_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void answer(int fd, struct iovec *iov, struct msghdr *peer, int class)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof class)] = {0};
    struct msghdr message = {.msg_iov = iov,
                             .msg_iovlen = 1,
                             .msg_name = peer->msg_name,
                             .msg_namelen = peer->msg_namelen};
    if (class >= 0) {
        int v6 = ((const struct sockaddr *)peer->msg_name)->sa_family == AF_INET6;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
        c->cmsg_type = v6 ? IPV6_TCLASS : IP_TOS;
        c->cmsg_len = CMSG_LEN(sizeof class);
        memcpy(CMSG_DATA(c), &class, sizeof class);
    }
    sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int reflect_one(struct service *service)
{
    uint8_t bytes[PACKET_MAX];
    _Alignas(struct cmsghdr) char control[256];
    struct sockaddr_in6 peer = {0};
    struct iovec iov = {bytes, sizeof bytes};
    struct msghdr message = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_name = &peer,
                             .msg_namelen = sizeof peer,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t got = recvmsg(service->fd, &message, MSG_DONTWAIT);
    if (got < 0)
        return 0;
    struct stamp_arrival arrival = {.received_ns = wall_now(), .ttl = 255};
    size_t len = (size_t)got;
    read_control(&message, &arrival);
    if (len < STAMP_LEAST || (message.msg_flags & MSG_TRUNC) != 0) {
        service->no_packet++;
        return 1;
    }
    if (!stamp_genuine(service->key, bytes, len)) {
        if (service->not_genuine++ == 0)
            fprintf(stderr,
                    "netdrill-reflect: %s: dropped a packet with a wrong HMAC; further ones "
                    "are counted\n",
                    service->words);
        return 1;
    }
    struct session *session =
        session_of(&peer, service->fd, stamp_ssid(service->key, bytes, len), arrival.received_ns);
    int class = -1;
    arrival.received = ++session->received;
    arrival.sequence = session->answered++;
    arrival.sent_ns = wall_now();
    iov.iov_len = stamp_reflect(service->key, bytes, len, &arrival, &class);
    service->answered++;
    answer(service->fd, &iov, &message, class);
    return 1;
}

void reflect_stamp(int fd)
{
    struct service *service = service_of(fd);
    for (int i = 0; i < 64 && reflect_one(service); i++)
        ;
}
