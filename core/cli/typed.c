#include "cli/typed.h"

#include "base/mem.h"
#include "base/text.h"
#include "cli/common.h"
#include "run/phrase.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define LINE_MAX_BYTES 1024

struct nd_typed {
    uv_poll_t poll;
    struct nd_run *run;
    struct nd_buf in;
};

static void obey(struct nd_typed *typed, const char *line)
{
    struct nd_fail why = {0};
    if (nd_is_abort_phrase(line)) {
        nd_run_abort(typed->run, "operator", line);
    } else if (strcmp(line, "abort") == 0) {
        nd_run_abort(typed->run, "operator", "aborted by hand");
    } else if (strcmp(line, "pause") == 0) {
        nd_run_pause(typed->run, "operator", &why);
    } else if (strcmp(line, "resume") == 0) {
        nd_run_resume(typed->run, "operator", &why);
    } else if (*line != '\0') {
        nd_fail_set(&why, ND_EARG,
                    "'%.60s' is no order; type pause, resume or abort, or 停止演練 or REAL-WORLD "
                    "EMERGENCY to end the drill at once",
                    line);
    }
    if (why.code != ND_OK)
        fprintf(stderr, "netdrill run: %s\n", why.text);
}

static void take_lines(struct nd_typed *typed)
{
    char *end = NULL;
    while (typed->in.len_bytes != 0 &&
           (end = memchr(typed->in.text, '\n', typed->in.len_bytes)) != NULL) {
        size_t len = (size_t)(end - typed->in.text);
        char *line = strndup(typed->in.text, len);
        line[strcspn(line, "\r")] = '\0';
        memmove(typed->in.text, end + 1, typed->in.len_bytes - len);
        typed->in.len_bytes -= len + 1;
        obey(typed, line);
        free(line);
    }
}

static void readable(uv_poll_t *handle, int status, int events)
{
    struct nd_typed *typed = handle->data;
    char piece[256];
    struct pollfd still = {.fd = 0, .events = POLLIN};
    (void)events;
    /* Somebody else may have read it first: nobody waits for the next. */
    if (status == 0 && poll(&still, 1, 0) != 1)
        return;
    ssize_t got = status == 0 ? read(0, piece, sizeof piece) : -1;
    if (got <= 0 || typed->in.len_bytes > LINE_MAX_BYTES) {
        /* Closed, in the background, or a flood: the control socket is still there. */
        uv_poll_stop(handle);
        return;
    }
    nd_buf_add(&typed->in, piece, (size_t)got);
    take_lines(typed);
}

static void closed(uv_handle_t *handle)
{
    struct nd_typed *typed = handle->data;
    nd_buf_deinit(&typed->in);
    free(typed);
}

struct nd_typed *nd_typed_open(uv_loop_t *loop, struct nd_run *run)
{
    if (!isatty(0))
        return NULL;
    struct nd_typed *typed = nd_alloc(sizeof *typed);
    typed->run = run;
    if (uv_poll_init(loop, &typed->poll, 0) != 0) {
        free(typed);
        return NULL;
    }
    nd_cli_keep_blocking(0);
    typed->poll.data = typed;
    uv_poll_start(&typed->poll, UV_READABLE, readable);
    return typed;
}

void nd_typed_close(struct nd_typed *typed)
{
    if (typed != NULL)
        uv_close((uv_handle_t *)&typed->poll, closed);
}
