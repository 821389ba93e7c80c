#include "../common/web.h"
#include "message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Webhooks: a JSON document by HTTP POST. */

#define ANSWER_MAX 65536 /* octets that are read of it */

struct hook {
    struct sending *sending;
    struct web web;
    struct web_page page;
    struct curl_slist *headers;
    char *body;
};
_Static_assert(sizeof(struct hook) <= TRY_BYTES, "an attempt needs more room");

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
    struct letter letter;
    char words[WHY_BYTES] = "";
    nd_err err = letter_read(args, "webhook", &letter, words);
    letter_deinit(&letter);
    if (err == ND_OK)
        err = channel_judge_name(channel, words);
    snprintf(why, bytes, "%s", words);
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

static void timed_out(void *ctx);

/* Gives back what the attempt held, and tells its end. */
static void end(struct hook *hook, enum verdict verdict, nd_err err, int status, const char *why)
{
    struct sending *sending = hook->sending;
    sending->self->host->after(sending->op, -1, timed_out, hook);
    web_end(&hook->web);
    curl_slist_free_all(hook->headers);
    free(hook->body);
    sending_over(sending, verdict, err, status, why);
}

static void timed_out(void *ctx)
{
    struct hook *hook = ctx;
    char why[WHY_BYTES];
    snprintf(why, sizeof why, "%s did not answer in time", hook->web.peer.text);
    end(hook, AGAIN, ND_ETIME, 0, why);
}

static void answered(void *ctx, struct web_page *page, CURLcode code)
{
    struct hook *hook = ctx;
    char why[WHY_BYTES];
    char words[200];
    long status = 0;
    curl_easy_getinfo(page->easy, CURLINFO_RESPONSE_CODE, &status);
    int passes = status == 408 || status == 425 || status == 429 || status / 100 == 5;
    snprintf(why, sizeof why, "%s: status %ld", hook->web.peer.text, status);
    if (code != CURLE_OK && !page->too_long) {
        nd_err err = web_err(page, code, words, sizeof words);
        snprintf(why, sizeof why, "%s: %s", hook->web.peer.text, words);
        end(hook, err == ND_EANSWER ? NEVER : AGAIN, err, (int)status, why);
    } else if (status / 100 == 2) {
        end(hook, SENT, ND_OK, (int)status, why);
    } else if (status / 100 == 3) {
        snprintf(why, sizeof why, "%s: status %ld; redirects are not followed", hook->web.peer.text,
                 status);
        end(hook, NEVER, ND_EANSWER, (int)status, why);
    } else {
        end(hook, passes ? AGAIN : NEVER, ND_EREFUSED, (int)status, why);
    }
}

static void webhook_begin(struct sending *sending)
{
    const struct nd_host *host = sending->self->host;
    const struct nd_target *channel = sending->letter.channel;
    const char *token = sending->args->at[OPT_TOKEN].u.text;
    struct hook *hook = (struct hook *)sending->attempt_state;
    int https = channel_flag(channel, "https");
    int64_t port = https ? 443 : 80;
    char line[1200];
    char id[ID_BYTES];
    const char *own = target_fact(channel, "port");
    hook->sending = sending;
    if (own != NULL)
        port = strtol(own, NULL, 10);
    hook->web = (struct web){.host = host,
                             .op = sending->op,
                             .name = channel_text(channel, "name", NULL),
                             .port = (int)port,
                             .tls = https,
                             .ca = channel_text(channel, "ca", NULL),
                             .ctx = hook,
                             .done = answered};
    nd_err err = target_peer(host, channel, port, 0, &hook->web.peer);
    if (err != ND_OK) {
        end(hook, NEVER, err, 0, "the channel has no address, or no port");
        return;
    }
    letter_id(&sending->letter, id);
    snprintf(line, sizeof line, "Idempotency-Key: %s", id);
    hook->headers = curl_slist_append(NULL, "Content-Type: application/json");
    hook->headers = curl_slist_append(hook->headers, "X-Exercise: true");
    hook->headers = curl_slist_append(hook->headers, "Expect:");
    hook->headers = curl_slist_append(hook->headers, line);
    if (token != NULL && text_is_line(token)) {
        snprintf(line, sizeof line, "Authorization: Bearer %.1000s", token);
        hook->headers = curl_slist_append(hook->headers, line);
        memset(line, 0, sizeof line);
    }
    hook->body = letter_json(&sending->letter);
    web_begin(&hook->web);
    web_ask(&hook->web, &hook->page, channel_text(channel, "path", "/"), ANSWER_MAX);
    curl_easy_setopt(hook->page.easy, CURLOPT_HTTPHEADER, hook->headers);
    curl_easy_setopt(hook->page.easy, CURLOPT_POSTFIELDS, hook->body);
    host->after(sending->op, sending->attempt, timed_out, hook);
}

static void webhook_stop(struct sending *sending)
{
    end((struct hook *)sending->attempt_state, AGAIN, ND_ECANCEL, 0,
        "ended before there was an answer");
}

static const struct route webhook_route = {.verb = "webhook",
                                           .kind = "webhook",
                                           .paced = 1,
                                           .check = webhook_check,
                                           .begin = webhook_begin,
                                           .stop = webhook_stop};

static nd_err webhook_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    return sending_start(self, args, op, &webhook_route);
}

static nd_err webhook_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    return sending_rehearse(self, args, op, &webhook_route);
}

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
