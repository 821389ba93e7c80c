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
    struct nd_cli_args args;
    struct nd_fail why = {0};
    char *plugin = NULL;
    bool help = false;
    if (!nd_cli_parse(&nd_command_reflect, argc, argv, 1, 64, &args, &help)) {
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
    "reflect",
    "reflect KIND:ADDRESS:PORT...",
    "Answers probes, as their far end, until it is ended (SIGTERM, SIGINT).\n\n"
    "  netdrill reflect stamp:0.0.0.0:862 echo:0.0.0.0:7 web:[2001:db8::7]:80\n"
    "  netdrill reflect key:/etc/netdrill/stamp.key stamp:10.0.0.7:862\n"
    "  netdrill reflect tls:cert.pem,key.pem inbox-tls:10.0.0.7:443\n\n"
    "KIND, and who asks it:\n"
    "  stamp      STAMP and TWAMP-Test over UDP, stateful (reach.stamp); authenticated when a "
    "key:FILE\n"
    "             stands before it: 8 to 64 octets, readable by its owner alone\n"
    "  echo       TCP and UDP echo (reach.udp, reach.tcp, reach.voice)\n"
    "  web        one page over HTTP that says it is an exercise (reach.http)\n"
    "  sink       takes octets away over TCP and UDP, and says how many (reach.bulk)\n"
    "  inbox      takes reports by HTTP POST at any path; says how many came, and when "
    "(reach.inbox)\n"
    "  inbox-tls  the same over TLS, with the certificate named before it: tls:CERT.pem,KEY.pem "
    "(reach.inbox with https)\n"
    "  sip        answers calls over UDP and TCP, echoes their voice, takes messages (sip.call)\n"
    "  ngap       a simulated AMF over SCTP, for the networks named before it as plmn:46692 "
    "(ngap.setup)\n"
    "  emergency  greets over TCP, echoes over UDP (reach.tcp with expect)\n"
    "  dns        answers over UDP for the names given as name:NAME=ADDRESS (reach.dns)\n\n"
    "An IPv6 address may stand in brackets; 0.0.0.0 and [::] are two services. At its end it says "
    "what\nits STAMP, SIP and inbox services did. Whoever can reach the address is answered: "
    "bind "
    "it to the\ndrill's network, and end it afterwards.",
    reflect,
    0,
    NULL};
