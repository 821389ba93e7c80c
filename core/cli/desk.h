/* The desk of a controller: a screen with the view of a run, and keys that steer it. It stands in
 * front of the run itself and of `netdrill watch`, which differ in how the run is asked alone.
 *
 *     a answer   o observe   n note   f fire   s skip   d defer   i inject   m met
 *     p pause   r resume   A abort (the drill's id is typed)
 *     l language   arrows and page keys: events   Tab: a section whole   ? help   q leave (watch)
 *
 * What is asked stands in the line above the keys, what there is to choose from in their place;
 * what the run refuses stays typed.
 *
 * Any other character begins an order, so that 停止演練, 真實狀況 and REAL-WORLD EMERGENCY end the
 * drill from here too (run/phrase.h). */
#ifndef ND_CLI_DESK_H
#define ND_CLI_DESK_H
#include "cli/view.h"

struct nd_desk;

struct nd_desk_run {
    /* A request of the control socket (docs/records.md), taken over; gives the answer, which the
     * desk decrefs, or NULL: the run does not answer. */
    json_t *(*ask)(void *ctx, json_t *request);
    void *ctx;
    bool leaves; /* q leaves the desk, and the run goes on */
};

/* screen: borrowed until freed. actor: who is in front of it; copied. */
struct nd_desk *nd_desk_new(struct nd_screen *screen, const struct nd_desk_run *run,
                            const char *actor, bool zh);
void nd_desk_free(struct nd_desk *desk); /* NULL is fine */

/* Takes the keys there are. False: its user wants to leave. */
bool nd_desk_keys(struct nd_desk *desk);
/* Draws the run as its status says, unless the terminal has not yet taken the last picture. */
void nd_desk_draw(struct nd_desk *desk, const json_t *status);
/* A line for whoever is in front of it, until the next key. */
void nd_desk_tell(struct nd_desk *desk, bool bad, const char *text);

#endif
