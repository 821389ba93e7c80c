#include "host/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The functions plugins see. */

static const struct nd_loaded *loaded_of(const struct nd_host *host)
{
    return (const struct nd_loaded *)((const char *)host - offsetof(struct nd_loaded, host));
}

static bool live(const struct nd_op *op)
{
    return op->stage == ND_STAGE_PLANNING || op->stage == ND_STAGE_RUNNING;
}

static nd_ns host_now(const struct nd_host *host)
{
    return nd_sched_now(loaded_of(host)->plugins->sched);
}

static nd_ns host_from_wall(const struct nd_host *host, int64_t wall_ns)
{
    return nd_sched_from_wall(loaded_of(host)->plugins->sched, wall_ns);
}

static void timer_fired(void *ctx)
{
    struct nd_op_timer *timer = ctx;
    struct nd_op *op = timer->op;
    for (size_t i = 0; i < op->timers.count; i++) {
        if (op->timers.at[i] == timer) {
            op->timers.at[i] = op->timers.at[--op->timers.count];
            break;
        }
    }
    void (*fn)(void *) = timer->fn;
    void *fn_ctx = timer->ctx;
    free(timer);
    fn(fn_ctx);
    nd_op_settle(op);
}

static nd_err host_after(struct nd_op *op, nd_ns wait, void (*fn)(void *), void *ctx)
{
    if (!live(op))
        return ND_ESTATE;
    struct nd_sched *sched = op->plugins->sched;
    struct nd_op_timer *timer = NULL;
    for (size_t i = 0; i < op->timers.count && timer == NULL; i++) {
        if (op->timers.at[i]->fn == fn && op->timers.at[i]->ctx == ctx) {
            timer = op->timers.at[i];
            op->timers.at[i] = op->timers.at[--op->timers.count];
            nd_sched_cancel(sched, timer->id);
        }
    }
    if (wait < 0) {
        free(timer);
        return ND_OK;
    }
    if (timer == NULL)
        timer = nd_alloc(sizeof *timer);
    *timer = (struct nd_op_timer){.op = op, .fn = fn, .ctx = ctx};
    timer->id = nd_sched_at(sched, nd_sched_now(sched) + wait, timer_fired, timer);
    nd_vec_push(&op->timers, timer);
    return ND_OK;
}

static nd_err host_watch(struct nd_op *op, int fd, int events, void (*fn)(void *, int), void *ctx)
{
    return live(op) ? nd_op_watch_fd(op, fd, events, fn, ctx) : ND_ESTATE;
}

static nd_err host_offload(struct nd_op *op, void (*work)(void *), void (*done)(void *), void *ctx)
{
    return live(op) ? nd_op_offload(op, work, done, ctx) : ND_ESTATE;
}

static void *host_state(struct nd_op *op, size_t bytes)
{
    if (op->state == NULL)
        op->state = nd_alloc(bytes);
    return op->state;
}

static int host_socket(struct nd_op *op, int domain, int type, int protocol)
{
    if (!live(op) || nd_sched_is_virtual(op->plugins->sched))
        return ND_ESTATE;
    struct nd_fail why = {0};
    int fd = nd_vantage_socket(op->netns, op->interface, domain, type, protocol, &why);
    if (fd < 0) {
        nd_op_logged(op, why.text);
        return fd;
    }
    nd_vec_push(&op->sockets, fd);
    return fd;
}

static void host_release(struct nd_op *op, int fd)
{
    nd_op_unwatch(op, fd);
    for (size_t i = 0; i < op->sockets.count; i++) {
        if (op->sockets.at[i] == fd) {
            op->sockets.at[i] = op->sockets.at[--op->sockets.count];
            close(fd);
            return;
        }
    }
}

bool nd_op_has_reading(const struct nd_op *op, uint32_t reading)
{
    bool has = nd_verb_has_reading(op->spec->verb, reading);
    if (!has)
        nd_plugins_logf(op->plugins, ND_ERROR, op->loaded->plugin->name,
                        "'%s' emitted reading %u, which it does not have", op->spec->verb->name,
                        reading);
    return has;
}

static void host_emit(struct nd_op *op, uint32_t reading, double value, nd_ns at)
{
    if (op->stage == ND_STAGE_RUNNING && op->spec != NULL && op->sink.emit != NULL &&
        nd_op_has_reading(op, reading))
        op->sink.emit(op->sink.ctx, reading, value, at);
}

static void host_reading(struct nd_op *op, int64_t slot, uint32_t reading, double value)
{
    if (op->stage == ND_STAGE_RUNNING && op->sink.reading != NULL && nd_op_has_reading(op, reading))
        op->sink.reading(op->sink.ctx, slot, reading, value);
}

static void host_sent(struct nd_op *op, int64_t slot, nd_ns at)
{
    if (op->stage == ND_STAGE_RUNNING && op->sink.sent != NULL)
        op->sink.sent(op->sink.ctx, slot, at);
}

static void host_answer(struct nd_op *op, int64_t slot, nd_err err, double value, nd_ns at)
{
    if (op->stage == ND_STAGE_RUNNING && op->sink.answer != NULL)
        op->sink.answer(op->sink.ctx, slot, err, value, at);
}

static nd_err host_undo_note(struct nd_op *op, const char *key, const char *value)
{
    if (op->stage != ND_STAGE_PLANNING)
        return ND_ESTATE;
    nd_vec_push(&op->notes, (struct nd_note){nd_arena_strdup(&op->arena, key),
                                             nd_arena_strdup(&op->arena, value)});
    return ND_OK;
}

static void host_finish(struct nd_op *op, nd_err err, const char *why)
{
    if (live(op))
        nd_op_end(op, err, why);
    else if (op->stage != ND_STAGE_WRITTEN_OFF)
        nd_plugins_logf(op->plugins, ND_ERROR, op->loaded->plugin->name,
                        "an op was finished twice; the second time is ignored");
}

static void host_log(const struct nd_host *host, int level, const char *fmt, ...)
{
    const struct nd_loaded *loaded = loaded_of(host);
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (loaded->plugins->current != NULL)
        nd_op_logged(loaded->plugins->current, text);
    nd_plugins_logf(loaded->plugins, level,
                    loaded->plugin != NULL ? loaded->plugin->name : loaded->path, "%s", text);
}

static const char *host_netns(struct nd_op *op)
{
    return op->netns;
}

static const char *host_netns_of(struct nd_op *op, const char *name)
{
    const struct nd_vantage *vantage =
        op->plugins->site != NULL ? nd_site_vantage_find(op->plugins->site, name) : NULL;
    return vantage != NULL ? vantage->netns : NULL;
}

static const char *host_site_json(struct nd_op *op, const char *path)
{
    if (op->plugins->site == NULL)
        return NULL;
    char *json = nd_site_json(op->plugins->site, path);
    const char *kept = nd_arena_strdup(&op->arena, json);
    free(json);
    return kept;
}

static void host_model_set(struct nd_op *op, const char *target, int up)
{
    if (nd_sched_is_virtual(op->plugins->sched))
        nd_model_set(op->plugins->model, op->serial, op->plugins->site, target, up != 0);
}

static int host_model_up(struct nd_op *op)
{
    const struct nd_site_target *entry = op->spec != NULL ? op->spec->target : NULL;
    return nd_model_reached(op->plugins->model, op->plugins->site,
                            entry != NULL ? &entry->target : NULL);
}

void nd_facade_init(struct nd_host *host)
{
    *host = (struct nd_host){
        .struct_size = sizeof *host,
        .abi_minor = ND_ABI_MINOR,
        .now = host_now,
        .after = host_after,
        .watch = host_watch,
        .offload = host_offload,
        .state = host_state,
        .socket = host_socket,
        .release = host_release,
        .from_wall = host_from_wall,
        .emit = host_emit,
        .undo_note = host_undo_note,
        .finish = host_finish,
        .log = host_log,
        .netns = host_netns,
        .netns_of = host_netns_of,
        .site_json = host_site_json,
        .model_set = host_model_set,
        .model_up = host_model_up,
        .sent = host_sent,
        .answer = host_answer,
        .reading = host_reading,
    };
}
