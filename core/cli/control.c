#include "cli/control.h"

#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#define REQUEST_MAX 4096
#define CLIENTS_MAX 64

struct client {
    struct client *next;
    struct nd_control *control;
    uv_pipe_t pipe;
    struct nd_witness peer;
    struct nd_buf in;
};

struct nd_control {
    uv_pipe_t server;
    struct nd_run *run;
    char *path;
    struct client *clients;
    size_t count;
};

/* The path relative to a descriptor of its directory: sun_path holds 108 octets only. */
static void address_of(const char *path, int *dir_fd, struct sockaddr_un *address)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash != NULL ? strndup(path, (size_t)(slash - path)) : nd_strdup(".");
    *dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    free(dir);
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s", *dir_fd,
             slash != NULL ? slash + 1 : path);
}

static void client_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    nd_buf_deinit(&client->in);
    free(client);
}

static void client_close(struct client *client)
{
    struct nd_control *control = client->control;
    for (struct client **at = &control->clients; *at != NULL; at = &(*at)->next) {
        if (*at == client) {
            *at = client->next;
            control->count--;
            break;
        }
    }
    uv_close((uv_handle_t *)&client->pipe, client_closed);
}

static json_t *refused(const char *why)
{
    return json_pack("{s:b, s:s}", "ok", 0, "why", why);
}

/* Whom the session of a process belongs to; -1: not known, or nobody. */
static int64_t login_uid(pid_t pid)
{
    char path[64];
    char text[24] = "";
    snprintf(path, sizeof path, "/proc/%d/loginuid", (int)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -1;
    bool read = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    int64_t uid = read ? strtoll(text, NULL, 10) : -1;
    return uid == UINT32_MAX ? -1 : uid;
}

static json_t *arm(struct nd_run *run, const json_t *request, const struct nd_witness *peer)
{
    const char *person = json_string_value(json_object_get(request, "person"));
    struct nd_fail why = {0};
    int64_t left = 0;
    if (person == NULL)
        return refused("expected {\"do\": \"arm\", \"person\": ...}");
    if (nd_run_arm(run, person, peer, &left, &why) != ND_OK)
        return refused(why.text);
    return json_pack("{s:b, s:I}", "ok", 1, "left", (json_int_t)left);
}

static json_t *handle(struct nd_run *run, const json_t *request, const struct nd_witness *peer)
{
    const char *what = json_string_value(json_object_get(request, "do"));
    const char *actor = json_string_value(json_object_get(request, "actor"));
    struct nd_fail why = {0};
    char who[96];
    snprintf(who, sizeof who, "controller:%s", actor != NULL ? actor : "unknown");
    if (what == NULL)
        return refused("expected {\"do\": ...}");
    if (strcmp(what, "status") == 0)
        return json_pack("{s:b, s:o}", "ok", 1, "status", nd_run_status(run));
    if (strcmp(what, "confirm") == 0) {
        json_int_t number = json_integer_value(json_object_get(request, "number"));
        bool yes = json_is_true(json_object_get(request, "yes"));
        if (nd_run_answer(run, number, yes, who, &why) != ND_OK)
            return refused(why.text);
        return json_pack("{s:b}", "ok", 1);
    }
    if (strcmp(what, "abort") == 0) {
        const char *reason = json_string_value(json_object_get(request, "reason"));
        nd_run_abort(run, who, reason != NULL ? reason : "aborted by hand");
        return json_pack("{s:b}", "ok", 1);
    }
    if (strcmp(what, "pause") == 0 || strcmp(what, "resume") == 0) {
        bool pause = strcmp(what, "pause") == 0;
        nd_err err = pause ? nd_run_pause(run, who, &why) : nd_run_resume(run, who, &why);
        return err == ND_OK ? json_pack("{s:b}", "ok", 1) : refused(why.text);
    }
    if (strcmp(what, "arm") == 0)
        return arm(run, request, peer);
    json_t *reply = nd_control_duty(run, what, request, peer);
    return reply != NULL
               ? reply
               : refused("expected \"status\", \"arm\", \"confirm\", \"met\", \"occurs\", "
                         "\"pause\", \"resume\" or \"abort\"");
}

json_t *nd_control_handle(struct nd_run *run, const char *line, size_t len_bytes,
                          const struct nd_witness *peer)
{
    json_t *request = json_loadb(line, len_bytes, JSON_REJECT_DUPLICATES, NULL);
    json_t *reply =
        request != NULL ? handle(run, request, peer) : refused("expected one JSON object a line");
    json_decref(request);
    return reply;
}

static void written(uv_write_t *request, int status)
{
    (void)status;
    free(request->data);
    free(request);
}

static void answer(struct client *client, json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    char *line = nd_printf("%s\n", text);
    free(text);
    uv_write_t *request = nd_alloc(sizeof *request);
    request->data = line;
    uv_buf_t buf = uv_buf_init(line, (unsigned)strlen(line));
    if (uv_write(request, (uv_stream_t *)&client->pipe, &buf, 1, written) != 0)
        written(request, 0);
}

static void take_lines(struct client *client)
{
    char *end = NULL;
    while (client->in.len_bytes != 0 &&
           (end = memchr(client->in.text, '\n', client->in.len_bytes)) != NULL) {
        size_t len = (size_t)(end - client->in.text);
        answer(client,
               nd_control_handle(client->control->run, client->in.text, len, &client->peer));
        memmove(client->in.text, end + 1, client->in.len_bytes - len);
        client->in.len_bytes -= len + 1;
    }
}

static void give_space(uv_handle_t *handle_, size_t suggested, uv_buf_t *buf)
{
    (void)handle_;
    (void)suggested;
    *buf = uv_buf_init(nd_alloc(REQUEST_MAX), REQUEST_MAX);
}

static void came(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct client *client = stream->data;
    if (count > 0)
        nd_buf_add(&client->in, buf->base, (size_t)count);
    free(buf->base);
    take_lines(client);
    if (count < 0 || client->in.len_bytes >= REQUEST_MAX)
        client_close(client);
}

static void connected(uv_stream_t *server, int status)
{
    struct nd_control *control = server->data;
    if (status != 0)
        return;
    struct client *client = nd_alloc(sizeof *client);
    client->control = control;
    uv_pipe_init(server->loop, &client->pipe, 0);
    client->pipe.data = client;
    client->next = control->clients;
    control->clients = client;
    control->count++;
    uv_os_fd_t fd = -1;
    struct ucred peer = {0};
    socklen_t len = sizeof peer;
    bool good = uv_accept(server, (uv_stream_t *)&client->pipe) == 0 &&
                uv_fileno((uv_handle_t *)&client->pipe, &fd) == 0 &&
                getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
                peer.uid == geteuid() && control->count <= CLIENTS_MAX;
    client->peer = (struct nd_witness){peer.uid, peer.pid, login_uid(peer.pid)};
    if (good)
        uv_read_start((uv_stream_t *)&client->pipe, give_space, came);
    else
        client_close(client);
}

struct nd_control *nd_control_open(uv_loop_t *loop, struct nd_run *run, const struct nd_rundir *dir,
                                   struct nd_fail *why)
{
    struct nd_control *control = nd_alloc(sizeof *control);
    struct sockaddr_un address;
    int dir_fd = -1;
    control->run = run;
    control->path = nd_rundir_file(dir, "control.sock");
    address_of(control->path, &dir_fd, &address);
    uv_pipe_init(loop, &control->server, 0);
    control->server.data = control;
    mode_t old = umask(0177);
    int failed = uv_pipe_bind(&control->server, address.sun_path);
    umask(old);
    if (failed == 0)
        failed = uv_listen((uv_stream_t *)&control->server, CLIENTS_MAX, connected);
    if (dir_fd >= 0)
        close(dir_fd);
    if (failed == 0)
        return control;
    nd_fail_set(why, ND_EIO, "cannot serve '%s': %s", control->path, uv_strerror(failed));
    nd_control_close(control);
    return NULL;
}

static void server_closed(uv_handle_t *handle_)
{
    free(handle_->data);
}

void nd_control_close(struct nd_control *control)
{
    if (control == NULL)
        return;
    while (control->clients != NULL)
        client_close(control->clients);
    unlink(control->path);
    free(control->path);
    uv_close((uv_handle_t *)&control->server, server_closed);
}

/* ---- the other side ---- */

static int connect_to(const char *path)
{
    struct sockaddr_un address;
    int dir_fd = -1;
    address_of(path, &dir_fd, &address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = {.tv_sec = 5};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    int failed = connect(fd, (const struct sockaddr *)&address, sizeof address);
    if (dir_fd >= 0)
        close(dir_fd);
    if (failed == 0)
        return fd;
    close(fd);
    return -1;
}

bool nd_control_there(const struct nd_rundir *dir)
{
    char *path = nd_rundir_file(dir, "control.sock");
    int fd = connect_to(path);
    free(path);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

nd_err nd_control_ask(const struct nd_rundir *dir, json_t *request, json_t **answer_,
                      struct nd_fail *why)
{
    char *path = nd_rundir_file(dir, "control.sock");
    int fd = connect_to(path);
    free(path);
    char *text = json_dumps(request, JSON_COMPACT);
    char *line = nd_printf("%s\n", text);
    free(text);
    json_decref(request);
    struct nd_buf in = {0};
    bool sent = fd >= 0 && send(fd, line, strlen(line), MSG_NOSIGNAL) == (ssize_t)strlen(line);
    free(line);
    while (sent && (in.len_bytes == 0 || in.text[in.len_bytes - 1] != '\n')) {
        char piece[4096];
        ssize_t got = recv(fd, piece, sizeof piece, 0);
        if (got <= 0)
            break;
        nd_buf_add(&in, piece, (size_t)got);
    }
    if (fd >= 0)
        close(fd);
    *answer_ = in.len_bytes != 0 ? json_loadb(in.text, in.len_bytes, 0, NULL) : NULL;
    nd_buf_deinit(&in);
    if (*answer_ == NULL)
        return nd_fail_set(why, ND_EREACH,
                           "run '%s' does not answer: it has ended, or died; see 'netdrill report "
                           "%s'",
                           dir->run_id, dir->run_id);
    return ND_OK;
}
