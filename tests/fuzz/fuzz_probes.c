#include "../../plugins/reach/parse.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* What comes back to the probes: ICMP messages and what they quote, path replies, UDP echoes, RTP,
 * a sink's word. Our cookie is the input's first four octets, so that much of it is ours. */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    int64_t slot = 0;
    unsigned number = 0;
    struct sink_word word;
    if (len < 4)
        return 0;
    uint32_t cookie = get32(bytes);
    bytes += 4;
    len -= 4;
    for (int v6 = 0; v6 < 2; v6++) {
        size_t skip = v6 ? 0 : ipv4_header(bytes, len);
        if (skip > len)
            abort();
        enum icmp_answer what = icmp_parse(bytes + skip, len - skip, v6, cookie, &slot);
        if (what == ICMP_NOT_OURS && slot > 0)
            abort();
        path_number(bytes, len, v6, (int)(cookie & 0xffff), &number);
        path_number(bytes, len, v6, -1, &number);
    }
    if ((echo_slot(bytes, len, cookie, &slot) || rtp_slot(bytes, len, cookie, &slot)) && slot < 0)
        abort();
    icmp_checksum(bytes, len);
    char *text = malloc(len + 1);
    memcpy(text, bytes, len);
    text[len] = '\0';
    if (sink_parse(text, &word) && (word.octets < 0 || word.packets < 0 || word.took < 0))
        abort();
    free(text);
    return 0;
}
