#include "message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Mail (SMTP) and webhooks (HTTP POST). */

/* ---- what a channel has to say ---- */

static nd_err judge(const struct nd_args *args, const char *kind, int mail, char *why, size_t bytes)
{
    struct letter letter;
    char words[WHY_BYTES] = "";
    nd_err err = letter_read(args, kind, &letter, words);
    const struct nd_target *channel = args->at[OPT_CHANNEL].u.target;
    const char *from = channel_text(channel, "sender", NULL);
    const char *host = channel_text(channel, "name", "target.invalid");
    if (err == ND_OK && !text_is_host(host)) {
        snprintf(words, sizeof words, "the channel's 'name' has to be a host name, got '%.60s'",
                 host);
        err = ND_EARG;
    } else if (err == ND_OK && mail && (from == NULL || !text_is_mailbox(from))) {
        snprintf(words, sizeof words,
                 "the channel's 'sender' has to be a mailbox such as exercise@drill.test, got "
                 "'%.60s'",
                 from != NULL ? from : "");
        err = ND_EARG;
    }
    for (size_t i = 0; err == ND_OK && mail && i < letter.to_count; i++) {
        if (!text_is_mailbox(letter.to[i].address)) {
            snprintf(words, sizeof words, "recipient '%.60s' has '%.80s', which is no mailbox",
                     letter.to[i].name, letter.to[i].address);
            err = ND_EARG;
        }
    }
    letter_deinit(&letter);
    snprintf(why, bytes, "%s", words);
    return err;
}

static int is_reply(int status, int from, int to)
{
    return status >= from && status <= to;
}

/* ---- mail ---- */

enum { OPT_USER = OPT_PEER_OWN, OPT_PASSWORD };

static const struct nd_option mail_options[] = {
    LETTER_ROWS,
    PEER_ROWS,
    {"user", "to log in as; else the channel's 'user'", "", ND_TEXT, 0, 0, 0, NULL, NULL},
    {"password", "env:NAME or file:PATH; else the channel's 'password'", "", ND_TEXT, ND_OPT_SECRET,
     0, 0, NULL, NULL},
    END_ROW};

static nd_err mail_check(const struct nd_args *args, char *why, size_t bytes)
{
    const struct nd_target *channel = args->at[OPT_CHANNEL].u.target;
    nd_err err = judge(args, "smtp", 1, why, bytes);
    int safe = channel_flag(channel, "starttls") || channel_flag(channel, "tls");
    int login = args->at[OPT_PASSWORD].u.text != NULL || target_fact(channel, "password") != NULL;
    const char *user = args->at[OPT_USER].u.text != NULL ? args->at[OPT_USER].u.text
                                                         : channel_text(channel, "user", NULL);
    if (err == ND_OK && login && !safe)
        snprintf(why, bytes,
                 "a password is not sent in clear; the channel needs 'starttls: true' "
                 "or 'tls: true'");
    else if (err == ND_OK && login && user == NULL)
        snprintf(why, bytes, "a password needs a 'user'");
    else
        return err;
    return ND_EARG;
}

static void mail_ended(struct sending *sending, const struct transfer_end *end)
{
    if (end->err == ND_OK && is_reply(end->status, 200, 299))
        sending_over(sending, SENT, ND_OK, end->status, end->words);
    else if (is_reply(end->status, 500, 599) || end->final)
        sending_over(sending, NEVER, end->err != ND_EANSWER ? ND_EREFUSED : ND_EANSWER, end->status,
                     end->words);
    else
        sending_over(sending, AGAIN, ND_EREFUSED, end->status, end->words);
}

static void mail_begin(struct sending *sending)
{
    const struct nd_args *args = sending->args;
    const struct nd_target *channel = sending->letter.channel;
    const char *from = channel_text(channel, "sender", "");
    int tls = channel_flag(channel, "tls");
    char envelope[2][300];
    char path[300];
    struct transfer_wish wish = {.scheme = tls ? "smtps" : "smtp",
                                 .host = channel_text(channel, "name", "target.invalid"),
                                 .path = path,
                                 .password = args->at[OPT_PASSWORD].u.text,
                                 .ca = channel_text(channel, "ca", NULL),
                                 .mail_from = envelope[0],
                                 .mail_to = envelope[1],
                                 .starttls = channel_flag(channel, "starttls")};
    wish.user = args->at[OPT_USER].u.text != NULL ? args->at[OPT_USER].u.text
                                                  : channel_text(channel, "user", NULL);
    nd_err err = target_peer(sending->self->host, channel, 0, tls ? 465 : 25, &wish.peer);
    if (err != ND_OK) {
        sending_over(sending, NEVER, err, 0, "the channel has no address, or no port");
        return;
    }
    snprintf(path, sizeof path, "/%.253s", strchr(from, '@') + 1); /* what EHLO says */
    snprintf(envelope[0], sizeof envelope[0], "<%.290s>", from);
    snprintf(envelope[1], sizeof envelope[1], "<%.290s>",
             sending->letter.to[sending->unit].address);
    wish.body = letter_mime(&sending->letter, from, 0);
    transfer_begin(sending, &wish, mail_ended);
}

static const struct route mail_route = {.verb = "mail",
                                        .kind = "smtp",
                                        .each = 1,
                                        .works = 1,
                                        .paced = 1,
                                        .check = mail_check,
                                        .begin = mail_begin,
                                        .stop = transfer_stop};

/* ---- webhooks ---- */

enum { OPT_TOKEN = OPT_PEER_OWN };

static const struct nd_option webhook_options[] = {
    LETTER_ROWS,
    PEER_ROWS,
    {"token", "bearer token, env:NAME or file:PATH; else the channel's 'token'", "", ND_TEXT,
     ND_OPT_SECRET, 0, 0, NULL, NULL},
    END_ROW};

static int is_path(const char *path)
{
    size_t len = strlen(path);
    for (size_t i = 0; i < len; i++) {
        if (path[i] <= ' ' || path[i] > '~')
            return 0;
    }
    return *path == '/' && len < 500;
}

static nd_err webhook_check(const struct nd_args *args, char *why, size_t bytes)
{
    const struct nd_target *channel = args->at[OPT_CHANNEL].u.target;
    nd_err err = judge(args, "webhook", 0, why, bytes);
    const char *path = channel_text(channel, "path", "/");
    if (err == ND_OK && !is_path(path)) {
        snprintf(why, bytes, "the channel's 'path' has to begin with '/' and be ASCII, got '%.60s'",
                 path);
        err = ND_EARG;
    } else if (err == ND_OK && !channel_flag(channel, "https") &&
               (args->at[OPT_TOKEN].u.text != NULL || target_fact(channel, "token") != NULL)) {
        snprintf(why, bytes, "a token is not sent in clear; the channel needs 'https: true'");
        err = ND_EARG;
    }
    return err;
}

static void webhook_ended(struct sending *sending, const struct transfer_end *end)
{
    int passes = end->status == 408 || end->status == 425 || end->status == 429 ||
                 is_reply(end->status, 500, 599);
    char why[WHY_BYTES];
    if (is_reply(end->status, 300, 399)) {
        snprintf(why, sizeof why, "%.300s; redirects are not followed", end->words);
        sending_over(sending, NEVER, ND_EANSWER, end->status, why);
    } else if (end->err == ND_OK && is_reply(end->status, 200, 299)) {
        sending_over(sending, SENT, ND_OK, end->status, end->words);
    } else if (end->err == ND_OK && !passes) {
        sending_over(sending, NEVER, ND_EREFUSED, end->status, end->words);
    } else if (end->final) {
        sending_over(sending, NEVER, end->err, end->status, end->words);
    } else {
        sending_over(sending, AGAIN, end->err != ND_OK ? end->err : ND_EREFUSED, end->status,
                     end->words);
    }
}

static void webhook_begin(struct sending *sending)
{
    const struct nd_target *channel = sending->letter.channel;
    const char *token = sending->args->at[OPT_TOKEN].u.text;
    int https = channel_flag(channel, "https");
    char id[ID_BYTES];
    char once[ID_BYTES + 24];
    char bearer[1100];
    struct transfer_wish wish = {
        .scheme = https ? "https" : "http",
        .host = channel_text(channel, "name", "target.invalid"),
        .path = channel_text(channel, "path", "/"),
        .ca = channel_text(channel, "ca", NULL),
        .headers = {"Content-Type: application/json", "X-Exercise: true", "Expect:", once}};
    nd_err err = target_peer(sending->self->host, channel, 0, https ? 443 : 80, &wish.peer);
    if (err != ND_OK) {
        sending_over(sending, NEVER, err, 0, "the channel has no address, or no port");
        return;
    }
    letter_id(&sending->letter, id);
    snprintf(once, sizeof once, "Idempotency-Key: %s", id);
    if (token != NULL && text_is_line(token)) {
        snprintf(bearer, sizeof bearer, "Authorization: Bearer %.1000s", token);
        wish.headers[4] = bearer;
    }
    wish.body = letter_json(&sending->letter);
    transfer_begin(sending, &wish, webhook_ended);
    memset(bearer, 0, sizeof bearer);
}

static const struct route webhook_route = {.verb = "webhook",
                                           .kind = "webhook",
                                           .works = 1,
                                           .paced = 1,
                                           .check = webhook_check,
                                           .begin = webhook_begin,
                                           .stop = transfer_stop};

/* ---- verbs ---- */

static nd_err mail_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    return sending_start(self, args, op, &mail_route);
}

static nd_err mail_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    return sending_rehearse(self, args, op, &mail_route);
}

static nd_err webhook_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    return sending_start(self, args, op, &webhook_route);
}

static nd_err webhook_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    return sending_rehearse(self, args, op, &webhook_route);
}

const struct nd_verb message_mail = {.struct_size = sizeof message_mail,
                                     .name = "mail",
                                     .help = "A mail to each recipient, by SMTP.",
                                     .rights = "none",
                                     .options = mail_options,
                                     .readings = message_readings,
                                     .start = mail_start,
                                     .cancel = sending_cancel,
                                     .rehearse = mail_rehearse,
                                     .check = mail_check};
const struct nd_verb message_webhook = {.struct_size = sizeof message_webhook,
                                        .name = "webhook",
                                        .help = "A JSON document, by HTTP POST.",
                                        .rights = "none",
                                        .options = webhook_options,
                                        .readings = message_readings,
                                        .start = webhook_start,
                                        .cancel = sending_cancel,
                                        .rehearse = webhook_rehearse,
                                        .check = webhook_check};
