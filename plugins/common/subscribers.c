#include "subscribers.h"

#include "probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static nd_err refuse(const struct nd_host *host, const struct nd_target *target, const char *words)
{
    host->log(host, ND_INFO, "target '%s' %s", target->name, words);
    return ND_EARG;
}

nd_err subscribers_of(const struct nd_host *host, const struct nd_target *target, int64_t number,
                      struct subscribers *subscribers)
{
    const char *imsi = target_fact(target, "imsi");
    const char *many = target_fact(target, "count");
    const char *test = target_fact(target, "test_subscribers");
    size_t len = imsi != NULL ? strspn(imsi, "0123456789") : 0;
    if (imsi == NULL || len < 6 || len > 15 || imsi[len] != '\0')
        return refuse(host, target,
                      "names no IMSI of 6 to 15 digits; give it 'imsi: \"466920000000001\"'");
    if (test == NULL || strcmp(test, "true") != 0)
        return refuse(host, target,
                      "is not marked 'test_subscribers: true': a location update takes a real "
                      "subscriber's service away");
    *subscribers = (struct subscribers){.first = strtoll(imsi, NULL, 10),
                                        .digits = (int)len,
                                        .count = many != NULL ? strtoll(many, NULL, 10) : 1};
    if (subscribers->count < 1 || subscribers->count > SUBSCRIBERS_MAX)
        return refuse(host, target, "has a 'count' that is not 1 to 65536");
    if (number >= subscribers->count)
        return refuse(host, target, "has not that many subscribers");
    return ND_OK;
}

void subscriber_imsi(const struct subscribers *subscribers, int64_t index,
                     char imsi[SUBSCRIBER_BYTES])
{
    snprintf(imsi, SUBSCRIBER_BYTES, "%0*lld", subscribers->digits,
             (long long)(subscribers->first + index));
}
