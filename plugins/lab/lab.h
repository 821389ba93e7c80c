/* What the files of the lab plugin share. */
#ifndef ND_PLUGINS_LAB_H
#define ND_PLUGINS_LAB_H
#include <netdrill/plugin.h>

#include <jansson.h>

#define WHY_BYTES         256
#define PATH_BYTES        128
#define DAEMON_PATH_BYTES 224

struct lab {
    const struct nd_host *host;
    /* paths of netdrill-reflect, netdrill-emulate and netdrill-daemon */
    char reflect[512], emulate[512], daemon[512];
};

/* One act under way. The tree is read on the loop and walked by the worker thread. */
struct job {
    struct lab *self;
    struct nd_op *op;
    void (*work)(struct job *job);
    char *site;    /* name */
    json_t *lab;   /* the site file's lab section */
    json_t *files; /* {name: text} of its daemons */
    char *logs;    /* directory of their logs; NULL: that of the lab */
    char *hosts;   /* undo, verify: names with blanks between */
    int notes;
    nd_err err;
    char host[32], daemon[32]; /* stop */
    char why[WHY_BYTES], said[WHY_BYTES];
};

nd_err lab_fail(struct job *job, nd_err err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* "/run/netns/nd-<site>-<host>" */
void lab_netns(const struct job *job, const char *host, char path[PATH_BYTES]);
const char *lab_text(const json_t *object, const char *key); /* "" when absent */

/* check.c: the lab section in depth; on the loop */
nd_err lab_check(struct job *job);
/* netns.c: on the worker thread */
/* The process runs a program of the lab's. */
int lab_runs_ours(int pid);
nd_err netns_make(struct job *job, const char *host);
/* Ends our processes in it and takes it away; one that is not ours is left alone (ND_ESTATE). */
nd_err netns_remove(struct job *job, const char *host);
/* Whether the lab made the namespace of that name. */
int netns_is_ours(const struct job *job, const char *host);
/* Runs fn in the namespace of a host; the thread comes back whatever happens. */
nd_err netns_in(struct job *job, const char *host, nd_err (*fn)(struct job *, const json_t *),
                const json_t *arg);
/* Processes in a namespace: our own are ended when `end`; returns how many others. */
int netns_processes(const char *path, int end);
/* build.c: on the worker thread */
void lab_build(struct job *job);
nd_err lab_make_link(struct job *job, const json_t *link);
/* Starts a program of ours, which inherits the namespace of this thread; fd: its output. */
nd_err lab_start(struct job *job, char **argv, int *fd);
/* The same, and waits until it says that it serves. */
nd_err lab_spawn(struct job *job, char **argv);
/* No IPv6 in a namespace that only carries others' frames. */
nd_err lab_silent(struct job *job, const json_t *unused);
/* daemons.c: real daemons, on the worker thread. "/run/netdrill/lab-<site>" is theirs. */
void lab_directory(const struct job *job, char path[PATH_BYTES]);
/* named: {host, daemons}, in the namespace of that host. */
nd_err lab_daemons_in(struct job *job, const json_t *named);
nd_err lab_remove_directory(struct job *job);
/* "<directory>/<host>.<daemon><suffix>" */
void lab_place(const struct job *job, const char *host, const char *daemon, const char *suffix,
               char path[DAEMON_PATH_BYTES]);
/* stop.c: the daemon named by the job; on the worker thread */
extern const struct nd_verb lab_verb_stop;
void lab_stop(struct job *job);
void lab_start_again(struct job *job);
void lab_runs(struct job *job);
void lab_is_stopped(struct job *job);
/* lab.c: on the loop; the job is drawn up already. */
nd_err lab_offload(struct job *job, void (*work)(struct job *));
/* lines.c: links that are emulated. The middle of link number N is host "line.N". */
#define LAB_MIDDLE "line."
nd_err lab_line_check(struct job *job, const json_t *settings);
nd_err lab_make_line(struct job *job, const json_t *link, size_t number);
void lab_remove(struct job *job);
void lab_verify(struct job *job);
void lab_prove(struct job *job);

#endif
