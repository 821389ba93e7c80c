#include "sip.h"

#include "../common/number.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What the verbs share. */

#define T1 500000000LL /* ns (RFC 3261 §17.1.1.1) */
#define T2 4000000000LL

#define WHY_BYTES 400

const char *const sip_transports[] = {"udp", "tcp", "tls", NULL};

/* ---- sending ---- */

/* TLS has memory of its own. */
void talk_close(struct talk *talk)
{
    if (talk->wire != NULL)
        wire_close(talk->wire);
}

void talk_end(struct talk *talk, nd_err err, const char *why)
{
    talk->ended = 1;
    talk->len = 0;
    talk_close(talk);
    talk->self->host->finish(talk->op, err, why);
}

int talk_put(struct talk *talk, const char *text, size_t len)
{
    errno = ENOTCONN;
    return talk->wire != NULL ? wire_put(talk->wire, (const uint8_t *)text, len)
                              : send(talk->fd, text, len, MSG_NOSIGNAL) >= 0;
}

static void send_again(void *ctx)
{
    struct talk *talk = ctx;
    if (talk->len == 0)
        return;
    /* An ICMP error about the one before shows here; the deadline decides. */
    if (!talk_put(talk, talk->bytes, talk->len))
        talk_put(talk, talk->bytes, talk->len);
    talk->again = talk->again * 2 < T2 ? talk->again * 2 : T2;
    talk->self->host->after(talk->op, talk->again, send_again, talk);
}

void talk_answered(struct talk *talk)
{
    talk->len = 0;
}

/* A connection that is not there yet takes the request when it is. */
static int waits(const struct talk *talk)
{
    return talk->wire != NULL && talk->wire->state == WIRE_CONNECTING;
}

int talk_is_secret_kept(const struct talk *talk, const char *uri)
{
    return talk->tls != NULL || strncasecmp(uri, "sips:", 5) != 0;
}

int talk_send(struct talk *talk, const struct sip_request *like, int again)
{
    const struct nd_host *host = talk->self->host;
    struct sip_request request = *like;
    char tag[40];
    char id[48];
    char branch[64];
    char text[SIP_BYTES];
    if (!talk_is_secret_kept(talk, request.uri)) {
        talk_end(talk, ND_EARG, SIPS_WORDS);
        return 0;
    }
    snprintf(tag, sizeof tag, "t%s", talk->cookie);
    snprintf(id, sizeof id, "c%s", talk->cookie);
    if (request.branch == NULL) {
        snprintf(branch, sizeof branch, "z9hG4bK%s-%d", talk->cookie, ++talk->branch);
        request.branch = branch;
    }
    request.from = talk->from;
    request.from_tag = tag;
    request.to = talk->to;
    request.local = talk->local;
    request.priority = talk->priority;
    request.call_id = id;
    request.transport = sip_transports[talk->transport];
    size_t len = sip_make(&request, text);
    int error = len == 0 ? EMSGSIZE : 0;
    if (len != 0 && !(again && waits(talk)) && !talk_put(talk, text, len))
        error = errno;
    /* What is sent once is missed by its peer at worst. */
    if (error != 0 && again) {
        talk->ended = 1;
        talk_close(talk);
        probe_errno(host, talk->op, error, &talk->peer);
    }
    if (error != 0)
        return 0;
    if (again) {
        memcpy(talk->bytes, text, len);
        talk->len = len;
        talk->again = T1;
        if (talk->wire == NULL)
            host->after(talk->op, T1, send_again, talk);
    }
    return 1;
}

void talk_finish(struct talk *talk, nd_err err, const struct sip_answer *answer)
{
    char why[200];
    snprintf(why, sizeof why, "%s answered %d %s", talk->peer.text, answer->status, answer->reason);
    talk_end(talk, err, err == ND_OK ? NULL : why);
}

/* The header line for a challenge; NULL: it cannot be met, and the op is finished. */
static const char *authorize(struct talk *talk, const struct sip_challenge *challenge,
                             const char *method, char line[900])
{
    if (talk->user == NULL || talk->password == NULL)
        talk_end(talk, ND_EREFUSED,
                 "it asks who we are; give the account 'user:' and 'password:' in the site "
                 "file");
    else if (challenge->other)
        talk_end(talk, ND_EUNABLE, "it asks for another digest than MD5");
    else if (!sip_authorize(challenge, talk->user, talk->password, method, talk->uri, talk->cookie,
                            line, 900))
        talk_end(talk, ND_EANSWER, "its challenge is too long to be answered");
    else
        return line;
    return NULL;
}

void talk_cancel(void *ctx, struct nd_op *op)
{
    talk_end(((struct sip *)ctx)->host->state(op, 1), ND_ECANCEL, NULL);
}

/* ---- receiving ---- */

void talk_reply(struct talk *talk, const char *status)
{
    char reply[SIP_BYTES];
    const struct sip_reply how = {.status = status};
    size_t size = sip_reply(talk->asking, talk->asking_len, &how, reply);
    if (size != 0)
        talk_put(talk, reply, size);
}

/* What the other side asks within our call, such as its hanging up. */
static void answer_request(struct talk *talk, const struct sip_answer *request, const char *bytes,
                           size_t len, nd_ns at)
{
    talk->asking = bytes;
    talk->asking_len = len;
    if (strcmp(request->method, "ACK") != 0 &&
        (talk->asked == NULL || !talk->asked(talk, request, at)))
        talk_reply(talk, "501 Not Implemented");
}

static void take_message(struct talk *talk, const char *bytes, size_t len, nd_ns at)
{
    struct sip_answer answer;
    if (talk->ended || !sip_read(bytes, len, &answer) ||
        strstr(answer.call_id, talk->cookie) == NULL)
        return;
    if (answer.status != 0)
        talk->take(talk, &answer, at);
    else
        answer_request(talk, &answer, bytes, len, at);
}

static void readable(void *ctx, int events)
{
    struct talk *talk = ctx;
    const struct nd_host *host = talk->self->host;
    char bytes[8192];
    _Alignas(struct cmsghdr) char control[128];
    struct iovec iov = {bytes, sizeof bytes};
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t got = recvmsg(talk->fd, &message, MSG_DONTWAIT);
    int error = errno;
    nd_ns now = host->now(host);
    /* An error ends the loop's watch, and tells so by readiness nobody asked for. */
    if ((events & ND_WRITABLE) != 0)
        host->watch(talk->op, talk->fd, ND_READABLE, readable, talk);
    if (got > 0)
        take_message(talk, bytes, (size_t)got, receive_stamp(host, &message, now));
    else if (got < 0 && !talk->stream && !talk->ended && error != EAGAIN && error != EINTR) {
        talk->ended = 1;
        probe_errno(host, talk->op, error, &talk->peer);
    }
}

/* ---- over TCP ---- */

static void up(void *ctx)
{
    struct talk *talk = ctx;
    if (talk->len != 0)
        talk_put(talk, talk->bytes, talk->len);
    wire_ready(talk->wire);
}

static void down(void *ctx, nd_err err, const char *why)
{
    struct talk *talk = ctx;
    if (!talk->stream && !talk->ended)
        talk_end(talk, err, why);
}

static void take_framed(void *ctx, const uint8_t *bytes, size_t len, nd_ns at)
{
    take_message(ctx, (const char *)bytes, len, at);
}

static nd_err prepare(void *ctx, int fd)
{
    struct talk *talk = ctx;
    return marks_set(talk->self->host, &talk->marks, fd, &talk->peer);
}

static nd_err connect_tcp(struct talk *talk)
{
    struct wire *wire = talk->wire;
    wire->host = talk->self->host;
    wire->op = talk->op;
    wire->peer = talk->peer;
    wire->ctx = talk;
    wire->prepare = prepare;
    wire->stream = talk->stream;
    wire->frame = sip_frame;
    wire->up = up;
    wire->take = take_framed;
    wire->down = down;
    if (talk->tls != NULL)
        wire_over_tls(wire, talk->tls);
    nd_err err = wire_open(wire);
    talk->fd = wire->fd;
    return err;
}

static nd_err connect_udp(struct talk *talk)
{
    const struct nd_host *host = talk->self->host;
    talk->fd = host->socket(talk->op, talk->peer.at.ss_family, SOCK_DGRAM, 0);
    if (talk->fd < 0)
        return talk->fd;
    receive_stamps(talk->fd);
    nd_err err = prepare(talk, talk->fd);
    if (err != ND_OK)
        return err;
    if (connect(talk->fd, (struct sockaddr *)&talk->peer.at, talk->peer.len) != 0) {
        int error = errno;
        host->log(host, ND_INFO, "%s: %s", talk->peer.text, strerror(error));
        return probe_err(error);
    }
    return host->watch(talk->op, talk->fd, ND_READABLE, readable, talk);
}

/* ---- what is refused ---- */

/* A fact that goes into a header; NULL: why says what it lacks. */
static const char *uri_of(const struct nd_target *target, const char *key, const char *otherwise,
                          char *why, size_t bytes)
{
    const char *text = target_fact(target, key);
    text = text != NULL ? text : otherwise;
    if (text != NULL && sip_plain(text, 1) && strlen(text) < SIP_URI && strchr(text, ':') != NULL)
        return text;
    snprintf(why, bytes, "target '%s' has no '%s:' that is a URI such as \"sip:alice@jia.test\"",
             target->name, key);
    return NULL;
}

static nd_err judge_priority(const char *priority, char *why, size_t bytes)
{
    struct sip_rank where;
    int name = (int)strcspn(priority, ".");
    if (!sip_plain(priority, 1) || priority[name] == '\0') {
        snprintf(why, bytes, "priority '%.60s' is no namespace.value such as ets.0", priority);
        return ND_EARG;
    }
    if (!sip_rank(priority, &where) || where.rank != 0)
        return ND_OK;
    snprintf(why, bytes, "priority '%.60s': of '%.*s' the lowest is %s, the highest %s", priority,
             name, priority, where.lowest, where.highest);
    return ND_EARG;
}

nd_err talk_judge(const struct nd_target *to, const char *priority, char *why, size_t bytes)
{
    nd_err err = priority != NULL ? judge_priority(priority, why, bytes) : ND_OK;
    if (err != ND_OK || to == NULL)
        return err;
    const char *uri = uri_of(to, "uri", NULL, why, bytes);
    if (uri == NULL)
        return ND_EARG;
    if (!sip_emergency(uri) || number_agreed(to))
        return ND_OK;
    snprintf(
        why, bytes,
        "'%s' may be an emergency centre: not called nor written to; when the centre has agreed "
        "in writing, say 'emergency_calls_agreed: true' at target '%s'",
        uri, to->name);
    return ND_EARG;
}

/* ---- beginning ---- */

static void own_address(struct talk *talk)
{
    struct sockaddr_storage own;
    socklen_t len = sizeof own;
    memset(&own, 0, sizeof own);
    getsockname(talk->fd, (struct sockaddr *)&own, &len);
    talk->v6 = own.ss_family == AF_INET6;
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&own;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&own;
    inet_ntop(own.ss_family, talk->v6 ? (const void *)&v6->sin6_addr : &v4->sin_addr, talk->address,
              sizeof talk->address);
    snprintf(talk->local, sizeof talk->local, talk->v6 ? "[%s]:%d" : "%s:%d", talk->address,
             ntohs(talk->v6 ? v6->sin6_port : v4->sin_port));
}

nd_err talk_rank(struct sip *self, const char *priority, int *rank)
{
    const struct nd_host *host = self->host;
    char why[WHY_BYTES];
    struct sip_rank where;
    *rank = 0;
    if (talk_judge(NULL, priority, why, sizeof why) != ND_OK) {
        host->log(host, ND_INFO, "%s", why);
        return ND_EARG;
    }
    if (priority == NULL || !sip_rank(priority, &where))
        return ND_OK;
    *rank = where.rank;
    if (where.rank == where.count && strcmp(self->warned, priority) != 0) {
        host->log(
            host, ND_WARN,
            "priority '%s' is the lowest of its namespace; the highest is '%.*s.%s' (ets, wps "
            "and q735 count down to it, mcpttp, mcpttq and esnet up)",
            priority, (int)strcspn(priority, "."), priority, where.highest);
        snprintf(self->warned, sizeof self->warned, "%s", priority);
    }
    return ND_OK;
}

/* Whom the certificate has to be of: what is asked for, not what an address resolves to. */
static nd_err who_it_has_to_be(struct talk *talk, const struct nd_args *args)
{
    const struct nd_host *host = talk->self->host;
    const struct nd_target *target = args->at[SUBJECT].u.target;
    struct wire_tls *tls = talk->tls;
    tls->name = args->at[TLS_NAME].given ? args->at[TLS_NAME].u.text : target_fact(target, "name");
    tls->ca = args->at[TLS_CA].u.text;
    tls->port = ntohs(talk->peer.at.ss_family == AF_INET6
                          ? ((const struct sockaddr_in6 *)&talk->peer.at)->sin6_port
                          : ((const struct sockaddr_in *)&talk->peer.at)->sin_port);
    if (tls->name != NULL)
        return ND_OK;
    host->log(host, ND_INFO,
              "over TLS the certificate is checked for a name; give 'name', or 'name:' at target "
              "'%s' in the site file",
              target->name);
    return ND_EARG;
}

struct talk *talk_state(struct sip *self, const struct nd_args *args, struct nd_op *op,
                        size_t bytes)
{
    int transport = (int)args->at[TRANSPORT].u.i;
    size_t more = (transport != SIP_UDP ? sizeof(struct wire) : 0) +
                  (transport == SIP_TLS ? sizeof(struct wire_tls) : 0);
    struct talk *talk = self->host->state(op, bytes + more);
    talk->self = self;
    talk->op = op;
    talk->expires = -1;
    talk->transport = transport;
    talk->wire = transport != SIP_UDP ? (struct wire *)((char *)talk + bytes) : NULL;
    talk->tls = transport == SIP_TLS ? (struct wire_tls *)(talk->wire + 1) : NULL;
    return talk;
}

nd_err talk_open(struct talk *talk, const struct nd_option *options, const struct nd_args *args,
                 const char *priority)
{
    struct sip *self = talk->self;
    const struct nd_host *host = self->host;
    talk->marks = marks_of(options, args);
    talk->priority = priority;
    snprintf(talk->cookie, sizeof talk->cookie, "nd%08x%u", (unsigned)host->now(host),
             ++self->serial);
    nd_err err = talk_rank(self, priority, &talk->rank);
    if (err == ND_OK)
        err = target_peer(host, args->at[SUBJECT].u.target, args->at[PORT].u.i,
                          talk->tls != NULL ? SIPS_PORT : SIP_PORT, &talk->peer);
    if (err == ND_OK && talk->tls != NULL)
        err = who_it_has_to_be(talk, args);
    if (err == ND_OK)
        err = talk->wire != NULL ? connect_tcp(talk) : connect_udp(talk);
    if (err == ND_OK)
        own_address(talk);
    return err;
}

const char *talk_uri(struct sip *self, const struct nd_target *target, const char *key,
                     const char *otherwise)
{
    char why[WHY_BYTES];
    const char *text = uri_of(target, key, otherwise, why, sizeof why);
    if (text == NULL)
        self->host->log(self->host, ND_INFO, "%s", why);
    return text;
}

/* ---- who, and whom ---- */

nd_err talk_account(struct talk *talk, const struct nd_target *account)
{
    const char *aor = talk_uri(talk->self, account, "aor", NULL);
    if (aor == NULL)
        return ND_EARG;
    snprintf(talk->from, sizeof talk->from, "%s", aor);
    talk->user = target_fact(account, "user");
    talk->password = target_fact(account, "password");
    if (talk->user != NULL && !sip_plain(talk->user, 1)) {
        talk->self->host->log(talk->self->host, ND_INFO, "user '%s' cannot stand in a header",
                              talk->user);
        return ND_EARG;
    }
    return ND_OK;
}

const char *talk_meet(struct talk *talk, const struct sip_answer *answer, const char *method,
                      char line[900])
{
    int asks = (answer->status == 401 || answer->status == 407) && answer->challenged;
    if (!asks || talk->authorized) {
        talk_finish(talk, ND_EREFUSED, answer);
        return NULL;
    }
    talk->authorized = 1;
    return authorize(talk, &answer->challenge, method, line);
}

const char *talk_callee(struct sip *self, const struct nd_target *to)
{
    char why[WHY_BYTES];
    if (talk_judge(to, NULL, why, sizeof why) == ND_OK)
        return target_fact(to, "uri");
    self->host->log(self->host, ND_INFO, "%s", why);
    return NULL;
}
