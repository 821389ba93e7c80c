#include "sip_message.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Namespaces of Resource-Priority and their values, the lowest first, after IANA's registry "SIP
 * Parameters" (its numeric values count down to 0, the highest). They run in opposite directions:
 * what is the highest in one is the lowest in another. dsn, drsn, q735, ets, wps: RFC 4412 §12.6;
 * esnet: RFC 7135; mcpttp (pre-empts), mcpttq (queues): RFC 8101. */

#define DOWN   "4 3 2 1 0"
#define MCPTT  "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"
#define DSN    "routine priority immediate flash flash-override"
#define SPACES (sizeof spaces / sizeof spaces[0])

static const struct {
    const char *name, *values;
} spaces[] = {{"dsn", DSN},      {"drsn", DSN " flash-override-override"},
              {"q735", DOWN},    {"ets", DOWN},
              {"wps", DOWN},     {"esnet", "0 1 2 3 4"},
              {"mcpttp", MCPTT}, {"mcpttq", MCPTT}};

int sip_rank(const char *text, struct sip_rank *rank)
{
    size_t name = strcspn(text, ".");
    *rank = (struct sip_rank){.rank = 0};
    for (size_t i = 0; i < SPACES; i++) {
        if (strlen(spaces[i].name) != name || strncasecmp(spaces[i].name, text, name) != 0)
            continue;
        for (const char *at = spaces[i].values; *at != '\0';) {
            size_t len = strcspn(at, " ");
            rank->count++;
            if (rank->count == 1)
                snprintf(rank->lowest, sizeof rank->lowest, "%.*s", (int)len, at);
            if (text[name] == '.' && strlen(text + name + 1) == len &&
                strncasecmp(text + name + 1, at, len) == 0)
                rank->rank = rank->count;
            snprintf(rank->highest, sizeof rank->highest, "%.*s", (int)len, at);
            at += len + (at[len] == ' ');
        }
        rank->rank = rank->rank != 0 ? rank->count + 1 - rank->rank : 0;
        return 1;
    }
    return 0;
}
