#include "../common/plmn.h"
#include "sbi.h"

#include <stdio.h>
#include <string.h>

/* What an NRF finds for a function that looks for another (TS 29.510, NFDiscover). */

#define PATH_BYTES 300

enum { D_TYPE = VERB_OWN, D_AS, D_PLMN, D_LEAST };
enum { R_VALIDITY = R_OWN };

static void discover_done(void *ctx, struct web_page *page, CURLcode code)
{
    struct ask *ask = ctx;
    const struct nd_host *host = ask->host;
    char why[WHY_BYTES];
    long status = 0;
    long long validity = -1;
    nd_err err = ask_err(page, code, &status, why);
    nd_ns now = host->now(host);
    if (status != 0)
        host->emit(ask->op, R_STATUS, (double)status, now);
    if (err == ND_OK) {
        const char *wrong = sbi_read_search(page->body, page->body_len, &ask->inventory, &validity);
        if (wrong != NULL)
            snprintf(why, sizeof why, "the answer of %s %s", ask->web.peer.text, wrong);
        err = wrong != NULL ? ND_EANSWER : ND_OK;
    }
    if (err == ND_OK) {
        ask_counts(ask, now);
        if (validity >= 0)
            host->emit(ask->op, R_VALIDITY, (double)validity * 1e9, now);
        if (ask_lacks(ask, why))
            err = ND_EANSWER;
    }
    ask_finish(ask, err, err != ND_OK ? why : NULL);
}

/* The search's path and query. */
static nd_err path_of(const struct nd_host *host, const struct nd_args *args, char *path,
                      size_t room)
{
    const char *type = args->at[D_TYPE].u.text;
    const char *as = args->at[D_AS].u.text;
    const char *plmn = args->at[D_PLMN].u.text;
    uint8_t packed[PLMN_OCTETS];
    if (!sbi_type_good(type) || !sbi_type_good(as)) {
        host->log(host, ND_INFO, "'type' and 'as' are NF types such as \"AMF\", got '%s' and '%s'",
                  type, as);
        return ND_EARG;
    }
    if (plmn != NULL && !plmn_pack(plmn, packed)) {
        host->log(host, ND_INFO, "'plmn' is MCC and MNC of 5 or 6 digits, got '%s'", plmn);
        return ND_EARG;
    }
    int used = snprintf(
        path, room, "/nnrf-disc/v1/nf-instances?target-nf-type=%s&requester-nf-type=%s", type, as);
    if (plmn != NULL) /* [{"mcc":"466","mnc":"92"}] */
        snprintf(
            path + used, room - (size_t)used,
            "&target-plmn-list=%%5B%%7B%%22mcc%%22%%3A%%22%.3s%%22%%2C%%22mnc%%22%%3A%%22%s%%22"
            "%%7D%%5D",
            plmn, plmn + 3);
    return ND_OK;
}

static nd_err discover_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct sbi *self = ctx;
    struct ask *ask = self->host->state(op, sizeof *ask);
    char path[PATH_BYTES];
    nd_err err = path_of(self->host, args, path, sizeof path);
    if (err != ND_OK)
        return err;
    snprintf(ask->needs[0].type, sizeof ask->needs[0].type, "%s", args->at[D_TYPE].u.text);
    ask->needs[0].least = (unsigned)args->at[D_LEAST].u.i;
    ask->needs_count = 1;
    ask->web.done = discover_done;
    return ask_begin(self->host, args, op, ask, path);
}

/* ---- tables ---- */

static const struct nd_option options[] = {
    NRF_ROWS,
    {"type", "NF type that is looked for", "", ND_TEXT, ND_OPT_REQUIRED, 1, 0, NULL, NULL},
    {"as", "NF type that looks for it", "", ND_TEXT, 0, 1, 0, "AMF", NULL},
    {"plmn", "of which network, as MCC and MNC", "", ND_TEXT, 0, 1, 0, NULL, NULL},
    {"least", "so many have to be found, registered; else it is EANSWER", "", ND_INT, 0, 0, 1000,
     "1", NULL},
    END_ROW};
static const struct nd_reading readings[] = {
    COMMON_READINGS,
    {"validity", "for how long the answer may be used", "ns", 3.6e12},
    {NULL, NULL, NULL, 0}};
/* ---- rehearsal ---- */

struct model {
    const struct nd_host *host;
    struct nd_op *op;
};

static void model_answers(void *ctx)
{
    const struct model *model = ctx;
    nd_ns now = model->host->now(model->host);
    for (uint32_t i = 0; readings[i].name != NULL; i++)
        model->host->emit(model->op, i, readings[i].nominal, now);
    model->host->finish(model->op, ND_OK, NULL);
}

/* What would be refused on the day is refused in the rehearsal. */
static nd_err discover_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    const struct nd_host *host = ((struct sbi *)self)->host;
    struct model *model = host->state(op, sizeof *model);
    char path[PATH_BYTES];
    *model = (struct model){host, op};
    nd_err err = path_of(host, args, path, sizeof path);
    if (err != ND_OK)
        return err;
    if (host->model_up(op))
        return host->after(op, 5000000, model_answers, model);
    host->finish(op, ND_ETIME, "no way in the rehearsal's model");
    return ND_OK;
}

const struct nd_verb sbi_discover_verb = {
    .struct_size = sizeof sbi_discover_verb,
    .name = "discover",
    .help = "Asks an NRF for network functions of a type, as another function would.",
    .rights = "none",
    .options = options,
    .readings = readings,
    .start = discover_start,
    .cancel = ask_cancel,
    .rehearse = discover_rehearse,
};
