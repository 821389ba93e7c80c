#include "lab.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Stopping one of the lab's daemons, as by a loss of power, and starting it again with what it has
 * on disk. netdrill-daemon does it on a signal, and says in a file how the daemon is. */

#define TURN_MS   20
#define WITHIN_MS 130000 /* longer than any `within` */

struct state {
    int pid; /* of netdrill-daemon; 0: there is none */
    char words[400];
};

static void read_state(const struct job *job, struct state *state)
{
    char path[DAEMON_PATH_BYTES];
    *state = (struct state){.pid = 0};
    lab_place(job, job->host, job->daemon, ".state", path);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    if (fscanf(file, "%d %399[^\n]", &state->pid, state->words) != 2)
        state->pid = 0;
    fclose(file);
    if (state->pid > 0 && !lab_runs_ours(state->pid))
        state->pid = 0;
}

/* The keeper of the daemon, if it lives in the host's namespace. */
static int in_host(const struct job *job, int pid)
{
    char path[PATH_BYTES];
    char link[64];
    struct stat host;
    struct stat its;
    lab_netns(job, job->host, path);
    snprintf(link, sizeof link, "/proc/%d/ns/net", pid);
    return stat(path, &host) == 0 && stat(link, &its) == 0 && host.st_ino == its.st_ino &&
           host.st_dev == its.st_dev;
}

static nd_err tell(struct job *job, int pid, int number)
{
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    /* Looked at through the descriptor's lifetime: the number may have changed hands. */
    int failed = pidfd < 0 || !lab_runs_ours(pid) || !in_host(job, pid) ||
                 syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0) != 0;
    if (pidfd >= 0)
        close(pidfd);
    return failed ? lab_fail(job, ND_ESTATE, "nobody keeps daemon '%s' of host '%s' any more",
                             job->daemon, job->host)
                  : ND_OK;
}

static int is(const struct state *state, const char *words)
{
    return state->pid != 0 && strcmp(state->words, words) == 0;
}

/* Waits until it is so, or has failed to become so. */
static nd_err await(struct job *job, const char *words, const char *before)
{
    const struct timespec turn = {.tv_nsec = TURN_MS * 1000000L};
    struct state state;
    for (int waited = 0; waited < WITHIN_MS; waited += TURN_MS) {
        read_state(job, &state);
        if (is(&state, words))
            return ND_OK;
        if (state.pid == 0 || (strcmp(state.words, before) != 0 && !is(&state, "starting")))
            break;
        nanosleep(&turn, NULL);
    }
    return lab_fail(job, ND_ESTATE, "daemon '%s' of host '%s' is not %s: %.150s", job->daemon,
                    job->host, words, state.pid != 0 ? state.words : "nobody keeps it");
}

void lab_stop(struct job *job)
{
    struct state state;
    read_state(job, &state);
    if (tell(job, state.pid, SIGUSR1) == ND_OK)
        await(job, "stopped", state.words);
}

void lab_start_again(struct job *job)
{
    char path[PATH_BYTES];
    struct state state;
    lab_netns(job, job->host, path);
    read_state(job, &state);
    /* A lab that is gone has nothing to be started. */
    if (access(path, F_OK) != 0 || is(&state, "running"))
        return;
    if (tell(job, state.pid, SIGUSR2) == ND_OK)
        await(job, "running", state.words);
}

void lab_runs(struct job *job)
{
    char path[PATH_BYTES];
    struct state state;
    lab_netns(job, job->host, path);
    read_state(job, &state);
    if (access(path, F_OK) == 0 && !is(&state, "running"))
        lab_fail(job, ND_ESTATE, "daemon '%s' of host '%s' does not run: %.150s", job->daemon,
                 job->host, state.pid != 0 ? state.words : "nobody keeps it");
}

void lab_is_stopped(struct job *job)
{
    struct state state;
    read_state(job, &state);
    if (!is(&state, "stopped"))
        lab_fail(job, ND_ESTATE, "daemon '%s' of host '%s' is not stopped: %.150s", job->daemon,
                 job->host, state.pid != 0 ? state.words : "nobody keeps it");
}

/* ---- on the loop ---- */

static const char *fact_of(const struct nd_target *target, const char *key)
{
    const struct nd_note *fact = target->facts;
    while (fact->key != NULL && strcmp(fact->key, key) != 0)
        fact++;
    return fact->value != NULL ? fact->value : "";
}

/* Site and daemon, from the target. */
static nd_err read_target(struct lab *lab, const struct nd_args *args, struct nd_op *op,
                          struct job *job)
{
    const struct nd_host *host = lab->host;
    const struct nd_target *target = args->at[0].u.target;
    const char *site = host->site_json(op, "site");
    json_t *name = site != NULL ? json_loads(site, JSON_DECODE_ANY, NULL) : NULL;
    job->self = lab;
    job->op = op;
    snprintf(job->host, sizeof job->host, "%s", fact_of(target, "host"));
    snprintf(job->daemon, sizeof job->daemon, "%s", fact_of(target, "daemon"));
    job->site = json_is_string(name) ? strdup(json_string_value(name)) : NULL;
    json_decref(name);
    if (job->site != NULL && job->host[0] != '\0' && job->daemon[0] != '\0')
        return ND_OK;
    host->log(host, ND_INFO, "lab: target '%s' needs 'host' and 'daemon', names of the site's lab",
              target->name);
    free(job->site);
    job->site = NULL;
    return ND_EARG;
}

static nd_err stop_plan(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct lab *lab = self;
    struct job job = {.self = lab};
    struct state state;
    nd_err err = read_target(lab, args, op, &job);
    if (err != ND_OK)
        return err;
    read_state(&job, &state);
    if (!is(&state, "running")) {
        lab->host->log(lab->host, ND_INFO, "lab: daemon '%s' of host '%s' does not run: %.150s",
                       job.daemon, job.host, state.pid != 0 ? state.words : "nobody keeps it");
        err = ND_ESTATE;
    } else {
        lab->host->undo_note(op, "site", job.site);
        lab->host->undo_note(op, "host", job.host);
        lab->host->undo_note(op, "daemon", job.daemon);
    }
    free(job.site);
    return err;
}

static nd_err stop_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct lab *lab = self;
    struct job *job = lab->host->state(op, sizeof *job);
    nd_err err = read_target(lab, args, op, job);
    return err == ND_OK ? lab_offload(job, lab_stop) : err;
}

static nd_err stop_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct lab *lab = self;
    lab->host->model_set(op, args->at[0].u.target->name, 0);
    lab->host->finish(op, ND_OK, NULL);
    return ND_OK;
}

static const struct nd_option options[] = {{"daemon", "a daemon of the lab: its host and name", "",
                                            ND_TARGET, ND_OPT_REQUIRED | ND_OPT_SUBJECT, 1, 0, NULL,
                                            NULL},
                                           {NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL}};
static const struct nd_reading no_readings[] = {{NULL, NULL, NULL, 0}};
const struct nd_verb lab_verb_stop = {
    .struct_size = sizeof lab_verb_stop,
    .flags = ND_VERB_CHANGES,
    .name = "stop",
    .help = "Stops a daemon of the lab as by a loss of power; undone by starting it again.",
    .rights = "those of the lab",
    .options = options,
    .readings = no_readings,
    .plan_undo = stop_plan,
    .start = stop_start,
    .rehearse = stop_rehearse,
};
