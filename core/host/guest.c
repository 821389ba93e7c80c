#include "host/guest.h"

#include "base/units.h"
#include "host/internal.h"
#include "host/jail.h"
#include "host/link.h"
#include "host/measure.h"
#include "host/ring.h"
#include "host/secret.h"
#include "host/spawn.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#define BEAT ND_MS(500)

struct guest_op {
    struct guest *guest;
    int64_t id;
    struct nd_op *op;
    struct nd_arena arena;
    struct nd_call_spec spec;
    struct nd_undo_rec rec;
};

struct guest_measure {
    struct guest *guest;
    uint32_t id;
    struct nd_measure *measure;
    struct nd_call_spec spec;
};

struct guest {
    uv_loop_t loop;
    struct nd_sched *sched;
    struct nd_plugins *plugins;
    const struct nd_plugin *plugin;
    struct nd_site *site;
    struct nd_link *link;
    struct nd_ring *ring;
    struct nd_arena arena; /* specs of measurements: as many as there will ever be */
    struct ND_VEC(struct guest_op *) ops;
    struct ND_VEC(struct guest_measure *) measures; /* by id; NULL: over */
    nd_timer beat;
    bool full_told;
};

/* ---- telling ---- */

static void tell(struct guest *guest, int kind, struct nd_wire *wire)
{
    nd_link_send(guest->link, kind, wire);
    free(wire->at);
}

static void tell_log(void *ctx, int level, const char *plugin, const char *text)
{
    struct guest *guest = ctx;
    struct nd_wire wire = {0};
    (void)plugin;
    nd_wire_i64(&wire, level);
    nd_wire_text(&wire, text);
    tell(guest, ND_FROM_LOG, &wire);
}

static void tell_end(struct guest *guest, int kind, int64_t id, nd_err err, const char *why)
{
    struct nd_wire wire = {0};
    nd_wire_i64(&wire, id);
    nd_wire_i64(&wire, err);
    nd_wire_text(&wire, why);
    tell(guest, kind, &wire);
}

/* ---- ops ---- */

static void op_forget(struct guest_op *mine)
{
    struct guest *guest = mine->guest;
    for (size_t i = 0; i < guest->ops.count; i++) {
        if (guest->ops.at[i] == mine) {
            guest->ops.at[i] = guest->ops.at[--guest->ops.count];
            break;
        }
    }
    nd_arena_deinit(&mine->arena);
    free(mine);
}

static void op_emitted(void *ctx, uint32_t reading, double value, nd_ns at)
{
    const struct guest_op *mine = ctx;
    struct nd_wire wire = {0};
    nd_wire_i64(&wire, mine->id);
    nd_wire_i64(&wire, reading);
    nd_wire_f64(&wire, value);
    nd_wire_i64(&wire, at);
    tell(mine->guest, ND_FROM_EMIT, &wire);
}

static void op_finished(void *ctx, nd_err err, const char *why)
{
    struct guest_op *mine = ctx;
    tell_end(mine->guest, ND_FROM_FINISH, mine->id, err, why);
    op_forget(mine);
}

static void op_planned(void *ctx, nd_err err, const char *why)
{
    struct guest_op *mine = ctx;
    struct nd_undo_rec *rec = &mine->rec;
    struct nd_wire wire = {0};
    nd_wire_i64(&wire, mine->id);
    nd_wire_i64(&wire, err);
    nd_wire_text(&wire, why);
    nd_wire_notes(&wire, rec->notes);
    tell(mine->guest, ND_FROM_NOTES, &wire);
    nd_undo_rec_deinit(rec);
    if (err != ND_OK)
        op_forget(mine);
}

static struct guest_op *op_of(const struct guest *guest, int64_t id)
{
    for (size_t i = 0; i < guest->ops.count; i++) {
        if (guest->ops.at[i]->id == id)
            return guest->ops.at[i];
    }
    return NULL;
}

static struct guest_op *op_add(struct guest *guest, int64_t id)
{
    struct guest_op *mine = nd_alloc(sizeof *mine);
    mine->guest = guest;
    mine->id = id;
    nd_vec_push(&guest->ops, mine);
    return mine;
}

static void do_op(struct guest *guest, struct nd_unwire *in)
{
    struct guest_op *mine = op_add(guest, nd_unwire_i64(in));
    struct nd_fail why = {0};
    const struct nd_op_sink sink = {.emit = op_emitted, .finish = op_finished, .ctx = mine};
    if (!nd_unwire_spec(in, guest->plugin, guest->site, &mine->arena, &mine->spec))
        nd_fail_set(&why, ND_EINTERNAL, "the call does not fit the plugin's tables");
    else if (nd_secrets_resolve(&mine->spec, &mine->arena, &why) == ND_OK)
        mine->op = nd_op_new(guest->plugins, &mine->spec, sink, &why);
    if (mine->op == NULL)
        op_finished(mine, why.code, why.text);
}

static void do_undo(struct guest *guest, struct nd_unwire *in)
{
    struct guest_op *mine = op_add(guest, nd_unwire_i64(in));
    const struct nd_op_sink sink = {.finish = op_finished, .ctx = mine};
    enum nd_undo_act act = (enum nd_undo_act)nd_unwire_i64(in);
    struct nd_undo_rec rec;
    nd_unwire_rec(in, &mine->arena, &rec);
    mine->op = nd_op_undo(guest->plugins, &rec, act, sink);
}

static void do_with_op(struct guest *guest, int kind, struct nd_unwire *in)
{
    struct guest_op *mine = op_of(guest, nd_unwire_i64(in));
    if (mine == NULL)
        return; /* it ended meanwhile */
    switch (kind) {
    case ND_TO_PLAN:
        nd_op_plan_undo(mine->op, &mine->rec, op_planned, mine);
        break;
    case ND_TO_START:
        nd_op_start(mine->op);
        break;
    case ND_TO_CANCEL:
        nd_op_cancel(mine->op);
        break;
    default:
        nd_op_drop(mine->op);
        op_forget(mine);
        break;
    }
}

/* ---- measurements ---- */

static void ring_put(struct guest *guest, const struct nd_ring_rec *rec)
{
    bool kept = nd_ring_put(guest->ring, rec);
    bool full = !kept || nd_ring_filled(guest->ring) > ND_RING_COUNT / 2;
    if (full && !guest->full_told)
        nd_link_send(guest->link, ND_FROM_FULL, NULL);
    guest->full_told = full;
}

static void slot_known(void *ctx, const struct nd_measured *measured)
{
    const struct guest_measure *mine = ctx;
    const struct nd_ring_rec rec = {.id = mine->id,
                                    .kind = ND_RING_SLOT,
                                    .code = (int16_t)measured->outcome,
                                    .slot = measured->slot,
                                    .at = measured->sent,
                                    .value = measured->value};
    ring_put(mine->guest, &rec);
}

static void slot_read(void *ctx, int64_t slot, uint32_t reading, double value)
{
    const struct guest_measure *mine = ctx;
    const struct nd_ring_rec rec = {.id = mine->id,
                                    .kind = ND_RING_READING,
                                    .code = (int16_t)reading,
                                    .slot = slot,
                                    .value = value};
    ring_put(mine->guest, &rec);
}

static void slot_extra(void *ctx, enum nd_measure_extra what, int64_t slot, double value, nd_ns at)
{
    const struct guest_measure *mine = ctx;
    const struct nd_ring_rec rec = {.id = mine->id,
                                    .kind = ND_RING_EXTRA,
                                    .code = (int16_t)what,
                                    .slot = slot,
                                    .at = at,
                                    .value = value};
    ring_put(mine->guest, &rec);
}

static void measure_broken(void *ctx, nd_err err, const char *why, bool goes_on)
{
    const struct guest_measure *mine = ctx;
    (void)goes_on;
    tell_end(mine->guest, ND_FROM_BROKEN, mine->id, err, why);
}

static void measure_forget(struct guest_measure *mine)
{
    mine->guest->measures.at[mine->id] = NULL;
    nd_measure_free(mine->measure);
    free(mine);
}

static void measure_closed(void *ctx)
{
    struct guest_measure *mine = ctx;
    struct nd_wire wire = {0};
    nd_wire_i64(&wire, mine->id);
    tell(mine->guest, ND_FROM_CLOSED, &wire);
    measure_forget(mine);
}

static void do_measure(struct guest *guest, struct nd_unwire *in)
{
    struct guest_measure *mine = nd_alloc(sizeof *mine);
    int64_t id = nd_unwire_i64(in);
    struct nd_fail why = {0};
    *mine = (struct guest_measure){.guest = guest, .id = (uint32_t)id};
    while ((size_t)id >= guest->measures.count)
        nd_vec_push(&guest->measures, NULL);
    guest->measures.at[id] = mine;
    struct nd_measure_spec spec = {.call = &mine->spec};
    if (!nd_unwire_spec(in, guest->plugin, guest->site, &guest->arena, &mine->spec)) {
        nd_fail_set(&why, ND_EINTERNAL, "the call does not fit the plugin's tables");
    } else if (nd_secrets_resolve(&mine->spec, &guest->arena, &why) == ND_OK) {
        spec.grid = nd_unwire_i64(in);
        spec.every = nd_unwire_i64(in);
        spec.tick = nd_unwire_i64(in);
        spec.till = nd_unwire_i64(in);
        spec.first = nd_unwire_i64(in);
        const struct nd_measure_sink sink = {.slot = slot_known,
                                             .reading = slot_read,
                                             .extra = slot_extra,
                                             .broken = measure_broken,
                                             .closed = measure_closed,
                                             .ctx = mine};
        mine->measure = nd_measure_open(guest->plugins, &spec, sink, &why);
    }
    if (mine->measure == NULL) {
        measure_broken(mine, why.code, why.text, false);
        measure_closed(mine);
    }
}

static void do_with_measure(struct guest *guest, int kind, struct nd_unwire *in)
{
    int64_t id = nd_unwire_i64(in);
    struct guest_measure *mine = (size_t)id < guest->measures.count ? guest->measures.at[id] : NULL;
    if (mine == NULL)
        return;
    if (kind == ND_TO_STOP)
        nd_measure_stop(mine->measure);
    else if (kind == ND_TO_TILL)
        nd_measure_set_till(mine->measure, nd_unwire_i64(in));
    else
        measure_forget(mine);
}

/* ---- the process ---- */

static void beat(void *ctx)
{
    struct guest *guest = ctx;
    nd_ns now = nd_sched_now(guest->sched);
    nd_ring_beat(guest->ring, now);
    guest->beat = nd_sched_at(guest->sched, now + BEAT, beat, guest);
}

static void do_init(struct guest *guest, struct nd_unwire *in)
{
    struct nd_arena arena = {0};
    struct nd_fail why = {0};
    struct nd_diags diags = {0};
    const int64_t mono_ns = nd_unwire_i64(in);
    const struct nd_clock_zero zero = {mono_ns, nd_unwire_i64(in)};
    struct nd_jail jail = {.caps = (uint64_t)nd_unwire_i64(in)};
    jail.flags = (uint32_t)nd_unwire_i64(in);
    const char *path = nd_unwire_text(in, &arena);
    const char *site_path = nd_unwire_text(in, &arena);
    const char *site_text = nd_unwire_text(in, &arena);
    guest->sched = nd_sched_new_live_at(&guest->loop, zero, &why);
    ND_CHECK(guest->sched != NULL && path != NULL);
    if (site_text != NULL)
        guest->site = nd_site_read(site_path, site_text, strlen(site_text), &diags);
    nd_diags_deinit(&diags);
    guest->plugins = nd_plugins_new(guest->sched, guest->site);
    nd_plugins_set_log(guest->plugins, tell_log, guest);
    if (nd_jail_enter(&jail, guest->site, &why) == ND_OK)
        guest->plugin = nd_plugins_load(guest->plugins, path, &why);
    tell_end(guest, ND_FROM_READY, 0, why.code, why.text);
    nd_arena_deinit(&arena);
    beat(guest);
}

static void heard(void *ctx, int kind, struct nd_unwire *in)
{
    struct guest *guest = ctx;
    if (kind == ND_TO_INIT && guest->sched == NULL) {
        do_init(guest, in);
        uv_stop(&guest->loop); /* the scheduler runs it from here on */
        return;
    }
    if (guest->plugin == NULL)
        return;
    switch (kind) {
    case ND_TO_OP:
        do_op(guest, in);
        break;
    case ND_TO_UNDO:
        do_undo(guest, in);
        break;
    case ND_TO_MEASURE:
        do_measure(guest, in);
        break;
    case ND_TO_STOP:
    case ND_TO_TILL:
    case ND_TO_CUT:
        do_with_measure(guest, kind, in);
        break;
    default:
        do_with_op(guest, kind, in);
        break;
    }
}

static void core_gone(void *ctx)
{
    struct guest *guest = ctx;
    if (guest->sched != NULL)
        nd_sched_stop(guest->sched);
    else
        uv_stop(&guest->loop);
}

#define DATA_BYTES ((rlim_t)1 << 30) /* a plugin that leaks ends itself, not the machine */

static void limits(void)
{
    const struct rlimit data = {DATA_BYTES, DATA_BYTES};
    struct rlimit files;
    setrlimit(RLIMIT_DATA, &data);
    /* A socket a stream: as many as may be. */
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

int nd_guest_main(void)
{
    struct guest *guest = nd_alloc(sizeof *guest);
    struct nd_fail why = {0};
    /* Not for the programs that the plugin may start; but the lock, if any, is held by us. */
    for (int fd = ND_SPAWN_FD; fd < ND_SPAWN_FD + 3; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    limits();
    guest->ring = nd_ring_map(ND_SPAWN_FD + 1, &why);
    if (guest->ring == NULL) {
        fprintf(stderr, "plugin-host: %s\n", why.text);
        return 1;
    }
    ND_CHECK(uv_loop_init(&guest->loop) == 0);
    guest->link = nd_link_new(&guest->loop, ND_SPAWN_FD, heard, core_gone, guest);
    uv_run(&guest->loop, UV_RUN_DEFAULT);
    if (guest->sched != NULL)
        nd_sched_run(guest->sched);
    /* What is under way is dropped: whoever asked for it is gone. */
    nd_plugins_free(guest->plugins);
    nd_ring_free(guest->ring);
    return 0;
}
