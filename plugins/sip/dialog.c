#include "../common/number.h"
#include "sip.h"

#include <stdio.h>
#include <string.h>

/* REGISTER and INVITE, each with digest when it is asked for. */

/* Who we are, of a target: aor, and user and password if it has them. */
static nd_err take_account(struct talk *talk, const struct nd_target *account)
{
    const char *aor = talk_uri(talk->self, account, "aor", NULL);
    if (aor == NULL)
        return ND_EARG;
    snprintf(talk->from, sizeof talk->from, "%s", aor);
    talk->user = target_fact(account, "user");
    talk->password = target_fact(account, "password");
    if (talk->user != NULL && !sip_plain(talk->user, 1)) {
        talk->self->host->log(talk->self->host, ND_INFO, "user '%s' cannot stand in a header",
                              talk->user);
        return ND_EARG;
    }
    return ND_OK;
}

/* A challenge is met once; met again, it is a refusal. Returns the header line, NULL: not to be
 * met, and the op is finished. */
static const char *meet(struct talk *talk, const struct sip_answer *answer, const char *method,
                        char line[900])
{
    int asks = (answer->status == 401 || answer->status == 407) && answer->challenged;
    if (!asks || talk->authorized) {
        talk_finish(talk, ND_EREFUSED, answer);
        return NULL;
    }
    talk->authorized = 1;
    return talk_authorize(talk, &answer->challenge, method, talk->uri, line);
}

/* ---- REGISTER ---- */

enum { G_SUBJECT, G_PORT, G_ACCOUNT, G_EXPIRES };
enum { G_RTT, G_STATUS, G_CHALLENGED };

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
    const char *authorization = meet(talk, answer, "REGISTER", line);
    if (authorization != NULL)
        register_send(talk, authorization);
}

static nd_err register_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct sip *self = ctx;
    struct talk *talk = self->host->state(op, sizeof *talk);
    talk->take = register_answer;
    nd_err err = talk_open(self, op, talk, args->at[G_SUBJECT].u.target, args->at[G_PORT].u.i);
    if (err == ND_OK)
        err = take_account(talk, args->at[G_ACCOUNT].u.target);
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

/* ---- INVITE ---- */

enum { C_SUBJECT, C_PORT, C_ACCOUNT, C_TO, C_PRIORITY, C_LASTS };
enum { C_SETUP, C_RINGING, C_STATUS };
enum { INVITING, PROCEEDING, TALKING, ENDING };

static void invite_send(struct talk *talk, const char *authorization)
{
    char sdp[400];
    /* No stream of ours yet: the session is held (RFC 3264 §8.4), at the discard port. */
    snprintf(sdp, sizeof sdp,
             "v=0\r\no=netdrill 1 1 IN %s %s\r\ns=exercise\r\nc=IN %s %s\r\nt=0 0\r\n"
             "m=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=inactive\r\n",
             talk->v6 ? "IP6" : "IP4", talk->address, talk->v6 ? "IP6" : "IP4", talk->address);
    struct sip_request request = {.method = "INVITE",
                                  .uri = talk->uri,
                                  .cseq = ++talk->cseq,
                                  .authorization = authorization,
                                  .expires = -1,
                                  .body = sdp};
    talk->stage = INVITING;
    talk_send(talk, &request, 1);
}

/* ACK of a refusal, and CANCEL: of the same transaction (RFC 3261 §17.1.1.3, §9.1). */
static void same_transaction(struct talk *talk, const char *method, const char *to_tag)
{
    char branch[64];
    snprintf(branch, sizeof branch, "z9hG4bK%s-%d", talk->cookie, talk->branch);
    struct sip_request request = {.method = method,
                                  .uri = talk->uri,
                                  .to_tag = to_tag,
                                  .branch = branch,
                                  .cseq = talk->cseq,
                                  .expires = -1};
    talk_send(talk, &request, 0);
}

static void in_dialog(struct talk *talk, const char *method, int again)
{
    const struct sip_answer *dialog = &talk->dialog;
    struct sip_request request = {.method = method,
                                  .uri = dialog->contact[0] != '\0' ? dialog->contact : talk->uri,
                                  .to_tag = dialog->to_tag,
                                  .cseq = talk->cseq,
                                  .expires = -1,
                                  .routes = dialog->routes,
                                  .route_count = dialog->route_count};
    talk_send(talk, &request, again);
}

static void hang_up(void *ctx)
{
    struct talk *talk = ctx;
    talk->stage = ENDING;
    talk->cseq++;
    in_dialog(talk, "BYE", 1);
}

static void call_accepted(struct talk *talk, const struct sip_answer *answer, nd_ns at)
{
    const struct nd_host *host = talk->self->host;
    int first = talk->stage != TALKING;
    if (first) {
        talk_answered(talk);
        talk->dialog = *answer;
        talk->stage = TALKING;
        host->emit(talk->op, C_SETUP, (double)(at - talk->began), at);
        host->emit(talk->op, C_STATUS, answer->status, at);
    }
    in_dialog(talk, "ACK", 0); /* each time that it is told */
    if (first)
        host->after(talk->op, talk->lasts, hang_up, talk);
}

static void call_answer(struct talk *talk, const struct sip_answer *answer, nd_ns at)
{
    const struct nd_host *host = talk->self->host;
    char line[900];
    if (strcmp(answer->method, "BYE") == 0 && answer->status >= 200) {
        talk_finish(talk, answer->status < 300 || answer->status == 481 ? ND_OK : ND_EREFUSED,
                    answer);
        return;
    }
    if (strcmp(answer->method, "INVITE") != 0 || answer->cseq != talk->cseq ||
        talk->stage == ENDING)
        return;
    if (answer->status < 200) {
        talk_answered(talk);
        if (talk->stage == INVITING && answer->status >= 180)
            host->emit(talk->op, C_RINGING, (double)(at - talk->began), at);
        if (answer->status >= 180 || talk->stage != INVITING)
            talk->stage = PROCEEDING;
    } else if (answer->status < 300) {
        call_accepted(talk, answer, at);
    } else {
        talk_answered(talk);
        same_transaction(talk, "ACK", answer->to_tag);
        if (talk->authorized || !answer->challenged)
            host->emit(talk->op, C_STATUS, answer->status, at);
        const char *authorization = meet(talk, answer, "INVITE", line);
        if (authorization != NULL)
            invite_send(talk, authorization);
    }
}

/* Whom to call; NULL: nobody, or an emergency centre that has not agreed (logged). */
static const char *callee_of(struct sip *self, const struct nd_target *to)
{
    const char *uri = talk_uri(self, to, "uri", NULL);
    if (uri == NULL || !sip_emergency(uri) || number_agreed(to))
        return uri;
    self->host->log(self->host, ND_INFO,
                    "'%s' may be an emergency centre: not called; when the centre has agreed in "
                    "writing, say 'emergency_calls_agreed: true' at target '%s'",
                    uri, to->name);
    return NULL;
}

/* The other end hung up: before its time, or as we did. */
static void call_asked(struct talk *talk, const char *method, nd_ns at)
{
    const struct nd_host *host = talk->self->host;
    char why[120];
    if (strcmp(method, "BYE") != 0 || (talk->stage != TALKING && talk->stage != ENDING))
        return;
    talk_answered(talk);
    snprintf(why, sizeof why, "the other end hung up %gs after it had been called",
             (double)(at - talk->began) / 1e9);
    host->finish(talk->op, talk->stage == ENDING ? ND_OK : ND_EGONE,
                 talk->stage == ENDING ? NULL : why);
}

static nd_err call_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct sip *self = ctx;
    struct talk *talk = self->host->state(op, sizeof *talk);
    const char *uri = callee_of(self, args->at[C_TO].u.target);
    if (uri == NULL)
        return ND_EARG;
    talk->take = call_answer;
    talk->asked = call_asked;
    talk->priority = args->at[C_PRIORITY].u.text;
    talk->lasts = args->at[C_LASTS].u.i;
    nd_err err = talk_open(self, op, talk, args->at[C_SUBJECT].u.target, args->at[C_PORT].u.i);
    if (err == ND_OK)
        err = take_account(talk, args->at[C_ACCOUNT].u.target);
    if (err != ND_OK)
        return err;
    snprintf(talk->uri, sizeof talk->uri, "%s", uri);
    snprintf(talk->to, sizeof talk->to, "%s", uri);
    talk->began = self->host->now(self->host);
    invite_send(talk, NULL);
    return ND_OK;
}

/* Nobody is left in a call when it is cancelled. */
static void call_cancel(void *ctx, struct nd_op *op)
{
    const struct nd_host *host = ((struct sip *)ctx)->host;
    struct talk *talk = host->state(op, 1);
    if (talk->stage == TALKING) {
        talk->cseq++;
        in_dialog(talk, "BYE", 0);
    } else if (talk->stage != ENDING) {
        same_transaction(talk, "CANCEL", NULL);
    }
    host->finish(op, ND_ECANCEL, NULL);
}

static nd_err rehearse(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    (void)args;
    return probe_model(((struct sip *)ctx)->host, op, 100000000, 1e8);
}

/* Who would be refused on the day is refused in the rehearsal. */
static nd_err call_rehearse(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    return callee_of(ctx, args->at[C_TO].u.target) != NULL ? rehearse(ctx, args, op) : ND_EARG;
}

/* ---- tables ---- */

static const struct nd_option register_options[] = {
    TARGET_ROWS,
    {"account", ACCOUNT_WORDS, "", ND_TARGET, ND_OPT_REQUIRED, 1, 0, NULL, NULL},
    {"expires", "how long the registration holds; 0: takes it away", "ns", ND_LENGTH, 0, 0, 3.6e12,
     "60s", NULL},
    END_ROW};
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
    .rehearse = rehearse,
};
static const struct nd_option call_options[] = {
    TARGET_ROWS,
    {"account", "who calls: " ACCOUNT_WORDS, "", ND_TARGET, ND_OPT_REQUIRED, 1, 0, NULL, NULL},
    {"to", "whom: a target with 'uri: \"sip:bob@yi.test\"'", "", ND_TARGET, ND_OPT_REQUIRED, 1, 0,
     NULL, NULL},
    PRIORITY_ROW,
    {"lasts", "how long it is held before it is hung up", "ns", ND_LENGTH, 0, 0, 1.2e11, "1s",
     NULL},
    END_ROW};
static const struct nd_reading call_readings[] = {
    {"setup", "from the INVITE to the call's being answered, with a challenge between", "ns", 1e9},
    {"ringing", "post-dial delay: from the INVITE to ringing (180 to 199)", "ns", 5e8},
    {"status", "status code of the final answer", "1", 200},
    {NULL, NULL, NULL, 0}};
const struct nd_verb sip_call = {
    .struct_size = sizeof sip_call,
    .name = "call",
    .help =
        "Sets a call up and ends it (INVITE, ACK, BYE), without a voice stream yet; never to an "
        "emergency centre unless the site file says it was agreed.",
    .rights = "none",
    .options = call_options,
    .readings = call_readings,
    .start = call_start,
    .cancel = call_cancel,
    .rehearse = call_rehearse,
};
