#include "reflect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* netdrill-reflect: the lab's simulated services, and the far end of probes in the field
 * (`netdrill reflect`). One process a host:
 *
 *     netdrill-reflect web:10.9.0.80:80 dns:10.9.0.53:53 name:www.drill.test=10.9.0.80
 *                      emergency:10.9.0.112:112 echo:10.9.0.7:7 stamp:10.9.0.7:862
 *                      key:/etc/netdrill/stamp.key stamp:[2001:db8::7]:862
 *
 * web: one public information page over HTTP/1.1 (RFC 9110). dns: A answers for the names given
 * (RFC 1035 §4), NXDOMAIN for others. emergency: greets over TCP, echoes over UDP. echo: TCP and
 * UDP echo. stamp: a stateful STAMP session reflector (RFC 8762, RFC 8972), authenticated when a
 * key was named before it. sip: answers calls at once and echoes their voice (RTP, a port of its
 * own), takes messages and registrations, over UDP and TCP (RFC 3261). ngap: a simulated AMF that
 * serves the networks named as plmn:46692 before it (SCTP, TS 38.413). sink: takes octets away and
 * says how many (reach.bulk). inbox: takes reports over HTTP and says how many came, and when
 * (reach.inbox); inbox-tls: over TLS, with the certificate named before it as tls:CERT.pem,KEY.pem.
 * All of them say that they are simulated where they say anything. */

/* VOICE: the echo of a sip service, not to be named. */
enum kind { WEB, DNS, EMERGENCY, ECHO, STAMP, SINK, SIP, NGAP, INBOX, INBOX_TLS, KINDS, VOICE };

static const char *const kind_names[] = {"web",  "dns", "emergency", "echo",  "stamp",
                                         "sink", "sip", "ngap",      "inbox", "inbox-tls"};

#define SLOTS_MAX 512
#define KEYS_MAX  16
#define SECOND    1000000000
#define PIECE     8192 /* a SIP message over TCP, too */

struct slot {
    enum kind kind;
    int listening;
    uint32_t tail;          /* web: the last four octets of the request so far */
    struct sink sink;       /* of a connection to a sink */
    int port, media;        /* sip: ours, and that of voice; inbox: media is its number */
    struct inbox_talk talk; /* of a connection to an inbox */
    size_t held_at, held_len;
    uint8_t held[PIECE]; /* echo: what the other side has not taken back yet */
};

static struct pollfd fds[SLOTS_MAX];
static struct slot slots[SLOTS_MAX];
static nfds_t count;
static volatile sig_atomic_t ended;

static struct stamp_key keys[KEYS_MAX];
static size_t keys_count;

static const char page[] =
    "<!DOCTYPE html><html lang=\"zh-Hant-TW\"><meta charset=\"utf-8\">"
    "<title>演練 EXERCISE: public information</title>"
    "<h1>演練 EXERCISE</h1><p>模擬之公共資訊網頁，非真實事件。</p>"
    "<p lang=\"en\">A simulated public information page. This is an exercise.</p></html>\n";

static void push(int fd, enum kind kind, int listening, int port, int media)
{
    if (count == SLOTS_MAX) {
        close(fd);
        return;
    }
    fds[count] = (struct pollfd){.fd = fd, .events = POLLIN};
    memset(&slots[count], 0, offsetof(struct slot, held));
    slots[count].kind = kind;
    slots[count].port = port;
    slots[count].media = media;
    slots[count++].listening = listening;
}

static int is_inbox(nfds_t i)
{
    return slots[i].kind == INBOX || slots[i].kind == INBOX_TLS;
}

static void drop(nfds_t i)
{
    reflect_tls_end(slots[i].talk.tls);
    close(fds[i].fd);
    fds[i] = fds[--count];
    if (i != count)
        slots[i] = slots[count];
}

/* Returns the port, -1 with errno set. */
static int listen_at(enum kind kind, const char *words, const char *address, int port, int type,
                     int media)
{
    struct sockaddr_storage at = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&at;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&at;
    socklen_t len = sizeof *v4;
    int one = 1;
    if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
    } else if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        len = sizeof *v6;
    } else {
        errno = EINVAL;
        return -1;
    }
    int fd = socket(at.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC,
                    type == SOCK_RAW ? IPPROTO_SCTP : 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (at.ss_family == AF_INET6) /* the IPv4 side is a service of its own */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (type == SOCK_DGRAM)
        reflect_udp_open(fd);
    const struct stamp_key *key = keys_count != 0 ? &keys[keys_count - 1] : NULL;
    if (bind(fd, (struct sockaddr *)&at, len) != 0 ||
        (type == SOCK_STREAM && listen(fd, 512) != 0) ||
        (kind == STAMP && reflect_stamp_open(fd, words, key) != 0)) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    getsockname(fd, (struct sockaddr *)&at, &len);
    push(fd, kind, 1, port, media);
    return ntohs(at.ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
}

/* ---- TCP ---- */

static void accept_one(nfds_t i)
{
    int fd = accept4(fds[i].fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    static const char greeting[] = "119 SIMULATED answering point, EXERCISE\r\n";
    if (fd < 0)
        return;
    if (slots[i].kind == EMERGENCY && send(fd, greeting, sizeof greeting - 1, MSG_NOSIGNAL) < 0)
        close(fd);
    else
        push(fd, slots[i].kind, 0, slots[i].port, slots[i].media);
    if (!is_inbox(i) || fds[count - 1].fd != fd)
        return;
    reflect_inbox_begin(&slots[count - 1].talk);
    if (slots[i].kind == INBOX_TLS && (slots[count - 1].talk.tls = reflect_tls_begin(fd)) == NULL)
        drop(count - 1);
}

/* Ends connections to inboxes that last too long; ns until the next has to end, -1: there is none.
 */
static int64_t end_stale(void)
{
    int64_t next = -1;
    for (nfds_t i = count; i-- > 0;) {
        int64_t left = is_inbox(i) && !slots[i].listening ? reflect_inbox_left(&slots[i].talk) : -1;
        if (left == 0)
            drop(i);
        else if (left > 0 && (next < 0 || left < next))
            next = left;
    }
    return next;
}

static void answer_web(int fd)
{
    char head[256];
    int len = snprintf(head, sizeof head,
                       "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
                       "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                       sizeof page - 1);
    if (send(fd, head, (size_t)len, MSG_NOSIGNAL | MSG_MORE) == len)
        send(fd, page, sizeof page - 1, MSG_NOSIGNAL);
}

/* What came goes back; what the other side does not take now waits, and nothing is read before it
 * is gone. Returns 0 when the connection is over. */
static int give_back(nfds_t i)
{
    struct slot *slot = &slots[i];
    ssize_t put =
        send(fds[i].fd, slot->held + slot->held_at, slot->held_len - slot->held_at, MSG_NOSIGNAL);
    if (put < 0 && errno != EAGAIN && errno != EINTR)
        return 0;
    slot->held_at += put > 0 ? (size_t)put : 0;
    fds[i].events = slot->held_at < slot->held_len ? POLLOUT : POLLIN;
    return 1;
}

/* The page, once the request's head has ended (RFC 9112 §2.1). */
static void hear_request(nfds_t i, size_t len)
{
    for (size_t k = 0; k < len; k++) {
        slots[i].tail = slots[i].tail << 8 | slots[i].held[k];
        if (slots[i].tail == 0x0d0a0d0a) {
            answer_web(fds[i].fd);
            shutdown(fds[i].fd, SHUT_WR); /* and until the other side closes too */
            return;
        }
    }
}

/* A connection with something to read, or room to write; returns 0 when it is over. */
static int serve_stream(nfds_t i)
{
    if (slots[i].kind == SINK)
        return reflect_sink_stream(fds[i].fd, &slots[i].sink);
    if (slots[i].kind == SIP)
        return reflect_sip_stream(fds[i].fd, slots[i].held, &slots[i].held_len, PIECE,
                                  slots[i].media);
    if (is_inbox(i)) {
        int goes_on = reflect_inbox_stream(fds[i].fd, &slots[i].talk, slots[i].held,
                                           &slots[i].held_len, PIECE, slots[i].media);
        fds[i].events = reflect_events(slots[i].talk.tls);
        return goes_on;
    }
    if (slots[i].held_at < slots[i].held_len)
        return give_back(i);
    ssize_t got = recv(fds[i].fd, slots[i].held, PIECE, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 1;
    if (got <= 0)
        return 0;
    if (slots[i].kind == WEB) {
        hear_request(i, (size_t)got);
        return 1;
    }
    slots[i].held_at = 0;
    slots[i].held_len = (size_t)got;
    return give_back(i);
}

/* ---- UDP ---- */

static void serve_datagram(nfds_t i)
{
    struct datagram in;
    if (slots[i].kind == STAMP) {
        reflect_stamp(fds[i].fd);
        return;
    }
    if (slots[i].kind == VOICE) {
        reflect_sip_voice(fds[i].fd);
        return;
    }
    if (slots[i].kind == NGAP) {
        reflect_ngap(fds[i].fd);
        return;
    }
    if (!reflect_receive(fds[i].fd, &in))
        return;
    if (slots[i].kind == SIP) {
        reflect_sip(fds[i].fd, &in, slots[i].port, slots[i].media);
        return;
    }
    if (slots[i].kind == SINK)
        in.len = reflect_sink_datagram(&in);
    else if (slots[i].kind == DNS)
        in.len = reflect_dns(in.bytes, in.len, sizeof in.bytes);
    if (in.len != 0)
        reflect_answer(fds[i].fd, &in, in.len, -1);
}

/* ---- setting up ---- */

static int take_key(const char *path)
{
    char why[400] = "too many keys";
    if (keys_count < KEYS_MAX && stamp_key_read(path, &keys[keys_count], why, sizeof why) == 0) {
        keys_count++;
        return 0;
    }
    fprintf(stderr, "netdrill-reflect: %s\n", why);
    return -2;
}

static int kind_of(const char *text, size_t len)
{
    for (int kind = 0; kind < KINDS; kind++) {
        if (strlen(kind_names[kind]) == len && memcmp(text, kind_names[kind], len) == 0)
            return kind;
    }
    return -1;
}

static int open_service(enum kind kind, const char *words, const char *address, int port)
{
    static int sip;
    static int inboxes;
    int media = 0;
    if (kind == NGAP)
        return reflect_ngap_open(port) == 0 &&
                       listen_at(kind, words, address, port, SOCK_RAW, 0) >= 0
                   ? 0
                   : -1;
    if (kind == SIP && (sip++ == 0 && reflect_sip_open() != 0))
        return -1;
    if (kind == SIP && (media = listen_at(VOICE, words, address, 0, SOCK_DGRAM, 0)) < 0)
        return -1;
    if (kind == INBOX || kind == INBOX_TLS)
        media = inboxes++;
    if (kind == INBOX_TLS && !reflect_tls_ready()) {
        fprintf(stderr,
                "netdrill-reflect: '%s' needs a certificate: put tls:CERT.pem,KEY.pem "
                "before it\n",
                words);
        return -2;
    }
    if (kind != DNS && kind != STAMP &&
        listen_at(kind, words, address, port, SOCK_STREAM, media) < 0)
        return -1;
    return kind == WEB || kind == INBOX || kind == INBOX_TLS ||
                   listen_at(kind, words, address, port, SOCK_DGRAM, media) >= 0
               ? 0
               : -1;
}

/* kind:address:port; the address may hold colons itself, bare or in brackets. Returns -1 with errno
 * set, or -2 when the reason was told. */
static int take_service(const char *text)
{
    const char *first = strchr(text, ':');
    const char *last = strrchr(text, ':');
    char address[64];
    char *end = NULL;
    errno = EINVAL;
    if (first == NULL || strncmp(text, "name:", 5) == 0)
        return first == NULL ? -1 : reflect_dns_name(first + 1);
    if (strncmp(text, "plmn:", 5) == 0)
        return reflect_ngap_plmn(first + 1);
    if (strncmp(text, "key:", 4) == 0)
        return take_key(first + 1);
    if (strncmp(text, "tls:", 4) == 0)
        return reflect_tls_certificate(first + 1);
    int bracketed = first[1] == '[' && last > first + 2 && last[-1] == ']';
    snprintf(address, sizeof address, "%.*s", (int)(last - first) - 1 - 2 * bracketed,
             first + 1 + bracketed);
    int kind = kind_of(text, (size_t)(first - text));
    long port = strtol(last + 1, &end, 10);
    if (first == last || kind < 0 || *end != '\0' || end == last + 1 || port < 1 || port > 65535) {
        errno = EINVAL;
        return -1;
    }
    return open_service((enum kind)kind, text, address, (int)port);
}

static int is_stream(int fd)
{
    int type = 0;
    socklen_t len = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

static void end(int signal)
{
    (void)signal;
    ended = 1;
}

/* Signals come only while we wait; returns the mask to wait with. */
static sigset_t expect_end(void)
{
    const struct sigaction action = {.sa_handler = end};
    sigset_t set;
    sigset_t before;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, &before);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigdelset(&before, SIGTERM);
    sigdelset(&before, SIGINT);
    return before;
}

static void serve(void)
{
    for (nfds_t i = count; i-- > 0;) {
        if (fds[i].revents == 0)
            continue;
        fds[i].revents = 0;
        if (!is_stream(fds[i].fd))
            serve_datagram(i);
        else if (slots[i].listening)
            accept_one(i);
        else if (!serve_stream(i))
            drop(i);
    }
}

int main(int argc, char **argv)
{
    prctl(PR_SET_NAME, "netdrill-reflec");
    for (int i = 1; i < argc; i++) {
        int taken = take_service(argv[i]);
        if (taken == -1)
            fprintf(
                stderr,
                "netdrill-reflect: cannot serve '%s': %s; expected KIND:ADDRESS:PORT with KIND "
                "web, dns, emergency, echo, stamp, sink, sip, inbox, inbox-tls or ngap (after its "
                "plmn:46692 ...), or name:NAME=ADDRESS, key:FILE, or tls:CERT.pem,KEY.pem\n",
                argv[i], strerror(errno));
        if (taken != 0)
            return 1;
    }
    sigset_t mask = expect_end();
    puts("netdrill-reflect: ready");
    fflush(stdout);
    while (!ended) {
        int64_t due = reflect_sip_again();
        int64_t sctp_due = reflect_ngap_again();
        int64_t inbox_due = end_stale();
        if (due < 0 || (sctp_due >= 0 && sctp_due < due))
            due = sctp_due;
        if (due < 0 || (inbox_due >= 0 && inbox_due < due))
            due = inbox_due;
        const struct timespec wait = {due / SECOND, due % SECOND};
        int ready = ppoll(fds, count, due < 0 ? NULL : &wait, &mask);
        if (ready < 0 && errno != EINTR)
            return 1;
        if (ready > 0)
            serve();
    }
    reflect_stamp_report();
    reflect_sip_report();
    reflect_ngap_report();
    reflect_inbox_report();
    reflect_tls_report();
    return 0;
}
