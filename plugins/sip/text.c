#include "../common/exercise.h"
#include "sip.h"

#include <stdio.h>
#include <string.h>

/* MESSAGE (RFC 3428), marked as an exercise, with digest when it is asked for. */

enum { T_ACCOUNT = VERB_OWN, T_TO, T_TEXT, T_PRIORITY };
enum { T_RTT, T_STATUS, T_DELIVERED, T_RANK };

#define TEXT_MAX 900 /* octets: a MESSAGE over UDP has at most 1300 (RFC 3428 §8) */

static const struct nd_option text_options[] = {
    TARGET_ROWS,
    {"account", "who writes: " ACCOUNT_WORDS, "", ND_TARGET, ND_OPT_REQUIRED, 1, 0, NULL, NULL},
    {"to", "to whom: a target with 'uri: \"sip:bob@yi.test\"'", "", ND_TARGET, ND_OPT_REQUIRED, 1,
     0, NULL, NULL},
    {"text", "the message, sent behind \"" EXERCISE_MARK_FULL "\"", "", ND_TEXT, ND_OPT_REQUIRED, 1,
     0, NULL, NULL},
    PRIORITY_ROW,
    ROUTE_ROWS,
    END_ROW};

struct text {
    struct talk talk; /* first: talk.c knows no more */
    char body[TEXT_MAX + sizeof EXERCISE_MARK_FULL];
};

static void text_send(struct text *text, const char *authorization)
{
    struct talk *talk = &text->talk;
    struct sip_request request = {.method = "MESSAGE",
                                  .uri = talk->uri,
                                  .cseq = ++talk->cseq,
                                  .authorization = authorization,
                                  .expires = -1,
                                  .body = text->body,
                                  .type = "text/plain;charset=UTF-8"};
    talk_send(talk, &request, 1);
}

static void text_answer(struct talk *talk, const struct sip_answer *answer, nd_ns at)
{
    const struct nd_host *host = talk->self->host;
    char line[900];
    if (answer->status < 200 || answer->cseq != talk->cseq)
        return;
    talk_answered(talk);
    if (answer->status < 300 || talk->authorized || !answer->challenged)
        host->emit(talk->op, T_STATUS, answer->status, at);
    if (answer->status < 300) {
        host->emit(talk->op, T_RTT, (double)(at - talk->began), at);
        host->emit(talk->op, T_DELIVERED, answer->status != 202, at);
        talk_finish(talk, ND_OK, answer);
        return;
    }
    const char *authorization = talk_meet(talk, answer, "MESSAGE", line);
    if (authorization != NULL)
        text_send((struct text *)talk, authorization);
}

static nd_err text_check(const struct nd_args *args, char *why, size_t bytes)
{
    const char *text = args->at[T_TEXT].u.text;
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 && *c != '\n') {
            snprintf(why, bytes, "control characters cannot be sent");
            return ND_EARG;
        }
    }
    if (strlen(text) > TEXT_MAX) {
        snprintf(why, bytes, "the text has %zu octets, a message holds %d", strlen(text), TEXT_MAX);
        return ND_EARG;
    }
    return talk_judge(args->at[T_TO].u.target, args->at[T_PRIORITY].u.text, why, bytes);
}

/* Says why it is refused, if it is. */
static nd_err judged(struct sip *self, const struct nd_args *args)
{
    char why[400];
    nd_err err = text_check(args, why, sizeof why);
    if (err != ND_OK)
        self->host->log(self->host, ND_INFO, "%s", why);
    return err;
}

static nd_err text_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct sip *self = ctx;
    if (judged(self, args) != ND_OK)
        return ND_EARG;
    const char *uri = target_fact(args->at[T_TO].u.target, "uri");
    struct text *text = (struct text *)talk_state(self, args, op, sizeof *text);
    struct talk *talk = &text->talk;
    talk->take = text_answer;
    nd_err err = talk_open(talk, text_options, args, args->at[T_PRIORITY].u.text);
    if (err == ND_OK)
        err = talk_account(talk, args->at[T_ACCOUNT].u.target);
    if (err != ND_OK)
        return err;
    snprintf(text->body, sizeof text->body, EXERCISE_MARK_FULL "%s", args->at[T_TEXT].u.text);
    snprintf(talk->uri, sizeof talk->uri, "%s", uri);
    snprintf(talk->to, sizeof talk->to, "%s", uri);
    talk->began = self->host->now(self->host);
    if (talk->rank != 0)
        self->host->emit(op, T_RANK, talk->rank, talk->began);
    text_send(text, NULL);
    return ND_OK;
}

/* Who and what would be refused on the day is refused in the rehearsal. */
static nd_err text_rehearse(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    int rank = 0;
    if (judged(ctx, args) != ND_OK || talk_rank(ctx, args->at[T_PRIORITY].u.text, &rank) != ND_OK)
        return ND_EARG;
    return probe_model(((struct sip *)ctx)->host, op, 20000000, 2e7);
}

static const struct nd_reading text_readings[] = {
    {"rtt", "from the message to its being taken, with a challenge between", "ns", 2e7},
    {"status", "status code of the final answer", "1", 200},
    {"delivered", "1: by the other end (200); 0: a server keeps it for later (202)", "1", 1},
    RANK_READING,
    {NULL, NULL, NULL, 0}};
const struct nd_verb sip_text = {
    .struct_size = sizeof sip_text,
    .name = "message",
    .help = "Sends a text message (MESSAGE), marked as an exercise; never to an emergency centre "
            "unless the site file says it was agreed.",
    .rights = "none",
    .options = text_options,
    .readings = text_readings,
    .start = text_start,
    .cancel = talk_cancel,
    .rehearse = text_rehearse,
    .check = text_check,
};
