#include "line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <math.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* netdrill-emulate: a simulated line between two interfaces, for kernels without netem.
 *
 *     netdrill-emulate west east delay=300ms jitter=10ms loss=0.5% rate=10mbit/s
 *
 * Frames are taken from one interface and sent out of the other when they are due. They keep their
 * order but for those that are told to overtake. Runs until it is ended. */

#define FRAME_MAX 9216
#define QUEUE_MAX 65536 /* frames under way, each direction */
#define BATCH     64

struct frame {
    int64_t due;
    uint64_t number; /* of those due at once, the first in is the first out */
    size_t len;
    uint8_t *bytes;
};

struct way {
    int in, out;
    int64_t rate;      /* bit/s, 0: no limit */
    int64_t busy_till; /* the rate's: when the last frame is out */
    int64_t last_due;
    int in_burst;
    uint64_t taken;
    struct frame *heap; /* by due, then number */
    size_t count;
};

static struct line line;
static struct way ways[2];
static int64_t began;
static unsigned short dice[3];

static int64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* ---- the queue ---- */

static int before(const struct frame *a, const struct frame *b)
{
    return a->due != b->due ? a->due < b->due : a->number < b->number;
}

static void swap(struct way *way, size_t a, size_t b)
{
    struct frame frame = way->heap[a];
    way->heap[a] = way->heap[b];
    way->heap[b] = frame;
}

static void push(struct way *way, int64_t due, const uint8_t *bytes, size_t len)
{
    uint8_t *copy = way->count < QUEUE_MAX ? malloc(len) : NULL;
    if (copy == NULL)
        return; /* a line that is full drops */
    memcpy(copy, bytes, len);
    size_t at = way->count++;
    way->heap[at] = (struct frame){due, way->taken++, len, copy};
    for (; at > 0 && before(&way->heap[at], &way->heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(way, at, (at - 1) / 2);
}

static void pop(struct way *way)
{
    way->heap[0] = way->heap[--way->count];
    way->heap[way->count].bytes = NULL;
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < way->count; child++)
            least = before(&way->heap[child], &way->heap[least]) ? child : least;
        if (least == at)
            return;
        swap(way, at, least);
        at = least;
    }
}

/* ---- what the line does ---- */

/* Loss in runs: a chain of two states whose mean run is `burst` and whose share is `loss`. */
static int lost(struct way *way)
{
    if (line.loss <= 0 || line.loss >= 1)
        return line.loss >= 1;
    double begin = line.loss / (line.burst * (1 - line.loss));
    if (line.burst <= 1)
        return erand48(dice) < line.loss;
    way->in_burst = way->in_burst ? erand48(dice) >= 1 / line.burst : erand48(dice) < begin;
    return way->in_burst;
}

/* The events of the moment: added delay, or -1 for a gap. */
static int64_t event_now(int64_t now)
{
    int64_t add = 0;
    for (size_t i = 0; i < line.events_count; i++) {
        const struct line_event *event = &line.events[i];
        int64_t since = now - began - event->at;
        if (since < 0)
            continue;
        since = event->every > 0 ? since % event->every : since;
        if (since < event->lasts && event->gap)
            return -1;
        add += since < event->lasts ? event->add : 0;
    }
    return add;
}

/* ARP and IPv6 neighbour discovery: a long line is a routed one, over which nobody resolves
 * addresses, so the two hosts must not wait for it here either. */
static int resolves(const uint8_t *bytes, size_t len)
{
    if (len < 14)
        return 0;
    unsigned type = (unsigned)bytes[12] << 8 | bytes[13];
    return type == ETHERTYPE_ARP || (type == ETHERTYPE_IPV6 && len > 54 && bytes[20] == 58 &&
                                     bytes[54] >= 133 && bytes[54] <= 137);
}

static void take(struct way *way, const uint8_t *bytes, size_t len, int64_t now)
{
    int64_t add = event_now(now);
    if (add >= 0 && resolves(bytes, len)) {
        push(way, now, bytes, len);
        return;
    }
    if (lost(way) || add < 0)
        return;
    if (way->rate > 0) {
        int64_t start = way->busy_till > now ? way->busy_till : now;
        if (start - now > line.limit)
            return;
        way->busy_till = start + (int64_t)((double)len * 8e9 / (double)way->rate);
        now = way->busy_till;
    }
    double spread = line.jitter > 0 ? (erand48(dice) * 2 - 1) * (double)line.jitter : 0;
    int64_t due = now + line.delay + add + (int64_t)spread;
    if (line.reorder > 0 && erand48(dice) < line.reorder) {
        due = now;
    } else {
        due = due > way->last_due ? due : way->last_due;
        way->last_due = due;
    }
    push(way, due, bytes, len);
    if (line.duplicate > 0 && erand48(dice) < line.duplicate)
        push(way, due, bytes, len);
}

static void receive(struct way *way)
{
    uint8_t bytes[FRAME_MAX];
    for (int i = 0; i < BATCH; i++) {
        struct sockaddr_ll from = {0};
        socklen_t from_len = sizeof from;
        ssize_t got = recvfrom(way->in, bytes, sizeof bytes, MSG_DONTWAIT | MSG_TRUNC,
                               (struct sockaddr *)&from, &from_len);
        if (got < 0)
            return;
        if (from.sll_pkttype != PACKET_OUTGOING && got <= FRAME_MAX)
            take(way, bytes, (size_t)got, now_ns());
    }
}

static void send_due(struct way *way)
{
    int64_t now = now_ns();
    while (way->count != 0 && way->heap[0].due <= now) {
        struct frame frame = way->heap[0];
        pop(way);
        /* The heap holds each frame once, which the analyzer cannot see. */
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
        send(way->out, frame.bytes, frame.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        free(frame.bytes);
    }
}

/* ---- setting up ---- */

static int open_end(const char *name)
{
    int one = 1;
    int buffer = 8 << 20;
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
    struct sockaddr_ll at = {.sll_family = AF_PACKET,
                             .sll_protocol = htons(ETH_P_ALL),
                             .sll_ifindex = (int)if_nametoindex(name)};
    struct packet_mreq all = {.mr_ifindex = at.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
    if (fd < 0 || at.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0)
        return -1;
    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all);
    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    return fd;
}

static int set_up(int argc, char **argv)
{
    char why[LINE_WHY_BYTES];
    line_init(&line);
    for (int i = 3; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (equals == NULL) {
            fprintf(stderr, "netdrill-emulate: expected key=value, got '%s'\n", argv[i]);
            return -1;
        }
        *equals = '\0';
        if (line_set(&line, argv[i], equals + 1, why) != 0) {
            fprintf(stderr, "netdrill-emulate: %s\n", why);
            return -1;
        }
    }
    for (int i = 0; i < 2; i++) {
        ways[i].in = open_end(argv[1 + i]);
        ways[i].rate = line.rate[i];
        ways[i].heap = calloc(QUEUE_MAX, sizeof *ways[i].heap);
        if (ways[i].in < 0 || ways[i].heap == NULL) {
            fprintf(stderr, "netdrill-emulate: cannot use '%s': %s\n", argv[1 + i],
                    strerror(errno));
            return -1;
        }
    }
    ways[0].out = ways[1].in;
    ways[1].out = ways[0].in;
    for (int i = 0; i < 3; i++)
        dice[i] = (unsigned short)(line.seed >> (16 * i));
    began = now_ns();
    return 0;
}

/* The next moment something is due; 0: nothing is under way. */
static int64_t next_due(void)
{
    int64_t next = 0;
    for (int i = 0; i < 2; i++) {
        if (ways[i].count != 0 && (next == 0 || ways[i].heap[0].due < next))
            next = ways[i].heap[0].due;
    }
    return next;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: netdrill-emulate INTERFACE INTERFACE [key=value...]\n");
        return 1;
    }
    prctl(PR_SET_NAME, "netdrill-emulat");
    prctl(PR_SET_TIMERSLACK, 1);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (timer < 0 || set_up(argc, argv) != 0)
        return 1;
    puts("netdrill-emulate: ready");
    fflush(stdout);
    for (;;) {
        struct pollfd fds[3] = {{.fd = ways[0].in, .events = POLLIN},
                                {.fd = ways[1].in, .events = POLLIN},
                                {.fd = timer, .events = POLLIN}};
        int64_t next = next_due();
        struct itimerspec at = {.it_value = {next / 1000000000, next % 1000000000}};
        timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
        if (poll(fds, 3, -1) < 0 && errno != EINTR)
            return 1;
        for (int i = 0; i < 2; i++) {
            if ((fds[i].revents & POLLIN) != 0)
                receive(&ways[i]);
            send_due(&ways[i]);
        }
    }
}
