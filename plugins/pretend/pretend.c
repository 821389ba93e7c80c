/* pretend: verbs that do nothing to a network, and obey or fail on order. For the tests of
 * netdrill itself, and to try a scenario's branches before there is a lab. What a change changes
 * is a text file, so that a test sees from outside what was done and undone. */
#include "deliver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX_BYTES ((size_t)64 * 1024)
#define LEAK_BYTES     ((size_t)16 * 1024 * 1024)

struct self {
    const struct nd_host *host;
    double fail_debt; /* shares of failures not yet given */
};

struct call {
    struct self *self;
    struct nd_op *op;
    nd_ns takes;
    nd_err err; /* how it ends */
    bool ignores_cancel, crash, has_value;
    double value;
    bool changes;
    char why[96];
};

#define NAME_OF(code, name, sentence) #name,
#define CODE_OF(code, name, sentence) (code),
static const char *const error_names[] = {"none", ND_ERR_MAP(NAME_OF) NULL};
static const nd_err error_codes[] = {ND_OK, ND_ERR_MAP(CODE_OF)};

static void end(void *ctx)
{
    struct call *call = ctx;
    const struct nd_host *host = call->self->host;
    if (call->crash)
        abort();
    if (!call->changes && call->err == ND_OK) {
        host->emit(call->op, 0, (double)call->takes, host->now(host));
        if (call->has_value)
            host->emit(call->op, 1, call->value, host->now(host));
    }
    host->finish(call->op, call->err, call->err == ND_OK ? NULL : call->why);
}

static void cancel(void *self_ptr, struct nd_op *op)
{
    const struct nd_host *host = ((struct self *)self_ptr)->host;
    struct call *call = host->state(op, sizeof *call);
    if (!call->ignores_cancel)
        host->finish(op, ND_ECANCEL, NULL);
}

/* ---- probe ---- */

enum {
    PROBE_SUBJECT,
    PROBE_TAKES,
    PROBE_VALUE,
    PROBE_FAIL,
    PROBE_SHARE,
    PROBE_HANG,
    PROBE_FAULT,
    PROBE_SECRET
};

/* What a badly written plugin does to the process it runs in. */
static const char *const faults[] = {"none", "crash", "spin", "leak", NULL};

static const struct nd_option probe_options[] = {
    {"subject", "what is pretended to be measured", "", ND_TEXT, ND_OPT_SUBJECT, 1, 0, NULL, NULL},
    {"takes", "how long it takes, and what 'rtt' reports", "ns", ND_LENGTH, 0, 1, 0, "1ms", NULL},
    {"value", "what 'value' reports", "1", ND_REAL, 0, 1, 0, NULL, NULL},
    {"fail", "the error it ends with", "", ND_CHOICE, 0, 1, 0, "none", error_names},
    {"fail_share", "share of the calls that fail when 'fail' is given, evenly spread", "1",
     ND_SHARE, 0, 0, 1, "100%", NULL},
    {"hang", "never ends, not even when cancelled", "", ND_BOOL, 0, 1, 0, "false", NULL},
    {"fault", "crash: ends its process; spin: never returns; leak: takes all memory it gets", "",
     ND_CHOICE, 0, 1, 0, "none", faults},
    {"secret", "its length is what 'value' reports", "", ND_TEXT, ND_OPT_SECRET, 1, 0, NULL, NULL},
    {NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL},
};

static const struct nd_reading probe_readings[] = {
    {"rtt", "the time it was told to take", "ns", 1e6},
    {"value", "the value it was told, when it was", "1", 0},
    {NULL, NULL, NULL, 0},
};

/* Spread evenly and without chance, so that each rehearsal is the same. */
static bool falls_due(struct self *self, double share)
{
    self->fail_debt += share;
    if (self->fail_debt < 1 - 1e-9)
        return false;
    self->fail_debt -= 1;
    return true;
}

static void commit(int64_t fault)
{
    volatile bool always = true;
    if (fault == 1)
        abort();
    while (always) {
        if (fault == 3 && memset(malloc(LEAK_BYTES), 1, LEAK_BYTES) == NULL)
            break;
    }
}

static nd_err probe_start(void *self_ptr, const struct nd_args *args, struct nd_op *op)
{
    struct self *self = self_ptr;
    struct call *call = self->host->state(op, sizeof *call);
    call->self = self;
    call->op = op;
    call->takes = args->at[PROBE_TAKES].u.i;
    call->has_value = args->at[PROBE_VALUE].given != 0;
    call->value = args->at[PROBE_VALUE].u.r;
    if (args->at[PROBE_SECRET].u.text != NULL) {
        call->has_value = true;
        call->value = (double)strlen(args->at[PROBE_SECRET].u.text);
    }
    int64_t fail = args->at[PROBE_FAIL].u.i;
    if (fail != 0 && falls_due(self, args->at[PROBE_SHARE].u.r)) {
        call->err = error_codes[fail];
        snprintf(call->why, sizeof call->why, "told to fail with %s", error_names[fail]);
    }
    if (args->at[PROBE_HANG].u.i != 0) {
        call->ignores_cancel = true;
        return ND_OK;
    }
    return self->host->after(op, call->takes, end, call);
}

/* Model: like start, and no answer (the core's deadline ends it) when the target is down. */
static nd_err probe_rehearse(void *self_ptr, const struct nd_args *args, struct nd_op *op)
{
    const struct nd_host *host = ((struct self *)self_ptr)->host;
    return host->model_up(op) ? probe_start(self_ptr, args, op) : ND_OK;
}

static nd_err probe_live(void *self_ptr, const struct nd_args *args, struct nd_op *op)
{
    if (args->at[PROBE_FAULT].u.i != 0)
        commit(args->at[PROBE_FAULT].u.i);
    return probe_start(self_ptr, args, op);
}

static const struct nd_verb probe = {
    .struct_size = sizeof probe,
    .name = "probe",
    .help = "Measures nothing, takes its time and succeeds or fails as told",
    .rights = "none",
    .options = probe_options,
    .readings = probe_readings,
    .start = probe_live,
    .cancel = cancel,
    .rehearse = probe_rehearse,
};

/* ---- change ---- */

enum {
    CHANGE_SUBJECT,
    CHANGE_FILE,
    CHANGE_LINE,
    CHANGE_TARGET,
    CHANGE_UP,
    CHANGE_FAIL_AT,
    CHANGE_TAKES,
    CHANGE_HANG,
    CHANGE_CRASH
};
enum { FAIL_NONE, FAIL_PLAN, FAIL_START, FAIL_UNDO, FAIL_VERIFY, FAIL_PROVE };

static const char *const fail_at_names[] = {"none",   "plan",  "start", "undo",
                                            "verify", "prove", NULL};

static const struct nd_option change_options[] = {
    {"subject", "what is pretended to be changed", "", ND_TEXT, ND_OPT_SUBJECT, 1, 0, NULL, NULL},
    {"file", "a file to which a line is added; undo puts back its content", "", ND_TEXT, 0, 1, 0,
     NULL, NULL},
    {"line", "the line added to 'file'", "", ND_TEXT, 0, 1, 0, "changed", NULL},
    {"target", "what is disturbed", "", ND_TARGET, 0, 1, 0, NULL, NULL},
    {"up", "rehearsal: whether 'target' is up after the change", "", ND_BOOL, 0, 1, 0, "false",
     NULL},
    {"fail_at", "the stage that fails", "", ND_CHOICE, 0, 1, 0, "none", fail_at_names},
    {"takes", "how long it takes", "ns", ND_LENGTH, 0, 1, 0, "1ms", NULL},
    {"hang", "never ends, not even when cancelled; the change is made", "", ND_BOOL, 0, 1, 0,
     "false", NULL},
    {"crash", "ends the whole process when the change is made and 'takes' has passed", "", ND_BOOL,
     0, 1, 0, "false", NULL},
    {NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL},
};

static const struct nd_reading no_readings[] = {{NULL, NULL, NULL, 0}};

static __attribute__((format(printf, 3, 4))) nd_err failed(const struct nd_host *host, nd_err err,
                                                           const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    host->log(host, ND_ERROR, "%s", text);
    return err;
}

/* The file's content, caller frees; *content NULL when there is no file. */
static nd_err content_read(const struct nd_host *host, const char *path, char **content)
{
    *content = NULL;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return errno == ENOENT
                   ? ND_OK
                   : failed(host, ND_EIO, "cannot read '%s': %s", path, strerror(errno));
    char *text = malloc(FILE_MAX_BYTES + 1);
    if (text == NULL)
        abort();
    size_t len_bytes = fread(text, 1, FILE_MAX_BYTES + 1, file);
    bool broken = ferror(file) != 0;
    fclose(file);
    if (broken || len_bytes > FILE_MAX_BYTES || memchr(text, '\0', len_bytes) != NULL) {
        free(text);
        return failed(host, ND_EIO, "'%s' cannot be read, is over 64 KiB or is not text", path);
    }
    text[len_bytes] = '\0';
    *content = text;
    return ND_OK;
}

/* All or nothing, so that a crash in between leaves no third state. NULL removes the file. */
static nd_err content_write(const struct nd_host *host, const char *path, const char *content)
{
    if (content == NULL)
        return unlink(path) == 0 || errno == ENOENT
                   ? ND_OK
                   : failed(host, ND_EIO, "cannot remove '%s': %s", path, strerror(errno));
    char temporary[4096];
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.new", path) >= sizeof temporary)
        return failed(host, ND_EARG, "the path of 'file' is too long");
    FILE *file = fopen(temporary, "we");
    if (file == NULL)
        return failed(host, ND_EIO, "cannot write '%s': %s", temporary, strerror(errno));
    bool written = fputs(content, file) >= 0;
    written = fclose(file) == 0 && written;
    if (!written || rename(temporary, path) != 0)
        return failed(host, ND_EIO, "cannot write '%s': %s", path, strerror(errno));
    return ND_OK;
}

/* content (may be NULL) and the line; caller frees. */
static char *with_line(const char *content, const char *line)
{
    char *text = NULL;
    if (asprintf(&text, "%s%s\n", content != NULL ? content : "", line) < 0)
        abort();
    return text;
}

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static const char *noted_value(const struct nd_note *noted, const char *key)
{
    for (; noted->key != NULL; noted++) {
        if (strcmp(noted->key, key) == 0)
            return noted->value;
    }
    return NULL;
}

static nd_err note_file(const struct nd_host *host, const struct nd_args *args, struct nd_op *op)
{
    const char *path = args->at[CHANGE_FILE].u.text;
    const char *line = args->at[CHANGE_LINE].u.text;
    char *before = NULL;
    nd_err err = content_read(host, path, &before);
    if (err != ND_OK)
        return err;
    char *after = with_line(before, line);
    host->undo_note(op, "file", path);
    if (before != NULL)
        host->undo_note(op, "before", before);
    host->undo_note(op, "after", after);
    free(before);
    free(after);
    return ND_OK;
}

static nd_err change_plan_undo(void *self_ptr, const struct nd_args *args, struct nd_op *op)
{
    const struct nd_host *host = ((struct self *)self_ptr)->host;
    int64_t fail_at = args->at[CHANGE_FAIL_AT].u.i;
    if (fail_at == FAIL_PLAN)
        return failed(host, ND_ESTATE, "told to fail at plan");
    if (fail_at >= FAIL_UNDO)
        host->undo_note(op, "fail_at", fail_at_names[fail_at]);
    return args->at[CHANGE_FILE].u.text != NULL ? note_file(host, args, op) : ND_OK;
}

static nd_err append_line(const struct nd_host *host, const char *path, const char *line)
{
    char *content = NULL;
    nd_err err = content_read(host, path, &content);
    if (err != ND_OK)
        return err;
    char *longer = with_line(content, line);
    err = content_write(host, path, longer);
    free(content);
    free(longer);
    return err;
}

static struct call *change_call(struct self *self, const struct nd_args *args, struct nd_op *op)
{
    struct call *call = self->host->state(op, sizeof *call);
    call->self = self;
    call->op = op;
    call->changes = true;
    call->takes = args->at[CHANGE_TAKES].u.i;
    call->ignores_cancel = args->at[CHANGE_HANG].u.i != 0;
    if (args->at[CHANGE_FAIL_AT].u.i == FAIL_START) {
        call->err = ND_EIO;
        snprintf(call->why, sizeof call->why, "told to fail at start");
    }
    return call;
}

static nd_err change_start(void *self_ptr, const struct nd_args *args, struct nd_op *op)
{
    struct self *self = self_ptr;
    struct call *call = change_call(self, args, op);
    const char *path = args->at[CHANGE_FILE].u.text;
    call->crash = args->at[CHANGE_CRASH].u.i != 0;
    if (path != NULL && call->err == ND_OK) {
        nd_err err = append_line(self->host, path, args->at[CHANGE_LINE].u.text);
        if (err != ND_OK)
            return err;
    }
    return call->ignores_cancel ? ND_OK : self->host->after(op, call->takes, end, call);
}

/* Model: the target is up or down from now on; no file is touched. */
static nd_err change_rehearse(void *self_ptr, const struct nd_args *args, struct nd_op *op)
{
    struct self *self = self_ptr;
    struct call *call = change_call(self, args, op);
    const struct nd_target *target = args->at[CHANGE_TARGET].u.target;
    if (target != NULL && call->err == ND_OK)
        self->host->model_set(op, target->name, args->at[CHANGE_UP].u.i != 0);
    return call->ignores_cancel ? ND_OK : self->host->after(op, call->takes, end, call);
}

static const struct nd_verb change = {
    .struct_size = sizeof change,
    .flags = ND_VERB_CHANGES,
    .name = "change",
    .help = "Changes a file, if any, and fails at the stage it is told to",
    .rights = "write access to 'file'",
    .options = change_options,
    .readings = no_readings,
    .plan_undo = change_plan_undo,
    .start = change_start,
    .cancel = cancel,
    .rehearse = change_rehearse,
};

static nd_err undo(void *self_ptr, const char *verb, const struct nd_note *noted, struct nd_op *op)
{
    (void)verb;
    const struct nd_host *host = ((struct self *)self_ptr)->host;
    if (same(noted_value(noted, "fail_at"), "undo"))
        return failed(host, ND_EIO, "told to fail at undo");
    const char *path = noted_value(noted, "file");
    const char *before = noted_value(noted, "before");
    char *now = NULL;
    nd_err err = path != NULL ? content_read(host, path, &now) : ND_OK;
    if (err == ND_OK && path != NULL && !same(now, before)) {
        if (same(now, noted_value(noted, "after")))
            err = content_write(host, path, before);
        else
            err = failed(host, ND_ESTATE,
                         "'%s' was changed by somebody else after the change; left as it is", path);
    }
    free(now);
    if (err == ND_OK)
        host->finish(op, ND_OK, NULL);
    return err;
}

/* Finishes well when the file holds what was noted as `key`; fails on order at `stage`. */
static nd_err compare(struct self *self, const struct nd_note *noted, struct nd_op *op,
                      const char *stage, const char *key)
{
    const struct nd_host *host = self->host;
    if (same(noted_value(noted, "fail_at"), stage))
        return failed(host, ND_ESTATE, "told to fail at %s", stage);
    const char *path = noted_value(noted, "file");
    char *now = NULL;
    nd_err err = path != NULL ? content_read(host, path, &now) : ND_OK;
    if (err == ND_OK && path != NULL && !same(now, noted_value(noted, key)))
        err = failed(host, ND_ESTATE, "'%s' differs from what it was %s the change", path, key);
    free(now);
    if (err == ND_OK)
        host->finish(op, ND_OK, NULL);
    return err;
}

static nd_err verify(void *self_ptr, const char *verb, const struct nd_note *noted,
                     struct nd_op *op)
{
    (void)verb;
    return compare(self_ptr, noted, op, "verify", "before");
}

static nd_err prove(void *self_ptr, const char *verb, const struct nd_note *noted, struct nd_op *op)
{
    (void)verb;
    return compare(self_ptr, noted, op, "prove", "after");
}

const struct nd_host *pretend_host(void *self)
{
    return ((struct self *)self)->host;
}

static nd_err open_plugin(const struct nd_host *host, void **self)
{
    struct self *made = calloc(1, sizeof *made);
    if (made == NULL)
        abort();
    made->host = host;
    *self = made;
    return ND_OK;
}

static const struct nd_verb *const verbs[] = {&probe, &change, &pretend_deliver, NULL};

static const struct nd_plugin plugin = {
    .struct_size = sizeof plugin,
    .abi_major = ND_ABI_MAJOR,
    .abi_minor = ND_ABI_MINOR,
    .name = "pretend",
    .version = "1.0.0",
    .help = "Obeys or fails on order; touches no network",
    .verbs = verbs,
    .open = open_plugin,
    .close = free,
    .undo = undo,
    .verify = verify,
    .prove = prove,
};

const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
