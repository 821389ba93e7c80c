#include "reflect.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* A sink: takes octets away, and says how many it took and in what time. */

#define UDP_MAX   64 /* senders at once */
#define HEAD      12
#define MAGIC     "ndbulk"
#define MAGIC_LEN 6

static int64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void count(struct sink *sink, size_t octets)
{
    int64_t now = now_ns();
    if (sink->packets++ == 0)
        sink->first = now; /* what came before the time began does not count for the rate */
    else
        sink->octets += (int64_t)octets;
    sink->last = now;
}

static int words(const struct sink *sink, char *text, size_t bytes)
{
    return snprintf(text, bytes, "%" PRId64 " %" PRId64 " %" PRId64 "\n", sink->octets,
                    sink->packets, sink->last - sink->first);
}

int reflect_sink_stream(int fd, struct sink *sink)
{
    static char bytes[1 << 16];
    char text[96];
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got > 0) {
        count(sink, (size_t)got);
        return 1;
    }
    if (got == 0)
        send(fd, text, (size_t)words(sink, text, sizeof text), MSG_NOSIGNAL);
    return 0;
}

size_t reflect_sink_datagram(struct datagram *in)
{
    static struct {
        struct sink sink;
        uint32_t cookie;
    } senders[UDP_MAX];
    static size_t next;
    uint32_t cookie = 0;
    if (in->len < HEAD || memcmp(in->bytes, MAGIC, MAGIC_LEN) != 0)
        return 0;
    memcpy(&cookie, in->bytes + 8, sizeof cookie);
    size_t i = 0;
    while (i < UDP_MAX && (senders[i].cookie != cookie || senders[i].sink.packets == 0))
        i++;
    if (i == UDP_MAX) { /* the oldest makes room */
        i = next++ % UDP_MAX;
        senders[i].cookie = cookie;
        senders[i].sink = (struct sink){0};
    }
    if (in->bytes[MAGIC_LEN] == 'd')
        count(&senders[i].sink, in->len);
    if (in->bytes[MAGIC_LEN] != 'e')
        return 0;
    return (size_t)words(&senders[i].sink, (char *)in->bytes, sizeof in->bytes);
}
