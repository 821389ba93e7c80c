#include "letter.h"

#include "../common/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int channel_flag(const struct nd_target *channel, const char *key)
{
    const char *text = target_fact(channel, key);
    return text != NULL && strcmp(text, "true") == 0;
}

const char *channel_text(const struct nd_target *channel, const char *key, const char *otherwise)
{
    const char *text = target_fact(channel, key);
    return text != NULL && *text != '\0' && text_is_line(text) ? text : otherwise;
}

int channel_rate(const struct nd_target *channel)
{
    const char *text = target_fact(channel, "messages_per_minute");
    char *end = NULL;
    long rate = text != NULL ? strtol(text, &end, 10) : RATE_DEFAULT;
    return (end == NULL || (end != text && *end == '\0')) && rate >= 1 && rate <= RATE_MAX
               ? (int)rate
               : 0;
}

nd_err channel_judge_name(const struct nd_target *channel, char why[WHY_BYTES])
{
    const char *name = target_fact(channel, "name");
    if (name == NULL || text_is_host(name))
        return ND_OK;
    snprintf(why, WHY_BYTES, "the channel's 'name' has to be a host name, got '%.60s'", name);
    return ND_EARG;
}

int64_t letter_now(const struct nd_host *host)
{
    return host->now(host) - host->from_wall(host, 0);
}

/* ---- judging ---- */

static nd_err wrong(char why[WHY_BYTES], const char *what, const char *remedy)
{
    snprintf(why, WHY_BYTES, "%s; %s", what, remedy);
    return ND_EARG;
}

static nd_err judge_line(const char *name, const char *text, char why[WHY_BYTES])
{
    if (text == NULL || (strlen(text) <= TITLE_MAX && text_is_line(text)))
        return ND_OK;
    snprintf(why, WHY_BYTES,
             "'%s' has to be one line of at most %d octets with no control or direction character; "
             "what is longer belongs into the body",
             name, TITLE_MAX);
    return ND_EARG;
}

static nd_err judge_texts(const struct letter *letter, char why[WHY_BYTES])
{
    const struct {
        const char *name, *text;
    } lines[] = {{"title_zh", letter->title[ZH]},  {"title_en", letter->title[EN]},
                 {"sender", letter->sender},       {"inject", letter->inject},
                 {"reference", letter->reference}, {"react_by", letter->react_by}};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        nd_err err = judge_line(lines[i].name, lines[i].text, why);
        if (err != ND_OK)
            return err;
    }
    if (letter->title[ZH] == NULL && letter->title[EN] == NULL)
        return wrong(why, "a message needs a title", "give title_zh, title_en or both");
    for (int i = 0; i < LANGUAGES; i++) {
        const char *body = letter->body[i];
        if (body != NULL && (strlen(body) > BODY_MAX || !text_is_body(body)))
            return wrong(why, "a body has to be UTF-8 of at most 64 KiB",
                         "take control and direction characters out of it");
    }
    return ND_OK;
}

/* The names of the channel's recipients, for a message. */
static void list_names(const json_t *addresses, char *text, size_t bytes)
{
    size_t used = 0;
    const char *name = NULL;
    json_t *value = NULL;
    *text = '\0';
    json_object_foreach((json_t *)addresses, name, value)
    {
        if (used + 1 < bytes)
            used += (size_t)snprintf(text + used, bytes - used, "%s'%.40s'", used != 0 ? ", " : "",
                                     name);
    }
}

static nd_err take_recipient(struct letter *letter, const char *name, char why[WHY_BYTES])
{
    const char *address = json_string_value(json_object_get(letter->addresses, name));
    char known[200];
    if (address == NULL) {
        list_names(letter->addresses, known, sizeof known);
        snprintf(why, WHY_BYTES,
                 "'%.60s' is no recipient of '%.40s', which has %s; the site file's 'recipients:' "
                 "says who may be reached",
                 name, letter->channel->name, *known != '\0' ? known : "none");
        return ND_EARG;
    }
    if (*address == '\0' || strlen(address) > TITLE_MAX || !text_is_line(address) ||
        strlen(name) > TITLE_MAX || !text_is_line(name)) {
        snprintf(why, WHY_BYTES, "name and address of recipient '%.60s' have to be one line each",
                 name);
        return ND_EARG;
    }
    for (size_t i = 0; i < letter->to_count; i++) {
        if (strcmp(letter->to[i].name, name) == 0)
            return ND_OK; /* named twice is reached once */
    }
    if (letter->to_count == RECIPIENTS_MAX)
        return wrong(why, "more than 64 recipients", "split them into messages");
    letter->to[letter->to_count++] = (struct recipient){name, address};
    return ND_OK;
}

static nd_err take_recipients(struct letter *letter, const char *const *names, char why[WHY_BYTES])
{
    const char *text = target_fact(letter->channel, "recipients");
    letter->addresses = text != NULL ? json_loads(text, 0, NULL) : NULL;
    if (!json_is_object(letter->addresses))
        return wrong(why, "the channel has no recipients",
                     "say who may be reached: 'recipients: {name: address}' in the site file");
    for (; names != NULL && *names != NULL; names++) {
        nd_err err = take_recipient(letter, *names, why);
        if (err != ND_OK)
            return err;
    }
    return letter->to_count != 0 ? ND_OK
                                 : wrong(why, "nobody is to get it", "name recipients in 'to'");
}

static nd_err judge_channel(const struct nd_target *channel, const char *kind, char why[WHY_BYTES])
{
    if (channel->kind == NULL || strcmp(channel->kind, kind) != 0) {
        snprintf(why, WHY_BYTES, "target '%.60s' is a '%.40s'; a channel of kind '%s' is needed",
                 channel->name, channel->kind != NULL ? channel->kind : "?", kind);
        return ND_EARG;
    }
    if (channel_rate(channel) == 0)
        return wrong(why, "the channel's 'messages_per_minute' takes 1 to 600", "correct it");
    return ND_OK;
}

/* An empty text is none. */
static const char *given(const struct nd_value *value)
{
    return value->u.text != NULL && *value->u.text != '\0' ? value->u.text : NULL;
}

nd_err letter_read(const struct nd_args *args, const char *kind, struct letter *letter,
                   char why[WHY_BYTES])
{
    const struct nd_value *at = args->at;
    *letter = (struct letter){.channel = at[OPT_CHANNEL].u.target,
                              .sender = given(&at[OPT_SENDER]),
                              .inject = given(&at[OPT_INJECT]),
                              .reference = given(&at[OPT_REFERENCE]),
                              .react_by = given(&at[OPT_REACT_BY]),
                              .title = {given(&at[OPT_TITLE_ZH]), given(&at[OPT_TITLE_EN])},
                              .body = {given(&at[OPT_BODY_ZH]), given(&at[OPT_BODY_EN])}};
    nd_err err = judge_channel(letter->channel, kind, why);
    if (err == ND_OK)
        err = judge_texts(letter, why);
    if (err == ND_OK)
        err = take_recipients(letter, at[OPT_TO].u.texts, why);
    if (err != ND_OK)
        letter_deinit(letter);
    return err;
}

void letter_deinit(struct letter *letter)
{
    json_decref(letter->addresses);
    letter->addresses = NULL;
}
