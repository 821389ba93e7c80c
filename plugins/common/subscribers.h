/* Test subscribers of the site file: 'imsi' (the first), 'count', and 'test_subscribers: true',
 * which their owner says, because registering a real subscriber somewhere else takes its service
 * away. */
#ifndef ND_PLUGINS_COMMON_SUBSCRIBERS_H
#define ND_PLUGINS_COMMON_SUBSCRIBERS_H
#include <netdrill/plugin.h>

#define SUBSCRIBERS_MAX  65536
#define SUBSCRIBER_BYTES 24

struct subscribers {
    int64_t first; /* IMSI */
    int digits;
    int64_t count;
};

/* Errors: ND_EARG, logged. number: one that has to be among them, from 0. */
nd_err subscribers_of(const struct nd_host *host, const struct nd_target *target, int64_t number,
                      struct subscribers *subscribers);
void subscriber_imsi(const struct subscribers *subscribers, int64_t index,
                     char imsi[SUBSCRIBER_BYTES]);

#endif
