#include "reflect.h"

#include <stdio.h>
#include <string.h>

/* STAMP session reflector, stateful (RFC 8762 §4.3): each sender's packets are numbered here, so
 * that it learns which way was lost. A sender is an address, a port and a session identifier at one
 * of our sockets. A TWAMP-Test sender (RFC 5357) is one without identifier. */

#define SESSIONS_MAX 1024
#define SERVICES_MAX 32
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
    if (services_count == SERVICES_MAX)
        return -1;
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

static int reflect_one(struct service *service)
{
    struct datagram in;
    if (!reflect_receive(service->fd, &in))
        return 0;
    if (in.len < STAMP_LEAST || in.cut) {
        service->no_packet++;
        return 1;
    }
    if (!stamp_genuine(service->key, in.bytes, in.len)) {
        if (service->not_genuine++ == 0)
            fprintf(stderr,
                    "netdrill-reflect: %s: dropped a packet with a wrong HMAC; further ones are "
                    "counted\n",
                    service->words);
        return 1;
    }
    struct session *session = session_of(
        &in.from, service->fd, stamp_ssid(service->key, in.bytes, in.len), in.received_ns);
    const struct stamp_arrival arrival = {.received_ns = in.received_ns,
                                          .sent_ns = reflect_wall(),
                                          .sequence = session->answered++,
                                          .received = ++session->received,
                                          .ttl = in.ttl,
                                          .class = in.class};
    int class = -1;
    size_t len = stamp_reflect(service->key, in.bytes, in.len, &arrival, &class);
    service->answered++;
    reflect_answer(service->fd, &in, len, class);
    return 1;
}

void reflect_stamp(int fd)
{
    struct service *service = service_of(fd);
    for (int i = 0; i < 64 && reflect_one(service); i++)
        ;
}
