#include "../../plugins/diameter/message.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* A stream of Diameter messages. */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    size_t size = 0;
    while ((size = diameter_frame(bytes, len)) != 0 && size <= len) {
        struct diameter_in in;
        if (diameter_read(bytes, size, &in) &&
            (strlen(in.host) > 127 || strlen(in.realm) > 127 || strlen(in.message) > 127))
            abort();
        bytes += size;
        len -= size;
    }
    return 0;
}
