#include "base/units.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* Texts of lengths, moments, rates and shares. */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *text = malloc(len + 1);
    char out[ND_UNIT_TEXT];
    nd_ns ns = 0;
    int64_t rate = 0;
    double share = 0;
    memcpy(text, bytes, len);
    text[len] = '\0';
    if (nd_length_parse(text, &ns, NULL) == ND_OK)
        nd_length_format(ns, out);
    if (nd_moment_parse(text, &ns, NULL) == ND_OK)
        nd_moment_format(ns, out);
    if (nd_rate_parse(text, &rate, NULL) == ND_OK)
        nd_rate_format(rate, out);
    if (nd_share_parse(text, &share, NULL) == ND_OK)
        nd_share_format(share, out);
    free(text);
    return 0;
}
