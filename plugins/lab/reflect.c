#include "reflect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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
 *
 * web: one public information page over HTTP/1.1 (RFC 9110). dns: A answers for the names given
 * (RFC 1035 §4), NXDOMAIN for others. emergency: greets over TCP, echoes over UDP. echo: TCP and
 * UDP echo. stamp: a stateful STAMP session reflector (RFC 8762). All of them say that they are
 * simulated where they say anything. sink: takes octets away and says how many (reach.bulk). */

enum kind { WEB, DNS, EMERGENCY, ECHO, STAMP, SINK, KINDS };

static const char *const kind_names[] = {"web", "dns", "emergency", "echo", "stamp", "sink"};

#define SLOTS_MAX 512
#define NAMES_MAX 32

struct slot {
    enum kind kind;
    int listening;
    struct sink sink; /* of a connection to a sink */
};

static struct pollfd fds[SLOTS_MAX];
static struct slot slots[SLOTS_MAX];
static nfds_t count;

static struct {
    char name[128];
    uint8_t address[4];
} names[NAMES_MAX];
static size_t names_count;

static const char page[] =
    "<!DOCTYPE html><html lang=\"zh-Hant-TW\"><meta charset=\"utf-8\">"
    "<title>演練 EXERCISE: public information</title>"
    "<h1>演練 EXERCISE</h1><p>模擬之公共資訊網頁，非真實事件。</p>"
    "<p lang=\"en\">A simulated public information page. This is an exercise.</p></html>\n";

static void push(int fd, enum kind kind, int listening)
{
    if (count == SLOTS_MAX) {
        close(fd);
        return;
    }
    fds[count] = (struct pollfd){.fd = fd, .events = POLLIN};
    slots[count++] = (struct slot){.kind = kind, .listening = listening};
}

static void drop(nfds_t i)
{
    close(fds[i].fd);
    fds[i] = fds[--count];
    slots[i] = slots[count];
}

static int listen_at(enum kind kind, const char *address, int port, int type)
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
        return -1;
    }
    int fd = socket(at.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&at, len) != 0 ||
        (type == SOCK_STREAM && listen(fd, 64) != 0)) {
        close(fd);
        return -1;
    }
    if (kind == STAMP)
        reflect_stamp_open(fd);
    push(fd, kind, 1);
    return 0;
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
        push(fd, slots[i].kind, 0);
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

/* A connection with something to read; returns 0 when it is over. */
static int serve_stream(nfds_t i)
{
    char bytes[4096];
    if (slots[i].kind == SINK)
        return reflect_sink_stream(fds[i].fd, &slots[i].sink);
    ssize_t got = recv(fds[i].fd, bytes, sizeof bytes, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 1;
    if (got <= 0)
        return 0;
    if (slots[i].kind == WEB) {
        answer_web(fds[i].fd);
        shutdown(fds[i].fd, SHUT_WR);
        return 1; /* until the other side closes too */
    }
    return send(fds[i].fd, bytes, (size_t)got, MSG_NOSIGNAL) == got;
}

/* ---- UDP ---- */

/* The name of the question in dotted lower case; octets used, 0 when it is malformed. */
static size_t read_name(const uint8_t *query, size_t len, char *name, size_t bytes)
{
    size_t at = 12;
    size_t out = 0;
    while (at < len && query[at] != 0) {
        size_t label = query[at++];
        if (label > 63 || at + label >= len || out + label + 2 > bytes)
            return 0;
        for (size_t i = 0; i < label; i++) {
            uint8_t c = query[at + i];
            name[out++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        }
        name[out++] = '.';
        at += label;
    }
    name[out > 0 ? out - 1 : 0] = '\0';
    return at < len ? at + 1 : 0;
}

/* Makes the answer in place; its length, 0: none. */
static size_t answer_dns(uint8_t *query, size_t len, size_t room)
{
    char name[256];
    size_t end = len >= 17 && (query[2] & 0x80) == 0 ? read_name(query, len, name, sizeof name) : 0;
    if (end == 0 || end + 4 > len || query[4] != 0 || query[5] != 1)
        return 0;
    size_t hit = 0;
    while (hit < names_count && strcmp(names[hit].name, name) != 0)
        hit++;
    int is_a = query[end] == 0 && query[end + 1] == 1;
    len = end + 4;
    query[2] = (uint8_t)(0x84 | (query[2] & 0x01)); /* response, authoritative */
    query[3] = hit == names_count ? 3 : 0;          /* NXDOMAIN, or no error */
    memset(query + 6, 0, 6);
    if (hit == names_count || !is_a || len + 16 > room)
        return len;
    static const uint8_t record[12] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4}; /* TTL 5 s */
    query[7] = 1;
    memcpy(query + len, record, sizeof record);
    memcpy(query + len + sizeof record, names[hit].address, 4);
    return len + 16;
}

static void serve_datagram(nfds_t i)
{
    uint8_t bytes[2048];
    struct sockaddr_storage from;
    socklen_t from_len = sizeof from;
    if (slots[i].kind == STAMP) {
        reflect_stamp(fds[i].fd);
        return;
    }
    if (slots[i].kind == SINK) {
        reflect_sink_datagram(fds[i].fd);
        return;
    }
    ssize_t got = recvfrom(fds[i].fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &from_len);
    size_t len = got > 0 ? (size_t)got : 0;
    if (slots[i].kind == DNS)
        len = answer_dns(bytes, len, sizeof bytes);
    if (len != 0)
        sendto(fds[i].fd, bytes, len, MSG_NOSIGNAL, (struct sockaddr *)&from, from_len);
}

/* ---- setting up ---- */

static int take_name(const char *text)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || names_count == NAMES_MAX ||
        inet_pton(AF_INET, equals + 1, names[names_count].address) != 1)
        return -1;
    snprintf(names[names_count++].name, sizeof names[0].name, "%.*s", (int)(equals - text), text);
    return 0;
}

/* kind:address:port; the address may hold colons itself. */
static int take_service(const char *text)
{
    const char *first = strchr(text, ':');
    const char *last = strrchr(text, ':');
    char address[64];
    if (first == NULL || first == last)
        return -1;
    if (strncmp(text, "name:", 5) == 0)
        return take_name(first + 1);
    snprintf(address, sizeof address, "%.*s", (int)(last - first - 1), first + 1);
    for (int kind = 0; kind < KINDS; kind++) {
        if (strncmp(text, kind_names[kind], (size_t)(first - text)) != 0)
            continue;
        int port = atoi(last + 1);
        if (kind != DNS && kind != STAMP &&
            listen_at((enum kind)kind, address, port, SOCK_STREAM) != 0)
            return -1;
        if (kind != WEB && listen_at((enum kind)kind, address, port, SOCK_DGRAM) != 0)
            return -1;
        return 0;
    }
    return -1;
}

static int is_stream(int fd)
{
    int type = 0;
    socklen_t len = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

int main(int argc, char **argv)
{
    prctl(PR_SET_NAME, "netdrill-reflec");
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "name:", 5) == 0 ? take_name(argv[i] + 5) : take_service(argv[i])) {
            fprintf(stderr, "netdrill-reflect: cannot serve '%s': %s\n", argv[i], strerror(errno));
            return 1;
        }
    }
    puts("netdrill-reflect: ready");
    fflush(stdout);
    for (;;) {
        if (poll(fds, count, -1) < 0 && errno != EINTR)
            return 1;
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
}
