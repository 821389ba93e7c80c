#include "cli/display.h"

#include "base/units.h"
#include "cli/client.h"
#include "cli/desk.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define DRAW_EVERY ND_MS(250)

struct nd_display {
    struct nd_sched *sched;
    struct nd_run *run;
    struct nd_screen *screen;
    struct nd_desk *desk;
    nd_timer timer;
    uv_loop_t *loop;
    int sync_fd; /* of the journal, or -1 */
    uv_poll_t keys;
    uv_signal_t resized;
    bool has_keys;
    struct ND_VEC(char *) lines;
};

static void synced(uv_fs_t *request)
{
    struct nd_display *display = request->data;
    if (request->result < 0 && display->screen != NULL)
        nd_run_journal_failed(display->run, uv_strerror((int)request->result));
    uv_fs_req_cleanup(request);
    free(request);
}

/* What was said here is brought to the disk, as the socket does for those who speak there. */
static void sync_soon(struct nd_display *display)
{
    uv_fs_t *request = nd_alloc(sizeof *request);
    request->data = display;
    if (display->sync_fd < 0 ||
        uv_fs_fdatasync(display->loop, request, display->sync_fd, synced) != 0)
        free(request);
}

/* The run is asked as over its socket. */
static json_t *ask(void *ctx, json_t *request)
{
    struct nd_display *display = ctx;
    const struct nd_witness here = {getuid(), getpid(), -1};
    char *text = json_dumps(request, JSON_COMPACT);
    bool durable = false;
    json_t *answer =
        text != NULL ? nd_control_handle(display->run, text, strlen(text), &here, &durable) : NULL;
    if (durable)
        sync_soon(display);
    free(text);
    json_decref(request);
    return answer;
}

static void draw(struct nd_display *display)
{
    json_t *status = nd_run_status(display->run);
    nd_desk_draw(display->desk, status);
    json_decref(status);
}

static void draw_due(void *ctx)
{
    struct nd_display *display = ctx;
    draw(display);
    display->timer =
        nd_sched_at(display->sched, nd_sched_now(display->sched) + DRAW_EVERY, draw_due, display);
}

static void keys_came(uv_poll_t *poll, int status, int events)
{
    struct nd_display *display = poll->data;
    (void)events;
    /* A terminal that is gone, or not ours any more, is left alone. */
    if (status < 0 || tcgetpgrp(0) != getpgrp()) {
        uv_poll_stop(poll);
        return;
    }
    nd_desk_keys(display->desk);
    draw(display);
}

static void resized(uv_signal_t *handle, int number)
{
    struct nd_display *display = handle->data;
    (void)number;
    nd_screen_resize(display->screen);
    draw(display);
}

struct nd_display *nd_display_open(uv_loop_t *loop, struct nd_sched *sched, struct nd_run *run,
                                   bool with_keys, bool zh, bool colour)
{
    if (!nd_screen_can(1))
        return NULL;
    with_keys = with_keys && isatty(0);
    struct nd_screen *screen = nd_screen_open(with_keys ? 0 : -1, 1, colour);
    if (screen == NULL)
        return NULL;
    struct nd_display *display = nd_alloc(sizeof *display);
    *display = (struct nd_display){.sched = sched, .run = run, .screen = screen, .loop = loop};
    display->sync_fd = nd_run_journal_dup(run);
    const struct nd_desk_run asked = {.ask = ask, .ctx = display};
    display->desk = nd_desk_new(screen, &asked, nd_client_user(), zh);
    display->has_keys = with_keys && uv_poll_init(loop, &display->keys, 0) == 0;
    display->keys.data = display;
    nd_cli_keep_blocking(0);
    if (display->has_keys)
        uv_poll_start(&display->keys, UV_READABLE, keys_came);
    uv_signal_init(loop, &display->resized);
    display->resized.data = display;
    uv_signal_start(&display->resized, resized, SIGWINCH);
    display->timer = nd_sched_at(sched, nd_sched_now(sched), draw_due, display);
    return display;
}

void nd_display_line(struct nd_display *display, const char *line)
{
    if (*line != '\0')
        nd_vec_push(&display->lines, nd_strdup(line));
}

void nd_display_warn(struct nd_display *display, const char *line)
{
    nd_display_line(display, line);
    if (display->screen != NULL)
        nd_desk_tell(display->desk, true, line);
}

void nd_display_close(struct nd_display *display)
{
    if (display == NULL || display->screen == NULL)
        return;
    nd_sched_cancel(display->sched, display->timer);
    if (display->has_keys)
        uv_close((uv_handle_t *)&display->keys, NULL);
    uv_close((uv_handle_t *)&display->resized, NULL);
    nd_desk_free(display->desk);
    nd_screen_close(display->screen);
    display->screen = NULL;
}

void nd_display_print(struct nd_display *display)
{
    for (size_t i = 0; display != NULL && i < display->lines.count; i++)
        printf("%s\n", display->lines.at[i]);
}

void nd_display_free(struct nd_display *display)
{
    if (display == NULL)
        return;
    for (size_t i = 0; i < display->lines.count; i++)
        free(display->lines.at[i]);
    nd_vec_free(&display->lines);
    if (display->sync_fd >= 0)
        close(display->sync_fd);
    free(display);
}
