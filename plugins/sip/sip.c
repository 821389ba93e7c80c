#include "sip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the verbs share, the probe by OPTIONS, and the plugin's record. */

#define T1 500000000LL /* ns (RFC 3261 §17.1.1.1) */
#define T2 4000000000LL

/* ---- sending ---- */

static void send_again(void *ctx)
{
    struct talk *talk = ctx;
    if (talk->len == 0)
        return;
    /* An ICMP error about the one before shows here; the deadline decides. */
    if (send(talk->fd, talk->bytes, talk->len, MSG_NOSIGNAL) < 0)
        send(talk->fd, talk->bytes, talk->len, MSG_NOSIGNAL);
    talk->again = talk->again * 2 < T2 ? talk->again * 2 : T2;
    talk->self->host->after(talk->op, talk->again, send_again, talk);
}

void talk_answered(struct talk *talk)
{
    talk->len = 0;
}

int talk_send(struct talk *talk, const struct sip_request *like, int again)
{
    const struct nd_host *host = talk->self->host;
    struct sip_request request = *like;
    char tag[40];
    char id[48];
    char branch[64];
    char text[SIP_BYTES];
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
    size_t len = sip_make(&request, text);
    int error = len == 0 ? EMSGSIZE : 0;
    if (len != 0 && send(talk->fd, text, len, MSG_NOSIGNAL) < 0)
        error = errno;
    /* What is sent once is missed by its peer at worst. */
    if (error != 0 && again)
        probe_errno(host, talk->op, error, &talk->peer);
    if (error != 0)
        return 0;
    if (again) {
        memcpy(talk->bytes, text, len);
        talk->len = len;
        talk->again = T1;
        host->after(talk->op, T1, send_again, talk);
    }
    return 1;
}

void talk_finish(struct talk *talk, nd_err err, const struct sip_answer *answer)
{
    char why[200];
    snprintf(why, sizeof why, "%s answered %d %s", talk->peer.text, answer->status, answer->reason);
    talk_answered(talk);
    talk->self->host->finish(talk->op, err, err == ND_OK ? NULL : why);
}

const char *talk_authorize(struct talk *talk, const struct sip_challenge *challenge,
                           const char *method, const char *uri, char line[900])
{
    const struct nd_host *host = talk->self->host;
    if (talk->user == NULL || talk->password == NULL)
        host->finish(talk->op, ND_EREFUSED,
                     "it asks who we are; give the account 'user:' and 'password:' in the site "
                     "file");
    else if (challenge->other)
        host->finish(talk->op, ND_EUNABLE, "it asks for another digest than MD5");
    else if (!sip_authorize(challenge, talk->user, talk->password, method, uri, talk->cookie, line,
                            900))
        host->finish(talk->op, ND_EANSWER, "its challenge is too long to be answered");
    else
        return line;
    return NULL;
}

/* ---- receiving ---- */

/* What the other side asks within our call is taken: that is its hanging up. */
static void answer_request(struct talk *talk, const char *bytes, size_t len, nd_ns at)
{
    char reply[SIP_BYTES];
    const char *blank = memchr(bytes, ' ', len);
    char method[16];
    int ours = talk->asked != NULL;
    snprintf(method, sizeof method, "%.*s", blank != NULL ? (int)(blank - bytes) : 0, bytes);
    int bye = ours && strcmp(method, "BYE") == 0;
    size_t size = sip_reply(bytes, len, bye ? "200 OK" : "501 Not Implemented", reply);
    if (size != 0 && strcmp(method, "ACK") != 0)
        send(talk->fd, reply, size, MSG_NOSIGNAL);
    if (ours)
        talk->asked(talk, method, at);
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
    struct sip_answer answer;
    ssize_t got = recvmsg(talk->fd, &message, MSG_DONTWAIT);
    int error = errno;
    nd_ns now = host->now(host);
    /* An error ends the loop's watch, and tells so by readiness nobody asked for. */
    if ((events & ND_WRITABLE) != 0)
        host->watch(talk->op, talk->fd, ND_READABLE, readable, talk);
    if (got < 0 && !talk->stream && error != EAGAIN && error != EINTR)
        probe_errno(host, talk->op, error, &talk->peer);
    if (got <= 0 || !sip_read(bytes, (size_t)got, &answer) ||
        strstr(answer.call_id, talk->cookie) == NULL)
        return;
    nd_ns at = receive_stamp(host, &message, now);
    if (answer.status != 0)
        talk->take(talk, &answer, at);
    else
        answer_request(talk, bytes, (size_t)got, at);
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

nd_err talk_open(struct sip *self, struct nd_op *op, struct talk *talk,
                 const struct nd_target *target, int64_t port)
{
    const struct nd_host *host = self->host;
    talk->self = self;
    talk->op = op;
    talk->expires = -1;
    snprintf(talk->cookie, sizeof talk->cookie, "nd%08x%u", (unsigned)host->now(host),
             ++self->serial);
    if (talk->priority != NULL && !sip_plain(talk->priority, 1)) {
        host->log(host, ND_INFO, "priority '%s' is no namespace.value", talk->priority);
        return ND_EARG;
    }
    nd_err err = target_peer(host, target, port, SIP_PORT, &talk->peer);
    if (err != ND_OK)
        return err;
    talk->fd = host->socket(op, talk->peer.at.ss_family, SOCK_DGRAM, 0);
    if (talk->fd < 0)
        return talk->fd;
    receive_stamps(talk->fd);
    if (connect(talk->fd, (struct sockaddr *)&talk->peer.at, talk->peer.len) != 0) {
        int error = errno;
        host->log(host, ND_INFO, "%s: %s", talk->peer.text, strerror(error));
        return probe_err(error);
    }
    own_address(talk);
    return host->watch(op, talk->fd, ND_READABLE, readable, talk);
}

const char *talk_uri(struct sip *self, const struct nd_target *target, const char *key,
                     const char *otherwise)
{
    const char *text = target_fact(target, key);
    text = text != NULL ? text : otherwise;
    if (text == NULL || !sip_plain(text, 1) || strlen(text) >= SIP_URI ||
        strchr(text, ':') == NULL) {
        self->host->log(self->host, ND_INFO,
                        "target '%s' has no '%s:' that is a URI such as \"sip:alice@jia.test\"",
                        target->name, key);
        return NULL;
    }
    return text;
}

/* ---- OPTIONS ---- */

enum { SUBJECT, PORT, PRIORITY };
enum { R_RTT, R_STATUS };

static void options_answer(struct talk *talk, const struct sip_answer *answer, nd_ns at)
{
    const struct nd_host *host = talk->self->host;
    nd_err err = answer->status < 300 ? ND_OK : ND_EREFUSED;
    if (answer->status < 200)
        return;
    if (!talk->stream) {
        host->emit(talk->op, R_STATUS, answer->status, at);
        if (err == ND_OK)
            host->emit(talk->op, R_RTT, (double)(at - talk->began), at);
        talk_finish(talk, err, answer);
        return;
    }
    /* "z9hG4bK" cookie "-" slot */
    const char *dash = strrchr(answer->branch, '-');
    if (dash == NULL)
        return;
    int64_t slot = strtoll(dash + 1, NULL, 10);
    host->reading(talk->op, slot, R_STATUS, answer->status);
    host->answer(talk->op, slot, err, (double)NAN, at);
}

static nd_err options_begin(struct sip *self, const struct nd_args *args, struct nd_op *op,
                            int stream)
{
    const struct nd_host *host = self->host;
    struct talk *talk = host->state(op, sizeof *talk);
    const struct nd_target *target = args->at[SUBJECT].u.target;
    char address[SIP_URI];
    talk->stream = stream;
    talk->take = options_answer;
    talk->priority = args->at[PRIORITY].u.text;
    nd_err err = talk_open(self, op, talk, target, args->at[PORT].u.i);
    if (err != ND_OK)
        return err;
    snprintf(address, sizeof address, talk->v6 ? "sip:[%s]" : "sip:%s", target->address);
    const char *uri = talk_uri(self, target, "uri", address);
    if (uri == NULL)
        return ND_EARG;
    snprintf(talk->uri, sizeof talk->uri, "%s", uri);
    snprintf(talk->to, sizeof talk->to, "%s", uri);
    snprintf(talk->from, sizeof talk->from, "sip:netdrill@%s", talk->local);
    return ND_OK;
}

static nd_err options_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct sip *self = ctx;
    nd_err err = options_begin(self, args, op, 0);
    if (err != ND_OK)
        return err;
    struct talk *talk = self->host->state(op, 1);
    struct sip_request request = {.method = "OPTIONS", .uri = talk->uri, .cseq = 1, .expires = -1};
    talk->began = self->host->now(self->host);
    talk_send(talk, &request, 1);
    return ND_OK;
}

static nd_err options_stream(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    return options_begin(ctx, args, op, 1);
}

/* A probe of a stream is sent once: what is lost is to be counted. */
static void options_slots(void *ctx, struct nd_op *op, int64_t first, int64_t count)
{
    const struct nd_host *host = ((struct sip *)ctx)->host;
    struct talk *talk = host->state(op, 1);
    for (int64_t slot = first; slot < first + count; slot++) {
        char id[64];
        char branch[64];
        char tag[40];
        char text[SIP_BYTES];
        snprintf(id, sizeof id, "c%s-%lld", talk->cookie, (long long)slot);
        snprintf(tag, sizeof tag, "t%s", talk->cookie);
        snprintf(branch, sizeof branch, "z9hG4bK%s-%lld", talk->cookie, (long long)slot);
        const struct sip_request request = {.method = "OPTIONS",
                                            .uri = talk->uri,
                                            .from = talk->from,
                                            .to = talk->to,
                                            .from_tag = tag,
                                            .call_id = id,
                                            .branch = branch,
                                            .local = talk->local,
                                            .cseq = 1,
                                            .priority = talk->priority,
                                            .expires = -1};
        size_t len = sip_make(&request, text);
        nd_ns at = host->now(host);
        ssize_t put = -1;
        /* What an earlier request met may be told here: it is not this one's. */
        for (int i = 0; i < 2 && put < 0; i++)
            put = send(talk->fd, text, len, MSG_NOSIGNAL);
        if (put < 0)
            host->answer(op, slot, probe_err(errno), (double)NAN, at);
        else
            host->sent(op, slot, at);
    }
}

static nd_err rehearse(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    (void)args;
    return probe_model(((struct sip *)ctx)->host, op, 2000000, 2e6);
}

static const struct nd_option options[] = {TARGET_ROWS, PRIORITY_ROW, END_ROW};
static const struct nd_reading readings[] = {
    {"rtt", "from the request to the kernel's receive stamp of the final answer", "ns", 2e6},
    {"status", "status code of the final answer (RFC 3261 §21)", "1", 200},
    {NULL, NULL, NULL, 0}};
const struct nd_verb sip_options = {
    .struct_size = sizeof sip_options,
    .name = "options",
    .help = "Asks a SIP server what it can do (OPTIONS): whether it answers, and how fast.",
    .rights = "none",
    .options = options,
    .readings = readings,
    .start = options_start,
    .rehearse = rehearse,
    .stream = options_stream,
    .slots = options_slots,
};

/* ---- the record ---- */

static nd_err sip_open(const struct nd_host *host, void **self)
{
    struct sip *sip = calloc(1, sizeof *sip);
    if (sip == NULL)
        return ND_EIO;
    sip->host = host;
    sip_init();
    *self = sip;
    return ND_OK;
}

static const struct nd_verb *const verbs[] = {&sip_options, &sip_register, &sip_call, NULL};
static const struct nd_plugin plugin = {
    sizeof plugin, ND_ABI_MAJOR, ND_ABI_MINOR,
    "sip",         "1.0",        "SIP: servers, registration, calls with priority (RFC 3261, 4412)",
    verbs,         sip_open,     free,
    NULL,          NULL,         NULL};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
