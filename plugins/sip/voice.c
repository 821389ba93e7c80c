#include "voice.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define LATE       1000000000LL /* ns: the last packets are waited for as long as this */
#define AT_ONCE    64           /* packets read at one go */
#define PORT_LEAST 1024         /* no RTP goes below */

/* ---- offer ---- */

nd_err voice_open(struct voice *voice)
{
    struct talk *talk = voice->talk;
    const struct nd_host *host = talk->self->host;
    struct sockaddr_storage own = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof own;
    voice->fd = host->socket(talk->op, talk->peer.at.ss_family, SOCK_DGRAM, 0);
    if (voice->fd < 0)
        return voice->fd;
    nd_err err = marks_set(host, &talk->marks, voice->fd, &talk->peer);
    if (err != ND_OK)
        return err;
    receive_stamps(voice->fd);
    /* At the address we speak from, and any port. A source of `marks` is that already. */
    getsockname(talk->fd, (struct sockaddr *)&own, &len);
    in_port_t *port = own.ss_family == AF_INET6 ? &((struct sockaddr_in6 *)&own)->sin6_port
                                                : &((struct sockaddr_in *)&own)->sin_port;
    *port = 0;
    if (talk->marks.source == NULL && bind(voice->fd, (struct sockaddr *)&own, len) != 0) {
        int error = errno;
        char words[80];
        host->log(host, ND_INFO, "no port for voice: %s", strerror_r(error, words, sizeof words));
        return probe_err(error);
    }
    getsockname(voice->fd, (struct sockaddr *)&own, &len);
    voice->port = ntohs(*port);
    return ND_OK;
}

void voice_offer(const struct voice *voice, char sdp[SIP_SDP])
{
    const struct talk *talk = voice->talk;
    const char *family = talk->v6 ? "IP6" : "IP4";
    const struct nd_codec *codec = voice->codec != NULL ? voice->codec : &nd_codecs[0];
    /* Without voice the session is held (RFC 3264 §8.4), at the discard port. No RTCP is sent: it
     * is given no bandwidth (RFC 3556 §2). */
    snprintf(
        sdp, SIP_SDP,
        "v=0\r\no=netdrill 1 1 IN %s %s\r\ns=exercise\r\nc=IN %s %s\r\nt=0 0\r\n"
        "m=audio %d RTP/AVP %d\r\nb=RS:0\r\nb=RR:0\r\na=rtpmap:%d %s\r\na=ptime:20\r\na=%s\r\n",
        family, talk->address, family, talk->address, voice->codec != NULL ? voice->port : 9,
        codec->type, codec->type, codec->rtpmap, voice->codec != NULL ? "sendrecv" : "inactive");
}

/* ---- where to ---- */

/* A stream goes to a person's or an answering machine's port, never to all, nor to a service. */
static int may_go(const struct voice *voice, const struct sip_media *media, struct peer *to)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&to->at;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&to->at;
    const struct sockaddr_in *peer4 = (const struct sockaddr_in *)&voice->talk->peer.at;
    memset(to, 0, sizeof *to);
    if (media->port < PORT_LEAST || media->port > 65535)
        return 0;
    if (!voice->talk->v6 && inet_pton(AF_INET, media->address, &v4->sin_addr) == 1) {
        uint32_t at = ntohl(v4->sin_addr.s_addr);
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)media->port);
        to->len = sizeof *v4;
        return at >> 24 != 0 && at >> 28 < 14 &&
               (at >> 24 != 127 || ntohl(peer4->sin_addr.s_addr) >> 24 == 127);
    }
    if (voice->talk->v6 && inet_pton(AF_INET6, media->address, &v6->sin6_addr) == 1) {
        const struct sockaddr_in6 *peer6 = (const struct sockaddr_in6 *)&voice->talk->peer.at;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)media->port);
        v6->sin6_scope_id = peer6->sin6_scope_id;
        to->len = sizeof *v6;
        return !IN6_IS_ADDR_MULTICAST(&v6->sin6_addr) && !IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr) &&
               !IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) &&
               (!IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) || IN6_IS_ADDR_LOOPBACK(&peer6->sin6_addr));
    }
    return 0;
}

/* The payload type that the other end gave our codec (RFC 3264 §6.1); -1: it takes it not. */
static int type_of(const struct nd_codec *codec, const struct sip_media *media)
{
    for (int i = 0; i < media->formats; i++) {
        const struct sip_format *format = &media->format[i];
        if (format->rtpmap[0] != '\0' ? strcasecmp(format->rtpmap, codec->rtpmap) == 0
                                      : format->type == codec->type && codec->type < 96)
            return format->type;
    }
    return -1;
}

/* ---- the stream ---- */

static void over(void *ctx)
{
    struct voice *voice = ctx;
    void (*tell)(struct talk *) = voice->over;
    voice->over = NULL;
    if (tell != NULL)
        tell(voice->talk);
}

/* One packet each 20 ms, on a grid from the beginning; one that we were held up for is not sent. */
static void tick(void *ctx)
{
    struct voice *voice = ctx;
    const struct nd_host *host = voice->talk->self->host;
    uint8_t bytes[RTP_MAX];
    nd_ns now = host->now(host);
    int64_t slot = (now - voice->began) / ND_VOICE_EVERY;
    if (slot >= voice->next && slot < voice->count) {
        size_t len = rtp_make(bytes, voice->codec, voice->type, voice->cookie, slot);
        /* One that the system does not take is lost to the listener too. */
        sendto(voice->fd, bytes, len, MSG_NOSIGNAL, (struct sockaddr *)&voice->to, voice->to_len);
        voice->packets[slot].sent = now;
        voice->sent++;
    }
    voice->next = slot + 1;
    if (voice->next < voice->count)
        host->after(voice->talk->op, voice->began + voice->next * ND_VOICE_EVERY - now, tick,
                    voice);
    else
        host->after(voice->talk->op, voice->back < voice->sent ? LATE : 0, over, voice);
}

static void take(struct voice *voice, const uint8_t *bytes, size_t len,
                 const struct sockaddr_storage *from, nd_ns at)
{
    const struct sockaddr_in *a4 = (const struct sockaddr_in *)from;
    const struct sockaddr_in *b4 = (const struct sockaddr_in *)&voice->to;
    const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)from;
    const struct sockaddr_in6 *b6 = (const struct sockaddr_in6 *)&voice->to;
    int64_t slot = 0;
    if (rtp_slot(bytes, len, voice->cookie, &slot)) {
        if (slot >= voice->count || voice->packets[slot].sent == 0 ||
            voice->packets[slot].trip != 0)
            return;
        nd_ns trip = at - voice->packets[slot].sent;
        voice->packets[slot].trip = trip > 0 ? trip : 1;
        voice->back++;
    } else {
        /* Somebody speaks: a telephone at the other end, or noise from anywhere. */
        int known =
            from->ss_family == voice->to.ss_family &&
            (from->ss_family == AF_INET ? a4->sin_addr.s_addr == b4->sin_addr.s_addr
                                        : IN6_ARE_ADDR_EQUAL(&a6->sin6_addr, &b6->sin6_addr));
        if (!known || len < RTP_HEADER || bytes[0] >> 6 != 2)
            return;
        voice->other++;
    }
    voice->heard = voice->heard != 0 ? voice->heard : at;
    if (voice->next >= voice->count && voice->back == voice->sent && voice->over != NULL)
        voice->talk->self->host->after(voice->talk->op, 0, over, voice);
}

static void readable(void *ctx, int events)
{
    struct voice *voice = ctx;
    const struct nd_host *host = voice->talk->self->host;
    (void)events;
    for (int i = 0; i < AT_ONCE; i++) {
        uint8_t bytes[2048];
        struct sockaddr_storage from;
        _Alignas(struct cmsghdr) char control[128];
        struct iovec iov = {bytes, sizeof bytes};
        struct msghdr message = {.msg_iov = &iov,
                                 .msg_iovlen = 1,
                                 .msg_name = &from,
                                 .msg_namelen = sizeof from,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        memset(&from, 0, sizeof from);
        ssize_t got = recvmsg(voice->fd, &message, MSG_DONTWAIT);
        if (got < 0)
            return;
        take(voice, bytes, (size_t)got, &from, receive_stamp(host, &message, host->now(host)));
    }
}

int voice_begin(struct voice *voice, const struct sip_media *media, char *why, size_t bytes)
{
    const struct nd_host *host = voice->talk->self->host;
    struct peer to;
    voice->type = type_of(voice->codec, media);
    if (!media->given) {
        snprintf(why, bytes, "%s answered without audio in its SDP", voice->talk->peer.text);
        return 0;
    }
    if (voice->type < 0 || media->ways != SIP_BOTH) {
        snprintf(why, bytes, "%s answered, but %s", voice->talk->peer.text,
                 voice->type < 0 ? "takes no voice of that codec" : "lets no voice both ways");
        return 0;
    }
    if (!may_go(voice, media, &to)) {
        snprintf(why, bytes, "%s wants the voice sent to '%s' port %d, where none may go",
                 voice->talk->peer.text, media->address, media->port);
        return 0;
    }
    voice->to = to.at;
    voice->to_len = to.len;
    voice->began = host->now(host);
    if (host->watch(voice->talk->op, voice->fd, ND_READABLE, readable, voice) != ND_OK ||
        host->after(voice->talk->op, 0, tick, voice) != ND_OK) {
        snprintf(why, bytes, "the voice could not be begun");
        return 0;
    }
    return 1;
}

/* ---- what was heard ---- */

void voice_tell(struct voice *voice, uint32_t first)
{
    struct talk *talk = voice->talk;
    const struct nd_host *host = talk->self->host;
    nd_ns now = host->now(host);
    size_t count = 0;
    size_t back = 0;
    struct nd_voice_quality quality;
    if (voice->codec == NULL || voice->sent == 0)
        return;
    struct nd_voice_packet *packets = calloc((size_t)voice->sent, sizeof *packets);
    double *trips = calloc((size_t)voice->sent, sizeof *trips);
    for (int64_t i = 0; i < voice->count && packets != NULL && trips != NULL; i++) {
        const struct voice_packet *packet = &voice->packets[i];
        if (packet->sent == 0)
            continue;
        packets[count++] = (struct nd_voice_packet){packet->trip != 0, packet->trip};
        if (packet->trip != 0)
            trips[back++] = (double)packet->trip;
    }
    if (count != 0) {
        nd_voice_judge(&voice->how, ND_VOICE_EVERY, packets, count, &quality);
        const double values[] = {
            quality.mos,
            quality.r,
            quality.loss,
            quality.burst_ratio,
            quality.mouth_to_ear,
            back > 1 ? nd_voice_jitter(trips, back) : (double)NAN,
            (double)count,
            voice->heard != 0 ? (double)(voice->heard - talk->began) : (double)NAN};
        for (uint32_t i = 0; i < VOICE_COUNT; i++) {
            if (isfinite(values[i]))
                host->emit(talk->op, first + i, values[i], now);
        }
        if (back == 0)
            host->log(host, ND_WARN,
                      "%s: none of %zu voice packets came back%s; the other end has to echo them",
                      talk->peer.text, count,
                      voice->other != 0 ? ", though somebody speaks there" : "");
    }
    free(packets);
    free(trips);
}
