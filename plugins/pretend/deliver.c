#include "deliver.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A message that goes nowhere: a line in a file, so that a test sees from outside what was
 * delivered, how often and to whom. */

enum {
    CHANNEL,
    TO,
    SENDER,
    TITLE_ZH,
    TITLE_EN,
    BODY_ZH,
    BODY_EN,
    INJECT,
    REFERENCE,
    REACT_BY,
    FILE_PATH,
    FAIL_FOR,
    TAKES
};

static const struct nd_option options[] = {
    {"channel", "what it pretends to go through", "", ND_TEXT, ND_OPT_SUBJECT, 1, 0, NULL, NULL},
    {"to", "who it is for", "", ND_TEXTS, ND_OPT_REQUIRED, 1, 0, NULL, NULL},
    {"sender", "who it is from", "", ND_TEXT, 0, 1, 0, NULL, NULL},
    {"title_zh", "its title in zh-TW", "", ND_TEXT, ND_OPT_REQUIRED, 1, 0, NULL, NULL},
    {"title_en", "its title in English", "", ND_TEXT, ND_OPT_REQUIRED, 1, 0, NULL, NULL},
    {"body_zh", "its text in zh-TW", "", ND_TEXT, 0, 1, 0, NULL, NULL},
    {"body_en", "its text in English", "", ND_TEXT, 0, 1, 0, NULL, NULL},
    {"inject", "the inject it is of", "", ND_TEXT, 0, 1, 0, NULL, NULL},
    {"reference", "names this one message", "", ND_TEXT, 0, 1, 0, NULL, NULL},
    {"react_by", "when a reaction is due, wall time", "", ND_TEXT, 0, 1, 0, NULL, NULL},
    {"file", "a file to which a line is added for each message", "", ND_TEXT, 0, 1, 0, NULL, NULL},
    {"fail_for", "the person it cannot be delivered to", "", ND_TEXT, 0, 1, 0, NULL, NULL},
    {"takes", "how long it takes", "ns", ND_LENGTH, 0, 1, 0, "1ms", NULL},
    {NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL},
};

static const struct nd_reading readings[] = {{"tries", "how often it was tried", "1", 1},
                                             {NULL, NULL, NULL, 0}};

struct message {
    const struct nd_host *host;
    struct nd_op *op;
    int fails;
};

static void end(void *ctx)
{
    struct message *message = ctx;
    const struct nd_host *host = message->host;
    host->emit(message->op, 0, 1, host->now(host));
    host->finish(message->op, message->fails ? ND_EREACH : ND_OK,
                 message->fails ? "told to fail for this person" : NULL);
}

static nd_err begin(const struct nd_host *host, const struct nd_args *args, struct nd_op *op)
{
    struct message *message = host->state(op, sizeof *message);
    const char *fail_for = args->at[FAIL_FOR].u.text;
    *message = (struct message){host, op, 0};
    for (const char *const *to = args->at[TO].u.texts; *to != NULL; to++)
        message->fails |= fail_for != NULL && strcmp(*to, fail_for) == 0;
    return host->after(op, args->at[TAKES].u.i, end, message);
}

static nd_err start(void *self, const struct nd_args *args, struct nd_op *op)
{
    const struct nd_host *host = pretend_host(self);
    const char *path = args->at[FILE_PATH].u.text;
    FILE *file = path != NULL ? fopen(path, "ae") : NULL;
    if (path != NULL && file == NULL) {
        host->log(host, ND_ERROR, "cannot write '%s': %s", path, strerror(errno));
        return ND_EIO;
    }
    if (file != NULL) {
        fprintf(file, "%s\t%s\t%s\t%s\t%s\n", args->at[REFERENCE].u.text, args->at[TO].u.texts[0],
                args->at[TITLE_ZH].u.text, args->at[TITLE_EN].u.text, args->at[REACT_BY].u.text);
        fclose(file);
    }
    return begin(host, args, op);
}

/* Model: like start, but no file is touched. */
static nd_err rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    return begin(pretend_host(self), args, op);
}

static void cancel(void *self, struct nd_op *op)
{
    pretend_host(self)->finish(op, ND_ECANCEL, NULL);
}

const struct nd_verb pretend_deliver = {
    .struct_size = sizeof pretend_deliver,
    .name = "deliver",
    .help = "Delivers a message to nobody; a line in 'file', if any, tells of it",
    .rights = "write access to 'file'",
    .options = options,
    .readings = readings,
    .start = start,
    .cancel = cancel,
    .rehearse = rehearse,
};
