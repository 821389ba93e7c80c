#include "ngap.h"

#include <stdio.h>
#include <stdlib.h>

#define LEAVE 500000000 /* ns for the peer to agree to the end */

void ngap_talk_parted(struct talk *talk, int in_order)
{
    if (talk->tells_left)
        talk->host->emit(talk->op, R_LEFT, in_order, talk->host->now(talk->host));
    talk->host->finish(talk->op, talk->end, talk->why[0] != '\0' ? talk->why : NULL);
}

static void parted_late(void *ctx)
{
    struct talk *talk = ctx;
    sctp_close(&talk->sctp);
    ngap_talk_parted(talk, 0);
}

void ngap_talk_part(struct talk *talk, nd_err err, const char *why)
{
    talk->end = err;
    snprintf(talk->why, sizeof talk->why, "%s", why != NULL ? why : "");
    if (talk->sctp.state != SCTP_UP) {
        sctp_close(&talk->sctp);
        talk->host->finish(talk->op, err, why);
        return;
    }
    talk->parting = 1;
    sctp_leave(&talk->sctp);
    talk->host->after(talk->op, LEAVE, parted_late, talk);
}

nd_err ngap_talk_open(struct ngap *ngap, const struct nd_args *args, struct nd_op *op,
                      struct talk *talk)
{
    talk->host = ngap->stack.host;
    talk->op = op;
    talk->sctp.stack = &ngap->stack;
    talk->sctp.op = op;
    talk->sctp.ppid = NGAP_PPID;
    talk->sctp.ctx = talk; /* the first member of what has it */
    nd_err err = target_peer(talk->host, args->at[SUBJECT].u.target, args->at[PORT].u.i, NGAP_PORT,
                             &talk->sctp.peer);
    return err == ND_OK ? sctp_open(&talk->sctp) : err;
}

void ngap_talk_cancel(void *self, struct nd_op *op)
{
    struct talk *talk = ((struct ngap *)self)->stack.host->state(op, 1);
    const char *why = NULL;
    if (talk->parting) {
        parted_late(talk);
        return;
    }
    if (talk->sctp.state == SCTP_CONNECTING)
        why = "nothing answered to SCTP";
    else if (talk->tells_left)
        why = "it took the association, but did not answer the NG SETUP REQUEST";
    ngap_talk_part(talk, ND_ECANCEL, why);
}

static const struct nd_verb *const verbs[] = {&ngap_setup_verb, &ngap_heartbeat_verb, NULL};

static nd_err ngap_open(const struct nd_host *host, void **self)
{
    struct ngap *ngap = calloc(1, sizeof *ngap);
    if (ngap == NULL)
        return ND_EIO;
    ngap->stack.host = host;
    *self = ngap;
    return ND_OK;
}

static void ngap_close(void *self)
{
    struct ngap *ngap = self;
    sctp_stack_end(&ngap->stack);
    free(ngap);
}

static const struct nd_plugin plugin = {
    sizeof plugin, ND_ABI_MAJOR, ND_ABI_MINOR,
    "ngap",        "1.0",        "5G cores by NGAP: NG Setup for a network, SCTP heartbeats",
    verbs,         ngap_open,    ngap_close,
    NULL,          NULL,         NULL};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
