#include "handset.h"

#include <stdio.h>
#include <string.h>

/* Manual selection of a network (+COPS=1), put back to what was selected before. */

#define UNDO_PATIENCE 4000000000 /* ns: twice within the core's ten seconds */

enum { S_NETWORK = 1, S_PATIENCE };

static const char *const ask_selected[] = {BEGIN, "AT+COPS=3,2", "AT+COPS?", NULL};

/* Selection mode and network as one text, "1 46692", "0", to be noted and compared: an automatic
 * mode's network is of no matter. */
static void selection_text(const struct modem *modem, char text[16])
{
    if (modem->mode == 0 || modem->mode == 2)
        snprintf(text, 16, "%d", modem->mode);
    else
        snprintf(text, 16, "%d %s", modem->mode, modem->plmn);
}

static void selected_over(struct modem *modem)
{
    if (modem->err == ND_OK && !modem->mode_known)
        modem_fail(modem, ND_EANSWER, "answered 'AT+COPS?' without its selection");
    modem_end(modem);
}

static void plan_conclude(struct fleet *fleet, nd_err otherwise)
{
    const struct nd_host *host = fleet->self->host;
    const char *failure = fleet_failure(fleet);
    nd_err err = otherwise;
    for (size_t i = 0; i < fleet->count && err == ND_OK; i++)
        err = fleet->at[i].err;
    for (size_t i = 0; i < fleet->count && err == ND_OK; i++) {
        char key[24];
        char text[16];
        snprintf(key, sizeof key, "tty.%zu", i);
        host->undo_note(fleet->op, key, fleet->at[i].tty);
        snprintf(key, sizeof key, "before.%zu", i);
        selection_text(&fleet->at[i], text);
        host->undo_note(fleet->op, key, text);
    }
    if (err == ND_OK)
        host->undo_note(fleet->op, "network", fleet->args->at[S_NETWORK].u.text);
    handset_finish(fleet, err, "%s", failure);
}

static int is_plmn(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return (digits == 5 || digits == 6) && text[digits] == '\0';
}

static nd_err select_plan(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct fleet *fleet = fleet_new(self, op, args, args->at[0].u.target, NULL);
    if (fleet == NULL)
        return ND_EARG;
    if (!is_plmn(args->at[S_NETWORK].u.text))
        return handset_refuse(self, "network '%s' is no MCC and MNC of 5 or 6 digits",
                              args->at[S_NETWORK].u.text);
    fleet->patience = args->at[S_PATIENCE].u.i;
    fleet->script = ask_selected;
    fleet->over = selected_over;
    fleet->conclude = plan_conclude;
    return fleet_start(fleet);
}

static void act_conclude(struct fleet *fleet, nd_err otherwise)
{
    nd_err err = otherwise;
    for (size_t i = 0; i < fleet->count && err == ND_OK; i++)
        err = fleet->at[i].err;
    handset_finish(fleet, err, "%s", fleet_failure(fleet));
}

/* "1 46692" as a command. */
static void run_selection(struct modem *modem, const char *selection)
{
    if (selection[1] == ' ' && selection[2] != '\0')
        snprintf(modem->made[0], sizeof modem->made[0], "AT+COPS=%c,2,\"%.6s\"", *selection,
                 selection + 2);
    else
        /* Manual without a network known: the nearest that can be asked for is automatic. */
        snprintf(modem->made[0], sizeof modem->made[0], "AT+COPS=%c",
                 *selection == '2' ? '2' : '0');
    modem->own[0] = modem->made[0];
    modem->own[1] = NULL;
    modem_run(modem, modem->own);
}

static void select_over(struct modem *modem)
{
    if (modem->err != ND_OK || modem->stage++ != 0) {
        modem_end(modem);
        return;
    }
    char selection[16];
    snprintf(selection, sizeof selection, "1 %.6s", modem->fleet->args->at[S_NETWORK].u.text);
    run_selection(modem, selection);
}

static nd_err select_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct fleet *fleet = fleet_new(self, op, args, args->at[0].u.target, NULL);
    if (fleet == NULL)
        return ND_EARG;
    fleet->patience = args->at[S_PATIENCE].u.i;
    fleet->script = ask_selected;
    fleet->over = select_over;
    fleet->conclude = act_conclude;
    return fleet_start(fleet);
}

/* ---- undo, verify and prove ---- */

/* What the modem had selected before. */
static const char *before_of(const struct modem *modem)
{
    for (int i = 0; i < FLEET_MAX; i++) {
        char key[24];
        snprintf(key, sizeof key, "tty.%d", i);
        const char *tty = note_value(modem->fleet->noted, key);
        if (tty == NULL || strcmp(tty, modem->tty) != 0)
            continue;
        snprintf(key, sizeof key, "before.%d", i);
        const char *before = note_value(modem->fleet->noted, key);
        return before != NULL ? before : "0";
    }
    return "0";
}

static void undo_over(struct modem *modem)
{
    char now[16];
    const char *network = note_value(modem->fleet->noted, "network");
    if (modem->err == ND_EGONE) /* with the modem its selection is out of our hands */
        modem->err = ND_OK;
    selection_text(modem, now);
    int ours = modem->mode == 1 &&
               (modem->plmn[0] == '\0' || (network != NULL && strcmp(modem->plmn, network) == 0));
    if (modem->err != ND_OK || modem->fd < 0 || modem->stage++ != 0 ||
        strcmp(now, before_of(modem)) == 0) {
        modem_end(modem);
    } else if (!ours) {
        modem_fail(modem, ND_ESTATE, "has '%s' selected, which is neither ours nor what was before",
                   now);
        modem_end(modem);
    } else {
        run_selection(modem, before_of(modem));
    }
}

static void verify_over(struct modem *modem)
{
    char now[16];
    if (modem->err == ND_EGONE) {
        modem->err = ND_OK;
    } else if (modem->err == ND_OK) {
        selection_text(modem, now);
        if (strcmp(now, before_of(modem)) != 0)
            modem_fail(modem, ND_ESTATE, "has '%s' selected, before it was '%s'", now,
                       before_of(modem));
    }
    modem_end(modem);
}

static void prove_over(struct modem *modem)
{
    char now[16];
    char wanted[16];
    const char *network = note_value(modem->fleet->noted, "network");
    if (modem->err == ND_OK) {
        selection_text(modem, now);
        snprintf(wanted, sizeof wanted, "1 %.6s", network != NULL ? network : "");
        if (modem->mode == 1 && modem->plmn[0] == '\0')
            modem_fail(modem, ND_ETIME, "selects by hand, and is not registered yet");
        else if (strcmp(now, wanted) != 0)
            modem_fail(modem, ND_ESTATE, "has '%s' selected, expected '%s'", now, wanted);
    }
    modem_end(modem);
}

/* Asks the modems noted, and goes on with `over`. */
static nd_err by_notes(void *self, const struct nd_note *notes, struct nd_op *op,
                       void (*over)(struct modem *))
{
    char ttys[FLEET_MAX * 132];
    size_t len = 0;
    for (int i = 0; i < FLEET_MAX; i++) {
        char key[24];
        snprintf(key, sizeof key, "tty.%d", i);
        const char *tty = note_value(notes, key);
        if (tty != NULL && len < sizeof ttys)
            len += (size_t)snprintf(ttys + len, sizeof ttys - len, "%s ", tty);
    }
    struct fleet *fleet = len != 0 ? fleet_new(self, op, NULL, NULL, ttys) : NULL;
    if (fleet == NULL)
        return ND_EARG;
    fleet->noted = notes;
    fleet->patience = UNDO_PATIENCE;
    fleet->script = ask_selected;
    fleet->over = over;
    fleet->conclude = act_conclude;
    return fleet_start(fleet);
}

nd_err select_undo(void *self, const char *verb, const struct nd_note *notes, struct nd_op *op)
{
    (void)verb;
    return by_notes(self, notes, op, undo_over);
}

nd_err select_verify(void *self, const char *verb, const struct nd_note *notes, struct nd_op *op)
{
    (void)verb;
    return by_notes(self, notes, op, verify_over);
}

nd_err select_prove(void *self, const char *verb, const struct nd_note *notes, struct nd_op *op)
{
    (void)verb;
    return by_notes(self, notes, op, prove_over);
}

/* ---- table ---- */

static nd_err select_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    (void)args;
    ((struct handset *)self)->host->finish(op, ND_OK, NULL);
    return ND_OK;
}

static const struct nd_option options[] = {
    TARGET_ROW,
    {"network", "the network to select, as MCC and MNC, such as \"46697\"", "", ND_TEXT,
     ND_OPT_REQUIRED, 1, 0, NULL, NULL},
    {"answer_within", "how long a modem may take to register there", "ns", ND_LENGTH, 0, 1e7, 6e11,
     "25s", NULL},
    END_ROW};
static const struct nd_reading readings[] = {{NULL, NULL, NULL, 0}};
const struct nd_verb handset_select = {
    .struct_size = sizeof handset_select,
    .flags = ND_VERB_CHANGES,
    .name = "select",
    .help = "Selects a network by hand (+COPS=1); put back to what was selected before.",
    .rights = "read and write on the ttys",
    .options = options,
    .readings = readings,
    .plan_undo = select_plan,
    .start = select_start,
    .cancel = fleet_cancel,
    .rehearse = select_rehearse,
};
