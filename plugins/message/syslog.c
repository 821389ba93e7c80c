#include "message.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* RFC 5424 over UDP (RFC 5426) or TCP (RFC 6587 §3.4.1, octets counted). Neither has a receipt:
 * over TCP it is known when the other side's system has taken every octet. */

#define UDP_MAX   2048                   /* what a receiver should take (RFC 5426 §3.2) */
#define UDP_WAIT  ((nd_ns)100 * 1000000) /* for an answer that nobody listens there */
#define LOOK_EACH ((nd_ns)10 * 1000000)

struct talk {
    struct sending *sending;
    struct peer peer;
    int fd, tcp, connected;
    char *text;
    size_t len, at;
};
_Static_assert(sizeof(struct talk) <= TRY_BYTES, "an attempt needs more room");

static const struct nd_option options[] = {LETTER_ROWS, PEER_ROWS, END_ROW};

static int is_tcp(const struct nd_target *channel)
{
    return strcmp(channel_text(channel, "over", "udp"), "tcp") == 0;
}

static const char *own_name(const struct nd_target *channel)
{
    return channel_text(channel, "host", "-");
}

static nd_err check(const struct nd_args *args, char *why, size_t bytes)
{
    struct letter letter;
    char words[WHY_BYTES] = "";
    const struct nd_target *channel = args->at[OPT_CHANNEL].u.target;
    const char *over = channel_text(channel, "over", "udp");
    const char *name = own_name(channel);
    nd_err err = letter_read(args, "syslog", &letter, words);
    if (err == ND_OK) {
        char *text = letter_syslog(&letter, name);
        if (strcmp(over, "udp") != 0 && strcmp(over, "tcp") != 0)
            err = ND_EARG, snprintf(words, sizeof words, "the channel's 'over' is 'udp' or 'tcp'");
        else if (strcmp(name, "-") != 0 && !text_is_host(name))
            err = ND_EARG,
            snprintf(words, sizeof words, "the channel's 'host' has to be a host name");
        else if (!is_tcp(channel) && strlen(text) > UDP_MAX)
            err = ND_EARG, snprintf(words, sizeof words,
                                    "it takes %zu octets, and syslog over UDP carries %d; shorten "
                                    "it, or give the channel 'over: tcp'",
                                    strlen(text), UDP_MAX);
        free(text);
        letter_deinit(&letter);
    }
    snprintf(why, bytes, "%s", words);
    return err;
}

static void look(void *ctx);
static void timed_out(void *ctx);

static void end(struct talk *talk, enum verdict verdict, nd_err err, const char *why)
{
    const struct nd_host *host = talk->sending->self->host;
    host->after(talk->sending->op, -1, look, talk);
    host->after(talk->sending->op, -1, timed_out, talk);
    if (talk->fd >= 0)
        host->release(talk->sending->op, talk->fd);
    free(talk->text);
    sending_over(talk->sending, verdict, err, 0, why);
}

static void end_errno(struct talk *talk, int error)
{
    char why[160];
    char words[80];
    snprintf(why, sizeof why, "%s: %s", talk->peer.text, strerror_r(error, words, sizeof words));
    end(talk, AGAIN, probe_err(error), why);
}

static int error_of(int fd)
{
    int error = 0;
    socklen_t len = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    return error;
}

static void timed_out(void *ctx)
{
    struct talk *talk = ctx;
    char why[160];
    snprintf(why, sizeof why, "%s took not all of it in time", talk->peer.text);
    end(talk, AGAIN, ND_ETIME, why);
}

/* Whether all has arrived: over TCP when nothing is left to be acknowledged. */
static void look(void *ctx)
{
    struct talk *talk = ctx;
    char why[160];
    int left = 0;
    int error = error_of(talk->fd);
    if (error != 0) {
        end_errno(talk, error);
        return;
    }
    if (talk->tcp && (ioctl(talk->fd, SIOCOUTQ, &left) != 0 || left != 0)) {
        talk->sending->self->host->after(talk->sending->op, LOOK_EACH, look, talk);
        return;
    }
    snprintf(why, sizeof why,
             talk->tcp ? "taken by the system of %s; syslog has no receipt"
                       : "sent to %s; syslog over UDP has no receipt",
             talk->peer.text);
    end(talk, SENT, ND_OK, why);
}

static void ready(void *ctx, int events)
{
    struct talk *talk = ctx;
    const struct nd_host *host = talk->sending->self->host;
    struct nd_op *op = talk->sending->op;
    int error = error_of(talk->fd);
    (void)events;
    ssize_t got =
        error == 0 ? send(talk->fd, talk->text + talk->at, talk->len - talk->at, MSG_NOSIGNAL) : -1;
    if (got < 0 && error == 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got < 0) {
        end_errno(talk, error != 0 ? error : errno);
        return;
    }
    talk->at += (size_t)got;
    if (talk->at < talk->len)
        return;
    host->watch(op, talk->fd, 0, ready, talk);
    if (talk->tcp)
        shutdown(talk->fd, SHUT_WR);
    host->after(op, talk->tcp ? LOOK_EACH : UDP_WAIT, look, talk);
}

static void begin(struct sending *sending)
{
    const struct nd_host *host = sending->self->host;
    const struct nd_target *channel = sending->letter.channel;
    struct talk *talk = (struct talk *)sending->attempt_state;
    talk->sending = sending;
    talk->fd = -1;
    talk->tcp = is_tcp(channel);
    nd_err err = target_peer(host, channel, 0, talk->tcp ? 601 : 514, &talk->peer);
    char *text = letter_syslog(&sending->letter, own_name(channel));
    if (talk->tcp && asprintf(&talk->text, "%zu %s", strlen(text), text) >= 0)
        free(text);
    else
        talk->text = text;
    talk->len = strlen(talk->text);
    if (err == ND_OK)
        err = talk->fd = host->socket(sending->op, talk->peer.at.ss_family,
                                      talk->tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
    if (err < 0) {
        end(talk, NEVER, err, "cannot speak from here, or the channel has no address");
        return;
    }
    if (connect(talk->fd, (const struct sockaddr *)&talk->peer.at, talk->peer.len) != 0 &&
        errno != EINPROGRESS) {
        end_errno(talk, errno);
        return;
    }
    host->after(sending->op, sending->attempt, timed_out, talk);
    host->watch(sending->op, talk->fd, ND_WRITABLE, ready, talk);
}

static void stop(struct sending *sending)
{
    end((struct talk *)sending->attempt_state, AGAIN, ND_ECANCEL,
        "ended before all of it was taken");
}

static const struct route route = {
    .verb = "syslog", .kind = "syslog", .paced = 1, .check = check, .begin = begin, .stop = stop};

static nd_err start(void *self, const struct nd_args *args, struct nd_op *op)
{
    return sending_start(self, args, op, &route);
}

static nd_err rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    return sending_rehearse(self, args, op, &route);
}

const struct nd_verb message_syslog = {.struct_size = sizeof message_syslog,
                                       .name = "syslog",
                                       .help = "A line of syslog, over UDP or TCP.",
                                       .rights = "none",
                                       .options = options,
                                       .readings = message_readings,
                                       .start = start,
                                       .cancel = sending_cancel,
                                       .rehearse = rehearse,
                                       .check = check};
