#include "host/remote.h"

#include "base/units.h"
#include "host/internal.h"
#include "host/jail.h"
#include "host/remote_state.h"
#include "host/spawn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A plugin's host process, and the ops in it. */

#define GRACE_MS    1000 /* that a host may take to close its plugin */
#define CRASH_GRACE 5000 /* of one whose socket has closed, to be gone (a core is written) */
#define SILENCE     ND_SEC(5)
#define LOOK_EVERY  ND_MS(100)

/* ---- ops ---- */

static struct nd_op *op_of(const struct nd_remote *remote, int64_t serial)
{
    for (struct nd_op *op = remote->loaded->plugins->ops; op != NULL; op = op->next) {
        if (op->serial == serial && op->loaded == remote->loaded && op->announced)
            return op;
    }
    return NULL; /* ended meanwhile */
}

/* Without a host there is nothing that could go on. */
static struct nd_remote *host_of(struct nd_op *op)
{
    struct nd_fail why = {0};
    if (nd_remote_start(op->loaded, &why) != ND_OK) {
        nd_op_end(op, why.code, why.text);
        return NULL;
    }
    return op->loaded->remote;
}

static bool announce(struct nd_op *op)
{
    struct nd_remote *remote = op->announced ? op->loaded->remote : host_of(op);
    /* The host that knew of it has died since. */
    if (remote == NULL || (op->announced && op->host_number != remote->number)) {
        nd_op_end(op, ND_EGONE, "the plugin's process died before it was begun");
        return false;
    }
    if (op->announced)
        return true;
    op->announced = true;
    op->host_number = remote->number;
    if (op->spec == NULL)
        return true;
    struct nd_wire wire = {0};
    nd_wire_i64(&wire, op->serial);
    nd_wire_spec(&wire, op->spec);
    nd_link_queue(remote->link, ND_TO_OP, &wire); /* what is to be done with it follows */
    free(wire.at);
    return true;
}

static void send_id(struct nd_op *op, int kind)
{
    struct nd_wire wire = {0};
    nd_wire_i64(&wire, op->serial);
    nd_remote_send(op->loaded->remote, kind, &wire);
    free(wire.at);
}

void nd_remote_op_plan(struct nd_op *op)
{
    if (announce(op))
        send_id(op, ND_TO_PLAN);
}

void nd_remote_op_start(struct nd_op *op)
{
    if (announce(op))
        send_id(op, ND_TO_START);
}

static bool lives(const struct nd_op *op)
{
    return op->announced && op->loaded->remote != NULL &&
           op->host_number == op->loaded->remote->number;
}

void nd_remote_op_cancel(struct nd_op *op)
{
    if (lives(op))
        send_id(op, ND_TO_CANCEL);
}

void nd_remote_op_drop(struct nd_op *op)
{
    if (lives(op))
        send_id(op, ND_TO_DROP);
}

void nd_remote_op_undo(struct nd_op *op, const struct nd_undo_rec *rec, enum nd_undo_act act)
{
    if (!announce(op))
        return;
    struct nd_wire wire = {0};
    nd_wire_i64(&wire, op->serial);
    nd_wire_i64(&wire, act);
    nd_wire_rec(&wire, rec);
    nd_remote_send(op->loaded->remote, ND_TO_UNDO, &wire);
    free(wire.at);
}

/* ---- what a host says ---- */

static void hear_ready(struct nd_remote *remote, struct nd_unwire *in, struct nd_arena *arena)
{
    nd_unwire_i64(in);
    nd_err err = (nd_err)nd_unwire_i64(in);
    const char *text = nd_unwire_text(in, arena);
    remote->ready = true;
    nd_fail_set(&remote->failed, err, "%s", text != NULL ? text : "");
    nd_plugins_tell_ready(remote->loaded->plugins);
}

static void hear_notes(struct nd_op *op, struct nd_unwire *in)
{
    nd_err err = (nd_err)nd_unwire_i64(in);
    const char *why = nd_unwire_text(in, &op->arena);
    const struct nd_note *notes = nd_unwire_notes(in, &op->arena);
    if (op->stage != ND_STAGE_PLANNING)
        return;
    for (; notes->key != NULL; notes++)
        nd_vec_push(&op->notes, *notes);
    nd_op_end(op, err, why);
}

static void hear_emit(struct nd_op *op, struct nd_unwire *in)
{
    uint32_t reading = (uint32_t)nd_unwire_i64(in);
    double value = nd_unwire_f64(in);
    nd_ns at = nd_unwire_i64(in);
    if (op->stage == ND_STAGE_RUNNING && op->spec != NULL && op->sink.emit != NULL &&
        nd_op_has_reading(op, reading))
        op->sink.emit(op->sink.ctx, reading, value, at);
}

static void hear_log(struct nd_remote *remote, struct nd_unwire *in, struct nd_arena *arena)
{
    int level = (int)nd_unwire_i64(in);
    const char *text = nd_unwire_text(in, arena);
    if (text != NULL)
        nd_plugins_logf(remote->loaded->plugins, level, remote->loaded->plugin->name, "%s", text);
}

static void hear_of_op(struct nd_remote *remote, int kind, struct nd_unwire *in,
                       struct nd_arena *arena)
{
    struct nd_op *op = op_of(remote, nd_unwire_i64(in));
    if (op == NULL)
        return;
    if (kind == ND_FROM_NOTES) {
        hear_notes(op, in);
    } else if (kind == ND_FROM_EMIT) {
        hear_emit(op, in);
    } else {
        nd_err err = (nd_err)nd_unwire_i64(in);
        nd_op_end(op, err, nd_unwire_text(in, arena));
    }
}

static void hear(void *ctx, int kind, struct nd_unwire *in)
{
    struct nd_remote *remote = ctx;
    struct nd_arena arena = {0};
    /* What was measured before it was said comes before it. */
    nd_far_drain(remote);
    switch (kind) {
    case ND_FROM_READY:
        hear_ready(remote, in, &arena);
        break;
    case ND_FROM_NOTES:
    case ND_FROM_EMIT:
    case ND_FROM_FINISH:
        hear_of_op(remote, kind, in, &arena);
        break;
    case ND_FROM_LOG:
        hear_log(remote, in, &arena);
        break;
    case ND_FROM_BROKEN:
    case ND_FROM_CLOSED:
        nd_far_message(remote, kind, in);
        break;
    default: /* ND_FROM_FULL: drained already */
        break;
    }
    nd_arena_deinit(&arena);
}

/* ---- the process ---- */

/* Gone, by itself or by us: what it was doing has failed. */
static void buried(struct nd_remote *remote, const char *why)
{
    struct nd_loaded *loaded = remote->loaded;
    struct nd_plugins *plugins = loaded->plugins;
    nd_far_drain(remote);
    nd_link_free(remote->link);
    nd_ring_free(remote->ring);
    nd_sched_cancel(plugins->sched, remote->look);
    loaded->remote = NULL;
    nd_plugins_logf(plugins, ND_ERROR, loaded->plugin->name, "%s", why);
    for (struct nd_op *op = plugins->ops, *next = NULL; op != NULL; op = next) {
        next = op->next;
        if (op->loaded == loaded && op->announced && op->host_number == remote->number)
            nd_op_end(op, op->timed_out ? ND_ETIME : ND_EGONE, why);
    }
    nd_far_died(remote, why);
    free(remote);
    nd_plugins_tell_ready(plugins);
}

static void gone(void *ctx)
{
    struct nd_remote *remote = ctx;
    char words[80];
    char why[160];
    nd_spawn_words(nd_spawn_end(remote->pid, CRASH_GRACE), words, sizeof words);
    snprintf(why, sizeof why, "the plugin's process %s", words);
    buried(remote, why);
}

void nd_remote_kill(struct nd_remote *remote, const char *why)
{
    nd_spawn_end(remote->pid, 0);
    buried(remote, why);
}

/* Now and then: what was measured, and whether it still goes round. */
static void look(void *ctx)
{
    struct nd_remote *remote = ctx;
    struct nd_sched *sched = remote->loaded->plugins->sched;
    remote->look = 0;
    nd_ns now = nd_sched_now(sched);
    nd_far_drain(remote);
    nd_ns beaten = nd_ring_beaten(remote->ring);
    /* We ourselves may have been stopped: then it is given a moment to be seen. */
    bool we_stalled = now - remote->looked > SILENCE / 2;
    remote->looked = now;
    if (remote->far_count != 0 && !we_stalled && beaten != 0 && now - beaten > SILENCE) {
        nd_remote_kill(remote, "the plugin's process did not go round for 5 s and was killed");
        return;
    }
    if (remote->far_count != 0)
        remote->look = nd_sched_at(sched, now + LOOK_EVERY, look, remote);
}

void nd_remote_look(struct nd_remote *remote)
{
    struct nd_sched *sched = remote->loaded->plugins->sched;
    if (remote->look != 0)
        return;
    remote->looked = nd_sched_now(sched);
    nd_ring_beat(remote->ring, remote->looked);
    remote->look = nd_sched_at(sched, remote->looked + LOOK_EVERY, look, remote);
}

/* Restoring knows no site: the records say where. */
static bool enters_namespaces(const struct nd_plugins *plugins)
{
    const struct nd_site *site = plugins->site;
    bool enters = site == NULL;
    for (size_t i = 0; site != NULL && i < site->vantages.count; i++)
        enters = enters || site->vantages.at[i].netns != NULL;
    return enters;
}

static void send_init(struct nd_remote *remote)
{
    const struct nd_plugins *plugins = remote->loaded->plugins;
    const struct nd_clock_zero zero = nd_sched_zero(plugins->sched);
    struct nd_wire wire = {0};
    nd_wire_i64(&wire, zero.mono_ns);
    nd_wire_i64(&wire, zero.wall_ns);
    const struct nd_jail jail = nd_jail_of(remote->loaded->plugin, enters_namespaces(plugins));
    nd_wire_i64(&wire, (int64_t)jail.caps);
    nd_wire_i64(&wire, jail.flags);
    nd_wire_text(&wire, remote->loaded->path);
    nd_wire_text(&wire, plugins->site != NULL ? plugins->site->path : NULL);
    nd_wire_text(&wire, plugins->site != NULL ? plugins->site->text : NULL);
    nd_remote_send(remote, ND_TO_INIT, &wire);
    free(wire.at);
}

static nd_err begin_process(struct nd_remote *remote, int ring_fd, struct nd_fail *why)
{
    const struct nd_plugins *plugins = remote->loaded->plugins;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return nd_fail_set(why, ND_EIO, "cannot make a socket for a plugin's process");
    const int fds[] = {ends[1], ring_fd, plugins->lock_fd};
    const char *const argv[] = {"netdrill", "plugin-host", remote->loaded->plugin->name, NULL};
    nd_err err = nd_spawn(argv, fds, plugins->lock_fd >= 0 ? 3 : 2, &remote->pid, why);
    close(ends[1]);
    if (err != ND_OK) {
        close(ends[0]);
        return err;
    }
    remote->link = nd_link_new(nd_sched_loop(plugins->sched), ends[0], hear, gone, remote);
    send_init(remote);
    return ND_OK;
}

nd_err nd_remote_start(struct nd_loaded *loaded, struct nd_fail *why)
{
    if (loaded->remote != NULL)
        return ND_OK;
    struct nd_remote *remote = nd_alloc(sizeof *remote);
    int ring_fd = -1;
    remote->loaded = loaded;
    remote->number = ++loaded->plugins->host_number;
    remote->ring = nd_ring_new(&ring_fd, why);
    nd_err err = remote->ring != NULL ? begin_process(remote, ring_fd, why) : why->code;
    if (ring_fd >= 0)
        close(ring_fd);
    if (err != ND_OK) {
        nd_ring_free(remote->ring);
        free(remote);
        return err;
    }
    loaded->remote = remote;
    return ND_OK;
}

bool nd_remote_ready(const struct nd_remote *remote, struct nd_fail *why)
{
    if (remote != NULL && remote->ready && remote->failed.code != ND_OK)
        *why = remote->failed;
    return remote != NULL && remote->ready;
}

void nd_remote_send(struct nd_remote *remote, int kind, struct nd_wire *wire)
{
    nd_link_send(remote->link, kind, wire);
}

void nd_remote_leave(struct nd_remote *remote)
{
    if (remote == NULL)
        return;
    nd_link_free(remote->link);
    remote->link = NULL;
}

void nd_remote_free(struct nd_remote *remote)
{
    if (remote == NULL)
        return;
    nd_sched_cancel(remote->loaded->plugins->sched, remote->look);
    nd_remote_leave(remote);
    nd_spawn_end(remote->pid, GRACE_MS);
    nd_ring_free(remote->ring);
    free(remote);
}
