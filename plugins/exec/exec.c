#include <netdrill/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
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

/* Which program it is, and so what its exit code means. */
enum purpose { FOR_CHANGE, FOR_PROBE, FOR_UNDO, FOR_VERIFY, FOR_PROOF, FOR_DIFFERENCE };

struct call {
    struct plugin_self *self;
    struct nd_op *op;
    const char *argv[ARGS_MAX + 1];
    int64_t expect_exit;
    nd_ns began;
    enum purpose purpose;
    int left_alone; /* exit code of undo that says: somebody else's, left alone */
    pid_t pid;
    int pidfd, out_fd;
    char out[OUTPUT_BYTES];
    size_t out_len;
    char why[WHY_BYTES];
    int error;
};

/* In the child of fork: only calls that are safe there. It ends with whoever started it: a program
 * that goes on when the run has died would change the network after it was put back. */
static _Noreturn void become_program(const struct call *call, pid_t parent, int out_fd,
                                     int error_fd)
{
    static char *const environment[] = {
        (char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        (char *)"LANG=C.UTF-8", (char *)"NETDRILL=exercise", NULL};
    sigset_t none;
    sigemptyset(&none);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    int null_fd = open("/dev/null", O_RDONLY);
    dup2(null_fd, 0);
    dup2(out_fd, 1);
    dup2(out_fd, 2);
    dup2(error_fd, 3);
    fcntl(3, F_SETFD, FD_CLOEXEC);
    syscall(SYS_close_range, 4, ~0U, 0);
    static const int ours[] = {SIGPIPE, SIGTTIN, SIGTTOU, SIGTSTP};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        signal(ours[i], SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvpe(call->argv[0], (char *const *)call->argv, environment);
    int error = errno;
    ssize_t put = write(3, &error, sizeof error);
    _exit(put == (ssize_t)sizeof error ? 127 : 126);
}

static void spawn_program(struct call *call, int out_fd)
{
    int ends[2];
    pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0) {
        call->error = errno;
        return;
    }
    call->pid = fork();
    if (call->pid == 0)
        become_program(call, parent, out_fd > 3 ? out_fd : fcntl(out_fd, F_DUPFD, 10),
                       ends[1] > 3 ? ends[1] : fcntl(ends[1], F_DUPFD, 10));
    int error = errno;
    close(ends[1]);
    if (call->pid < 0)
        call->error = error;
    else if (read(ends[0], &error, sizeof error) == (ssize_t)sizeof error) {
        call->error = error;
        waitpid(call->pid, NULL, 0);
    }
    close(ends[0]);
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

/* What an exit code means, and the words for it. */
static nd_err judge(struct call *call, int exit_code)
{
    const char *program = call->argv[0];
    const char *colon = *call->out != '\0' ? ": " : "";
    if (call->purpose == FOR_UNDO && exit_code == call->left_alone) {
        snprintf(call->why, sizeof call->why,
                 "'%.60s' found what somebody else has changed, and left it alone%s%.120s", program,
                 colon, call->out);
        return ND_ESTATE;
    }
    if (call->purpose == FOR_DIFFERENCE) {
        snprintf(call->why, sizeof call->why,
                 "'%.60s' sees no difference to before; give 'proof' a program that does", program);
        return exit_code != 0 ? ND_OK : ND_EUNABLE;
    }
    snprintf(call->why, sizeof call->why, "'%.60s' exited with %d, expected %d%s%.120s", program,
             exit_code, (int)call->expect_exit, colon, call->out);
    if (exit_code == call->expect_exit)
        return ND_OK;
    return call->purpose == FOR_VERIFY || call->purpose == FOR_PROOF ? ND_ESTATE : ND_EANSWER;
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
    if (call->purpose == FOR_PROBE)
        emit_probe(call, exit_code);
    call->out[strcspn(call->out, "\n")] = '\0';
    nd_err err = judge(call, exit_code);
    host->finish(call->op, err, err != ND_OK ? call->why : NULL);
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
    call->purpose = FOR_PROBE;
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
    note_argv(plugin, op, "proof", args->at[3].u.texts);
    char code[16];
    snprintf(code, sizeof code, "%d", (int)args->at[4].u.i);
    return plugin->host->undo_note(op, "left_alone", code);
}

static nd_err change_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct plugin_self *plugin = self;
    struct call *call = plugin->host->state(op, sizeof *call);
    nd_err err = take_argv(plugin, args->at[0].u.texts, call);
    return err == ND_OK ? begin(plugin, op, call) : err;
}

static size_t count_words(const struct nd_note *noted, const char *name)
{
    size_t count = 0;
    size_t len = strlen(name);
    for (; noted->key != NULL; noted++)
        count += strncmp(noted->key, name, len) == 0 && noted->key[len] == '.';
    return count;
}

static nd_err from_notes(struct plugin_self *self, const char *name, const struct nd_note *noted,
                         struct nd_op *op, enum purpose purpose)
{
    struct call *call = self->host->state(op, sizeof *call);
    size_t count = 0;
    size_t len = strlen(name);
    call->left_alone = -1;
    for (; noted->key != NULL && count < ARGS_MAX; noted++) {
        if (strncmp(noted->key, name, len) == 0 && noted->key[len] == '.')
            call->argv[count++] = noted->value;
        else if (strcmp(noted->key, "left_alone") == 0)
            call->left_alone = atoi(noted->value);
    }
    call->purpose = purpose;
    return count != 0 ? begin(self, op, call) : ND_EARG;
}

static nd_err exec_undo(void *self, const char *verb, const struct nd_note *noted, struct nd_op *op)
{
    (void)verb;
    return from_notes(self, "undo", noted, op, FOR_UNDO);
}

static nd_err exec_verify(void *self, const char *verb, const struct nd_note *noted,
                          struct nd_op *op)
{
    (void)verb;
    return from_notes(self, "verify", noted, op, FOR_VERIFY);
}

/* Without a proof of its own: that verify sees a difference is one. */
static nd_err exec_prove(void *self, const char *verb, const struct nd_note *noted,
                         struct nd_op *op)
{
    (void)verb;
    return count_words(noted, "proof") != 0 ? from_notes(self, "proof", noted, op, FOR_PROOF)
                                            : from_notes(self, "verify", noted, op, FOR_DIFFERENCE);
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
    {"proof",
     "the program that exits with 0 when the change is in force; without it, that 'verify' sees a "
     "difference is the proof",
     "", ND_TEXTS, 0, 1, 0, NULL, NULL},
    {"left_alone",
     "exit code of 'undo' that says: somebody else has changed it since, so it was left alone", "",
     ND_INT, 0, 1, 255, "75", NULL},
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
    exec_undo,     exec_verify,  exec_prove};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
