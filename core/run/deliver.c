#include "run/inject.h"

#include <math.h>
#include <string.h>

/* Getting an inject to people: one call of its verb for each, or a controller's hand. What fails
 * is journalled and waits for the controller; it ends nothing. */

/* Servers put messages off for minutes; a call's own deadline is meant for probes. */
#define DELIVERED_WITHIN ND_SEC(300)

static nd_ns moment_now(const struct nd_recipient *to)
{
    return nd_run_moment(to->inject->run, nd_run_now(to->inject->run));
}

void nd_recipient_got_it(struct nd_recipient *to, const char *actor, json_t *data)
{
    struct nd_inject_run *inject = to->inject;
    struct nd_run *run = inject->run;
    to->delivered = moment_now(to);
    to->failed = false;
    if (inject->opened < 0)
        inject->opened = to->delivered;
    json_object_set_new(data, "to", json_string(to->name));
    nd_run_event(run, 0, "inject.delivered", inject->inject->id, actor, data);
    if (run->state != ND_RUN_RUNNING)
        return;
    nd_recipient_script(to);
    nd_inject_set_timers(inject);
}

static json_t *readings_json(const struct nd_call *call)
{
    json_t *readings = json_object();
    for (size_t i = 0; i < call->values_count; i++) {
        if (!isnan(call->values[i]))
            json_object_set_new(readings, call->spec->verb->readings[i].name,
                                json_real(call->values[i]));
    }
    return readings;
}

static void failed(struct nd_recipient *to, nd_err err, const char *why)
{
    struct nd_run *run = to->inject->run;
    to->failed = true;
    to->why = nd_arena_strdup(&run->arena, why != NULL ? why : nd_err_text(err));
    nd_run_event(run, 0, "inject.failed", to->inject->inject->id, NULL,
                 json_pack("{s:s, s:s, s:s?, s:s}", "to", to->name, "err", nd_err_name(err), "why",
                           to->why, "reference", to->reference));
}

static void called(struct nd_call *call, nd_err err, const char *why)
{
    struct nd_recipient *to = call->ctx;
    to->call = NULL;
    if (err != ND_OK) {
        failed(to, err, why);
        return;
    }
    if (to->delivered >= 0) /* it answered, or somebody handed it over meanwhile */
        return;
    nd_recipient_got_it(to, NULL,
                        json_pack("{s:s, s:b, s:I, s:o}", "reference", to->reference, "by_hand", 0,
                                  "took_ns", (json_int_t)(nd_run_now(call->run) - call->began),
                                  "readings", readings_json(call)));
    nd_inject_settle(to->inject);
}

static struct nd_value *value_of(struct nd_call_spec *spec, const char *name)
{
    uint32_t i = 0;
    while (i + 1 < spec->args.count && strcmp(spec->verb->options[i].name, name) != 0)
        i++;
    struct nd_value *value = (struct nd_value *)&spec->args.at[i]; /* of our own copy */
    value->given = 1;
    return value;
}

static void send_to(struct nd_recipient *to)
{
    struct nd_inject_run *inject = to->inject;
    struct nd_run *run = inject->run;
    const char *run_id = run->config.dir != NULL ? run->config.dir->run_id : "rehearsal";
    nd_ns within = inject->inject->react_within;
    char by[ND_UNIT_TEXT] = "";
    struct nd_call_spec *spec = nd_spec_copy(&run->arena, inject->inject->via);
    const char **one = nd_arena_alloc(&run->arena, 2 * sizeof *one);
    one[0] = to->name;
    to->reference =
        nd_arena_printf(&run->arena, "%s/%s/%zu", run_id, inject->inject->id, ++inject->attempts);
    value_of(spec, "to")->u.texts = one;
    value_of(spec, "reference")->u.text = to->reference;
    if (within > 0)
        value_of(spec, "react_by")->u.text =
            nd_arena_strdup(&run->arena, nd_wall_here(run, nd_run_now(run) + within, by));
    if (spec->common.deadline == 0)
        spec->common.deadline = DELIVERED_WITHIN;
    to->failed = false;
    to->call = nd_call_begin(run, NULL, spec, called, to);
}

void nd_inject_deliver(struct nd_inject_run *inject)
{
    struct nd_run *run = inject->run;
    bool unseen = !inject->by_hand && nd_inject_is_scripted(inject);
    for (size_t i = 0; i < inject->inject->to_count && run->state == ND_RUN_RUNNING; i++) {
        struct nd_recipient *to = &inject->recipients[i];
        if (to->delivered >= 0 || to->call != NULL)
            continue;
        if (inject->inject->via != NULL && !inject->by_hand)
            send_to(to);
        else if (unseen)
            nd_recipient_got_it(to, nd_run_is_live(run) ? "script" : "rehearsal (assumed)",
                                json_pack("{s:b}", "by_hand", 1));
    }
}
