#include "sip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* REGISTER, with digest when it is asked for. */

enum { G_ACCOUNT = VERB_OWN, G_EXPIRES };
enum { G_RTT, G_STATUS, G_CHALLENGED };

static const struct nd_option register_options[] = {
    TARGET_ROWS,
    {"account", ACCOUNT_WORDS, "", ND_TARGET, ND_OPT_REQUIRED, 1, 0, NULL, NULL},
    {"expires", "how long the registration holds; 0: takes it away", "ns", ND_LENGTH, 0, 0, 3.6e12,
     "60s", NULL},
    ROUTE_ROWS,
    END_ROW};

static void register_send(struct talk *talk, const char *authorization)
{
    struct sip_request request = {.method = "REGISTER",
                                  .uri = talk->uri,
                                  .cseq = ++talk->cseq,
                                  .authorization = authorization,
                                  .expires = talk->expires};
    talk_send(talk, &request, 1);
}

static void register_answer(struct talk *talk, const struct sip_answer *answer, nd_ns at)
{
    const struct nd_host *host = talk->self->host;
    char line[900];
    if (answer->status < 200 || answer->cseq != talk->cseq)
        return;
    talk_answered(talk);
    if (answer->status < 300) {
        host->emit(talk->op, G_RTT, (double)(at - talk->began), at);
        host->emit(talk->op, G_STATUS, answer->status, at);
        host->emit(talk->op, G_CHALLENGED, talk->authorized, at);
        talk_finish(talk, ND_OK, answer);
        return;
    }
    if (talk->authorized || !answer->challenged)
        host->emit(talk->op, G_STATUS, answer->status, at);
    const char *authorization = talk_meet(talk, answer, "REGISTER", line);
    if (authorization != NULL)
        register_send(talk, authorization);
}

static nd_err register_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct sip *self = ctx;
    struct talk *talk = talk_state(self, args, op, sizeof *talk);
    talk->take = register_answer;
    nd_err err = talk_open(talk, register_options, args, NULL);
    if (err == ND_OK)
        err = talk_account(talk, args->at[G_ACCOUNT].u.target);
    if (err != ND_OK)
        return err;
    /* The registrar is the domain of the address of record (RFC 3261 §10.2). */
    const char *domain = strchr(talk->from, '@');
    snprintf(talk->uri, sizeof talk->uri, "sip:%.190s",
             domain != NULL ? domain + 1 : strchr(talk->from, ':') + 1);
    snprintf(talk->to, sizeof talk->to, "%s", talk->from);
    talk->expires = args->at[G_EXPIRES].u.i / 1000000000;
    talk->began = self->host->now(self->host);
    register_send(talk, NULL);
    return ND_OK;
}

/* A server that cannot be reached in the model, and 'refuses', says so with that status. */
static nd_err rehearse(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    const struct nd_host *host = ((struct sip *)ctx)->host;
    const char *status = target_fact(args->at[SUBJECT].u.target, "refuses");
    if (status == NULL || host->model_up(op))
        return probe_model(host, op, 100000000, 1e8);
    host->emit(op, G_STATUS, (double)strtol(status, NULL, 10), host->now(host));
    host->finish(op, ND_EREFUSED, "refused, in the rehearsal's model");
    return ND_OK;
}

static const struct nd_reading register_readings[] = {
    {"rtt", "from the first request to the acceptance, with a challenge between", "ns", 1e7},
    {"status", "status code of the final answer", "1", 200},
    {"challenged", "1: a digest was asked for and accepted", "1", 1},
    {NULL, NULL, NULL, 0}};
const struct nd_verb sip_register = {
    .struct_size = sizeof sip_register,
    .name = "register",
    .help = "Registers an account (REGISTER, digest); it ends by itself.",
    .rights = "none",
    .options = register_options,
    .readings = register_readings,
    .start = register_start,
    .cancel = talk_cancel,
    .rehearse = rehearse,
};
