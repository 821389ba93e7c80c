#include "../common/probe.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Entries of a kamailio's hash tables (htable), which its routing asks for who may do what, read
 * and set over its JSON-RPC on UDP (jsonrpcs with dgram_socket). */

#define RPC_PORT      9062
#define AGAIN         500000000LL /* ns: then a request is sent again; each may be */
#define REPLY_BYTES   65536
#define REQUEST_BYTES 512
#define NAME_BYTES    96

struct plugin_self {
    const struct nd_host *host;
    unsigned serial;
};

struct call {
    struct plugin_self *self;
    struct nd_op *op;
    struct peer peer;
    int fd;
    unsigned id;
    char table[NAME_BYTES], key[NAME_BYTES];
    /* What the entry holds: "absent", "i 1" or "s text". */
    char before[NAME_BYTES + 2], ours[NAME_BYTES + 2];
    const char *expect; /* of get: the op's own text, or NULL */
    nd_ns began;
    char request[REQUEST_BYTES];
    void (*take)(struct call *call, const json_t *reply, nd_ns at);
};

enum { SUBJECT, VALUE, PORT };
enum { C_SUBJECT, C_PORT };
enum { G_SUBJECT, G_EXPECT, G_PORT };
enum { R_COUNT, R_RTT };
enum { G_RTT };

static void finish(struct call *call, nd_err err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void finish(struct call *call, nd_err err, const char *fmt, ...)
{
    const struct nd_host *host = call->self->host;
    char why[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(why, sizeof why, fmt, args);
    va_end(args);
    if (call->fd >= 0)
        host->release(call->op, call->fd);
    call->fd = -1;
    host->finish(call->op, err, err != ND_OK ? why : NULL);
}

/* ---- asking ---- */

static void send_it(void *ctx)
{
    struct call *call = ctx;
    /* What an earlier one met is told here; the deadline decides. */
    if (send(call->fd, call->request, strlen(call->request), MSG_NOSIGNAL) < 0)
        send(call->fd, call->request, strlen(call->request), MSG_NOSIGNAL);
    call->self->host->after(call->op, AGAIN, send_it, call);
}

static void readable(void *ctx, int events)
{
    struct call *call = ctx;
    const struct nd_host *host = call->self->host;
    static const size_t bytes = REPLY_BYTES;
    char *text = malloc(bytes);
    (void)events;
    ssize_t got = text != NULL ? recv(call->fd, text, bytes, MSG_DONTWAIT) : -1;
    int error = errno;
    nd_ns at = host->now(host);
    json_t *reply = got > 0 ? json_loadb(text, (size_t)got, 0, NULL) : NULL;
    free(text);
    if (got < 0 && error != EAGAIN && error != EINTR) {
        finish(call, probe_err(error), "%s: %s", call->peer.text, strerror(error));
    } else if (reply != NULL && json_integer_value(json_object_get(reply, "id")) == call->id) {
        host->after(call->op, -1, send_it, call);
        call->take(call, reply, at);
    }
    json_decref(reply);
}

/* value: taken over; NULL: none. */
static void ask(struct call *call, const char *method, json_t *value,
                void (*take)(struct call *, const json_t *, nd_ns))
{
    json_t *params = json_pack("[s, s]", call->table, call->key);
    if (value != NULL)
        json_array_append_new(params, value);
    else if (strcmp(method, "htable.dump") == 0)
        json_array_remove(params, 1);
    call->id = ++call->self->serial;
    json_t *request = json_pack("{s:s, s:s, s:o, s:I}", "jsonrpc", "2.0", "method", method,
                                "params", params, "id", (json_int_t)call->id);
    char *text = json_dumps(request, JSON_COMPACT);
    snprintf(call->request, sizeof call->request, "%s", text);
    free(text);
    json_decref(request);
    call->take = take;
    send_it(call);
}

/* An error of the other side is its "no": finishes. */
static int refused(struct call *call, const json_t *reply)
{
    const json_t *error = json_object_get(reply, "error");
    const char *words = json_string_value(json_object_get(error, "message"));
    if (error == NULL)
        return 0;
    finish(call, ND_EREFUSED, "%s refused: %.150s", call->peer.text, words != NULL ? words : "");
    return 1;
}

/* What an entry holds; 0: it finished, because that could not be read. */
static int read_held(struct call *call, const json_t *reply, char held[NAME_BYTES + 2])
{
    const json_t *value =
        json_object_get(json_object_get(json_object_get(reply, "result"), "item"), "value");
    const char *error =
        json_string_value(json_object_get(json_object_get(reply, "error"), "message"));
    if (error != NULL && strstr(error, "Key name") != NULL) {
        snprintf(held, NAME_BYTES + 2, "absent");
    } else if (refused(call, reply)) {
        return 0;
    } else if (json_is_integer(value)) {
        snprintf(held, NAME_BYTES + 2, "i %lld", (long long)json_integer_value(value));
    } else if (json_is_string(value) && strlen(json_string_value(value)) < NAME_BYTES) {
        snprintf(held, NAME_BYTES + 2, "s %s", json_string_value(value));
    } else {
        finish(call, ND_EANSWER, "%s answered '%s' of '%s' with what is neither number nor text",
               call->peer.text, call->key, call->table);
        return 0;
    }
    return 1;
}

static nd_err open_socket(struct call *call)
{
    const struct nd_host *host = call->self->host;
    call->fd = host->socket(call->op, call->peer.at.ss_family, SOCK_DGRAM, 0);
    if (call->fd < 0)
        return call->fd;
    if (connect(call->fd, (struct sockaddr *)&call->peer.at, call->peer.len) != 0) {
        int error = errno;
        host->log(host, ND_INFO, "%s: %s", call->peer.text, strerror(error));
        return probe_err(error);
    }
    call->began = host->now(host);
    return host->watch(call->op, call->fd, ND_READABLE, readable, call);
}

static nd_err begin(struct plugin_self *self, struct nd_op *op, const struct nd_target *target,
                    int64_t port, int keyed, struct call **out)
{
    const struct nd_host *host = self->host;
    struct call *call = host->state(op, sizeof *call);
    const char *table = target_fact(target, "table");
    const char *key = target_fact(target, "key");
    memset(call, 0, sizeof *call);
    call->self = self;
    call->op = op;
    call->fd = -1;
    *out = call;
    nd_err err = target_peer(host, target, port, RPC_PORT, &call->peer);
    if (err != ND_OK)
        return err;
    if (table == NULL || strlen(table) >= NAME_BYTES ||
        (keyed && (key == NULL || *key == '\0' || strlen(key) >= NAME_BYTES))) {
        host->log(host, ND_INFO, "target '%s' needs '%s', at most %d letters", target->name,
                  table == NULL ? "table" : "key", NAME_BYTES - 1);
        return ND_EARG;
    }
    snprintf(call->table, sizeof call->table, "%s", table);
    snprintf(call->key, sizeof call->key, "%s", key != NULL ? key : "");
    return open_socket(call);
}

/* ---- set ---- */

static void planned(struct call *call, const json_t *reply, nd_ns at)
{
    const struct nd_host *host = call->self->host;
    char port[16];
    (void)at;
    if (!read_held(call, reply, call->before))
        return;
    const struct sockaddr_in *in = (const struct sockaddr_in *)&call->peer.at;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&call->peer.at;
    snprintf(port, sizeof port, "%d",
             ntohs(call->peer.at.ss_family == AF_INET6 ? in6->sin6_port : in->sin_port));
    host->undo_note(call->op, "address", call->peer.address);
    host->undo_note(call->op, "port", port);
    host->undo_note(call->op, "table", call->table);
    host->undo_note(call->op, "key", call->key);
    host->undo_note(call->op, "before", call->before);
    host->undo_note(call->op, "ours", call->ours);
    finish(call, ND_OK, " ");
}

static nd_err set_plan(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct call *call = NULL;
    nd_err err = begin(ctx, op, args->at[SUBJECT].u.target, args->at[PORT].u.i, 1, &call);
    if (err != ND_OK)
        return err;
    snprintf(call->ours, sizeof call->ours, "i %lld", (long long)args->at[VALUE].u.i);
    ask(call, "htable.get", NULL, planned);
    return ND_OK;
}

static void done(struct call *call, const json_t *reply, nd_ns at)
{
    (void)at;
    if (!refused(call, reply))
        finish(call, ND_OK, " ");
}

static nd_err set_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct call *call = NULL;
    nd_err err = begin(ctx, op, args->at[SUBJECT].u.target, args->at[PORT].u.i, 1, &call);
    if (err == ND_OK)
        ask(call, "htable.seti", json_integer(args->at[VALUE].u.i), done);
    return err;
}

/* ---- undo, verify, prove ---- */

static void put_back(struct call *call, const json_t *reply, nd_ns at)
{
    char now[NAME_BYTES + 2];
    (void)at;
    if (!read_held(call, reply, now))
        return;
    if (strcmp(now, call->before) == 0)
        finish(call, ND_OK, " ");
    else if (strcmp(now, call->ours) != 0)
        finish(call, ND_ESTATE, "'%s' of '%s' is '%s', which is neither ours nor what was before",
               call->key, call->table, now);
    else if (strcmp(call->before, "absent") == 0)
        ask(call, "htable.delete", NULL, done);
    else if (call->before[0] == 'i')
        ask(call, "htable.seti", json_integer(strtoll(call->before + 2, NULL, 10)), done);
    else
        ask(call, "htable.sets", json_string(call->before + 2), done);
}

static void compare(struct call *call, const json_t *reply, const char *wanted, const char *words)
{
    char now[NAME_BYTES + 2];
    if (!read_held(call, reply, now))
        return;
    if (strcmp(now, wanted) == 0)
        finish(call, ND_OK, " ");
    else
        finish(call, ND_ESTATE, "'%s' of '%s' is '%s', %s '%s'", call->key, call->table, now, words,
               wanted);
}

static void verified(struct call *call, const json_t *reply, nd_ns at)
{
    (void)at;
    compare(call, reply, call->before, "before it was");
}

static void proved(struct call *call, const json_t *reply, nd_ns at)
{
    (void)at;
    compare(call, reply, call->ours, "expected");
}

static nd_err by_notes(struct plugin_self *self, const struct nd_note *noted, struct nd_op *op,
                       void (*take)(struct call *, const json_t *, nd_ns))
{
    static const char *const needed[] = {"address", "port", "table", "key", "before", "ours"};
    const char *values[6];
    struct call *call = NULL;
    for (size_t i = 0; i < 6; i++) {
        values[i] = note_value(noted, needed[i]);
        if (values[i] == NULL)
            return ND_EARG;
    }
    const struct nd_target target = {.name = "noted", .address = values[0], .facts = noted};
    nd_err err = begin(self, op, &target, strtoll(values[1], NULL, 10), 1, &call);
    if (err != ND_OK)
        return err;
    snprintf(call->before, sizeof call->before, "%s", values[4]);
    snprintf(call->ours, sizeof call->ours, "%s", values[5]);
    ask(call, "htable.get", NULL, take);
    return ND_OK;
}

static nd_err set_undo(void *ctx, const char *verb, const struct nd_note *noted, struct nd_op *op)
{
    (void)verb;
    return by_notes(ctx, noted, op, put_back);
}

static nd_err set_verify(void *ctx, const char *verb, const struct nd_note *noted, struct nd_op *op)
{
    (void)verb;
    return by_notes(ctx, noted, op, verified);
}

static nd_err set_prove(void *ctx, const char *verb, const struct nd_note *noted, struct nd_op *op)
{
    (void)verb;
    return by_notes(ctx, noted, op, proved);
}

static nd_err set_rehearse(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    const struct nd_host *host = ((struct plugin_self *)ctx)->host;
    host->model_set(op, args->at[SUBJECT].u.target->name, args->at[VALUE].u.i != 0);
    host->finish(op, ND_OK, NULL);
    return ND_OK;
}

/* ---- count ---- */

static void counted(struct call *call, const json_t *reply, nd_ns at)
{
    const struct nd_host *host = call->self->host;
    size_t count = 0;
    size_t i = 0;
    json_t *row = NULL;
    if (refused(call, reply))
        return;
    json_array_foreach(json_object_get(reply, "result"), i, row) count +=
        json_array_size(json_object_get(row, "slot"));
    host->emit(call->op, R_COUNT, (double)count, at);
    host->emit(call->op, R_RTT, (double)(at - call->began), at);
    finish(call, ND_OK, " ");
}

static nd_err count_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct call *call = NULL;
    nd_err err = begin(ctx, op, args->at[C_SUBJECT].u.target, args->at[C_PORT].u.i, 0, &call);
    if (err == ND_OK)
        ask(call, "htable.dump", NULL, counted);
    return err;
}

/* ---- get ---- */

static void got(struct call *call, const json_t *reply, nd_ns at)
{
    char held[NAME_BYTES + 2];
    if (!read_held(call, reply, held))
        return;
    const char *text = held[1] == ' ' ? held + 2 : NULL;
    call->self->host->emit(call->op, G_RTT, (double)(at - call->began), at);
    if (text == NULL)
        finish(call, ND_EREFUSED, "'%s' is not in '%s'", call->key, call->table);
    else if (call->expect != NULL && strcmp(text, call->expect) != 0)
        finish(call, ND_EREFUSED, "'%s' of '%s' holds '%s', expected '%.95s'", call->key,
               call->table, text, call->expect);
    else
        finish(call, ND_OK, " ");
}

static nd_err get_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct call *call = NULL;
    nd_err err = begin(ctx, op, args->at[G_SUBJECT].u.target, args->at[G_PORT].u.i, 1, &call);
    if (err != ND_OK)
        return err;
    call->expect = args->at[G_EXPECT].u.text;
    ask(call, "htable.get", NULL, got);
    return ND_OK;
}

/* ---- tables ---- */

#define PORT_ROW                                                                                   \
    {                                                                                              \
        "port", "JSON-RPC's port, else the target's 'port', else 9062", "", ND_INT, 0, 1, 65535,   \
            NULL, NULL                                                                             \
    }
#define END_ROW                                                                                    \
    {                                                                                              \
        NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL                                                   \
    }
static const struct nd_option set_options[] = {
    {"entry", "a target with 'address', 'table' and 'key'", "", ND_TARGET,
     ND_OPT_REQUIRED | ND_OPT_SUBJECT, 1, 0, NULL, NULL},
    {"value", "what it is to hold", "", ND_INT, 0, -2147483648.0, 2147483647, "1", NULL},
    PORT_ROW,
    END_ROW};
static const struct nd_option count_options[] = {{"table", "a target with 'address' and 'table'",
                                                  "", ND_TARGET, ND_OPT_REQUIRED | ND_OPT_SUBJECT,
                                                  1, 0, NULL, NULL},
                                                 PORT_ROW,
                                                 END_ROW};
static const struct nd_option get_options[] = {
    {"entry", "a target with 'address', 'table' and 'key'", "", ND_TARGET,
     ND_OPT_REQUIRED | ND_OPT_SUBJECT, 1, 0, NULL, NULL},
    {"expect", "what it has to hold, a number too; without it: anything", "", ND_TEXT, 0, 1, 0,
     NULL, NULL},
    PORT_ROW,
    END_ROW};
static const struct nd_reading get_readings[] = {
    {"rtt", "from the request to the answer", "ns", 1e6}, {NULL, NULL, NULL, 0}};
static const struct nd_reading no_readings[] = {{NULL, NULL, NULL, 0}};
static const struct nd_reading count_readings[] = {
    {"count", "entries of the table", "1", 0},
    {"rtt", "from the request to the answer", "ns", 1e6},
    {NULL, NULL, NULL, 0}};

static const struct nd_verb verb_set = {
    .struct_size = sizeof verb_set,
    .flags = ND_VERB_CHANGES,
    .name = "set",
    .help = "Sets an entry of a kamailio's hash table; put back to what it held.",
    .rights = "none; the JSON-RPC port has to be open to us",
    .options = set_options,
    .readings = no_readings,
    .plan_undo = set_plan,
    .start = set_start,
    .rehearse = set_rehearse,
};
static const struct nd_verb verb_count = {
    .struct_size = sizeof verb_count,
    .name = "count",
    .help = "How many entries a kamailio's hash table has.",
    .rights = "none; the JSON-RPC port has to be open to us",
    .options = count_options,
    .readings = count_readings,
    .start = count_start,
};
static const struct nd_verb verb_get = {
    .struct_size = sizeof verb_get,
    .name = "get",
    .help = "Whether an entry of a kamailio's hash table is there, and holds what is expected.",
    .rights = "none; the JSON-RPC port has to be open to us",
    .options = get_options,
    .readings = get_readings,
    .start = get_start,
};
static const struct nd_verb *const verbs[] = {&verb_set, &verb_count, &verb_get, NULL};

static nd_err plugin_open(const struct nd_host *host, void **self)
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
    "kamailio",    "1.0",        "a kamailio's permissions: entries of its hash tables",
    verbs,         plugin_open,  free,
    set_undo,      set_verify,   set_prove};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
