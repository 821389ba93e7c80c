/* Plugins in processes of their own: the core's side.
 *
 * Live, nothing of a plugin but its tables is used in the core's process. Each plugin runs in a
 * host process (`netdrill plugin-host`, guest.h), started when it is first needed; ops and
 * measurements are made there and tell of themselves over a socket, measured slots through a ring
 * of shared memory. A host that crashes, that stops going round, or that does not end an op it was
 * told to cancel is killed: its ops fail, its measurements go on in a new one. */
#ifndef ND_HOST_REMOTE_H
#define ND_HOST_REMOTE_H
#include "host/link.h"
#include "host/measure.h"

struct nd_loaded;
struct nd_remote;

/* Starts the plugin's host unless it runs. Errors: ND_EIO. */
nd_err nd_remote_start(struct nd_loaded *loaded, struct nd_fail *why);
/* Has started and its plugin has opened, or failed to: then why says so. */
bool nd_remote_ready(const struct nd_remote *remote, struct nd_fail *why);
void nd_remote_send(struct nd_remote *remote, int kind, struct nd_wire *wire);
/* Ends the host: it is told to close its plugin and go (NULL is fine), waited for, ... */
void nd_remote_leave(struct nd_remote *remote);
void nd_remote_free(struct nd_remote *remote);
/* ... or killed at once: `why` is what its ops fail with. */
void nd_remote_kill(struct nd_remote *remote, const char *why);

/* Ops. An op is known to the host by its serial number. */
void nd_remote_op_plan(struct nd_op *op);
void nd_remote_op_start(struct nd_op *op);
void nd_remote_op_cancel(struct nd_op *op);
void nd_remote_op_drop(struct nd_op *op);
void nd_remote_op_undo(struct nd_op *op, const struct nd_undo_rec *rec, enum nd_undo_act act);

/* A measurement over there (far.c). */
struct nd_far {
    struct nd_plugins *plugins;
    struct nd_remote *remote; /* NULL: closed, or its host has died for good */
    struct nd_measure_spec spec;
    struct nd_measure_sink sink;
    uint32_t id;
    int64_t told; /* slots below have been told */
    int reopened;
    bool stopped;
    nd_timer ending;
};

struct nd_far *nd_far_open(struct nd_loaded *loaded, const struct nd_measure_spec *spec,
                           struct nd_measure_sink sink, struct nd_fail *why);
void nd_far_stop(struct nd_far *far);
void nd_far_set_till(struct nd_far *far, nd_ns till);
void nd_far_refresh(struct nd_far *far);
void nd_far_free(struct nd_far *far);
/* From remote.c: a message about a measurement; the host died. */
void nd_far_message(struct nd_remote *remote, int kind, struct nd_unwire *in);
void nd_far_died(struct nd_remote *remote, const char *why);
/* Tells what lies in the ring. */
void nd_far_drain(struct nd_remote *remote);

#endif
