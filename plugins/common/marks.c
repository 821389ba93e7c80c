#include "marks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

const char *const marks_stamps[] = {"receive", "both", NULL};

struct marks marks_of(const struct nd_option *options, const struct nd_args *args)
{
    struct marks marks = {.dscp = -1, .hops = -1};
    for (uint32_t i = 0; i < args->count; i++) {
        const struct nd_value *value = &args->at[i];
        if (!value->given)
            continue;
        if (strcmp(options[i].name, "dscp") == 0)
            marks.dscp = (int)value->u.i;
        else if (strcmp(options[i].name, "ttl") == 0)
            marks.hops = (int)value->u.i;
        else if (strcmp(options[i].name, "stamps") == 0)
            marks.both_stamps = value->u.i == 1;
        else if (strcmp(options[i].name, "source") == 0)
            marks.source = value->u.text;
        else if (strcmp(options[i].name, "interface") == 0)
            marks.interface = value->u.text;
    }
    return marks;
}

static nd_err bind_source(const struct marks *marks, int fd, int v6)
{
    struct sockaddr_in at4 = {.sin_family = AF_INET};
    struct sockaddr_in6 at6 = {.sin6_family = AF_INET6};
    int good = v6 ? inet_pton(AF_INET6, marks->source, &at6.sin6_addr)
                  : inet_pton(AF_INET, marks->source, &at4.sin_addr);
    if (good != 1) {
        errno = EINVAL;
        return ND_EARG;
    }
    const struct sockaddr *at = v6 ? (const struct sockaddr *)&at6 : (const struct sockaddr *)&at4;
    return bind(fd, at, v6 ? sizeof at6 : sizeof at4) == 0 ? ND_OK : probe_err(errno);
}

nd_err marks_set(const struct nd_host *host, const struct marks *marks, int fd,
                 const struct peer *peer)
{
    int v6 = peer->at.ss_family == AF_INET6;
    int class = marks->dscp * 4; /* above the two bits of ECN */
    char words[80];
    nd_err err = ND_OK;
    if (marks->dscp >= 0)
        setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS, &class,
                   sizeof class);
    if (marks->hops > 0)
        setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_UNICAST_HOPS : IP_TTL,
                   &marks->hops, sizeof marks->hops);
    if (marks->interface != NULL &&
        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, marks->interface,
                   (socklen_t)strnlen(marks->interface, IFNAMSIZ)) != 0) {
        err = probe_err(errno);
        host->log(host, ND_INFO, "cannot leave by interface '%s': %s", marks->interface,
                  strerror_r(errno, words, sizeof words));
        return err;
    }
    if (marks->source != NULL && (err = bind_source(marks, fd, v6)) != ND_OK)
        host->log(host, ND_INFO, "cannot send from '%s' to %s: %s", marks->source, peer->text,
                  strerror_r(errno, words, sizeof words));
    return err;
}
