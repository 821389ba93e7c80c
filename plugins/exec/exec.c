#include <netdrill/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Any outside program as a probe or as a change with its own undo and check. An argv, never a
 * shell. The program is started from a worker thread, which is at the vantage, so it lives in that
 * network namespace; it is watched through its pidfd and ended as a process group. */

#define WHY_BYTES    256
#define OUTPUT_BYTES 4096
#define ARGS_MAX     64

struct plugin_self {
    const struct nd_host *host;
};

struct call {
    struct plugin_self *self;
    struct nd_op *op;
    const char *argv[ARGS_MAX + 1];
    int64_t expect_exit;
    nd_ns began;
    int probe, check; /* check: verify's program, whose failure means: not restored */
    pid_t pid;
    int pidfd, out_fd;
    char out[OUTPUT_BYTES];
    size_t out_len;
    char why[WHY_BYTES];
    int error;
};

static void spawn_program(struct call *call, int out_fd)
{
    char *const environment[] = {(char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
                                         "/sbin:/bin",
                                 (char *)"LANG=C.UTF-8", (char *)"NETDRILL=exercise", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out_fd, 1);
    posix_spawn_file_actions_adddup2(&actions, out_fd, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setpgroup(&attr, 0);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    call->error = posix_spawnp(&call->pid, call->argv[0], &actions, &attr,
                               (char *const *)call->argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
}

/* On the worker thread. */
static void begin_work(void *ctx)
{
    struct call *call = ctx;
    int ends[2] = {-1, -1};
    call->pidfd = call->out_fd = -1;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        call->error = errno;
        return;
    }
    spawn_program(call, ends[1]);
    close(ends[1]);
    call->out_fd = ends[0];
    if (call->error == 0)
        call->pidfd = (int)syscall(SYS_pidfd_open, call->pid, 0);
}

static void read_output(struct call *call)
{
    ssize_t got = 0;
    while (call->out_len < sizeof call->out - 1 &&
           (got = read(call->out_fd, call->out + call->out_len,
                       sizeof call->out - 1 - call->out_len)) > 0)
        call->out_len += (size_t)got;
    /* What is past the cap is read and dropped, so that the program does not block. */
    char drop[4096];
    while (call->out_len == sizeof call->out - 1 && read(call->out_fd, drop, sizeof drop) > 0)
        ;
    call->out[call->out_len] = '\0';
}

static void close_call(struct call *call)
{
    const struct nd_host *host = call->self->host;
    if (call->out_fd >= 0) {
        host->watch(call->op, call->out_fd, 0, NULL, NULL);
        close(call->out_fd);
    }
    if (call->pidfd >= 0) {
        host->watch(call->op, call->pidfd, 0, NULL, NULL);
        close(call->pidfd);
    }
    call->out_fd = call->pidfd = -1;
}

static void emit_probe(struct call *call, int exit_code)
{
    const struct nd_host *host = call->self->host;
    nd_ns now = host->now(host);
    char *end = NULL;
    double value = strtod(call->out, &end);
    host->emit(call->op, 0, (double)(now - call->began), now);
    host->emit(call->op, 1, exit_code, now);
    if (end != call->out)
        host->emit(call->op, 2, value, now);
}

static void exited(void *ctx, int events)
{
    struct call *call = ctx;
    const struct nd_host *host = call->self->host;
    int status = 0;
    (void)events;
    if (waitpid(call->pid, &status, WNOHANG) != call->pid)
        return;
    read_output(call);
    /* What it started and left behind goes with it. */
    kill(-call->pid, SIGKILL);
    int exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    close_call(call);
    if (call->probe)
        emit_probe(call, exit_code);
    call->out[strcspn(call->out, "\n")] = '\0';
    snprintf(call->why, sizeof call->why, "'%.60s' exited with %d, expected %d%s%.120s",
             call->argv[0], exit_code, (int)call->expect_exit, *call->out != '\0' ? ": " : "",
             call->out);
    host->finish(call->op,
                 exit_code == call->expect_exit ? ND_OK
                 : call->check                  ? ND_ESTATE
                                                : ND_EANSWER,
                 exit_code == call->expect_exit ? NULL : call->why);
}

static void readable(void *ctx, int events)
{
    struct call *call = ctx;
    (void)events;
    size_t before = call->out_len;
    read_output(call);
    if (call->out_len == before) /* the other end is closed, or the cap reached */
        call->self->host->watch(call->op, call->out_fd, 0, NULL, NULL);
}

static void begun(void *ctx)
{
    struct call *call = ctx;
    const struct nd_host *host = call->self->host;
    if (call->error != 0) {
        char words[80];
        snprintf(call->why, sizeof call->why, "cannot start '%.100s': %s", call->argv[0],
                 strerror_r(call->error, words, sizeof words));
        close_call(call);
        host->finish(call->op,
                     call->error == EACCES || call->error == EPERM ? ND_ERIGHTS : ND_EGONE,
                     call->why);
        return;
    }
    host->watch(call->op, call->pidfd, ND_READABLE, exited, call);
    host->watch(call->op, call->out_fd, ND_READABLE, readable, call);
}

static nd_err begin(struct plugin_self *self, struct nd_op *op, struct call *call)
{
    call->self = self;
    call->op = op;
    call->began = self->host->now(self->host);
    return self->host->offload(op, begin_work, begun, call);
}

static nd_err take_argv(struct plugin_self *self, const char *const *texts, struct call *call)
{
    size_t count = 0;
    for (; texts != NULL && texts[count] != NULL; count++) {
        if (count == ARGS_MAX)
            break;
        call->argv[count] = texts[count];
    }
    call->argv[count] = NULL;
    if (count != 0 && (texts == NULL || texts[count] == NULL))
        return ND_OK;
    self->host->log(self->host, ND_INFO, "a program and at most %d words are needed", ARGS_MAX);
    return ND_EARG;
}

static nd_err probe_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct plugin_self *plugin = self;
    struct call *call = plugin->host->state(op, sizeof *call);
    call->probe = 1;
    call->expect_exit = args->at[1].u.i;
    nd_err err = take_argv(plugin, args->at[0].u.texts, call);
    return err == ND_OK ? begin(plugin, op, call) : err;
}

static void cancel(void *self, struct nd_op *op)
{
    struct plugin_self *plugin = self;
    struct call *call = plugin->host->state(op, sizeof *call);
    if (call->pidfd >= 0 && call->pid > 0) {
        kill(-call->pid, SIGKILL);
        waitpid(call->pid, NULL, 0);
        close_call(call);
    }
    plugin->host->finish(op, ND_ECANCEL, NULL);
}

/* ---- changes ---- */

/* Each word as a note of its own: "undo.0", "undo.1", ... */
static void note_argv(struct plugin_self *self, struct nd_op *op, const char *name,
                      const char *const *texts)
{
    for (size_t i = 0; texts != NULL && texts[i] != NULL && i < ARGS_MAX; i++) {
        char key[32];
        snprintf(key, sizeof key, "%s.%zu", name, i);
        self->host->undo_note(op, key, texts[i]);
    }
}

static nd_err change_plan(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct plugin_self *plugin = self;
    note_argv(plugin, op, "undo", args->at[1].u.texts);
    note_argv(plugin, op, "verify", args->at[2].u.texts);
    return ND_OK;
}

static nd_err change_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct plugin_self *plugin = self;
    struct call *call = plugin->host->state(op, sizeof *call);
    nd_err err = take_argv(plugin, args->at[0].u.texts, call);
    return err == ND_OK ? begin(plugin, op, call) : err;
}

static nd_err from_notes(struct plugin_self *self, const char *name, const struct nd_note *noted,
                         struct nd_op *op, int check)
{
    struct call *call = self->host->state(op, sizeof *call);
    size_t count = 0;
    size_t len = strlen(name);
    for (; noted->key != NULL && count < ARGS_MAX; noted++) {
        if (strncmp(noted->key, name, len) == 0 && noted->key[len] == '.')
            call->argv[count++] = noted->value;
    }
    call->check = check;
    return count != 0 ? begin(self, op, call) : ND_EARG;
}

static nd_err exec_undo(void *self, const char *verb, const struct nd_note *noted, struct nd_op *op)
{
    (void)verb;
    return from_notes(self, "undo", noted, op, 0);
}

static nd_err exec_verify(void *self, const char *verb, const struct nd_note *noted,
                          struct nd_op *op)
{
    (void)verb;
    return from_notes(self, "verify", noted, op, 1);
}

/* ---- tables ---- */

#define END_ROW                                                                                    \
    {                                                                                              \
        NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL                                                   \
    }
static const struct nd_option probe_options[] = {
    {"argv", "the program and its words; no shell reads them", "", ND_TEXTS,
     ND_OPT_REQUIRED | ND_OPT_SUBJECT, 1, 0, NULL, NULL},
    {"exit", "exit code expected", "", ND_INT, 0, 0, 255, "0", NULL},
    END_ROW};
static const struct nd_option change_options[] = {
    {"argv", "the program that makes the change, and its words", "", ND_TEXTS,
     ND_OPT_REQUIRED | ND_OPT_SUBJECT, 1, 0, NULL, NULL},
    {"undo", "the program that puts it back; it also runs when the change failed half-way", "",
     ND_TEXTS, ND_OPT_REQUIRED, 1, 0, NULL, NULL},
    {"verify", "the program that exits with 0 when all is as before", "", ND_TEXTS, ND_OPT_REQUIRED,
     1, 0, NULL, NULL},
    END_ROW};
static const struct nd_reading probe_readings[] = {
    {"took", "from starting the program to its end", "ns", 1e7},
    {"exit", "its exit code; 128 + N: ended by signal N", "1", 0},
    {"value", "the number its output begins with, if it does", "1", 0},
    {NULL, NULL, NULL, 0}};
static const struct nd_reading no_readings[] = {{NULL, NULL, NULL, 0}};

static const struct nd_verb verb_probe = {
    .struct_size = sizeof verb_probe,
    .flags = ND_VERB_ARBITRARY,
    .name = "probe",
    .help = "Runs a program and looks at its exit code.",
    .rights = "those of the program",
    .options = probe_options,
    .readings = probe_readings,
    .start = probe_start,
    .cancel = cancel,
};
static const struct nd_verb verb_change = {
    .struct_size = sizeof verb_change,
    .flags = ND_VERB_CHANGES | ND_VERB_ARBITRARY,
    .name = "change",
    .help =
        "Runs a program that changes something, with a program to put it back and one to check.",
    .rights = "those of the programs",
    .options = change_options,
    .readings = no_readings,
    .plan_undo = change_plan,
    .start = change_start,
    .cancel = cancel,
};
static const struct nd_verb *const verbs[] = {&verb_probe, &verb_change, NULL};

static nd_err exec_open(const struct nd_host *host, void **self)
{
    struct plugin_self *plugin = calloc(1, sizeof *plugin);
    if (plugin == NULL)
        return ND_EIO;
    plugin->host = host;
    *self = plugin;
    return ND_OK;
}

static const struct nd_plugin plugin = {
    sizeof plugin, ND_ABI_MAJOR, ND_ABI_MINOR,
    "exec",        "1.0",        "outside programs as probes and changes; an argv, never a shell",
    verbs,         exec_open,    free,
    exec_undo,     exec_verify};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
