#include "support/fake_internal.h"

#include "base/units.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct nd_fake *fake_of(const struct nd_host *host)
{
    return (struct nd_fake *)((uintptr_t)host - offsetof(struct nd_fake, host));
}

static void fault(struct nd_fake *fake, const char *text)
{
    if (fake->fault[0] == '\0')
        snprintf(fake->fault, sizeof fake->fault, "%s", text);
}

void nd_fake_mistake(const char *what, const char *which)
{
    fprintf(stderr, "fake host: the test gave %s '%s'\n", what, which);
    abort();
}

static int64_t clock_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

bool nd_fake_live(const struct nd_op *op)
{
    return !op->finished && (op->planning || op->started);
}

/* ---- what the plugin calls ---- */

static nd_ns fake_now(const struct nd_host *host)
{
    const struct nd_fake *fake = fake_of(host);
    return fake->clock == ND_FAKE_VIRTUAL ? fake->virtual_now
                                          : clock_ns(CLOCK_MONOTONIC) - fake->mono_zero;
}

static nd_ns fake_from_wall(const struct nd_host *host, int64_t wall_ns)
{
    const struct nd_fake *fake = fake_of(host);
    return wall_ns - fake->wall_offset;
}

static nd_err fake_after(struct nd_op *op, nd_ns wait, void (*fn)(void *), void *ctx)
{
    struct nd_fake *fake = op->fake;
    if (!nd_fake_live(op))
        return ND_ESTATE;
    for (size_t i = 0; i < fake->timers.count; i++) {
        const struct timer *t = &fake->timers.at[i];
        if (t->op == op && t->fn == fn && t->ctx == ctx) {
            fake->timers.at[i] = fake->timers.at[--fake->timers.count];
            break;
        }
    }
    if (wait >= 0)
        nd_vec_push(&fake->timers,
                    (struct timer){op, fn, ctx, fake_now(&fake->host) + wait, ++fake->seq});
    return ND_OK;
}

void nd_fake_unwatch(struct nd_fake *fake, int fd)
{
    for (size_t i = 0; i < fake->watches.count; i++) {
        if (fake->watches.at[i].fd == fd) {
            fake->watches.at[i] = fake->watches.at[--fake->watches.count];
            return;
        }
    }
}

static nd_err fake_watch(struct nd_op *op, int fd, int events, void (*fn)(void *, int), void *ctx)
{
    struct nd_fake *fake = op->fake;
    if (!nd_fake_live(op))
        return ND_ESTATE;
    if (fake->clock == ND_FAKE_VIRTUAL || op->rehearsing)
        fault(fake, "watch() in a rehearsal");
    nd_fake_unwatch(fake, fd);
    if (events != 0)
        nd_vec_push(&fake->watches,
                    (struct watch){.op = op, .fd = fd, .events = events, .fn = fn, .ctx = ctx});
    return ND_OK;
}

static nd_err fake_offload(struct nd_op *op, void (*work)(void *), void (*done)(void *), void *ctx)
{
    if (!nd_fake_live(op))
        return ND_ESTATE;
    if (op->rehearsing)
        fault(op->fake, "offload() in a rehearsal");
    op->offloads++;
    nd_vec_push(&op->fake->jobs, (struct job){op, work, done, ctx});
    return ND_OK;
}

static void *fake_state(struct nd_op *op, size_t bytes)
{
    if (op->state == NULL)
        op->state = nd_alloc(bytes);
    return op->state;
}

static int fake_socket(struct nd_op *op, int domain, int type, int protocol)
{
    if (!nd_fake_live(op))
        return ND_ESTATE;
    if (op->rehearsing)
        fault(op->fake, "socket() in a rehearsal");
    int fd = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd < 0) {
        snprintf(op->why, sizeof op->why, "cannot open a socket: %s", strerror(errno));
        return nd_err_from_errno(errno);
    }
    nd_vec_push(&op->fake->sockets, (struct opened){op, fd});
    return fd;
}

static void fake_release(struct nd_op *op, int fd)
{
    struct nd_fake *fake = op->fake;
    nd_fake_unwatch(fake, fd);
    for (size_t i = 0; i < fake->sockets.count; i++) {
        if (fake->sockets.at[i].fd == fd && fake->sockets.at[i].op == op) {
            fake->sockets.at[i] = fake->sockets.at[--fake->sockets.count];
            close(fd);
            return;
        }
    }
    fault(fake, "release() of a descriptor that socket() did not give to this op");
}

static void fake_emit(struct nd_op *op, uint32_t reading, double value, nd_ns at)
{
    if (!op->started || op->finished) {
        fault(op->fake, "emit() outside the life of the op");
        return;
    }
    uint32_t count = 0;
    while (op->verb->readings[count].name != NULL)
        count++;
    if (reading >= count) {
        fault(op->fake, "emit() of a reading the verb does not declare");
        return;
    }
    nd_vec_push(&op->samples, (struct nd_fake_sample){reading, value, at});
}

static void fake_sent(struct nd_op *op, int64_t slot, nd_ns at)
{
    if (!nd_fake_live(op))
        fault(op->fake, "sent() outside the life of the op");
    nd_vec_push(&op->told, (struct nd_fake_told){slot, true, ND_OK, (double)NAN, at});
}

static void fake_answer(struct nd_op *op, int64_t slot, nd_err err, double value, nd_ns at)
{
    if (!nd_fake_live(op))
        fault(op->fake, "answer() outside the life of the op");
    nd_vec_push(&op->told, (struct nd_fake_told){slot, false, err, value, at});
}

static void fake_reading(struct nd_op *op, int64_t slot, uint32_t reading, double value)
{
    (void)slot;
    fake_emit(op, reading, value, 0);
}

void nd_fake_note(struct nd_op *op, const char *key, const char *value)
{
    nd_vec_push(&op->notes, (struct nd_note){nd_arena_strdup(&op->arena, key),
                                             nd_arena_strdup(&op->arena, value)});
    nd_vec_push(&op->notes, (struct nd_note){NULL, NULL});
    op->notes.count--;
}

static nd_err fake_undo_note(struct nd_op *op, const char *key, const char *value)
{
    if (!op->planning || op->finished) {
        fault(op->fake, "undo_note() outside plan_undo");
        return ND_ESTATE;
    }
    nd_fake_note(op, key, value);
    return ND_OK;
}

/* Timers and watches of an ended op are gone, and its sockets closed. */
static void quiet(struct nd_op *op)
{
    struct nd_fake *fake = op->fake;
    for (size_t i = fake->timers.count; i-- > 0;) {
        if (fake->timers.at[i].op == op)
            fake->timers.at[i] = fake->timers.at[--fake->timers.count];
    }
    for (size_t i = fake->watches.count; i-- > 0;) {
        if (fake->watches.at[i].op == op)
            fake->watches.at[i] = fake->watches.at[--fake->watches.count];
    }
    for (size_t i = fake->sockets.count; i-- > 0;) {
        if (fake->sockets.at[i].op != op)
            continue;
        close(fake->sockets.at[i].fd);
        fake->sockets.at[i] = fake->sockets.at[--fake->sockets.count];
    }
    op->deadline = 0;
}

void nd_fake_finish(struct nd_op *op, nd_err err, const char *why)
{
    if (!nd_fake_live(op)) {
        fault(op->fake, "finish() a second time, or before start");
        return;
    }
    op->finished = true;
    op->err = op->timed_out && err != ND_OK ? ND_ETIME : err;
    if (why != NULL)
        snprintf(op->why, sizeof op->why, "%s", why);
    else if (err == ND_OK)
        op->why[0] = '\0';
    quiet(op);
}

__attribute__((format(printf, 3, 4))) static void fake_log(const struct nd_host *host, int level,
                                                           const char *fmt, ...)
{
    (void)level;
    struct nd_fake *fake = fake_of(host);
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (fake->current != NULL)
        snprintf(fake->current->why, sizeof fake->current->why, "%s", text);
}

static const char *fake_netns(struct nd_op *op)
{
    return op->fake->netns;
}

static const char *fake_netns_of(struct nd_op *op, const char *name)
{
    (void)name;
    return op->fake->netns;
}

static const char *fake_site_json(struct nd_op *op, const char *path)
{
    (void)op;
    (void)path;
    return NULL;
}

static void fake_model_set(struct nd_op *op, const char *target, int up)
{
    if (!op->rehearsing)
        fault(op->fake, "model_set() outside a rehearsal");
    op->model_target = nd_arena_strdup(&op->arena, target);
    op->model_value = up;
}

static int fake_model_up(struct nd_op *op)
{
    if (!op->rehearsing)
        fault(op->fake, "model_up() outside a rehearsal");
    return op->model_up;
}

static void fill_host(struct nd_host *host)
{
    *host = (struct nd_host){
        .struct_size = sizeof *host,
        .abi_minor = ND_ABI_MINOR,
        .now = fake_now,
        .after = fake_after,
        .watch = fake_watch,
        .offload = fake_offload,
        .state = fake_state,
        .socket = fake_socket,
        .release = fake_release,
        .from_wall = fake_from_wall,
        .emit = fake_emit,
        .undo_note = fake_undo_note,
        .finish = nd_fake_finish,
        .log = fake_log,
        .netns = fake_netns,
        .netns_of = fake_netns_of,
        .site_json = fake_site_json,
        .model_set = fake_model_set,
        .model_up = fake_model_up,
        .sent = fake_sent,
        .answer = fake_answer,
        .reading = fake_reading,
    };
}

/* ---- the fake itself ---- */

/* Both clocks at one moment: of several tries the one with the least between them. */
static void set_zero(struct nd_fake *fake)
{
    nd_ns narrowest = INT64_MAX;
    for (int tries = 0; tries < 20; tries++) {
        nd_ns before = clock_ns(CLOCK_MONOTONIC);
        nd_ns wall = clock_ns(CLOCK_REALTIME);
        nd_ns after = clock_ns(CLOCK_MONOTONIC);
        if (after - before >= narrowest)
            continue;
        narrowest = after - before;
        fake->mono_zero = before + narrowest / 2;
        fake->wall_offset = wall;
    }
}

struct nd_fake *nd_fake_new(const struct nd_plugin *plugin, enum nd_fake_clock clock)
{
    struct nd_fake *fake = nd_alloc(sizeof *fake);
    fake->plugin = plugin;
    fake->clock = clock;
    set_zero(fake);
    fill_host(&fake->host);
    if (plugin->open != NULL && plugin->open(&fake->host, &fake->self) != ND_OK)
        nd_fake_mistake("a plugin that does not open,", plugin->name);
    return fake;
}

void nd_fake_free(struct nd_fake *fake)
{
    while (fake->ops != NULL) {
        struct nd_op *op = fake->ops;
        fake->ops = op->next;
        quiet(op);
        nd_vec_free(&op->told);
        nd_vec_free(&op->samples);
        nd_vec_free(&op->notes);
        nd_arena_deinit(&op->arena);
        free(op->state);
        free(op);
    }
    if (fake->plugin->close != NULL)
        fake->plugin->close(fake->self);
    nd_vec_free(&fake->timers);
    nd_vec_free(&fake->watches);
    nd_vec_free(&fake->jobs);
    nd_vec_free(&fake->sockets);
    nd_vec_free(&fake->targets);
    nd_arena_deinit(&fake->arena);
    free(fake);
}

const struct nd_host *nd_fake_host(const struct nd_fake *fake)
{
    return &fake->host;
}

nd_ns nd_fake_now(const struct nd_fake *fake)
{
    return fake_now(&fake->host);
}

const char *nd_fake_fault(const struct nd_fake *fake)
{
    return fake->fault[0] != '\0' ? fake->fault : NULL;
}

void nd_fake_target(struct nd_fake *fake, const char *name, const char *address,
                    const char *const *facts)
{
    size_t count = 0;
    while (facts != NULL && facts[count] != NULL)
        count += 2;
    struct nd_note *notes = nd_arena_alloc(&fake->arena, (count / 2 + 1) * sizeof *notes);
    const char *kind = "service";
    for (size_t i = 0; i < count; i += 2) {
        notes[i / 2] = (struct nd_note){facts[i], facts[i + 1]};
        kind = strcmp(facts[i], "kind") == 0 ? facts[i + 1] : kind;
    }
    nd_vec_push(&fake->targets, (struct nd_target){name, kind, address, notes});
}

void nd_fake_set_netns(struct nd_fake *fake, const char *path)
{
    fake->netns = path;
}

void nd_fake_serve(struct nd_fake *fake, int fd, void (*fn)(void *ctx), void *ctx)
{
    nd_fake_unwatch(fake, fd);
    if (fn != NULL)
        nd_vec_push(&fake->watches,
                    (struct watch){.fd = fd, .events = ND_READABLE, .serve = fn, .ctx = ctx});
}

double nd_fake_value(const struct nd_op *op, const char *reading)
{
    for (size_t i = 0; i < op->samples.count; i++) {
        const struct nd_fake_sample *s = &op->samples.at[i];
        if (strcmp(op->verb->readings[s->reading].name, reading) == 0)
            return s->value;
    }
    return NAN;
}
