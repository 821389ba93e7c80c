#include "../common/number.h"
#include "handset.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What a handset can do with its service: signal, data, a message, a test call. */

/* Emits the share of modems that did not fail, and finishes by it. */
static void conclude(struct fleet *fleet, nd_err otherwise)
{
    const struct nd_host *host = fleet->self->host;
    const char *failure = fleet_failure(fleet);
    size_t good = 0;
    nd_err err = otherwise;
    for (size_t i = 0; i < fleet->count; i++) {
        good += fleet->at[i].done && fleet->at[i].err == ND_OK;
        if (err == ND_OK)
            err = fleet->at[i].err;
    }
    host->emit(fleet->op, 0, (double)good / (double)fleet->count, host->now(host));
    handset_finish(fleet, err, "it went well on %zu of %zu handsets%s%s", good, fleet->count,
                   *failure != '\0' ? "; " : "", failure);
}

nd_err use_begin(void *self, const struct nd_args *args, struct nd_op *op, int64_t patience,
                 const char *const *script, void (*over)(struct modem *))
{
    struct fleet *fleet = fleet_new(self, op, args, args->at[0].u.target, NULL);
    if (fleet == NULL)
        return ND_EARG;
    fleet->patience = patience;
    fleet->script = script;
    fleet->over = over;
    fleet->conclude = conclude;
    return fleet_start(fleet);
}

/* ---- signal ---- */

static const char *const ask_signal[] = {BEGIN, "?AT+CESQ", "?AT+CSQ", NULL};

static void signal_over(struct modem *modem)
{
    const struct nd_host *host = modem->fleet->self->host;
    const struct at_signal *s = &modem->signal;
    const double values[] = {s->rssi,    s->rscp,    s->rsrp,   s->rsrq,
                             s->ss_rsrp, s->ss_rsrq, s->ss_sinr};
    nd_ns now = host->now(host);
    int told = 0;
    for (uint32_t i = 0; i < sizeof values / sizeof values[0] && modem->err == ND_OK; i++) {
        if (isnan(values[i]))
            continue;
        told++;
        host->emit(modem->fleet->op, i + 1, values[i], now);
    }
    if (modem->err == ND_OK && told == 0)
        modem_fail(modem, ND_EANSWER, "tells no signal: none received, or not known to the modem");
    modem_end(modem);
}

static nd_err signal_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    nd_err err = use_begin(self, args, op, args->at[1].u.i, ask_signal, signal_over);
    struct fleet *fleet = err == ND_OK ? ((struct handset *)self)->host->state(op, 1) : NULL;
    const double none = (double)NAN;
    for (size_t i = 0; fleet != NULL && i < fleet->count; i++)
        fleet->at[i].signal = (struct at_signal){none, none, none, none, none, none, none};
    return err;
}

static const struct nd_option plain_options[] = {TARGET_ROW, PATIENCE_ROW, END_ROW};
static const struct nd_reading signal_readings[] = {
    {"share", "share of the handsets that tell a signal", "1", 1},
    {"rssi", "received power, +CSQ, in GERAN +CESQ; each handset's", "dBm", -70},
    {"rscp", "UTRA, of the code", "dBm", -80},
    {"rsrp", "E-UTRA, of the reference signal", "dBm", -90},
    {"rsrq", "E-UTRA, quality", "dB", -10},
    {"ss_rsrp", "NR, of the synchronisation signal", "dBm", -90},
    {"ss_rsrq", "NR, quality", "dB", -11},
    {"ss_sinr", "NR, signal to noise and interference", "dB", 15},
    {NULL, NULL, NULL, 0}};
const struct nd_verb handset_signal = {
    .struct_size = sizeof handset_signal,
    .name = "signal",
    .help = "Signal (+CSQ, +CESQ), in dBm and dB: the lower bound of the code's range.",
    .rights = "read and write on the ttys",
    .options = plain_options,
    .readings = signal_readings,
    .start = signal_start,
    .cancel = fleet_cancel,
    .rehearse = handset_rehearse,
};

/* ---- data ---- */

static const char *const ask_data[] = {BEGIN, "AT+CGATT?", "?AT+CGPADDR", NULL};

static void data_over(struct modem *modem)
{
    const struct nd_host *host = modem->fleet->self->host;
    nd_ns now = host->now(host);
    if (modem->err == ND_OK) {
        host->emit(modem->fleet->op, 1, modem->attached == 1, now);
        host->emit(modem->fleet->op, 2, modem->addressed == 1, now);
        if (modem->attached == AT_NONE)
            modem_fail(modem, ND_EANSWER, "answered 'AT+CGATT?' without its state");
        else if (modem->attached != 1)
            modem_fail(modem, ND_EANSWER, "is not attached for data");
        else if (modem->addressed != 1)
            modem_fail(modem, ND_EANSWER, "is attached for data but has no address");
    }
    modem_end(modem);
}

static nd_err data_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    return use_begin(self, args, op, args->at[1].u.i, ask_data, data_over);
}

static const struct nd_reading data_readings[] = {
    {"share", "share of the handsets that are attached and have an address", "1", 1},
    {"attached", "1: attached for data (+CGATT); each handset's", "1", 1},
    {"addressed", "1: a context has an address (+CGPADDR); each handset's", "1", 1},
    {NULL, NULL, NULL, 0}};
const struct nd_verb handset_data = {
    .struct_size = sizeof handset_data,
    .name = "data",
    .help = "Whether handsets have a data context with an address (+CGATT, +CGPADDR).",
    .rights = "read and write on the ttys",
    .options = plain_options,
    .readings = data_readings,
    .start = data_start,
    .cancel = fleet_cancel,
    .rehearse = handset_rehearse,
};

/* ---- call ---- */

enum { C_TO = 1, C_RINGS, C_LASTS, C_PATIENCE };
enum { PREPARED, DIALLED, ASKED, TALKING, HUNG_UP };

#define POLL_EVERY 200000000 /* ns */

static const char *const ask_call[] = {"AT+CLCC", NULL};
static const char *const hang_up[] = {"?AT+CHUP", "?ATH", NULL};

static void call_ask(void *ctx)
{
    struct modem *modem = ctx;
    if (modem->done || modem->script != NULL)
        return;
    modem->call = AT_NONE;
    modem->stage = modem->stage == TALKING ? HUNG_UP : ASKED;
    modem_run(modem, modem->stage == HUNG_UP ? hang_up : ask_call);
}

/* Hangs up, whatever happened; the reason stays. */
static void call_stop(struct modem *modem)
{
    modem->stage = HUNG_UP;
    if (modem->fd >= 0)
        modem_run(modem, hang_up);
    else
        modem_end(modem);
}

/* Alerting is enough when it need not be answered; else active. */
static void call_look(struct modem *modem)
{
    struct fleet *fleet = modem->fleet;
    const struct nd_host *host = fleet->self->host;
    nd_ns now = host->now(host);
    int rings = fleet->args->at[C_RINGS].u.i != 0;
    if (modem->call == 0 || (rings && modem->call == 3)) {
        host->emit(fleet->op, 1, (double)(now - modem->met), now);
        modem->stage = TALKING;
        host->after(fleet->op, fleet->args->at[C_LASTS].u.i, call_ask, modem);
    } else if (modem->call == AT_NONE) {
        if (*modem->call_end != '\0')
            modem_fail(modem, ND_EREFUSED, "the call ended before it was set up: %s",
                       modem->call_end);
        else
            modem_fail(modem, ND_EREFUSED, "the call ended before it was set up");
        call_stop(modem);
    } else if (now - modem->met > modem->patience) {
        modem_fail(modem, ND_ETIME, "the call was not set up in time");
        call_stop(modem);
    } else {
        host->after(fleet->op, POLL_EVERY, call_ask, modem);
    }
}

static void call_over(struct modem *modem)
{
    const struct nd_host *host = modem->fleet->self->host;
    if (modem->stage == HUNG_UP) {
        modem_end(modem);
    } else if (modem->err != ND_OK) {
        if (modem->stage == PREPARED)
            modem_end(modem);
        else
            call_stop(modem);
    } else if (modem->stage == PREPARED) {
        modem->stage = DIALLED;
        modem->met = host->now(host);
        modem_run(modem, modem->own);
    } else if (modem->stage == DIALLED) {
        call_ask(modem);
    } else if (modem->stage == ASKED) {
        call_look(modem);
    }
}

/* What was dialled is hung up even when nobody waits for it any more. */
static void call_cancel(void *self, struct nd_op *op)
{
    const struct handset *handset = self;
    const struct fleet *fleet = handset->host->state(op, sizeof *fleet);
    for (size_t i = 0; i < fleet->count; i++) {
        const struct modem *modem = &fleet->at[i];
        if (modem->fd >= 0 && modem->stage != PREPARED)
            dprintf(modem->fd, "\rAT+CHUP\rATH\r");
    }
    fleet_cancel(self, op);
}

static nd_err call_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    static const char *const prepare[] = {BEGIN, NULL};
    struct handset *handset = self;
    const char *number = callable_number(handset, args->at[C_TO].u.target);
    if (number == NULL)
        return ND_EARG;
    nd_err err = use_begin(self, args, op, args->at[C_PATIENCE].u.i, prepare, call_over);
    struct fleet *fleet = err == ND_OK ? handset->host->state(op, 1) : NULL;
    for (size_t i = 0; fleet != NULL && i < fleet->count; i++) {
        /* ";" makes it a voice call (V.250 §6.3.1, TS 27.007 §6.2). */
        snprintf(fleet->at[i].made[0], sizeof fleet->at[i].made[0], "ATD%s;", number);
        fleet->at[i].own[0] = fleet->at[i].made[0];
    }
    return err;
}

/* An emergency call needs no service of one's own. */
static nd_err call_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    const struct handset *handset = self;
    const char *number = callable_number(self, args->at[C_TO].u.target);
    if (number == NULL)
        return ND_EARG;
    return handset_model(handset, op, number_emergency(number) || handset->host->model_up(op));
}

static const struct nd_option call_options[] = {
    TARGET_ROW,
    TO_ROW,
    {"rings", "ringing at the other end is enough", "", ND_BOOL, 0, 1, 0, "false", NULL},
    {"held", "how long it is held before it is hung up", "ns", ND_LENGTH, 0, 1e8, 1.2e11, "3s",
     NULL},
    {"answer_within", "how long the call may take to be set up", "ns", ND_LENGTH, 0, 1e7, 6e11,
     "30s", NULL},
    END_ROW};
static const struct nd_reading call_readings[] = {
    {"share", "share of the handsets whose call was set up", "1", 1},
    {"setup", "from dialling to the call's being active (or ringing); each handset's", "ns", 4e9},
    {NULL, NULL, NULL, 0}};
const struct nd_verb handset_call = {
    .struct_size = sizeof handset_call,
    .name = "call",
    .help = "A voice call (ATD), hung up again; never to an emergency number unless the site file "
            "says it was agreed; give it a 'deadline'.",
    .rights = "read and write on the ttys",
    .options = call_options,
    .readings = call_readings,
    .start = call_start,
    .cancel = call_cancel,
    .rehearse = call_rehearse,
};
