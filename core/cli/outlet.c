#include "cli/outlet.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define HELD_MAX (16u << 20)

struct nd_outlet {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct nd_buf held; /* to be written */
    size_t dropped;
    bool writing, broken, closed;
    bool left; /* closed while a write was stuck: the thread frees it */
    pthread_t thread;
    int fd;
};

static void outlet_free(struct nd_outlet *outlet)
{
    nd_buf_deinit(&outlet->held);
    pthread_cond_destroy(&outlet->changed);
    pthread_mutex_destroy(&outlet->lock);
    free(outlet);
}

/* False: nobody will read it any more. */
static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len != 0) {
        ssize_t put = write(fd, bytes, len);
        if (put < 0 && errno == EAGAIN) {
            struct pollfd room = {.fd = fd, .events = POLLOUT};
            poll(&room, 1, -1);
        } else if (put < 0 && errno != EINTR) {
            return false;
        }
        if (put > 0) {
            bytes += put;
            len -= (size_t)put;
        }
    }
    return true;
}

static void *write_on(void *ctx)
{
    struct nd_outlet *outlet = ctx;
    pthread_mutex_lock(&outlet->lock);
    while (!outlet->closed || outlet->held.len_bytes != 0) {
        if (outlet->held.len_bytes == 0) {
            pthread_cond_wait(&outlet->changed, &outlet->lock);
            continue;
        }
        struct nd_buf piece = outlet->held;
        outlet->held = (struct nd_buf){.text = NULL};
        outlet->writing = true;
        pthread_mutex_unlock(&outlet->lock);
        bool good = write_all(outlet->fd, piece.text, piece.len_bytes);
        nd_buf_deinit(&piece);
        pthread_mutex_lock(&outlet->lock);
        outlet->writing = false;
        outlet->broken = outlet->broken || !good;
        if (outlet->broken)
            nd_buf_reset(&outlet->held);
        pthread_cond_broadcast(&outlet->changed);
    }
    bool left = outlet->left;
    pthread_mutex_unlock(&outlet->lock);
    if (left)
        outlet_free(outlet);
    return NULL;
}

struct nd_outlet *nd_outlet_open(int fd)
{
    struct nd_outlet *outlet = nd_alloc(sizeof *outlet);
    pthread_condattr_t attr;
    sigset_t all;
    sigset_t before;
    outlet->fd = fd;
    pthread_mutex_init(&outlet->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&outlet->changed, &attr);
    pthread_condattr_destroy(&attr);
    sigfillset(&all); /* signals are for the loop's thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ND_CHECK(pthread_create(&outlet->thread, NULL, write_on, outlet) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return outlet;
}

void nd_outlet_put(struct nd_outlet *outlet, const char *bytes, size_t len_bytes)
{
    pthread_mutex_lock(&outlet->lock);
    if (outlet->broken || outlet->held.len_bytes + len_bytes > HELD_MAX)
        outlet->dropped++;
    else
        nd_buf_add(&outlet->held, bytes, len_bytes);
    pthread_cond_broadcast(&outlet->changed);
    pthread_mutex_unlock(&outlet->lock);
}

bool nd_outlet_idle(struct nd_outlet *outlet)
{
    pthread_mutex_lock(&outlet->lock);
    bool idle = outlet->held.len_bytes == 0 && !outlet->writing;
    pthread_mutex_unlock(&outlet->lock);
    return idle;
}

/* Waits until all is written; false: not within the time. The lock is held. */
static bool wait_idle(struct nd_outlet *outlet, int wait_ms)
{
    struct timespec till;
    clock_gettime(CLOCK_MONOTONIC, &till);
    till.tv_sec += wait_ms / 1000;
    till.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (till.tv_nsec >= 1000000000) {
        till.tv_sec++;
        till.tv_nsec -= 1000000000;
    }
    while (outlet->held.len_bytes != 0 || outlet->writing) {
        if (pthread_cond_timedwait(&outlet->changed, &outlet->lock, &till) == ETIMEDOUT)
            return false;
    }
    return true;
}

size_t nd_outlet_close(struct nd_outlet *outlet, int wait_ms)
{
    if (outlet == NULL)
        return 0;
    pthread_mutex_lock(&outlet->lock);
    bool idle = wait_idle(outlet, wait_ms);
    size_t lost = outlet->dropped + (idle ? 0 : 1);
    pthread_t thread = outlet->thread;
    nd_buf_reset(&outlet->held);
    outlet->closed = true;
    outlet->left = !idle;
    pthread_cond_broadcast(&outlet->changed);
    pthread_mutex_unlock(&outlet->lock);
    if (!idle) {
        pthread_detach(thread);
        return lost;
    }
    pthread_join(thread, NULL);
    outlet_free(outlet);
    return lost;
}
