#include "host/measure_state.h"

#include <math.h>
#include <stdlib.h>

/* A measurement as a call a slot: of verbs that do not stream, and of all in a rehearsal. There,
 * the model of a steady verb is asked anew only when something was set up or down. */

/* A verb called for one slot. */
struct nd_slot_call {
    struct nd_measure *measure; /* NULL: freed meanwhile */
    struct nd_op *op;
    int64_t slot;
    double value;
    nd_timer failing;
    nd_err fail_with;
    bool template; /* what it says is replayed for later slots */
};

static void call_free(struct nd_slot_call *call)
{
    struct nd_measure *m = call->measure;
    for (size_t i = 0; m != NULL && i < m->calls.count; i++) {
        if (m->calls.at[i] == call) {
            m->calls.at[i] = m->calls.at[--m->calls.count];
            break;
        }
    }
    free(call);
}

static void call_ended(void *ctx, nd_err err, const char *why)
{
    (void)why;
    struct nd_slot_call *call = ctx;
    struct nd_measure *m = call->measure;
    int64_t number = call->slot;
    double value = call->value;
    bool template = call->template;
    call_free(call);
    if (m == NULL)
        return;
    if (template && m->steady.generation == nd_model_generation(m->plugins->model)) {
        m->steady.known = true;
        m->steady.took = nd_sched_now(m->plugins->sched) - nd_measure_slot_of(m, number)->sent;
        m->steady.outcome = err;
        m->steady.value = value;
    }
    nd_measure_know(m, nd_measure_slot_of(m, number), err, value);
    nd_measure_settle(m);
}

static void call_read(void *ctx, uint32_t reading, double value, nd_ns at)
{
    (void)at;
    struct nd_slot_call *call = ctx;
    struct nd_measure *m = call->measure;
    if (reading == 0)
        call->value = value;
    else if (m != NULL && !isnan(value))
        m->sink.reading(m->sink.ctx, call->slot, reading, value);
    if (reading != 0 && m != NULL && !isnan(value) && call->template)
        nd_vec_push(&m->steady.further, (struct nd_further){reading, value});
}

static void call_fails(void *ctx)
{
    struct nd_slot_call *call = ctx;
    call->failing = 0;
    call_ended(call, call->fail_with, NULL);
}

static void fail_soon(struct nd_slot_call *call, nd_err err)
{
    struct nd_measure *m = call->measure;
    call->fail_with = err;
    call->failing =
        nd_sched_at(m->plugins->sched, nd_sched_now(m->plugins->sched), call_fails, call);
}

/* ---- replays ---- */

static void replay_next(void *ctx);

static void arm_replay(struct nd_measure *m)
{
    if (m->replay != 0 || m->replayed_head == m->replayed.count)
        return;
    nd_ns sent = nd_measure_slot_of(m, m->replayed.at[m->replayed_head])->sent;
    m->replay = nd_sched_at(m->plugins->sched, sent + m->steady.took, replay_next, m);
}

static void replay_next(void *ctx)
{
    struct nd_measure *m = ctx;
    const struct nd_steady *steady = &m->steady;
    m->replay = 0;
    int64_t number = m->replayed.at[m->replayed_head++];
    if (m->replayed_head == m->replayed.count)
        m->replayed_head = m->replayed.count = 0;
    for (size_t i = 0; i < steady->further.count; i++)
        m->sink.reading(m->sink.ctx, number, steady->further.at[i].reading,
                        steady->further.at[i].value);
    nd_measure_know(m, nd_measure_slot_of(m, number), steady->outcome, steady->value);
    nd_measure_settle(m);
    arm_replay(m);
}

/* The answer that the model would give is known: nothing was set up or down since it gave one, and
 * all of that time have been given. */
static bool replay(struct nd_measure *m, int64_t number, bool *template)
{
    struct nd_steady *steady = &m->steady;
    uint64_t generation = nd_model_generation(m->plugins->model);
    if (!m->replays)
        return false;
    if (steady->known && steady->generation == generation) {
        nd_vec_push(&m->replayed, number);
        arm_replay(m);
        return true;
    }
    /* Those that are still to be told keep what they were promised. */
    *template = m->replayed_head == m->replayed.count && m->calls.count == 0;
    if (*template) {
        steady->known = false;
        steady->generation = generation;
        steady->further.count = 0;
    }
    return false;
}

void nd_measure_call(struct nd_measure *m, int64_t number)
{
    struct nd_fail why = {0};
    nd_err ordered = m->sink.ordered != NULL ? m->sink.ordered(m->sink.ctx) : ND_OK;
    bool template = false;
    if (ordered == ND_OK && replay(m, number, &template))
        return;
    struct nd_slot_call *call = nd_alloc(sizeof *call);
    *call = (struct nd_slot_call){.measure = m, .slot = number, .value = NAN, .template = template};
    nd_vec_push(&m->calls, call);
    const struct nd_op_sink sink = {.emit = call_read, .finish = call_ended, .ctx = call};
    if (ordered == ND_OK)
        call->op = nd_op_new(m->plugins, m->spec.call, sink, &why);
    if (call->op != NULL)
        nd_op_start(call->op);
    else
        fail_soon(call, ordered != ND_OK ? ordered : why.code);
}

void nd_measure_calls_free(struct nd_measure *m)
{
    struct nd_sched *sched = m->plugins->sched;
    nd_sched_cancel(sched, m->replay);
    for (size_t i = 0; i < m->calls.count; i++) {
        struct nd_slot_call *call = m->calls.at[i];
        call->measure = NULL;
        nd_sched_cancel(sched, call->failing);
        if (call->op != NULL)
            nd_op_cancel(call->op); /* its end frees the call */
        else
            free(call);
    }
    nd_vec_free(&m->calls);
    nd_vec_free(&m->replayed);
    nd_vec_free(&m->steady.further);
}
