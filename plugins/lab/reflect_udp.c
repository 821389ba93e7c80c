#include "reflect.h"

#include <netinet/in.h>
#include <string.h>
#include <time.h>

/* Datagrams in and out, with what the kernel tells of each. The answer leaves from the address that
 * was asked: a sender takes no other's, and a service may be bound to all addresses of its host. */

void reflect_udp_open(int fd)
{
    int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
    setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &one, sizeof one);
    setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &one, sizeof one);
    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &one, sizeof one);
    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &one, sizeof one);
}

int64_t reflect_wall(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void read_v4(const struct cmsghdr *c, struct datagram *in)
{
    int value = 0;
    if (c->cmsg_type == IP_TTL) {
        memcpy(&value, CMSG_DATA(c), sizeof value);
        in->ttl = (uint8_t)value;
    } else if (c->cmsg_type == IP_TOS) {
        memcpy(&in->class, CMSG_DATA(c), 1);
    } else if (c->cmsg_type == IP_PKTINFO) {
        memcpy(&in->asked4, CMSG_DATA(c), sizeof in->asked4);
    }
}

static void read_v6(const struct cmsghdr *c, struct datagram *in)
{
    int value = 0;
    if (c->cmsg_type == IPV6_PKTINFO) {
        memcpy(&in->asked6, CMSG_DATA(c), sizeof in->asked6);
        return;
    }
    memcpy(&value, CMSG_DATA(c), sizeof value);
    if (c->cmsg_type == IPV6_HOPLIMIT)
        in->ttl = (uint8_t)value;
    else if (c->cmsg_type == IPV6_TCLASS)
        in->class = (uint8_t)value;
}

int reflect_receive(int fd, struct datagram *in)
{
    _Alignas(struct cmsghdr) char control[512];
    struct iovec iov = {in->bytes, sizeof in->bytes};
    memset(&in->from, 0, sizeof in->from); /* peers are told apart by all of it */
    memset(&in->asked4, 0, sizeof in->asked4);
    memset(&in->asked6, 0, sizeof in->asked6);
    struct msghdr message = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_name = &in->from,
                             .msg_namelen = sizeof in->from,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT);
    if (got < 0)
        return 0;
    in->len = (size_t)got;
    in->cut = (message.msg_flags & MSG_TRUNC) != 0;
    in->received_ns = reflect_wall();
    in->ttl = 255;
    in->class = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec ts;
            memcpy(&ts, CMSG_DATA(c), sizeof ts);
            in->received_ns = (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
        } else if (c->cmsg_level == IPPROTO_IP) {
            read_v4(c, in);
        } else if (c->cmsg_level == IPPROTO_IPV6) {
            read_v6(c, in);
        }
    }
    return 1;
}

static void put(struct msghdr *message, int level, int type, const void *value, size_t len)
{
    struct cmsghdr *c = (struct cmsghdr *)((char *)message->msg_control + message->msg_controllen);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(c), value, len);
    message->msg_controllen += CMSG_SPACE(len);
}

void reflect_answer(int fd, struct datagram *in, size_t len, int class)
{
    _Alignas(struct cmsghdr) char control[256] = {0};
    struct iovec iov = {in->bytes, len};
    int v6 = in->from.sin6_family == AF_INET6;
    struct msghdr message = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_name = &in->from,
                             .msg_namelen = v6 ? sizeof in->from : sizeof(struct sockaddr_in),
                             .msg_control = control};
    if (v6) {
        if (!IN6_IS_ADDR_LINKLOCAL(&in->asked6.ipi6_addr))
            in->asked6.ipi6_ifindex = 0; /* by any way that leads there */
        put(&message, IPPROTO_IPV6, IPV6_PKTINFO, &in->asked6, sizeof in->asked6);
    } else {
        const struct in_pktinfo from = {.ipi_spec_dst = in->asked4.ipi_addr};
        put(&message, IPPROTO_IP, IP_PKTINFO, &from, sizeof from);
    }
    if (class >= 0)
        put(&message, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS, &class,
            sizeof class);
    sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}
