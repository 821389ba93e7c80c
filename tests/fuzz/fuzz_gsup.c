#include "../../plugins/gsup/message.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* A stream of IPA messages, GSUP in some of them; what is read of one can be answered. */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    size_t size = 0;
    while ((size = ipa_frame(bytes, len)) != 0 && size <= len) {
        const uint8_t *gsup = NULL;
        size_t gsup_len = 0;
        struct gsup_message message;
        struct gsup_message again;
        uint8_t out[GSUP_MESSAGE];
        if (ipa_read(bytes, size, &gsup, &gsup_len) == IPA_GSUP &&
            gsup_read(gsup, gsup_len, &message)) {
            size_t made =
                gsup_make(message.type | GSUP_RESULT, message.imsi, message.domain, &message, out);
            if (made > sizeof out || ipa_frame(out, made) != made ||
                ipa_read(out, made, &gsup, &gsup_len) != IPA_GSUP ||
                !gsup_read(gsup, gsup_len, &again) || strcmp(again.imsi, message.imsi) != 0)
                abort();
        }
        bytes += size;
        len -= size;
    }
    return 0;
}
