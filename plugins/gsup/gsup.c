#include "../common/subscribers.h"
#include "../common/wire.h"
#include "message.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Authentication and location update of test subscribers at an HLR, as an MSC or SGSN asks for
 * them: once, or as a stream over one connection, a subscriber a slot (an attach storm at the
 * stream's rate). Answers find their slot by the IMSI. */

struct gsup {
    const struct nd_host *host;
    unsigned serial;
};

struct pending {
    int64_t slot; /* -1: none */
    nd_ns sent;
};

struct talk {
    struct gsup *self;
    struct nd_op *op;
    struct wire wire;
    int type, domain, single;
    char name[40];
    struct subscribers subscribers;
    int64_t number;           /* which one, of a single call */
    struct pending pending[]; /* one a subscriber */
};

enum { SUBJECT, SUBSCRIBERS, DOMAIN, NUMBER, PORT };
enum { R_RTT, R_CAUSE, R_VECTORS, R_DATA };

static void tell(struct talk *talk, int64_t slot, nd_err err, const char *why, nd_ns at, nd_ns sent)
{
    const struct nd_host *host = talk->self->host;
    if (!talk->single) {
        host->answer(talk->op, slot, err, (double)NAN, at);
        return;
    }
    if (err == ND_OK)
        host->emit(talk->op, R_RTT, (double)(at - sent), at);
    host->finish(talk->op, err, err == ND_OK ? NULL : why);
}

static void tell_reading(struct talk *talk, int64_t slot, uint32_t reading, double value, nd_ns at)
{
    if (talk->single)
        talk->self->host->emit(talk->op, reading, value, at);
    else
        talk->self->host->reading(talk->op, slot, reading, value);
}

/* Sends a slot's request. */
static void request(void *ctx, int64_t slot)
{
    struct talk *talk = ctx;
    const struct nd_host *host = talk->self->host;
    int64_t index = talk->single ? talk->number : slot % talk->subscribers.count;
    struct pending *pending = &talk->pending[index];
    char imsi[SUBSCRIBER_BYTES];
    uint8_t bytes[GSUP_MESSAGE];
    subscriber_imsi(&talk->subscribers, index, imsi);
    size_t len = gsup_make(talk->type, imsi, talk->domain, NULL, bytes);
    *pending = (struct pending){slot, host->now(host)};
    if (!wire_put(&talk->wire, bytes, len)) {
        pending->slot = -1;
        tell(talk, slot, ND_EIO, "the connection takes no more requests", pending->sent, 0);
    } else if (!talk->single) {
        host->sent(talk->op, slot, pending->sent);
    }
}

/* ---- what comes ---- */

static struct pending *pending_of(struct talk *talk, const char *imsi)
{
    int64_t index = strtoll(imsi, NULL, 10) - talk->subscribers.first;
    if (index < 0 || index >= talk->subscribers.count || talk->pending[index].slot < 0)
        return NULL;
    return &talk->pending[index];
}

static void answered(struct talk *talk, const struct gsup_message *message, nd_ns at)
{
    struct pending *pending = pending_of(talk, message->imsi);
    char why[160];
    if (pending == NULL)
        return;
    struct pending was = *pending;
    pending->slot = -1;
    if ((message->type & 3) == GSUP_ERROR) {
        tell_reading(talk, was.slot, R_CAUSE, message->cause, at);
        snprintf(why, sizeof why, "%s refused IMSI %s with cause %d (%s)", talk->wire.peer.text,
                 message->imsi, message->cause, gsup_cause_words(message->cause));
        tell(talk, was.slot, ND_EREFUSED, why, at, was.sent);
        return;
    }
    if (talk->type == GSUP_SEND_AUTH_INFO)
        tell_reading(talk, was.slot, R_VECTORS, message->vectors, at);
    tell(talk, was.slot, ND_OK, NULL, at, was.sent);
}

/* What the HLR asks of us: to take the subscriber's data, or to forget them. */
static void asked(struct talk *talk, const struct gsup_message *message, nd_ns at)
{
    uint8_t bytes[GSUP_MESSAGE];
    const struct pending *pending = pending_of(talk, message->imsi);
    size_t len =
        gsup_make(message->type | GSUP_RESULT, message->imsi, message->domain, message, bytes);
    wire_put(&talk->wire, bytes, len);
    if (message->type == GSUP_INSERT_DATA && pending != NULL)
        tell_reading(talk, pending->slot, R_DATA, (double)(at - pending->sent), at);
}

static void take_gsup(struct talk *talk, const uint8_t *bytes, size_t len, nd_ns at)
{
    struct gsup_message message;
    if (!gsup_read(bytes, len, &message))
        return; /* the deadline decides */
    if (GSUP_OF(message.type) == talk->type && (message.type & 3) != 0)
        answered(talk, &message, at);
    else if (message.type == GSUP_INSERT_DATA || message.type == GSUP_DELETE_DATA ||
             message.type == GSUP_LOCATION_CANCEL)
        asked(talk, &message, at);
}

static void take(void *ctx, const uint8_t *bytes, size_t len, nd_ns at)
{
    struct talk *talk = ctx;
    const uint8_t *gsup = NULL;
    size_t gsup_len = 0;
    uint8_t out[GSUP_MESSAGE];
    switch (ipa_read(bytes, len, &gsup, &gsup_len)) {
    case IPA_PING:
        wire_put(&talk->wire, out, ipa_pong(out));
        break;
    case IPA_ID_GET:
        wire_put(&talk->wire, out, ipa_identity(talk->name, out));
        wire_ready(&talk->wire);
        break;
    case IPA_GSUP:
        take_gsup(talk, gsup, gsup_len, at);
        break;
    default:
        break;
    }
}

/* ---- the connection ---- */

static void up(void *ctx)
{
    (void)ctx; /* the HLR speaks first: it asks who we are */
}

static void down(void *ctx, nd_err err, const char *why)
{
    struct talk *talk = ctx;
    const struct nd_host *host = talk->self->host;
    if (talk->single) {
        host->finish(talk->op, err, why);
        return;
    }
    for (int64_t i = 0; i < talk->subscribers.count; i++) {
        if (talk->pending[i].slot >= 0)
            host->answer(talk->op, talk->pending[i].slot, err, (double)NAN, host->now(host));
        talk->pending[i].slot = -1;
    }
}

static nd_err begin(struct gsup *self, const struct nd_args *args, struct nd_op *op, int type,
                    int single)
{
    const struct nd_host *host = self->host;
    struct subscribers subscribers;
    nd_err err =
        subscribers_of(host, args->at[SUBSCRIBERS].u.target, args->at[NUMBER].u.i, &subscribers);
    if (err != ND_OK)
        return err;
    struct talk *talk =
        host->state(op, sizeof *talk + (size_t)subscribers.count * sizeof talk->pending[0]);
    talk->self = self;
    talk->op = op;
    talk->type = type;
    talk->domain = args->at[DOMAIN].u.i == 0 ? GSUP_PS : GSUP_CS;
    talk->single = single;
    talk->subscribers = subscribers;
    talk->number = args->at[NUMBER].u.i;
    for (int64_t i = 0; i < subscribers.count; i++)
        talk->pending[i].slot = -1;
    /* An HLR knows its clients by name: two of one name take each other's answers. */
    snprintf(talk->name, sizeof talk->name, "netdrill-%08x-%u", (unsigned)host->now(host),
             ++self->serial);
    talk->wire = (struct wire){.host = host,
                               .op = op,
                               .ctx = talk,
                               .stream = !single,
                               .request = request,
                               .frame = ipa_frame,
                               .up = up,
                               .take = take,
                               .down = down};
    err = target_peer(host, args->at[SUBJECT].u.target, args->at[PORT].u.i, GSUP_PORT,
                      &talk->wire.peer);
    return err == ND_OK ? wire_open(&talk->wire) : err;
}

static void slots(void *ctx, struct nd_op *op, int64_t first, int64_t count)
{
    struct talk *talk = ((struct gsup *)ctx)->host->state(op, 1);
    wire_slots(&talk->wire, first, count);
}

static nd_err single(struct gsup *self, const struct nd_args *args, struct nd_op *op, int type)
{
    nd_err err = begin(self, args, op, type, 1);
    if (err == ND_OK)
        slots(self, op, 0, 1);
    return err;
}

/* Subscribers that would be refused on the day are refused in the rehearsal. */
static nd_err rehearse(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    const struct nd_host *host = ((struct gsup *)ctx)->host;
    struct subscribers subscribers;
    nd_err err =
        subscribers_of(host, args->at[SUBSCRIBERS].u.target, args->at[NUMBER].u.i, &subscribers);
    return err == ND_OK ? probe_model(host, op, 10000000, 1e7) : err;
}

/* ---- tables ---- */

#define VERB_FUNCTIONS(name, type)                                                                 \
    static nd_err name##_start(void *self, const struct nd_args *args, struct nd_op *op)           \
    {                                                                                              \
        return single(self, args, op, type);                                                       \
    }                                                                                              \
    static nd_err name##_stream(void *self, const struct nd_args *args, struct nd_op *op)          \
    {                                                                                              \
        return begin(self, args, op, type, 0);                                                     \
    }
VERB_FUNCTIONS(auth, GSUP_SEND_AUTH_INFO)
VERB_FUNCTIONS(update, GSUP_UPDATE_LOCATION)
VERB_FUNCTIONS(purge, GSUP_PURGE)

static const char *const domains[] = {"ps", "cs", NULL};
static const struct nd_option options[] = {
    {"target", "an HLR that speaks GSUP", "", ND_TARGET, ND_OPT_REQUIRED | ND_OPT_SUBJECT, 1, 0,
     NULL, NULL},
    {"subscribers", "a target with 'imsi', 'count' and 'test_subscribers: true'", "", ND_TARGET,
     ND_OPT_REQUIRED, 1, 0, NULL, NULL},
    {"domain", "packet or circuit switched", "", ND_CHOICE, 0, 1, 0, "ps", domains},
    {"number", "which subscriber a single call is about, from 0; a stream goes through all", "",
     ND_INT, 0, 0, 65535, "0", NULL},
    {"port", "port, else the target's 'port', else 4222", "", ND_INT, 0, 1, 65535, NULL, NULL},
    {NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL}};
static const struct nd_reading readings[] = {
    {"rtt", "from the request to the result", "ns", 1e7},
    {"cause", "cause of a refusal (TS 24.008 §10.5.5.14)", "1", 0},
    {"vectors", "auth: authentication vectors in the result", "1", 5},
    {"data", "update: from the request to the subscriber's data", "ns", 5e6},
    {NULL, NULL, NULL, 0}};

#define VERB(verb, word, sentence)                                                                 \
    static const struct nd_verb verb_##verb = {.struct_size = sizeof verb_##verb,                  \
                                               .name = word,                                       \
                                               .help = sentence,                                   \
                                               .rights = "none",                                   \
                                               .options = options,                                 \
                                               .readings = readings,                               \
                                               .start = verb##_start,                              \
                                               .rehearse = rehearse,                               \
                                               .stream = verb##_stream,                            \
                                               .slots = slots}
VERB(auth, "auth", "Asks an HLR for a subscriber's authentication vectors.");
VERB(update, "update", "Registers a subscriber here (location update); 'purge' takes leave again.");
VERB(purge, "purge", "Tells an HLR that a subscriber is gone from here.");
static const struct nd_verb *const verbs[] = {&verb_auth, &verb_update, &verb_purge, NULL};

static nd_err gsup_open(const struct nd_host *host, void **self)
{
    struct gsup *gsup = calloc(1, sizeof *gsup);
    if (gsup == NULL)
        return ND_EIO;
    gsup->host = host;
    *self = gsup;
    return ND_OK;
}

static const struct nd_plugin plugin = {
    sizeof plugin, ND_ABI_MAJOR, ND_ABI_MINOR,
    "gsup",        "1.0",        "subscribers at an HLR: authentication, location update (GSUP)",
    verbs,         gsup_open,    free,
    NULL,          NULL,         NULL};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
