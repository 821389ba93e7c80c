/* A plugin that misbehaves, for tests of what then becomes of the network: hang.loop never returns,
 * hang.leak takes memory until the system ends it, hang.crash ends the process. */
#include <netdrill/plugin.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static nd_err loop_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    (void)self;
    (void)args;
    (void)op;
    for (;;)
        pause();
    return ND_OK;
}

static nd_err leak_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    (void)self;
    (void)args;
    (void)op;
    for (;;) {
        char *piece = malloc(1 << 20);
        if (piece == NULL)
            abort();
        memset(piece, 1, 1 << 20);
    }
    return ND_OK;
}

static nd_err crash_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    (void)self;
    (void)args;
    (void)op;
    abort();
    return ND_OK;
}

static const struct nd_option options[] = {{NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL}};
static const struct nd_reading readings[] = {{NULL, NULL, NULL, 0}};
#define VERB(verb)                                                                                 \
    static const struct nd_verb verb_##verb = {.struct_size = sizeof(struct nd_verb),              \
                                               .name = #verb,                                      \
                                               .help = "misbehaves",                               \
                                               .rights = "none",                                   \
                                               .options = options,                                 \
                                               .readings = readings,                               \
                                               .start = verb##_start}
VERB(loop);
VERB(leak);
VERB(crash);
static const struct nd_verb *const verbs[] = {&verb_loop, &verb_leak, &verb_crash, NULL};

static nd_err open_it(const struct nd_host *host, void **self)
{
    (void)host;
    *self = NULL;
    return ND_OK;
}

static const struct nd_plugin plugin = {.struct_size = sizeof plugin,
                                        .abi_major = ND_ABI_MAJOR,
                                        .abi_minor = ND_ABI_MINOR,
                                        .name = "hang",
                                        .version = "1.0",
                                        .help = "misbehaves on order",
                                        .verbs = verbs,
                                        .open = open_it};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
