#include "../common/exercise.h"
#include "../common/number.h"
#include "handset.h"

#include <stdio.h>
#include <string.h>

/* Text messages (TS 27.005 §3): plain ones in the modem's own alphabet, others in UCS2, for which
 * the modem's settings are changed and put back. */

enum { M_TO = 1, M_TEXT, M_PATIENCE };
enum { PREPARED, SENT, PUT_BACK };

#define PLAIN_MAX 140 /* characters, with the marker below 160 */
#define UCS2_MAX  70  /* UTF-16 units of one message, with the marker */

/* Text as UTF-16 in hexadecimal digits, as UCS2 strings are written (TS 27.005 §3.1). Returns its
 * units, also those that did not fit. text: UTF-8. */
static size_t utf16_hex(const char *text, char *hex, size_t bytes)
{
    size_t units = 0;
    hex[0] = '\0';
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0';) {
        int more = *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : *c >= 0xc0 ? 1 : 0;
        uint32_t code = *c++ & (more == 0 ? 0x7fU : 0x3fU >> more);
        for (; more > 0 && *c != '\0'; more--)
            code = code << 6 | (*c++ & 0x3fU);
        uint32_t pair[2] = {code, 0};
        if (code >= 0x10000) {
            pair[0] = 0xd800 + (code - 0x10000) / 0x400;
            pair[1] = 0xdc00 + (code - 0x10000) % 0x400;
        }
        for (int i = 0; i < (pair[1] != 0 ? 2 : 1); i++, units++) {
            if (4 * units + 5 <= bytes)
                snprintf(hex + 4 * units, 5, "%04X", (unsigned)pair[i]);
        }
    }
    return units;
}

/* Whom to send to or call, from the site file. */
const char *callable_number(const struct handset *self, const struct nd_target *to)
{
    const char *number = target_fact(to, "number");
    if (number == NULL || !number_diallable(number)) {
        handset_refuse(self,
                       "target '%s' has no number that may be dialled; give it 'number: "
                       "\"+886912345678\"' in the site file",
                       to->name);
        return NULL;
    }
    if (number_emergency(number) && !number_agreed(to)) {
        handset_refuse(self,
                       "'%s' may be an emergency number: not called; when the centre has "
                       "agreed in writing, say 'emergency_calls_agreed: true' at target '%s'",
                       number, to->name);
        return NULL;
    }
    return number;
}

static void sms_done(struct modem *modem)
{
    const struct nd_host *host = modem->fleet->self->host;
    nd_ns now = host->now(host);
    if (modem->err == ND_OK && modem->message != NULL)
        modem_fail(modem, ND_EANSWER, "took the message without asking for its text");
    if (modem->err == ND_OK)
        host->emit(modem->fleet->op, 1, (double)(now - modem->met), now);
}

/* The alphabet and parameters as they were; in UCS2 some modems want even their names in it. */
static void sms_put_back(struct modem *modem)
{
    char hex[80];
    modem->stage = PUT_BACK;
    utf16_hex(modem->charset, hex, sizeof hex);
    snprintf(modem->made[0], sizeof modem->made[0], "?AT+CSMP=%s", modem->params);
    snprintf(modem->made[1], sizeof modem->made[1], "?AT+CSCS=\"%s\"", modem->charset);
    snprintf(modem->made[2], sizeof modem->made[2], "?AT+CSCS=\"%s\"", hex);
    for (int i = 0; i < 3; i++)
        modem->own[i] = modem->made[i];
    modem->own[3] = NULL;
    modem_run(modem, modem->own);
}

static void sms_over(struct modem *modem)
{
    const struct nd_host *host = modem->fleet->self->host;
    if (modem->stage == PREPARED && modem->err == ND_OK) {
        if (modem->fleet->ucs2 && (modem->charset[0] == '\0' || modem->params[0] == '\0')) {
            modem_fail(modem, ND_EUNABLE,
                       "does not tell its alphabet, which could not be put back");
            modem_end(modem);
            return;
        }
        modem->stage = SENT;
        modem->met = host->now(host);
        modem_run(modem, modem->own);
        return;
    }
    if (modem->stage == SENT) {
        sms_done(modem);
        if (modem->fleet->ucs2 && modem->fd >= 0) {
            sms_put_back(modem);
            return;
        }
    }
    modem_end(modem);
}

/* Nobody waits for the modem any more, and still its settings are put back. */
static void sms_cancel(void *self, struct nd_op *op)
{
    const struct handset *handset = self;
    const struct fleet *fleet = handset->host->state(op, sizeof *fleet);
    for (size_t i = 0; i < fleet->count; i++) {
        const struct modem *modem = &fleet->at[i];
        if (modem->fd < 0 || modem->stage == PREPARED)
            continue;
        modem_let_go(modem);
        if (fleet->ucs2)
            dprintf(modem->fd, "\rAT+CSMP=%s\rAT+CSCS=\"%s\"\r", modem->params, modem->charset);
    }
    fleet_cancel(self, op);
}

static int is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        /* What the GSM alphabet and ASCII have at the same place. */
        if (*text < 0x20 || *text > 0x7e || strchr("`{}[]\\^|~@$_", *text) != NULL)
            return 0;
    }
    return 1;
}

/* What is sent, in the op's fleet; how long it is, and how long it may be. */
static size_t compose(struct fleet *fleet, const char *text, size_t *most)
{
    char marked[512];
    fleet->ucs2 = !is_plain(text);
    *most = fleet->ucs2 ? UCS2_MAX : PLAIN_MAX + sizeof EXERCISE_MARK - 1;
    snprintf(marked, sizeof marked, "%s%s", fleet->ucs2 ? EXERCISE_MARK_FULL : EXERCISE_MARK, text);
    if (fleet->ucs2)
        return utf16_hex(marked, fleet->message, sizeof fleet->message);
    snprintf(fleet->message, sizeof fleet->message, "%.*s", (int)sizeof fleet->message - 1, marked);
    return strlen(marked);
}

static nd_err sms_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    static const char *const plain[] = {BEGIN, "AT+CMGF=1", NULL};
    static const char *const other[] = {BEGIN, "AT+CMGF=1", "AT+CSCS?", "AT+CSMP?", NULL};
    struct handset *handset = self;
    const char *text = args->at[M_TEXT].u.text;
    const char *number = callable_number(handset, args->at[M_TO].u.target);
    char hex[128];
    size_t most = 0;
    if (number == NULL)
        return ND_EARG;
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20)
            return handset_refuse(handset, "control characters cannot be sent");
    }
    nd_err err = use_begin(self, args, op, args->at[M_PATIENCE].u.i, plain, sms_over);
    if (err != ND_OK)
        return err;
    struct fleet *fleet = handset->host->state(op, 1);
    size_t len = compose(fleet, text, &most);
    if (len > most)
        return handset_refuse(handset,
                              "with its mark the message has %zu characters, one message "
                              "holds %zu",
                              len, most);
    if (fleet->ucs2)
        fleet->script = other;
    utf16_hex(number, hex, sizeof hex);
    for (size_t i = 0; i < fleet->count; i++) {
        struct modem *modem = &fleet->at[i];
        snprintf(modem->made[0], sizeof modem->made[0], "AT+CMGS=\"%s\"",
                 fleet->ucs2 ? hex : number);
        modem->own[0] = modem->made[0];
        if (fleet->ucs2) {
            modem->own[0] = "AT+CSCS=\"UCS2\"";
            modem->own[1] = "AT+CSMP=17,167,0,8"; /* data coding: UCS2 (TS 23.038 §4) */
            modem->own[2] = modem->made[0];
        }
        modem->message = fleet->message;
    }
    return ND_OK;
}

/* A number that would be refused on the day is refused in the rehearsal. */
static nd_err sms_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    return callable_number(self, args->at[M_TO].u.target) != NULL ? handset_rehearse(self, args, op)
                                                                  : ND_EARG;
}

static const struct nd_option sms_options[] = {
    TARGET_ROW,
    TO_ROW,
    {"text",
     "the message, sent behind \"" EXERCISE_MARK
     "\", or behind \"演練 \" and that if it is not plain",
     "", ND_TEXT, ND_OPT_REQUIRED, 1, 0, NULL, NULL},
    {"answer_within", "how long the network may take to accept it", "ns", ND_LENGTH, 0, 1e7, 6e11,
     "60s", NULL},
    END_ROW};
static const struct nd_reading sms_readings[] = {
    {"share", "share of the handsets whose message was accepted", "1", 1},
    {"took", "from the command to the network's acceptance; each handset's", "ns", 2e9},
    {NULL, NULL, NULL, 0}};
const struct nd_verb handset_sms = {
    .struct_size = sizeof handset_sms,
    .name = "sms",
    .help = "Sends a text message (+CMGS, text mode), marked as an exercise; give it a 'deadline'.",
    .rights = "read and write on the ttys",
    .options = sms_options,
    .readings = sms_readings,
    .start = sms_start,
    .cancel = sms_cancel,
    .rehearse = sms_rehearse,
};
