#include "../../plugins/mobile_lab/mobile.h"
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lines to the simulated network: "n SETTINGS" and "c SETTINGS" for a network and a cell, anything
 * else is a command at a handset's tty. A second passes after each. */

#define SEC 1000000000LL

static void line_to(struct mobile *m, struct at_side *side, char *line, int64_t now)
{
    char why[MOBILE_WHY_BYTES];
    char text[MOBILE_TEXT];
    char again[MOBILE_TEXT];
    char out[4096];
    char late[4096];
    if (strncmp(line, "n ", 2) == 0 && mobile_set_network(m, 0, line + 2, why) == 0) {
        /* What is told can be set, and is told the same again. */
        mobile_get_network(m, 0, text);
        if (mobile_set_network(m, 0, text, why) != 0)
            abort();
        mobile_get_network(m, 0, again);
        if (strcmp(text, again) != 0)
            abort();
        mobile_changed(m, now);
    } else if (strncmp(line, "c ", 2) == 0 && mobile_set_cell(m, 0, line + 2, why) == 0) {
        mobile_changed(m, now);
    } else {
        at_side_command(side, line, now, out, late, sizeof out);
        at_side_event(side, out, sizeof out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct mobile m;
    struct at_side side = {.mobile = &m, .call = -1};
    char why[MOBILE_WHY_BYTES];
    char line[256];
    int64_t now = 0;
    mobile_init(&m, 1);
    mobile_network(&m, "yi", 1);
    mobile_network(&m, "jia", 1);
    mobile_cell(&m, "yi-1", 1);
    mobile_cell(&m, "jia-1", 1);
    if (mobile_set_network(&m, 0, "plmn=46697", why) != 0 ||
        mobile_set_network(&m, 1, "plmn=46692 wait=0-2 recheck=9 search=3", why) != 0 ||
        mobile_set_cell(&m, 0, "network=yi", why) != 0 ||
        mobile_set_cell(&m, 1, "network=jia up=0", why) != 0)
        abort();
    for (int i = 0; i < 4; i++) {
        snprintf(line, sizeof line, "ue-%d", i);
        mobile_handset(&m, line, 1, 1, i % 2);
    }
    while (len > 0 && now < 64 * SEC) {
        const uint8_t *end = memchr(bytes, '\n', len);
        size_t line_len = end != NULL ? (size_t)(end - bytes) : len;
        snprintf(line, sizeof line, "%.*s", (int)(line_len < 255 ? line_len : 255),
                 (const char *)bytes);
        line_to(&m, &side, line, now);
        now += SEC;
        mobile_advance(&m, now);
        if (mobile_next(&m) <= now)
            abort();
        bytes += line_len + (end != NULL);
        len -= line_len + (end != NULL);
    }
    return 0;
}
