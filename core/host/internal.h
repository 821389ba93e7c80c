/* What the files of core/host share; nobody else includes it. */
#ifndef ND_HOST_INTERNAL_H
#define ND_HOST_INTERNAL_H
#include "base/mem.h"
#include "base/text.h"
#include "host/host.h"

struct uv_poll_s;
struct nd_remote;

/* A loaded plugin. The host record is its own, so that a line it logs is known as its. */
struct nd_loaded {
    struct nd_host host;
    struct nd_plugins *plugins;
    const struct nd_plugin *plugin;
    void *self, *handle;
    char *path;
    struct nd_remote *remote; /* its host process; NULL: none runs */
};

struct nd_plugins {
    struct nd_sched *sched;
    const struct nd_site *site;
    struct ND_VEC(struct nd_loaded *) loaded;
    struct nd_op *ops; /* all that live, newest first */
    void (*log)(void *ctx, int level, const char *plugin, const char *text);
    void *log_ctx;
    struct nd_model *model;
    int64_t op_serial;
    struct nd_op *current; /* whose function of the plugin is being called, or NULL */
    bool isolated;         /* plugins run in hosts of their own */
    int lock_fd;           /* held by every host too, or -1 */
    int64_t host_number;
    void (*prepared)(void *ctx, nd_err err, const char *why); /* waits for the hosts, or NULL */
    void *prepared_ctx;
};

enum nd_op_stage {
    ND_STAGE_NEW,        /* made, or its undo record is ready */
    ND_STAGE_PLANNING,   /* in plan_undo */
    ND_STAGE_RUNNING,    /* in start, rehearse, undo, verify or renew */
    ND_STAGE_ENDING,     /* finished; the scheduler will tell */
    ND_STAGE_WRITTEN_OFF /* its plugin never finished: told, kept so that late calls do no harm */
};

struct nd_op_timer {
    struct nd_op *op;
    void (*fn)(void *);
    void *ctx;
    nd_timer id;
};

struct nd_op_watch {
    struct nd_op *op;
    struct uv_poll_s *poll;
    int fd;
    void (*fn)(void *, int);
    void *ctx;
};

struct nd_op {
    struct nd_op *next, **link;
    struct nd_plugins *plugins;
    struct nd_loaded *loaded;
    const struct nd_call_spec *spec; /* NULL for undo, verify, renew */
    struct nd_op_sink sink;
    enum nd_op_stage stage;
    int64_t serial;
    struct nd_arena arena;
    const char *netns, *interface; /* of the vantage, or NULL */
    struct ND_VEC(struct nd_op_timer *) timers;
    struct ND_VEC(struct nd_op_watch *) watches;
    struct ND_VEC(int) sockets;
    struct ND_VEC(struct nd_note) notes; /* collected in plan_undo, or given to undo */
    void *state;
    size_t offloads; /* under way */
    nd_timer deadline, write_off, ending;
    nd_ns allowed; /* until the deadline, from when it was set */
    bool cancelled, timed_out;
    nd_err err;
    char *why, *logged; /* reason of finish; last line logged */
    bool announced;     /* its host knows it, which is this one: */
    int64_t host_number;
    struct nd_undo_rec *rec;
    void (*ready)(void *ctx, nd_err err, const char *why);
    void *ready_ctx;
};

/* facade.c: fills in the functions plugins see. */
void nd_facade_init(struct nd_host *host);
/* Whether the op's verb has that reading; a plugin that thinks otherwise is told. */
bool nd_op_has_reading(const struct nd_op *op, uint32_t reading);
/* Whether the verb's model says the same until something is set up or down. */
bool nd_verb_steady(const struct nd_verb *verb);
/* op.c */
void nd_op_end(struct nd_op *op, nd_err err, const char *why);
void nd_op_settle(struct nd_op *op);
void nd_op_free_all(struct nd_plugins *plugins);
/* Keeps a line as the reason of an error the plugin returns without one. */
void nd_op_logged(struct nd_op *op, const char *text);
/* watch.c */
nd_err nd_op_watch_fd(struct nd_op *op, int fd, int events, void (*fn)(void *, int), void *ctx);
void nd_op_unwatch(struct nd_op *op, int fd);
nd_err nd_op_offload(struct nd_op *op, void (*work)(void *), void (*done)(void *), void *ctx);
/* vantage.c: a socket made inside a namespace; a negative code with why on failure. */
int nd_vantage_socket(const char *netns, const char *interface, int domain, int type, int protocol,
                      struct nd_fail *why);
/* Puts the calling thread into a namespace; *back is what nd_vantage_leave needs. */
nd_err nd_vantage_enter(const char *netns, int *back, struct nd_fail *why);
void nd_vantage_leave(int back);
/* plugins.c */
void nd_plugins_tell_ready(struct nd_plugins *plugins); /* a host has opened its plugin, or died */
struct nd_loaded *nd_plugins_find(struct nd_plugins *plugins, const char *name);
void nd_plugins_logf(struct nd_plugins *plugins, int level, const char *plugin, const char *fmt,
                     ...) __attribute__((format(printf, 4, 5)));
/* model.c: the rehearsal's idea of the network. */
struct nd_model *nd_model_new(void);
void nd_model_free(struct nd_model *model);
void nd_model_set(struct nd_model *model, int64_t op_serial, const struct nd_site *site,
                  const char *target, bool up);
void nd_model_put_back(struct nd_model *model, int64_t op_serial);
/* Rises whenever something may have become other. */
uint64_t nd_model_generation(const struct nd_model *model);
bool nd_model_reached(const struct nd_model *model, const struct nd_site *site,
                      const struct nd_target *target);

#endif
