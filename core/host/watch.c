#include "host/internal.h"

#include <stdlib.h>
#include <uv.h>

/* Sockets and worker threads of ops, on libuv. */

static void watch_closed(uv_handle_t *handle)
{
    free(handle->data);
    free(handle);
}

static void watch_fired(uv_poll_t *poll, int status, int events)
{
    const struct nd_op_watch *watch = poll->data;
    struct nd_op *op = watch->op;
    int ready = (events & UV_READABLE ? ND_READABLE : 0) | (events & UV_WRITABLE ? ND_WRITABLE : 0);
    /* An error shows as both: the plugin's next read or write meets it. */
    if (status != 0)
        ready = ND_READABLE | ND_WRITABLE;
    watch->fn(watch->ctx, ready);
    nd_op_settle(op);
}

void nd_op_unwatch(struct nd_op *op, int fd)
{
    for (size_t i = 0; i < op->watches.count; i++) {
        struct nd_op_watch *watch = op->watches.at[i];
        if (watch->fd != fd)
            continue;
        op->watches.at[i] = op->watches.at[--op->watches.count];
        uv_poll_stop(watch->poll);
        uv_close((uv_handle_t *)watch->poll, watch_closed);
        return;
    }
}

nd_err nd_op_watch_fd(struct nd_op *op, int fd, int events, void (*fn)(void *, int), void *ctx)
{
    uv_loop_t *loop = nd_sched_loop(op->plugins->sched);
    if (loop == NULL)
        return ND_ESTATE;
    nd_op_unwatch(op, fd);
    if (events == 0)
        return ND_OK;
    struct nd_op_watch *watch = nd_alloc(sizeof *watch);
    *watch = (struct nd_op_watch){op, nd_alloc(sizeof(uv_poll_t)), fd, fn, ctx};
    int failed = uv_poll_init(loop, watch->poll, fd);
    if (failed != 0) {
        free(watch->poll);
        free(watch);
        return nd_err_from_errno(-failed);
    }
    watch->poll->data = watch;
    nd_vec_push(&op->watches, watch);
    uv_poll_start(watch->poll,
                  (events & ND_READABLE ? UV_READABLE : 0) |
                      (events & ND_WRITABLE ? UV_WRITABLE : 0),
                  watch_fired);
    return ND_OK;
}

struct offload {
    uv_work_t request;
    struct nd_op *op;
    char *netns;
    void (*work)(void *);
    void (*done)(void *);
    void *ctx;
    struct nd_fail why;
};

static void offload_work(uv_work_t *request)
{
    struct offload *job = request->data;
    int back = -1;
    if (nd_vantage_enter(job->netns, &back, &job->why) != ND_OK)
        return;
    job->work(job->ctx);
    nd_vantage_leave(back);
}

static void offload_done(uv_work_t *request, int status)
{
    (void)status;
    struct offload *job = request->data;
    struct nd_op *op = job->op;
    op->offloads--;
    if (op->stage == ND_STAGE_WRITTEN_OFF)
        ; /* told long ago */
    else if (job->why.code != ND_OK)
        nd_op_end(op, job->why.code, job->why.text);
    else
        job->done(job->ctx);
    nd_op_settle(op);
    free(job->netns);
    free(job);
}

nd_err nd_op_offload(struct nd_op *op, void (*work)(void *), void (*done)(void *), void *ctx)
{
    uv_loop_t *loop = nd_sched_loop(op->plugins->sched);
    if (loop == NULL)
        return ND_ESTATE;
    struct offload *job = nd_alloc(sizeof *job);
    *job = (struct offload){
        .op = op, .netns = nd_strdup(op->netns), .work = work, .done = done, .ctx = ctx};
    job->request.data = job;
    op->offloads++;
    ND_CHECK(uv_queue_work(loop, &job->request, offload_work, offload_done) == 0);
    return ND_OK;
}
