#include "../common/plmn.h"
#include "../common/subscribers.h"
#include "../common/wire.h"
#include "message.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A Diameter peer's capabilities, its watchdog, and location updates of test subscribers as an MME
 * asks for them (S6a), once or as a stream over one connection. */

#define NAME_BYTES 128
#define LEAVE      500000000 /* ns for the peer to say good-bye */

struct diameter {
    const struct nd_host *host;
    uint32_t session;
};

struct talk {
    struct diameter *self;
    struct nd_op *op;
    struct wire wire;
    uint32_t command; /* what slots ask; CAPABILITIES: the connection's beginning is all */
    int single;
    char host[NAME_BYTES], realm[NAME_BYTES]; /* ours */
    char to_realm[NAME_BYTES]; /* whose subscribers; "" until the peer told its own */
    struct subscribers subscribers;
    int64_t number;
    uint8_t plmn[3];
    uint32_t base;  /* hop-by-hop identifier of slot 0 */
    int64_t newest; /* slot sent last, -1: none */
    nd_ns sent;     /* of a single request, or of the capabilities' */
    int leaving;    /* a single call is over, and takes leave of the peer */
    nd_err end;
    char why[256];
};

enum { SUBJECT, PORT, AS, VERB_OWN };
enum { U_SUBSCRIBERS = VERB_OWN, U_VISITED, U_REALM, U_NUMBER };
enum { R_RTT, R_RESULT, R_APPLICATIONS };

static void origin(const struct talk *talk, struct diameter_out *out)
{
    diameter_text(out, 264, talk->host);
    diameter_text(out, 296, talk->realm);
}

static int send_out(struct talk *talk, struct diameter_out *out)
{
    diameter_end(out);
    return out->len != 0 && wire_put(&talk->wire, out->bytes, out->len);
}

/* Disconnect-Peer-Request (RFC 6733 §5.4.1): a peer that is left without a word takes us for dead,
 * and refuses us for a while when we come again. Cause 0: we shall. */
static void say_leave(struct talk *talk)
{
    struct diameter_out out;
    diameter_begin(&out, DIAMETER_REQUEST, DIAMETER_DISCONNECT, 0, talk->base - 2, talk->base - 2);
    origin(talk, &out);
    diameter_u32(&out, 273, 0, 0);
    send_out(talk, &out);
}

static void left(void *ctx)
{
    struct talk *talk = ctx;
    talk->self->host->finish(talk->op, talk->end, talk->end == ND_OK ? NULL : talk->why);
}

/* Ends a single call, politely. */
static void end(struct talk *talk, nd_err err, const char *why)
{
    talk->end = err;
    snprintf(talk->why, sizeof talk->why, "%s", why != NULL ? why : "");
    if (!talk->wire.ready) {
        left(talk);
        return;
    }
    talk->leaving = 1;
    say_leave(talk);
    talk->self->host->after(talk->op, LEAVE, left, talk);
}

static void tell(struct talk *talk, int64_t slot, nd_err err, const char *why, nd_ns at)
{
    const struct nd_host *host = talk->self->host;
    if (!talk->single) {
        host->answer(talk->op, slot, err, (double)NAN, at);
        return;
    }
    if (err == ND_OK)
        host->emit(talk->op, R_RTT, (double)(at - talk->sent), at);
    end(talk, err, why);
}

/* ---- what we ask ---- */

/* AVPs of an Update-Location-Request (TS 29.272 §5.2.1.1, §7.2.3). */
static void update_location(struct talk *talk, int64_t slot, struct diameter_out *out)
{
    char imsi[SUBSCRIBER_BYTES];
    char session[NAME_BYTES + 32];
    subscriber_imsi(&talk->subscribers,
                    talk->single ? talk->number : slot % talk->subscribers.count, imsi);
    /* Session-Id: DiameterIdentity;high;low (RFC 6733 §8.8) */
    snprintf(session, sizeof session, "%s;%u;%u", talk->host, talk->base, ++talk->self->session);
    diameter_text(out, 263, session);
    diameter_application(out, DIAMETER_S6A);
    diameter_u32(out, 277, 0, 1); /* no state is maintained */
    origin(talk, out);
    diameter_text(out, 283, talk->to_realm);
    diameter_text(out, 1, imsi);
    diameter_u32(out, 1032, DIAMETER_3GPP, 1004); /* RAT-Type E-UTRAN */
    diameter_u32(out, 1405, DIAMETER_3GPP, 2);    /* ULR-Flags: S6a, not S6d */
    diameter_octets(out, 1407, DIAMETER_3GPP, 1, talk->plmn, 3);
}

static void request(void *ctx, int64_t slot)
{
    struct talk *talk = ctx;
    const struct nd_host *host = talk->self->host;
    struct diameter_out out;
    uint32_t hop = talk->base + (uint32_t)slot;
    int is_update = talk->command == DIAMETER_UPDATE_LOCATION;
    diameter_begin(&out, DIAMETER_REQUEST | (is_update ? DIAMETER_PROXIABLE : 0), talk->command,
                   is_update ? DIAMETER_S6A : 0, hop, hop);
    if (is_update)
        update_location(talk, slot, &out);
    else
        origin(talk, &out);
    talk->newest = slot;
    talk->sent = host->now(host);
    if (!send_out(talk, &out))
        tell(talk, slot, ND_EIO, "the connection takes no more requests", talk->sent);
    else if (!talk->single)
        host->sent(talk->op, slot, talk->sent);
}

/* Host-IP-Address: family (1 IPv4, 2 IPv6) and the address that the connection leaves from. */
static void own_address(const struct talk *talk, struct diameter_out *out)
{
    struct sockaddr_storage own = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof own;
    uint8_t octets[18] = {0, 1};
    getsockname(talk->wire.fd, (struct sockaddr *)&own, &len);
    if (own.ss_family == AF_INET6) {
        octets[1] = 2;
        memcpy(octets + 2, &((struct sockaddr_in6 *)&own)->sin6_addr, 16);
    } else {
        memcpy(octets + 2, &((struct sockaddr_in *)&own)->sin_addr, 4);
    }
    diameter_octets(out, 257, 0, 1, octets, own.ss_family == AF_INET6 ? 18 : 6);
}

/* Capabilities-Exchange-Request (RFC 6733 §5.3.1). */
static void up(void *ctx)
{
    struct talk *talk = ctx;
    struct diameter_out out;
    diameter_begin(&out, DIAMETER_REQUEST, DIAMETER_CAPABILITIES, 0, talk->base - 1,
                   talk->base - 1);
    origin(talk, &out);
    own_address(talk, &out);
    diameter_u32(&out, 266, 0, 0); /* Vendor-Id: none assigned */
    diameter_octets(&out, 269, 0, 0, "netdrill", 8);
    diameter_u32(&out, 265, 0, DIAMETER_3GPP);
    diameter_application(&out, DIAMETER_S6A);
    talk->sent = talk->self->host->now(talk->self->host);
    send_out(talk, &out);
}

/* ---- what comes ---- */

static void describe(const struct talk *talk, const struct diameter_in *in, char why[256])
{
    snprintf(why, 256, "%s (%.60s) answered %u %s%s%.60s", talk->wire.peer.text, in->host,
             in->result, diameter_result_name(in->result), in->message[0] != '\0' ? ": " : "",
             in->message);
}

static void capabilities(struct talk *talk, const struct diameter_in *in, nd_ns at)
{
    const struct nd_host *host = talk->self->host;
    char why[256];
    describe(talk, in, why);
    if (talk->single && talk->command == DIAMETER_CAPABILITIES) {
        host->emit(talk->op, R_RESULT, in->result, at);
        host->emit(talk->op, R_APPLICATIONS, in->applications, at);
        talk->wire.ready = in->result == 2001;
        tell(talk, 0, in->result == 2001 ? ND_OK : ND_EREFUSED, why, at);
        return;
    }
    if (in->result != 2001) {
        wire_down(&talk->wire, ND_EREFUSED, why);
        return;
    }
    if (talk->to_realm[0] == '\0')
        snprintf(talk->to_realm, sizeof talk->to_realm, "%s", in->realm);
    wire_ready(&talk->wire);
}

static void answered(struct talk *talk, const struct diameter_in *in, nd_ns at)
{
    const struct nd_host *host = talk->self->host;
    int64_t slot =
        talk->newest - (int64_t)(uint32_t)(talk->base + (uint32_t)talk->newest - in->hop);
    char why[256];
    if (talk->newest < 0 || slot < 0)
        return;
    describe(talk, in, why);
    if (talk->single)
        host->emit(talk->op, R_RESULT, in->result, at);
    else
        host->reading(talk->op, slot, R_RESULT, in->result);
    tell(talk, slot, in->result == 2001 ? ND_OK : ND_EREFUSED, why, at);
}

/* The peer's own watchdog and leave-taking are answered; what else it asks is not for us. */
static void asked(struct talk *talk, const struct diameter_in *in)
{
    struct diameter_out out;
    int known = in->command == DIAMETER_WATCHDOG || in->command == DIAMETER_DISCONNECT;
    diameter_begin(&out, known ? 0 : 0x20, in->command, in->application, in->hop, in->end);
    diameter_u32(&out, 268, 0, known ? 2001 : 3001);
    origin(talk, &out);
    send_out(talk, &out);
}

static void take(void *ctx, const uint8_t *bytes, size_t len, nd_ns at)
{
    struct talk *talk = ctx;
    struct diameter_in in;
    if (!diameter_read(bytes, len, &in))
        return; /* the deadline decides */
    if (talk->leaving) {
        if (in.command == DIAMETER_DISCONNECT)
            left(talk);
        return;
    }
    if ((in.flags & DIAMETER_REQUEST) != 0)
        asked(talk, &in);
    else if (in.command == DIAMETER_CAPABILITIES)
        capabilities(talk, &in, at);
    else if (in.command == talk->command)
        answered(talk, &in, at);
}

/* What is under way in a stream is left to its deadline. */
static void down(void *ctx, nd_err err, const char *why)
{
    struct talk *talk = ctx;
    if (talk->leaving)
        left(talk);
    else if (talk->single)
        talk->self->host->finish(talk->op, err, why);
}

/* ---- the verbs ---- */

static nd_err names_of(struct talk *talk, const struct nd_args *args)
{
    const char *as = args->at[AS].u.text;
    const char *dot = strchr(as, '.');
    if (dot == NULL || dot == as || dot[1] == '\0' || strlen(as) >= NAME_BYTES) {
        talk->self->host->log(talk->self->host, ND_INFO,
                              "'as' is a name with its realm, such as \"probe.netdrill.test\", got "
                              "'%s'",
                              as);
        return ND_EARG;
    }
    snprintf(talk->host, sizeof talk->host, "%s", as);
    snprintf(talk->realm, sizeof talk->realm, "%s", dot + 1);
    return ND_OK;
}

static nd_err update_args(struct talk *talk, const struct nd_args *args)
{
    const struct nd_host *host = talk->self->host;
    const char *realm = args->at[U_REALM].u.text;
    talk->number = args->at[U_NUMBER].u.i;
    if (realm != NULL)
        snprintf(talk->to_realm, sizeof talk->to_realm, "%s", realm);
    if (!plmn_pack(args->at[U_VISITED].u.text, talk->plmn)) {
        host->log(host, ND_INFO, "'visited' is MCC and MNC of 5 or 6 digits, got '%s'",
                  args->at[U_VISITED].u.text);
        return ND_EARG;
    }
    return subscribers_of(host, args->at[U_SUBSCRIBERS].u.target, talk->number, &talk->subscribers);
}

static nd_err begin(struct diameter *self, const struct nd_args *args, struct nd_op *op,
                    uint32_t command, int single)
{
    const struct nd_host *host = self->host;
    struct talk *talk = host->state(op, sizeof *talk);
    talk->self = self;
    talk->op = op;
    talk->command = command;
    talk->single = single;
    talk->newest = -1;
    talk->base = (uint32_t)host->now(host) << 8 | 1;
    talk->wire = (struct wire){.host = host,
                               .op = op,
                               .ctx = talk,
                               .stream = !single,
                               .request = request,
                               .frame = diameter_frame,
                               .up = up,
                               .take = take,
                               .down = down};
    nd_err err = names_of(talk, args);
    if (err == ND_OK && command == DIAMETER_UPDATE_LOCATION)
        err = update_args(talk, args);
    if (err == ND_OK)
        err = target_peer(host, args->at[SUBJECT].u.target, args->at[PORT].u.i, DIAMETER_PORT,
                          &talk->wire.peer);
    if (err == ND_OK)
        err = wire_open(&talk->wire);
    if (err == ND_OK && single && command != DIAMETER_CAPABILITIES)
        wire_slots(&talk->wire, 0, 1);
    return err;
}

static void slots(void *ctx, struct nd_op *op, int64_t first, int64_t count)
{
    struct talk *talk = ((struct diameter *)ctx)->host->state(op, 1);
    wire_slots(&talk->wire, first, count);
}

/* A stream's end, and a deadline's. */
static void cancel(void *ctx, struct nd_op *op)
{
    const struct nd_host *host = ((struct diameter *)ctx)->host;
    struct talk *talk = host->state(op, 1);
    if (talk->leaving) {
        left(talk);
        return;
    }
    if (talk->wire.ready)
        say_leave(talk);
    host->finish(op, ND_ECANCEL, NULL);
}

static nd_err rehearse(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    (void)args;
    return probe_model(((struct diameter *)ctx)->host, op, 2000000, 2e6);
}

/* Subscribers that would be refused on the day are refused in the rehearsal. */
static nd_err update_rehearse(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct subscribers subscribers;
    nd_err err = subscribers_of(((struct diameter *)ctx)->host, args->at[U_SUBSCRIBERS].u.target,
                                args->at[U_NUMBER].u.i, &subscribers);
    return err == ND_OK ? rehearse(ctx, args, op) : err;
}

static nd_err capabilities_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    return begin(self, args, op, DIAMETER_CAPABILITIES, 1);
}

static nd_err watchdog_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    return begin(self, args, op, DIAMETER_WATCHDOG, 1);
}

static nd_err watchdog_stream(void *self, const struct nd_args *args, struct nd_op *op)
{
    return begin(self, args, op, DIAMETER_WATCHDOG, 0);
}

static nd_err update_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    return begin(self, args, op, DIAMETER_UPDATE_LOCATION, 1);
}

static nd_err update_stream(void *self, const struct nd_args *args, struct nd_op *op)
{
    return begin(self, args, op, DIAMETER_UPDATE_LOCATION, 0);
}

/* ---- tables ---- */

#define PEER_ROWS                                                                                   \
    {"target", "a Diameter peer", "", ND_TARGET, ND_OPT_REQUIRED | ND_OPT_SUBJECT, 1, 0, NULL,      \
     NULL},                                                                                         \
        {"port", "port, else the target's 'port', else 3868", "", ND_INT, 0, 1, 65535, NULL, NULL}, \
    {                                                                                               \
        "as", "our own name with its realm, as the peer knows us", "", ND_TEXT, 0, 1, 0,            \
            "probe.netdrill.test", NULL                                                             \
    }
#define END_ROW                                                                                    \
    {                                                                                              \
        NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL                                                   \
    }
static const struct nd_option peer_options[] = {PEER_ROWS, END_ROW};
static const struct nd_option update_options[] = {
    PEER_ROWS,
    {"subscribers", "a target with 'imsi', 'count' and 'test_subscribers: true'", "", ND_TARGET,
     ND_OPT_REQUIRED, 1, 0, NULL, NULL},
    {"visited", "the network that they are said to be in, as MCC and MNC", "", ND_TEXT,
     ND_OPT_REQUIRED, 1, 0, NULL, NULL},
    {"realm", "realm of their home network, else the peer's own", "", ND_TEXT, 0, 1, 0, NULL, NULL},
    {"number", "which subscriber a single call is about, from 0; a stream goes through all", "",
     ND_INT, 0, 0, 65535, "0", NULL},
    END_ROW};
static const struct nd_reading capabilities_readings[] = {
    {"rtt", "from the request to the answer", "ns", 2e6},
    {"result", "result code (RFC 6733 §7.1)", "1", 2001},
    {"applications", "applications that the peer told", "1", 1},
    {NULL, NULL, NULL, 0}};
static const struct nd_reading readings[] = {
    {"rtt", "from the request to the answer", "ns", 2e6},
    {"result", "result code (RFC 6733 §7.1, TS 29.272 §7.4)", "1", 2001},
    {NULL, NULL, NULL, 0}};
static const struct nd_verb verb_capabilities = {
    .struct_size = sizeof verb_capabilities,
    .name = "capabilities",
    .help = "Connects to a Diameter peer and exchanges capabilities (CER, CEA).",
    .rights = "none",
    .options = peer_options,
    .readings = capabilities_readings,
    .start = capabilities_start,
    .cancel = cancel,
    .rehearse = rehearse,
};
static const struct nd_verb verb_watchdog = {
    .struct_size = sizeof verb_watchdog,
    .name = "watchdog",
    .help = "Whether a Diameter peer lives (DWR, DWA), over one connection.",
    .rights = "none",
    .options = peer_options,
    .readings = readings,
    .start = watchdog_start,
    .cancel = cancel,
    .rehearse = rehearse,
    .stream = watchdog_stream,
    .slots = slots,
};
static const struct nd_verb verb_update = {
    .struct_size = sizeof verb_update,
    .name = "update",
    .help = "Asks a home network to register a test subscriber in a visited one (S6a ULR).",
    .rights = "none",
    .options = update_options,
    .readings = readings,
    .start = update_start,
    .cancel = cancel,
    .rehearse = update_rehearse,
    .stream = update_stream,
    .slots = slots,
};
static const struct nd_verb *const verbs[] = {&verb_capabilities, &verb_watchdog, &verb_update,
                                              NULL};

static nd_err diameter_open(const struct nd_host *host, void **self)
{
    struct diameter *diameter = calloc(1, sizeof *diameter);
    if (diameter == NULL)
        return ND_EIO;
    diameter->host = host;
    *self = diameter;
    return ND_OK;
}

static const struct nd_plugin plugin = {
    sizeof plugin, ND_ABI_MAJOR,  ND_ABI_MINOR,
    "diameter",    "1.0",         "Diameter peers: capabilities, watchdog, location update (S6a)",
    verbs,         diameter_open, free,
    NULL,          NULL,          NULL};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
