/* What the files of the handset plugin share: a call works on a fleet of modems, each by its own
 * script of commands, and is over when the last of them is. */
#ifndef ND_PLUGINS_HANDSET_H
#define ND_PLUGINS_HANDSET_H
#include "../common/probe.h"
#include "at.h"

#include <netdrill/plugin.h>

#define WHY_BYTES 256
#define FLEET_MAX 64

struct handset {
    const struct nd_host *host;
};

struct modem;
struct fleet;

/* One modem's part of a call. */
struct modem {
    struct fleet *fleet;
    char tty[128];
    int fd, done;
    struct at_lines lines;
    /* Commands, NULL-ended. "?" before one: it may be refused. NULL: none under way. */
    const char *const *script;
    nd_ns patience;      /* for each answer */
    nd_ns allowed;       /* for the one under way */
    const char *message; /* what to send at the prompt, ended by Ctrl-Z */
    char refusal[112];   /* of the last command that was refused; "": none was */
    nd_err err;
    char why[160];
    /* What it said. */
    unsigned heard; /* domains that told a registration, a bit each */
    struct at_registration reg[AT_DOMAIN_COUNT];
    int mode, mode_known;
    char plmn[8];
    struct at_network networks[32];
    int network_count; /* -1: no scan yet */
    struct at_signal signal;
    int attached, addressed;      /* AT_NONE: not told */
    char charset[24], params[24]; /* of +CSCS, +CSMP; "": not told */
    int call;                     /* of +CLCC; AT_NONE: no own call */
    char call_end[16];            /* "BUSY", "NO CARRIER": it came by itself; "": none */
    int told_whose;               /* it answered what only this call asked */
    nd_ns met;                    /* when it was as the verb wants it, 0: is not */
    int stage;                    /* of the verb's own */
    char made[3][176];            /* commands of the verb's own making */
    const char *own[4];           /* a script of them */
};

/* How the script of every verb begins. */
#define BEGIN "?ATE0", "?AT+CMEE?", "?AT+CMEE=1"

struct fleet {
    struct handset *self;
    struct nd_op *op;
    const struct nd_args *args;
    const struct nd_note *noted; /* undo and verify: what was noted */
    nd_ns began, patience;
    /* When a modem's script has ended (err ND_OK or how it failed); calls modem_run again or
     * modem_end. NULL: modem_end. */
    void (*over)(struct modem *modem);
    /* After each line that told a registration; may be NULL. */
    void (*changed)(struct modem *modem);
    /* When all modems are done, or the call is cancelled: finishes the op with what is known. */
    void (*conclude)(struct fleet *fleet, nd_err otherwise);
    const char *const *script;
    char message[320]; /* of a text message, as it is sent */
    int ucs2;          /* it is in UCS2 */
    char failure[WHY_BYTES + 64];
    int concluded;
    size_t count, room; /* room: modems the op's block holds */
    struct modem at[];
};

/* fleet.c */
/* The op's fleet, as new, with the modems of `ttys`, or of the target's 'tty' or 'ttys'. args: NULL
 * for an undo. NULL: logged why not. */
struct fleet *fleet_new(struct handset *self, struct nd_op *op, const struct nd_args *args,
                        const struct nd_target *target, const char *ttys);
/* Opens the modems and runs fleet->script on each. */
nd_err fleet_start(struct fleet *fleet);
/* Closes every modem; conclude functions call it before they finish the op. */
void fleet_close(struct fleet *fleet);
/* The verbs' cancel. */
void fleet_cancel(void *self, struct nd_op *op);
/* "tty: why" of the first modem that failed, or of the first that has not answered yet, or "".
 * Borrowed until asked again. */
const char *fleet_failure(struct fleet *fleet);
void handset_finish(struct fleet *fleet, nd_err err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
nd_err handset_refuse(const struct handset *self, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The model of every probe: well when the target is up. */
nd_err handset_rehearse(void *self, const struct nd_args *args, struct nd_op *op);
nd_err handset_model(const struct handset *self, struct nd_op *op, int well);

/* modem.c */
void modem_open(struct modem *modem);
void modem_run(struct modem *modem, const char *const *script);
/* What it has not answered yet; NULL: nothing is asked. Borrowed until it answers. */
const char *modem_command(const struct modem *modem);
/* This modem is done. */
void modem_end(struct modem *modem);
void modem_close(struct modem *modem);
/* Esc: a modem that still waits for a message's text would take every command for it (27.005
 * §3.5.1). */
void modem_let_go(const struct modem *modem);
void modem_fail(struct modem *modem, nd_err err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The best service that any domain tells; reg: its code, may be NULL. */
enum at_service modem_service(const struct modem *modem, const struct at_registration **reg);

/* use.c: opens the target's modems and runs the script on each; the share of those that did not
 * fail is the first reading. */
nd_err use_begin(void *self, const struct nd_args *args, struct nd_op *op, int64_t patience,
                 const char *const *script, void (*over)(struct modem *));
/* message.c: the target's number; NULL: none, or one that may not be called (logged). */
const char *callable_number(const struct handset *self, const struct nd_target *to);

extern const struct nd_verb handset_registration, handset_await, handset_networks, handset_select,
    handset_signal, handset_data, handset_sms, handset_call;
/* select.c */
nd_err select_undo(void *self, const char *verb, const struct nd_note *notes, struct nd_op *op);
nd_err select_verify(void *self, const char *verb, const struct nd_note *notes, struct nd_op *op);
nd_err select_prove(void *self, const char *verb, const struct nd_note *notes, struct nd_op *op);

#define TARGET_ROW                                                                                 \
    {                                                                                              \
        "target", "the handsets: a target with 'tty' or 'ttys'", "", ND_TARGET,                    \
            ND_OPT_REQUIRED | ND_OPT_SUBJECT, 1, 0, NULL, NULL                                     \
    }
#define PATIENCE_ROW                                                                               \
    {                                                                                              \
        "answer_within", "how long a modem may take over one command", "ns", ND_LENGTH, 0, 1e7,    \
            6e11, "5s", NULL                                                                       \
    }
#define TO_ROW                                                                                     \
    {                                                                                              \
        "to", "a target of the site file with 'number: \"+886...\"'", "", ND_TARGET,               \
            ND_OPT_REQUIRED, 1, 0, NULL, NULL                                                      \
    }
#define END_ROW                                                                                    \
    {                                                                                              \
        NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL                                                   \
    }

#endif
