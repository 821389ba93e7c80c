#include "reach.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What the verbs share, and the plugin's record. */

const char *target_fact(const struct nd_target *target, const char *key)
{
    for (const struct nd_note *note = target->facts; note->key != NULL; note++) {
        if (strcmp(note->key, key) == 0)
            return note->value;
    }
    return NULL;
}

nd_err peer_of(struct reach *self, const struct nd_target *target, int64_t port, int needs_port,
               struct peer *peer)
{
    const struct nd_host *host = self->host;
    struct sockaddr_in *v4 = (struct sockaddr_in *)&peer->at;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&peer->at;
    const char *own = target_fact(target, "port");
    memset(peer, 0, sizeof *peer);
    if (port == 0 && own != NULL)
        port = strtol(own, NULL, 10);
    if (needs_port && (port < 1 || port > 65535)) {
        host->log(host, ND_INFO,
                  "target '%s' names no port; give it 'port: N', or the verb port =", target->name);
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
    snprintf(peer->text, sizeof peer->text, "%s", target->address);
    return ND_OK;
}

nd_err probe_err(int error)
{
    switch (error) {
    case ECONNREFUSED:
    case ECONNRESET:
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

void probe_errno(struct reach *self, struct nd_op *op, int error, const struct peer *peer)
{
    char why[WHY_BYTES];
    char words[80];
    snprintf(why, sizeof why, "%s: %s", peer->text, strerror_r(error, words, sizeof words));
    self->host->finish(op, probe_err(error), why);
}

void stamp_ask(int fd)
{
    int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
}

nd_ns stamp_take(struct reach *self, struct msghdr *message, nd_ns otherwise)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec ts;
            memcpy(&ts, CMSG_DATA(c), sizeof ts);
            return self->host->from_wall(self->host, (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec);
        }
    }
    return otherwise;
}

/* ---- rehearsal ---- */

struct model {
    struct reach *self;
    struct nd_op *op;
    double value;
};

static void model_answers(void *ctx)
{
    const struct model *model = ctx;
    const struct nd_host *host = model->self->host;
    host->emit(model->op, 0, model->value, host->now(host));
    host->finish(model->op, ND_OK, NULL);
}

nd_err probe_model(struct reach *self, struct nd_op *op, nd_ns wait, double value)
{
    struct model *model = self->host->state(op, sizeof *model);
    *model = (struct model){self, op, value};
    if (self->host->model_up(op))
        return self->host->after(op, wait, model_answers, model);
    self->host->finish(op, ND_ETIME, "no way in the rehearsal's model");
    return ND_OK;
}

nd_err probe_rehearse(struct reach *self, struct nd_op *op, nd_ns rtt)
{
    return probe_model(self, op, rtt, (double)rtt);
}

/* ---- the record ---- */

static nd_err reach_open(const struct nd_host *host, void **self)
{
    struct reach *reach = calloc(1, sizeof *reach);
    if (reach == NULL)
        return ND_EIO;
    reach->host = host;
    /* Another run's answers are not to look like ours. */
    reach->cookie = (uint32_t)host->now(host) ^ (uint32_t)(uintptr_t)reach << 12;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    *self = reach;
    return ND_OK;
}

static void reach_close(void *self)
{
    curl_global_cleanup();
    reach_paths_free(self);
    free(self);
}

static const struct nd_verb *const verbs[] = {&reach_icmp, &reach_tcp,   &reach_udp,   &reach_http,
                                              &reach_dns,  &reach_stamp, &reach_voice, &reach_bulk,
                                              &reach_way,  NULL};
static const struct nd_plugin plugin = {sizeof plugin,
                                        ND_ABI_MAJOR,
                                        ND_ABI_MINOR,
                                        "reach",
                                        "1.0",
                                        "whether services answer, and how fast: ICMP, TCP, UDP, "
                                        "HTTP, DNS, STAMP, voice, throughput, paths",
                                        verbs,
                                        reach_open,
                                        reach_close,
                                        NULL,
                                        NULL,
                                        NULL};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
