#include "../../plugins/common/stamp.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* STAMP packets, as a sender and as a reflector meet them. */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct stamp_answer answer;
    stamp_read(bytes, len, 1790000000000000000, &answer);
    uint8_t *copy = malloc(len + (len == 0));
    memcpy(copy, bytes, len);
    if (stamp_reflect(copy, len, 7, 1790000000000000000, 1790000000000000999, 64)) {
        /* What we reflect, we can read, to the nanosecond or so. */
        if (!stamp_read(copy, len, 1790000000000000000, &answer) || answer.sequence != 7 ||
            llabs(answer.sent_ns - 1790000000000000999) > 1 || answer.sender_ttl != 64)
            abort();
    }
    free(copy);
    return 0;
}
