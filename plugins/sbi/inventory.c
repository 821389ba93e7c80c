#include "sbi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which network functions are registered: the list (TS 29.510, NFListRetrieval), and then each
 * profile of it. */

#define PROFILE_MAX 262144 /* octets */
#define AT_ONCE     16     /* profiles asked for at once */

enum { I_NEEDS = VERB_OWN, I_MOST };
enum { R_SUSPENDED = R_OWN, R_UNDISCOVERABLE, R_UNREAD, R_LIST, R_TYPES };

/* Types that have a reading of their own, in the order of the table. */
static const char *const types[] = {"AMF", "SMF",  "UPF", "AUSF", "UDM", "UDR",
                                    "PCF", "NSSF", "BSF", "NRF",  "SCP", "SEPP"};
#define TYPES (sizeof types / sizeof types[0])

static void inventory_whole(struct ask *ask)
{
    const struct nd_host *host = ask->host;
    nd_ns now = host->now(host);
    char why[WHY_BYTES] = "";
    ask_counts(ask, now);
    host->emit(ask->op, R_SUSPENDED, ask->inventory.by_status[SBI_SUSPENDED], now);
    host->emit(ask->op, R_UNDISCOVERABLE, ask->inventory.by_status[SBI_UNDISCOVERABLE], now);
    host->emit(ask->op, R_UNREAD, (double)ask->unread, now);
    host->emit(ask->op, R_LIST, (double)(ask->listed - ask->began), now);
    for (size_t i = 0; i < TYPES; i++)
        host->emit(ask->op, R_TYPES + (uint32_t)i, sbi_registered(&ask->inventory, types[i]), now);
    if (ask_lacks(ask, why))
        ask_finish(ask, ND_EANSWER, why);
    else if (ask->unread != 0 && ask->unread == ask->ids.count)
        ask_finish(ask, ND_EANSWER, ask->unread_why);
    else
        ask_finish(ask, ND_OK, ask->unread != 0 ? ask->unread_why : NULL);
}

static void ask_more(struct ask *ask)
{
    while (ask->asked < ask->ids.count && ask->asked - ask->answered < AT_ONCE) {
        char path[SBI_ID_BYTES + 40];
        snprintf(path, sizeof path, "/nnrf-nfm/v1/nf-instances/%s", ask->ids.at[ask->asked]);
        ask_for(ask, &ask->pages[ask->asked], path, PROFILE_MAX);
        ask->asked++;
    }
}

/* An instance that went between the list and now, or that the NRF does not show, is counted. */
static void profile_done(struct ask *ask, struct web_page *page, CURLcode code)
{
    char why[WHY_BYTES];
    long status = 0;
    nd_err err = ask_err(page, code, &status, why);
    if (err == ND_OK) {
        const char *wrong = sbi_read_profile(page->body, page->body_len, &ask->inventory);
        if (wrong != NULL)
            snprintf(why, sizeof why, "a profile of %s %s", ask->web.peer.text, wrong);
        err = wrong != NULL ? ND_EANSWER : ND_OK;
    }
    if (err != ND_OK && ask->unread++ == 0)
        memcpy(ask->unread_why, why, sizeof why);
    web_drop(page);
    ask->answered++;
    if (ask->answered == ask->ids.count)
        inventory_whole(ask);
    else
        ask_more(ask);
}

static void list_done(struct ask *ask, const struct web_page *page)
{
    const char *wrong = sbi_read_list(page->body, page->body_len, ask->most, &ask->ids);
    char why[WHY_BYTES];
    if (wrong == NULL && ask->ids.count != 0) {
        ask->pages = calloc(ask->ids.count, sizeof *ask->pages);
        wrong = ask->pages == NULL ? "does not fit into memory" : NULL;
    }
    if (wrong != NULL) {
        snprintf(why, sizeof why, "the answer of %s %s", ask->web.peer.text, wrong);
        ask_finish(ask, ND_EANSWER, why);
    } else if (ask->ids.count == 0) {
        inventory_whole(ask);
    } else {
        ask_more(ask);
    }
}

static void inventory_done(void *ctx, struct web_page *page, CURLcode code)
{
    struct ask *ask = ctx;
    char why[WHY_BYTES];
    long status = 0;
    if (page != &ask->first) {
        profile_done(ask, page, code);
        return;
    }
    nd_err err = ask_err(page, code, &status, why);
    ask->listed = ask->host->now(ask->host);
    if (status != 0)
        ask->host->emit(ask->op, R_STATUS, (double)status, ask->listed);
    if (err != ND_OK)
        ask_finish(ask, err, why);
    else
        list_done(ask, page);
}

/* "AMF" or "AMF=2" */
static int need_of(const char *text, struct need *need)
{
    const char *equals = strchr(text, '=');
    size_t len = equals != NULL ? (size_t)(equals - text) : strlen(text);
    char *end = NULL;
    unsigned long least = equals != NULL ? strtoul(equals + 1, &end, 10) : 1;
    if (len >= SBI_TYPE_BYTES)
        return 0;
    memcpy(need->type, text, len);
    need->type[len] = '\0';
    need->least = (unsigned)least;
    return sbi_type_good(need->type) && least <= 10000 &&
           (equals == NULL || (equals[1] >= '0' && equals[1] <= '9' && *end == '\0'));
}

static nd_err needs_of(const struct nd_host *host, const struct nd_args *args,
                       struct need needs[NEEDS_MAX], size_t *count)
{
    const char *const *text = args->at[I_NEEDS].u.texts;
    *count = 0;
    for (; text != NULL && *text != NULL; text++) {
        if (*count == NEEDS_MAX || !need_of(*text, &needs[*count])) {
            host->log(host, ND_INFO, "'needs' are at most 32 of \"AMF\" or \"AMF=2\", got '%s'",
                      *text);
            return ND_EARG;
        }
        ++*count;
    }
    return ND_OK;
}

static nd_err inventory_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct sbi *self = ctx;
    struct ask *ask = self->host->state(op, sizeof *ask);
    nd_err err = needs_of(self->host, args, ask->needs, &ask->needs_count);
    ask->most = (size_t)args->at[I_MOST].u.i;
    ask->web.done = inventory_done;
    return err == ND_OK ? ask_begin(self->host, args, op, ask, "/nnrf-nfm/v1/nf-instances") : err;
}

/* ---- tables ---- */

static const struct nd_option options[] = {
    NRF_ROWS,
    {"needs", "types that have to be registered, as \"AMF\" or \"AMF=2\"; else it is EANSWER", "",
     ND_TEXTS, 0, 1, 0, NULL, NULL},
    {"most", "NF instances that are looked at; an NRF that lists more is EANSWER", "", ND_INT, 0, 1,
     1000, "256", NULL},
    END_ROW};
static const struct nd_reading readings[] = {
    COMMON_READINGS,
    {"suspended", "of these suspended: their heartbeats stay out", "1", 0},
    {"undiscoverable", "of these registered, but not to be found by others", "1", 0},
    {"unread", "listed, but gone or not shown when asked for", "1", 0},
    {"list", "from the beginning to the list", "ns", 2e6},
    {"amf", "AMFs registered", "1", 1},
    {"smf", "SMFs registered", "1", 1},
    {"upf", "UPFs registered", "1", 1},
    {"ausf", "AUSFs registered", "1", 1},
    {"udm", "UDMs registered", "1", 1},
    {"udr", "UDRs registered", "1", 1},
    {"pcf", "PCFs registered", "1", 1},
    {"nssf", "NSSFs registered", "1", 1},
    {"bsf", "BSFs registered", "1", 1},
    {"nrf", "NRFs registered", "1", 1},
    {"scp", "SCPs registered", "1", 1},
    {"sepp", "SEPPs registered", "1", 1},
    {NULL, NULL, NULL, 0}};
_Static_assert(sizeof readings / sizeof readings[0] == R_TYPES + TYPES + 1,
               "a type lacks its reading");

/* ---- rehearsal ---- */

struct model {
    const struct nd_host *host;
    struct nd_op *op;
    struct need needs[NEEDS_MAX];
    size_t needs_count;
};

/* What is needed is there. */
static void model_answers(void *ctx)
{
    const struct model *model = ctx;
    nd_ns now = model->host->now(model->host);
    for (uint32_t i = 0; readings[i].name != NULL; i++) {
        double value = readings[i].nominal;
        for (size_t k = 0; k < model->needs_count; k++) {
            if (i >= R_TYPES && strcmp(model->needs[k].type, types[i - R_TYPES]) == 0 &&
                value < model->needs[k].least)
                value = model->needs[k].least;
        }
        model->host->emit(model->op, i, value, now);
    }
    model->host->finish(model->op, ND_OK, NULL);
}

/* What would be refused on the day is refused in the rehearsal. */
static nd_err inventory_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    const struct nd_host *host = ((struct sbi *)self)->host;
    struct model *model = host->state(op, sizeof *model);
    model->host = host;
    model->op = op;
    nd_err err = needs_of(host, args, model->needs, &model->needs_count);
    if (err != ND_OK)
        return err;
    if (host->model_up(op))
        return host->after(op, 5000000, model_answers, model);
    host->finish(op, ND_ETIME, "no way in the rehearsal's model");
    return ND_OK;
}

const struct nd_verb sbi_inventory_verb = {
    .struct_size = sizeof sbi_inventory_verb,
    .name = "inventory",
    .help = "Which network functions of a 5G core are registered at its NRF.",
    .rights = "none",
    .options = options,
    .readings = readings,
    .start = inventory_start,
    .cancel = ask_cancel,
    .rehearse = inventory_rehearse,
};
