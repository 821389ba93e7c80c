#include "message.h"

#include <curl/curl.h>
#include <stdlib.h>

/* Messages to the players: marked 演練 / EXERCISE, to nobody but the recipients that the site file
 * lists, and in a rehearsal to nobody at all. */

const struct nd_reading message_readings[] = {
    {"took", "from the call to the last receipt", "ns", 5e7},
    {"status", "the last reply's code (SMTP, HTTP)", "1", 250},
    {"attempts", "made", "1", 1},
    {"sent", "messages that got out; by mail one a recipient", "1", 1},
    {"repeats", "not sent, because they were sent before in this run", "1", 0},
    {NULL, NULL, NULL, 0}};

static nd_err open_it(const struct nd_host *host, void **self)
{
    struct message *message = calloc(1, sizeof *message);
    if (message == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(message);
        return ND_EIO;
    }
    message->host = host;
    *self = message;
    return ND_OK;
}

static void close_it(void *self)
{
    sending_forget(self);
    free(self);
    curl_global_cleanup();
}

static const struct nd_verb *const verbs[] = {&message_mail, &message_webhook, &message_syslog,
                                              &message_file, &message_cap,     &message_card,
                                              NULL};
static const struct nd_plugin plugin = {.struct_size = sizeof plugin,
                                        .abi_major = ND_ABI_MAJOR,
                                        .abi_minor = ND_ABI_MINOR,
                                        .name = "message",
                                        .version = "1.0",
                                        .help = "messages to the players, marked as exercise",
                                        .verbs = verbs,
                                        .open = open_it,
                                        .close = close_it};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
