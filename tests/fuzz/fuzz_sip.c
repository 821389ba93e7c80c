#include "../../plugins/common/sip_message.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* A SIP message, its SDP; a challenge in it is met, a request answered. */

/* What goes back into our own requests must not begin a header of its own. */
static void one_line(const char *text)
{
    if (strpbrk(text, "\r\n") != NULL)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static int ready;
    struct sip_answer answer;
    char line[900];
    char reply[SIP_BYTES];
    struct sip_answer own;
    if (!ready)
        sip_init();
    ready = 1;
    size_t frame = sip_frame(bytes, len);
    if (frame != SIP_NONSENSE && frame > SIP_STREAM && frame > len)
        abort();
    if (!sip_read((const char *)bytes, len, &answer))
        return 0;
    if (answer.route_count > SIP_ROUTES || strlen(answer.branch) >= sizeof answer.branch)
        abort();
    if (answer.challenged &&
        sip_authorize(&answer.challenge, "alice", "secret", "INVITE", "sip:bob@yi.test", "c", line,
                      sizeof line) &&
        strlen(line) >= sizeof line)
        abort();
    sip_emergency(answer.contact);
    one_line(answer.contact);
    one_line(answer.to_tag);
    for (int i = 0; i < answer.route_count; i++)
        one_line(answer.routes[i]);
    one_line(answer.challenge.realm);
    one_line(answer.challenge.nonce);
    one_line(answer.challenge.opaque);
    const struct sip_reply how = {"200 OK", "tag", "sip:far@192.0.2.1", "Server: x\r\n", "v=0\r\n"};
    if (answer.media.formats > SIP_FORMATS || answer.media.port < 0 || answer.media.port > 65535)
        abort();
    size_t size = sip_reply((const char *)bytes, len, &how, reply);
    if (size >= sizeof reply || (size != 0 && sip_read(reply, size, &own) && own.status != 200))
        abort();
    return 0;
}
