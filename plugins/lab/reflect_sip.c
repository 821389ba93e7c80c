#include "../common/sip_message.h"
#include "reflect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A simulated other end of SIP: whoever calls is answered at once, his voice echoed; messages and
 * registrations are taken, and go nowhere. What a call is about stands in its tag, so that little
 * is kept: who may be echoed, and what has not been acknowledged yet. */

#define CALLS_MAX   1024
#define IDLE        300000000000LL /* ns: a call that nothing was heard of for so long is over */
#define UNHEARD_MAX 64
#define T1          500000000LL /* ns (RFC 3261 §17.1.1.1) */
#define T2          4000000000LL
#define TAG_BYTES   crypto_shorthash_BYTES
#define SERVER      "Server: netdrill (simulated, exercise)\r\n"
#define ALLOW       "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, REGISTER\r\n"

struct call {
    uint8_t tag[TAG_BYTES];
    struct in6_addr caller, media; /* IPv4 ones mapped */
    int64_t heard;                 /* 0: free */
};

/* An answer to an INVITE, sent again until it is acknowledged (RFC 3261 §13.3.1.4). */
struct unheard {
    uint8_t tag[TAG_BYTES];
    int fd;
    struct datagram answer;
    int64_t next, wait, ends; /* ends: 0: free */
};

static struct call calls[CALLS_MAX];
static struct unheard unheards[UNHEARD_MAX];
static uint8_t key[crypto_shorthash_KEYBYTES];
static struct {
    long answered, refused, ended, messages, voice;
} told;

/* ---- who ---- */

static struct in6_addr mapped(const void *v4)
{
    struct in6_addr at = {.s6_addr = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};
    memcpy(at.s6_addr + 12, v4, 4);
    return at;
}

static struct in6_addr address_of(const void *from)
{
    const struct sockaddr_in6 *at = from;
    return at->sin6_family == AF_INET6 ? at->sin6_addr
                                       : mapped(&((const struct sockaddr_in *)from)->sin_addr);
}

/* What a call is known by, to us alone. */
static void tag_of(const struct sip_answer *request, uint8_t tag[TAG_BYTES], char text[20])
{
    char who[160];
    int len = snprintf(who, sizeof who, "%s %s", request->call_id, request->from_tag);
    crypto_shorthash(tag, (const uint8_t *)who, (unsigned long long)len, key);
    sodium_bin2hex(text, 2 * TAG_BYTES + 1, tag, TAG_BYTES);
}

static struct call *find(const uint8_t tag[TAG_BYTES])
{
    for (size_t i = 0; i < CALLS_MAX; i++) {
        if (calls[i].heard != 0 && memcmp(calls[i].tag, tag, TAG_BYTES) == 0)
            return &calls[i];
    }
    return NULL;
}

/* A place for a call, its own or another; NULL: there is none. */
static struct call *place(const uint8_t tag[TAG_BYTES], int64_t now)
{
    struct call *call = find(tag);
    for (size_t i = 0; i < CALLS_MAX && call == NULL; i++) {
        if (calls[i].heard == 0 || now - calls[i].heard > IDLE)
            call = &calls[i];
    }
    return call;
}

static void acknowledged(const uint8_t tag[TAG_BYTES])
{
    for (size_t i = 0; i < UNHEARD_MAX; i++) {
        if (unheards[i].ends != 0 && memcmp(unheards[i].tag, tag, TAG_BYTES) == 0)
            unheards[i].ends = 0;
    }
}

/* ---- what is said ---- */

/* One end asks for what the other offers (RFC 3264 §6.1). */
static void answer_sdp(const struct sip_media *offer, const char *address, int port,
                       char sdp[SIP_SDP])
{
    static const enum sip_ways ours[] = {SIP_BOTH, SIP_RECEIVES, SIP_SENDS, SIP_NEITHER};
    const char *family = strchr(address, ':') != NULL ? "IP6" : "IP4";
    const struct sip_format *format = &offer->format[0];
    char rtpmap[64] = "";
    if (format->rtpmap[0] != '\0')
        snprintf(rtpmap, sizeof rtpmap, "a=rtpmap:%d %s\r\n", format->type, format->rtpmap);
    snprintf(sdp, SIP_SDP,
             "v=0\r\no=netdrill-reflect 1 1 IN %s %s\r\ns=exercise\r\nc=IN %s %s\r\nt=0 0\r\n"
             "m=audio %d RTP/AVP %d\r\n%sa=%s\r\n",
             family, address, family, address, port, format->type, rtpmap,
             sip_ways_names[ours[offer->ways]]);
}

/* Status and further lines for a namespace that we are asked to know (RFC 4412 §4.6.2). */
static const char *refusal(const struct sip_answer *request)
{
    struct sip_rank rank;
    if (request->requires)
        return "420 Bad Extension";
    return request->priority[0] != '\0' && !sip_rank(request->priority, &rank)
               ? "417 Unknown Resource-Priority"
               : NULL;
}

/* ---- requests ---- */

struct asked {
    const char *text;
    size_t len;
    struct sip_answer request;
    uint8_t tag[TAG_BYTES];
    char tag_text[20], contact[96];
    char address[INET6_ADDRSTRLEN]; /* ours, that was asked */
    int port, media;                /* ours, of SIP and of RTP */
    struct in6_addr from;
    int tcp, accepted; /* accepted: an INVITE */
};

static size_t say(const struct asked *asked, const struct sip_reply *how, char *out)
{
    struct sip_reply reply = *how;
    reply.to_tag = asked->request.to_tag[0] == '\0' ? asked->tag_text : NULL;
    reply.more = reply.more != NULL ? reply.more : SERVER;
    return sip_reply(asked->text, asked->len, &reply, out);
}

static size_t say_status(const struct asked *asked, const char *status, char *out)
{
    const struct sip_reply reply = {.status = status};
    return say(asked, &reply, out);
}

static size_t take_invite(struct asked *asked, char *out)
{
    const struct sip_media *offer = &asked->request.media;
    /* Without an offer we make one (RFC 3261 §13.3.1.4). */
    static const struct sip_media plain = {.format = {{0, "PCMU/8000"}}, .formats = 1};
    char sdp[SIP_SDP];
    int64_t now = reflect_wall();
    struct call *call = place(asked->tag, now);
    int none = offer->streams == 0;
    if (!none && (offer->streams != 1 || !offer->given || offer->formats == 0)) {
        told.refused++;
        return say_status(asked, "488 Not Acceptable Here", out);
    }
    if (call == NULL) {
        told.refused++;
        return say_status(asked, "486 Busy Here", out);
    }
    told.answered += find(asked->tag) == NULL;
    *call = (struct call){.caller = asked->from, .media = asked->from, .heard = now};
    memcpy(call->tag, asked->tag, TAG_BYTES);
    struct in_addr v4;
    if (inet_pton(AF_INET, offer->address, &v4) == 1)
        call->media = mapped(&v4);
    else
        inet_pton(AF_INET6, offer->address, &call->media);
    answer_sdp(none ? &plain : offer, asked->address, asked->media, sdp);
    const struct sip_reply reply = {
        .status = "200 OK", .contact = asked->contact, .more = SERVER ALLOW, .body = sdp};
    asked->accepted = 1;
    return say(asked, &reply, out);
}

static size_t take_bye(struct asked *asked, char *out)
{
    struct call *call = find(asked->tag);
    if (call == NULL || strcmp(asked->request.to_tag, asked->tag_text) != 0)
        return say_status(asked, "481 Call Does Not Exist", out);
    call->heard = 0;
    told.ended++;
    acknowledged(asked->tag);
    return say_status(asked, "200 OK", out);
}

/* A simulated registrar: it takes everybody, for as long as he asks. */
static size_t take_register(struct asked *asked, char *out)
{
    char more[SIP_URI + 120];
    snprintf(more, sizeof more, SERVER "Contact: <%s>;expires=%ld\r\n", asked->request.contact,
             asked->request.expires >= 0 ? asked->request.expires : 3600);
    const struct sip_reply reply = {
        .status = "200 OK",
        .more = asked->request.contact[0] != '\0' && asked->request.expires != 0 ? more : NULL};
    return say(asked, &reply, out);
}

static size_t take_request(struct asked *asked, char *out)
{
    const char *method = asked->request.method;
    const char *no = refusal(&asked->request);
    const struct sip_reply abilities = {.status = "200 OK", .more = SERVER ALLOW};
    if (strcmp(method, "ACK") == 0) {
        acknowledged(asked->tag);
        return 0;
    }
    if (strcmp(method, "BYE") == 0)
        return take_bye(asked, out);
    if (strcmp(method, "CANCEL") == 0) /* always too late */
        return say_status(asked, "200 OK", out);
    if (no != NULL)
        return say_status(asked, no, out);
    if (strcmp(method, "INVITE") == 0)
        return take_invite(asked, out);
    if (strcmp(method, "REGISTER") == 0)
        return take_register(asked, out);
    told.messages += strcmp(method, "MESSAGE") == 0;
    if (strcmp(method, "MESSAGE") == 0)
        return say_status(asked, "200 OK", out);
    if (strcmp(method, "OPTIONS") == 0)
        return say(asked, &abilities, out);
    return say_status(asked, "501 Not Implemented", out);
}

/* The answer to a message; 0: none is due. */
static size_t take_message(struct asked *asked, char *out)
{
    int v6 = strchr(asked->address, ':') != NULL;
    if (!sip_read(asked->text, asked->len, &asked->request) || asked->request.status != 0)
        return 0;
    tag_of(&asked->request, asked->tag, asked->tag_text);
    snprintf(asked->contact, sizeof asked->contact,
             v6 ? "sip:netdrill@[%s]:%d%s" : "sip:netdrill@%s:%d%s", asked->address, asked->port,
             asked->tcp ? ";transport=tcp" : "");
    return take_request(asked, out);
}

/* ---- datagrams ---- */

static void keep_saying(const struct asked *asked, int fd, const struct datagram *answer)
{
    int64_t now = reflect_wall();
    acknowledged(asked->tag);
    for (size_t i = 0; i < UNHEARD_MAX; i++) {
        struct unheard *unheard = &unheards[i];
        if (unheard->ends != 0)
            continue;
        *unheard = (struct unheard){
            .fd = fd, .answer = *answer, .next = now + T1, .wait = T1, .ends = now + 64 * T1};
        memcpy(unheard->tag, asked->tag, TAG_BYTES);
        return;
    }
}

void reflect_sip(int fd, struct datagram *in, int port, int media)
{
    struct asked asked = {
        .text = (const char *)in->bytes, .len = in->len, .port = port, .media = media};
    char out[SIP_BYTES];
    int v6 = in->from.sin6_family == AF_INET6;
    inet_ntop(in->from.sin6_family, v6 ? (void *)&in->asked6.ipi6_addr : &in->asked4.ipi_addr,
              asked.address, sizeof asked.address);
    asked.from = address_of(&in->from);
    if (in->cut)
        return;
    size_t len = take_message(&asked, out);
    if (len == 0 || len > sizeof in->bytes)
        return;
    memcpy(in->bytes, out, len);
    in->len = len;
    reflect_answer(fd, in, len, -1);
    if (asked.accepted)
        keep_saying(&asked, fd, in);
}

void reflect_sip_voice(int fd)
{
    struct datagram in;
    int64_t now = reflect_wall();
    if (!reflect_receive(fd, &in) || in.cut || in.len < 12 || in.bytes[0] >> 6 != 2)
        return;
    struct in6_addr from = address_of(&in.from);
    for (size_t i = 0; i < CALLS_MAX; i++) {
        struct call *call = &calls[i];
        if (call->heard == 0 || now - call->heard > IDLE ||
            (!IN6_ARE_ADDR_EQUAL(&call->caller, &from) && !IN6_ARE_ADDR_EQUAL(&call->media, &from)))
            continue;
        call->heard = now;
        told.voice++;
        reflect_answer(fd, &in, in.len, in.class & 0xfc);
        return;
    }
}

int64_t reflect_sip_again(void)
{
    int64_t now = reflect_wall();
    int64_t least = -1;
    for (size_t i = 0; i < UNHEARD_MAX; i++) {
        struct unheard *unheard = &unheards[i];
        if (unheard->ends != 0 && unheard->next <= now) {
            reflect_answer(unheard->fd, &unheard->answer, unheard->answer.len, -1);
            unheard->wait = unheard->wait * 2 < T2 ? unheard->wait * 2 : T2;
            unheard->next = now + unheard->wait;
            unheard->ends = now > unheard->ends ? 0 : unheard->ends;
        }
        if (unheard->ends != 0 && (least < 0 || unheard->next - now < least))
            least = unheard->next - now;
    }
    return least;
}

/* ---- connections ---- */

int reflect_sip_stream(int fd, uint8_t *held, size_t *len, size_t room, int media)
{
    struct sockaddr_in6 own = {0};
    struct sockaddr_in6 from = {0};
    socklen_t own_len = sizeof own;
    socklen_t from_len = sizeof from;
    ssize_t got = recv(fd, held + *len, room - *len, 0);
    if (got <= 0)
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    *len += (size_t)got;
    getsockname(fd, (struct sockaddr *)&own, &own_len);
    getpeername(fd, (struct sockaddr *)&from, &from_len);
    size_t used = 0;
    while (used < *len) {
        struct asked asked = {.text = (const char *)held + used, .media = media, .tcp = 1};
        char out[SIP_BYTES];
        asked.len = sip_frame(held + used, *len - used);
        if (asked.len == SIP_NONSENSE || asked.len > room)
            return 0;
        if (asked.len == 0 || asked.len > *len - used)
            break;
        int v6 = own.sin6_family == AF_INET6;
        inet_ntop(own.sin6_family,
                  v6 ? (void *)&own.sin6_addr : &((struct sockaddr_in *)&own)->sin_addr,
                  asked.address, sizeof asked.address);
        asked.port = ntohs(own.sin6_port); /* at the same place in both families */
        asked.from = address_of(&from);
        size_t size = take_message(&asked, out);
        /* Who does not read his answers has none. */
        if (size != 0 && send(fd, out, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size)
            return 0;
        used += asked.len;
    }
    *len -= used;
    memmove(held, held + used, *len);
    return 1;
}

/* ---- beginning and end ---- */

int reflect_sip_open(void)
{
    if (sodium_init() < 0)
        return -1;
    sip_init();
    crypto_shorthash_keygen(key);
    return 0;
}

void reflect_sip_report(void)
{
    if (told.answered + told.refused + told.messages != 0)
        printf("sip: %ld calls answered, %ld refused, %ld ended; %ld voice packets sent back; %ld "
               "messages\n",
               told.answered, told.refused, told.ended, told.voice, told.messages);
}
