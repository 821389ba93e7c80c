#include "reflect.h"

#include "../common/stamp.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* STAMP session reflector, stateful (RFC 8762 §4.3): each sender's packets are numbered here, so
 * that it learns which way was lost. A sender is an address, a port and a session identifier. */

#define SESSIONS_MAX 1024
#define FORGET_AFTER 900000000000 /* ns: RFC 8762 §4.3, REFWAIT's default of 900 s */

struct session {
    struct sockaddr_in6 peer; /* or a sockaddr_in in its place, the rest zero */
    uint16_t ssid;
    uint32_t next;
    int64_t last_ns; /* 0: free */
};

static struct session sessions[SESSIONS_MAX];

void reflect_stamp_open(int fd)
{
    int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
    setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &one, sizeof one);
    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &one, sizeof one);
}

/* The sender's, or a free or the stalest one made its. */
static struct session *session_of(const struct sockaddr_in6 *peer, uint16_t ssid, int64_t now)
{
    struct session *place = &sessions[0];
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *s = &sessions[i];
        if (s->last_ns != 0 && now - s->last_ns < FORGET_AFTER && s->ssid == ssid &&
            memcmp(&s->peer, peer, sizeof *peer) == 0) {
            s->last_ns = now;
            return s;
        }
        if (s->last_ns < place->last_ns)
            place = s;
    }
    *place = (struct session){*peer, ssid, 0, now};
    return place;
}

/* The kernel's receive stamp, and the hop limit the packet came with. */
static void read_control(struct msghdr *message, int64_t *received, uint8_t *ttl)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec ts;
            memcpy(&ts, CMSG_DATA(c), sizeof ts);
            *received = (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
        } else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
                   (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)) {
            int value = 0;
            memcpy(&value, CMSG_DATA(c), sizeof value);
            *ttl = (uint8_t)value;
        }
    }
}

static int64_t wall_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int reflect_one(int fd)
{
    uint8_t bytes[1500];
    _Alignas(struct cmsghdr) char control[256];
    struct sockaddr_in6 peer = {0};
    struct iovec iov = {bytes, sizeof bytes};
    struct msghdr message = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_name = &peer,
                             .msg_namelen = sizeof peer,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT);
    if (got < 0)
        return 0;
    int64_t received = wall_now();
    uint8_t ttl = 255;
    read_control(&message, &received, &ttl);
    if (got < STAMP_BYTES)
        return 1;
    struct session *session = session_of(&peer, stamp_ssid(bytes), received);
    if (stamp_reflect(bytes, (size_t)got, session->next, received, wall_now(), ttl)) {
        session->next++;
        sendto(fd, bytes, (size_t)got, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&peer,
               message.msg_namelen);
    }
    return 1;
}

void reflect_stamp(int fd)
{
    for (int i = 0; i < 64 && reflect_one(fd); i++)
        ;
}
