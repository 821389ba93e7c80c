#include "location.h"
#include "voice.h"

#include <stdio.h>
#include <string.h>

/* INVITE, ACK, BYE, with digest when it is asked for, and voice within. */

enum { C_ACCOUNT = VERB_OWN, C_TO, C_PRIORITY, C_LOCATION, C_HELD, C_VOICE, C_BUFFER, C_IE, C_BPL };
enum { C_SETUP, C_RINGING, C_STATUS, C_BRANCHES, C_RANK, C_QUALITY };
enum { INVITING, PROCEEDING, TALKING, ENDING };

#define LAST_WORDS 1000000000 /* ns: for a call that is left; the core waits five times that */

struct call {
    struct talk talk; /* first: talk.c knows no more */
    int stage;
    struct sip_answer dialog; /* of the answer that was taken */
    struct location location; /* position "": none is sent */
    nd_ns held;
    int branches; /* that answered, with ours */
    int told;     /* what was heard has been */
    int left;     /* nobody waits for it any more */
    struct voice voice;
};

static const char *const voices[] = {"none", ND_CODEC_MAP(ND_CODEC_NAME) NULL};

static const struct nd_option call_options[] = {
    TARGET_ROWS,
    {"account", "who calls: " ACCOUNT_WORDS, "", ND_TARGET, ND_OPT_REQUIRED, 1, 0, NULL, NULL},
    {"to", "whom: a target with 'uri: \"sip:bob@yi.test\"'", "", ND_TARGET, ND_OPT_REQUIRED, 1, 0,
     NULL, NULL},
    PRIORITY_ROW,
    {"location",
     "where the caller is, sent with the call (RFC 6442): degrees north and east (WGS 84), such as "
     "\"23.1417,120.1019\", and behind them the metres around it, if any; over TCP or TLS",
     "", ND_TEXT, 0, 1, 0, NULL, NULL},
    {"held",
     "how long it is held, with voice, before it is hung up; give the call a 'deadline' beyond it "
     "(else 10 s)",
     "ns", ND_LENGTH, 0, 0, 1.2e11, "1s", NULL},
    {"voice",
     "the codec of an RTP stream that the other end has to echo, judged as reach.voice is; none: "
     "the "
     "session is held",
     "", ND_CHOICE, 0, 1, 0, "none", voices},
    LISTENER_ROWS,
    MARK_ROWS,
    END_ROW};

/* ---- requests ---- */

static void invite_send(struct call *call, const char *authorization)
{
    struct talk *talk = &call->talk;
    char sdp[SIP_SDP];
    struct location_body body;
    voice_offer(&call->voice, sdp);
    struct sip_request request = {.method = "INVITE",
                                  .uri = talk->uri,
                                  .cseq = ++talk->cseq,
                                  .authorization = authorization,
                                  .expires = -1,
                                  .body = sdp};
    call->stage = INVITING;
    if (call->location.position[0] != '\0' &&
        !location_put(&call->location, talk->from, talk->cookie, &request, &body)) {
        talk_end(talk, ND_EARG, "what says where the caller is does not fit into a message");
        return;
    }
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

static void in_dialog(struct talk *talk, const struct sip_answer *dialog, const char *method,
                      long cseq, int again)
{
    struct sip_request request = {.method = method,
                                  .uri = dialog->contact[0] != '\0' ? dialog->contact : talk->uri,
                                  .to_tag = dialog->to_tag,
                                  .cseq = cseq,
                                  .expires = -1,
                                  .routes = dialog->routes,
                                  .route_count = dialog->route_count};
    talk_send(talk, &request, again);
}

static void hang_up(void *ctx)
{
    struct call *call = ctx;
    if (call->stage != TALKING) /* the time that it is held is over, and it has ended before */
        return;
    call->stage = ENDING;
    in_dialog(&call->talk, &call->dialog, "BYE", call->talk.cseq + 1, 1);
}

/* ---- voice ---- */

static void tell_once(struct call *call)
{
    if (!call->told)
        voice_tell(&call->voice, C_QUALITY);
    call->told = 1;
}

static void voice_over(struct talk *talk)
{
    struct call *call = (struct call *)talk;
    if (call->stage != TALKING)
        return;
    tell_once(call);
    hang_up(call);
}

/* A session without the voice that was asked for is hung up, and is no success. */
static void speak(struct call *call)
{
    struct talk *talk = &call->talk;
    char why[200];
    if (call->voice.codec == NULL) {
        talk->self->host->after(talk->op, call->held, hang_up, call);
        return;
    }
    if (voice_begin(&call->voice, &call->dialog.media, why, sizeof why))
        return;
    in_dialog(talk, &call->dialog, "BYE", talk->cseq + 1, 0);
    talk_end(talk, ND_EANSWER, why);
}

/* ---- answers ---- */

/* The first branch that answers is the call; each other one is told that it came too late (RFC 3261
 * §13.2.2.4). */
static void call_accepted(struct call *call, const struct sip_answer *answer, nd_ns at)
{
    struct talk *talk = &call->talk;
    const struct nd_host *host = talk->self->host;
    int first = call->stage == INVITING || call->stage == PROCEEDING;
    if (first) {
        talk_answered(talk);
        call->dialog = *answer;
        call->stage = TALKING;
        host->emit(talk->op, C_SETUP, (double)(at - talk->began), at);
        host->emit(talk->op, C_STATUS, answer->status, at);
    }
    in_dialog(talk, answer, "ACK", talk->cseq, 0); /* each time that it is told */
    if (!first && strcmp(answer->to_tag, call->dialog.to_tag) != 0) {
        call->branches++;
        in_dialog(talk, answer, "BYE", talk->cseq + 1, 0);
    }
    if (first)
        speak(call);
}

static void call_ended(struct call *call, const struct sip_answer *answer, nd_ns at)
{
    struct talk *talk = &call->talk;
    /* Another branch's BYE is answered too: ours is under way, or it is none of ours. */
    if (call->stage != ENDING || strcmp(answer->to_tag, call->dialog.to_tag) != 0)
        return;
    talk->self->host->emit(talk->op, C_BRANCHES, 1 + call->branches, at);
    if (call->left) {
        talk_end(talk, ND_ECANCEL, NULL);
        return;
    }
    talk_finish(talk, answer->status < 300 || answer->status == 481 ? ND_OK : ND_EREFUSED, answer);
}

/* The answer to a call that was left, which CANCEL may have crossed (RFC 3261 §9.1): whoever picked
 * up is hung up on. */
static void left_answer(struct call *call, const struct sip_answer *answer)
{
    struct talk *talk = &call->talk;
    if (answer->status < 200)
        return;
    if (answer->status < 300) {
        in_dialog(talk, answer, "ACK", talk->cseq, 0);
        in_dialog(talk, answer, "BYE", talk->cseq + 1, 0);
    } else {
        same_transaction(talk, "ACK", answer->to_tag);
    }
    talk_end(talk, ND_ECANCEL, NULL);
}

static void call_answer(struct talk *talk, const struct sip_answer *answer, nd_ns at)
{
    struct call *call = (struct call *)talk;
    const struct nd_host *host = talk->self->host;
    int early = call->stage == INVITING || call->stage == PROCEEDING;
    char line[900];
    if (strcmp(answer->method, "BYE") == 0 && answer->status >= 200) {
        call_ended(call, answer, at);
        return;
    }
    if (strcmp(answer->method, "INVITE") != 0 || answer->cseq != talk->cseq)
        return;
    if (early && call->left) {
        left_answer(call, answer);
    } else if (answer->status >= 200 && answer->status < 300) {
        call_accepted(call, answer, at);
    } else if (early && answer->status < 200) {
        talk_answered(talk);
        if (call->stage == INVITING && answer->status >= 180) {
            host->emit(talk->op, C_RINGING, (double)(at - talk->began), at);
            call->stage = PROCEEDING;
        }
    } else if (early) {
        talk_answered(talk);
        same_transaction(talk, "ACK", answer->to_tag);
        if (talk->authorized || !answer->challenged)
            host->emit(talk->op, C_STATUS, answer->status, at);
        const char *authorization = talk_meet(talk, answer, "INVITE", line);
        if (authorization != NULL)
            invite_send(call, authorization);
    }
}

/* The other end hung up: before its time, or as we did. */
static int call_asked(struct talk *talk, const struct sip_answer *request, nd_ns at)
{
    struct call *call = (struct call *)talk;
    char why[120];
    if (strcmp(request->method, "BYE") != 0)
        return 0;
    if ((call->stage != TALKING && call->stage != ENDING) ||
        strcmp(request->from_tag, call->dialog.to_tag) != 0) {
        talk_reply(talk, "481 Call Does Not Exist");
        return 1;
    }
    talk_reply(talk, "200 OK");
    talk_answered(talk);
    tell_once(call);
    snprintf(why, sizeof why, "the other end hung up %gs after it had been called",
             (double)(at - talk->began) / 1e9);
    if (call->left)
        talk_end(talk, ND_ECANCEL, NULL);
    else
        talk_end(talk, call->stage == ENDING ? ND_OK : ND_EANSWER,
                 call->stage == ENDING ? NULL : why);
    return 1;
}

/* ---- beginning, and its end before its time ---- */

static nd_err begin_voice(struct call *call, const struct nd_args *args)
{
    struct voice *voice = &call->voice;
    const struct nd_codec *codec = &nd_codecs[args->at[C_VOICE].u.i - 1];
    voice->codec = codec;
    voice->how = (struct nd_voice){.known = true,
                                   .ie = args->at[C_IE].given ? args->at[C_IE].u.r : codec->ie,
                                   .bpl = args->at[C_BPL].given ? args->at[C_BPL].u.r : codec->bpl,
                                   .buffer = args->at[C_BUFFER].u.i,
                                   .lookahead = codec->lookahead};
    voice->cookie = (uint32_t)call->talk.began ^ call->talk.self->serial << 20;
    voice->packets = (struct voice_packet *)(call + 1);
    voice->over = voice_over;
    return voice_open(voice);
}

/* A location makes a call longer than UDP may carry (RFC 3261 §18.1.1: 1300 octets). */
static nd_err judge_location(const struct nd_args *args, struct location *location, char *why,
                             size_t bytes)
{
    *location = (struct location){.radius = 0};
    if (!args->at[C_LOCATION].given)
        return ND_OK;
    if (!location_read(args->at[C_LOCATION].u.text, location, why, bytes))
        return ND_EARG;
    if (args->at[TRANSPORT].u.i != SIP_UDP)
        return ND_OK;
    snprintf(why, bytes,
             "with a 'location' a call is longer than UDP may carry; transport = \"tcp\"");
    return ND_EARG;
}

static nd_err call_start(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    struct sip *self = ctx;
    int64_t held = args->at[C_HELD].u.i;
    int64_t packets = held > ND_VOICE_EVERY ? (held + ND_VOICE_EVERY - 1) / ND_VOICE_EVERY : 1;
    const char *uri = talk_callee(self, args->at[C_TO].u.target);
    char why[300];
    packets = args->at[C_VOICE].u.i != 0 ? packets : 0;
    if (uri == NULL)
        return ND_EARG;
    struct call *call = (struct call *)talk_state(
        self, args, op, sizeof *call + (size_t)packets * sizeof(struct voice_packet));
    struct talk *talk = &call->talk;
    talk->take = call_answer;
    talk->asked = call_asked;
    call->held = held;
    if (judge_location(args, &call->location, why, sizeof why) != ND_OK) {
        self->host->log(self->host, ND_INFO, "%s", why);
        return ND_EARG;
    }
    call->voice.talk = talk;
    call->voice.count = packets;
    nd_err err = talk_open(talk, call_options, args, args->at[C_PRIORITY].u.text);
    if (err == ND_OK)
        err = talk_account(talk, args->at[C_ACCOUNT].u.target);
    talk->began = self->host->now(self->host);
    if (err == ND_OK && packets != 0)
        err = begin_voice(call, args);
    if (err != ND_OK)
        return err;
    snprintf(talk->uri, sizeof talk->uri, "%s", uri);
    snprintf(talk->to, sizeof talk->to, "%s", uri);
    talk->began = self->host->now(self->host);
    if (talk->rank != 0)
        self->host->emit(op, C_RANK, talk->rank, talk->began);
    invite_send(call, NULL);
    return ND_OK;
}

static void give_up(void *ctx)
{
    struct talk *talk = ctx;
    if (!talk->ended)
        talk_end(talk, ND_ECANCEL, NULL);
}

/* Nobody is left in a call when it is cancelled: what was said last is waited for, a moment. Who
 * has not shown that the call came is not. */
static void call_cancel(void *ctx, struct nd_op *op)
{
    struct call *call = ((struct sip *)ctx)->host->state(op, 1);
    struct talk *talk = &call->talk;
    int came = call->stage != INVITING || talk->len == 0;
    call->left = 1;
    if (call->stage == TALKING) {
        tell_once(call);
        hang_up(call);
    } else if (call->stage != ENDING) {
        talk_answered(talk);
        same_transaction(talk, "CANCEL", NULL);
    }
    if (came && !talk->ended)
        talk->self->host->after(op, LAST_WORDS, give_up, talk);
    else
        give_up(talk);
}

/* ---- rehearsal ---- */

static nd_err call_check(const struct nd_args *args, char *why, size_t bytes)
{
    struct location location;
    nd_err err = talk_judge(args->at[C_TO].u.target, args->at[C_PRIORITY].u.text, why, bytes);
    return err != ND_OK ? err : judge_location(args, &location, why, bytes);
}

static const struct nd_reading call_readings[] = {
    {"setup", "from the INVITE to the call's being answered (MCPTT KPI 1 and 2 style)", "ns", 1e8},
    {"ringing", "post-dial delay: from the INVITE to ringing (180 to 199)", "ns", 5e7},
    {"status", "status code of the final answer", "1", 200},
    {"branches", "how many ends answered; the first is the call", "1", 1},
    RANK_READING,
    VOICE_READINGS,
    {NULL, NULL, NULL, 0}};

struct model {
    const struct nd_host *host;
    struct nd_op *op;
    uint32_t readings;
    int rank;
};

static void model_ends(void *ctx)
{
    const struct model *model = ctx;
    nd_ns now = model->host->now(model->host);
    for (uint32_t i = 0; i < model->readings; i++) {
        if (i != C_RANK || model->rank != 0)
            model->host->emit(model->op, i, i == C_RANK ? model->rank : call_readings[i].nominal,
                              now);
    }
    model->host->finish(model->op, ND_OK, NULL);
}

/* Who would be refused on the day is refused in the rehearsal. */
static nd_err call_rehearse(void *ctx, const struct nd_args *args, struct nd_op *op)
{
    const struct nd_host *host = ((struct sip *)ctx)->host;
    struct model *model = host->state(op, sizeof *model);
    *model = (struct model){.host = host,
                            .op = op,
                            .readings =
                                args->at[C_VOICE].u.i != 0 ? C_QUALITY + VOICE_COUNT : C_QUALITY};
    if (talk_callee(ctx, args->at[C_TO].u.target) == NULL ||
        talk_rank(ctx, args->at[C_PRIORITY].u.text, &model->rank) != ND_OK)
        return ND_EARG;
    if (host->model_up(op))
        return host->after(op, 100000000 + args->at[C_HELD].u.i, model_ends, model);
    host->finish(op, ND_ETIME, "no way in the rehearsal's model");
    return ND_OK;
}

const struct nd_verb sip_call = {
    .struct_size = sizeof sip_call,
    .name = "call",
    .help = "Sets a call up and ends it (INVITE, ACK, BYE), with an RTP voice stream if asked for; "
            "never to an emergency centre unless the site file says it was agreed.",
    .rights = "none",
    .options = call_options,
    .readings = call_readings,
    .start = call_start,
    .cancel = call_cancel,
    .rehearse = call_rehearse,
    .check = call_check,
};
