/* netdrill/plugin.h: the plugin ABI, whole, in one sitting.
 *
 * A plugin is one shared object that exports one function, `nd_plugin_entry`, which returns a
 * const record: who it is, and which verbs it offers. A verb is a thing a drill can do: a probe
 * ("reach.icmp"), a change of the network ("links.down") or a notification. One call of one verb
 * is an op. The core owns ops; a plugin sees an opaque `struct nd_op *`.
 *
 * Life of a call
 *
 *     arguments checked against the option table        (core)
 *     plan_undo(op)  -> undo_note(op, key, value) ...    (verbs with ND_VERB_CHANGES only)
 *     undo record on disk                                (core; without it start is never called)
 *     start(op)      -> emit(op, ...) any number of times
 *                    -> finish(op, ...) exactly once, from start itself or from any callback
 *     cancel(op)     -> finish(op, ND_ECANCEL, ...) within 5 s, else the op is written off
 *
 * `undo`, `verify` and `prove` get the noted pairs and nothing else. They may run in another
 * process, hours later, with the machine half broken: both are idempotent and end well when there
 * is nothing to do. `verify` reads the state back from the network and never trusts what undo said.
 *
 * Threads: every function of a plugin is called on the loop thread, but for the `work` function
 * given to offload(). Functions of the host are for the loop thread alone. No callback is entered
 * from within a host function. Nothing may block, sleep, read a clock, start a thread or open a
 * socket: `after`, `offload`, `now` and `socket` are there for that, so that the same plugin works
 * on the virtual clock, in a lab of network namespaces and in the field.
 *
 * Memory: strings given to the host are copied before it returns. Arguments, targets and notes are
 * borrowed: arguments until the op finishes, notes until undo/verify finish.
 *
 * Compatibility: records only grow at the end, struct_size tells how far the other side goes.
 * A plugin with another major number is not loaded. */
#ifndef ND_PLUGIN_H
#define ND_PLUGIN_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define ND_EXPORT __attribute__((visibility("default")))

#define ND_ABI_MAJOR 1u /* raised when an old plugin would break */
#define ND_ABI_MINOR 3u /* raised when something is appended     */

typedef int64_t nd_ns;  /* nanoseconds: a length, or a moment on the run's clock (0: the run's
                           process started its clock; T+0 is a later moment of it) */
typedef int32_t nd_err; /* 0, or a negative code of the list below */

/* code, name, sentence */
#define ND_ERR_MAP(X)                                                                              \
    X(-1, EARG, "an argument makes no sense here")                                                 \
    X(-2, ETIME, "the other side did not answer in time")                                          \
    X(-3, EREACH, "no way to the other side")                                                      \
    X(-4, EREFUSED, "the other side said no")                                                      \
    X(-5, ERIGHTS, "the system did not permit it")                                                 \
    X(-6, EIO, "a file or socket failed")                                                          \
    X(-7, ECANCEL, "cancelled by the core")                                                        \
    X(-8, EUNABLE, "this machine lacks the feature")                                               \
    X(-9, ESTATE, "not possible in the present state")                                             \
    X(-10, EANSWER, "the other side answered, but not what was expected")                          \
    X(-11, EGONE, "the thing is no longer there")                                                  \
    X(-12, EPARSE, "the text could not be read")                                                   \
    X(-13, EINTERNAL, "a fault in netdrill itself")

enum {
    ND_OK = 0,
#define ND_ERR_ENUM(code, name, sentence) ND_##name = (code),
    ND_ERR_MAP(ND_ERR_ENUM)
#undef ND_ERR_ENUM
};

struct nd_op; /* one call of one verb; owned by the core */

enum nd_type {
    ND_BOOL = 1,
    ND_INT,    /* whole number */
    ND_REAL,   /* number */
    ND_TEXT,   /* UTF-8 */
    ND_LENGTH, /* a length of time, ns; written seconds(10) or "10s" */
    ND_TARGET, /* a name of the site file */
    ND_CHOICE, /* one word of `choices` */
    ND_RATE,   /* bit/s, whole; written kbit_per_s(100) or "100kbit/s" */
    ND_SHARE,  /* 0 to 1; written percent(30) or "30%" */
    ND_TEXTS   /* a list of texts, such as an argv */
};

struct nd_note {
    const char *key, *value; /* UTF-8; a NULL key ends a list */
};

/* A thing named in the site file. */
struct nd_target {
    const char *name;            /* as the scenario writes it */
    const char *kind;            /* "interface", "network", "service", ... */
    const char *address;         /* literal IPv4/IPv6 address, or NULL */
    const struct nd_note *facts; /* every other key of it, as text; never NULL */
};

struct nd_value {
    uint32_t type, given; /* given: 0 when the fallback was used (or there was none) */
    union {
        int64_t i;        /* ND_BOOL, ND_INT, ND_LENGTH (ns), ND_RATE (bit/s), ND_CHOICE (index) */
        double r;         /* ND_REAL, ND_SHARE */
        const char *text; /* ND_TEXT; NULL when not given and no fallback */
        const struct nd_target *target; /* ND_TARGET; NULL when not given */
        const char *const *texts;       /* ND_TEXTS, NULL-ended; NULL when not given */
    } u;
};

/* Checked arguments, one per option row and in its order. */
struct nd_args {
    const struct nd_value *at;
    uint32_t count;
};

#define ND_OPT_REQUIRED 1u
#define ND_OPT_SECRET                                                                              \
    2u /* never printed, journalled or reported; not given: the subject's fact of                  \
          that name, where it says env:NAME or file:PATH */
#define ND_OPT_SUBJECT 4u /* may be written as [1] of the verb's table; the first row, if any */

/* One option a verb takes. Frozen for the life of the major number.
 * `from` (vantage), `deadline`, `label`, and for changes `restore_by` and `lease` are the core's
 * and taken by every verb: do not declare them. */
struct nd_option {
    const char *name, *help, *unit; /* unit: "ns", "bit/s", "octets", "" */
    uint32_t type, flags;
    double min, max;            /* inclusive; min > max means unbounded */
    const char *fallback;       /* as the coordinator would write it, or NULL */
    const char *const *choices; /* NULL-ended, for ND_CHOICE, else NULL */
};

/* One series a verb may emit. The first one is what a measurement of the verb is about. */
struct nd_reading {
    const char *name, *help, *unit; /* unit: "ns", "octets", "bit/s", "1" (a ratio or a count) */
    double nominal;                 /* what a rehearsal reports when the verb has no model */
};

#define ND_VERB_CHANGES   1u /* alters the network: plan_undo, and the plugin's undo and verify */
#define ND_VERB_ARBITRARY 2u /* runs something the core cannot preview, such as a program */
#define ND_VERB_STEADY    4u /* since 1.2: its model answers alike until a target goes up or down */

struct nd_verb {
    uint32_t struct_size, flags;
    const char *name, *help;
    const char *rights; /* what it needs of the system, such as "CAP_NET_ADMIN at the vantage" */
    const struct nd_option *options;   /* ended by a NULL name */
    const struct nd_reading *readings; /* ended by a NULL name */
    nd_err (*plan_undo)(void *self, const struct nd_args *, struct nd_op *);
    nd_err (*start)(void *self, const struct nd_args *, struct nd_op *);
    void (*cancel)(void *self, struct nd_op *);
    /* A model for rehearsals: emits and finishes like start, through after(), acting on nothing.
     * NULL: the nominal readings, at once. */
    nd_err (*rehearse)(void *self, const struct nd_args *, struct nd_op *);
    /* Prolongs a lease by `lease` from now; finishes the op. NULL: the verb has no lease. */
    nd_err (*renew)(void *self, const struct nd_note *noted, nd_ns lease, struct nd_op *);
    /* Since 1.1. A measurement of the verb as one op instead of an op a slot, for rates that a call
     * a slot is too dear for. `stream` opens what it needs and returns; the op stays until it is
     * cancelled. `slots` sends probes number first to first + count - 1 now, tells `sent` of each,
     * and `answer` of each answer as it comes, however late or often: the core sorts them. A probe
     * that cannot be sent is told with `answer` and the error. count 0: nothing is to be sent, but
     * what has come is to be told. Both or neither. Rehearsals make a call a slot. Deadlines are
     * the core's. */
    nd_err (*stream)(void *self, const struct nd_args *, struct nd_op *);
    void (*slots)(void *self, struct nd_op *, int64_t first, int64_t count);
    /* Since 1.3. Judges what the option table cannot: one argument beside another, or beside facts
     * of its target. Asked when a scenario is linted, planned and rehearsed, so it acts on nothing,
     * keeps nothing and calls no host; secrets are references still. Returns ND_OK, or an error
     * with a sentence in why: what was expected, what came, remedy. `start` judges by itself. NULL:
     * the table says all. */
    nd_err (*check)(const struct nd_args *, char *why, size_t why_bytes);
};

/* How far a verb's record reaches at the least: that of 1.0. */
#define ND_VERB_SIZE_1_0 offsetof(struct nd_verb, stream)
#define ND_VERB_SIZE_1_1 offsetof(struct nd_verb, check)

#define ND_READABLE 1 /* events of watch() */
#define ND_WRITABLE 2

enum nd_level { ND_DEBUG = 0, ND_INFO, ND_WARN, ND_ERROR };

/* What the core offers. Appended to, never reordered. A function that takes an op is refused with
 * ND_ESTATE after that op finished. An error returned by plan_undo, start, undo, verify or renew
 * finishes the op with that code, the last log line of the op being the reason. */
struct nd_host {
    uint32_t struct_size, abi_minor;
    /* The run clock: monotonic, never steps. */
    nd_ns (*now)(const struct nd_host *);
    /* Calls fn(ctx) in `wait` ns. One timer per (fn, ctx) of an op: again re-arms it, a negative
     * wait stops it. Stopped by itself when the op finishes. */
    nd_err (*after)(struct nd_op *, nd_ns wait, void (*fn)(void *), void *ctx);
    /* Calls fn(ctx, events) while fd is ready for any of ND_READABLE|ND_WRITABLE. One watch per
     * fd; again replaces it; events 0 stops it. Works with any descriptor. */
    nd_err (*watch)(struct nd_op *, int fd, int events, void (*fn)(void *, int), void *ctx);
    /* Runs work(ctx) on another thread, which is at the op's vantage, then done(ctx) on the loop.
     * For libraries that block. An op with work under way finishes only after done. ctx may be
     * the block of state(): it lives until then. */
    nd_err (*offload)(struct nd_op *, void (*work)(void *), void (*done)(void *), void *ctx);
    /* A zeroed block, the same one each call, freed by the core after finish. */
    void *(*state)(struct nd_op *, size_t bytes);
    /* socket(2) at the op's vantage: namespace entered, bound to its interface if it names one;
     * non-blocking and close-on-exec. Returns a descriptor, or a negative code with the reason
     * logged. Give it back with `release`; what is left when the op finishes is closed. */
    int (*socket)(struct nd_op *, int domain, int type, int protocol);
    /* Stops watching fd and closes it. */
    void (*release)(struct nd_op *, int fd);
    /* A kernel stamp (CLOCK_REALTIME ns, as of SO_TIMESTAMPNS) on the run clock. */
    nd_ns (*from_wall)(const struct nd_host *, int64_t wall_ns);
    /* One sample of the verb's reading number `reading` at the moment `at`. */
    void (*emit)(struct nd_op *, uint32_t reading, double value, nd_ns at);
    /* One pair for the undo record; only within plan_undo (or its offloaded work's done). A
     * plan_undo that needs to wait calls finish when it is ready; one that returns ND_OK without
     * having called offload, after or watch is ready at once. */
    nd_err (*undo_note)(struct nd_op *, const char *key, const char *value);
    /* Ends the op. why: NULL, or a sentence for a person: what was expected, what came, remedy. */
    void (*finish)(struct nd_op *, nd_err, const char *why);
    void (*log)(const struct nd_host *, int level, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));
    /* The path of the op's network namespace, or NULL when it is the one the core runs in. For
     * programs started by `exec` and for moving interfaces. Borrowed until the op finishes. */
    const char *(*netns)(struct nd_op *);
    /* The name of a vantage or lab host as a namespace path; NULL when unknown. Borrowed. */
    const char *(*netns_of)(struct nd_op *, const char *name);
    /* A text the site file's `lab:` or `targets:` section says, by path ("lab.hosts"), as JSON;
     * NULL when absent. Borrowed. */
    const char *(*site_json)(struct nd_op *, const char *path);
    /* For rehearse models only. A named target is up (1) or down (0); changes say so, and undoing
     * puts back what was. model_up: whether the op's target is reached now: the target itself is
     * up and, if its site entry has `paths`, so is every target of one of its paths. */
    void (*model_set)(struct nd_op *, const char *target, int up);
    int (*model_up)(struct nd_op *);
    /* Since 1.1, for streams. Slot number `slot` went out at `at`. */
    void (*sent)(struct nd_op *, int64_t slot, nd_ns at);
    /* What became of slot number `slot`: an error, or ND_OK with the first reading's value (NAN:
     * the time from `sent` to `at`). `at`: when, by the kernel's receive stamp where there is one.
     */
    void (*answer)(struct nd_op *, int64_t slot, nd_err, double value, nd_ns at);
    /* A further reading of a slot; the first is answer's. */
    void (*reading)(struct nd_op *, int64_t slot, uint32_t reading, double value);
};

struct nd_plugin {
    uint32_t struct_size;
    uint16_t abi_major, abi_minor;
    const char *name, *version, *help;
    const struct nd_verb *const *verbs; /* NULL-ended */
    nd_err (*open)(const struct nd_host *, void **self);
    void (*close)(void *self);
    /* Puts back what the noted pairs describe; finishes the op. Required with ND_VERB_CHANGES.
     * A state somebody else has changed meanwhile is left alone: finish with ND_ESTATE. */
    nd_err (*undo)(void *self, const char *verb, const struct nd_note *noted, struct nd_op *);
    /* Reads the state back; finishes with ND_OK when it is as before the change, else ND_ESTATE
     * and the difference. A thing that no longer exists counts as restored. */
    nd_err (*verify)(void *self, const char *verb, const struct nd_note *noted, struct nd_op *);
    /* Since 1.2. Reads back that the change is in force, right after start ended well; finishes
     * with ND_OK when it is, ND_ESTATE and what is there instead when it is not (the call then
     * fails), any other error when it cannot tell. NULL: the change is reported as not proved. */
    nd_err (*prove)(void *self, const char *verb, const struct nd_note *noted, struct nd_op *);
};

/* How far a plugin's record reaches at the least: that of 1.0. */
#define ND_PLUGIN_SIZE_1_0 offsetof(struct nd_plugin, prove)

/* The one symbol a plugin exports. */
ND_EXPORT const struct nd_plugin *nd_plugin_entry(void);

#ifdef __cplusplus
}
#endif
#endif
