#include "cli/command.h"
#include "host/guest.h"

#include <stdio.h>
#include <string.h>

static int plugin_host(int argc, char **argv)
{
    if (argc != 2 || strcmp(argv[1], "--help") == 0) {
        fprintf(stderr, "netdrill plugin-host: started by netdrill itself, one for each plugin\n");
        return ND_EXIT_USAGE;
    }
    return nd_guest_main();
}

const struct nd_command nd_command_plugin_host = {
    "plugin-host", "plugin-host NAME", "Runs one plugin for a run (internal).",
    plugin_host,   ND_COMMAND_HIDDEN,  NULL};
