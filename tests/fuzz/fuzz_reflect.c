#include "../../plugins/lab/reflect.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* DNS queries and requests to an inbox as the far end meets them; STAMP has a target of its own. */

static void ask_inbox(const uint8_t *bytes, size_t len)
{
    struct inbox_request request;
    char *head = malloc(len != 0 ? len : 1);
    memcpy(head, bytes, len);
    int status = inbox_read(head, len, &request);
    if (status == 0 && (request.path[0] != '/' || strlen(request.path) > INBOX_PATH_MAX ||
                        (request.gives && request.length < 0)))
        abort();
    free(head);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static int named;
    if (!named)
        named = reflect_dns_name("www.drill.test=10.9.0.80") == 0;
    ask_inbox(bytes, len);
    for (size_t more = 0; more <= 16; more += 8) { /* with and without room for the record */
        uint8_t *query = malloc(len + more + 1);
        memcpy(query, bytes, len);
        size_t answer = reflect_dns(query, len, len + more);
        if (answer > len + more || (answer != 0 && (query[2] & 0x80) == 0))
            abort();
        free(query);
    }
    return 0;
}
