#include "base/units.h"
#include "host/internal.h"
#include "host/remote_state.h"

#include <math.h>
#include <stdlib.h>

/* Measurements that live in a plugin's host: what the ring and the messages say is told on. */

#define REOPENED_MAX 3

static struct nd_far *far_of(const struct nd_remote *remote, int64_t id)
{
    return id >= 0 && (uint64_t)id < remote->far_by_id.count ? remote->far_by_id.at[id] : NULL;
}

static void forget(struct nd_far *far)
{
    if (far->remote != NULL)
        far->remote->far_by_id.at[far->id] = NULL;
    if (far->remote != NULL)
        far->remote->far_count--;
    far->remote = NULL;
}

static void announce(struct nd_far *far, struct nd_remote *remote)
{
    const struct nd_measure_spec *spec = &far->spec;
    struct nd_wire wire = {0};
    far->remote = remote;
    far->id = (uint32_t)remote->far_by_id.count;
    nd_vec_push(&remote->far_by_id, far);
    remote->far_count++;
    nd_wire_i64(&wire, far->id);
    nd_wire_spec(&wire, spec->call);
    nd_wire_i64(&wire, spec->grid);
    nd_wire_i64(&wire, spec->every);
    nd_wire_i64(&wire, spec->tick);
    nd_wire_i64(&wire, spec->till);
    nd_wire_i64(&wire, spec->first);
    nd_remote_send(remote, ND_TO_MEASURE, &wire);
    free(wire.at);
    nd_remote_look(remote);
}

static void send_id(const struct nd_far *far, int kind)
{
    struct nd_wire wire = {0};
    nd_wire_i64(&wire, far->id);
    nd_remote_send(far->remote, kind, &wire);
    free(wire.at);
}

/* A slot that cannot be one is not told: what comes from there is not trusted. */
static void tell_slot(struct nd_far *far, const struct nd_ring_rec *rec)
{
    const struct nd_measure_spec *spec = &far->spec;
    nd_ns due = spec->grid + rec->slot * spec->every;
    if (rec->slot < far->told || rec->slot > (INT64_MAX - spec->grid) / spec->every ||
        due > nd_sched_now(far->remote->loaded->plugins->sched))
        return;
    far->told = rec->slot + 1;
    const struct nd_measured measured = {rec->slot, rec->at, rec->code, rec->value};
    far->sink.slot(far->sink.ctx, &measured);
}

static void tell(struct nd_far *far, const struct nd_ring_rec *rec)
{
    if (rec->kind == ND_RING_SLOT)
        tell_slot(far, rec);
    else if (rec->kind == ND_RING_READING && rec->code > 0 && rec->slot >= far->spec.first &&
             nd_verb_has_reading(far->spec.call->verb, (uint32_t)rec->code))
        far->sink.reading(far->sink.ctx, rec->slot, (uint32_t)rec->code, rec->value);
    else if (rec->kind == ND_RING_EXTRA && rec->code >= 0 && rec->code <= ND_EXTRA_REORDERED &&
             rec->slot >= far->spec.first)
        far->sink.extra(far->sink.ctx, (enum nd_measure_extra)rec->code, rec->slot, rec->value,
                        rec->at);
}

void nd_far_drain(struct nd_remote *remote)
{
    struct nd_ring_rec rec;
    for (uint32_t i = 0; i < ND_RING_COUNT && nd_ring_take(remote->ring, &rec); i++) {
        struct nd_far *far = far_of(remote, rec.id);
        if (far != NULL)
            tell(far, &rec);
    }
    uint64_t lost = nd_ring_lost(remote->ring);
    if (lost != remote->lost_told) {
        nd_plugins_logf(remote->loaded->plugins, ND_WARN, remote->loaded->plugin->name,
                        "%llu measured values did not fit into memory while netdrill was held up",
                        (unsigned long long)(lost - remote->lost_told));
        remote->lost_told = lost;
    }
}

void nd_far_message(struct nd_remote *remote, int kind, struct nd_unwire *in)
{
    struct nd_far *far = far_of(remote, nd_unwire_i64(in));
    if (far == NULL)
        return;
    if (kind == ND_FROM_CLOSED) {
        forget(far);
        far->sink.closed(far->sink.ctx);
        return;
    }
    struct nd_arena arena = {0};
    nd_err err = (nd_err)nd_unwire_i64(in);
    far->sink.broken(far->sink.ctx, err, nd_unwire_text(in, &arena), false);
    nd_arena_deinit(&arena);
}

/* The next slot that is still to come. */
static void skip_to_now(struct nd_far *far, nd_ns now)
{
    struct nd_measure_spec *spec = &far->spec;
    int64_t next = (now - spec->grid) / spec->every + 1;
    spec->first = next > far->told ? next : far->told;
}

static void end_after_death(void *ctx)
{
    struct nd_far *far = ctx;
    far->ending = 0;
    far->sink.closed(far->sink.ctx);
}

static void revive(struct nd_far *far, struct nd_loaded *loaded, const char *text)
{
    struct nd_sched *sched = loaded->plugins->sched;
    struct nd_fail why = {0};
    nd_ns now = nd_sched_now(sched);
    bool over = far->stopped || (far->spec.till >= 0 && now >= far->spec.till);
    bool goes_on =
        !over && far->reopened++ < REOPENED_MAX && nd_remote_start(loaded, &why) == ND_OK;
    far->sink.broken(far->sink.ctx, ND_EGONE, text, goes_on);
    if (goes_on) {
        skip_to_now(far, now);
        announce(far, loaded->remote);
    } else {
        far->ending = nd_sched_at(sched, now, end_after_death, far);
    }
}

void nd_far_died(struct nd_remote *remote, const char *why)
{
    struct nd_loaded *loaded = remote->loaded;
    for (size_t i = 0; i < remote->far_by_id.count; i++) {
        struct nd_far *far = remote->far_by_id.at[i];
        if (far == NULL)
            continue;
        far->remote = NULL;
        revive(far, loaded, why);
    }
    nd_vec_free(&remote->far_by_id);
}

struct nd_far *nd_far_open(struct nd_loaded *loaded, const struct nd_measure_spec *spec,
                           struct nd_measure_sink sink, struct nd_fail *why)
{
    if (nd_remote_start(loaded, why) != ND_OK)
        return NULL;
    struct nd_far *far = nd_alloc(sizeof *far);
    *far = (struct nd_far){
        .plugins = loaded->plugins, .spec = *spec, .sink = sink, .told = spec->first};
    announce(far, loaded->remote);
    return far;
}

void nd_far_stop(struct nd_far *far)
{
    if (!far->stopped && far->remote != NULL)
        send_id(far, ND_TO_STOP);
    far->stopped = true;
}

void nd_far_set_till(struct nd_far *far, nd_ns till)
{
    struct nd_wire wire = {0};
    far->spec.till = till;
    if (far->remote == NULL)
        return;
    nd_wire_i64(&wire, far->id);
    nd_wire_i64(&wire, till);
    nd_remote_send(far->remote, ND_TO_TILL, &wire);
    free(wire.at);
}

void nd_far_refresh(struct nd_far *far)
{
    if (far->remote != NULL)
        nd_far_drain(far->remote);
}

void nd_far_free(struct nd_far *far)
{
    if (far == NULL)
        return;
    if (far->remote != NULL)
        send_id(far, ND_TO_CUT);
    nd_sched_cancel(far->plugins->sched, far->ending);
    forget(far);
    free(far);
}
