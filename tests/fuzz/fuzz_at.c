#include "../../plugins/handset/at.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* What a modem says, octet by octet, and each line to every reader. */

static void read_line(const char *line)
{
    struct at_registration reg;
    struct at_network networks[4];
    struct at_signal signal = {0};
    int code = 0;
    int mode = 0;
    char plmn[8];
    at_final(line, &code);
    if (at_registration(line, &reg))
        at_service(reg.stat);
    if (at_operator(line, &mode, plmn) && strlen(plmn) != 0 && strlen(plmn) != 5 &&
        strlen(plmn) != 6)
        abort();
    int count = at_networks(line, networks, 4);
    for (int i = 0; i < count; i++) {
        if (networks[i].stat < 0 || networks[i].stat > 3 || strlen(networks[i].plmn) < 5)
            abort();
    }
    at_signal(line, &signal);
    at_address(line);
    at_call(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct at_lines lines;
    lines = (struct at_lines){.len = 0};
    for (size_t i = 0; i < len; i++) {
        const char *line = at_octet(&lines, bytes[i]);
        if (line != NULL)
            read_line(line);
    }
    return 0;
}
