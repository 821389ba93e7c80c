/* The host: plugins loaded, calls of their verbs, and what they are given of the core.
 *
 * Live, verbs act. In a rehearsal (virtual scheduler) their `rehearse` models run instead, undo and
 * verify always end well, and nothing leaves the process. */
#ifndef ND_HOST_HOST_H
#define ND_HOST_HOST_H
#include "plan/schema.h"
#include "record/undo.h"
#include "time/sched.h"

struct nd_plugins;

/* sched, site (may be NULL): borrowed until freed. */
struct nd_plugins *nd_plugins_new(struct nd_sched *sched, const struct nd_site *site);
void nd_plugins_free(struct nd_plugins *plugins); /* cancels what runs; NULL is fine */
/* Lines plugins log; level: enum nd_level. Default: warnings and errors to stderr. */
void nd_plugins_set_log(struct nd_plugins *plugins,
                        void (*fn)(void *ctx, int level, const char *plugin, const char *text),
                        void *ctx);

/* From here on each plugin runs in a process of its own (remote.h); here only its tables are read.
 * For a live scheduler, before anything is loaded. lock_fd (or -1): every such process holds it
 * too, so that a lock on it is free only when nobody can act any more. */
void nd_plugins_isolate(struct nd_plugins *plugins, int lock_fd);
bool nd_plugins_isolated(const struct nd_plugins *plugins);
void nd_plugins_set_lock(struct nd_plugins *plugins, int lock_fd); /* of those to be started */
/* Starts the processes of all plugins loaded, so that nobody waits for them later; done is called
 * from the scheduler once all have opened their plugin, or one could not. */
void nd_plugins_prepare(struct nd_plugins *plugins,
                        void (*done)(void *ctx, nd_err err, const char *why), void *ctx);
/* Loads by name ("links", searched in $NETDRILL_PLUGINS, beside the executable in plugins/<name>/,
 * then the installed directory) or by a path with '/'. Loading again gives the same. The reason
 * tells a missing file, a missing symbol, another ABI major, a record that breaks the rules. */
const struct nd_plugin *nd_plugins_load(struct nd_plugins *plugins, const char *name,
                                        struct nd_fail *why);
/* Those loaded so far, in their order; path (may be NULL): where it was loaded from, borrowed. */
size_t nd_plugins_loaded(const struct nd_plugins *plugins);
const struct nd_plugin *nd_plugins_at(const struct nd_plugins *plugins, size_t number,
                                      const char **path);
/* The path that a name would be loaded from; caller frees. Errors: as above, for a missing file. */
nd_err nd_plugins_path(const char *name, char **path, struct nd_fail *why);
/* NULL when the plugin (loaded) has no such verb. */
const struct nd_verb *nd_plugin_verb(const struct nd_plugin *plugin, const char *verb);
bool nd_verb_has_reading(const struct nd_verb *verb, uint32_t reading);
/* Checks a record against the ABI's rules: sizes, names, tables, undo beside ND_VERB_CHANGES. */
nd_err nd_plugin_check(const struct nd_plugin *plugin, struct nd_fail *why);
/* Names of plugins found in the search path, sorted; caller frees each and the array. */
size_t nd_plugins_available(char ***names);

/* ---- calls ---- */

/* Whoever made a call. readings: index as in the verb's table. finish is last, exactly once, and
 * never from within nd_op_start or nd_op_cancel: the scheduler calls it. why: may be NULL,
 * borrowed. */
struct nd_op_sink {
    void (*emit)(void *ctx, uint32_t reading, double value, nd_ns at);
    void (*finish)(void *ctx, nd_err err, const char *why);
    void *ctx;
    /* Of a stream alone, see <netdrill/plugin.h>; may come from within nd_op_slots. */
    void (*sent)(void *ctx, int64_t slot, nd_ns at);
    void (*answer)(void *ctx, int64_t slot, nd_err err, double value, nd_ns at);
    void (*reading)(void *ctx, int64_t slot, uint32_t reading, double value);
};

/* What the verb's plugin has to say of a call's arguments beyond its option table (ABI 1.3). It
 * runs in this process, so it is for before a drill: once one is under way, the call itself tells.
 */
nd_err nd_call_judge(const struct nd_call_spec *spec, struct nd_fail *why);
/* A call, not started. spec: borrowed until it finishes (its arena must live). Ops free themselves
 * after finish. Errors: ND_EARG unknown vantage, ND_ERIGHTS target may not be disturbed. */
struct nd_op *nd_op_new(struct nd_plugins *plugins, const struct nd_call_spec *spec,
                        struct nd_op_sink sink, struct nd_fail *why);
/* Asks a change for its undo record, filling rec (plugin, verb, target, vantage, netns, lease,
 * notes; the caller owns them). ready: called from the scheduler; on error the op is finished
 * and freed. */
void nd_op_plan_undo(struct nd_op *op, struct nd_undo_rec *rec,
                     void (*ready)(void *ctx, nd_err err, const char *why), void *ctx);
void nd_op_start(struct nd_op *op); /* the deadline counts from here */
/* Whether a verb is measured as one op; then nd_op_stream begins it instead of nd_op_start, and
 * nd_op_slots sends. It ends by nd_op_cancel, or by itself when it failed. */
bool nd_verb_streams(const struct nd_verb *verb);
void nd_op_stream(struct nd_op *op);
void nd_op_slots(struct nd_op *op, int64_t first, int64_t count);
void nd_op_cancel(struct nd_op *op);
/* Frees an op that was never started; nobody is told. */
void nd_op_drop(struct nd_op *op);

/* Undo, verify, renew and prove from a record alone; the plugin is loaded when it is not.
 * sink.finish tells; ND_EUNABLE: the plugin has no such function. The op: for nd_op_cancel, until
 * it finishes. */
enum nd_undo_act { ND_ACT_UNDO, ND_ACT_VERIFY, ND_ACT_RENEW, ND_ACT_PROVE };
struct nd_op *nd_op_undo(struct nd_plugins *plugins, const struct nd_undo_rec *rec,
                         enum nd_undo_act act, struct nd_op_sink sink);

#endif
