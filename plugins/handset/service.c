#include "handset.h"

#include <stdio.h>
#include <string.h>

/* What service the handsets have: asked once, waited for, and which networks they see. */

enum { SUBJECT, EXPECT, ON, SHARE, PATIENCE };
enum { ANY, REGISTERED, HOME, ROAMING, EMERGENCY, DENIED, OUT };

static const char *const expectations[] = {"any",       "registered", "home", "roaming",
                                           "emergency", "denied",     "out",  NULL};

#define SERVICE_ROWS                                                                               \
    TARGET_ROW, {"expect",    "the state that counts; registered: home or roaming",                \
                 "",          ND_CHOICE,                                                           \
                 0,           1,                                                                   \
                 0,           "registered",                                                        \
                 expectations},                                                                    \
        {"on", "the network that counts, as MCC and MNC, such as \"46697\"",                       \
         "",   ND_TEXT,                                                                            \
         0,    1,                                                                                  \
         0,    NULL,                                                                               \
         NULL},                                                                                    \
    {                                                                                              \
        "share", "share of the handsets that has to be so", "1", ND_SHARE, 0, 0, 1, "100%", NULL   \
    }

/* Numeric names, errors as numbers, causes of rejects; a modem without a domain refuses it. */
static const char *const ask_service[] = {
    BEGIN,         "?AT+COPS=3,2", "?AT+C5GREG=3", "?AT+CEREG=3", "?AT+CREG=3",
    "?AT+C5GREG?", "?AT+CEREG?",   "?AT+CREG?",    "?AT+COPS?",   NULL};

static int is_expected(const struct modem *modem)
{
    const struct at_registration *reg = NULL;
    enum at_service service = modem_service(modem, &reg);
    const struct nd_args *args = modem->fleet->args;
    const char *on = args->at[ON].u.text;
    if (modem->err != ND_OK || reg == NULL)
        return 0;
    if (on != NULL && strcmp(on, modem->plmn) != 0)
        return 0;
    switch (args->at[EXPECT].u.i) {
    case ANY:
        return 1;
    case REGISTERED:
        return service == AT_HOME || service == AT_ROAMING;
    case HOME:
        return service == AT_HOME;
    case ROAMING:
        return service == AT_ROAMING;
    case EMERGENCY:
        return service == AT_EMERGENCY;
    case DENIED:
        return service == AT_DENIED;
    default:
        return service == AT_OUT;
    }
}

/* "2 home, 1 denied (cause 80: ...), 1 silent" */
static void describe(const struct fleet *fleet, char *text, size_t bytes)
{
    size_t counts[AT_SERVICES] = {0};
    size_t silent = 0;
    int cause = AT_NONE;
    size_t len = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        const struct at_registration *reg = NULL;
        enum at_service service = modem_service(&fleet->at[i], &reg);
        if (fleet->at[i].err != ND_OK || reg == NULL) {
            silent++;
            continue;
        }
        counts[service]++;
        cause = reg->cause != AT_NONE ? reg->cause : cause;
    }
    text[0] = '\0';
    for (int i = AT_SERVICES - 1; i >= 0; i--) {
        if (counts[i] != 0 && len < bytes)
            len += (size_t)snprintf(text + len, bytes - len, "%s%zu %s", len != 0 ? ", " : "",
                                    counts[i], at_service_names[i]);
        if (counts[i] != 0 && i == AT_DENIED && cause != AT_NONE && len < bytes)
            len += (size_t)snprintf(text + len, bytes - len, " (cause %d: %s)", cause,
                                    at_cause_words(cause));
    }
    if (silent != 0 && len < bytes)
        snprintf(text + len, bytes - len, "%s%zu silent", len != 0 ? ", " : "", silent);
}

enum { R_SHARE, R_HOME, R_ROAMING, R_EMERGENCY, R_DENIED, R_OUT, R_SILENT, R_CAUSE, R_TOOK };

static const struct nd_reading service_readings[] = {
    {"share", "share of the handsets that are as expected", "1", 1},
    {"home", "handsets registered at home (stat 1, 6, 9)", "1", 1},
    {"roaming", "handsets registered elsewhere (stat 5, 7, 10)", "1", 0},
    {"emergency", "handsets with emergency calls alone (stat 8, 11)", "1", 0},
    {"denied", "handsets whose registration was denied (stat 3)", "1", 0},
    {"out", "handsets that search or have no coverage (stat 0, 2, 4)", "1", 0},
    {"silent", "handsets whose modem did not answer, or nothing of sense", "1", 0},
    {"cause", "reject cause of a denied handset (TS 24.301, 24.501); each one's", "1", 0},
    {"took", "await: from the call to a handset's being as expected; each one's", "ns", 2e9},
    {NULL, NULL, NULL, 0}};

static size_t emit_counts(struct fleet *fleet)
{
    static const uint32_t reading_of[AT_SERVICES] = {R_OUT, R_DENIED, R_EMERGENCY, R_ROAMING,
                                                     R_HOME};
    const struct nd_host *host = fleet->self->host;
    nd_ns now = host->now(host);
    double counts[R_CAUSE] = {0};
    size_t good = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        const struct modem *modem = &fleet->at[i];
        const struct at_registration *reg = NULL;
        enum at_service service = modem_service(modem, &reg);
        counts[modem->err != ND_OK || reg == NULL ? R_SILENT : reading_of[service]]++;
        good += (size_t)is_expected(modem);
        if (modem->err == ND_OK && reg != NULL && reg->cause != AT_NONE)
            host->emit(fleet->op, R_CAUSE, reg->cause, now);
    }
    host->emit(fleet->op, R_SHARE, (double)good / (double)fleet->count, now);
    for (uint32_t i = R_HOME; i < R_CAUSE; i++)
        host->emit(fleet->op, i, counts[i], now);
    return good;
}

static int is_enough(const struct fleet *fleet, size_t good)
{
    return (double)good + 1e-9 >= fleet->args->at[SHARE].u.r * (double)fleet->count;
}

static void conclude(struct fleet *fleet, nd_err otherwise)
{
    char text[WHY_BYTES];
    size_t good = emit_counts(fleet);
    const char *on = fleet->args->at[ON].u.text;
    describe(fleet, text, sizeof text);
    if (is_enough(fleet, good)) {
        handset_finish(fleet, ND_OK, "%s", "");
        return;
    }
    const char *failure = fleet_failure(fleet);
    size_t failed = 0;
    for (size_t i = 0; i < fleet->count; i++)
        failed += fleet->at[i].err != ND_OK;
    nd_err err = otherwise != ND_OK       ? otherwise
                 : failed == fleet->count ? fleet->at[0].err
                                          : ND_EANSWER;
    handset_finish(fleet, err, "%zu of %zu handsets are %s%s%s, expected %g%%: %s%s%s", good,
                   fleet->count, expectations[fleet->args->at[EXPECT].u.i],
                   on != NULL ? " on " : "", on != NULL ? on : "", fleet->args->at[SHARE].u.r * 100,
                   text, *failure != '\0' ? "; " : "", failure);
}

static struct fleet *begin(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct fleet *fleet = fleet_new(self, op, args, args->at[SUBJECT].u.target, NULL);
    if (fleet == NULL)
        return NULL;
    fleet->patience = args->at[PATIENCE].u.i;
    fleet->script = ask_service;
    fleet->conclude = conclude;
    return fleet;
}

static void registration_over(struct modem *modem)
{
    if (modem->heard == 0 && *modem->refusal != '\0')
        modem_fail(modem, ND_EANSWER, "tells no registration: %s", modem->refusal);
    else if (modem->heard == 0)
        modem_fail(modem, ND_EANSWER, "tells no registration");
    modem_end(modem);
}

static nd_err registration_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct fleet *fleet = begin(self, args, op);
    if (fleet == NULL)
        return ND_EARG;
    fleet->over = registration_over;
    return fleet_start(fleet);
}

/* In a rehearsal the target is up or not: registered, or without service. */
static int is_modelled(const struct handset *self, int64_t expect, struct nd_op *op)
{
    int up = self->host->model_up(op);
    return expect == ANY || (expect < EMERGENCY ? up : !up);
}

static nd_err service_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    return handset_model(self, op, is_modelled(self, args->at[EXPECT].u.i, op));
}

static const struct nd_option registration_options[] = {SERVICE_ROWS, PATIENCE_ROW, END_ROW};
const struct nd_verb handset_registration = {
    .struct_size = sizeof handset_registration,
    .name = "registration",
    .help = "Where handsets are registered: +C5GREG, +CEREG, +CREG, +COPS.",
    .rights = "read and write on the ttys",
    .options = registration_options,
    .readings = service_readings,
    .start = registration_start,
    .cancel = fleet_cancel,
    .rehearse = service_rehearse,
};

/* ---- await ---- */

enum { EVERY = PATIENCE + 1 };

static const char *const ask_again[] = {"?AT+C5GREG?", "?AT+CEREG?", "?AT+CREG?", "?AT+COPS?",
                                        NULL};
static const char *const ask_network[] = {"?AT+COPS?", NULL};

/* Told as soon as a code says so; the network's name may have to be asked for first. */
static void await_look(struct modem *modem)
{
    struct fleet *fleet = modem->fleet;
    const struct nd_host *host = fleet->self->host;
    size_t good = 0;
    if (fleet->concluded)
        return;
    int is = is_expected(modem);
    if (is && modem->met == 0) {
        modem->met = host->now(host);
        host->emit(fleet->op, R_TOOK, (double)(modem->met - fleet->began), modem->met);
    } else if (!is) {
        modem->met = 0;
    }
    for (size_t i = 0; i < fleet->count; i++)
        good += fleet->at[i].met != 0;
    if (is_enough(fleet, good)) {
        fleet->concluded = 1;
        conclude(fleet, ND_OK);
    }
}

static void await_changed(struct modem *modem)
{
    if (modem->fleet->args->at[ON].u.text == NULL)
        await_look(modem);
    else if (modem->script == NULL) /* an unsolicited code between two askings */
        modem_run(modem, ask_network);
}

static void await_again(void *ctx)
{
    struct modem *modem = ctx;
    if (!modem->done && modem->script == NULL)
        modem_run(modem, ask_again);
}

static void await_over(struct modem *modem)
{
    struct fleet *fleet = modem->fleet;
    if (modem->err != ND_OK) {
        modem_end(modem);
        return;
    }
    await_look(modem);
    if (!fleet->concluded)
        fleet->self->host->after(fleet->op, fleet->args->at[EVERY].u.i, await_again, modem);
}

static nd_err await_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct fleet *fleet = begin(self, args, op);
    if (fleet == NULL)
        return ND_EARG;
    fleet->over = await_over;
    fleet->changed = await_changed;
    return fleet_start(fleet);
}

/* Waits in a rehearsal too: another step may open what is waited for. */
struct awaited {
    const struct handset *self;
    struct nd_op *op;
    const struct nd_args *args;
    nd_ns began;
};

static void await_model(void *ctx)
{
    struct awaited *awaited = ctx;
    const struct nd_host *host = awaited->self->host;
    if (!is_modelled(awaited->self, awaited->args->at[EXPECT].u.i, awaited->op)) {
        host->after(awaited->op, awaited->args->at[EVERY].u.i, await_model, awaited);
        return;
    }
    nd_ns now = host->now(host);
    host->emit(awaited->op, R_TOOK, (double)(now - awaited->began), now);
    handset_model(awaited->self, awaited->op, 1);
}

static nd_err await_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    const struct handset *handset = self;
    struct awaited *awaited = handset->host->state(op, sizeof *awaited);
    *awaited = (struct awaited){handset, op, args, handset->host->now(handset->host)};
    return handset->host->after(op, 0, await_model, awaited);
}

static const struct nd_option await_options[] = {
    SERVICE_ROWS,
    PATIENCE_ROW,
    {"every", "asked again this often, beside the unsolicited codes", "ns", ND_LENGTH, 0, 1e8, 6e11,
     "2s", NULL},
    END_ROW};
const struct nd_verb handset_await = {
    .struct_size = sizeof handset_await,
    .name = "await",
    .help = "Waits until so many handsets are as expected, by their unsolicited codes; give it a "
            "'deadline'.",
    .rights = "read and write on the ttys",
    .options = await_options,
    .readings = service_readings,
    .start = await_start,
    .cancel = fleet_cancel,
    .rehearse = await_rehearse,
};

/* ---- networks ---- */

enum { N_SHOWS = 1, N_PATIENCE };

static const char *const ask_scan[] = {BEGIN, "AT+COPS=?", NULL};

static int shows(const struct modem *modem, const char *plmn)
{
    for (int i = 0; i < modem->network_count; i++) {
        if (strcmp(modem->networks[i].plmn, plmn) == 0)
            return 1;
    }
    return 0;
}

static void networks_over(struct modem *modem)
{
    const struct nd_host *host = modem->fleet->self->host;
    nd_ns now = host->now(host);
    int counts[4] = {0};
    if (modem->err == ND_OK && modem->network_count < 0)
        modem_fail(modem, ND_EANSWER, "answered the scan without a list of networks");
    if (modem->err == ND_OK) {
        for (int i = 0; i < modem->network_count; i++)
            counts[modem->networks[i].stat]++;
        host->emit(modem->fleet->op, 1, modem->network_count, now);
        host->emit(modem->fleet->op, 2, counts[1] + counts[2], now);
        host->emit(modem->fleet->op, 3, counts[3], now);
        host->emit(modem->fleet->op, 4, (double)(now - modem->fleet->began), now);
    }
    modem_end(modem);
}

static void networks_conclude(struct fleet *fleet, nd_err otherwise)
{
    const struct nd_host *host = fleet->self->host;
    const char *plmn = fleet->args->at[N_SHOWS].u.text;
    const char *failure = fleet_failure(fleet);
    size_t good = 0;
    for (size_t i = 0; i < fleet->count; i++)
        good += fleet->at[i].err == ND_OK && fleet->at[i].network_count >= 0 &&
                (plmn == NULL || shows(&fleet->at[i], plmn));
    host->emit(fleet->op, 0, (double)good / (double)fleet->count, host->now(host));
    nd_err err = good == fleet->count                             ? ND_OK
                 : otherwise != ND_OK                             ? otherwise
                 : fleet->count == 1 && fleet->at[0].err != ND_OK ? fleet->at[0].err
                                                                  : ND_EANSWER;
    handset_finish(fleet, err, "%zu of %zu handsets see %s%s%s", good, fleet->count,
                   plmn != NULL ? plmn : "networks", *failure != '\0' ? "; " : "", failure);
}

static nd_err networks_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct fleet *fleet = fleet_new(self, op, args, args->at[SUBJECT].u.target, NULL);
    if (fleet == NULL)
        return ND_EARG;
    fleet->patience = args->at[N_PATIENCE].u.i;
    fleet->script = ask_scan;
    fleet->over = networks_over;
    fleet->conclude = networks_conclude;
    return fleet_start(fleet);
}

static const struct nd_option networks_options[] = {
    TARGET_ROW,
    {"shows", "the network that has to be among them, as MCC and MNC", "", ND_TEXT, 0, 1, 0, NULL,
     NULL},
    {"answer_within", "how long a modem may scan; give the call a longer 'deadline'", "ns",
     ND_LENGTH, 0, 1e7, 6e11, "180s", NULL},
    END_ROW};
static const struct nd_reading networks_readings[] = {
    {"share", "share of the handsets that scanned and see the network", "1", 1},
    {"seen", "networks seen; each handset's", "1", 2},
    {"available", "of them available or in use", "1", 2},
    {"forbidden", "of them forbidden to the handset", "1", 0},
    {"took", "from the call to the list", "ns", 3e10},
    {NULL, NULL, NULL, 0}};
const struct nd_verb handset_networks = {
    .struct_size = sizeof handset_networks,
    .name = "networks",
    .help = "Scans for networks (+COPS=?); takes up to three minutes, and the handset's data "
            "may rest meanwhile.",
    .rights = "read and write on the ttys",
    .options = networks_options,
    .readings = networks_readings,
    .start = networks_start,
    .cancel = fleet_cancel,
    .rehearse = handset_rehearse,
};
