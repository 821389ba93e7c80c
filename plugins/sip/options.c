#include "sip.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* OPTIONS: the probe. */

enum { PRIORITY = VERB_OWN };
enum { R_RTT, R_STATUS, R_RANK };

static const struct nd_option options[] = {TARGET_ROWS, PRIORITY_ROW, ROUTE_ROWS, END_ROW};

static void options_answer(struct talk *talk, const struct sip_answer *answer, nd_ns at)
{
    const struct nd_host *host = talk->self->host;
    nd_err err = answer->status < 300 ? ND_OK : ND_EREFUSED;
    if (answer->status < 200)
        return;
    if (!talk->stream) {
        host->emit(talk->op, R_STATUS, answer->status, at);
        if (err == ND_OK)
            host->emit(talk->op, R_RTT, (double)(at - talk->began), at);
        talk_finish(talk, err, answer);
        return;
    }
    /* "z9hG4bK" cookie "-" slot */
    const char *dash = strrchr(answer->branch, '-');
    if (dash == NULL)
        return;
    int64_t slot = strtoll(dash + 1, NULL, 10);
    host->reading(talk->op, slot, R_STATUS, answer->status);
    host->answer(talk->op, slot, err, (double)NAN, at);
}

/* A probe of a stream is sent once: what is lost is to be counted. */
static void options_slot(void *ctx, int64_t slot)
{
    struct talk *talk = ctx;
    const struct nd_host *host = talk->self->host;
    char id[64];
    char branch[64];
    char tag[40];
    char text[SIP_BYTES];
    snprintf(id, sizeof id, "c%s-%lld", talk->cookie, (long long)slot);
    snprintf(tag, sizeof tag, "t%s", talk->cookie);
    snprintf(branch, sizeof branch, "z9hG4bK%s-%lld", talk->cookie, (long long)slot);
    const struct sip_request request = {.method = "OPTIONS",
                                        .uri = talk->uri,
                                        .from = talk->from,
                                        .to = talk->to,
                                        .from_tag = tag,
                                        .call_id = id,
                                        .branch = branch,
                                        .local = talk->local,
                                        .cseq = 1,
                                        .priority = talk->priority,
                                        .transport = sip_transports[talk->transport],
                                        .expires = -1};
    size_t len = sip_make(&request, text);
    nd_ns at = host->now(host);
    int put = 0;
    /* What an earlier request met may be told here: it is not this one's. */
    for (int i = 0; i < 2 && !put; i++)
        put = talk_put(talk, text, len);
    if (put)
        host->sent(talk->op, slot, at);
    else
        host->answer(talk->op, slot, probe_err(errno), (double)NAN, at);
}

static nd_err options_begin(struct sip *self, const struct nd_args *args, struct nd_op *op,
                            int stream)
{
    struct talk *talk = talk_state(self, args, op, sizeof *talk);
    const struct nd_target *target = args->at[SUBJECT].u.target;
    char address[SIP_URI];
    talk->stream = stream;
    talk->take = options_answer;
    if (talk->wire != NULL)
        talk->wire->request = options_slot;
    nd_err err = talk_open(talk, options, args, args->at[PRIORITY].u.text);
    if (err != ND_OK)
        return err;
    snprintf(address, sizeof address, talk->v6 ? "sip:[%s]" : "sip:%s", target->address);
    const char *uri = talk_uri(self, target, "uri", address);
    if (uri == NULL)
        return ND_EARG;
    if (!talk_is_secret_kept(talk, uri)) {
        self->host->log(self->host, ND_INFO, "%s", SIPS_WORDS);
        return ND_EARG;
    }
    snprintf(talk->uri, sizeof talk->uri, "%s", uri);
    snprintf(talk->to, sizeof talk->to, "%s", uri);
    snprintf(talk->from, sizeof talk->from, "sip:netdrill@%s", talk->local);
    return ND_OK;
}

static nd_err options_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct sip *self = ctx;
    nd_err err = options_begin(self, args, op, 0);
    if (err != ND_OK)
        return err;
    struct talk *talk = self->host->state(op, 1);
    struct sip_request request = {.method = "OPTIONS", .uri = talk->uri, .cseq = 1, .expires = -1};
    talk->began = self->host->now(self->host);
    if (talk->rank != 0)
        self->host->emit(op, R_RANK, talk->rank, talk->began);
    talk_send(talk, &request, 1);
    return ND_OK;
}

static nd_err options_stream(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    return options_begin(ctx, args, op, 1);
}

static void options_slots(void *ctx, struct nd_op *op, int64_t first, int64_t count)
{
    struct talk *talk = ((struct sip *)ctx)->host->state(op, 1);
    if (talk->wire != NULL) {
        wire_slots(talk->wire, first, count);
        return;
    }
    for (int64_t slot = first; slot < first + count; slot++)
        options_slot(talk, slot);
}

static nd_err check(const struct nd_args *args, char *why, size_t bytes)
{
    return talk_judge(NULL, args->at[PRIORITY].u.text, why, bytes);
}

static nd_err rehearse(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    int rank = 0;
    nd_err err = talk_rank(ctx, args->at[PRIORITY].u.text, &rank);
    if (err != ND_OK)
        return err;
    return probe_model(((struct sip *)ctx)->host, op, 2000000, 2e6);
}

static const struct nd_reading readings[] = {
    {"rtt", "from the request to the kernel's receive stamp of the final answer", "ns", 2e6},
    {"status", "status code of the final answer (RFC 3261 §21)", "1", 200},
    RANK_READING,
    {NULL, NULL, NULL, 0}};
const struct nd_verb sip_options = {
    .struct_size = sizeof sip_options,
    .name = "options",
    .help = "Asks a SIP server what it can do (OPTIONS): whether it answers, and how fast.",
    .rights = "none",
    .options = options,
    .readings = readings,
    .start = options_start,
    .cancel = talk_cancel,
    .rehearse = rehearse,
    .stream = options_stream,
    .slots = options_slots,
    .check = check,
};
