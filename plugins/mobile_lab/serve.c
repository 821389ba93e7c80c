#include "mobile.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* netdrill-mobile DIRECTORY SEED NETWORKS CELLS HANDSETS: the simulated network as a process. In
 * DIRECTORY it makes a link to a tty for each handset, and the socket `control`, which takes lines
 * (get, set, cells, census, end). The last three are JSON objects as the site file has them. It
 * goes into the background once all is there; what is wrong it says on stderr before. */

#define LINE_BYTES 1024
#define OUT_BYTES  4096
#define CLIENTS    16

struct tty {
    struct at_side side;
    int fd, keep; /* keep: the other side held open, so that a user's going is no hang-up */
    char heard[256], late[OUT_BYTES];
    size_t heard_len;
    int64_t late_at; /* MOBILE_NEVER: nothing is waited for */
};

struct client {
    int fd; /* -1: free */
    char heard[LINE_BYTES];
    size_t heard_len;
};

struct server {
    struct mobile mobile;
    struct tty ttys[MOBILE_HANDSETS];
    struct client clients[CLIENTS];
    struct pollfd polled[MOBILE_HANDSETS + CLIENTS + 1];
    char dir[256];
    int control, ended;
};

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

/* ---- what the site file says ---- */

/* A text "key=value ...", or an object of keys and values. */
static void settings_text(const json_t *item, char text[MOBILE_TEXT])
{
    const char *key = NULL;
    json_t *value = NULL;
    size_t len = 0;
    text[0] = '\0';
    if (json_is_string(item))
        snprintf(text, MOBILE_TEXT, "%s", json_string_value(item));
    json_object_foreach((json_t *)item, key, value)
    {
        char number[32];
        snprintf(number, sizeof number, "%lld",
                 json_is_boolean(value) ? (long long)json_is_true(value)
                                        : (long long)json_integer_value(value));
        len += (size_t)snprintf(text + len, MOBILE_TEXT - len, "%s=%s ", key,
                                json_is_string(value) ? json_string_value(value) : number);
        if (len >= MOBILE_TEXT)
            die(key, "the settings are too long");
    }
}

/* Networks, or cells: makes each and sets it. */
static void make_things(struct mobile *m, const json_t *list, const char *what,
                        int (*make)(struct mobile *m, const char *name, int make),
                        int (*set)(struct mobile *m, int index, const char *settings, char *why))
{
    const char *name = NULL;
    json_t *item = NULL;
    json_object_foreach((json_t *)list, name, item)
    {
        char text[MOBILE_TEXT];
        char why[MOBILE_WHY_BYTES] = "";
        int index = make(m, name, 1);
        settings_text(item, text);
        if (index < 0)
            die(name, "no name for it, or one too many");
        if (set(m, index, text, why) != 0)
            die(what, why);
    }
}

static int flag_of(const json_t *item, const char *key, int otherwise)
{
    const json_t *value = json_object_get(item, key);
    if (json_is_boolean(value))
        return json_is_true(value);
    return json_is_integer(value) ? json_integer_value(value) != 0 : otherwise;
}

/* {"jia": {"network": "jia", "count": 20, "mint": true, "data_roaming": false}}: jia-0 to jia-19 */
static void make_handsets(struct mobile *m, const json_t *list)
{
    const char *name = NULL;
    const char *key = NULL;
    json_t *item = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)list, name, item)
    {
        static const char *const keys[] = {"network", "count", "mint", "data_roaming"};
        json_object_foreach(item, key, value)
        {
            int known = 0;
            for (size_t i = 0; i < 4; i++)
                known |= strcmp(keys[i], key) == 0;
            if (!known)
                die(key, "handsets take network, count, mint, data_roaming");
        }
        const char *network = json_string_value(json_object_get(item, "network"));
        int home = network != NULL ? mobile_network(m, network, 0) : -1;
        json_int_t count = json_integer_value(json_object_get(item, "count"));
        if (home < 0 || count < 1)
            die(name, "handsets need 'network', one of networks, and 'count', 1 or more");
        for (json_int_t i = 0; i < count; i++) {
            char full[MOBILE_NAME];
            if (snprintf(full, sizeof full, "%s-%d", name, (int)i) >= MOBILE_NAME ||
                mobile_handset(m, full, home, flag_of(item, "mint", 1),
                               flag_of(item, "data_roaming", 0)) < 0)
                die(name, "no name for handsets, or more than 256 of them");
        }
    }
}

/* ---- ttys ---- */

static void say(const struct tty *tty, const char *text)
{
    /* Nobody reads: what does not fit into the tty's buffer is lost, as on a real line. */
    if (*text != '\0' && write(tty->fd, text, strlen(text)) < 0)
        return;
}

static void make_tty(struct server *s, int handset)
{
    struct tty *tty = &s->ttys[handset];
    char name[64];
    char path[512];
    struct termios line;
    tty->side = (struct at_side){.mobile = &s->mobile, .handset = handset, .call = -1};
    tty->late_at = MOBILE_NEVER;
    tty->fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (tty->fd < 0 || grantpt(tty->fd) != 0 || unlockpt(tty->fd) != 0 ||
        ptsname_r(tty->fd, name, sizeof name) != 0)
        die("cannot make a tty", strerror(errno));
    tty->keep = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (tty->keep < 0 || tcgetattr(tty->keep, &line) != 0)
        die(name, strerror(errno));
    cfmakeraw(&line);
    tcsetattr(tty->keep, TCSANOW, &line);
    snprintf(path, sizeof path, "%s/%s", s->dir, s->mobile.handsets[handset].name);
    unlink(path);
    if (symlink(name, path) != 0)
        die(path, strerror(errno));
}

static void tty_command(struct tty *tty, int64_t now)
{
    char out[OUT_BYTES];
    if (tty->side.echo) {
        say(tty, tty->heard);
        say(tty, "\r\n");
    }
    int64_t takes = at_side_command(&tty->side, tty->heard, now, out, tty->late, sizeof out);
    say(tty, out);
    tty->late_at = takes > 0 ? now + takes : MOBILE_NEVER;
}

static void tty_readable(struct tty *tty, int64_t now)
{
    char bytes[256];
    ssize_t got = read(tty->fd, bytes, sizeof bytes);
    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] != '\r' && bytes[i] != '\x1a') {
            if (bytes[i] != '\n' && tty->heard_len < sizeof tty->heard - 1)
                tty->heard[tty->heard_len++] = bytes[i];
            continue;
        }
        tty->heard[tty->heard_len] = '\0';
        tty->heard_len = 0;
        tty_command(tty, now);
    }
}

static void told(void *ctx, int handset)
{
    const struct server *s = ctx;
    char text[256];
    at_side_event(&s->ttys[handset].side, text, sizeof text);
    say(&s->ttys[handset], text);
}

/* ---- control ---- */

static void answer_get(struct server *s, const char *kind, const char *name, const char *settings,
                       char *out)
{
    char why[MOBILE_WHY_BYTES] = "no network or cell of that name";
    struct mobile *m = &s->mobile;
    int is_cell = strcmp(kind, "cell") == 0;
    int index = is_cell                        ? mobile_cell(m, name, 0)
                : strcmp(kind, "network") == 0 ? mobile_network(m, name, 0)
                                               : -1;
    if (index < 0 ||
        (settings != NULL && (is_cell ? mobile_set_cell(m, index, settings, why)
                                      : mobile_set_network(m, index, settings, why)) != 0)) {
        snprintf(out, LINE_BYTES, "no %s\n", why);
        return;
    }
    if (settings != NULL)
        mobile_changed(m, now_ns());
    char text[MOBILE_TEXT];
    if (is_cell)
        mobile_get_cell(m, index, text);
    else
        mobile_get_network(m, index, text);
    snprintf(out, LINE_BYTES, "ok %s\n", text);
}

/* The names of a network's cells. */
static void answer_cells(const struct server *s, const char *name, char *out)
{
    const struct mobile *m = &s->mobile;
    size_t len = (size_t)snprintf(out, LINE_BYTES, "ok");
    for (int i = 0; i < m->cell_count && len < LINE_BYTES - MOBILE_NAME; i++) {
        if (strcmp(m->networks[m->cells[i].network].name, name) == 0)
            len += (size_t)snprintf(out + len, LINE_BYTES - len, " %s", m->cells[i].name);
    }
    snprintf(out + len, LINE_BYTES - len, "\n");
}

static void answer(struct server *s, char *line, char *out)
{
    char *rest = line;
    const char *verb = strsep(&rest, " ");
    if (strcmp(verb, "census") == 0) {
        char text[MOBILE_TEXT];
        mobile_census(&s->mobile, text);
        snprintf(out, LINE_BYTES, "ok %s\n", text);
    } else if (strcmp(verb, "end") == 0) {
        s->ended = 1;
        snprintf(out, LINE_BYTES, "ok\n");
    } else if (strcmp(verb, "cells") == 0 && rest != NULL) {
        answer_cells(s, rest, out);
    } else if ((strcmp(verb, "get") == 0 || strcmp(verb, "set") == 0) && rest != NULL) {
        const char *kind = strsep(&rest, " ");
        const char *name = rest != NULL ? strsep(&rest, " ") : "";
        if (*verb == 's' && rest == NULL)
            rest = (char *)"";
        answer_get(s, kind, name, *verb == 's' ? rest : NULL, out);
    } else {
        snprintf(out, LINE_BYTES, "no such command\n");
    }
}

static void client_close(struct client *client)
{
    close(client->fd);
    client->fd = -1;
}

static void client_readable(struct server *s, struct client *client)
{
    char out[LINE_BYTES];
    ssize_t got = recv(client->fd, client->heard + client->heard_len,
                       sizeof client->heard - 1 - client->heard_len, MSG_DONTWAIT);
    if (got <= 0) {
        client_close(client);
        return;
    }
    client->heard_len += (size_t)got;
    client->heard[client->heard_len] = '\0';
    for (char *end = NULL; (end = strchr(client->heard, '\n')) != NULL;) {
        *end = '\0';
        answer(s, client->heard, out);
        if (send(client->fd, out, strlen(out), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            break;
        client->heard_len -= (size_t)(end + 1 - client->heard);
        memmove(client->heard, end + 1, client->heard_len + 1);
    }
    if (client->heard_len == sizeof client->heard - 1)
        client_close(client);
}

static void accept_client(struct server *s)
{
    int fd = accept4(s->control, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    for (int i = 0; i < CLIENTS && fd >= 0; i++) {
        if (s->clients[i].fd >= 0)
            continue;
        s->clients[i] = (struct client){.fd = fd};
        return;
    }
    if (fd >= 0)
        close(fd);
}

static void make_control(struct server *s)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if ((size_t)snprintf(at.sun_path, sizeof at.sun_path, "%s/control", s->dir) >=
        sizeof at.sun_path)
        die(s->dir, "the directory's name is too long for a socket");
    s->control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connect(s->control, (struct sockaddr *)&at, sizeof at) == 0)
        die(s->dir,
            "a simulated network runs there already; a dead run's is ended by 'netdrill restore'");
    unlink(at.sun_path);
    if (bind(s->control, (struct sockaddr *)&at, sizeof at) != 0 || listen(s->control, 8) != 0)
        die(at.sun_path, strerror(errno));
}

/* ---- the loop ---- */

static int64_t next_event(const struct server *s)
{
    int64_t first = mobile_next(&s->mobile);
    for (int i = 0; i < s->mobile.handset_count; i++)
        first = s->ttys[i].late_at < first ? s->ttys[i].late_at : first;
    return first;
}

static void fire(struct server *s, int64_t now)
{
    mobile_advance(&s->mobile, now);
    for (int i = 0; i < s->mobile.handset_count; i++) {
        if (s->ttys[i].late_at > now)
            continue;
        s->ttys[i].late_at = MOBILE_NEVER;
        say(&s->ttys[i], s->ttys[i].late);
    }
}

static void turn(struct server *s)
{
    int handsets = s->mobile.handset_count;
    int64_t due = next_event(s);
    int64_t wait = due - now_ns();
    struct timespec t = {wait > 0 ? wait / 1000000000 : 0, wait > 0 ? wait % 1000000000 : 0};
    for (int i = 0; i < handsets; i++)
        s->polled[i] = (struct pollfd){.fd = s->ttys[i].fd, .events = POLLIN};
    for (int i = 0; i < CLIENTS; i++)
        s->polled[handsets + i] = (struct pollfd){.fd = s->clients[i].fd, .events = POLLIN};
    s->polled[handsets + CLIENTS] = (struct pollfd){.fd = s->control, .events = POLLIN};
    if (ppoll(s->polled, (nfds_t)(handsets + CLIENTS + 1), due == MOBILE_NEVER ? NULL : &t, NULL) <
        0)
        return;
    int64_t now = now_ns();
    fire(s, now);
    for (int i = 0; i < handsets; i++) {
        if (s->polled[i].revents != 0)
            tty_readable(&s->ttys[i], now);
    }
    for (int i = 0; i < CLIENTS; i++) {
        if (s->polled[handsets + i].revents != 0)
            client_readable(s, &s->clients[i]);
    }
    if (s->polled[handsets + CLIENTS].revents != 0)
        accept_client(s);
}

static void clean_up(const struct server *s)
{
    char path[512];
    for (int i = 0; i < s->mobile.handset_count; i++) {
        snprintf(path, sizeof path, "%s/%s", s->dir, s->mobile.handsets[i].name);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/control", s->dir);
    unlink(path);
}

static json_t *object_of(const char *text, const char *what)
{
    json_t *object = json_loads(text, 0, NULL);
    if (!json_is_object(object))
        die(what, "a mapping of names is needed");
    return object;
}

/* The parent ends once the child serves; the child is nobody's any more. */
static void go_into_background(void)
{
    if (fork() != 0)
        _exit(0);
    setsid();
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3; fd++)
        dup2(null, fd);
}

int main(int argc, char **argv)
{
    struct server *s = calloc(1, sizeof *s);
    if (argc != 6 || s == NULL)
        die("usage", "netdrill-mobile DIRECTORY SEED NETWORKS CELLS HANDSETS");
    snprintf(s->dir, sizeof s->dir, "%s", argv[1]);
    mobile_init(&s->mobile, strtoull(argv[2], NULL, 10));
    json_t *networks = object_of(argv[3], "networks");
    json_t *cells = object_of(argv[4], "cells");
    json_t *handsets = object_of(argv[5], "handsets");
    make_things(&s->mobile, networks, "networks", mobile_network, mobile_set_network);
    make_things(&s->mobile, cells, "cells", mobile_cell, mobile_set_cell);
    make_handsets(&s->mobile, handsets);
    json_decref(networks);
    json_decref(cells);
    json_decref(handsets);
    s->mobile.told = told;
    s->mobile.ctx = s;
    int64_t began = now_ns();
    for (int i = 0; i < s->mobile.handset_count; i++)
        s->mobile.handsets[i].due += began;
    for (int i = 0; i < CLIENTS; i++)
        s->clients[i].fd = -1;
    signal(SIGPIPE, SIG_IGN);
    make_control(s);
    for (int i = 0; i < s->mobile.handset_count; i++)
        make_tty(s, i);
    go_into_background();
    while (!s->ended)
        turn(s);
    clean_up(s);
    free(s);
    return 0;
}
