#include "base/units.h"
#include "host/internal.h"
#include "host/remote.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The life of a call. Whatever ends it goes through nd_op_end, which makes it quiet at once, and
 * then op_ending, which the scheduler calls: so no caller is told from within its own call. */

#define DEADLINE_PROBE  ND_SEC(10)
#define DEADLINE_CHANGE ND_SEC(30)
#define DEADLINE_UNDO   ND_SEC(10)
#define WRITE_OFF_AFTER ND_SEC(5)
/* The op's own host ends it by its deadline; we do when it does not. */
#define HOST_GRACE ND_MS(250)

static struct nd_op *alloc_op(struct nd_plugins *plugins, struct nd_loaded *loaded,
                              struct nd_op_sink sink)
{
    struct nd_op *op = nd_alloc(sizeof *op);
    op->plugins = plugins;
    op->loaded = loaded;
    op->sink = sink;
    op->serial = ++plugins->op_serial;
    op->next = plugins->ops;
    op->link = &plugins->ops;
    if (op->next != NULL)
        op->next->link = &op->next;
    plugins->ops = op;
    return op;
}

void nd_op_logged(struct nd_op *op, const char *text)
{
    free(op->logged);
    op->logged = nd_strdup(text);
}

/* Stops timers and watches, closes what the op opened. */
static void quiet(struct nd_op *op)
{
    struct nd_sched *sched = op->plugins->sched;
    for (size_t i = 0; i < op->timers.count; i++) {
        nd_sched_cancel(sched, op->timers.at[i]->id);
        free(op->timers.at[i]);
    }
    op->timers.count = 0;
    while (op->watches.count != 0)
        nd_op_unwatch(op, op->watches.at[0]->fd);
    for (size_t i = 0; i < op->sockets.count; i++)
        close(op->sockets.at[i]);
    op->sockets.count = 0;
    nd_sched_cancel(sched, op->deadline);
    nd_sched_cancel(sched, op->write_off);
    op->deadline = op->write_off = 0;
}

static void op_free(struct nd_op *op)
{
    quiet(op);
    nd_sched_cancel(op->plugins->sched, op->ending);
    *op->link = op->next;
    if (op->next != NULL)
        op->next->link = op->link;
    nd_vec_free(&op->timers);
    nd_vec_free(&op->watches);
    nd_vec_free(&op->sockets);
    nd_vec_free(&op->notes);
    nd_arena_deinit(&op->arena);
    free(op->state);
    free(op->why);
    free(op->logged);
    free(op);
}

void nd_op_free_all(struct nd_plugins *plugins)
{
    for (struct nd_op *op = plugins->ops, *next = NULL; op != NULL; op = next) {
        next = op->next;
        quiet(op);
        /* A worker that never ends still holds its op: better lost than freed under it. */
        if (op->offloads == 0)
            op_free(op);
    }
}

/* The notes of a finished plan_undo go into the caller's record. */
static void fill_rec(struct nd_op *op)
{
    struct nd_undo_rec *rec = op->rec;
    const struct nd_call_spec *spec = op->spec;
    rec->plugin = nd_strdup(op->loaded->plugin->name);
    rec->verb = nd_strdup(spec->verb->name);
    rec->target = nd_strdup(spec->target != NULL ? spec->target->target.name : NULL);
    rec->vantage = nd_strdup(spec->common.from != NULL ? spec->common.from
                             : spec->target != NULL    ? spec->target->vantage
                                                       : NULL);
    rec->netns = nd_strdup(op->netns);
    rec->lease = spec->common.lease;
    rec->notes = nd_alloc((op->notes.count + 1) * sizeof *rec->notes);
    for (size_t i = 0; i < op->notes.count; i++)
        rec->notes[i] =
            (struct nd_note){nd_strdup(op->notes.at[i].key), nd_strdup(op->notes.at[i].value)};
}

static void op_ending(void *ctx)
{
    struct nd_op *op = ctx;
    op->ending = 0;
    if (op->rec != NULL) {
        void (*ready)(void *, nd_err, const char *) = op->ready;
        void *ready_ctx = op->ready_ctx;
        if (op->err == ND_OK) {
            fill_rec(op);
            op->rec = NULL;
            op->stage = ND_STAGE_NEW;
            ready(ready_ctx, ND_OK, NULL);
            return;
        }
        ready(ready_ctx, op->err, op->why);
    } else {
        op->sink.finish(op->sink.ctx, op->err, op->why);
    }
    op_free(op);
}

void nd_op_end(struct nd_op *op, nd_err err, const char *why)
{
    if (op->stage != ND_STAGE_PLANNING && op->stage != ND_STAGE_RUNNING)
        return;
    char late[ND_UNIT_TEXT + 32];
    op->stage = ND_STAGE_ENDING;
    if (op->timed_out && err != ND_OK) {
        char length[ND_UNIT_TEXT];
        err = ND_ETIME;
        snprintf(late, sizeof late, "no end within its deadline of %s",
                 nd_length_format(op->allowed, length));
        why = why != NULL ? why : late;
    }
    op->err = err;
    free(op->why);
    op->why = nd_strdup(why != NULL || err == ND_OK ? why : op->logged);
    if (op->why == NULL && err != ND_OK)
        op->why = nd_strdup(nd_err_text(err));
    quiet(op);
    if (op->offloads == 0)
        op->ending =
            nd_sched_at(op->plugins->sched, nd_sched_now(op->plugins->sched), op_ending, op);
}

/* After a call back: an ended op whose last worker is done may be told now; a plan_undo with
 * nothing left under way is ready. */
void nd_op_settle(struct nd_op *op)
{
    if (op->offloads != 0)
        return;
    if (op->stage == ND_STAGE_ENDING && op->ending == 0)
        op->ending =
            nd_sched_at(op->plugins->sched, nd_sched_now(op->plugins->sched), op_ending, op);
    else if (op->stage == ND_STAGE_PLANNING && op->timers.count == 0 && op->watches.count == 0)
        nd_op_end(op, ND_OK, NULL);
}

/* The plugin did not finish in time after cancel. Its host is killed, which ends the op. Without
 * one, its caller is told, and the memory stays, because the plugin may still touch it. */
static void write_off(void *ctx)
{
    struct nd_op *op = ctx;
    op->write_off = 0;
    if (op->plugins->isolated && op->loaded->remote != NULL) {
        nd_remote_kill(op->loaded->remote,
                       "the plugin did not finish within 5 s of being told to; its process was "
                       "killed");
        return;
    }
    bool planning = op->rec != NULL;
    nd_err err = op->timed_out ? ND_ETIME : ND_ECANCEL;
    static const char text[] = "the plugin did not finish within 5 s of being told to; written off";
    nd_plugins_logf(op->plugins, ND_ERROR, op->loaded->plugin->name, "%s", text);
    quiet(op);
    op->stage = ND_STAGE_WRITTEN_OFF;
    op->rec = NULL;
    if (planning)
        op->ready(op->ready_ctx, err, text);
    else
        op->sink.finish(op->sink.ctx, err, text);
}

static void cancel(struct nd_op *op)
{
    if (op->cancelled || (op->stage != ND_STAGE_PLANNING && op->stage != ND_STAGE_RUNNING))
        return;
    op->cancelled = true;
    if (op->plugins->isolated) {
        nd_remote_op_cancel(op);
        op->write_off = nd_sched_at(
            op->plugins->sched, nd_sched_now(op->plugins->sched) + WRITE_OFF_AFTER, write_off, op);
        return;
    }
    bool told = op->spec != NULL && op->stage == ND_STAGE_RUNNING &&
                op->spec->verb->cancel != NULL && !nd_sched_is_virtual(op->plugins->sched);
    if (told)
        op->spec->verb->cancel(op->loaded->self, op);
    /* Without a cancel of its own, an op ends as soon as its workers are done. */
    else
        nd_op_end(op, ND_ECANCEL, NULL);
    if (op->stage == ND_STAGE_PLANNING || op->stage == ND_STAGE_RUNNING || op->offloads != 0)
        op->write_off = nd_sched_at(
            op->plugins->sched, nd_sched_now(op->plugins->sched) + WRITE_OFF_AFTER, write_off, op);
}

void nd_op_cancel(struct nd_op *op)
{
    cancel(op);
}

void nd_op_drop(struct nd_op *op)
{
    ND_CHECK(op->stage == ND_STAGE_NEW);
    if (op->plugins->isolated)
        nd_remote_op_drop(op);
    op_free(op);
}

static void deadline_passed(void *ctx)
{
    struct nd_op *op = ctx;
    op->deadline = 0;
    op->timed_out = true;
    cancel(op);
}

static void arm_deadline(struct nd_op *op, nd_ns length)
{
    op->allowed = length;
    length += op->plugins->isolated ? HOST_GRACE : 0;
    op->deadline = nd_sched_at(op->plugins->sched, nd_sched_now(op->plugins->sched) + length,
                               deadline_passed, op);
}

struct nd_op *nd_op_new(struct nd_plugins *plugins, const struct nd_call_spec *spec,
                        struct nd_op_sink sink, struct nd_fail *why)
{
    struct nd_loaded *loaded = nd_plugins_find(plugins, spec->plugin);
    if (loaded == NULL) {
        nd_fail_set(why, ND_EARG, "plugin '%s' is not loaded", spec->plugin);
        return NULL;
    }
    bool changes = (spec->verb->flags & ND_VERB_CHANGES) != 0;
    if (changes && spec->target != NULL && !spec->target->may_be_disturbed) {
        nd_fail_set(why, ND_ERIGHTS,
                    "target '%s' may not be disturbed; the site file would have to say "
                    "'may_be_disturbed: true'",
                    spec->target->target.name);
        return NULL;
    }
    const char *from = spec->common.from;
    if (from == NULL && changes && spec->target != NULL)
        from = spec->target->vantage;
    const struct nd_vantage *vantage = NULL;
    if (from != NULL && plugins->site != NULL)
        vantage = nd_site_vantage_find(plugins->site, from);
    if (from != NULL && vantage == NULL) {
        nd_fail_set(why, ND_EARG, "the site has no vantage '%s'", from);
        return NULL;
    }
    struct nd_op *op = alloc_op(plugins, loaded, sink);
    op->spec = spec;
    op->netns = nd_arena_strdup(&op->arena, vantage != NULL ? vantage->netns : NULL);
    op->interface = nd_arena_strdup(&op->arena, vantage != NULL ? vantage->interface : NULL);
    return op;
}

/* A plugin that returns an error has finished with it. */
static void returned(struct nd_op *op, nd_err err)
{
    op->plugins->current = NULL;
    if (err != ND_OK)
        nd_op_end(op, err, NULL);
}

void nd_op_plan_undo(struct nd_op *op, struct nd_undo_rec *rec,
                     void (*ready)(void *ctx, nd_err err, const char *why), void *ctx)
{
    op->rec = rec;
    op->ready = ready;
    op->ready_ctx = ctx;
    op->stage = ND_STAGE_PLANNING;
    arm_deadline(op, DEADLINE_CHANGE);
    if (nd_sched_is_virtual(op->plugins->sched)) {
        /* What a rehearsed change did to the model is known by the op's number. */
        nd_vec_push(&op->notes,
                    (struct nd_note){nd_arena_strdup(&op->arena, "rehearsal-op"),
                                     nd_arena_printf(&op->arena, "%lld", (long long)op->serial)});
        nd_op_end(op, ND_OK, NULL);
        return;
    }
    if (op->plugins->isolated) {
        nd_remote_op_plan(op);
        return;
    }
    op->plugins->current = op;
    returned(op, op->spec->verb->plan_undo(op->loaded->self, &op->spec->args, op));
    nd_op_settle(op);
}

static void rehearse(struct nd_op *op)
{
    const struct nd_verb *verb = op->spec->verb;
    if (verb->rehearse != NULL) {
        op->plugins->current = op;
        returned(op, verb->rehearse(op->loaded->self, &op->spec->args, op));
        return;
    }
    uint32_t i = 0;
    for (const struct nd_reading *r = verb->readings; r->name != NULL && op->sink.emit; r++)
        op->sink.emit(op->sink.ctx, i++, r->nominal, nd_sched_now(op->plugins->sched));
    nd_op_end(op, ND_OK, NULL);
}

void nd_op_start(struct nd_op *op)
{
    const struct nd_verb *verb = op->spec->verb;
    bool changes = (verb->flags & ND_VERB_CHANGES) != 0;
    nd_ns deadline = op->spec->common.deadline;
    op->stage = ND_STAGE_RUNNING;
    arm_deadline(op, deadline > 0 ? deadline : changes ? DEADLINE_CHANGE : DEADLINE_PROBE);
    if (nd_sched_is_virtual(op->plugins->sched)) {
        rehearse(op);
        return;
    }
    if (op->plugins->isolated) {
        nd_remote_op_start(op);
        return;
    }
    op->plugins->current = op;
    returned(op, verb->start(op->loaded->self, &op->spec->args, op));
}

bool nd_verb_steady(const struct nd_verb *verb)
{
    return verb->rehearse == NULL || (verb->flags & ND_VERB_STEADY) != 0;
}

nd_err nd_call_judge(const struct nd_call_spec *spec, struct nd_fail *why)
{
    const struct nd_verb *verb = spec->verb;
    char text[ND_FAIL_TEXT] = "";
    if (verb->struct_size < sizeof *verb || verb->check == NULL)
        return ND_OK;
    nd_err err = verb->check(&spec->args, text, sizeof text);
    return err != ND_OK ? nd_fail_set(why, err, "%s", text) : ND_OK;
}

bool nd_verb_streams(const struct nd_verb *verb)
{
    return verb->struct_size >= ND_VERB_SIZE_1_1 && verb->stream != NULL;
}

void nd_op_stream(struct nd_op *op)
{
    op->stage = ND_STAGE_RUNNING;
    op->plugins->current = op;
    returned(op, op->spec->verb->stream(op->loaded->self, &op->spec->args, op));
}

void nd_op_slots(struct nd_op *op, int64_t first, int64_t count)
{
    if (op->stage == ND_STAGE_RUNNING)
        op->spec->verb->slots(op->loaded->self, op, first, count);
}

/* ---- undo, verify, renew ---- */

static void late_finish(void *ctx)
{
    struct nd_op *op = ctx;
    op->ending = 0;
    op->sink.finish(op->sink.ctx, op->err, op->why);
    op_free(op);
}

/* An end that needs no plugin, told by the scheduler like any other. */
static struct nd_op *end_without_plugin(struct nd_plugins *plugins, struct nd_op_sink sink,
                                        nd_err err, const char *why)
{
    struct nd_op *op = alloc_op(plugins, NULL, sink);
    op->stage = ND_STAGE_ENDING;
    op->err = err;
    op->why = nd_strdup(why);
    op->ending = nd_sched_at(plugins->sched, nd_sched_now(plugins->sched), late_finish, op);
    return op;
}

static struct nd_op *rehearse_undo(struct nd_plugins *plugins, const struct nd_undo_rec *rec,
                                   enum nd_undo_act act, struct nd_op_sink sink)
{
    for (const struct nd_note *note = rec->notes; note->key != NULL; note++) {
        if (act == ND_ACT_UNDO && strcmp(note->key, "rehearsal-op") == 0)
            nd_model_put_back(plugins->model, strtoll(note->value, NULL, 10));
    }
    return end_without_plugin(plugins, sink, ND_OK, NULL);
}

static nd_err call_undo(struct nd_op *op, const struct nd_undo_rec *rec, enum nd_undo_act act)
{
    const struct nd_plugin *plugin = op->loaded->plugin;
    const struct nd_verb *verb = nd_plugin_verb(plugin, rec->verb);
    void *self = op->loaded->self;
    if (act == ND_ACT_UNDO && plugin->undo != NULL)
        return plugin->undo(self, rec->verb, op->notes.at, op);
    if (act == ND_ACT_VERIFY && plugin->verify != NULL)
        return plugin->verify(self, rec->verb, op->notes.at, op);
    if (act == ND_ACT_RENEW && verb != NULL && verb->renew != NULL)
        return verb->renew(self, op->notes.at, rec->lease, op);
    if (act == ND_ACT_PROVE && plugin->struct_size >= sizeof *plugin && plugin->prove != NULL)
        return plugin->prove(self, rec->verb, op->notes.at, op);
    return ND_EUNABLE;
}

struct nd_op *nd_op_undo(struct nd_plugins *plugins, const struct nd_undo_rec *rec,
                         enum nd_undo_act act, struct nd_op_sink sink)
{
    if (nd_sched_is_virtual(plugins->sched))
        return rehearse_undo(plugins, rec, act, sink);
    /* A namespace that is gone took everything in it along. */
    if (rec->netns != NULL && access(rec->netns, F_OK) != 0) {
        bool acts = act == ND_ACT_UNDO || act == ND_ACT_VERIFY;
        return end_without_plugin(plugins, sink, acts ? ND_OK : ND_EGONE, "the namespace is gone");
    }
    struct nd_fail why = {0};
    if (nd_plugins_load(plugins, rec->plugin, &why) == NULL)
        return end_without_plugin(plugins, sink, why.code, why.text);
    struct nd_op *op = alloc_op(plugins, nd_plugins_find(plugins, rec->plugin), sink);
    op->netns = nd_arena_strdup(&op->arena, rec->netns);
    for (const struct nd_note *note = rec->notes; note->key != NULL; note++)
        nd_vec_push(&op->notes, (struct nd_note){nd_arena_strdup(&op->arena, note->key),
                                                 nd_arena_strdup(&op->arena, note->value)});
    nd_vec_push(&op->notes, (struct nd_note){NULL, NULL});
    op->stage = ND_STAGE_RUNNING;
    arm_deadline(op, DEADLINE_UNDO);
    if (plugins->isolated) {
        nd_remote_op_undo(op, rec, act);
        return op;
    }
    plugins->current = op;
    returned(op, call_undo(op, rec, act));
    return op;
}
