#include "../../plugins/gtp/packet.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>

/* A GTP packet, as each kind of path meets it. */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    for (int kind = 0; kind < GTP_KINDS; kind++) {
        struct gtp_answer answer;
        uint8_t echo[GTP_ECHO_MAX];
        enum gtp_said said = gtp_read((enum gtp_kind)kind, bytes, len, &answer);
        if (answer.recovery > 255 || answer.sequence >= gtp_sequences((enum gtp_kind)kind) ||
            said > GTP_NOT_SUPPORTED)
            abort();
        /* What we send, we take for a request with its sequence number. */
        size_t size = gtp_echo((enum gtp_kind)kind, answer.sequence, 1, echo);
        struct gtp_answer own;
        if (gtp_read((enum gtp_kind)kind, echo, size, &own) != GTP_OTHER ||
            own.sequence != answer.sequence)
            abort();
    }
    return 0;
}
