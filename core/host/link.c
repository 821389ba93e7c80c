#include "host/link.h"

#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#define READ_BYTES 65536

struct header {
    uint32_t len; /* octets behind the header */
    uint32_t kind;
};

struct nd_link {
    uv_poll_t poll;
    int fd;
    void (*message)(void *ctx, int kind, struct nd_unwire *in);
    void (*over)(void *ctx);
    void *ctx;
    struct nd_wire in, out;
    bool freed, busy, failed, waits;
};

static void fired(uv_poll_t *poll, int status, int events);

static void closed(uv_handle_t *handle)
{
    struct nd_link *link = handle->data;
    close(link->fd);
    free(link->in.at);
    free(link->out.at);
    free(link);
}

static void watch(struct nd_link *link)
{
    uv_poll_start(&link->poll, link->waits ? UV_READABLE | UV_WRITABLE : UV_READABLE, fired);
}

static void flush(struct nd_link *link)
{
    size_t sent = 0;
    while (sent < link->out.count) {
        ssize_t n = send(link->fd, link->out.at + sent, link->out.count - sent,
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            /* A dead side is met by the next read. */
            if (errno != EAGAIN)
                sent = link->out.count;
            break;
        }
        sent += (size_t)n;
    }
    memmove(link->out.at, link->out.at + sent, link->out.count - sent);
    link->out.count -= sent;
    bool waits = link->out.count != 0;
    if (waits != link->waits) {
        link->waits = waits;
        watch(link);
    }
}

/* Hands over whole messages; false: what came is no message, or the link was freed. */
static bool hand_over(struct nd_link *link)
{
    size_t done = 0;
    struct header header;
    while (link->in.count - done >= sizeof header) {
        memcpy(&header, link->in.at + done, sizeof header);
        if (header.len > ND_WIRE_MAX)
            return false;
        if (link->in.count - done - sizeof header < header.len)
            break;
        struct nd_unwire in = {.at = link->in.at + done + sizeof header, .left = header.len};
        done += sizeof header + header.len;
        link->message(link->ctx, (int)header.kind, &in);
        if (link->freed)
            return false;
    }
    if (done != 0)
        memmove(link->in.at, link->in.at + done, link->in.count - done);
    link->in.count -= done;
    return true;
}

static bool read_some(struct nd_link *link)
{
    struct nd_wire *in = &link->in;
    if (in->cap - in->count < READ_BYTES) {
        in->cap = in->count + READ_BYTES;
        in->at = nd_realloc(in->at, in->cap, 1);
    }
    ssize_t n = recv(link->fd, in->at + in->count, in->cap - in->count, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    in->count += (size_t)n;
    return n > 0 && hand_over(link);
}

static void fired(uv_poll_t *poll, int status, int events)
{
    struct nd_link *link = poll->data;
    link->busy = true;
    if (status == 0 && (events & UV_WRITABLE) != 0)
        flush(link);
    bool good = status == 0 && ((events & UV_READABLE) == 0 || read_some(link));
    link->busy = false;
    if (link->freed) {
        uv_close((uv_handle_t *)&link->poll, closed);
        return;
    }
    if (!good && !link->failed) {
        link->failed = true;
        uv_poll_stop(&link->poll);
        link->over(link->ctx);
    }
}

struct nd_link *nd_link_new(struct uv_loop_s *loop, int fd,
                            void (*message)(void *ctx, int kind, struct nd_unwire *in),
                            void (*over)(void *ctx), void *ctx)
{
    struct nd_link *link = nd_alloc(sizeof *link);
    link->fd = fd;
    link->message = message;
    link->over = over;
    link->ctx = ctx;
    ND_CHECK(uv_poll_init(loop, &link->poll, fd) == 0);
    link->poll.data = link;
    watch(link);
    return link;
}

void nd_link_queue(struct nd_link *link, int kind, struct nd_wire *wire)
{
    const struct header header = {wire != NULL ? (uint32_t)wire->count : 0, (uint32_t)kind};
    ND_CHECK(header.len <= ND_WIRE_MAX);
    nd_wire_bytes(&link->out, &header, sizeof header);
    if (wire != NULL)
        nd_wire_bytes(&link->out, wire->at, wire->count);
    if (wire != NULL)
        wire->count = 0;
}

void nd_link_send(struct nd_link *link, int kind, struct nd_wire *wire)
{
    nd_link_queue(link, kind, wire);
    if (!link->waits && !link->failed)
        flush(link);
}

void nd_link_free(struct nd_link *link)
{
    if (link == NULL || link->freed)
        return;
    link->freed = true;
    /* The other side is told now; the handle goes when the loop runs. */
    shutdown(link->fd, SHUT_RDWR);
    if (!link->busy)
        uv_close((uv_handle_t *)&link->poll, closed);
}
