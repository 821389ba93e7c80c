#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *note_value(const struct nd_note *notes, const char *key)
{
    for (; notes->key != NULL; notes++) {
        if (strcmp(notes->key, key) == 0)
            return notes->value;
    }
    return NULL;
}

const char *target_fact(const struct nd_target *target, const char *key)
{
    return note_value(target->facts, key);
}

nd_err target_peer(const struct nd_host *host, const struct nd_target *target, int64_t port,
                   int64_t otherwise, struct peer *peer)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&peer->at;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&peer->at;
    const char *own = target_fact(target, "port");
    memset(peer, 0, sizeof *peer);
    if (port == 0)
        port = own != NULL ? strtol(own, NULL, 10) : otherwise > 0 ? otherwise : 0;
    if (port == 0 && otherwise == 0) {
        host->log(host, ND_INFO,
                  "target '%s' names no port; give it 'port: N', or the verb port =", target->name);
        return ND_EARG;
    }
    if (otherwise >= 0 && (port < 1 || port > 65535)) {
        host->log(host, ND_INFO, "target '%s' has port '%s'; 1 to 65535 are ports", target->name,
                  own != NULL ? own : "");
        return ND_EARG;
    }
    if (target->address != NULL && inet_pton(AF_INET, target->address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        peer->len = sizeof *v4;
    } else if (target->address != NULL &&
               inet_pton(AF_INET6, target->address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        peer->len = sizeof *v6;
    } else {
        host->log(host, ND_INFO, "target '%s' has no address; give it 'address:' in the site file",
                  target->name);
        return ND_EARG;
    }
    snprintf(peer->address, sizeof peer->address, "%s", target->address);
    if (port > 0)
        snprintf(peer->text, sizeof peer->text, "%s port %d", peer->address, (int)port);
    else
        snprintf(peer->text, sizeof peer->text, "%s", peer->address);
    return ND_OK;
}

nd_err probe_err(int error)
{
    switch (error) {
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
        return ND_EREFUSED;
    case EACCES:
    case EPERM: /* also what a local packet filter that rejects gives */
        return ND_ERIGHTS;
    case ETIMEDOUT:
        return ND_ETIME;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case ENODEV:
        return ND_EREACH;
    default:
        return ND_EIO;
    }
}

void probe_errno(const struct nd_host *host, struct nd_op *op, int error, const struct peer *peer)
{
    char why[160];
    char words[80];
    snprintf(why, sizeof why, "%s: %s", peer->text, strerror_r(error, words, sizeof words));
    host->finish(op, probe_err(error), why);
}

void receive_stamps(int fd)
{
    int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
}

nd_ns receive_stamp(const struct nd_host *host, struct msghdr *message, nd_ns otherwise)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec ts;
            memcpy(&ts, CMSG_DATA(c), sizeof ts);
            return host->from_wall(host, (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec);
        }
    }
    return otherwise;
}

/* ---- rehearsal ---- */

struct model {
    const struct nd_host *host;
    struct nd_op *op;
    double value;
};

static void model_answers(void *ctx)
{
    const struct model *model = ctx;
    model->host->emit(model->op, 0, model->value, model->host->now(model->host));
    model->host->finish(model->op, ND_OK, NULL);
}

nd_err probe_model(const struct nd_host *host, struct nd_op *op, nd_ns wait, double value)
{
    struct model *model = host->state(op, sizeof *model);
    *model = (struct model){host, op, value};
    if (host->model_up(op))
        return host->after(op, wait, model_answers, model);
    host->finish(op, ND_ETIME, "no way in the rehearsal's model");
    return ND_OK;
}
