#include "base/mem.h"
#include "cli/options.h"
#include "host/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* reflect: the far end of probes, in the field. It is the lab's own program, so that a lab and the
 * field answer alike. */

extern const struct nd_command nd_command_reflect;

static int reflect(int argc, char **argv)
{
    static const struct nd_cli_option none[] = {{NULL, NULL, NULL, 0}};
    struct nd_cli_args args;
    struct nd_fail why = {0};
    char *plugin = NULL;
    bool help = false;
    if (!nd_cli_parse(&nd_command_reflect, none, argc, argv, 1, 64, &args, &help)) {
        nd_cli_args_deinit(&args);
        return help ? ND_EXIT_OK : ND_EXIT_USAGE;
    }
    nd_cli_args_deinit(&args);
    if (nd_plugins_path("lab", &plugin, &why) != ND_OK) {
        fprintf(stderr, "netdrill reflect: %s\n", why.text);
        return ND_EXIT_REFUSED;
    }
    char *slash = strrchr(plugin, '/');
    char *program = nd_printf("%.*s/netdrill-reflect", (int)(slash - plugin), plugin);
    argv[0] = program;
    execv(program, argv);
    fprintf(stderr, "netdrill reflect: cannot start '%s': %s\n", program, strerror(errno));
    free(program);
    free(plugin);
    return ND_EXIT_REFUSED;
}

const struct nd_command nd_command_reflect = {
    "reflect", "reflect KIND:ADDRESS:PORT...",
    "Answers probes, as their far end, until it is ended.\n\n"
    "  netdrill reflect stamp:0.0.0.0:862 echo:0.0.0.0:7\n\n"
    "KIND: stamp (RFC 8762, stateful, unauthenticated), echo (TCP and UDP; also for reach.voice), "
    "sink\n(takes octets away, for reach.bulk), web (a page that says it is an exercise), "
    "emergency (greets\nover TCP, echoes over UDP), dns (answers for the names given as "
    "name:NAME=ADDRESS). Whoever can\nreach the address is answered: bind it to the drill's "
    "network, and end it afterwards.",
    reflect, 0};
