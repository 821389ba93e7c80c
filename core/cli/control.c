#include "cli/control.h"

#include "base/mem.h"
#include "base/text.h"
#include "base/who.h"
#include "record/alive.h"
#include "record/left.h"

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

#define REQUEST_MAX 65536
#define PIECE_BYTES 4096
#define CLIENTS_MAX 256

struct client {
    struct client *next;
    struct nd_control *control;
    uv_pipe_t pipe;
    struct nd_witness peer;
    struct nd_buf in;
    size_t waiting; /* its replies that wait for the disk */
};

struct reply {
    struct reply *next;
    struct client *client; /* NULL: it has gone */
    char *line;
};

struct nd_control {
    uv_pipe_t server;
    struct nd_run *run;
    char *path;
    struct client *clients;
    size_t count;
    int sync_fd;                   /* of the journal; -1: nothing is written */
    struct reply *waiting, **last; /* for the next sync, in order */
    struct reply *syncing;         /* for the one under way */
    uv_fs_t sync;
    bool under_way, closed, server_closed;
};

static void client_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    nd_buf_deinit(&client->in);
    free(client);
}

static void client_close(struct client *client)
{
    struct nd_control *control = client->control;
    struct reply *const lists[] = {control->waiting, control->syncing};
    for (size_t i = 0; i < 2; i++) {
        for (struct reply *reply = lists[i]; reply != NULL; reply = reply->next)
            reply->client = reply->client == client ? NULL : reply->client;
    }
    for (struct client **at = &control->clients; *at != NULL; at = &(*at)->next) {
        if (*at == client) {
            *at = client->next;
            control->count--;
            break;
        }
    }
    uv_close((uv_handle_t *)&client->pipe, client_closed);
}

static void written(uv_write_t *request, int status)
{
    (void)status;
    free(request->data);
    free(request);
}

/* line: taken over. */
static void put_line(struct client *client, char *line)
{
    uv_write_t *request = nd_alloc(sizeof *request);
    request->data = line;
    uv_buf_t buf = uv_buf_init(line, (unsigned)strlen(line));
    if (uv_write(request, (uv_stream_t *)&client->pipe, &buf, 1, written) != 0)
        written(request, 0);
}

/* ---- answers that wait for the disk ---- */

static void free_control(struct nd_control *control)
{
    if (control->sync_fd >= 0)
        close(control->sync_fd);
    free(control);
}

static void sync_begin(struct nd_control *control);

/* What was said is on disk, or is not: now it is answered. */
static void synced(uv_fs_t *request)
{
    struct nd_control *control = request->data;
    const char *error = request->result < 0 ? uv_strerror((int)request->result) : NULL;
    uv_fs_req_cleanup(request);
    control->under_way = false;
    char why[128];
    snprintf(why, sizeof why, "the journal cannot be written: %s", error != NULL ? error : "");
    if (error != NULL && !control->closed)
        nd_run_journal_failed(control->run, why);
    while (control->syncing != NULL) {
        struct reply *reply = control->syncing;
        control->syncing = reply->next;
        if (error != NULL) {
            free(reply->line);
            reply->line = nd_printf("{\"ok\":false,\"code\":\"EIO\",\"why\":\"%s\"}\n", why);
        }
        if (reply->client != NULL) {
            reply->client->waiting--;
            put_line(reply->client, reply->line);
        } else {
            free(reply->line);
        }
        free(reply);
    }
    if (control->closed && control->server_closed)
        free_control(control);
    else if (!control->closed)
        sync_begin(control);
}

/* One fdatasync, on another thread, for all that was said while the last one was under way. */
static void sync_begin(struct nd_control *control)
{
    if (control->under_way || control->waiting == NULL)
        return;
    control->syncing = control->waiting;
    control->waiting = NULL;
    control->last = &control->waiting;
    control->under_way = true;
    control->sync.data = control;
    if (uv_fs_fdatasync(control->server.loop, &control->sync, control->sync_fd, synced) != 0) {
        control->sync.result = UV_EIO;
        synced(&control->sync);
    }
}

static void answer(struct client *client, json_t *object, bool durable)
{
    struct nd_control *control = client->control;
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    char *line = nd_printf("%s\n", text);
    free(text);
    /* One that need not wait does not overtake those of the same client that do. */
    if (control->sync_fd < 0 || (!durable && client->waiting == 0)) {
        put_line(client, line);
        return;
    }
    struct reply *reply = nd_alloc(sizeof *reply);
    *reply = (struct reply){.client = client, .line = line};
    client->waiting++;
    *control->last = reply;
    control->last = &reply->next;
    sync_begin(control);
}

static void take_lines(struct client *client)
{
    char *end = NULL;
    while (client->in.len_bytes != 0 &&
           (end = memchr(client->in.text, '\n', client->in.len_bytes)) != NULL) {
        size_t len = (size_t)(end - client->in.text);
        bool durable = false;
        json_t *object =
            nd_control_handle(client->control->run, client->in.text, len, &client->peer, &durable);
        answer(client, object, durable);
        memmove(client->in.text, end + 1, client->in.len_bytes - len);
        client->in.len_bytes -= len + 1;
    }
}

static void give_space(uv_handle_t *handle_, size_t suggested, uv_buf_t *buf)
{
    (void)handle_;
    (void)suggested;
    *buf = uv_buf_init(nd_alloc(PIECE_BYTES), PIECE_BYTES);
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
    client->peer = (struct nd_witness){peer.uid, peer.pid, nd_login_uid(peer.pid)};
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
    control->last = &control->waiting;
    control->sync_fd = nd_run_journal_dup(run);
    control->path = nd_rundir_file(dir, "control.sock");
    nd_socket_address(control->path, &dir_fd, &address);
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
    struct nd_control *control = handle_->data;
    control->server_closed = true;
    if (!control->under_way)
        free_control(control);
}

void nd_control_close(struct nd_control *control)
{
    if (control == NULL)
        return;
    control->closed = true;
    while (control->clients != NULL)
        client_close(control->clients);
    while (control->waiting != NULL) {
        struct reply *reply = control->waiting;
        control->waiting = reply->next;
        free(reply->line);
        free(reply);
    }
    control->last = &control->waiting;
    unlink(control->path);
    free(control->path);
    uv_close((uv_handle_t *)&control->server, server_closed);
}

/* ---- the other side ---- */

static nd_err no_answer(const struct nd_rundir *dir, struct nd_fail *why)
{
    char words[ND_LEFT_WORDS] = "it is at work; ask once more";
    if (!nd_rundir_is_alive(dir)) {
        const struct nd_left left = nd_rundir_left(dir);
        nd_rundir_left_words(&left, dir->run_id, words);
    }
    return nd_fail_set(why, ND_EREACH, "run '%s' does not answer: %s", dir->run_id, words);
}

nd_err nd_control_ask(const struct nd_rundir *dir, json_t *request, json_t **answer_,
                      struct nd_fail *why)
{
    int fd = nd_rundir_connect(dir);
    char *text = json_dumps(request, JSON_COMPACT);
    char *line = nd_printf("%s\n", text);
    free(text);
    json_decref(request);
    struct nd_buf in = {0};
    if (strlen(line) > REQUEST_MAX) {
        free(line);
        if (fd >= 0)
            close(fd);
        return nd_fail_set(why, ND_EARG, "that is too long: %d KiB at most", REQUEST_MAX / 1024);
    }
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
    return *answer_ != NULL ? ND_OK : no_answer(dir, why);
}
