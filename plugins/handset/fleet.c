#include "handset.h"

#include <glob.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The modems of a target, and the plugin's record. */

nd_err handset_refuse(const struct handset *self, const char *fmt, ...)
{
    char text[WHY_BYTES];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    self->host->log(self->host, ND_INFO, "%s", text);
    return ND_EARG;
}

/* ---- names ---- */

/* Patterns with blanks between, or a JSON list of them; each may match several names, a plain name
 * matches itself. */
static void match_names(const char *ttys, glob_t *names)
{
    json_t *list = json_loads(ttys, 0, NULL);
    json_t *item = NULL;
    size_t i = 0;
    int flags = GLOB_NOCHECK;
    json_array_foreach(list, i, item)
    {
        if (json_is_string(item) && glob(json_string_value(item), flags, NULL, names) == 0)
            flags |= GLOB_APPEND;
    }
    char *copy = json_is_array(list) ? NULL : strdup(ttys);
    char *rest = copy;
    for (char *name = strsep(&rest, " "); name != NULL; name = strsep(&rest, " ")) {
        if (*name != '\0' && glob(name, flags, NULL, names) == 0)
            flags |= GLOB_APPEND;
    }
    free(copy);
    json_decref(list);
}

static struct fleet *fleet_init(struct handset *self, struct nd_op *op, const struct nd_args *args,
                                const glob_t *names)
{
    struct fleet *fleet =
        self->host->state(op, sizeof *fleet + names->gl_pathc * sizeof fleet->at[0]);
    /* A change's block is there since its undo was planned. */
    size_t room = fleet->room != 0 ? fleet->room : names->gl_pathc;
    if (names->gl_pathc > room) {
        handset_refuse(self, "there are more modems now than when the change was planned");
        return NULL;
    }
    memset(fleet, 0, sizeof *fleet + room * sizeof fleet->at[0]);
    fleet->self = self;
    fleet->op = op;
    fleet->args = args;
    fleet->count = names->gl_pathc;
    fleet->room = room;
    for (size_t i = 0; i < fleet->count; i++) {
        struct modem *modem = &fleet->at[i];
        modem->fleet = fleet;
        modem->fd = -1;
        modem->attached = modem->addressed = modem->call = AT_NONE;
        modem->network_count = -1;
        snprintf(modem->tty, sizeof modem->tty, "%s", names->gl_pathv[i]);
    }
    return fleet;
}

struct fleet *fleet_new(struct handset *self, struct nd_op *op, const struct nd_args *args,
                        const struct nd_target *target, const char *ttys)
{
    glob_t names = {0};
    struct fleet *fleet = NULL;
    if (ttys == NULL)
        ttys = target_fact(target, "ttys");
    if (ttys == NULL)
        ttys = target_fact(target, "tty");
    if (ttys != NULL)
        match_names(ttys, &names);
    if (names.gl_pathc == 0) {
        handset_refuse(self,
                       "target '%s' names no modem; give it 'tty: /dev/ttyUSB2' or 'ttys: "
                       "[...]' in the site file",
                       target != NULL ? target->name : "?");
    } else if (names.gl_pathc > FLEET_MAX) {
        handset_refuse(self, "%zu modems are more than %d; make several targets of them",
                       names.gl_pathc, FLEET_MAX);
    } else {
        fleet = fleet_init(self, op, args, &names);
    }
    globfree(&names);
    return fleet;
}

/* ---- the life of a call ---- */

static void open_all(void *ctx)
{
    struct fleet *fleet = ctx;
    for (size_t i = 0; i < fleet->count && !fleet->concluded; i++)
        modem_open(&fleet->at[i]);
}

nd_err fleet_start(struct fleet *fleet)
{
    const struct nd_host *host = fleet->self->host;
    fleet->began = host->now(host);
    for (size_t i = 0; i < fleet->count; i++)
        fleet->at[i].patience = fleet->patience;
    return host->after(fleet->op, 0, open_all, fleet);
}

void fleet_close(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++) {
        fleet->at[i].done = 1;
        modem_close(&fleet->at[i]);
    }
}

void fleet_cancel(void *self, struct nd_op *op)
{
    struct handset *handset = self;
    struct fleet *fleet = handset->host->state(op, sizeof *fleet);
    if (fleet->count == 0 || fleet->concluded) {
        handset->host->finish(op, ND_ECANCEL, NULL);
        return;
    }
    fleet->concluded = 1;
    fleet->conclude(fleet, ND_ECANCEL);
}

const char *fleet_failure(struct fleet *fleet)
{
    fleet->failure[0] = '\0';
    for (size_t i = 0; i < fleet->count && fleet->failure[0] == '\0'; i++) {
        if (fleet->at[i].err != ND_OK)
            snprintf(fleet->failure, sizeof fleet->failure, "%s: %s", fleet->at[i].tty,
                     fleet->at[i].why);
    }
    for (size_t i = 0; i < fleet->count && fleet->failure[0] == '\0'; i++) {
        const char *command = modem_command(&fleet->at[i]);
        if (command != NULL)
            snprintf(fleet->failure, sizeof fleet->failure, "%s: no answer to '%.40s' yet",
                     fleet->at[i].tty, command);
    }
    return fleet->failure;
}

void handset_finish(struct fleet *fleet, nd_err err, const char *fmt, ...)
{
    char text[2 * WHY_BYTES];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    fleet_close(fleet);
    fleet->self->host->finish(fleet->op, err, err == ND_OK ? NULL : text);
}

/* ---- rehearsal ---- */

nd_err handset_model(const struct handset *self, struct nd_op *op, int well)
{
    const struct nd_host *host = self->host;
    host->emit(op, 0, well, host->now(host));
    host->finish(op, well ? ND_OK : ND_EANSWER, well ? NULL : "not so in the rehearsal's model");
    return ND_OK;
}

nd_err handset_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    const struct handset *handset = self;
    (void)args;
    return handset_model(handset, op, handset->host->model_up(op));
}

/* ---- the record ---- */

static nd_err handset_open(const struct nd_host *host, void **self)
{
    struct handset *handset = calloc(1, sizeof *handset);
    if (handset == NULL)
        return ND_EIO;
    handset->host = host;
    *self = handset;
    return ND_OK;
}

static const struct nd_verb *const verbs[] = {
    &handset_registration, &handset_await,  &handset_networks,
    &handset_select,       &handset_signal, &handset_data,
    &handset_sms,          &handset_call,   NULL};
static const struct nd_plugin plugin = {
    sizeof plugin, ND_ABI_MAJOR,
    ND_ABI_MINOR,  "handset",
    "1.0",         "what handsets see, by AT commands on their ttys (3GPP TS 27.007)",
    verbs,         handset_open,
    free,          select_undo,
    select_verify, select_prove};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
