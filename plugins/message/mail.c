#include "message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Mail, by SMTP. */

static nd_err judge(const struct nd_args *args, char *why, size_t bytes)
{
    struct letter letter;
    char words[WHY_BYTES] = "";
    nd_err err = letter_read(args, "smtp", &letter, words);
    const struct nd_target *channel = args->at[OPT_CHANNEL].u.target;
    const char *from = channel_text(channel, "sender", NULL);
    if (err == ND_OK)
        err = channel_judge_name(channel, words);
    if (err == ND_OK && (from == NULL || !text_is_mailbox(from))) {
        snprintf(words, sizeof words,
                 "the channel's 'sender' has to be a mailbox such as exercise@drill.test, got "
                 "'%.60s'",
                 from != NULL ? from : "");
        err = ND_EARG;
    }
    for (size_t i = 0; err == ND_OK && i < letter.to_count; i++) {
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
    nd_err err = judge(args, why, bytes);
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
    if (end->err == ND_OK && end->status / 100 == 2)
        sending_over(sending, SENT, ND_OK, end->status, end->words);
    else if (end->status / 100 == 5 || end->final)
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
    struct transfer_wish wish = {.tls = tls,
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

static nd_err mail_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    return sending_start(self, args, op, &mail_route);
}

static nd_err mail_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    return sending_rehearse(self, args, op, &mail_route);
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
