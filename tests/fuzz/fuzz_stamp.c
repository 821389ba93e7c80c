#include "../../plugins/common/stamp.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* STAMP packets with their TLVs, as a sender and as a reflector meet them; every other input with a
 * key, for which the HMACs are made right first, so that what is behind them is reached. */

static const struct stamp_key key = {"fuzz's key", 10};

static void reflect(const struct stamp_key *with, const uint8_t *bytes, size_t len)
{
    const struct stamp_arrival arrival = {1790000000000000000, 1790000000000000999, 7, 9, 64,
                                          46 << 2 | 1};
    size_t room = len > STAMP_SEALED_BYTES ? len : STAMP_SEALED_BYTES;
    uint8_t *copy = calloc(1, room);
    struct stamp_answer answer;
    struct stamp_told told;
    int class_back = 0;
    memcpy(copy, bytes, len);
    if (with != NULL && len >= STAMP_SEALED_BYTES)
        stamp_hmac(with, &(struct stamp_piece){copy, 96}, 1, copy + 96);
    size_t out =
        stamp_genuine(with, copy, len) ? stamp_reflect(with, copy, len, &arrival, &class_back) : 0;
    /* What we reflect is genuine, and we can read it, to the nanosecond or so. */
    if (out != 0 &&
        (out < len || out > room || !stamp_genuine(with, copy, out) ||
         !stamp_read(with, copy, out, 1790000000000000000, &answer) || answer.sequence != 7 ||
         llabs(answer.sent_ns - 1790000000000000999) > 1 || answer.sender_ttl != 64))
        abort();
    stamp_told_read(with, copy, out != 0 ? out : len, &told);
    if (told.cos && (told.dscp_there != 46 || told.ecn_there != 1 || told.refused) && out != 0)
        abort();
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct stamp_answer answer;
    struct stamp_told told;
    stamp_read(NULL, bytes, len, 1790000000000000000, &answer);
    stamp_read(&key, bytes, len, 1790000000000000000, &answer);
    stamp_genuine(&key, bytes, len);
    stamp_told_read(NULL, bytes, len, &told);
    reflect(NULL, bytes, len);
    reflect(&key, bytes, len);
    return 0;
}
