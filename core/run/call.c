#include "run/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One call of a verb. A change goes plan_undo -> undo record on disk -> start; nothing else leads
 * to start. */

static void call_free(struct nd_call *call)
{
    *call->link = call->next;
    if (call->next != NULL)
        call->next->link = call->link;
    nd_sched_cancel(call->run->config.sched, call->failing);
    free(call->values);
    free(call->fail_why);
    free(call);
}

static json_t *args_json(const struct nd_call_spec *spec)
{
    char *text = nd_schema_args_json(spec->verb, &spec->args);
    json_t *args = json_loads(text, 0, NULL);
    free(text);
    return args != NULL ? args : json_null();
}

static void journal_started(struct nd_call *call)
{
    const struct nd_call_spec *spec = call->spec;
    json_t *data = json_pack(
        "{s:s?, s:s, s:s, s:s?, s:s?, s:o, s:s?, s:s?}", "step",
        call->task != NULL && call->task->step != NULL ? call->task->step->step->id : NULL,
        "plugin", spec->plugin, "verb", spec->verb->name, "target",
        spec->target != NULL ? spec->target->target.name : NULL, "vantage", spec->common.from,
        "args", args_json(spec), "label", spec->common.label.en, "label_zh", spec->common.label.zh);
    nd_run_event(call->run, 0, "op.started", nd_id_text(call->run, call->number), NULL, data);
}

static void journal_ended(struct nd_call *call, nd_err err, const char *why)
{
    json_t *readings = json_object();
    for (size_t i = 0; i < call->values_count; i++) {
        if (!isnan(call->values[i]))
            json_object_set_new(readings, call->spec->verb->readings[i].name,
                                json_real(call->values[i]));
    }
    json_t *data =
        json_pack("{s:s, s:s?, s:o, s:I}", "err", nd_err_name(err), "why", why, "readings",
                  readings, "took_ns", (json_int_t)(nd_run_now(call->run) - call->began));
    nd_run_event(call->run, 0, "op.ended", nd_id_text(call->run, call->number), NULL, data);
}

static void call_over(struct nd_call *call, nd_err err, const char *why)
{
    struct nd_run *run = call->run;
    call->op = NULL;
    if (call->change != NULL)
        call->change->call = NULL;
    journal_ended(call, err, why);
    call->done(call, err, why);
    call_free(call);
    nd_run_settle(run);
}

static void change_proved(void *ctx, nd_err err, const char *why)
{
    call_over(ctx, err, why);
}

static void emitted(void *ctx, uint32_t reading, double value, nd_ns at)
{
    (void)at;
    struct nd_call *call = ctx;
    if (reading < call->values_count)
        call->values[reading] = value;
}

/* A change is over once it is known whether it is in force; a rehearsal has nothing to read. */
static void finished(void *ctx, nd_err err, const char *why)
{
    struct nd_call *call = ctx;
    struct nd_change *change = call->change;
    call->op = NULL;
    if (change == NULL || change->rec.id == 0) {
        call_over(call, err, why);
        return;
    }
    nd_change_made(change, err, why, call->began);
    if (err != ND_OK || !nd_run_is_live(call->run))
        call_over(call, err, why);
    else
        nd_change_prove(change, change_proved, call);
}

static void failed(void *ctx)
{
    struct nd_call *call = ctx;
    call->failing = 0;
    call_over(call, call->fail_with, call->fail_why);
}

/* Ends a call of which nothing was begun; the scheduler tells. */
static void fail_soon(struct nd_call *call, nd_err err, const char *why)
{
    call->fail_with = err;
    call->fail_why = nd_strdup(why);
    call->failing = nd_sched_at(call->run->config.sched, nd_run_now(call->run), failed, call);
}

nd_err nd_call_ordered(struct nd_run *run, const struct nd_call_spec *spec)
{
    struct nd_verb_count *count = NULL;
    for (size_t i = 0; i < run->verb_counts.count && count == NULL; i++) {
        if (run->verb_counts.at[i].verb == spec->verb)
            count = &run->verb_counts.at[i];
    }
    if (count == NULL) {
        nd_vec_push(&run->verb_counts, (struct nd_verb_count){spec->verb, 0});
        count = &run->verb_counts.at[run->verb_counts.count - 1];
    }
    count->count++;
    size_t plugin_len = strlen(spec->plugin);
    for (size_t i = 0; i < run->config.fails_count; i++) {
        const struct nd_script_fail *fail = &run->config.fails[i];
        if (strncmp(fail->verb, spec->plugin, plugin_len) == 0 && fail->verb[plugin_len] == '.' &&
            strcmp(fail->verb + plugin_len + 1, spec->verb->name) == 0 &&
            (fail->number == 0 || fail->number == count->count))
            return fail->err;
    }
    return ND_OK;
}

static void start(struct nd_call *call)
{
    call->began = nd_run_now(call->run);
    nd_op_start(call->op);
}

static void undo_planned(void *ctx, nd_err err, const char *why)
{
    struct nd_call *call = ctx;
    if (err != ND_OK) {
        call_over(call, err, why);
        return;
    }
    struct nd_fail fail = {0};
    if (call->cancelled)
        nd_fail_set(&fail, ND_ECANCEL, "the drill ended before it was begun");
    else if (nd_run_allows(call->run, call->spec, call->change, &fail) == ND_OK)
        nd_change_record(call->change, call->spec, &fail);
    if (fail.code == ND_OK) {
        start(call);
        return;
    }
    struct nd_op *op = call->op;
    if (call->change->rec.id != 0) /* on disk, and never begun */
        nd_change_made(call->change, fail.code, fail.text, call->began);
    call_over(call, fail.code, fail.text);
    nd_op_drop(op);
}

static size_t readings_count(const struct nd_verb *verb)
{
    size_t count = 0;
    while (verb->readings[count].name != NULL)
        count++;
    return count;
}

/* What the plan did not name is claimed when it is touched; the keeper holds it too. */
static nd_err claim(const struct nd_run *run, const struct nd_call_spec *spec, struct nd_fail *why)
{
    struct nd_claims *claims = run->config.claims;
    if (claims == NULL || spec->target == NULL || (spec->verb->flags & ND_VERB_CHANGES) == 0)
        return ND_OK;
    size_t before = nd_claims_count(claims);
    nd_err err = nd_claims_take(claims, run->config.site, spec->target, why);
    if (err == ND_OK && nd_claims_count(claims) > before)
        nd_keeper_hold(run->keeper, nd_claims_fd(claims, before));
    return err;
}

struct nd_call *nd_call_begin(struct nd_run *run, struct nd_task *task,
                              const struct nd_call_spec *spec,
                              void (*done)(struct nd_call *, nd_err, const char *), void *ctx)
{
    struct nd_call *call = nd_alloc(sizeof *call);
    *call = (struct nd_call){.run = run,
                             .spec = spec,
                             .task = task,
                             .done = done,
                             .ctx = ctx,
                             .next = run->calls,
                             .link = &run->calls,
                             .began = nd_run_now(run)};
    if (call->next != NULL)
        call->next->link = &call->next;
    run->calls = call;
    call->values_count = readings_count(spec->verb);
    call->values = nd_alloc((call->values_count + 1) * sizeof *call->values);
    for (size_t i = 0; i < call->values_count; i++)
        call->values[i] = NAN;
    call->number = ++run->op_number;
    journal_started(call);
    if (run->config.called != NULL)
        run->config.called(run->config.ctx,
                           task != NULL && task->step != NULL ? task->step->step : NULL, spec, 0);
    nd_err ordered = nd_call_ordered(run, spec);
    if (ordered != ND_OK) {
        fail_soon(call, ordered, "failed on order (--fail)");
        return call;
    }
    struct nd_fail why = {0};
    struct nd_op_sink sink = {.emit = emitted, .finish = finished, .ctx = call};
    if (nd_run_allows(run, spec, NULL, &why) == ND_OK && claim(run, spec, &why) == ND_OK)
        call->op = nd_op_new(run->config.plugins, spec, sink, &why);
    if (call->op == NULL) {
        fail_soon(call, why.code, why.text);
        return call;
    }
    if ((spec->verb->flags & ND_VERB_CHANGES) != 0) {
        call->change = nd_change_new(run, call);
        nd_op_plan_undo(call->op, &call->change->rec, undo_planned, call);
    } else {
        start(call);
    }
    return call;
}

void nd_call_cancel(struct nd_call *call)
{
    call->cancelled = true;
    if (call->op != NULL)
        nd_op_cancel(call->op);
}
