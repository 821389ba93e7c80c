#include "message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE      ((nd_ns)60 * 1000000000)
#define PAUSE_MAX   MINUTE
#define PAUSE_FILES ((nd_ns)1000000000)
#define BUSY_MAX    3 /* attempts on worker threads: some stay free for files */
#define BUSY_WAIT   ((nd_ns)50 * 1000000)
#define SOON        ((nd_ns)1000000)

/* ---- what was sent ---- */

struct kept {
    struct kept *next;
    int sent; /* 0: under way */
    char key[];
};

/* One line per recipient, so that the parts cannot run into each other: none holds a line break. */
static char *key_of(const struct sending *sending, size_t unit)
{
    const struct letter *letter = &sending->letter;
    char *key = NULL;
    if (letter->reference == NULL)
        return NULL;
    if (asprintf(&key, "%s\n%s\n%s\n%s", sending->route->verb, letter->channel->name,
                 letter->reference, sending->route->each ? letter->to[unit].name : "") < 0)
        abort();
    return key;
}

static struct kept *kept_find(const struct message *self, const char *key)
{
    struct kept *kept = self->kept;
    while (kept != NULL && strcmp(kept->key, key) != 0)
        kept = kept->next;
    return kept;
}

/* Notes that a unit is under way (0) or sent (1); -1 forgets it. */
static void keep(const struct sending *sending, size_t unit, int sent)
{
    struct message *self = sending->self;
    char *key = key_of(sending, unit);
    if (key == NULL)
        return;
    struct kept **link = &self->kept;
    while (*link != NULL && strcmp((*link)->key, key) != 0)
        link = &(*link)->next;
    if (sent < 0 && *link != NULL) {
        struct kept *gone = *link;
        *link = gone->next;
        free(gone);
    } else if (sent >= 0) {
        if (*link == NULL) {
            *link = calloc(1, sizeof **link + strlen(key) + 1);
            if (*link == NULL)
                abort();
            memcpy((*link)->key, key, strlen(key) + 1);
        }
        (*link)->sent = sent;
    }
    free(key);
}

/* ---- how many a minute ---- */

struct channel_times {
    struct channel_times *next;
    size_t first, count; /* a ring of the latest */
    nd_ns at[RATE_MAX];
    char name[];
};

static struct channel_times *times_of(struct message *self, const char *name)
{
    struct channel_times *times = self->channels;
    while (times != NULL && strcmp(times->name, name) != 0)
        times = times->next;
    if (times == NULL) {
        times = calloc(1, sizeof *times + strlen(name) + 1);
        if (times == NULL)
            abort();
        memcpy(times->name, name, strlen(name) + 1);
        times->next = self->channels;
        self->channels = times;
    }
    return times;
}

/* Takes one of the channel's messages of the last minute: 0, or how long to wait for it. */
static nd_ns rate_take(struct message *self, const struct nd_target *channel)
{
    struct channel_times *times = times_of(self, channel->name);
    nd_ns now = self->host->now(self->host);
    while (times->count != 0 && times->at[times->first] + MINUTE <= now) {
        times->first = (times->first + 1) % RATE_MAX;
        times->count--;
    }
    if (times->count >= (size_t)channel_rate(channel))
        return times->at[times->first] + MINUTE - now;
    times->at[(times->first + times->count++) % RATE_MAX] = now;
    return 0;
}

void sending_forget(struct message *self)
{
    for (struct kept *kept = self->kept, *next = NULL; kept != NULL; kept = next) {
        next = kept->next;
        free(kept);
    }
    for (struct channel_times *times = self->channels, *next = NULL; times != NULL; times = next) {
        next = times->next;
        free(times);
    }
}

/* ---- one call ---- */

static void over(struct sending *sending, nd_err err, const char *why)
{
    const struct nd_host *host = sending->self->host;
    nd_ns now = host->now(host);
    if (sending->sent != 0)
        host->emit(sending->op, R_TOOK, (double)(now - sending->began), now);
    if (sending->status != 0)
        host->emit(sending->op, R_STATUS, sending->status, now);
    host->emit(sending->op, R_ATTEMPTS, sending->attempts, now);
    host->emit(sending->op, R_SENT, sending->sent, now);
    host->emit(sending->op, R_REPEATS, sending->repeats, now);
    for (size_t i = 0; i < sending->units; i++) {
        if (sending->states[i] == UNIT_OPEN)
            keep(sending, i, -1);
    }
    letter_deinit(&sending->letter);
    host->finish(sending->op, err, why);
}

static void all_over(struct sending *sending)
{
    char why[WHY_BYTES + 80];
    if (sending->err != ND_OK && sending->units == 1)
        snprintf(why, sizeof why, "%s", sending->refused);
    else if (sending->err != ND_OK)
        snprintf(why, sizeof why, "%zu of %zu recipients did not get it: %s",
                 sending->units - (size_t)sending->sent - (size_t)sending->repeats, sending->units,
                 sending->refused);
    else if (sending->sent == 0)
        snprintf(why, sizeof why, "it was sent before in this run");
    else
        snprintf(why, sizeof why, "%s", sending->last);
    over(sending, sending->err, why);
}

static void cut_off(struct sending *sending)
{
    char why[WHY_BYTES + 80];
    snprintf(why, sizeof why, "no receipt after %d attempt%s%s%s", sending->attempts,
             sending->attempts == 1 ? "" : "s", *sending->last != '\0' ? "; the last: " : "",
             sending->last);
    over(sending, ND_ECANCEL, why);
}

static void go_on(void *ctx);

/* Sets next to the first recipient from `unit` on that waits for an attempt; false: none. */
static int next_open(const struct sending *sending, size_t unit, size_t *next)
{
    while (unit < sending->units && sending->states[unit] != UNIT_OPEN)
        unit++;
    *next = unit;
    return unit < sending->units;
}

static void attempt(struct sending *sending)
{
    const struct nd_host *host = sending->self->host;
    nd_ns wait = 0;
    if (sending->route->works && sending->self->busy >= BUSY_MAX) {
        wait = BUSY_WAIT;
    } else {
        wait = rate_take(sending->self, sending->letter.channel);
        if (wait > 0 && *sending->last == '\0')
            snprintf(sending->last, sizeof sending->last,
                     "the channel takes %d messages a minute, and had them",
                     channel_rate(sending->letter.channel));
    }
    if (wait > 0) {
        host->after(sending->op, wait, go_on, sending);
        return;
    }
    sending->attempts++;
    sending->under_way = 1;
    sending->self->busy += sending->route->works;
    memset(sending->attempt_state, 0, sizeof sending->attempt_state);
    sending->letter.wall_ns = letter_now(host);
    sending->route->begin(sending);
}

/* A round goes over all recipients that are left; then there is a pause, and another one. */
static void go_on(void *ctx)
{
    struct sending *sending = ctx;
    size_t next = 0;
    if (next_open(sending, sending->unit, &next)) {
        sending->unit = next;
        attempt(sending);
        return;
    }
    sending->unit = 0;
    if (!next_open(sending, 0, &next)) {
        all_over(sending);
        return;
    }
    nd_ns pause = sending->pause;
    sending->pause = pause * 2 < PAUSE_MAX ? pause * 2 : PAUSE_MAX;
    if (pause > PAUSE_MAX)
        sending->pause = pause;
    sending->self->host->after(sending->op, pause, go_on, sending);
}

void sending_over(struct sending *sending, enum verdict verdict, nd_err err, int status,
                  const char *why)
{
    size_t unit = sending->unit;
    sending->under_way = 0;
    sending->self->busy -= sending->route->works;
    sending->status = status;
    /* Once, so that whoever runs the drill knows why nothing is delivered yet. */
    if (verdict == AGAIN && !sending->cancelled && sending->attempts <= (int)sending->units)
        sending->self->host->log(sending->self->host, ND_WARN,
                                 "'%s' not yet by %s: %.200s; it is tried again until its deadline",
                                 sending->letter.to[sending->route->each ? unit : 0].name,
                                 sending->letter.channel->name, why);
    snprintf(sending->last, sizeof sending->last, "%s", why);
    if (verdict == SENT) {
        sending->states[unit] = UNIT_SENT;
        sending->sent++;
        keep(sending, unit, 1);
    } else if (verdict == NEVER) {
        sending->states[unit] = UNIT_REFUSED;
        keep(sending, unit, -1);
        if (sending->err == ND_OK) {
            sending->err = err;
            snprintf(sending->refused, sizeof sending->refused, "%s", why);
        }
    }
    sending->unit++;
    size_t next = 0;
    if (sending->cancelled && next_open(sending, 0, &next))
        cut_off(sending);
    else
        sending->self->host->after(sending->op, SOON, go_on, sending);
}

/* Which recipients had it already. Returns 0 when another call is sending it to one of them. */
static int take_units(struct sending *sending)
{
    for (size_t i = 0; i < sending->units; i++) {
        char *key = key_of(sending, i);
        const struct kept *kept = key != NULL ? kept_find(sending->self, key) : NULL;
        free(key);
        if (kept != NULL && !kept->sent)
            return 0;
        if (kept != NULL) {
            sending->states[i] = UNIT_SENT;
            sending->repeats++;
        }
    }
    for (size_t i = 0; i < sending->units; i++) {
        if (sending->states[i] == UNIT_OPEN)
            keep(sending, i, 0);
    }
    return 1;
}

nd_err sending_start(struct message *self, const struct nd_args *args, struct nd_op *op,
                     const struct route *route)
{
    const struct nd_host *host = self->host;
    struct sending *sending = host->state(op, sizeof *sending);
    char why[WHY_BYTES];
    *sending = (struct sending){.self = self,
                                .op = op,
                                .args = args,
                                .route = route,
                                .began = host->now(host),
                                .attempt = route->paced ? args->at[OPT_ATTEMPT].u.i : MINUTE,
                                .pause = route->paced ? args->at[OPT_PAUSE].u.i : PAUSE_FILES};
    nd_err err = route->check(args, why, sizeof why);
    if (err == ND_OK)
        err = letter_read(args, route->kind, &sending->letter, why);
    if (err != ND_OK) {
        host->log(host, ND_INFO, "%s", why);
        return err;
    }
    sending->units = route->each ? sending->letter.to_count : 1;
    if (!take_units(sending)) {
        letter_deinit(&sending->letter);
        host->log(host, ND_INFO, "a message with this reference is being sent already");
        return ND_ESTATE;
    }
    host->after(op, SOON, go_on, sending);
    return ND_OK;
}

void sending_cancel(void *self, struct nd_op *op)
{
    const struct message *message = self;
    struct sending *sending = message->host->state(op, sizeof *sending);
    sending->cancelled = 1;
    if (!sending->under_way)
        cut_off(sending);
    else if (sending->route->stop != NULL)
        sending->route->stop(sending);
}

/* ---- rehearsals ---- */

struct model {
    const struct nd_host *host;
    struct nd_op *op;
    double sent;
};

static void model_over(void *ctx)
{
    const struct model *model = ctx;
    nd_ns now = model->host->now(model->host);
    for (uint32_t i = 0; message_readings[i].name != NULL; i++)
        model->host->emit(model->op, i, i == R_SENT ? model->sent : message_readings[i].nominal,
                          now);
    model->host->finish(model->op, ND_OK, "rehearsed; nothing left the machine");
}

nd_err sending_rehearse(struct message *self, const struct nd_args *args, struct nd_op *op,
                        const struct route *route)
{
    const struct nd_host *host = self->host;
    struct model *model = host->state(op, sizeof *model);
    struct letter letter;
    char why[WHY_BYTES];
    nd_err err = route->check(args, why, sizeof why);
    if (err == ND_OK)
        err = letter_read(args, route->kind, &letter, why);
    if (err != ND_OK) {
        host->log(host, ND_INFO, "%s", why);
        return err;
    }
    *model = (struct model){host, op, route->each ? (double)letter.to_count : 1};
    letter_deinit(&letter);
    if (!host->model_up(op)) {
        host->log(host, ND_INFO, "no way in the rehearsal's model");
        return ND_ETIME;
    }
    return host->after(op, (nd_ns)message_readings[R_TOOK].nominal, model_over, model);
}
