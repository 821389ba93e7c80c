#include "reflect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* inbox: a simulated reporting system over HTTP/1.1 (RFC 9110, RFC 9112), in clear or over TLS.
 * POST or PUT at any path is a report: it is counted when its last octet is there, and its text is
 * thrown away; GET says how many came at that path, and when. What it holds is bounded: paths,
 * octets of a report, the time of a connection. One request a connection. */

#define PATHS_MAX   256
#define LATEST_MAX  16
#define REPORT_MAX  (1 << 20)
#define REPLY_BYTES 4096
#define SECOND      1000000000

static struct inbox_path {
    int inbox;
    char name[INBOX_PATH_MAX + 1];
    int64_t reports, last; /* last: monotonic */
    struct {
        time_t at;
        int64_t octets;
    } latest[LATEST_MAX]; /* report number n at n % LATEST_MAX */
} paths[PATHS_MAX];
static size_t paths_count;

static int64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * SECOND + ts.tv_nsec;
}

int64_t reflect_inbox_left(const struct inbox_talk *talk)
{
    int64_t left = talk->till - now_ns();
    return left > 0 ? left : 0;
}

void reflect_inbox_begin(struct inbox_talk *talk)
{
    talk->till = now_ns() + INBOX_TALK_SECONDS * (int64_t)SECOND;
}

/* ---- requests ---- */

/* METHOD SP /path[?query] SP HTTP/1.x; 0, or the status it is refused with. */
static int read_first_line(const char *line, size_t len, struct inbox_request *request)
{
    const char *path = memchr(line, ' ', len);
    size_t method = path != NULL ? (size_t)(path - line) : 0;
    const char *end = path != NULL ? memchr(path + 1, ' ', len - method - 1) : NULL;
    if (end == NULL || (size_t)(line + len - end) != 9 || memcmp(end, " HTTP/1.", 8) != 0 ||
        path[1] != '/')
        return 400;
    path++;
    size_t path_len = 0;
    while (path + path_len < end && path[path_len] != '?') {
        if (path[path_len] < '!' || path[path_len] > '~')
            return 400;
        path_len++;
    }
    if (path_len > INBOX_PATH_MAX)
        return 414;
    memcpy(request->path, path, path_len);
    request->path[path_len] = '\0';
    request->gives = (method == 4 && memcmp(line, "POST", 4) == 0) ||
                     (method == 3 && memcmp(line, "PUT", 3) == 0);
    request->bare = method == 4 && memcmp(line, "HEAD", 4) == 0;
    int asks = method == 3 && memcmp(line, "GET", 3) == 0;
    return request->gives || request->bare || asks ? 0 : 405;
}

/* The value of a field when it has that name (lower case, with the colon), else NULL. */
static const char *value_of(const char *line, size_t len, const char *name, size_t *left)
{
    size_t name_len = strlen(name);
    if (len < name_len || strncasecmp(line, name, name_len) != 0)
        return NULL;
    while (name_len < len && (line[name_len] == ' ' || line[name_len] == '\t'))
        name_len++;
    while (len > name_len && (line[len - 1] == ' ' || line[len - 1] == '\t'))
        len--;
    *left = len - name_len;
    return line + name_len;
}

static int read_field(const char *line, size_t len, struct inbox_request *request)
{
    size_t left = 0;
    const char *value = value_of(line, len, "content-length:", &left);
    if (value != NULL) {
        int64_t length = 0;
        if (left == 0 || left > 15 || request->length >= 0)
            return 400;
        for (size_t i = 0; i < left; i++) {
            if (value[i] < '0' || value[i] > '9')
                return 400;
            length = length * 10 + value[i] - '0';
        }
        request->length = length;
    }
    if (value_of(line, len, "transfer-encoding:", &left) != NULL)
        return 411; /* a length is asked for: no chunks are taken */
    value = value_of(line, len, "expect:", &left);
    request->waits |= value != NULL && left == 12 && strncasecmp(value, "100-continue", 12) == 0;
    return 0;
}

int inbox_read(const char *head, size_t len, struct inbox_request *request)
{
    size_t at = 0;
    int status = 0;
    *request = (struct inbox_request){.length = -1};
    for (int first = 1; at < len && status == 0; first = 0) {
        const char *end = memmem(head + at, len - at, "\r\n", 2);
        size_t line = end != NULL ? (size_t)(end - head) - at : len - at;
        status = first ? read_first_line(head + at, line, request)
                       : read_field(head + at, line, request);
        at += line + 2;
    }
    if (status == 0 && request->gives)
        status = request->length < 0 ? 411 : request->length > REPORT_MAX ? 413 : 0;
    return len == 0 ? 400 : status;
}

/* ---- answers ---- */

static void answer(int fd, struct inbox_talk *talk, int status, int bare, const char *text)
{
    static const struct {
        int status;
        const char *words;
    } known[] = {{200, "OK"},
                 {201, "Created"},
                 {400, "Bad Request"},
                 {405, "Method Not Allowed"},
                 {411, "Length Required"},
                 {413, "Content Too Large"},
                 {414, "URI Too Long"},
                 {431, "Request Header Fields Too Large"},
                 {507, "Insufficient Storage"}};
    char reply[REPLY_BYTES];
    size_t i = 0;
    while (known[i].status != status)
        i++;
    char body[REPLY_BYTES / 2];
    int body_len = snprintf(body, sizeof body, "演練 EXERCISE, a SIMULATED inbox\n%s%s",
                            text != NULL ? text : known[i].words, text != NULL ? "" : "\n");
    int len =
        snprintf(reply, sizeof reply,
                 "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
                 "X-Exercise: true\r\nCache-Control: no-store\r\n%sContent-Length: %d\r\n"
                 "Connection: close\r\n\r\n%s",
                 status, known[i].words, status == 405 ? "Allow: GET, HEAD, POST, PUT\r\n" : "",
                 body_len, bare ? "" : body);
    reflect_send(talk->tls, fd, reply, (size_t)len);
    reflect_say_no_more(talk->tls, fd); /* and until the other side closes too, or its time is up */
    talk->answered = 1;
}

static struct inbox_path *find(int inbox, const char *name)
{
    for (size_t i = 0; i < paths_count; i++) {
        if (paths[i].inbox == inbox && strcmp(paths[i].name, name) == 0)
            return &paths[i];
    }
    return NULL;
}

static void show(int fd, struct inbox_talk *talk, int inbox, const struct inbox_request *request)
{
    char text[REPLY_BYTES / 2 - 64];
    const struct inbox_path *path = find(inbox, request->path);
    int64_t reports = path != NULL ? path->reports : 0;
    size_t used = (size_t)snprintf(text, sizeof text, "path %s\nreports %lld\n", request->path,
                                   (long long)reports);
    if (path != NULL)
        used += (size_t)snprintf(text + used, sizeof text - used, "ago_ns %lld\n",
                                 (long long)(now_ns() - path->last));
    for (int64_t n = reports; n > 0 && n > reports - LATEST_MAX; n--) {
        char at[32];
        struct tm tm;
        gmtime_r(&path->latest[n % LATEST_MAX].at, &tm);
        strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", &tm);
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "report %lld at %s, %lld octets\n",
                             (long long)n, at, (long long)path->latest[n % LATEST_MAX].octets);
    }
    answer(fd, talk, 200, request->bare, text);
}

/* All of a report is there. */
static void keep(int fd, struct inbox_talk *talk, int inbox)
{
    char text[INBOX_PATH_MAX + 64];
    struct inbox_path *path = find(inbox, talk->path);
    if (path == NULL && paths_count == PATHS_MAX) {
        answer(fd, talk, 507, 0, "there are too many paths\n");
        return;
    }
    if (path == NULL) {
        path = &paths[paths_count++];
        path->inbox = inbox;
        memcpy(path->name, talk->path, sizeof path->name);
    }
    path->last = now_ns();
    path->reports++;
    path->latest[path->reports % LATEST_MAX].at = time(NULL);
    path->latest[path->reports % LATEST_MAX].octets = talk->octets;
    snprintf(text, sizeof text, "report %lld at %s\n", (long long)path->reports, path->name);
    answer(fd, talk, 201, 0, text);
}

/* ---- a connection ---- */

static void hear_head(int fd, struct inbox_talk *talk, uint8_t *held, size_t *len, size_t room,
                      int inbox)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct inbox_request request;
    const uint8_t *end = memmem(held, *len, "\r\n\r\n", 4);
    if (end == NULL) {
        if (*len == room)
            answer(fd, talk, 431, 0, NULL);
        return;
    }
    size_t head = (size_t)(end - held) + 4;
    int status = inbox_read((const char *)held, head - 4, &request);
    if (status != 0) {
        answer(fd, talk, status, request.bare, NULL);
        return;
    }
    if (!request.gives) {
        show(fd, talk, inbox, &request);
        return;
    }
    talk->taking = 1;
    talk->left = talk->octets = request.length;
    memcpy(talk->path, request.path, sizeof talk->path);
    *len -= head;
    memmove(held, held + head, *len);
    if (request.waits && *len == 0)
        reflect_send(talk->tls, fd, go_on, sizeof go_on - 1);
}

static int hear(int fd, struct inbox_talk *talk, uint8_t *held, size_t *len, size_t room, int inbox)
{
    if (talk->answered)
        *len = 0; /* what comes now is for nobody */
    ssize_t got = reflect_recv(talk->tls, fd, held + *len, room - *len);
    if (got <= 0)
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    *len += (size_t)got;
    if (!talk->taking && !talk->answered)
        hear_head(fd, talk, held, len, room, inbox);
    if (talk->taking && !talk->answered) {
        talk->left -= (int64_t)*len < talk->left ? (int64_t)*len : talk->left;
        *len = 0;
        if (talk->left == 0)
            keep(fd, talk, inbox);
    }
    return 1;
}

int reflect_inbox_stream(int fd, struct inbox_talk *talk, uint8_t *held, size_t *len, size_t room,
                         int inbox)
{
    int goes_on = hear(fd, talk, held, len, room, inbox);
    while (goes_on && reflect_waits(talk->tls))
        goes_on = hear(fd, talk, held, len, room, inbox);
    return goes_on;
}

void reflect_inbox_report(void)
{
    int64_t reports = 0;
    for (size_t i = 0; i < paths_count; i++)
        reports += paths[i].reports;
    if (paths_count != 0)
        printf("inbox: %lld reports at %zu paths\n", (long long)reports, paths_count);
}
