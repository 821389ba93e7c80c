#include "support/fake_internal.h"

/* The fake host's calls of verbs, as the core makes them. */

struct nd_op *nd_fake_op_new(struct nd_fake *fake, const struct nd_verb *verb)
{
    struct nd_op *op = nd_alloc(sizeof *op);
    op->fake = fake;
    op->verb = verb;
    op->model_up = 1;
    op->next = fake->ops;
    fake->ops = op;
    return op;
}

static void returned(struct nd_op *op, nd_err err)
{
    op->fake->current = NULL;
    if (err != ND_OK && nd_fake_live(op))
        nd_fake_finish(op, err, NULL);
}

static bool has_timers(const struct nd_op *op)
{
    for (size_t i = 0; i < op->fake->timers.count; i++) {
        if (op->fake->timers.at[i].op == op)
            return true;
    }
    return false;
}

nd_err nd_fake_plan(struct nd_op *op)
{
    op->planning = true;
    op->fake->current = op;
    returned(op, op->verb->plan_undo(op->fake->self, &op->args, op));
    while (!op->finished && (op->offloads != 0 || has_timers(op))) {
        if (!nd_fake_turn(op->fake))
            break;
    }
    nd_err err = op->finished ? op->err : ND_OK;
    op->planning = false;
    /* A planned op is started next; a failed one stays finished. */
    op->planned = err == ND_OK;
    op->finished = err != ND_OK;
    return err;
}

void nd_fake_start(struct nd_op *op)
{
    if ((op->verb->flags & ND_VERB_CHANGES) != 0 && !op->planned)
        nd_fake_mistake("a change to start before its undo record,", op->verb->name);
    op->started = true;
    op->fake->current = op;
    returned(op, op->verb->start(op->fake->self, &op->args, op));
}

void nd_fake_stream(struct nd_op *op)
{
    op->started = true;
    op->fake->current = op;
    returned(op, op->verb->stream(op->fake->self, &op->args, op));
}

void nd_fake_slots(struct nd_op *op, int64_t first, int64_t count)
{
    op->verb->slots(op->fake->self, op, first, count);
}

void nd_fake_rehearse(struct nd_op *op)
{
    op->started = op->rehearsing = true;
    op->fake->current = op;
    returned(op, op->verb->rehearse(op->fake->self, &op->args, op));
}

void nd_fake_cancel(struct nd_op *op)
{
    if (!nd_fake_live(op) || op->cancelled)
        return;
    op->cancelled = true;
    /* As in the core: a rehearsal, and a verb without cancel, just ends. */
    if (op->rehearsing || op->verb == NULL || op->verb->cancel == NULL)
        nd_fake_finish(op, ND_ECANCEL, NULL);
    else
        op->verb->cancel(op->fake->self, op);
}

void nd_fake_deadline(struct nd_op *op, nd_ns wait)
{
    op->deadline = nd_fake_now(op->fake) + wait;
}

typedef nd_err after_change(void *self, const char *verb, const struct nd_note *noted,
                            struct nd_op *op);

static nd_err act(struct nd_op *change, after_change *fn, const char **why)
{
    struct nd_fake *fake = change->fake;
    struct nd_op *op = nd_fake_op_new(fake, NULL);
    op->started = true;
    for (size_t i = 0; i < change->notes.count; i++)
        nd_fake_note(op, change->notes.at[i].key, change->notes.at[i].value);
    static const struct nd_note none = {NULL, NULL};
    const struct nd_note *noted = op->notes.count != 0 ? op->notes.at : &none;
    fake->current = op;
    returned(op, fn(fake->self, change->verb->name, noted, op));
    nd_err err = nd_fake_run(op);
    if (why != NULL)
        *why = op->why;
    return err;
}

nd_err nd_fake_undo(struct nd_op *change, const char **why)
{
    return act(change, change->fake->plugin->undo, why);
}

nd_err nd_fake_verify(struct nd_op *change, const char **why)
{
    return act(change, change->fake->plugin->verify, why);
}

nd_err nd_fake_prove(struct nd_op *change, const char **why)
{
    return act(change, change->fake->plugin->prove, why);
}
